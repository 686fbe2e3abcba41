"""Two edits of one feature, and what breaks while one is written 冲突与断线."""

from __future__ import annotations

import math
import re
from typing import Any

import pytest
from edit_ground import Ground, shifted, square
from edit_page import begin, opened, panel, pixel, press, save, saved, show
from playwright.sync_api import Route, expect

pytestmark = pytest.mark.browser

ITEM = re.compile(r"/collections/parcels/items/[^/?]+(\?|$)")
ITEMS = re.compile(r"/collections/\w+/items")


def test_two_edits_of_one_feature_are_brought_together_field_by_field(editor: Any, town: Ground) -> None:
    town.create("P-21", 5, 0)
    page = opened(editor, "P-21", 5, 0)
    begin(page)
    form = panel(page)
    form.get_by_label("名称").fill("我的名称")
    form.get_by_label("高度").fill("30")
    form.get_by_label("层数").fill("9")
    press(page, "核对修改")
    moved = shifted(5, 0, 0.001)
    town.edit("P-21", moved, name="对方的名称", use="0901", floors=9)
    press(page, "保存")
    expect(form.get_by_role("heading", name="与他人的修改冲突")).to_be_focused()
    expect(form).to_contain_text("second(自然资源和规划局)")
    expect(form).to_contain_text("second look")
    sides = form.locator("edit-conflict fieldset legend .side")
    expect(sides).to_have_text(["双方都改,请选择", "只有对方改", "只有我改", "只有对方改"])
    press(page, "按所选合并,核对")
    expect(form.locator("edit-conflict").get_by_role("alert")).to_have_text("还有 1 项没有选择")
    expect(form.locator("#row-name input").first).to_be_focused()
    form.locator("#row-name").get_by_label("另填").first.check()
    form.get_by_label("名称:另填").fill("商定的名称")
    press(page, "按所选合并,核对")
    # A third writer comes between: the question is asked again, and nothing of theirs is lost.
    town.edit("P-21", surveyed="2026-05-01", height=44)
    press(page, "保存")
    expect(sides).to_have_text(["只有我改", "双方都改,请选择", "只有对方改"])
    form.locator("#row-height").get_by_label("我的").check()
    press(page, "按所选合并,核对")
    press(page, "保存")
    saved(page)
    held = town.item("P-21")
    assert held
    wanted = {"name": "商定的名称", "use": "0901", "floors": 9, "height": 30.0, "surveyed": "2026-05-01"}
    assert {name: held["properties"][name] for name in wanted} == wanted
    east = max(x for x, _ in held["geometry"]["coordinates"][0])
    assert math.isclose(east, max(x for x, _ in moved["coordinates"][0]), abs_tol=1e-8)
    authors = [each["author"] for each in town.versions("P-21") if each["recorded_to"] is None]
    assert authors[-1] == "张工"


def test_what_is_to_be_chosen_does_not_move_when_the_author_is_told(editor: Any, town: Ground) -> None:
    town.create("P-38", 6, 8)
    page = opened(editor, "P-38", 6, 8)
    begin(page)
    form = panel(page)
    form.get_by_label("名称").fill("我的名称")
    press(page, "核对修改")
    town.edit("P-38", shifted(6, 8, 0.001), name="对方的名称")

    def late(route: Route) -> None:
        page.wait_for_timeout(600)
        route.continue_()

    page.route(re.compile(r"/changesets/\d+"), late)
    press(page, "保存")
    choice = form.locator("#row-name").get_by_label("我的")
    expect(choice).to_be_visible()
    before = choice.bounding_box()
    expect(form).to_contain_text("second(自然资源和规划局)")
    page.wait_for_timeout(300)
    assert choice.bounding_box() == before
    # The author is not told in time: the question is put all the same.
    page.unroute(re.compile(r"/changesets/\d+"))
    page.route(re.compile(r"/changesets/\d+"), lambda route: None)
    page.reload()
    expect(choice).to_be_visible(timeout=10_000)
    expect(form).not_to_contain_text("second(自然资源和规划局)")


