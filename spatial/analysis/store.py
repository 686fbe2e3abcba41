"""SQL of the questions: what of a layer lies in an area, near a point, within reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import cos, radians
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.catalogue.store import Layer
from spatial.database import Connection
from spatial.datum.ellipsoid import geod
from spatial.filter import condition, parse_text, queryables
from spatial.history import states
from spatial.history.model import SRID
from spatial.history.read import Condition

Floats = NDArray[np.float64]
_DEGREE_M: Final = 110_500.0
"""Less than any degree of latitude is long, in metres."""
_NEAR_M, _FAR_M, _STEEP_DEG, _SEAM_DEG, _CORNERS = 5_000.0, 2_000_000.0, 60.0, 140.0, 180


@dataclass(frozen=True, slots=True)
class Part:
    """The features of a layer that are asked about."""

    layer: Layer
    at: datetime
    asof: datetime
    where: Condition
    label: str | None
    """Field that names a feature, where the asker sees it."""
    changeset: int
    """The last one believed at ``asof``; 0 before there was one."""


@dataclass(frozen=True, slots=True)
class Found:
    """A feature, and how much of it lies inside or how far away it is."""

    fid: str
    name: str | None
    measure: float | None


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many places are within reach of an asset."""

    places: int
    covered: int
    weight: float | None
    """Of all places together, where a field weighs them."""
    covered_weight: float | None
    without: tuple[Found, ...]
    """Some of those that are not."""


def part(
    connection: Connection,
    layer: Layer,
    fields: Sequence[str],
    at: datetime,
    asked: datetime,
    where: str | None = None,
) -> Part:
    """What holds of a layer at an instant, as known at another; only fields of ``fields`` may be asked for.

    ``where`` is a condition in CQL2 text; BadFilter where it cannot be read or names another field.
    """
    last = states.resolve(layer.contract.id, None, asked)
    row = connection.execute(last.sql, last.params).fetchone()
    changeset, asof, _ = row or (0, datetime.min.replace(tzinfo=UTC), "")
    visible = [column for column in layer.table.columns if column.name in fields]
    given = Condition("true", ())
    if where is not None:
        given = condition(parse_text(where), queryables(layer.table, visible))
    label = layer.contract.legend.label
    return Part(layer, at, asof, given, label if label in fields else None, changeset)


def inside(
    connection: Connection, asked: Part, area: bytes, epsg: int, most: int
) -> tuple[int, float | None, list[Found]]:
    """How many touch an area (WKB, CGCS2000), what of them lies inside it, and the first ``most``.

    Areas are legal areas (m²) by the city's zone, lengths geodesic (m), to two decimals; of points
    there is none. What measures nothing inside, touching the area from outside, is not in it.
    """
    kind = (asked.layer.table.geometry or "").removeprefix("Multi")
    part = f"ST_CollectionExtract(ST_Intersection(v.geom, a.geom), {_DIMENSION[kind]})"
    kept, measure = "", "null::numeric"
    if kind == "Polygon":
        measure = (
            f"case when v.whole then coalesce(k.area_m2, spatial.legal_area_m2(v.geom, {int(epsg)})::numeric)"
            f" else spatial.legal_area_m2({part}, {int(epsg)})::numeric end"
        )
        kept = (
            "left join spatial.content_area k on k.content_sha256 = v.content_sha256 and k.epsg ="
            f" {int(epsg)}"
        )
    elif kind == "LineString":
        one = f"case when v.whole then v.geom else {part} end"
        measure = f"ST_Length(ST_SetSRID({one}, {SRID})::geography)::numeric"
    counted = "true" if kind == "Point" else "m.measure > 0"
    rows = connection.execute(
        f"""
        with a as materialized (select ST_GeomFromWKB(%s, {SRID}) geom),
        v as materialized (
          select v.fid, {_label(asked)} name, v.content_sha256, v.geom, ST_Covers(a.geom, v.geom) whole
            from {_source(asked)} v, a
           where v.geom && a.geom and ST_Intersects(v.geom, a.geom) and {_held(asked)}),
        m as materialized (
          select v.fid, v.name, round({measure}, 2)::double precision measure from v {kept} cross join a)
        select m.fid, m.name, m.measure, count(*) over (), sum(m.measure) over (order by m.fid
               rows between unbounded preceding and unbounded following)
          from m where {counted} order by m.fid limit %s
        """,
        (area, *_bound(asked), most),
    ).fetchall()
    if not rows:
        return 0, None if kind == "Point" else 0.0, []
    total = rows[0][4]
    return rows[0][3], None if total is None else round(total, 2), [Found(*row[:3]) for row in rows]


