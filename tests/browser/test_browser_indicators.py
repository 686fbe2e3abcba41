"""The indicator board and the comparison of versions in the planning panel."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import numpy as np
import pytest
import shapely
from planning_page import TOWN, WAIT_MS, fits, inside, part
from playwright.sync_api import Browser, Locator, Page, expect
from pyproj import Geod, Transformer
from sketch_drawing import clicks
from test_browser_panels_access import unbroken
from visits import Site, Visit, visiting

from spatial.database import connect

pytestmark = pytest.mark.browser
GEOD = Geod(a=6378137.0, rf=298.257222101)
TO_ZONE = Transformer.from_crs(4490, 4549, always_xy=True)


@pytest.fixture
def visit(browser: Browser, parts_city: tuple[Site, str]) -> Iterator[Visit]:
    with visiting(browser, parts_city[0]) as watched:
        yield watched


@pytest.fixture(scope="module")
def field(parts_city: tuple[Site, str]) -> tuple[float, float]:
    return inside(parts_city[1], "permanent_farmland")[1:]


def legal_m2(shape: shapely.Geometry) -> float:
    """Karney's area, edges cut finely along the straight lines of the zone."""

    def there(coords: Any, back: bool = False) -> Any:
        moved = TO_ZONE.transform(coords[:, 0], coords[:, 1], direction="INVERSE" if back else "FORWARD")
        return np.column_stack(moved)

    fine = shapely.segmentize(shapely.transform(shape, there), 20.0)
    ring = shapely.transform(fine, lambda coords: there(coords, back=True))
    parts = shapely.get_parts(shapely.orient_polygons(ring))
    return abs(sum(GEOD.geometry_area_perimeter(each)[0] for each in parts))


