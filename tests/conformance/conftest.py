"""The sample city, served as an installation serves it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from raster_files import flown, photograph, surface
from serving import Served, database_of, server


@pytest.fixture(scope="session")
def city(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server with two workers over the whole sample city and its rivers, an image and a surface beside."""
    from spatial import sample
    from water.sample import loading as rivers

    folder = tmp_path_factory.mktemp("city")
    log = folder / "server.log"
    with database_of(server_dsn, template) as dsn:
        sample.build(dsn, progress=lambda line: None)
        rivers.build(dsn)
        flown(dsn, [photograph(folder / "正射.tif"), surface(folder / "dsm.tif")], log.with_suffix(""))
        with server(dsn, log, workers=2) as running:
            yield running
