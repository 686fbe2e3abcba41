"""Releases led down their reaches, in the panel of floods: by mouse and by keyboard, and what is refused."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from flood_page import WAIT_MS, Rehearsed, kept_in_link, part
from planning_page import fits
from playwright.sync_api import Browser, Locator, Page, Route, expect
from test_browser_panels_access import unbroken
from visits import REFUSAL, Site, Visit, visiting
from warning_ground import RIVER

pytestmark = pytest.mark.browser
SIZES = ((1280, 800), (390, 844))


@pytest.fixture
def visit(browser: Browser, floods: tuple[Site, Rehearsed]) -> Iterator[Visit]:
    """A visit to which the platform refuses something: no complaint."""
    with visiting(browser, floods[0], expected=(REFUSAL, "Service Unavailable (503)")) as watched:
        yield watched


def said(panel: Locator, **fields: str) -> None:
    for id, text in fields.items():
        panel.locator(f"#{id}").fill(text)


def looked_at(page: Page, state: str) -> None:
    """Nothing is in the way at either size."""
    for size in SIZES:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        unbroken(page, f"{state} {size[0]}")
        fits(page, size)
    page.set_viewport_size({"width": SIZES[0][0], "height": SIZES[0][1]})


def test_releases_are_routed_to_a_station_and_go_into_a_scenario(visit: Visit) -> None:
    page, panel = part(visit, "routing")
    expect(panel.locator(".warn")).to_contain_text("不作预报发布")
    said(panel, begins_at="2026-07-01 08:00", duration_s="24")
    panel.get_by_label("汇合处测站").select_option(RIVER)
    panel.get_by_role("button", name="+ 加一处").click()
    expect(panel.locator("#inflow-0")).to_be_focused()
    panel.get_by_label("名称").fill("上库")
    panel.get_by_role("button", name="过程表").click()
    for label, text in {
        "第 1 行 小时": "0",
        "第 1 行 流量": "100",
        "第 2 行 小时": "6",
        "第 2 行 流量": "1300",
    }.items():
        panel.get_by_label(label).fill(text)
    panel.get_by_role("button", name="加一行").click()
    for label, text in {"第 3 行 小时": "24", "第 3 行 流量": "100"}.items():
        panel.get_by_label(label).fill(text)
    panel.get_by_role("button", name="+ 加河段").click()
    panel.get_by_label("K (小时)").fill("3")
    panel.get_by_label("x(0 至 0.5)").fill("0.2")
    panel.get_by_role("button", name="+ 加河段").click()
    panel.get_by_label("河段 2 演算方法").select_option("travel")
    panel.get_by_label("时间(小时)").fill("2")
    panel.get_by_role("button", name="河段 2 上移").click()
    expect(panel.get_by_label("河段 1 演算方法")).to_have_value("travel")
    panel.get_by_label("河段参数的来源").fill("试算参数(测试)")
    panel.get_by_role("button", name="+ 加一处").click()
    panel.get_by_label("名称").fill("区间")
    panel.get_by_role("textbox", name="流量 (m³/s)").fill("60")
    panel.get_by_label("河段参数的来源").fill("试算参数(测试)")
    looked_at(page, "routing form")
    page.reload()
    visit.drawn()
    expect(panel.locator("#inflow-0")).to_contain_text("传播时间 → 马斯京根", timeout=WAIT_MS)
    panel.get_by_role("button", name="演算", exact=True).click()

    facts = panel.locator("routing-facts")
    expect(facts.locator(".warn").first).to_contain_text("不作预报发布", timeout=WAIT_MS)
    peaks = facts.get_by_role("region", name="洪峰与迟滞")
    row = peaks.get_by_role("row").filter(has_text="上库")
    expect(row).to_contain_text("1,300 m³/s")
    expect(row).to_contain_text("小时")
    account = facts.get_by_role("region", name="水量账").get_by_role("row").filter(has_text="区间")
    # 60 m³/s over a day, which nothing stores.
    expect(account.get_by_role("cell")).to_have_text(["5,184,000", "5,184,000", "0", "0.0e+0"])
    expect(facts).to_contain_text("实测洪峰1,400 m³/s")
    expect(facts).to_contain_text("水位流量关系2026-1")
    expect(facts.get_by_role("application")).to_have_count(2)
    looked_at(page, "routed")
    facts.get_by_text("数据表").first.press("Enter")
    with page.expect_download() as waiting:
        panel.get_by_role("button", name="过程表.csv").click()
    text = Path(waiting.value.path()).read_text(encoding="utf-8-sig")
    note, _, table = text.partition("\n")
    assert "不作预报发布" in note and len(list(csv.DictReader(io.StringIO(table)))) == 25

    job = kept_in_link(page)["job"]
    told = httpx.get(f"{visit.site.url}/jobs/{job}/results/result").json()
    assert [each["method"] for each in told["inflows"][0]["reaches"]] == ["travel", "muskingum"]
    page.reload()
    visit.drawn()
    expect(row).to_contain_text("1,300 m³/s", timeout=WAIT_MS)
    panel.get_by_role("button", name="作为情景入流").click()
    items = page.locator("scenario-part").get_by_role("list", name="来水与工程").get_by_role("listitem")
    expect(items).to_have_count(1, timeout=WAIT_MS)
    expect(items.first).to_contain_text("25 个时刻")
    expect(items.first).to_contain_text("仅供参考")
    expect(page.locator("scenario-part").get_by_label("起算时刻")).to_have_value("2026-07-01 08:00")


def test_it_is_done_by_keyboard_and_what_is_refused_is_told_at_its_field(visit: Visit) -> None:
    page, panel = part(visit, "routing")
    panel.get_by_role("button", name="演算", exact=True).press("Enter")
    # What is missing first is where the keyboard then is.
    expect(panel.locator("#begins_at")).to_be_focused()
    page.keyboard.type("2026-07-01 08:00")
    panel.get_by_role("button", name="+ 加一处").press("Enter")
    expect(panel.locator("#inflow-0")).to_be_focused()
    panel.get_by_role("button", name="+ 加河段").press("Enter")
    panel.get_by_role("button", name="演算", exact=True).press("Enter")
    expect(panel.locator("course-field").get_by_role("textbox")).to_be_focused()
    page.keyboard.type("300")
    panel.get_by_label("河段参数的来源").fill("试算参数(测试)")
    panel.get_by_label("K (小时)").fill("6")
    panel.get_by_label("x(0 至 0.5)").fill("0.7")
    panel.get_by_role("button", name="演算", exact=True).press("Enter")
    x = panel.get_by_label("x(0 至 0.5)")
    expect(x).to_be_focused(timeout=WAIT_MS)
    expect(x).to_have_attribute("aria-invalid", "true")
    fault = panel.locator(f"[id='{x.get_attribute('aria-describedby')}']")
    expect(fault).to_contain_text("不得大于 0.5")
    unbroken(page, "refused")
    page.keyboard.press("Control+A")
    page.keyboard.type("0.2")
    expect(panel.get_by_role("alert")).to_have_count(0)
    panel.get_by_label("分段数").fill("500")
    panel.get_by_role("button", name="演算", exact=True).press("Enter")
    told = panel.get_by_role("alert")
    # Judged by the run itself: of the reach as a whole.
    expect(told).to_contain_text("分段数须在", timeout=WAIT_MS)
    expect(panel.get_by_label("河段 1 演算方法")).to_be_focused()
    panel.get_by_label("分段数").fill("")
    panel.get_by_role("button", name="演算", exact=True).press("Enter")
    facts = panel.locator("routing-facts")
    expect(facts).to_contain_text("汇合洪峰 300 m³/s", timeout=WAIT_MS)
    panel.get_by_role("button", name="修改后再算").press("Enter")
    expect(panel.locator("#begins_at")).to_have_value("2026-07-01 08:00")
    page.get_by_role("button", name="English").click()
    expect(panel.get_by_role("button", name="Route", exact=True)).to_be_visible()
    unbroken(page, "English")


def test_a_job_under_way_is_found_again_without_its_link(visit: Visit) -> None:
    page, panel = part(visit, "routing")

    def told(route: Route) -> None:
        """What the platform says of the job, as if it were not over."""
        answer = route.fetch()
        route.fulfill(response=answer, json=answer.json() | {"status": "running", "progress": 40})

    standing = re.compile(r"/jobs/[^/]+$")
    page.route(standing, told)
    said(panel, begins_at="2026-07-01 08:00", duration_s="24")
    panel.get_by_role("button", name="+ 加一处").click()
    panel.get_by_role("textbox", name="流量 (m³/s)").fill("75")
    panel.get_by_label("河段参数的来源").fill("试算参数(测试)")
    panel.get_by_role("button", name="演算", exact=True).click()
    expect(panel.locator("job-line")).to_be_visible(timeout=WAIT_MS)
    job = kept_in_link(page)["job"]

    def anew(name: str) -> Locator:
        """A part in a page that is opened anew, by a link that knows of no job."""
        page.goto("about:blank")
        return part(visit, name)[1]

    anew("runs")
    panel = anew("routing")
    expect(panel.locator("job-line")).to_be_visible(timeout=WAIT_MS)
    assert kept_in_link(page)["job"] == job
    page.unroute(standing)
    expect(panel.locator("routing-facts")).to_contain_text("汇合洪峰 75 m³/s", timeout=WAIT_MS)
    # Its end was seen: whoever comes back finds the form.
    panel = anew("routing")
    expect(panel.locator("#begins_at")).to_have_value("2026-07-01 08:00", timeout=WAIT_MS)
    assert "job" not in kept_in_link(page)


def test_a_course_is_taken_from_a_forecast_one_at_a_time(visit: Visit) -> None:
    _, panel = part(visit, "routing")
    said(panel, begins_at="2026-07-01 09:00", duration_s="12")
    panel.get_by_role("button", name="+ 加一处").click()
    source = panel.locator("inflow-source")
    source.get_by_role("button", name="取自预报").click()
    forecasts = source.get_by_label("预报", exact=True)
    option = forecasts.get_by_role("option").filter(has_text="等级 乙")
    forecasts.select_option(str(option.get_attribute("value")))
    courses = source.get_by_label("取哪条过程")
    assert "全部成员(集合推演)" not in courses.get_by_role("option").all_inner_texts()
    courses.select_option("p50")
    panel.get_by_label("河段参数的来源").fill("试算参数(测试)")
    panel.get_by_role("button", name="演算", exact=True).click()
    facts = panel.locator("routing-facts")
    expect(facts).to_contain_text("汇合洪峰 1,500 m³/s", timeout=WAIT_MS)
    expect(panel.get_by_text("合成数据")).to_be_visible()
    facts.get_by_text("依据", exact=True).click()
    expect(facts).to_contain_text("(等级 乙)")
