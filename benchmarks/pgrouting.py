"""pgRouting over the roads of a city, in a database of its own: cut by PostGIS, joined and searched by it.

A peer to be measured beside ``spatial.analysis.ways``, and an oracle of its tests.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import shapely
from numpy.typing import NDArray

from spatial.analysis.mode import ON_FOOT_M_S, Mode
from spatial.analysis.ways import Road
from spatial.datum.plane import Plane
from spatial.network.graph import JOIN_M

_ROADS = """
create table road (id serial primary key, speed_m_s float8, level int, geom geometry(LineString, 4549));
create index on road using gist (geom);
create table place (id int, piece int, along float8, away_m float8);
"""
_PIECES = f"""
create table piece as
with cut as (
  select r.id, ST_LineLocatePoint(r.geom, (ST_DumpPoints(ST_Intersection(r.geom, o.geom))).geom) as at
    from road r join road o on o.level = r.level and o.id <> r.id and ST_Intersects(o.geom, r.geom)
  union select id, unnest(array[0.0, 1.0]) from road),
  part as (select id, at, lead(at) over (partition by id order by at) as upto from cut)
select (row_number() over ())::int as id, ST_Length(s.geom) / speed_m_s as seconds, s.geom,
    null::int as source, null::int as target
  from part join road r using (id), ST_LineSubstring(r.geom, at, upto) s (geom)
  where upto is not null and ST_Length(s.geom) > 0.001;
create index on piece using gist (geom);
select pgr_createTopology('piece', {JOIN_M}, 'geom', 'id');
"""
"""Cut where two of one level meet, joined where ends lie together."""
_PLACED = """
insert into place
select p.id, n.id, least(greatest(n.along, 1e-12), 1 - 1e-12), n.away_m
  from unnest(%s::int[], %s::float8[], %s::float8[]) p (id, x, y), lateral (
    select e.id, ST_LineLocatePoint(e.geom, s.spot) as along, e.geom <-> s.spot as away_m
      from piece e, (select ST_SetSRID(ST_Point(p.x, p.y), 4549) as spot) s
      order by e.geom <-> s.spot limit 1) n
"""
_COSTS = """
select -start_pid - 1, -end_pid - 1, agg_cost from pgr_withPointsCost(
  'select id, source, target, seconds as cost, seconds as reverse_cost from piece',
  'select id + 1 as pid, piece as edge_id, along as fraction from place',
  (select array_agg(-id - 1) from place where id < %(starts)s),
  (select array_agg(-id - 1) from place where id >= %(starts)s), directed => false)
"""


def installed() -> bool:
    """Whether this machine's PostgreSQL has the extension."""
    return any(Path("/usr/share/postgresql").glob("*/extension/pgrouting.control"))


def lay(connection: psycopg.Connection[Any], roads: Sequence[Road], how: Mode, plane: Plane) -> None:
    """The roads that the mode passes as a topology, in an empty database."""
    connection.execute("create extension postgis")
    connection.execute("create extension pgrouting")
    connection.execute(_ROADS)
    passed = [each for each in roads if each.grade in how.speeds_km_h]
    shapes = plane.projected(np.array([each.geometry for each in passed], dtype=object))
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into road (speed_m_s, level, geom) values (%s, %s, ST_SetSRID(%s::geometry, 4549))",
            [
                (how.speeds_km_h[road.grade] / 3.6, int(road.grade in how.apart), shapely.to_wkb(shape))
                for road, shape in zip(passed, shapes, strict=True)
            ],
        )
    connection.execute(_PIECES)


def place(connection: psycopg.Connection[Any], how: Mode, spots: NDArray[np.object_]) -> None:
    """Points of the plane put on the pieces that are nearest to them."""
    connection.execute(_PLACED, (list(range(len(spots))), *shapely.get_coordinates(spots).T.tolist()))
    connection.execute("delete from place where away_m > %s", (how.access_m,))


def seconds(connection: psycopg.Connection[Any], starts: int, count: int) -> NDArray[np.float64]:
    """The time from the nearest of the first ``starts`` places to each other; inf where no way leads."""
    away_m = dict(connection.execute("select id, away_m from place").fetchall())
    found = np.full(count, np.inf)
    for start, end, cost in connection.execute(_COSTS, {"starts": starts}):
        found[end] = min(found[end], cost + (away_m[start] + away_m[end]) / ON_FOOT_M_S)
    return found[starts:]


def about(roads: Sequence[Road], plane: Plane, count: int) -> NDArray[np.object_]:
    """Points about roads drawn by chance, in the plane; some are too far from any."""
    dice = np.random.default_rng(20261130)
    shapes = plane.projected(np.array([each.geometry for each in roads], dtype=object))
    chosen = dice.integers(0, len(shapes), count)
    on = shapely.line_interpolate_point(shapes[chosen], dice.random(count), normalized=True)
    scattered = shapely.get_coordinates(on) + dice.normal(0, 120, (count, 2))
    return np.array(shapely.points(scattered), dtype=object)
