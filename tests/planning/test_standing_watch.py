"""The standing watch: an edit raises its alert without anybody's call, once, whatever dies meanwhile."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import orjson
import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from indicator_ground import START, deliver, parcels, prepare
from platform_working import ROOT, worker
from serving import until

from planning.monitoring import due as rules
from planning.monitoring import store
from planning.monitoring.due import AGAIN, AT_MOST, QUIET, Head, Queued, Watched, due
from planning.processes.standing_watch import WATCHER, look
from spatial.database import Connection, connect
from spatial.jobs import content
from spatial.jobs import store as jobs

PARCELS = parcels()
DAY = date(2026, 6, 1)
NOON = datetime.fromisoformat("2026-06-01T12:00:00+08:00")
RESTS = Watched("JSYD", "city", 3, ("land-use-survey",), Queued({"land-use-survey": 7}, 3, DAY))


@pytest.fixture
def city(database: str) -> str:
    """A survey, and a limit of what may be built on that is not reached yet."""
    with connect(database) as connection:
        prepare(connection, ["land-use-survey"])
        rows = [row | {"dlbm": "0102", "czcsxm": None} for row in PARCELS]
        deliver(connection, "land-use-survey", rows)
    return database


def limited(connection: Connection, code: str = "JSYD", region: str = "city", value: int = 1000) -> int:
    return store.set_limit(
        connection, code, region, Decimal(value), "合成文件 1 号", date(2025, 1, 1), "test"
    )


def built(connection: Connection, count: int) -> None:
    rows = [row | {"dlbm": "0601", "czcsxm": None} for row in PARCELS[:count]]
    deliver(connection, "land-use-survey", rows, valid_from=START + timedelta(days=1))


def alerts(dsn: str) -> list[tuple[str, str, str]]:
    with connect(dsn) as connection:
        return connection.execute("select code, region, level from planning.alert order by id").fetchall()


def watches(dsn: str) -> list[tuple[str, str, list[str]]]:
    """State, owner and codes of every job of the watch."""
    with connect(dsn) as connection:
        rows = connection.execute(
            "select id::text, subject, inputs_sha256 from spatial.job where process = 'watch-limits'"
            " order by id"
        ).fetchall()
        return [
            (
                jobs.get(connection, job).state.value,
                subject,
                orjson.loads(content.fetch(connection, bytes(sha256)))["codes"],
            )
            for job, subject, sha256 in rows
        ]


def queued(dsn: str, *, late: bool = True) -> str | None:
    """Look once; ``late``: as if the last changeset were long past."""
    with pytest.MonkeyPatch.context() as patch, connect(dsn) as connection:
        if late:
            patch.setattr(rules, "QUIET", timedelta(0))
        return look(connection)


@contextmanager
def installed(dsn: str, folder: Path) -> Iterator[None]:
    """The worker that an installation starts beside its server."""
    with (folder / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "api.cli", "worker", "--data", str(folder / "data")],
            stdout=log,
            stderr=log,
            cwd=ROOT,
            env=os.environ | {"PYTHONPATH": str(ROOT), "ONEMAP_DATABASE_URL": dsn},
        )
    try:
        yield
    finally:
        process.terminate()
        process.wait(30)


def test_an_edit_raises_its_alert_by_itself(city: str, tmp_path: Path) -> None:
    with connect(city) as connection:
        limited(connection)
    with installed(city, tmp_path):
        until(lambda: [state for state, *_ in watches(city)] == ["successful"], 60)
        assert alerts(city) == []  # nothing is built yet
        with connect(city) as connection:
            built(connection, 3)
        until(lambda: alerts(city) == [("JSYD", "city", "red")], 60)
    assert watches(city) == [("successful", WATCHER, ["JSYD"])] * 2
    with connect(city) as connection:
        found = connection.execute(
            "select incremental, touched from planning.monitoring order by id"
        ).fetchall()
        assert found == [(False, 0), (True, 3)]  # only what changed was measured
        (number,) = connection.execute("select id from planning.alert").fetchone() or (0,)
        assert [each.subject for each in store.alert(connection, number).receipts] == ["monitor"]


def test_a_killed_worker_loses_no_change_and_raises_nothing_twice(city: str, tmp_path: Path) -> None:
    log = tmp_path / "worker.log"
    with connect(city) as connection:
        limited(connection)
        built(connection, 3)
    with connect(city) as held:
        # The watch measures, then waits here with what it would keep.
        held.execute("lock table planning.monitoring in exclusive mode")
        with worker(city, log) as first:
            until(lambda: waiting(city), 60)
            first.send_signal(signal.SIGKILL)
            first.wait()
        held.rollback()
    assert alerts(city) == []
    with worker(city, log):
        until(lambda: [state for state, *_ in watches(city)] == ["successful"], 60)
    assert alerts(city) == [("JSYD", "city", "red")]
    assert queued(city) is None


def waiting(dsn: str) -> bool:
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "select count(*) from pg_stat_activity where datname = current_database()"
            " and application_name like 'onemap-job-%' and wait_event_type = 'Lock'"
        ).fetchone()
        return row == (1,)


def test_what_was_queued_is_not_queued_again(city: str) -> None:
    assert queued(city) is None  # nothing has a limit
    with connect(city) as connection:
        limited(connection)
        limited(connection, "GDBYL")
    first = queued(city)
    assert first is not None and watches(city) == [("accepted", WATCHER, ["GDBYL", "JSYD"])]
    with connect(city) as connection:
        built(connection, 1)
    assert queued(city) is None  # one at a time
    done(city, first)
    assert queued(city, late=False) is None  # more may follow
    assert queued(city) is not None
    done(city, watches_under_way(city))
    assert queued(city) is None


def test_what_failed_and_what_is_elsewhere(city: str) -> None:
    with connect(city) as connection:
        limited(connection)
        limited(connection, "YJJBNT")  # of a layer that is not published
        limited(connection, "UNKNOWN")
        limited(connection, "GDBYL", "towns/370783101")
        prepare(connection, ["towns"])
    first = queued(city)
    assert first is not None and watches(city)[0][2] == ["JSYD"]
    with connect(city) as connection:
        connection.execute(
            "update spatial.job set state = 'failed', problem = '{}', finished_at = clock_timestamp()"
        )
    second = queued(city)  # another region's turn
    assert second is not None and watches(city)[1][2] == ["GDBYL"]
    done(city, second)
    assert queued(city) is None
    with connect(city) as connection:
        connection.execute(
            "update spatial.job set finished_at = finished_at - interval '11 min' where state = 'failed'"
        )
    assert queued(city) is not None and watches(city)[2][2] == ["JSYD"]


def watches_under_way(dsn: str) -> str:
    with connect(dsn) as connection:
        row = connection.execute("select id::text from spatial.job where state = 'accepted'").fetchone()
    assert row
    return str(row[0])


def done(dsn: str, job: str) -> None:
    with connect(dsn) as connection:
        connection.execute(
            "update spatial.job set state = 'successful', finished_at = clock_timestamp() where id = %s",
            (job,),
        )


@given(st.lists(st.floats(0.0, 20.0), min_size=1, max_size=40), st.floats(0.0, 40.0))
def test_changes_in_a_row_are_watched_together_and_none_waits_too_long(
    gaps_s: list[float], rest_s: float
) -> None:
    recorded = [NOON]
    for gap_s in gaps_s[1:]:
        recorded.append(recorded[-1] + timedelta(seconds=gap_s))
    now = recorded[-1] + timedelta(seconds=rest_s)
    heads = {"land-use-survey": Head(8 + len(recorded), recorded[-1]), "towns": Head(1, now)}
    waited = now - recorded[0]
    assert due(RESTS, heads, recorded[0], now, DAY) == (
        timedelta(seconds=rest_s) >= QUIET or waited >= AT_MOST
    )


def test_what_else_makes_a_watch_due() -> None:
    heads = {"land-use-survey": Head(7, NOON)}
    assert not due(RESTS, heads, None, NOON + timedelta(days=1), DAY)
    assert due(RESTS, heads, None, NOON, DAY + timedelta(days=1))
    assert due(replace(RESTS, limit_value=4), heads, None, NOON, DAY)
    assert due(replace(RESTS, queued=None), heads, None, NOON, DAY)
    assert RESTS.queued
    failed = replace(RESTS, queued=replace(RESTS.queued, failed_at=NOON))
    assert not due(failed, heads, None, NOON + AGAIN / 2, DAY)
    assert due(failed, heads, None, NOON + AGAIN, DAY)
