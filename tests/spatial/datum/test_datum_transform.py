"""Moving positions: figures of the reference, laws, traps, refusals."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from pyproj.transformer import TransformerGroup

from spatial.datum import FRAMES, STANDARD, Kind, frame, local_frame, move
from spatial.datum.frames import Area
from spatial.datum.operation import Operation
from spatial.datum.projection import window_lon_lat
from spatial.errors import BadCoordinate, NoOperation, OutsideArea, UnknownFrame

LON, LAT = 118.7909, 36.8560


@pytest.mark.parametrize(
    ("code", "north_m", "east_m"),
    [
        ("4549", 4081212.8726, 392171.1071),
        ("4528", 4081212.8726, 40392171.1071),
        ("4509", 4082027.8854, 659718.4752),
        ("4498", 4082027.8854, 20659718.4752),
    ],
)
def test_the_test_point_in_the_planes(code, north_m, east_m):
    moved = move(LON, LAT, frame("4490"), frame(code))
    assert (moved.x, moved.y) == (pytest.approx(east_m, abs=5e-5), pytest.approx(north_m, abs=5e-5))
    assert moved.frame is frame(code) and moved.accuracy_m == 0.0001
    assert moved.path == (f"projection@1 EPSG:4490→EPSG:{code}",)


def test_two_planes_of_one_datum_are_exact():
    there = move(392171.1071, 4081212.8726, frame("4549"), frame("4509"))
    assert (there.y, there.x) == (pytest.approx(4082027.8854, abs=2e-4), pytest.approx(659718.4752, abs=2e-4))
    assert there.accuracy_m == 0.0001 and len(there.path) == 2


@pytest.mark.parametrize("code", ["4326", "CRS84"])
def test_wgs84_is_a_null_operation_of_one_metre(code):
    moved = move(LON, LAT, frame("4490"), frame(code))
    assert (moved.x, moved.y, moved.accuracy_m) == (LON, LAT, 1.0)
    assert moved.path[0] == "null-cgcs2000-wgs84@1 EPSG:4490→EPSG:4326"


def test_no_move_is_no_operation():
    moved = move(LON, LAT, frame("4490"), frame("4490"))
    assert (moved.x, moved.y, moved.path) == (LON, LAT, ())


def test_offset_frames_are_reached_through_their_chain():
    moved = move(LON, LAT, frame("4490"), frame("BD09"))
    assert moved.x == pytest.approx(118.8029865838743, abs=1e-12)
    assert moved.y == pytest.approx(36.86275014697258, abs=1e-12)
    assert [each.split("@")[0] for each in moved.path] == ["gcj02", "bd09"]
    assert moved.accuracy_m == 1.0
    plane = move(moved.x, moved.y, frame("BD09"), frame("4549"))
    assert plane.x == pytest.approx(392171.1071, abs=1e-3)


def test_web_mercator_equals_proj():
    moved = move(LON, LAT, frame("4490"), frame("3857"))
    x, y = Transformer.from_crs(4326, 3857, always_xy=True).transform(LON, LAT)
    assert (moved.x, moved.y) == (pytest.approx(x, abs=1e-6), pytest.approx(y, abs=1e-6))


_CITY = st.tuples(st.floats(118.539, 119.116), st.floats(36.720, 37.304))
_REACHABLE = [
    each.id
    for each in FRAMES.values()
    if each.kind is not Kind.GEOCENTRIC
    and each.datum in ("CGCS2000", "WGS84", "GCJ02", "BD09")
    and each.area.west_deg <= 118.539
    and each.area.east_deg >= 119.116
]


@settings(max_examples=60, deadline=None)
@given(place=_CITY, there=st.sampled_from(_REACHABLE), between=st.sampled_from(_REACHABLE))
def test_there_and_back_is_the_same_place(place, there, between):
    one = move(*place, frame("4490"), frame(there))
    two = move(one.x, one.y, frame(there), frame(between))
    back = move(two.x, two.y, frame(between), frame("4490"))
    assert abs(back.x - place[0]) < 1e-11 and abs(back.y - place[1]) < 1e-11


@pytest.mark.parametrize("shape", [(0,), (1,), (7,), (3, 4)])
def test_arrays_keep_their_shape(shape):
    lon, lat = np.full(shape, LON), np.full(shape, LAT)
    moved = move(lon, lat, frame("4490"), frame("4549"))
    assert moved.x.shape == shape and moved.y.shape == shape
    assert (lon == LON).all(), "the input is not written to"
    same = move(lon, lat, frame("4490"), frame("4326"))
    assert not np.shares_memory(same.x, lon)


def test_arrays_equal_single_positions():
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(118.54, 119.1, 50), rng.uniform(36.73, 37.3, 50)
    moved = move(lon, lat, frame("4490"), frame("GCJ02"))
    single = [move(float(x), float(y), frame("4490"), frame("GCJ02")) for x, y in zip(lon, lat, strict=True)]
    assert moved.x.tolist() == [each.x for each in single]


# What PROJ would do in silence is refused.


@pytest.mark.parametrize("source", ["4610", "4214", "4555", "2385", "2364", "2437", "4797", "21460"])
@pytest.mark.parametrize("target", ["4490", "4549", "4326", "GCJ02"])
def test_legacy_datums_are_refused_with_the_way_out(source, target):
    x, y = (LON, LAT) if frame(source).kind is Kind.GEOGRAPHIC else (392171.0, 4081212.0)
    if frame(source).zone:
        x += frame(source).zone * 1e6
    with pytest.raises(NoOperation) as refusal:
        move(x, y, frame(source), frame(target))
    for text in (refusal.value.zh, refusal.value.en):
        assert frame(source).id in text and frame(target).id in text
    assert "控制点" in refusal.value.zh and "register" in refusal.value.en


def test_what_proj_would_have_done_is_the_silent_identity():
    """The trap itself, so that the refusal keeps its reason."""
    x, y = Transformer.from_crs(4610, 4490, always_xy=True).transform(LON, LAT)
    assert (x, y) == (LON, LAT)
    group = TransformerGroup(4214, 4326, always_xy=True, allow_ballpark=False)
    assert group.best_available
    use = [each.area_of_use for each in group.transformers]
    assert not any(each.west <= LON <= each.east and each.south <= LAT <= each.north for each in use)
    x, y = Transformer.from_crs(4214, 4326, always_xy=True, allow_ballpark=False).transform(LON, LAT)
    assert abs(x - LON) + abs(y - LAT) > 1e-4, "a shift fitted far from here is applied"


def test_two_legacy_planes_of_one_datum_may_be_exchanged():
    moved = move(392171.1071, 4081212.8726, frame("2385"), frame("2364"))
    assert moved.x == pytest.approx(40392171.1071, abs=1e-4)


def test_a_local_frame_without_definition_needs_a_fit():
    local = local_frame("SGLOCAL:1", "独立", "local", "EPSG:4490", None, Area(118.5, 36.7, 119.2, 37.4))
    registry = STANDARD.with_frame(local)
    with pytest.raises(NoOperation, match="SGLOCAL:1"):
        move(1000.0, 2000.0, registry.frame("SGLOCAL:1"), frame("4490"), registry=registry)
    with pytest.raises(UnknownFrame):
        STANDARD.frame("SGLOCAL:1")


def test_geocentric_frames_have_no_plane_move():
    with pytest.raises(NoOperation):
        move(1.0, 2.0, frame("4479"), frame("4490"))


# Traps of the axes and zones.


def test_swapped_axes_in_a_plane():
    with pytest.raises(BadCoordinate, match="颠倒"):
        move(4081212.8726, 392171.1071, frame("4549"), frame("4490"))


def test_swapped_axes_in_degrees():
    with pytest.raises(BadCoordinate, match="swapped"):
        move(LAT, LON, frame("4490"), frame("4549"))


@pytest.mark.parametrize(
    ("x", "code", "says"),
    [
        (40392171.1, "4549", "4528"),
        (392171.1, "4528", "缺少带号 40"),
        (39392171.1, "4528", "带号不是 40"),
    ],
)
def test_zone_prefix_mistakes(x, code, says):
    with pytest.raises(BadCoordinate, match=says) as refusal:
        move(x, 4081212.8726, frame(code), frame("4490"))
    assert repr(x) in refusal.value.en


@pytest.mark.parametrize("lon", [118.540, 118.7909, 119.116])
def test_metres_of_another_central_meridian_leave_the_zone(lon):
    """CM 117 metres read as CM 120 land 3° east: silent in PROJ, refused here for the whole city."""
    x, y = Transformer.from_crs(4490, 4548, always_xy=True).transform(lon, LAT)
    wrong, _ = Transformer.from_crs(4549, 4490, always_xy=True).transform(x, y)
    assert wrong == pytest.approx(lon + 3.0)
    with pytest.raises(OutsideArea, match=r"118\.5–121\.5°E"):
        move(x, y, frame("4549"), frame("4490"))


def test_the_edge_of_a_zone_belongs_to_it():
    plane = move(118.5, LAT, frame("4490"), frame("4549"))
    assert move(plane.x, plane.y, frame("4549"), frame("4490")).x == pytest.approx(118.5, abs=1e-10)
    with pytest.raises(OutsideArea):
        move(118.5 - 1e-6, LAT, frame("4490"), frame("4549"))


@pytest.mark.parametrize("code", ["4490", "4549", "GCJ02", "3857"])
@pytest.mark.parametrize("bad", [float("nan"), float("inf"), float("-inf")])
def test_what_is_no_number_is_named_with_its_place(code, bad):
    x = np.array([LON, bad]) if frame(code).kind is not Kind.PROJECTED else np.array([392171.0, bad])
    y = np.array([LAT, LAT]) if frame(code).kind is not Kind.PROJECTED else np.array([4081212.0, 4081212.0])
    if code == "3857":
        x[0], y[:] = 1.3e7, 4.4e6
    with pytest.raises(BadCoordinate, match="第 2 点") as refusal:
        move(x, y, frame(code), frame("4326"))
    assert refusal.value.details["index"] == 1 and refusal.value.en.endswith(refusal.value.value)


@pytest.mark.parametrize(("lon", "lat"), [(181.0, 30.0), (-180.1, 30.0), (118.0, 90.1), (118.0, -90.1)])
def test_degrees_out_of_range(lon, lat):
    with pytest.raises(BadCoordinate):
        move(lon, lat, frame("CRS84"), frame("3857"))


@pytest.mark.parametrize("target", ["4490", "4549", "GCJ02", "BD09"])
def test_places_abroad_are_outside(target):
    with pytest.raises(OutsideArea):
        move(2.35, 48.85, frame("CRS84"), frame(target))


@pytest.mark.parametrize(("x", "y"), [("a", 1.0), ([1.0, 2.0], [1.0, 2.0, 3.0]), (None, 1.0)])
def test_what_cannot_be_coordinates(x, y):
    with pytest.raises(BadCoordinate):
        move(x, y, frame("4490"), frame("4549"))


# The registry.


def _shift(metres_deg):
    def forward(x, y, _):
        return x + metres_deg, y

    def backward(x, y, _):
        return x - metres_deg, y

    return forward, backward


def _operation(name, version=1, shift=0.001, accuracy_m=0.05):
    return Operation(name, "EPSG:4610", "EPSG:4490", accuracy_m, *_shift(shift), version=version)


def test_a_registered_operation_is_used_both_ways_and_through_planes():
    registry = STANDARD.with_operation(_operation("city-xian80"))
    there = move(LON, LAT, frame("4610"), frame("4490"), registry=registry)
    assert there.x == pytest.approx(LON + 0.001) and there.accuracy_m == 0.05
    plane = move(LON, LAT, frame("4610"), frame("4549"), registry=registry)
    back = move(plane.x, plane.y, frame("4549"), frame("2364"), registry=registry)
    assert back.path[1] == "city-xian80@1 EPSG:4490→EPSG:4610" and len(back.path) == 3
    with pytest.raises(NoOperation):
        move(LON, LAT, frame("4610"), frame("4490"))


def test_the_newest_version_counts_unless_one_is_pinned():
    registry = STANDARD.with_operation(_operation("city", 1, 0.001)).with_operation(
        _operation("city", 2, 0.002)
    )
    assert move(LON, LAT, frame("4610"), frame("4490"), registry=registry).x == pytest.approx(LON + 0.002)
    pinned = registry.pinned("city", 1)
    assert move(LON, LAT, frame("4610"), frame("4490"), registry=pinned).x == pytest.approx(LON + 0.001)
    with pytest.raises(ValueError, match="twice"):
        registry.with_operation(_operation("city", 2))


def test_two_operations_for_one_pair_are_undecided():
    registry = STANDARD.with_operation(_operation("north")).with_operation(
        _operation("south", accuracy_m=0.01)
    )
    with pytest.raises(NoOperation, match="north, south"):
        move(LON, LAT, frame("4610"), frame("4490"), registry=registry)
    move(LON, LAT, frame("4490"), frame("4549"), registry=registry)
    chosen = registry.without("south")
    assert move(LON, LAT, frame("4610"), frame("4490"), registry=chosen).accuracy_m == 0.05


@pytest.mark.parametrize("accuracy_m", [-1.0, float("nan")])
def test_an_operation_states_its_accuracy(accuracy_m):
    with pytest.raises(ValueError, match="accuracy"):
        _operation("ballpark", accuracy_m=accuracy_m)


def test_a_local_frame_with_definition_is_exact():
    wkt = (
        Transformer.from_crs(4490, 4549)
        .target_crs.to_wkt()
        .replace('"Longitude of natural origin",120', '"Longitude of natural origin",118.85')
    )
    local = local_frame("SGLOCAL:1", "独立", "local", "EPSG:4490", wkt, Area(118.5, 36.7, 119.2, 37.4))
    registry = STANDARD.with_frame(local)
    moved = move(118.85, LAT, frame("4490"), local, registry=registry)
    assert moved.x == pytest.approx(500000.0, abs=1e-6) and moved.accuracy_m == 0.0001
    with pytest.raises(OutsideArea):
        move(119.3, LAT, frame("4490"), local, registry=registry)


def test_a_local_frame_has_an_authority_of_its_own():
    local = local_frame("EPSG:99999", "独立", "local", "EPSG:4490", None, Area(118.5, 36.7, 119.2, 37.4))
    with pytest.raises(ValueError, match="own"):
        STANDARD.with_frame(local)


def test_a_window_may_reach_beyond_the_zone():
    lon, lat = window_lon_lat(np.array([200000.0]), np.array([4081212.0]), frame("4549"))
    assert 116.0 < lon[0] < 118.0 and 36.0 < lat[0] < 37.5
