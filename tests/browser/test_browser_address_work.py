"""Work with the register on the map: a list is matched and reviewed by keyboard, regions are reorganised."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, expect
from register_ground import registered
from serving import server, until
from test_browser_panels_access import unbroken
from visits import Site, Visit, visiting

from api.executions import OFFERED
from spatial.database import connect
from spatial.jobs import run
from spatial.jobs.workplace import Workplace

pytestmark = pytest.mark.browser

SIZE = 1500
DOOR = "山东省潍坊市寿光市文家街道桑家营子村123号"
DOUBTFUL = "文家街道桑家屯村123号"
WAIT_MS = 60_000


@contextmanager
def working(dsn: str) -> Iterator[None]:
    """Jobs are run as they come, in a thread of this process."""
    ended = threading.Event()

    def work() -> None:
        while not ended.wait(0.1):
            with connect(dsn) as connection:
                rows = connection.execute(
                    "select id::text from spatial.job where state = 'accepted'"
                ).fetchall()
            for (job_id,) in rows:
                run.run(Workplace(dsn, "370783"), OFFERED, job_id, 1)

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(30)


@pytest.fixture(scope="module")
def visit(
    browser: Browser, built: Path, server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Visit]:
    with registered(server_dsn, template, SIZE) as dsn:
        log = tmp_path_factory.mktemp("work") / "server.log"
        with (
            working(dsn),
            server(dsn, log) as served,
            visiting(browser, Site(served.url)) as watched,
        ):
            asked: dict[str, Any] = {"params": {"text": "寿光市"}, "timeout": 60}
            until(lambda: served.client.get("/v1/parse", **asked).status_code == 200, 120)
            yield watched


def test_a_list_is_previewed_matched_and_reviewed_by_keyboard(visit: Visit) -> None:
    page = visit.open(panel="lists")
    panel = page.locator("list-panel")
    body = f"编号,住址\n1,{DOOR}\n2,{DOUBTFUL}\n3,月球基地\n".encode("gb18030")
    panel.locator("#file").set_input_files({"name": "名单.csv", "mimeType": "text/csv", "buffer": body})
    rows = panel.get_by_role("table", name="预览").locator("tbody tr")
    expect(rows).to_have_count(3, timeout=WAIT_MS)
    expect(rows.nth(0)).to_contain_text("自动")
    expect(rows.nth(1)).to_contain_text("待审")
    expect(panel.get_by_text("编码 GB18030")).to_be_visible()
    unbroken(page, "preview")
    panel.get_by_role("button", name="全部匹配").click()
    review = panel.locator("list-review")
    texts = review.get_by_role("listbox", name="待审的写法")
    expect(texts.get_by_role("option").first).to_contain_text(DOUBTFUL, timeout=WAIT_MS)
    unbroken(page, "review")
    choices = review.locator(".candidates button")
    expect(choices.filter(has_text=DOOR).first).to_be_visible()
    wanted = next(at for at, each in enumerate(choices.all_inner_texts()) if DOOR in each)
    texts.focus()
    page.keyboard.press(str(wanted + 1))
    expect(texts.get_by_role("option").first).to_contain_text("已确认")

    def learnt() -> dict[str, int]:
        return dict(httpx.get(f"{visit.site.url}/v1/matches").json()["tasks"][0]["states"])

    visit.until(lambda: learnt() == {"pending": 0, "accepted": 1, "rejected": 0})
    texts.focus()
    page.keyboard.press("u")
    expect(texts.get_by_role("option").first).to_contain_text("1 行")
    with page.expect_download() as taken:
        panel.get_by_role("button", name="下载成果").click()
    assert taken.value.suggested_filename == "名单_匹配.csv"
    assert DOOR in Path(taken.value.path()).read_text("utf-8-sig")


def test_a_list_without_addresses_is_refused_in_words(visit: Visit) -> None:
    page = visit.open(panel="lists")
    panel = page.locator("list-panel")
    body = "甲,乙\n1,2\n".encode()
    panel.locator("#file").set_input_files({"name": "无地址.csv", "mimeType": "text/csv", "buffer": body})
    expect(panel.get_by_role("alert")).to_contain_text("没有找到地址列", timeout=WAIT_MS)


def test_villages_are_moved_after_a_look_at_the_impact_and_moved_back(visit: Visit) -> None:
    page = visit.open(panel="regions")
    panel = page.locator("region-panel")
    units, into = panel.locator("unit-field#units"), panel.locator("unit-field#into")
    units.get_by_role("combobox").fill("桑家营子")
    expect(units.get_by_role("option").first).to_contain_text("文家街道桑家营子村", timeout=WAIT_MS)
    units.get_by_role("combobox").press("Enter")
    into.get_by_role("combobox").fill("圣城街道")
    expect(into.get_by_role("option").first).to_contain_text("圣城街道")
    into.get_by_role("combobox").press("Enter")
    panel.get_by_role("button", name="加入步骤").click()
    for field, value in (("生效日", "2026-12-01"), ("批准文号", "寿民字〔2026〕9号"), ("原因", "测试调整")):
        panel.get_by_label(field).fill(value)
    for field in ("经办人", "部门"):
        panel.get_by_label(field).fill("测试")
    expect(panel.get_by_role("button", name="实施")).to_be_disabled()
    panel.get_by_role("button", name="预览影响").click()
    expect(panel.get_by_role("heading", name="影响")).to_be_visible(timeout=WAIT_MS)
    expect(panel.locator(".reads li")).to_contain_text("山东省潍坊市寿光市圣城街道桑家营子村")
    unbroken(page, "impact")
    panel.get_by_role("button", name="实施").click()
    expect(panel.get_by_role("heading", name="已实施")).to_be_visible(timeout=WAIT_MS)
    panel.get_by_role("button", name="撤销这次调整").click()
    expect(panel.get_by_role("heading", name="已撤销")).to_be_visible(timeout=WAIT_MS)
    asked = {"filter": "code = '370783003215'", "datetime": "2026-12-02"}
    (village,) = httpx.get(f"{visit.site.url}/collections/components/items", params=asked).json()["features"]
    town = httpx.get(f"{visit.site.url}/v1/place", params={"ids": village["properties"]["parent_id"]}).json()
    assert town["features"][0]["properties"]["name"] == "文家街道"
