"""The planning panel: a site is drawn, read or typed, judged, and its evidence shown on the map."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import planning_ground
import pytest
import shapely
from edit_page import show
from playwright.sync_api import Browser, Locator, Page, expect
from pyproj import Geod, Transformer
from serving import server
from sketch_drawing import clicks
from test_browser_panels_access import unbroken
from visits import Site, Visit, new_visit, visiting

from planning.model import ACTIVITIES, ATTRIBUTES, STAGES
from spatial.access import store as access
from spatial.access.model import Right, Role
from spatial.database import connect

pytestmark = pytest.mark.browser

WAIT_MS = 60_000
DAY = "2026-06-01T00:00"
MU_M2 = 2000 / 3
GEOD = Geod(a=6378137.0, rf=298.257222101)
TO_ZONE = Transformer.from_crs(4490, 4549, always_xy=True)


@pytest.fixture(scope="module")
def planned(server_dsn: str, template: str) -> Iterator[str]:
    with planning_ground.planned(server_dsn, template, 1500) as dsn:
        yield dsn


@pytest.fixture(scope="module")
def city(built: Path, planned: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with server(planned, tmp_path_factory.mktemp("panel") / "server.log") as served:
        served.client.post(
            "/sketch/read?name=a.geojson", content=b"{}", timeout=120
        )  # the readers are loaded
        yield Site(served.url)


@pytest.fixture
def visit(browser: Browser, city: Site) -> Iterator[Visit]:
    with visiting(browser, city) as watched:
        yield watched


@pytest.fixture(scope="module")
def field(planned: str) -> tuple[float, float]:
    """A place in a field that may not be built on."""
    return inside(planned, "land_use_survey", "dlbm = '0102'")


def inside(dsn: str, table: str, where: str) -> tuple[float, float]:
    with connect(dsn) as connection:
        row = connection.execute(
            "select ST_X(p), ST_Y(p) from (select ST_PointOnSurface(geom) p from"
            f" history.{table}_believed where {where} order by fid limit 1) s"
        ).fetchone()
    assert row
    return row[0], row[1]


def opened(visit: Visit, at: tuple[float, float], zoom: float = 15, **state: str) -> tuple[Page, Locator]:
    view = f"{at[0]:.6f},{at[1]:.6f},{zoom:.2f}"
    page = visit.open(**{"map": view, "panel": "planning", "layers": "plans", "datetime": DAY, **state})
    panel = page.locator("planning-panel")
    expect(panel).to_be_visible(timeout=WAIT_MS)
    return page, panel


def judged(page: Page, panel: Locator) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the page asked and what it was answered."""
    with page.expect_response(re.compile("compliance-check/execution"), timeout=WAIT_MS) as answered:
        panel.get_by_role("button", name="审查", exact=True).click()
    expect(panel.locator(".overall")).to_be_visible()
    expect(panel.locator(".overall")).to_be_in_viewport()
    verdict = panel.locator(".overall strong").inner_text()
    expect(panel.get_by_role("status").filter(has_text=f"总结论:{verdict}")).to_have_count(1)
    return answered.value.request.post_data_json, answered.value.json()


def legal_m2(shape: shapely.Geometry) -> float:
    """Karney's area, edges cut finely along the straight lines of the zone."""

    def there(coords: Any, back: bool = False) -> Any:
        moved = TO_ZONE.transform(coords[:, 0], coords[:, 1], direction="INVERSE" if back else "FORWARD")
        return np.column_stack(moved)

    fine = shapely.segmentize(shapely.transform(shape, there), 20.0)
    ring = shapely.transform(fine, lambda coords: there(coords, back=True))
    return abs(GEOD.geometry_area_perimeter(shapely.orient_polygons(ring))[0])


def number(text: str, unit: str) -> float:
    found = re.search(rf"([\d,.]+) {re.escape(unit)}", text)
    assert found, text
    return float(found[1].replace(",", ""))


