"""Values of several messages in one transaction 成组提交: what stations send, one value a request.

One statement takes what is later than all its datastream holds, with the flag that its rules give it; the
rest of the group goes the way of every batch (:mod:`spatial.observe.series`), in the same transaction.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psycopg

from spatial.database import Connection, array_of
from spatial.observe import quality_ahead, series
from spatial.observe.model import FAULTS, Reading, is_number
from spatial.observe.quality import Rules

PLACED = (
    "(u.default_feature is not null or exists (select from observe.thing_location x where x.thing = d.thing))"
)
"""Whether a value that says no feature has one: of datastream ``d`` with its row ``u`` of the latest."""
_RECORD = (
    "select place, made, recorded from observe.record_together(%s::int[], %s::timestamptz[], %s::float8[],"
    " %s::jsonb[], %s::timestamptz[], %s::timestamptz[], %s::bigint[], %s::smallint[], %s::jsonb[],"
    " %s::bool[])"
)
_STREAMS = (
    f"select d.id, t.layer, {PLACED}, r.* from observe.datastream d join observe.thing t on t.id = d.thing"
    " join observe.latest u on u.datastream = d.id left join lateral ("
    "   select q.version, p.key, q.basis, q.rules from observe.datastream_property l"
    "     join observe.quality_rule q on q.observed_property = l.observed_property"
    "     join observe.observed_property p on p.id = l.observed_property"
    "     where l.datastream = d.id order by q.version desc limit 1) r on true"
    " where d.id = any(%s) and not d.multi"
)
_FOUND = (
    "insert into observe.finding (datastream, phenomenon_time, recorded_at, test, flag, version)"
    " select * from unnest(%s::int[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::smallint[],"
    " %s::int[])"
)
_SAID = (
    "insert into observe.given_flag (datastream, phenomenon_time, flag)"
    " select * from unnest(%s::int[], %s::timestamptz[], %s::smallint[])"
)


@dataclass(frozen=True, slots=True)
class Stream:
    """The layer that the Thing of a datastream names, and the rules in force with their version."""

    layer: str | None
    placed: bool
    """A value that says no feature has one."""
    rules: tuple[int, Rules] | None


def streams(connection: Connection, datastreams: Sequence[int]) -> dict[int, Stream]:
    """What is to be known of datastreams before they are written to; what is no Datastream is left out."""
    rows = connection.execute(_STREAMS, (list(datastreams),)).fetchall()
    return {
        id: Stream(layer, placed, None if version is None else (version, Rules(key, basis, tests)))
        for id, layer, placed, version, key, basis, tests in rows
    }


def record(
    connection: Connection, readings: Sequence[Reading], known: Mapping[int, Stream] | None = None
) -> list[int]:
    """Take readings in, all or none; the number of each value, in their order.

    Each is judged as if it came alone. PeriodClosed where one is of a period that is away; a reading whose
    feature is said, or that cannot be held (:func:`spatial.observe.series.fault`), does not belong here.
    ``known`` is what :func:`streams` told in the same transaction.
    """
    if known is None:
        known = streams(connection, [each.datastream for each in readings])
    lone = known.get(readings[0].datastream) if len(readings) == 1 else None
    if lone is not None and lone.rules is None:
        _, made = series.record_alone(connection, readings[0])
        if made is not None:
            return [made]
    rules = {stream: each.rules for stream, each in known.items() if each.rules is not None}
    numbers = _quick(connection, readings, rules)
    rest = [(place, each) for place, each in enumerate(readings) if place not in numbers]
    if rest:
        series.record_placed(connection, rest)
        numbers |= series.numbers(connection)
    lacking = [(place, each) for place, each in rest if place not in numbers]
    if lacking:  # several of one instant share its number
        keys = [(place, each.datastream, each.phenomenon_time.isoformat()) for place, each in lacking]
        numbers |= series.numbers_of(connection, keys)
    return [numbers[place] for place in range(len(readings))]


def _quick(
    connection: Connection, readings: Sequence[Reading], rules: Mapping[int, tuple[int, Rules]]
) -> dict[int, int]:
    judged = quality_ahead.judge(connection, readings, rules)
    plain = [is_number(each.result) for each in readings]
    columns = (
        [each.datastream for each in readings],
        [each.phenomenon_time for each in readings],
        [each.result if number else None for each, number in zip(readings, plain, strict=True)],
        [
            None if number or each.result is None else json.dumps(each.result)
            for each, number in zip(readings, plain, strict=True)
        ],
        [each.phenomenon_end for each in readings],
        [each.result_time for each in readings],
        [each.source for each in readings],
        [judged[place].flag if place in judged else each.flag for place, each in enumerate(readings)],
        [None if each.details is None else json.dumps(each.details) for each in readings],
        [place in judged for place in range(len(readings))],
    )
    try:
        rows = connection.execute(_RECORD, [array_of(column) for column in columns]).fetchall()
    except psycopg.errors.ObjectNotInPrerequisiteState as failure:
        raise series.period_closed(failure) from None
    written = [readings[place - 1] for place, *_ in rows]
    said = [(each.datastream, each.phenomenon_time, each.flag) for each in written if each.flag in FAULTS]
    if said:
        connection.execute(_SAID, [array_of(column) for column in zip(*said, strict=True)])
    failed = [
        (readings[place - 1].datastream, readings[place - 1].phenomenon_time, recorded, *test, found.version)
        for place, _, recorded in rows
        if (found := judged.get(place - 1)) is not None
        for test in found.failed
    ]
    if failed:
        connection.execute(_FOUND, [array_of(column) for column in zip(*failed, strict=True)])
    return {place - 1: made for place, made, _ in rows}
