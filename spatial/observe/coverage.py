"""Series of numbers by place and time 时空序列: which stations lie somewhere, and what they measured when.

A value belongs to the place it was observed at, the feature of interest, so that what moves is found where
it was; what was ever at one place has all its values there. Series are those of one property at one point; a
MultiDatastream, a result that is no number and a feature that is no point have none. A value over a span of
time stands at its beginning. All is done in sets: a few statements, whatever the number of stations and
values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from math import cos, radians
from typing import Any, Final

from spatial.database import Connection
from spatial.errors import TooLarge
from spatial.history.model import SRID
from spatial.observe.model import Flag
from spatial.observe.past import as_of

VALUES_MAX: Final = 1 << 20
"""Values of one answer; half a thousand stations every five minutes for a week."""
SERIES_MAX: Final = 20_000
NEAREST_WITHIN_M: Final = 20_000.0
"""What measures further away says nothing about a position."""
COUNTED_FLAGS: Final = (Flag.PASS.value, Flag.NOT_EVALUATED.value, Flag.SUSPECT.value)
"""Values that failed quality control, or are missing, are not told unless asked for."""
_DEGREE_M: Final = 110_500.0
"""Less than any degree of latitude is long, in metres."""
_LEVELS: Final = (("hour", timedelta(days=60)), ("day", timedelta(days=1200)))


class TooManyValues(TooLarge):
    """More values than one answer holds 观测值过多."""

    code = "too-many-values"


@dataclass(frozen=True, slots=True)
class Near:
    """The nearest station of each property to each of these points (longitude, latitude)."""

    points_deg: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Around:
    """All stations within a geodesic distance of a point."""

    lon_deg: float
    lat_deg: float
    within_m: float


@dataclass(frozen=True, slots=True)
class Inside:
    """All stations in an area: WKB, longitude and latitude."""

    wkb: bytes


@dataclass(frozen=True, slots=True)
class Of:
    """All series of one Thing: its ``properties.key``, or its number where it has none."""

    thing: str


Place = Near | Around | Inside | Of


class Shape(StrEnum):
    """How the values of a series are written by the database."""

    ARRAYS = "arrays"
    """Two JSON arrays: times, numbers."""
    LINES = "lines"
    """One line of text each: time, number, quality flag."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What of the store is asked for; ``end`` belongs to the span where ``end_included`` says so."""

    layer: str
    place: Place
    start: datetime | None = None
    end: datetime | None = None
    end_included: bool = True
    parameters: tuple[str, ...] = ()
    """Keys of observed properties; empty: all."""
    asof: datetime | None = None
    flags: tuple[int, ...] = COUNTED_FLAGS
    shape: Shape = Shape.ARRAYS


@dataclass(frozen=True, slots=True)
class Series:
    """What one datastream measured at one point."""

    datastream: int
    thing: str
    name: str
    lon_deg: float
    lat_deg: float
    parameter: str
    unit: dict[str, Any]
    away_m: float | None
    """From the point asked for, where the nearest was."""
    count: int = 0
    times: str = ""
    numbers: str = ""
    """JSON arrays; of :attr:`Shape.LINES` the lines stand in ``times``."""


