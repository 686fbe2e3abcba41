"""The panel of the rivers: strip tied to the map, sections, stations, works, and flights by chainage."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Download, Locator, Page, Route, expect
from river_ground import GAUGE, HOURS, RISE_M, ROUTE, SILENT, WARNING_M, Riverside, point
from river_page import WAIT_MS, kept_in_link, part
from serving import until
from visits import REFUSAL, VIEW, Site, Visit, visiting

from spatial.database import connect
from spatial.datum.clock import BEIJING
from water.network import kept

pytestmark = pytest.mark.browser
NEAR = "from=98500&to=104500"


@pytest.fixture
def visit(browser: Browser, river: tuple[Site, Riverside]) -> Iterator[Visit]:
    with visiting(browser, river[0]) as watched:
        yield watched


@pytest.fixture
def swiping(browser: Browser, river: tuple[Site, Riverside]) -> Iterator[Visit]:
    """A visit that draws images twice: what a busy machine puts off is no complaint."""
    with visiting(browser, river[0], expected=(REFUSAL,)) as watched:
        yield watched


@pytest.fixture(scope="module")
def pump(river: tuple[Site, Riverside]) -> tuple[float, float]:
    """Where the pump station stands."""
    with connect(river[1].dsn) as connection:
        now = datetime.now(BEIJING)
        place = point(kept.rivers(connection, now, now).line(ROUTE), 101_000.0, -90.0)
    return place.x, place.y


def handed(page: Page, button: Locator) -> Download:
    with page.expect_download() as waiting:
        button.click()
    return waiting.value


def test_the_strip_has_what_stands_along_the_river_with_its_level(visit: Visit) -> None:
    _, strip = part(visit, "strip", NEAR)
    rows = strip.locator("li.row")
    expect(rows.filter(has_text="测试水文站")).to_contain_text("水位 20.5 m")

    def names() -> list[str]:
        return [each.split("K")[0].strip() for each in rows.locator(".what").all_inner_texts()]

    visit.until(lambda: names()[:4] == ["测试拦河闸", "测试水文站", "测试泵站", "C-1"])  # by chainage
    expect(rows.filter(has_text="C-1")).to_contain_text("摄像机")
    expect(rows.filter(has_text="测试雨量站")).to_contain_text("无水位")
    expect(strip.locator("strip-plot .level")).to_have_text("20.5 m")
    expect(strip.locator("strip-plot .dyke")).to_have_count(1)
    expect(strip.locator("strip-plot .section")).to_have_count(3)
    expect(strip.locator(".synthetic .seal")).to_have_text("合成数据")
    strip.get_by_label("河道", exact=True).select_option(label="丹河")
    expect(strip.locator(".synthetic")).to_contain_text("汇入弥河")
    expect(rows.filter(has_text="丹河源")).to_have_count(1)


def test_a_mark_chosen_in_the_strip_is_chosen_by_keyboard_too(visit: Visit) -> None:
    page, strip = part(visit, "strip", NEAR)
    plot = strip.get_by_role("application", name="河道条带图")
    expect(strip.locator("li.row").first).to_be_visible()
    plot.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    expect(strip.locator("strip-plot .read")).to_contain_text("测试泵站")
    page.keyboard.press("Enter")
    expect(strip.locator(".chosen")).to_contain_text("K101+000.0")
    visit.until(lambda: kept_in_link(page).get("at") == "river-works/W-PUMP")
    plot.focus()
    page.keyboard.press("+")

    def length_m() -> float:
        told = kept_in_link(page)
        return float(told["to"]) - float(told["from"])

    visit.until(lambda: length_m() == pytest.approx(6000 / 1.7, abs=2))
    page.keyboard.press("Home")
    visit.until(lambda: float(kept_in_link(page)["from"]) == 0)
    strip.locator(".chosen").get_by_role("button", name="工程页").click()
    expect(page.locator("works-part h3").first).to_have_text("测试泵站")


def test_a_click_on_the_map_chooses_in_the_strip_or_gives_its_chainage(
    visit: Visit, pump: tuple[float, float]
) -> None:
    page, strip = part(visit, "strip", NEAR, map=f"{pump[0]:.6f},{pump[1]:.6f},16.00")
    expect(strip.locator("li.row").first).to_be_visible()
    visit.drawn()
    page.mouse.click(VIEW["width"] / 2, VIEW["height"] / 2)
    expect(strip.locator(".chosen")).to_contain_text("测试泵站")
    strip.get_by_role("button", name="在图上取桩号").click()
    page.keyboard.press("Enter")  # the centre of the map, which shows the chosen one beside the panel
    told = strip.get_by_role("status").filter(has_text="偏距")
    expect(told).to_have_text(re.compile(r"K\d+\+\d{3}\.\d,[左右]岸,偏距 [\d,.]+ m"))
    expect(strip.locator("strip-plot .picked")).to_have_count(1)


def test_the_place_taken_from_the_map_is_the_one_that_was_computed(
    visit: Visit, pump: tuple[float, float]
) -> None:
    page, strip = part(visit, "strip", NEAR, map=f"{pump[0]:.7f},{pump[1]:.7f},17.00")
    expect(strip.locator("li.row").first).to_be_visible()
    strip.get_by_role("button", name="在图上取桩号").click()
    page.mouse.click(VIEW["width"] / 2, VIEW["height"] / 2)
    told = strip.get_by_role("status").filter(has_text="偏距")
    expect(told).to_contain_text("左岸")
    kilometres, metres, offset = re.findall(r"K(\d+)\+(\d+\.\d),左岸,偏距 ([\d.]+)", told.inner_text())[0]
    assert int(kilometres) * 1000 + float(metres) == pytest.approx(101_000, abs=3)
    assert float(offset) == pytest.approx(90, abs=3)


def test_a_chainage_is_gone_to_and_what_is_none_is_said(visit: Visit) -> None:
    page, strip = part(visit, "strip")
    field = strip.get_by_label("到桩号")
    field.fill("十公里")
    page.keyboard.press("Enter")
    expect(strip.get_by_role("alert")).to_contain_text("K12+345")
    field.fill("K999+000")
    page.keyboard.press("Enter")
    expect(strip.get_by_role("alert")).to_contain_text("超出本河道:K0+000 至 K139+412")
    field.fill("K101+000")
    page.keyboard.press("Enter")
    expect(strip.get_by_role("alert")).to_have_count(0)
    visit.until(lambda: kept_in_link(page).get("from") == "98500")
    visit.until(lambda: kept_in_link(page).get("to") == "103500")


def test_a_section_shows_the_water_of_a_station_near_in_its_datum(visit: Visit) -> None:
    _, panel = part(visit, "sections", "section=S-1")
    expect(panel.locator("svg .bed")).to_have_count(1)
    expect(panel.locator("svg .water")).to_have_count(1)
    expect(panel).to_contain_text("水位 20.5 m:测试水文站(下游 300 m)")
    expect(panel).to_contain_text("1985 国家高程基准 · 测量日期 2025-11-03 · 最低点 17.2 m")
    panel.get_by_label("断面", exact=True).select_option("S-3")
    expect(panel).to_contain_text("没有实测点,故不画断面线")
    expect(panel.locator("svg")).to_have_count(0)


def test_the_long_profile_draws_what_is_on_file_and_says_what_is_not(visit: Visit) -> None:
    _, panel = part(visit, "sections", "view=long")
    profile = panel.locator("long-profile")
    expect(profile.locator("svg .lowest")).to_have_count(2)
    expect(profile.locator("svg .crest")).to_have_count(1)
    expect(profile.locator("svg .sill")).to_have_count(1)
    expect(profile.locator("svg .stage")).to_have_count(1)
    expect(profile.locator("svg polyline")).to_have_count(0)  # nothing between is made up
    profile.get_by_text("数据表").click()
    expect(profile.locator("tbody tr").filter(has_text="底坎")).to_contain_text("17.8 m")  # the chosen one
    expect(profile).to_contain_text("1 处断面没有测点:测试断面 S-3")
    expect(profile).to_contain_text("K101+500 至 K139+412")


def test_a_station_tells_levels_gaps_corrections_and_curves(visit: Visit) -> None:
    _, panel = part(visit, "gauges", f"station={GAUGE}")
    chart = panel.locator("series-chart")
    lines = chart.locator("polyline")
    expect(lines).to_have_count(2, timeout=WAIT_MS)  # the silent hours are not bridged
    points = [
        each.split() for each in lines.evaluate_all("(all) => all.map((e) => e.getAttribute('points'))")
    ]
    assert [len(each) for each in points] == [SILENT.start, HOURS - SILENT.stop]
    expect(chart.locator(".band")).to_have_count(1)
    expect(chart.locator(".named")).to_have_text(f"警戒水位 {WARNING_M:g}")
    expect(panel).to_contain_text("保证水位 24 m的基面与本站水位不同")
    facts = panel.locator("gauge-facts")
    expect(facts.locator("tr").filter(has_text="保证水位")).to_contain_text("不能判断")
    expect(facts.locator("tr").filter(has_text="警戒水位")).to_contain_text("未达到")
    expect(facts.locator("tr").filter(has_text="警戒水位")).to_contain_text("待核")
    expect(panel.locator(".gaps li")).to_contain_text(
        "未到报:2026-07-02 15:00 至 2026-07-02 22:00,应有 6 个值"
    )
    panel.locator("series-tables").get_by_text("更正(1)").click()
    expect(panel.locator("series-tables tbody tr").first).to_contain_text("29 m")
    curves = panel.locator("rating-chart")
    expect(curves.locator("polyline")).to_have_count(2)
    expect(curves.locator("tbody tr").first).to_contain_text("2026-2")
    expect(curves.locator("tbody tr").first).to_contain_text("现行")


def test_files_of_a_station_hold_every_value_and_every_gap(visit: Visit) -> None:
    page, panel = part(visit, "gauges", f"station={GAUGE}")
    saved = handed(page, panel.get_by_role("button", name="下载 CSV"))
    rows = list(csv.reader(io.StringIO(Path(saved.path()).read_text(encoding="utf-8-sig"))))
    values = [row for row in rows[1:] if row[3]]
    assert len(values) == HOURS - len(SILENT)
    assert {row[5] for row in values} == {"1985 国家高程基准"}
    assert [row[2] for row in rows[1:] if not row[3]] == ["2026-07-02 15:00"]
    saved = handed(page, panel.get_by_role("button", name="下载 WaterML"))
    root = ET.parse(saved.path()).getroot()
    assert len(list(root.iter("{http://www.opengis.net/waterml/2.0}value"))) == HOURS - len(SILENT)


def test_claims_stand_side_by_side_and_the_chosen_one_says_why(visit: Visit) -> None:
    _, panel = part(visit, "works")
    length = panel.locator("claim-list .answer").first
    expect(length.locator(".claim")).to_have_count(3)
    expect(length).to_contain_text("山东省志")
    expect(length).to_contain_text("尚未采用")
    panel.get_by_label("对象", exact=True).select_option("W-GATE")
    sill = panel.locator("claim-list .answer").first
    expect(sill.locator(".claim.shown")).to_contain_text("17.8 m")
    expect(sill.locator(".claim.shown")).to_contain_text("第 3 页")
    expect(sill).to_contain_text("李工(寿光市水利局):复测较新(测试)")
    sill.locator(".claim").first.get_by_text("这条主张的历史").click()
    expect(sill.locator(".claim").first).to_contain_text("采用另一条")
    panel.get_by_text("登记历史").click()
    expect(panel.get_by_role("list", name="历史")).to_be_visible()


def test_claims_are_those_of_the_page_s_clock(visit: Visit) -> None:
    _, panel = part(visit, "works", "subject=W-GATE", datetime="2026-06-01T00:00")
    expect(panel.locator("claim-list .claim.shown")).to_contain_text("17.8 m")
    _, panel = part(visit, "works", "subject=W-GATE", asof="2026-06-01T00:00")
    expect(panel).to_contain_text("还没有河道")  # by then nothing was known


def test_defects_and_inspections_come_by_chainage_with_their_steps(visit: Visit) -> None:
    page, panel = part(visit, "works", "view=records")
    rows = panel.locator("record-list .row")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("K99+500–K103+500 两岸")
    panel.get_by_role("button", name="缺陷", exact=True).click()
    expect(rows).to_have_count(1)
    rows.first.get_by_role("button").first.click()
    expect(panel.locator("record-list .body")).to_contain_text("合成缺陷:堤顶纵缝")
    expect(panel.locator("record-list ol li")).to_contain_text("已发现")
    assert kept_in_link(page)["open"] == "QX-1"


def test_two_flights_lie_under_a_divider(swiping: Visit) -> None:
    page, panel = part(swiping, "flights", map="118.806000,36.957000,15.00")
    panel.get_by_role("button", name="卷帘对比").click()
    expect(panel).to_contain_text("对比图为 弥河2025 · 2025-05-01")
    expect(page.get_by_text("所选时间没有数据")).to_have_count(0)
    swiping.drawn()

    def sides() -> tuple[bool, bool]:
        picture = swiping.picture().astype(int)
        red, green = picture[0] - picture[1], picture[1] - picture[0]
        middle = VIEW["width"] * 2 // 3
        return bool((red[:, :middle] > 90).sum() > 2000), bool((green[:, middle:] > 60).sum() > 2000)

    expect(page.get_by_role("separator", name="卷帘位置")).to_be_visible()
    until(lambda: sides() == (True, True))
    swiping.drawn()
    panel.get_by_role("button", name="结束对比").click()
    expect(page.get_by_role("separator", name="卷帘位置")).to_have_count(0)
    swiping.drawn()


def test_what_was_typed_stays_when_a_stretch_is_proposed_late(visit: Visit) -> None:
    held: list[Route] = []
    visit.page.route("**/processes/river-locate/execution", lambda route: held.append(route))
    page, panel = part(visit, "flights")
    form = panel.locator("volume-form")
    form.get_by_label("起点桩号").fill("K100+000")
    visit.until(lambda: len(held) > 0)
    before = form.get_by_label("终点桩号").input_value()
    for each in held:
        each.continue_()
    page.unroute("**/processes/river-locate/execution")
    expect(form.get_by_label("终点桩号")).not_to_have_value(before)
    expect(form.get_by_label("起点桩号")).to_have_value("K100+000")


def test_volumes_by_chainage_are_a_chart_a_table_and_a_link(visit: Visit) -> None:
    page, panel = part(visit, "flights")
    form = panel.locator("volume-form")
    form.get_by_label("起点桩号").fill("K100+000")
    form.get_by_label("终点桩号").fill("K100+400")
    form.get_by_label("分段长").fill("-5")
    form.get_by_role("button", name="计算").click()
    expect(panel.get_by_role("alert")).to_contain_text("K12+345")
    form.get_by_label("分段长").fill("100")
    form.get_by_role("button", name="计算").click()
    chart = panel.locator("volume-chart")
    expect(chart.locator("svg g.strip")).to_have_count(4, timeout=WAIT_MS)
    facts = chart.locator("dd").all_inner_texts()
    fill, known = (float(facts[at].split()[0].replace(",", "")) for at in (0, 4))
    assert fill == pytest.approx(RISE_M * known, rel=1e-3)
    saved = handed(page, panel.get_by_role("button", name="CSV"))
    rows = list(csv.reader(io.StringIO(Path(saved.path()).read_text(encoding="utf-8-sig"))))
    assert sum(float(row[4]) for row in rows[1:-1]) == pytest.approx(float(rows[-1][4]), rel=1e-6)
    visit.until(lambda: "job" in kept_in_link(page))
    page.reload()
    visit.drawn()
    expect(chart.locator("svg g.strip")).to_have_count(4, timeout=WAIT_MS)  # the link keeps it
