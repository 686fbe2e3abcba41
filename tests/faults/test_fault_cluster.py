"""kill -9 of the database under acknowledged writes: nothing that was confirmed is lost."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from spatial.cluster import Cluster
from spatial.process import working_in

pytestmark = pytest.mark.fault


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A durable cluster, as `up` makes it."""
    place = Path(tempfile.mkdtemp(prefix="onemap-fault-"))
    place.chmod(0o755)
    made = Cluster(place / "postgresql")
    made.up()
    yield made
    made.down()
    shutil.rmtree(place)


def write_until_killed(dsn: str, acknowledged: list[int], start: int) -> None:
    try:
        with psycopg.connect(dsn, autocommit=True) as connection:
            for number in range(start, start + 1_000_000):
                connection.execute("insert into written values (%s)", (number,))
                acknowledged.append(number)
    except psycopg.OperationalError:
        return


def held(cluster: Cluster) -> set[int]:
    with psycopg.connect(cluster.dsn()) as connection:
        return {row[0] for row in connection.execute("select number from written")}


@pytest.mark.parametrize("everything", [False, True], ids=["postmaster", "every process"])
def test_acknowledged_writes_survive_kill_9(cluster: Cluster, everything: bool) -> None:
    with psycopg.connect(cluster.dsn()) as connection:
        connection.execute("create table written (number bigint primary key)")
    acknowledged: list[int] = []
    for round_ in range(3):
        writer = threading.Thread(
            target=write_until_killed, args=(cluster.dsn(), acknowledged, round_ * 1_000_000)
        )
        writer.start()
        before = len(acknowledged)
        deadline = time.monotonic() + 60
        while len(acknowledged) < before + 20 and time.monotonic() < deadline:
            time.sleep(0.01)
        process = cluster.running()
        assert process is not None
        victims = working_in(cluster.data) if everything else (process,)
        for victim in victims:
            os.kill(victim.pid, signal.SIGKILL)
        writer.join(30)
        assert not writer.is_alive()
        assert len(acknowledged) >= before + 20, "nothing was written: the test would prove nothing"
        assert cluster.up() is True
        assert set(acknowledged) <= held(cluster)


def test_a_stop_waits_for_what_is_written(cluster: Cluster) -> None:
    with psycopg.connect(cluster.dsn(), autocommit=True) as connection:
        connection.execute("create table written (number bigint primary key)")
        connection.execute("insert into written select generate_series(1, 1000)")
        assert cluster.down() is True
    cluster.up()
    assert held(cluster) == set(range(1, 1001))
