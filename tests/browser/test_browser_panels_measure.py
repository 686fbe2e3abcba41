"""Measured lengths and areas against the platform's own process and an independent geodesic library."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, expect
from pyproj import Geod, Transformer

pytestmark = pytest.mark.browser

CGCS2000 = Geod(a=6378137.0, rf=298.257222101)
PARCEL = [(118.7551, 36.8602), (118.7563, 36.8605), (118.7561, 36.8611), (118.7549, 36.8609)]
CITY = [(118.55, 36.70), (119.10, 36.72), (119.05, 37.25), (118.60, 37.20)]


def vertices(page: Page) -> Any:
    return page.get_by_role("textbox", name="顶点坐标")


def figures(page: Page, unit: str) -> list[float]:
    text = page.locator("measure-panel .result").inner_text()
    return [
        float(found.replace(",", "")) for found in re.findall(rf"([\d,.]+) {re.escape(unit)}(?!\w)", text)
    ]


def measured(page: Page, ring: list[tuple[float, float]]) -> None:
    """The figures are those of the ring, not of what was there before."""
    before = page.locator("measure-panel .result").inner_text()
    vertices(page).fill("\n".join(f"{lon}, {lat}" for lon, lat in ring))
    expect(page.locator("measure-panel .result")).not_to_have_text(before, use_inner_text=True)
    expect(page.locator("measure-panel .result")).to_contain_text("m²")


def legal_area_m2(site: Any, ring: list[tuple[float, float]]) -> float:
    polygon = {"type": "Polygon", "coordinates": [[*ring, ring[0]]]}
    inputs = {"geojson": polygon, "drawn_in": "EPSG:4549", "given_in": "EPSG:4490"}
    answer = httpx.post(
        f"{site.url}/processes/legal-area/execution", json={"inputs": inputs}, timeout=60
    ).json()
    return float(answer["total_m2"])


def test_area_is_the_legal_area_and_lengths_are_geodesic(visit: Any) -> None:
    page = visit.open(map="118.767,36.967,12.00", layers="streets", panel="measure", detail="area")
    for ring in (PARCEL, CITY):
        measured(page, ring)
        (area,) = figures(page, "m²")
        wanted = legal_area_m2(visit.site, ring)
        assert area == pytest.approx(wanted, abs=0.006 + 0.01 * wanted / 1e4), "0.01 m² a hectare"
        assert figures(page, "亩")[0] == pytest.approx(wanted * 3 / 2000, rel=1e-6)
        assert figures(page, "公顷")[0] == pytest.approx(wanted / 1e4, rel=1e-6)
        lons, lats = zip(*ring, ring[0], strict=True)
        assert figures(page, "m") == [pytest.approx(CGCS2000.line_length(lons, lats), abs=0.006)]
    page.get_by_role("button", name="距离").click()
    expect(page.locator("measure-panel .result")).not_to_contain_text("m²")
    expect(page.locator("measure-panel .result")).to_contain_text("km")
    lons, lats = zip(*CITY, strict=True)
    assert figures(page, "m") == [pytest.approx(CGCS2000.line_length(lons, lats), abs=0.006)]
    assert figures(page, "km") == [pytest.approx(CGCS2000.line_length(lons, lats) / 1000, abs=6e-6)]


def test_northings_and_eastings_give_the_same_area(visit: Any) -> None:
    page = visit.open(map="118.767,36.967,12.00", layers="streets", panel="measure", detail="area")
    to_plane = Transformer.from_crs("EPSG:4490", "EPSG:4549")
    plane = [to_plane.transform(lat, lon) for lon, lat in PARCEL]
    measured(page, plane)
    assert figures(page, "m²")[0] == pytest.approx(legal_area_m2(visit.site, PARCEL), abs=0.02)


def test_clicks_and_the_keyboard_set_vertices_and_pick_nothing(visit: Any) -> None:
    page = visit.open(map="118.767,36.967,12.00", layers="blocks", panel="measure", detail="area")
    expect(page.locator("measure-panel .result")).to_contain_text("至少 3 个点")
    for x, y in ((600, 380), (700, 380), (700, 460)):
        page.mouse.click(x, y)
        page.wait_for_timeout(350)
    expect(page.locator("feature-card")).to_have_count(0)
    expect(vertices(page)).to_have_value(re.compile(r"^(.+\n){2}.+$"))
    lines = vertices(page).input_value().split("\n")
    lon, lat = (float(part) for part in lines[0].split(","))
    assert (lon, lat) == (pytest.approx(118.767, abs=2e-4), pytest.approx(36.967, abs=2e-4))
    page.locator(".maplibregl-canvas").focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_timeout(800)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="撤销一点")).to_be_enabled()
    expect(vertices(page)).to_have_value(re.compile(r"^(.+\n){3}.+$"))
    page.get_by_role("button", name="撤销一点").click()
    expect(vertices(page)).to_have_value(re.compile(r"^(.+\n){2}.+$"))
    vertices(page).fill("118.70,36.90\n118.80,37.00\n118.80,36.90\n118.70,37.00")
    expect(page.locator("measure-panel .result")).to_contain_text("自相交")
    vertices(page).fill("118.70,36.90\n这里\n118.80,36.90")
    expect(page.locator("measure-panel").get_by_role("alert")).to_have_text("第 2 行不是坐标:这里")
    page.get_by_role("button", name="关闭面板:量测").click()
    page.mouse.click(600, 380)
    expect(page.locator("feature-card h2")).to_be_visible()


def test_the_sketch_is_drawn_and_goes_with_the_panel(visit: Any) -> None:
    page = visit.open(map="118.767,36.967,12.00", layers="streets", panel="measure", detail="area")
    ring = [(118.73, 36.94), (118.80, 36.94), (118.80, 36.99), (118.73, 36.99)]
    before = visit.color()
    vertices(page).fill("\n".join(f"{lon}, {lat}" for lon, lat in ring))
    visit.until(lambda: visit.color() != before)
    page.get_by_role("button", name="关闭面板:量测").click()
    visit.until(lambda: visit.color() == before)
