"""Results and inputs of jobs expire: 410 over HTTP, and only bytes that nobody needs are removed."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from api_serving import Served, until

sys.path.insert(0, str(Path(__file__).parents[1] / "spatial" / "jobs"))
from jobs_running import digest, ended, job, submit, worker
from trial_processes import COUNT, FAIL

from spatial.database import connect
from spatial.datum import BEIJING
from spatial.errors import NotFound
from spatial.jobs import content, retention, schedule, store
from spatial.jobs.model import Request, State
from spatial.jobs.process import Process

SHEET = {"system": "sheet", "codes": ["J50"]}
STATISTICS = {"layer": "points", "datetime": "2026-06-01"}


def kept(dsn: str, sha256: bytes) -> bool:
    with connect(dsn) as connection:
        try:
            content.fetch(connection, sha256)
        except NotFound:
            return False
        return True


def grow_old(dsn: str, *jobs: str, days: float = 31) -> None:
    with connect(dsn) as connection:
        connection.execute(
            "update spatial.job set finished_at = finished_at - make_interval(secs => %s)"
            " where id = any(%s::uuid[])",
            (days * 86_400, list(jobs)),
        )


def expire(dsn: str, days: int = 30) -> set[str]:
    with connect(dsn) as connection:
        return set(retention.expire(connection, datetime.now(BEIJING) - timedelta(days=days)))


def ran(dsn: str, tmp_path: Path, *work: tuple[Process | str, dict[str, object]]) -> list[str]:
    """Jobs that are over."""
    with worker(dsn, tmp_path / "worker.log"):
        jobs = []
        for process, inputs in work:
            layers = [str(inputs["layer"])] if "layer" in inputs else []
            jobs.append(submit(dsn, process, inputs, *layers))
        for each in jobs:
            ended(dsn, each)
    return jobs


def test_an_expired_result_is_gone_and_says_so(own: Served, tmp_path: Path) -> None:
    """A worker removes it when it looks after the house; the record of the job stays."""
    old, young = ran(own.dsn, tmp_path, ("grid-decode", SHEET), ("grid-decode", {**SHEET, "codes": ["J51"]}))
    told = own.get(f"/jobs/{old}").json()
    assert datetime.fromisoformat(told["onemap:resultsUntil"]) == datetime.fromisoformat(
        told["finished"]
    ) + timedelta(days=30)
    grow_old(own.dsn, old)
    grow_old(own.dsn, young, days=29)
    with worker(own.dsn, tmp_path / "worker.log", results_days=30):
        until(lambda: job(own.dsn, old).expired_at is not None)
    for rest in ("/results", "/results/result", "/results/nothing"):
        answer = own.get(f"/jobs/{old}{rest}")
        assert answer.status_code == 410
        problem = answer.json()
        assert (problem["code"], problem["value"]) == ("result-expired", old)
        assert "重新提交" in problem["zh"] and "hand the job in again" in problem["en"]
    told = own.get(f"/jobs/{old}").json()
    assert told["status"] == "successful"
    assert told["onemap:expired"] and "onemap:resultsUntil" not in told
    assert not any(link["rel"].endswith("results") for link in told["links"])
    assert old in [each["jobID"] for each in own.get("/jobs").json()["jobs"]]
    assert own.get(f"/jobs/{young}/results").json()["cells"][0]["code"] == "J51"


def test_a_failure_is_still_told(own: Served, tmp_path: Path) -> None:
    inputs = {"log": str(tmp_path / "runs"), "failures": 9, "kind": "invalid"}
    (failed,) = ran(own.dsn, tmp_path, (FAIL, inputs))
    sha256 = job(own.dsn, failed).inputs_sha256
    grow_old(own.dsn, failed)
    assert expire(own.dsn) == {failed}
    assert not kept(own.dsn, sha256)
    answer = own.get(f"/jobs/{failed}/results")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid-input")


def test_what_others_keep_is_kept(database: str, tmp_path: Path) -> None:
    """Contents are shared by digest: the last one that needs a content takes it along."""
    first, second = ran(database, tmp_path, ("grid-decode", SHEET), ("grid-decode", SHEET))
    result, inputs = digest(database, first), job(database, first).inputs_sha256
    assert digest(database, second) == result
    grow_old(database, first)
    assert expire(database) == {first}
    assert kept(database, result) and kept(database, inputs)
    with connect(database) as connection:
        assert store.outputs(connection, first) == ()
        assert [one.sha256 for one in store.outputs(connection, second)] == [result]
        owner = job(database, second).owner
        schedule.add(connection, "每夜", "0 2 * * *", "grid-decode", SHEET, owner, datetime.now(BEIJING))
    grow_old(database, second)
    assert expire(database) == {second}
    assert not kept(database, result)
    assert kept(database, inputs), "the schedule needs them"
    with connect(database) as connection:
        schedule.remove(connection, "每夜")
    assert not kept(database, inputs)
    assert expire(database) == set(), "once"


def test_from_what_lineage_names_the_result_can_be_made_again(own: Served, tmp_path: Path) -> None:
    asof = {"asof": own.get("/changesets").json()["changesets"][0]["recorded_at"]}
    (old,) = ran(own.dsn, tmp_path, ("thematic-stat", {**STATISTICS, **asof}))
    result = digest(own.dsn, old)
    grow_old(own.dsn, old)
    assert expire(own.dsn) == {old}
    assert not kept(own.dsn, result)
    assert own.get(f"/jobs/{old}/lineage").json()["sources"][0]["layer"] == "points"
    with connect(own.dsn) as connection:
        inputs = dict(store.inputs(connection, job(own.dsn, old)))
    (again,) = ran(own.dsn, tmp_path, ("thematic-stat", inputs))
    assert digest(own.dsn, again) == result


def test_what_is_not_over_does_not_expire(database: str, tmp_path: Path) -> None:
    waiting = submit(database, COUNT, {"steps": 1})
    assert expire(database, days=-1) == set()
    with connect(database) as connection:
        store.dismiss(connection, waiting)
    assert expire(database, days=-1) == {waiting}
    assert job(database, waiting).state is State.DISMISSED
    assert not kept(database, job(database, waiting).inputs_sha256)


def test_removing_waits_for_who_is_keeping_the_same(database: str, tmp_path: Path) -> None:
    """A job that ends with the same result in that very moment does not lose it."""
    (old,) = ran(database, tmp_path, ("grid-decode", SHEET))
    inputs = job(database, old).inputs_sha256
    grow_old(database, old)
    with connect(database) as keeping, connect(database) as removing:
        store.submit(keeping, Request("grid-decode", "1", SHEET, job(database, old).owner))
        removing.execute("set lock_timeout = '300ms'")
        before = datetime.now(BEIJING) - timedelta(days=30)
        with pytest.raises(psycopg.errors.LockNotAvailable):
            retention.expire(removing, before)
        removing.rollback()
    assert expire(database) == {old}
    assert kept(database, inputs)


def test_the_setting_bounds_days() -> None:
    from spatial.errors import InvalidInput
    from spatial.jobs.workplace import Workplace
    from spatial.settings import Settings

    home = {"HOME": "/nowhere"}
    assert Workplace.of(Settings.read(home), "").results_days == 30
    assert Workplace.of(Settings.read({**home, "ONEMAP_RESULTS_DAYS": "90"}), "").results_days == 90
    with pytest.raises(InvalidInput, match="ONEMAP_RESULTS_DAYS"):
        Settings.read({**home, "ONEMAP_RESULTS_DAYS": "0"})
