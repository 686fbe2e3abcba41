"""Kept runs of floods in the panel: on the map and through time, hydrographs, water account, files, link."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from flood_page import SPOT, WAIT_MS, Rehearsed, kept_in_link, part
from planning_page import fits
from playwright.sync_api import Browser, expect
from test_browser_panels_access import unbroken
from visits import REFUSAL, Site, Visit, visiting

pytestmark = pytest.mark.browser
SIZES = pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desk", "phone"])


@pytest.fixture
def visit(browser: Browser, floods: tuple[Site, Rehearsed]) -> Iterator[Visit]:
    with visiting(browser, floods[0]) as watched:
        yield watched


@pytest.fixture
def refused(browser: Browser, floods: tuple[Site, Rehearsed]) -> Iterator[Visit]:
    """A visit to which the platform refuses something: the browser's own line about that is no complaint."""
    with visiting(browser, floods[0], expected=(REFUSAL,)) as watched:
        yield watched


@pytest.fixture(scope="module")
def rehearsed(floods: tuple[Site, Rehearsed]) -> Rehearsed:
    return floods[1]


def blue(visit: Visit) -> int:
    """How many pixels of the picture have a colour of deep water."""
    red, green, blue = visit.picture().astype(int)
    return int(((blue - red > 60) & (blue > green) & (blue > 70)).sum())


def tiles(visit: Visit, mark: str) -> int:
    return sum("/map/tiles/" in each and mark in each for each in visit.requests)


def test_runs_are_listed_and_one_lies_on_the_map(visit: Visit, rehearsed: Rehearsed) -> None:
    page, panel = part(visit, "runs")
    rows = panel.get_by_role("list", name="推演列表").get_by_role("listitem")
    expect(rows).to_have_count(2)
    expect(rows.first).to_contain_text("复盘重演")
    row = rows.filter(has_text="弥河右岸溃口(试验)")
    expect(row).to_contain_text("合成数据")
    expect(row).to_contain_text("情景推演 · 2026-08-20 12:00 · 30 分钟")
    visit.drawn()
    dry = blue(visit)
    row.get_by_role("button").press("Enter")
    expect(panel.locator("flood-legend")).to_contain_text("最大水深")
    visit.until(lambda: blue(visit) > dry + 500)
    assert kept_in_link(page)["run"] == rehearsed.run
    expect(panel.locator(".warn").first).to_contain_text("不是预警")
    panel.get_by_role("button", name="‹ 全部").click()
    expect(rows).to_have_count(2)
    visit.until(lambda: blue(visit) <= dry + 50)


def test_arrival_and_speed_have_their_own_legend(visit: Visit, rehearsed: Rehearsed) -> None:
    _, panel = part(visit, "runs", f"run={rehearsed.run}")
    panel.get_by_label("图上显示").select_option("arrival")
    expect(panel.locator("flood-legend")).to_contain_text("到达时间(起算后)")
    expect(panel.locator("flood-legend .ticks span").last).to_have_text("30 分钟")
    visit.until(lambda: tiles(visit, "quantity=arrival") > 0)
    panel.get_by_label("图上显示").select_option("speed")
    expect(panel.locator("flood-legend")).to_contain_text("最大流速")
    visit.until(lambda: tiles(visit, "quantity=speed") > 0)


def test_depth_moves_through_time_by_hand_and_by_itself(visit: Visit, rehearsed: Rehearsed) -> None:
    page, panel = part(visit, "runs", f"run={rehearsed.run}&show=time")
    slider = panel.get_by_role("slider", name="时刻")
    expect(slider).to_have_attribute("aria-valuetext", "2026-08-20 12:00")
    visit.drawn()
    visit.until(lambda: tiles(visit, "at=0") > 0)
    early = blue(visit)
    slider.focus()
    page.keyboard.press("End")
    expect(slider).to_have_attribute("aria-valuetext", "2026-08-20 12:30")
    assert kept_in_link(page)["at"] == "1800"
    visit.until(lambda: blue(visit) > early + 500)
    panel.get_by_role("button", name="播放").click()
    for second in (0, 600, 1200):
        visit.until(lambda mark=f"at={second}": tiles(visit, mark) > 0)  # type: ignore[misc]
    panel.get_by_role("button", name="暂停").click()


def test_a_link_keeps_run_instant_and_point(visit: Visit, rehearsed: Rehearsed) -> None:
    lon, lat = SPOT
    _, panel = part(visit, "runs", f"run={rehearsed.run}&show=time&at=1200&point={lon:.6f},{lat:.6f}")
    expect(panel.get_by_role("slider")).to_have_attribute("aria-valuetext", "2026-08-20 12:20")
    deepest = max(_depths(visit, rehearsed, lon, lat))
    told = panel.get_by_role("status").filter(has_text="已存时刻中最深")
    expect(told).to_be_visible()
    # To the millimetre: half of one is rounded by either side in its own way.
    assert float(re.findall(r"[0-9.]+", told.inner_text())[0]) == pytest.approx(deepest, abs=6e-4)
    chart = panel.locator("flood-hydrograph").first
    expect(chart.locator("polyline")).to_have_count(2)
    expect(chart.locator("rect.band")).to_have_count(1)
    panel.get_by_role("button", name="去掉取点").click()
    expect(chart.locator("polyline")).to_have_count(1)


