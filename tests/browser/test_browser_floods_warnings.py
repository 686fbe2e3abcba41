"""Warnings in the panel of floods: what stands, who takes note, CAP, the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cap_reader
import httpx
import pytest
from flood_page import Rehearsed, kept_in_link, part
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


def in_force(panel: Locator) -> Locator:
    """Of the station of these tests; others have warnings of their own there."""
    rows = panel.get_by_role("list", name="在用预警").locator("li.row")
    return rows.filter(has_text="测试河道站")


def opened(panel: Locator) -> Locator:
    row = in_force(panel)
    row.get_by_role("button").first.press("Enter")
    body = row.locator(".body")
    expect(body).to_be_visible()
    return body


def test_what_stands_is_told_with_colour_and_standing(visit: Visit) -> None:
    page, panel = part(visit, "warnings")
    row = in_force(panel)
    expect(row).to_have_count(1)
    expect(row).to_contain_text("橙色")
    expect(row).to_contain_text("测试河道站")
    expect(row).to_contain_text("待核")
    body = opened(panel)
    expect(body.locator(".steps li")).to_have_count(2)
    expect(body.locator(".steps li").last).to_contain_text("22.3")
    assert kept_in_link(page)["warning"]
    page.reload()
    visit.drawn()
    expect(body.locator(".steps li")).to_have_count(2)


def test_the_past_is_shown_as_it_was_and_takes_no_note(visit: Visit) -> None:
    _, panel = part(visit, "warnings", datetime="2026-07-01T08:30")
    expect(panel.get_by_role("status")).to_contain_text("此时没有在用的预警")
    _, panel = part(visit, "warnings", datetime="2026-07-01T09:30")
    expect(in_force(panel)).to_contain_text("黄色")
    body = opened(panel)
    expect(body.locator(".steps li")).to_have_count(1)
    expect(body.get_by_role("button", name="签收")).to_have_count(0)


def test_who_is_asked_takes_note_and_the_next_is_asked(visit: Visit) -> None:
    page, panel = part(visit, "warnings")
    body = opened(panel)
    body.get_by_label("签收意见").fill("已通知闸管所")
    body.get_by_role("button", name="签收:值班员").press("Enter")
    expect(body.locator(".chain li")).to_contain_text("已通知闸管所")
    expect(body.get_by_role("button", name="签收:带班领导")).to_be_visible()
    told = httpx.get(f"{visit.site.url}/warnings/{kept_in_link(page)['warning']}").json()
    assert [(each["tier"], each["action"]) for each in told["acknowledgements"]] == [("duty", "acknowledged")]
    with page.expect_download() as waiting:
        body.get_by_role("button", name="下载 CAP").click()
    assert (
        cap_reader.read(Path(waiting.value.path()).read_bytes())["status"] == "Draft"
    )  # no leader has seen it


def test_the_ledger_counts_false_and_missed_alarms(visit: Visit) -> None:
    _, panel = part(visit, "warnings")
    row = panel.get_by_role("region", name="台账:空报与漏报").locator("tbody tr")
    expect(row).to_have_count(1)
    told = httpx.get(f"{visit.site.url}/warnings/ledger").json()["verifications"][0]
    title = rule_titles(visit)[told["rule"]]
    expect(row.locator("td").first).to_contain_text(title)
    counts = [str(told[name]) for name in ("hits", "misses", "false_alarms", "unknown")]
    assert counts == ["1", "0", "0", "0"]
    for place, count in enumerate(counts, 2):
        expect(row.locator("td").nth(place)).to_have_text(count)


def rule_titles(visit: Visit) -> dict[str, str]:
    rules = httpx.get(f"{visit.site.url}/warnings/rules").json()["rules"]
    return {each["id"]: each["rule"]["title"]["zh"] for each in rules}


@pytest.mark.parametrize("name", ["board", "warnings"])
def test_what_cannot_be_judged_stands_by_rules_in_words(visit: Visit, name: str) -> None:
    """One line for all stations that lack the same, with the rule's title; the id is beside it."""
    _, panel = part(visit, name)
    asked = f"{visit.site.url}/warnings/judgements?verdict=undecidable&limit=100"
    judged = httpx.get(asked).json()["judgements"]
    assert judged
    panel.get_by_text("无法判定(").click()
    groups = panel.get_by_role("list", name="无法判定的测站与规则").locator("li.undecided")
    alike = {(each["rule"], str(each["missing"])) for each in judged}
    expect(groups).to_have_count(len(alike))
    for rule, title in rule_titles(visit).items():
        own = [each for each in judged if each["rule"] == rule]
        if own:
            expect(groups.filter(has_text=rule).locator("b").first).to_have_text(f"? {title}")
            expect(groups.filter(has_text=rule).first).to_contain_text(own[0]["missing"][0]["zh"])


@SIZES
def test_nothing_is_in_the_way(visit: Visit, size: tuple[int, int]) -> None:
    visit.page.set_viewport_size({"width": size[0], "height": size[1]})
    page, panel = part(visit, "warnings")
    opened(panel)
    expect(panel).to_contain_text("台账:空报与漏报")
    unbroken(page, "warnings")
    fits(page, size)
    page.get_by_role("button", name="English").click()
    expect(panel).to_contain_text("Ledger: false and missed alarms")
    unbroken(page, "English warnings")
    fits(page, size)
