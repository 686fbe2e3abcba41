"""Stages of forecasts: on the curve, never beyond it, and how likely a stage is reached, as far as known."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import forecast_kept
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spatial.datum import parse_instant
from water.forecast import stages
from water.gauges import rated_stage
from water.gauges.fall import Fall
from water.gauges.rating import Rating, Segment, Shift
from water.gauges.station import Mark, Threshold
from water.works.datum import VerticalDatum
from water.works.offset import Shifted

BASIS = forecast_kept.BASIS
HOURS = [BASIS + timedelta(hours=hour) for hour in range(1, 7)]
CURVE = Rating(
    "2026-1",
    VerticalDatum.CGVD1985,
    (Segment(20.0, 22.0, 100.0, 19.0, 1.5), Segment(22.0, 24.0, 100.0, 19.0, 1.5)),
    BASIS - timedelta(days=90),
    None,
    0.06,
    "测流报告(测试)",
)
"""From 100 m³/s at 20 m to 1118 at 24."""


def discharge(stage_m: float) -> float:
    """The curve's law, written down here."""
    return float(100.0 * (stage_m - 19.0) ** 1.5)


@given(
    st.lists(st.lists(st.floats(0, 3000), min_size=6, max_size=6), min_size=1, max_size=30), st.floats(19, 26)
)
def test_what_reaches_a_stage_is_counted_member_by_member(courses: list[list[float]], stage_m: float) -> None:
    found = rated_stage.reached(np.array(courses), HOURS, [CURVE] * 6, stage_m)
    least, most = CURVE.range_m3_s
    surely = perhaps = 0
    for course in courses:
        if stage_m > 24:
            known, unknown = False, max(course) > most
        elif stage_m < 20:
            known, unknown = max(course) >= least, min(course) < least
        else:
            known, unknown = max(course) >= CURVE.discharge_m3_s(stage_m, BASIS), False
        surely += known
        perhaps += known or unknown
    assert (found.surely, found.perhaps) == (surely / len(courses), perhaps / len(courses))
    assert found.share == (found.surely if surely == perhaps else None)


def test_a_stage_is_the_one_whose_discharge_it_is_and_none_beyond_the_curve() -> None:
    flows = [discharge(20.0), discharge(21.5), discharge(24.0), 99.9, 1119.0, discharge(23.0)]
    found = rated_stage.stages_m(flows, HOURS, [CURVE] * 5 + [None])
    assert found == [pytest.approx(20.0), pytest.approx(21.5), pytest.approx(24.0), None, None, None]


def test_each_instant_has_the_curve_and_the_shift_of_its_own() -> None:
    turned = HOURS[3]
    shift = Shift(0.25, HOURS[1], HOURS[2], "三次实测(测试)")
    before = replace(CURVE, valid_to=turned, shifts=(shift,))
    after = replace(
        CURVE, version="2026-2", valid_from=turned, segments=(Segment(21.0, 25.0, 100.0, 20.0, 1.5),)
    )
    curves = rated_stage.curves([before, after], HOURS)
    found = rated_stage.stages_m([discharge(22.0)] * 6, HOURS, curves)
    assert found == [pytest.approx(each) for each in (22.0, 21.75, 22.0, 23.0, 23.0, 23.0)]
    reached = rated_stage.reached(np.full((1, 6), discharge(22.0)), HOURS, curves, 22.5)
    assert reached.share == 1.0  # by the later curve alone
    assert rated_stage.reached(np.full((1, 3), discharge(22.0)), HOURS[:3], curves[:3], 22.5).share == 0.0


def test_a_curve_that_hangs_on_a_fall_tells_no_stage() -> None:
    fall = Fall("41800009", 0.5, 0.5, 0.05, 0.02)
    assert rated_stage.curves([replace(CURVE, fall=fall)], HOURS) == [None] * 6


def record(**changes: Any) -> dict[str, Any]:
    """Members whose peaks stand at 21 to 23 m, and one at 24.5, beyond the curve."""
    told = forecast_kept.record("41800001", "0" * 64, 1, "乙", BASIS, issued=True)
    crests = [discharge(each) for each in (21.0, 21.5, 22.0, 22.5, 23.0)]
    rise = np.array([0.6, 0.8, 1.0, 0.9, 0.8, 0.7, 0.6, 0.5])
    members = [(rise * crest).tolist() for crest in crests]
    return {**told, "members_m3_s": members, **changes}


MARK = Threshold(Mark.WARNING, "stage", 21.8, VerticalDatum.CGVD1985, "文件(测试)", "unverified")


def test_a_forecast_in_stages_names_its_curve_and_what_it_rests_on() -> None:
    made = record()
    told = stages.told(made, [CURVE] * 8, [(MARK, Shifted(0.0, 0.0)), (MARK, None)])
    assert told["vertical_datum"] == "cgvd1985" and told["members_outside"] == 0
    assert [each["version"] for each in told["ratings"]] == ["2026-1"]
    for name, flows in made["quantiles_m3_s"].items():
        for flow, stage in zip(flows, told["quantiles_m"][name], strict=True):
            if CURVE.range_m3_s[0] <= flow <= CURVE.range_m3_s[1]:
                assert discharge(stage) == pytest.approx(flow, abs=0.5)
            else:
                assert stage is None
    here, nowhere = told["thresholds"]
    assert here["probability"] == 3 / 5 and here["value_at_station_m"] == 21.8
    assert nowhere["probability"] is None and (nowhere["at_least"], nowhere["at_most"]) == (0.0, 1.0)
    assert len(told["notes"]) == 1


def test_what_the_curve_does_not_know_is_said() -> None:
    beyond = [discharge(24.5)] * 8
    told = stages.told(
        record(members_m3_s=[*record()["members_m3_s"], beyond]),
        [CURVE] * 7 + [None],
        [
            (replace(MARK, value=24.2), Shifted(0.0, 0.0)),
            (replace(MARK, value=22.9), Shifted(0.5, 0.01, ("o",))),
        ],
    )
    high, moved = told["thresholds"]
    assert high["probability"] is None and high["at_least"] == 0.0
    assert moved["value_at_station_m"] == 22.4 and moved["offsets"] == ["o"]
    assert (
        moved["at_least"] == round(3 / 6, 6) and moved["at_most"] == 1.0
    )  # of the last instant nobody knows
    assert told["members_outside"] == 1 and told["best_m"][7] is None and len(told["notes"]) == 3


def test_the_peak_carries_the_uncertainty_of_the_curve() -> None:
    peak = {"median_m3_s": discharge(22.0), "p05_m3_s": discharge(21.0), "p95_m3_s": 2000.0}
    made = record(peak={**peak, "median_at": record()["instants"][3]})
    told = stages.told(made, [CURVE] * 8, [])["peak"]
    assert (told["median_m"], told["p05_m"], told["p95_m"]) == (22.0, 21.0, None)
    # dh = u Q / (dQ/dh) = u (h - h0) / 1.5
    assert told["curve_uncertainty_m"] == pytest.approx(0.06 * 3.0 / 1.5, rel=0.01)
    assert parse_instant(told["median_at"]) == BASIS + timedelta(hours=12)
