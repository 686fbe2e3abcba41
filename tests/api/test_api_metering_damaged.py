"""The ledger equals a replay of the log whatever stands in it; the log names every request answered."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from contextlib import suppress
from pathlib import Path

import httpx
import pytest
from api_serving import server, until
from test_api_metering import entries, held, line, replayed

from api.access_log import AccessLog
from spatial.database import Connection, connect
from spatial.usage import ledger

BROKEN: dict[str, bytes] = {
    "no such month": line(time="2026-13-01T08:00:00.000+08:00"),
    "no such hour": line(time="2026-03-01T25:61:00.000+08:00"),
    "no text for a time": line(time=["2026-03-01T08:00"]),
    "a time of letters": line(time="x" * 30),
    "a time that is cut": line(time="2026"),
    "another zone": line(time="2026-03-01T08:00:00.000+00:00"),
    "a day before the calendar": line(time="0000-01-01T08:00:00.000+08:00"),
    "nobody's department": line(department=None),
    "a department of parts": line(department={"a": 1}),
    "NUL in a name": line(collection="a\0b"),
    "a lone surrogate": b'{"time":"2026-03-01T08:00:00.000+08:00","id":"x","department":"\\ud800"}\n',
    "rows beyond numbers": line(rows=2**63),
    "rows below none": line(rows=-1),
    "rows of a fraction": line(rows=1.5),
    "bytes as a text": line(bytes="100"),
    "a truth for microseconds": line(us=True),
    "a status that is none": line(status=10**9),
    "a status below all": line(status=-200),
    "a status in words": line(status="200"),
    "a status of a fraction": line(status=200.5),
    "a method that is none": line(method=7),
    "no object": b"[1, 2]\n",
    "a number": b"7\n",
    "nothing": b"\n",
    "zeros": bytes(4096) + b"\n",
    "two lines in one": line()[:-1] + line(),
    "half a line": line()[: len(line()) // 2] + b"\n",
    "not UTF-8": b'{"time":"\xff"}\n',
    "deep": b"[" * 100_000 + b"\n",
}


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN.keys())
def test_a_line_that_is_none_counts_for_nothing_and_hinders_no_other(
    connection: Connection, database: str, tmp_path: Path, broken: bytes
) -> None:
    folder = tmp_path / "access-log"
    folder.mkdir()
    (folder / "access-1.jsonl").write_bytes(line(1) + broken + line(2))
    (folder / "access-2.jsonl").write_bytes(broken + line(3))
    assert ledger.ingest(connection, folder) == 5
    assert sum(sums[0] for sums in held(database).values()) == 3
    found = connection.execute("select sum(unreadable) from spatial.usage_segment").fetchone()
    assert found == (2,)
    assert ledger.verify(connection, folder).ok
    assert ledger.ingest(connection, folder) == 0


def test_sums_that_no_number_holds_do_not_stop_the_ledger(
    connection: Connection, database: str, tmp_path: Path
) -> None:
    """Each line is a number that may be; together they are none."""
    folder = tmp_path / "access-log"
    folder.mkdir()
    most = 2**48
    (folder / "access-1.jsonl").write_bytes(b"".join(line(1, bytes=most) for _ in range(20_000)))
    assert ledger.ingest(connection, folder) == 20_000
    assert ledger.verify(connection, folder).ok
    assert held(database) == replayed(folder)


def test_a_clock_that_steps_back_counts_each_request_once(
    connection: Connection, database: str, tmp_path: Path
) -> None:
    folder = tmp_path / "access-log"
    folder.mkdir()
    times = (
        "2026-03-01T08:05",
        "2026-03-01T08:03",
        "1970-01-01T08:00",
        "2026-03-01T08:05",
        "2099-12-31T23:59",
    )
    lines = [line(number, time=f"{each}:00.000+08:00") for number, each in enumerate(times)]
    (folder / "access-1.jsonl").write_bytes(b"".join(lines))
    assert ledger.ingest(connection, folder) == len(times)
    assert ledger.verify(connection, folder).ok
    assert held(database) == replayed(folder)
    assert sum(sums[0] for sums in held(database).values()) == len(times)


def test_lines_are_kept_though_the_writing_is_called_off(tmp_path: Path) -> None:
    """A worker that stops calls its tasks off: what a write had taken by then stands in the log, too."""
    folder, names = tmp_path / "access-log", []

    async def stopping(round_: int) -> None:
        log = AccessLog(folder)

        async def run() -> None:
            while True:
                await log.flush()
                await asyncio.sleep(0)

        running = asyncio.create_task(run())
        for number in range(40):
            names.append(f"{round_}-{number}")
            log.add(line(number, id=names[-1]))
            if number % 7 == 0:
                await asyncio.sleep(0)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await log.close()

    for round_ in range(100):
        asyncio.run(stopping(round_))
    assert sorted(str(entry["id"]) for entry in entries(folder)) == sorted(names)


@pytest.mark.fault
def test_every_request_that_is_answered_while_the_server_stops_is_in_the_log(
    database: str, tmp_path: Path
) -> None:
    """Asked without a pause while it is told to stop: each answer's name stands in the log, once."""
    answered: set[str] = set()
    over = threading.Event()

    def ask(url: str) -> None:
        with suppress(httpx.TransportError), httpx.Client(base_url=url, timeout=20) as client:
            while not over.is_set():
                answer = client.get("/conformance")
                answered.add(answer.headers["x-request-id"])

    with server(database, tmp_path / "server.log", workers=2) as running:
        folder = tmp_path / "server/access-log"
        threads = [threading.Thread(target=ask, args=(running.url,)) for _ in range(6)]
        for thread in threads:
            thread.start()
        until(lambda: len(answered) > 300)
        os.kill(running.process.pid, signal.SIGTERM)
        for thread in threads:
            thread.join(60)
        over.set()
        until(lambda: running.process.poll() is not None, 60)
    logged = [str(entry["id"]) for entry in entries(folder)]
    assert len(logged) == len(set(logged))
    assert answered - set(logged) == set()
    with connect(database) as connection:
        ledger.ingest(connection, folder)
        assert ledger.verify(connection, folder).ok
    assert held(database) == replayed(folder)
