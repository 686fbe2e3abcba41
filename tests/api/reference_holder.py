"""A server that holds what inputs refer to, and counts who comes."""

from __future__ import annotations

import gzip
import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from api_serving import Served, contract, database_of, deliver, places, publish, server
from execute_requests import worker

from spatial.jobs import reference

POINTS_FILE = {
    "type": "FeatureCollection",
    "features": [
        {
            "type": "Feature",
            "properties": {"code": "R1", "name": "引用"},
            "geometry": {"type": "Point", "coordinates": [118.7, 36.9]},
        }
    ],
}
GIVEN: dict[str, tuple[int, dict[str, str], bytes]] = {
    "/list": (200, {"content-type": "application/json"}, b"[3, 1, 2]"),
    "/box": (200, {"content-type": "application/geo+json; charset=utf-8"}, b'{"bbox": [1, 2, 3, 4]}'),
    "/bare": (200, {}, b'{"a": 1}'),
    "/linked": (200, {"content-type": "application/json"}, b'{"href": "http://127.0.0.1:1/x"}'),
    "/text": (200, {"content-type": "text/plain"}, "寿光".encode()),
    "/gbk": (200, {"content-type": "text/plain"}, "寿光".encode("gbk")),
    "/nul": (200, {"content-type": "application/json"}, b'"a\\u0000b"'),
    "/broken": (200, {"content-type": "application/json"}, b'{"a": '),
    "/points.geojson": (200, {"content-type": "application/geo+json"}, json.dumps(POINTS_FILE).encode()),
    "/gone": (404, {}, b"no"),
    "/moved": (302, {"location": "/list"}, b""),
    "/packed": (200, {"content-type": "application/json", "content-encoding": "gzip"}, gzip.compress(b"[1]")),
    "/large": (200, {"content-type": "text/plain"}, b"a" * (reference.MOST_BYTES + 1)),
    "/half": (200, {"content-type": "text/plain"}, b"a" * (reference.MOST_BYTES // 2 + 1)),
}


class Holder(http.server.ThreadingHTTPServer):
    """Holds what inputs refer to, and counts who comes."""

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), Answering)
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.given = dict(GIVEN)
        self.silent: dict[str, int] = {}
        """How often an address hangs up without an answer before it gives one."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Answer meanwhile."""
        threading.Thread(target=self.serve_forever, daemon=True).start()
        yield
        self.shutdown()


class Answering(http.server.BaseHTTPRequestHandler):
    server: Holder

    def do_GET(self) -> None:
        self.server.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        if self.server.silent.get(self.path, 0) > 0:
            self.server.silent[self.path] -= 1
            self.close_connection = True
            return
        if self.path == "/cut":
            self.send_response(200)
            self.send_header("content-length", "1000")
            self.end_headers()
            self.wfile.write(b"[1")
            return
        status, headers, body = self.server.given[self.path.partition("?")[0]]
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(OSError):  # an answer that is too large is not read to its end
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def holding() -> Iterator[Holder]:
    with Holder() as holder, holder.serving():
        yield holder


@contextmanager
def asking(
    server_dsn: str, template: str, folder: Path, *, worker_hosts: tuple[str, ...] = ()
) -> Iterator[Served]:
    """A server that may ask this machine, with twelve points, and a worker that may ask what is told."""
    with database_of(server_dsn, template) as dsn:
        publish(dsn, contract("points"))
        deliver(dsn, "points", places(12))
        with (
            server(dsn, folder / "server.log", environment={"ONEMAP_CALLBACK_HOSTS": "127.0.0.1"}) as running,
            worker(dsn, folder / "worker.log", callback_hosts=worker_hosts),
        ):
            yield running
