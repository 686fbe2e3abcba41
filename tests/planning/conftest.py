"""One planned city in PostGIS for all that leaves it as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from planning_ground import planned

from spatial.database import Connection, connect

PARCELS = 2_500


@pytest.fixture(scope="session")
def planned_city(server_dsn: str, template: str) -> Iterator[str]:
    """Its dsn; nothing is written there."""
    with planned(server_dsn, template, PARCELS) as dsn:
        yield dsn


@pytest.fixture
def plans(planned_city: str) -> Iterator[Connection]:
    """Whatever a test does there is taken back."""
    with connect(planned_city) as connection, connection.transaction(force_rollback=True):
        yield connection
