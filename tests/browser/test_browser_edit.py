"""Features edited on the map page: form, geometry, review, what the platform refuses 编辑."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from edit_ground import Ground, square
from edit_page import begin, near, opened, panel, pixel, press, save, saved
from playwright.sync_api import Browser, Page, expect
from visits import new_visit

pytestmark = pytest.mark.browser


def test_attributes_are_changed_and_shown_before_they_are_written(editor: Any, town: Ground) -> None:
    town.create("P-10", 0, 2)
    page = opened(editor, "P-10", 0, 2)
    begin(page)
    form = panel(page)
    form.get_by_label("用途").select_option("0901")
    form.get_by_label("层数").fill("12")
    form.get_by_label("高度").fill("35.5")
    form.get_by_label("测绘日期").fill("2026年6月30日")
    form.get_by_label("保护建筑").select_option("true")
    form.get_by_label("理由").fill("实地核查")
    press(page, "核对修改")
    rows = form.locator("edit-review tbody tr")
    expect(rows).to_have_text(
        [
            re.compile(r"用途\s*城镇住宅用地\s*商业用地"),
            re.compile(r"层数\s*6\s*12"),
            re.compile(r"高度\s*\(空\)\s*35.5 m"),
            re.compile(r"测绘日期\s*\(空\)\s*2026-06-30"),
            re.compile(r"保护建筑\s*\(空\)\s*是"),
        ]
    )
    assert town.changesets("P-10") == 1, "nothing is written before it was shown"
    press(page, "保存")
    saved(page)
    expect(page.locator("feature-card")).to_contain_text("商业用地")
    held = town.item("P-10")
    assert held
    wanted = {"use": "0901", "floors": 12, "height": 35.5, "surveyed": "2026-06-30", "listed": True}
    assert {name: held["properties"][name] for name in wanted} == wanted
    last = town.versions("P-10")[-1]
    assert (last["author"], last["reason"]) == ("张工", "实地核查")
    assert town.keys["张工"] not in page.url


def test_a_correction_and_an_instant_keep_the_two_clocks_apart(editor: Any, town: Ground) -> None:
    town.create("P-11", 1, 2)
    start = town.believed("P-11")[0]["properties"]["valid_from"]
    page = opened(editor, "P-11", 1, 2)
    begin(page)
    panel(page).get_by_label("层数").fill("7")
    panel(page).get_by_label("更正").check()
    save(page)
    saved(page)
    held = town.believed("P-11")
    assert [(each["properties"]["valid_from"], each["properties"]["floors"]) for each in held] == [(start, 7)]
    press(page, "再编辑")
    begin(page)
    panel(page).get_by_label("层数").fill("8")
    panel(page).get_by_label("指定时刻起").check()
    panel(page).get_by_label("时刻(北京时间)").fill("2099-01-32")
    press(page, "核对修改")
    expect(panel(page).locator("#fault-from")).to_contain_text("2026-06-30")
    panel(page).get_by_label("时刻(北京时间)").fill("2099-01-31 08:00")
    save(page)
    saved(page)
    held = sorted(town.believed("P-11"), key=lambda each: each["properties"]["valid_from"])
    assert [each["properties"]["floors"] for each in held] == [7, 8]
    assert held[1]["properties"]["valid_from"].startswith("2099-01-31T08:00:00")


def test_a_geometry_is_reshaped_by_mouse_undone_and_redone(editor: Any, town: Ground) -> None:
    town.create("P-12", 2, 2)
    page = opened(editor, "P-12", 2, 2)
    begin(page)
    press(page, "在图上修改")
    editor.still()  # the map moves to the parcel
    corner = square(2, 2)["coordinates"][0][3]
    x, y = pixel(page, *corner[:2])
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y + 60, steps=5)
    page.mouse.up()
    status = panel(page).locator("edit-geometry [role=status]")
    expect(status).to_have_text("4 个顶点,已修改")
    press(page, "撤销")
    expect(status).to_have_text("4 个顶点")
    press(page, "重做")
    expect(status).to_have_text("4 个顶点,已修改")
    press(page, "完成")
    save(page)
    saved(page)
    held = town.item("P-12")
    assert held
    ring = {tuple(round(each, 5) for each in place) for place in held["geometry"]["coordinates"][0]}
    before = {tuple(round(each, 5) for each in place) for place in square(2, 2)["coordinates"][0]}
    assert len(ring) == 4 and len(ring & before) == 3, "one corner moved, three stayed"
    (moved,) = ring - before
    wanted = (x + 40, y + 60)
    assert math.dist(pixel(page, *moved), wanted) < 3, "it lies where it was let go"


FOCUSED = """() => {
  let at = document.activeElement
  while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
  const labels = [...(at.labels ?? [])].map((each) => each.textContent)
  return [at.getAttribute('aria-label'), at.textContent, ...labels].map((each) => (each ?? '').trim())
}"""
"""Names of what has the focus, in whichever shadow it lies."""


def tab_to(page: Page, name: str) -> None:
    """Tab until the focus is on what has this name."""
    for _ in range(80):
        page.keyboard.press("Tab")
        told = page.evaluate(FOCUSED)
        if any(each == name or each.split("\n")[0].strip() == name for each in told):
            return
    raise AssertionError(f"Tab does not lead to {name}")


def test_by_keyboard_alone_a_feature_is_changed_and_one_is_drawn(editor: Any, town: Ground) -> None:
    town.create("P-13", 3, 2)
    page = opened(editor, "P-13", 3, 2, selected="", panel="none")
    page.locator("#map canvas").focus()
    page.keyboard.press("Enter")
    expect(page.locator("feature-card h2")).to_be_focused()
    tab_to(page, "修改")
    page.keyboard.press("Enter")
    expect(panel(page).get_by_label("层数")).to_be_visible()
    page.locator("panel-rail button[aria-expanded=true]").focus()
    tab_to(page, "层数")
    page.keyboard.press("Control+A")
    page.keyboard.type("21")
    tab_to(page, "重画")
    page.keyboard.press("Enter")
    expect(page.locator("#map canvas")).to_be_focused()
    for key in ("ArrowLeft", "ArrowUp", "ArrowRight", None):
        page.keyboard.press("Enter")
        page.wait_for_timeout(150)
        if key:
            page.keyboard.press(key)
            page.wait_for_timeout(900)
    page.keyboard.press("Enter")
    expect(panel(page).locator("edit-geometry [role=status]")).to_have_text("4 个顶点,已修改")
    expect(panel(page).get_by_role("button", name="重画")).to_be_focused()
    tab_to(page, "核对修改")
    page.keyboard.press("Enter")
    expect(panel(page).get_by_role("heading", name="将写入的修改")).to_be_focused()
    tab_to(page, "保存")
    page.keyboard.press("Enter")
    saved(page)
    held = town.item("P-13")
    assert held and held["properties"]["floors"] == 21
    assert held["geometry"] != square(3, 2) and len(held["geometry"]["coordinates"][0]) == 5


def test_a_feature_is_created_by_mouse_and_removed(editor: Any, town: Ground) -> None:
    page = opened(editor, "P-14", 0, 4, selected="")
    panel(page).get_by_label("图层").select_option("parcels")
    press(page, "新建")
    form = panel(page)
    form.get_by_label("编码").fill("P-14")
    press(page, "核对修改")
    expect(form.locator("#fault-name")).to_have_text("不能为空")
    expect(form.locator("#fault-geometry")).to_have_text("请在图上画出几何")
    form.get_by_label("名称").fill("新宗地")
    press(page, "在图上绘制")
    corners = square(0, 4)["coordinates"][0][:4]
    places = [pixel(page, *each) for each in corners]
    for x, y in places:
        page.mouse.click(x, y)
    page.mouse.click(*places[0])
    expect(form.locator("edit-geometry [role=status]")).to_have_text("4 个顶点,已修改")
    save(page)
    saved(page)
    held = town.item("P-14")
    assert held and held["properties"]["name"] == "新宗地"
    drawn = [pixel(page, *place) for place in held["geometry"]["coordinates"][0][:4]]
    for wanted in places:
        assert min(math.dist(wanted, each) for each in drawn) < 2
    press(page, "再编辑")
    begin(page, "删除")
    panel(page).get_by_label("理由").fill("画错了")
    press(page, "核对修改")
    press(page, "确认删除")
    saved(page)
    expect(panel(page).get_by_role("status")).to_contain_text("新宗地 已删除")
    assert town.item("P-14") is None
    assert [each["reason"] for each in town.versions("P-14")][-1] == "画错了"


def test_a_point_without_a_key_gets_its_identity_from_the_platform(editor: Any, town: Ground) -> None:
    page = opened(editor, "", 1, 4, selected="")
    panel(page).get_by_label("图层").select_option("wells")
    press(page, "新建")
    panel(page).get_by_label("名称").fill("一号井")
    press(page, "在图上绘制")
    page.mouse.click(700, 400)
    save(page)
    saved(page)
    found = town.ask("GET", "/collections/wells/items?filter=name='一号井'", "张工").json()["features"]
    assert len(found) == 1
    assert math.dist(pixel(page, *found[0]["geometry"]["coordinates"]), (700, 400)) < 2


def test_what_the_platform_refuses_stands_at_its_field(editor: Any, town: Ground) -> None:
    town.create("P-15", 2, 4)
    town.create("P-16", 3, 4, name="已有的名称")
    page = opened(editor, "P-15", 2, 4)
    begin(page)
    form = panel(page)
    form.get_by_label("层数").fill("400")
    press(page, "核对修改")
    expect(form.locator("#fault-floors")).to_have_text("不能大于 200")
    expect(form.get_by_label("层数")).to_be_focused()
    form.get_by_label("层数").fill("9")
    form.get_by_label("名称").fill("已有的名称")
    save(page)
    fault = form.locator("#fault-name")
    expect(fault).to_be_visible()
    expect(form.get_by_label("名称")).to_have_attribute("aria-invalid", "true")
    assert re.search(r"[\u4e00-\u9fff]", fault.inner_text()), "in Chinese"
    assert town.changesets("P-15") == 1
    expect(form.get_by_label("层数")).to_have_value("9")
    form.get_by_label("名称").fill("自己的名称")
    expect(fault).to_have_count(0)
    save(page)
    saved(page)
    held = town.item("P-15")
    assert held and (held["properties"]["name"], held["properties"]["floors"]) == ("自己的名称", 9)


def test_an_edit_shows_in_this_page_and_in_another(editor: Any, browser: Browser, town: Ground) -> None:
    town.create("P-20", 4, 0)
    other = new_visit(browser, town, fine=True)
    opened(other, "P-20", 4, 0, selected="", panel="none")
    page = opened(editor, "P-20", 4, 0)
    for each in (other, editor):
        each.streaming()
    begin(page)
    panel(page).get_by_label("用途").select_option("0901")
    press(page, "核对修改")
    press(page, "保存")
    saved(page)
    other.until(lambda: near(other.color(), (217, 83, 79)))
    expect(page.locator("feature-card")).to_contain_text("商业用地")
    assert any(each.endswith("/changes/stream") for each in other.requests)
    other.page.context.close()


def test_a_proposal_changes_nothing_until_it_is_reviewed(editor: Any, town: Ground) -> None:
    town.create("P-31", 0, 8)
    page = opened(editor, "P-31", 0, 8)
    begin(page)
    panel(page).get_by_label("层数").fill("33")
    press(page, "核对修改")
    press(page, "提交提案")
    expect(panel(page).locator("#fault-reason")).to_contain_text("理由")
    expect(panel(page).get_by_label("理由")).to_be_focused()
    panel(page).get_by_label("理由").fill("请审核")
    press(page, "核对修改")
    press(page, "提交提案")
    expect(panel(page).get_by_role("status")).to_contain_text("待审核")
    (proposal,) = town.ask("GET", "/proposals?layer=parcels&f=json", "张工").json()["proposals"]
    assert (proposal["author"], proposal["reason"], proposal["state"]) == ("张工", "请审核", "proposed")
    changes = town.ask("GET", f"/proposals/{proposal['id']}/changes?f=json", "张工").json()["features"]
    assert changes[0]["fields"] == [{"name": "floors", "old": 6, "new": 33}]
    assert town.changesets("P-31") == 1
