"""What a panel laid on the map goes with the panel."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from flood_page import Rehearsed
from planning_page import fits
from playwright.sync_api import Browser, Page, expect
from river_ground import ROUTE, Riverside
from visits import Site, Visit, new_visit, visiting

pytestmark = pytest.mark.browser

FREE = np.s_[:, 120:700, 480:780]
"""The part of the map that neither a panel nor a card covers."""


def differing(one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> int:
    return int((np.abs(one[FREE].astype(int) - other[FREE].astype(int)).max(axis=0) > 24).sum())


def leaves_nothing(visit: Visit, base: str, panels: dict[str, str]) -> None:
    """Opens each panel by its link and closes it by hand: the map is as it was before."""
    page = visit.page
    page.goto(f"{visit.site.url}/map#{base}&panel=none")
    visit.still()
    bare = visit.picture()
    for title, link in panels.items():
        page.evaluate("(hash) => { location.hash = hash }", f"{base}&{link}")
        expect(page.get_by_role("heading", name=title, exact=True).first).to_be_visible()
        visit.until(lambda: differing(visit.picture(), bare) > 60)
        page.get_by_role("button", name=f"关闭面板:{title}").click()
        expect(page.locator("panel-frame")).to_have_count(0)
        visit.until(lambda: differing(visit.picture(), bare) == 0)
        visit.still()
        assert differing(visit.picture(), bare) == 0, title


def test_marks_along_a_river_go_with_their_panel(browser: Browser, river: tuple[Site, Riverside]) -> None:
    with visiting(browser, river[0]) as visit:
        base = "map=118.800000,36.950000,11.00&layers=river-routes"
        leaves_nothing(visit, base, {"数字河流": f"panel=rivers&detail=strip%3Ariver%3D{ROUTE}"})


def test_marks_of_warnings_go_with_their_panel(browser: Browser, floods: tuple[Site, Rehearsed]) -> None:
    with visiting(browser, floods[0]) as visit:
        base = "map=118.79000,36.90000,10.50&layers=none-of-them"
        leaves_nothing(visit, base, {"防洪四预": "panel=floods"})


def test_on_a_phone_the_open_panel_is_seen_in_the_rail(browser: Browser, site: Site) -> None:
    visit = new_visit(browser, site, view={"width": 390, "height": 844})
    page = visit.page
    for panel, title in (("print", "出图"), ("compare", "对比"), ("layers", "图层")):
        page.goto("about:blank")
        visit.open(map="118.76700,36.96700,12.00", layers="blocks", panel=panel)
        expect(page.get_by_role("heading", name=title, exact=True).first).to_be_visible()
        visit.until(partial(_is_whole, page, title))
    fits(page, (390, 844))
    page.context.close()
    assert visit.complaints == []


def _is_whole(page: Page, title: str) -> bool:
    button = page.locator("panel-rail").get_by_role("button", name=title, exact=True).bounding_box()
    account = page.locator("sign-in").bounding_box()
    assert button
    assert account
    return button["x"] >= 0 and button["x"] + button["width"] <= account["x"] + 1
