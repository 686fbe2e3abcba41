"""Chainage: there and back within a millimetre, on the ellipsoid; what carries none is refused."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from water.errors import BadCentreline, BadChainage, BeyondEnd
from water.network import chainage
from water.network.centreline import Centreline, Floats
from water.network.drawing import Stake, draw, measured_stakes
from water.network.rebase import Event, rebase

GRS80 = Geod(ellps="GRS80")


def course(
    seed: int, vertices: int, step_m: float, bend: float, lon: float = 118.8, lat: float = 36.9
) -> Floats:
    """A wandering line that goes north-east on the whole, so that it never meets itself."""
    generator = np.random.default_rng(seed)
    azimuth = np.degrees(0.6 + bend * np.sin(np.cumsum(generator.normal(0, 0.5, vertices))))
    points = [(lon, lat)]
    for each in azimuth.tolist():
        points.append(GRS80.fwd(*points[-1], each, step_m * generator.uniform(0.2, 1.8))[:2])
    return np.array(points)


def apart_m(first: Floats, second: Floats) -> Floats:
    return np.asarray(GRS80.inv(first[:, 0], first[:, 1], second[:, 0], second[:, 1])[2])


lines = st.builds(
    course,
    st.integers(0, 10_000),
    st.integers(2, 60),
    st.sampled_from([3.0, 90.0, 800.0, 5_000.0]),
    st.floats(0.0, 0.9),
    st.sampled_from([112.0, 117.001, 118.8, 119.99]),
    st.sampled_from([18.2, 36.9, 53.0]),
)


@settings(max_examples=60, deadline=None)
@given(lines, st.integers(0, 2**32 - 1), st.booleans())
def test_a_chainage_leads_to_a_place_and_back(points: Floats, seed: int, falling: bool) -> None:
    from_m, to_m = (250_000.0, 120_000.0) if falling else (-300.0, None)
    line = draw("R", 1, points, from_m=from_m, to_m=to_m)
    generator = np.random.default_rng(seed)
    chainages = generator.uniform(min(line.from_m, line.to_m), max(line.from_m, line.to_m), 40)
    # On the inside of a bend cross-sections meet where its radius ends: within that they do not.
    offsets = generator.uniform(-1, 1, 40) * min(40.0, 0.2 * float(np.diff(line.along_m).min()))
    places = line.places(chainages, offsets)
    found = line.locate(places)
    scale = line.length_m / abs(line.to_m - line.from_m)  # metres of ground for one of chainage
    assert np.abs(found.chainage_m - chainages).max() * scale < 0.001
    assert np.abs(found.offset_m - offsets).max() < 0.001


@settings(max_examples=60, deadline=None)
@given(lines, st.integers(0, 2**32 - 1))
def test_a_place_has_a_chainage_that_leads_back_to_it(points: Floats, seed: int) -> None:
    """Places beside the line, outside of bends, too, where no perpendicular would meet them."""
    line = draw("R", 1, points)
    generator = np.random.default_rng(seed)
    low, high = points.min(axis=0), points.max(axis=0)
    places = generator.uniform(low, high + 1e-6, (60, 2))
    found = line.locate(places)
    beside = ~np.isnan(found.chainage_m)
    if beside.any():
        back = line.places(found.chainage_m[beside], found.offset_m[beside])
        assert apart_m(back, places[beside]).max() < 0.001


def test_lengths_are_those_of_the_ellipsoid_not_of_a_plane() -> None:
    """A long way from its central meridian a plane is 14 cm a kilometre too long; the chainage is not."""
    points = course(3, 200, 90.0, 0.5)
    line = draw("R", 1, points)
    assert line.length_m == pytest.approx(GRS80.geometry_length(shapely.LineString(points)), abs=1e-6)
    far = line.places([1_000.0, 2_000.0], [0.0, 250.0])
    spot = line.places([2_000.0])
    assert apart_m(far[1:], spot)[0] == pytest.approx(250.0, abs=1e-6)


def test_the_right_bank_is_on_the_right_going_down() -> None:
    line = draw("R", 1, [(118.8, 36.8), (118.8, 36.9)])  # northwards
    right, left = line.places([500.0, 500.0], [30.0, -30.0])
    assert right[0] > 118.8 > left[0]


def test_stakes_calibrate_what_lies_between_them() -> None:
    points = course(5, 100, 90.0, 0.4)
    plain = draw("R", 1, points)
    third, two = plain.places([plain.length_m / 3, 2 * plain.length_m / 3])
    stakes = [Stake("a", *third, 4_000.0), Stake("b", *two, 9_000.0)]
    line = draw("R", 2, points, from_m=1_000.0, stakes=stakes)
    found = line.locate([third, two, points[-1]])
    assert found.chainage_m == pytest.approx([4_000.0, 9_000.0, 9_000.0 + plain.length_m / 3], abs=1e-3)
    middle = line.locate(plain.places([plain.length_m / 2])).chainage_m[0]
    assert middle == pytest.approx(6_500.0, abs=1e-3)


def test_measures_of_a_source_are_kept_to_the_half_millimetre() -> None:
    points = course(8, 300, 60.0, 0.5)
    plain = draw("R", 1, points)
    generator = np.random.default_rng(1)
    measures = 5_000.0 + plain.along_m * 1.01
    measures[150:] += 0.007 * (plain.along_m[150:] - plain.along_m[150])  # re-measured from there on
    measures[200] += generator.uniform(0.5, 1.0)
    from_m, to_m, stakes = measured_stakes(points, measures, "R")
    line = draw("R", 1, points, from_m=from_m, to_m=to_m, stakes=stakes)
    assert np.abs(line.measures_m - measures).max() < 0.001
    assert len(stakes) < 10


@pytest.mark.parametrize("text", ["", "K12", "12345", "K12+34", "K1+1000", "K12+345.6m", "K12+345,6"])
def test_what_is_no_chainage_is_refused(text: str) -> None:
    with pytest.raises(BadChainage) as refused:
        chainage.parse(text)
    assert refused.value.value == text


@given(st.floats(-99_999, 900_000))
def test_a_chainage_is_read_as_it_was_written(chainage_m: float) -> None:
    assert chainage.parse(chainage.written(chainage_m)) == pytest.approx(chainage_m, abs=0.0005001)


def test_beyond_the_end_names_the_end() -> None:
    line = draw("R", 1, [(118.8, 36.8), (118.8, 36.81)], from_m=500.0)
    end = chainage.written(line.to_m)
    with pytest.raises(BeyondEnd) as refused:
        line.places([line.to_m + 0.5])
    assert end in refused.value.zh and end in refused.value.en
    assert refused.value.value == chainage.written(line.to_m + 0.5)
    beyond = line.locate([(118.8, 36.82), (118.8, 36.79)])
    assert np.isnan(beyond.chainage_m).all() and beyond.at_end.tolist() == [True, False]
    assert beyond.offset_m == pytest.approx([1109.8, 1109.8], abs=1.0)


@pytest.mark.parametrize(
    ("points", "word"),
    [
        ([(118.8, 36.8), (118.9, 36.9), (118.9, 36.8), (118.8, 36.9)], "自相交"),
        ([(118.8, 36.8), (118.9, 36.9), (118.9, 36.8), (118.8, 36.8)], "自相交"),
        ([(118.8, 36.8), (118.8, 36.9), (118.8, 36.85)], "自相交"),
        ([(118.8, 36.8), (118.8, 36.8)], "长度为零"),
        ([(118.8, 36.8)], "两个点"),
        ([(118.8, 36.8), (118.8, float("nan"))], "经纬度"),
        ([(40_000.0, 36.8), (118.8, 36.9)], "经纬度"),
    ],
)
def test_lines_that_carry_no_chainage_are_refused(points: list[tuple[float, float]], word: str) -> None:
    with pytest.raises(BadCentreline, match=word):
        draw("R", 1, points)


def test_the_crossing_is_named() -> None:
    with pytest.raises(BadCentreline) as refused:
        draw("R", 1, [(118.8, 36.8), (118.9, 36.9), (118.9, 36.8), (118.8, 36.9)])
    assert refused.value.value == pytest.approx([118.85, 36.85], abs=1e-3)


def test_vertices_on_top_of_each_other_are_merged_and_told() -> None:
    line = draw("R", 1, [(118.8, 36.8), (118.8, 36.8), (118.8, 36.85), (118.8, 36.85), (118.8, 36.9)])
    assert line.merged == 2 and len(line.points_4490) == 3


def test_stakes_that_contradict_each_other_are_named() -> None:
    line = [(118.8, 36.8), (118.8, 36.9)]
    stakes = [Stake("one", 118.8, 36.83, 5_000.0), Stake("two", 118.8, 36.86, 4_000.0)]
    with pytest.raises(BadCentreline, match=r"one K5\+000.0 / two K4\+000.0"):
        draw("R", 1, line, stakes=stakes)
    with pytest.raises(BadCentreline, match="far"):
        draw("R", 1, line, stakes=[Stake("far", 118.81, 36.83, 5_000.0)])


def redrawn(line: Centreline, seed: int, by_m: float) -> Floats:
    """The same river drawn again: other vertices, each off by up to so much."""
    generator = np.random.default_rng(seed)
    at = np.sort(generator.uniform(0, line.length_m, 150))
    at[[0, -1]] = 0.0, line.length_m
    aside = generator.uniform(-by_m, by_m, len(at))
    aside[[0, -1]] = 0.0
    return line.places(line.chainages_m(at), aside)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.0, 12.0))
def test_events_keep_their_ground_when_the_line_is_redrawn(seed: int, by_m: float) -> None:
    old = draw("R", 1, course(seed, 120, 90.0, 0.3))
    new = draw("R", 2, redrawn(old, seed, by_m), from_m=1_000.0)
    generator = np.random.default_rng(seed)
    events = [
        Event(f"e{number}", *each)
        for number, each in enumerate(
            zip(generator.uniform(200, old.length_m - 200, 50), generator.uniform(-15, 15, 50), strict=True)
        )
    ]
    told = rebase(old, new, events)
    before = old.places([e.chainage_m for e in events], [e.offset_m for e in events])
    for one, ground in zip(told, before, strict=True):
        assert one.after is not None and one.moved
        there = new.places([one.after.chainage_m], [one.after.offset_m])
        assert apart_m(there, ground[None])[0] < 0.5  # as it is promised
        assert apart_m(there, ground[None])[0] < 0.001  # as it is
        assert one.shift_m == pytest.approx(one.after.chainage_m - one.before.chainage_m, abs=1e-3)


def test_what_lies_beyond_the_new_line_is_told_as_lost() -> None:
    old = draw("R", 1, [(118.8, 36.8), (118.8, 36.9)])
    new = draw("R", 2, [(118.8, 36.82), (118.8, 36.88)])
    told = rebase(old, new, [Event("a", 10.0), Event("b", 5_000.0), Event("c", 11_000.0)])
    assert [each.reason for each in told] == ["before-beginning", None, "beyond-end"]
    assert told[0].after is None and told[1].moved
    same = rebase(old, old, [Event("b", 5_000.0, 3.0)])
    assert not same[0].moved
