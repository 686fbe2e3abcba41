"""GCJ-02 and BD-09: figures of the reference, another program, exact inverses, the circulating errors."""

from __future__ import annotations

import math

import numpy as np
import prcoords
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from spatial.datum import (
    bd09_from_cgcs2000,
    bd09_from_gcj02,
    cgcs2000_from_bd09,
    cgcs2000_from_gcj02,
    gcj02_from_bd09,
    gcj02_from_cgcs2000,
)
from spatial.errors import BadCoordinate, OutsideArea

LON, LAT = 118.7909, 36.8560
_GEOD = Geod(ellps="GRS80")
_CHINA = st.tuples(st.floats(73.0, 136.0), st.floats(3.0, 54.0))


def _city(count, seed=7):
    rng = np.random.default_rng(seed)
    return rng.uniform(118.539, 119.116, count), rng.uniform(36.720, 37.304, count)


def _metres(one, other):
    return _GEOD.inv(one[0], one[1], other[0], other[1])[2]


def test_the_test_point():
    gcj02 = gcj02_from_cgcs2000(LON, LAT)
    bd09 = bd09_from_cgcs2000(LON, LAT)
    assert gcj02.lat == pytest.approx(36.856394967906574, abs=1e-13)
    assert gcj02.lon == pytest.approx(118.79658092982213, abs=1e-13)
    assert bd09.lat == pytest.approx(36.86275014697258, abs=1e-13)
    assert bd09.lon == pytest.approx(118.8029865838743, abs=1e-13)
    assert _metres((LON, LAT), gcj02) == pytest.approx(508.5, abs=0.05)
    assert _metres((LON, LAT), bd09) == pytest.approx(1312.6, abs=0.05)


@settings(max_examples=300, deadline=None)
@given(_CHINA)
def test_forward_equals_another_program(place):
    lon, lat = place
    for ours, theirs in (
        (gcj02_from_cgcs2000(lon, lat), prcoords.wgs_gcj((lat, lon))),
        (bd09_from_gcj02(lon, lat), prcoords.gcj_bd((lat, lon))),
    ):
        assert abs(ours.lon - theirs.lon) < 1e-13 * 2 and abs(ours.lat - theirs.lat) < 1e-13 * 2


@settings(max_examples=300, deadline=None)
@given(_CHINA)
def test_the_inverse_is_exact_all_over_china(place):
    for forward, inverse in (
        (gcj02_from_cgcs2000, cgcs2000_from_gcj02),
        (bd09_from_gcj02, gcj02_from_bd09),
        (bd09_from_cgcs2000, cgcs2000_from_bd09),
    ):
        there = forward(*place)
        back = inverse(*there)
        assert _metres(forward(*back), there) <= 1e-7
        if abs(place[0] - 105.0) > 1e-6:
            assert _metres(back, place) <= 1e-7


def test_beside_105_east_two_places_share_one_image():
    """The formula's √|lon − 105| is not one-to-one within 1e-12° of 105° E."""
    there = gcj02_from_cgcs2000(105.0, 3.0)
    back = cgcs2000_from_gcj02(*there)
    assert _metres(gcj02_from_cgcs2000(*back), there) <= 1e-7
    assert _metres(back, (105.0, 3.0)) <= 1e-6


def test_the_inverse_is_exact_in_the_city():
    lon, lat = _city(20_000)
    for forward, inverse in (
        (gcj02_from_cgcs2000, cgcs2000_from_gcj02),
        (bd09_from_cgcs2000, cgcs2000_from_bd09),
    ):
        back = inverse(*forward(lon, lat))
        assert _GEOD.inv(back.lon, back.lat, lon, lat)[2].max() <= 1e-7


def test_one_step_and_closed_forms_err_by_what_the_reference_says():
    """Why the inverse iterates: the shortcuts that circulate."""
    lon, lat = _city(20_000)
    gcj02 = gcj02_from_cgcs2000(lon, lat)
    again = gcj02_from_cgcs2000(*gcj02)
    step = _GEOD.inv(2 * gcj02.lon - again.lon, 2 * gcj02.lat - again.lat, lon, lat)[2].max()
    assert 2.0 < step < 3.2
    bd09 = bd09_from_gcj02(*gcj02)
    closed = np.array(
        [prcoords.bd_gcj((y, x)) for x, y in zip(bd09.lon[:2000], bd09.lat[:2000], strict=True)]
    )
    error = _GEOD.inv(closed[:, 1], closed[:, 0], gcj02.lon[:2000], gcj02.lat[:2000])[2].max()
    assert 0.1 < error < 0.2


def test_the_circulating_wrong_bd09_differs():
    """sin(π·lat) in place of sin(π·lat·3000/180): up to 81.8 m over the city."""
    lon, lat = _city(20_000)
    z = np.hypot(lon, lat) + 2e-5 * np.sin(lat * np.pi)
    t = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * np.pi)
    right = bd09_from_gcj02(lon, lat)
    far = _GEOD.inv(z * np.cos(t) + 0.0065, z * np.sin(t) + 0.006, right.lon, right.lat)[2]
    assert 60.0 < far.max() < 82.5


def test_the_circulating_semi_major_axis_differs_by_a_centimetre():
    ours = gcj02_from_cgcs2000(LON, LAT)
    ratio = 6378245.0 / 6378137.0
    other = (LON + (ours.lon - LON) * ratio, LAT + (ours.lat - LAT) * ratio)
    assert 0.005 < _metres(ours, other) < 0.02


@pytest.mark.parametrize("shape", [(0,), (3,), (2, 5)])
def test_shapes_are_kept(shape):
    out = gcj02_from_cgcs2000(np.full(shape, LON), np.full(shape, LAT))
    assert out.lon.shape == shape and out.lat.dtype == np.float64


def test_strided_and_integer_arrays_are_taken():
    lon, lat = _city(10)
    both = np.column_stack((lon, lat))
    assert (gcj02_from_cgcs2000(both[:, 0], both[:, 1]).lon == gcj02_from_cgcs2000(lon, lat).lon).all()
    assert gcj02_from_cgcs2000(np.array([118]), np.array([36])).lon[0] > 118


@pytest.mark.parametrize(("lon", "lat"), [(2.35, 48.85), (140.0, 36.0), (118.0, 0.5)])
def test_outside_the_box_nothing_is_returned_unchanged(lon, lat):
    with pytest.raises(OutsideArea):
        gcj02_from_cgcs2000(lon, lat)
    with pytest.raises(OutsideArea):
        cgcs2000_from_bd09(np.array([LON, lon]), np.array([LAT, lat]))


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_no_number_is_refused(bad):
    with pytest.raises(BadCoordinate):
        cgcs2000_from_gcj02(bad, LAT)


def test_swapped_degrees_are_refused():
    with pytest.raises(BadCoordinate, match="swapped"):
        gcj02_from_cgcs2000(LAT, LON)
