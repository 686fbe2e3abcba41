"""Statistics in the planning panel: a layer counted by class and town, with legal areas."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import shapely
from planning_page import TOWN, WAIT_MS, fits, inside, part
from playwright.sync_api import Browser, Locator, expect
from test_browser_indicators import legal_m2
from test_browser_panels_access import unbroken
from visits import Site, Visit, visiting

from spatial.database import connect

pytestmark = pytest.mark.browser


@pytest.fixture
def visit(browser: Browser, parts_city: tuple[Site, str]) -> Iterator[Visit]:
    with visiting(browser, parts_city[0]) as watched:
        yield watched


@pytest.fixture(scope="module")
def field(parts_city: tuple[Site, str]) -> tuple[float, float]:
    return inside(parts_city[1], "permanent_farmland")[1:]


def counted(panel: Locator) -> dict[str, tuple[int, float]]:
    """Class → number and area, as the table shows them."""
    found = {}
    for row in panel.locator("tbody tr").all():
        name, count, area = row.locator("th, td").all_inner_texts()[:3]
        found[name.split(" ")[0]] = (int(count.replace(",", "")), float(area.replace(",", "")))
    return found


def test_a_layer_is_counted_by_class_and_by_town(
    visit: Visit, field: tuple[float, float], parts_city: tuple[Site, str]
) -> None:
    page, panel = part(visit, "statistics", field, datetime="2026-06-02T00:00")
    panel.get_by_label("图层").select_option("planning-zones")
    panel.get_by_label("按字段").select_option("ghfqdm")
    panel.get_by_role("button", name="统计", exact=True).click()
    expect(panel.locator("#answer")).to_contain_text("合成数据", timeout=WAIT_MS)
    with connect(parts_city[1]) as connection:
        rows = connection.execute(
            "select ghfqdm, ST_AsBinary(geom) from history.planning_zones_believed"
            " where valid_from <= '2026-06-02' and valid_to > '2026-06-02'"
        ).fetchall()
    truth: dict[str, list[float]] = {}
    for code, wkb in rows:
        truth.setdefault(code, []).append(legal_m2(shapely.from_wkb(bytes(wkb))))
    expect(panel.locator("tbody tr").first).to_be_visible()
    whole = counted(panel)
    assert set(whole) == set(truth) and len(truth) > 2
    for code, areas in truth.items():
        assert whole[code][0] == len(areas)
        assert whole[code][1] == pytest.approx(sum(areas), rel=5e-6)
    assert list(whole) == sorted(whole, key=lambda code: -whole[code][1]), "the most ground first"
    expect(panel.locator("tfoot")).to_contain_text(f"{len(rows):,}")
    panel.get_by_label("分辖区").select_option("towns")
    panel.get_by_role("button", name="统计", exact=True).click()
    shown = panel.get_by_label("看哪个辖区")
    expect(shown).to_be_visible(timeout=WAIT_MS)
    shown.select_option(TOWN)
    there = counted(panel)
    assert 0 < sum(area for _, area in there.values()) < sum(area for _, area in whole.values())
    expect(panel).to_contain_text("不在任何辖区内")
    with page.expect_download() as taken:
        panel.get_by_role("button", name="下载 CSV").click()
    table = list(csv.reader(io.StringIO(Path(taken.value.path()).read_text("utf-8-sig"))))
    assert table[0] == ["辖区", "代码", "分类", "个数", "面积 m² 或长度 m"]
    assert {row[1]: round(float(row[4]), 2) for row in table[1:]} == {
        code: area for code, (_, area) in there.items()
    }
    unbroken(page, "statistics")


def test_by_keyboard_in_english_on_a_phone(visit: Visit, field: tuple[float, float]) -> None:
    visit.page.set_viewport_size({"width": 390, "height": 844})
    page, panel = part(visit, "statistics", field, datetime="2026-06-02T00:00")
    page.get_by_role("button", name="English").click()
    panel.get_by_label("Layer").focus()
    panel.get_by_label("Layer").select_option("land-violations")
    panel.get_by_role("button", name="Count", exact=True).focus()
    page.keyboard.press("Enter")
    expect(panel.locator("#answer")).to_contain_text("Area m²", timeout=WAIT_MS)
    fits(page, (390, 844))
    unbroken(page, "statistics")
