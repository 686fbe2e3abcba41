"""Rating curves: rise, invert, hold together, end where they end; shift and loop by their formulas."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from water.errors import BadRating, OutsideRating
from water.gauges import rating
from water.gauges.rating import Loop, Rating, Segment, Shift
from water.works.datum import VerticalDatum

AT = datetime(2026, 7, 1, tzinfo=UTC)
JANUARY = datetime(2026, 1, 1, tzinfo=UTC)


def curve(segments: tuple[Segment, ...], **more: Any) -> Rating:
    said = {"uncertainty": 0.05, "document": "测流报告(测试)", **more}
    return Rating("2026-1", VerticalDatum.CGVD1985, segments, JANUARY, None, **said)


@st.composite
def curves(draw: st.DrawFn) -> Rating:
    """Up to four segments that meet: the coefficient follows from the discharge at the joint."""
    start = draw(st.floats(-2, 20))
    zero = start - draw(st.floats(0, 0.5))
    segments = [Segment(start, start + draw(st.floats(0.2, 3)), draw(st.floats(0.5, 50)), zero, 1.5)]
    for _ in range(draw(st.integers(0, 3))):
        before = segments[-1]
        exponent, zero = draw(st.floats(1.0, 3.0)), before.to_m - draw(st.floats(0.3, 2))
        a = before.discharge_m3_s(before.to_m) / (before.to_m - zero) ** exponent
        segments.append(Segment(before.to_m, before.to_m + draw(st.floats(0.2, 3)), a, zero, exponent))
    return curve(tuple(segments))


@given(curves(), st.lists(st.floats(0, 1), min_size=2, max_size=20))
def test_discharge_rises_with_stage_and_gives_the_stage_back(one: Rating, parts: list[float]) -> None:
    low, high = one.range_m
    stages = sorted(low + part * (high - low) for part in parts)
    discharges = [one.discharge_m3_s(min(stage, high), AT) for stage in stages]
    for (h1, q1), (h2, q2) in pairwise(zip(stages, discharges, strict=True)):
        assert q2 >= q1 * (1 - 2e-3)  # joints may differ by a thousandth
        assert q2 > q1 or h2 - h1 < 1e-3 or q1 == pytest.approx(q2, rel=2e-3)
    for stage, discharge in zip(stages, discharges, strict=True):
        if discharge > 1e-9:
            assert one.stage_m(discharge, AT) == pytest.approx(stage, abs=1e-6)


@given(curves())
def test_segments_are_read_as_they_are_written(one: Rating) -> None:
    assert rating.segments_of(rating.segments_text(one.segments)) == one.segments
    for wrong in ("1 2 3", "1 2 3 4 x"):
        with pytest.raises(BadRating):
            rating.segments_of(wrong)


@given(curves(), st.floats(-0.1, 0.1), st.floats(0.2, 0.8))
def test_a_shift_moves_the_entry_and_comes_off_again(one: Rating, shift: float, part: float) -> None:
    low, high = one.range_m
    moved = replace(one, shifts=(Shift(shift, JANUARY, AT + timedelta(days=1), "两次实测"),))
    stage = low + part * (high - low)
    if not low <= stage + shift <= high:
        with pytest.raises(OutsideRating):
            moved.discharge_m3_s(stage, AT)
        return
    discharge = moved.discharge_m3_s(stage, AT)
    assert discharge == one.discharge_m3_s(stage + shift, AT)
    if discharge > 1e-9:
        assert moved.stage_m(discharge, AT) == pytest.approx(stage, abs=1e-6)
    assert moved.discharge_m3_s(stage, AT + timedelta(days=2)) == one.discharge_m3_s(stage, AT)


def test_by_hand() -> None:
    """Q = 12 (h − 10)^1.5 to 12 m, then on with b = 2: at 11 m 12 m³/s, at 12 m 33.94, at 14 m 135.76."""
    first = Segment(10.0, 12.0, 12.0, 10.0, 1.5)
    second = Segment(12.0, 15.0, first.discharge_m3_s(12.0) / 4, 10.0, 2.0)
    one = curve((first, second), loop=Loop(2.0, 0.0004))
    assert one.discharge_m3_s(11.0, AT) == 12.0
    assert one.discharge_m3_s(12.0, AT) == pytest.approx(33.941, abs=1e-3)
    assert one.discharge_m3_s(14.0, AT) == pytest.approx(4 * 33.941125, abs=1e-4)
    assert one.uncertainty_m3_s(12.0) == pytest.approx(0.6)
    rise = 0.36 / 3600  # 0.36 m an hour: √(1 + 0.0001/(2·0.0004)) = √1.125
    assert one.discharge_m3_s(11.0, AT, rise) == pytest.approx(12 * math.sqrt(1.125))
    assert one.discharge_m3_s(11.0, AT, -rise) == pytest.approx(12 * math.sqrt(0.875))
    assert one.discharge_m3_s(10.0, AT) == 0.0
    with pytest.raises(OutsideRating):
        one.discharge_m3_s(11.0, AT, -8e-4)
    for stage in (9.99, 15.01):
        with pytest.raises(OutsideRating, match=str(stage)):
            one.discharge_m3_s(stage, AT)
    with pytest.raises(OutsideRating):
        one.stage_m(1e4, AT)


@given(st.floats(1e-6, 1e-3), st.floats(0.5, 5), st.floats(1e-4, 1e-2))
def test_rising_water_carries_more_and_falling_less(rise: float, celerity: float, slope: float) -> None:
    loop = Loop(celerity, slope)
    assert loop.factor(0.0) == 1 < loop.factor(rise)
    try:
        assert loop.factor(-rise) < 1
    except OutsideRating:
        assert rise / (celerity * slope) > 0.9


@pytest.mark.parametrize(
    "segments",
    [
        (),
        (Segment(1.0, 1.0, 5.0, 1.0, 1.5),),
        (Segment(1.0, 2.0, -5.0, 1.0, 1.5),),
        (Segment(1.0, 2.0, 5.0, 1.5, 1.5),),
        (Segment(1.0, 2.0, 5.0, 1.0, float("nan")),),
        (Segment(1.0, 2.0, 5.0, 1.0, 1.5), Segment(2.1, 3.0, 5.0, 1.0, 1.5)),
        (Segment(1.0, 2.0, 5.0, 1.0, 1.5), Segment(2.0, 3.0, 6.0, 1.0, 1.5)),
    ],
)
def test_a_curve_that_is_none_is_refused(segments: tuple[Segment, ...]) -> None:
    with pytest.raises(BadRating):
        curve(segments)


def test_source_datum_and_time_are_part_of_a_curve() -> None:
    sound = curve((Segment(1.0, 2.0, 5.0, 1.0, 1.5),))
    clashing = (Shift(0.1, JANUARY, None, "a"), Shift(0.2, AT, None, "b"))
    for wrong in (
        {"document": " "},
        {"datum": VerticalDatum.NOT_STATED},
        {"uncertainty": 1.5},
        {"valid_to": JANUARY},
        {"loop": Loop(0.0, 0.1)},
        {"shifts": clashing},
    ):
        with pytest.raises(BadRating):
            replace(sound, **wrong)  # type: ignore[arg-type]
    later = replace(sound, version="2026-2", valid_from=AT)
    assert rating.at([replace(sound, valid_to=AT), later], AT) is later
    assert rating.at([later], JANUARY) is None
    with pytest.raises(BadRating, match="2026-2"):
        rating.at([sound, later], AT)
