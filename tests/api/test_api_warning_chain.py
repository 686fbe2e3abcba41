"""The chain of a warning over HTTP, whose tiers have a second each: nobody signs in time, then all do."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from api_serving import Served, database_of, server
from feed_clients import Follower
from jobs_done import get
from jobs_done import outcome as job
from serving import until
from warning_ground import BEGUN, RIVER, grounded, measured

from spatial.access import store as access
from spatial.access.model import Role
from spatial.database import connect
from spatial.datum import format_instant
from water.warning.rule_document import shipped

BUREAU, EMERGENCY = "寿光市水利局", "寿光市应急管理局"


@pytest.fixture(scope="module")
def served(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Stations, and a rule whose tiers have to answer within a second."""
    with database_of(server_dsn, template) as dsn:
        with connect(dsn) as connection:
            grounded(connection)
        with server(dsn, tmp_path_factory.mktemp("chain") / "server.log") as running:
            document = next(each for each in shipped("warning-rules") if each["id"] == "flood-stage")
            chain = [
                {**tier, "deadline_s": dict.fromkeys(tier["deadline_s"], 1)} for tier in document["chain"]
            ]
            told = job(running, "warning-rule-record", rule={**document, "chain": chain}, reason="测试",
                       author="王局", department=BUREAU)  # fmt: skip
            assert told["version"] == 1, told
            yield running


def key(served: Served, department: str, *roles: Role) -> dict[str, str]:
    with connect(served.dsn) as connection:
        _, secret = access.add_key(
            connection, f"试验 {department} {len(roles)}", department, list(roles), by="t"
        )
    held = {"X-API-Key": secret}
    until(lambda: served.client.get("/access/me", headers=held).status_code == 200)
    return held


def evaluated(served: Served, stage: float, minutes: int) -> dict[str, Any]:
    with connect(served.dsn) as connection:
        at = measured(connection, RIVER, [stage], BEGUN + timedelta(minutes=minutes))
    return job(served, "warning-evaluate", datetime=format_instant(at))


def test_a_call_that_nobody_answers_goes_up_tier_by_tier_and_the_late_may_still_sign(served: Served) -> None:
    follower = Follower(served.url, 4, path="/warnings/stream", name="warning")
    thread = follower.start()
    assert follower.open.wait(60)
    assert [each["action"] for each in evaluated(served, 22.4, 0)["steps"]] == ["issued"]
    (one,) = get(served, "/warnings?state=open")["warnings"]
    address = f"/warnings/{one['id']}"

    def waiting() -> list[tuple[str, str, bool]]:
        return [
            (each["tier"], each["department"] or "", each["escalated"])
            for each in get(served, address)["waiting"]
        ]

    assert waiting() == [("duty", "", False)]
    duty, leader = key(served, BUREAU, Role.EDITOR), key(served, BUREAU, Role.EDITOR, Role.STEWARD)

    def sign(who: dict[str, str], tier: str) -> int:
        answer = served.client.post(
            f"{address}/acknowledgements", json={"tier": tier, "comment": "已阅"}, headers=who
        )
        return answer.status_code

    assert sign(leader, "leader") >= 400  # it is not their turn
    time.sleep(1.2)
    evaluated(served, 22.4, 5)
    assert waiting()[0] == ("duty", "", True) and ("leader", "", False) in waiting()
    time.sleep(1.2)
    evaluated(served, 22.4, 10)
    assert {("duty", "", True), ("leader", "", True)} < set(waiting())
    assert {each[1] for each in waiting() if each[0] == "departments"} == {BUREAU, EMERGENCY}
    assert sign(leader, "leader") == 200 and sign(duty, "duty") == 200 and sign(leader, "leader") >= 400
    assert {each[0] for each in waiting()} == {"departments"}
    thread.join(60)
    assert follower.failure is None
    assert [(each["event"], each.get("tier")) for each in follower.seen] == [
        ("issued", None), ("escalated", "duty"), ("escalated", "leader"), ("acknowledged", "leader"),
    ]  # fmt: skip
    assert all(each["warning"] == one["id"] for each in follower.seen)
