"""Values of several messages in one transaction 成组提交: what stations send, one value a request.

One statement takes what is later than all its datastream holds and judged by no rule; the rest of the group
goes the way of every batch (:mod:`spatial.observe.series`), in the same transaction.
"""

from __future__ import annotations

from collections.abc import Sequence

import psycopg
from psycopg.types.json import Jsonb

from spatial.database import Connection
from spatial.observe import series
from spatial.observe.model import Reading

_RECORD = (
    "select place, made from observe.record_together(%s::int[], %s::timestamptz[], %s::float8[], %s::jsonb[],"
    " %s::timestamptz[], %s::timestamptz[], %s::bigint[], %s::smallint[], %s::jsonb[])"
)


def layers(connection: Connection, datastreams: Sequence[int]) -> dict[int, str | None]:
    """The layer that the Thing of each datastream names; what is no Datastream is left out."""
    rows = connection.execute(
        "select d.id, t.layer from observe.datastream d join observe.thing t on t.id = d.thing"
        " where d.id = any(%s) and not d.multi",
        (list(datastreams),),
    ).fetchall()
    return dict(rows)


def record(connection: Connection, readings: Sequence[Reading]) -> list[int]:
    """Take readings in, all or none; the number of each value, in their order.

    Each is judged as if it came alone. PeriodClosed where one is of a period that is away; a reading whose
    feature is said, or that cannot be held (:func:`spatial.observe.series.fault`), does not belong here.
    """
    numbers = _quick(connection, readings)
    rest = [(place, each) for place, each in enumerate(readings) if place not in numbers]
    if rest:
        series.record_placed(connection, rest)
        numbers |= series.numbers(connection)
    lacking = [(place, each) for place, each in rest if place not in numbers]
    if lacking:  # several of one instant share its number
        keys = [(place, each.datastream, each.phenomenon_time.isoformat()) for place, each in lacking]
        numbers |= series.numbers_of(connection, keys)
    return [numbers[place] for place in range(len(readings))]


def _quick(connection: Connection, readings: Sequence[Reading]) -> dict[int, int]:
    plain = [type(each.result) in (int, float) for each in readings]
    columns = (
        [each.datastream for each in readings],
        [each.phenomenon_time for each in readings],
        [each.result if number else None for each, number in zip(readings, plain, strict=True)],
        [
            None if number or each.result is None else Jsonb(each.result)
            for each, number in zip(readings, plain, strict=True)
        ],
        [each.phenomenon_end for each in readings],
        [each.result_time for each in readings],
        [each.source for each in readings],
        [each.flag for each in readings],
        [None if each.details is None else Jsonb(each.details) for each in readings],
    )
    try:
        rows = connection.execute(_RECORD, columns).fetchall()
    except psycopg.errors.ObjectNotInPrerequisiteState as failure:
        raise series.period_closed(failure) from None
    return {place - 1: made for place, made in rows}
