"""Readers of the change feed when things go wrong: workers die, tokens run out, some take nothing."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import orjson
import psycopg
import pytest
from api_serving import Served, contract, deliver, places, publish, server, until
from feed_clients import Follower, events
from guarded_town import STEWARD, Town

from api.event_stream import HEARTBEAT_S
from api.tokens import LEEWAY_S

CURSORS: list[bytes] = [
    b"0",
    b"-1",
    b"NOW",
    b"now%20",
    b"null",
    b"A" * 42,
    b"A" * 44,
    b"A" * 4000,
    b"=" * 43,
    b"%00" * 43,
    b"%ff%fe",
    "最新".encode(),
    b"../../etc/passwd",
    b"' or 1=1 --",
    b"2026-01-01T00:00:00Z",
    b"9223372036854775808",
]
"""What is no cursor; none of it may be an error of the server's, nor be taken for the beginning."""


def change(dsn: str, name: str, row: int = 0) -> int:
    made = deliver(dsn, "points", [replace(places(12)[row], name=name)])
    assert made is not None
    return made.id


def asked(served: Served, path: bytes, *headers: bytes) -> tuple[int, bytes]:
    """Status and first bytes of a raw request, whatever the bytes of its cursor."""
    host, port = served.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as wire:
        wire.sendall(b"\r\n".join([b"GET " + path + b" HTTP/1.1", b"host: x", *headers, b"", b""]))
        came = b""
        while b"\r\n\r\n" not in came and (piece := wire.recv(65536)):
            came += piece
        return int(came.split(b" ", 2)[1]), came


@pytest.mark.parametrize("cursor", CURSORS)
def test_what_is_no_cursor_is_refused_wherever_it_stands(served: Served, cursor: bytes) -> None:
    quoted = b"".join(b"%%%02X" % byte if byte > 126 or byte in b" '" else bytes([byte]) for byte in cursor)
    for path in (b"/changes?since=" + quoted, b"/changes/stream?since=" + quoted):
        status, came = asked(served, path)
        assert status == 400, came
    status, came = asked(served, b"/changes/stream?since=now", b"last-event-id: " + cursor)
    assert status == 400, came


def test_an_empty_last_event_id_is_none(served: Served) -> None:
    """As a browser sends before it has had an event."""
    assert asked(served, b"/changes/stream?since=now", b"last-event-id: ")[0] == 200
    assert asked(served, b"/changes?since=")[0] == 400


def test_where_a_reader_left_off_counts_more_than_where_it_began(own: Served) -> None:
    first = own.get("/changes").json()["next"]
    ids = [change(own.dsn, f"改 {number}") for number in range(3)]
    seen: list[int] = []
    with httpx.stream(
        "GET", f"{own.url}/changes/stream?since=now", headers={"last-event-id": first}, timeout=60
    ) as answer:
        for block in events(answer.iter_lines()):
            if "data" in block:
                seen.append(orjson.loads(block["data"])["id"])
            if len(seen) == 3:
                break
    assert seen == ids


@pytest.mark.fault
def test_followers_lose_nothing_when_the_worker_that_serves_them_is_killed(
    database: str, tmp_path: Path
) -> None:
    publish(database, contract("points"))
    deliver(database, "points", places(12))
    with server(database, tmp_path / "server.log", workers=2) as running:
        followers = [Follower(running.url, 11) for _ in range(4)]
        threads = [each.start() for each in followers]
        assert all(each.open.wait(60) for each in followers)
        ids = [change(database, "之前")]
        until(lambda: all(each.seen for each in followers))
        for number in range(3):  # those in their places, too, and at once
            until(lambda: len(_workers(running)) == 2)
            for worker in _workers(running):
                os.kill(worker, signal.SIGKILL)
            ids += [change(database, f"其间 {number} {each}") for each in range(3)]
            until(lambda: _stands(running))
        ids.append(change(database, "之后"))
        for each in threads:
            each.join(120)
    for follower in followers:
        assert follower.failure is None
        assert follower.connections >= 2
        assert [each["id"] for each in follower.seen] == ids


def _workers(running: Served) -> list[int]:
    """Processes of the server that serve requests: its children."""
    children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children").read_text().split()
    assert children
    return [int(each) for each in children]


def _stands(running: Served) -> bool:
    try:
        return httpx.get(f"{running.url}/health/ready", timeout=10).status_code == 200
    except httpx.TransportError:
        return False


def test_a_stream_ends_when_its_token_runs_out(town: Town) -> None:
    """Nothing that happens afterwards is told, and the reader learns why."""
    ends = int(time.time()) + 4
    token = town.idp.token(department=STEWARD, exp=ends - int(LEEWAY_S))
    headers = {"authorization": f"Bearer {token}"}
    request = town.served.client.build_request("GET", "/changes/stream?since=now", headers=headers)
    answer = town.served.client.send(request, stream=True)
    if answer.status_code == 401 and time.time() > ends:
        pytest.fail("the machine was too slow to open the stream within the token's time")
    assert answer.status_code == 200, answer.read()
    lines = answer.iter_lines()
    assert next(line for line in lines if line.startswith("id:"))
    time.sleep(max(0.0, ends + 1.5 - time.time()))
    deliver(town.served.dsn, "withheld", [replace(places(12)[5], name=f"期满之后 {ends}")])
    begun = time.monotonic()
    rest = list(lines)  # until the server ends it
    assert time.monotonic() - begun < HEARTBEAT_S + 30
    assert not any(line.startswith("data:") for line in rest), rest
    assert any("revoked or expired" in line for line in rest), rest
    assert town.served.client.get("/changes", headers=headers).status_code == 401


def test_many_readers_are_told_and_one_that_takes_nothing_holds_up_nobody(own: Served) -> None:
    host, port = own.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=60) as idle:
        idle.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        idle.sendall(b"GET /changes/stream?since=now HTTP/1.1\r\nhost: x\r\n\r\n")
        followers = [Follower(own.url, 5) for _ in range(40)]
        threads = [each.start() for each in followers]
        assert all(each.open.wait(120) for each in followers)
        ids = [change(own.dsn, f"改 {number} " + "长" * 150) for number in range(5)]
        for each in threads:
            each.join(120)
    for follower in followers:
        assert follower.failure is None
        assert [each["id"] for each in follower.seen] == ids


def test_a_reader_that_comes_back_after_long_is_told_all_it_missed(own: Served) -> None:
    """More than a page of the stream holds, while others write on."""
    since = own.get("/changes", params={"since": "now"}).json()["next"]
    with psycopg.connect(own.dsn) as connection:
        for number in range(450):
            connection.execute(
                "insert into spatial.changeset (layer, author, department, reason, recorded_at, opened,"
                " closed, content_hash, previous_hash, chain_hash)"
                " select 'points', '李工', '局', '变更', clock_timestamp(), 0, 0, '\\x00',"
                " (select chain_hash from spatial.changeset order by id desc limit 1), sha256(%s)",
                (str(number).encode(),),
            )
    seen: list[dict[str, Any]] = []
    writing = threading.Thread(target=change, args=(own.dsn, "其间"))
    with httpx.stream(
        "GET", f"{own.url}/changes/stream", headers={"last-event-id": since}, timeout=60
    ) as answer:
        for block in events(answer.iter_lines()):
            if "data" in block:
                seen.append(orjson.loads(block["data"]))
                if len(seen) == 100:
                    writing.start()
            if len(seen) == 451:
                break
    writing.join()
    ids = [each["id"] for each in seen]
    assert ids == sorted(set(ids)) and len(ids) == 451