def evaluated(page: Page, panel: Locator, boards: int = 1) -> list[dict[str, Any]]:
    """Evaluate, and what the platform answered, board by board."""
    found: list[str] = []

    def heard(response: Any) -> None:
        if re.search(r"/jobs/[^/]+/results/result$", response.url):
            found.append(response.text())

    page.on("response", heard)
    panel.get_by_role("button", name="计算", exact=True).click()
    # The list of the evaluation before may still stand: only the answers tell that this one is done.
    for _ in range(WAIT_MS // 50):
        if len(found) >= boards:
            break
        page.wait_for_timeout(50)
    page.remove_listener("response", heard)
    assert len(found) == boards
    expect(panel.locator("indicator-list")).to_be_visible(timeout=WAIT_MS)
    expect(panel.get_by_role("button", name="计算", exact=True)).to_be_visible(timeout=WAIT_MS)
    return [json.loads(each) for each in found]


def test_a_board_of_the_city_beside_a_second_date(
    visit: Visit, field: tuple[float, float], parts_city: tuple[Site, str]
) -> None:
    page, panel = part(visit, "indicators", field)
    panel.get_by_label("对比日期").fill("2025-02-01")
    panel.get_by_text("非空间数据").click()
    panel.get_by_label("用水总量", exact=False).first.fill("2.5")
    panel.get_by_role("button", name="计算", exact=True).click()
    expect(panel.get_by_role("alert")).to_contain_text("请注明来源:用水总量")
    panel.get_by_label("用水总量的来源").fill("合成统计")
    panel.get_by_label("用水总量", exact=False).first.fill("250000000")
    panel.get_by_text("与申报指标表核对").click()
    panel.get_by_label("每行一个").fill("AQ-03 乱")
    panel.get_by_role("button", name="计算", exact=True).click()
    expect(panel.get_by_role("alert")).to_contain_text("第 1 行读不出")
    panel.get_by_label("每行一个").fill("AQ-03 0.5 km²\nAQ-06 2.50 亿m³\nAQ-08 3")
    now, then = evaluated(page, panel, 2)
    assert now["datetime"][:10] == "2026-06-01" and then["datetime"][:10] == "2025-02-01"
    rows = panel.locator("li.row")
    expect(rows).to_have_count(len(now["values"]))
    lacking = 0
    for value, before in zip(now["values"], then["values"], strict=True):
        row = panel.locator(f"li[data-code={value['code']}]")
        if value["value"] is None:
            lacking += 1
            expect(row.locator(".value")).to_have_text("无数据")
            expect(row).to_contain_text(value["no_data"]["zh"])
        else:
            expect(row.locator(".value")).to_contain_text(f"{Decimal(value['value']):,} {value['unit']}")
        shown = "无数据" if before["value"] is None else f"{Decimal(before['value']):,} {before['unit']}"
        expect(row).to_contain_text(f"2025-02-01 {shown}")
    assert 0 < lacking < len(now["values"])
    expect(panel.get_by_role("status").filter(has_text="无数据")).to_contain_text(f"无数据 {lacking} 个")
    water = panel.locator("li[data-code=AQ-06]")
    expect(water).to_contain_text("2.50 亿m³")
    expect(water).to_contain_text("越小越好")
    told = panel.locator("table.declared tbody tr")
    expect(told.nth(0)).to_contain_text("AQ-03 不一致")
    expect(told.nth(1)).to_contain_text("AQ-06 一致")
    expect(told.nth(2)).to_contain_text("AQ-08 无法判定")
    # What a value rests on, and an oracle of its own.
    panel.locator("#value-AQ-01").click()
    body = panel.locator(".body")
    farmland = next(each for each in now["values"] if each["code"] == "AQ-01")
    for said in (farmland["formula"], farmland["inputs_sha256"], farmland["inputs"]["definition_sha256"]):
        expect(body).to_contain_text(said)
    expect(body).to_contain_text(farmland["inputs"]["layers"][0]["chain_hash"])
    expect(body).to_contain_text("没有存档的值")
    with connect(parts_city[1]) as connection:
        shapes = connection.execute(
            "select ST_AsBinary(geom) from history.permanent_farmland_believed"
            " where valid_from <= '2026-06-01' and valid_to > '2026-06-01'"
        ).fetchall()
    total_m2 = sum(legal_m2(shapely.from_wkb(bytes(row[0]))) for row in shapes)
    assert float(farmland["exact"]) == pytest.approx(total_m2 / 666.6667 / 10_000, rel=2e-6)


def test_a_town_a_drawn_region_and_what_was_kept(
    visit: Visit, field: tuple[float, float], parts_city: tuple[Site, str]
) -> None:
    page, panel = part(visit, "indicators", field, 14)
    panel.get_by_label("区域").select_option(TOWN)
    panel.get_by_label("存档这些值").check()
    (town,) = evaluated(page, panel)
    assert town["region"]["id"] == f"towns/{TOWN}"
    expect(panel.locator(".of")).to_contain_text("合成镇")
    panel.locator("#value-AQ-02").click()
    value = next(each for each in town["values"] if each["code"] == "AQ-02")
    expect(panel.locator(".body table tr")).to_contain_text(f"{Decimal(value['value']):,} {value['unit']}")
    kept = httpx.get(f"{parts_city[0].url}/indicators/AQ-02/values", params={"region": TOWN}).json()["values"]
    assert [each["value"] for each in kept] == [value["value"]]
    panel.get_by_label("区域").select_option("drawn")
    expect(panel.get_by_role("alert")).to_contain_text("已变")
    panel.get_by_label("存档这些值").uncheck()
    panel.get_by_role("button", name="图上画").click()
    clicks(page, (560, 260), (900, 270), (880, 520), (570, 500))
    panel.get_by_role("button", name="完成").click()
    (drawn,) = evaluated(page, panel)
    assert drawn["region"]["id"] == "polygon"
    smaller = next(each for each in drawn["values"] if each["code"] == "AQ-02")
    assert 0 <= Decimal(smaller["exact"]) < Decimal(value["exact"])


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desk", "phone"])
def test_the_board_by_keyboard_alone_and_without_barriers(
    visit: Visit, field: tuple[float, float], size: tuple[int, int]
) -> None:
    visit.page.set_viewport_size({"width": size[0], "height": size[1]})
    page, panel = part(visit, "indicators", field)
    unbroken(page, "start")
    for summary in panel.locator("summary").all():
        summary.focus()
        page.keyboard.press("Enter")
    panel.get_by_label("每行一个").focus()
    page.keyboard.type("AQ-03 1.5 km²")
    panel.get_by_label("对比日期").focus()
    page.keyboard.type("2025-02-01")
    unbroken(page, "form")
    fits(page, size)
    page.keyboard.press("Enter")
    expect(panel.locator("indicator-list")).to_be_visible(timeout=WAIT_MS)
    value = panel.locator("#value-AQ-03")
    value.focus()
    page.keyboard.press("Enter")
    expect(value).to_have_attribute("aria-expanded", "true")
    expect(panel.get_by_text("没有存档的值")).to_be_visible()
    unbroken(page, "board")
    fits(page, size)
    page.get_by_role("button", name="English").click()
    expect(panel.locator("li[data-code=AQ-08]")).to_contain_text("No data")
    unbroken(page, "English")


def test_two_versions_of_a_plan_and_the_table_of_their_difference(
    visit: Visit, field: tuple[float, float], parts_city: tuple[Site, str]
) -> None:
    page, panel = part(visit, "versions", field, 13, datetime="2026-06-02T00:00")
    panel.get_by_label("图层").select_option("permanent-farmland")
    chosen = panel.get_by_label("较早:取自规划版本")
    expect(chosen.locator("option")).not_to_have_count(1)
    panel.get_by_label("较早 日期").fill("2026-06-02")
    panel.get_by_role("button", name="对比", exact=True).click()
    expect(panel.get_by_role("alert")).to_contain_text("两个时点相同")
    panel.get_by_label("较早 日期").fill("2024-01-01")
    panel.get_by_role("button", name="对比", exact=True).click()
    table = panel.locator("table.classes")
    expect(table).to_be_visible(timeout=WAIT_MS)
    with connect(parts_city[1]) as connection:
        shapes = connection.execute(
            "select ST_AsBinary(geom) from history.permanent_farmland_believed"
            " where valid_from <= '2026-06-02' and valid_to > '2026-06-02'"
        ).fetchall()
    total_m2 = sum(legal_m2(shapely.from_wkb(bytes(row[0]))) for row in shapes)
    cells = table.locator("tbody td:nth-child(3)").all_inner_texts()
    assert sum(float(each.replace(",", "")) for each in cells) == pytest.approx(total_m2, rel=2e-6)
    expect(panel.locator("#counts")).to_contain_text(f"新增 {len(shapes)}")
    expect(panel).to_contain_text("A 加差异精确等于 B")
    unbroken(page, "difference")
    panel.get_by_role("button", name="在图上看差异").click()
    expect(page).to_have_url(re.compile("compare=difference.*differing=permanent-farmland"))
    visit.drawn()
    with page.expect_download(timeout=WAIT_MS) as taken:
        panel.get_by_role("button", name="下载差异 GeoPackage").click()
    assert taken.value.suggested_filename.endswith(".gpkg")
    visit.page.set_viewport_size({"width": 390, "height": 844})
    fits(page, (390, 844))