def test_a_point_is_taken_from_the_map_by_key(visit: Visit, rehearsed: Rehearsed) -> None:
    page, panel = part(visit, "runs", f"run={rehearsed.run}", map=f"{SPOT[0]:.6f},{SPOT[1]:.6f},15.00")
    panel.get_by_role("button", name="在图上取点").click()
    page.keyboard.press("Enter")
    expect(panel.get_by_role("status").filter(has_text="已存时刻")).to_be_visible()
    lon, lat = (float(each) for each in kept_in_link(page)["point"].split(","))
    assert abs(lon - SPOT[0]) < 0.01 and abs(lat - SPOT[1]) < 0.01


def test_figures_are_those_of_the_run(visit: Visit, rehearsed: Rehearsed) -> None:
    told = rehearsed.told
    _, panel = part(visit, "runs", f"run={rehearsed.run}")
    facts = panel.locator("run-facts")
    kept = told["ledger"]
    names = ("start_m3", "rained_m3", "entered_m3", "infiltrated_m3", "left_m3", "stored_m3")
    sums = facts.locator("dl.account dd")
    expect(sums.nth(len(names) - 1)).to_be_visible(timeout=WAIT_MS)
    account = sums.all_inner_texts()
    for place, name in enumerate(names):
        assert float(account[place].split()[0].replace(",", "")) == pytest.approx(kept[name], abs=0.5), name
    breach = told["breaches"][0]
    row = facts.get_by_role("region", name="溃口流量过程").locator("tbody tr")
    expect(row).to_contain_text(f"{round(breach['peak_m3_s']):,} m³/s")
    flows = panel.locator("flood-hydrograph").last
    expect(flows).to_contain_text("B1 (m³/s)")
    flows.get_by_text("数据表").click()
    cells = flows.locator("tbody tr td:nth-child(2)")
    expect(cells.first).to_be_visible()
    assert max(float(each.replace(",", "")) for each in cells.all_inner_texts()) == pytest.approx(
        breach["peak_m3_s"], abs=0.001
    )


def test_a_replay_tells_what_is_spared(visit: Visit, rehearsed: Rehearsed) -> None:
    _, panel = part(visit, "runs", f"run={rehearsed.replay}")
    expect(panel.locator("h3").first).to_have_text("减泄复盘(试验)")
    spared = panel.locator("run-facts dl.difference dd").nth(2)
    assert float(re.sub(r"[^\d.]", "", spared.inner_text().removesuffix("km²"))) > 0
    panel.get_by_label("图上显示").select_option("difference")
    expect(panel.locator("flood-legend")).to_contain_text("水深之差")
    visit.until(lambda: tiles(visit, "quantity=difference") > 0)


def test_files_are_handed_over(visit: Visit, rehearsed: Rehearsed) -> None:
    page, panel = part(visit, "runs", f"run={rehearsed.run}")
    with page.expect_download() as waiting:
        panel.get_by_role("button", name="下载 points.csv").click()
    rows = list(csv.DictReader(io.StringIO(Path(waiting.value.path()).read_text(encoding="utf-8"))))
    assert float(rows[-1]["t_s"]) == pytest.approx(1800)
    expect(panel.locator("run-facts .files")).to_contain_text("depth.zarr:逐块读取的地址")


def test_what_cannot_be_read_is_told(refused: Visit) -> None:
    _, panel = part(refused, "runs", "run=none")
    expect(panel.get_by_role("alert")).to_contain_text("没有这个推演")
    panel.get_by_role("button", name="‹ 全部").click()
    expect(panel.get_by_role("list", name="推演列表").get_by_role("listitem")).to_have_count(2)
    expect(panel.get_by_role("alert")).to_have_count(0)


@SIZES
def test_nothing_is_in_the_way(visit: Visit, rehearsed: Rehearsed, size: tuple[int, int]) -> None:
    visit.page.set_viewport_size({"width": size[0], "height": size[1]})
    page, panel = part(visit, "runs")
    expect(panel.get_by_role("listitem")).to_have_count(2)
    unbroken(page, "runs")
    fits(page, size)
    kept = f"run={rehearsed.run}&show=time&at=1200&point={SPOT[0]:.6f},{SPOT[1]:.6f}"
    page, panel = part(visit, "runs", kept)
    expect(panel.locator("flood-hydrograph")).to_have_count(2, timeout=WAIT_MS)
    unbroken(page, "run")
    fits(page, size)
    page.get_by_role("button", name="English").click()
    expect(panel).to_contain_text("Water account")
    expect(panel).to_contain_text("a computation and no warning")
    unbroken(page, "English")
    fits(page, size)


def _depths(visit: Visit, rehearsed: Rehearsed, lon: float, lat: float) -> list[float]:
    address = f"{visit.site.url}/flood/runs/{rehearsed.run}/position"
    told = httpx.get(address, params={"coords": f"POINT({lon:.6f} {lat:.6f})"}).json()
    found: list[float] = told["ranges"]["depth"]["values"]
    return found
