"""Small windows 小窗口: a planner's screen at 200 %, a phone upright; map and panel are both of use."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from edit_ground import Ground
from playwright.sync_api import Browser, Locator, Page, expect
from visits import Visit, new_visit

pytestmark = pytest.mark.browser

LOW = {"width": 640, "height": 400}
"""A screen of 1280 × 800 at 200 %."""
PHONE = {"width": 390, "height": 844}
HERE = "118.745,36.945,14.00"
LEAST_PX = 250


@contextmanager
def small(browser: Browser, town: Ground, view: dict[str, int]) -> Iterator[Visit]:
    watched = new_visit(browser, town, view=view)
    yield watched
    watched.page.context.close()
    assert watched.complaints == []


def box(found: Locator) -> tuple[float, float, float, float]:
    """Left, top, right, bottom."""
    told = found.bounding_box()
    assert told
    return told["x"], told["y"], told["x"] + told["width"], told["y"] + told["height"]


def free(page: Page, panel: str) -> tuple[float, float, float, float]:
    """What the head, the panel beside it and the bar leave of the map."""
    _, _, left, _ = box(page.locator(panel))
    _, _, _, top = box(page.locator("page-head"))
    _, bottom, _, _ = box(page.locator("page-rail"))
    return left, top, page.viewport_size["width"] if page.viewport_size else 0, bottom


@pytest.mark.parametrize("panel", ["layers", "table", "print", "edit"])
def test_a_low_window_has_room_for_the_panel_and_the_map(browser: Browser, town: Ground, panel: str) -> None:
    with small(browser, town, LOW) as visit:
        page = visit.open(map=HERE, frame="mercator", panel=panel)
        frame = page.locator("panel-frame")
        left, top, right, bottom = box(frame)
        assert right - left >= 300 and bottom - top >= LEAST_PX
        west, north, east, south = free(page, "panel-frame")
        assert east - west >= LEAST_PX and south - north >= LEAST_PX
        for other in ("page-head", "map-tools", "status-bar"):
            assert box(page.locator(other))[0] >= right, f"{other} beside the panel, not on it"
        assert page.evaluate("document.scrollingElement.scrollWidth") == LOW["width"]


def test_what_lies_beside_the_panel_is_picked(browser: Browser, town: Ground) -> None:
    with small(browser, town, LOW) as visit:
        page = visit.open(map="118.747,36.945,15.00", frame="mercator", panel="layers")
        west, north, _, _ = free(page, "panel-frame")
        page.mouse.click(west + 60, north + 120)
        card = page.locator("selected-card")
        expect(card).to_contain_text("P-0")
        assert box(card)[2] <= west + 1, "where the panel was"
        card.get_by_role("button", name="关闭").click()
        expect(page.locator("layer-panel")).to_be_visible()


def test_two_maps_stand_beside_the_panel_of_a_low_window(browser: Browser, town: Ground) -> None:
    with small(browser, town, LOW) as visit:
        page = visit.open(map=HERE, frame="mercator", panel="compare", compare="side")
        _, _, left, _ = box(page.locator("panel-frame"))
        maps = [box(page.locator(name)) for name in ("#map", "#other-map")]
        assert all(west >= left - 1 and east - west >= LEAST_PX for west, _, east, _ in maps)
        assert all(south - north >= 120 for _, north, _, south in maps)


def test_a_panel_folds_by_key_and_uncovers_the_map(browser: Browser, town: Ground) -> None:
    with small(browser, town, PHONE) as visit:
        page = visit.open(map=HERE, frame="mercator", panel="edit")
        body = page.locator("edit-panel")
        expect(body).to_be_visible()
        whole = box(page.locator("panel-frame"))
        fold = page.get_by_role("button", name="收起编辑")
        fold.press("Enter")
        expect(body).to_be_hidden()
        unfold = page.get_by_role("button", name="展开编辑")
        expect(unfold).to_be_focused()
        _, top, _, bottom = box(page.locator("panel-frame"))
        assert bottom - top < 60 and bottom == whole[3]
        unfold.press("Enter")
        expect(body).to_be_visible()
        page.get_by_role("button", name="收起编辑").click()
        page.get_by_role("button", name="图层", exact=True).click()
        expect(page.locator("layer-panel")).to_be_visible()  # another panel opens whole


def test_a_wide_window_has_nothing_to_fold(browser: Browser, town: Ground) -> None:
    with small(browser, town, {"width": 1200, "height": 760}) as visit:
        page = visit.open(map=HERE, panel="edit")
        expect(page.locator("edit-panel")).to_be_visible()
        expect(page.get_by_role("button", name="收起编辑")).to_have_count(0)


@pytest.mark.parametrize(
    ("state", "button"), [({"datetime": "2025-01-01"}, "回到现在"), ({"compare": "swipe"}, "结束对比")]
)
def test_the_keyboard_is_on_the_map_when_a_notice_has_gone(
    browser: Browser, town: Ground, state: dict[str, str], button: str
) -> None:
    with small(browser, town, LOW) as visit:
        page = visit.open(map=HERE, panel="none", **state)
        page.locator("notice-board").get_by_role("button", name=button).press("Enter")
        expect(page.locator("notice-board").get_by_role("button")).to_have_count(0)
        expect(page.locator("#map canvas").first).to_be_focused()
