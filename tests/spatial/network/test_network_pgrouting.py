"""Ways along the sample city's roads against pgRouting: cut by PostGIS, joined and searched by pgRouting."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import psycopg
import pytest
import shapely
from numpy.typing import NDArray

from spatial.analysis.mode import ON_FOOT_M_S, Mode, named
from spatial.analysis.ways import Road, ways
from spatial.database import connect
from spatial.datum import STANDARD
from spatial.datum.plane import Plane
from spatial.sample.city import generate

STARTS, PLACES = 5, 1000
LIMIT_MIN: Final = 240.0
PLANE: Final = Plane(STANDARD.frame("EPSG:4549"))

ROADS = """
create table road (id serial primary key, speed_m_s float8, level int, geom geometry(LineString, 4549));
create index on road using gist (geom);
create table place (id int, piece int, along float8, away_m float8);
"""
PIECES = """
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
select pgr_createTopology('piece', 0.5, 'geom', 'id');
"""
"""Cut where two of one level meet, joined where ends lie together."""
PLACED = """
insert into place
select p.id, n.id, least(greatest(n.along, 1e-12), 1 - 1e-12), n.away_m
  from unnest(%s::int[], %s::float8[], %s::float8[]) p (id, x, y), lateral (
    select e.id, ST_LineLocatePoint(e.geom, s.spot) as along, e.geom <-> s.spot as away_m
      from piece e, (select ST_SetSRID(ST_Point(p.x, p.y), 4549) as spot) s
      order by e.geom <-> s.spot limit 1) n
"""
COSTS = """
select -start_pid - 1, -end_pid - 1, agg_cost from pgr_withPointsCost(
  'select id, source, target, seconds as cost, seconds as reverse_cost from piece',
  'select id + 1 as pid, piece as edge_id, along as fraction from place',
  (select array_agg(-id - 1) from place where id < %(starts)s),
  (select array_agg(-id - 1) from place where id >= %(starts)s), directed => false)
"""


@pytest.fixture(scope="module")
def roads() -> list[Road]:
    return [Road(str(at), each.grade, each.line) for at, each in enumerate(generate(1).roads)]


@pytest.fixture
def routed(empty_database: str) -> Iterator[psycopg.Connection[Any]]:
    with connect(empty_database, autocommit=True) as connection:
        connection.execute("create extension postgis")
        connection.execute("create extension pgrouting")
        connection.execute(ROADS)
        yield connection


@pytest.mark.skipif(
    not any(Path("/usr/share/postgresql").glob("*/extension/pgrouting.control")),
    reason="postgresql-…-pgrouting is not installed",
)
@pytest.mark.parametrize("mode", ["walk", "drive"])
def test_the_time_to_a_thousand_places_is_that_of_pgrouting(
    roads: list[Road], routed: psycopg.Connection[Any], mode: str
) -> None:
    how = named(mode)
    network, spots = ways(roads, how, PLANE), about(roads)
    begin, places = (network.seeds(PLANE.unprojected(each)) for each in (spots[:STARTS], spots[STARTS:]))
    ours = network.seconds(begin, places, PLACES, LIMIT_MIN)
    theirs = searched(routed, roads, how, spots)
    reached = theirs <= LIMIT_MIN * 60
    assert (np.isfinite(ours) == reached).all() and PLACES / 2 < reached.sum() < PLACES
    apart_s = np.abs(ours[reached] - theirs[reached])
    assert apart_s.max() < 0.5 and np.median(apart_s) < 1e-6  # of hours; junctions are joined within 0.5 m


def about(roads: list[Road]) -> NDArray[np.object_]:
    """Points about roads drawn by chance, in the plane; some are too far from any."""
    dice = np.random.default_rng(20261130)
    shapes = PLANE.projected(np.array([each.geometry for each in roads], dtype=object))
    chosen = dice.integers(0, len(shapes), STARTS + PLACES)
    on = shapely.line_interpolate_point(shapes[chosen], dice.random(len(chosen)), normalized=True)
    scattered = shapely.get_coordinates(on) + dice.normal(0, 120, (len(chosen), 2))
    return np.array(shapely.points(scattered), dtype=object)


def searched(
    connection: psycopg.Connection[Any], roads: list[Road], how: Mode, spots: NDArray[np.object_]
) -> NDArray[np.float64]:
    """Seconds from the nearest of the first places to each of the others, by pgRouting alone."""
    passed = [each for each in roads if each.grade in how.speeds_km_h]
    shapes = PLANE.projected(np.array([each.geometry for each in passed], dtype=object))
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into road (speed_m_s, level, geom) values (%s, %s, ST_SetSRID(%s::geometry, 4549))",
            [
                (how.speeds_km_h[road.grade] / 3.6, int(road.grade in how.apart), shapely.to_wkb(shape))
                for road, shape in zip(passed, shapes, strict=True)
            ],
        )
    connection.execute(PIECES)
    connection.execute(PLACED, (list(range(len(spots))), *shapely.get_coordinates(spots).T.tolist()))
    connection.execute("delete from place where away_m > %s", (how.access_m,))
    away_m = dict(connection.execute("select id, away_m from place").fetchall())
    found = np.full(len(spots), np.inf)
    for start, end, seconds in connection.execute(COSTS, {"starts": STARTS}):
        found[end] = min(found[end], seconds + (away_m[start] + away_m[end]) / ON_FOOT_M_S)
    return found[STARTS:]
