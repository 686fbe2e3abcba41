"""Devices publish; ingester, PostgreSQL and broker are killed in the middle: sent is stored, each once."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from broker_running import Device, RunningBroker, broker

sys.path.insert(0, str(Path(__file__).parents[1] / "spatial" / "telemetry"))
from device_messages import register, said

from spatial import migrations
from spatial.cluster import Cluster
from spatial.database import connect
from spatial.errors import Unavailable
from spatial.process import working_in

pytestmark = pytest.mark.fault
ROOT = Path(__file__).resolve().parents[2]
DEVICES, EACH = 4, 1500
WRONG = 100
"""One message in so many cannot be read."""


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """A durable cluster of the test's own, with the platform's schema."""
    place = Path(tempfile.mkdtemp(prefix="onemap-fault-"))
    place.chmod(0o755)
    made = Cluster(place / "postgresql")
    made.up()
    migrations.upgrade(made.dsn())
    yield made
    made.down()
    shutil.rmtree(place)


def ingester(cluster: Cluster, running: RunningBroker) -> subprocess.Popen[str]:
    """The command as it is run, until it says that it is subscribed."""
    address = f"mqtt://127.0.0.1:{running.port}"
    process = subprocess.Popen(
        [sys.executable, "-m", "api.cli", "telemetry", "mqtt", "--broker", address, "--name", "soak"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT), "ONEMAP_DATABASE_URL": cluster.dsn()},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert "已订阅" in process.stdout.readline()
    return process


def messages(device: str) -> list[tuple[str, bytes]]:
    return [
        (f"onemap/json/{device}/up", b"{%d" % minute) if minute % WRONG == 7 else said(device, minute, minute)
        for minute in range(EACH)
    ]


def kept(cluster: Cluster) -> int:
    for _ in range(100):
        try:
            with connect(cluster.dsn()) as own:
                (count,) = own.execute("select count(*) from telemetry.message").fetchone() or (0,)
                return int(count)
        except Unavailable:
            time.sleep(0.1)
    pytest.fail("the database does not come back")


def test_sent_is_stored_each_once_whatever_is_killed(cluster: Cluster) -> None:
    names = [f"D{number}" for number in range(DEVICES)]
    with connect(cluster.dsn()) as own:
        register(own, *names)
    with broker() as running:
        process = ingester(cluster, running)
        devices = [Device(running.port, messages(name), inflight=20) for name in names]
        for device in devices:
            device.start()
        total, due = DEVICES * EACH, 0
        for victim in ("ingester", "database", "ingester", "database", "broker"):
            due += total // 7
            while sum(device.confirmed for device in devices) < due:
                time.sleep(0.02)
            if victim == "ingester":
                process.send_signal(signal.SIGKILL)
                process.wait()
                process = ingester(cluster, running)
            elif victim == "database":
                for each in working_in(cluster.data):
                    os.kill(each.pid, signal.SIGKILL)
                assert cluster.up()
            else:
                while kept(cluster) < due:  # the ingester is there: nothing waits at the broker alone
                    time.sleep(0.1)
                running.kill()
                running.start()
        for device in devices:
            device.join(60)
        assert [device.confirmed for device in devices] == [EACH] * DEVICES
        deadline = time.monotonic() + 60
        while kept(cluster) < total and time.monotonic() < deadline:
            time.sleep(0.1)
        process.terminate()
        assert process.wait(30) == 0, "what had come was kept first"
    with connect(cluster.dsn()) as own:
        rejected, whole, distinct = own.execute(
            "select count(*) filter (where reason = 'bad-body'), count(*), count(distinct (peer, bytes))"
            " from telemetry.message"
        ).fetchone() or (0, 0, 0)
        assert (rejected, whole, distinct) == (total // WRONG, total, total)
        stored = own.execute(
            "select count(*), count(distinct (datastream, result_number)) from observe.observation"
        ).fetchone()
        assert stored == (total - total // WRONG, total - total // WRONG)
        assert own.execute("select count(*) from observe.superseded").fetchone() == (0,)
        counted = own.execute(
            "select sum(messages) filter (where outcome <> 'repeated'),"
            " sum(messages) filter (where outcome = 'repeated')"
            " = (select sum(repeats) from telemetry.message_key)"
            " from telemetry.tally"
        ).fetchone()
        assert counted in ((total, True), (total, None))
