"""What a camera sees, against the ellipsoid."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from spatial.errors import InvalidInput
from spatial.inventory.view import sector

GEOD = Geod(ellps="GRS80")


@given(
    st.floats(118.5, 119.2),
    st.floats(36.6, 37.4),
    st.floats(-720, 720),
    st.floats(1, 360),
    st.floats(1, 2000),
)
def test_a_point_is_seen_where_angle_and_distance_say(
    lon: float, lat: float, azimuth: float, view: float, reach: float
) -> None:
    area = sector(lon, lat, azimuth, view, reach)
    assert area.is_valid and not area.is_empty
    for turned, far in ((0.0, 0.5), (view * 0.49, 0.9), (-view * 0.49, 0.9)):
        x, y, _ = GEOD.fwd(lon, lat, azimuth + turned, reach * far)
        assert area.dwithin(shapely.Point(x, y), 2e-9)
    if view < 350:
        x, y, _ = GEOD.fwd(lon, lat, azimuth + view / 2 + (360 - view) / 2, reach * 0.5)
        assert not area.contains(shapely.Point(x, y))
    x, y, _ = GEOD.fwd(lon, lat, azimuth, reach * 1.01)
    assert not area.buffer(1e-9).contains(shapely.Point(x, y)) or reach * 0.01 < 2e-4
    square_m2 = abs(GEOD.geometry_area_perimeter(area)[0])
    assert square_m2 == pytest.approx(np.pi * reach**2 * view / 360, rel=2e-3, abs=0.05)


@pytest.mark.parametrize(
    ("view", "reach"), [(0, 10), (361, 10), (float("nan"), 10), (60, 0), (60, -1), (60, float("inf"))]
)
def test_what_is_no_view_is_refused(view: float, reach: float) -> None:
    with pytest.raises(InvalidInput):
        sector(118.7, 36.9, 0, view, reach)
