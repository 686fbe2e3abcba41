"""Forecasts over HTTP: from observations to a graded model, issued or refused, replayed, as known then."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import psycopg
import pytest
from api_serving import Served, database_of, server
from jobs_done import get
from jobs_done import results as job

from spatial.database import connect
from spatial.datum.clock import BEIJING
from spatial.observe import series
from spatial.observe.model import Flag, Reading
from water.forecast.sample.weather import EVAPORATION_MM_D, STEP_H, Basin, generate
from water.gauges import store
from water.gauges.station import ELEMENTS
from water.works import loading

SIGNED = {"author": "李工", "department": "寿光市水利局", "reason": "测试", "day": "2003-01-01"}
STATIONS = (
    "STCD,STNM,RVNM,LGTD,LTTD,DTMNM,STTP,DRNA\n"
    "41800001,测试河道站,弥河,118.75,36.88,1985 国家高程基准,ZQ,2100\n"
    "41800002,测试雨量站,,118.80,36.90,来源未注明,PP,\n"
    "41800003,又一雨量站,,118.82,36.91,来源未注明,PP,\n"
)
BEGIN, YEARS = datetime(2003, 1, 1, tzinfo=BEIJING), 4
"""Before 2010 a partition is a year."""
CALIBRATE = {
    "station": "41800001",
    "rain": [{"station": "41800002"}, {"station": "41800003", "weight": 1.0}],
    "evaporation_mm_d": list(EVAPORATION_MM_D),
    "evaporation_source": "合成数据",
    "start": "2003-01-01T00:00:00+08:00",
    "end": "2007-01-01T00:00:00+08:00",
    "step_h": STEP_H,
    "seed": 5,
    "evaluations": 1500,
    "complexes": 3,
}


@pytest.fixture(scope="module")
def served(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Two rain stations and a river station with four generated years."""
    with database_of(server_dsn, template) as dsn:
        loading.build(dsn)
        log = tmp_path_factory.mktemp("forecasts") / "server.log"
        with server(dsn, log) as running:
            table = {"table": "ST_STBPRP_B", "content": base64.b64encode(STATIONS.encode()).decode()}
            assert job(running, "sl323-load", **SIGNED, **table)["outcome"]["inserted"] == 3
            weather = generate(1, BEGIN, YEARS, 2, (Basin(2100.0, 190.0, 2.2, 0.05, 0.004, 6),))
            streams = [
                job(running, "station-bind", station=f"4180000{n}")["outcome"]["datastreams"]
                for n in (1, 2, 3)
            ]
            numbers = (weather.discharge_m3_s[0], *weather.rain_mm)
            with connect(dsn) as connection, connection.transaction():
                for stream, element, values in zip(
                    streams, ("discharge", "rain", "rain"), numbers, strict=True
                ):
                    series.record_numbers(connection, _lines(stream[element], values.tolist()))
            yield running
        assert "unexpected failure" not in log.read_text()


def _lines(stream: int, values: list[float]) -> Iterator[str]:
    for place, value in enumerate(values):
        instant = BEGIN + timedelta(hours=STEP_H * (place + 1))
        yield f"{place}\t{stream}\t{instant.isoformat()}\t{value!r}"


@pytest.fixture(scope="module")
def model(served: Served) -> Any:
    told = job(served, "forecast-calibrate", **CALIBRATE)
    assert "model" in told, told
    return told["model"]


@pytest.fixture(scope="module")
def flood(model: Any) -> Any:
    """The greatest held-out flood."""
    return max(
        (each for each in model["floods"] if each["held_out"]), key=lambda each: each["peak_observed_m3_s"]
    )


def before(instant: str, hours: int) -> str:
    return (datetime.fromisoformat(instant) - timedelta(hours=hours)).isoformat()


