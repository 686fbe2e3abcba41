"""Search by name and by coordinates, in a real browser over a real platform."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect
from pyproj import Transformer

pytestmark = pytest.mark.browser

LON, LAT = 118.7909, 36.8560


def box(page: Page) -> Any:
    return page.get_by_role("combobox", name="查找要素或坐标")


def test_names_are_ranked_and_enter_flies_there(visit: Any) -> None:
    page = visit.open(map="118.60,36.80,13.00", layers="blocks,streets")
    visit.drawn()
    read = (re.search(r"/assets/(\w+)-[\w-]+\.js$", url) for url in visit.requests)
    scripts = {found[1] for found in read if found}
    by_itself = {"index", "one_map", "maps", "layer_panel", "worker", "groups", "live"}
    shared = {
        "clock", "compare_link", "config", "event_stream", "layers", "model", "panel_element", "rolldown",
        "sketch", "sketch_shelf", "swatch", "theme",
    }  # fmt: skip
    assert scripts <= by_itself | shared, "read before anybody asks for it"
    box(page).fill("人民路")
    options = page.locator("search-box").get_by_role("option")
    expect(options).to_have_count(5)
    exact = [re.compile(r"^\s*人民路(?!\d)")] * 4
    expect(options).to_have_text([*exact, re.compile(r"^\s*人民路12号A座")])  # before longer names
    expect(box(page)).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowUp")
    expect(options.last).to_have_attribute("aria-selected", "true")
    expect(box(page)).to_have_attribute("aria-activedescendant", str(options.last.get_attribute("id")))
    page.keyboard.press("Enter")
    expect(page.locator("feature-card h2")).to_have_text("人民路12号A座")
    expect(page).to_have_url(re.compile("selected=blocks/B-03-03"))
    expect(page).to_have_url(re.compile(r"map=118\.7\d+,36\.9\d+"))
    expect(page.locator("search-box").get_by_role("option")).to_have_count(0)


def test_typing_asks_once_and_only_the_layers_shown(visit: Any) -> None:
    page = visit.open(map="118.767,36.967,12.00", layers="streets")
    before = len(visit.requests)
    box(page).press_sequentially("人民路", delay=40)
    expect(page.locator("search-box").get_by_role("option")).to_have_count(4)
    asked = [url for url in visit.requests[before:] if "/items" in url and "bbox" not in url]
    assert len(asked) == 2, "what begins so, and what has it: one request each"
    assert all("/collections/streets/" in url for url in asked)
    box(page).fill("B-03-03")
    expect(page.locator("search-box").get_by_text("显示的图层中没有找到").first).to_be_attached()
    page.get_by_role("button", name="清除查找").click()
    expect(box(page)).to_be_focused()
    expect(box(page)).to_have_value("")


def test_an_identity_is_found_and_marks_are_taken_literally(visit: Any) -> None:
    page = visit.open(map="118.767,36.967,12.00", layers="blocks")
    box(page).fill("b-03-03")
    option = page.locator("search-box").get_by_role("option")
    expect(option).to_have_count(1)
    expect(option).to_contain_text("人民路12号A座")
    expect(option.locator("mark")).to_have_text("B-03-03")
    box(page).fill("%'_")
    expect(page.locator("search-box").get_by_text("显示的图层中没有找到").first).to_be_attached()
    assert "alert" not in page.locator("search-box .list").inner_html()


def test_a_layer_that_cannot_be_searched_is_told(visit: Any) -> None:
    page = visit.open(map="118.767,36.967,12.00", layers="blocks,streets")
    page.route(re.compile(r"/collections/streets/items\?.*q="), lambda route: route.abort())
    box(page).fill("人民路")
    expect(page.locator("search-box .note.bad")).to_contain_text("道路:服务器没有应答")
    expect(page.locator("search-box").get_by_role("option")).to_contain_text("人民路12号A座")
    visit.complaints.clear()  # the browser's own line about the aborted request


def test_a_server_that_turns_away_is_asked_again(visit: Any) -> None:
    page = visit.open(map="118.767,36.967,12.00", layers="blocks,streets")
    turned_away = list[Route]()

    def busy(route: Route) -> None:
        if len(turned_away) < 2:
            turned_away.append(route)
            told = {"zh": "同时的请求过多", "en": "too many at once"}
            route.fulfill(status=503, headers={"Retry-After": "1"}, json=told)
        else:
            route.continue_()

    page.route(re.compile(r"/collections/streets/items\?.*q="), busy)
    box(page).fill("人民路")
    expect(page.locator("search-box").get_by_role("option")).to_have_count(5)
    expect(page.locator("search-box .note.bad")).to_have_count(0)
    assert len(turned_away) == 2


def _north_east(epsg: str) -> tuple[float, float]:
    north, east = Transformer.from_crs("EPSG:4490", epsg).transform(LAT, LON)
    return north, east


def test_coordinates_are_understood_and_their_frame_is_named(visit: Any) -> None:
    page = visit.open(map="118.60,36.80,13.00", layers="streets")
    plain, zone_40, zone_20 = _north_east("EPSG:4549"), _north_east("EPSG:4528"), _north_east("EPSG:4498")
    for typed, frame in (
        (f"{LON},{LAT}", "CGCS2000 经纬度"),
        (f"{LAT} {LON}", "CGCS2000 经纬度"),
        ("118°47′27.24″E 36°51′21.6″N", "度分秒"),
        ("北纬36度51分21.6秒,东经118度47分27.24秒", "度分秒"),
        (f"{plain[0]:.3f}, {plain[1]:.3f}", "中央经线 120°"),
        (f"X={plain[0]:.3f} Y={plain[1]:.3f}", "中央经线 120°"),
        (f"{zone_40[0]:.3f},{zone_40[1]:.3f}", "第 40 带"),
        (f"{zone_20[1]:.3f} {zone_20[0]:.3f}", "6°带 第 20 带(中央经线 117°)"),
    ):
        box(page).fill(typed)
        option = page.locator("search-box").get_by_role("option")
        expect(option).to_contain_text(frame)
        expect(option).to_contain_text(re.compile(r"\d+\.\d{6}.*\d+\.\d{6}", re.DOTALL))
        lon, lat = (float(part) for part in re.findall(r"\d+\.\d{6}", option.inner_text())[:2])
        assert (lon, lat) == (pytest.approx(LON, abs=1.5e-6), pytest.approx(LAT, abs=1.5e-6)), typed
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"map=118\.7[789]\d*,36\.8[56]\d*"))
    for typed in ("118.79", "118.79,236.86", "100,200", "36°75′00″N 118°47′24″E"):
        box(page).fill(typed)
        expect(page.locator("search-box").get_by_role("option").filter(has_text="坐标")).to_have_count(0)
