"""The values that decide about others 判定所依: what lies around what is judged, read for many series.

A store of ten years has more than a hundred partitions, and a query that may need any of them takes the
database a tenth of a second to plan. What stations send lies beside what they sent before: the partitions
round about are asked first, and more and more of them only for series that hold too little there.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from spatial.database import Connection

EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""From here the database counts microseconds."""
_SINCE_1970_US: Final = 946_684_800_000_000


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers of one series in order of time."""

    times_us: npt.NDArray[np.int64]
    """Since :data:`EPOCH`."""
    values: npt.NDArray[np.float64]
    flags: npt.NDArray[np.int16]
    said: npt.NDArray[np.int16]
    """The fault that the giver of the value says it has, whatever tests find; 0 where none."""

    @property
    def times_s(self) -> npt.NDArray[np.float64]:
        """Since 1970, each the nearest double, as :meth:`datetime.timestamp` has it."""
        return (self.times_us + _SINCE_1970_US) / 1e6

    def with_(self, others: Numbers, gone_us: npt.NDArray[np.int64]) -> Numbers:
        """These without those of some instants, and others."""
        if not len(self.times_us):
            return others
        kept: Any = ~np.isin(self.times_us, gone_us) if len(gone_us) else slice(None)
        return in_order(
            np.concatenate([self.times_us[kept], others.times_us]),
            np.concatenate([self.values[kept], others.values]),
            np.concatenate([self.flags[kept], others.flags]),
            np.concatenate([self.said[kept], others.said]),
        )


NONE: Final = Numbers(
    np.empty(0, np.int64), np.empty(0, np.float64), np.empty(0, np.int16), np.empty(0, np.int16)
)


def in_order(times_us: Any, values: Any, flags: Any, said: Any) -> Numbers:
    """Numbers, told in any order."""
    order = np.argsort(times_us, kind="stable")
    return Numbers(times_us[order], values[order], flags[order], said[order])


def micros(moment: datetime) -> int:
    """An instant as the database counts it."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def instant(time_us: int) -> datetime:
    """The instant of a count."""
    return EPOCH + timedelta(microseconds=time_us)


_KINDS: Final = {name: np.dtype([("size", ">i4"), ("value", name)]) for name in (">i8", ">f8", ">i4", ">i2")}
_HEAD: Final = 20
"""Bytes before the elements of an array of one dimension, as the database sends it."""


def sent(array: bytes, kind: str) -> Any:
    """The elements of an array (``array_send``), none of them null; ``kind`` is as numpy writes it: ``>i8``.

    As Python's objects, one by one, they would take longer than what is done with them.
    """
    return np.frombuffer(array, _KINDS[kind], offset=_HEAD)["value"].astype(kind[1:])


Window = tuple[int, datetime, datetime, timedelta, bool]
"""A series, the first and the last instant of it that are judged, how far its rules look, and whether the
numbers from the first instant to the last are left out, because the caller has all of them anew."""
NEAR: Final = tuple(timedelta(days=days) for days in (5, 60, 700))
"""Besides twice what the rules look back: for stations that tell a value a day, that were silent for a month,
for a year."""
BESIDE: Final = 2
"""Values beyond its reach that a rule looks at, on either side."""
_EVER: Final = (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))
_SAID: Final = 16
_FLAGGED: Final = (
    f"(o.flag + {_SAID} * case when o.flag in (3, 4) then coalesce((select g.flag from observe.given_flag g"
    " where g.datastream = o.datastream and g.phenomenon_time = o.phenomenon_time), 0) else 0 end)::int2"
)
"""The flag of a value, and beside it what its giver said, where that is a fault."""
STAGED: Final = f"(r.flag + {_SAID} * case when r.flag in (3, 4) then r.flag else 0 end)::int2"
"""The same of a value that nobody judged yet but who gave it."""
_BOUNDS: Final = """phenomenon_time >= %(low)s and phenomenon_time < %(high)s
        and result_number is not null"""
