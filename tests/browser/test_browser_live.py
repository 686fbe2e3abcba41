"""What others change, and what breaks, as the map page shows it 实时更新与断线."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import numpy as np
import pytest
from frame_ground import BARE
from patience import PATIENCE_S
from playwright.sync_api import Page, Route, expect

pytestmark = pytest.mark.browser

SHOPS, DWELLINGS = (217, 83, 79), (242, 201, 76)
EDITED = "B-06-06"
ON_EDITED = "118.827,37.027,12.00"
OPENED_MS = 30_000
TILES = re.compile(r"/collections/[^/]+/tiles/")
STREAM = re.compile(r"/changes/stream")
FEED = re.compile(r"/changes\?")


def set_use(url: str, use: str) -> None:
    answer = httpx.patch(
        f"{url}/collections/blocks/items/{EDITED}",
        json={"properties": {"use": use}},
        headers={"Content-Type": "application/merge-patch+json", "If-Match": "*"},
    )
    assert answer.status_code < 300, answer.text


@pytest.fixture
def edited(site: Any) -> Iterator[Any]:
    """Sets the use of a block; afterwards it is as before."""
    yield lambda use: set_use(site.url, use)
    set_use(site.url, "0701")


def shown(visit: Any, color: tuple[int, int, int]) -> None:
    """Wait until the middle of the map has that colour."""
    visit.until(lambda: has(visit, color))


def has(visit: Any, color: tuple[int, int, int]) -> bool:
    return all(abs(one - other) <= 12 for one, other in zip(visit.color(), color, strict=True))


def problem(status: int, zh: str) -> Any:
    """Answers a request as the platform refuses one."""

    def answer(route: Route) -> None:
        body = {"status": status, "zh": zh, "en": "made for a test"}
        route.fulfill(status=status, json=body, content_type="application/problem+json")

    return answer


def test_an_edit_shows_in_an_open_page(visit: Any, edited: Any) -> None:
    page: Page = visit.open(map=ON_EDITED, layers="blocks", selected=f"blocks/{EDITED}")
    page.locator("feature-card").get_by_role("button", name="关闭").click()
    visit.streaming()
    edited("0901")
    shown(visit, SHOPS)
    edited("0701")
    shown(visit, DWELLINGS)


def test_an_edit_shows_in_the_open_card(visit: Any, edited: Any) -> None:
    page: Page = visit.open(map=ON_EDITED, layers="blocks", selected=f"blocks/{EDITED}")
    card = page.locator("feature-card")
    expect(card).to_contain_text("城镇住宅用地")
    visit.streaming()
    edited("0901")
    expect(card).to_contain_text("商业用地")


def test_no_tile_is_empty_while_another_state_comes(visit: Any, edited: Any) -> None:
    """Between the old state and the new one the map never shows bare ground."""
    visit.open(map=ON_EDITED, layers="blocks")
    visit.streaming()
    before = bare_px(visit)
    edited("0901")
    ending = time.monotonic() + PATIENCE_S
    while not has(visit, SHOPS):
        assert bare_px(visit) <= before + 50, "a flash of bare ground"
        assert time.monotonic() < ending
    assert bare_px(visit) <= before + 50


def bare_px(visit: Any) -> int:
    """Pixels of the bare map that show neither class."""
    left, top, right, bottom = BARE
    picture = visit.picture()[:, top:bottom, left:right].astype(int)
    classes = [
        np.abs(picture - np.array(each)[:, None, None]).max(axis=0) <= 12 for each in (SHOPS, DWELLINGS)
    ]
    return int((~(classes[0] | classes[1])).sum())


def test_an_edit_shows_in_the_open_table(visit: Any, edited: Any) -> None:
    page: Page = visit.open(map=ON_EDITED, panel="table", detail=quote("layer=blocks&sort=-code", safe=""))
    row = page.locator("table-panel tbody tr").filter(has_text=EDITED)
    expect(row).to_contain_text("城镇住宅用地")
    visit.streaming()
    sheet = page.locator("table-panel .sheet")
    sheet.evaluate("(sheet) => sheet.scrollTo(0, 90)")
    edited("0901")
    expect(row).to_contain_text("商业用地")
    assert sheet.evaluate("(sheet) => sheet.scrollTop") == 90, "what is read stays where it is"


def test_a_style_that_names_no_field_of_its_layer_is_told(visit: Any) -> None:
    """A page that was opened before the city's layers were changed, or another server's."""
    page: Page = visit.page

    def styled(route: Route) -> None:
        answer = route.fetch()
        config = answer.json()
        for layer in config["layers"]:
            if layer["id"] == "blocks":
                layer["legend"].update(label="nosuch", by="nosuch")
        route.fulfill(response=answer, json=config)

    page.route(re.compile(r"/map/config.json"), styled)
    page.goto(visit.site.map(map="118.827,37.027,12.00", layers="blocks,streets"))
    alert = page.get_by_role("alert").filter(has_text="地块:参数 properties 须为此图层的属性")
    expect(alert).to_contain_text("nosuch")
    visit.until(lambda: has_street(visit))
    page.get_by_role("button", name="属性表", exact=True).click()
    expect(page.locator("table-panel tbody tr").first).to_be_visible()
    page.get_by_role("button", name="图层", exact=True).click()
    page.get_by_role("checkbox", name="地块").uncheck()
    expect(alert).to_have_count(0)
    visit.complaints.clear()  # the browser's own line about the refusal


def has_street(visit: Any) -> bool:
    """A line of the streets' colour is on the screen."""
    left, top, right, bottom = BARE
    picture = visit.picture()[:, top:bottom, left:right].astype(int)
    near = np.abs(picture - np.array((43, 108, 176))[:, None, None]).max(axis=0) <= 40
    return int(near.sum()) > 50


