"""A served stretch of river with a worker, for tests of the panel of the rivers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, quote, unquote

import river_ground
from platform_working import worker
from playwright.sync_api import Locator, Page, expect
from river_ground import ROUTE, Riverside
from serving import server
from visits import Site, Visit

WAIT_MS = 60_000
TAGS = {
    "strip": "strip-part",
    "sections": "section-part",
    "gauges": "gauge-part",
    "works": "works-part",
    "archive": "archive-part",
    "flights": "flight-part",
}


@contextmanager
def river_site(server_dsn: str, template: str, folder: Path) -> Iterator[tuple[Site, Riverside]]:
    """The served river, its database and archive; two flights over it."""
    with river_ground.riverside(server_dsn, template, folder) as found:
        log = folder / "server.log"
        river_ground.flown(found.dsn, folder, log.with_suffix(""))
        with server(found.dsn, log) as served, worker(found.dsn, folder / "worker.log"):
            yield Site(served.url), found


def part(visit: Visit, name: str, kept: str = "", **state: str) -> tuple[Page, Locator]:
    """The page with one part of the panel open, on the river of the tests."""
    detail = f"{name}:river={ROUTE}" + (f"&{kept}" if kept else "")
    given = {"map": "118.800000,36.950000,11.00", "panel": "rivers", "layers": "river-routes"}
    page = visit.open(**{**given, "detail": quote(detail, safe=""), **state})
    found = page.locator(TAGS[name])
    expect(found).to_be_visible(timeout=WAIT_MS)
    return page, found


def kept_in_link(page: Page) -> dict[str, str]:
    """What the open part keeps in the link."""
    said = unquote(parse_qs(page.url.partition("#")[2])["detail"][0])
    return {name: values[0] for name, values in parse_qs(said.partition(":")[2]).items()}
