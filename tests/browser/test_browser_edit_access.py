"""Signing in, who may edit, what outlives an expired key and a reload, and axe 登录与无障碍."""

from __future__ import annotations

import json
from typing import Any

import pytest
from edit_ground import Ground, shifted, square
from edit_page import begin, near, opened, panel, pixel, press, save, saved, show
from playwright.sync_api import Browser, expect
from pypdfium2 import PdfDocument
from test_browser_panels_access import unbroken
from visits import new_visit

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def well(town: Ground) -> None:
    """Of a layer that is not everybody's."""
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [118.8, 36.98]},
        "properties": {"name": "深井"},
    }
    made = town.ask(
        "POST", "/collections/wells/items", json=feature, headers={"Content-Type": "application/geo+json"}
    )
    assert made.status_code == 201


@pytest.mark.usefixtures("well")
def test_signed_in_the_page_shows_and_exports_what_others_do_not_see(browser: Browser, town: Ground) -> None:
    visit = new_visit(browser, town)
    page = visit.open(map="118.80,36.98,15.00", panel="layers")
    expect(page.get_by_role("checkbox", name="机井")).to_have_count(0)
    page.get_by_role("button", name="登录", exact=True).click()
    page.get_by_label("密钥或令牌").fill(town.keys["张工"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("checkbox", name="机井")).to_be_visible()
    visit.drawn()
    visit.until(lambda: near(visit.color(), (43, 108, 176)))  # its tiles come with the key
    page.get_by_role("button", name="属性表", exact=True).click()
    page.locator("table-panel select").select_option("wells")
    expect(page.locator("table-panel tbody tr").first).to_be_visible()
    with page.expect_download() as download:
        page.locator("table-panel").get_by_role("link", name="导出列表中的全部要素:CSV").click()
    assert "深井" in download.value.path().read_text(encoding="utf-8-sig")
    assert download.value.suggested_filename.endswith(".csv")
    page.get_by_role("button", name="张工").click()
    facts = page.locator("sign-in dialog")
    expect(facts).to_contain_text("自然资源和规划局")
    expect(facts).to_contain_text("编辑")
    facts.get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("button", name="登录", exact=True)).to_be_visible()
    visit.drawn()
    assert page.evaluate("sessionStorage.getItem('onemap.credential')") is None
    assert not [each for each in visit.requests if town.keys["张工"] in each]
    assert visit.foreign == []
    page.context.close()


@pytest.mark.usefixtures("well")
def test_a_sheet_is_printed_by_whoever_is_signed_in(browser: Browser, town: Ground) -> None:
    visit = new_visit(browser, town)
    page = visit.open(map="118.80,36.98,15.00", panel="print")
    page.get_by_role("button", name="登录", exact=True).click()
    page.get_by_label("密钥或令牌").fill(town.keys["张工"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="张工")).to_be_visible()
    visit.drawn()
    with page.expect_download(timeout=60_000) as download:
        page.get_by_role("button", name="生成 PDF").click()
    sheet = PdfDocument(download.value.path())
    assert "机井" in sheet[0].get_textpage().get_text_range(), "a layer that is not everybody's"
    page.context.close()


def test_who_may_not_edit_is_told_who_does(browser: Browser, town: Ground) -> None:
    for who, words in (("学校", "没有您可以编辑的图层"), (None, "登录后可编辑")):
        visit = new_visit(browser, town)
        if who:
            show(visit.page, town.keys[who])
        page = visit.open(selected="parcels/P-00", panel="edit", map="118.745,36.945,13.00")
        expect(panel(page)).to_contain_text("由主管部门 自然资源和规划局 编辑")
        expect(panel(page)).to_contain_text(words)
        expect(page.get_by_role("button", name="修改")).to_have_count(0)
        page.context.close()


@pytest.mark.fine
def test_a_revoked_key_loses_nothing_and_public_layers_stay(editor: Any, town: Ground) -> None:
    town.create("P-27", 3, 6)
    key = town.new_key("临时工")
    page = editor.page
    page.add_init_script(
        f"if (!sessionStorage.getItem('once')) {{ sessionStorage.setItem('once', '1');"
        f" sessionStorage.setItem('onemap.credential', {json.dumps(key)}) }}"
    )
    page = opened(editor, "P-27", 3, 6)
    begin(page)
    panel(page).get_by_label("层数").fill("23")
    panel(page).get_by_label("理由").fill("实地核查")
    press(page, "核对修改")
    town.revoke("临时工")
    press(page, "保存")
    told = panel(page).get_by_role("alert").filter(has_text="登录已过期")
    expect(told).to_be_visible()
    assert town.changesets("P-27") == 1
    assert page.evaluate("sessionStorage.getItem('onemap.credential')") is None
    editor.drawn()
    editor.until(lambda: near(editor.color(), (242, 201, 76)))  # the public layer is still drawn
    again = town.new_key("临时工")
    told.get_by_role("button", name="登录").click()
    box = page.get_by_label("密钥或令牌")
    box.fill("错 的")
    page.keyboard.press("Enter")
    expect(page.locator("sign-in").get_by_role("alert")).to_contain_text("没有空格和汉字")
    box.fill("omk_00000000_wrong")
    page.keyboard.press("Enter")
    expect(page.locator("sign-in").get_by_role("alert")).to_contain_text("凭证无效")
    expect(box).to_have_value("omk_00000000_wrong")
    box.fill(again)
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="临时工")).to_be_visible()
    expect(panel(page).get_by_label("层数")).to_have_value("23")
    expect(panel(page).get_by_label("理由")).to_have_value("实地核查")
    save(page)
    saved(page)
    assert town.versions("P-27")[-1]["author"] == "临时工"
    assert key not in page.url and again not in page.url
    assert not [each for each in editor.requests if key in each or again in each]


