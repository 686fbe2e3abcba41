"""Volumes between two surfaces by chainage: strips share no ground, known changes add up."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer
from raster_files import EDGE_PX, NORTH, PIXEL_M, WEST, surface

from spatial.datum import STANDARD, frame
from spatial.errors import NotFound, Refused
from tiles.raster.model import Content, Source
from water.errors import BeyondEnd
from water.flights.strips import strips
from water.flights.volume import Pair, volumes
from water.network.centreline import Centreline
from water.network.drawing import draw

GRS80 = Geod(ellps="GRS80")
BACK = Transformer.from_crs(4549, 4490, always_xy=True)
EDGE_M = EDGE_PX * PIXEL_M
PLANE = frame("EPSG:4549")


def river(*east_north: tuple[float, float]) -> Centreline:
    """A centre line through places of the plane."""
    lon, lat = BACK.transform(*np.array(east_north).T)
    return draw("R", 1, np.column_stack((lon, lat)))


STRAIGHT = river((WEST + 20, NORTH - 150), (WEST + 280, NORTH - 150))


def source(path: Path, **more: object) -> Source:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    said = {"frame": "EPSG:4549", "height_type": "normal_1985", "resolution_m": PIXEL_M} | more
    return Source(digest, path.name, str(path), str(said["frame"]), Content.HEIGHTS, None,
                  str(said["height_type"]), float(str(said["resolution_m"])))  # fmt: skip


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """The eastern half rose by 3 m."""
    folder = tmp_path_factory.mktemp("surfaces")
    return Pair(source(surface(folder / "newer.tif", 3.0)), source(surface(folder / "older.tif")))


def ellipsoid_m2(shape: object) -> float:
    return abs(GRS80.geometry_area_perimeter(shape)[0])


def test_what_rose_is_filled_and_what_sank_is_cut(pair: Pair) -> None:
    cut = strips(STRAIGHT, 0.0, 240.0, 40.0, 50.0, 30.0)
    assert [(round(each.from_m), round(each.to_m)) for each in cut] == [
        (n, n + 40) for n in range(0, 240, 40)
    ]
    found = volumes(pair, cut, PLANE, STANDARD, least_m=0.01, sigma_m=0.1)
    for strip, one in zip(cut, found, strict=True):
        assert one.area_m2 == pytest.approx(ellipsoid_m2(strip.shape), rel=1e-6)
        assert one.known_m2 == pytest.approx(one.area_m2, rel=0.01)
        assert one.cut_m3 == 0.0
        middle = WEST + EDGE_M / 2
        lon, lat = BACK.transform([middle, middle], [NORTH, NORTH - EDGE_M])
        east = shapely.Polygon([(lon[0], lat[0]), (119, lat[0]), (119, lat[1]), (lon[1], lat[1])])
        risen = ellipsoid_m2(strip.shape.intersection(east))
        assert one.fill_m3 == pytest.approx(3 * risen, rel=0.01, abs=0.5)
        assert one.spread_m3 == pytest.approx(0.1 * one.risen_m2)
    back = volumes(Pair(pair.older, pair.newer), cut, PLANE, STANDARD, least_m=0.01, sigma_m=None)
    assert [one.cut_m3 for one in back] == pytest.approx([one.fill_m3 for one in found])
    assert [one.net_m3 for one in back] == pytest.approx([-one.net_m3 for one in found])
    none = volumes(pair, cut, PLANE, STANDARD, least_m=3.5, sigma_m=None)
    assert sum(one.fill_m3 + one.cut_m3 for one in none) == 0.0


def test_other_steps_add_up_to_the_same(pair: Pair) -> None:
    total = [
        sum(
            one.fill_m3
            for one in volumes(
                pair,
                strips(STRAIGHT, 10.0, 250.0, step_m, 40.0, 40.0),
                PLANE,
                STANDARD,
                least_m=0,
                sigma_m=None,
            )
        )
        for step_m in (240.0, 80.0, 7.0)
    ]
    assert total[1:] == pytest.approx([total[0]] * 2, rel=1e-3)


def test_where_a_surface_has_no_height_nothing_is_assumed(pair: Pair, tmp_path: Path) -> None:
    older = tmp_path / "holes.tif"
    with rasterio.open(pair.older.place) as file:
        heights, profile = file.read(1), file.profile
    heights[:, : EDGE_PX // 2] = -9999
    with rasterio.open(older, "w", **(profile | {"nodata": -9999})) as out:
        out.write(heights, 1)
    cut = strips(STRAIGHT, 0.0, 250.0, 250.0, 20.0, 20.0)
    (whole,) = volumes(pair, cut, PLANE, STANDARD, least_m=0.01, sigma_m=None)
    (half,) = volumes(Pair(pair.newer, source(older)), cut, PLANE, STANDARD, least_m=0.01, sigma_m=None)
    assert half.area_m2 == whole.area_m2
    assert half.known_m2 == pytest.approx(whole.area_m2 * (1 - 130 / 250), rel=0.02)
    assert half.fill_m3 == pytest.approx(whole.fill_m3, rel=0.02)


def test_a_coarser_surface_of_another_frame_is_compared_too(pair: Pair, tmp_path: Path) -> None:
    """A plane is a plane in every frame: averaged, turned and in degrees."""
    path = tmp_path / "degrees.tif"
    lon, lat = BACK.transform(WEST + EDGE_M / 2, NORTH - EDGE_M / 2)
    size, step = 120, 2e-5
    transform = rasterio.transform.from_origin(lon - size * step / 2, lat + size * step / 2, step, step)
    columns, rows = np.meshgrid(np.arange(size) + 0.5, np.arange(size) + 0.5)
    to_plane = Transformer.from_crs(4490, 4549, always_xy=True)
    east, north = to_plane.transform(transform.c + columns * step, transform.f - rows * step)
    heights = (20.0 + (east - WEST) * 0.05 - (NORTH - north) * 0.02 - 1.0).astype("float32")
    profile = {"driver": "GTiff", "crs": "EPSG:4490", "transform": transform, "count": 1, "dtype": "float32"}
    with rasterio.open(path, "w", width=size, height=size, **profile) as out:
        out.write(heights, 1)
    older = source(path, frame="EPSG:4490", resolution_m=2.0)
    cut = strips(river((WEST + 110, NORTH - 150), (WEST + 190, NORTH - 150)), 0.0, 30.0, 30.0, 40.0, 40.0)
    (one,) = volumes(Pair(pair.older, older), cut, PLANE, STANDARD, least_m=0.0, sigma_m=None)
    assert one.fill_m3 / one.known_m2 == pytest.approx(1.0, abs=0.01)


@settings(deadline=None, max_examples=25)
@given(
    st.lists(st.floats(-60, 60), min_size=3, max_size=8),
    st.floats(5, 60),
    st.floats(1, 80),
    st.floats(1, 80),
)
def test_strips_share_no_ground(bends: list[float], step_m: float, left_m: float, right_m: float) -> None:
    line = river(*((WEST + 60.0 * number, NORTH + bend) for number, bend in enumerate(bends)))
    cut = strips(line, line.from_m, line.to_m, step_m, left_m, right_m)
    assert cut[0].from_m == line.from_m and cut[-1].to_m == line.to_m
    assert all(first.to_m == second.from_m for first, second in pairwise(cut))
    shapes = [each.shape for each in cut]
    assert shapely.area(shapely.union_all(shapes)) == pytest.approx(sum(shapely.area(shapes)), rel=1e-6)


def test_what_makes_no_difference_is_refused(pair: Pair, tmp_path: Path) -> None:
    with pytest.raises(BeyondEnd, match="K0"):
        strips(STRAIGHT, 0.0, 10_000.0, 100.0, 10.0, 10.0)
    with pytest.raises(Refused, match="ellipsoidal"):
        Pair(pair.newer, source(Path(pair.older.place), height_type="ellipsoidal"))
    with pytest.raises(Refused, match="km²"):
        volumes(
            pair, strips(STRAIGHT, 0, 250, 250, 100, 100), PLANE, STANDARD,
            least_m=0, sigma_m=None, cell_m=0.001,
        )  # fmt: skip
    gone = surface(tmp_path / "gone.tif")
    kept = source(gone)
    gone.write_bytes(b"something else")
    with pytest.raises(NotFound, match=r"gone\.tif"):
        volumes(
            Pair(pair.newer, kept), strips(STRAIGHT, 0, 100, 50, 10, 10), PLANE, STANDARD,
            least_m=0, sigma_m=None,
        )  # fmt: skip
