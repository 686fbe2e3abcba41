"""The sample city, served as an installation serves it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from serving import Served, database_of, server


@pytest.fixture(scope="session")
def city(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with two workers over the whole sample city."""
    from spatial import sample

    with database_of(server_dsn, template) as dsn:
        sample.build(dsn, progress=lambda line: None)
        with server(dsn, tmp_path_factory.mktemp("city") / "server.log", workers=2) as running:
            yield running
