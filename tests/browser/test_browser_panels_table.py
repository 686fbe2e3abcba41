"""The attribute table, and the page without a map, in a real browser over a real platform."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any
from urllib.parse import quote, urlencode

import httpx
import pytest
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

BLOCKS_LEFT = 63
"""64 were delivered, one is retired."""


def rows(page: Page) -> Any:
    return page.locator("table-panel tbody tr")


def test_rows_are_sorted_filtered_and_paged(visit: Any) -> None:
    page = visit.open(map="118.767,36.967,12.00", layers="blocks", panel="table")
    expect(page.get_by_text(f"第 1–50 条,共 {BLOCKS_LEFT} 条")).to_be_visible()
    page.get_by_role("button", name="下一页").click()
    expect(page.get_by_text(f"第 51–{BLOCKS_LEFT} 条")).to_be_visible()
    expect(rows(page)).to_have_count(BLOCKS_LEFT - 50)
    page.get_by_role("button", name="上一页").click()
    expect(rows(page).first).to_contain_text("B-00-00")
    code = page.get_by_role("columnheader", name="编码")
    code.get_by_role("button").click()
    expect(code).to_have_attribute("aria-sort", "ascending")
    code.get_by_role("button").click()
    expect(code).to_have_attribute("aria-sort", "descending")
    expect(rows(page).first).to_contain_text("B-07-07")
    condition = page.get_by_role("textbox", name="筛选条件")
    condition.fill("use = '0901'")
    condition.press("Enter")
    expect(rows(page)).to_have_count(1)
    expect(rows(page)).to_contain_text("人民路12号A座")
    expect(page).to_have_url(re.compile("detail="))
    page.reload()
    expect(rows(page)).to_have_count(1)
    expect(condition).to_have_value("use = '0901'")
    visit.drawn()


def test_a_wrong_condition_is_told_where_it_stands(visit: Any) -> None:
    page = visit.open(map="118.767,36.967,12.00", layers="blocks", panel="table")
    condition = page.get_by_role("textbox", name="筛选条件")
    condition.fill("nonsense = 1")
    condition.press("Enter")
    problem = page.locator("table-panel").get_by_role("alert")
    expect(problem).to_contain_text("nonsense")
    expect(condition).to_have_attribute("aria-invalid", "true")
    expect(condition).to_have_attribute("aria-describedby", "wrong")
    page.get_by_role("button", name="清除", exact=True).click()
    expect(problem).to_have_count(0)
    expect(rows(page).first).to_be_visible()
    visit.complaints.clear()  # the browser's own line about the refused filter


def test_what_could_not_be_read_is_read_again_when_asked_for(visit: Any) -> None:
    page = visit.page
    read = re.compile(r"/collections/blocks/items\?.*limit=50")
    told = {"zh": "同时的请求过多", "en": "too many at once"}
    page.route(read, lambda route: route.fulfill(status=503, json=told))
    visit.open(map="118.767,36.967,12.00", layers="blocks", panel="table")
    problem = page.locator("table-panel").get_by_role("alert")
    expect(problem).to_contain_text("同时的请求过多")
    page.unroute(read)
    problem.get_by_role("button", name="重试").click()
    expect(rows(page)).to_have_count(50)
    expect(problem).to_have_count(0)


def test_row_and_map_show_the_same_selection(visit: Any) -> None:
    page = visit.open(map="118.767,36.967,12.00", layers="blocks", panel="table", selected="blocks/B-03-03")
    marked = page.locator("table-panel tr[aria-current=true]")
    expect(marked).to_contain_text("B-03-03")
    expect(marked).to_be_in_viewport()
    page.get_by_role("button", name="B-03-02").focus()
    page.keyboard.press("Enter")
    expect(page.locator("feature-card h2")).to_have_text("地块3-2号")
    expect(marked).to_contain_text("B-03-02")
    page.evaluate("location.hash = location.hash.replace('B-03-02', 'B-07-07')")
    expect(page.locator("feature-card h2")).to_have_text("地块7-7号")
    expect(page.locator("table-panel tr.pinned")).to_contain_text("B-07-07")


def test_what_is_listed_is_what_is_exported(visit: Any) -> None:
    condition = "area > 1 AND code LIKE 'B-02-%'"
    detail = quote(urlencode({"layer": "blocks", "filter": condition, "sort": "-code"}))
    page = visit.open(map="118.767,36.967,12.00", layers="blocks", panel="table", detail=detail)
    expect(rows(page)).to_have_count(8)
    shown = [row.split()[0] for row in rows(page).all_inner_texts()]
    answer = httpx.get(str(page.get_by_role("link", name="CSV").get_attribute("href")))
    assert answer.headers["content-type"].startswith("text/csv")
    listed = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert [row["code"] for row in listed] == sorted(shown), "files go by identity"
    collection = httpx.get(str(page.get_by_role("link", name="GeoJSON").get_attribute("href"))).json()
    assert [feature["id"] for feature in collection["features"]] == shown


def test_only_what_is_in_view_is_listed(visit: Any) -> None:
    page = visit.open(map="118.770,36.970,15.00", layers="blocks", panel="table")
    expect(rows(page)).to_have_count(50)
    page.get_by_role("checkbox", name="只列视野内").check()
    expect(rows(page)).to_have_count(3)
    expect(rows(page).filter(has_text="B-03-03")).to_have_count(1)
    page.evaluate("location.hash = location.hash.replace('118.77000,36.97000', '118.85000,36.97000')")
    expect(rows(page).filter(has_text="B-07-03")).to_have_count(1)
    expect(rows(page).filter(has_text="B-03-03")).to_have_count(0)


def test_without_webgl_lists_search_table_and_cards_still_work(mapless: Any) -> None:
    page: Page = mapless.page
    page.goto(mapless.site.map())
    notice = page.get_by_role("alert")
    expect(notice).to_contain_text("浏览器过旧或未开启硬件加速")
    expect(notice).to_contain_text("WebGL 2")
    assert not [url for url in mapless.requests if re.search(r"/maps-|/worker-", url)], "nothing to draw with"
    expect(page.get_by_role("button", name="对比", exact=True)).to_have_count(0)
    page.get_by_role("checkbox", name="5G 基站").uncheck()
    page.get_by_role("combobox", name="查找要素或坐标").fill("人民路12号")
    expect(page.locator("search-box").get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    expect(page.locator("feature-card h2")).to_have_text("人民路12号A座")
    page.get_by_role("button", name="属性表", exact=True).click()
    expect(page.locator("table-panel tr[aria-current=true]")).to_contain_text("B-03-03")
    page.get_by_role("button", name="B-03-02").click()
    expect(page.locator("feature-card h2")).to_have_text("地块3-2号")


def test_without_webgl_a_sheet_is_placed_by_its_coordinates(mapless: Any) -> None:
    page: Page = mapless.page
    page.goto(mapless.site.map(layers="blocks", selected="blocks/B-06-06"))
    page.get_by_role("button", name="出图", exact=True).click()
    panel = page.locator("print-panel")
    expect(panel.get_by_role("note")).to_contain_text("不能绘制地图")
    middle = panel.get_by_label("图幅中心")
    expect(middle).to_have_value(re.compile(r"N \d+\.\d, E \d+\.\d"))
    middle.fill("somewhere")
    middle.press("Tab")
    expect(panel.get_by_role("alert")).to_contain_text("经度, 纬度")
    panel.get_by_role("button", name="生成 PDF").click()
    expect(panel.get_by_role("status")).to_have_count(0)  # nothing is made of what is no place
    middle.fill("118.77, 36.97")
    middle.press("Tab")
    expect(panel.get_by_role("alert")).to_have_count(0)
    expect(page).to_have_url(re.compile("118.77"))
    typed = middle.input_value()
    middle.fill(typed)  # as the panel writes it, it is read again
    middle.press("Tab")
    expect(middle).to_have_value(typed)
    panel.get_by_role("button", name="移到所选要素").click()
    expect(middle).not_to_have_value(typed)
    with page.expect_download(timeout=60_000) as made:
        panel.get_by_role("button", name="生成 PDF").click()
    assert made.value.path().read_bytes().startswith(b"%PDF")


def test_without_webgl_panels_that_need_no_map_work_and_say_what_does(mapless: Any) -> None:
    page: Page = mapless.page
    page.goto(mapless.site.map(panel="measure"))
    measure = page.locator("measure-panel")
    expect(measure.get_by_role("note")).to_contain_text("不能绘制地图")
    page.get_by_role("button", name="面积").click()
    page.get_by_role("textbox", name="顶点坐标").fill("118.75,36.95\n118.80,36.95\n118.80,36.98")
    expect(measure.get_by_role("status")).to_contain_text("m²")
    page.get_by_role("button", name="草图", exact=True).click()
    sketch = page.locator("sketch-panel")
    expect(sketch.get_by_role("note")).to_contain_text("不能绘制地图")
    expect(sketch.get_by_role("group", name="画新图形")).to_have_count(0)
    area = {
        "type": "Polygon",
        "coordinates": [[[118.75, 36.95], [118.8, 36.95], [118.8, 36.98], [118.75, 36.95]]],
    }
    feature = {"type": "Feature", "properties": {"name": "红线"}, "geometry": area}
    red_line = json.dumps({"type": "FeatureCollection", "features": [feature]}).encode()
    page.locator("sketch-files input[type=file]").set_input_files(
        {"name": "红线.geojson", "mimeType": "application/geo+json", "buffer": red_line}
    )
    expect(sketch.get_by_role("list", name="图形")).to_contain_text("红线")
    page.get_by_role("button", name="规划", exact=True).click()
    planning = page.locator("planning-panel")
    expect(planning.get_by_role("note")).to_contain_text("不能绘制地图")
    expect(planning.get_by_role("button", name="图上画")).to_have_count(0)
    planning.get_by_role("button", name="取自草图").click()
    expect(planning.locator("#site-size")).to_contain_text("m²")
