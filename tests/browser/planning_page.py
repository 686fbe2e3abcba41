"""A planned city with a worker, for tests of the parts of the planning panel."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import planning_ground
import shapely
from platform_working import worker
from playwright.sync_api import Locator, Page, expect
from serving import server
from visits import Site, Visit

from spatial.database import connect

sys.path.insert(0, str(Path(__file__).parents[1] / "planning"))
from indicator_ground import deliver, prepare

WAIT_MS = 60_000
DAY = "2026-06-01T00:00"
TOWN = "370783101"


@contextmanager
def planned_site(
    server_dsn: str, template: str, folder: Path, parcels: int = 1200
) -> Iterator[tuple[Site, str]]:
    """The served city and its dsn; a town covers its western half."""
    with planning_ground.planned(server_dsn, template, parcels) as dsn:
        with connect(dsn) as connection:
            prepare(connection, ["towns"])
            box = connection.execute(
                "select ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e)"
                " from (select ST_Extent(geom) e from history.land_use_survey_believed) s"
            ).fetchone()
            assert box
            west, south, east, north = box
            half = shapely.box(west, south, (west + east) / 2, north)
            deliver(connection, "towns", [{"code": TOWN, "name": "合成镇", "kind": "镇", "geom": half}])
        with server(dsn, folder / "server.log") as served, worker(dsn, folder / "worker.log"):
            yield Site(served.url), dsn


def inside(dsn: str, table: str, where: str = "true") -> tuple[str, float, float]:
    """A feature, and a place in it."""
    with connect(dsn) as connection:
        row = connection.execute(
            "select fid, ST_X(p), ST_Y(p) from (select fid, ST_PointOnSurface(geom) p from"
            f" history.{table}_believed where {where} order by fid limit 1) s"
        ).fetchone()
    assert row
    return row[0], row[1], row[2]


def part(
    visit: Visit, name: str, at: tuple[float, float], zoom: float = 14, **state: str
) -> tuple[Page, Locator]:
    """The page with one part of the panel open."""
    view = f"{at[0]:.6f},{at[1]:.6f},{zoom:.2f}"
    given: dict[str, Any] = {
        "map": view,
        "panel": "planning",
        "detail": name,
        "layers": "plans",
        "datetime": DAY,
    }
    page = visit.open(**{**given, **state})
    tag = {
        "extract": "extract-part",
        "indicators": "indicator-part",
        "alerts": "alert-part",
        "statistics": "statistic-part",
    }.get(name, "version-part")
    panel = page.locator(tag)
    expect(panel).to_be_visible(timeout=WAIT_MS)
    return page, panel


def fits(page: Page, size: tuple[int, int]) -> None:
    """Nothing makes the page larger than the window, or the panel wider than itself."""
    assert page.locator("html").evaluate("(root) => [root.scrollWidth, root.scrollHeight]") == list(size)
    wide = page.locator("panel-frame").evaluate_all(
        "(all) => all.map((each) => { const body = each.shadowRoot.querySelector('.body');"
        " return body.scrollWidth - body.clientWidth })"
    )
    assert max(wide, default=0) <= 0
