"""What stations near by measured 邻站: the medians that the neighbour test holds values against."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from spatial.database import Connection

LEAST: Final = 2
"""So many neighbours make a median."""
_DEGREE_LEAST_M: Final = 50_000.0
"""No degree of longitude is shorter between 60° S and 60° N: boxes to look for neighbours in."""
_MEDIANS: Final = """
with w as materialized (
  select * from unnest(%(series)s::int[], %(firsts)s::timestamptz[], %(lasts)s::timestamptz[],
    %(radii)s::float8[], %(withins)s::interval[]) w(d, first, last, radius, within)),
near as materialized (
  select distinct w.*, e.id as neighbour
    from w join observe.datastream d on d.id = w.d and not d.multi
    join observe.datastream_property p on p.datastream = d.id and p.position = 0
    join observe.thing_location x on x.thing = d.thing join observe.location l on l.id = x.location
    join observe.location m on m.geom && ST_Expand(l.geom, w.radius / %(degree)s)
      and ST_DWithin(l.geom::geography, m.geom::geography, w.radius)
    join observe.thing_location y on y.location = m.id
    join observe.datastream e on e.thing = y.thing and not e.multi and e.id <> d.id
    join observe.datastream_property q on q.datastream = e.id and q.position = 0
      and q.observed_property = p.observed_property)
select n.d, o.phenomenon_time, percentile_cont(0.5) within group (order by v.result_number)
  from near n cross join lateral (
    select o.phenomenon_time from observe.observation o
      where o.datastream = n.d and o.phenomenon_time between n.first and n.last
        and o.phenomenon_time between %(low)s and %(high)s) o
  cross join lateral (
    select v.result_number from observe.observation v
      where v.datastream = n.neighbour and v.result_number is not null and v.flag <> 4
        and v.phenomenon_time between o.phenomenon_time - n.within and o.phenomenon_time + n.within
        and v.phenomenon_time between %(low)s and %(high)s
      order by abs(extract(epoch from v.phenomenon_time - o.phenomenon_time)) limit 1) v
  group by 1, 2 having count(*) >= %(least)s
"""


def medians_near(
    connection: Connection, wanted: Sequence[tuple[int, datetime, datetime, Mapping[str, float]]]
) -> dict[int, dict[datetime, float]]:
    """Medians about the same time by series and instant, of series with a span and the limits of their
    neighbour test (``radius_m``, ``within_s``); left out is an instant of which too few neighbours tell."""
    if not wanted:
        return {}
    series, firsts, lasts, limits = (list(column) for column in zip(*wanted, strict=True))
    withins = [timedelta(seconds=each["within_s"]) for each in limits]
    given = {
        "series": series,
        "firsts": firsts,
        "lasts": lasts,
        "radii": [each["radius_m"] for each in limits],
        "withins": withins,
        "degree": _DEGREE_LEAST_M,
        "low": min(firsts) - max(withins),
        "high": max(lasts) + max(withins),
        "least": LEAST,
    }
    found: dict[int, dict[datetime, float]] = defaultdict(dict)
    # Planned for these instants, it looks into their partitions alone.
    for datastream, time, median in connection.execute(_MEDIANS, given, prepare=False):
        found[datastream][time] = median
    return found