_NUMBER: Final = "select datastream, phenomenon_time, result_number, flag from observe.observation"
_ALL: Final = f"""({_NUMBER}
      where datastream = w.d and phenomenon_time >= w.a and phenomenon_time <= w.b and {_BOUNDS})"""
_APART: Final = f"""({_NUMBER}
      where datastream = w.d and phenomenon_time >= w.a and {_BOUNDS}
        and phenomenon_time <= case when w.anew then w.first - interval '1 us' else w.b end)
    union all
    ({_NUMBER}
      where w.anew and datastream = w.d and phenomenon_time > w.last and phenomenon_time <= w.b
        and {_BOUNDS})"""
"""Without what the caller has anew."""
_VALUES: Final = f"""
with w as materialized (
  select g.d, coalesce((
      select min(phenomenon_time) from observe.observation
        where datastream = g.d and phenomenon_time > g.b and result_number is not null
          and phenomenon_time >= %(low)s and phenomenon_time < %(high)s), g.b) + g.reach as b, coalesce((
      select max(phenomenon_time) from observe.observation
        where datastream = g.d and phenomenon_time < g.a and result_number is not null
          and phenomenon_time >= %(low)s and phenomenon_time < %(high)s), g.a) - g.reach as a,
      g.a as first, g.b as last, g.anew
    from unnest(%(series)s::int[], %(firsts)s::timestamptz[], %(lasts)s::timestamptz[],
      %(reaches)s::interval[], %(anew)s::bool[]) g(d, a, b, reach, anew))
select w.d, array_send(array_agg(o.phenomenon_time)), array_send(array_agg(o.result_number)),
    array_send(array_agg({_FLAGGED}))
  from w cross join lateral (
    {{within}}
    union all
    ({_NUMBER}
      where datastream = w.d and phenomenon_time < w.a and {_BOUNDS}
      order by phenomenon_time desc limit %(beside)s)
    union all
    ({_NUMBER}
      where datastream = w.d and phenomenon_time > w.b and {_BOUNDS}
      order by phenomenon_time limit %(beside)s)) o
  group by 1
"""
_SPANS: Final = (
    "select datastream, first_time, phenomenon_time from observe.latest where datastream = any(%s)"
)


def values_around(connection: Connection, windows: Sequence[Window]) -> Iterator[tuple[int, Numbers]]:
    """The numbers of each series in order of time, with all that decides about those of its window and about
    those that they change: from a reach before the value before, to two values after a reach. Series
    without any are left out. The caller holds their rows of ``observe.latest``."""
    spans = {
        series: (first, last)
        for series, first, last in connection.execute(_SPANS, ([each[0] for each in windows],)).fetchall()
    }
    found, wanted = dict[int, Numbers](), list(windows)
    for near in NEAR:
        low = min(first - 2 * reach for _, first, _, reach, _ in wanted) - near
        high = max(last + 2 * reach for _, _, last, reach, _ in wanted) + near
        found |= _values(connection, wanted, low, high)
        wanted = [
            each
            for each in wanted
            if not _whole(found.get(each[0], NONE), each, spans.get(each[0], (None, None)), low, high)
        ]
        if not wanted:
            break
    else:
        found |= _values(connection, wanted, *_EVER)
    yield from sorted(found.items())


_HELD: Final = """
select datastream, first_time, phenomenon_time, result_number is not null from observe.latest
  where datastream = any(%s) order by datastream for update
"""
_BEFORE: Final = f"""
select w.d, o.*
  from unnest(%(series)s::int[], %(lasts)s::timestamptz[], %(reaches)s::interval[]) w(d, last, reach)
  cross join lateral (
    select array_send(array_agg(o.phenomenon_time)), array_send(array_agg(o.result_number)),
        array_send(array_agg(case when o.phenomenon_time = w.last then {_FLAGGED} else o.flag end))
      from (
        ({_NUMBER}
          where datastream = w.d and phenomenon_time >= w.last - w.reach and {_BOUNDS})
        union all
        ({_NUMBER}
          where datastream = w.d and phenomenon_time < w.last - w.reach and {_BOUNDS}
          order by phenomenon_time desc limit %(beside)s)) o
      having count(*) > 0) o
"""


