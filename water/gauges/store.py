"""SQL of monitoring 监测取数: stations, thresholds, curves, and the values of a station's element."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from psycopg.rows import dict_row
from psycopg.sql import SQL

from spatial.database import Connection, array_of
from spatial.datum.clock import BEIJING
from spatial.observe.model import Flag
from water.gauges.fall import Fall
from water.gauges.gate_table import GateTable, Head, Setting, table_of
from water.gauges.rating import Loop, Rating, Shift, segments_of
from water.gauges.station import Mark, Point, Station, Threshold
from water.moment import Moment
from water.works.datum import VerticalDatum

_STATIONS: Final = SQL(
    "select v.station_id, v.name, v.kind, v.vertical_datum, ST_X(v.geom) lon, ST_Y(v.geom) lat, v.thing_id,"
    " v.route_id, v.river_name, v.division, v.datum_elevation_m, v.drainage_area_km2, v.administered_by,"
    " v.data_nature from history.river_stations v"
    " where v.valid_from <= %(at)s and v.valid_to > %(at)s and {believed}"
    " and (%(ids)s::text[] is null or v.fid = any(%(ids)s)) order by v.fid"
)
_THRESHOLDS: Final = SQL(
    "select v.station, v.kind, v.quantity, v.value, v.vertical_datum, v.document, v.standing, v.season_from,"
    " v.season_to from history.river_thresholds v"
    " where v.valid_from <= %(at)s and v.valid_to > %(at)s and {believed}"
    " and (%(ids)s::text[] is null or v.station = any(%(ids)s))"
    " order by v.station, v.kind, v.quantity, v.season_from"
)
_RATINGS: Final = SQL(
    "select v.version, v.vertical_datum, v.segments, v.shift_m, v.shift_basis, v.loop_celerity_m_s,"
    " v.loop_slope, v.fall_station, v.fall_reference_m, v.fall_exponent, v.fall_least_m,"
    " v.fall_uncertainty_m, v.uncertainty, v.document, v.valid_from,"
    " nullif(v.valid_to, 'infinity') valid_to"
    " from history.river_ratings v where v.fid = %(station)s and v.valid_from < %(end)s"
    " and v.valid_to > %(start)s and {believed} order by v.valid_from"
)
_TABLES: Final = SQL(
    "select v.version, v.setting, v.head, v.settings, v.heads, v.flows, v.sill_m, v.uncertainty, v.document,"
    " v.valid_from, nullif(v.valid_to, 'infinity') valid_to"
    " from history.river_gate_tables v where v.fid = %(station)s and v.valid_from < %(end)s"
    " and v.valid_to > %(start)s and {believed} order by v.valid_from"
)
_STREAM: Final = """
select d.id from observe.datastream d
  join observe.thing t on t.id = d.thing
  join observe.datastream_property l on l.datastream = d.id and l.position = 0
  join observe.observed_property p on p.id = l.observed_property
 where t.key = %s and p.key = %s and not d.multi order by d.id limit 1
"""
_STREAMS: Final = """
select p.key, min(d.id) from observe.datastream d
  join observe.thing t on t.id = d.thing
  join observe.datastream_property l on l.datastream = d.id and l.position = 0
  join observe.observed_property p on p.id = l.observed_property
 where t.key = %s and not d.multi and p.key is not null group by p.key
"""
_PARTS: Final = """
select distinct substr(p.key, length(%(prefix)s) + 1) from observe.datastream d
  join observe.thing t on t.id = d.thing
  join observe.datastream_property l on l.datastream = d.id and l.position = 0
  join observe.observed_property p on p.id = l.observed_property
 where t.key = %(thing)s and starts_with(p.key, %(prefix)s) and not d.multi order by 1
"""
_VALUES: Final = """
select phenomenon_time, result_number, flag, details from observe.observation
 where datastream = %(stream)s and phenomenon_time >= %(start)s and phenomenon_time < %(end)s
 order by phenomenon_time limit %(limit)s
"""
_VALUES_THEN: Final = """
select phenomenon_time, result_number, flag, details from (
  select phenomenon_time, result_number, flag, details from observe.observation
   where datastream = %(stream)s and phenomenon_time >= %(start)s and phenomenon_time < %(end)s
     and recorded_at <= %(asof)s
  union all
  select phenomenon_time, result_number, flag, details from observe.superseded
   where datastream = %(stream)s and phenomenon_time >= %(start)s and phenomenon_time < %(end)s
     and recorded_at <= %(asof)s and superseded_at > %(asof)s) e
 order by phenomenon_time limit %(limit)s
