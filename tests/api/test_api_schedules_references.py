"""What a schedule reads of the platform itself is read as who set it may read it at that hour."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from api_serving import contract, deliver, places, publish, until
from guarded_town import CANARY, Town, guarded_town
from installation import installation
from jobs_running import ended
from reference_holder import Holder, holding

from api.executions import OFFERED
from api.inside import Inside
from spatial.access import audit
from spatial.access import store as access
from spatial.access.model import Right, Role
from spatial.catalogue.contract import Sharing
from spatial.database import connect
from spatial.datum import BEIJING
from spatial.jobs import schedule
from spatial.jobs.model import State
from spatial.jobs.run import run
from spatial.jobs.workplace import Workplace
from spatial.settings import Settings

MOVED = {"source": "EPSG:4490", "target": "EPSG:4549"}
OFFICE = "档案局"
LATELY = replace(contract("lately"), sharing=Sharing.OPEN)


@pytest.fixture(scope="module")
def ground(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A town of its own: what is shared changes here."""
    folder = tmp_path_factory.mktemp("schedules-references")
    with guarded_town(server_dsn, template, folder / "server.log") as made:
        publish(made.served.dsn, LATELY)
        deliver(made.served.dsn, "lately", places(3))
        yield made


@dataclass
class Clock:
    """Fires what is due, day after day, and runs it as a worker of the installation does."""

    town: Town
    folder: Path
    days: int = 0

    def workplace(self, **more: Any) -> Workplace:
        dsn = self.town.served.dsn
        told = Settings.read({"ONEMAP_DATA": str(self.folder), "ONEMAP_DATABASE_URL": dsn})
        return replace(Workplace(dsn, "370783", doors=Inside(told, dsn)), **more)

    def fire(self, **more: Any) -> str:
        self.days += 2
        with connect(self.town.served.dsn) as connection:
            now = datetime.now(BEIJING) + timedelta(days=self.days)
            (job,) = schedule.fire_due(connection, OFFERED, now)
        run(self.workplace(**more), OFFERED, job, 1)
        return job


@pytest.fixture
def clock(ground: Town, tmp_path: Path) -> Iterator[Clock]:
    yield Clock(ground, tmp_path)
    with connect(ground.served.dsn) as connection:
        for one in schedule.listed(connection):
            schedule.remove(connection, one.id)


def items(town: Town, layer: str) -> str:
    return f"{town.served.url}/collections/{layer}/items?limit=2"


def set_by(town: Town, who: str, href: str, headers: dict[str, str] | None = None) -> str:
    body = {
        "name": "夜读",
        "processID": "transform",
        "cron": "30 2 * * *",
        "inputs": {**MOVED, "geojson": {"href": href}},
    }
    shown = headers or {"X-API-Key": town.keys[who]}
    made = town.served.client.post("/schedules", headers=shown, json=body)
    assert made.status_code == 201, made.text
    assert made.json()["inputs"]["geojson"] == {"href": href}
    return str(made.json()["id"])


def somebody(town: Town, name: str, *roles: Role, office: str = OFFICE) -> str:
    """Somebody new, of the archive's office unless said; the id of their key."""
    with connect(town.served.dsn) as connection:
        key, text = access.add_key(connection, name, office, frozenset(roles or {Role.READER}), by="test")
    town.keys[name] = text
    heard(town, name, 200)
    return key.id


def heard(town: Town, who: str, status: int, path: str = "/access/me") -> None:
    """Either worker of the server knows of it."""
    fresh = {"connection": "close"}
    until(lambda: all(town.get(who, path, **fresh).status_code == status for _ in range(8)))


def failed(town: Town, who: str, job: str, code: str) -> dict[str, Any]:
    status = town.get(who, f"/jobs/{job}").json()
    assert status["status"] == "failed", status
    assert status["exception"]["code"] == code
    assert town.get(who, f"/jobs/{job}/results").status_code >= 400
    assert CANARY not in str(status)
    found: dict[str, Any] = status["exception"]
    return found


