"""Print in a real browser: a sheet is chosen and moved by mouse and by keyboard, and the file is measured."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import httpx
import numpy as np
import pytest
from pdf_reader import Sheet
from playwright.sync_api import Page, expect
from pyproj import Transformer

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
CORNER = (118.76, 36.96)
"""Where four blocks meet: two of their edges cross there."""
EDGE = (138, 109, 31)
"""#8a6d1f, the outline of blocks."""
HERE = f"{CORNER[0]},{CORNER[1]},14.00"
TO_PLANE = Transformer.from_crs(4490, 4549, always_xy=True)


def field(page: Page, name: str) -> Any:
    return page.locator("print-panel").get_by_label(name, exact=True)


def button(page: Page, name: str) -> Any:
    return page.locator("print-panel").get_by_role("button", name=name, exact=True)


def center(page: Page) -> tuple[float, float]:
    """The middle of the sheet as the link keeps it, in the plane."""
    fragment = page.evaluate("location.hash").removeprefix("#")
    detail = parse_qs(parse_qs(fragment)["detail"][0])
    lon, lat = (float(part) for part in detail["at"][0].split(","))
    east, north = TO_PLANE.transform(lon, lat)
    return float(east), float(north)


def made(page: Page, press: Any) -> tuple[Sheet, str]:
    with page.expect_download(timeout=120_000) as download:
        press()
    path = download.value.path()
    return Sheet(Path(path).read_bytes()), download.value.suggested_filename


def window(site: Any, paper: str, orientation: str) -> tuple[float, float, float, float]:
    papers = httpx.get(f"{site.url}/print").json()["papers"]
    (found,) = [e["map_mm"] for e in papers if (e["paper"], e["orientation"]) == (paper, orientation)]
    return tuple(found)


def crossing_mm(sheet: Sheet, expected: tuple[float, float]) -> tuple[float, float]:
    """Where two edges cross: the column and the row with the most of their ink."""
    reach = 6.0
    x, y = expected
    picture = sheet.pixels(400, (x - reach, y - reach, x + reach, y + reach)).astype(int)
    ink = (np.abs(picture - EDGE).max(axis=2) < 60).astype(float)
    columns, rows = ink.sum(axis=0), ink.sum(axis=1)
    assert columns.max() > 0.3 * len(rows) and rows.max() > 0.3 * len(columns), "no edges here"
    at = [_middle(each) for each in (columns, rows)]
    per_px = 2 * reach / picture.shape[1]
    return x - reach + (at[0] + 0.5) * per_px, y + reach - (at[1] + 0.5) * per_px


def _middle(ink: np.ndarray[Any, Any]) -> float:
    strong = np.where(ink > 0.6 * ink.max(), ink, 0.0)
    return float(np.average(np.arange(len(ink)), weights=strong))


def measured(visit: Any, sheet: Sheet, paper: str, orientation: str, scale: int) -> None:
    """The corner lies on the sheet where its middle and its scale say."""
    left, bottom, width, height = window(visit.site, paper, orientation)
    east, north = center(visit.page)
    corner = TO_PLANE.transform(*CORNER)
    off = (corner[0] - east) * 1000 / scale, (corner[1] - north) * 1000 / scale
    expected = left + width / 2 + off[0], bottom + height / 2 + off[1]
    # Edges are meridians and parallels, three quarters of a degree askew in the plane.
    assert crossing_mm(sheet, expected) == (
        pytest.approx(expected[0], abs=0.25),
        pytest.approx(expected[1], abs=0.25),
    )


@pytest.mark.fine
def test_a_sheet_is_moved_by_mouse_and_made(visit: Any) -> None:
    page = visit.open(map=HERE, layers="blocks", panel="print")
    expect(button(page, "生成 PDF")).to_be_visible()
    visit.still()
    wanted = TO_PLANE.transform(*CORNER)
    visit.until(
        lambda: center(page) == (pytest.approx(wanted[0], abs=0.1), pytest.approx(wanted[1], abs=0.1))
    )
    before = center(page)
    x, y = sheet_on_screen(visit)
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 30, y + 10, steps=4)
    page.mouse.up()
    moved = center(page)
    assert moved[0] > before[0] + 5 and moved[1] < before[1] - 2, "the sheet went east and south"
    field(page, "图幅").select_option("A4")
    field(page, "方向").select_option("upright")
    field(page, "比例尺").select_option("5000")
    field(page, "图名").fill("地块现状图")
    field(page, "制图单位").fill("规划编制中心")
    field(page, "制图单位").press("Tab")
    assert center(page) == moved
    sheet, name = made(page, button(page, "生成 PDF").click)
    assert name.startswith("地块现状图-A4-5000-")
    expect(page.locator("print-panel").get_by_role("status")).to_contain_text("已生成")
    assert sheet.size_mm == (pytest.approx(210, abs=1e-3), pytest.approx(297, abs=1e-3))
    for text in ("地块现状图", "规划编制中心", "1:5,000", "地块", "城镇住宅用地"):
        assert text in sheet.text
    assert "道路" not in sheet.text and "基站" not in sheet.text, "what the map does not show is not printed"
    measured(visit, sheet, "A4", "upright", 5000)
    page.reload()
    visit.drawn()
    expect(field(page, "图名")).to_have_value("地块现状图")
    expect(field(page, "比例尺分母")).to_have_value("5000")
    assert center(page) == moved


