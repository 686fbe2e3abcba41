"""Legal area: the reference's table, another program, sums of parts, and SQL against Python."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import psycopg
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer
from shapely.geometry import GeometryCollection, LineString, MultiPolygon, Point, Polygon, box

import spatial.datum
from spatial.datum import area_kernel as kernel
from spatial.datum import (
    ellipsoid_area_m2,
    frame,
    legal_area_m2,
    legal_areas_m2,
    move,
    sheet_area_m2,
)
from spatial.errors import BadCoordinate, NoOperation, OutsideArea

_GEOD = Geod(a=6378137.0, rf=298.257222101)
_UNPROJECT = Transformer.from_crs(4549, 4490, always_xy=True)
_ZONE = frame("4549")


def _square(side_m):
    """A square centred 118.60 E 36.90 N, turned 17°, drawn in 4549."""
    x, y = _UNPROJECT.transform(118.60, 36.90, direction="INVERSE")
    turn = np.radians(17.0)
    corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * side_m / 2
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    return Polygon(corners @ matrix + (x, y))


def _dense_4490(polygon, piece_m):
    xy = shapely.get_coordinates(shapely.segmentize(polygon.exterior, piece_m))
    return np.column_stack(_UNPROJECT.transform(xy[:, 0], xy[:, 1]))


def _geodesic_m2(ring_4490):
    return abs(_GEOD.polygon_area_perimeter(ring_4490[:, 0], ring_4490[:, 1])[0])


_TABLE = [(100, 9_996.166, -0.0001, -0.0001), (1_000, 999_616.618, 0.0001, 0.0022)]
_TABLE += [(5_000, 24_990_414.233, -0.031, 1.28), (40_000, 1_599_381_346.97, -128.0, 5_246.0)]


@pytest.mark.parametrize(("side_m", "area_m2", "one_trapezoid", "four_vertices"), _TABLE)
def test_the_table_of_the_reference(side_m, area_m2, one_trapezoid, four_vertices):
    square = _square(side_m)
    legal = legal_area_m2(square, _ZONE)
    assert legal == pytest.approx(area_m2, abs=max(6e-4, area_m2 * 4e-12))
    coarse = _dense_4490(square, 1e9)
    assert ellipsoid_area_m2(coarse) - legal == pytest.approx(one_trapezoid, rel=0.03, abs=2e-4)
    assert _geodesic_m2(coarse) - legal == pytest.approx(four_vertices, rel=0.005, abs=2e-4)


@pytest.mark.parametrize("side_m", [100, 1_000, 5_000])
def test_the_trapezoids_equal_the_geodesic_on_one_densified_ring(side_m):
    ring = _dense_4490(_square(side_m), 100.0)
    assert ellipsoid_area_m2(ring) == pytest.approx(_geodesic_m2(ring), abs=1e-3)
    assert legal_area_m2(_square(side_m), _ZONE) == pytest.approx(_geodesic_m2(ring), abs=1e-3)


def test_a_sheet():
    """1:10 000 sheet with SW corner 118°45′, 36°45′."""
    formula = sheet_area_m2(118.75, 36.75, 3.75 / 60, 2.5 / 60)
    assert formula == pytest.approx(25_800_751.81242, abs=1e-5)
    corners = box(118.75, 36.75, 118.75 + 3.75 / 60, 36.75 + 2.5 / 60)
    dense = shapely.get_coordinates(shapely.segmentize(corners, 0.00002))
    assert formula == pytest.approx(_geodesic_m2(dense), abs=1e-3)
    assert ellipsoid_area_m2(shapely.get_coordinates(corners)) == pytest.approx(formula, abs=1e-5)
    assert legal_area_m2(corners, frame("4490")) == pytest.approx(formula, abs=1e-3)
    assert _geodesic_m2(shapely.get_coordinates(corners)) == pytest.approx(25_800_751.62759, abs=1e-3)


def _blocks(count, side_m, seed=5):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        corner = rng.uniform([375_000, 4_070_000], [420_000, 4_120_000])
        yield Polygon(corner + rng.uniform(-side_m / 2, side_m / 2, (3, 2)))


@pytest.mark.parametrize("side_m", [100, 1_000, 5_000])
def test_triangles_whose_sides_do_not_cancel(side_m):
    for triangle in _blocks(20, side_m):
        fine = _geodesic_m2(_dense_4490(triangle, 50.0))
        assert legal_area_m2(triangle, _ZONE) == pytest.approx(fine, abs=1.5e-3)


def test_the_compiled_unprojection_equals_proj():
    rng = np.random.default_rng(4)
    for code, reach_m in (("4549", 145_000), ("4509", 290_000)):
        proj = Transformer.from_crs(int(code), 4490, always_xy=True)
        x = rng.uniform(5e5 - reach_m, 5e5 + reach_m, 3000)
        y = rng.uniform(1.9e6, 5.9e6, 3000)
        lon, lat = proj.transform(x, y)
        ours = np.degrees([kernel.unproject_rad(east - 5e5, north) for east, north in zip(x, y, strict=True)])
        assert np.abs(ours[:, 0] + frame(code).central_meridian_deg - lon).max() < 5e-14 * 4
        assert np.abs(ours[:, 1] - lat).max() < 5e-14


_CORNERS = st.lists(
    st.tuples(st.floats(380_000, 415_000), st.floats(4_075_000, 4_110_000)),
    min_size=3,
    max_size=12,
    unique=True,
)


@settings(max_examples=60, deadline=None)
@given(_CORNERS, st.floats(0.1, 0.9))
def test_the_sum_of_the_parts_is_the_whole(corners, share):
    whole = shapely.convex_hull(shapely.multipoints(corners))
    if whole.geom_type != "Polygon" or whole.area < 1.0:
        return
    west, south, east, north = whole.bounds
    cut = west + (east - west) * share
    left = whole.intersection(box(west - 1, south - 1, cut, north + 1))
    right = whole.intersection(box(cut, south - 1, east + 1, north + 1))
    parts = legal_areas_m2(np.array([left, right]), _ZONE).sum()
    total = legal_area_m2(whole, _ZONE)
    assert abs(parts - total) <= 1e-3 + 1e-10 * total + 2e-9 * whole.length


def test_a_gap_free_coverage_sums_to_its_outline():
    xs = np.linspace(380_000, 410_000, 13)
    ys = np.linspace(4_070_000, 4_090_000, 9)
    cells = np.array([box(a, c, b, d) for a, b in pairwise(xs) for c, d in pairwise(ys)])
    whole = box(xs[0], ys[0], xs[-1], ys[-1])
    assert legal_areas_m2(cells, _ZONE).sum() == pytest.approx(legal_area_m2(whole, _ZONE), abs=2e-3)


def test_holes_multipolygons_collections_and_nothing():
    outer, hole, other = (
        box(390e3, 4080e3, 392e3, 4082e3),
        box(390.5e3, 4080.5e3, 391e3, 4081e3),
        _square(1000),
    )
    areas = legal_areas_m2(np.array([outer, hole, other]), _ZONE)
    holed = Polygon(outer.exterior, [hole.exterior])
    multi = MultiPolygon([holed, other])
    mixed = GeometryCollection([multi, Point(390e3, 4080e3), GeometryCollection([other])])
    many = np.array(
        [holed, multi, mixed, Point(390e3, 4080e3), LineString([(390e3, 4080e3), (391e3, 4080e3)])]
    )
    found = legal_areas_m2(many, _ZONE)
    inner = areas[0] - areas[1]
    assert found == pytest.approx([inner, inner + areas[2], inner + 2 * areas[2], 0.0, 0.0], rel=1e-14)
    odd = legal_areas_m2(np.array([None, Polygon(), outer], dtype=object), _ZONE)
    assert np.isnan(odd[0]) and odd[1] == 0.0 and odd[2] == areas[0]
    assert legal_areas_m2(np.array([], dtype=object), _ZONE).shape == (0,)
    assert legal_area_m2(outer.reverse(), _ZONE) == pytest.approx(areas[0], rel=1e-14)
    assert legal_area_m2(shapely.force_3d(outer, 20.0), _ZONE) == areas[0]


def test_one_area_in_every_frame_it_is_drawn_in():
    """A small parcel: the plane hardly matters, so all ways must agree."""
    parcel = _square(30)
    xy = shapely.get_coordinates(parcel)
    legal = legal_area_m2(parcel, _ZONE)
    for code, tolerance in (("4528", 1e-5), ("4509", 1e-3), ("4490", 1e-3), ("3857", 1e-3), ("CRS84", 1e-3)):
        moved = move(xy[:, 0], xy[:, 1], _ZONE, frame(code))
        there = Polygon(np.column_stack((moved.x, moved.y)))
        assert legal_area_m2(there, frame(code)) == pytest.approx(legal, abs=tolerance)


def test_stored_degrees_with_edges_of_the_zone():
    square = _square(5_000)
    moved = move(*shapely.get_coordinates(square).T, _ZONE, frame("4490"))
    stored = Polygon(np.column_stack((moved.x, moved.y)))
    legal = legal_area_m2(square, _ZONE)
    assert legal_area_m2(stored, _ZONE, given_in=frame("4490")) == pytest.approx(legal, abs=1e-4)
    assert abs(legal_area_m2(stored, frame("4490")) - legal) > 0.01, "straight in degrees is another figure"


def test_refusals():
    with pytest.raises(OutsideArea):
        legal_area_m2(box(700e3, 4080e3, 701e3, 4081e3), _ZONE)
    with pytest.raises(BadCoordinate):
        legal_area_m2(box(40_390_000, 4_080_000, 40_391_000, 4_081_000), _ZONE)
    with pytest.raises(NoOperation):
        legal_area_m2(box(390e3, 4080e3, 391e3, 4081e3), frame("2385"))
    with pytest.raises(BadCoordinate):
        ellipsoid_area_m2(np.array([[118.0, 36.0], [118.1, np.nan], [118.1, 36.1]]))


# The same cases over SQL.


@pytest.fixture(scope="module")
def connection(server_dsn):
    name = "test_datum_area"
    with psycopg.connect(server_dsn, autocommit=True) as admin:
        admin.execute(f"drop database if exists {name} with (force)")
        admin.execute(f"create database {name}")
    with psycopg.connect(server_dsn, dbname=name, autocommit=True) as opened:
        opened.execute("create extension postgis")
        schema = (Path(spatial.datum.__file__).parent / "schema.sql").read_text(encoding="utf-8")
        opened.execute(schema)
        opened.execute(schema)
        yield opened
    with psycopg.connect(server_dsn, autocommit=True) as admin:
        admin.execute(f"drop database {name} with (force)")


def _sql_area(connection, geometry, srid, drawn_in=None):
    wkb = shapely.to_wkb(shapely.set_srid(geometry, srid), include_srid=True)
    if drawn_in is None:
        return connection.execute("select spatial.legal_area_m2(%s::geometry)", (wkb,)).fetchone()[0]
    query = "select spatial.legal_area_m2(%s::geometry, %s)"
    return connection.execute(query, (wkb, drawn_in)).fetchone()[0]


@pytest.mark.parametrize("side_m", [100, 1_000, 5_000])
def test_sql_equals_python_for_blocks(connection, side_m):
    square = _square(side_m)
    legal = legal_area_m2(square, _ZONE)
    assert _sql_area(connection, square, 4549) == pytest.approx(legal, abs=1e-3)
    moved = move(*shapely.get_coordinates(square).T, _ZONE, frame("4490"))
    stored = Polygon(np.column_stack((moved.x, moved.y)))
    assert _sql_area(connection, stored, 4490) == pytest.approx(legal, abs=1e-3)
    assert _sql_area(connection, stored, 4490, 4528) == pytest.approx(legal, abs=1e-3)


def test_sql_equals_python_for_triangles_holes_and_parts(connection):
    for triangle in _blocks(20, 5_000):
        assert _sql_area(connection, triangle, 4549) == pytest.approx(
            legal_area_m2(triangle, _ZONE), abs=1e-3
        )
    holed = box(390e3, 4080e3, 392e3, 4082e3).difference(box(390.5e3, 4080.5e3, 391e3, 4081e3))
    both = MultiPolygon([holed, _square(1000)])
    assert _sql_area(connection, both, 4549) == pytest.approx(legal_area_m2(both, _ZONE), abs=1e-3)
    sheet = box(118.75, 36.75, 118.8125, 36.75 + 2.5 / 60)
    in_degrees = _sql_area(connection, sheet, 4490, 4490)
    assert in_degrees == pytest.approx(legal_area_m2(sheet, frame("4490")), abs=2e-2)
    assert _sql_area(connection, Point(118, 36), 4490) == 0.0


@pytest.mark.parametrize(
    ("srid", "drawn_in"), [(4610, 4549), (4326, 4549), (0, 4549), (4490, 2385), (4490, 3857)]
)
def test_sql_refuses_other_datums(connection, srid, drawn_in):
    with pytest.raises(psycopg.errors.InvalidParameterValue, match="CGCS2000"):
        _sql_area(connection, box(118.6, 36.8, 118.7, 36.9), srid, drawn_in)


def test_sql_knows_null_and_may_run_in_parallel(connection):
    assert connection.execute("select spatial.legal_area_m2(null)").fetchone() == (None,)
    kind = "select provolatile, proparallel, proisstrict from pg_proc where proname = 'legal_area_m2'"
    assert connection.execute(kind).fetchone() == ("i", "s", True)
