"""Windows: rings judged without GEOS are those it finds valid, and come out as it would write them."""

from __future__ import annotations

import math

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from spatial.errors import BadFilter
from spatial.filter import geometry
from spatial.filter.geometry import LON_LAT, LiteralFrame, literal_wkb
from spatial.filter.model import Box, Geometry

POSITIONS = st.tuples(st.integers(0, 4), st.integers(0, 4))
STEPS_DEG = st.sampled_from([1e-9, 1e-6, 1e-3, 1.0])
SNAPS_DEG = st.sampled_from([None, 1e-9, 1e-7])


def ring(positions: list[tuple[int, int]], step_deg: float) -> tuple[tuple[float, float], ...]:
    made = tuple((118.5 + x * step_deg, 36.7 + y * step_deg) for x, y in positions)
    return (*made, made[0])


def star(corners: int, around: int) -> tuple[tuple[float, float], ...]:
    """Turning to one side at each corner, and round so often."""
    turns = [2 * math.pi * around * number / corners for number in range(corners)]
    made = tuple((118.5 + 0.01 * math.cos(turn), 36.7 + 0.01 * math.sin(turn)) for turn in turns)
    return (*made, made[0])


def told(polygon: Geometry, snap_deg: float | None, frame: LiteralFrame = LON_LAT) -> bytes | None:
    """``None`` where it is refused."""
    try:
        return literal_wkb(polygon, frame, snap_deg)
    except BadFilter:
        return None


@given(st.lists(POSITIONS, min_size=3, max_size=8), STEPS_DEG, SNAPS_DEG, st.booleans())
def test_a_window_is_what_geos_makes_of_it(
    positions: list[tuple[int, int]], step_deg: float, snap_deg: float | None, swapped: bool
) -> None:
    corners = ring(positions, step_deg)
    written = tuple((y, x) for x, y in corners) if swapped else corners
    polygon = Geometry("Polygon", (written,))
    found = told(polygon, snap_deg, LiteralFrame(swapped))
    assert (found is not None) == bool(shapely.is_valid(shapely.Polygon(corners)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(geometry, "_window_wkb", lambda *_: None)
        assert found == told(polygon, snap_deg, LiteralFrame(swapped))


@pytest.mark.parametrize(("corners", "around"), [(5, 2), (7, 2), (7, 3), (9, 4)])
def test_a_ring_that_goes_round_twice_is_no_window(corners: int, around: int) -> None:
    assert told(Geometry("Polygon", (star(corners, around),)), None) is None
    assert told(Geometry("Polygon", (star(corners, 1),)), None) is not None


@given(st.tuples(*[st.floats(-180, 180) | st.integers(-3, 3).map(float)] * 4), SNAPS_DEG)
def test_a_box_is_the_rectangle_that_geos_makes(
    corners: tuple[float, float, float, float], snap_deg: float | None
) -> None:
    box = Box(corners)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(geometry, "_window_wkb", lambda *_: None)
        try:
            whole = shapely.from_wkb(literal_wkb(box, LON_LAT, snap_deg))
        except BadFilter:
            whole = None
    try:
        found = shapely.from_wkb(literal_wkb(box, LON_LAT, snap_deg))
    except BadFilter:
        found = None
    assert (found is None) == (whole is None)
    assert found is None or shapely.normalize(found) == shapely.normalize(whole)