def site_file(*rings: shapely.Polygon | shapely.Point) -> bytes:
    features = [
        {"type": "Feature", "properties": {"name": f"地块{n}"}, "geometry": shapely.geometry.mapping(ring)}
        for n, ring in enumerate(rings, 1)
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def read_in(panel: Locator, body: bytes, name: str) -> None:
    if panel.get_by_role("button", name="读文件").get_attribute("aria-pressed") == "false":
        panel.get_by_role("button", name="读文件").click()
    panel.locator("#file").set_input_files(
        {"name": name, "mimeType": "application/octet-stream", "buffer": body}
    )


def test_a_drawn_site_is_judged_and_a_rule_shows_its_evidence(
    visit: Visit, planned: str, field: tuple[float, float]
) -> None:
    page, panel = opened(visit, field)
    for name, choices in (("审批环节", STAGES), ("活动类型", ACTIVITIES)):
        options = panel.get_by_label(name).locator("option")
        expect(options).to_have_count(len(choices) + 1)
        told = options.evaluate_all("(all) => all.map((each) => [each.value, each.textContent.trim()])")
        assert told[1:] == [[value, title.zh] for value, title in choices.items()]
    panel.get_by_role("button", name="审查", exact=True).click()
    expect(panel.get_by_role("alert")).to_contain_text("还没有项目范围")
    panel.get_by_role("button", name="图上画").click()
    clicks(page, (520, 240), (760, 250), (750, 520), (530, 500))
    panel.get_by_role("button", name="完成").click()
    panel.get_by_label("活动类型").select_option("industry")
    panel.get_by_label("拟用地用海分类").fill("100101 一类工业用地")
    panel.get_by_text("指标与补充(可不填)").click()
    panel.get_by_label("容积率").fill("1.2")
    panel.get_by_label("已有不可避让论证").check()
    asked, found = judged(page, panel)
    facts = {"activity": "industry", "use_code": "100101", "far": 1.2, "justified": True}
    assert asked["inputs"]["projects"]["properties"] == facts
    assert asked["inputs"]["datetime"] == "2026-06-01T00:00:00+08:00"
    assert found["verdict"]["id"] == "breaches"
    overall = panel.locator(".overall").inner_text()
    assert "不符合" in overall and "2026-06-01" in overall
    area_m2 = legal_m2(shapely.geometry.shape(asked["inputs"]["projects"]["geometry"]))
    assert number(overall, "m²") == pytest.approx(area_m2, rel=2e-6)
    assert number(overall, "亩") == pytest.approx(area_m2 / MU_M2, rel=2e-6)
    expect(panel.locator(".synthetic")).to_contain_text("合成数据")
    order = panel.locator("finding-list > .rule, ul > .rule").evaluate_all(
        "(all) => all.map((each) => each.className.split(' ')[1])"
    )
    gravity = ["breaches", "undecided", "needs-justification"]
    assert order[:1] == ["breaches"] and order == sorted(
        order, key=[*gravity, "complies", "not-applicable"].index
    )
    complying = sum(rule["verdict"]["id"] == "complies" for rule in found["rules"])
    expect(panel.get_by_text(f"符合的规则 {complying} 条")).to_be_visible()
    evidence(visit, panel, "占用永久基本农田", (168, 54, 42))
    grounds = panel.locator(".body")
    expect(grounds).to_contain_text("《中华人民共和国土地管理法》第三十五条")
    expect(grounds).to_contain_text("条款待核")
    group = next(rule for rule in found["rules"] if rule["id"] == "farmland.permanent")["groups"][0]
    assert number(grounds.inner_text(), "m²") == pytest.approx(group["area_m2"], abs=0.006)
    (version,) = {found["plan_versions"][key]["document_no"] for key in found["plan_versions"]}
    expect(grounds).to_contain_text(version)
    with page.expect_download() as taken:
        panel.get_by_role("button", name="下载证据").click()
    assert json.loads(Path(taken.value.path()).read_text("utf-8")) == found
    assert panel.get_by_label("审查编号").input_value() == found["check"]
    with connect(planned) as connection:
        kept = connection.execute(
            "select count(*) from planning.compliance_check where id = %s", (found["check"],)
        ).fetchone()
    assert kept == (1,)


def seen(visit: Visit) -> np.ndarray[Any, Any]:
    """Pixels of the map beside the panel, as red, green, blue."""
    return np.moveaxis(visit.picture()[:, :, 450:1100].astype(float), 0, -1)


def evidence(visit: Visit, panel: Locator, rule: str, color: tuple[int, int, int]) -> None:
    """What opening a rule draws on the map is drawn in the colour of its verdict, and goes with it."""
    button = panel.get_by_role("button", name=rule)
    visit.still()
    plain = seen(visit)
    button.click()
    expect(button).to_have_attribute("aria-expanded", "true")
    visit.until(lambda: (np.abs(plain - seen(visit)).sum(axis=2) > 30).mean() > 0.05)
    visit.still()
    shown = seen(visit)
    button.click()
    visit.until(lambda: (np.abs(shown - seen(visit)).sum(axis=2) > 30).mean() > 0.05)
    without = seen(visit)
    drawn = np.abs(shown - without).sum(axis=2) > 30
    towards = ((shown - without)[drawn] * (np.array(color) - without[drawn])).sum(axis=1)
    assert np.median(towards) > 0
    button.click()


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desk", "phone"])
def test_all_of_it_by_keyboard_alone_and_without_barriers(
    visit: Visit, field: tuple[float, float], size: tuple[int, int]
) -> None:
    visit.page.set_viewport_size({"width": size[0], "height": size[1]})
    page, panel = opened(visit, field, 16)
    unbroken(page, "start")
    panel.get_by_role("button", name="图上画").focus()
    page.keyboard.press("Enter")
    unbroken(page, "drawing")
    page.locator(".maplibregl-canvas").focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft"):
        page.keyboard.press("Enter")
        page.keyboard.press(key)
        page.wait_for_timeout(700)
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(panel.locator("#site-size")).to_be_visible()
    panel.get_by_label("活动类型").focus()
    page.keyboard.type("工业")
    panel.get_by_text("指标与补充(可不填)").focus()
    page.keyboard.press("Enter")
    panel.get_by_label("建筑密度").focus()
    page.keyboard.type("四成")
    page.keyboard.press("Enter")
    expect(panel.get_by_role("alert")).to_contain_text("建筑密度须是不小于 0 的数:四成")
    expect(panel.get_by_label("建筑密度")).to_be_focused()
    unbroken(page, "no number")
    page.keyboard.press("Control+a")
    page.keyboard.type("40")
    page.keyboard.press("Enter")
    expect(panel.locator(".overall")).to_contain_text("不符合", timeout=WAIT_MS)
    rule = panel.get_by_role("button", name="规划分区准入")
    rule.focus()
    page.keyboard.press("Enter")
    group = panel.locator(".group > button").first
    group.focus()
    page.keyboard.press("Enter")
    expect(group).to_have_attribute("aria-pressed", "true")
    for fold in panel.locator(".folded > summary").all():
        fold.focus()
        page.keyboard.press("Enter")
    unbroken(page, "result")
    assert page.locator("html").evaluate("(root) => [root.scrollWidth, root.scrollHeight]") == list(size)
    assert page.locator(".page").evaluate("(shell) => shell.scrollTop") == 0
    page.get_by_role("button", name="English").click()
    expect(panel.locator(".overall")).to_contain_text("does not comply")
    unbroken(page, "English")
    told = {name.inner_text().split("\n")[0].strip() for name in panel.locator("label").all()}
    assert len(told) > len(ATTRIBUTES), "every attribute of a project has its field"
    assert not any(re.search("[一-鿿]", each) for each in told), told


def test_files_and_the_sketch_give_sites_and_say_what_is_wrong(
    visit: Visit, field: tuple[float, float]
) -> None:
    x, y = field
    first = shapely.box(x - 0.001, y - 0.001, x, y)
    second = shapely.box(x + 0.0005, y, x + 0.0012, y + 0.001)
    page, panel = opened(visit, field)
    read_in(panel, site_file(shapely.Point(x, y)), "点.geojson")
    expect(panel.get_by_role("alert")).to_contain_text("文件里没有面", timeout=WAIT_MS)
    points = httpx.post(
        f"{visit.site.url}/sketch/write?f=txt&frame=plane", content=site_file(first, second), timeout=60
    )
    read_in(panel, points.content, "界址点.txt")
    size = panel.locator("#site-size")
    expect(size).to_be_visible(timeout=WAIT_MS)
    # Boundary points are written to the centimetre.
    assert number(size.inner_text(), "m²") == pytest.approx(legal_m2(first) + legal_m2(second), rel=2e-4)
    panel.get_by_label("用哪一块").select_option("1")
    panel.get_by_label("拟用地用海分类").fill("9999")
    panel.get_by_role("button", name="审查", exact=True).click()
    expect(panel.get_by_role("alert").filter(has_text="9999")).to_be_visible(timeout=WAIT_MS)
    visit.complaints.clear()  # the browser's own line about the refusal
    panel.get_by_label("拟用地用海分类").fill("0301")
    _, found = judged(page, panel)
    assert found["project"]["area_m2"] == pytest.approx(legal_m2(second), rel=2e-4)
    panel.get_by_label("活动类型").select_option("restoration")
    expect(panel.get_by_role("alert")).to_contain_text("请重新审查")
    read_in(panel, site_file(shapely.box(116.3, 39.9, 116.31, 39.91)), "外地.geojson")
    expect(panel.locator("sketch-files").get_by_role("alert")).to_contain_text("外地", timeout=WAIT_MS)
    panel.get_by_role("button", name="图上画").click()
    for place in ("116.3, 39.9", "116.31, 39.9", "116.31, 39.91"):
        panel.get_by_label("输入坐标").fill(place)
        page.keyboard.press("Enter")
    panel.get_by_role("button", name="完成").click()
    panel.get_by_role("button", name="审查", exact=True).click()
    expect(panel.get_by_role("alert").filter(has_text="不在寿光市范围内")).to_be_visible(timeout=WAIT_MS)
    visit.complaints.clear()
    # Another panel takes its place: what was given is there when one comes back.
    page.get_by_role("button", name="草图", exact=True).click()
    page.locator("sketch-panel #file").set_input_files(
        {"name": "草图.geojson", "mimeType": "application/geo+json", "buffer": site_file(first)}
    )
    expect(page.locator("sketch-panel .figure")).to_have_count(1, timeout=WAIT_MS)
    page.get_by_role("button", name="规划", exact=True).click()
    expect(panel.get_by_label("活动类型")).to_have_value("restoration")
    panel.get_by_role("button", name="取自草图").click()
    asked, _ = judged(page, panel)
    taken = shapely.geometry.shape(asked["inputs"]["projects"]["geometry"])
    assert shapely.hausdorff_distance(taken, first) < 2e-8


def test_what_may_not_be_seen_is_said_to_be_withheld(
    browser: Browser, planned: str, field: tuple[float, float], city: Site
) -> None:
    with connect(planned) as connection:
        access.add_grant(connection, "planning-zones", "水利局", Right.READ, by="test")
        _, secret = access.add_key(connection, "试验", "水利局", [Role.READER], by="test")
    watched = new_visit(browser, city)
    show(watched.page, secret)
    page, panel = opened(watched, field, layers="planning-zones")
    read_in(
        panel, site_file(shapely.box(field[0], field[1], field[0] + 0.001, field[1] + 0.001)), "a.geojson"
    )
    expect(panel.locator("#site-size")).to_be_visible(timeout=WAIT_MS)
    panel.get_by_label("活动类型").select_option("industry")
    _, found = judged(page, panel)
    rule = next(each for each in found["rules"] if each["id"] == "farmland.permanent")
    assert rule["groups"][0]["withheld"]
    panel.get_by_role("button", name="占用永久基本农田").click()
    expect(panel.locator(".body")).to_contain_text("无权查看该图层")
    expect(panel.locator(".body .feature")).to_have_count(0)
    panel.get_by_role("button", name="规划分区准入").click()
    expect(panel.locator(".body")).not_to_contain_text("无权查看该图层")
    watched.page.context.close()
    assert watched.foreign == []


def test_layers_that_are_not_shown_by_themselves_come_when_they_are_chosen(
    visit: Visit, field: tuple[float, float]
) -> None:
    page = visit.open(map=f"{field[0]:.6f},{field[1]:.6f},15.00", panel="layers")
    survey = page.get_by_role("checkbox", name="国土变更调查地类图斑")
    zones = page.get_by_role("checkbox", name="规划分区", exact=True)
    expect(survey).to_be_checked()
    expect(zones).not_to_be_checked()
    assert not [url for url in visit.requests if "/collections/planning-zones/tiles" in url]
    expect(page).not_to_have_url(re.compile("layers="))
    zones.check()
    visit.drawn()
    assert [url for url in visit.requests if "/collections/planning-zones/" in url]
    chosen = re.search(r"layers=([^&]*)", page.url)
    assert chosen and {"planning-zones", "land-use-survey"} <= set(chosen[1].split(","))
    assert "flood-risk" not in chosen[1].split(",")
    zones.uncheck()
    visit.drawn()
    expect(page).not_to_have_url(re.compile("layers="))  # what is shown by itself needs no list