def test_it_reads_what_who_set_it_may_read_and_lineage_says_whose_rights(ground: Town, clock: Clock) -> None:
    set_by(ground, "granted", items(ground, "terms"))
    job = clock.fire()
    status = ground.get("granted", f"/jobs/{job}").json()
    assert (status["status"], status["onemap:schedule"]) == ("successful", "夜读"), status
    told = ground.get("granted", f"/jobs/{job}/lineage").json()
    (read,) = told["references"]
    assert read["readAs"] == {"subject": "granted", "department": "水利局", "origin": "key"}
    assert [one["layer"] for one in read["sources"]] == ["terms"]
    assert [one["layer"] for one in told["sources"]] == ["terms"]
    text = ground.get("granted", f"/jobs/{job}/results").text
    assert '"name"' in text and CANARY not in text, "public fields, as they see them"
    key = ground.keys["granted"]
    assert key not in str(told) + text
    assert ground.get("stranger", f"/jobs/{job}").status_code == 404
    log = (clock.folder / "access-log").glob("access-*.jsonl")
    lines = [json.loads(line) for segment in log for line in segment.read_text().splitlines()]
    assert [(one["department"], one["route"], one["collection"], one["status"]) for one in lines] == [
        ("水利局", "/collections/{id}/items", "terms", 200)
    ], "and counted as theirs"

    with connect(ground.served.dsn) as connection:
        schedule.remove(connection, "夜读")
    set_by(ground, "trusted", items(ground, "terms"))
    job = clock.fire()
    assert CANARY in ground.get("trusted", f"/jobs/{job}/results").text
    entries = [one for one in ground.audited("read", "trusted") if "/collections/terms/items" in one.target]
    assert entries[0].layer == "terms", "read in their name, and written down as such"
    told = ground.get("granted, no role", f"/jobs/{job}/results")  # of the same office, without the role
    assert told.status_code == 403 and CANARY not in told.text


def test_what_was_read_under_a_grant_is_for_who_has_it(ground: Town, clock: Clock) -> None:
    """The layer is shown to whom it was granted; a colleague without a role for it sees nothing of it."""
    somebody(ground, "水利乙", Role.AUDITOR, office="水利局")
    set_by(ground, "granted", items(ground, "terms"))
    fired = clock.fire()
    inputs = {**MOVED, "geojson": {"href": items(ground, "terms")}}
    made = ground.ask(
        "POST", "granted", "/processes/transform/execution", {"inputs": inputs}, Prefer="respond-async"
    )
    asked = str(made.json()["jobID"])
    run(clock.workplace(), OFFERED, asked, 1)
    for job in (fired, asked):
        assert ground.get("granted", f"/jobs/{job}/results").status_code == 200
        assert ground.get("水利乙", f"/jobs/{job}").status_code == 200
        assert ground.get("水利乙", f"/jobs/{job}/results").status_code == 403


def test_a_right_that_ends_between_two_firings(ground: Town, clock: Clock) -> None:
    somebody(ground, "档案甲")
    with connect(ground.served.dsn) as connection:
        lent = access.add_grant(connection, "terms", OFFICE, Right.READ, by="test")
    heard(ground, "档案甲", 200, "/collections/terms")
    set_by(ground, "档案甲", items(ground, "terms"))
    job = clock.fire()
    assert ground.get("档案甲", f"/jobs/{job}").json()["status"] == "successful"
    with connect(ground.served.dsn) as connection:
        access.revoke_grant(connection, lent.id, by="test")
    heard(ground, "档案甲", 404, "/collections/terms")
    told = failed(ground, "档案甲", clock.fire(), "reference-failed")
    assert "档案甲" in told["zh"] and "档案甲" in told["en"] and told["value"] == "404"
    assert told["pointer"] == "/inputs/geojson"
    with connect(ground.served.dsn) as connection:
        access.add_grant(connection, "terms", OFFICE, Right.READ, by="test")
    heard(ground, "档案甲", 200, "/collections/terms")
    again = clock.fire()
    assert ground.get("档案甲", f"/jobs/{again}").json()["status"] == "successful"


def test_a_key_that_is_revoked_reads_nothing_here_nor_elsewhere(ground: Town, clock: Clock) -> None:
    key = somebody(ground, "档案乙")
    set_by(ground, "档案乙", items(ground, "shared"))
    assert ground.get("档案乙", f"/jobs/{clock.fire()}").json()["status"] == "successful"
    with connect(ground.served.dsn) as connection:
        access.revoke_key(connection, key, by="test")
    somebody(ground, "档案丙")
    told = failed(ground, "档案丙", clock.fire(), "forbidden")
    assert key in told["value"] and "/schedules" in told["en"] and "revoked" in told["en"]
    assert ground.keys["档案乙"] not in str(told)
    with holding() as holder:
        with connect(ground.served.dsn) as connection:
            connection.execute("update spatial.job_schedule set links = %s", [_foreign(holder.server_port)])
        failed(ground, "档案丙", clock.fire(callback_hosts=("127.0.0.1",)), "forbidden")
        assert holder.asked == [], "nobody is asked in the name of who may not any more"


def _foreign(port: int) -> Any:
    from psycopg.types.json import Jsonb

    return Jsonb({"geojson": {"href": f"http://127.0.0.1:{port}/points.geojson"}})


