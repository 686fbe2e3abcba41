"""SQL of what warnings are judged from 判定输入: readings of many stations at once, and probabilities."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spatial.database import Connection, array_of
from spatial.observe.model import Flag
from water.errors import BadWarningInput

_STREAMS: Final = """
select t.key, min(d.id) from observe.thing t
  join observe.datastream d on d.thing = t.id and not d.multi
  join observe.datastream_property l on l.datastream = d.id and l.position = 0
  join observe.observed_property p on p.id = l.observed_property
 where t.key = any(%s::text[]) and p.key = %s group by t.key
"""
_READINGS: Final = """
select s.place::int - 1, extract(epoch from o.phenomenon_time)::float8, o.result_number
  from unnest(%(streams)s::int[], %(after)s::float8[]) with ordinality s(stream, after_s, place)
  cross join lateral ({rows}) o
 where o.result_number is not null and o.result_number not in ('NaN', 'Infinity', '-Infinity')
   and o.flag <> all(%(unusable)s)
 order by 1, 2
"""
_ROWS: Final = """
    select phenomenon_time, result_number, flag from observe.observation
     where datastream = s.stream and phenomenon_time > to_timestamp(s.after_s)
       and phenomenon_time > %(since)s and phenomenon_time <= %(until)s and recorded_at <= %(asof)s
"""
_ROWS_THEN: Final = f"""{_ROWS}
    union all
    select phenomenon_time, result_number, flag from observe.superseded
     where datastream = s.stream and phenomenon_time > to_timestamp(s.after_s)
       and phenomenon_time > %(since)s and phenomenon_time <= %(until)s
       and recorded_at <= %(asof)s and superseded_at > %(asof)s
"""
_PROBABILITIES: Final = """
select s.place::int - 1, extract(epoch from p.issued_at)::float8, p.probability
  from unnest(%(stations)s::text[], %(after)s::float8[]) with ordinality s(station, after_s, place)
  join warning.probability p on p.rule = %(rule)s and p.station = s.station
   and p.issued_at > to_timestamp(s.after_s) and p.issued_at <= %(until)s and p.recorded_at <= %(asof)s
 order by 1, 2, p.id
"""


@dataclass(frozen=True, slots=True)
class Readings:
    """Values of many series, by series and in order of time; times in seconds since 1970, UTC."""

    place: NDArray[np.int64]
    """Which series."""
    time_s: NDArray[np.float64]
    value: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Probability:
    """A forecast probability that the level of a rule is reached at a station within a time."""

    rule: str
    station: str
    issued_at: datetime
    from_at: datetime
    until_at: datetime
    probability: float
    source: str
    """The forecast that it comes from."""
    synthetic: bool


def streams(connection: Connection, things: Sequence[str], observed_property: str) -> dict[str, int]:
    """The datastreams of things by their key."""
    rows = connection.execute(_STREAMS, (array_of(things), observed_property)).fetchall()
    return {key: int(number) for key, number in rows}


def readings(
    connection: Connection,
    datastreams: Sequence[int],
    after_s: NDArray[np.float64],
    until: datetime,
    asof: datetime,
    *,
    then: bool = False,
) -> Readings:
    """The usable values of each series after its instant; ``then``: also such as were corrected since."""
    if not len(datastreams):
        return _read([])
    given = {
        "streams": array_of(datastreams),
        "after": array_of(after_s.tolist()),
        "since": datetime.fromtimestamp(float(after_s.min()), UTC),
        "until": until,
        "asof": asof,
        "unusable": [int(Flag.FAIL), int(Flag.MISSING)],
    }
    statement = _READINGS.format(rows=_ROWS_THEN if then else _ROWS)
    return _read(connection.execute(statement, given).fetchall())


def probabilities(
    connection: Connection,
    rule: str,
    stations: Sequence[str],
    after_s: NDArray[np.float64],
    until: datetime,
    asof: datetime,
) -> Readings:
    """The probabilities given for a rule's stations, each after its instant."""
    given = {
        "rule": rule,
        "stations": array_of(stations),
        "after": array_of(after_s.tolist()),
        "until": until,
        "asof": asof,
    }
    return _read(connection.execute(_PROBABILITIES, given).fetchall())


def give(connection: Connection, given: Sequence[Probability], author: str) -> int:
    """Keep probabilities that a forecast gave; BadWarningInput where one cannot be."""
    for each in given:
        require(each)
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into warning.probability (rule, station, issued_at, from_at, until_at, probability,"
            " source, synthetic, author) values (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    *(each.rule, each.station, each.issued_at, each.from_at, each.until_at),
                    *(each.probability, each.source, each.synthetic, author),
                )
                for each in given
            ],
        )
    return len(given)


def given_from(connection: Connection, source: str) -> set[str]:
    """The rules to which a source gave probabilities already."""
    rows = connection.execute("select distinct rule from warning.probability where source = %s", (source,))
    return {row[0] for row in rows.fetchall()}


def require(given: Probability) -> None:
    """BadWarningInput where a probability cannot be one, or lies over before it begins."""
    if not 0.0 <= given.probability <= 1.0:  # which NaN is not, either
        raise BadWarningInput(
            f"概率须在 0 与 1 之间:{given.probability}",
            f"a probability is from 0 to 1: {given.probability}",
            value=str(given.probability),
        )
    if not given.issued_at <= given.from_at < given.until_at:
        raise BadWarningInput(
            f"预报时段须在发布之后且不为空:{given.from_at.isoformat()}",
            f"the time of a forecast lies after its issue and is not empty: {given.from_at.isoformat()}",
            value=given.from_at.isoformat(),
        )


def _read(rows: Sequence[tuple[int, float, float]]) -> Readings:
    place, time_s, value = zip(*rows, strict=True) if rows else ((), (), ())
    return Readings(
        np.asarray(place, np.int64), np.asarray(time_s, np.float64), np.asarray(value, np.float64)
    )
