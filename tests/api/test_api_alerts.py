"""Alerts and kept values over HTTP: paged, filtered, answered, and only for who may see what they rest on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import shapely
from api_serving import Served, server
from planning_ground import planned
from serving import until

from planning.indicators.overlay import Plane
from planning.indicators.states import whole_city
from planning.monitoring import store
from planning.monitoring.limits import shipped
from planning.monitoring.monitor import watch
from planning.processes.indicating import INDICATORS
from spatial.access import release
from spatial.access import store as access
from spatial.access.model import Right, Role
from spatial.database import Connection, connect
from spatial.jobs import run
from spatial.jobs.operator import operator
from spatial.jobs.workplace import Workplace

STEWARD = "寿光市自然资源和规划局"
AT = datetime(2026, 6, 1, tzinfo=UTC)


def raised(connection: Connection) -> None:
    """Red alerts of three limits, one of them answered; and a milder one of what is kept."""
    for code, value in (("JSYD", 1000), ("CXJSYD", 1000), ("STBHHX", 10**12)):
        store.set_limit(connection, code, "city", Decimal(value), "合成文件 1 号", date(2020, 1, 1), "test")
    limits = [shipped()[code] for code in ("JSYD", "CXJSYD", "STBHHX", "GDBYL")]
    now = connection.execute("select clock_timestamp()").fetchone()
    assert now
    found = watch(connection, limits, whole_city(), Plane.of(4549), AT, now[0])
    kept = next(each.value for each in found if each.code == "GDBYL")
    assert kept
    share = Decimal("1.015")
    store.set_limit(connection, "GDBYL", "city", kept / share, "合成文件 2 号", date(2020, 1, 1), "test")
    watch(connection, [shipped()["GDBYL"]], whole_city(), Plane.of(4549), AT, now[0])
    number = connection.execute("select min(id) from planning.alert").fetchone()
    assert number
    store.receipt(connection, number[0], "acknowledged", "wang", STEWARD, "")


@pytest.fixture(scope="module")
def served(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with planned(server_dsn, template, 800) as dsn:
        with connect(dsn) as connection:
            raised(connection)
        log = tmp_path_factory.mktemp("alerts") / "server.log"
        with server(dsn, log) as running:
            yield running
        assert "unexpected failure" not in log.read_text()


def key(served: Served, department: str, *roles: Role) -> dict[str, str]:
    with connect(served.dsn) as connection:
        _, secret = access.add_key(connection, "试验", department, list(roles), by="test")
    held = {"X-API-Key": secret}
    until(lambda: served.client.get("/access/me", headers=held).status_code == 200)
    return held


def codes(served: Served, query: str = "", **options: Any) -> list[str]:
    answer = served.get(f"/alerts{query}", **options)
    assert answer.status_code == 200, answer.text
    return [each["code"] for each in answer.json()["alerts"]]


def test_the_newest_first_page_by_page(served: Served) -> None:
    whole = served.get("/alerts").json()
    assert [each["code"] for each in whole["alerts"]] == ["GDBYL", "STBHHX", "CXJSYD", "JSYD"]
    assert whole["numberReturned"] == 4
    pages, address = [], "/alerts?limit=3"
    while address:
        page = served.get(address).json()
        pages.append(page["alerts"])
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        address = following[0].removeprefix(served.url) if following else ""
    assert [len(page) for page in pages] == [3, 1] and [*pages[0], *pages[1]] == whole["alerts"]
    kept = whole["alerts"][0]
    assert (kept["level"], kept["side"], kept["unit"], kept["document"]) == (
        *("blue", "at-least", "m²"),
        "合成文件 2 号",
    )
    assert Decimal(kept["value"]) / Decimal(kept["limit"]) == pytest.approx(
        Decimal("1.015"), rel=Decimal("1e-6")
    )
    assert kept["layers"] == ["land-use-survey"] and not kept["verified"]


def test_by_level_state_limit_and_region(served: Served) -> None:
    assert codes(served, "?level=red") == ["STBHHX", "CXJSYD", "JSYD"]
    assert codes(served, "?state=acknowledged") == ["JSYD"]
    assert codes(served, "?state=raised&level=blue") == ["GDBYL"]
    assert codes(served, "?code=STBHHX") == ["STBHHX"]
    assert len(codes(served, "?region=city")) == 4 and codes(served, "?region=370783101") == []
    for wrong in ("level=pink", "state=noted", "code=X", "region=shouguang", "region=12", "limit=0", "x=1"):
        answer = served.get(f"/alerts?{wrong}")
        assert answer.status_code == 400 and answer.json()["code"] == "bad-parameter", wrong


def test_an_alert_tells_its_receipts_and_its_place(served: Served) -> None:
    (listed,) = served.get("/alerts?code=JSYD").json()["alerts"]
    assert listed["state"] == "acknowledged" and listed["extent"] is None  # measured for the first time
    told = served.get(f"/alerts/{listed['id']}").json()
    assert [each["action"] for each in told["receipts"]] == ["raised", "acknowledged"]
    assert told["receipts"][1]["department"] == STEWARD and told["changed"] is None
    assert told["steps"] == ["handled", "noted"]
    with connect(served.dsn) as connection:
        place = shapely.to_wkb(shapely.box(118.7, 36.8, 118.8, 36.9))
        number = store.raise_alert(connection, "GDBYL", "city", "red", *_rests(connection), None, place)
    there = served.get(f"/alerts/{number}").json()
    assert shapely.equals(shapely.geometry.shape(there["changed"]), shapely.from_wkb(place))
    (first,) = served.get("/alerts?code=GDBYL&limit=1").json()["alerts"]
    assert first["id"] == number and first["extent"] == [118.7, 36.8, 118.8, 36.9]
    for missing in (number + 1, 10**17):
        assert served.get(f"/alerts/{missing}").status_code == 404
    for page in ("/alerts", f"/alerts/{number}"):
        html = served.get(page, params={"f": "html"}).text
        assert "合成" in html if page != "/alerts" else "GDBYL" not in html and "耕地保有量" in html
    with connect(served.dsn) as connection:
        release.set_class(connection, "counted", srid=4549, by="test")
        release.mark(connection, "land-use-survey", "counted", by="test")
    until(lambda: served.get(f"/alerts/{number}").json()["limited"])
    there = served.get(f"/alerts/{number}").json()
    assert there["changed"] is None and there["value"]
    assert served.get("/alerts?code=GDBYL&limit=1").json()["alerts"][0]["extent"] is None
    with connect(served.dsn) as connection:
        release.mark(connection, "land-use-survey", None, by="test")


def _rests(connection: Connection) -> tuple[int, int]:
    row = connection.execute(
        "select monitoring, limit_value from planning.alert where code = 'GDBYL' limit 1"
    ).fetchone()
    assert row
    return row[0], row[1]


def test_only_who_may_read_what_it_rests_on_is_told(served: Served) -> None:
    nobody = served.get("/alerts", headers={"X-API-Key": "om_none"})
    assert nobody.status_code == 401
    with connect(served.dsn) as connection:
        for department in ("水利局", "农业农村局"):
            access.add_grant(connection, "land-use-survey", department, Right.READ, by="test")
        access.add_grant(connection, "land-use-survey", "农业农村局", Right.EDIT, by="test")
    water, farms = key(served, "水利局", Role.READER), key(served, "农业农村局", Role.EDITOR)
    until(lambda: "JSYD" in codes(served, headers=water) and "JSYD" in codes(served, headers=farms))
    # One rests on the red line, which they may not read.
    assert set(codes(served, headers=water)) == {"JSYD", "CXJSYD", "GDBYL"}
    every = {each["code"]: each["id"] for each in served.get("/alerts").json()["alerts"]}
    assert served.get(f"/alerts/{every['JSYD']}", headers=water).json()["steps"] == []
    assert served.get(f"/alerts/{every['JSYD']}", headers=farms).json()["steps"] == ["handled", "noted"]
    hidden = served.get(f"/alerts/{every['STBHHX']}", headers=water)
    absent = served.get("/alerts/99999999", headers=water)
    assert (hidden.status_code, hidden.json()["code"]) == (absent.status_code, absent.json()["code"])
    assert set(codes(served, headers=key(served, STEWARD, Role.READER))) == set(every)
    assert codes(served, headers=key(served, "教育局", Role.READER)) == []


def test_an_answer_shows_in_the_list(served: Served) -> None:
    (alert,) = served.get("/alerts?code=CXJSYD").json()["alerts"]
    by = {"author": "王", "department": STEWARD}
    step = {"code": "CXJSYD", "alert": alert["id"], "action": "acknowledged", "note": "已核", **by}
    body = {"inputs": step}
    accepted = served.client.post("/processes/answer-alert/execution", json=body)
    assert accepted.status_code == 201, accepted.text
    from api.executions import OFFERED

    run.run(Workplace(served.dsn, "370783"), OFFERED, accepted.json()["jobID"], 1)
    (after,) = served.get("/alerts?code=CXJSYD").json()["alerts"]
    assert after["state"] == "acknowledged" and after["steps"] == ["handled", "noted"]


def test_definitions_and_the_history_of_a_value(served: Served, tmp_path: Path) -> None:
    listed = served.get("/indicators").json()
    by_code = {each["code"]: each for each in listed["indicators"]}
    served_layers = {each["id"] for each in served.get("/collections").json()["collections"]}
    for each in by_code.values():
        assert each["available"] == (set(each["layers"]) <= served_layers), each
    assert by_code["AQ-03"]["layers"] == ["ecological-redline"] and by_code["AQ-03"]["formula"]
    assert listed["figures"][by_code["AQ-06"]["given"][0]] == "用水总量"
    assert served.get("/indicators/AQ-03/values").json()["values"] == []
    from api.executions import OFFERED

    for when in ("2026-05-01", "2026-06-01"):
        inputs = {"codes": ["AQ-03", "AQ-06"], "datetime": f"{when}T00:00:00+08:00", "keep": True}
        accepted = served.client.post("/processes/indicators/execution", json={"inputs": inputs})
        run.run(Workplace(served.dsn, "370783"), OFFERED, accepted.json()["jobID"], 1)
    found = served.get("/indicators/AQ-03/values").json()["values"]
    assert [each["datetime"][:10] for each in found] == ["2026-06-01", "2026-05-01"]
    assert all(Decimal(each["value"]) > 0 and each["same_definition"] for each in found)
    lacking = served.get("/indicators/AQ-06/values?limit=1").json()
    (last,) = lacking["values"]
    assert last["value"] is None and last["no_data"]["zh"]  # never 0
    (following,) = [link["href"] for link in lacking["links"] if link["rel"] == "next"]
    assert served.get(following.removeprefix(served.url)).json()["values"][0]["id"] < last["id"]
    assert served.get("/indicators/AQ-03/values?region=370783101").json()["values"] == []
    water = key(served, "水利局", Role.READER)
    seen = {
        each["code"]
        for each in served.get("/indicators", headers=water).json()["indicators"]
        if each["available"]
    }
    assert "AQ-03" not in seen and "AQ-06" in seen
    for code, headers in (("AQ-03", water), ("ZZ-1", {})):
        answer = served.get(f"/indicators/{code}/values", headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown-indicator")
    with connect(served.dsn) as connection:
        assert set(operator(connection, INDICATORS, {"codes": ["AQ-03"]}).layers) == {"ecological-redline"}
