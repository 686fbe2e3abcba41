"""What was known at an instant over HTTP: every part on both axes, what came of it, who may read which."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import flood_runs
import pytest
import replay_ground
from api_serving import Served, database_of, server
from jobs_done import get
from jobs_done import outcome as job
from replay_ground import BEGUN, CORRECTED, FIRST, HOUR, Entered
from serving import until
from warning_ground import RIVER

from spatial.access import store as access
from spatial.access.model import Right, Role
from spatial.database import connect
from spatial.datum import format_instant, parse_instant
from spatial.datum.clock import BEIJING
from water import layers as network
from water.gauges.layers import STATIONS, THRESHOLDS

EMERGENCY = "寿光市应急管理局"
VERIFIED = {
    "rule": "flood-stage",
    "colour": "yellow",
    "start": "2026-07-01T00:00:00+08:00",
    "end": "2026-07-01T20:00:00+08:00",
}


@pytest.fixture(scope="module")
def entered(
    server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Served, Entered]]:
    """The flood as it was entered in two steps, and a run that was kept between them."""
    with database_of(server_dsn, template) as dsn:
        with connect(dsn) as connection:
            with connection.transaction():
                replay_ground.ground(connection)
                network.publish(connection)
                before = replay_ground.clock(connection)
            with connection.transaction():
                activation = replay_ground.entered_first(connection)
                first = replay_ground.clock(connection)
            flood_runs.entered(dsn, "run-kept-late")
            with connection.transaction():
                replay_ground.entered_later(connection, activation)
                later = replay_ground.clock(connection)
        log = tmp_path_factory.mktemp("known") / "server.log"
        with server(dsn, log) as running:
            job(running, "warning-verify", **VERIFIED)
            yield running, Entered(before, first, later, activation)
        assert "unexpected failure" not in log.read_text()


def known(served: Served, at: datetime, asof: datetime | None = None, **more: Any) -> Any:
    params = {"at": format_instant(at), **more}
    if asof is not None:
        params["asof"] = format_instant(asof)
    return get(served, "/flood/known", params=params)


def test_one_door_tells_what_was_known_then_and_what_is_known_now(entered: tuple[Served, Entered]) -> None:
    served, when = entered
    at = BEGUN + 2 * HOUR
    nothing, then, now = (known(served, at, each) for each in (when.before, when.first, when.later))
    for told in (nothing, then, now):
        assert told["left_out"] == [] and not told["more"] and told["at"] == format_instant(at)
    assert [each[part] for each in (nothing,) for part in ("forecasts", "warnings", "responses", "runs")] == [
        [], [], [], [],
    ]  # fmt: skip

    def stage(told: Any) -> Any:
        (one,) = [each for each in told["observations"] if each["station"] == RIVER]
        found = [each for each in one["values"] if each["element"] == "stage"]
        return [(each["time"], each["value"]) for each in found]

    nine, ten = (format_instant(BEGUN + each * HOUR) for each in (1, 2))
    assert [stage(each) for each in (nothing, then, now)] == [[], [(nine, FIRST[1])], [(ten, 22.3)]]
    assert stage(known(served, BEGUN + HOUR, when.later)) == [(nine, CORRECTED)]
    assert [each["warnings"][0]["colour"] for each in (then, now)] == ["yellow", "orange"]
    assert then["warnings"][0]["waiting"][0]["tier"] == "duty"
    states = [each["responses"][0]["messages"][0]["state"] for each in (then, now)]
    assert states == ["overdue", "confirmed"] and "合成数据" in now["responses"][0]["title"]["zh"]
    (forecast,) = then["forecasts"]
    assert (forecast["grade"], forecast["lead_h"], len(forecast["instants"])) == ("乙", 24, 8)
    assert forecast["quantiles_m3_s"]["p50"][3] == 1500.0 and "members_m3_s" not in forecast
    assert then["runs"] == [] and now["runs"] == []  # of another flood, kept after the instant
    august = known(served, flood_runs.NOON, when.later)["runs"]
    assert [(each["id"], each["covers"]) for each in august] == [("run-kept-late", True)]
    assert known(served, flood_runs.NOON, when.first)["runs"] == []
    assert now["stamp"] == "合成数据" and known(served, BEGUN - 48 * HOUR, when.before)["stamp"] is None
    assert known(served, at, when.later, station="41800003")["warnings"] == []


def test_what_came_of_it_stands_beside(entered: tuple[Served, Entered]) -> None:
    served, when = entered
    told = known(served, BEGUN + 2 * HOUR, when.first)
    (one,) = told["outcome"]["forecasts"]
    assert one["forecast"] == told["forecasts"][0]["id"] and one["peak_m3_s"] == 1400.0
    assert one["judged"]["peak"] == {"error": 100.0, "allowed": 280.0, "qualified": True}
    assert "待核" not in told["outcome"]["standard"] and told["outcome"]["unverified_limits"]
    (fate,) = told["outcome"]["warnings"]
    # The event began at nine, when the stage passed 21; the evaluation of nine told it.
    assert (fate["fate"], fate["colour"], fate["lead_s"]) == ("hit", "yellow", 0.0)
    assert fate["event"][0] == fate["warned"][0] == format_instant(BEGUN + HOUR)
    unknown = known(served, BEGUN + 2 * HOUR, when.first, outcome_asof=format_instant(when.first))
    assert unknown["outcome"]["warnings"] == [] and unknown["outcome"]["forecasts"][0]["judged"] == {}
    # As of itself, an answer never changes: what it says of the past was on record.
    now = known(served, when.first)
    assert now["asof"] == format_instant(when.first)
    assert now["responses"][0]["confirmed"] == 0 and now["runs"] == []


def test_each_part_is_for_who_may_read_its_layers(entered: tuple[Served, Entered]) -> None:
    served, when = entered
    with connect(served.dsn) as connection:
        _, secret = access.add_key(connection, "试验", EMERGENCY, [Role.READER], by="test")
    held = {"X-API-Key": secret}
    asked = {"at": format_instant(BEGUN + 2 * HOUR), "asof": format_instant(when.later)}

    def told(**more: Any) -> Any:
        return served.get("/flood/known", params=asked | more, headers=held)

    until(lambda: told().status_code == 200)
    hidden = told().json()
    assert set(hidden["left_out"]) >= {"observations", "forecasts", "warnings"}
    for part in hidden["left_out"]:
        assert hidden[part] is None
    assert hidden["outcome"]["forecasts"] is None and hidden["outcome"]["warnings"] is None
    with connect(served.dsn) as connection:
        access.add_grant(connection, STATIONS, EMERGENCY, Right.READ, by="test")
    until(lambda: told().json()["observations"] is not None)
    assert told().json()["forecasts"] and told().json()["warnings"] is None
    with connect(served.dsn) as connection:
        access.add_grant(connection, THRESHOLDS, EMERGENCY, Right.READ, by="test")
    until(lambda: told().json()["warnings"] is not None)
    assert served.get("/flood/known", headers={"X-API-Key": "om_none"}).status_code == 401


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("at=yesterday", 400),
        ("asof=2026-13-01", 400),
        ("outcome_asof=x", 400),
        ("station=../x", 400),
        ("hour=1", 400),
        ("station=NOBODY", 200),
        ("at=0001-01-01T00:00:00Z", 200),
        ("at=0001-01-01T00:00:00Z&asof=2026-06-30T00:00:00Z", 200),
        ("at=2200-01-01T00:00:00Z", 200),
        ("f=html", 200),
    ],
)
def test_questions_that_cannot_be_asked(entered: tuple[Served, Entered], query: str, status: int) -> None:
    assert entered[0].get(f"/flood/known?{query}").status_code == status


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("/flood/known?at=2026-07-01&asof=2200-01-01T00:00:00Z", "asof"),
        ("/flood/known?at=2026-07-01&outcome_asof=2200-01-01T00:00:00Z", "outcome_asof"),
        ("/forecasts?asof=2200-01-01T00:00:00Z", "asof"),
        ("/forecast-models?asof=2200-01-01T00:00:00Z", "asof"),
        ("/warnings?asof=2200-01-01T00:00:00Z", "asof"),
        ("/warnings/rules?asof=2200-01-01T00:00:00Z", "asof"),
        ("/warnings/judgements?asof=2200-01-01T00:00:00Z", "asof"),
        ("/rivers/stations?asof=2200-01-01T00:00:00Z", "asof"),
    ],
)
def test_what_will_be_on_record_is_not_known(
    entered: tuple[Served, Entered], address: str, name: str
) -> None:
    answer = entered[0].get(address)
    told = answer.json()
    assert (answer.status_code, told["parameter"], told["value"]) == (400, name, "2200-01-01T00:00:00Z")
    assert "不得晚于现在" in told["zh"] and "not later than now" in told["en"]


def test_a_clock_that_is_a_little_ahead_asks_of_now(entered: tuple[Served, Entered]) -> None:
    ahead = datetime.now(BEIJING) + timedelta(minutes=3)
    told = known(entered[0], BEGUN, ahead)
    assert parse_instant(told["asof"]) < ahead and told["forecasts"]
