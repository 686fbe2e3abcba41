"""The values that decide about others 判定所依: what lies around what is judged, read for many series.

A store of ten years has more than a hundred partitions, and a query that may need any of them takes the
database a tenth of a second to plan. What stations send lies beside what they sent before: the partitions
round about are asked first, and more and more of them only for series that hold too little there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Final

from spatial.database import Connection

Row = tuple[int, datetime, float, float, int, datetime, bool]
"""A number: its series, its instant, that in seconds since 1970, value, flag, when it was recorded, and
whether a test found something wrong with it."""
Window = tuple[int, datetime, datetime, timedelta]
"""A series, the first and the last instant of it that are judged, and how far its rules look."""
NEAR: Final = tuple(timedelta(days=days) for days in (5, 60, 700))
"""Besides twice what the rules look back: for stations that tell a value a day, that were silent for a month,
for a year."""
BESIDE: Final = 2
"""Values beyond its reach that a rule looks at, on either side."""
_EVER: Final = (datetime(1, 1, 2, tzinfo=UTC), datetime(9999, 12, 30, tzinfo=UTC))
_VALUES: Final = """
with w as materialized (
  select g.d, coalesce((
      select min(phenomenon_time) from observe.observation
        where datastream = g.d and phenomenon_time > g.b and result_number is not null
          and phenomenon_time >= %(low)s and phenomenon_time < %(high)s), g.b) + g.reach as b, coalesce((
      select max(phenomenon_time) from observe.observation
        where datastream = g.d and phenomenon_time < g.a and result_number is not null
          and phenomenon_time >= %(low)s and phenomenon_time < %(high)s), g.a) - g.reach as a
    from unnest(%(series)s::int[], %(firsts)s::timestamptz[], %(lasts)s::timestamptz[],
      %(reaches)s::interval[]) g(d, a, b, reach))
select w.d, o.phenomenon_time, extract(epoch from o.phenomenon_time)::float8, o.result_number, o.flag,
    o.recorded_at, exists (select from observe.finding f where f.datastream = w.d
      and f.phenomenon_time = o.phenomenon_time)
  from w cross join lateral (
    (select phenomenon_time, result_number, flag, recorded_at from observe.observation
      where datastream = w.d and phenomenon_time >= w.a and phenomenon_time <= w.b
        and phenomenon_time >= %(low)s and phenomenon_time < %(high)s and result_number is not null)
    union all
    (select phenomenon_time, result_number, flag, recorded_at from observe.observation
      where datastream = w.d and phenomenon_time < w.a and result_number is not null
        and phenomenon_time >= %(low)s and phenomenon_time < %(high)s
      order by phenomenon_time desc limit %(beside)s)
    union all
    (select phenomenon_time, result_number, flag, recorded_at from observe.observation
      where datastream = w.d and phenomenon_time > w.b and result_number is not null
        and phenomenon_time >= %(low)s and phenomenon_time < %(high)s
      order by phenomenon_time limit %(beside)s)) o
  order by 1, 2
"""
_SPANS: Final = (
    "select datastream, first_time, phenomenon_time from observe.latest where datastream = any(%s)"
)


def values_around(connection: Connection, windows: Sequence[Window]) -> Iterator[tuple[int, list[Row]]]:
    """The numbers of each series in order of time, with all that decides about those of its window and about
    those that they change: from a reach before the value before, to two values after a reach. Series
    without any are left out. The caller holds their rows of ``observe.latest``."""
    spans = {
        series: (first, last)
        for series, first, last in connection.execute(_SPANS, ([each[0] for each in windows],)).fetchall()
    }
    found, wanted = dict[int, list[Row]](), list(windows)
    for near in NEAR:
        low = min(first - 2 * reach for _, first, _, reach in wanted) - near
        high = max(last + 2 * reach for _, _, last, reach in wanted) + near
        found |= _values(connection, wanted, low, high)
        wanted = [
            each
            for each in wanted
            if not _whole(found.get(each[0], []), each, spans.get(each[0], (None, None)), low, high)
        ]
        if not wanted:
            break
    else:
        found |= _values(connection, wanted, *_EVER)
    yield from sorted(found.items())


def _values(
    connection: Connection, windows: Sequence[Window], low: datetime, high: datetime
) -> dict[int, list[Row]]:
    series, firsts, lasts, reaches = (list(column) for column in zip(*windows, strict=True))
    given = {
        "series": series,
        "firsts": firsts,
        "lasts": lasts,
        "reaches": reaches,
        "low": low,
        "high": high,
        "beside": BESIDE,
    }
    # Prepared, it would be planned for any bounds, which is for all partitions.
    rows = connection.execute(_VALUES, given, prepare=False).fetchall()
    return {each: list(of) for each, of in groupby(rows, itemgetter(0))}


def _whole(
    rows: Sequence[Row],
    window: Window,
    span: tuple[datetime | None, datetime | None],
    low: datetime,
    high: datetime,
) -> bool:
    """Whether nothing outside the bounds would be among them."""
    _, first, last, reach = window
    starts, ends = span
    times = [row[1] for row in rows]
    if starts is not None and starts < low:
        begin = max((time for time in times if time < first), default=first) - reach
        if sum(time < begin for time in times) < BESIDE:
            return False
    if ends is not None and ends >= high:
        end = min((time for time in times if time > last), default=last) + reach
        if sum(time > end for time in times) < BESIDE:
            return False
    return True
