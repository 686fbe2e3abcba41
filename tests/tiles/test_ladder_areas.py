"""Dissolved areas: nothing overlaps, no gap opens, neighbours agree, what is far away changes nothing."""

from __future__ import annotations

import zlib

import numpy as np
import pyproj
import pytest
import shapely
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from ladder_ground import LAT, LON, SETS, Parcel, bytes_of, land, parcels, query, tile_of
from shapely import affinity

from spatial.catalogue.contract import Step
from spatial.datum.frames import frame
from spatial.datum.projection import window_x_y
from tiles.ladder import kernel
from tiles.ladder.lattice import REACH, Lattice, pixel_deg
from tiles.matrix import MatrixSet, Tile

ALL = pytest.mark.parametrize("matrix_set", SETS, ids=[each.id for each in SETS])
SOME = settings(
    max_examples=8,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=(
        Phase.explicit,
        Phase.reuse,
        Phase.generate,
    ),  # a tile takes too long to be made smaller and smaller
)
WINDOW = shapely.box(-64, -64, 4160, 4160)
EXTENT = 4096


def placed(matrix_set: MatrixSet, lon: float, lat: float) -> tuple[float, float]:
    if matrix_set.epsg == 4490:
        return lon, lat
    if matrix_set.epsg == 3857:
        return np.radians(lon) * 6378137, float(np.arcsinh(np.tan(np.radians(lat)))) * 6378137
    x, y = window_x_y(np.array([lon]), np.array([lat]), frame(f"EPSG:{matrix_set.epsg}"))
    return float(x[0]), float(y[0])


def middle(matrix_set: MatrixSet, coarser: int) -> Tile:
    """A far tile of the city, so many levels from the near ones."""
    return matrix_set.at(matrix_set.near_zoom - coarser, *placed(matrix_set, LON, LAT))


def about(matrix_set: MatrixSet, tile: Tile, seed: int, columns: int, px: float, **more: int) -> list[Parcel]:
    """Parcels of so many pixels around the middle of the city's part of a tile."""
    side = px * pixel_deg(matrix_set, tile.zoom)
    corner = (LON - columns * side / 2, LAT - columns * side / 2)
    return parcels(seed, columns, side, corner=corner, **more)


@ALL
@SOME
@given(seed=st.integers(0, 10**6), px=st.floats(0.4, 9), patch=st.integers(1, 6), coarser=st.integers(1, 6))
def test_what_is_drawn_covers_the_ground_once(
    matrix_set: MatrixSet, seed: int, px: float, patch: int, coarser: int
) -> None:
    """Areas of all features are the area of their union; those drawn are what a coverage must be."""
    tile = middle(matrix_set, coarser)
    found = tile_of(matrix_set, tile, about(matrix_set, tile, seed, 60, px, patch=patch))
    shapes = [feature.geometry for feature in found.features]
    assert shapes and shapely.is_valid(shapes).all()
    assert shapely.area(shapes).sum() == pytest.approx(shapely.union_all(shapes).area, abs=1e-6)
    assert shapely.coverage_is_valid(np.array([part for each in shapes for part in each.geoms]))
    # Without a gap inside: parcels were laid without one.
    whole = shapely.union_all(shapes)
    assert sum(len(part.interiors) for part in getattr(whole, "geoms", [whole])) == 0


@ALL
@SOME
@given(seed=st.integers(0, 10**6), px=st.floats(0.4, 30), coarser=st.integers(1, 5), upright=st.booleans())
def test_neighbours_draw_the_same_where_both_draw(
    matrix_set: MatrixSet, seed: int, px: float, coarser: int, upright: bool
) -> None:
    tile = middle(matrix_set, coarser)
    beside = (
        Tile(tile.zoom, tile.row, tile.column + 1) if upright else Tile(tile.zoom, tile.row + 1, tile.column)
    )
    side = matrix_set.tile_side(tile.zoom)
    bounds = matrix_set.bounds(tile)
    x, y = (bounds.right, bounds.bottom + side / 3) if upright else (bounds.left + side / 3, bounds.bottom)
    lon, lat = degrees_of(matrix_set, x, y)
    step = px * pixel_deg(matrix_set, tile.zoom)
    made = parcels(seed, 40, step, corner=(lon - 20 * step, lat - 20 * step))
    strip = shapely.box(4032, -64, 4160, 4160) if upright else shapely.box(-64, 4032, 4160, 4160)
    shift = (EXTENT, 0) if upright else (0, EXTENT)
    ours = named(tile_of(matrix_set, tile, made), strip, (0, 0))
    theirs = named(tile_of(matrix_set, beside, made), strip, shift)
    assert ours.keys() == theirs.keys() and ours
    for name, shape in ours.items():
        assert shape.symmetric_difference(theirs[name]).area == 0, name


