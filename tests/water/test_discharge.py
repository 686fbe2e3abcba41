"""Discharge of a series: by the curve of each instant, corrected on a rising limb, and why it is missing."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatial.observe.model import Flag
from water.gauges.flow import flows
from water.gauges.rating import Loop, Rating, Segment
from water.gauges.station import Point
from water.works.datum import VerticalDatum

START = datetime(2026, 7, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
SEGMENT = Segment(10.0, 15.0, 12.0, 10.0, 1.5)


def curve(version: str, begin: datetime, end: datetime | None, loop: Loop | None = None) -> Rating:
    datum = VerticalDatum.CGVD1985
    return Rating(version, datum, (SEGMENT,), begin, end, 0.1, "测流报告(测试)", loop=loop)


def at(hour: float, value: float | None, flag: int = 1) -> Point:
    return Point(START + HOUR * hour, value, flag)


def test_each_value_says_by_which_curve_or_why_there_is_none() -> None:
    curves = [curve("a", START, START + HOUR * 2), curve("b", START + HOUR * 2, START + HOUR * 6)]
    points = [at(-1, 11), at(0, 11), at(1, 9.0), at(2, 11, 3), at(3, None, 9), at(4, 12.0, 4), at(5, 11, 2)]
    found = flows(points, curves)
    assert [(each.rating, each.reason, each.flag) for each in found] == [
        ("", "no-rating", Flag.MISSING),
        ("a", "", Flag.PASS),
        ("a", "outside-rating", Flag.MISSING),
        ("b", "", Flag.SUSPECT),
        ("", "stage-missing", Flag.MISSING),
        ("", "stage-missing", Flag.MISSING),
        ("b", "", Flag.NOT_EVALUATED),
    ]
    assert [each.discharge_m3_s for each in found if not each.reason] == [12.0, 12.0, 12.0]
    assert [each.uncertainty_m3_s for each in found if not each.reason] == pytest.approx([1.2] * 3)


def test_the_loop_needs_values_near_by() -> None:
    loop = [curve("a", START - HOUR, None, Loop(2.0, 0.0004))]
    rising = flows([at(0, 11.0), at(1, 11.36), at(2, 11.72)], loop)
    rate = 0.36 / 3600
    steady = SEGMENT.discharge_m3_s(11.36)
    assert rising[1].discharge_m3_s == pytest.approx(steady * math.sqrt(1 + rate / (2.0 * 0.0004)))
    assert rising[1].loop
    apart = flows([at(0, 11.0), at(30, 11.36), at(60, 11.72)], loop)
    assert apart[1].discharge_m3_s == steady and not apart[1].loop


@given(st.lists(st.one_of(st.none(), st.floats(9, 16)), max_size=30))
def test_every_stage_has_its_answer_and_none_is_invented(stages: list[float | None]) -> None:
    points = [at(hour, stage, 1 if stage is not None else 9) for hour, stage in enumerate(stages)]
    found = flows(points, [curve("a", START, None)])
    assert [each.time for each in found] == [each.time for each in points]
    for point, flow in zip(points, found, strict=True):
        covered = point.value is not None and 10 <= point.value <= 15
        assert (flow.discharge_m3_s is not None) == covered == (not flow.reason)
        if covered:
            assert point.value is not None
            assert flow.discharge_m3_s == SEGMENT.discharge_m3_s(point.value)
