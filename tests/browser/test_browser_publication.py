"""Publication in the planning panel: everybody looks and comments, officers publish and answer."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from edit_page import show
from playwright.sync_api import Browser, Locator, Page, expect
from serving import database_of, server, until
from sketch_drawing import clicks
from test_browser_address_work import working
from test_browser_panels_access import unbroken
from visits import Site, Visit, new_visit

sys.path.insert(0, str(Path(__file__).parents[1] / "planning"))
import publication_ground as ground
from publication_ground import ZONES

from planning.publication import comment_store, store
from planning.publication.comments import Person, Said, Stance, State
from planning.publication.model import Wanted
from planning.publication.publication import publish
from spatial.access import store as access
from spatial.access.model import Role
from spatial.database import connect
from spatial.datum.clock import BEIJING
from spatial.editing.model import RequestKey
from spatial.history.model import Intent

pytestmark = pytest.mark.browser

WAIT_MS = 60_000
PLACE = "118.7092,36.9064,15.00"
PROXIED = {"X-Forwarded-For": "203.0.113.9"}
"""As a visitor from elsewhere: a program of this machine is its operator."""


@pytest.fixture(scope="module")
def planned(server_dsn: str, template: str) -> Iterator[str]:
    with database_of(server_dsn, template) as dsn:
        with connect(dsn) as connection, connection.transaction():
            ground.build(connection)
            today = ground.today()
            began = today - timedelta(3)
            at = datetime(began.year, began.month, began.day, tzinfo=BEIJING)
            said = Intent("张伟", ground.DEPARTMENT, "公示草案", at)
            made = publish(connection, ground.draft(began + timedelta(39)), said, began)
            assert made.id == 1
            past = today - timedelta(80)
            at = datetime(past.year, past.month, past.day, tzinfo=BEIJING)
            old = ground.draft(past + timedelta(29), Wanted(ZONES), version=ground.OTHER)
            publish(connection, old, Intent("张伟", ground.DEPARTMENT, "公示草案", at), past)
        yield dsn


@pytest.fixture(scope="module")
def city(built: Path, planned: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    log = tmp_path_factory.mktemp("publication") / "server.log"
    with working(planned), server(planned, log) as served:
        yield Site(served.url)


@pytest.fixture(scope="module")
def officer(planned: str) -> str:
    with connect(planned) as connection:
        _, secret = access.add_key(connection, "李科长", ground.DEPARTMENT, [Role.STEWARD], by="test")
    return secret


def visited(browser: Browser, city: Site, secret: str | None = None, **view: int) -> Visit:
    size = {"width": view.get("width", 1280), "height": view.get("height", 800)}
    headers = {} if secret else PROXIED
    watched = new_visit(browser, city, view=size, headers=headers)
    if secret:
        show(watched.page, secret)
    return watched


def opened(visit: Visit, detail: str = "publication") -> tuple[Page, Locator]:
    page = visit.open(map=PLACE, panel="planning", detail=detail)
    panel = page.locator("publication-panel")
    expect(panel).to_be_visible(timeout=WAIT_MS)
    return page, panel


def finished(visit: Visit) -> None:
    assert (visit.foreign, visit.complaints) == ([], [])
    visit.page.context.close()


def comment(dsn: str, text: str) -> int:
    said = Said(Stance.OPPOSE, text, Person("赵六", "13700001234"))
    with connect(dsn) as connection, connection.transaction():
        return comment_store.take(connection, 1, said, RequestKey(text, b"x" * 32)).id


def test_a_visitor_sees_the_plan_as_published_and_comments_with_a_place(
    browser: Browser, city: Site, planned: str
) -> None:
    visit = visited(browser, city)
    page, panel = opened(visit)
    open_ = panel.get_by_role("button", name=re.compile("征询中"))
    with connect(planned) as connection:
        left = store.get(connection, 1).closes_on - ground.today()
    expect(open_).to_contain_text(f"还有 {left.days} 天")
    expect(panel.get_by_role("button", name=re.compile("期满"))).to_be_visible()
    expect(panel.locator("publication-open")).to_have_count(0)
    open_.click()
    view = panel.locator("publication-view")
    expect(view).to_contain_text("概略公开")
    expect(view.get_by_role("checkbox", name=re.compile("规划分区"))).to_be_checked()
    with page.expect_response(re.compile("layers/planning-zones/tiles/.*\\?v=")):
        page.locator(".maplibregl-canvas").focus()
        page.keyboard.press("ArrowUp")
    canvas = page.locator(".maplibregl-canvas").bounding_box()
    assert canvas
    middle = canvas["x"] + canvas["width"] / 2, canvas["y"] + canvas["height"] / 2

    def chosen() -> bool:
        page.mouse.click(*middle)
        page.wait_for_timeout(500)
        return view.locator("#chosen").count() == 1

    until(chosen)
    expect(view.locator("#chosen")).to_contain_text("规划分区", timeout=WAIT_MS)
    expect(view.locator("publication-form")).to_contain_text("针对要素")
    form = view.locator("publication-form")
    form.get_by_role("button", name="提交意见").click()
    expect(form.get_by_role("alert")).to_contain_text("请选性质")
    form.get_by_label("性质").select_option("suggest")
    form.get_by_label("意见", exact=True).fill("建议保留沿河绿地,请回电 13800001234")
    form.get_by_label("姓名(可不填)").fill("王五")
    form.get_by_role("button", name="画面").click()
    clicks(page, (700, 300), (820, 300), (820, 420))
    form.get_by_role("button", name="完成").click()
    expect(form.locator("#placed")).to_contain_text("m²")
    form.get_by_role("button", name="提交意见").click()
    expect(form.get_by_role("status")).to_contain_text("意见已收到", timeout=WAIT_MS)
    code = form.locator(".code").inner_text()
    view.get_by_text("凭查询码查看").click()
    view.get_by_label("查询码").fill(code)
    view.get_by_role("button", name="查看", exact=True).click()
    expect(view.locator("#own")).to_contain_text("待审核")
    with connect(planned) as connection:
        row = connection.execute(
            "select c.body, c.layer, GeometryType(c.geom), p.name from planning.comment c"
            " join planning.comment_person p on p.comment = c.id where c.code = %s",
            (code,),
        ).fetchone()
    assert row == ("建议保留沿河绿地,请回电 13800001234", ZONES, "POLYGON", "王五")
    finished(visit)


def test_a_comment_whose_answer_was_lost_is_kept_once(browser: Browser, city: Site, planned: str) -> None:
    visit = visited(browser, city)
    page, panel = opened(visit, "publication:1")
    form = panel.locator("publication-form")
    form.get_by_label("性质").select_option("ask")
    form.get_by_label("意见", exact=True).fill("何时开工")
    lost: list[str] = []

    def lose(route: object) -> None:
        from playwright.sync_api import Route

        assert isinstance(route, Route)
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().text())
            route.abort()
        else:
            route.fallback()

    page.route("**/publications/1/comments", lose)
    form.get_by_role("button", name="提交意见").click()
    expect(form.get_by_role("alert")).to_contain_text("不会重复", timeout=WAIT_MS)
    visit.complaints.clear()  # the browser's own line about the connection
    form.get_by_role("button", name="提交意见").click()
    expect(form.get_by_role("status")).to_contain_text("意见已收到", timeout=WAIT_MS)
    with connect(planned) as connection:
        row = connection.execute("select count(*) from planning.comment where body = '何时开工'").fetchone()
    assert row == (1,)
    finished(visit)


def test_officers_moderate_and_answer_and_everybody_reads_it(
    browser: Browser, city: Site, planned: str, officer: str
) -> None:
    number = comment(planned, "反对此处选址,电话 13911112222")
    visit = visited(browser, city, officer)
    page, panel = opened(visit, "publication:1")
    desk = panel.locator("publication-desk")
    row = desk.locator("#handled > li").filter(has_text="反对此处选址")
    expect(row).to_contain_text("13911112222", timeout=WAIT_MS)
    expect(row).not_to_contain_text("赵六")
    desk.get_by_label("显示姓名与联系方式(留痕)").check()
    expect(row).to_contain_text("赵六")
    row.get_by_role("button", name=f"办理 {number} 号").click()
    row.get_by_role("button", name="公开", exact=True).click()
    expect(desk.get_by_role("status")).to_contain_text("已办理", timeout=WAIT_MS)
    desk.get_by_label("看哪些意见").select_option("shown")
    row.get_by_role("button", name=f"办理 {number} 号").click()
    row.get_by_label("采纳情况").select_option("partly")
    row.get_by_label("答复").fill("已调整边界")
    row.get_by_role("button", name="提交答复").click()
    expect(row.locator(".answer")).to_contain_text("部分采纳", timeout=WAIT_MS)
    with page.expect_download() as taken:
        desk.get_by_role("button", name="CSV").click()
    assert taken.value.suggested_filename == "公示1意见.csv"
    assert "赵六" in Path(taken.value.path()).read_text("utf-8-sig")
    finished(visit)
    visitor = visited(browser, city)
    _, panel = opened(visitor, "publication:1")
    said = panel.locator("publication-comments")
    expect(said).to_contain_text("已调整边界", timeout=WAIT_MS)
    expect(said).to_contain_text("〔电话已隐去〕")
    assert "赵六" not in panel.inner_text() and "13911112222" not in panel.inner_text()
    finished(visitor)


def test_what_is_being_written_stays_with_its_comment_when_the_list_changes(
    browser: Browser, city: Site, planned: str, officer: str
) -> None:
    comment(planned, "先到的一条")
    number = comment(planned, "正在答复的一条")
    visit = visited(browser, city, officer)
    _, panel = opened(visit, "publication:1")
    desk = panel.locator("publication-desk")
    row = desk.locator("#handled > li").filter(has_text="正在答复的一条")
    row.get_by_role("button", name=f"办理 {number} 号").click(timeout=WAIT_MS)
    row.get_by_label("答复").fill("写到一半")
    with connect(planned) as connection, connection.transaction():
        for each in comment_store.select(connection, 1, [State.PENDING], 0, 100):
            if each.id != number:
                by = ("李科长", ground.DEPARTMENT)
                comment_store.moderate(connection, 1, each.id, each.step, State.SHOWN, "", by)
    desk.get_by_label("显示姓名与联系方式(留痕)").check()
    expect(desk.locator("#handled > li")).to_have_count(1, timeout=WAIT_MS)
    expect(row.get_by_label("答复")).to_have_value("写到一半")
    finished(visit)


def test_an_officer_publishes_a_version_and_withdraws_it(browser: Browser, city: Site, officer: str) -> None:
    today = ground.today()
    visit = visited(browser, city, officer)
    _, panel = opened(visit)
    form = panel.locator("publication-open")
    form.get_by_text("发布公示").click()
    form.get_by_label("规划版本").select_option(ground.OTHER)
    form.get_by_label("公示标题").fill("第二轮公示")
    form.get_by_label("公示文件名称").fill("公示公告(合成数据)")
    form.get_by_label("原因").fill("修改后再次公示")
    form.get_by_role("button", name="发布", exact=True).click()
    expect(form.get_by_role("alert")).to_contain_text("请至少选一个图层")
    form.get_by_role("checkbox", name="规划分区").check()
    until_ = (today + timedelta(9)).isoformat()
    form.get_by_label("截止日").fill(until_)
    form.get_by_role("button", name="检查", exact=True).click()
    expect(form.get_by_role("alert")).to_contain_text("公示期不少于 30 日", timeout=WAIT_MS)
    form.get_by_label("截止日").fill((today + timedelta(29)).isoformat())
    form.get_by_role("button", name="检查", exact=True).click()
    expect(form).to_contain_text("规划分区 原样公开 1", timeout=WAIT_MS)
    form.get_by_role("button", name="发布", exact=True).click()
    view = panel.locator("publication-view")
    expect(view).to_contain_text("第二轮公示", timeout=WAIT_MS)
    desk = panel.locator("publication-desk")
    desk.get_by_role("button", name="撤回").click()
    desk.get_by_label("说明").fill("内容有误")
    desk.get_by_role("button", name="执行“撤回”").click()
    expect(view.locator(".state.withdrawn").first).to_be_visible(timeout=WAIT_MS)
    expect(view.locator("publication-form")).to_have_count(0)
    finished(visit)


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desk", "phone"])
def test_without_barriers_in_both_sizes(
    browser: Browser, city: Site, officer: str, size: tuple[int, int]
) -> None:
    visit = visited(browser, city, officer, width=size[0], height=size[1])
    page, panel = opened(visit)
    panel.get_by_text("发布公示").click()
    unbroken(page, "list")
    panel.get_by_role("button", name=re.compile("征询中")).focus()
    page.keyboard.press("Enter")
    expect(panel.locator("#back")).to_be_focused()
    expect(panel.locator("publication-desk")).to_be_visible(timeout=WAIT_MS)
    unbroken(page, "publication")
    draw = panel.locator("#draw-area")
    draw.focus()
    page.keyboard.press("Enter")
    unbroken(page, "drawing")
    page.locator(".maplibregl-canvas").focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft"):
        page.keyboard.press("Enter")
        page.keyboard.press(key)
        page.wait_for_timeout(500)
    page.keyboard.press("Enter")
    panel.get_by_role("button", name="完成").focus()
    page.keyboard.press("Enter")
    expect(panel.locator("#placed")).to_be_visible()
    panel.get_by_role("button", name="延期").click()
    unbroken(page, "step")
    page.get_by_role("button", name="English").click()
    expect(panel).to_contain_text("Comment period")
    told = {name.inner_text().split("\n")[0].strip() for name in panel.locator("label").all()}
    assert not any(re.search("[一-鿿]", each) for each in told), told
    assert page.locator("html").evaluate("(root) => [root.scrollWidth, root.scrollHeight]") == list(size)
    finished(visit)