def named(found: object, strip: shapely.Geometry, shift: tuple[int, int]) -> dict[str, shapely.Geometry]:
    """What is drawn in a strip, by identity or class."""
    drawn = {}
    for feature in found.features:  # type: ignore[attr-defined]
        name = str(feature.properties.get("fid", feature.properties.get("use")))
        shape = affinity.translate(feature.geometry, *shift).intersection(strip)
        if shape.area:
            parts = shapely.get_parts(shape)
            drawn[name] = shapely.union_all(parts[shapely.get_dimensions(parts) == 2])
    return drawn


def degrees_of(matrix_set: MatrixSet, x: float, y: float) -> tuple[float, float]:
    from tiles.ground import lon_lat
    from tiles.matrix import Box

    box = lon_lat(matrix_set, Box(x, y, x, y))
    return box.left, box.bottom


@ALL
@SOME
@given(seed=st.integers(0, 10**6), coarser=st.integers(1, 6), east=st.booleans())
def test_what_lies_beyond_the_margin_changes_nothing(
    matrix_set: MatrixSet, seed: int, coarser: int, east: bool
) -> None:
    tile = middle(matrix_set, coarser)
    made = about(matrix_set, tile, seed, 30, 3)
    before = bytes_of(matrix_set, tile, made)
    side, bounds = matrix_set.tile_side(tile.zoom), matrix_set.bounds(tile)
    away = side * REACH / EXTENT * 1.01
    x = bounds.right + away if east else bounds.left - away
    lon, lat = degrees_of(matrix_set, x, (bounds.bottom + bounds.top) / 2)
    width = side / 40 / (1 if matrix_set.epsg == 4490 else 111_319)
    beyond = shapely.box(lon, lat, lon + width, lat + width)
    beyond = beyond if east else affinity.translate(beyond, -width, 0)
    assert bytes_of(matrix_set, tile, [*made, Parcel("M", "03", beyond)]) == before
    inside = shapely.box(LON, LAT, LON + width, LAT + width)
    assert bytes_of(matrix_set, tile, [*made, Parcel("M", "09", inside)]) != before


def nine(tile: Tile) -> list[Tile]:
    """A tile and those around it."""
    steps = (-1, 0, 1)
    return [Tile(tile.zoom, tile.row + row, tile.column + column) for row in steps for column in steps]


@ALL
@pytest.mark.parametrize(("px", "patch"), [(0.8, 3), (2.0, 1)])
def test_what_is_dissolved_says_how_many_it_stands_for_and_keeps_their_ground(
    matrix_set: MatrixSet, px: float, patch: int
) -> None:
    """Each small feature is counted in one tile of a level; each class covers what its features do."""
    tile = middle(matrix_set, 4)
    made = about(matrix_set, tile, 3, 120, px, classes=6, patch=patch)
    features = [feature for each in nine(tile) for feature in tile_of(matrix_set, each, made).features]
    assert all("fid" not in feature.properties for feature in features)
    assert sum(int(feature.properties["count"]) for feature in features) == len(made)
    geod = pyproj.Geod(ellps="GRS80")
    drawn_m2: dict[str, float] = {}
    true_m2: dict[str, float] = {}
    for feature in features:
        name = str(feature.properties["use"])
        drawn_m2[name] = drawn_m2.get(name, 0) + float(feature.properties["area_m2"])
    for each in made:
        area_m2 = abs(geod.geometry_area_perimeter(each.shape)[0])
        true_m2[str(each.use)] = true_m2.get(str(each.use), 0) + area_m2
    assert drawn_m2 == pytest.approx(true_m2, rel=0.06)
    assert sum(drawn_m2.values()) == pytest.approx(sum(true_m2.values()), rel=0.01)


