"""The life of a job: claimed, told, ended; dismissed, tried again, taken over, scheduled."""

from __future__ import annotations

import os
import signal
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
import shapely

sys.path.insert(0, str(Path(__file__).parents[2] / "api"))
from api_serving import Place, contract, deliver, places, publish
from jobs_running import BY_ID, digest, ended, job, owner, reached, result, submit, worker
from trial_processes import COUNT, DEADLY, FAIL, SLEEP, SPREAD, TRIALS

from spatial.database import connect
from spatial.datum import BEIJING
from spatial.errors import Conflict, InvalidInput
from spatial.jobs import content, run, schedule, store
from spatial.jobs.errors import UnknownJob, UnknownSchedule
from spatial.jobs.model import Document, State
from spatial.jobs.process import Processes
from spatial.jobs.processes import GROUND
from spatial.jobs.workplace import Workplace


def states(dsn: str, job_id: str) -> list[tuple[str, int]]:
    with connect(dsn) as connection:
        return [(state.value, attempt) for state, attempt, _ in store.transitions(connection, job_id)]


def sessions(dsn: str, job_id: str) -> int:
    with connect(dsn) as connection:
        row = connection.execute(
            "select count(*) from pg_stat_activity where application_name = %s and state = 'active'",
            (store.session_name(job_id),),
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_a_job_runs_and_tells_of_itself(database: str, tmp_path: Path) -> None:
    inputs = {"system": "beidou", "positions": [[118.7909, 36.8560]], "level": 5}
    first = submit(database, "grid-encode", inputs)
    assert job(database, first).state is State.ACCEPTED
    with worker(database, tmp_path / "worker.log"):
        assert result(database, first)["codes"] == ["N50J9152165"]
        second = submit(database, COUNT, {"steps": 30})
        halfway = reached(database, second, lambda one: one.progress > 20)
        assert halfway.state is State.RUNNING
        assert "step" in halfway.message_en
        assert result(database, second) == 30
        again = submit(database, "grid-encode", dict(reversed(inputs.items())))
        ended(database, again)
    assert states(database, first) == [("accepted", 0), ("running", 1), ("successful", 1)]
    assert job(database, again).inputs_sha256 == job(database, first).inputs_sha256
    assert digest(database, again) == digest(database, first)
    with connect(database) as connection:
        entries = connection.execute("select count(*) from queue.procrastinate_jobs").fetchone()
    assert entries == (0,), "the queue keeps nothing that is done"


def test_transitions_are_written_once(connection: psycopg.Connection, database: str) -> None:
    submit(database, COUNT, {"steps": 1})
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("update spatial.job_transition set state = 'failed'")


def test_dismissing_ends_a_running_statement_at_once(database: str, tmp_path: Path) -> None:
    with worker(database, tmp_path / "worker.log"):
        asleep = submit(database, SLEEP, {"seconds": 60})
        reached(database, asleep, lambda one: sessions(database, asleep) == 1)
        began = time.monotonic()
        with connect(database) as connection:
            assert store.dismiss(connection, asleep).state is State.DISMISSED
        following = submit(database, COUNT, {"steps": 1})
        assert result(database, following) == 1, "the worker is free for the next job"
        assert time.monotonic() - began < 60, "it would have slept as long"
    assert states(database, asleep)[-1] == ("dismissed", 1)
    with connect(database) as connection:
        assert store.outputs(connection, asleep) == ()


def test_dismissing_ends_a_run_between_its_steps(database: str, tmp_path: Path) -> None:
    with worker(database, tmp_path / "worker.log"):
        counting = submit(database, COUNT, {"steps": 2000})
        waiting = submit(database, COUNT, {"steps": 1})
        reached(database, counting, lambda one: one.progress > 0)
        with connect(database) as connection:
            store.dismiss(connection, counting)
        assert result(database, waiting) == 1
    assert job(database, counting).state is State.DISMISSED


def test_dismissing_what_is_over_removes_its_results(database: str, tmp_path: Path) -> None:
    with worker(database, tmp_path / "worker.log"):
        done = submit(database, COUNT, {"steps": 1})
        result(database, done)
    sha256 = digest(database, done)
    with connect(database) as connection:
        store.dismiss(connection, done)
        assert store.outputs(connection, done) == ()
        with pytest.raises(Exception, match=sha256.hex()):
            content.fetch(connection, sha256)


def test_what_may_pass_is_tried_again_and_waits_longer_each_time(database: str, tmp_path: Path) -> None:
    log = tmp_path / "runs"
    with worker(database, tmp_path / "worker.log"):
        passing = submit(database, FAIL, {"log": str(log), "failures": 2})
        assert result(database, passing) == 3
    first, second, third = (float(line) for line in log.read_text().split())
    assert second - first >= 0.2
    assert third - second >= 0.4
    assert states(database, passing) == [
        ("accepted", 0),
        ("running", 1),
        ("accepted", 1),
        ("running", 2),
        ("accepted", 2),
        ("running", 3),
        ("successful", 3),
    ]


def test_what_is_wrong_in_itself_is_tried_once(database: str, tmp_path: Path) -> None:
    log = tmp_path / "runs"
    with worker(database, tmp_path / "worker.log"):
        wrong = submit(database, FAIL, {"log": str(log), "failures": 9, "kind": "invalid"})
        found = ended(database, wrong)
        exhausted = submit(database, FAIL, {"log": str(tmp_path / "other"), "failures": 9})
        assert ended(database, exhausted).problem["code"] == "unavailable"
    assert found.state is State.FAILED
    assert found.problem == {"code": "invalid-input", "zh": "永远不行:1", "en": "never: 1", "value": 1}
    assert len(log.read_text().split()) == 1
    assert len((tmp_path / "other").read_text().split()) == 3


def test_two_workers_share_the_queue(database: str, tmp_path: Path) -> None:
    with worker(database, tmp_path / "1.log"), worker(database, tmp_path / "2.log"):
        both = [submit(database, SLEEP, {"seconds": 3}) for _ in range(2)]
        for one in both:
            reached(database, one, lambda found: found.state is State.RUNNING)
        assert all(job(database, one).state is State.RUNNING for one in both)
        several = [submit(database, COUNT, {"steps": 1}) for _ in range(20)]
        assert [result(database, one) for one in several] == [1] * 20
    for one in several:
        assert states(database, one) == [("accepted", 0), ("running", 1), ("successful", 1)]


@pytest.mark.fault
def test_a_job_whose_worker_is_killed_is_taken_over(database: str, tmp_path: Path) -> None:
    with worker(database, tmp_path / "1.log") as doomed:
        counting = submit(database, COUNT, {"steps": 40})
        reached(database, counting, lambda one: one.progress > 10)
        doomed.send_signal(signal.SIGKILL)
        doomed.wait()
        assert job(database, counting).state is State.RUNNING
        with worker(database, tmp_path / "2.log"):
            assert result(database, counting) == 40
    assert states(database, counting)[-1] == ("successful", 2)


@pytest.mark.fault
def test_a_job_that_kills_its_workers_ends_clean(database: str, tmp_path: Path) -> None:
    log = tmp_path / "runs"
    deadly = submit(database, FAIL, {"log": str(log), "failures": 99, "kind": "kill"})
    for number in range(3):
        with worker(database, tmp_path / f"{number}.log") as doomed:
            assert doomed.wait(30) == -signal.SIGKILL
    with worker(database, tmp_path / "last.log"):
        found = ended(database, deadly)
    assert found.state is State.FAILED
    assert found.problem is not None and found.problem["code"] == "attempts-exhausted"
    assert len(log.read_text().split()) == 3


@pytest.mark.fault
def test_a_worker_that_was_taken_for_dead_ends_whole(database: str, tmp_path: Path) -> None:
    """After a long pause its entry is gone and it can take nothing: it ends, and another is started."""
    with worker(database, tmp_path / "log") as process:
        ended(database, submit(database, COUNT, {"steps": 1}))
        with connect(database) as connection:
            connection.execute("delete from queue.procrastinate_workers")
            connection.commit()
        job = submit(database, COUNT, {"steps": 1})
        assert process.wait(30) != 0
    with worker(database, tmp_path / "log"):
        assert ended(database, job).state is State.SUCCESSFUL


@pytest.mark.fault
def test_a_worker_told_to_stop_gives_its_job_back(database: str, tmp_path: Path) -> None:
    with worker(database, tmp_path / "1.log") as stopped:
        asleep = submit(database, SLEEP, {"seconds": 60})
        reached(database, asleep, lambda one: sessions(database, asleep) == 1)
        stopped.terminate()
        assert stopped.wait(60) == 0
    assert job(database, asleep).state is State.ACCEPTED
    with connect(database) as connection:
        store.dismiss(connection, asleep)


def test_a_run_that_was_given_up_writes_nothing(database: str) -> None:
    """A worker that only seemed dead comes back: its attempt is not the job's any more."""
    counting = submit(database, COUNT, {"steps": 1})
    with connect(database) as connection:
        first = store.claim(connection, counting, 1)
        assert first is not None
        assert store.claim(connection, counting, 1) is None
        store.postpone(connection, first, 0)
        second = store.claim(connection, counting, 2)
        assert second is not None
        for write in (
            lambda: store.advance(connection, first, 50, "", ""),
            lambda: store.finish(connection, first, {}),
            lambda: store.fail(connection, first, InvalidInput("", "")),
            lambda: store.postpone(connection, first, 0),
        ):
            with pytest.raises(store.Superseded):
                write()
        store.finish(connection, second, {})
    assert job(database, counting).state is State.SUCCESSFUL


@pytest.mark.parametrize("name", ["", "x", "\0", "1" * 36, "019A0000-0000-7000-8000-000000000001", "%s"])
def test_what_is_no_job_is_told_so(connection: psycopg.Connection, name: str) -> None:
    with pytest.raises(UnknownJob):
        store.get(connection, name)


def test_schedules_fire_when_they_are_due(database: str) -> None:
    processes = Processes((*GROUND, *TRIALS))
    now = datetime(2026, 3, 1, 2, 29, 30, tzinfo=BEIJING)
    with connect(database) as connection:
        made = schedule.add(connection, "夜间", "30 2 * * *", "count", {"steps": 1}, owner(database), now)
        assert made.next_at == datetime(2026, 3, 1, 2, 30, tzinfo=BEIJING)
        with pytest.raises(Conflict):
            schedule.add(connection, "夜间", "30 2 * * *", "count", {"steps": 1}, owner(database), now)
        assert schedule.fire_due(connection, processes, now) == ()
        (fired,) = schedule.fire_due(connection, processes, now + timedelta(seconds=31))
        assert schedule.fire_due(connection, processes, now + timedelta(seconds=32)) == ()
        # Ten days later: the last job still waits, so this run is left out; then one makes up for all.
        assert schedule.fire_due(connection, processes, now + timedelta(days=10)) == ()
        running = store.claim(connection, fired, 1)
        assert running is not None
        store.finish(connection, running, {})
        (second,) = schedule.fire_due(connection, processes, now + timedelta(days=20))
        (kept,) = schedule.listed(connection)
        assert (kept.last_job, kept.next_at) == (second, datetime(2026, 3, 21, 2, 30, tzinfo=BEIJING))
        assert store.get(connection, second).schedule == "夜间"
        schedule.remove(connection, "夜间")
        with pytest.raises(UnknownSchedule):
            schedule.remove(connection, "夜间")


@pytest.mark.parametrize("cron", ["", "* * * *", "61 * * * *", "* * * * * *", "@daily", "a b c d e"])
def test_bad_schedules_are_refused(cron: str) -> None:
    with pytest.raises(InvalidInput):
        schedule.following(cron, datetime(2026, 1, 1, tzinfo=BEIJING))


def test_two_workers_fire_a_schedule_once(database: str) -> None:
    processes = Processes(TRIALS)
    now = datetime(2026, 3, 1, tzinfo=BEIJING)
    with connect(database) as connection:
        schedule.add(connection, "one", "0 1 * * *", "count", {"steps": 1}, owner(database), now)
    due = now + timedelta(hours=2)
    with connect(database) as first, connect(database) as second:
        assert len(schedule.fire_due(first, processes, due)) == 1
        assert schedule.fire_due(second, processes, due) == ()


@pytest.mark.fault
def test_dask_gives_equal_results_though_a_process_is_killed(database: str, tmp_path: Path) -> None:
    """Eight units on a scheduler with two workers; one of them is killed half-way."""
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None, host="127.0.0.1") as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        client.run(_import_from, str(Path(__file__).parent))
        with worker(database, tmp_path / "worker.log", dask_scheduler=cluster.scheduler_address):
            calm = submit(database, SPREAD, {"units": 8})
            expected = {str(number): number * number for number in range(8)}
            assert result(database, calm) == expected
            struck = submit(database, SPREAD, {"units": 8, "seconds": 0.4})
            reached(database, struck, lambda one: sessions(database, struck) == 2)
            victim = next(iter(client.run(os.getpid).values()))
            os.kill(victim, signal.SIGKILL)
            assert result(database, struck) == expected
            assert digest(database, struck) == digest(database, calm)
            assert states(database, struck)[-1] == ("successful", 1), "the job itself was not tried again"