def test_what_was_known_then_asks_nothing_after_an_edit(visit: Any, edited: Any) -> None:
    page: Page = visit.open(map=ON_EDITED, layers="blocks", asof=visit.site.before_change)
    page.wait_for_timeout(1500)
    asked = [url for url in visit.requests if TILES.search(url)]
    edited("0901")
    page.wait_for_timeout(1500)
    assert [url for url in visit.requests if TILES.search(url)] == asked


def test_without_a_stream_the_feed_is_asked(visit: Any, edited: Any) -> None:
    page: Page = visit.page
    page.route(STREAM, problem(503, "连接已满"))
    answered: list[str] = []
    page.on("response", lambda response: answered.append(response.url) if FEED.search(response.url) else None)
    visit.open(map=ON_EDITED, layers="blocks")
    visit.until(lambda: bool(answered))  # the first answer of the feed is where it is taken up
    visit.still()
    expect(page.get_by_role("alert")).to_have_count(0)
    edited("0901")
    shown(visit, SHOPS)
    visit.complaints.clear()  # the browser's own lines about the refused stream


def test_a_lost_connection_is_told_and_comes_back(visit: Any, edited: Any) -> None:
    page: Page = visit.page
    for address in (STREAM, FEED):
        page.route(address, lambda route: route.abort())
    visit.open(map=ON_EDITED, layers="blocks")
    notice = page.get_by_role("alert").filter(has_text="与服务器的连接中断")
    expect(notice).to_be_visible(timeout=60_000)
    shown(visit, DWELLINGS)
    edited("0901")
    for address in (STREAM, FEED):
        page.unroute(address)
    expect(notice).to_have_count(0, timeout=60_000)
    shown(visit, SHOPS)
    visit.complaints.clear()


def test_a_busy_server_is_told_and_asked_again(visit: Any) -> None:
    page: Page = visit.page
    page.route(TILES, problem(503, "服务器繁忙"))
    page.goto(visit.site.map(map=ON_EDITED, layers="blocks"))
    expect(page.get_by_role("alert").filter(has_text="地块:服务器繁忙")).to_be_visible(timeout=OPENED_MS)
    page.unroute(TILES)
    expect(page.get_by_role("alert")).to_have_count(0, timeout=60_000)
    visit.drawn()
    shown(visit, DWELLINGS)
    visit.complaints.clear()


