"""What differs between two states 差异 as the page draws, counts, lists and tells it, in a real browser."""

from __future__ import annotations

import re
from typing import Any

import httpx
import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect
from test_browser_compare import BEFORE, BLOCKS, EDITED, HEIGHT, ON_CHANGED, SIDE_LEFT, WIDTH, button

pytestmark = pytest.mark.browser

REMOVED, ALTERED = (0xB3, 0x40, 0x0A), (0x6B, 0x2F, 0xA0)


@pytest.mark.fine
def test_what_differs_is_drawn_counted_listed_and_told(visit: Any) -> None:
    at = {"map": "118.75000,36.96000,12.00", "layers": "blocks", "panel": "compare"}
    page = visit.open(**at, compare="difference", **{"b.datetime": BEFORE})
    legend = page.get_by_role("list", name="差异图例与视野内数量")
    expected = httpx.get(
        f"{visit.site.url}/collections/blocks/changes",
        params={"axis": "valid", "from": "2025-06-30", "to": "2026-06-30", "limit": 1000},
    ).json()["features"]
    assert {each["id"] for each in expected} >= {EDITED, "B-01-03"}
    counts = {"新增": 0, "消失": 1, "变更": 1}
    for title, count in counts.items():
        expect(legend.get_by_role("listitem").filter(has_text=title)).to_contain_text(f"{count} 项")
    changes = page.locator("change-list .list").get_by_role("button")
    expect(changes).to_have_count(2)
    for outline in (REMOVED, ALTERED):
        until_drawn(visit, outline)
    changes.filter(has_text="人民路12号A座").click()
    card = page.get_by_role("region", name="变化")
    expect(card.get_by_role("row", name=re.compile("名称"))).to_contain_text("地块3-3号")
    row = card.get_by_role("row", name=re.compile("用途"))
    expect(row.get_by_role("cell").nth(0)).to_have_text("城镇住宅用地")
    expect(row.get_by_role("cell").nth(1)).to_have_text("商业用地")
    changes.filter(has_text="消失").click()
    expect(card).to_contain_text("消失")
    expect(card).to_contain_text("B-01-03")
    expect(card.get_by_role("columnheader", name="之前")).to_be_visible()
    expect(card.get_by_role("columnheader", name="之后")).to_have_count(0)


def until_drawn(visit: Any, outline: tuple[int, int, int]) -> None:
    """Something on the map has an outline of that colour."""

    def there() -> bool:
        picture = visit.picture()[:, 60:700, SIDE_LEFT:].astype(int)
        return bool((np.abs(picture - np.array(outline)[:, None, None]).max(axis=0) <= 10).sum() > 100)

    visit.until(there)


@pytest.mark.fine
def test_a_click_on_a_difference_tells_what_changed(visit: Any) -> None:
    page = visit.open(**BLOCKS, compare="difference", panel="none", **{"b.datetime": BEFORE})
    until_drawn(visit, ALTERED)
    page.mouse.click(WIDTH / 2 + 40, HEIGHT / 2 + 40)
    card = page.get_by_role("region", name="变化")
    expect(card.get_by_role("row", name=re.compile("用途"))).to_contain_text("商业用地")
    page.keyboard.press("Escape")
    page.evaluate("location.hash = location.hash.replace('118.76700', '118.79000')")
    visit.drawn()
    page.mouse.click(WIDTH / 2 + 40, HEIGHT / 2 + 40)
    expect(card).to_contain_text("两个时间之间没有变化")


def test_what_was_known_differently_differs_along_the_other_clock(visit: Any) -> None:
    known = visit.site.before_change
    at = {"map": "118.75000,36.96000,12.00", "layers": "blocks", "panel": "compare"}
    page = visit.open(**at, compare="difference", axis="recorded", **{"b.asof": known})
    changes = page.locator("change-list .list").get_by_role("button")
    expect(changes).to_have_count(2)
    page.get_by_role("radio", name="现状时间").check()
    expect(page.get_by_text("两侧的现状时间相同")).to_be_visible()
    expect(page.locator("change-list")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("axis="))


def test_far_out_the_map_says_that_it_leaves_some_out(visit: Any) -> None:
    page = visit.open(map="118.75,36.96,9", layers="sites", panel="compare", compare="difference",
                      **{"b.datetime": "2020-01-01T00:00"})  # fmt: skip
    expect(page.get_by_text("请放大查看全部")).to_be_visible()
    expect(page.get_by_text("至少 200 项")).to_be_visible()
    expect(page.get_by_text("视野内还有更多变化:请放大")).to_be_visible()
    button(page, "继续读取").click()
    expect(page.get_by_text("至少 400 项")).to_be_visible()


def test_layers_without_geometry_are_named_and_not_compared(visit: Any) -> None:
    page: Page = visit.page

    def shapeless(route: Route) -> None:
        told = route.fetch().json()
        for layer in told["layers"]:
            if layer["id"] == "sites":
                layer["geometry"] = None
                layer["legend"]["kind"] = "none"
        route.fulfill(json=told)

    page.route("**/map/config.json", shapeless)
    at = {"map": ON_CHANGED, "panel": "compare", "b.datetime": BEFORE}
    visit.open(**at, layers="blocks,sites", compare="difference", differing="sites")
    page.get_by_text("没有几何、不在图上比较(1)").click()
    expect(page.locator("compare-panel details")).to_contain_text("5G 基站")
    expect(page.get_by_role("combobox", name="比较的图层")).to_have_value("blocks")
    expect(page.get_by_role("list", name="差异图例与视野内数量")).to_contain_text("1 项")


def test_a_difference_that_cannot_be_read_is_told_and_comes_back(visit: Any) -> None:
    page: Page = visit.page
    broken = re.compile(r"/changes/tiles/")
    page.route(broken, lambda route: route.abort())
    page.goto(visit.site.map(**BLOCKS, compare="difference", panel="none", **{"b.datetime": BEFORE}))
    alert = page.get_by_role("alert").filter(has_text="差异")
    expect(alert).to_contain_text("服务器没有应答", timeout=60_000)
    page.unroute(broken)
    expect(alert).to_have_count(0, timeout=60_000)
    visit.drawn()
    visit.complaints.clear()  # the browser's own lines about the aborted requests
