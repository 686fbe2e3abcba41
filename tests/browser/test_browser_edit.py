"""Features edited on the map page: form, geometry, what others write meanwhile, and what breaks 编辑."""

from __future__ import annotations

import json
import math
import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from conftest import VIEW, Visit, watch
from edit_ground import Ground, ground, square
from playwright.sync_api import Browser, Page, Route, expect
from test_browser_panels_access import unbroken

pytestmark = pytest.mark.browser

ITEM = re.compile(r"/collections/parcels/items/[^/?]+(\?|$)")
ITEMS = re.compile(r"/collections/\w+/items")
VISIBLE_WITHIN_S = 2.0


@pytest.fixture(scope="module")
def town(
    built: Any, server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Ground]:
    with ground(server_dsn, template, tmp_path_factory.mktemp("edit") / "server.log") as made:
        yield made


@pytest.fixture
def editor(browser: Browser, town: Ground) -> Iterator[Visit]:
    """A page of the first editor; refusals of the platform are the browser's own lines, nothing else is."""
    context = browser.new_context(viewport=VIEW, locale="zh-CN")
    watched = watch(context.new_page(), town)  # type: ignore[arg-type]
    show(watched.page, town.keys["张工"])
    yield watched
    context.close()
    assert watched.foreign == []
    assert [each for each in watched.complaints if "Failed to load resource" not in each] == []


def show(page: Page, credential: str) -> None:
    """As if signed in before, once: signing out and expiring stay what they are."""
    page.add_init_script(
        "if (!sessionStorage.getItem('given')) {"
        f" sessionStorage.setItem('onemap.credential', {json.dumps(credential)});"
        " sessionStorage.setItem('given', 'yes') }"
    )


def opened(visit: Visit, fid: str, column: int, line: int, **state: str) -> Page:
    """The page with a parcel of its own selected, drawn in Web Mercator, where pixels are easily reckoned."""
    west, south = square(column, line)["coordinates"][0][0]
    camera = f"{west + 0.005:.5f},{south + 0.005:.5f},14.00"
    wanted = {"map": camera, "frame": "mercator", "selected": f"parcels/{fid}", "panel": "edit", **state}
    return visit.open(**wanted)


def panel(page: Page) -> Any:
    return page.locator("edit-panel")


def press(page: Page, name: str) -> None:
    panel(page).get_by_role("button", name=name, exact=True).click()


def begin(page: Page, action: str = "修改") -> None:
    press(page, action)
    expect(panel(page).get_by_role("button", name="核对修改")).to_be_visible()


def save(page: Page) -> None:
    press(page, "核对修改")
    press(page, "保存")


def saved(page: Page) -> None:
    expect(panel(page).get_by_role("heading", name="已保存")).to_be_focused()


def pixel(page: Page, lon: float, lat: float) -> tuple[float, float]:
    """Where a place is on a map in Web Mercator, from the camera in the link."""
    told = re.search(r"map=([\d.]+),([\d.]+),([\d.]+)", page.url)
    assert told
    lon0, lat0, zoom = map(float, told.groups())
    size = 512 * 2**zoom

    def north(degrees: float) -> float:
        return math.log(math.tan(math.pi / 4 + math.radians(degrees) / 2)) / (2 * math.pi)

    view = page.viewport_size
    assert view
    x = view["width"] / 2 + (lon - lon0) / 360 * size
    return x, view["height"] / 2 - (north(lat) - north(lat0)) * size


def believed(town: Ground, fid: str) -> list[dict[str, Any]]:
    return [each for each in town.versions(fid) if each["recorded_to"] is None]


def changesets(town: Ground, fid: str) -> int:
    return len({each["opened_by"] for each in town.versions(fid)})


def test_attributes_are_changed_and_shown_before_they_are_written(editor: Visit, town: Ground) -> None:
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
    assert changesets(town, "P-10") == 1, "nothing is written before it was shown"
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


def test_a_correction_and_an_instant_keep_the_two_clocks_apart(editor: Visit, town: Ground) -> None:
    town.create("P-11", 1, 2)
    start = believed(town, "P-11")[0]["properties"]["valid_from"]
    page = opened(editor, "P-11", 1, 2)
    begin(page)
    panel(page).get_by_label("层数").fill("7")
    panel(page).get_by_label("更正").check()
    save(page)
    saved(page)
    held = believed(town, "P-11")
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
    held = sorted(believed(town, "P-11"), key=lambda each: each["properties"]["valid_from"])
    assert [each["properties"]["floors"] for each in held] == [7, 8]
    assert held[1]["properties"]["valid_from"].startswith("2099-01-31T08:00:00")


def test_a_geometry_is_reshaped_by_mouse_undone_and_redone(editor: Visit, town: Ground) -> None:
    town.create("P-12", 2, 2)
    page = opened(editor, "P-12", 2, 2)
    begin(page)
    press(page, "在图上修改")
    page.wait_for_timeout(900)  # the map moves to the parcel
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


