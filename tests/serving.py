"""A served database for tests: real PostGIS, real granian as an installation runs it, real HTTP."""

from __future__ import annotations

import os
import socket
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest
from patience import PATIENCE_S
from psycopg import sql
from psycopg.conninfo import make_conninfo
from warm import Forked, forked

ROOT = Path(__file__).resolve().parents[1]


@contextmanager
def database_of(server_dsn: str, template: str = "template1") -> Iterator[str]:
    """A database for more than one test, dropped afterwards."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    create = sql.SQL("create database {} template {}")
    with psycopg.connect(server_dsn, autocommit=True) as admin:
        admin.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
    try:
        yield make_conninfo(server_dsn, dbname=name)
    finally:
        with psycopg.connect(server_dsn, autocommit=True) as admin:
            admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@dataclass(frozen=True)
class Served:
    """A running server and its database."""

    url: str
    dsn: str
    process: Forked
    client: httpx.Client
    data: Path

    def get(self, path: str, **options: object) -> httpx.Response:
        return self.client.get(path, **options)  # type: ignore[arg-type]


@contextmanager
def server(
    dsn: str,
    log: Path,
    workers: int = 1,
    environment: Mapping[str, str] | None = None,
    probe: str = "/health/ready",
) -> Iterator[Served]:
    """The platform's own server on a free port, stopped by its pid; its data lies beside its log."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    told = {
        "PYTHONPATH": str(ROOT),
        "ONEMAP_DATABASE_URL": dsn,
        "ONEMAP_PORT": str(port),
        "ONEMAP_WORKERS": str(workers),
        "ONEMAP_DATA": str(log.with_suffix("")),
        "ONEMAP_STOP_NOTICE": "0",
        **(environment or {}),
    }
    everything = {key: value for key, value in os.environ.items() if key != "ONEMAP_BASE_URL"} | told
    code = "from api.server import serve; from spatial.settings import Settings; serve(Settings.read())"
    log.write_bytes(b"")
    url = f"http://127.0.0.1:{port}"
    with (
        forked(code, everything, log, within_s=10) as process,
        httpx.Client(base_url=url, timeout=PATIENCE_S) as client,
    ):
        _await(lambda: client.get(probe).status_code == 200, process, log)
        yield Served(url, dsn, process, client, Path(told["ONEMAP_DATA"]))


def until(true: Callable[[], bool], within_s: float = PATIENCE_S) -> None:
    """Wait for something to become true."""
    start = time.monotonic()
    while not true():
        if time.monotonic() - start > within_s:
            pytest.fail(f"not within {within_s} s")
        time.sleep(0.02)


def _await(ready: Callable[[], bool], process: Forked, log: Path) -> None:
    for _ in range(600):
        if process.poll() is not None:
            break
        try:
            if ready():
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    pytest.fail(f"the server did not start:\n{log.read_text()}")
