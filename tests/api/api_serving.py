"""What the API's tests share: layers, deliveries, and a server as an installation runs it."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import httpx
import psycopg
import pytest
import shapely
from psycopg import sql
from psycopg.conninfo import make_conninfo

from spatial.catalogue import store
from spatial.catalogue.contract import Contract, Field, FieldType, Legend, Secrecy, Title
from spatial.database import connect
from spatial.datum.clock import parse_instant
from spatial.history import write
from spatial.history.model import Changeset, Delivery, Intent

ROOT = Path(__file__).resolve().parents[2]
NEW_YEAR = parse_instant("2026-01-01")


def contract(layer_id: str, geometry: str | None = "Point", *, synthetic: bool = False) -> Contract:
    """A layer with a field of every type and one that is not public."""
    text = lambda zh: Title(zh, zh)  # noqa: E731
    return Contract(
        id=layer_id,
        title=Title("测试图层", "Test layer"),
        description=Title("为测试而设", "Made for tests"),
        steward="自然资源和规划局",
        source_standard="为测试而设",
        geometry=geometry,
        key="code",
        valid_time=Title("实地存在", "existence on the ground"),
        fields=(
            Field("code", FieldType.TEXT, text("代码"), required=True, max_length=40),
            Field("name", FieldType.TEXT, text("名称"), max_length=200),
            Field("floors", FieldType.INTEGER, text("层数")),
            Field("height", FieldType.NUMBER, text("高度"), unit="m"),
            Field("listed", FieldType.BOOLEAN, text("登记")),
            Field("built", FieldType.DATE, text("建成日期")),
            Field("seen", FieldType.INSTANT, text("核查时刻")),
            Field("owner", FieldType.TEXT, text("权利人"), secrecy=Secrecy.INTERNAL),
        ),
        legend=Legend({"Point": "circle", None: "none"}.get(geometry, "fill"), "#0f6b5c"),
        synthetic=synthetic,
    )


@dataclass(frozen=True)
class Place:
    """One feature as a test makes it."""

    code: str
    geometry: shapely.Geometry | None
    name: str | None = None
    floors: int | None = None
    remove: bool = False

    def row(self, line: int) -> tuple[object, ...]:
        geometry = None if self.geometry is None else shapely.to_wkb(self.geometry)
        listed = None if self.floors is None else self.floors % 2 == 0
        return (line, self.code, self.remove, geometry, self.code, self.name, self.floors, listed, "王某")


def places(count: int, seed: int = 1) -> list[Place]:
    """Points inside the city."""
    dice = random.Random(seed)
    return [
        Place(
            f"P{number:06d}",
            shapely.Point(round(dice.uniform(118.54, 119.11), 9), round(dice.uniform(36.73, 37.30), 9)),
            f"圣城街道 {number} 号",
            number % 30,
        )
        for number in range(count)
    ]


def deliver(
    dsn: str,
    layer_id: str,
    rows: Iterable[Place],
    *,
    valid_from: datetime = NEW_YEAR,
    full: bool = False,
    reason: str = "首次入库",
) -> Changeset | None:
    """Write places through the history's own write path."""
    with connect(dsn) as connection:
        table = store.get(connection, layer_id).table
        staging = write.create_staging(connection, table)
        columns = ["line", "fid", "remove", "geom", "code", "name", "floors", "listed", "owner"]
        content: Iterable[Sequence[object]] = (row.row(line) for line, row in enumerate(rows, 1))
        if table.geometry is None:
            columns.remove("geom")
            content = ((*row[:3], *row[4:]) for row in content)
        write.copy_rows(connection, staging, columns, content)
        write.canonicalise(connection, staging)
        intent = Intent(
            author="李工",
            department="自然资源和规划局",
            reason=reason,
            valid_from=valid_from,
            delivery=Delivery.FULL if full else Delivery.PARTIAL,
            source_sha256=b"\x01" * 32,
        )
        changeset = write.apply(connection, staging, intent)
        write.drop_staging(connection, staging)
        return changeset


def publish(dsn: str, made: Contract) -> None:
    """Publish a layer."""
    with connect(dsn) as connection:
        store.publish(connection, made)


def withdraw(dsn: str, layer_id: str) -> None:
    """Withdraw a layer."""
    with connect(dsn) as connection:
        store.withdraw(connection, layer_id)


@contextmanager
def database_of(server_dsn: str, template: str) -> Iterator[str]:
    """A database for more than one test."""
    name = f"test_api_{uuid.uuid4().hex[:10]}"
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
    process: subprocess.Popen[bytes]
    client: httpx.Client

    def get(self, path: str, **options: object) -> httpx.Response:
        return self.client.get(path, **options)  # type: ignore[arg-type]


@contextmanager
def server(dsn: str, log: Path, workers: int = 1) -> Iterator[Served]:
    """granian as an installation runs it, on a free port, stopped by its pid."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "ONEMAP_DATABASE_URL": dsn,
        "ONEMAP_PORT": str(port),
        "ONEMAP_WORKERS": str(workers),
    }
    environment.pop("ONEMAP_BASE_URL", None)
    code = "from api.server import serve; from spatial.settings import Settings; serve(Settings.read())"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-c", code], env=environment, cwd=ROOT, stdout=output, stderr=output
        )
    url = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(base_url=url, timeout=20) as client:
            _await(lambda: client.get("/health/ready").status_code == 200, process, log)
            yield Served(url, dsn, process, client)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def until(true: Callable[[], bool], within_s: float = 5.0) -> float:
    """Wait for something to become true; how long it took."""
    start = time.monotonic()
    while not true():
        if time.monotonic() - start > within_s:
            pytest.fail(f"not within {within_s} s")
        time.sleep(0.02)
    return time.monotonic() - start


def _await(ready: Callable[[], bool], process: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(400):
        if process.poll() is not None:
            break
        try:
            if ready():
                return
        except httpx.TransportError:
            pass
        time.sleep(0.05)
    pytest.fail(f"the server did not start:\n{log.read_text()}")


AREAS = [
    Place(
        f"Q{number:03d}",
        shapely.box(118.60 + number * 0.01, 36.80, 118.609 + number * 0.01, 36.81),
        f"地块 {number}",
        number,
    )
    for number in range(20)
]
POINTS = places(300)