def measurable(asked: Part, area: bytes) -> tuple[str, tuple[Any, ...]]:
    """Content and shape of the features that lie in an area (WKB) whole, as
    :func:`spatial.analysis.area_store.keep` asks for them."""
    return (
        f"select v.content_sha256, v.geom from {_source(asked)} v,"
        f" (select ST_GeomFromWKB(%s, {SRID}) geom offset 0) a"
        f" where v.geom && a.geom and ST_Covers(a.geom, v.geom) and {_held(asked)}",
        (area, *_bound(asked)),
    )


def nearest(connection: Connection, asked: Part, lon_deg: float, lat_deg: float, count: int) -> list[Found]:
    """The ``count`` features nearest a position by geodesic distance (m); of equals the lesser identity.

    The index knows distances in degrees only: what it finds first bounds how far the nearest can
    be, and all within that distance are measured. From far away that would be the whole layer, so
    what lies beyond an outline of that distance is left out before.
    """
    point = f"ST_SetSRID(ST_MakePoint(%s, %s), {SRID})"
    first = connection.execute(
        f"select ST_Distance(v.geom::geography, {point}::geography) from {_source(asked)} v"
        f" where {_held(asked)} order by v.geom <-> {point} limit %s",
        (lon_deg, lat_deg, *_bound(asked), lon_deg, lat_deg, count),
    ).fetchall()
    if not first:
        return []
    reach_m = max(row[0] for row in first) * (1 + 1e-9) + 0.001
    box = _box(lon_deg, lat_deg, reach_m)
    outline = _outline(lon_deg, lat_deg, reach_m)
    near = "" if outline is None else f" and ST_Intersects(ST_GeomFromWKB(%s, {SRID}), v.geom)"
    rows = connection.execute(
        f"""
        select v.fid, {_label(asked)}, d.away from {_source(asked)} v,
          lateral (select ST_Distance(v.geom::geography, {point}::geography) away) d
         where v.geom && ST_MakeEnvelope(%s, %s, %s, %s, {SRID}){near} and d.away <= %s and {_held(asked)}
         order by d.away, v.fid limit %s
        """,
        (lon_deg, lat_deg, *box, *([] if outline is None else [outline]), reach_m, *_bound(asked), count),
    ).fetchall()
    return [Found(row[0], row[1], round(row[2], 3)) for row in rows]


def _outline(lon_deg: float, lat_deg: float, reach_m: float) -> bytes | None:
    """A polygon (WKB) that holds all within a distance, a little more than that; none where the box around
    it is as good, or a polygon of degrees would not hold it."""
    if not _NEAR_M < reach_m < _FAR_M or abs(lat_deg) > _STEEP_DEG or abs(lon_deg) > _SEAM_DEG:
        return None
    turns = np.arange(0, 360, 360 / _CORNERS)
    beyond_m = reach_m * (1 + 2 * (np.pi / _CORNERS) ** 2)  # an edge lies nearer than its ends
    count = len(turns)
    lon, lat, _ = geod().fwd(
        np.full(count, lon_deg), np.full(count, lat_deg), turns, np.full(count, beyond_m)
    )
    outline: bytes = shapely.to_wkb(shapely.Polygon(np.column_stack([lon, lat])))
    return outline


