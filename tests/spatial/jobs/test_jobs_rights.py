"""Rights that end between the request and the run, or the callback: a job does and tells no more."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from jobs_running import BY_ID, ROOT, ended, job, result, worker
from test_jobs_callback import Listener, listener, until

sys.path.insert(0, str(Path(__file__).parents[2] / "api"))
from api_serving import POINTS, contract, deliver, publish

from spatial.access import release
from spatial.access import store as access
from spatial.access.model import Origin, Principal, Right, Role
from spatial.access.rules import rights as rights_of
from spatial.access.rules import visible
from spatial.catalogue import store as catalogue
from spatial.catalogue.contract import Sharing
from spatial.database import connect
from spatial.datum import BEIJING
from spatial.jobs import rights, schedule, store
from spatial.jobs.model import Answer, Grant, Owner, Request, State, Subscriber
from spatial.jobs.operator import operator
from spatial.jobs.process import Processes
from spatial.jobs.processes import GROUND
from spatial.jobs.run import run
from spatial.jobs.workplace import Workplace

__all__ = ["listener"]  # the fixture
ASKING = "水利局"
CANARY = "王某"


@dataclass(frozen=True)
class Asker:
    """Somebody with a key, and what was granted to their department."""

    dsn: str
    key: str
    owner: Owner
    grant: int

    def hand_in(self, process: str, subscriber: Subscriber | None = None, **inputs: object) -> str:
        chosen = BY_ID[process]
        asked = {"layer": "points", **inputs}
        request = Request(chosen.id, chosen.version, asked, self.owner, Answer("document"), subscriber)
        with connect(self.dsn) as connection:
            return store.submit(connection, request).id

    def run(self, job_id: str) -> None:
        run(Workplace(self.dsn, "370783"), Processes(GROUND), job_id, 1)


@pytest.fixture
def asker(database: str) -> Asker:
    """Reads internal fields of ``points`` and edits it, by grants."""
    publish(database, replace(contract("points"), sharing=Sharing.CONDITIONAL))
    deliver(database, "points", POINTS)
    roles = frozenset({Role.READER, Role.EDITOR})
    with connect(database) as connection:
        key, _ = access.add_key(connection, "水位站", ASKING, roles, by="test")
        grant = access.add_grant(connection, "points", ASKING, Right.READ_INTERNAL, by="test")
        access.add_grant(connection, "points", ASKING, Right.EDIT, by="test")
        found = catalogue.get(connection, "points").contract
    who = Principal("水位站", ASKING, roles, Origin.KEY, key.shown)
    granted = frozenset({Right.READ, Right.READ_INTERNAL, Right.EDIT})
    held = rights_of(who, found, granted)
    fields = tuple(field.name for field in found.fields if visible(field, held))
    assert "owner" in fields
    return Asker(database, key.id, Owner.of(who, {"points": Grant(fields, held)}), grant.id)


def ungranted(asker: Asker) -> None:
    with connect(asker.dsn) as connection:
        access.revoke_grant(connection, asker.grant, by="test")


def closed(asker: Asker) -> None:
    publish(asker.dsn, replace(contract("points"), sharing=Sharing.CLOSED))


def keyless(asker: Asker) -> None:
    with connect(asker.dsn) as connection:
        access.revoke_key(connection, asker.key, by="test")


def withdrawn(asker: Asker) -> None:
    with connect(asker.dsn) as connection:
        catalogue.withdraw(connection, "points")


LOST: list[Callable[[Asker], None]] = [ungranted, closed, keyless, withdrawn]


@pytest.mark.parametrize("lose", LOST)
def test_a_job_does_no_more_than_its_owner_may_when_it_runs(
    asker: Asker, lose: Callable[[Asker], None]
) -> None:
    before = asker.hand_in("thematic-stat", by="owner")
    asker.run(before)
    assert result(asker.dsn, before)["total"][0]["code"] == CANARY
    told, exported = asker.hand_in("thematic-stat", by="owner"), asker.hand_in("export", format="csv")
    lose(asker)
    asker.run(told)
    asker.run(exported)
    found = job(asker.dsn, told)
    assert found.state is State.FAILED
    assert CANARY not in str(found.problem)
    if lose is ungranted:  # the layer itself may be read
        assert found.problem and found.problem["code"] == "bad-execution"
        assert job(asker.dsn, exported).state is State.SUCCESSFUL
        assert CANARY.encode() not in result(asker.dsn, exported, "file")
    else:
        assert found.problem and found.problem["code"] == "unknown-layer"
        assert job(asker.dsn, exported).state is State.FAILED


@pytest.mark.parametrize("lose", LOST)
def test_nothing_is_written_for_who_may_not_any_more(asker: Asker, lose: Callable[[Asker], None]) -> None:
    waiting = asker.hand_in("load", reason="试", file={"name": "a.csv", "content": ""}, delivery="partial")
    lose(asker)
    asker.run(waiting)
    found = job(asker.dsn, waiting)
    assert found.state is State.FAILED
    assert found.problem and found.problem["code"] in ("unknown-layer", "forbidden")


@pytest.mark.parametrize("lose", [None, *LOST])
def test_a_callback_tells_nothing_that_its_owner_may_not_see_by_then(
    asker: Asker, tmp_path: Path, listener: Listener, lose: Callable[[Asker], None] | None
) -> None:
    told = Subscriber(f"{listener.url}/done", f"{listener.url}/begun", f"{listener.url}/failed")
    made = asker.hand_in("thematic-stat", told, by="owner")
    asker.run(made)
    assert CANARY in str(result(asker.dsn, made))
    if lose is not None:
        lose(asker)
    log = tmp_path / "worker.log"
    with worker(asker.dsn, log, callback_hosts=("127.0.0.1",)):
        if lose is None:
            until(lambda: len(listener.heard) == 2)
        else:
            until(lambda: log.read_text().count("nobody is told") == 2)
    if lose is None:
        assert CANARY in str(dict(listener.heard)["/done"])
        assert set(dict(listener.heard)) == {"/done", "/begun"}
        assert CANARY not in str(dict(listener.heard)["/begun"])
    else:
        assert listener.connections == 0
    assert CANARY not in log.read_text()


def test_a_callback_is_no_way_round_the_export_guard(
    asker: Asker, tmp_path: Path, listener: Listener
) -> None:
    made = asker.hand_in("export", Subscriber(f"{listener.url}/done"), format="csv")
    asker.run(made)
    with connect(asker.dsn) as connection:
        release.set_class(connection, "maps", srid=4549, by="test", threshold_km2=Decimal("0.005"))
        release.mark(connection, "points", "maps", by="test")
    log = tmp_path / "worker.log"
    with worker(asker.dsn, log, callback_hosts=("127.0.0.1",)):
        until(lambda: "nobody is told" in log.read_text())
    assert listener.connections == 0


def test_a_schedule_runs_with_what_the_operator_sees_when_it_fires(asker: Asker) -> None:
    """As the command line adds them; also where its row says more than the operator may see."""
    process, now = BY_ID["export"], datetime(2026, 3, 1, tzinfo=BEIJING)
    inputs = {"layer": "points", "format": "csv"}
    with connect(asker.dsn) as connection:
        plain = operator(connection, process, inputs)
        assert "owner" not in plain.layers["points"].fields
        more = replace(plain, layers=asker.owner.layers)
        schedule.add(connection, "nightly", "0 2 * * *", "export", inputs, plain, now)
        schedule.add(connection, "more", "0 2 * * *", "export", inputs, more, now)
    with connect(asker.dsn) as connection:
        fired = schedule.fire_due(connection, Processes(GROUND), now + timedelta(days=2))
    for each in fired:
        assert "owner" not in job(asker.dsn, each).owner.layers["points"].fields
        asker.run(each)
        made = result(asker.dsn, each, "file")
        assert CANARY.encode() not in made and b"P000001" in made
    withdrawn(asker)
    with connect(asker.dsn) as connection:
        again, _ = schedule.fire_due(connection, Processes(GROUND), now + timedelta(days=4))
    asker.run(again)
    found = job(asker.dsn, again)
    assert found.problem and found.problem["code"] == "unknown-layer"


def test_what_is_left_is_never_more_than_was_handed_in(asker: Asker) -> None:
    narrow = replace(asker.owner, layers={"points": Grant(("code",), frozenset({Right.READ}))})
    with connect(asker.dsn) as connection:
        left = rights.still(connection, narrow, datetime.now(BEIJING))
        assert left == narrow
        older = Owner.from_json("a", ASKING, {"local": False, "layers": {}})
        assert older.credential is None
    with psycopg.connect(asker.dsn) as connection:
        (kept,) = connection.execute("select count(*) from spatial.api_key").fetchone() or (0,)
    assert kept == 1


def test_the_workers_log_repeats_no_value(asker: Asker, tmp_path: Path) -> None:
    """An unexpected failure whose text holds a row, as databases word theirs."""
    with psycopg.connect(asker.dsn) as connection:
        connection.execute(
            "create function public.spill() returns trigger language plpgsql as"
            " $$ begin raise exception 'owner is 王某' using detail = 'Failing row contains (王某)'; end $$"
        )
        connection.execute(
            "create trigger spill before insert on spatial.job_output"
            " for each row execute function public.spill()"
        )
    made = asker.hand_in("thematic-stat", by="owner")
    log = tmp_path / "worker.log"
    told = {**os.environ, "ONEMAP_DATABASE_URL": asker.dsn, "ONEMAP_DATA": str(tmp_path / "data")}
    with log.open("wb") as output:
        working = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "worker", "--parent", str(os.getpid())],
            env={**told, "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            stdout=output,
            stderr=output,
        )
    try:
        found = ended(asker.dsn, made)
    finally:
        working.terminate()
        working.wait(60)
    written = log.read_text()
    assert "RaiseException" in written and made in written
    assert CANARY not in written
    assert CANARY not in f"{found.problem} {found.message_zh}"
