"""The database is gone: every address says so at once, and serves as soon as it is back (K3, K7)."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import psycopg
import pytest
from api_serving import Served, contract, deliver, places, publish, server, until
from patience import at_once
from psycopg.conninfo import make_conninfo
from starlette.routing import Route

from api.app import create_app
from api.door import Door
from spatial import migrations
from spatial.cluster import Cluster, throwaway
from spatial.process import working_in
from spatial.settings import Settings

pytestmark = [pytest.mark.fault, pytest.mark.alone]
WITHOUT_DATABASE = ("/health/live", "/metrics")
"""What must answer all the same; ``/health/ready`` is 503 like the rest."""
"""A second is promised, and kept by a machine that has its processors to itself."""
VALUES = {
    "id": "points",
    "fid": "P000001",
    "fid:path": "P000001",
    "name:path": "x",
    "number": "1",
    "resource": "Things",
}
SEARCHES = (
    ("GET", "/collections/points/items?bbox=118,36,120,38"),
    ("GET", "/collections/points/items?floors=1&count=exact"),
    ("GET", "/collections/points/items?limit=10000"),
    ("GET", "/?f=html"),
)


def addresses() -> list[tuple[str, str]]:
    """Every method of every route the application has, whoever added it."""
    app = create_app(Settings.read({"HOME": "/nonexistent"}), "host=/nonexistent")
    found = []
    for route in app.routes:
        assert isinstance(route, Route)
        assert isinstance(route.endpoint, Door)
        path = route.path
        for name in route.param_convertors:
            for written in (f"{{{name}}}", f"{{{name}:path}}"):
                path = path.replace(written, VALUES.get(name, "x"))
        allowed = dict(route.endpoint._options(_Nobody()))[b"allow"].decode().split(", ")
        found += [(method, path) for method in allowed if method != "OPTIONS"]
    return [*found, *SEARCHES]


class _Nobody:
    headers: ClassVar[dict[bytes, bytes]] = {}


@dataclass(frozen=True)
class Outage:
    """A server whose database is away, and the cluster that could bring it back."""

    running: Served
    cluster: Cluster


@contextmanager
def own_cluster() -> Iterator[tuple[Cluster, str]]:
    """A cluster of its own with one layer."""
    with throwaway() as made:
        admin = made.dsn("postgres")
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute("create database outage")
        dsn = make_conninfo(admin, dbname="outage")
        migrations.upgrade(dsn)
        publish(dsn, contract("points"))
        deliver(dsn, "points", places(20))
        yield made, dsn


@pytest.fixture(scope="module")
def cluster() -> Iterator[tuple[Cluster, str]]:
    with own_cluster() as made:
        yield made


@pytest.fixture(scope="module", params=["while it serves", "from a cold start"])
def outage(
    request: pytest.FixtureRequest,
    cluster: tuple[Cluster, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Outage]:
    """The database gone under a server that served, and a server started without one."""
    made, dsn = cluster
    cold = request.param == "from a cold start"
    log = tmp_path_factory.mktemp("outage") / "server.log"
    if cold:
        made.down()
    try:
        with server(dsn, log, probe="/health/live" if cold else "/health/ready") as running:
            if not cold:
                for method, path in SEARCHES:
                    assert running.client.request(method, path).status_code == 200
                made.down()
            until(lambda: running.get("/conformance").status_code == 503)
            yield Outage(running, made)
            made.up()
            for method, path in SEARCHES:
                until(lambda m=method, p=path: _ok(running, m, p))
            until(lambda: _ok(running, "GET", "/changesets"))
            until(lambda: _ok(running, "GET", "/health/ready"))
    finally:
        made.up()


def _ok(running: Served, method: str, path: str) -> bool:
    answer = running.client.request(method, path)
    assert answer.status_code in (200, 503), answer.text
    return answer.status_code == 200


@pytest.mark.parametrize(("method", "path"), addresses(), ids=lambda each: each)
def test_every_address_is_503_at_once(outage: Outage, method: str, path: str) -> None:
    answer = at_once(lambda: outage.running.client.request(method, path), 0.3)
    if path in WITHOUT_DATABASE:
        assert answer.status_code == 200 or method not in ("GET", "HEAD")
    else:
        assert answer.status_code == 503, answer.text
        assert answer.headers["retry-after"]
        assert method == "HEAD" or path.startswith("/health/") or answer.json()["code"] == "unavailable"


def test_metrics_tell_of_the_outage(outage: Outage) -> None:
    told = outage.running.get("/metrics").text
    until(lambda: "onemap_database_up 0.0" in outage.running.get("/metrics").text)
    assert "onemap_requests_total" in told


def test_a_paused_database_holds_nobody_up(tmp_path: Path) -> None:
    """It takes connections and answers none of them: the kernel accepts for it."""
    with own_cluster() as (made, dsn), server(dsn, tmp_path / "server.log") as running:
        paths = ("/collections/points/items/P000001", SEARCHES[0][1], "/changesets")
        for path in paths:
            assert running.get(path).status_code == 200
        stopped = working_in(made.data)
        for process in stopped:
            os.kill(process.pid, signal.SIGSTOP)
        try:
            assert running.get(paths[0]).status_code == 503  # the first one finds out
            until(lambda: running.get("/conformance").status_code == 503)
            for path in paths:
                assert at_once(lambda path=path: running.get(path), 0.3).status_code == 503, path
            assert at_once(lambda: running.get("/health/live"), 0.1).status_code == 200
        finally:
            for process in stopped:
                os.kill(process.pid, signal.SIGCONT)
        for path in paths:
            until(lambda path=path: running.get(path).status_code == 200)