def test_unsaved_work_outlives_the_panel_and_a_reload(editor: Any, town: Ground) -> None:
    town.create("P-28", 4, 6)
    page = opened(editor, "P-28", 4, 6)
    begin(page)
    panel(page).get_by_label("层数").fill("31")
    press(page, "重画")
    for place in square(4, 6)["coordinates"][0][:3]:
        page.mouse.click(*pixel(page, *place))
    page.get_by_role("button", name="关闭面板:编辑").click()
    expect(panel(page)).to_have_count(0)
    page.get_by_role("button", name="编辑", exact=True).click()
    expect(panel(page).get_by_label("层数")).to_have_value("31")
    expect(panel(page).locator("edit-geometry [role=status]")).to_have_text("3 个顶点,已修改")
    warned: list[str] = []

    def accept(dialog: Any) -> None:
        warned.append(dialog.type)
        dialog.accept()

    page.on("dialog", accept)
    page.reload()
    assert warned == ["beforeunload"]
    editor.drawn()
    expect(panel(page).get_by_label("层数")).to_have_value("31")
    expect(panel(page).locator("edit-geometry [role=status]")).to_have_text("3 个顶点,已修改")
    assert town.changesets("P-28") == 1
    save(page)
    saved(page)
    held = town.item("P-28")
    assert held and held["properties"]["floors"] == 31 and len(held["geometry"]["coordinates"][0]) == 4
    warned.clear()
    page.reload()
    assert warned == [], "nothing to warn of"


def test_another_begins_only_when_the_first_is_saved_or_given_up(editor: Any, town: Ground) -> None:
    town.create("P-29", 5, 6)
    town.create("P-30", 6, 6)
    page = opened(editor, "P-29", 5, 6)
    begin(page)
    panel(page).get_by_label("层数").fill("3")
    page.evaluate("location.hash = location.hash.replace('P-29', 'P-30')")
    expect(page.locator("feature-card h2")).to_have_text("宗地 P-30")
    page.locator("feature-card").get_by_role("button", name="修改").click()
    expect(panel(page).get_by_role("status").filter(has_text="宗地 P-29")).to_be_visible()
    expect(panel(page).get_by_label("层数")).to_have_value("3")


def test_in_a_narrow_window_a_feature_is_picked_changed_and_saved(editor: Any, town: Ground) -> None:
    town.create("P-32", 1, 8)
    editor.page.set_viewport_size({"width": 390, "height": 844})
    page = opened(editor, "P-32", 1, 8, panel="none")
    page.locator("feature-card").get_by_role("button", name="修改").click()
    box = panel(page).get_by_label("层数")
    box.scroll_into_view_if_needed()
    expect(box).to_be_in_viewport()
    box.fill("5")
    assert page.locator("html").evaluate("(root) => root.scrollWidth") == 390
    press(page, "核对修改")
    expect(panel(page).get_by_role("button", name="保存")).to_be_in_viewport()
    press(page, "保存")
    saved(page)
    held = town.item("P-32")
    assert held and held["properties"]["floors"] == 5


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desk", "phone"])
def test_axe_finds_nothing_in_any_state_of_an_edit(editor: Any, town: Ground, size: tuple[int, int]) -> None:
    narrow = size[0] < 900
    fid, column = ("P-34", 3) if narrow else ("P-33", 2)
    town.create(fid, column, 8)
    editor.page.set_viewport_size({"width": size[0], "height": size[1]})
    page = opened(editor, fid, column, 8, **({"panel": "none"} if narrow else {}))
    page.get_by_role("button", name="张工").click()
    expect(page.locator("sign-in dialog")).to_be_visible()
    unbroken(page, "who I am")
    page.keyboard.press("Escape")
    expect(page.locator("sign-in dialog")).to_be_hidden()
    if not narrow:
        unbroken(page, "start")
    page.locator("feature-card").get_by_role("button", name="修改").click()
    expect(panel(page).get_by_label("层数")).to_be_visible()
    unbroken(page, "form")
    panel(page).get_by_label("名称").fill("")
    panel(page).get_by_label("指定时刻起").check()
    press(page, "核对修改")
    expect(panel(page).locator("#fault-name")).to_be_visible()
    unbroken(page, "faults")
    panel(page).get_by_label("现在起").check()
    panel(page).get_by_label("名称").fill("甲")
    press(page, "重画")
    unbroken(page, "drawing")
    press(page, "放弃绘制")
    press(page, "核对修改")
    unbroken(page, "review")
    town.edit(fid, shifted(column, 8, 0.001), name="乙", use="0901")
    press(page, "保存")
    expect(panel(page).get_by_role("heading", name="与他人的修改冲突")).to_be_visible()
    panel(page).locator("#row-name").get_by_label("另填").first.check()
    unbroken(page, "conflict")
    press(page, "按所选合并,核对")
    town.remove(fid)
    press(page, "保存")
    expect(panel(page).get_by_role("heading", name="要素已被删除")).to_be_visible()
    unbroken(page, "gone")
    press(page, "放弃编辑")
    unbroken(page, "giving up")
    press(page, "丢弃")
    page.get_by_role("button", name="张工").click()
    page.get_by_role("button", name="退出登录").click()
    expect(page.get_by_role("button", name="登录", exact=True).first).to_be_visible()
    page.locator("sign-in button").first.click()
    page.get_by_label("密钥或令牌").fill("omk_wrong")
    page.keyboard.press("Enter")
    expect(page.locator("sign-in").get_by_role("alert")).to_be_visible()
    unbroken(page, "signing in")
