"""Plan review in the planning panel: progress, defects by the twelve groups, their places, the reports."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import geopandas
import pyogrio
import pytest
import shapely
from planning_ground import planned as planned_ground
from playwright.sync_api import Browser, Locator, Page, expect
from serving import server
from test_browser_address_work import working
from test_browser_panels_access import unbroken
from visits import Site, Visit, visiting

sys.path.insert(0, str(Path(__file__).parents[1] / "planning"))
from plans_ground import double

from address.layers import publish as publish_address
from planning.review.catalogue import shipped
from spatial.database import connect

pytestmark = pytest.mark.browser

WAIT_MS = 120_000


@pytest.fixture(scope="module")
def planned(server_dsn: str, template: str) -> Iterator[str]:
    """The sample, with one parcel twice."""
    with planned_ground(server_dsn, template, 400) as dsn:
        with connect(dsn) as connection, connection.transaction():
            publish_address(connection)
            row = connection.execute(
                "select fid from history.land_use_survey_believed where dlbm = '0102' order by fid limit 1"
            ).fetchone()
            assert row
            double(connection, "land-use-survey", row[0], "370783999999999999")
        yield dsn


@pytest.fixture(scope="module")
def city(built: Path, planned: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    log = tmp_path_factory.mktemp("review") / "server.log"
    with working(planned), server(planned, log) as served:
        yield Site(served.url)


@pytest.fixture
def visit(browser: Browser, city: Site) -> Iterator[Visit]:
    with visiting(browser, city) as watched:
        yield watched


def opened(visit: Visit) -> tuple[Page, Locator]:
    page = visit.open(panel="planning", layers="plans", detail="review")
    panel = page.locator("plan-review-panel")
    expect(panel).to_be_visible(timeout=60_000)
    return page, panel


def ticked(panel: Locator, fold: str, *names: str) -> None:
    panel.get_by_text(fold).click()
    for name in names:
        panel.get_by_label(name, exact=True).check()


def test_held_layers_are_reviewed_and_a_defect_is_shown_where_it_is(
    visit: Visit, planned: str, tmp_path: Path
) -> None:
    page, panel = opened(visit)
    ticked(panel, "图层(不选为全部)", "国土变更调查地类图斑")
    titles = shipped().groups
    ticked(panel, "检查组(不选为全部)", *(f"{n} {titles[n - 1].zh}" for n in (5, 7)))
    panel.get_by_role("button", name="审查", exact=True).click()
    expect(panel.get_by_role("button", name="正在审查")).to_be_visible()
    expect(panel.locator(".overall")).to_contain_text("有错误", timeout=WAIT_MS)
    groups = panel.locator(".groups > li")
    expect(groups).to_have_count(12)
    for n, title in enumerate(titles, 1):
        expect(groups.nth(n - 1)).to_contain_text(f"{n} {title.zh}")
    expect(groups.nth(0)).to_contain_text("未检查")
    expect(groups.nth(4)).to_contain_text("无问题")
    expect(panel.locator("span.seal")).to_have_text("合成数据")
    groups.nth(6).get_by_role("button").first.click()
    found = panel.locator(".finding > .whole").filter(has_text="370783999999999999").first
    found.click()
    expect(found).to_have_attribute("aria-pressed", "true")
    with connect(planned) as connection:
        row = connection.execute(
            "select ST_XMin(geom), ST_YMin(geom), ST_XMax(geom), ST_YMax(geom)"
            " from history.land_use_survey_believed where fid = '370783999999999999'"
        ).fetchone()
    assert row
    near = shapely.box(*row).buffer(0.003)

    def there() -> bool:
        camera = re.search(r"map=([\d.]+),([\d.]+)", page.url)
        return camera is not None and near.contains(shapely.Point(float(camera[1]), float(camera[2])))

    visit.until(there)
    panel.get_by_role("button", name="看要素").click()
    expect(page.locator("selected-card, feature-card").first).to_contain_text("地类图斑", timeout=60_000)
    for name, file, start in (
        ("网页", "成果质检.html", b"<!"),
        ("PDF", "成果质检.pdf", b"%PDF"),
        ("问题图层 GeoPackage", "成果质检问题.gpkg", b"SQLite format 3"),
    ):
        with page.expect_download() as taken:
            panel.get_by_role("button", name=name, exact=True).click()
        assert taken.value.suggested_filename == file
        assert Path(taken.value.path()).read_bytes().lstrip().startswith(start)


def test_an_uploaded_delivery_is_reviewed_by_all_groups(visit: Visit, tmp_path: Path) -> None:
    page, panel = opened(visit)
    panel.get_by_role("button", name="送审文件").click()
    panel.get_by_role("button", name="审查", exact=True).click()
    expect(panel.get_by_role("alert")).to_contain_text("请先选择文件")
    squares = [shapely.box(118.7 + n * 0.001, 36.9, 118.7011 + n * 0.001, 36.901) for n in range(3)]
    table = geopandas.GeoDataFrame(
        {"BSM": ["1", "1", "3"], "DLBM": ["0102", "XX", "0102"]}, geometry=squares, crs="EPSG:4490"
    )
    path = tmp_path / "DLTB.gpkg"
    table.to_file(path, layer="DLTB", driver="GPKG", engine="pyogrio")
    panel.locator("#delivery").set_input_files(path)
    panel.get_by_role("button", name="审查", exact=True).click()
    expect(panel.locator(".overall")).to_contain_text("有错误", timeout=WAIT_MS)
    for n in (3, 4, 5, 7):
        expect(panel.locator(f"#group-{n}")).to_contain_text("错误")
    panel.locator("#group-7").click()
    expect(panel.locator(".one").filter(has_text="重叠")).not_to_contain_text("无问题")
    # Another section takes its place: the report is there when one comes back.
    page.get_by_role("button", name="公示", exact=True).click()
    expect(page.locator("publication-panel")).to_be_visible()
    page.get_by_role("button", name="成果审查", exact=True).click()
    expect(panel.locator(".overall")).to_contain_text("有错误")
    with page.expect_download() as taken:
        panel.get_by_role("button", name="问题图层 GeoPackage").click()
    saved = tmp_path / "defects.gpkg"
    taken.value.save_as(saved)
    assert {name for name, _ in pyogrio.list_layers(saved)} >= {"defect_areas"}


@pytest.mark.parametrize("size", [(1280, 800), (390, 844)], ids=["desk", "phone"])
def test_by_keyboard_alone_and_without_barriers(visit: Visit, size: tuple[int, int]) -> None:
    visit.page.set_viewport_size({"width": size[0], "height": size[1]})
    page, panel = opened(visit)
    for fold in ("图层(不选为全部)", "检查组(不选为全部)"):
        panel.get_by_text(fold).focus()
        page.keyboard.press("Enter")
    panel.get_by_label("国土变更调查地类图斑", exact=True).focus()
    page.keyboard.press("Space")
    panel.get_by_label("7 拓扑", exact=True).focus()
    page.keyboard.press("Space")
    unbroken(page, "start")
    panel.get_by_role("button", name="审查", exact=True).focus()
    page.keyboard.press("Enter")
    expect(panel.locator(".overall")).to_be_visible(timeout=WAIT_MS)
    panel.locator("#group-7").focus()
    page.keyboard.press("Enter")
    finding = panel.locator(".finding > .whole").first
    finding.focus()
    page.keyboard.press("Enter")
    expect(finding).to_have_attribute("aria-pressed", "true")
    unbroken(page, "result")
    panel.get_by_role("button", name="送审文件").focus()
    page.keyboard.press("Enter")
    unbroken(page, "file")
    assert page.locator("html").evaluate("(root) => [root.scrollWidth, root.scrollHeight]") == list(size)
    page.get_by_role("button", name="English").click()
    expect(panel.locator(".overall")).to_contain_text("Errors found")
