"""A served database for the API's tests: real PostGIS, real granian, real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
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


@pytest.fixture
def own(database: str, tmp_path: Path) -> Iterator[Served]:
    """A server over a fresh database, for tests that write."""
    publish(database, contract("points"))
    deliver(database, "points", places(25))
    with server(database, tmp_path / "server.log") as running:
        yield running