def test_a_proxy_without_its_server_is_told(visit: Any) -> None:
    """It answers with a page of its own, which is no problem document."""
    page: Page = visit.page
    one_tile = re.compile(r"/collections/blocks/tiles/[^/]+/\d+/\d+/\d+")
    page.route(one_tile, lambda route: route.fulfill(status=502, body="<h1>Bad Gateway</h1>"))
    page.goto(visit.site.map(map=ON_EDITED, layers="blocks"))
    alert = page.get_by_role("alert").filter(has_text="地块:服务器答复 502")
    expect(alert).to_be_visible(timeout=OPENED_MS)
    page.unroute(one_tile)
    expect(alert).to_have_count(0, timeout=60_000)
    visit.complaints.clear()


def test_tiles_that_fail_are_read_again_where_they_are(visit: Any) -> None:
    page: Page = visit.open(map=ON_EDITED, layers="blocks")
    one_tile = re.compile(r"/collections/blocks/tiles/[^/]+/\d+/\d+/\d+")
    page.route(one_tile, problem(503, "服务器繁忙"))
    page.evaluate("location.hash = 'map=118.827,37.027,15.00&layers=blocks'")
    alert = page.get_by_role("alert").filter(has_text="地块:服务器繁忙")
    expect(alert).to_be_visible()
    page.unroute(one_tile)
    expect(alert).to_have_count(0, timeout=60_000)
    visit.drawn()
    shown(visit, DWELLINGS)
    visit.complaints.clear()


def test_a_change_is_drawn_although_tiles_had_failed(visit: Any, edited: Any) -> None:
    page: Page = visit.page
    one_tile = re.compile(r"/collections/blocks/tiles/[^/]+/\d+/\d+/\d+")
    page.route(one_tile, problem(403, "没有权限"))
    page.goto(visit.site.map(map=ON_EDITED, layers="blocks"))
    alert = page.get_by_role("alert").filter(has_text="地块:没有权限")
    expect(alert).to_be_visible(timeout=OPENED_MS)
    page.wait_for_timeout(1500)
    page.unroute(one_tile)
    edited("0901")
    shown(visit, SHOPS)
    expect(alert).to_have_count(0)
    visit.complaints.clear()


def test_a_line_that_is_cut_is_told_and_heals(visit: Any, edited: Any) -> None:
    page: Page = visit.open(map=ON_EDITED, layers="blocks")
    visit.streaming()
    page.context.set_offline(True)
    notice = page.get_by_role("alert").filter(has_text="与服务器的连接中断")
    expect(notice).to_be_visible()
    page.evaluate("location.hash = 'map=118.827,37.027,14.00&layers=blocks'")
    expect(page.get_by_role("alert").filter(has_text="地块:服务器没有应答")).to_be_visible()
    edited("0901")
    page.context.set_offline(False)
    expect(page.get_by_role("alert")).to_have_count(0, timeout=60_000)
    shown(visit, SHOPS)
    visit.complaints.clear()


def test_an_expired_token_is_told_and_not_asked_again_and_again(visit: Any) -> None:
    page: Page = visit.page
    page.route(TILES, problem(401, "凭据已过期,请重新登录"))
    page.goto(visit.site.map(map=ON_EDITED, layers="blocks"))
    alert = page.get_by_role("alert").filter(has_text="凭据已过期")
    expect(alert).to_be_visible(timeout=OPENED_MS)
    page.wait_for_timeout(5000)
    asked = [url for url in visit.requests if TILES.search(url)]
    assert len(asked) <= 2, "once when the page opens, once when its stream does"
    page.unroute(TILES)
    alert.get_by_role("button", name="重试").click()
    expect(alert).to_have_count(0)
    visit.complaints.clear()
