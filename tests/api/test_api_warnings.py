"""Warnings over HTTP: from readings to what stands, who may see it, who takes note, CAP, and the ledger."""

from __future__ import annotations

import itertools
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import cap_reader
import pytest
from api_serving import Served, database_of, server
from feed_clients import Follower
from jobs_done import get
from jobs_done import outcome as job
from pyproj import Geod
from serving import until
from warning_ground import BEGUN, OTHER, RIVER, grounded, measured

from spatial.access import store as access
from spatial.access.model import Right, Role
from spatial.database import connect
from spatial.datum import format_instant
from spatial.history import feed
from spatial.history.feed import BEGINNING, Seal
from water.gauges.layers import STATIONS, THRESHOLDS
from water.warning.rule_document import shipped

BUREAU, EMERGENCY = "寿光市水利局", "寿光市应急管理局"
BY = {"author": "王局", "department": BUREAU}
HOUR = timedelta(hours=1)


@pytest.fixture(scope="module")
def served(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The stations, the rules that ship, and one flood that came and went at one of them."""
    with database_of(server_dsn, template) as dsn:
        with connect(dsn) as connection:
            grounded(connection)
        log = tmp_path_factory.mktemp("warnings") / "server.log"
        with server(dsn, log) as running:
            for document in shipped("warning-rules"):
                assert job(running, "warning-rule-record", rule=document, reason="测试", **BY)["version"] == 1
            yield running
        assert "unexpected failure" not in log.read_text()


def key(served: Served, department: str, *roles: Role) -> dict[str, str]:
    with connect(served.dsn) as connection:
        _, secret = access.add_key(connection, f"试验 {len(roles)}", department, list(roles), by="test")
    held = {"X-API-Key": secret}
    until(lambda: served.client.get("/access/me", headers=held).status_code == 200)
    return held


LATER = itertools.count(6, 4)
"""Hours at which something new happens: readings are judged in their order, whatever test comes first."""


def stages(served: Served, stages: list[float], hour: int) -> str:
    """Readings of every hour from that hour on; the instant of the last as it is asked for."""
    with connect(served.dsn) as connection:
        return format_instant(measured(connection, RIVER, stages, BEGUN + hour * HOUR))


@pytest.fixture(scope="module")
def flooded(served: Served) -> dict[str, Any]:
    """What the evaluations of a flood told, hour by hour."""
    told = [
        job(served, "warning-evaluate", datetime=stages(served, each, hour))
        for each, hour in (([20.0, 21.2], 0), ([22.3], 2), ([20.1, 20.1], 3))
    ]
    return {"told": told}


def test_readings_become_a_warning_that_is_listed_as_it_stood(
    served: Served, flooded: dict[str, Any]
) -> None:
    first, second, third = flooded["told"]
    assert [each["action"] for each in first["steps"]] == ["issued"] and first["readings"] == 2
    assert [each["colour"] for each in second["steps"]] == ["orange"]
    assert [each["action"] for each in third["steps"]] == ["cleared"]
    assert len(first["inputs_sha256"]) == 64 and third["verdicts"]["undecidable"] == 3
    one = get(served, "/warnings")["warnings"][-1]
    assert (one["station"], one["state"], one["gravest"], one["stamp"]) == (RIVER, "cleared", "orange", None)
    over = "state=open&datetime=2026-07-01T12:30:00%2B08:00"
    assert get(served, f"/warnings?{over}")["warnings"] == []
    then = get(served, "/warnings?state=open&datetime=2026-07-01T10:30:00%2B08:00")["warnings"]
    assert [(each["colour"], each["standing"]) for each in then] == [("orange", "unverified")]
    assert get(served, "/warnings?colour=orange&asof=2026-01-01")["warnings"] == []
    whole = get(served, f"/warnings/{one['id']}")
    assert [each["action"] for each in whole["steps"]] == ["issued", "raised", "cleared"]
    assert whole["steps"][1]["value"] == 22.3 and whole["waiting"] == []
    assert whole["steps"][1]["evidence"]["levels"]["orange"]["document"] == "测试文件"
    before = whole["steps"][1]["recorded_at"].replace("+", "%2B")
    assert len(get(served, f"/warnings/{one['id']}?asof={before}")["steps"]) == 2
    for address in ("/warnings", f"/warnings/{one['id']}", "/warnings/rules"):
        assert "预警" in served.get(address, params={"f": "html"}).text


def test_what_happens_to_warnings_is_told_in_order(served: Served, flooded: dict[str, Any]) -> None:
    """From before the first one on: no step is left out, and a cursor of another feed is none here."""
    nothing = Seal(_key(served)).text(BEGINNING)
    follower = Follower(served.url, 3, path="/warnings/stream", name="warning", since=nothing)
    follower.start().join(60)
    assert follower.failure is None
    assert [(each["event"], each["colour"], each["at"][11:16]) for each in follower.seen[:3]] == [
        ("issued", "yellow", "09:00"), ("raised", "orange", "10:00"), ("cleared", "none", "12:00"),
    ]  # fmt: skip
    stale = served.client.get("/changes", params={"since": "now"}).json()["next"]
    for path in ("/warnings/stream", "/response-plans/stream"):
        asked = served.client.get(path, params={"since": stale}, headers={"accept": "text/event-stream"})
        assert asked.status_code in (404, 409), asked.text
        assert served.client.get(path, headers={"X-API-Key": "om_none"}).status_code == 401


def _key(served: Served) -> bytes:
    with connect(served.dsn) as connection:
        row = connection.execute(feed.key().sql).fetchone()
    assert row is not None
    return bytes(row[0])


def test_what_cannot_be_judged_says_what_is_missing(served: Served, flooded: dict[str, Any]) -> None:
    found = get(served, "/warnings/judgements?verdict=undecidable")["judgements"]
    assert {(each["rule"], each["station"]) for each in found} == {
        ("flood-discharge", RIVER),
        ("flood-return-period", RIVER),
        ("flood-stage", OTHER),
    }
    assert all("无法判定" in one["zh"] and BUREAU in one["zh"] for each in found for one in each["missing"])
    first = get(served, "/warnings/judgements?limit=1")
    assert first["numberReturned"] == 1 and first["links"][-1]["rel"] == "next"
    second = get(served, first["links"][-1]["href"].removeprefix(served.url))["judgements"]
    told = [(each["rule"], each["station"]) for each in (*first["judgements"], *second)]
    assert told == sorted(told) and len(set(told)) == 2
    rules = get(served, "/warnings/rules")["rules"]
    assert [each["id"] for each in rules] == ["flood-discharge", "flood-return-period", "flood-stage"]


def test_the_ledger_tells_what_came_of_it(served: Served, flooded: dict[str, Any]) -> None:
    span = {"start": "2026-07-01T00:00:00+08:00", "end": "2026-07-01T20:00:00+08:00"}
    done = job(served, "warning-verify", rule="flood-stage", colour="yellow", **span)
    assert (done["hits"], done["misses"], done["false_alarms"], done["pod"]) == (1, 0, 0, 1.0)
    missed = job(served, "warning-verify", rule="flood-stage", colour="red", **span)
    assert (missed["hits"], missed["pod"], missed["entries"]) == (0, None, [])
    ever = {**span, "start": "0001-01-01T00:00:00Z"}
    whole = job(served, "warning-verify", rule="flood-stage", colour="orange", **ever)
    assert whole["start"].startswith("0001-01-01"), "as far as the calendar goes back"
    refused = job(served, "warning-verify", rule="flood-discharge", colour="red", **span)
    assert refused["code"] == "nothing-to-verify" and BUREAU in refused["zh"]
    listed = get(served, "/warnings/ledger?rule=flood-stage")["verifications"]
    assert [each["colour"] for each in listed] == ["orange", "red", "yellow"]
    assert listed[2]["entries"][0]["fate"] == "hit"


def test_who_may_see_and_who_takes_note(served: Served, flooded: dict[str, Any]) -> None:
    job(served, "warning-evaluate", datetime=stages(served, [19.0, 19.0, 21.5], next(LATER)))
    (one,) = get(served, "/warnings?state=open")["warnings"]
    address = f"/warnings/{one['id']}/acknowledgements"
    nobody = {"X-API-Key": "om_none"}
    assert served.get("/warnings", headers=nobody).status_code == 401
    reader, duty = key(served, EMERGENCY, Role.READER), key(served, BUREAU, Role.EDITOR)
    leader = key(served, BUREAU, Role.EDITOR, Role.STEWARD)
    assert served.get("/warnings", headers=reader).status_code == 404  # nobody has let them see the gauges
    with connect(served.dsn) as connection:
        for layer in (STATIONS, THRESHOLDS):
            access.add_grant(connection, layer, EMERGENCY, Right.READ, by="test")
    until(lambda: served.get("/warnings", headers=reader).status_code == 200)
    assert get(served, "/warnings?state=open", headers=reader)["warnings"][0]["id"] == one["id"]

    follower = Follower(served.url, 1, path="/warnings/stream", name="warning", headers=reader)
    thread = follower.start()
    assert follower.open.wait(60)

    def take(who: dict[str, str], tier: str, **more: Any) -> Any:
        answer = served.client.post(address, json={"tier": tier, **more}, headers=who)
        return answer.status_code, answer.json()

    assert take(reader, "duty")[0] == 403 and take(duty, "leader")[0] == 403
    status, told = take(leader, "leader")
    assert status in (400, 422) and told["code"] == "acknowledgement-refused" and "值班员" in told["zh"]
    status, told = take(duty, "duty", comment="已电话核实")
    assert status == 200 and [each["tier"] for each in told["waiting"]] == ["leader"]
    thread.join(60)
    assert follower.failure is None
    (seen,) = follower.seen
    assert (seen["event"], seen["warning"], seen["tier"]) == ("acknowledged", one["id"], "duty")
    assert seen["links"][0]["href"].endswith(f"/warnings/{one['id']}") and "stamp" not in seen
    assert take(duty, "duty")[1]["code"] == "acknowledgement-refused"
    status, told = take(leader, "leader")
    assert status == 200 and {each["department"] for each in told["waiting"]} == {BUREAU, EMERGENCY}
    status, told = take(reader, "departments", comment="收到")
    assert status == 200 and [each["department"] for each in told["waiting"]] == [BUREAU]
    assert told["acknowledgements"][0]["comment"] == "已电话核实"
    assert take(duty, "chief")[0] == 400 and take(duty, "duty", department="x")[0] == 400
    assert take(duty, "duty", action="noted", comment="继续观察")[0] == 200
    cancel = f"/warnings/{one['id']}/cancellation"
    assert served.client.post(cancel, json={"comment": "误报"}, headers=duty).status_code == 403
    assert served.client.post(cancel, json={}, headers=leader).json()["code"] == "warning-step-refused"
    spoken = served.client.post(f"{cancel}?lang=xx", json={"comment": "误报"}, headers=leader)
    assert spoken.json()["parameter"] == "lang"
    done = served.client.post(cancel, json={"comment": "水尺故障"}, headers=leader)
    assert done.status_code == 200 and done.json()["state"] == "cancelled"
    assert get(served, "/warnings?state=open")["warnings"] == []


def test_what_is_not_there_or_cannot_be_asked(served: Served, flooded: dict[str, Any]) -> None:
    for address, status in (
        ("/warnings/999999", 404),
        ("/warnings/x", 400),
        ("/warnings?colour=pink", 400),
        ("/warnings?state=raised", 400),
        ("/warnings/judgements?verdict=maybe", 400),
        ("/warnings/judgements?after=x", 400),
        ("/warnings?x=1", 400),
    ):
        answer = served.get(address)
        assert answer.status_code == status and answer.json()["code"], (address, answer.text)
    document = dict(shipped("warning-rules")[2])
    bad = [{"colour": "red", "raised": 5, "cleared": 6}]
    told = job(served, "warning-rule-record", rule={**document, "levels": bad}, reason="x", **BY)
    assert told["code"] == "bad-warning-rule" and told["pointer"] == "/levels/0/cleared"
    given = {"station": RIVER, "issued_at": "2026-07-01", "from": "2026-07-01", "until": "2026-07-02"}
    values = [{**given, "probability": 0.5}]
    told = job(served, "warning-probability-give", rule="flood-stage", source="run-1", values=values, **BY)
    assert told["code"] and "超限概率" in told["zh"]
    told = job(served, "warning-evaluate", datetime="2020-01-01T00:00:00Z")
    assert told["code"] == "bad-warning-input"


def test_messages_of_cap(served: Served, flooded: dict[str, Any]) -> None:
    (one,) = get(served, "/warnings?datetime=2026-07-01T10:30:00%2B08:00")["warnings"]
    messages = []
    for step in (1, 2, 3):
        answer = served.get(f"/warnings/{one['id']}/cap?step={step}")
        assert answer.headers["content-type"].startswith("application/cap+xml")
        messages.append(cap_reader.read(answer.content))
    # Nobody has acknowledged anything: all of it is a draft.
    assert [each["msgType"] for each in messages] == ["Alert", "Update", "Cancel"]
    assert {each["status"] for each in messages} == {"Draft"} and "草稿" in messages[0]["note"]
    assert len({each["identifier"] for each in messages}) == 3
    assert messages[2]["references"].split() == [
        f"{each['sender']},{each['identifier']},{each['sent']}" for each in messages[:2]
    ]
    zh, en = messages[1]["info"]
    assert (zh["language"], en["language"]) == ("zh-CN", "en-US")
    assert (zh["severity"], zh["certainty"], zh["urgency"]) == ("Severe", "Observed", "Immediate")
    assert zh["headline"] == "测试河道站洪水橙色预警:升级" and "测试文件" in zh["description"]
    (area,) = zh["area"]
    assert area["geocode"] == {"STCD": RIVER, "GB/T 2260": "370783"}
    corners = [tuple(map(float, pair.split(",")))[::-1] for pair in area["polygon"].split()]
    lon, lat = zip(*corners, strict=True)
    _, _, away = Geod(ellps="GRS80").inv([118.75] * len(lon), [36.88] * len(lat), lon, lat)
    assert max(abs(each - 500.0) for each in away) < 1.0
    assert messages[2]["info"][0]["responseType"] == "AllClear"
    assert served.get(f"/warnings/{one['id']}/cap?step=9").status_code == 404
    assert served.get("/warnings/999999/cap").status_code == 404


def test_a_message_is_released_by_the_leader_and_the_feed_tells_it(
    served: Served, flooded: dict[str, Any]
) -> None:
    job(served, "warning-evaluate", datetime=stages(served, [19.0, 19.0, 23.4], next(LATER)))
    (one,) = get(served, "/warnings?state=open")["warnings"]
    cap, feed = f"/warnings/{one['id']}/cap", "/warnings/feed"
    draft = cap_reader.read(served.get(cap).content)
    for tier, department in (("duty", BUREAU), ("leader", BUREAU)):
        body = {"tier": tier, "department": department, "comment": "\u0001 已阅"}
        assert served.client.post(f"/warnings/{one['id']}/acknowledgements", json=body).status_code == 200
    actual = cap_reader.read(served.get(cap).content)
    assert (draft["status"], actual["status"], actual["msgType"]) == ("Draft", "Actual", "Alert")
    assert draft["identifier"] != actual["identifier"] and actual["sent"] >= draft["sent"]
    entries = ET.fromstring(served.get(feed).content).findall("{http://www.w3.org/2005/Atom}entry")
    (link,) = [each.find("{http://www.w3.org/2005/Atom}link") for each in entries]
    assert link is not None and link.attrib["type"] == "application/cap+xml"
    linked = served.get(link.attrib["href"].removeprefix(served.url))
    assert cap_reader.read(linked.content)["identifier"] == actual["identifier"]
    cancelled = served.client.post(f"/warnings/{one['id']}/cancellation", json={"comment": "误\u0002报"})
    assert cancelled.status_code == 200
    cancel = cap_reader.read(served.get(cap).content)
    assert (cancel["msgType"], cancel["status"]) == ("Cancel", "Actual") and "误" in cancel["note"]
    assert actual["identifier"] in cancel["references"] and draft["identifier"] not in cancel["references"]
    assert not ET.fromstring(served.get(feed).content).findall("{http://www.w3.org/2005/Atom}entry")
