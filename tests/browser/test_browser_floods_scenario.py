"""Scenarios composed on the map and run, replays of kept runs, evacuations: in the panel of floods."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import httpx
import pytest
from flood_asked import area, spot
from flood_page import WAIT_MS, Rehearsed, kept_in_link, part
from flooded_village import DOORS_M, VILLAGE
from planning_page import fits
from playwright.sync_api import Browser, Locator, Page, Route, expect
from test_browser_panels_access import unbroken
from visits import REFUSAL, VIEW, Site, Visit, visiting

pytestmark = pytest.mark.browser
SIZES = ((1280, 800), (390, 844))
MIDDLE = (VIEW["width"] / 2, VIEW["height"] / 2)
ON_RIVER = "{:.6f},{:.6f},13.20".format(*spot())


@pytest.fixture
def visit(browser: Browser, floods: tuple[Site, Rehearsed]) -> Iterator[Visit]:
    """A visit to which the platform refuses something, and pictures while it is busy: no complaint."""
    with visiting(browser, floods[0], expected=(REFUSAL, "Service Unavailable (503)")) as watched:
        yield watched


@pytest.fixture(scope="module")
def rehearsed(floods: tuple[Site, Rehearsed]) -> Rehearsed:
    return floods[1]


def named(page: Page) -> str:
    """The part that is open."""
    return unquote(page.url.partition("detail=")[2]).split(":")[0].split("&")[0]


def chosen_area(panel: Locator) -> None:
    panel.get_by_text("经纬度数值").click()
    for label, value in zip(("西(经度)", "南(纬度)", "东(经度)", "北(纬度)"), area(), strict=True):
        panel.get_by_label(label).fill(f"{value:.6f}")


def test_a_scenario_is_composed_and_run(visit: Visit) -> None:
    page, panel = part(visit, "scenario", map=ON_RIVER)
    panel.get_by_role("button", name="提交推演").click()
    expect(panel.get_by_role("alert")).to_contain_text("标题 须填")
    panel.get_by_label("标题").fill("图上所写(试验)")
    panel.get_by_label("起算时刻").fill("2026-08-20 12:00")
    panel.get_by_label("时长").fill("0.25")
    panel.get_by_label("网格边长").fill("80")
    # Two corners by keyboard, then those of the tests.
    panel.get_by_role("button", name="在图上画").click()
    page.keyboard.press("Enter")
    expect(panel.get_by_text("再点击对角")).to_be_visible()
    page.keyboard.press("Escape")
    chosen_area(panel)
    expect(panel.get_by_text("预计单核")).to_contain_text("格(")
    panel.get_by_role("button", name="+ 加入流").click()
    panel.get_by_role("button", name="在图上点").click()
    page.keyboard.press("Enter")
    expect(panel.get_by_role("status").filter(has_text="弥河")).to_contain_text("K")
    panel.get_by_role("textbox", name="流量 (m³/s)").fill("900")
    panel.get_by_role("button", name="+ 加溃口").click()
    panel.get_by_role("button", name="经纬度", exact=True).click()
    for label, degrees in zip(("经度", "纬度"), spot(right_m=260.0), strict=True):
        panel.get_by_label(label, exact=True).fill(f"{degrees:.6f}")
    panel.get_by_label("口门宽").fill("120")
    page.reload()
    visit.drawn()
    expect(panel.get_by_label("标题")).to_have_value("图上所写(试验)", timeout=WAIT_MS)
    rows = panel.get_by_role("list", name="来水与工程").get_by_role("listitem")
    expect(rows.first).to_contain_text("流量 (m³/s) 900")
    expect(rows.last).to_contain_text("口门宽 (m) 120")
    panel.get_by_role("button", name="提交推演").click()
    run = page.locator("run-part")
    expect(run.locator("h3").first).to_have_text("图上所写(试验)", timeout=WAIT_MS)
    assert named(page) == "runs" and kept_in_link(page)["run"]


def test_what_stands_below_the_estimate_does_not_move_when_it_comes(visit: Visit) -> None:
    page, panel = part(visit, "scenario", map=ON_RIVER)
    panel.get_by_label("时长").fill("0.25")
    panel.get_by_label("网格边长").fill("80")

    def late(route: Route) -> None:
        page.wait_for_timeout(600)
        route.continue_()

    page.route("**/processes/flood-estimate/execution", late)
    with page.expect_request("**/processes/flood-estimate/execution"):
        chosen_area(panel)
    button = panel.get_by_role("button", name="+ 加入流")
    before = button.bounding_box()
    expect(panel).to_contain_text("预计单核", timeout=WAIT_MS)
    assert button.bounding_box() == before


def test_an_inflow_is_taken_from_a_forecast_that_may_be_issued(visit: Visit) -> None:
    page, panel = part(visit, "scenario", map=ON_RIVER)
    panel.get_by_label("标题").fill("预报入流(试验)")
    panel.get_by_label("起算时刻").fill("2026-07-01 09:00")
    panel.get_by_label("时长").fill("0.25")
    panel.get_by_label("网格边长").fill("80")
    chosen_area(panel)
    panel.get_by_role("button", name="+ 加入流").click()
    panel.get_by_role("button", name="在图上点").click()
    page.keyboard.press("Enter")
    expect(panel.get_by_role("status").filter(has_text="弥河")).to_contain_text("K")
    source = panel.locator("inflow-source")
    source.get_by_role("button", name="取自测站实测").click()
    expect(panel.get_by_role("textbox", name="流量 (m³/s)")).to_have_count(0)
    expect(source.get_by_label("测站").get_by_role("option")).not_to_have_count(1)
    panel.get_by_role("button", name="提交推演").click()
    expect(source.locator(".fault")).to_have_text("须填")
    source.get_by_role("button", name="取自预报").click()
    forecasts = source.get_by_label("预报", exact=True)

    def choose(words: str) -> None:
        option = forecasts.get_by_role("option").filter(has_text=words)
        forecasts.select_option(str(option.get_attribute("value")))

    choose("不予发布,仅供参考")
    expect(source.get_by_label("仅供参考试算")).not_to_be_checked()
    panel.get_by_role("button", name="提交推演").click()
    expect(panel.get_by_role("alert")).to_contain_text("不予发布;试算请写明", timeout=WAIT_MS)
    choose("2026-07-01 08:00 起 · 洪峰 1500 m³/s · 等级 乙")
    expect(source.get_by_label("仅供参考试算")).to_have_count(0)
    expect(source.get_by_text("合成数据")).to_be_visible()
    source.get_by_label("取哪条过程").select_option("p95")
    page.reload()
    visit.drawn()
    rows = panel.get_by_role("list", name="来水与工程").get_by_role("listitem")
    expect(rows.first).to_contain_text("预报", timeout=WAIT_MS)
    unbroken(page, "inflow source")
    panel.get_by_role("button", name="提交推演").click()
    run = page.locator("run-part")
    expect(run.locator("h3").first).to_have_text("预报入流(试验)", timeout=WAIT_MS)
    told = httpx.get(f"{visit.site.url}/flood/runs/{kept_in_link(page)['run']}").json()
    (taken,) = told["inputs"]["inflows"]
    assert taken["from"]["course"] == "p95" and len(taken["from"]["forecast"]) == 64


def test_a_kept_run_is_the_base_of_a_replay(visit: Visit, rehearsed: Rehearsed) -> None:
    page, panel = part(visit, "runs", f"run={rehearsed.run}")
    panel.get_by_role("button", name="以此为底").click()
    panel = page.locator("scenario-part")
    expect(panel.get_by_text("以推演“弥河右岸溃口(试验)”为底")).to_be_visible(timeout=WAIT_MS)
    expect(panel.locator("scenario-base")).to_contain_text("逐位相同")
    rows = panel.get_by_role("list", name="来水与工程").get_by_role("listitem")
    expect(rows).to_have_count(3)
    expect(panel.get_by_label("网格边长")).to_be_disabled()
    rows.filter(has_text="Q1").locator("#item-0").press("Enter")
    panel.get_by_role("textbox", name="流量 (m³/s)").fill("2500")
    expect(panel.locator("scenario-base dl")).to_contain_text("流量 (m³/s) 4000")
    expect(panel.locator("scenario-base dl")).to_contain_text("流量 (m³/s) 2500")
    rows.filter(has_text="B1").locator("#item-1").click()
    panel.get_by_label("口门宽").fill("0")
    panel.get_by_role("button", name="提交重演").click()
    told = panel.get_by_role("alert")
    expect(told).to_contain_text("涉及:B1", timeout=WAIT_MS)
    width = panel.get_by_label("口门宽")
    expect(width).to_be_focused()
    expect(width).to_have_attribute("aria-invalid", "true")
    expect(panel.locator("#width_m-fault")).to_contain_text("须大于 0")
    rows.filter(has_text="Q1").locator("#item-0").click()
    told.get_by_role("button", name="去修改").click()
    expect(width).to_be_focused()
    unbroken(page, "refused")
    width.fill("120")
    expect(panel.get_by_role("alert")).to_have_count(0)
    panel.get_by_role("button", name="提交重演").click()
    panel.get_by_role("button", name="取消推演").click()
    expect(panel.get_by_text("已取消")).to_be_visible()
    expect(panel.get_by_label("口门宽")).to_have_value("120")


def test_an_evacuation_is_worked_out(visit: Visit, rehearsed: Rehearsed) -> None:
    page, panel = part(visit, "runs", f"run={rehearsed.run}")
    panel.get_by_role("button", name="转移分析").click()
    panel = page.locator("evacuation-part")
    panel.get_by_label("准备时间").fill("60", timeout=WAIT_MS)
    panel.get_by_role("button", name="计算转移").click()
    # Nobody is linked to these addresses: how many live there must be said.
    persons = panel.get_by_label("无关联时每址人数")
    expect(persons).to_be_focused(timeout=WAIT_MS)
    expect(persons).to_have_attribute("aria-invalid", "true")
    expect(panel.locator("#persons_per_address-fault")).to_contain_text("persons_per_address")
    unbroken(page, "evacuation refused")
    persons.fill("4")
    panel.get_by_role("button", name="计算转移").click()
    stuck = panel.locator("evacuation-facts .stuck")
    expect(stuck).to_contain_text("出发时已无安全出路", timeout=WAIT_MS)
    expect(stuck).to_contain_text(VILLAGE)
    expect(panel.get_by_text("合成数据").first).to_be_visible()
    expect(panel.get_by_role("list", name="避难场所")).to_contain_text("东岭避难场所")
    expect(panel.get_by_role("region", name="水上的桥")).to_contain_text("最高水位低于梁底")
    table = panel.get_by_role("region", name="受影响地址清单")
    rows = table.locator("tbody tr")
    expect(rows).not_to_have_count(0)
    depths = table.locator("tbody tr td:nth-child(4)")
    table.get_by_role("button", name="按水深排序").click()
    expect(table.get_by_role("columnheader", name="水深")).to_have_attribute("aria-sort", "descending")

    def told() -> list[float]:
        return [float(each.split()[0]) for each in depths.all_inner_texts()]

    visit.until(lambda: told() == sorted(told(), reverse=True))
    said = told()
    assert 0 < len(said) <= len(DOORS_M)
    rows.first.get_by_role("button").click()
    expect(rows.first).to_have_attribute("aria-current", "true")
    with page.expect_download() as waiting:
        panel.get_by_role("button", name="受影响地址.csv").click()
    listed = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text(encoding="utf-8-sig"))))
    assert len(listed) == len(said)
    for size in SIZES:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        unbroken(page, f"evacuation {size[0]}")
        fits(page, size)
    job = kept_in_link(page)["job"]
    page.reload()
    visit.drawn()
    expect(stuck).to_contain_text("出发时已无安全出路", timeout=WAIT_MS)
    assert kept_in_link(page)["job"] == job


def test_nothing_is_in_the_way_of_the_editor(visit: Visit, rehearsed: Rehearsed) -> None:
    page, panel = part(visit, "scenario", f"base={rehearsed.run}")
    panel.locator("#item-0").click(timeout=WAIT_MS)
    panel.get_by_role("button", name="过程表").click()
    expect(panel.get_by_text("预计单核")).to_be_visible()
    for size in SIZES:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        unbroken(page, f"scenario {size[0]}")
        fits(page, size)
    page.get_by_role("button", name="English").click()
    expect(panel).to_contain_text("What differs from the run")
    unbroken(page, "English")
    fits(page, SIZES[1])


def test_works_rain_tide_and_ground_are_set_on_the_map(visit: Visit) -> None:
    at_dyke = "{:.6f},{:.6f},14.50".format(*spot(right_m=260.0))
    page, panel = part(visit, "scenario", map=at_dyke)
    items = panel.locator("scenario-items")
    ground = panel.locator("scenario-ground")
    panel.get_by_label("标题").fill("工程与地面(试验)")
    panel.get_by_label("起算时刻").fill("2026-08-20 12:00")
    panel.get_by_label("时长").fill("0.25")
    panel.get_by_label("网格边长").fill("80")
    chosen_area(panel)
    panel.get_by_label("河道初始水深").fill("4")

    items.get_by_role("button", name="+ 加溃口").click()
    items.get_by_role("button", name="在图上点").click()
    page.mouse.click(*MIDDLE)
    expect(items.get_by_role("status").filter(has_text="弥河")).to_contain_text("右岸")
    expect(items.get_by_label("岸别")).to_have_value("right")
    items.get_by_label("口门宽").fill("120")

    items.get_by_role("button", name="+ 加闸门").click()
    put(items, spot(upstream=6, right_m=260.0))
    items.get_by_label("孔宽").fill("8")
    items.get_by_label("底板高").fill("20")
    items.get_by_role("button", name="过程表").click()
    for label, text in {"第 1 行 小时": "0", "第 1 行 开度": "0", "第 2 行 开度": "2.5"}.items():
        items.get_by_label(label).fill(text)

    items.get_by_role("button", name="+ 加泵站").click()
    put(items, spot(right_m=420.0))
    items.get_by_role("textbox", name="抽排能力").fill("5")
    items.get_by_label("开机水位").fill("22")
    items.get_by_label("停机水位").fill("21")

    items.get_by_role("button", name="+ 加堤防").click()
    dyke = items.locator("dyke-field")
    dyke.get_by_role("button", name="在图上画").click()
    page.mouse.click(MIDDLE[0] + 90, MIDDLE[1] - 80)
    page.mouse.click(MIDDLE[0] + 110, MIDDLE[1] + 90)
    expect(dyke.get_by_role("status")).to_contain_text("2 个顶点")
    page.mouse.click(MIDDLE[0] + 150, MIDDLE[1] + 100)
    dyke.get_by_role("button", name="去掉末点").click()
    expect(dyke.get_by_role("status")).to_contain_text("2 个顶点")
    dyke.get_by_role("button", name="画完").click()

    panel.get_by_label("有降雨强度").check()
    panel.locator("course-field").last.get_by_role("textbox").fill("20")
    panel.get_by_label("有潮位").check()
    panel.locator("course-field").last.get_by_role("textbox").fill("21")

    ground.get_by_text("糙率", exact=True).click()
    ground.get_by_label("耕地糙率").fill("2")
    ground.get_by_role("button", name="定值").click()
    ground.get_by_label("格式").select_option("godunov")
    panel.get_by_role("button", name="提交推演").click()
    told = panel.get_by_role("alert")
    expect(told).to_contain_text("糙率为 0 至 1 的数")
    expect(told).to_contain_text("堤1 须填")
    unbroken(page, "works and ground")
    told.get_by_role("button", name="地面与算法").first.click()
    expect(ground.get_by_label("耕地糙率")).to_be_focused()
    ground.get_by_label("耕地糙率").fill("0.06")
    ground.get_by_label("下渗能力").fill("6")
    dyke.get_by_label("堤顶高程 (m)").fill("40")
    panel.get_by_role("button", name="提交推演").click()

    run = page.locator("run-part")
    expect(run.locator("h3").first).to_have_text("工程与地面(试验)", timeout=WAIT_MS)
    kept = httpx.get(f"{visit.site.url}/flood/runs/{kept_in_link(page)['run']}").json()
    inputs = kept["inputs"]
    assert inputs["breaches"][0]["at"]["bank"] == "right" and inputs["breaches"][0]["width_m"] == 120
    assert inputs["gates"][0]["opening_m"] == {"times_s": [0, 900], "values": [0, 2.5]}
    assert inputs["pumps"][0]["capacity_m3_s"] == 5 and "to" not in inputs["pumps"][0]
    assert len(inputs["dykes"][0]["line"]) == 2 and inputs["dykes"][0]["crest_m"] == 40
    assert inputs["rain_mm_h"] == 20 and inputs["tide_m"] == 21
    assert inputs["roughness"] == {"cropland": 0.06} and inputs["infiltration"] == {"capacity_mm_h": 6}
    assert inputs["scheme"] == "godunov" and "terrain" not in inputs
    ledger = kept["told"]["ledger"]
    assert ledger["rained_m3"] > ledger["infiltrated_m3"] > 0


def put(items: Locator, degrees: list[float]) -> None:
    """Places what is open by longitude and latitude."""
    items.get_by_role("button", name="经纬度", exact=True).click()
    for label, value in zip(("经度", "纬度"), degrees, strict=True):
        items.get_by_label(label, exact=True).fill(f"{value:.6f}")


def test_an_ensemble_takes_all_members_of_a_forecast(visit: Visit, rehearsed: Rehearsed) -> None:
    page, panel = part(visit, "scenario", f"base={rehearsed.run}")
    panel.get_by_role("button", name="另作新情景").click(timeout=WAIT_MS)
    panel.get_by_label("标题").fill("预报集合(试验)")
    panel.get_by_label("起算时刻").fill("2026-07-01 09:00")
    panel.locator("#item-0").click()
    source = panel.locator("inflow-source")
    source.get_by_role("button", name="取自预报").click()
    forecasts = source.get_by_label("预报", exact=True)
    option = forecasts.get_by_role("option").filter(has_text="等级 乙")
    forecasts.select_option(str(option.get_attribute("value")))
    source.get_by_label("取哪条过程").select_option("members")
    panel.get_by_role("button", name="提交推演").click()
    expect(source.locator(".fault")).to_contain_text("全部成员只用于集合推演")
    panel.get_by_label("集合推演:多个成员,得淹没概率").check()
    expect(panel.get_by_label("成员数")).to_have_value("50")
    panel.get_by_label("成员数").fill("20")
    panel.get_by_label("糙率倍数 下限").fill("1.2")
    panel.get_by_label("糙率倍数 上限").fill("0.8")
    panel.get_by_role("button", name="提交集合推演").click()
    expect(panel.get_by_role("alert")).to_contain_text("下限不得大于上限")
    unbroken(page, "ensemble")
    panel.get_by_label("糙率倍数 上限").fill("1.4")
    panel.get_by_role("button", name="提交集合推演").click()
    run = page.locator("run-part")
    expect(run.locator("h3").first).to_have_text("预报集合(试验)", timeout=WAIT_MS)
    expect(run).to_contain_text("集合推演")
    kept = httpx.get(f"{visit.site.url}/flood/runs/{kept_in_link(page)['run']}").json()
    assert kept["kind"] == "ensemble" and kept["told"]["members"] == 20
    assert kept["inputs"]["varied"] == {"roughness_factor": [1.2, 1.4]}
    assert kept["told"]["taken"][0]["course"] == "members"
