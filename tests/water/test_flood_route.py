"""``flood-route`` as others ask it: releases added where they join, stages, what was measured beside."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import Any

import forecast_kept
import pytest
from flood_running import ran
from warning_ground import BEGUN, RIVER, SIGNED, grounded

from spatial.database import connect
from spatial.datum import format_instant
from spatial.errors import OneMapError
from spatial.jobs.errors import BadExecution
from spatial.observe import series
from water.errors import UnknownForecast
from water.forecast import store as forecasts
from water.gauges import binding, stations
from water.gauges.rating import Rating, Segment
from water.moment import Moment
from water.works import layers as works_layers
from water.works.datum import VerticalDatum

HOURS = 24
CURVE = Rating(
    *(
        "2026-1",
        VerticalDatum.CGVD1985,
        (Segment(18.0, 22.0, 200.0, 18.0, 1.3),),
        SIGNED.valid_from,
        None,
        0.08,
    ),
    "测流报告(测试)",
)
"""To 1213 m³/s."""
UPPER = [100.0 + 20.0 * min(hour, HOURS - hour) for hour in range(HOURS + 1)]


def inflow(id: str, flow: Any, *reaches: dict[str, Any], **more: Any) -> dict[str, Any]:
    given = {} if flow is None else {"discharge_m3_s": flow}
    return {"id": id, **given, "reaches": list(reaches), "source": "测试参数", **more}


def asked(*inflows: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"begins_at": format_instant(BEGUN), "duration_s": HOURS * 3600, "inflows": list(inflows), **more}


@pytest.fixture(scope="module")
def river(shared_database: str) -> str:
    """A station with a curve, the sum of the releases below as measured, and a kept forecast."""
    with connect(shared_database) as connection, connection.transaction():
        works_layers.publish(connection)
        grounded(connection)
        stations.rate(connection, RIVER, CURVE, "unverified", SIGNED)
        forecast_kept.entered(connection, RIVER)
        one = stations.station(connection, RIVER, Moment(BEGUN))
        stream = binding.bind(connection, one)["discharge"]
        later = [UPPER[0], UPPER[0], *UPPER[:-2]]
        lines = [
            f"{hour}\t{stream}\t{format_instant(BEGUN + timedelta(hours=hour))}\t{flow + 50.0!r}"
            for hour, flow in enumerate(later)
        ]
        series.record_numbers(connection, iter(lines))
    return shared_database


def course(values: list[float]) -> dict[str, Any]:
    return {"times_s": [3600 * hour for hour in range(len(values))], "values": values}


def test_releases_are_added_where_they_join_and_held_against_what_was_measured(river: str) -> None:
    upper = inflow("冶源水库", course(UPPER), {"method": "travel", "hours": 2})
    told = ran(river, "flood-route", asked(upper, inflow("区间", 50.0), station=RIVER))
    later = [UPPER[0], UPPER[0], *UPPER[:-2]]
    assert told["total_m3_s"] == [flow + 50.0 for flow in later]
    first, second = told["inflows"]
    assert first["delay_s"] == 7200.0 and first["peak_below"]["m3_s"] == 340.0
    assert first["account"]["relative_error"] < 1e-12 and second["outflow_m3_s"] == [50.0] * (HOURS + 1)
    assert told["peak"] == {"m3_s": 390.0, "at": format_instant(BEGUN + timedelta(hours=14))}
    at = told["station"]
    assert at["ratings"] == ["2026-1"] and at["vertical_datum"] == "cgvd1985"
    for stage, flow in zip(at["stage_m"], told["total_m3_s"], strict=True):
        assert stage == pytest.approx(18 + (flow / 200) ** (1 / 1.3), abs=1e-3)
    met = at["measured"]
    assert met["determination"] == 1.0 and met["peak_error_percent"] == 0.0 and met["values"] == HOURS + 1
    assert told["grade"] is None and "不作预报发布" in told["note"]
    assert (told["synthetic"], told["stamp"]) == (False, None)


def test_a_course_is_taken_from_a_kept_forecast_and_stamped_as_it_is(river: str) -> None:
    with connect(river) as connection:
        (issued,) = (
            each for each in forecasts.forecasts(connection, forecasts.Window(RIVER), 9) if each.issued
        )
    reach = {"method": "muskingum", "k_h": 3, "x": 0.3}
    given = inflow("弥河上游", None, reach, **{"from": {"forecast": issued.id, "course": "p50"}})
    told = ran(river, "flood-route", asked(given))
    (one,) = told["inflows"]
    assert one["taken"]["forecast"] == issued.id and one["taken"]["grade"] == "乙"
    assert max(one["inflow_m3_s"]) == 1500.0 > max(one["outflow_m3_s"])
    assert one["reaches"] == [{**reach, "parts": 2}]
    assert (told["synthetic"], told["stamp"], told["station"]) == (True, "合成数据", None)


def test_the_table_is_the_same_in_columns(river: str) -> None:
    body = ran(river, "flood-route", asked(inflow("A", 10.0), inflow("B", 20.0)), "table")
    head, *lines = body.decode("utf-8-sig").splitlines()
    assert "不作预报发布" in head
    rows = list(csv.DictReader(io.StringIO("\n".join(lines))))
    assert len(rows) == HOURS + 1
    assert {(each["A_m3_s"], each["B_m3_s"], each["total_m3_s"], each["stage_m"]) for each in rows} == {
        ("10.0", "20.0", "30.0", "")
    }


@pytest.mark.parametrize(
    ("given", "pointer", "value"),
    [
        (asked(inflow("A", 1.0), inflow("A", 2.0)), "/inputs/inflows/1/id", "A"),
        (
            asked(inflow("A", {"times_s": [0, 60], "values": [1, 1]})),
            "/inputs/inflows/0/discharge_m3_s",
            "60 秒",
        ),
        (asked(inflow("A", -5.0)), "/inputs/inflows/0/discharge_m3_s", "-5"),
        (
            asked(inflow("A", 1.0), inflow("B", 1.0, {"method": "muskingum", "k_h": 0.1, "x": 0.2})),
            "/inputs/inflows/1/reaches/0",
            "分段数",
        ),
        (asked(inflow("A", None)), "/inputs/inflows/0", "discharge_m3_s"),
        (asked(inflow("A", 1.0), step_s=7000), "/inputs/step_s", "整数倍"),
        (asked(inflow("A", 1.0), station="99999999"), "/inputs/station", "99999999"),
    ],
)
def test_a_fault_names_the_input_it_is_about(river: str, given: Any, pointer: str, value: str) -> None:
    with pytest.raises(OneMapError, match=value) as refused:
        ran(river, "flood-route", given)
    assert refused.value.details.get("pointer") == pointer


def test_a_reach_of_no_method_is_no_input(river: str) -> None:
    for reach in ({"method": "wave", "k_h": 1}, {"method": "travel", "k_h": 6, "x": 0.2}):
        with pytest.raises(BadExecution):
            ran(river, "flood-route", asked(inflow("A", 1.0, reach)))


def test_a_model_kept_before_it_had_an_edition_asks_to_be_calibrated_anew(river: str) -> None:
    with pytest.raises(UnknownForecast, match="重新率定") as refused:
        ran(river, "flood-forecast", {"station": RIVER, "rain": {"kind": "none"}}, "forecast")
    assert refused.value.details["pointer"] == "/inputs/station"