def covered(
    connection: Connection, places: Part, assets: Part, reach_m: float, weight: str | None, most: int
) -> Coverage:
    """Places with an asset within ``reach_m`` (geodesic), and the first ``most`` of those without."""
    amount = "1" if weight is None else f'coalesce(v."{weight}", 0)'
    margin = reach_m / _DEGREE_M * 1.001
    row = connection.execute(
        f"""
        with p as materialized (
          select v.fid, {_label(places)} name, {amount}::double precision amount, exists (
            select from {_source(assets)} b
             where b.geom && ST_Expand(v.geom, %s / cos(radians(ST_YMax(v.geom) + %s)), %s)
               and ST_DWithin(b.geom::geography, v.geom::geography, %s)
               and {_held(assets, "b")}) reached
            from {_source(places)} v where {_held(places)})
        select count(*), count(*) filter (where reached), sum(amount order by fid),
               sum(amount order by fid) filter (where reached),
               (array_agg(array[fid, name] order by fid) filter (where not reached))[1:%s]
          from p
        """,
        (margin, margin, margin, reach_m, *_bound(assets), *_bound(places), most),
    ).fetchone()
    assert row is not None
    total, reached, whole, held, left = row
    without = tuple(Found(fid, name, None) for fid, name in left or ())
    if weight is None:
        return Coverage(total, reached, None, None, without)
    return Coverage(total, reached, round(whole or 0.0, 6), round(held or 0.0, 6), without)


def cells(connection: Connection, asked: Part) -> tuple[list[str], list[bytes]]:
    """Identities and areas (WKB) of a layer of polygons."""
    rows = connection.execute(
        f"select v.fid, ST_AsBinary(v.geom) from {_source(asked)} v where {_held(asked)} order by v.fid",
        _bound(asked),
    ).fetchall()
    return [row[0] for row in rows], [row[1] for row in rows]


def numbers(connection: Connection, asked: Part, field: str) -> list[float]:
    """A number of each feature, 0 where it has none, in order of identity."""
    rows = connection.execute(
        f'select coalesce(v."{field}", 0)::double precision from {_source(asked)} v'
        f" where {_held(asked)} order by v.fid",
        _bound(asked),
    ).fetchall()
    return [row[0] for row in rows]


def shapes(connection: Connection, asked: Part, extra: str, most: int) -> list[tuple[str, str | None, bytes]]:
    """Identity, one field as text, and geometry (WKB) of features, in order of identity."""
    return connection.execute(
        f'select v.fid, v."{extra}"::text, ST_AsBinary(v.geom) from {_source(asked)} v'
        f" where {_held(asked)} order by v.fid limit %s",
        (*_bound(asked), most),
    ).fetchall()


def samples(connection: Connection, asked: Part, field: str, most: int) -> list[tuple[float, float, float]]:
    """Longitude, latitude and a number of features that have one, in order of identity."""
    return connection.execute(
        f'select ST_X(p), ST_Y(p), v."{field}"::double precision from {_source(asked)} v,'
        " lateral (select case when ST_Dimension(v.geom) = 0 then ST_Centroid(v.geom)"
        f" else ST_PointOnSurface(v.geom) end p) c where {_held(asked)}"
        f' and v."{field}" is not null order by v.fid limit %s',
        (*_bound(asked), most),
    ).fetchall()


Box = tuple[float, float, float, float]


def boxed(
    connection: Connection, asked: Part, columns: Sequence[str], box_deg: Box, most: int
) -> list[tuple[Any, ...]]:
    """Identity, some fields and geometry (WKB) of the features that meet a box of degrees, in no order."""
    statement, params = _boxed(asked, columns, "ST_AsBinary(v.geom)", box_deg, most)
    return connection.cursor(binary=True).execute(statement, params).fetchall()


@dataclass(frozen=True, slots=True)
class Points:
    """Points of a layer as columns, in no order."""

    fids: list[str]
    texts: tuple[list[str], ...]
    """Of the fields that were asked for; empty where there is no value."""
    places_deg: Floats
    """Longitude and latitude, a row a point."""


