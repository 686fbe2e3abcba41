"""Publications over HTTP: everybody looks and comments without a key, and sees no more than is public."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from api_serving import Served, server
from serving import database_of, until

sys.path.insert(0, str(Path(__file__).parents[1] / "planning"))
import publication_ground as ground
from publication_ground import FARMLAND, PERSONAL, ZONES

from api.executions import OFFERED
from planning.publication import store
from planning.publication.model import Action, Publication, Wanted
from planning.publication.publication import publish, step
from spatial.access import release
from spatial.access import store as access
from spatial.access.model import Role
from spatial.database import Connection, connect
from spatial.datum.clock import BEIJING
from spatial.history.model import Intent
from spatial.jobs import run
from spatial.jobs.workplace import Workplace

OUTSIDE = {"X-Forwarded-For": "203.0.113.7"}
"""As who asks from elsewhere: a program of this machine is its operator."""
SAID = {"stance": "suggest", "text": "建议保留沿河绿地,电话 13800001234", "name": "赵六", "contact": "a@b.cn"}


@pytest.fixture(scope="module")
def served(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with database_of(server_dsn, template) as dsn:
        with connect(dsn) as connection, connection.transaction():
            ground.build(connection)
        log = tmp_path_factory.mktemp("publication") / "server.log"
        with server(dsn, log) as running:
            running.client.timeout = httpx.Timeout(60)
            yield running
        assert "unexpected failure" not in log.read_text()


def key(served: Served, department: str, *roles: Role) -> dict[str, str]:
    with connect(served.dsn) as connection:
        _, secret = access.add_key(connection, "试验", department, roles, by="test")
    held = {"X-API-Key": secret}
    until(lambda: served.client.get("/access/me", headers=held).status_code == 200)
    return held


@pytest.fixture(scope="module")
def officer(served: Served) -> dict[str, str]:
    return key(served, ground.DEPARTMENT, Role.STEWARD)


def published(served: Served, began: date, *wanted: Wanted, version: str = ground.VERSION) -> Publication:
    """A publication that began on a day, as if it had been opened then."""
    at = datetime(began.year, began.month, began.day, tzinfo=BEIJING)
    said = Intent("张伟", ground.DEPARTMENT, "公示草案", at)
    with connect(served.dsn) as connection, connection.transaction():
        for (number,) in connection.execute("select id from planning.publication").fetchall():
            withdraw(connection, number)
        shown = ground.draft(began + timedelta(39), *wanted, version=version)
        return publish(connection, shown, said, began)


def withdraw(connection: Connection, number: int) -> None:
    found = store.get(connection, number)
    if Action.WITHDRAWN not in {each.action for each in found.steps}:
        step(connection, number, Action.WITHDRAWN, ("张伟", ground.DEPARTMENT, "试验"), ground.today())


@pytest.fixture(scope="module")
def open_(served: Served) -> Publication:
    return published(served, ground.today())


def comment(
    served: Served, number: int, said: dict[str, Any] | None = None, **headers: str
) -> httpx.Response:
    told = {**OUTSIDE, "Idempotency-Key": str(uuid4()), **headers}
    return served.client.post(f"/publications/{number}/comments", json=said or SAID, headers=told)


def test_everybody_reads_what_is_published_and_nothing_that_is_not_public(
    served: Served, open_: Publication
) -> None:
    client, at = served.client, f"/publications/{open_.id}"
    assert client.get(f"/collections/{ZONES}/items", headers=OUTSIDE).status_code == 404, "no open layer"
    listed = client.get("/publications", headers=OUTSIDE).json()
    assert listed["handles"] is False and listed["publications"][0]["id"] == open_.id
    told = client.get(at, headers=OUTSIDE).json()
    assert told["standing"]["zh"] == "征询中" and "张伟" not in json.dumps(told, ensure_ascii=False)
    zones, farmland = told["layers"]
    assert zones["precision"]["id"] == "exact" and zones["legend"]["entries"]
    assert farmland["precision"]["zh"] == "概略公开" and farmland["grid_m"] == 250
    assert set(PERSONAL).isdisjoint(each["name"] for each in farmland["fields"])
    texts = []
    for layer in (ZONES, FARMLAND):
        answer = client.get(f"{at}/layers/{layer}/items", headers=OUTSIDE)
        assert answer.headers["content-type"] == "application/geo+json"
        texts.append(answer.text)
    assert len(json.loads(texts[0])["features"]) == 12 and "other" not in texts[0]
    whole = "".join(texts)
    assert all(each not in whole for each in ("王某", "李某", "13800001234", *PERSONAL))
    view = client.get(
        f"{at}/layers/{ZONES}/items?bbox=118.6,36.8,118.8,37&largest=true&limit=3", headers=OUTSIDE
    )
    assert len(view.json()["features"]) == 3 and view.json()["more"] is True


def test_secrecy_that_grows_later_holds_at_once(served: Served, open_: Publication) -> None:
    at = f"/publications/{open_.id}/layers/{ZONES}/items"
    with connect(served.dsn) as connection, connection.transaction():
        release.set_class(connection, "tm", srid=4549, by="test")
        release.mark(connection, ZONES, "tm", by="test")
    until(lambda: served.client.get(at, headers=OUTSIDE).json()["precision"] == "coarse")
    with connect(served.dsn) as connection, connection.transaction():
        release.mark(connection, ZONES, None, by="test")
    until(lambda: served.client.get(at, headers=OUTSIDE).json()["precision"] == "exact")


def test_a_comment_is_kept_once_shown_when_moderated_and_answered(
    served: Served, open_: Publication, officer: dict[str, str]
) -> None:
    client, at = served.client, f"/publications/{open_.id}"
    said = {
        **SAID,
        "geometry": {"type": "Point", "coordinates": [118.702, 36.902]},
        "layer": ZONES,
        "fid": "z00",
    }
    made = comment(served, open_.id, said, **{"Idempotency-Key": "one"})
    again = comment(served, open_.id, said, **{"Idempotency-Key": "one"})
    assert made.status_code == again.status_code == 201 and made.json() == again.json()
    assert comment(served, open_.id, SAID, **{"Idempotency-Key": "one"}).status_code == 422
    told = made.json()
    assert client.get(f"{at}/comments", headers=OUTSIDE).json()["comments"] == []
    own = client.get(f"{at}/comments/{told['code']}", headers=OUTSIDE).json()
    assert own["state"] == "pending" and "name" not in own
    step_ = {"state": "shown", "reason": "", "step": 0}
    place = f"{at}/comments/{told['id']}"
    assert client.post(f"{place}/moderation", json=step_, headers=OUTSIDE).status_code == 401
    reader = key(served, "某部门", Role.STEWARD)
    assert client.post(f"{place}/moderation", json=step_, headers=reader).status_code == 403
    assert client.post(f"{place}/moderation", json=step_, headers=officer).status_code == 200
    assert client.post(f"{place}/moderation", json=step_, headers=officer).status_code == 409
    answer = {"outcome": "adopted", "text": "已保留", "step": 1}
    assert client.post(f"{place}/answer", json=answer, headers=officer).status_code == 200
    (shown,) = client.get(f"{at}/comments", headers=OUTSIDE).json()["comments"]
    assert shown["answer"]["text"] == "已保留" and shown["answer"]["outcome"]["zh"] == "采纳"
    text = json.dumps(shown, ensure_ascii=False)
    assert all(each not in text for each in ("赵六", "a@b.cn", "13800001234", told["code"]))
    figures = client.get(f"{at}/statistics", headers=OUTSIDE).json()
    assert (figures["total"], figures["placed"], figures["answered"]) == (1, 1, 1)


def test_who_said_it_is_for_those_who_may_read_internal_fields_and_audited(
    served: Served, open_: Publication, officer: dict[str, str]
) -> None:
    client, at = served.client, f"/publications/{open_.id}"
    assert comment(served, open_.id).status_code == 201
    for path in (
        f"{at}/comments?state=all",
        f"{at}/comments?persons=true",
        f"{at}/file",
        f"{at}/file?persons=true",
    ):
        assert client.get(path, headers=OUTSIDE).status_code == 401, path
    here = client.get(f"{at}/comments?persons=true")
    assert here.status_code == 403, "the operator of this machine is no person"
    assert client.get(f"{at}/comments?state=all").status_code == 200
    told = client.get(f"{at}/comments?persons=true", headers=officer).json()["comments"]
    assert {each["name"] for each in told} == {"赵六"}
    with connect(served.dsn) as connection:
        row = connection.execute(
            "select count(*) from spatial.audit where action = 'read' and target like %s",
            (f"%{at}/comments",),
        ).fetchone()
    assert row is not None and row[0] >= 1
    table = client.get(f"{at}/file?f=csv&persons=true", headers=officer)
    assert (
        "赵六" in table.content.decode("utf-8-sig") and "attachment" in table.headers["content-disposition"]
    )
    assert "赵六" not in client.get(f"{at}/file?f=csv", headers=officer).text
    assert client.get(f"{at}/file?f=gpkg", headers=officer).content.startswith(b"SQLite format 3")


@pytest.mark.parametrize(
    ("said", "headers", "status", "where"),
    [
        ({**SAID, "fid": "other", "layer": ZONES}, {}, 400, "fid"),
        ({**SAID, "fid": "z00", "layer": "plans"}, {}, 404, None),
        ({**SAID, "text": "x" * 3000}, {}, 400, "text"),
        ({**SAID, "text": "字" * 40_000}, {}, 413, None),
        (SAID, {"Idempotency-Key": "含"}, 400, None),
    ],
)
def test_a_comment_that_cannot_be_taken_is_refused_and_nothing_kept(
    served: Served,
    open_: Publication,
    said: dict[str, Any],
    headers: dict[str, str],
    status: int,
    where: str | None,
) -> None:
    before = served.client.get(f"/publications/{open_.id}/statistics").json()["total"]
    encoded = {name: value.encode() for name, value in headers.items()}
    told = {**OUTSIDE, "Idempotency-Key": str(uuid4())} | encoded  # type: ignore[operator]
    refused = served.client.post(f"/publications/{open_.id}/comments", json=said, headers=told)
    assert refused.status_code == status, refused.text
    assert refused.json().get("where") == where
    assert served.client.get(f"/publications/{open_.id}/statistics").json()["total"] == before


def test_a_comment_without_a_key_is_refused(served: Served, open_: Publication) -> None:
    refused = served.client.post(f"/publications/{open_.id}/comments", json=SAID, headers=OUTSIDE)
    assert refused.status_code == 400 and refused.json()["parameter"] == "Idempotency-Key"


def test_one_address_that_writes_too_often_waits(served: Served, open_: Publication) -> None:
    statuses = [
        comment(served, open_.id, **{"X-Forwarded-For": "198.51.100.9", "Forwarded": "for=x"}).status_code
        for _ in range(12)
    ]
    assert 429 in statuses and statuses.count(201) <= 10


def test_a_publication_is_opened_and_ended_by_processes(served: Served, officer: dict[str, str]) -> None:
    with connect(served.dsn) as connection, connection.transaction():
        for (number,) in connection.execute("select id from planning.publication").fetchall():
            withdraw(connection, number)
    today = ground.today()
    inputs = {
        "version": ground.VERSION, "title": "第二次公示",
        "layers": [{"layer": ZONES, "precision": "counted"}],
        "day": today.isoformat(), "closes_on": (today + timedelta(29)).isoformat(), "reason": "公示草案",
        "document_title": "公示公告(合成数据)", "issued_on": today.isoformat(),
    }  # fmt: skip
    editor = key(served, ground.DEPARTMENT, Role.EDITOR)
    assert _job(served, "publish-plan", inputs, editor)[0] in (401, 403)
    seen = _job(served, "publish-plan", {**inputs, "preview": True}, officer)[1]
    assert seen["preview"] is True
    status, told = _job(served, "publish-plan", inputs, officer)
    assert status == 200 and told["standing"]["id"] == "open", told
    assert told["layers"][0]["classes"] == [
        {"code": "400", "zh": "城镇发展区", "en": told["layers"][0]["classes"][0]["en"], "features": 9},
        {"code": "300", "zh": "农田保护区", "en": told["layers"][0]["classes"][1]["en"], "features": 3},
    ]
    number = told["id"]
    at = f"/publications/{number}/layers/{ZONES}/items"
    assert served.client.get(at, headers=OUTSIDE).status_code == 404, "only numbers are shown"
    status, told = _job(
        served, "publication-step", {"publication": number, "action": "withdrawn", "reason": "有误"}, officer
    )
    assert told["standing"]["id"] == "withdrawn"
    until(lambda: comment(served, number).status_code == 422)
    assert served.client.get(f"/publications/{number}", headers=OUTSIDE).json()["layers"] == []


def _job(served: Served, process: str, inputs: dict[str, Any], who: dict[str, str]) -> tuple[int, Any]:
    made = served.client.post(f"/processes/{process}/execution", json={"inputs": inputs}, headers=who)
    if made.status_code != 201:
        return made.status_code, made.json()
    job = made.json()["jobID"]
    run.run(Workplace(served.dsn, "370783"), OFFERED, job, 1)
    answer = served.client.get(f"/jobs/{job}/results?f=json", headers=who)
    told = answer.json()
    return answer.status_code, told.get("outcome", told)


def test_one_that_has_not_begun_is_known_to_those_who_handle_it_alone(
    served: Served, officer: dict[str, str]
) -> None:
    later = published(served, ground.today() + timedelta(3))
    at = f"/publications/{later.id}"
    assert served.client.get(at, headers=OUTSIDE).status_code == 404
    assert later.id not in {
        each["id"] for each in served.client.get("/publications", headers=OUTSIDE).json()["publications"]
    }
    assert served.client.get(at, headers=officer).json()["standing"]["id"] == "announced"
    assert comment(served, later.id).status_code == 404


def test_after_the_period_it_is_read_and_not_commented(served: Served) -> None:
    past = published(served, ground.today() - timedelta(60), Wanted(ZONES), version=ground.OTHER)
    told = served.client.get(f"/publications/{past.id}", headers=OUTSIDE).json()
    assert told["standing"]["id"] == "ended" and len(told["layers"]) == 1
    refused = comment(served, past.id)
    assert refused.status_code == 422 and refused.json()["code"] == "comments-closed"