"""
_LAST_THEN: Final = """
select max(phenomenon_time) from (
  (select phenomenon_time from observe.observation
    where datastream = %(stream)s and phenomenon_time <= %(before)s and recorded_at <= %(asof)s
      and result_number is not null and flag <> all(%(unusable)s)
    order by phenomenon_time desc limit 1)
  union all
  (select phenomenon_time from observe.superseded
    where datastream = %(stream)s and phenomenon_time <= %(before)s and recorded_at <= %(asof)s
      and superseded_at > %(asof)s and result_number is not null and flag <> all(%(unusable)s)
    order by phenomenon_time desc limit 1)) e
"""
_LATEST: Final = """
select p.key, l.phenomenon_time, l.result_number, l.flag from observe.thing t
  join observe.datastream d on d.thing = t.id and not d.multi
  join observe.datastream_property x on x.datastream = d.id and x.position = 0
  join observe.observed_property p on p.id = x.observed_property
  join observe.latest l on l.datastream = d.id and l.phenomenon_time is not null
 where t.key = %s
"""
_LATEST_THEN: Final = """
select t.key, p.key, o.phenomenon_time, o.result_number, o.flag from observe.thing t
  join observe.datastream d on d.thing = t.id and not d.multi
  join observe.datastream_property x on x.datastream = d.id and x.position = 0
  join observe.observed_property p on p.id = x.observed_property
  cross join lateral (
    select * from (
      (select phenomenon_time, result_number, flag from observe.observation
        where datastream = d.id and phenomenon_time > %(since)s and phenomenon_time <= %(at)s
          and recorded_at <= %(asof)s order by phenomenon_time desc limit 1)
      union all
      (select phenomenon_time, result_number, flag from observe.superseded
        where datastream = d.id and phenomenon_time > %(since)s and phenomenon_time <= %(at)s
          and recorded_at <= %(asof)s and superseded_at > %(asof)s
        order by phenomenon_time desc limit 1)) e
     order by phenomenon_time desc limit 1) o
 where t.key = any(%(things)s) and p.key is not null order by t.key, p.key, d.id
"""


_STREAM_OF: Final = """
  from unnest(%(things)s::text[], %(properties)s::text[]) with ordinality a(thing, property, place)
  join (select t.key thing, p.key property, min(d.id) id from observe.thing t
    join observe.datastream d on d.thing = t.id and not d.multi
    join observe.datastream_property x on x.datastream = d.id and x.position = 0
    join observe.observed_property p on p.id = x.observed_property
   where t.key = any(%(things)s) and p.key = any(%(properties)s) group by 1, 2) d using (thing, property)
"""
_USABLE: Final = """
  result_number is not null and result_number not in ('NaN', 'Infinity', '-Infinity')
  and flag <> all(%(unusable)s)
"""
_NEWEST: Final = f"""
select a.place::int - 1, l.phenomenon_time, l.result_number, l.flag,
  e.phenomenon_time, e.result_number, e.flag
{_STREAM_OF}
  join observe.latest n on n.datastream = d.id and n.phenomenon_time is not null
  cross join lateral (
    select * from (
      select n.phenomenon_time, n.result_number, n.flag where n.result_number is not null
        and n.result_number not in ('NaN', 'Infinity', '-Infinity') and n.flag <> all(%(unusable)s)
      union all
      (select phenomenon_time, result_number, flag from observe.observation
        where datastream = d.id and phenomenon_time > n.phenomenon_time - %(oldest)s
          and phenomenon_time < n.phenomenon_time and {_USABLE}
        order by phenomenon_time desc limit 1)) u
     order by phenomenon_time desc limit 1) l
  left join lateral (select phenomenon_time, result_number, flag from observe.observation
    where datastream = d.id and phenomenon_time >= l.phenomenon_time - %(over)s
      and phenomenon_time < l.phenomenon_time and {_USABLE} order by phenomenon_time limit 1) e on true
"""
_KNOWN: Final = """
    (select phenomenon_time, result_number, flag from observe.observation
      where datastream = d.id and phenomenon_time {span} and recorded_at <= %(asof)s and {usable}
      order by phenomenon_time {way} limit 1)
    union all
    (select phenomenon_time, result_number, flag from observe.superseded
      where datastream = d.id and phenomenon_time {span} and recorded_at <= %(asof)s
        and superseded_at > %(asof)s and {usable}
      order by phenomenon_time {way} limit 1)
    order by phenomenon_time {way} limit 1
