"""The map page 一张图 in a real browser over a real platform.

Each visit is watched (``conftest.py``): a foreign request, a breach of the
content security policy or an error in the console fails the test.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect
from serving import server
from visits import new_visit

pytestmark = pytest.mark.browser

DWELLINGS = (242, 201, 76)
SHOPS = (217, 83, 79)
CHANGED = "B-03-03"
ON_CHANGED = "118.767,36.967,12.00"
ON_RETIRED = "118.727,36.967,12.00"
"""Beside the block's middle, where its label stands."""


def near(color: tuple[int, int, int], wanted: tuple[int, int, int], within: int = 12) -> bool:
    return all(abs(one - other) <= within for one, other in zip(color, wanted, strict=True))


def layer_box(page: Page, title: str) -> Any:
    return page.get_by_role("checkbox", name=title)


def test_city_layers_and_legend_are_named_in_chinese(visit: Any) -> None:
    page = visit.open()
    expect(page).to_have_title("一张图 · 寿光市 One Map")
    expect(page.get_by_role("heading", level=1)).to_contain_text("一张图 · 寿光市")
    for title in ("地块", "道路", "5G 基站"):
        expect(layer_box(page, title)).to_be_checked()
    page.get_by_role("tab", name="图例与顺序").click()
    legend = page.get_by_role("list", name="地块图例")
    expect(legend.get_by_role("listitem")).to_have_text(["城镇住宅用地", "商业用地"])


def test_synthetic_badge_follows_the_layers_shown(visit: Any) -> None:
    page = visit.open()
    badge = page.locator("header.brand .seal")
    expect(badge).to_have_text("合成数据")
    layer_box(page, "5G 基站").uncheck()
    expect(badge).to_have_count(0)


def test_features_are_drawn_in_the_colour_of_their_class(visit: Any) -> None:
    visit.open(map=ON_CHANGED, layers="blocks")
    assert near(visit.color(), SHOPS)
    layer_box(visit.page, "地块").uncheck()
    visit.drawn()
    visit.until(lambda: not near(visit.color(), SHOPS, 40))


def test_click_shows_attributes(visit: Any) -> None:
    page = visit.open(map=ON_CHANGED, layers="blocks")
    page.mouse.click(600, 380)
    card = page.get_by_role("region", name="要素属性")
    expect(card.get_by_role("heading", name="人民路12号A座")).to_be_visible()
    expect(card).to_contain_text("商业用地")
    expect(card).to_contain_text("0901")
    expect(card).to_contain_text("1,234,567.5 m²")
    expect(card).to_contain_text("2026-01-01 起")
    link = card.locator("dd").get_by_role("link", name=str(visit.site.second_changeset), exact=True)
    expect(link).to_have_attribute("href", f"{visit.site.url}/changesets/{visit.site.second_changeset}")
    expect(page).to_have_url(re.compile(f"selected=blocks/{CHANGED}"))


def test_valid_time_changes_what_is_drawn(visit: Any) -> None:
    page = visit.open(map=ON_CHANGED, layers="blocks")
    assert near(visit.color(), SHOPS)
    page.locator("time-panel #datetime").fill("2025-06-30")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="现状 2025-06-30")).to_be_visible()
    visit.drawn()
    visit.until(lambda: near(visit.color(), DWELLINGS))
    assert any("datetime=2025-06-30T00%3A00%3A00%2B08%3A00" in url for url in visit.requests)
    page.get_by_role("button", name="回到现在", exact=True).click()
    visit.drawn()
    visit.until(lambda: near(visit.color(), SHOPS))


def test_recorded_time_shows_what_was_known(visit: Any) -> None:
    known = visit.site.before_change
    page = visit.open(map=ON_RETIRED, layers="blocks")
    assert not near(visit.color(), DWELLINGS, 30), "retired since 2026"
    page.locator("time-panel #asof").fill(known.replace("T", " "))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="认知")).to_be_visible()
    visit.drawn()
    visit.until(lambda: near(visit.color(), DWELLINGS))  # the platform did not know then


