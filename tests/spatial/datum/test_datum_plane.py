"""The plane of a zone: its compiled projection is PROJ's, and refuses what PROJ's door refuses."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from spatial.datum import frame
from spatial.datum.plane import Plane
from spatial.errors import BadCoordinate, OutsideArea

DEGREES = 111_000.0
ZONES = {"EPSG:4549": 120.0, "EPSG:4528": 120.0, "EPSG:4548": 117.0}


@settings(max_examples=60, deadline=None)
@given(
    zone=st.sampled_from(sorted(ZONES)),
    places=st.lists(st.tuples(st.floats(-1.5, 1.5), st.floats(18.0, 53.0)), min_size=1, max_size=40),
)
def test_positions_are_those_of_proj(zone: str, places: list[tuple[float, float]]) -> None:
    lon_lat = np.array([(ZONES[zone] + east, north) for east, north in places])
    plane = Plane(frame(zone))
    there = plane.projected(shapely.points(lon_lat))
    door = Transformer.from_crs(4490, int(zone.removeprefix("EPSG:")), always_xy=True)
    expected = np.column_stack(door.transform(lon_lat[:, 0], lon_lat[:, 1]))
    assert np.abs(shapely.get_coordinates(there) - expected).max() < 1e-8
    back = plane.unprojected(there)
    assert np.abs(shapely.get_coordinates(back) - lon_lat).max() * DEGREES < 1e-8


def test_a_frame_without_a_compiled_projection_is_moved_by_proj() -> None:
    plane = Plane(frame("EPSG:3857"))
    there = plane.projected(shapely.points([[118.8, 36.9]]))
    east, north = Transformer.from_crs(4326, 3857, always_xy=True).transform(118.8, 36.9)
    assert (there[0].x, there[0].y) == pytest.approx((east, north), abs=1e-6)


def test_what_lies_outside_the_zone_is_refused_by_its_value() -> None:
    plane = Plane(frame("EPSG:4549"))
    with pytest.raises(OutsideArea, match=r"116\.5"):
        plane.projected(shapely.points([[118.8, 36.9], [116.5, 36.9]]))
    with pytest.raises(BadCoordinate):
        plane.projected(shapely.points([[36.9, 118.8]]))
    with pytest.raises(BadCoordinate):
        plane.unprojected(shapely.points([[40_393_044.0, 4_086_085.0]]))