"""
_NEWEST_THEN: Final = f"""
select a.place::int - 1, l.phenomenon_time, l.result_number, l.flag,
  e.phenomenon_time, e.result_number, e.flag
{_STREAM_OF}
  cross join lateral ({
    _KNOWN.format(span="> %(at)s - %(oldest)s and phenomenon_time <= %(at)s", way="desc", usable=_USABLE)
}) l
  left join lateral ({
    _KNOWN.format(
        span=">= l.phenomenon_time - %(over)s and phenomenon_time < l.phenomenon_time",
        way="asc",
        usable=_USABLE,
    )
}) e on true
"""
OLDEST: Final = timedelta(hours=48)
"""How old a stage may be that is told of an instant, or of a gauge whose newest value is unusable."""


_MARKS: Final = {each.value: each for each in Mark}
_DATUMS: Final = {each.value: each for each in VerticalDatum}
"""Looked up: calling an enumeration a hundred thousand times costs more than reading the rows."""


def stations(connection: Connection, moment: Moment, ids: Sequence[str] | None = None) -> list[Station]:
    """Stations as they stand, all of them or these."""
    given = {"ids": None if ids is None else list(ids), **moment.values()}
    return [_station(row) for row in _rows(connection, _STATIONS.format(believed=moment.believed), given)]


def thresholds(connection: Connection, ids: Sequence[str], moment: Moment) -> dict[str, list[Threshold]]:
    """The thresholds that somebody has set for these stations."""
    found: dict[str, list[Threshold]] = {each: [] for each in ids}
    return _set(connection, list(ids), moment, found)


def every_threshold(connection: Connection, ids: Sequence[str], moment: Moment) -> dict[str, list[Threshold]]:
    """The same where ``ids`` are all stations: nothing is looked up by them."""
    return _set(connection, None, moment, {each: [] for each in ids})


def _set(
    connection: Connection, ids: list[str] | None, moment: Moment, found: dict[str, list[Threshold]]
) -> dict[str, list[Threshold]]:
    rows = connection.execute(
        _THRESHOLDS.format(believed=moment.believed), {"ids": ids, **moment.values()}
    ).fetchall()
    for station, kind, quantity, value, datum, document, standing, start, end in rows:
        if station in found:
            season = None if start is None else (start, end)
            mark, of = _MARKS[kind], _DATUMS[datum]
            found[station].append(Threshold(mark, quantity, value, of, document, standing, season))
    return found


def ratings(
    connection: Connection, station: str, start: datetime, end: datetime, asof: datetime | None = None
) -> list[Rating]:
    """The curves of a station that hold within a time, in order."""
    moment = Moment(start, asof)
    given = {"station": station, "start": start, "end": end, "asof": asof}
    return [_rating(row) for row in _rows(connection, _RATINGS.format(believed=moment.believed), given)]


def gate_tables(
    connection: Connection, station: str, start: datetime, end: datetime, asof: datetime | None = None
) -> list[GateTable]:
    """The discharge tables of a station that hold within a time, in order."""
    moment = Moment(start, asof)
    given = {"station": station, "start": start, "end": end, "asof": asof}
    return [_table(row) for row in _rows(connection, _TABLES.format(believed=moment.believed), given)]


def stream(connection: Connection, thing: str, observed_property: str) -> int | None:
    """The datastream of a thing's property."""
    row = connection.execute(_STREAM, (thing, observed_property)).fetchone()
    return None if row is None else int(row[0])


def streams(connection: Connection, thing: str) -> dict[str, int]:
    """The datastreams of a thing by the key of their property."""
    return {key: int(number) for key, number in connection.execute(_STREAMS, (thing,)).fetchall()}


def parts(connection: Connection, thing: str, observed_property: str) -> list[str]:
    """The parts of a station, as its gates, of which it has a datastream of that property."""
    rows = connection.execute(_PARTS, {"thing": thing, "prefix": observed_property + "/"}).fetchall()
    return [part for (part,) in rows]


def values(
    connection: Connection,
    datastream: int,
    start: datetime,
    end: datetime,
    limit: int,
    asof: datetime | None = None,
) -> list[Point]:
    """The values of a datastream from ``start`` up to ``end``, as they are believed, or were."""
    given = {"stream": datastream, "start": start, "end": end, "limit": limit, "asof": asof}
    statement = _VALUES if asof is None else _VALUES_THEN
    return [
        Point(time.astimezone(BEIJING), value, flag, uncertainty=_uncertainty(details))
        for time, value, flag, details in connection.execute(statement, given).fetchall()
    ]


