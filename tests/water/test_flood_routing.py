"""Routing of releases: water kept, delays as they must be, and courses that are none refused."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatial.errors import OneMapError
from water.errors import BadParameter, Name
from water.flood import routing

STEP_S = 3600.0
RELEASE = Name("入流 A", "inflow A")
MUSKINGUM = {"method": "muskingum", "k_h": 6.0, "x": 0.2}
CHANNEL = {
    "method": "muskingum-cunge",
    "length_m": 42_000,
    "slope": 8e-4,
    "manning": 0.035,
    "bottom_m": 60,
    "side": 2,
}
TRAVEL = {"method": "travel", "hours": 2.5}
flows = st.lists(st.floats(0, 3000), min_size=3, max_size=60)
reaches = st.lists(
    st.one_of(
        st.builds(lambda k, x: {**MUSKINGUM, "k_h": k, "x": x}, st.floats(1, 30), st.floats(0, 0.4)),
        st.builds(lambda length: {**CHANNEL, "length_m": length}, st.floats(2_000, 80_000)),
        st.builds(lambda hours: {**TRAVEL, "hours": hours}, st.floats(0, 90)),
    ),
    max_size=4,
)


@given(flows, reaches)
def test_what_comes_in_goes_out_or_is_on_its_way(values: list[float], down: list[dict[str, Any]]) -> None:
    made = routing.route(np.array(values), down, STEP_S)
    assert made.account.relative_error < 1e-9
    assert (made.outflow_m3_s >= -1e-9).all()
    if all(each["method"] != "muskingum-cunge" for each in down):  # those overshoot where a step is too long
        assert made.outflow_m3_s.max() <= max(values) * (1 + 1e-9) + 1e-9


def test_muskingum_is_its_recurrence_in_each_part() -> None:
    flow = np.array([50.0, 120, 400, 600, 420, 260, 150, 90, 60, 50])
    made = routing.route(flow, [MUSKINGUM], STEP_S)
    (told,) = made.reaches
    assert told["parts"] == 3  # 2KX/Δt = 2.4
    k, x = 2.0, 0.2
    below = 2 * k * (1 - x) + 1
    c0, c1, c2 = (1 - 2 * k * x) / below, (1 + 2 * k * x) / below, (2 * k * (1 - x) - 1) / below
    course = flow.tolist()
    for _ in range(3):
        out = [course[0]]
        for before, now in pairwise(course):
            out.append(c0 * now + c1 * before + c2 * out[-1])
        course = out
    assert made.outflow_m3_s == pytest.approx(course, rel=1e-12)


def test_a_time_of_travel_moves_the_course() -> None:
    flow = np.array([10.0, 20, 80, 40, 10, 10, 10, 10])
    assert routing.route(flow, [{**TRAVEL, "hours": 2}], STEP_S).outflow_m3_s.tolist() == [
        10,
        10,
        10,
        20,
        80,
        40,
        10,
        10,
    ]
    half = routing.route(flow, [TRAVEL], STEP_S).outflow_m3_s
    assert half[3:6].tolist() == [15, 50, 60]
    assert routing.route(flow, [{**TRAVEL, "hours": 500}], STEP_S).outflow_m3_s.tolist() == [10.0] * 8


def test_a_channel_takes_as_many_parts_as_its_flood_needs_and_attenuates_it() -> None:
    hours = np.arange(97)
    flow = 50 + 500 * np.exp(-(((hours - 24) / 6.0) ** 2))
    made = routing.route(flow, [CHANNEL], STEP_S)
    fine = routing.route(routing_fine(flow), [CHANNEL], STEP_S / 4)
    assert made.reaches[0]["parts"] < fine.reaches[0]["parts"]
    assert 0.7 * flow.max() < made.outflow_m3_s.max() < flow.max()
    assert made.outflow_m3_s.max() == pytest.approx(fine.outflow_m3_s.max(), rel=0.02)
    assert int(made.outflow_m3_s.argmax()) > int(flow.argmax())
    said = routing.route(flow, [{**CHANNEL, "parts": 2}], STEP_S)
    assert said.reaches[0]["parts"] == 2


def routing_fine(flow: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The same course on a quarter of the step."""
    return np.interp(np.arange(4 * (len(flow) - 1) + 1) / 4, np.arange(len(flow)), flow)


@pytest.mark.parametrize(
    ("series", "match"),
    [
        ({"times_s": [0, 7200], "values": [1, math.nan]}, "入流 A自 7200 秒缺测"),
        ({"times_s": [0, 7200], "values": [1, None]}, "inflow A has no value from 7200 s"),
        ({"times_s": [0, 7200], "values": [1, -0.5]}, "-0.5"),
        ({"times_s": [0, 0], "values": [1, 1]}, "递增"),
        ({"times_s": [0, 7200], "values": [1]}, "个数不同"),
        ({"times_s": [60, 7200], "values": [1, 1]}, "自 60 秒才有值"),
        ({"times_s": [0, 7199], "values": [1, 1]}, "只到 7199 秒"),
        (-1.0, "-1"),
    ],
)
def test_what_is_no_course_is_refused(series: Any, match: str) -> None:
    with pytest.raises(OneMapError, match=match):
        routing.course(RELEASE, series, 2, STEP_S)


def test_a_constant_release_goes_on() -> None:
    assert routing.course(RELEASE, 581, 3, STEP_S).tolist() == [581.0] * 4


@pytest.mark.parametrize(("duration_s", "step_s"), [(1800.0, 3600.0), (5400.0, 3600.0), (1e9, 60.0)])
def test_a_run_is_a_whole_number_of_steps(duration_s: float, step_s: float) -> None:
    with pytest.raises(BadParameter, match="整数倍"):
        routing.steps(duration_s, step_s)


def test_a_reach_too_short_for_its_step_says_what_would_do() -> None:
    with pytest.raises(BadParameter, match="分段数须在"):
        routing.route(np.array([1.0, 2.0, 1.0]), [{**MUSKINGUM, "k_h": 0.2}], STEP_S)
