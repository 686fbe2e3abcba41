"""A layer whose grant ends while it is shown, chosen, listed or compared 图层撤下."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from edit_ground import GEOJSON, Ground
from edit_page import near, show
from playwright.sync_api import Browser, Page, expect
from serving import until
from visits import REFUSAL, VIEW, Visit, visiting

from spatial.access import store as access
from spatial.access.model import Right, Role
from spatial.database import connect

pytestmark = pytest.mark.browser

DEPARTMENT = "水利局"
PLACE = (118.75, 36.93)
HERE = f"{PLACE[0]},{PLACE[1]},15.00"
BLUE = (43, 108, 176)
GONE = "机井:图层不存在、已停用或您无权查看"


@pytest.fixture(scope="module")
def well(town: Ground) -> str:
    """Id of one that is granted or not."""
    town.new_key(DEPARTMENT, DEPARTMENT, Role.READER)
    feature = {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": PLACE},
        "properties": {"name": "借看的井"},
    }
    made = town.ask("POST", "/collections/wells/items", json=feature, headers={"Content-Type": GEOJSON})
    assert made.status_code == 201
    return made.headers["Location"].rsplit("/", 1)[-1]


def granted(town: Ground) -> access.Grant:
    with connect(town.dsn) as connection:
        grant = access.add_grant(connection, "wells", DEPARTMENT, Right.READ, by="test")
    until(lambda: seen(town))
    return grant


def ended(town: Ground, grant: access.Grant) -> None:
    with connect(town.dsn) as connection:
        access.revoke_grant(connection, grant.id, by="test")
    until(lambda: not seen(town))


def seen(town: Ground) -> bool:
    return town.ask("GET", "/collections/wells/items?limit=1", DEPARTMENT).status_code == 200


@pytest.fixture
def reader(browser: Browser, town: Ground, well: str) -> Iterator[Visit]:
    with visiting(browser, town, expected=(REFUSAL,)) as watched:
        show(watched.page, town.keys[DEPARTMENT])
        yield watched
    with connect(town.dsn) as connection:
        for each in access.all_grants(connection):
            access.revoke_grant(connection, each.id, by="test")
    until(lambda: not seen(town))


def told(page: Page) -> Any:
    return page.get_by_role("alert").filter(has_text=GONE)


def test_what_is_shown_and_chosen_goes_and_comes_back(reader: Visit, town: Ground, well: str) -> None:
    grant = granted(town)
    page = reader.open(map=HERE, frame="mercator")
    reader.until(lambda: near(reader.color(), BLUE))
    page.mouse.click(VIEW["width"] / 2, VIEW["height"] / 2)
    card = page.locator("feature-card")
    expect(card).to_contain_text("借看的井")
    expect(page.get_by_role("list", name="历史")).to_be_visible()
    reader.streaming()
    ended(town, grant)
    expect(told(page)).to_be_visible()
    expect(card.get_by_role("alert")).to_contain_text("已停用或您无权查看")
    expect(card).not_to_contain_text("借看的井")
    card.get_by_role("button", name="关闭").click()
    reader.until(lambda: not near(reader.color(), BLUE))
    page.get_by_role("checkbox", name="机井").uncheck()
    expect(told(page)).to_have_count(0)
    page.get_by_role("checkbox", name="机井").check()
    expect(told(page)).to_be_visible()
    grant = granted(town)
    expect(told(page)).to_have_count(0)  # by itself
    reader.until(lambda: near(reader.color(), BLUE))
    ended(town, grant)


def test_its_rows_go_from_the_table(reader: Visit, town: Ground, well: str) -> None:
    grant = granted(town)
    page = reader.open(map=HERE, panel="table", detail="layer=wells")
    table = page.locator("table-panel")
    expect(table.locator("tbody tr").filter(has_text="借看的井")).to_have_count(1)
    reader.streaming()
    ended(town, grant)
    expect(table.get_by_role("alert")).to_contain_text("已停用或您无权查看")
    expect(table).not_to_contain_text("借看的井")
    table.get_by_label("图层").select_option("parcels")
    expect(table.locator("tbody tr").filter(has_text="P-00")).to_have_count(1)
    expect(table.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize("mode", ["swipe", "difference"])
def test_a_comparison_says_so_and_is_left(reader: Visit, town: Ground, well: str, mode: str) -> None:
    grant = granted(town)
    before = {"b.datetime": "2020-01-01", "differing": "wells"}
    page = reader.open(map=HERE, compare=mode, panel="compare", **before)
    reader.streaming()
    ended(town, grant)
    named = "机井、差异" if mode == "difference" else "机井"
    expect(page.get_by_role("alert").filter(has_text=f"{named}:图层不存在、已停用")).to_be_visible()
    page.locator("notice-board").get_by_role("button", name="结束对比").click()
    expect(page.locator("compare-panel")).to_be_visible()
    expect(told(page)).to_be_visible()
    reader.drawn()
