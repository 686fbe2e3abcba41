"""The panel of stations and assets: live values and findings, series, the register, surfaces through time."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import httpx
import monitored_ground as ground
import numpy as np
import pytest
from edit_page import show
from monitored_ground import HOURS, START, Watched, reading
from monitoring_page import WAIT_MS, monitored_site, part
from planning_page import fits
from playwright.sync_api import Browser, Page, expect
from serving import until
from test_browser_panels_access import unbroken
from visits import VIEW, Site, Visit, new_visit, visiting

from spatial.access import store as access
from spatial.access.model import Right, Role
from spatial.database import connect
from spatial.datum.clock import BEIJING
from spatial.observe import series

pytestmark = pytest.mark.browser
SIZES = pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desk", "phone"])


@pytest.fixture(scope="module")
def city(
    built: Path, server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Site, Watched]]:
    with monitored_site(server_dsn, template, tmp_path_factory.mktemp("monitored")) as found:
        yield found


@pytest.fixture
def visit(browser: Browser, city: tuple[Site, Watched]) -> Iterator[Visit]:
    with visiting(browser, city[0]) as watched:
        yield watched


def sized(visit: Visit, size: tuple[int, int]) -> Visit:
    visit.page.set_viewport_size({"width": size[0], "height": size[1]})
    return visit


def detail(page: Page) -> dict[str, str]:
    """What the open part keeps in the link."""
    said = unquote(parse_qs(page.url.partition("#")[2])["detail"][0])
    return {name: values[0] for name, values in parse_qs(said.partition(":")[2]).items()}


def instant(hour: float) -> str:
    return (START + timedelta(hours=hour)).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_stations_stand_by_state_with_their_newest_values(visit: Visit) -> None:
    page, panel = part(visit, "stations")
    rows = panel.locator(".row > button")
    expect(rows).to_have_count(len(ground.PLACES))
    expect(rows.first).to_contain_text("超限")  # the gravest first
    expect(rows.first).to_contain_text("E-2")
    expect(rows.first).to_contain_text("900 µg/m³")
    expect(panel.locator(".row", has_text="N-1")).to_contain_text("离线")  # of noise a gap is declared
    expect(panel.locator(".newest")).to_contain_text("最新观测 2026-06-0")
    expect(panel.locator(".newest")).to_contain_text("离线 1 站")
    expect(panel.locator(".row", has_text="E-1")).to_contain_text("正常")  # of PM2.5 none is
    panel.get_by_label("状态").select_option("normal")
    expect(rows).to_have_count(5)
    panel.get_by_label("观测属性").select_option(label="等效连续 A 声级")
    expect(panel).to_contain_text("没有符合条件的测站")
    panel.get_by_label("状态").select_option("")
    expect(rows).to_have_count(1)
    panel.get_by_label("观测属性").select_option("")
    panel.get_by_label("按名称或编号筛选").fill("e-3")
    expect(rows).to_have_count(1)
    assert detail(page)["q"] == "e-3"
    page.reload()
    visit.drawn()
    expect(rows).to_have_count(1)  # the link keeps it


def test_a_station_is_chosen_on_the_map_and_shown_from_its_row(visit: Visit) -> None:
    lon, lat = ground.PLACES["E-3"]
    page, panel = part(visit, "stations", map=f"{lon},{lat},12.00")
    expect(panel.locator(".row").first).to_be_visible()
    visit.still()
    page.mouse.click(VIEW["width"] / 2, VIEW["height"] / 2)
    row = panel.locator(".row > button", has_text="E-3")
    expect(row).to_have_attribute("aria-expanded", "true")
    expect(panel.locator("station-card")).to_contain_text("PM2.5")
    panel.locator("station-card").get_by_role("button", name="过程线").click()
    expect(page.locator("series-part .drawn")).to_contain_text("E-3")


def test_new_values_show_without_a_reload(visit: Visit, city: tuple[Site, Watched]) -> None:
    page, panel = part(visit, "stations")
    row = panel.locator(".row", has_text="E-6")
    expect(row).to_contain_text(f"{ground.told('E-6', HOURS - 1):g}")
    expect(panel.locator(".live")).to_contain_text("有新值即推送", timeout=60_000)
    # What comes now comes by the stream alone.
    page.route("**/stations?**", lambda route: route.abort())
    with connect(city[1].dsn) as connection:
        series.record(connection, [reading(city[1].streams["E-6"], HOURS, 333.25)])
    expect(row).to_contain_text("333.25 µg/m³", timeout=60_000)
    expect(row).to_contain_text("超限")
    page.unroute("**/stations?**")
    # Where the stream cannot be had, the panel asks.
    page.route("**/observations/stream", lambda route: route.fulfill(status=200, body="none"))
    page.reload()
    expect(panel.locator(".live")).to_contain_text("每 3 秒查询一次", timeout=WAIT_MS)
    with connect(city[1].dsn) as connection:
        series.record(connection, [reading(city[1].streams["E-6"], HOURS + 1, 334.25)])
    expect(row).to_contain_text("334.25 µg/m³", timeout=60_000)


def test_findings_name_rule_and_limits_and_come_by_themselves(
    visit: Visit, city: tuple[Site, Watched]
) -> None:
    page, panel = part(visit, "stations:view=alarms")
    findings = panel.locator("station-findings")
    rows = findings.locator(".row")
    high = rows.filter(has_text="E-3")
    expect(high).to_contain_text("320 µg/m³")
    expect(high).to_contain_text("2026-06-02 16:00")
    expect(high).to_contain_text("规则:量程(第 1 版) · 合格 0 至 250 µg/m³")
    expect(high.locator(".handling")).to_have_text("待确认")
    before = rows.count()
    with connect(city[1].dsn) as connection:
        series.record(connection, [reading(city[1].streams["E-4"], HOURS + 2, 444.0)])
    expect(rows).to_have_count(before + 1, timeout=60_000)
    expect(rows.first).to_contain_text("444")
    expect(findings.get_by_role("status")).to_contain_text("有新的告警")
    high.get_by_role("button", name="过程线").click()
    expect(page.locator("series-part .drawn")).to_contain_text("E-3")
    assert detail(page)["from"] == instant(40 - 36)


def test_a_finding_is_acknowledged_and_handled_with_receipts(
    visit: Visit, city: tuple[Site, Watched]
) -> None:
    page, panel = part(sized(visit, (1280, 800)), "stations:view=alarms")
    row = panel.locator("station-findings .row", has_text="E-2")
    row.get_by_role("button", name="办理").click()
    form = row.locator("receipt-book")
    steps = form.get_by_label("动作").locator("option")
    expect(steps).to_have_text(["确认", "只作备注"], timeout=WAIT_MS)
    form.get_by_role("button", name="提交回执").click()
    expect(form.get_by_role("alert")).to_contain_text("经办人和部门")
    form.get_by_label("经办人", exact=True).fill("王")
    form.get_by_label("部门", exact=True).fill("生态环境局")
    form.get_by_role("button", name="提交回执").click()
    expect(row.locator(".handling")).to_have_text("已确认", timeout=WAIT_MS)
    expect(steps).to_have_text(["处置", "只作备注"])
    action = form.get_by_label("动作")
    action.select_option("noted")
    rows = panel.locator("station-findings .row")
    before = rows.count()
    with connect(city[1].dsn) as connection:
        series.record(connection, [reading(city[1].streams["E-4"], HOURS + 3, 455.0)])
    expect(rows).to_have_count(before + 1, timeout=60_000)
    expect(action).to_have_value("noted")
    action.select_option("handled")
    form.get_by_role("button", name="提交回执").click()
    expect(form.get_by_role("alert")).to_contain_text("请写明办理情况")
    form.get_by_label("办理情况").fill("已更换切割头")
    form.get_by_role("button", name="提交回执").click()
    expect(row.locator(".handling")).to_have_text("已处置", timeout=WAIT_MS)
    expect(form.locator("li")).to_have_count(2)
    expect(form).to_contain_text("已更换切割头")
    fits(page, (1280, 800))
    panel.get_by_label("办理状态").select_option("closed")
    expect(panel).to_contain_text("没有未通过检验的观测值", timeout=WAIT_MS)
    panel.get_by_label("办理状态").select_option("handled")
    expect(row.locator(".handling")).to_have_text("已处置", timeout=WAIT_MS)
    told = httpx.get(f"{city[0].url}/findings", params={"state": "handled"}).json()["findings"]
    assert [each["action"] for each in told[0]["answers"]] == ["acknowledged", "handled"]


def test_what_is_answered_next_is_what_the_form_shows(visit: Visit) -> None:
    _, panel = part(sized(visit, (1280, 800)), "stations:view=alarms")
    row = panel.locator("station-findings .row", has_text="E-3")
    row.get_by_role("button", name="办理").click()
    form = row.locator("receipt-book")
    action = form.get_by_label("动作")
    action.select_option("noted")
    form.get_by_label("经办人", exact=True).fill("王")
    form.get_by_label("部门", exact=True).fill("生态环境局")
    form.get_by_label("办理情况").fill("待复核")
    form.get_by_role("button", name="提交回执").click()
    expect(form.locator("li")).to_have_count(1, timeout=WAIT_MS)
    expect(action).to_have_value("acknowledged")


def opened(visit: Visit, city: tuple[Site, Watched], *stations: str, **state: str) -> tuple[Page, Any]:
    ids = ",".join(str(city[1].streams[each]) for each in stations)
    page, panel = part(visit, f"series:d={ids}&from={instant(0)}&to={instant(HOURS)}", **state)
    expect(panel.locator("series-chart polyline").first).to_be_attached(timeout=WAIT_MS)
    return page, panel


def test_a_series_is_drawn_with_gaps_flags_and_limits(visit: Visit, city: tuple[Site, Watched]) -> None:
    _, panel = opened(visit, city, "E-4")
    chart = panel.locator("series-chart")
    lines = chart.locator("polyline")
    expect(lines).to_have_count(2)  # the missing hours are not bridged
    told = lines.evaluate_all("(all) => all.map((each) => each.getAttribute('points'))")
    points = [each.split() for each in told]
    missing = ground.MISSING[1]
    assert [len(each) for each in points] == [missing.start, HOURS - missing.stop]
    expect(panel).to_contain_text("图幅以外的限值")
    expect(panel).to_contain_text("限值依据:测试用,待核")
    x = [float(each.split(",")[0]) for line in points for each in line]
    steps = np.diff(x)
    assert np.allclose(np.delete(steps, missing.start - 1), np.median(steps), atol=0.2)  # true to time
    assert steps[missing.start - 1] == pytest.approx(np.median(steps) * (len(missing) + 1), abs=0.5)


def test_a_limit_in_view_is_a_line_and_what_is_suspect_a_mark(
    visit: Visit, city: tuple[Site, Watched]
) -> None:
    _, panel = opened(visit, city, "E-3")
    chart = panel.locator("series-chart")
    expect(chart.locator(".limit.suspect_high")).to_have_count(1)
    expect(chart.locator(".named.suspect_high")).to_have_text("可疑上限 250")
    expect(chart.locator("path[stroke='#8a5a00']")).to_have_count(1)


def test_several_series_have_an_axis_a_unit_and_a_third_unit_none(
    visit: Visit, city: tuple[Site, Watched]
) -> None:
    page, panel = opened(visit, city, "E-1", "N-1")
    expect(panel.locator("series-chart svg")).to_contain_text("µg/m³")
    expect(panel.locator("series-chart svg")).to_contain_text("dB")
    for station in ("E-2", "E-3", "E-5"):
        panel.get_by_label("测站").select_option(str(city[1].streams[station]))
        panel.get_by_role("button", name="加入").click()
    expect(panel.locator(".drawn li")).to_have_count(4)
    expect(panel.get_by_role("alert")).to_contain_text("已有 4 条")
    panel.get_by_role("button", name=re.compile("移除.*N-1")).click()
    expect(panel.locator(".drawn li")).to_have_count(3)
    assert len(detail(page)["d"].split(",")) == 3


def test_what_was_believed_before_shows_and_is_listed(visit: Visit, city: tuple[Site, Watched]) -> None:
    _, panel = opened(visit, city, "E-1")
    tables = panel.locator("series-tables")
    tables.get_by_text("更正(1)").click()
    row = tables.locator("tbody tr").first
    expect(row).to_contain_text("2026-06-02 06:00")
    expect(row.locator(".number")).to_have_text(["12 µg/m³", "61.5 µg/m³"])
    expect(panel.locator("series-chart path[d^='M'][fill='#ffffff']")).to_have_count(1)  # ◇ at the old value


def test_the_chart_at_a_time_of_knowledge_shows_what_was_believed_then(
    visit: Visit, city: tuple[Site, Watched]
) -> None:
    before = datetime.now(BEIJING).replace(microsecond=0) + timedelta(seconds=1)
    until(lambda: datetime.now(BEIJING) > before)
    with connect(city[1].dsn) as connection:
        series.record(connection, [reading(city[1].streams["E-5"], 10, 199.5)])
    for state, value in (
        ({"asof": before.strftime("%Y-%m-%dT%H:%M:%S")}, ground.told("E-5", 10)),
        ({}, 199.5),
    ):
        _, panel = opened(visit, city, "E-5", **state)
        expect(panel.get_by_text("所知")).to_have_count(len(state))
        panel.get_by_text("数据表", exact=True).click()
        sheet = panel.get_by_role("region", name="数据表")
        row = sheet.locator("tr", has_text="2026-06-01 10:00")
        expect(row.locator(".number")).to_have_text(f"{value:g} µg/m³")
        visit.page.goto("about:blank")


def test_the_chart_by_keyboard_alone(visit: Visit, city: tuple[Site, Watched]) -> None:
    page, panel = opened(visit, city, "E-1")
    chart = panel.locator("series-chart")
    chart.get_by_role("application").focus()
    page.keyboard.press("ArrowRight")
    expect(chart.locator("#read")).to_contain_text("2026-06-01 00:00")
    page.keyboard.press("ArrowRight")
    expect(chart.locator("#read")).to_contain_text(
        f"01:00 合成站 E-1 PM2.5 细颗粒物 {ground.told('E-1', 1):g}"
    )
    expect(chart.get_by_role("status")).to_contain_text("01:00")
    page.keyboard.press("+")
    visit.until(lambda: detail(page).get("to", "9") < instant(HOURS))
    zoomed = detail(page)
    page.keyboard.press("Shift+ArrowRight")
    visit.until(lambda: detail(page).get("from", "") > zoomed["from"])
    page.keyboard.press("Home")
    visit.until(lambda: detail(page).get("from", "9") <= instant(0))


def test_the_file_holds_every_value_with_its_flag(visit: Visit, city: tuple[Site, Watched]) -> None:
    page, panel = opened(visit, city, "E-3", "E-4")
    with page.expect_download() as waited:
        panel.get_by_role("button", name="下载 CSV").click()
    text = Path(waited.value.path()).read_text(encoding="utf-8-sig")
    head, *rows = csv.reader(io.StringIO(text))
    assert head[0] == "时间(北京时间)"
    assert len(rows) == 2 * HOURS
    high = next(each for each in rows if each[0] == "2026-06-02 16:00" and "E-3" in each[2])
    assert high[3:] == ["320", "µg/m³", "3", "可疑"]
    missing = [each for each in rows if each[5] == "9"]
    assert len(missing) == len(ground.MISSING[1])
    assert all(each[3] == "" and "E-4" in each[2] for each in missing)


def test_many_values_are_an_envelope(visit: Visit, city: tuple[Site, Watched]) -> None:
    stream = city[1].streams["E-5"]
    minutes = [
        series.Reading(stream, START - timedelta(minutes=each), 40.0 + each % 7) for each in range(1, 4000)
    ]
    with connect(city[1].dsn) as connection:
        series.record(connection, minutes)
    span = f"from={instant(-70)}&to={instant(0)}"
    _, panel = part(visit, f"series:d={stream}&{span}")
    expect(panel.locator("series-chart polygon").first).to_be_attached(timeout=WAIT_MS)
    expect(panel).to_contain_text("按时段画出最小、平均、最大值")
    drawn = panel.locator("series-chart polyline").first.get_attribute("points")
    assert drawn and len(drawn.split()) <= 1001


def test_the_register_counts_finds_and_tells_an_asset(visit: Visit) -> None:
    page, panel = part(visit, "assets")
    kind = panel.locator(".kind", has_text="消火栓")
    expect(kind).to_contain_text("8")
    expect(kind.locator("small")).to_have_text(re.compile(r"规划 2\s*.*已建 1\s*.*在用 4\s*.*停用 1"))
    kind.get_by_role("button").click()
    rows = panel.locator(".row > button")
    expect(rows).to_have_count(8)
    panel.get_by_label("生命周期状态").select_option("in-service")
    expect(rows).to_have_count(4)
    rows.filter(has_text="H-4").click()
    card = panel.locator("asset-card")
    with page.expect_download() as handed:
        card.get_by_role("button", name="下载文件").click()
    assert handed.value.suggested_filename == ground.FILE.name
    assert Path(handed.value.path()).read_bytes() == ground.FILE.content
    expect(card.locator(".course")).to_contain_text("2017-05-01")
    expect(card).to_contain_text("合成:阀门灵活")
    expect(card).to_contain_text("合成〔2026〕1 号")
    expect(card).to_contain_text("合成运维")
    expect(card).to_contain_text("起 在用")
    with page.expect_download() as waited:
        panel.get_by_role("link", name="导出 CSV").click()
    lines = Path(waited.value.path()).read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 5
    page.reload()
    visit.drawn()
    expect(card).to_contain_text("合成运维", timeout=WAIT_MS)  # the link opens the same asset


def test_an_asset_that_measures_leads_to_its_chart(visit: Visit) -> None:
    page, panel = part(visit, f"assets:layer={ground.STATIONS}&open=E-1")
    panel.locator("asset-card").get_by_role("button", name="观测过程线").click()
    expect(page.locator("series-part .drawn")).to_contain_text("E-1")


def test_a_step_is_checked_refused_and_taken(visit: Visit) -> None:
    _, panel = part(visit, "assets:layer=hydrants&open=H-3")
    form = panel.locator("asset-step")
    expect(form).to_be_visible(timeout=WAIT_MS)
    form.get_by_role("button", name="办理", exact=True).click()
    expect(form.get_by_role("alert")).to_contain_text("批准文号、原因、经办人、部门")
    for label, text in (
        ("批准文号", "合成〔2026〕2 号"), ("原因", "竣工验收"), ("经办人", "王"), ("部门", "消防"),
    ):  # fmt: skip
        form.get_by_label(label).fill(text)
    form.get_by_label("改为").select_option("planned")
    form.get_by_role("button", name="先检查").click()
    expect(form.get_by_role("alert")).to_contain_text("不能改为", timeout=WAIT_MS)
    form.get_by_label("改为").select_option("in-service")
    form.get_by_role("button", name="先检查").click()
    expect(form.get_by_role("status")).to_contain_text("已建 → 在用,尚未写入", timeout=WAIT_MS)
    form.get_by_role("button", name="办理", exact=True).click()
    expect(panel.locator(".row > button", has_text="H-3")).to_contain_text("在用", timeout=WAIT_MS)
    expect(panel.get_by_label("生命周期状态")).to_contain_text("在用(5)")
    visit.complaints[:] = [each for each in visit.complaints if "Failed to load" not in each]


def test_who_may_not_edit_is_told_who_may(browser: Browser, city: tuple[Site, Watched]) -> None:
    site, found = city
    with connect(found.dsn) as connection:
        access.add_grant(connection, "hydrants", "农业农村局", Right.READ, by="test")
        _, secret = access.add_key(connection, "只读", "农业农村局", [Role.READER], by="test")
    watched = new_visit(browser, site)
    show(watched.page, secret)
    _, panel = part(watched, "assets:layer=hydrants&open=H-4")
    expect(panel.locator("asset-card")).to_contain_text(
        "办理须有该图层的编辑权,由主管部门授予:寿光市消防救援大队", timeout=WAIT_MS
    )
    expect(panel.locator("asset-step")).to_have_count(0)
    watched.page.context.close()
    assert watched.complaints == [] and watched.foreign == []


SURFACE = f"property=pm25&from={instant(30)}&to={instant(36)}&step=3&method=kriging&cell=2000&within=1"


def test_a_surface_through_time_is_computed_played_and_linked(
    visit: Visit, city: tuple[Site, Watched]
) -> None:
    page, panel = part(visit, f"surface:{SURFACE}", map="118.760000,36.900000,10.00")
    visit.still()
    plain = visit.picture()
    panel.get_by_role("button", name="计算").click()
    slider = panel.get_by_role("slider", name="时刻")
    expect(slider).to_have_attribute("aria-valuetext", "2026-06-02 06:00", timeout=WAIT_MS)
    expect(panel.locator("progress")).to_have_count(0, timeout=WAIT_MS)
    expect(panel.locator("surface-player")).to_contain_text("1 / 3")
    expect(panel).to_contain_text("合成数据")
    expect(panel).to_contain_text(re.compile("留一交叉验证均方根误差 [0-9.]+ µg/m³,6 站"))

    def changed(before: Any) -> bool:
        return bool((np.abs(visit.picture().astype(int) - before).sum(axis=0) > 40).mean() > 0.2)

    visit.until(lambda: changed(plain))  # it covers the map
    visit.drawn()
    laid = visit.picture()
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute("aria-valuetext", "2026-06-02 09:00")
    visit.until(lambda: detail(page)["at"] == instant(33))
    panel.get_by_role("button", name="标准差").click()
    visit.until(lambda: changed(laid))
    panel.get_by_role("button", name="播放").click()
    expect(panel.locator("surface-player")).to_contain_text("3 / 3")
    panel.get_by_role("button", name="暂停").click()
    page.reload()
    visit.drawn()
    expect(panel.locator("surface-player")).to_contain_text("/ 3", timeout=WAIT_MS)  # a colleague sees it
    expect(panel.get_by_role("button", name="标准差")).to_have_attribute("aria-pressed", "true")


def test_computing_is_given_up_and_too_much_is_refused(visit: Visit, city: tuple[Site, Watched]) -> None:
    _, panel = part(visit, "surface:property=pm25")
    panel.get_by_label("自(北京时间)").fill("2026-05-01")
    panel.get_by_label("步长").select_option("1")
    panel.get_by_role("button", name="计算").click()
    expect(panel.get_by_role("alert")).to_contain_text("一次至多 100 个")
    panel.get_by_label("自(北京时间)").fill("2026-06-01 00:00")
    panel.get_by_role("button", name="计算").click()
    panel.get_by_role("button", name="取消").click(timeout=WAIT_MS)
    expect(panel.locator("progress")).to_have_count(0)
    expect(panel.get_by_role("button", name="计算")).to_have_attribute("aria-disabled", "false")

    def at_rest() -> bool:
        jobs = httpx.get(f"{city[0].url}/jobs", headers={"accept": "application/json"}).json()["jobs"]
        return all(each["status"] not in ("accepted", "running") for each in jobs)

    until(at_rest)


@SIZES
def test_nothing_is_in_the_way_in_any_part(
    visit: Visit, city: tuple[Site, Watched], size: tuple[int, int]
) -> None:
    sized(visit, size)
    page, panel = part(visit, "stations:open=1")
    expect(panel.locator("station-card")).to_be_visible()
    unbroken(page, "stations")
    panel.get_by_role("button", name="质控告警").click()
    expect(panel.locator("station-findings .row").first).to_be_visible()
    unbroken(page, "findings")
    fits(page, size)
    page, panel = opened(visit, city, "E-1", "N-1")
    for summary in panel.locator("summary").all():
        summary.click()
    unbroken(page, "series")
    fits(page, size)
    panel.get_by_role("button", name="放大查看").click()
    expect(panel.get_by_role("dialog")).to_be_visible()
    unbroken(page, "large chart")
    page.keyboard.press("Escape")
    page, panel = part(visit, "assets")
    expect(panel.locator(".kind").first).to_be_visible()
    unbroken(page, "kinds")
    page, panel = part(visit, "assets:layer=hydrants&open=H-4")
    expect(panel.locator("asset-step")).to_be_visible(timeout=WAIT_MS)
    unbroken(page, "asset")
    fits(page, size)
    page, panel = part(visit, f"surface:{SURFACE}&at={instant(30)}")
    expect(panel.locator("surface-legend")).to_be_visible(timeout=WAIT_MS)
    unbroken(page, "surface")
    fits(page, size)
    page.get_by_role("button", name="English").click()
    expect(panel).to_contain_text("Ordinary kriging")
    unbroken(page, "English")