def test_a_layer_that_is_shared_no_more(ground: Town, clock: Clock) -> None:
    set_by(ground, "stranger", items(ground, "lately"))
    assert ground.get("stranger", f"/jobs/{clock.fire()}").json()["status"] == "successful"
    publish(ground.served.dsn, replace(LATELY, sharing=Sharing.CLOSED))
    heard(ground, "stranger", 404, "/collections/lately")
    told = failed(ground, "stranger", clock.fire(), "reference-failed")
    assert "stranger" in told["en"]
    publish(ground.served.dsn, LATELY)
    heard(ground, "stranger", 200, "/collections/lately")
    assert ground.get("stranger", f"/jobs/{clock.fire()}").json()["status"] == "successful"


def test_somebody_with_a_token_has_the_roles_it_carried_and_the_grants_of_the_day(
    ground: Town, clock: Clock
) -> None:
    token = ground.idp.token(sub="li", department="水利局", roles=["reader"])
    set_by(ground, "li", items(ground, "terms"), {"Authorization": f"Bearer {token}"})
    job = clock.fire()
    told = ground.get("granted", f"/jobs/{job}/lineage").json()
    assert told["references"][0]["readAs"]["origin"] == "token"
    assert told["references"][0]["readAs"]["department"] == "水利局"


def test_a_foreign_host_is_told_nobody(ground: Town, clock: Clock) -> None:
    set_by(ground, "granted", items(ground, "terms"))
    with holding() as holder:
        with connect(ground.served.dsn) as connection:
            connection.execute("update spatial.job_schedule set links = %s", [_foreign(holder.server_port)])
        job = clock.fire(callback_hosts=("127.0.0.1",))
        assert ground.get("granted", f"/jobs/{job}").json()["status"] == "successful"
        (told,) = ground.get("granted", f"/jobs/{job}/lineage").json()["references"]
        assert "readAs" not in told
        assert_untold(holder, ground)


def assert_untold(holder: Holder, town: Town) -> None:
    assert holder.asked
    for _, headers in holder.asked:
        assert not {"authorization", "x-api-key", "cookie"} & set(headers)
        assert not any(key in str(headers) for key in town.keys.values())


def test_a_worker_without_doors_says_so(ground: Town, clock: Clock) -> None:
    set_by(ground, "granted", items(ground, "terms"))
    told = failed(ground, "granted", clock.fire(doors=None), "reference-failed")
    assert "./onemap worker" in told["en"]


def test_a_forged_host_leads_nowhere_else(ground: Town, clock: Clock) -> None:
    """Without a public address the ``Host`` tells what is own: nothing is asked over the network for it."""
    with holding() as holder:
        host = f"127.0.0.1:{holder.server_port}"
        headers = {"X-API-Key": ground.keys["granted"], "Host": host}
        set_by(ground, "granted", f"http://{host}/collections/terms/items?limit=2", headers)
        job = clock.fire(callback_hosts=("127.0.0.1",))
        assert ground.get("granted", f"/jobs/{job}").json()["status"] == "successful"
        assert holder.asked == []


def test_all_of_it_stands_in_an_unbroken_audit(ground: Town) -> None:
    with connect(ground.served.dsn) as connection:
        assert audit.verify(connection).ok


def test_the_operator_sets_one_and_a_worker_of_the_installation_runs_it(ground: Town) -> None:
    """By the command line, below the public address; the worker reads it by itself, without the server."""
    told = {**MOVED, "geojson": {"href": items(ground, "terms")}}
    with installation(ONEMAP_DATABASE_URL=ground.served.dsn, ONEMAP_BASE_URL=ground.served.url) as site:
        added = site.run("schedule", "add", "本机", "30 2 * * *", "transform", json.dumps(told))
        assert added.returncode == 0, added.stderr
        with connect(ground.served.dsn) as connection:
            connection.execute("update spatial.job_schedule set next_at = '2026-01-01'")
        worker = site.start("worker", "--count", "1")
        try:
            job = until_fired(ground.served.dsn)
            found = ended(ground.served.dsn, job)
        finally:
            os.killpg(worker.pid, signal.SIGTERM)
            worker.wait(60)
        assert found.state is State.SUCCESSFUL, found.problem
        (read,) = found.referred
        assert read.read_as is not None and (read.read_as.subject, read.read_as.origin) == ("local", "local")
        assert [one.layer for one in read.sources] == ["terms"]
        removed = site.run("schedule", "remove", "本机")
        assert removed.returncode == 0, removed.stderr
    for who in ("granted", "own steward", "auditor"):
        assert ground.get(who, f"/jobs/{job}").status_code == 404


def until_fired(dsn: str) -> str:
    """The job of the one schedule, when it was fired."""

    def fired() -> str | None:
        with connect(dsn) as connection:
            (one,) = schedule.listed(connection)
        return one.last_job

    until(lambda: fired() is not None, 120)
    found = fired()
    assert found is not None
    return found