def test_a_model_is_kept_with_all_that_it_was_made_of(served: Served, model: Any) -> None:
    assert model["version"] == 1 and model["issued"] and model["grade"] in ("甲", "乙")
    assert model["held_out_years"] == [2005, 2006] and model["seed"] == 5
    assert {each["held_out"] for each in model["floods"]} == {True, False}
    held = [each["peak_observed_at"] for each in model["floods"] if each["held_out"]]
    assert {datetime.fromisoformat(each).year for each in held} <= {2005, 2006}
    assert [(each["station"], each["element"]) for each in model["inputs"]] == [
        ("41800001", "discharge"), ("41800002", "rain"), ("41800003", "rain"),
    ]  # fmt: skip
    assert set(model["schemes"]) == {"model", "gr4j", "climatology"}
    for lead in model["leads"]:
        assert set(lead["determination"]) == {"model", "gr4j", "persistence", "climatology"}
    assert any("floods" in each for each in model["short"]) and model["unverified_limits"]
    listed = get(served, "/forecast-models?station=41800001")["models"]
    assert [(each["id"], each["version"], each["grade"]) for each in listed] == [
        (model["id"], 1, model["grade"])
    ]
    shown = get(served, f"/forecast-models/{model['id']}")
    assert shown["record"] == {name: each for name, each in model.items() if name not in ("id", "version")}
    again = job(served, "forecast-calibrate", **CALIBRATE, asof=model["asof"])["model"]
    assert again == model  # the same bits, kept once
    with connect(served.dsn) as connection:
        for statement in ("update forecast.model set grade = '甲'", "delete from forecast.model"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
            connection.rollback()


def test_a_forecast_carries_grade_lead_and_held_out_score_and_is_replayed_to_the_byte(
    served: Served, model: Any, flood: Any
) -> None:
    asked = {
        "station": "41800001",
        "at": before(flood["peak_observed_at"], 11),  # not the end of a step: the one before is taken
        "lead_h": 24,
        "rain": {"kind": "history"},
        "members": 30,
        "thresholds_m3_s": [10.0, 1e5],
    }
    told = job(served, "flood-forecast", **asked)
    one = told["forecast"]
    assert one["basis_at"] == before(flood["peak_observed_at"], 12).replace("+08:00", "+08:00")
    assert one["issued"] and one["note"] is None and one["grade"] == model["grade"]
    assert one["lead_h"] == 24 and len(one["instants"]) == 8 and len(one["members_m3_s"]) == 30
    assert [each["lead_h"] for each in one["held_out"]["leads"]] == [3, 6, 12, 24]
    assert one["held_out"]["schemes"]["model"] == model["schemes"]["model"]["held-out"]
    quantiles = [one["quantiles_m3_s"][name] for name in ("p05", "p25", "p50", "p75", "p95")]
    assert all(list(each) == sorted(each) for each in zip(*quantiles, strict=True))
    assert [each["probability"] for each in one["exceedance"]] == [1.0, 0.0]
    answer = served.get(f"/forecasts/{one['id']}")
    assert answer.json()["record"] == {name: each for name, each in one.items() if name != "id"}
    again = job(served, "flood-forecast", **asked, asof=one["asof"])
    assert again["forecast"]["id"] == one["id"]  # the digest of its bytes
    assert len(get(served, "/forecasts?station=41800001")["forecasts"]) == 1
    table = served.get(f"/forecasts/{one['id']}/table")
    assert table.headers["content-type"].startswith("text/csv")
    head, *lines = table.content.decode("utf-8-sig").splitlines()
    assert "41800001" in head and f"grade {one['grade']}" in head
    rows = list(csv.DictReader(io.StringIO("\n".join(lines))))
    assert [each["instant"] for each in rows] == one["instants"]
    assert [float(each["p50_m3_s"]) for each in rows] == one["quantiles_m3_s"]["p50"]


def test_which_forecast_stood_is_told_by_what_was_recorded(served: Served, model: Any, flood: Any) -> None:
    for hours in (9, 6):
        asked = {"at": before(flood["peak_observed_at"], hours), "rain": {"kind": "none"}, "lead_h": 48}
        job(served, "flood-forecast", station="41800001", **asked)
    listed = get(served, "/forecasts?station=41800001")["forecasts"]
    instants = [each["basis_at"] for each in listed]
    assert instants == sorted(instants, reverse=True) and len(listed) == 3
    at = quoted(flood["peak_observed_at"])
    # What was recorded long after the flood stood for nobody at the flood …
    assert get(served, f"/forecasts?station=41800001&at={at}")["stands"] is None
    # … and by what is recorded now it is the newest basis; of what was recorded before, the one of then.
    now = quoted(listed[0]["recorded_at"])
    assert get(served, f"/forecasts?station=41800001&at={at}&asof={now}")["stands"]["id"] == listed[0]["id"]
    then = quoted(listed[1]["recorded_at"])
    told = get(served, f"/forecasts?station=41800001&at={at}&asof={then}")
    assert told["stands"]["id"] == listed[1]["id"] and len(told["forecasts"]) == 2
    early = quoted(before(listed[2]["basis_at"], 3))
    assert get(served, f"/forecasts?station=41800001&at={early}&asof={now}")["stands"] is None
    with connect(served.dsn) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("truncate forecast.forecast")


def quoted(instant: str) -> str:
    return instant.replace("+", "%2B")


def test_a_dead_station_is_named_and_what_to_do_is_said(served: Served, model: Any, flood: Any) -> None:
    beyond = job(
        served, "flood-forecast", station="41800001", at="2007-01-01T12:00:00+08:00", rain={"kind": "none"}
    )
    assert beyond["code"] == "dead-station" and beyond["value"] == "41800001"
    first = {"station": "41800001", "at": "0001-01-02T00:00:00+08:00", "rain": {"kind": "none"}}
    assert job(served, "flood-forecast", **first)["pointer"] == "/inputs/at"
    assert "未到报" in beyond["zh"] and "2007-01-01T00:00:00" in beyond["zh"] and "恢复报汛" in beyond["zh"]
    asked = {"station": "41800001", "at": flood["peak_observed_at"], "rain": {"kind": "none"}}
    with connect(served.dsn) as connection:
        thing = "sl651:0041800002"
        stream = store.stream(connection, thing, "sl651:P1")
        assert stream is not None
        at = datetime.fromisoformat(flood["peak_observed_at"])
        with connection.transaction():
            gone = [
                Reading(stream, at - timedelta(hours=hours), None, flag=Flag.MISSING, said_again=True)
                for hours in (0, 3, 6)
            ]
            assert series.record(connection, gone).corrected == 3
    dead = job(served, "flood-forecast", **asked)
    assert (dead["code"], dead["value"]) == ("dead-station", "41800002") and "缺测" in dead["zh"]
    left = job(served, "flood-forecast", **asked, leave_out=["41800002"])["forecast"]
    assert left["left_out"] == ["41800002"] and [each["station"] for each in left["inputs"]] == [
        "41800001", "41800003",
    ]  # fmt: skip
    known = job(served, "flood-forecast", **asked, asof=model["asof"])["forecast"]
    assert known["left_out"] == []  # then the values were still believed
    none = job(served, "flood-forecast", **asked, leave_out=["41800002", "41800003"])
    assert none["code"] == "bad-station"


@pytest.mark.parametrize(
    "rain, said",
    [
        ({"kind": "given", "mm": [1.0], "source": "测试"}, "须有 8 个时段"),
        ({"kind": "given", "mm": [1.0] * 8}, "给出来源 source"),
        ({"kind": "none", "mm": [1.0] * 8}, "只与 kind=given 同用:none"),
        (
            {"kind": "given", "mm": [0.0, *[500.0] * 7], "source": "测试"},
            "一日之内不超过 3000 mm,请核对单位:3500",
        ),
    ],
)
def test_rain_to_come_is_said_once_and_in_its_unit(
    served: Served, model: Any, flood: Any, rain: dict[str, Any], said: str
) -> None:
    at = before(flood["peak_observed_at"], 30)
    refused = job(served, "flood-forecast", station="41800001", at=at, rain=rain)
    assert (refused["code"], refused["pointer"]) == ("bad-execution", "/inputs/rain/mm")
    assert said in refused["zh"]


def test_a_poor_grade_is_never_issued(served: Served, model: Any, flood: Any) -> None:
    poor = job(
        served,
        "forecast-calibrate",
        **{**CALIBRATE, "evaluations": 100, "bounds": {"L": [9.0, 10.0], "CS": [0.97, 0.98]}},
    )["model"]
    assert poor["version"] == 2 and not poor["issued"] and poor["grade"] in ("丙", "丁")
    asked = {
        "station": "41800001",
        "at": before(flood["peak_observed_at"], 6),
        "rain": {"kind": "given", "mm": [2.0] * 8, "source": "测试"},
        "leave_out": ["41800002"],
    }
    refused = job(served, "flood-forecast", **asked)
    assert (refused["code"], refused["value"]) == ("grade-not-issued", poor["grade"])
    kept = job(served, "flood-forecast", **asked, use="reference")["forecast"]
    assert not kept["issued"] and "仅供参考" in kept["note"]
    issued = {each["id"] for each in get(served, "/forecasts?station=41800001")["forecasts"]}
    assert kept["id"] not in issued
    listed = get(served, "/forecasts?use=reference")["forecasts"]
    assert [each["id"] for each in listed] == [kept["id"]] and "仅供参考" in listed[0]["note"]
    assert job(served, "flood-forecast", **asked, version=1)["forecast"]["issued"]
    # A replay takes the model that was on record then, however often it was calibrated since.
    (then, *_) = get(served, "/forecasts?station=41800001")["forecasts"]
    replayed = job(served, "flood-forecast", **asked, asof=before(poor["asof"], 0))["forecast"]
    assert replayed["model"]["version"] == 1 and replayed["issued"] and then["model_version"] == 1
    with connect(served.dsn) as connection, pytest.raises(psycopg.errors.CheckViolation):
        connection.execute(
            "insert into forecast.forecast select encode(sha256('x'), 'hex'), model, station, basis_at,"
            " until, asof, true, grade, synthetic, peak_m3_s, recorded_at, author, department, 'x'"
            " from forecast.forecast where id = %s",
            (kept["id"],),
        )


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"held_out_years": [2006]}, "bad-calibration"),
        ({"held_out_years": [2003, 2004, 2005, 2006]}, "bad-calibration"),
        ({"held_out_years": [2001, 2006]}, "bad-calibration"),
        ({"threshold_m3_s": 90_000.0}, "bad-calibration"),
        ({"bounds": {"K": [1.0, 0.5]}}, "bad-calibration"),
        ({"bounds": {"Z": [0.0, 0.5]}}, "bad-calibration"),
        ({"station": "41899999"}, "no-such-station"),
        ({"rain": [{"station": "41800001"}]}, "bad-station"),
        ({"rain": [{"station": "41800002"}, {"station": "41800002"}]}, "bad-execution"),
        ({"evaporation_source": ""}, "bad-execution"),
        ({"start": "2002-01-01T00:00:00+08:00"}, "dead-station"),
        ({"step_h": 1}, "bad-station"),
        ({"step_h": 1, "evaluations": 200_000, "start": "1990-01-01T00:00:00+08:00"}, "run-too-long"),
    ],
)
def test_calibrations_that_cannot_be(served: Served, changes: dict[str, Any], code: str) -> None:
    answer = served.client.post(
        "/processes/forecast-calibrate/execution",
        json={"inputs": {**CALIBRATE, **changes}},
        headers={"prefer": "respond-async"},
    )
    if answer.status_code != 201:
        assert answer.json()["type"].endswith(code), answer.text
        return
    told = job(served, "forecast-calibrate", **{**CALIBRATE, **changes})
    assert told["code"] == code and told["zh"] and told["en"]


