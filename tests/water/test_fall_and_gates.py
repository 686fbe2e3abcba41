"""Stage-fall ratings and tables of gates: by hand, by a second program, and where they say nothing."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from water.errors import BadRating, OutsideRating
from water.gauges.fall import Fall
from water.gauges.flow import Aside, Operated, flows, gate_flows
from water.gauges.gate_table import GateTable, Head, Setting
from water.gauges.rating import Loop, Rating, Segment
from water.gauges.station import Point
from water.works.datum import VerticalDatum
from water.works.offset import Shifted

START = datetime(2026, 7, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
FALL = Fall("41800002", 0.5, 0.5, 0.02, 0.01)
SEGMENT = Segment(10.0, 15.0, 12.0, 10.0, 1.5)


def by_fall(fall: Fall | None = FALL, loop: Loop | None = None) -> Rating:
    datum = VerticalDatum.CGVD1985
    return Rating("f", datum, (SEGMENT,), START - HOUR, None, 0.05, "测流报告(测试)", (), loop, fall)


def at(hour: float, value: float | None, flag: int = 1) -> Point:
    return Point(START + HOUR * hour, value, flag)


def test_a_fall_as_by_hand_and_below_the_least_nothing() -> None:
    # Q = 12 · 1^1.5 · (0.32 / 0.5)^0.5 = 9.6
    assert by_fall().discharge_m3_s(11.0, START, fall_m=0.32) == pytest.approx(9.6)
    relative = math.hypot(0.05, 0.5 * 0.01 / 0.32)
    assert by_fall().uncertainty_m3_s(9.6, 0.32) == pytest.approx(9.6 * relative)
    for fall_m in (0.019, 0.0, -0.3, math.nan, None):
        with pytest.raises(OutsideRating):
            by_fall().discharge_m3_s(11.0, START, fall_m=fall_m)


def test_series_by_the_stage_of_the_other_station() -> None:
    points = [at(0, 11.0), at(1, 11.0), at(2, 11.0), at(3, 11.0), at(4, None, 9)]
    other = [at(-0.5, 10.7), at(0.5, 10.6), at(1, 10.9, 4), at(2, 11.2), at(9, 10.0)]
    found = flows(points, [by_fall()], {"41800002": Aside(other, Shifted(-0.03, 0.02))})
    assert [each.reason for each in found] == [
        *("", "fall-missing", "outside-rating", "fall-missing", "stage-missing"),
    ]
    first = found[0]  # half way between 10.7 and 10.6; the datums are 3 cm apart
    assert first.fall_m == pytest.approx(11.0 - 10.65 - 0.03)
    assert first.discharge_m3_s == pytest.approx(12 * math.sqrt(0.32 / 0.5))
    relative = math.hypot(0.05, 0.5 * math.hypot(0.01, 0.02) / 0.32)
    assert first.uncertainty_m3_s == pytest.approx((first.discharge_m3_s or 0) * relative)
    assert {each.reason for each in flows(points[:1], [by_fall()])} == {"fall-missing"}


@given(st.floats(0.02, 5), st.floats(0.02, 5))
def test_more_fall_is_more_water(one: float, two: float) -> None:
    low, high = sorted((one, two))
    assert by_fall().discharge_m3_s(12.0, START, fall_m=low) <= by_fall().discharge_m3_s(
        12.0, START, fall_m=high
    )


def test_what_is_no_stage_fall_rating() -> None:
    for fall in (Fall("", 0.5, 0.5, 0.02, 0.01), Fall("A", 0.0, 0.5, 0.02, 0.01), Fall("A", 1, 1, 0.0, 0)):
        with pytest.raises(BadRating):
            by_fall(fall)
    with pytest.raises(BadRating, match="loop or by fall"):
        by_fall(FALL, Loop(2.0, 0.0004))


SETTINGS, HEADS = (0.0, 1.0, 2.0), (0.5, 1.0, 1.5, 2.0)
FLOWS = tuple(tuple(round(opening * 8 * math.sqrt(head), 3) for head in HEADS) for opening in SETTINGS)


def gate(**changed: Any) -> GateTable:
    told: dict[str, Any] = {
        "version": "g", "setting": Setting.GATE_OPENING, "head": Head.FALL, "settings": SETTINGS,
        "heads_m": HEADS, "flows_m3_s": FLOWS, "valid_from": START - HOUR, "valid_to": None,
        "uncertainty": 0.1, "document": "率定报告(测试)",
    }  # fmt: skip
    return GateTable(**{**told, **changed})


@given(st.floats(0, 2), st.floats(0.5, 2))
def test_between_rows_and_columns_as_numpy_interpolates(opening: float, head: float) -> None:
    by_row = [np.interp(head, HEADS, row) for row in FLOWS]
    expected = float(np.interp(opening, SETTINGS, by_row))
    assert gate().discharge_m3_s(opening, head) == pytest.approx(expected, abs=1e-9)


def test_beyond_a_table_nothing_is_said() -> None:
    assert gate().discharge_m3_s(1.0, 1.0) == 8.0 and gate().discharge_m3_s(0.0, 2.0) == 0.0
    for opening, head in ((2.01, 1.0), (-0.1, 1.0), (1.0, 0.49), (1.0, 2.1), (math.nan, 1.0)):
        with pytest.raises(OutsideRating):
            gate().discharge_m3_s(opening, head)
    pumps = gate(setting=Setting.PUMPS_RUNNING, head=Head.LIFT)
    assert pumps.discharge_m3_s(2.0, 1.0) == 16.0
    with pytest.raises(OutsideRating):  # one and a half pumps
        pumps.discharge_m3_s(1.5, 1.0)
    assert (
        pumps.head_m(3.0, 4.5) == 1.5 and gate().head_m(4.5, 3.0) == 1.5 and gate().head_m(4.5, None) is None
    )
    assert gate(head=Head.OVER_SILL, sill_m=3.0).head_m(4.5, None) == 1.5


@pytest.mark.parametrize(
    "changed",
    [
        {"settings": (0.0, 0.0, 2.0)},
        {"flows_m3_s": FLOWS[:2]},
        {"flows_m3_s": FLOWS[::-1]},
        {"flows_m3_s": ((-1.0,) * 4, *FLOWS[1:])},
        {"heads_m": (0.5, 1.0, math.inf, 2.0)},
        {"head": Head.OVER_SILL},
        {"sill_m": 3.0},
        {"document": " "},
        {"uncertainty": 1.5},
        {"setting": Setting.PUMPS_RUNNING, "settings": (0.0, 0.5, 1.0)},
    ],
    ids=str,
)
def test_what_is_no_table(changed: dict[str, Any]) -> None:
    with pytest.raises(BadRating, match=": g"):
        gate(**changed)


def test_a_gate_stays_as_it_was_told_for_an_hour() -> None:
    upstream = [at(0, 5.0), at(0.5, 5.0, 3), at(1.5, 5.0), at(2, None, 9), at(3, 9.0)]
    series = Operated(upstream, [at(-0.5, 4.0), at(1, 4.0), at(2.5, 4.0)], [at(0, 1.0), at(2.2, 2.0)])
    found = gate_flows(series, [gate()])
    assert [each.reason for each in found] == ["", "", "setting-missing", "stage-missing", "outside-rating"]
    assert [each.discharge_m3_s for each in found[:2]] == [8.0, 8.0] and found[1].flag == 3
    assert found[0].uncertainty_m3_s == pytest.approx(0.8)
    lower = gate_flows(Operated(upstream[:1], [at(0, 4.0, 4)], [at(0, 1.0)]), [gate()])
    assert lower[0].reason == "head-missing"
    assert gate_flows(series, [])[0].reason == "no-rating"
