"""Alerts in the planning panel: an edit raises one by itself; its place, receipts and answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import numpy as np
import pytest
from edit_page import show
from planning_page import WAIT_MS, fits, inside, part
from playwright.sync_api import Browser, Page, expect
from serving import until
from test_browser_panels_access import unbroken
from visits import VIEW, Site, Visit, new_visit, visiting

from spatial.access import store as access
from spatial.access.model import Right, Role
from spatial.database import connect

pytestmark = pytest.mark.browser
STEWARD = "寿光市自然资源和规划局"
RED = (196, 22, 28)
Alerted = dict[str, Any]


def ran(site: Site, process: str, inputs: dict[str, Any]) -> Any:
    """What a job of this process found."""
    with httpx.Client(base_url=site.url, timeout=60) as client:
        accepted = client.post(f"/processes/{process}/execution", json={"inputs": inputs})
        assert accepted.status_code == 201, accepted.text
        job = f"/jobs/{accepted.json()['jobID']}"
        until(lambda: client.get(job).json()["status"] in ("successful", "failed"), 60)
        answer = client.get(f"{job}/results")
        assert answer.status_code == 200, answer.text
        return answer.json()


def listed(site: Site, **query: str) -> list[Alerted]:
    found: list[Alerted] = httpx.get(f"{site.url}/alerts", params=query).json()["alerts"]
    return found


@pytest.fixture(scope="module")
def alerted(parts_city: tuple[Site, str]) -> Alerted:
    """An alert that nobody asked for: a limit is set, a field built on, and nothing else is called."""
    site, dsn = parts_city
    measured = ran(site, "watch-limits", {"codes": ["JSYD"]})["measured"][0]
    by = {"author": "张", "department": STEWARD, "document": "合成文件 1 号", "from": "2020-01-01"}
    limit = str(Decimal(measured["value"]) + 1)
    ran(site, "set-planning-limit", {"code": "JSYD", "value": limit, **by})
    until(lambda: bool(listed(site, level="orange")), 60)  # it is near already
    fid, *_ = inside(dsn, "land_use_survey", "dlbm = '0102'")
    with httpx.Client(base_url=site.url, timeout=60) as client:
        address = f"/collections/land-use-survey/items/{fid}"
        held = client.get(address)
        answer = client.patch(
            f"{address}?valid-from=2026-05-01",
            json={"properties": {"dlbm": "0601", "czcsxm": None}},
            headers={
                "content-type": "application/merge-patch+json",
                "if-match": held.headers["etag"],
                "onemap-reason": "%E5%90%88%E6%88%90",
            },
        )
        assert answer.status_code in (200, 204), answer.text
    until(lambda: bool(listed(site, level="red")), 60)
    (red,) = listed(site, level="red")
    assert red["code"] == "JSYD"
    return red


@pytest.fixture
def visit(browser: Browser, parts_city: tuple[Site, str]) -> Iterator[Visit]:
    with visiting(browser, parts_city[0]) as watched:
        yield watched


def middle(alert: Alerted) -> tuple[float, float]:
    west, south, east, north = alert["extent"]
    return (west + east) / 2, (south + north) / 2


def seen(visit: Visit) -> np.ndarray[Any, Any]:
    return np.moveaxis(visit.picture()[:, :, 450:1100].astype(float), 0, -1)


def reds(visit: Visit) -> int:
    """Pixels that are nearly the red of an alert."""
    return int((np.abs(seen(visit) - np.array(RED)).sum(axis=2) < 60).sum())


def test_an_alert_tells_what_it_is_about_and_shows_its_place(visit: Visit, alerted: Alerted) -> None:
    page, panel = part(visit, "alerts", middle(alerted), 15)
    row = panel.locator(f"#alert-{alerted['id']}")
    expect(row).to_contain_text("红色")
    expect(row).to_contain_text("建设用地总规模")
    expect(row).to_contain_text("已发出")
    visit.until(lambda: reds(visit) > 20)  # where it lies is marked before it is opened
    page.mouse.click(VIEW["width"] / 2, VIEW["height"] / 2)
    expect(row).to_have_attribute("aria-expanded", "true")
    card = panel.locator("alert-card:visible")
    value, limit = (f"{Decimal(alerted[name]):,.2f}" for name in ("value", "limit"))
    expect(card).to_contain_text(f"{value} m²")
    expect(card).to_contain_text(f"不高于 {limit} m²")
    expect(card).to_contain_text("阈值待核")
    expect(card).to_contain_text("合成文件 1 号")
    expect(card.locator("receipt-book li")).to_have_count(1)
    expect(card).to_contain_text("取代预警")  # the milder one that went before
    visit.still()
    shown = seen(visit)
    row.click()  # the field that was built on is drawn no more
    visit.until(lambda: (np.abs(shown - seen(visit)).sum(axis=2) > 30).mean() > 0.02)


def test_the_list_is_filtered(visit: Visit, alerted: Alerted) -> None:
    _, panel = part(visit, "alerts", middle(alerted))
    rows = panel.locator(".row")
    expect(rows).to_have_count(2)
    panel.get_by_label("级别").select_option("red")
    expect(rows).to_have_count(1)
    panel.get_by_label("级别").select_option("")
    panel.get_by_label("状态").select_option("closed")
    expect(rows).to_have_count(1)
    expect(rows.first).to_contain_text("橙色")  # closed when the graver one took its place
    panel.get_by_label("级别").select_option("blue")
    expect(rows).to_have_count(0)
    expect(panel.get_by_role("status")).to_contain_text("没有这样的预警")


def answered(page: Page, visit: Visit, action: str, note: str) -> None:
    card = page.locator("alert-card:visible")
    card.get_by_label("动作").select_option(action)
    card.get_by_label("办理情况").fill(note)
    card.get_by_label("经办人").fill("王")
    card.get_by_label("部门").fill(STEWARD)
    with page.expect_response(re.compile(r"/alerts\?"), timeout=WAIT_MS):
        card.get_by_role("button", name="提交回执").click()


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desk", "phone"])
def test_an_alert_is_answered_by_keyboard_alone_and_without_barriers(
    visit: Visit, alerted: Alerted, size: tuple[int, int]
) -> None:
    visit.page.set_viewport_size({"width": size[0], "height": size[1]})
    page, panel = part(visit, "alerts", middle(alerted), 15)
    row = panel.locator(f"#alert-{alerted['id']}")
    expect(row).to_be_visible()
    unbroken(page, "list")
    row.focus()
    page.keyboard.press("Enter")
    card = panel.locator("alert-card:visible")
    expect(card.get_by_label("办理情况")).to_be_visible(timeout=WAIT_MS)
    before = card.locator("receipt-book li").count()
    unbroken(page, "opened")
    card.get_by_label("动作").select_option("noted")
    card.get_by_role("button", name="提交回执").focus()
    page.keyboard.press("Enter")
    expect(card.get_by_role("alert")).to_contain_text("请写明办理情况")
    card.get_by_label("办理情况").focus()
    page.keyboard.type("已派人核查")
    card.get_by_role("button", name="提交回执").focus()
    page.keyboard.press("Enter")
    expect(card.get_by_role("alert")).to_contain_text("经办人和部门")
    unbroken(page, "refused")
    for label, text in (("经办人", "王"), ("部门", STEWARD)):
        card.get_by_label(label, exact=True).focus()
        page.keyboard.type(text)
    card.get_by_role("button", name="提交回执").focus()
    page.keyboard.press("Enter")
    expect(card.locator("receipt-book li")).to_have_count(before + 1, timeout=WAIT_MS)
    expect(card).to_contain_text("已派人核查")
    fits(page, size)
    page.get_by_role("button", name="English").click()
    expect(row).to_contain_text("Red")
    unbroken(page, "English")


def test_the_steps_of_an_alert(visit: Visit, alerted: Alerted, parts_city: tuple[Site, str]) -> None:
    page, panel = part(visit, "alerts", middle(alerted))
    row = panel.locator(f"#alert-{alerted['id']}")
    row.click()
    choices = panel.locator("alert-card:visible #action option")
    expect(choices).to_have_text(["签收", "只作备注"], timeout=WAIT_MS)
    answered(page, visit, "acknowledged", "")
    expect(row).to_contain_text("已签收")
    expect(choices).to_have_text(["已处置", "只作备注"], timeout=WAIT_MS)
    answered(page, visit, "handled", "已恢复耕种")
    expect(choices).to_have_text(["销号", "退回重办", "只作备注"], timeout=WAIT_MS)
    answered(page, visit, "closed", "核实无误")
    expect(row).to_contain_text("已销号")
    expect(panel.locator("alert-card:visible")).to_contain_text("核实无误")
    told = httpx.get(f"{parts_city[0].url}/alerts/{alerted['id']}").json()
    assert [each["action"] for each in told["receipts"] if each["action"] != "noted"] == [
        *("raised", "acknowledged", "handled", "closed")
    ]


def test_who_may_only_read_is_told_so_and_who_is_unknown_sees_none(
    browser: Browser, parts_city: tuple[Site, str], alerted: Alerted
) -> None:
    site, dsn = parts_city
    with connect(dsn) as connection:
        access.add_grant(connection, "land-use-survey", "农业农村局", Right.READ, by="test")
        _, secret = access.add_key(connection, "试验", "农业农村局", [Role.READER], by="test")
    watched = new_visit(browser, site)
    show(watched.page, secret)
    _, panel = part(watched, "alerts", middle(alerted), layers="land-use-survey")
    panel.locator(f"#alert-{alerted['id']}").click()
    expect(panel.locator("alert-card:visible")).to_contain_text("办理须有该图层的编辑权", timeout=WAIT_MS)
    watched.page.context.close()
    assert watched.complaints == [] and watched.foreign == []
