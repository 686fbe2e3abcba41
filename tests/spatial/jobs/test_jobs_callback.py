"""Callbacks go to allowed hosts and nowhere else: a listener counts what comes."""

from __future__ import annotations

import http.server
import json
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from jobs_running import ended, submit, worker
from trial_processes import COUNT, FAIL

from spatial.errors import Unavailable
from spatial.jobs import callback
from spatial.jobs.errors import CallbackRefused
from spatial.jobs.model import Answer, Subscriber


class Listener(http.server.ThreadingHTTPServer):
    """Keeps every request; answers as it is told."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.heard: list[tuple[str, dict]] = []
        self.connections = 0
        self.answers = [200]
        self.location = ""

    def verify_request(self, request: object, client_address: object) -> bool:
        self.connections += 1
        return True

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.heard.append((self.path, json.loads(body)))
        answers = self.server.answers
        self.send_response(answers.pop(0) if len(answers) > 1 else answers[0])
        if self.server.location:
            self.send_header("location", self.server.location)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield listening
        listening.shutdown()


def until(true: object, within_s: float = 60.0) -> None:
    end = time.monotonic() + within_s
    while not true():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.03)


def test_a_subscriber_is_told_the_results(database: str, tmp_path: Path, listener: Listener) -> None:
    listener.answers = [503, 200]
    told = Subscriber(f"{listener.url}/done?k=1", f"{listener.url}/begun", f"{listener.url}/failed")
    with worker(database, tmp_path / "worker.log", callback_hosts=("127.0.0.1",)):
        job = submit(database, COUNT, {"steps": 2}, answer=Answer("document"), subscriber=told)
        ended(database, job)
        until(lambda: any(path.startswith("/done") for path, _ in listener.heard))
        wrong = {"log": str(tmp_path / "runs"), "failures": 9, "kind": "invalid"}
        failed = submit(database, FAIL, wrong, subscriber=told)
        until(lambda: any(path == "/failed" for path, _ in listener.heard))
        until(lambda: sum(path == "/begun" for path, _ in listener.heard) >= 3)
    heard = dict(listener.heard)
    assert heard["/done?k=1"] == {"result": 2}
    assert (heard["/failed"]["jobID"], heard["/failed"]["status"]) == (failed, "failed")
    begun = [body["jobID"] for path, body in listener.heard if path == "/begun"]
    assert sorted(begun) == sorted([job, job, failed]), "the first was answered 503 and tried again"


def test_without_permission_nobody_is_called(database: str, tmp_path: Path, listener: Listener) -> None:
    """Even where a subscriber stands in a job, a worker that does not list its host calls nobody."""
    told = Subscriber(f"{listener.url}/done")
    with worker(database, tmp_path / "worker.log", callback_hosts=("localhost",)):
        ended(database, submit(database, COUNT, {"steps": 1}, subscriber=told))
        inner = Subscriber(f"http://localhost:{listener.server_port}/done")
        ended(database, submit(database, COUNT, {"steps": 1}, subscriber=inner))
        until(lambda: (tmp_path / "worker.log").read_text().count("callback address") == 2)
    assert listener.connections == 0


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "x",
        "ftp://allowed.example/",
        "file:///etc/passwd",
        "http://other.example/",
        "http://allowed.example@other.example/",
        "http://u:p@allowed.example/",
        "http://allowed.example:99999/",
        "http://allowed.example.other.example/",
        "http://allowed.example\\@other.example/",
        "http://allowed.example/\r\nX: y",
        "http://allowed.example/ x",
        "http://[::1]/",
        "http://2130706433/",
        "//allowed.example/",
        "http://allowed.example/#x",
    ],
)
def test_other_addresses_are_refused(uri: str) -> None:
    with pytest.raises(CallbackRefused):
        callback.target(uri, ("allowed.example",))


def test_allowed_ones_are_taken_apart() -> None:
    told = callback.target("https://Allowed.example/a/b?c=d", ("allowed.example",))
    assert told == callback.Target("https", "allowed.example", 443, "/a/b?c=d")
    with pytest.raises(CallbackRefused):
        callback.target("https://allowed.example/", ("allowed.example:8443",))
    assert callback.target("https://allowed.example:8443/", ("allowed.example:8443",)).port == 8443


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.0.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "172.16.0.1",
        "0.0.0.0",
        "::1",
        "fe80::1",
        "fd00::1",
        "::ffff:127.0.0.1",
        "224.0.0.1",
        "100.64.0.1",
    ],
)
def test_a_name_that_leads_inside_is_refused(monkeypatch: pytest.MonkeyPatch, address: str) -> None:
    """DNS rebinding: the name is allowed, the address is not."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    public = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 80))
    inner = (family, socket.SOCK_STREAM, 6, "", (address, 80))
    where = callback.target("http://allowed.example/", ("allowed.example",))
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [public, inner])
    with pytest.raises(CallbackRefused):
        callback.resolve(where, ("allowed.example",))
    if ":" not in address:
        listed = ("allowed.example", f"{address}/32")
        assert str(callback.resolve(where, listed)) == "93.184.216.34"


def test_a_name_is_resolved_once(monkeypatch: pytest.MonkeyPatch, listener: Listener) -> None:
    asked: list[str] = []

    def answer(host: str, port: int, *_: object, **__: object) -> list[tuple]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, *more, **named: (
            answer(host, *more) if host == "city.example" else real(host, *more, **named)
        ),
    )
    uri = f"http://city.example:{listener.server_port}/x"
    callback.send(uri, ("city.example", "127.0.0.0/8"), b"{}")
    assert asked == ["city.example"]
    assert listener.heard == [("/x", {})]


def test_a_redirect_is_not_followed(listener: Listener) -> None:
    with Listener() as elsewhere:
        threading.Thread(target=elsewhere.serve_forever, daemon=True).start()
        listener.answers, listener.location = [302], f"{elsewhere.url}/inside"
        with pytest.raises(Unavailable, match="302"):
            callback.send(f"{listener.url}/x", ("127.0.0.1",), b"{}")
        assert elsewhere.connections == 0
        elsewhere.shutdown()


def test_an_answer_that_drips_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(callback, "ANSWER_WITHIN_S", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as slow:
        stop = threading.Event()

        def drip() -> None:
            wire, _ = slow.accept()
            with wire:
                while not stop.wait(0.1):
                    try:
                        wire.sendall(b"H")
                    except OSError:
                        return

        thread = threading.Thread(target=drip, daemon=True)
        thread.start()
        with pytest.raises(Unavailable):
            callback.send(f"http://127.0.0.1:{slow.getsockname()[1]}/", ("127.0.0.1",), b"{}")
        stop.set()
        thread.join()
