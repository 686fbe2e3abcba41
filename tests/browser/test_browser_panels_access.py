"""No violation found by axe (A, AA, best practice) in any state of the panels; 200 % zoom."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
RUN = """async () => {
  const found = await axe.run(document, { resultTypes: ['violations', 'passes'] })
  const told = found.violations.map((each) => [each.id, each.nodes.map((node) => node.html)])
  return { told, passes: found.passes.length }
}"""


def unbroken(page: Page, state: str) -> None:
    """Nothing is wrong, and axe has indeed looked."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate(RUN)
    assert found["told"] == [], state
    assert found["passes"] > 15, state


def button(page: Page, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


def walk(page: Page, narrow: bool, check: Callable[[Page, str], None]) -> None:
    """Through the states of the page, one after the other."""
    check(page, "start")
    if narrow:
        button(page, "时间").click()
        check(page, "clocks")
        button(page, "图层").click()
    page.get_by_role("button", name="地块:说明与不透明度").click()
    check(page, "layer facts")
    page.get_by_role("tab", name="图例与顺序").click()
    expect(page.get_by_role("list", name="地块图例")).to_be_visible()
    check(page, "legend and order")
    page.get_by_role("combobox", name="查找要素或坐标").fill("人民路")
    expect(page.locator("search-box").get_by_role("option").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    check(page, "search")
    page.keyboard.press("Enter")
    expect(page.get_by_role("list", name="历史")).to_be_visible()
    check(page, "card")
    button(page, "关闭要素卡片").click()
    button(page, "属性表").click()
    expect(page.locator("table-panel tbody tr").first).to_be_visible()
    check(page, "table")
    page.get_by_role("textbox", name="筛选条件").fill("nonsense = 1")
    page.keyboard.press("Enter")
    expect(page.locator("table-panel").get_by_role("alert")).to_be_visible()
    check(page, "refused filter")
    button(page, "量测").click()
    page.get_by_role("textbox", name="顶点坐标").fill("118.75,36.95\n118.80,36.95\n118.80,36.98\nxx")
    expect(page.locator("measure-panel").get_by_role("alert")).to_be_visible()
    check(page, "measure")
    page.locator("page-head #datetime").fill("2025-06-30")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="现状 2025-06-30")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    check(page, "English, in the past")


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desk", "phone"])
def test_axe_finds_nothing_in_any_state(visit: Any, size: tuple[int, int]) -> None:
    visit.page.set_viewport_size({"width": size[0], "height": size[1]})
    page = visit.open(map="118.767,36.967,12.00")
    walk(page, size[0] < 900, unbroken)
    visit.complaints.clear()  # the browser's own line about the refused filter


def test_axe_finds_nothing_without_a_map(mapless: Any) -> None:
    mapless.page.goto(mapless.site.map(panel="table"))
    expect(mapless.page.locator("table-panel tbody tr").first).to_be_visible()
    unbroken(mapless.page, "no map")


def test_at_twice_the_size_everything_is_reached(visit: Any) -> None:
    """A window of 1280 by 800 at 200 %: 640 by 400 of the page's own pixels."""
    visit.page.set_viewport_size({"width": 640, "height": 400})
    page = visit.open(map="118.767,36.967,12.00", layers="blocks", selected="blocks/B-03-03")
    assert page.locator("html").evaluate("(root) => [root.scrollWidth, root.scrollHeight]") == [640, 400]
    history = page.get_by_role("list", name="历史").get_by_role("button").last
    history.scroll_into_view_if_needed()
    expect(history).to_be_in_viewport()
    button(page, "关闭要素卡片").click()
    for panel, within in (("图层", "地块"), ("量测", None), ("属性表", None)):
        button(page, panel).click()
        frame = page.locator("panel-frame")
        expect(frame.get_by_role("heading", name=panel)).to_be_in_viewport()
        if within:
            box = page.get_by_role("checkbox", name=within)
            box.scroll_into_view_if_needed()
            expect(box).to_be_in_viewport()
    last = page.get_by_role("button", name="下一页")
    last.scroll_into_view_if_needed()
    expect(last).to_be_in_viewport()
    expect(page.get_by_role("combobox", name="查找要素或坐标")).to_be_in_viewport()


def test_in_forced_colours_what_is_chosen_is_seen(visit: Any) -> None:
    """Where the system's colours take the place of the page's, a choice may not rest on those alone."""
    visit.page.emulate_media(forced_colors="active")
    page = visit.open(map="118.767,36.967,12.00", layers="blocks", panel="compare")
    expect(button(page, "卷帘")).to_have_attribute("aria-pressed", "true")

    def style(name: str, what: str) -> str:
        return str(button(page, name).evaluate(f"(found) => getComputedStyle(found).{what}"))

    assert (style("卷帘", "outlineStyle"), style("并列", "outlineStyle")) == ("solid", "none")
    assert style("对比", "borderLeftColor") != style("量测", "borderLeftColor")
    unbroken(page, "forced colours")
