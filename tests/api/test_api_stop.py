"""The server is stopped, or a worker is killed, under load (R8, K2)."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections import Counter
from pathlib import Path

import psycopg
import pytest
from api_serving import Served, contract, deliver, places, publish, server, until
from wire_client import Wire, together

pytestmark = [pytest.mark.fault, pytest.mark.alone]
PATHS = (
    "/collections/points/items/P000001",
    "/collections/points/items?limit=100",
    "/collections/points/items?bbox=118,36,120,38&limit=50",
    "/conformance",
)
WIRES = 16


def prepared(dsn: str) -> None:
    publish(dsn, contract("points"))
    deliver(dsn, "points", places(300))


def test_a_stop_fails_nobody(database: str, tmp_path: Path) -> None:
    """Clients that heed readiness, as a proxy does, see no failure at all."""
    prepared(database)
    seen: Counter[int] = Counter()
    failed: list[str] = []
    leaving = {"close": 0}

    async def load(wire: Wire, number: int) -> None:
        turn = number
        while not stopping.is_set():
            path = PATHS[turn % len(PATHS)]
            turn += 1
            try:
                status, fields, _ = await wire.get(path)
            except OSError as failure:
                failed.append(f"{path} {failure!r}")
                continue
            seen[status] += 1
            leaving["close"] += fields.get("connection") == "close"

    async def run(running: Served) -> None:
        async def stop() -> None:
            probe = Wire(running.url)
            await asyncio.sleep(0.5)
            assert (await probe.get("/health/ready"))[0] == 200
            running.process.send_signal(signal.SIGTERM)
            while True:
                status, _, body = await probe.get("/health/ready")
                if status == 503:
                    assert "正在停止" in body.decode()
                    break
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.2)  # still served, though unready
            stopping.set()
            probe.close()

        await asyncio.gather(together(running.url, 8, load), stop())

    stopping = asyncio.Event()
    environment = {"ONEMAP_STOP_NOTICE": "1"}
    with server(database, tmp_path / "server.log", workers=2, environment=environment) as running:
        asyncio.run(run(running))
        assert running.process.wait(60) is not None
    assert failed == []
    assert set(seen) == {200}
    assert seen[200] > 100
    assert leaving["close"] > 0


def test_what_is_under_way_is_finished(database: str, tmp_path: Path) -> None:
    prepared(database)
    with server(database, tmp_path / "server.log") as running:

        async def run() -> tuple[int, dict[str, str], bytes]:
            wire = Wire(running.url)
            with psycopg.connect(database) as holder:
                holder.execute("lock table history.points in access exclusive mode")
                asked = asyncio.ensure_future(wire.get("/collections/points/items?bbox=118,36,120,38"))
                await asyncio.sleep(0.3)
                running.process.send_signal(signal.SIGTERM)
                await asyncio.sleep(0.5)
            return await asked

        status, _, body = asyncio.run(run())
        assert status == 200
        assert body.endswith(b"}")
        assert running.process.wait(60) is not None


def test_kill_9_of_a_worker_loses_what_was_under_way_and_no_more(database: str, tmp_path: Path) -> None:
    prepared(database)
    seen: Counter[int] = Counter()
    lost: list[float] = []
    again: list[float] = []

    async def load(wire: Wire, number: int) -> None:
        broken_at = None
        while not done.is_set():
            try:
                status, _, _ = await wire.get(PATHS[number % len(PATHS)])
            except OSError:
                now = time.monotonic()
                broken_at = broken_at or now
                lost.append(now)
                await asyncio.sleep(0.005)
                continue
            seen[status] += 1
            if broken_at is not None:
                again.append(time.monotonic() - broken_at)
                broken_at = None

    async def run(running: Served) -> None:
        async def kill() -> None:
            await asyncio.sleep(0.5)
            task = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children")
            os.kill(int(task.read_text().split()[0]), signal.SIGKILL)
            await asyncio.sleep(2)
            while not again:  # the test's own limit of time ends it where nothing comes back
                await asyncio.sleep(0.05)
            done.set()

        # So many that no worker is without some.
        await asyncio.gather(together(running.url, WIRES, load), kill())

    done = asyncio.Event()
    with server(database, tmp_path / "server.log", workers=2) as running:
        asyncio.run(run(running))
        until(lambda: running.get("/health/ready").status_code == 200)
    assert set(seen) == {200}
    assert 1 <= len(again) <= WIRES
