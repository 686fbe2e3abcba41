"""Schedules over HTTP: who may set, see, rest and remove them; limits, audit, conditions, hostile bodies."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import httpx
import pytest
from guarded_town import WHO, Town

from spatial.access.model import Role
from spatial.access.store import add_key, revoke_key
from spatial.database import connect
from spatial.datum import BEIJING
from spatial.datum.clock import parse_instant
from spatial.jobs import schedule
from spatial.jobs.cron import closest_min, following
from spatial.jobs.model import Owner

STAT = {"layer": "terms"}


@pytest.fixture(autouse=True)
def none_left(town: Town) -> Iterator[None]:
    yield
    with connect(town.served.dsn) as connection:
        for one in schedule.listed(connection):
            schedule.remove(connection, one.id)


def told(name: str, **others: Any) -> dict[str, Any]:
    return {"name": name, "processID": "thematic-stat", "cron": "30 2 * * *", "inputs": STAT, **others}


def set_by(town: Town, who: str, name: str, **others: Any) -> dict[str, Any]:
    made = town.ask("POST", who, "/schedules", told(name, **others))
    assert made.status_code == 201, made.text
    found: dict[str, Any] = made.json()
    assert made.headers["location"].endswith(f"/schedules/{found['id']}")
    return found


def refusal(answer: httpx.Response, status: int, said: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    found: dict[str, Any] = answer.json()
    assert said in found["en"] and said in found["zh"], found
    return found


def names(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [one["name"] for one in answer.json()["schedules"]]


def test_who_may_run_a_process_may_schedule_it_and_nobody_else(town: Town) -> None:
    made = set_by(town, "granted", "每夜统计")
    assert made["inputs"] == STAT
    assert (made["setBy"], made["department"], made["paused"]) == ("granted", "水利局", False)
    assert datetime.now(BEIJING) < parse_instant(made["next"])
    for who in ("stranger", "granted, no role", "security administrator"):
        refusal(town.ask("POST", who, "/schedules", told("x")), 404, "terms")
    load = {"layer": "terms", "reason": "x", "file": {"name": "a.geojson", "content": "e30="}}
    answer = town.ask("POST", "granted", "/schedules", told("x", processID="load", inputs=load))
    assert answer.status_code in (400, 403), answer.text
    answer = town.ask("POST", "anonymous", "/schedules", told("x", inputs={"layer": "shared"}))
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert town.get("anonymous", "/schedules").status_code == 401
    with connect(town.served.dsn) as connection:
        assert [one.name for one in schedule.listed(connection)] == ["每夜统计"]


def test_schedules_of_others_are_not_there(town: Town) -> None:
    mine = set_by(town, "own reader", "甲", inputs={"layer": "withheld"})
    theirs = set_by(town, "granted", "甲")  # of the same name, which tells nobody anything
    address = f"/schedules/{mine['id']}"
    assert names(town.get("own editor", "/schedules")) == ["甲"]
    assert town.get("own reader", address).json()["inputs"] == {"layer": "withheld"}
    for who in ("granted", "lent steward", "auditor", "anonymous"):
        for method, body in (("GET", None), ("PATCH", {"paused": True}), ("DELETE", None)):
            answer = town.ask(method, who, address, body)
            missing = town.ask(method, who, f"/schedules/{uuid.uuid4()}", body)
            assert answer.status_code == missing.status_code == 404, (who, method)
            assert answer.json()["code"] == missing.json()["code"] == "no-such-schedule"
    # Of the same department, but without the layer: that there is one, not what it is handed.
    seen = town.get("security administrator", address).json()
    assert "inputs" not in seen and "withheld" not in str(seen)
    assert town.get("granted", f"/schedules/{theirs['id']}").status_code == 200


def test_a_name_is_given_once_within_a_department(town: Town) -> None:
    set_by(town, "own reader", "夜")
    answer = town.ask("POST", "own editor", "/schedules", told("夜"))
    found = refusal(answer, 409, "夜")
    assert found["code"] == "conflict" and "/schedules" in found["en"]
    set_by(town, "own editor", "夜2")


def test_who_set_it_and_the_steward_may_stop_it_and_only_who_set_it_start_it(town: Town) -> None:
    made = set_by(town, "own editor", "停")
    address = f"/schedules/{made['id']}"
    refusal(town.ask("PATCH", "own reader", address, {"paused": True}), 403, made["id"])
    refusal(town.ask("DELETE", "own reader", address), 403, made["id"])
    rests = town.ask("PATCH", "own steward", address, {"paused": True})
    assert (rests.status_code, rests.json()["paused"], rests.json()["next"]) == (200, True, None)
    refusal(town.ask("PATCH", "own steward", address, {"paused": False}), 403, "own editor")
    refusal(town.ask("PATCH", "own steward", address, {"paused": True, "cron": "1 1 * * *"}), 403, made["id"])
    with connect(town.served.dsn) as connection:
        connection.execute("update spatial.job_schedule set next_at = '2026-01-01'")
        now = datetime.now(BEIJING)
        from api.executions import OFFERED

        assert schedule.fire_due(connection, OFFERED, now) == (), "what rests is not fired"
    again = town.ask("PATCH", "own editor", address, {"paused": False, "cron": "45 3 * * *"})
    assert again.status_code == 200, again.text
    assert parse_instant(again.json()["next"]) == following("45 3 * * *", datetime.now(BEIJING))
    assert town.ask("DELETE", "own steward", address).status_code == 204
    assert town.get("own editor", address).status_code == 404
    assert town.ask("DELETE", "own steward", address).status_code == 404


def test_conditions_hold(town: Town) -> None:
    made = set_by(town, "own editor", "条件")
    address = f"/schedules/{made['id']}"
    read = town.get("own editor", address)
    tag = read.headers["etag"]
    assert town.get("own editor", address, **{"If-None-Match": tag}).status_code == 304
    changed = town.ask("PATCH", "own editor", address, {"paused": True}, **{"If-Match": tag})
    assert changed.status_code == 200, changed.text
    assert changed.headers["etag"] == town.get("own editor", address).headers["etag"] != tag
    for method, body in (("PATCH", {"paused": False}), ("DELETE", None)):
        stale = town.ask(method, "own editor", address, body, **{"If-Match": tag})
        assert refusal(stale, 412, made["id"])["code"] == "stale-version"
    assert town.get("own editor", address).json()["paused"] is True
    kept = {"If-Match": changed.headers["etag"]}
    assert town.ask("DELETE", "own editor", address, **kept).status_code == 204


def test_writes_are_audited_and_firing_is_none(town: Town) -> None:
    made = set_by(town, "own editor", "审计")
    address = f"/schedules/{made['id']}"
    assert town.ask("PATCH", "own editor", address, {"paused": True}).status_code == 200
    assert town.ask("PATCH", "own editor", address, {"paused": True}).status_code == 200  # changes nothing
    with connect(town.served.dsn) as connection:
        connection.execute("update spatial.job_schedule set next_at = next_at + interval '1 day'")
    assert town.ask("DELETE", "own steward", address).status_code == 204
    found = [
        (entry.action, entry.subject, entry.details["name"], entry.details["paused"])
        for who in ("own editor", "own steward")
        for action in ("schedule-add", "schedule-change", "schedule-remove")
        for entry in town.audited(action, who)
        if entry.target == made["id"]
    ]
    assert found == [
        ("schedule-add", "own editor", "审计", False),
        ("schedule-change", "own editor", "审计", True),
        ("schedule-remove", "own steward", "审计", True),
    ]


@pytest.mark.parametrize(
    ("change", "status", "pointer", "said"),
    [
        ({"cron": "* * * * *"}, 422, "/cron", "*/5"),
        ({"cron": "*/4 * * * *"}, 422, "/cron", "*/4 * * * *"),
        ({"cron": "58,2 0,23 * * *"}, 422, "/cron", "58,2 0,23 * * *"),
        ({"cron": "0 0 30 2 *"}, 400, "/cron", "0 0 30 2 *"),
        ({"cron": "R * * * *"}, 400, "/cron", "R * * * *"),
        ({"cron": "@daily"}, 400, "/cron", "@daily"),
        ({"cron": "每夜 两点 一 二 三"}, 400, "/cron", "每夜"),
        ({"cron": "0 " * 5000}, 400, "/cron", "0 0 0"),
        ({"cron": 5}, 400, "/cron", "5"),
        ({"name": ""}, 400, "/name", "/name"),
        ({"name": "a/b"}, 400, "/name", "a/b"),
        ({"name": "名" * 61}, 400, "/name", "名名"),
        ({"name": {"a": 1}}, 400, "/name", "'a'"),
        ({"processID": None}, 400, "/processID", "None"),
        ({"paused": "yes"}, 400, "/paused", "yes"),
        ({"inputs": []}, 400, "/inputs", "list"),
        ({"inputs": {"layer": 7}}, 400, "/inputs/layer", "7"),
        ({"colour": "red"}, 400, "/colour", "colour"),
        ({"subscriber": {}}, 400, "/subscriber", "subscriber"),
    ],
)
def test_what_does_not_fit_is_named(
    town: Town, change: dict[str, Any], status: int, pointer: str, said: str
) -> None:
    found = refusal(town.ask("POST", "granted", "/schedules", {**told("n"), **change}), status, said)
    assert found["pointer"] == pointer
    with connect(town.served.dsn) as connection:
        assert schedule.listed(connection) == ()


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{", b'"a"', b'{"name": "a\\u0000"}', b'{"name": "\\ud800"}', b"[" * 100_000]
)
def test_bodies_that_are_none_are_refused(town: Town, body: bytes) -> None:
    headers = {"X-API-Key": town.keys["granted"], "content-type": "application/json"}
    made = set_by(town, "granted", "有")
    for method, path in (("POST", "/schedules"), ("PATCH", f"/schedules/{made['id']}")):
        answer = town.served.client.request(method, path, headers=headers, content=body)
        assert answer.status_code == 400, (method, answer.text)


def test_unknown_process_and_addresses(town: Town) -> None:
    refusal(town.ask("POST", "granted", "/schedules", told("x", processID="nothing")), 404, "nothing")
    for identity in ("x", "%00", "x..", "é" * 100, "0" * 36, str(uuid.uuid4()).upper()):
        assert town.get("granted", f"/schedules/{identity}").status_code in (400, 404), identity
    assert town.get("granted", "/schedules?after=x").status_code == 400
    assert town.get("granted", "/schedules?processID=nothing").status_code == 400
    assert town.get("granted", "/schedules?colour=red").status_code == 400


def test_pages_follow_each_other(town: Town) -> None:
    made = [set_by(town, "granted", f"页{number}")["name"] for number in range(5)]
    address, found = "/schedules?limit=2", []
    while address:
        answer = town.get("granted", address)
        found += names(answer)
        address = next((link["href"] for link in answer.json()["links"] if link["rel"] == "next"), "")
    assert found == made
    assert names(town.get("granted", "/schedules?processID=export")) == []
    assert len(names(town.get("granted", "/schedules?processID=export,thematic-stat"))) == 5


def test_a_department_has_so_many_however_many_ask_at_once(town: Town) -> None:
    owner = Owner("somebody", "水利局")
    with connect(town.served.dsn) as connection:
        now = datetime.now(BEIJING)
        for number in range(schedule.MOST - 2):
            schedule.add(connection, f"满{number}", "0 1 * * *", "thematic-stat", STAT, owner, now)
    with ThreadPoolExecutor(4) as pool:
        answers = list(
            pool.map(lambda n: town.ask("POST", "granted", "/schedules", told(f"争{n}")), range(6))
        )
    assert sorted(one.status_code for one in answers) == [201, 201, 422, 422, 422, 422]
    found = refusal(next(one for one in answers if one.status_code == 422), 422, str(schedule.MOST))
    assert found["code"] == "schedule-limit"
    set_by(town, "own reader", "别部门")


def test_a_key_that_is_revoked_opens_neither_the_door_nor_its_schedules(town: Town) -> None:
    with connect(town.served.dsn) as connection:
        key, text = add_key(connection, "临时", "水利局", frozenset({Role.READER}), by="test")
    town.keys["临时"] = text
    from api_serving import until

    fresh = {"connection": "close"}
    until(lambda: all(town.get("临时", "/access/me", **fresh).status_code == 200 for _ in range(8)))
    made = set_by(town, "临时", "短")
    with connect(town.served.dsn) as connection:
        revoke_key(connection, key.id, by="test")
    until(lambda: all(town.get("临时", "/access/me", **fresh).status_code == 401 for _ in range(8)))
    assert town.ask("DELETE", "临时", f"/schedules/{made['id']}").status_code == 401
    assert town.ask("DELETE", "granted", f"/schedules/{made['id']}").status_code == 403
    assert WHO["granted"].department == "水利局"


def test_a_page_for_people(town: Town) -> None:
    made = set_by(town, "granted", "网页")
    for path in ("/schedules", f"/schedules/{made['id']}"):
        page = town.get("granted", path, accept="text/html")
        assert page.status_code == 200 and made["id"] in page.text


@pytest.mark.parametrize(
    ("cron", "minutes"),
    [("*/5 * * * *", 5), ("0,55 * * * *", 5), ("59 23 * * *", 1440), ("0 0,12 * * *", 720)],
)
def test_how_close_firings_stand(cron: str, minutes: int) -> None:
    assert closest_min(cron) == minutes
