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
NEAREST_MAX: Final = 32
"""Of the series of a property near a point so many are looked at for values."""
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
    """The nearest station of each property that has such values, to each of these points (longitude,
    latitude)."""

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
    flagged: bool = False
    """Whether :attr:`Shape.ARRAYS` tell the flag of each value, too."""
    shape: Shape = Shape.ARRAYS


@dataclass(frozen=True, slots=True)
class Series:
    """What one datastream measured at one point."""

    datastream: int
    feature: int
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
    flags: str = ""
    """A JSON array where it was asked for."""


NUMERIC: Final = (
    "(d.unit ->> 'symbol' is not null or d.observation_type ~ 'OM_(Measurement|CountObservation)$')"
)
"""Which datastreams ``d`` give numbers."""
_THING = "coalesce(t.key, t.id::text)"
_PARAMETER = "coalesce(p.key, p.id::text)"
_FOUND = f"""
select d.id, f.id as feature, {_THING} as thing, t.name, ST_X(f.geom) as lon, ST_Y(f.geom) as lat,
       {_PARAMETER} as parameter, d.unit, {{away}} as away, {{point}} as n
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
_MAY_HOLD = (
    "(%(asof)s::timestamptz is not null or exists (select from observe.latest u where u.datastream = d.id"
    " and u.first_time <= %(end)s::timestamptz and u.phenomenon_time >= %(start)s::timestamptz))"
)
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
_OF_PLACES = (
    "unnest(%(places)s::int[], %(datastreams)s::int[], %(features)s::int[]) p(place, datastream, feature)"
)
_WRITTEN = {
    Shape.ARRAYS: "json_agg(v.phenomenon_time)::text, json_agg(v.result_number)::text,"
    " case when %(flagged)s then json_agg(v.flag)::text else '' end",
    Shape.LINES: "string_agg(concat(btrim(to_json(v.phenomenon_time)::text, '\"'), ',', v.result_number, ',',"
    " v.flag), E'\\n'), '', ''",
}


def series(connection: Connection, asked: Asked) -> list[Series]:
    """The series that hold a value, by thing and parameter; TooManyValues where that is too much."""
    found = _found(connection, asked)
    if isinstance(asked.place, Near):
        found = _nearest_with_values(connection, asked, found)
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
    """A series without its values; whether its datastream never observed another feature; of the nearest the
    place of the point among those asked for."""

    series: Series
    alone: bool
    point: int


def _with_values(
    connection: Connection, asked: Asked, found: Sequence[_Found], places: Sequence[int], alone: bool
) -> dict[int, Series]:
    """By place. Of a datastream that was ever at one place all values are there: those the index tells."""
    rows = connection.execute(
        f"select p.place, v.count, v.times, v.numbers, v.flags from {_OF_PLACES} cross join lateral ("
        f" select count(*), {_WRITTEN[asked.shape]}"
        f" from (select o.phenomenon_time, o.result_number, o.flag {_held(asked, alone)}"
        " order by o.phenomenon_time) v) v(count, times, numbers, flags) where v.count > 0",
        _values_of(asked, found, places),
    ).fetchall()
    return {
        place: replace(found[place].series, count=count, times=times, numbers=numbers, flags=flags)
        for place, count, times, numbers, flags in rows
    }


def _held(asked: Asked, alone: bool) -> str:
    return (_HELD if asked.asof is None else _HELD_THEN).format(
        until="<=" if asked.end_included else "<", feature="" if alone else "and o.feature = p.feature"
    )


def _values_of(asked: Asked, found: Sequence[_Found], places: Sequence[int]) -> dict[str, Any]:
    return {
        "places": places,
        "datastreams": [found[place].series.datastream for place in places],
        "features": [found[place].series.feature for place in places],
        "start": asked.start or "-infinity",
        "end": asked.end or "infinity",
        "asof": asked.asof,
        "flags": list(asked.flags),
        "flagged": asked.flagged,
    }


def _nearest_with_values(connection: Connection, asked: Asked, found: Sequence[_Found]) -> list[_Found]:
    """Of each point and property the nearest of what is found, those as near as each other together, that
    holds a value of the span: a station that was given up hides none that goes on.

    Each round looks at twice as many as the one before, in order of distance.
    """
    waiting: dict[tuple[int, str], list[int]] = {}
    for place, each in sorted(enumerate(found), key=lambda item: item[1].series.away_m or 0.0):
        waiting.setdefault((each.point, each.series.parameter), []).append(place)
    nearest: dict[tuple[int, int], _Found] = {}
    count = 1
    while waiting:
        heads = {key: _and_as_near(found, places, count) for key, places in waiting.items()}
        holding = _holding(connection, asked, found, [place for head in heads.values() for place in head])
        for key, head in heads.items():
            held = [found[place] for place in head if place in holding]
            for each in held:
                if each.series.away_m == held[0].series.away_m:
                    same = each.series.datastream, each.series.feature
                    before = nearest.get(same)
                    if before is None or (before.series.away_m or 0.0) > (each.series.away_m or 0.0):
                        nearest[same] = each
            rest = waiting[key][len(head) :]
            if held or not rest:
                del waiting[key]
            else:
                waiting[key] = rest
        count *= 2
    return sorted(nearest.values(), key=lambda each: (each.series.thing, each.series.parameter))


def _and_as_near(found: Sequence[_Found], places: list[int], count: int) -> list[int]:
    """The first ones, and those that are as near as the last of them."""
    last = found[places[min(count, len(places)) - 1]].series.away_m
    while count < len(places) and found[places[count]].series.away_m == last:
        count += 1
    return places[:count]


def _holding(
    connection: Connection, asked: Asked, found: Sequence[_Found], places: Sequence[int]
) -> set[int]:
    """Places of the series that hold a value that is asked for."""
    holding: set[int] = set()
    for alone in (True, False):
        of = [place for place in places if found[place].alone is alone]
        if of:
            rows = connection.execute(
                f"select p.place from {_OF_PLACES} where exists (select {_held(asked, alone)})",
                _values_of(asked, found, of),
            ).fetchall()
            holding |= {place for (place,) in rows}
    return holding


def _found(connection: Connection, asked: Asked) -> list[_Found]:
    """Series at the place asked for; values are not read yet."""
    sql, given = _placed(asked.place)
    given |= {
        "layer": asked.layer,
        "parameters": list(asked.parameters),
        "most": None if isinstance(asked.place, Near) else SERIES_MAX + 1,
        "start": asked.start or "-infinity",
        "end": asked.end or "infinity",
        "asof": asked.asof,
    }
    statement = (
        "select s.id, feature, thing, name, lon, lat, parameter, unit, away, n, (select count(*) = 1 from"
        f" observe.datastream_feature x where x.datastream = s.id) from ({sql}) s"
        " order by thing, parameter, s.id, feature limit %(most)s"
    )
    rows = connection.execute(as_of(statement, asked.asof), given).fetchall()
    if given["most"] and len(rows) > SERIES_MAX:
        raise _too_many(f"{SERIES_MAX} 个序列", f"{SERIES_MAX} series")
    return [
        _Found(
            Series(
                id, feature, thing, name, lon, lat, parameter, unit, None if away is None else round(away, 3)
            ),
            alone,
            point,
        )
        for id, feature, thing, name, lon, lat, parameter, unit, away, point, alone in rows
    ]


def _placed(place: Place) -> tuple[str, dict[str, Any]]:
    nowhere = {"points": "", "away": "null::float8", "point": "0"}
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
        f"(select n, ST_SetSRID(ST_MakePoint(x, y), {SRID}) as geom,"
        f" ST_MakeEnvelope(west, south, east, north, {SRID}) as box"
        " from unnest(%(lons)s::float8[], %(lats)s::float8[], %(west)s::float8[], %(south)s::float8[],"
        " %(east)s::float8[], %(north)s::float8[]) with ordinality u(x, y, west, south, east, north, n)) q"
        " cross join"
    )
    away = "ST_Distance(f.geom::geography, q.geom::geography)"
    found = _FOUND.format(
        points=points, away=away, where=f"f.geom && q.box and {_MAY_HOLD}", point="q.n::int"
    )
    ranked = (
        "select r.*, rank() over (partition by n, parameter order by away) as place"
        f" from ({found} offset 0) r where away <= %(within)s"
    )
    boxes = [_box(lon, lat, NEAREST_WITHIN_M) for lon, lat in points_deg]
    return (
        f"select * from ({ranked}) r where place <= %(nearest)s",
        {
            "nearest": NEAREST_MAX,
            "lons": [lon for lon, _ in points_deg],
            "lats": [lat for _, lat in points_deg],
            "within": NEAREST_WITHIN_M,
            **{name: [each[name] for each in boxes] for name in ("west", "south", "east", "north")},
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