def tab_to(page: Page, name: str) -> None:
    """Tab until the focus is on what has this name."""
    for _ in range(80):
        page.keyboard.press("Tab")
        told = page.evaluate(
            """() => { let at = document.activeElement
              while (at.shadowRoot?.activeElement) at = at.shadowRoot.activeElement
              const labels = [...(at.labels ?? [])].map((each) => each.textContent)
              return [at.getAttribute('aria-label'), at.textContent, ...labels].map((each) => (each ?? '').trim()) }"""
        )
        if any(each == name or each.split("\n")[0].strip() == name for each in told):
            return
    raise AssertionError(f"Tab does not lead to {name}")


def test_by_keyboard_alone_a_feature_is_changed_and_one_is_drawn(editor: Visit, town: Ground) -> None:
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


def test_a_feature_is_created_by_mouse_and_removed(editor: Visit, town: Ground) -> None:
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
    for place, (x, y) in zip(sorted(map(tuple, held["geometry"]["coordinates"][0][:4])), sorted(places), strict=True):
        assert math.dist(pixel(page, *place), (x, y)) < 2
    press(page, "再编辑")
    begin(page, "删除")
    panel(page).get_by_label("理由").fill("画错了")
    press(page, "核对修改")
    press(page, "确认删除")
    saved(page)
    expect(panel(page).get_by_role("status")).to_contain_text("新宗地 已删除")
    assert town.item("P-14") is None
    assert [each["reason"] for each in town.versions("P-14")][-1] == "画错了"


def test_a_point_without_a_key_gets_its_identity_from_the_platform(editor: Visit, town: Ground) -> None:
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


def test_what_the_platform_refuses_stands_at_its_field(editor: Visit, town: Ground) -> None:
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
    assert changesets(town, "P-15") == 1
    expect(form.get_by_label("层数")).to_have_value("9")
    form.get_by_label("名称").fill("自己的名称")
    expect(fault).to_have_count(0)
    save(page)
    saved(page)
    held = town.item("P-15")
    assert held and (held["properties"]["name"], held["properties"]["floors"]) == ("自己的名称", 9)


def test_an_edit_shows_in_this_page_at_once_and_in_another_within_two_seconds(
    editor: Visit, browser: Browser, town: Ground
) -> None:
    town.create("P-20", 4, 0)
    other = watch(browser.new_page(viewport=VIEW, locale="zh-CN"), town)  # type: ignore[arg-type]
    opened(other, "P-20", 4, 0, selected="", panel="none")
    page = opened(editor, "P-20", 4, 0)
    page.wait_for_timeout(1000)  # the streams open after the first pictures
    begin(page)
    panel(page).get_by_label("用途").select_option("0901")
    press(page, "核对修改")
    press(page, "保存")
    start = time.monotonic()
    while not _near(other.color(), (217, 83, 79)):
        assert time.monotonic() - start < VISIBLE_WITHIN_S, other.color()
        other.page.wait_for_timeout(20)
    saved(page)
    expect(page.locator("feature-card")).to_contain_text("商业用地")
    assert any(each.endswith("/changes/stream") for each in other.requests)
    other.page.close()


def _near(color: tuple[int, int, int], wanted: tuple[int, int, int]) -> bool:
    return all(abs(one - other) <= 24 for one, other in zip(color, wanted, strict=True))


def shifted(column: int, line: int, by: float) -> dict[str, Any]:
    """The parcel with its eastern side moved."""
    shape = square(column, line)
    (ring,) = shape["coordinates"]
    west = ring[0][0]
    return {**shape, "coordinates": [[[x + by if x > west else x, y] for x, y in ring]]}


def test_two_edits_of_one_feature_are_brought_together_field_by_field(editor: Visit, town: Ground) -> None:
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


def test_two_geometries_are_told_apart_and_one_is_chosen(editor: Visit, town: Ground) -> None:
    town.create("P-22", 6, 0)
    page = opened(editor, "P-22", 6, 0)
    begin(page)
    press(page, "在图上修改")
    page.wait_for_timeout(900)
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
    dashes = row.locator("svg path").evaluate_all("(paths) => paths.map((each) => each.getAttribute('stroke-dasharray'))")
    assert len(set(dashes)) == 3, "three patterns of lines, whatever the colours"
    row.get_by_label("我的").check()
    press(page, "按所选合并,核对")
    press(page, "保存")
    saved(page)
    held = town.item("P-22")
    assert held
    places = {(round(lon, 5), round(lat, 5)) for lon, lat in held["geometry"]["coordinates"][0]}
    assert len(places & {tuple(each) for each in square(6, 0)["coordinates"][0]}) == 3, "mine stands"


def test_a_feature_removed_meanwhile_is_put_back_or_given_up(editor: Visit, town: Ground) -> None:
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