def points_in(connection: Connection, asked: Part, columns: Sequence[str], box_deg: Box, most: int) -> Points:
    """The points of a layer in a box of degrees, with some fields that are texts.

    Handed over in one piece: of a hundred thousand rows their reading one by one takes longest.
    """
    statement, params = _boxed(asked, columns, "ST_X(v.geom) lon, ST_Y(v.geom) lat", box_deg, most)
    texts = ", ".join(f"string_agg(coalesce(b.\"{name}\", ''), chr(30))" for name in ("fid", *columns))
    row = (
        connection.cursor(binary=True)
        .execute(
            f"select count(*), {texts}, string_agg(float8send(b.lon) || float8send(b.lat), ''::bytea)"
            f" from ({statement}) b",
            params,
        )
        .fetchone()
    )
    if row is None or not row[0]:
        return Points([], tuple([] for _ in columns), np.zeros((0, 2)))
    _, fids, *others, places = row
    told = tuple(each.split(chr(30)) for each in (fids, *others))
    return Points(told[0], told[1:], np.frombuffer(places, ">f8").astype(np.float64).reshape(-1, 2))


def _boxed(
    asked: Part, columns: Sequence[str], shape: str, box_deg: Box, most: int
) -> tuple[str, tuple[Any, ...]]:
    some = "".join(f', v."{column}"' for column in columns)
    return (
        f"select v.fid{some}, {shape} from {_source(asked)} v"
        f" where v.geom && ST_MakeEnvelope(%s, %s, %s, %s, {SRID}) and {_held(asked)} limit %s",
        (*box_deg, *_bound(asked), most),
    )


def is_empty(connection: Connection, asked: Part) -> bool:
    """Whether a layer has no feature that is asked about."""
    row = connection.execute(
        f"select not exists (select from {_source(asked)} v where {_held(asked)})", _bound(asked)
    ).fetchone()
    return bool(row and row[0])


def fields(connection: Connection, asked: Part, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Identity and some fields of all features, by identity."""
    some = "".join(f', v."{column}"' for column in columns)
    return connection.execute(
        f"select v.fid{some} from {_source(asked)} v where {_held(asked)} order by v.fid", _bound(asked)
    ).fetchall()


def tallied(
    connection: Connection, asked: Part, key: str, keys: Sequence[str], by: Sequence[str]
) -> list[tuple[Any, ...]]:
    """How many features name each of these keys in a field, by the values of other fields."""
    others = "".join(f', v."{column}"' for column in by)
    return connection.execute(
        f'select v."{key}"{others}, count(*) from {_source(asked)} v'
        f' where v."{key}" = any(%s) and {_held(asked)} group by v."{key}"{others}',
        (list(keys), *_bound(asked)),
    ).fetchall()


def naming(
    connection: Connection, asked: Part, key: str, keys: Sequence[str], columns: Sequence[str], most: int
) -> list[tuple[Any, ...]]:
    """The key, the identity and some fields of features that name one of these keys in a field."""
    some = "".join(f', v."{column}"' for column in columns)
    return connection.execute(
        f'select v."{key}", v.fid{some} from {_source(asked)} v'
        f' where v."{key}" = any(%s) and {_held(asked)} order by v."{key}", v.fid limit %s',
        (list(keys), *_bound(asked), most),
    ).fetchall()


_DIMENSION: Final = {"Polygon": 3, "LineString": 2, "Point": 1}


def _source(asked: Part) -> str:
    return f'history."{asked.layer.table.name}"'


def _label(asked: Part) -> str:
    return "null::text" if asked.label is None else f'v."{asked.label}"::text'


def _held(asked: Part, alias: str = "v") -> str:
    """Instants first, then the condition, which speaks of ``v``."""
    times = (
        f"{alias}.recorded_from <= %s and {alias}.recorded_to > %s"
        f" and {alias}.valid_from <= %s and {alias}.valid_to > %s"
    )
    if asked.where.sql == "true":
        return times
    if alias == "v":
        return f"{times} and ({asked.where.sql})"
    return f"{times} and exists (select from (select {alias}.*) v where {asked.where.sql})"


def _bound(asked: Part) -> tuple[Any, ...]:
    return (asked.asof, asked.asof, asked.at, asked.at, *asked.where.params)


def _box(lon_deg: float, lat_deg: float, reach_m: float) -> tuple[float, float, float, float]:
    """Degrees around a position that hold everything within a distance."""
    north = reach_m / _DEGREE_M
    worst = min(abs(lat_deg) + north, 89.0)
    east = reach_m / (_DEGREE_M * cos(radians(worst)))
    return lon_deg - east, lat_deg - north, lon_deg + east, lat_deg + north