def sheet_on_screen(visit: Any) -> tuple[float, float]:
    """A pixel in the middle of the sheet's map, which is the middle of what was seen at first."""
    picture = visit.picture().astype(int)
    red = (np.abs(picture - np.array((179, 38, 30))[:, None, None]).max(axis=0) < 25).nonzero()
    assert len(red[0]) > 200, "the frame is drawn"
    return float(red[1].min() + red[1].max()) / 2, float(red[0].min() + red[0].max()) / 2


def test_a_sheet_is_moved_by_keyboard_alone_and_made(visit: Any) -> None:
    page = visit.open(map=HERE, layers="blocks", panel="none")
    page.get_by_role("button", name="出图", exact=True).focus()
    page.keyboard.press("Enter")
    expect(button(page, "生成 PDF")).to_be_visible()
    before = center(page)
    field(page, "比例尺分母").focus()
    page.keyboard.press("Control+A")
    page.keyboard.type("2500")
    page.keyboard.press("Tab")
    expect(page.locator("print-panel .mover button").first).to_be_focused()
    for key in ("ArrowRight", "ArrowRight", "ArrowUp", "Shift+ArrowLeft"):
        page.keyboard.press(key)
    east, north = center(page)
    assert (east - before[0], north - before[1]) == (
        pytest.approx(47.5, abs=0.05),
        pytest.approx(25, abs=0.05),
    )
    button(page, "生成 PDF").focus()
    sheet, _ = made(page, lambda: page.keyboard.press("Enter"))
    assert "1:2,500" in sheet.text
    measured(visit, sheet, "A3", "across", 2500)


def test_times_and_order_are_those_of_the_map(visit: Any) -> None:
    page = visit.open(map="118.77,36.97,14.00", layers="blocks", panel="print", datetime="2025-06-01T00:00")
    expect(button(page, "生成 PDF")).to_be_visible()
    field(page, "比例尺").select_option("5000")
    sheet, _ = made(page, button(page, "生成 PDF").click)
    assert "2025-06-01 00:00" in sheet.text
    assert "商业用地" not in sheet.text and "人民路12号" not in sheet.text


def test_a_scale_that_is_none_is_said(visit: Any) -> None:
    page = visit.open(map=HERE, layers="blocks", panel="print")
    field(page, "比例尺分母").fill("20000")
    field(page, "比例尺分母").press("Tab")
    expect(page.locator("print-panel").get_by_role("alert")).to_contain_text("500 至 10000")
    expect(page).not_to_have_url(re.compile("20000"))
    field(page, "比例尺").select_option("1000")
    expect(page.locator("print-panel").get_by_role("alert")).to_have_count(0)


def test_printing_is_cancelled_and_refusals_are_said_in_words(visit: Any) -> None:
    page = visit.open(map=HERE, layers="blocks", panel="print")
    expect(button(page, "生成 PDF")).to_be_visible()
    page.route("**/print", lambda _: None)  # as long as nobody answers, the sheet is being drawn
    button(page, "生成 PDF").click()
    expect(page.locator("print-panel").get_by_role("progressbar")).to_be_visible()
    expect(button(page, "生成 PDF")).to_have_attribute("aria-disabled", "true")
    with page.expect_event("requestfailed", lambda request: request.url.endswith("/print")):
        button(page, "取消").click()
    expect(page.locator("print-panel").get_by_role("status")).to_have_text("已取消。")
    expect(button(page, "取消")).to_have_count(0)
    page.unroute("**/print")
    body = '{"zh": "图幅内的要素过多", "en": "too many features"}'
    problem = {"status": 413, "body": body, "content_type": "application/problem+json"}
    page.route("**/print", lambda route: route.fulfill(**problem))
    button(page, "生成 PDF").click()
    expect(page.locator("print-panel").get_by_role("alert")).to_have_text("图幅内的要素过多")
    visit.complaints.clear()  # the browser itself reports an answer that refuses


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_axe_finds_nothing_and_nothing_is_cut_off(visit: Any, size: tuple[int, int]) -> None:
    visit.page.set_viewport_size({"width": size[0], "height": size[1]})
    page = visit.open(map=HERE, layers="blocks", panel="print")
    expect(button(page, "生成 PDF")).to_be_visible()
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for state in ("first", "wrong", "made"):
        if state == "wrong":
            field(page, "比例尺分母").fill("7")
            field(page, "比例尺分母").press("Tab")
        if state == "made":
            field(page, "比例尺分母").fill("2000")
            field(page, "比例尺分母").press("Tab")
            made(page, button(page, "生成 PDF").click)
        found = page.evaluate("async () => (await axe.run(document)).violations.map((each) => each.id)")
        assert found == [], state
    box = page.locator("print-panel").bounding_box()
    assert box is not None and box["x"] >= 0 and box["x"] + box["width"] <= size[0]
    wide = page.evaluate("document.querySelector('one-map').scrollWidth")
    assert wide <= size[0]