def test_two_tabs_of_one_planner_tell_each_other_and_lose_nothing(editor: Any, town: Ground) -> None:
    town.create("P-36", 7, 8)
    first = opened(editor, "P-36", 7, 8)
    begin(first)
    panel(first).get_by_label("名称").fill("先保存的")
    panel(first).get_by_label("层数").fill("11")
    second = first.context.new_page()
    show(second, town.keys["张工"])
    second.goto(first.url)
    begin(second)
    panel(second).get_by_label("名称").fill("后保存的")
    panel(second).get_by_label("高度").fill("12")
    first.bring_to_front()
    save(first)
    saved(first)
    second.bring_to_front()
    expect(panel(second).get_by_role("status").filter(has_text="又有人改过")).to_be_visible()
    expect(panel(second).get_by_label("名称")).to_have_value("后保存的")
    save(second)
    expect(panel(second).get_by_role("heading", name="与他人的修改冲突")).to_be_focused()
    expect(panel(second)).to_contain_text("您本人在别处")
    panel(second).locator("#row-name").get_by_label("我的").check()
    press(second, "按所选合并,核对")
    press(second, "保存")
    saved(second)
    held = town.item("P-36")
    assert held
    wanted = {"name": "后保存的", "floors": 11, "height": 12.0}
    assert {name: held["properties"][name] for name in wanted} == wanted
    first.bring_to_front()
    expect(first.locator("feature-card h2")).to_have_text("后保存的")
    press(first, "再编辑")
    begin(first)
    expect(panel(first).get_by_label("名称")).to_have_value("后保存的")
    panel(first).get_by_label("层数").fill("13")
    save(first)
    saved(first)
    assert town.changesets("P-36") == 4


def test_a_line_that_swallows_a_write_is_not_waited_for_for_ever(editor: Any, town: Ground) -> None:
    town.create("P-37", 5, 8)
    editor.page.add_init_script(
        "const patient = AbortSignal.timeout;"
        " AbortSignal.timeout = (span) => patient.call(AbortSignal, span / 60)"
    )
    page = opened(editor, "P-37", 5, 8)
    begin(page)
    panel(page).get_by_label("层数").fill("21")
    page.route(ITEM, lambda route: None)
    save(page)
    expect(panel(page).get_by_role("heading", name="没有收到答复")).to_be_focused()
    page.unroute(ITEM)
    expect(panel(page).get_by_role("status").filter(has_text="没有写入")).to_be_visible()
    press(page, "保存")
    saved(page)
    assert town.changesets("P-37") == 2


def test_two_geometries_are_told_apart_and_one_is_chosen(editor: Any, town: Ground) -> None:
    town.create("P-22", 6, 0)
    page = opened(editor, "P-22", 6, 0)
    begin(page)
    press(page, "在图上修改")
    editor.still()  # the map moves to the parcel
    x, y = pixel(page, *square(6, 0)["coordinates"][0][3])
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 40, y + 60, steps=5)
    page.mouse.up()
    press(page, "完成")
    press(page, "核对修改")
    town.edit("P-22", shifted(6, 0, 0.001))
    press(page, "保存")
    row = panel(page).locator("#row-geometry")
    expect(row).to_contain_text("双方都改")
    dashes = row.locator("svg path").evaluate_all(
        "(paths) => paths.map((each) => each.getAttribute('stroke-dasharray'))"
    )
    assert len(set(dashes)) == 3, "three patterns of lines, whatever the colours"
    row.get_by_label("我的").check()
    press(page, "按所选合并,核对")
    press(page, "保存")
    saved(page)
    held = town.item("P-22")
    assert held
    places = {(round(lon, 5), round(lat, 5)) for lon, lat in held["geometry"]["coordinates"][0]}
    assert len(places & {tuple(each) for each in square(6, 0)["coordinates"][0]}) == 3, "mine stands"


def test_a_feature_removed_meanwhile_is_put_back_or_given_up(editor: Any, town: Ground) -> None:
    town.create("P-23", 7, 0)
    page = opened(editor, "P-23", 7, 0)
    begin(page)
    panel(page).get_by_label("层数").fill("15")
    town.remove("P-23")
    save(page)
    expect(panel(page).get_by_role("heading", name="要素已被删除")).to_be_focused()
    assert town.item("P-23") is None
    press(page, "按我的内容重新建立")
    press(page, "保存")
    saved(page)
    held = town.item("P-23")
    assert held and held["properties"]["floors"] == 15 and held["geometry"]["type"] == "Polygon"
    press(page, "再编辑")
    begin(page)
    panel(page).get_by_label("层数").fill("16")
    town.remove("P-23")
    save(page)
    press(page, "放弃编辑")
    expect(panel(page).get_by_role("alert").last).to_contain_text("不能恢复")
    press(page, "丢弃")
    expect(panel(page).get_by_role("heading", name="修改要素")).to_be_visible()
    assert town.item("P-23") is None