def values_before(
    connection: Connection, wanted: Mapping[int, tuple[datetime, timedelta]], held: Sequence[int]
) -> dict[int, Numbers]:
    """The numbers that decide about a value that comes next and about the one before it, by series: from a
    reach before that one. ``wanted`` has the instant of the next value and how far the rules look.

    Left out are series whose latest value is not before it or is no number. Of all these numbers, the latest
    alone has what its giver said of it. The series ``held`` are locked from now on.
    """
    rows = connection.execute(_HELD, (list(held),)).fetchall()
    found: dict[int, Numbers] = {}
    spans: dict[int, tuple[datetime, datetime]] = {}
    for series, first, last, number in rows:
        if series not in wanted:
            continue
        if last is None:
            found[series] = NONE
        elif number and last < wanted[series][0]:
            spans[series] = first, last
    for near in (*NEAR[1:], None):  # a partition more costs less than another question
        if not spans:
            break
        reaches = [wanted[series][1] for series in spans]
        lasts = [last for _, last in spans.values()]
        low = _EVER[0] if near is None else min(map(operator.sub, lasts, reaches)) - near
        given = {
            "series": list(spans),
            "lasts": lasts,
            "reaches": reaches,
            "low": low,
            "high": max(lasts) + timedelta(seconds=1),
            "beside": BESIDE,
        }
        # As in _values(): planned for these bounds, it looks into their partitions alone.
        for series, *arrays in connection.execute(_BEFORE, given, prepare=False).fetchall():
            found[series] = read(*arrays)
        spans = {
            series: (first, last)
            for series, (first, last) in spans.items()
            if first < low
            and np.searchsorted(found.get(series, NONE).times_us, micros(last - wanted[series][1])) < BESIDE
        }
    return found


def _values(
    connection: Connection, windows: Sequence[Window], low: datetime, high: datetime
) -> Mapping[int, Numbers]:
    series, firsts, lasts, reaches, anew = (list(column) for column in zip(*windows, strict=True))
    given = {
        "series": series,
        "firsts": firsts,
        "lasts": lasts,
        "reaches": reaches,
        "anew": anew,
        "low": low,
        "high": high,
        "beside": BESIDE,
    }
    # Prepared, it would be planned for any bounds, which is for all partitions.
    asked = _VALUES.format(within=_APART if any(anew) else _ALL)
    rows = connection.execute(asked, given, prepare=False).fetchall()
    return {each: read(*arrays) for each, *arrays in rows}


def read(times: bytes, values: bytes, flagged: bytes) -> Numbers:
    """Numbers from arrays as the database sends them, as :data:`STAGED` has the last."""
    told = sent(flagged, ">i2")
    return in_order(sent(times, ">i8"), sent(values, ">f8"), told % _SAID, told // _SAID)


def _whole(
    held: Numbers,
    window: Window,
    span: tuple[datetime | None, datetime | None],
    low: datetime,
    high: datetime,
) -> bool:
    """Whether nothing outside the bounds would be among them."""
    _, first, last, reach, _ = window
    starts, ends = span
    times, reach_us = held.times_us, reach // timedelta(microseconds=1)
    if starts is not None and starts < low:
        before = int(np.searchsorted(times, micros(first)))
        begin = (int(times[before - 1]) if before else micros(first)) - reach_us
        if np.searchsorted(times, begin) < BESIDE:
            return False
    if ends is not None and ends >= high:
        after = int(np.searchsorted(times, micros(last), side="right"))
        end = (int(times[after]) if after < len(times) else micros(last)) + reach_us
        if len(times) - np.searchsorted(times, end, side="right") < BESIDE:
            return False
    return True