def test_history_of_a_feature_leads_to_each_of_its_states(visit: Any) -> None:
    page = visit.open(map=ON_CHANGED, layers="blocks", selected=f"blocks/{CHANGED}")
    versions = page.locator("feature-card .versions li")
    expect(versions).to_have_count(3)
    expect(versions.filter(has_text="用途变更")).to_have_count(2)
    superseded = versions.filter(has_text="被更正")
    expect(superseded).to_contain_text("李工")
    superseded.get_by_role("button").click()
    expect(page.get_by_role("status").filter(has_text="认知")).to_be_visible()
    expect(page.locator("feature-card h2")).to_have_text("地块3-3号")
    visit.drawn()
    visit.until(lambda: near(visit.color(), DWELLINGS, 25))  # under the tint of the selection


def test_text_that_is_no_time_is_refused_with_a_hint(visit: Any) -> None:
    page = visit.open(layers="streets")
    field = page.locator("time-panel #datetime")
    field.fill("2026-02-30")
    field.press("Enter")
    expect(page.locator("time-panel").get_by_role("alert")).to_contain_text("2026-06-30")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(page).not_to_have_url(re.compile("datetime"))


def test_a_link_reopens_the_same_view(visit: Any, browser: Browser) -> None:
    page = visit.open(
        map=ON_CHANGED, layers="blocks,sites", datetime="2025-06-30T08:00", asof="2099-01-01T00:00"
    )
    layer_box(page, "5G 基站").uncheck()
    page.get_by_role("button", name="地块:说明与不透明度").click()
    page.get_by_role("slider", name="地块不透明度").fill("0.5")
    visit.drawn()
    page.mouse.click(600, 380)
    expect(page.locator("feature-card h2")).to_have_text("地块3-3号")
    again = new_visit(browser, visit.site).page
    try:
        again.goto(page.url)
        expect(again.locator("#map[aria-busy=false]")).to_have_count(1, timeout=60_000)
        expect(again.locator("feature-card h2")).to_have_text("地块3-3号")
        expect(layer_box(again, "5G 基站")).not_to_be_checked()
        expect(layer_box(again, "地块")).to_be_checked()
        expect(again.locator("time-panel #datetime")).to_have_value("2025-06-30 08:00")
        expect(again.locator("time-panel #asof")).to_have_value("2099-01-01")
        assert again.url == page.url
    finally:
        again.context.close()


def test_a_link_put_in_at_the_moment_of_another_change_is_followed(visit: Any) -> None:
    page = visit.open(map="118.767,36.967,12.00", layers="blocks", panel="table", selected="blocks/B-03-03")
    expect(page.locator("feature-card h2")).to_have_text("人民路12号A座")
    page.evaluate(
        """() => {
          location.hash = location.hash.replace('B-03-03', 'B-07-07').replace('118.767', '118.768')
          document.querySelector('one-map').shadowRoot.querySelector('selected-card').dispatchEvent(
            new CustomEvent('state', { detail: { detail: 'layer=blocks' }, bubbles: true, composed: true }))
        }"""
    )
    expect(page.locator("feature-card h2")).to_have_text("地块7-7号")
    expect(page).to_have_url(re.compile(r"118\.768"))


def test_keyboard_alone_reads_a_feature_and_sets_layers(visit: Any) -> None:
    page = visit.open(map=ON_CHANGED, layers="blocks,sites")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="跳到地图")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".maplibregl-canvas")).to_be_focused()
    page.keyboard.press("Enter")
    heading = page.locator("feature-card h2")
    expect(heading).to_have_text("人民路12号A座")
    expect(heading).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("feature-card")).to_have_count(0)
    expect(page.locator(".maplibregl-canvas")).to_be_focused()
    before = page.url
    page.keyboard.press("ArrowRight")
    expect(page).not_to_have_url(before)
    layer_box(page, "道路").focus()
    page.keyboard.press("Space")
    expect(layer_box(page, "道路")).to_be_checked()


def test_a_pan_there_and_back_asks_for_no_tile_twice(visit: Any) -> None:
    page = visit.open(map=ON_CHANGED, layers="blocks")
    page.locator(".maplibregl-canvas").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "ArrowLeft"):
        page.keyboard.press(key)
        visit.still()
    tiles = [url for url in visit.requests if re.search(r"/tiles/[^/]+/\d+/\d+/\d+", url)]
    assert len(tiles) > 1
    assert len(tiles) == len(set(tiles))


