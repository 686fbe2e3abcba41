"""The address service on the map: suggestions, a text read as chips, the card at the map's date."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from register_ground import registered
from serving import server
from visits import Site, Visit, visiting

pytestmark = pytest.mark.browser

SIZE = 1500
VILLAGE = "桑家营子村"
FIRST_MS = 60_000
"""The first question has the register read."""


@pytest.fixture(scope="module")
def visit(
    browser: Browser, built: Path, server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Visit]:
    with registered(server_dsn, template, SIZE) as dsn:
        log = tmp_path_factory.mktemp("address") / "server.log"
        with server(dsn, log) as served, visiting(browser, Site(served.url)) as watched:
            for _ in range(20):
                if served.client.get("/v1/parse", params={"text": "寿光市"}, timeout=60).status_code != 503:
                    break
            yield watched


def box(page: Page) -> Locator:
    return page.get_by_role("combobox", name="查找要素或坐标")


def test_initials_suggest_a_village_whose_card_the_link_keeps(visit: Visit) -> None:
    page = visit.open()
    box(page).fill("sjyzc")
    option = page.get_by_role("option").filter(has_text=VILLAGE).first
    expect(option).to_contain_text("文家街道", timeout=FIRST_MS)
    box(page).press("ArrowDown")
    option.click()
    card = page.locator("address-card")
    expect(card.get_by_text(f"山东省潍坊市寿光市文家街道{VILLAGE}").first).to_be_visible()
    expect(card.locator("[aria-current=location]")).to_have_text(VILLAGE)
    expect(card.get_by_text("370783003215").first).to_be_visible()
    expect(page).to_have_url(re.compile("panel=address&detail="))
    page.reload()
    visit.drawn()
    expect(card.locator("[aria-current=location]")).to_have_text(VILLAGE)
    card.get_by_role("button", name="文家街道", exact=True).click()
    expect(card.locator("[aria-current=location]")).to_have_text("文家街道")


def test_a_date_before_the_register_has_no_address(visit: Visit) -> None:
    page = visit.page
    key = re.search("detail=([^&]+)", page.url)
    assert key is not None
    visit.open(panel="address", detail=key[1], datetime="1950-01-01T00:00")
    card = page.locator("address-card")
    expect(card.get_by_text("显示 1950-01-01 的登记")).to_be_visible()
    expect(card.get_by_text("这一天没有这个地址构件。")).to_be_visible()


def test_a_text_is_read_as_chips_with_its_conflict_in_words(visit: Visit) -> None:
    page = visit.open()
    box(page).fill(f"寿光市侯镇{VILLAGE}9999号")
    box(page).press("Enter")
    chips = page.get_by_role("list", name="解析出的地址要素").get_by_role("listitem")
    expect(chips.filter(has_text=VILLAGE)).to_have_class("conflict")
    expect(chips.filter(has_text="山东省")).to_have_class("inferred")
    expect(chips.filter(has_text="9999号")).to_have_class("missing")
    found = page.locator("address-found")
    expect(found.locator("p.bad").first).to_contain_text(VILLAGE)
    expect(found.locator(".meant li").first).to_contain_text("须人工确认:登记簿没有所写的号码")
    expect(page).to_have_url(re.compile("detail=text:"))


def test_a_number_of_the_register_is_no_missing_one(visit: Visit) -> None:
    page = visit.page
    asked = page.request.get(f"{visit.site.url}/collections/addresses/items?limit=1")
    written = asked.json()["features"][0]["properties"]["full_text"]
    box(page).fill(written)
    box(page).press("Enter")
    chips = page.get_by_role("list", name="解析出的地址要素").get_by_role("listitem")
    expect(page.locator("address-found .meant li").first).to_contain_text(written)
    expect(chips.last).to_have_class("found")


def test_enter_before_the_search_is_there_is_not_lost(visit: Visit) -> None:
    """What searches is read when somebody begins to type; who is quicker gets the same answer."""
    page = visit.page
    page.route("**/search_box-*.js", lambda route: (page.wait_for_timeout(400), route.continue_()))
    visit.open()
    box(page).fill(f"寿光市侯镇{VILLAGE}9999号")
    box(page).press("Enter")
    chips = page.get_by_role("list", name="解析出的地址要素").get_by_role("listitem")
    expect(chips.filter(has_text=VILLAGE)).to_have_class("conflict")