def test_large_features_stay_by_themselves() -> None:
    matrix_set = SETS[1]
    tile = middle(matrix_set, 3)
    pixel = pixel_deg(matrix_set, tile.zoom)
    small = Parcel("S", "01", shapely.box(LON, LAT, LON + 2 * pixel, LAT + 2 * pixel))
    large = Parcel("T", "01", shapely.box(LON + 2 * pixel, LAT, LON + 9 * pixel, LAT + 9 * pixel))
    found = tile_of(matrix_set, tile, [small, large])
    assert found.fids == {"T"} and found.of("T").properties["use"] == "01"
    (other,) = (each for each in found.features if "fid" not in each.properties)
    assert other.properties["count"] == 1 and other.geometry.touches(found.of("T").geometry)


@ALL
@pytest.mark.parametrize(("px", "columns"), [(0.5, 300), (1.0, 260), (4.2, 70)])
def test_no_tile_is_too_large(matrix_set: MatrixSet, px: float, columns: int) -> None:
    """Classes drawn for each parcel alone: the most there can be to draw."""
    tile = middle(matrix_set, 4)
    body = bytes_of(matrix_set, tile, about(matrix_set, tile, 5, columns, px, classes=9))
    assert 1_000 < len(zlib.compress(body, 1)) <= 200_000


@SOME
@given(seed=st.integers(0, 10**6))
def test_a_cell_is_what_lies_on_its_sample_point(seed: int) -> None:
    """Against shapely, with holes, islands and vertices on sample points."""
    dice = np.random.default_rng(seed)
    shapes = []
    for _ in range(8):
        x, y = dice.integers(-40, 400, 2)
        hull = shapely.MultiPoint(dice.integers(0, 160, (9, 2)) + np.array([x, y])).convex_hull
        hole = shapely.MultiPoint(dice.integers(40, 120, (5, 2)) + np.array([x, y])).convex_hull
        shapes.append(hull.difference(hole))
    shapes = [each for each in shapes if each.geom_type == "Polygon" and not each.is_empty]
    rings, ends, points = [], [], []
    for shape in shapes:
        for ring in (shape.exterior, *shape.interiors):
            points.append(np.rint(shapely.get_coordinates(ring)).astype(np.int64))
            rings.append(sum(map(len, points)))
        ends.append(len(rings))
    x, y = np.concatenate(points).T
    grid = np.zeros((25, 25), np.int32)
    labels = np.arange(1, len(shapes) + 1)
    kernel.burn(x, y, np.array(rings), np.array(ends), labels, 8, 8, 16, grid)
    whole = [shapely.make_valid(shapely.transform(each, np.rint)) for each in shapes]
    for row in range(25):
        for column in range(25):
            point = shapely.Point(8 + 16 * column, 8 + 16 * row)
            if any(each.boundary.distance(point) < 1e-9 for each in whole):
                continue
            under = [number for number, each in enumerate(whole, 1) if each.contains(point)]
            assert grid[row, column] == (under[-1] if under else 0)


@ALL
def test_what_a_level_samples_the_next_one_samples_too(matrix_set: MatrixSet) -> None:
    for zoom in range(matrix_set.near_zoom - 1):
        coarse, fine = Lattice(matrix_set, zoom, 512), Lattice(matrix_set, zoom + 1, 512)
        assert coarse.step == 2 * fine.step
        assert (coarse.sample - fine.sample) in (0, fine.step)
        assert 0 < coarse.sample < coarse.step


def test_a_layer_without_anything_to_say_dissolves_by_its_legend() -> None:
    asked = query(SETS[1], Tile(9, 100, 424))
    assert asked.step is Step.DISSOLVE and asked.rung is not None and asked.rung.by == "use"
    assert [column.name for column in asked.columns] == ["use"] and asked.classed
    assert land().ladder == ()
