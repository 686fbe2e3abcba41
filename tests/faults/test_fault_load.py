"""A load killed at any instant leaves the layer as it was or as it was to become, nothing between.

``ONEMAP_KILLS`` sets how many loads are killed (20 in a normal run).
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import psutil
import psycopg
import pytest

from spatial.catalogue import store
from spatial.catalogue.contract import Contract, Field, FieldType, Legend, Title
from spatial.database import connect
from spatial.exchange.load import LoadOptions, load
from spatial.history import ledger
from spatial.history.model import Delivery

ROOT = Path(__file__).parents[2]
KILLS = int(os.environ.get("ONEMAP_KILLS", "20"))
ROWS = 2000
LAYER = "fault-points"
CONTRACT = Contract(
    id=LAYER,
    title=Title("故障测试", "Fault test"),
    description=Title("故障测试", "Fault test"),
    steward="测试",
    source_standard="made for tests",
    geometry="Point",
    key="code",
    valid_time=Title("有效", "valid"),
    fields=(
        Field("code", FieldType.TEXT, Title("编号", "Code"), required=True),
        Field("batch", FieldType.INTEGER, Title("批次", "Batch"), required=True),
    ),
    legend=Legend("circle", "#336699"),
)
SCRIPT = """
import sys
sys.path.insert(0, {root!r})
from spatial.exchange.load import LoadOptions, load
from spatial.history.model import Delivery
options = LoadOptions("测试", "测试", "重复交付", delivery=Delivery.FULL, source_crs="EPSG:4490")
print("ready", flush=True)
path = sys.stdin.readline().strip()
load({dsn!r}, path, {layer!r}, options)
"""


def delivery(folder: Path, batch: int) -> Path:
    """Every row carries the number of its batch, so a mixture shows."""
    features = [
        {
            "type": "Feature",
            "geometry": {
                "type": "Point",
                "coordinates": [118.6 + (i % 100) * 0.004, 36.8 + (i // 100) * 0.01],
            },
            "properties": {"code": f"P{i:05d}", "batch": batch},
        }
        for i in range(ROWS)
    ]
    path = folder / f"{batch}.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def batches(connection: psycopg.Connection) -> list[tuple[int, int]]:
    return connection.execute('select batch, count(*) from layer."fault_points" group by batch').fetchall()


class Watcher(threading.Thread):
    """Reads the layer all the time and keeps what was neither one batch nor another."""

    def __init__(self, dsn: str) -> None:
        super().__init__(daemon=True)
        self.dsn, self.reads, self.partial, self.stop = dsn, 0, [], threading.Event()

    def run(self) -> None:
        with connect(self.dsn, autocommit=True) as connection:
            while not self.stop.is_set():
                seen = batches(connection)
                self.reads += 1
                if len(seen) != 1 or seen[0][1] != ROWS:
                    self.partial.append(seen)
                time.sleep(0.05)


def prepare(dsn: str) -> subprocess.Popen[str]:
    """A process that has yet to be told its file; it comes up while another one is killed."""
    code = SCRIPT.format(root=str(ROOT), dsn=dsn, layer=LAYER)
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, text=True)


def go(process: subprocess.Popen[str], path: Path) -> None:
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    assert process.stdin is not None
    process.stdin.write(f"{path}\n")
    process.stdin.flush()


@pytest.mark.fault
@pytest.mark.timeout(max(300, 15 * KILLS))
def test_a_killed_load_is_whole_or_nothing(database: str, tmp_path: Path) -> None:
    options = LoadOptions("测试", "测试", "首次", delivery=Delivery.FULL, source_crs="EPSG:4490")
    with connect(database) as connection:
        store.publish(connection, CONTRACT)
        connection.commit()
    files = {batch: delivery(tmp_path, batch) for batch in (0, 1)}
    load(database, files[0], LAYER, options)
    began = time.monotonic()
    load(database, files[1], LAYER, options)
    whole_s = time.monotonic() - began
    watcher = Watcher(database)
    watcher.start()
    instants = random.Random(20260101)
    committed = 0
    following = prepare(database)
    for number in range(KILLS):
        with connect(database) as connection:
            (before,) = batches(connection)
        batch = 1 - before[0]
        process = following
        children = psutil.Process(process.pid)
        go(process, files[batch])
        # Spread over the whole course of a load: no instant is left out over the runs.
        time.sleep(whole_s * 1.1 * (number + instants.random()) / KILLS)
        below = children.children(recursive=True) if process.poll() is None else []
        process.send_signal(signal.SIGKILL)
        process.wait()
        following = prepare(database)
        psutil.wait_procs(below, timeout=60)
        assert not [one for one in below if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]
        _settled(database)
        with connect(database) as connection:
            (after,) = batches(connection)
            assert after in (before, (batch, ROWS)), (number, before, after)
            committed += after == (batch, ROWS)
            left = connection.execute("select count(*) from pg_tables where schemaname = 'staging'")
            assert left.fetchone() == (0,), "no staging table outlives its load"
    following.kill()
    following.wait()
    watcher.stop.set()
    watcher.join()
    assert watcher.reads > KILLS and watcher.partial == []
    assert committed < KILLS, "no kill hit a load under way"
    _resumed(database, files, options)


def _settled(dsn: str) -> None:
    """Wait until the server has noticed that the killed client is gone."""
    with connect(dsn, autocommit=True) as connection:
        for _ in range(500):
            (busy,) = connection.execute(
                "select count(*) from pg_stat_activity where datname = current_database()"
                " and application_name = 'onemap' and pid <> pg_backend_pid() and xact_start is not null"
                " and state <> 'active' or (datname = current_database() and query like '%%apply_changeset%%'"
                " and pid <> pg_backend_pid() and state = 'active')"
            ).fetchone()
            if not busy:
                return
            time.sleep(0.02)
    pytest.fail("a killed client's transaction is still open")


def _resumed(dsn: str, files: dict[int, Path], options: LoadOptions) -> None:
    """Loading again ends in the very content that an undisturbed load gives, and the chain holds."""
    hashes = []
    for batch in (1, 0, 1):
        load(dsn, files[batch], LAYER, options)
        with connect(dsn) as connection:
            assert batches(connection) == [(batch, ROWS)]
            hashes.append(
                connection.execute(
                    "select encode(sha256(string_agg(content_sha256, '' order by fid)), 'hex')"
                    " from history.\"fault_points_believed\" where valid_to = 'infinity'"
                ).fetchone()
            )
    assert hashes[0] == hashes[2] != hashes[1]
    with connect(dsn) as connection:
        assert ledger.verify(connection, LAYER).ok
        (orphans,) = connection.execute(
            "select count(*) from spatial.source s where not exists"
            " (select from spatial.source_reading r where r.sha256 = s.sha256)"
        ).fetchone()
        assert orphans == 0