def _import_from(folder: str) -> None:
    import sys

    sys.path.insert(0, folder)


@pytest.mark.fault
def test_statistics_over_a_local_cluster_and_a_deadly_unit(database: str, tmp_path: Path) -> None:
    publish(database, contract("points"))
    publish(database, contract("towns", "Polygon"))
    deliver(database, "points", places(200))
    towns = [
        Place(f"T{number}", shapely.box(118.5 + number * 0.2, 36.7, 118.7 + number * 0.2, 37.4))
        for number in range(4)
    ]
    deliver(database, "towns", towns)
    inputs = {"layer": "points", "by": "floors", "divisions": "towns", "datetime": "2026-06-01"}
    asked = {**inputs, "asof": "2100-01-01"}
    alone = run.execute(
        Workplace(database, "370783"),
        BY_ID["thematic-stat"],
        asked,
        owner(database, "points", "towns"),
        datetime.now(BEIJING),
        tmp_path,
        30.0,
    )["result"]
    with worker(database, tmp_path / "worker.log", spread_from=1):
        spread = submit(database, "thematic-stat", asked, "points", "towns")
        told = result(database, spread)
        assert isinstance(alone, Document) and told == alone.value
        assert sum(row["count"] for part in told["parts"] for row in part["rows"]) == 200
        deadly = submit(database, DEADLY, {})
        found = ended(database, deadly)
    assert found.problem is not None and found.problem["code"] == "workers-lost", found.problem