def test_near_a_peak_nothing_of_what_comes_after_the_basis_is_known(
    served: Served, model: Any, flood: Any
) -> None:
    """Discharge and rain after it are changed beyond recognition: members, states and errors are the same."""
    at = before(flood["peak_observed_at"], 6)
    asked = {"station": "41800001", "at": at, "version": 1, "rain": {"kind": "none"}, "members": 20}
    first = job(served, "flood-forecast", **asked, leave_out=["41800002"])["forecast"]
    changed = []
    with connect(served.dsn) as connection, connection.transaction():
        for station, element in (("41800001", "discharge"), ("41800003", "rain")):
            stream = store.stream(connection, f"sl651:00{station}", ELEMENTS[element].property)
            assert stream is not None
            begin = datetime.fromisoformat(first["basis_at"])
            changed += [
                Reading(stream, begin + timedelta(hours=STEP_H * step), 123.0, said_again=True)
                for step in range(1, 9)
            ]
        assert series.record(connection, changed).corrected == 16
    second = job(served, "flood-forecast", **asked, leave_out=["41800002"])["forecast"]
    for told in ("members_m3_s", "quantiles_m3_s", "best_m3_s", "inputs", "peak", "observed_m3_s"):
        assert first.get(told) == second.get(told), told
    after = job(served, "flood-forecast", **{**asked, "at": before(at, -6)}, leave_out=["41800002"])
    assert after["forecast"]["members_m3_s"] != first["members_m3_s"]


