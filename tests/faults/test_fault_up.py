"""kill -9 of an installation, at rest, while it writes and while it is being set up."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest
import shapely
from installation import ROOT, Installation, installation

from spatial.catalogue import store
from spatial.catalogue.contract import Contract, Field, FieldType, Legend, Title
from spatial.cluster import Cluster
from spatial.database import connect
from spatial.datum.clock import parse_instant
from spatial.errors import Unavailable
from spatial.history import ledger, write
from spatial.history.model import Intent
from spatial.process import PROC, Process, working_in

pytestmark = pytest.mark.fault

LAYER = Contract(
    id="fault-points",
    title=Title("测试点", "Test points"),
    description=Title("为测试而设", "Made for tests"),
    steward="测试",
    source_standard="合成数据,无标准",
    geometry="Point",
    key="code",
    valid_time=Title("存在", "exists"),
    fields=(Field("code", FieldType.TEXT, Title("代码", "Code"), required=True),),
    legend=Legend("circle", "#336699"),
    synthetic=True,
)
WHO = Intent("李工", "测试", "写入", parse_instant("2026-01-01"))


@pytest.fixture
def up() -> Iterator[Installation]:
    """An installation that serves one layer."""
    with installation() as made:
        done = made.up()
        assert done.returncode == 0, done.stderr
        with connect(made.cluster.dsn()) as connection:
            store.publish(connection, LAYER)
        yield made


def write_until_killed(dsn: str, acknowledged: dict[int, str]) -> None:
    """One changeset after another; each is acknowledged when its commit has returned."""
    number = len(acknowledged)
    try:
        with connect(dsn) as connection:
            table = store.get(connection, LAYER.id).table
            while True:
                number += 1
                code = f"P{number}-{time.monotonic_ns()}"
                staging = write.create_staging(connection, table)
                place = shapely.to_wkb(shapely.Point(118.7, 36.9))
                write.copy_rows(
                    connection, staging, ["line", "fid", "geom", "code"], [(1, code, place, code)]
                )
                write.canonicalise(connection, staging)
                changeset = write.apply(connection, staging, WHO)
                write.drop_staging(connection, staging)
                connection.commit()
                assert changeset is not None
                acknowledged[changeset.id] = code
    except (psycopg.OperationalError, Unavailable):
        return


def serving(site: Installation) -> list[Process]:
    """The server's leader and its workers."""
    leader = site.server()["pid"]
    found = []
    for entry in PROC.glob("[0-9]*"):
        try:
            ours = os.getsid(int(entry.name)) == leader
        except OSError:
            continue
        process = Process.of(int(entry.name)) if ours else None
        found += [process] if process else []
    return found


def kill(processes: list[Process]) -> None:
    for process in processes:
        with suppress(ProcessLookupError):  # it may end by itself when the others are gone
            os.kill(process.pid, signal.SIGKILL)


def features(site: Installation) -> int:
    port = site.server()["port"]
    url = f"http://127.0.0.1:{port}/collections/{LAYER.id}/items?limit=1"
    with urllib.request.urlopen(url, timeout=60) as answer:
        return int(json.load(answer)["numberMatched"])


def test_nothing_acknowledged_is_lost_when_everything_is_killed(up: Installation) -> None:
    acknowledged: dict[int, str] = {}
    for _ in range(2):
        before = len(acknowledged)
        writer = threading.Thread(target=write_until_killed, args=(up.cluster.dsn(), acknowledged))
        writer.start()
        deadline = time.monotonic() + 60
        while len(acknowledged) < before + 5 and time.monotonic() < deadline:
            time.sleep(0.01)
        kill([*serving(up), *working_in(up.cluster.data)])
        writer.join(30)
        assert not writer.is_alive()
        assert len(acknowledged) >= before + 5, "nothing was written: the test would prove nothing"
        again = up.up()
        assert again.returncode == 0, again.stderr
        with connect(up.cluster.dsn()) as connection:
            held = {entry.id for entry in ledger.changesets(connection, LAYER.id, 10_000)}
            codes = {row[0] for row in connection.execute("select code from history.fault_points")}
        assert set(acknowledged) <= held
        assert set(acknowledged.values()) <= codes
        assert features(up) == len(codes)
    assert up.run("verify", LAYER.id).returncode == 0


def test_a_killed_leader_leaves_no_worker_that_holds_the_port(up: Installation) -> None:
    before = up.server()
    workers = [process for process in serving(up) if process.pid != before["pid"]]
    assert workers
    kill([Process(before["pid"], before["started"])])
    again = up.run("up", "--detach", "--no-browser", "--no-sample", "--port", str(before["port"]))
    assert again.returncode == 0, again.stderr
    assert up.server()["port"] == before["port"]
    assert not any(worker.alive for worker in workers)


def test_a_killed_worker_is_replaced(up: Installation) -> None:
    leader = up.server()["pid"]
    kill(
        [
            process
            for process in serving(up)
            if "multiprocessing" in process.command and process.pid != leader
        ][:1]
    )
    deadline = time.monotonic() + 60
    while up.status()["state"] != "running" and time.monotonic() < deadline:
        time.sleep(0.1)
    assert features(up) == 0
    assert up.server()["pid"] == leader


@pytest.mark.parametrize(
    ("moment", "pause_s", "sample"),
    [
        ("建立数据库", 0.3, False),
        ("数据库结构", 0.2, False),
        ("样例城市", 1.0, True),
        ("服务", 0.3, False),
    ],
)
def test_a_set_up_that_is_killed_is_taken_up_by_the_next(moment: str, pause_s: float, sample: bool) -> None:
    arguments = ["--detach", "--no-browser", "--port", "0", "--sample" if sample else "--no-sample"]
    with installation() as fresh:
        command = fresh.start("up", *arguments)
        assert command.stdout is not None
        for line in command.stdout:
            if line.startswith("▸") and moment in line:
                break
        time.sleep(pause_s)
        os.killpg(command.pid, signal.SIGKILL)
        command.wait()
        done = fresh.run("up", *arguments)
        assert done.returncode == 0, done.stderr
        assert fresh.status()["state"] == "running"
        layers = {layer["id"] for layer in json.loads(fresh.run("layer", "list", "--json").stdout)}
        city = {"divisions", "towns", "villages", "rivers", "roads", "base-stations"}
        wanted = city | {"components", "addresses"} if sample else set()
        assert wanted <= layers
        assert fresh.run("verify").returncode == 0


def test_a_test_run_that_is_stopped_takes_its_cluster_with_it() -> None:
    environ = {name: value for name, value in os.environ.items() if not name.startswith("ONEMAP_")}
    slow = "tests/api/test_cli_launcher.py"
    command = subprocess.Popen(
        [sys.executable, "-P", "-m", "api.cli", "test", "--", slow, "-k", "two_at_once"],
        env=environ | {"PYTHONPATH": str(ROOT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert command.stderr is not None
    for line in command.stderr:
        if "▸ pytest" in line:
            break
    (place,) = (p.parent for p in temporary() if p.read_text().startswith(f"{command.pid} "))
    postmaster = Cluster(place / "postgresql").running()
    assert postmaster is not None
    command.terminate()
    command.communicate(timeout=60)
    assert command.returncode == 130
    assert not postmaster.alive
    assert not place.exists()


def temporary() -> list[Path]:
    """Where runs of the tests lie: in memory where there is some, unless they are told another place."""
    places = {Path(tempfile.gettempdir()), Path("/dev/shm")}
    return [owner for place in places for owner in place.glob("onemap-test-*/owner")]
