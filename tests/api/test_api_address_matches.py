"""Lists under review over HTTP: what is decided is learnt, taken back, and never overwritten."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from api_serving import Served, server
from guarded_channels import OF_LISTS
from register_ground import registered
from serving import until

from address import FOLDER, review
from api.executions import OFFERED
from spatial.access import store as access
from spatial.access.model import Role
from spatial.database import connect
from spatial.jobs import run
from spatial.jobs.workplace import Workplace
from spatial.lock import exclusive

SIZE = 1_500
MEANT = "山东省潍坊市寿光市文家街道桑家营子村123号"
WRITTEN = "文家街道桑家屯村123号"


@pytest.fixture(scope="module")
def served(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with registered(server_dsn, template, SIZE) as dsn:
        log = tmp_path_factory.mktemp("matches") / "server.log"
        with server(dsn, log) as running:
            running.client.timeout = httpx.Timeout(60)
            until(lambda: running.client.get("/v1/parse", params={"text": "寿光市"}).status_code == 200, 120)
            yield running
        assert "unexpected failure" not in log.read_text()


def _matched(served: Served, texts: list[str], **inputs: Any) -> dict[str, Any]:
    """The report of a list that was handed in and run."""
    body = "地址\n" + "".join(f"{text}\n" for text in texts)
    content = base64.b64encode(body.encode()).decode()
    inputs |= {"file": {"name": "复核.csv", "content": content}, "columns": ["地址"]}
    wanted = {"inputs": inputs, "outputs": {"report": {}}, "response": "document"}
    accepted = served.client.post("/processes/match-batch/execution", json=wanted)
    assert accepted.status_code == 201, accepted.text
    job = accepted.json()["jobID"]
    run.run(Workplace(served.dsn, "370783"), OFFERED, job, 1)
    results = served.client.get(f"/jobs/{job}/results")
    assert results.status_code == 200, results.text
    report: dict[str, Any] = results.json()["report"]
    return report.get("value", report)


def _component(served: Served, text: str) -> str:
    found = served.client.get("/v1/search", params={"text": text}).json()["features"][0]
    return str(found["properties"]["id"])


def test_a_decision_teaches_the_register_and_can_be_taken_back(served: Served) -> None:
    client = served.client
    report = _matched(served, [WRITTEN, WRITTEN, MEANT], review=True)
    assert report["buckets"] == {"自动": 1, "待审": 2, "失败": 0}
    task = f"/v1/matches/{report['review']}"
    assert client.get("/v1/matches").json()["tasks"][0]["id"] == report["review"]
    assert client.get(task).json()["states"] == {"pending": 1, "accepted": 0, "rejected": 0}
    (text,) = client.get(f"{task}/texts", params={"state": "pending"}).json()["texts"]
    assert (text["text"], text["rows"], text["version"]) == (WRITTEN, 2, 0)
    assert text["said"] and text["candidates"]
    meant = _component(served, MEANT)
    place = f"{task}/texts/{text['number']}"
    done = client.post(place, json={"version": 0, "accept": meant})
    assert done.status_code == 200, done.text
    assert (done.json()["state"], done.json()["learnt"], done.json()["version"]) == ("accepted", True, 1)
    second = client.post(place, json={"version": 0, "reject": True})
    assert second.status_code == 409 and second.json()["code"] == "match-decided-meanwhile"
    assert _matched(served, [WRITTEN])["buckets"]["自动"] == 1, "the same text is automatic next time"
    until(lambda: _component(served, WRITTEN) == meant)
    back = client.post(place, json={"version": 1, "undo": True})
    assert (back.json()["state"], back.json()["learnt"]) == ("pending", False)
    assert _matched(served, [WRITTEN])["buckets"]["自动"] == 0
    rejected = client.post(place, json={"version": 2, "reject": True}).json()
    assert (rejected["state"], rejected["decided_by"] is not None) == ("rejected", True)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"version": 0}, "unusable-match-decision"),
        ({"version": 0, "accept": "nowhere"}, "unusable-match-decision"),
        ({"version": 0, "accept": "a", "reject": True}, "unusable-match-decision"),
        ({"version": "0", "reject": True}, "unusable-match-decision"),
        ({"version": 0, "reject": 1}, "unusable-match-decision"),
    ],
    ids=["nothing", "nowhere", "both", "version", "reject"],
)
def test_a_bad_decision_is_refused(served: Served, body: dict[str, Any], code: str) -> None:
    task = served.client.get("/v1/matches").json()["tasks"]
    task_id = task[0]["id"] if task else _matched(served, [WRITTEN], review=True)["review"]
    text = served.client.get(f"/v1/matches/{task_id}/texts").json()["texts"][0]
    if isinstance(body["version"], int):
        body = {**body, "version": text["version"]}
    answer = served.client.post(f"/v1/matches/{task_id}/texts/{text['number']}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, code), answer.text
    assert served.client.get(f"/v1/matches/{task_id}/texts").json()["texts"][0] == text


def test_lists_are_read_while_the_register_is_not(served: Served, tmp_path: Path) -> None:
    report = _matched(served, [WRITTEN], review=True)
    folder = tmp_path / "beside" / FOLDER
    folder.mkdir(parents=True)
    with exclusive(folder / "building.lock"), server(served.dsn, tmp_path / "beside.log") as beside:
        texts = beside.client.get(f"/v1/matches/{report['review']}/texts")
        assert texts.status_code == 200, texts.text
        assert [text["text"] for text in texts.json()["texts"]] == [WRITTEN]


@pytest.mark.parametrize("path", ["nothing", "01a21bdb-f303-4a9c-967a-57c86099a6f9"])
def test_a_list_that_is_not_there_is_said_to_be_so(served: Served, path: str) -> None:
    answer = served.client.get(f"/v1/matches/{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown-match-task")


def _somebody(served: Served) -> dict[str, str]:
    """A reader of another department, once the server knows of them."""
    with connect(served.dsn) as connection:
        _, key = access.add_key(connection, "reader", "测试局", [Role.READER], by="test")
    held = {"X-API-Key": key}
    until(lambda: served.client.get("/collections", headers=held).status_code == 200)
    return held


def test_another_department_sees_nothing_of_it(served: Served) -> None:
    task = _matched(served, [WRITTEN], review=True)["review"]
    held = _somebody(served)
    for path in ("/v1/matches", f"/v1/matches/{task}", f"/v1/matches/{task}/texts"):
        answer = served.client.get(path, headers=held)
        assert (answer.status_code, answer.json()["code"]) == (404, "unknown-layer"), path
    decided = served.client.post(
        f"/v1/matches/{task}/texts/1", json={"version": 0, "reject": True}, headers=held
    )
    assert decided.status_code == 404
    with connect(served.dsn) as connection:
        others = review.tasks(connection, review.Viewer("测试局"), 10)
        assert others == ()
        with pytest.raises(review.UnknownTask):
            review.task(connection, task, review.Viewer("测试局"))


def test_the_definition_tells_of_the_doors(served: Served) -> None:
    assert {*served.client.get("/openapi.json").json()["paths"]} >= OF_LISTS
    theirs = served.client.get("/openapi.json", headers=_somebody(served)).json()["paths"]
    assert not {*theirs} & OF_LISTS
