"""A watched city with a worker, for tests of the panel of stations and assets."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import monitored_ground
from monitored_ground import Watched
from platform_working import worker
from playwright.sync_api import Locator, Page, expect
from serving import server
from visits import Site, Visit

WAIT_MS = 60_000
VIEW_OF_ALL = "118.740000,36.900000,10.80"


@contextmanager
def monitored_site(server_dsn: str, template: str, folder: Path) -> Iterator[tuple[Site, Watched]]:
    """The served city, its database and datastreams."""
    with (
        monitored_ground.watched(server_dsn, template) as found,
        server(found.dsn, folder / "server.log") as served,
        worker(found.dsn, folder / "worker.log"),
    ):
        yield Site(served.url), found


def part(visit: Visit, detail: str, **state: str) -> tuple[Page, Locator]:
    """The page with one part of the panel open."""
    given: dict[str, Any] = {"map": VIEW_OF_ALL, "panel": "monitoring", "layers": "hydrants"}
    page = visit.open(**{**given, "detail": quote(detail, safe=""), **state})
    tags = {"stations": "station-part", "series": "series-part", "assets": "asset-part"}
    found = page.locator(tags.get(detail.partition(":")[0], "surface-part"))
    expect(found).to_be_visible(timeout=WAIT_MS)
    return page, found