def last_usable(connection: Connection, datastream: int, before: datetime, asof: datetime) -> datetime | None:
    """When the newest usable value of a datastream up to an instant was measured, as believed at ``asof``."""
    given = {"stream": datastream, "before": before, "asof": asof, "unusable": [Flag.FAIL, Flag.MISSING]}
    row = connection.execute(_LAST_THEN, given).fetchone()
    return None if row is None or row[0] is None else row[0].astimezone(BEIJING)


def latest(connection: Connection, thing: str) -> dict[str, Point]:
    """The newest value of each of a thing's properties, by its key."""
    rows = connection.execute(_LATEST, (thing,)).fetchall()
    return {key: Point(time.astimezone(BEIJING), value, flag) for key, time, value, flag in rows}


def latest_then(
    connection: Connection, things: Sequence[str], since: datetime, at: datetime, asof: datetime
) -> dict[str, dict[str, Point]]:
    """The newest value of each property of these things after ``since`` up to ``at``, as believed then."""
    given = {"things": list(things), "since": since, "at": at, "asof": asof}
    found: dict[str, dict[str, Point]] = {}
    for thing, key, time, value, flag in connection.execute(_LATEST_THEN, given).fetchall():
        found.setdefault(thing, {}).setdefault(key, Point(time.astimezone(BEIJING), value, flag))
    return found


def newest_stages(
    connection: Connection, asked: Sequence[tuple[str, str]], over: timedelta, then: Moment | None
) -> dict[int, tuple[Point, Point | None]]:
    """The newest usable value of each thing's property, by its place in ``asked``, and the first one within
    ``over`` before it; of an instant as believed at it, or at its ``asof``.
    """
    given = {
        "things": array_of(thing for thing, _ in asked),
        "properties": array_of(name for _, name in asked),
        "unusable": [int(Flag.FAIL), int(Flag.MISSING)],
        "over": over,
        "oldest": OLDEST,
        "at": None if then is None else then.at,
        "asof": None if then is None else then.asof,
    }
    rows = connection.execute(_NEWEST if then is None else _NEWEST_THEN, given).fetchall()
    return {
        place: (
            Point(time.astimezone(BEIJING), value, flag),
            None if before is None else Point(before.astimezone(BEIJING), was, flagged),
        )
        for place, time, value, flag, before, was, flagged in rows
    }


def _rows(connection: Connection, statement: Any, given: Mapping[str, Any]) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, given).fetchall()


def _uncertainty(details: Mapping[str, Any] | None) -> float | None:
    found = (details or {}).get("resultQuality")
    return found.get("uncertainty") if isinstance(found, dict) else None


def _station(row: Mapping[str, Any]) -> Station:
    return Station(
        *(row["station_id"], row["name"], row["kind"], _DATUMS[row["vertical_datum"]]),
        *(row["lon"], row["lat"], row["thing_id"], row["route_id"], row["river_name"], row["division"]),
        *(row["datum_elevation_m"], row["drainage_area_km2"], row["administered_by"]),
        row["data_nature"] == "合成数据",
    )


def _rating(row: Mapping[str, Any]) -> Rating:
    shifts = (
        ()
        if not row["shift_m"]
        else (Shift(row["shift_m"], row["valid_from"], row["valid_to"], row["shift_basis"] or ""),)
    )
    celerity, slope = row["loop_celerity_m_s"], row["loop_slope"]
    loop = None if celerity is None or slope is None else Loop(celerity, slope)
    falls = [row[f"fall_{each}"] for each in ("reference_m", "exponent", "least_m", "uncertainty_m")]
    return Rating(
        row["version"],
        VerticalDatum(row["vertical_datum"]),
        segments_of(row["segments"]),
        *(row["valid_from"], row["valid_to"], row["uncertainty"], row["document"]),
        shifts,
        loop,
        None if row["fall_station"] is None else Fall(row["fall_station"], *falls),
    )


def _table(row: Mapping[str, Any]) -> GateTable:
    (settings,), (heads_m,) = table_of(row["settings"]), table_of(row["heads"])
    return GateTable(
        version=row["version"],
        setting=Setting(row["setting"]),
        head=Head(row["head"]),
        settings=settings,
        heads_m=heads_m,
        flows_m3_s=table_of(row["flows"]),
        valid_from=row["valid_from"],
        valid_to=row["valid_to"],
        uncertainty=row["uncertainty"],
        document=row["document"],
        sill_m=row["sill_m"],
    )
