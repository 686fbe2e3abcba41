"""Values of one property at one instant 某时刻各站的值: of each station the newest that still counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from spatial.database import Connection
from spatial.observe.away import away, refusal, touched
from spatial.observe.model import Flag

_BELIEVED = """
select o.result_number, o.phenomenon_time from observe.observation o
 where o.datastream = d.id and o.phenomenon_time > %(since)s and o.phenomenon_time <= %(at)s
   and o.result_number is not null and o.flag = any(%(flags)s)
 order by o.phenomenon_time desc limit 1
"""
_BELIEVED_THEN = """
select e.result_number, e.phenomenon_time from (
  select result_number, phenomenon_time, flag from observe.observation o
   where o.datastream = d.id and o.phenomenon_time > %(since)s and o.phenomenon_time <= %(at)s
     and o.recorded_at <= %(asof)s
  union all
  select result_number, phenomenon_time, flag from observe.superseded s
   where s.datastream = d.id and s.phenomenon_time > %(since)s and s.phenomenon_time <= %(at)s
     and s.recorded_at <= %(asof)s and s.superseded_at > %(asof)s) e
 where e.result_number is not null and e.flag = any(%(flags)s)
 order by e.phenomenon_time desc limit 1
"""
_VALUES = """
select t.key, ST_X(l.geom), ST_Y(l.geom), v.result_number, v.phenomenon_time
  from observe.observed_property p
  join observe.datastream_property dp on dp.observed_property = p.id
  join observe.datastream d on d.id = dp.datastream and not d.multi
  join observe.thing t on t.id = d.thing
  join lateral (select l.geom from observe.thing_location tl join observe.location l on l.id = tl.location
                 where tl.thing = t.id and GeometryType(l.geom) = 'POINT' order by l.id limit 1) l on true
  join lateral ({values}) v on true
 where p.key = %(property)s and t.layer = %(layer)s
 order by t.key, d.id
"""


@dataclass(frozen=True, slots=True)
class Measured:
    """What one station measured, and when."""

    thing: str | None
    lon_deg: float
    lat_deg: float
    value: float
    time: datetime


def measured(
    connection: Connection,
    observed_property: str,
    layer: str,
    at: datetime,
    within: timedelta,
    asof: datetime | None = None,
) -> list[Measured]:
    """Of each datastream of a property, of Things of a layer, its newest number at an instant.

    What is older than ``within`` counts no more, and what failed quality control (flags 3, 4, 9)
    does not count; ``asof``: as it was believed then. PeriodAway where some of them stand in files alone.
    """
    lacking = touched(away(connection), at - within, at)
    if lacking:
        raise refusal(lacking)
    values = _BELIEVED if asof is None else _BELIEVED_THEN
    given = {
        "property": observed_property,
        "layer": layer,
        "at": at,
        "since": at - within,
        "asof": asof,
        "flags": [Flag.PASS.value, Flag.NOT_EVALUATED.value],
    }
    rows = connection.execute(_VALUES.format(values=values), given).fetchall()
    return [Measured(*row) for row in rows]


def known(connection: Connection) -> list[str]:
    """Keys of the observed properties that are registered."""
    rows = connection.execute("select key from observe.observed_property where key is not null order by key")
    return [row[0] for row in rows.fetchall()]
