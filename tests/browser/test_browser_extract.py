"""The restriction extract in the planning panel: parcel, point, area; its ground on the map; its PDF."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pypdfium2
import pytest
from edit_page import show
from planning_page import WAIT_MS, fits, inside, part
from playwright.sync_api import Browser, Locator, Page, expect
from sketch_drawing import clicks
from test_browser_panels_access import unbroken
from visits import Site, Visit, new_visit, visiting

from spatial.access import store as access
from spatial.access.model import Right, Role
from spatial.database import connect

pytestmark = pytest.mark.browser
CENTRE = (820, 380)
"""Of the map beside the panel, in the middle of the window's map."""


@pytest.fixture
def visit(browser: Browser, parts_city: tuple[Site, str]) -> Iterator[Visit]:
    with visiting(browser, parts_city[0]) as watched:
        yield watched


@pytest.fixture(scope="module")
def field(parts_city: tuple[Site, str]) -> tuple[str, float, float]:
    return inside(parts_city[1], "land_use_survey", "dlbm = '0102'")


def answered(page: Page, ask: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the page asked and what it was answered."""
    with page.expect_response(re.compile("restriction-extract/execution"), timeout=WAIT_MS) as answer:
        ask()
    return answer.value.request.post_data_json["inputs"], answer.value.json()


def number(text: str, unit: str) -> float:
    found = re.search(rf"([\d,.]+) {re.escape(unit)}", text)
    assert found, text
    return float(found[1].replace(",", ""))


def told(panel: Locator, found: dict[str, Any]) -> None:
    """Each theme stands where the answer has it, and nowhere else."""
    for name, members in (
        ("concerned", "concerned"), ("clear", "not_concerned"), ("unknown", "without_data"),
    ):  # fmt: skip
        group = panel.locator(f".group.{name}")
        expect(group.locator("ul").first.locator("> li")).to_have_count(len(found[members]))
        for each in found[members]:
            expect(group).to_contain_text(each["title"]["zh"])


def seen(visit: Visit) -> np.ndarray[Any, Any]:
    return np.moveaxis(visit.picture()[:, :, 450:1100].astype(float), 0, -1)


def test_a_parcel_is_picked_and_what_restricts_it_lies_on_the_map(
    visit: Visit, field: tuple[str, float, float], tmp_path: Path
) -> None:
    bsm, x, y = field
    page, panel = part(visit, "extract", (x, y), 16)
    panel.get_by_role("button", name="点选地块").click()
    expect(panel.get_by_text("在图上点一下")).to_be_visible()
    place = page.locator(".maplibregl-canvas").bounding_box()
    assert place
    middle = (place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    asked, found = answered(page, lambda: page.mouse.click(*middle))
    assert asked == {"bsm": bsm, "datetime": "2026-06-01T00:00:00+08:00"}
    told(panel, found)
    expect(panel.locator(".subject")).to_contain_text(bsm)
    assert number(panel.locator(".subject").inner_text(), "m²") == pytest.approx(
        found["subject"]["area_m2"], abs=0.006
    )
    expect(panel.locator(".synthetic")).to_contain_text("合成数据")
    farmland = next(each for each in found["concerned"] if each["theme"] == "permanent-farmland")
    row = panel.locator("#theme-permanent-farmland")
    assert number(row.inner_text(), "m²") == pytest.approx(farmland["area_m2"], abs=0.006)
    assert number(row.inner_text(), "%") == pytest.approx(farmland["share"] * 100, abs=0.006)
    visit.still()
    all_of_it = seen(visit)
    row.click()
    expect(row).to_have_attribute("aria-expanded", "true")
    body = panel.locator(".body")
    expect(body).to_contain_text("《中华人民共和国土地管理法》第三十五条")
    expect(body).to_contain_text("条款待核")
    for law in farmland["law"]:
        for said in law["says"]:
            expect(body).to_contain_text(said["zh"])
    expect(body).to_contain_text(farmland["objects"][0]["bsm"])
    visit.still()
    color = np.array([int(farmland["legend"][0]["color"][n : n + 2], 16) for n in (1, 3, 5)])
    one = seen(visit)
    row.click()
    visit.until(lambda: bool(np.abs(seen(visit) - all_of_it).sum(axis=2).max() < 60))
    page.get_by_role("button", name="合规审查", exact=True).click()
    visit.until(lambda: (np.abs(one - seen(visit)).sum(axis=2) > 30).mean() > 0.03)
    visit.still()
    without = seen(visit)
    drawn = np.abs(one - without).sum(axis=2) > 30
    assert drawn.mean() > 0.03
    towards = ((one - without)[drawn] * (color - without[drawn])).sum(axis=1)
    assert np.median(towards) > 0
    # It is there when one comes back, and its document is printed from the states it names.
    page.get_by_role("button", name="管控查询", exact=True).click()
    expect(panel.get_by_label("验证码")).to_have_value(found["verification_code"], timeout=WAIT_MS)
    with page.expect_download(timeout=WAIT_MS) as taken:
        panel.get_by_role("button", name="出具查询证明 PDF").click()
    assert found["verification_code"] in taken.value.suggested_filename
    pages = pypdfium2.PdfDocument(str(taken.value.path()))
    text = "".join(each.get_textpage().get_text_range() for each in pages)
    assert found["verification_code"] in text and bsm in text
    with page.expect_download() as taken:
        panel.get_by_role("button", name="下载 JSON").click()
    assert json.loads(Path(taken.value.path()).read_text("utf-8")) == found


def test_a_point_an_area_and_another_date(visit: Visit, field: tuple[str, float, float]) -> None:
    _, x, y = field
    page, panel = part(visit, "extract", (x, y), 15)
    panel.get_by_role("button", name="图上取点").click()
    page.keyboard.press("Enter")  # the centre of the map
    expect(panel.locator(".subject")).to_contain_text("点位", timeout=WAIT_MS)
    expect(panel.locator(".group.concerned")).to_contain_text("永久基本农田")
    panel.get_by_role("button", name="给出范围").click()
    panel.get_by_role("button", name="查询", exact=True).click()
    expect(panel.get_by_role("alert")).to_contain_text("还没有范围")
    panel.get_by_role("button", name="图上画").click()
    clicks(page, (560, 260), (760, 270), (740, 480))
    panel.get_by_role("button", name="完成").click()
    asked, found = answered(page, lambda: panel.get_by_role("button", name="查询", exact=True).click())
    assert asked["place"]["type"] == "Polygon" and found["subject"]["kind"] == "area"
    told(panel, found)
    expect(panel.get_by_role("status").filter(has_text="涉及")).to_contain_text(
        f"涉及 {len(found['concerned'])} 项,不涉及 {len(found['not_concerned'])} 项"
    )
    # Before any plan was in force nothing can be said: that is told apart from what does not concern it.
    page.evaluate("location.hash = location.hash.replace('2026-06-01', '2024-01-01')")
    expect(panel.get_by_role("alert")).to_contain_text("图上时间已变", timeout=WAIT_MS)
    _, before = answered(page, lambda: panel.get_by_role("button", name="按现在的时间再查").click())
    assert not before["concerned"] and not before["not_concerned"] and before["without_data"]
    told(panel, before)
    expect(panel.locator(".group.unknown")).to_contain_text("缺数据不等于不涉及")
    expect(panel.locator(".group.unknown")).to_contain_text(before["without_data"][0]["reason"]["zh"])


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desk", "phone"])
def test_all_of_it_by_keyboard_alone_and_without_barriers(
    visit: Visit, field: tuple[str, float, float], size: tuple[int, int]
) -> None:
    visit.page.set_viewport_size({"width": size[0], "height": size[1]})
    page, panel = part(visit, "extract", field[1:], 16)
    unbroken(page, "start")
    panel.get_by_role("button", name="点选地块").focus()
    page.keyboard.press("Enter")
    unbroken(page, "picking")
    page.keyboard.press("Escape")
    expect(panel.get_by_role("button", name="点选地块")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")  # the keyboard is on the map by now
    expect(panel.locator(".subject")).to_contain_text("地块", timeout=WAIT_MS)
    theme = panel.locator(".row > button").first
    theme.focus()
    page.keyboard.press("Enter")
    expect(theme).to_have_attribute("aria-expanded", "true")
    unbroken(page, "result")
    fits(page, size)
    page.get_by_role("button", name="English").click()
    expect(panel.locator(".group.concerned h3")).to_contain_text("Concerned")
    unbroken(page, "English")
    said = panel.locator(".group h3, button:not(.feature):not([id^=theme])").all_inner_texts()
    assert not any(re.search("[一-鿿]", each) for each in said), said


def test_what_may_not_be_seen_is_withheld_and_who_is_unknown_gets_no_document(
    browser: Browser, parts_city: tuple[Site, str], field: tuple[str, float, float]
) -> None:
    site, dsn = parts_city
    with connect(dsn) as connection:
        access.add_grant(connection, "land-use-survey", "水利局", Right.READ, by="test")
        _, secret = access.add_key(connection, "试验", "水利局", [Role.READER], by="test")
    watched = new_visit(browser, site)
    show(watched.page, secret)
    page, panel = part(watched, "extract", field[1:], 16, layers="land-use-survey")
    panel.get_by_role("button", name="点选地块").click()
    _, found = answered(page, lambda: page.keyboard.press("Enter"))
    farmland = next(each for each in found["concerned"] if each["theme"] == "permanent-farmland")
    assert farmland["withheld"]
    panel.locator("#theme-permanent-farmland").click()
    expect(panel.locator(".body")).to_contain_text("无权查看该图层")
    expect(panel.locator(".body .feature")).to_have_count(0)
    expect(panel.get_by_label("验证码")).to_be_visible()
    watched.page.context.close()
    assert watched.complaints == [] and watched.foreign == []
