"""The frame of panels, the language, the layers' order, and what lies under a click, in a real browser."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from visits import new_visit

pytestmark = pytest.mark.browser

ON_CHANGED = "118.767,36.967,12.00"
ON_STREET = "118.770,36.955,12.00"
"""In the middle of the map a street crosses a block."""
DWELLINGS, STREET = (242, 201, 76), (43, 108, 176)


def near(color: tuple[int, int, int], wanted: tuple[int, int, int], within: int = 16) -> bool:
    return all(abs(one - other) <= within for one, other in zip(color, wanted, strict=True))


def colors_across(visit: Any) -> list[tuple[int, int, int]]:
    """The pixels of a short row through the middle of the map, where a street may lie."""
    picture = visit.picture()
    y, x = picture.shape[1] // 2, picture.shape[2] // 2
    row = picture[:, y, x - 60 : x + 60]
    return [(int(red), int(green), int(blue)) for red, green, blue in row.T]


def share_of(visit: Any, color: tuple[int, int, int]) -> float:
    pixels = colors_across(visit)
    return sum(near(pixel, color) for pixel in pixels) / len(pixels)


def button(page: Page, name: str) -> Any:
    return page.get_by_role("button", name=name, exact=True)


def test_panels_are_opened_walked_and_closed_by_keyboard(visit: Any) -> None:
    page = visit.open(map=ON_CHANGED, layers="streets", panel="none")
    expect(page.get_by_role("toolbar", name="功能面板")).to_have_attribute("aria-orientation", "vertical")
    assert not [url for url in visit.requests if "_panel-" in url], "a panel is read when it is opened"
    button(page, "图层").focus()
    page.keyboard.press("ArrowDown")
    expect(button(page, "属性表")).to_be_focused()
    page.keyboard.press("End")
    expect(button(page, "出图")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(button(page, "图层")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="图层", exact=True)).to_be_focused()
    expect(button(page, "图层")).to_have_attribute("aria-expanded", "true")
    expect(page).to_have_url(re.compile("panel=layers"))
    assert [url for url in visit.requests if "layer_panel-" in url]
    assert not [url for url in visit.requests if "table_panel-" in url]
    page.keyboard.press("Escape")
    expect(page.locator("panel-frame")).to_have_count(0)
    expect(button(page, "图层")).to_be_focused()
    expect(page).to_have_url(re.compile("panel=none"))


def test_one_panel_is_open_at_a_time_and_the_link_keeps_it(visit: Any) -> None:
    page = visit.open(map=ON_CHANGED, layers="streets", panel="measure")
    expect(page.get_by_role("region", name="量测")).to_be_visible()
    expect(page.locator("body")).to_be_focused()
    button(page, "属性表").click()
    expect(page.locator("panel-frame")).to_have_count(1)
    expect(page.get_by_role("heading", name="属性表")).to_be_focused()
    expect(page).to_have_url(re.compile("panel=table"))


def test_the_page_speaks_the_language_chosen_and_remembers_it(visit: Any) -> None:
    page = visit.open(map=ON_CHANGED, layers="streets")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page).to_have_title("One Map · Shouguang")
    expect(page.locator("#map canvas").first).to_have_attribute("aria-label", re.compile("^Map: arrows move"))
    expect(page.get_by_role("checkbox", name="Streets")).to_be_checked()
    expect(page).to_have_url(re.compile("lang=en"))
    page.goto(visit.site.map(layers="streets", panel="table", detail="layer%3Dblocks%26filter%3Dnonsense"))
    page.reload()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("table-panel").get_by_role("alert")).to_contain_text("parameter filter")
    page.get_by_role("button", name="中文").click()
    expect(page.locator("table-panel").get_by_role("alert")).to_contain_text("参数 filter")
    expect(page).not_to_have_url(re.compile("lang="))
    visit.drawn()
    visit.complaints.clear()  # the browser's own line about the refused filter


def test_layers_stand_by_department_and_lead_to_their_record(visit: Any) -> None:
    page = visit.open(map=ON_CHANGED, layers="blocks")
    group = page.get_by_role("checkbox", name="全部:自然资源和规划局")
    expect(group).not_to_be_checked()
    assert group.evaluate("(box) => box.indeterminate")
    group.check()
    expect(page.get_by_role("checkbox", name="道路")).to_be_checked()
    expect(page).not_to_have_url(re.compile("layers="))  # all of them is what a link without a list means
    page.get_by_role("searchbox", name="查找图层或部门").fill("基站")
    expect(page.get_by_role("checkbox", name="道路")).to_have_count(0)
    page.get_by_role("button", name="5G 基站:说明与不透明度").click()
    facts = page.locator(".facts")
    expect(facts).to_contain_text("合成数据")
    expect(facts).to_contain_text("自然资源和规划局")
    record = httpx.get(str(facts.get_by_role("link", name="打开元数据记录").get_attribute("href")))
    assert record.status_code == 200
    assert "5G 基站" in record.text
    page.get_by_role("searchbox", name="查找图层或部门").fill("没有的")
    expect(page.get_by_text("没有图层的名称含“没有的”")).to_be_visible()


@pytest.mark.fine
def test_layers_lie_in_the_order_the_visitor_gives_them(visit: Any, browser: Browser) -> None:
    page = visit.open(map=ON_STREET, layers="blocks,streets")
    assert share_of(visit, STREET) > 0.3, "apart from its name"
    page.get_by_role("tab", name="图例与顺序").click()
    titles = page.locator("layer-stack h3")
    expect(titles).to_have_text(["道路", "地块"])
    raise_blocks = page.get_by_role("button", name="地块上移")
    raise_blocks.focus()
    page.keyboard.press("Enter")
    expect(titles).to_have_text(["地块", "道路"])
    expect(page.get_by_role("status").filter(has_text="地块现在是第 1 层")).to_have_count(1)
    expect(raise_blocks).to_be_focused()
    expect(raise_blocks).to_have_attribute("aria-disabled", "true")
    visit.drawn()
    assert share_of(visit, STREET) == 0, "the blocks cover the street"
    assert share_of(visit, DWELLINGS) > 0.3
    again = new_visit(browser, visit.site).page
    again.goto(page.url)
    again.get_by_role("tab", name="图例与顺序").click()
    expect(again.locator("layer-stack h3")).to_have_text(["地块", "道路"])
    again.context.close()
    page.locator("layer-stack li.layer .head").nth(1).drag_to(page.locator("layer-stack li.layer").first)
    expect(titles).to_have_text(["道路", "地块"])
    visit.drawn()
    assert share_of(visit, STREET) > 0.3
    page.get_by_role("button", name="恢复原序").click()
    expect(page.get_by_role("button", name="恢复原序")).to_have_count(0)
    expect(page).not_to_have_url(re.compile("order="))


def test_the_legend_tells_only_what_is_shown(visit: Any) -> None:
    page = visit.open(map=ON_CHANGED, layers="streets")
    page.get_by_role("tab", name="图例与顺序(1)").click()
    expect(page.get_by_role("list", name="地块图例")).to_have_count(0)
    page.get_by_role("tab", name="全部图层").click()
    page.get_by_role("checkbox", name="地块").check()
    page.get_by_role("tab", name="图例与顺序(2)").click()
    expect(page.get_by_role("list", name="地块图例").get_by_role("listitem")).to_have_text(
        [re.compile("城镇住宅用地"), re.compile("商业用地")]
    )


def test_all_features_under_a_click_are_listed_by_name(visit: Any) -> None:
    page = visit.open(map=ON_STREET, layers="blocks,streets")
    page.mouse.click(600, 380)
    listed = page.get_by_role("list", name="此处有 2 个要素").get_by_role("button")
    expect(listed).to_have_text([re.compile("人民路"), re.compile("地块3-2号")])
    rows = listed.evaluate_all("(all) => all.map((each) => [each.offsetLeft, each.offsetWidth])")
    assert rows[0] == rows[1], "lines of a list, not buttons of their own widths"
    expect(listed.first).to_have_attribute("aria-current", "true")
    listed.nth(1).focus()
    page.keyboard.press("Enter")
    expect(page.locator("feature-card h2")).to_have_text("地块3-2号")
    expect(listed.nth(1)).to_have_attribute("aria-current", "true")


def test_the_version_that_is_seen_is_marked_on_the_line(visit: Any) -> None:
    page = visit.open(map=ON_CHANGED, layers="blocks", selected="blocks/B-03-03")
    versions = page.get_by_role("list", name="历史").get_by_role("listitem")
    expect(versions).to_have_count(3)
    expect(page.locator("version-line rect.bar")).to_have_count(3)
    seen = page.locator("version-line li.seen")
    expect(seen).to_contain_text("2026-01-01 — 至今")
    versions.filter(has_text="2024-01-01 — 2026-01-01").get_by_role("button").click()
    expect(seen).to_contain_text("2024-01-01 — 2026-01-01")
    expect(seen.get_by_role("button")).to_have_attribute("aria-current", "true")
    expect(page.locator("feature-card h2")).to_have_text("地块3-3号")
    expect(page).to_have_url(re.compile("datetime=2024-01-01"))


def test_a_phone_has_the_panels_below_and_the_map_above(visit: Any) -> None:
    visit.page.set_viewport_size({"width": 390, "height": 844})
    page = visit.open(layers="streets")
    expect(page.get_by_role("toolbar")).to_have_attribute("aria-orientation", "horizontal")
    expect(page.locator("panel-frame")).to_have_count(0)
    button(page, "图层").focus()
    page.keyboard.press("ArrowRight")
    expect(button(page, "属性表")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("panel-frame")).to_be_visible()
    sheet = page.locator("panel-frame").bounding_box()
    assert sheet and sheet["width"] == 390
    assert sheet["y"] > 300, "most of the upper half stays the map's"
    assert page.locator("html").evaluate("(root) => root.scrollWidth") <= 390
    page.get_by_role("button", name="关闭面板:属性表").click()
    expect(button(page, "属性表")).to_be_focused()