NUMERIC: Final = (
    "(d.unit ->> 'symbol' is not null or d.observation_type ~ 'OM_(Measurement|CountObservation)$')"
)
"""Which datastreams ``d`` give numbers."""
_THING = "coalesce(t.key, t.id::text)"
_PARAMETER = "coalesce(p.key, p.id::text)"
_FOUND = f"""
select d.id, f.id as feature, {_THING} as thing, t.name, ST_X(f.geom) as lon, ST_Y(f.geom) as lat,
       {_PARAMETER} as parameter, d.unit, {{away}} as away
  from {{points}} observe.thing t
  join observe.datastream d on d.thing = t.id and not d.multi and {NUMERIC}
  join observe.datastream_property dp on dp.datastream = d.id
  join observe.observed_property p on p.id = dp.observed_property
  join observe.datastream_feature x on x.datastream = d.id
  join observe.feature f on f.id = x.feature and GeometryType(f.geom) = 'POINT'
 where t.layer = %(layer)s and {{where}}
   and (%(parameters)s::text[] = '{{{{}}}}' or {_PARAMETER} = any(%(parameters)s))
"""
_IN_BOX = f"f.geom && ST_MakeEnvelope(%(west)s, %(south)s, %(east)s, %(north)s, {SRID})"
_POINT = f"ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), {SRID})"
_HELD = """
  from observe.observation o
 where o.datastream = p.datastream {feature}
   and o.phenomenon_time >= %(start)s and o.phenomenon_time {until} %(end)s and o.flag = any(%(flags)s)
"""
_HELD_THEN = """
  from (select phenomenon_time, result_number, flag, feature from observe.observation o
         where o.datastream = p.datastream and o.phenomenon_time >= %(start)s
           and o.phenomenon_time {until} %(end)s and o.recorded_at <= %(asof)s
        union all
        select phenomenon_time, result_number, flag, feature from observe.superseded s
         where s.datastream = p.datastream and s.phenomenon_time >= %(start)s
           and s.phenomenon_time {until} %(end)s
           and s.recorded_at <= %(asof)s and s.superseded_at > %(asof)s) o
 where o.flag = any(%(flags)s) {feature}
"""
_WRITTEN = {
    Shape.ARRAYS: "json_agg(v.phenomenon_time)::text, json_agg(v.result_number)::text",
    Shape.LINES: "string_agg(concat(btrim(to_json(v.phenomenon_time)::text, '\"'), ',', v.result_number, ',',"
    " v.flag), E'\\n'), ''",
}


def series(connection: Connection, asked: Asked) -> list[Series]:
    """The series that hold a value, by thing and parameter; TooManyValues where that is too much."""
    found = _found(connection, asked)
    if not found:
        return []
    _not_too_many(connection, asked, [each.series.datastream for each in found])
    told: dict[int, Series] = {}
    for alone in (True, False):
        places = [place for place, each in enumerate(found) if each.alone is alone]
        if places:
            told |= _with_values(connection, asked, found, places, alone)
    return [told[place] for place in sorted(told)]


@dataclass(frozen=True, slots=True)
class _Found:
    """A series without its values, and whether its datastream never observed another feature."""

    series: Series
    feature: int
    alone: bool


def _with_values(
    connection: Connection, asked: Asked, found: Sequence[_Found], places: Sequence[int], alone: bool
) -> dict[int, Series]:
    """By place. Of a datastream that was ever at one place all values are there: those the index tells."""
    held = (_HELD if asked.asof is None else _HELD_THEN).format(
        until="<=" if asked.end_included else "<", feature="" if alone else "and o.feature = p.feature"
    )
    rows = connection.execute(
        "select p.place, v.count, v.times, v.numbers"
        " from unnest(%(places)s::int[], %(datastreams)s::int[], %(features)s::int[])"
        " p(place, datastream, feature) cross join lateral ("
        f" select count(*), {_WRITTEN[asked.shape]}"
        f" from (select o.phenomenon_time, o.result_number, o.flag {held}"
        " order by o.phenomenon_time) v) v(count, times, numbers) where v.count > 0",
        {
            "places": places,
            "datastreams": [found[place].series.datastream for place in places],
            "features": [found[place].feature for place in places],
            "start": asked.start or "-infinity",
            "end": asked.end or "infinity",
            "asof": asked.asof,
            "flags": list(asked.flags),
        },
    ).fetchall()
    return {
        place: replace(found[place].series, count=count, times=times, numbers=numbers)
        for place, count, times, numbers in rows
    }


def _found(connection: Connection, asked: Asked) -> list[_Found]:
    """Series at the place asked for; values are not read yet."""
    sql, given = _placed(asked.place)
    given |= {"layer": asked.layer, "parameters": list(asked.parameters), "most": SERIES_MAX + 1}
    statement = (
        "select s.id, feature, thing, name, lon, lat, parameter, unit, away, (select count(*) = 1 from"
        f" observe.datastream_feature x where x.datastream = s.id) from ({sql}) s"
        " order by thing, parameter, s.id, feature limit %(most)s"
    )
    rows = connection.execute(as_of(statement, asked.asof), given).fetchall()
    if len(rows) > SERIES_MAX:
        raise _too_many(f"{SERIES_MAX} 个序列", f"{SERIES_MAX} series")
    return [
        _Found(
            Series(id, thing, name, lon, lat, parameter, unit, None if away is None else round(away, 3)),
            feature,
            alone,
        )
        for id, feature, thing, name, lon, lat, parameter, unit, away, alone in rows
    ]


