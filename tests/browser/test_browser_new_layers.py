"""Layers that come, change and come back while the page is open 图层动态."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from edit_ground import GEOJSON, PARCELS, WELLS, Ground, square
from edit_page import near, panel, show
from playwright.sync_api import Browser, Page, expect
from serving import until
from visits import REFUSAL, Visit, visiting

from spatial.access import store as access
from spatial.access.model import Right, Role
from spatial.catalogue import store
from spatial.catalogue.contract import Contract, Field, FieldType, Legend, Sharing, Title
from spatial.database import connect

pytestmark = pytest.mark.browser

PLACE = (118.7425, 36.9475)  # on the first parcel, beside its name
HERE = f"{PLACE[0]},{PLACE[1]},14.00"
GREEN, RED, YELLOW = (46, 139, 87), (200, 30, 60), (242, 201, 76)
PONDS = replace(
    WELLS,
    id="ponds",
    title=Title("坑塘", "Ponds"),
    sharing=Sharing.OPEN,
    geometry="Polygon",
    legend=Legend("fill", "#2e8b57"),
    order=15,
)
NOTE = "layer-news"


@pytest.fixture
def visit(browser: Browser, town: Ground) -> Iterator[Visit]:
    with visiting(browser, town, expected=(REFUSAL,)) as watched:
        yield watched
    with connect(town.dsn) as connection:
        held = {layer.contract.id: layer for layer in store.layers(connection)}
        for id in {"ponds", "plots"} & held.keys():
            if held[id].withdrawn_at is None:
                store.withdraw(connection, id)
    until(lambda: all(town.ask("GET", f"/collections/{id}").status_code == 404 for id in ("ponds", "plots")))


def published(town: Ground, contract: Contract) -> None:
    with connect(town.dsn) as connection:
        store.publish(connection, contract)
    until(lambda: town.ask("GET", f"/collections/{contract.id}").status_code == 200)


def added(town: Ground, layer: str, **properties: str) -> str:
    """Id of a feature that lies on the first parcel."""
    feature = {"type": "Feature", "geometry": square(0, 0), "properties": properties}
    made = town.ask("POST", f"/collections/{layer}/items", json=feature, headers={"Content-Type": GEOJSON})
    assert made.status_code == 201, made.text
    return made.headers["Location"].rsplit("/", 1)[-1]


def told(page: Page, words: str) -> None:
    expect(page.locator(NOTE).get_by_role("status")).to_contain_text(words)


def test_a_layer_that_is_published_is_listed_drawn_and_found(visit: Visit, town: Ground) -> None:
    page = visit.open(map=HERE, frame="mercator", panel="layers")
    visit.until(lambda: near(visit.color(), YELLOW))
    visit.streaming()
    expect(page.get_by_role("checkbox", name="坑塘")).to_have_count(0)
    published(town, PONDS)
    added(town, "ponds", name="新塘")
    expect(page.get_by_role("checkbox", name="坑塘")).to_be_checked()
    told(page, "新增图层:坑塘")
    visit.until(lambda: near(visit.color(), GREEN))  # above the parcels, as it lies in the catalogue
    expect(page.locator(NOTE).get_by_role("button", name="显示")).to_have_count(0)  # it is shown
    page.get_by_role("combobox", name="查找要素或坐标").fill("新塘")
    expect(page.get_by_role("option").filter(has_text="新塘")).to_be_visible()
    page.keyboard.press("Escape")
    page.locator(NOTE).get_by_role("button", name="关闭").press("Enter")
    expect(page.locator(NOTE)).to_have_count(0)
    expect(page.locator("#map canvas").first).to_be_focused()


def test_where_layers_were_chosen_it_is_offered(visit: Visit, town: Ground) -> None:
    page = visit.open(map=HERE, frame="mercator", layers="parcels", panel="none")
    visit.streaming()
    published(town, PONDS)
    id = added(town, "ponds", name="新塘")
    told(page, "新增图层:坑塘")
    assert near(visit.color(), YELLOW)
    page.locator(NOTE).get_by_role("button", name="显示").click()
    visit.until(lambda: near(visit.color(), GREEN))
    assert "layers=parcels,ponds" in page.url.replace("%2C", ",")
    page.get_by_role("button", name="属性表").click()
    page.locator("table-panel").get_by_label("图层").select_option("ponds")
    expect(page.locator("table-panel tbody tr").filter(has_text=id)).to_have_count(1)


def test_a_link_that_named_it_too_early_comes_right(visit: Visit, town: Ground) -> None:
    page = visit.open(map=HERE, frame="mercator", layers="ponds", compare="swipe", panel="none")
    expect(page.get_by_role("alert").filter(has_text="没有图层“ponds”")).to_be_visible()
    visit.streaming()
    published(town, PONDS)
    added(town, "ponds", name="新塘")
    expect(page.get_by_role("alert").filter(has_text="没有图层")).to_have_count(0)
    visit.until(lambda: all(near(each, GREEN) for each in sides(visit)))


def sides(visit: Visit) -> list[tuple[int, ...]]:
    """Colours left and right of the divider, on the pond."""
    picture = visit.picture()
    box = visit.page.get_by_role("separator").bounding_box()
    assert box
    y, x = picture.shape[1] // 2 + 80, round(box["x"] + box["width"] / 2)
    return [tuple(int(each) for each in picture[:, y, x + by]) for by in (-30, 30)]


def test_another_title_legend_and_field_reach_the_page(visit: Visit, town: Ground) -> None:
    plots = replace(PARCELS, id="plots", title=Title("旧名", "Old title"), order=12, quality=WELLS.quality)
    published(town, plots)
    added(town, "plots", code="P-50", name="一号地")
    show(visit.page, town.keys["张工"])
    page = visit.open(map=HERE, frame="mercator", panel="edit", selected="plots/P-50")
    panel(page).get_by_role("button", name="修改", exact=True).click()
    form = panel(page).locator("edit-form")
    form.get_by_label("名称").fill("正在改的名称")
    visit.streaming()
    other = replace(
        plots,
        title=Title("地块", "Plots"),
        legend=Legend("fill", "#c81e3c"),
        fields=(*plots.fields, Field("remark", FieldType.TEXT, Title("备注", "Remark"))),
    )
    published(town, other)
    told(page, "图层有更新:地块(名称、字段、图例)")
    visit.until(lambda: near(visit.color(), RED))
    expect(form.get_by_label("备注")).to_be_visible()
    expect(form.get_by_label("名称")).to_have_value("正在改的名称")
    expect(page.locator("feature-card")).to_contain_text("地块")
    page.get_by_role("button", name="图层", exact=True).click()
    expect(page.get_by_role("checkbox", name="地块")).to_be_checked()


def test_a_layer_that_is_granted_and_ends_is_told(browser: Browser, town: Ground) -> None:
    town.new_key("林业局", "林业局", Role.READER)
    with visiting(browser, town, expected=(REFUSAL,)) as visit:
        show(visit.page, town.keys["林业局"])
        page = visit.open(map=HERE, frame="mercator", layers="parcels", panel="layers")
        visit.streaming()
        for words in ("新增图层:机井", "图层恢复可用:机井"):
            with connect(town.dsn) as connection:
                grant = access.add_grant(connection, "wells", "林业局", Right.READ, by="test")
            told(page, words)
            expect(page.get_by_role("checkbox", name="机井")).not_to_be_checked()
            with connect(town.dsn) as connection:
                access.revoke_grant(connection, grant.id, by="test")
            told(page, "图层已撤下或不再授权:机井")


def test_a_browser_without_maps_hears_of_it_too(visit: Visit, town: Ground) -> None:
    visit.page.add_init_script("HTMLCanvasElement.prototype.getContext = () => null")
    page = visit.page
    page.goto(town.map(panel="table", detail="layer=parcels"))
    rows = page.locator("table-panel tbody tr")
    expect(rows.filter(has_text="P-00")).to_have_count(1)
    visit.streaming()
    town.create("P-77", 3, 3)
    expect(rows.filter(has_text="P-77")).to_have_count(1)
    published(town, PONDS)
    told(page, "新增图层:坑塘")
    page.locator("table-panel").get_by_label("图层").select_option("ponds")
    town.remove("P-77")


def test_a_right_that_is_granted_is_offered_on_the_open_card(browser: Browser, town: Ground) -> None:
    town.new_key("城管局", "城管局", Role.EDITOR)
    with visiting(browser, town, expected=(REFUSAL,)) as visit:
        show(visit.page, town.keys["城管局"])
        page = visit.open(map=HERE, frame="mercator", selected="parcels/P-00", panel="none")
        card = page.locator("feature-card")
        expect(card.get_by_role("list", name="历史")).to_be_visible()
        visit.streaming()
        expect(card.get_by_role("button", name="修改")).to_have_count(0)
        with connect(town.dsn) as connection:
            grant = access.add_grant(connection, "parcels", "城管局", Right.EDIT, by="test")
        expect(card.get_by_role("button", name="修改")).to_be_visible()
        with connect(town.dsn) as connection:
            access.revoke_grant(connection, grant.id, by="test")
        expect(card.get_by_role("button", name="修改")).to_have_count(0)