def test_a_forecast_in_stages_by_what_was_known_of_the_curve(served: Served, model: Any, flood: Any) -> None:
    asked = {"at": before(flood["peak_observed_at"], 9), "rain": {"kind": "history"}, "members": 30}
    made = job(served, "flood-forecast", station="41800001", version=model["version"], **asked)["forecast"]
    address = f"/forecasts/{made['id']}/stages"
    told = get(served, address)
    assert told["ratings"] == [] and set(told["best_m"]) == {None} and "rating-record" in told["notes"][1]
    assert told["stages"].endswith(address) and told["stamp"] == made["stamp"]
    # Q = 100 (h - 18)^1.5 as far as the median of the peaks, beyond which nothing is told
    crest = 18 + (made["peak"]["median_m3_s"] / 100) ** (2 / 3)
    segment = {"from_m": 18.0, "to_m": crest, "a": 100.0, "zero_m": 18.0, "b": 1.5}
    curve = {"version": "2003-1", "vertical_datum": "cgvd1985", "segments": [segment], "uncertainty": 0.08}
    stated = {"station": "41800001", "source": "测试", "standing": "unverified"}
    job(served, "rating-record", **SIGNED, **curve, **stated)
    for kind, value in (("warning", 18 + (crest - 18) / 2), ("highest", crest + 1)):
        mark = {"kind": kind, "quantity": "stage", "value": value, "vertical_datum": "cgvd1985"}
        job(served, "threshold-record", **SIGNED, **mark, **stated)
    assert get(served, address)["ratings"] == []  # as it was known when the forecast was made
    now = quoted(datetime.now(BEIJING).isoformat())
    told = get(served, f"{address}?asof={now}")
    assert [each["version"] for each in told["ratings"]] == ["2003-1"]
    for flow, stage in zip(made["quantiles_m3_s"]["p50"], told["quantiles_m"]["p50"], strict=True):
        law = 18 + (flow / 100) ** (2 / 3)
        assert stage is None if law > crest + 1e-3 else stage == pytest.approx(law, abs=2e-3)
    peaks = [max(each) for each in made["members_m3_s"]]
    by_kind = {each["kind"]: each for each in told["thresholds"]}
    need = 100 * ((crest - 18) / 2) ** 1.5
    assert by_kind["warning"]["probability"] == pytest.approx(sum(each >= need for each in peaks) / 30)
    assert by_kind["highest"]["probability"] is None and by_kind["highest"]["at_most"] > 0
    assert served.get(f"/forecasts/{'0' * 64}/stages").status_code == 404
    assert served.get(f"{address}?asof=2999-01-01T00:00:00Z").status_code == 400
    assert served.get(f"{address}?at=x").status_code == 400
    assert "预报水位" in served.get(f"{address}?f=html").text


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/forecasts/nothing", 404),
        ("/forecasts/nothing/table", 404),
        ("/forecast-models/nothing", 404),
        ("/forecasts?use=perhaps", 400),
        ("/forecasts?limit=0", 400),
        ("/forecasts?at=2026-01-01T00:00:00Z", 400),
        ("/forecast-models?f=html", 200),
        ("/forecasts?f=html", 200),
    ],
)
def test_questions_that_cannot_be_answered(served: Served, address: str, status: int) -> None:
    assert served.get(address).status_code == status
