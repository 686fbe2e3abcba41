"""A dense publication on the map: all of it is drawn, and any of it can be chosen."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Browser, expect
from serving import database_of, server, until
from test_browser_publication import PROXIED, WAIT_MS, finished
from visits import Site, Visit, new_visit

sys.path.insert(0, str(Path(__file__).parents[1] / "planning"))
import publication_ground as ground
import shapely
from publication_ground import CORNER, ZONES

from planning.publication.model import Wanted
from planning.publication.publication import publish
from spatial.database import connect
from spatial.datum.clock import BEIJING
from spatial.history.model import Intent

pytestmark = pytest.mark.browser

SIDE = 70
PIECE_DEG = 0.0003
MIDDLE = (CORNER[0] + SIDE * PIECE_DEG / 2, CORNER[1] - 0.05 + SIDE * PIECE_DEG / 2)


@pytest.fixture(scope="module")
def city(
    built: Path, server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """4,900 zones of some 30 m, in 70 rows without a gap, on show since three days ago."""
    with database_of(server_dsn, template) as dsn:
        with connect(dsn) as connection, connection.transaction():
            ground.build(connection)
            rows = [
                (f"d{i}-{j}", f"d{i}-{j}", "400", ground.OTHER, _piece(i, j))
                for i in range(SIDE)
                for j in range(SIDE)
            ]
            ground.write_rows(connection, ZONES, ("fid", "bsm", "ghfqdm", "plan_version", "geom"), rows)
            began = ground.today() - timedelta(3)
            at = datetime(began.year, began.month, began.day, tzinfo=BEIJING)
            shown = ground.draft(began + timedelta(39), Wanted(ZONES), version=ground.OTHER)
            publish(connection, shown, Intent("张伟", ground.DEPARTMENT, "公示草案", at), began)
        with server(dsn, tmp_path_factory.mktemp("dense") / "server.log") as served:
            yield Site(served.url)


def _piece(i: int, j: int) -> shapely.MultiPolygon:
    west, south = CORNER[0] + i * PIECE_DEG, CORNER[1] - 0.05 + j * PIECE_DEG
    return shapely.MultiPolygon([shapely.box(west, south, west + PIECE_DEG, south + PIECE_DEG)])


def _covered(visit: Visit, bare: np.ndarray) -> float:
    """Share of the map's own part, which no panel or control covers, that looks otherwise than when bare."""
    middle = (slice(None), slice(250, 550), slice(560, 900))
    differs = np.abs(visit.picture().astype(int) - bare)[middle].sum(axis=0) > 30
    return float(differs.mean())


@pytest.mark.parametrize("frame", ["gk", "mercator"])
def test_a_dense_publication_is_drawn_whole(browser: Browser, city: Site, frame: str) -> None:
    visit = new_visit(browser, city, fine=True, view={"width": 1280, "height": 800}, headers=PROXIED)
    seen = f"{MIDDLE[0]:.6f},{MIDDLE[1]:.6f},15.30"
    page = visit.open(map=seen, panel="planning", detail="publication:1", frame=frame, layers="plans")
    panel = page.locator("publication-panel")
    box = panel.get_by_role("checkbox")
    expect(box).to_be_checked(timeout=WAIT_MS)
    expect(panel).to_contain_text("4901 个")
    box.uncheck()
    visit.still()
    bare = visit.picture().astype(int)
    box.check()
    until(lambda: _covered(visit, bare) > 0.995)
    expect(panel).not_to_contain_text("可能没有画出")
    page.mouse.click(700, 400)
    chosen = panel.locator("#chosen")
    expect(chosen).to_contain_text("所选要素:规划分区 d", timeout=WAIT_MS)
    expect(panel.locator("publication-form")).to_contain_text("针对要素")
    page.locator(".maplibregl-canvas").focus()
    for _ in range(4):
        page.keyboard.press("-")
        page.wait_for_timeout(400)
    expect(panel).to_contain_text("可能没有画出", timeout=WAIT_MS)
    finished(visit)