def test_a_failing_layer_is_told_and_asked_again(visit: Any) -> None:
    page: Page = visit.page
    broken = re.compile(r"/collections/streets/tiles")
    page.route(broken, lambda route: route.abort())
    visit.open(map=ON_CHANGED)
    alert = page.get_by_role("alert").filter(has_text="道路")
    expect(alert).to_contain_text("服务器没有应答")
    page.unroute(broken)
    expect(alert.get_by_role("button", name="重试")).to_be_visible()
    expect(alert).to_have_count(0, timeout=60_000)
    visit.complaints.clear()  # the browser's own line about the aborted request


def test_a_server_that_is_down_is_told(visit: Any) -> None:
    page: Page = visit.page
    page.route("**/map/config.json", lambda route: route.abort())
    page.goto(visit.site.map())
    expect(page.get_by_role("alert")).to_contain_text("服务器没有应答")
    page.unroute("**/map/config.json")
    page.get_by_role("button", name="重试").click()
    expect(page.locator("#map")).to_have_count(1)
    visit.complaints.clear()


def test_without_webgl2_the_page_says_what_is_needed(visit: Any) -> None:
    visit.page.add_init_script(
        "const own = HTMLCanvasElement.prototype.getContext;"
        "HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {"
        " return kind === 'webgl2' ? null : own.call(this, kind, ...rest) }"
    )
    visit.page.goto(visit.site.map())
    expect(visit.page.get_by_role("alert")).to_contain_text("浏览器过旧")


def test_a_platform_without_layers_says_how_to_load_one(
    browser: Browser, database: str, tmp_path: Path, built: Path
) -> None:
    with server(database, tmp_path / "server.log") as served:
        page = browser.new_page(viewport={"width": 1200, "height": 760})
        page.goto(f"{served.url}/map")
        expect(page.get_by_text("还没有图层")).to_be_visible()
        expect(page.locator("#map[aria-busy=false]")).to_have_count(1, timeout=60_000)
        page.close()


@pytest.mark.parametrize("width", [360, 768])
def test_narrow_windows_keep_the_map_and_fold_the_panel(visit: Any, width: int) -> None:
    visit.page.set_viewport_size({"width": width, "height": 720})
    page = visit.open(layers="blocks")
    expect(layer_box(page, "地块")).to_have_count(0)
    page.get_by_role("button", name="图层", exact=True).click()
    expect(layer_box(page, "地块")).to_be_visible()
    expect(page.locator("time-panel #datetime")).to_have_count(0)
    page.get_by_role("button", name="时间", exact=True).click()
    expect(page.locator("time-panel #datetime")).to_be_visible()
    assert page.locator("html").evaluate("(root) => root.scrollWidth") <= width


@pytest.mark.fine
def test_labels_are_drawn_without_any_glyph_server(visit: Any) -> None:
    """By the platform's fonts where they are made, else by the reader's own."""
    visit.open(map="118.77,36.97,13.50", layers="blocks")
    asked = [url for url in visit.requests if "font" in url or "glyph" in url or ".pbf" in url]
    assert all(url.startswith(f"{visit.site.url}/fonts/") for url in asked), asked
    middle = visit.picture()[:, 360:400, 530:670].astype(int).sum(axis=0)
    dark = np.argwhere(middle < 300)
    assert len(dark) > 150, "no glyph was drawn in the middle of the block"
    assert np.ptp(dark[:, 1]) > 80, "人民路12号A座 is nine characters wide"


def test_coordinates_agree_with_the_projection_library(visit: Any) -> None:
    from pyproj import Transformer

    page = visit.open(map="118.80000,37.00000,12.00", layers="blocks")
    page.mouse.move(600, 380)
    expect(page.locator("status-bar")).to_contain_text("N ")
    text = " ".join(page.locator("status-bar span").all_inner_texts())
    lon, lat = (float(part) for part in re.findall(r"(\d+\.\d{5})", text)[:2])
    north, east = (float(part) for part in re.search(r"N ([\d.]+) E ([\d.]+)", text).groups())  # type: ignore[union-attr]
    wanted_north, wanted_east = Transformer.from_crs("EPSG:4490", "EPSG:4549").transform(lat, lon)
    # The read-out shows degrees to 1e-5, about a metre.
    assert (north, east) == (pytest.approx(wanted_north, abs=1.2), pytest.approx(wanted_east, abs=1.2))
