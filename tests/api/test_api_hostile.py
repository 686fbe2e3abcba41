"""What hostile and broken clients send, over raw sockets, with deadlines shortened by settings."""

from __future__ import annotations

import asyncio
import gzip
import socket
import statistics
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psycopg
import pytest
from api_serving import Served, contract, database_of, deliver, places, publish, server, until
from patience import PATIENCE_S, at_once
from test_api_guard import EXECUTE, status, talk
from wire_client import Wire

SHORT = {"ONEMAP_HEADER_TIMEOUT": "2", "ONEMAP_BODY_TIMEOUT": "2", "ONEMAP_READ_TIMEOUT": "2"}


@pytest.fixture(scope="module")
def short(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One worker with short deadlines, over enough features to fill a socket."""
    with database_of(server_dsn, template) as dsn:
        publish(dsn, contract("points"))
        deliver(dsn, "points", places(4_000))
        log = tmp_path_factory.mktemp("hostile") / "server.log"
        with server(dsn, log, environment=SHORT) as running:
            yield running


def worker(served: Served) -> int:
    task = Path(f"/proc/{served.process.pid}/task/{served.process.pid}/children")
    return int(task.read_text().split()[0])


def resident_mib(pid: int) -> float:
    (line,) = [
        line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmRSS")
    ]
    return int(line.split()[1]) / 1024


def connected(served: Served) -> socket.socket:
    address = urlsplit(served.url)
    return socket.create_connection((address.hostname, address.port), timeout=60)


@pytest.mark.parametrize(
    "sent", [b"GET / HTTP/1.1\r\nHost: a\r\n", b"GE", b"", b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"]
)
def test_half_headers_and_idle_connections_are_closed(short: Served, sent: bytes) -> None:
    """The last one is served first, and idles then."""
    with connected(short) as wire:
        wire.sendall(sent)
        while wire.recv(65536):
            pass


def test_a_dripped_header_is_closed(short: Served) -> None:
    with connected(short) as wire, pytest.raises((BrokenPipeError, ConnectionResetError)):
        wire.sendall(b"GET / HTTP/1.1\r\nX: ")
        for _ in range(300):
            wire.sendall(b"x")
            time.sleep(0.2)


def test_a_body_that_never_ends_is_408(short: Served) -> None:
    answer, _ = talk(short, EXECUTE + b"Content-Length: 1000\r\n\r\n{")
    assert status(answer) == 408


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "x-made-up"])
def test_compressed_bodies_are_refused_unread(short: Served, coding: str) -> None:
    """A bomb unpacks to a thousand times its size."""
    bomb = gzip.compress(b"0" * 10_000_000)
    answer = short.client.post("/processes/x/execution", content=bomb, headers={"content-encoding": coding})
    assert answer.status_code == 415
    assert answer.json()["value"] == coding


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 5\r\nContent-Length: 6\r\n\r\n[]",
        b"Content-Length: -1\r\n\r\n[]",
        b"Content-Length: 1e3\r\n\r\n[]",
        b"Content-Length: 99999999999999999999999\r\n\r\n[]",
        b"Content-Length: 2\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\n[]\r\n0\r\n\r\n",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n[]\r\n0\r\n\r\n",
    ],
)
def test_lying_lengths_are_refused(short: Served, head: bytes) -> None:
    answer, seconds = talk(short, EXECUTE + head)
    assert not answer or 400 <= status(answer) < 500
    assert seconds < PATIENCE_S  # closed, not left
    assert short.get("/health/live").status_code == 200


def test_a_hundred_thousand_header_fields_are_431(short: Served) -> None:
    answer, _ = talk(short, b"GET / HTTP/1.1\r\nHost: a\r\n" + b"a: b\r\n" * 100_000 + b"\r\n")
    assert not answer or status(answer) in (400, 431)
    assert short.get("/health/live").status_code == 200


def test_hostile_bodies_cost_no_memory(short: Served) -> None:
    pid = worker(short)
    short.client.post("/processes/grid-encode/execution", content=b"{}")
    before = resident_mib(pid)

    def post(body: bytes) -> httpx.Response:
        return short.client.post("/processes/grid-encode/execution", content=body)

    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    deep = b"[" * 100_000
    vertices = b'{"inputs":{"g":[' + b"[118.5,36.9]," * 75_000
    for _ in range(10):
        answer, _ = talk(short, EXECUTE + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 40)
        assert status(answer) == 413
        for body in (deep, vertices, b"\xff" * 1_000_000, b"\0" * 1000, b'"\\ud800"'):
            assert at_once(lambda body=body: post(body), 2.0).status_code in (400, 413, 422)
    assert resident_mib(pid) - before < 64


def test_who_reads_nothing_is_left_and_holds_no_connection_of_the_database(short: Served) -> None:
    page = b"GET /collections/points/items?limit=10000 HTTP/1.1\r\nHost: a\r\n\r\n"
    stalled = []
    for _ in range(12):
        wire = socket.socket()
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        address = urlsplit(short.url)
        wire.connect((address.hostname, address.port))
        wire.sendall(page)
        stalled.append(wire)
    until(lambda: _busy(short.dsn) == 0)
    search = "/collections/points/items?bbox=118.6,36.8,118.9,37.1&limit=10"
    assert short.get(search).status_code == 200

    try:
        until(lambda: _open_at_server(short) <= 1)
    finally:
        for wire in stalled:
            wire.close()


def _busy(dsn: str) -> int:
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(
            "select count(*) from pg_stat_activity where datname = current_database()"
            " and state <> 'idle' and pid <> pg_backend_pid()"
        ).fetchone()
    assert row is not None
    return int(row[0])


def _open_at_server(served: Served) -> int:
    """Connections that the worker still holds with bytes to send."""
    port = urlsplit(served.url).port
    count = 0
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, local, _, state, queues, *_ = line.split()
        if int(local.partition(":")[2], 16) == port and state == "01":
            count += int(queues.partition(":")[0], 16) > 0
    return count


def test_two_thousand_half_open_connections_keep_nobody_out(short: Served) -> None:
    def usual_ms() -> float:
        times = []
        for _ in range(100):
            begun = time.monotonic()
            assert short.get("/collections/points/items/P000001").status_code == 200
            times.append(time.monotonic() - begun)
        return statistics.median(times) * 1000

    calm = usual_ms()
    held = [connected(short) for _ in range(2000)]
    try:
        for wire in held:
            wire.sendall(b"GET /col")
        assert usual_ms() < 5 * calm + 50
    finally:
        for wire in held:
            wire.close()


def test_fifty_heavy_searches_do_not_starve_single_items(short: Served) -> None:
    """Searches take all the connections that searches have; keyed reads have their own."""
    items = "/collections/points/items"

    async def run() -> tuple[list[int], list[float], list[float], float]:
        wire = Wire(short.url)
        statuses: list[int] = []
        stop = asyncio.Event()

        async def search() -> None:
            mine = Wire(short.url)
            while not stop.is_set():
                code, _, _ = await mine.get(f"{items}?bbox=118.5,36.7,119.2,37.3&floors=3&count=exact")
                statuses.append(code)
            mine.close()

        async def times(count: int) -> list[float]:
            found = []
            for number in range(count):
                begun = time.monotonic()
                assert (await wire.get(f"{items}/P{number:06d}"))[0] == 200
                found.append(time.monotonic() - begun)
            return found

        calm = await times(200)
        searching = [asyncio.ensure_future(search()) for _ in range(50)]
        await asyncio.sleep(0.5)
        under_load = await times(200)
        health = []
        for _ in range(5):
            begun = time.monotonic()
            assert (await wire.get("/health/live"))[0] == 200
            health.append(time.monotonic() - begun)
        stop.set()
        await asyncio.gather(*searching)
        return statuses, calm, under_load, min(health)

    statuses, calm, under_load, health = asyncio.run(run())
    assert set(statuses) <= {200, 503}
    assert statistics.median(under_load) < 10 * statistics.median(calm) + 0.1
    assert health < 0.5
