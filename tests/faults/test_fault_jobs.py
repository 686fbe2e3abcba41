"""Workers killed at any instant: every job ends, what it did is there once, whole, or not at all.

``ONEMAP_KILLS`` sets how many workers are killed (6 in a normal run).
"""

from __future__ import annotations

import base64
import json
import os
import random
import signal
import sys
import time
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "spatial" / "jobs"))
sys.path.insert(0, str(Path(__file__).parents[1] / "api"))
from api_serving import contract, deliver, places, publish
from jobs_running import ended, job, result, submit, worker

from spatial.database import connect
from spatial.history import ledger
from spatial.jobs.model import State

KILLS = int(os.environ.get("ONEMAP_KILLS", "6"))
ROWS = 300


def inputs(batch: int) -> dict[str, object]:
    """A whole delivery, each row of which carries the number of its batch."""
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [118.6 + number * 0.001, 36.9]},
            "properties": {"code": f"P{number:04d}", "floors": batch},
        }
        for number in range(ROWS)
    ]
    text = json.dumps({"type": "FeatureCollection", "features": features}).encode()
    return {
        "layer": "points",
        "file": {"name": f"{batch}.geojson", "content": base64.b64encode(text).decode()},
        "reason": f"批次 {batch}",
        "delivery": "full",
        "source_crs": "EPSG:4490",
        "author": "李工",
        "department": "测试",
    }


@pytest.mark.fault
@pytest.mark.timeout(max(300, 30 * KILLS))
def test_a_killed_worker_loads_nothing_twice_nor_half(database: str, tmp_path: Path) -> None:
    publish(database, contract("points"))
    dice = random.Random(20260302)
    with worker(database, tmp_path / "first.log"):
        whole = submit(database, "load", inputs(0), "points")
        began = time.monotonic()
        result(database, whole, "report")
        took_s = time.monotonic() - began
    jobs = [whole]
    hit = 0
    for number in range(1, KILLS + 1):
        jobs.append(submit(database, "load", inputs(number), "points"))
        with worker(database, tmp_path / f"{number}.log") as doomed:
            # Spread over start-up and the whole course of a load.
            time.sleep(took_s * (number - 1 + dice.random()) / KILLS)
            hit += any(job(database, each).state is State.RUNNING for each in jobs)
            doomed.send_signal(signal.SIGKILL)
            doomed.wait()
            assert _batches(database) <= 1, "a mixture of batches is believed"
    with worker(database, tmp_path / "last.log"):
        over = [ended(database, each, 120) for each in jobs]
    assert hit > 0, "no kill hit a load under way"
    with connect(database) as connection:
        reasons = [one.reason for one in ledger.changesets(connection, "points")]
        assert ledger.verify(connection).ok
        staged = connection.execute("select count(*) from pg_tables where schemaname = 'staging'").fetchone()
    assert staged == (0,)
    assert _batches(database) == 1
    for number, found in enumerate(over):
        loaded = reasons.count(f"批次 {number}")
        if found.state is State.SUCCESSFUL:
            report = result(database, found.id, "report")
            assert (report["outcome"], loaded) == ("loaded", 1)
        else:
            assert found.problem is not None
            assert (found.problem["code"], loaded) == ("attempts-exhausted", 0)


@pytest.mark.fault
@pytest.mark.timeout(max(300, 30 * KILLS))
def test_a_killed_worker_leaves_no_lineage_of_what_is_not_there(database: str, tmp_path: Path) -> None:
    """Edges come with the results that they are of: at no instant are there any of an unfinished job."""
    publish(database, contract("points"))
    deliver(database, "points", places(3000))
    dice = random.Random(20260303)
    inputs = {"layer": "points", "format": "geojson"}
    with worker(database, tmp_path / "first.log"):
        jobs = [submit(database, "export", inputs, "points")]
        began = time.monotonic()
        ended(database, jobs[0])
        took_s = time.monotonic() - began
    for number in range(1, KILLS + 1):
        jobs.append(submit(database, "export", inputs, "points"))
        with worker(database, tmp_path / f"{number}.log") as doomed:
            time.sleep(took_s * (number - 1 + dice.random()) / KILLS)
            doomed.send_signal(signal.SIGKILL)
            doomed.wait()
            assert _derived(database) == _successful(database)
    with worker(database, tmp_path / "last.log"):
        states = [ended(database, each, 120).state for each in jobs]
    assert State.SUCCESSFUL in states
    assert _derived(database) == _successful(database)


def _derived(dsn: str) -> list[str]:
    with connect(dsn) as connection:
        rows = connection.execute("select product from spatial.derivation order by 1").fetchall()
    return [product for (product,) in rows]


def _successful(dsn: str) -> list[str]:
    with connect(dsn) as connection:
        rows = connection.execute(
            "select 'job/' || id from spatial.job where state = 'successful' order by 1"
        ).fetchall()
    return [product for (product,) in rows]


def _batches(dsn: str) -> int:
    with connect(dsn) as connection:
        rows = connection.execute("select floors, count(*) from layer.points group by floors").fetchall()
    assert all(count == ROWS for _, count in rows), rows
    return len(rows)
