"""A served database for the API's tests: real PostGIS, real granian, real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import shapely
from api_serving import (
    AREAS,
    POINTS,
    Place,
    Served,
    contract,
    database_of,
    deliver,
    places,
    publish,
    server,
)
from edit_requests import edited_server
from execute_requests import working_server
from guarded_town import Town, guarded_town
from printed_sheets import Printed, printing_server
from sensor_requests import made, station

from spatial.database import connect
from spatial.datum.clock import parse_instant
from spatial.history import ledger


@pytest.fixture(scope="session")
def served(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Layers that no test changes: ``points``, ``areas``, ``notes`` (no geometry), ``empty``."""
    with database_of(server_dsn, template) as dsn:
        publish(dsn, contract("points"))
        publish(dsn, contract("areas", "Polygon", synthetic=True))
        publish(dsn, contract("notes", None))
        publish(dsn, contract("empty"))
        deliver(dsn, "points", POINTS)
        deliver(dsn, "areas", AREAS)
        deliver(dsn, "notes", [Place(f"N{number}", None, f"备注 {number}", number) for number in range(5)])
        with server(dsn, tmp_path_factory.mktemp("api") / "server.log", workers=2) as running:
            yield running


@pytest.fixture(scope="session")
def edited(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Layers that many tests change, each its own items; in the end the ledger still holds."""
    log = tmp_path_factory.mktemp("api") / "edited.log"
    with edited_server(server_dsn, template, log, workers=2) as running:
        yield running
        with connect(running.dsn) as connection:
            assert ledger.verify(connection).ok
        assert "unexpected failure" not in log.read_text()


@pytest.fixture(scope="session")
def working(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """For processes: layers to compute with, and a worker."""
    with working_server(server_dsn, template, tmp_path_factory.mktemp("processes")) as running:
        yield running


@pytest.fixture(scope="session")
def town(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Guarded; whoever marks a layer or grants a right there takes it back."""
    with guarded_town(server_dsn, template, tmp_path_factory.mktemp("api") / "guarded.log") as made:
        yield made


@pytest.fixture(scope="session")
def printed(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Printed]:
    """Layers made to be printed, which no test changes."""
    log = tmp_path_factory.mktemp("print") / "server.log"
    with printing_server(server_dsn, template, log) as made:
        yield made


@pytest.fixture
def own(database: str, tmp_path: Path) -> Iterator[Served]:
    """A server over a fresh database, for tests that write."""
    publish(database, contract("points"))
    deliver(database, "points", places(25))
    with server(database, tmp_path / "server.log") as running:
        yield running


@pytest.fixture(scope="module")
def timed(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """``times``: A changes and B ends and C begins with March 2026."""
    where = shapely.Point(118.8, 36.9)
    march = parse_instant("2026-03-01")
    with database_of(server_dsn, template) as dsn:
        publish(dsn, contract("times"))
        deliver(dsn, "times", [Place("A", where, "A1", 1), Place("B", where, "B1", 1)])
        second = [Place("A", where, "A2", 1), Place("B", where, remove=True), Place("C", where, "C1", 1)]
        deliver(dsn, "times", second, valid_from=march)
        with server(dsn, tmp_path_factory.mktemp("api") / "timed.log") as running:
            yield running


@pytest.fixture(scope="module")
def large(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """``large``: 5,000 points, more than the server holds in memory at once."""
    with database_of(server_dsn, template) as dsn:
        publish(dsn, contract("large"))
        deliver(dsn, "large", places(5000))
        with server(dsn, tmp_path_factory.mktemp("api") / "large.log") as running:
            yield running


@pytest.fixture(scope="module")
def sensed(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Two stations that no test changes; tests that write make things of their own."""
    log = tmp_path_factory.mktemp("sta") / "server.log"
    with database_of(server_dsn, template) as dsn, server(dsn, log) as running:
        assert made(running, "Things", station("弥河寒桥", count=60)) == "Things(1)"
        assert made(running, "Things", station("丹河O'Neil", 118.9, 36.95, count=5)) == "Things(2)"
        yield running