def _placed(place: Place) -> tuple[str, dict[str, Any]]:
    nowhere = {"points": "", "away": "null::float8"}
    match place:
        case Of(thing):
            found = _FOUND.format(where=f"{_THING} = %(thing)s", **nowhere)
            return found, {"thing": thing}
        case Inside(wkb):
            area = f"ST_GeomFromWKB(%(area)s, {SRID})"
            found = _FOUND.format(where=f"f.geom && {area} and ST_Intersects(f.geom, {area})", **nowhere)
            return found, {"area": wkb}
        case Around(lon_deg, lat_deg, within_m):
            where = f"{_IN_BOX} and ST_DWithin(f.geom::geography, {_POINT}::geography, %(within)s)"
            found = _FOUND.format(where=where, **nowhere)
            given = {"lon": lon_deg, "lat": lat_deg, "within": within_m, **_box(lon_deg, lat_deg, within_m)}
            return found, given
        case Near(points_deg):
            return _nearest(points_deg)


def _nearest(points_deg: Sequence[tuple[float, float]]) -> tuple[str, dict[str, Any]]:
    points = (
        f"(select n, ST_SetSRID(ST_MakePoint(x, y), {SRID}) as geom from unnest(%(lons)s::float8[],"
        " %(lats)s::float8[]) with ordinality u(x, y, n)) q cross join"
    )
    away = "ST_Distance(f.geom::geography, q.geom::geography)"
    where = f"{_IN_BOX} and ST_DWithin(f.geom::geography, q.geom::geography, %(within)s)"
    found = _FOUND.format(points=points, away=away, where=where).replace("select d.id", "select q.n, d.id")
    ranked = f"select r.*, rank() over (partition by n, parameter order by away) as place from ({found}) r"
    boxes = [_box(lon, lat, NEAREST_WITHIN_M) for lon, lat in points_deg]
    return (
        "select id, feature, thing, name, lon, lat, parameter, unit, min(away) as away"
        f" from ({ranked}) r where place = 1 group by 1, 2, 3, 4, 5, 6, 7, 8",
        {
            "lons": [lon for lon, _ in points_deg],
            "lats": [lat for _, lat in points_deg],
            "within": NEAREST_WITHIN_M,
            **{name: min(each[name] for each in boxes) for name in ("west", "south")},
            **{name: max(each[name] for each in boxes) for name in ("east", "north")},
        },
    )


def _box(lon_deg: float, lat_deg: float, within_m: float) -> dict[str, float]:
    """Degrees that surely hold all within a distance."""
    high = within_m / _DEGREE_M * 1.001
    wide = min(180.0, high / max(cos(radians(min(abs(lat_deg) + high, 89.0))), 0.01))
    return {"west": lon_deg - wide, "east": lon_deg + wide, "south": lat_deg - high, "north": lat_deg + high}


def _not_too_many(connection: Connection, asked: Asked, datastreams: Sequence[int]) -> None:
    """Told by the roll-ups before a value is read; what lies at the edges of the span is counted whole."""
    span = None if asked.start is None or asked.end is None else asked.end - asked.start
    level = next((name for name, longest in _LEVELS if span is not None and span <= longest), "month")
    row = connection.execute(
        f"select coalesce(sum(r.count), 0) from observe.roll_up_{level} r"
        " where r.datastream = any(%s) and r.flag = any(%s) and r.start <= %s"
        f" and r.start > %s::timestamptz - interval '1 {level}'",
        (
            list(set(datastreams)),
            list(asked.flags),
            asked.end or "infinity",
            asked.start or "-infinity",
        ),
    ).fetchone()
    assert row is not None  # an aggregate gives one
    if row[0] > VALUES_MAX:
        raise _too_many(
            f"{VALUES_MAX} 个观测值,约有 {row[0]} 个", f"{VALUES_MAX} values, there are about {row[0]}"
        )


def _too_many(zh: str, en: str) -> TooManyValues:
    return TooManyValues(
        f"一次至多 {zh},请缩小范围、缩短时间或指定 parameter-name",
        f"an answer holds {en}; narrow the area, the time or the parameters",
        value=VALUES_MAX,
    )
