"""The situation board and response plans in the panel of floods: one look, a draft, its life, a response."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
import replay_ground
from edit_page import show
from flood_page import Rehearsed, kept_in_link, part
from planning_page import fits
from playwright.sync_api import Browser, Locator, Page, expect
from serving import until
from test_browser_panels_access import unbroken
from visits import Site, Visit, visiting
from warning_ground import BEGUN, OTHER, SIGNED, measured

from spatial.access import store as access
from spatial.access.model import Right, Role
from spatial.database import connect
from water.gauges import stations
from water.gauges.station import Mark, Threshold
from water.plans.sample import PLAN
from water.warning.evaluate import evaluate
from water.works.datum import VerticalDatum

pytestmark = pytest.mark.browser
JOB_MS = 30_000
ORDER = "T3"
REFUSED = re.compile(r"status of 4\d\d .*/(jobs/|warnings/\d+/cancellation)")


@pytest.fixture
def visit(browser: Browser, floods: tuple[Site, Rehearsed]) -> Iterator[Visit]:
    with visiting(browser, floods[0]) as watched:
        yield watched
        # What the platform refuses, the browser tells its console, too; the page's own words are looked at.
        watched.complaints[:] = [each for each in watched.complaints if not REFUSED.search(each)]


def row(panel: Locator, of: str) -> Locator:
    return panel.get_by_role("list", name=of, exact=True).locator("li.row")


def signed(panel: Locator, author: str) -> None:
    panel.get_by_label("经办人", exact=True).fill(author)
    panel.get_by_label("经办单位").fill("寿光市应急管理局")


def told(visit: Visit, path: str) -> Any:
    return httpx.get(f"{visit.site.url}/response-plans/{PLAN}{path}").json()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_signs_of_levels_stay_in_their_boxes(visit: Visit, language: str) -> None:
    _, board = part(visit, "board", lang=language)
    boxes = board.locator(".figure.colour")
    expect(boxes).to_have_count(4)
    beyond_px = boxes.evaluate_all(
        "(all) => all.map((each) => each.querySelector('.level').getBoundingClientRect().right"
        " - each.getBoundingClientRect().right)"
    )
    assert max(beyond_px) < 0


def test_a_plan_is_drafted_refused_at_the_field_and_put_to_work(visit: Visit) -> None:
    page, panel = part(visit, "plans", f"plan={PLAN}&version=1")
    panel.get_by_role("button", name="以此版起草新版").click()
    editor = panel.locator("response-editor")
    messages = editor.locator("details", has=page.locator("summary", has_text="消息"))
    messages.locator("summary").click()
    first = messages.locator("fieldset").first
    first.get_by_label("启动后几分钟内").fill("十五")
    # The page draws anew with every move of the map; what is typed stands.
    zoomed = page.url
    page.get_by_role("button", name="放大").click()
    visit.until(lambda: page.url != zoomed)
    visit.drawn()
    expect(first.get_by_label("启动后几分钟内")).to_have_value("十五")
    first.get_by_label("渠道").select_option("sms")
    editor.get_by_label("起草说明").fill("缩短首条消息时限")
    page.get_by_role("button", name="关闭面板").click()
    page.reload()
    visit.drawn()
    page, panel = part(visit, "plans", f"plan={PLAN}")
    panel.get_by_role("button", name="继续起草").click()
    messages.locator("summary").click()
    expect(first.get_by_label("渠道")).to_have_value("sms")
    expect(first.get_by_label("启动后几分钟内")).to_have_value("十五")
    signed(editor, "李工")
    editor.get_by_role("button", name="登记为新版本").click()
    expect(first.get_by_label("启动后几分钟内")).to_be_focused()
    expect(first).to_contain_text("须为数字")
    first.get_by_label("启动后几分钟内").fill("15")
    messages.locator("fieldset").nth(1).get_by_label("编号").fill("M1")
    editor.get_by_role("button", name="登记为新版本").click()
    expect(messages.locator("fieldset").nth(1)).to_contain_text("编号重复", timeout=JOB_MS)
    messages.locator("fieldset").nth(1).get_by_label("编号").fill("M2")
    editor.get_by_role("button", name="登记为新版本").click()
    opened = row(panel, "版本").first
    expect(opened).to_contain_text("版本 2", timeout=JOB_MS)
    expect(opened).to_contain_text("草案")

    differs = panel.get_by_role("button", name="版本对比")
    differs.click()
    sheet = panel.get_by_role("region", name="版本对比")
    expect(sheet.locator("tbody tr")).to_have_count(2)
    expect(sheet).to_contain_text("短信")
    signed(opened, "李工")
    opened.get_by_role("button", name="批准").click()
    expect(opened.get_by_role("alert")).to_contain_text("起草人不能批准", timeout=JOB_MS)
    signed(opened, "王局")
    for step, state in (("批准", "已批准"), ("施行", "施行中")):
        opened.get_by_role("button", name=step, exact=True).click()
        expect(opened.locator(".what").first).to_contain_text(state, timeout=JOB_MS)
    assert [each["state"] for each in told(visit, "/versions")["versions"]] == ["superseded", "in-force"]

    panel.get_by_role("button", name="启动响应").click()
    starting = panel.locator("response-start")
    starting.get_by_label("依据哪个启动条件").select_option(ORDER)
    starting.get_by_role("button", name="启动", exact=True).click()
    expect(starting).to_contain_text("请选择演练或实战")
    starting.get_by_label("演练").check()
    starting.get_by_label("命令签发人或机构").fill("市防指")
    starting.get_by_label("文件文号").fill("寿防指〔2026〕1 号")
    starting.get_by_role("button", name="启动", exact=True).click()
    running = panel.locator("response-run")
    expect(running).to_contain_text("启动命令:市防指 寿防指〔2026〕1 号", timeout=JOB_MS)
    running.get_by_role("button", name="确认 M1").click()
    due = running.get_by_role("list", name="消息").locator("li").first
    expect(due).to_contain_text("王局 寿光市应急管理局 已确认", timeout=JOB_MS)
    number = int(kept_in_link(page)["response"])

    _, board = part(visit, "board")
    at_work = row(board, "响应中的预案").filter(has_text="演练")
    expect(at_work).to_contain_text("已确认 1/7")
    at_work.get_by_role("button").click()
    running.get_by_label("终止依据").fill("演练结束")
    running.get_by_role("button", name="终止响应").click()
    expect(running).to_contain_text("已终止", timeout=JOB_MS)
    assert told(visit, f"/activations/{number}")["ended_at"]


def test_one_look_tells_what_stands_and_leads_there(visit: Visit, floods: tuple[Site, Rehearsed]) -> None:
    page, board = part(visit, "board")
    expect(row(board, "在用预警")).to_have_count(1)
    expect(row(board, "水位")).to_contain_text("达保证水位、警戒水位")
    expect(row(board, "最新发布的预报")).to_contain_text("精度 乙 · 预见期 24 小时")
    expect(board.get_by_role("group", name="要点")).to_contain_text("超特征水位")
    with connect(floods[1].dsn) as connection, connection.transaction():
        mark = Threshold(Mark.WARNING, "stage", 5.0, VerticalDatum.CGVD1985, "测试文件", "unverified")
        stations.mark(connection, OTHER, mark, SIGNED)
        at = measured(connection, OTHER, [4.0, 6.0, 7.0], BEGUN)
        assert at == BEGUN + timedelta(hours=2)
        evaluate(connection, at)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(row(board, "在用预警")).to_have_count(2)
    expect(row(board, "水位").filter(has_text="无特征值站")).to_contain_text("↑ 1.50 m/h")
    row(board, "在用预警").filter(has_text="无特征值站").get_by_role("button").click()
    warnings = page.locator("warning-part")
    warnings.get_by_text("撤销预警").first.click()
    warnings.get_by_role("button", name="撤销预警").click()
    expect(warnings.get_by_role("alert")).to_contain_text("撤销须说明原因")
    warnings.get_by_label("撤销原因").fill("测站读数有误")
    warnings.get_by_role("button", name="撤销预警").click()
    expect(row(warnings, "已撤销的预警")).to_contain_text("测站读数有误")
    expect(row(warnings, "在用预警")).to_have_count(1)
    _, board = part(visit, "board", datetime="2026-07-01T09:30")
    expect(row(board, "在用预警").filter(has_text="测试河道站")).to_contain_text("黄色")
    expect(row(board, "水位").filter(has_text="测试河道站")).to_contain_text("达警戒水位")
    _, board = part(visit, "board")
    expect(row(board, "最新推演").nth(1)).to_be_visible()  # and what other tests ran since


def test_a_reader_is_told_what_is_not_theirs(browser: Browser, floods: tuple[Site, Rehearsed]) -> None:
    site, held = floods
    with connect(held.dsn) as connection:
        _, secret = access.add_key(connection, "读者", "寿光市气象局", [Role.READER], by="test")
        for layer in ("river-stations", "river-thresholds", "response-plans"):
            access.add_grant(connection, layer, "寿光市气象局", Right.READ, by="test")
    known = {"x-api-key": secret}
    until(lambda: httpx.get(f"{site.url}/access/me", headers=known).status_code == 200)
    with visiting(browser, site) as visit:
        show(visit.page, secret)
        page, warnings = part(visit, "warnings")
        row(warnings, "在用预警").get_by_role("button").first.click()
        barred = warnings.get_by_role("button", name="签收:")
        expect(barred.first).to_have_attribute("aria-disabled", "true")
        turn = warnings.locator(
            "#barred-0"
        )  # the duty officer's, or the leader's once another test took note
        expect(turn).to_contain_text(re.compile("须有(编辑|管理)角色"))
        warnings.get_by_text("撤销预警").first.click()
        expect(warnings.get_by_role("button", name="撤销预警")).to_have_attribute("aria-disabled", "true")
        _, plans = part(visit, "plans", f"plan={replay_ground.PLAN}&version=1")
        expect(plans).to_contain_text("须有预案名录的编辑权")
        expect(plans).to_contain_text("须有预案名录的审核权")
        expect(plans.get_by_role("button", name="启动响应")).to_have_count(0)
        unbroken(page, "plans of a reader")


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desk", "phone"])
def test_nothing_is_in_the_way(visit: Visit, size: tuple[int, int]) -> None:
    def checked(page: Page, state: str) -> None:
        unbroken(page, state)
        fits(page, size)

    visit.page.set_viewport_size({"width": size[0], "height": size[1]})
    page, board = part(visit, "board")
    expect(row(board, "水位").first).to_be_visible()
    checked(page, "board")
    page, plans = part(visit, "plans", f"plan={PLAN}&version=1&start=1")
    expect(plans.get_by_label("依据哪个启动条件")).to_be_visible()
    checked(page, "plan")
    plans.get_by_role("button", name="以此版起草新版").press("Enter")
    plans.locator("details:not([open]) > summary").first.click()
    checked(page, "editor")
    plans.get_by_role("button", name="放弃草案").press("Enter")
    plans.get_by_role("button", name="确定放弃").press("Enter")
    expect(plans.get_by_role("button", name="继续起草")).to_have_count(0)
    page.get_by_role("button", name="English").click()
    expect(plans).to_contain_text("Responses")
    checked(page, "English plan")