def test_a_removal_shows_first_what_somebody_else_changed(editor: Any, town: Ground) -> None:
    town.create("P-35", 6, 8)
    page = opened(editor, "P-35", 6, 8)
    begin(page, "删除")
    press(page, "核对修改")
    town.edit("P-35", use="0901")
    press(page, "确认删除")
    told = panel(page).locator("edit-conflict .row")
    expect(told).to_have_text(re.compile(r"用途.*原来 城镇住宅用地.*对方的 商业用地", re.DOTALL))
    assert town.item("P-35")
    press(page, "仍然删除")
    press(page, "确认删除")
    saved(page)
    assert town.item("P-35") is None


def test_a_write_that_never_arrived_is_told_and_made_again(editor: Any, town: Ground) -> None:
    town.create("P-24", 0, 6)
    page = opened(editor, "P-24", 0, 6)
    begin(page)
    panel(page).get_by_label("层数").fill("17")

    def lose(route: Route) -> None:
        if route.request.method == "PATCH":
            route.abort()
        else:
            route.fallback()

    page.route(ITEM, lose)
    save(page)
    expect(panel(page).get_by_role("status").filter(has_text="没有写入")).to_be_visible()
    assert town.changesets("P-24") == 1
    page.unroute(ITEM)
    press(page, "保存")
    saved(page)
    assert town.changesets("P-24") == 2


def test_a_write_whose_answer_was_lost_is_not_made_twice(editor: Any, town: Ground) -> None:
    town.create("P-25", 1, 6)
    page = opened(editor, "P-25", 1, 6)
    begin(page)
    panel(page).get_by_label("层数").fill("18")
    sent: list[str] = []
    losing, busy = {"PATCH"}, False

    def arrive(route: Route) -> None:
        method = route.request.method
        if method not in ("PATCH", "POST"):
            return route.fallback()
        sent.append(method)
        if method in losing:
            losing.remove(method)
            route.fetch()
            return route.abort()
        return route.fulfill(status=429, json={"zh": "稍后", "en": "later"}) if busy else route.fallback()

    def dig(name: str) -> None:
        """A well, in a layer whose features have no key of their own."""
        sent.clear()
        losing.add("POST")
        press(page, "再编辑")
        panel(page).get_by_label("图层").select_option("wells")
        press(page, "新建")
        panel(page).get_by_label("名称").fill(name)
        press(page, "在图上绘制")
        page.mouse.click(700, 420)
        save(page)

    def dug(name: str) -> int:
        found = town.ask("GET", f"/collections/wells/items?filter=name LIKE '{name}%'", "张工").json()
        return len(found["features"])

    page.route(ITEMS, arrive)
    save(page)
    saved(page)
    assert sent == ["PATCH"] and town.changesets("P-25") == 2
    dig("只打一次的井")
    saved(page)
    assert sent == ["POST", "POST"] and dug("只打一次的井") == 1
    # What is typed after the first one arrived unseen becomes a change of what that made.
    busy = True
    dig("改名的井")
    expect(panel(page).get_by_text("稍后")).to_be_visible()
    busy = False
    press(page, "返回修改")
    panel(page).get_by_label("名称").fill("改名的井甲")
    save(page)
    renamed = panel(page).locator("edit-review tr").filter(has_text=re.compile(r"改名的井\s*改名的井甲"))
    expect(renamed).to_be_visible()
    expect(panel(page).locator("edit-review tbody tr")).to_have_count(1)
    press(page, "保存")
    saved(page)
    assert sent == ["POST", "POST", "POST", "PATCH"] and dug("改名的井") == 1


def test_while_the_line_is_cut_nothing_is_lost_and_it_goes_on_by_itself(editor: Any, town: Ground) -> None:
    town.create("P-26", 2, 6)
    page = opened(editor, "P-26", 2, 6)
    begin(page)
    panel(page).get_by_label("层数").fill("19")
    press(page, "核对修改")
    page.context.set_offline(True)
    press(page, "保存")
    expect(panel(page).get_by_role("heading", name="没有收到答复")).to_be_focused()
    page.context.set_offline(False)
    expect(panel(page).get_by_role("status").filter(has_text="没有写入")).to_be_visible()
    press(page, "保存")
    saved(page)
    assert town.changesets("P-26") == 2
