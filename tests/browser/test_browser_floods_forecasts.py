"""Forecasts in the panel of floods: fan, grade, lead, held-out scores, and what may not be issued."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from flood_page import Rehearsed, kept_in_link, part
from forecast_kept import MEDIANS
from planning_page import fits
from playwright.sync_api import Browser, Locator, expect
from test_browser_panels_access import unbroken
from visits import Site, Visit, visiting

pytestmark = pytest.mark.browser
SIZES = pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desk", "phone"])


@pytest.fixture
def visit(browser: Browser, floods: tuple[Site, Rehearsed]) -> Iterator[Visit]:
    with visiting(browser, floods[0]) as watched:
        yield watched


def row_of(panel: Locator, text: str) -> Locator:
    return panel.get_by_role("list", name="预报列表").locator("li.row").filter(has_text=text)


def test_a_forecast_tells_grade_lead_and_held_out_scores(visit: Visit) -> None:
    page, panel = part(visit, "forecasts")
    row = row_of(panel, "已发布")
    expect(row).to_contain_text("等级 乙")
    expect(row).to_contain_text("合成数据")
    row.get_by_role("button").first.press("Enter")
    body = row.locator(".body")
    expect(body).to_contain_text("1,500 m³/s(90% 区间 900–2,400)")
    expect(body.locator("dl").first).to_contain_text("24 小时")
    scores = body.get_by_role("region", name="检验期得分(2024、2025)").locator("tbody tr")
    expect(scores.first).to_contain_text("本方案(乙)")
    expect(scores.first).to_contain_text("83.3%")
    expect(scores.last).to_contain_text("-0.12")
    crps = body.get_by_role("region", name="CRPS")
    expect(crps.locator("thead th")).to_have_text(["预见期", "本方案", "气候平均", "持续性"])
    expect(crps.locator("tbody td")).to_have_text(["6 小时", "21.5", "131", "48"])
    expect(body).to_contain_text("洪水不足 50 场")
    assert len(kept_in_link(page)["forecast"]) == 64


def test_the_fan_holds_its_median_and_is_a_table_too(visit: Visit) -> None:
    page, panel = part(visit, "forecasts")
    row = row_of(panel, "已发布")
    row.get_by_role("button").first.click()
    fan = row.locator("forecast-fan[name=集合预报过程线]")
    expect(fan.locator("polygon")).to_have_count(2)
    median = _heights(fan.locator("polyline.median"))
    outer = _heights(fan.locator("polygon.most"))
    upper, lower = outer[: len(MEDIANS)], outer[len(MEDIANS) :][::-1]
    assert all(u < m < w for u, m, w in zip(upper, median, lower, strict=True))  # the screen counts downwards
    fan.get_by_text("数据表").click()
    cells = fan.locator("tbody tr td:nth-child(5)")
    expect(cells).to_have_count(len(MEDIANS))
    expect(cells.first).to_be_visible()
    assert [float(each.replace(",", "")) for each in cells.all_inner_texts()] == MEDIANS
    with page.expect_download() as waiting:
        row.get_by_role("button", name="下载过程表 CSV").click()
    lines = list(csv.reader(Path(waiting.value.path()).read_text(encoding="utf-8-sig").splitlines()[1:]))
    assert [float(line[5]) for line in lines[1:]] == MEDIANS


def test_stages_are_told_as_far_as_the_curve_goes(visit: Visit) -> None:
    page, panel = part(visit, "forecasts")
    row = row_of(panel, "已发布")
    row.get_by_role("button").first.click()
    stages = row.locator("forecast-stages")
    # Q = 200 (h - 18)^1.3 from 18.5 to 24 m; medians to 1500 m³/s, members from 0.55 to 1.5 of them
    expect(stages.locator("dl")).to_contain_text("22.71 m(90% 区间 21.18–关系线以外)")
    expect(stages.locator("dl")).to_contain_text("1985 国家高程基准")
    told = stages.locator("dt", has_text="达到").evaluate_all(
        "each => each.map(e => e.innerText + e.nextElementSibling.innerText)"
    )
    assert told == ["达到警戒水位 21 m95%", "达到保证水位 22 m70%", "达到历史最高水位 23 m45%"]
    expect(stages.locator(".warn")).to_contain_text("20 个成员中有 3 个超出")
    fan = stages.locator("forecast-fan")
    expect(fan.locator("line.across")).to_have_count(3)
    expect(fan.locator("polyline.median")).to_have_count(1)
    expect(fan.locator("polygon.most")).to_have_count(2)  # parted where nine tenths lie beyond the curve
    fan.get_by_text("数据表").click()
    cells = fan.locator("tbody tr td:nth-child(5)")
    expect(cells.first).to_be_visible()
    for text, flow in zip(cells.all_inner_texts(), MEDIANS, strict=True):
        assert float(text) == pytest.approx(18 + (flow / 200) ** (1 / 1.3), abs=2e-3)
    unbroken(page, "stages of a forecast")


def test_what_its_grade_forbids_is_told_as_not_issued(visit: Visit) -> None:
    _, panel = part(visit, "forecasts")
    row = row_of(panel, "等级 丙")
    expect(row).to_contain_text("不予发布,仅供参考")
    row.get_by_role("button").first.click()
    expect(row.locator(".body .warn").first).to_have_text("不予发布,仅供参考")


def test_nothing_is_told_of_what_was_not_made_yet(visit: Visit) -> None:
    _, panel = part(visit, "forecasts", datetime="2026-06-30T12:00")
    expect(row_of(panel, "等级 丙")).to_have_count(1)
    expect(row_of(panel, "等级 乙")).to_have_count(0)
    _, panel = part(visit, "forecasts", asof="2026-06-30T12:00")
    expect(panel.get_by_role("status")).to_contain_text("此时没有预报")


@SIZES
def test_nothing_is_in_the_way(visit: Visit, size: tuple[int, int]) -> None:
    visit.page.set_viewport_size({"width": size[0], "height": size[1]})
    page, panel = part(visit, "forecasts")
    row_of(panel, "等级 丙").get_by_role("button").first.click()
    expect(panel.locator("forecast-fan svg").first).to_be_visible()
    unbroken(page, "forecasts")
    fits(page, size)
    page.get_by_role("button", name="English").click()
    expect(panel).to_contain_text("not issued, for reference only")
    unbroken(page, "English forecasts")
    fits(page, size)


def _heights(shape: Locator) -> list[float]:
    points = shape.get_attribute("points") or ""
    return [float(each.split(",")[1]) for each in points.split()]
