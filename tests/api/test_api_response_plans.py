"""Response plans over HTTP: drafted with an evacuation, approved, compared, put to work and confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from api_serving import Served, server
from feed_clients import Follower
from flooded_town import extent, flooded_town, told
from serving import until

from api.executions import OFFERED
from spatial.access import store as access
from spatial.access.model import Right, Role
from spatial.database import connect
from spatial.jobs import run
from spatial.jobs.workplace import Workplace
from water.plans import sample

EMERGENCY = "寿光市应急管理局"
PLAN = "MI-TEST"


@pytest.fixture(scope="module")
def town(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with flooded_town(server_dsn, template) as dsn:
        sample.build(dsn)
        log = tmp_path_factory.mktemp("plans") / "server.log"
        with connect(dsn) as connection:
            for layer in ("addresses", "regions", "roads", "shelters", "schools"):
                access.add_grant(connection, layer, EMERGENCY, Right.READ, by="test")
        with server(dsn, log) as running:
            yield running
        assert "unexpected failure" not in log.read_text()


def key(served: Served, department: str, *roles: Role) -> dict[str, str]:
    with connect(served.dsn) as connection:
        _, secret = access.add_key(connection, f"试验{len(roles)}", department, list(roles), by="test")
    headers = {"x-api-key": secret}
    until(lambda: served.get("/access/me", headers=headers).status_code == 200)
    return headers


def job(served: Served, process: str, headers: dict[str, str], **inputs: Any) -> dict[str, Any]:
    answer = served.client.post(
        f"/processes/{process}/execution",
        json={"inputs": inputs, "response": "document"},
        headers={"prefer": "respond-async", **headers},
    )
    if answer.status_code != 201:
        return answer.json()
    number = answer.json()["jobID"]
    run.run(Workplace(served.dsn, "370783"), OFFERED, number, 1)
    return {"job": number, **served.get(f"/jobs/{number}/results", headers=headers).json()}


def test_a_plan_from_its_draft_to_the_last_confirmation(town: Served) -> None:
    drafter, chief = key(town, EMERGENCY, Role.EDITOR), key(town, EMERGENCY, Role.EDITOR, Role.STEWARD)
    first = job(town, "evacuation", drafter, extent=told(), persons_per_address=3)
    higher = extent()
    higher.depth_m[higher.depth_m > 0] = 3.0
    higher.arrival_s[:] = np.where(np.isfinite(higher.arrival_s), higher.arrival_s + 1800, np.inf)
    second = job(town, "evacuation", drafter, extent=told(higher), persons_per_address=4)
    content = {each: value for each, value in sample.content().items() if each != "data_nature"}
    version = job(
        town, "response-plan-draft", drafter,
        plan=PLAN, content=content, evacuation=first["job"], reason="首版",
    )["version"]  # fmt: skip
    assert version["state"] == "draft" and version["content"]["evacuation"]["job"] == first["job"]
    assert version["content"]["evacuation"]["stamp"] == "合成数据"
    step = {"plan": PLAN, "version": 1}
    refused = job(town, "response-plan-advance", drafter, **step, to="approved")
    assert refused["status"] == 403 and refused["code"] == "forbidden"
    follower = Follower(town.url, 2, path="/response-plans/stream", name="response-plan", headers=drafter)
    thread = follower.start()
    assert follower.open.wait(60)
    for to in ("approved", "in-force"):
        assert job(town, "response-plan-advance", chief, **step, to=to)["version"]["state"] == to
    thread.join(60)
    assert follower.failure is None
    assert [(each["event"], each["plan"], each["version"]) for each in follower.seen] == [
        (to, PLAN, 1) for to in ("approved", "in-force")
    ]
    content["messages"] = content["messages"][:2]
    job(
        town, "response-plan-draft", drafter,
        plan=PLAN, content=content, evacuation=second["job"], reason="水位更高",
    )  # fmt: skip
    differs = town.get(f"/response-plans/{PLAN}/difference?from=1&to=2", headers=chief).json()
    assert [each["id"] for each in differs["messages"]["removed"]] == ["M3"] and not differs["same"]
    evacuation = differs["evacuation"]
    assert (evacuation["people_before"], evacuation["people_after"]) == (12, 16)
    assert sum(each["people"] for each in evacuation["joined"]) == 4 and not evacuation["left"]

    begun = job(
        town, "response-plan-activate", drafter,
        plan=PLAN, trigger="T3", facts={"order": {"by": "指挥部", "document": "令1"}},
    )["activation"]  # fmt: skip
    assert begun["verdicts"][0]["why"]["zh"] == "启动命令:指挥部 令1"
    done = job(
        town, "response-plan-confirm", drafter,
        plan=PLAN, activation=begun["activation"], kind="messages", item="M1", note="已逐镇通知",
    )["activation"]  # fmt: skip
    assert {each["id"]: each["state"] for each in done["messages"]} == {
        "M1": "confirmed",
        "M2": "due",
        "M3": "due",
    }
    address = f"/response-plans/{PLAN}/activations/{begun['activation']}"
    read = town.get(address, headers=chief).json()
    assert read["messages"][0]["confirmed"]["note"] == "已逐镇通知"
    assert "confirmed" in town.get(f"{address}?f=html", headers=chief).text
    (listed,) = town.get(f"/response-plans/{PLAN}/activations", headers=chief).json()["activations"]
    assert listed["confirmed"] == 1 and listed["ended_at"] is None
    not_met = job(town, "response-plan-activate", drafter, plan=PLAN, trigger="T1", facts={"warnings": []})
    assert not_met["code"] == "trigger-not-met" and not_met["report"]["verdicts"][0]["verdict"] == "not-met"


def test_plans_are_listed_for_who_may_read_their_register(town: Served) -> None:
    plans = town.get("/response-plans").json()["plans"]
    assert sample.PLAN in {each["plan"] for each in plans}
    shown = next(each for each in plans if each["plan"] == sample.PLAN)
    assert "合成数据" in shown["title"]["zh"] and shown["in_force"] == 1
    for link in shown["links"]:
        assert town.get(link["href"]).status_code == 200
    version = town.get(f"/response-plans/{sample.PLAN}/versions/1").json()
    assert version["content"]["triggers"] == sample.content()["triggers"]
    assert [each["state"] for each in version["steps"]] == ["draft", "approved", "in-force"]
    stranger = key(town, "别的局", Role.READER)
    for path in ("", f"/{sample.PLAN}", f"/{sample.PLAN}/versions/1", f"/{sample.PLAN}/activations"):
        assert town.get(f"/response-plans{path}", headers=stranger).status_code == 404, path
    with connect(town.dsn) as connection:
        access.add_grant(connection, "response-plans", "别的局", Right.READ, by="test")
    until(lambda: town.get("/response-plans", headers=stranger).status_code == 200)
    refused = job(town, "response-plan-draft", stranger, plan="X", content=sample.content(), reason="试")
    assert refused["code"] == "forbidden"


def test_what_is_not_there_or_does_not_fit_is_said(town: Served) -> None:
    for path, status in (
        ("/none", 404),
        (f"/{sample.PLAN}/versions/9", 404),
        (f"/{sample.PLAN}/versions/x", 404),
        (f"/{sample.PLAN}/activations/1000000", 404),
        (f"/{sample.PLAN}/difference?from=1", 400),
        (f"/{sample.PLAN}/difference?from=1&to=0", 400),
        (f"/{sample.PLAN}/difference?from=1&to=7", 404),
    ):
        assert town.get(f"/response-plans{path}").status_code == status, path
    signed = {"author": "李工", "department": EMERGENCY, "reason": "试"}
    content = sample.content()
    content["actions"][0]["post"] = "P9"
    refused = job(town, "response-plan-draft", {}, plan="X", content=content, **signed)
    assert refused["code"] == "bad-response-plan" and refused["pointer"] == "/actions/0/post"
    gone = job(
        town, "response-plan-draft", {}, plan="X", content=sample.content(), evacuation="none", **signed
    )
    assert gone["code"] == "no-such-job"
    assert town.get("/response-plans/X").status_code == 404
    step = {"plan": sample.PLAN, "version": 1, "to": "nirvana"}
    told = job(town, "response-plan-advance", {}, **step)
    assert told["pointer"] == "/inputs/to" and "approved、in-force、withdrawn" in told["zh"]