def test_a_write_that_never_arrived_is_told_and_made_again(editor: Visit, town: Ground) -> None:
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
    assert changesets(town, "P-24") == 1
    page.unroute(ITEM)
    press(page, "保存")
    saved(page)
    assert changesets(town, "P-24") == 2


def test_a_write_whose_answer_was_lost_is_not_made_twice(editor: Visit, town: Ground) -> None:
    town.create("P-25", 1, 6)
    page = opened(editor, "P-25", 1, 6)
    begin(page)
    panel(page).get_by_label("层数").fill("18")
    sent: list[str] = []

    def arrive(route: Route) -> None:
        if route.request.method not in ("PATCH", "POST"):
            return route.fallback()
        sent.append(route.request.method)
        route.fetch()
        return route.abort()

    page.route(ITEMS, arrive)
    save(page)
    saved(page)
    assert sent == ["PATCH"] and changesets(town, "P-25") == 2
    press(page, "再编辑")
    panel(page).get_by_label("图层").select_option("wells")
    press(page, "新建")
    panel(page).get_by_label("名称").fill("只打一次的井")
    press(page, "在图上绘制")
    page.mouse.click(700, 420)
    save(page)
    saved(page)
    found = town.ask("GET", "/collections/wells/items?filter=name='只打一次的井'", "张工").json()["features"]
    assert len(found) == 1 and sent == ["PATCH", "POST"]


def test_while_the_line_is_cut_nothing_is_lost_and_it_goes_on_by_itself(editor: Visit, town: Ground) -> None:
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
    assert changesets(town, "P-26") == 2


def test_a_revoked_key_loses_nothing_and_public_layers_stay(editor: Visit, town: Ground) -> None:
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
    assert changesets(town, "P-27") == 1
    assert page.evaluate("sessionStorage.getItem('onemap.credential')") is None
    editor.drawn()
    assert _near(editor.color(), (242, 201, 76)), "the public layer is still drawn"
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


def test_unsaved_work_outlives_the_panel_and_a_reload(editor: Visit, town: Ground) -> None:
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
    assert changesets(town, "P-28") == 1
    save(page)
    saved(page)
    held = town.item("P-28")
    assert held and held["properties"]["floors"] == 31 and len(held["geometry"]["coordinates"][0]) == 4
    warned.clear()
    page.reload()
    assert warned == [], "nothing to warn of"


def test_another_begins_only_when_the_first_is_saved_or_given_up(editor: Visit, town: Ground) -> None:
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


def test_a_proposal_changes_nothing_until_it_is_reviewed(editor: Visit, town: Ground) -> None:
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
    assert changesets(town, "P-31") == 1


def test_who_may_not_edit_is_told_who_does(browser: Browser, town: Ground) -> None:
    for who, words in (("学校", "没有您可以编辑的图层"), (None, "登录后可编辑")):
        visit = watch(browser.new_page(viewport=VIEW, locale="zh-CN"), town)  # type: ignore[arg-type]
        if who:
            show(visit.page, town.keys[who])
        page = visit.open(selected="parcels/P-00", panel="edit", map="118.745,36.945,13.00")
        expect(panel(page)).to_contain_text("由主管部门 自然资源和规划局 编辑")
        expect(panel(page)).to_contain_text(words)
        expect(page.get_by_role("button", name="修改")).to_have_count(0)
        page.close()


def test_signed_in_the_page_shows_and_exports_what_others_do_not_see(browser: Browser, town: Ground) -> None:
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [118.8, 36.98]},
        "properties": {"name": "深井"},
    }
    made = town.ask(
        "POST", "/collections/wells/items", json=feature, headers={"Content-Type": "application/geo+json"}
    )
    assert made.status_code == 201
    visit = watch(browser.new_page(viewport=VIEW, locale="zh-CN"), town)  # type: ignore[arg-type]
    page = visit.open(map="118.80,36.98,15.00", panel="layers")
    expect(page.get_by_role("checkbox", name="机井")).to_have_count(0)
    page.get_by_role("button", name="登录", exact=True).click()
    page.get_by_label("密钥或令牌").fill(town.keys["张工"])
    page.keyboard.press("Enter")
    expect(page.get_by_role("checkbox", name="机井")).to_be_visible()
    visit.drawn()
    assert _near(visit.color(), (43, 108, 176)), "its tiles come with the key"
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
    page.close()


def test_in_a_narrow_window_a_feature_is_picked_changed_and_saved(editor: Visit, town: Ground) -> None:
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
def test_axe_finds_nothing_in_any_state_of_an_edit(editor: Visit, town: Ground, size: tuple[int, int]) -> None:
    narrow = size[0] < 900
    fid, column = ("P-34", 3) if narrow else ("P-33", 2)
    town.create(fid, column, 8)
    editor.page.set_viewport_size({"width": size[0], "height": size[1]})
    page = opened(editor, fid, column, 8, **({"panel": "none"} if narrow else {}))
    page.get_by_role("button", name="张工").click()
    unbroken(page, "who I am")
    page.keyboard.press("Escape")
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
