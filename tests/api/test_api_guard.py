"""What a request may cost: raw sockets against the real server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from api_serving import Served
from patience import PATIENCE_S

from api.guard import Guard
from api.load import Load
from api.wire import Message, Receive, Scope, Send

EXECUTE = b"POST /processes/x/execution HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"


def talk(served: Served, *parts: bytes, pause_s: float = 0.0) -> tuple[bytes, float]:
    """Send parts with pauses, read until the server closes or a whole answer stands; bytes and seconds."""
    address = urlsplit(served.url)
    begun = time.monotonic()
    answer = b""
    with socket.create_connection((address.hostname, address.port), timeout=PATIENCE_S) as wire:
        try:
            for part in parts:
                wire.sendall(part)
                time.sleep(pause_s)
                if pause_s:
                    wire.setblocking(False)
                    with contextlib.suppress(BlockingIOError):
                        answer += wire.recv(65536)
                    wire.settimeout(PATIENCE_S)
                if answer:
                    break
        except OSError:  # the server closed while we were still sending
            pass
        try:
            while not _whole(answer) and (chunk := wire.recv(65536)):
                answer += chunk
        except (TimeoutError, ConnectionResetError):
            pass
    return answer, time.monotonic() - begun


def _whole(answer: bytes) -> bool:
    head, _, body = answer.partition(b"\r\n\r\n")
    length = [line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")]
    return bool(length) and len(body) >= int(length[0].split(b":")[1])


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def test_a_long_address_is_414(served: Served) -> None:
    response = served.get("/collections/points/items?name=" + "x" * 9000)
    assert response.status_code == 414
    assert response.json()["code"] == "uri-too-long"


@pytest.mark.parametrize("size", [15_000, 40_000, 500_000])
def test_large_headers_are_431(served: Served, size: int) -> None:
    line = b"X-Large: " + b"x" * 3000 + b"\r\n"
    request = b"GET / HTTP/1.1\r\nHost: a\r\n" + line * (size // 3000 + 1) + b"\r\n"
    answer, _ = talk(served, request)
    assert status(answer) == 431


def test_a_body_declared_too_large_is_refused_unread(served: Served) -> None:
    answer, _ = talk(served, EXECUTE + b"Content-Length: 1000000000\r\n\r\n{")
    assert status(answer) == 413  # and not 408, which who waits for it would say


def test_an_endless_chunked_body_is_cut(served: Served) -> None:
    chunk = b"10000\r\n" + b" " * 65536 + b"\r\n"
    answer, _ = talk(served, EXECUTE + b"Transfer-Encoding: chunked\r\n\r\n", *[chunk] * 40)
    assert status(answer) == 413


@pytest.mark.fault
def test_a_dripping_body_is_408(served: Served) -> None:
    drips = [b" "] * 60
    answer, seconds = talk(served, EXECUTE + b"Content-Length: 1000\r\n\r\n", *drips, pause_s=0.25)
    assert status(answer) == 408
    assert 4 < seconds < PATIENCE_S
    body = json.loads(answer.partition(b"\r\n\r\n")[2])
    assert body["code"] == "request-timeout"


@pytest.mark.fault
def test_a_half_header_is_closed(served: Served) -> None:
    """Three at once: each waits for ten seconds."""
    sent = (b"GET / HTTP/1.1\r\nHost: a\r\n", b"GET", b"")
    with ThreadPoolExecutor(len(sent)) as clients:
        talks = list(clients.map(lambda each: talk(served, each), sent))
    assert all(seconds < PATIENCE_S for _, seconds in talks), talks


def test_an_answer_may_take_longer_than_its_request_had_time() -> None:
    """Who waits for the client to hang up, the body being there, waits as long as the answer takes."""

    async def app(_: Scope, receive: Receive, send: Send) -> None:
        assert (await receive())["body"] == b"{}"
        gone = asyncio.ensure_future(receive())
        await asyncio.wait((gone,), timeout=0.6)
        assert not gone.done(), "nobody has hung up"
        gone.cancel()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async def asked() -> list[Message]:
        told: list[Message] = []
        coming: list[Message] = [{"type": "http.request", "body": b"{}", "more_body": False}]

        async def receive() -> Message:
            return coming.pop() if coming else await asyncio.Future()

        async def send(message: Message) -> None:
            told.append(message)

        guard = Guard(app, load=Load(), away=lambda: False, body_deadline_s=0.2, body_grace_s=0.2)
        scope = {"type": "http", "method": "POST", "path": "/print", "query_string": b"", "headers": []}
        await guard(scope, receive, send)
        return told

    assert asyncio.run(asked())[0]["status"] == 200


def test_many_half_open_connections_do_not_stop_others(served: Served) -> None:
    address = urlsplit(served.url)
    idle = [socket.create_connection((address.hostname, address.port)) for _ in range(200)]
    try:
        for each in idle:
            each.sendall(b"GET /col")
        for _ in range(20):
            assert served.get("/collections/points/items", params={"limit": 1}).status_code == 200
    finally:
        for each in idle:
            each.close()


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "get"])
def test_methods_of_no_use_are_refused(served: Served, method: str) -> None:
    answer, _ = talk(served, f"{method} / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    assert status(answer) in (400, 405)


def test_security_headers(served: Served) -> None:
    for path in ("/", "/collections/points/items", "/nope", "/collections/points/items?f=html"):
        headers = served.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def test_health(served: Served) -> None:
    assert served.get("/health/live").json() == {"status": "live"}
    ready = served.get("/health/ready")
    assert ready.headers["cache-control"] == "no-store"
    checks = ready.json()["checks"]
    assert checks["database"] and checks["catalogue"] and checks["listening"]
    assert checks["revision"] == checks["head"]
