"""Addresses in the browser: written, read element by element, placed, and the card of the place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect
from serving import database_of, server
from visits import Site, Visit, visiting

from address import ingest, layers
from address.sample import draw, loading
from spatial.database import connect

pytestmark = pytest.mark.browser
SIZE = 1500
TOWN, VILLAGE = "文家街道", "桑家营子村"
UNREAD_MS = 60_000
"""The first question has the register read."""


@pytest.fixture(scope="module")
def register(
    built: Path, server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    with database_of(server_dsn, template) as dsn:
        with connect(dsn) as connection, connection.transaction():
            layers.publish(connection)
            ingest.load(connection, draw(SIZE, loading.SEED).bundle(), loading.intent(SIZE))
        with server(dsn, tmp_path_factory.mktemp("address") / "server.log") as served:
            for _ in range(20):
                asked = httpx.get(f"{served.url}/v1/parse", params={"text": "寿光市"}, timeout=UNREAD_MS)
                if asked.status_code == 200:
                    break
            yield Site(served.url)


@pytest.fixture(scope="module")
def address(browser: Browser, register: Site) -> Iterator[Visit]:
    with visiting(browser, register, coarse=True) as watched:
        watched.open(map="118.75,36.88,12.50", layers="regions")
        yield watched


def box(page: Page) -> Any:
    return page.get_by_role("combobox", name="查找要素或坐标")


def items(visit: Visit, layer: str, **query: str) -> list[dict[str, Any]]:
    answer = httpx.get(f"{visit.site.url}/collections/{layer}/items", params=query, timeout=30)
    features: list[dict[str, Any]] = answer.json()["features"]
    return features


def chips(page: Page, kind: str) -> Any:
    return page.locator(f"address-answer .chips li.{kind} span[lang]")


def test_initials_lead_to_an_address_and_its_card(address: Visit) -> None:
    page = address.page
    box(page).fill("wjjd")
    option = page.locator("search-box").get_by_role("option").filter(has_text="标准地址").first
    expect(option).to_contain_text(TOWN)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator("address-card h3[lang]")).to_have_text(TOWN)
    path = page.get_by_role("list", name="所在路径,自上而下").get_by_role("button")
    expect(path).to_have_count(4)
    expect(path.last).to_have_attribute("aria-current", "true")
    (town,) = items(address, "components", filter=f"name = '{TOWN}' AND element = 20")
    expect(page.locator("address-card .kept", has_text=town["properties"]["code"])).to_have_count(1)
    assert f"detail={town['id']}/" in page.url
    path.nth(2).click()
    expect(page.locator("address-card h3[lang]")).to_have_text("寿光市")


def test_a_text_is_read_and_what_is_wrong_is_told(address: Visit) -> None:
    page = address.page
    box(page).fill(f"圣城街道{VILLAGE}9999号")
    page.keyboard.press("Enter")
    expect(chips(page, "conflict")).to_have_text(["圣城街道", VILLAGE])
    expect(page.locator("address-answer .conflicts")).to_contain_text("请核对所属镇街")
    expect(chips(page, "inferred")).to_have_text(["山东省", "潍坊市", "寿光市"])
    box(page).fill(f"{TOWN}{VILLAGE}9999号")
    page.keyboard.press("Enter")
    expect(chips(page, "found")).to_have_text([TOWN, VILLAGE])
    expect(chips(page, "missing")).to_have_text(["9999号"])
    expect(page.locator("address-answer .coarser")).to_contain_text("落点只到村、社区")
    expect(page.locator("address-card h3[lang]")).to_have_text(VILLAGE)
    choices = page.get_by_role("list", name=re.compile("可能的地址")).get_by_role("button")
    choices.filter(has_text="置信度").nth(1).click()
    expect(choices.nth(1)).to_have_attribute("aria-current", "true")


def test_a_link_opens_the_card_at_its_date(address: Visit) -> None:
    page = address.page
    plate = items(address, "doorplates", limit="1")[0]["properties"]
    page.goto(address.site.map(panel="address", detail=plate["component_id"], layers="regions"))
    card = page.locator("address-card")
    expect(card.get_by_role("list", name="门牌")).to_contain_text(plate["plate_number"])
    expect(card.get_by_role("img", name="门牌样式,带二维码")).to_have_js_property("complete", True)
    expect(card.locator(".date")).to_have_text("登记簿现状:今天")
    page.get_by_label("现状时间").first.fill("2020-01-01")
    page.keyboard.press("Enter")
    expect(card.locator(".date")).to_have_text("现状 2020-01-01")
    expect(card.get_by_role("alert")).to_have_text("在所选时间没有此要素。")


def test_links_are_not_told_to_whom_they_are_not_shared(address: Visit) -> None:
    """Names of the objects are internal: who is not signed in reads what kind of link there is, no more."""
    page = address.page
    link = items(address, "object-links", limit="1")[0]["properties"]
    (place,) = items(address, "addresses", filter=f"id = '{link['address_id']}'")
    page.goto(address.site.map(panel="address", detail=place["properties"]["component_id"], layers="regions"))
    links = page.locator("address-card").get_by_role("list", name="地址关联")
    expect(links.get_by_role("listitem").first).to_contain_text("2026-01-01 起")
    expect(page.locator("address-card")).to_contain_text("对象的名称和标识未向您共享。")
