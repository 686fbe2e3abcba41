"""Looking back in the panel of floods: an instant as known then and today, its score, a run once more."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from flood_page import WAIT_MS, Rehearsed, kept_in_link, part
from planning_page import fits
from playwright.sync_api import Browser, Locator, expect
from test_browser_panels_access import unbroken
from visits import Site, Visit, visiting
from warning_ground import RIVER

from spatial.database import connect

pytestmark = pytest.mark.browser
SIZES = ((1280, 800), (390, 844))


@pytest.fixture
def visit(browser: Browser, floods: tuple[Site, Rehearsed]) -> Iterator[Visit]:
    with visiting(browser, floods[0]) as watched:
        yield watched


@pytest.fixture(scope="module")
def rehearsed(floods: tuple[Site, Rehearsed]) -> Rehearsed:
    return floods[1]


def row(panel: Locator, title: str) -> Locator:
    named = panel.page.get_by_role("rowheader", name=title)
    return panel.locator("replay-compare tbody").first.get_by_role("row").filter(has=named)


def test_an_instant_as_it_was_known_then_and_today(visit: Visit, rehearsed: Rehearsed) -> None:
    page, panel = part(visit, "replay", f"at=2026-07-01T14:00&known={rehearsed.first}")
    expect(panel.get_by_label("洪水场次").locator("option").first).to_have_text(
        "2026-07-01 20:00 洪峰 1,400 m³/s"
    )
    expect(row(panel, "流量").locator("td")).to_have_text(
        ["700 m³/s · 2026-07-01 14:00", "720 m³/s · 2026-07-01 14:00不同"]
    )
    expect(row(panel, "在用预警")).to_contain_text("橙")
    expect(row(panel, "响应中的预案").locator("td")).to_contain_text(["已办 0", "已办 1"])
    expect(row(panel, "有效预报").locator("td").first).to_contain_text("等级 乙")
    expect(panel.locator(".seal").first).to_have_text("合成数据")
    # Measured then and today, and the fan of the forecast with its band.
    chart = panel.locator("flood-hydrograph")
    expect(chart.locator("series-chart polyline")).to_have_count(3)
    expect(chart.locator("series-chart polygon")).to_have_count(1)
    decided = panel.get_by_role("region", name="决策时间轴").get_by_role("listitem")
    expect(decided.filter(has_text="升级")).to_contain_text("22.3")
    expect(decided.filter(has_text="已办 各镇街")).to_contain_text("〔事后登记〕")
    expect(decided.filter(has_text="逾期未办 各镇街")).to_contain_text("〔当时如此,今日已改〕")
    score = panel.locator("replay-score")
    expect(score).to_contain_text("+100 m³/s(许可 ±280) 合格")
    expect(score).to_contain_text(re.compile(r"CRPS\(越小越好\)\s*[0-9.]+ m³/s,持续性 [0-9.]+ m³/s"))
    expect(score.get_by_role("listitem")).to_contain_text("命中")
    for size in SIZES:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        unbroken(page, f"replay {size}")
        fits(page, size)
    page.get_by_role("button", name="English").click()
    expect(panel).to_contain_text("Run again with other releases")
    unbroken(page, "English replay")
    fits(page, SIZES[-1])
    page.get_by_role("button", name="中文").click()
    slider = panel.get_by_role("slider", name="时刻")
    slider.focus()
    page.keyboard.press("Home")
    expect(panel.locator("replay-compare tbody tr").first.locator("td")).to_have_text(["无", "无"])
    visit.until(lambda: kept_in_link(page).get("at") == "2026-07-01T06:00")
    panel.get_by_label("“当时”所知截至").fill("何时")
    panel.get_by_role("button", name="查看").click()
    expect(panel.get_by_role("alert")).to_contain_text("何时")
    # Nothing of this flood was on record while it lasted.
    panel.get_by_label("“当时”所知截至").fill("")
    panel.get_by_role("button", name="查看").click()
    expect(row(panel, "有效预报").locator("td").first).to_have_text("无")


def test_a_run_is_repeated_with_other_releases(visit: Visit, rehearsed: Rehearsed) -> None:
    page, panel = part(visit, "replay", f"station={RIVER}&run={rehearsed.run}")
    again = panel.locator("replay-again")
    again.get_by_role("button", name="开始重演").click()
    expect(again.get_by_role("alert")).to_contain_text("没有改变")
    again.get_by_label("入流为原来的").fill("50")
    again.get_by_role("button", name="开始重演").press("Enter")
    expect(again.get_by_role("button", name="打开这次重演")).to_be_visible(timeout=WAIT_MS)
    spared = again.locator("dl.difference dd").nth(2)
    expect(spared).to_contain_text("km²")
    assert float(spared.inner_text().removesuffix(" km²")) > 0
    listed = again.get_by_label("推演", exact=True).locator("option")
    expect(listed).to_have_count(3)
    expect(listed.first).to_contain_text("弥河右岸溃口(试验)(入流 50%,推后 0 小时)")
    assert kept_in_link(page)["run"] == rehearsed.run
    made = listed.first.get_attribute("value")
    with connect(rehearsed.dsn) as connection, connection.transaction():
        connection.execute("delete from flood.file where run = %s", (made,))
        connection.execute("delete from flood.run where id = %s", (made,))
