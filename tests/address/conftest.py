"""One register in PostGIS for all that leaves it as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from register_ground import registered

from spatial.database import Connection, connect


@pytest.fixture(scope="session")
def loaded(server_dsn: str, template: str) -> Iterator[str]:
    """Its dsn; nothing is written there."""
    with registered(server_dsn, template, 6000) as dsn:
        yield dsn


@pytest.fixture
def register(loaded: str) -> Iterator[Connection]:
    """Whatever a test does there is taken back."""
    with connect(loaded) as connection, connection.transaction(force_rollback=True):
        yield connection
