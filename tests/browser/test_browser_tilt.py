"""2.5 维 2.5-D: the tilted map shows areas as high as they are, in every frame, and its link reopens it."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from playwright.sync_api import expect
from pyproj import Transformer
from serving import database_of, server

from spatial.catalogue import store
from spatial.catalogue.contract import Contract, Field, FieldType, Legend, Title
from spatial.database import connect

pytestmark = pytest.mark.browser

CENTRE = (118.79, 36.86)
SIDE_M, HEIGHT_M = 60.0, 120.0
PITCH_DEG = 45
BUILDINGS = Contract(
    id="buildings",
    title=Title("建筑", "Buildings"),
    description=Title("为测试而设", "made for tests"),
    steward="自然资源和规划局",
    source_standard="为测试而设",
    geometry="Polygon",
    key="code",
    valid_time=Title("实地存在", "existence on the ground"),
    legend=Legend("fill", "#3050ff", height="height_m"),
    fields=(
        Field("code", FieldType.TEXT, Title("编码", "Code"), required=True, max_length=20),
        Field("height_m", FieldType.NUMBER, Title("高度", "Height"), unit="m"),
    ),
)


def _tower() -> dict[str, Any]:
    """A tower whose southern wall stands on the middle of the map."""
    to_zone = Transformer.from_crs(4490, 4549, always_xy=True)
    east, north = to_zone.transform(*CENTRE)
    box = shapely.box(east - SIDE_M / 2, north, east + SIDE_M / 2, north + SIDE_M)
    ring = [
        to_zone.transform(x, y, direction="INVERSE")
        for x, y in shapely.get_coordinates(box.normalize())[::-1]
    ]
    return {
        "type": "Feature",
        "geometry": shapely.geometry.mapping(shapely.Polygon(ring)),
        "properties": {"code": "T-1", "height_m": HEIGHT_M},
    }


@pytest.fixture(scope="module")
def towers(
    built: Path, server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    with database_of(server_dsn, template) as dsn:
        with connect(dsn) as connection:
            store.publish(connection, BUILDINGS)
        with server(dsn, tmp_path_factory.mktemp("tilt") / "server.log") as served:
            kind = {"content-type": "application/geo+json"}
            answer = served.client.post("/collections/buildings/items", json=_tower(), headers=kind)
            assert answer.status_code == 201, answer.text
            yield served.url


@pytest.fixture
def watched(towers: str, watching: Any) -> Iterator[Any]:
    with watching(towers) as visit:
        yield visit


def blue_above_the_middle(picture: np.ndarray[Any, Any]) -> int:
    """Pixels of the tower from the middle of the map straight up."""
    height, width = picture.shape[1:]
    column = picture[:, : height // 2, width // 2].astype(int)
    blue = (column[2] - column[0] > 60) & (column[2] - column[1] > 40)
    above = blue[::-1]
    return int(np.argmin(above)) if not above.all() else len(above)


@pytest.mark.parametrize("frame", ["gk", "4490", "mercator"])
def test_a_tower_is_as_high_as_its_field_says(watched: Any, frame: str) -> None:
    """The wall stands on the middle, so it and the roof behind it tell the height by plain perspective."""
    zoom = 16.0
    watched.open(map=f"{CENTRE[0]},{CENTRE[1]},{zoom:.2f}", frame=frame, panel="none")
    watched.drawn()
    depth_px = blue_above_the_middle(watched.picture())  # the footprint, seen from straight above
    assert depth_px > 10
    watched.open(map=f"{CENTRE[0]},{CENTRE[1]},{zoom:.2f},{PITCH_DEG},0", frame=frame, panel="none")
    watched.still()
    seen_px = blue_above_the_middle(watched.picture())
    # The camera stands 1.5 times the height of the window away from the middle of the map.
    camera_px = 1.5 * watched.page.viewport_size["height"]
    scale = depth_px / SIDE_M
    up, back = HEIGHT_M * scale, depth_px
    pitch = math.radians(PITCH_DEG)
    rise = up * math.sin(pitch) + back * math.cos(pitch)
    away = camera_px - up * math.cos(pitch) + back * math.sin(pitch)
    expected_px = rise * camera_px / away
    assert abs(seen_px / expected_px - 1) < 0.08, (seen_px, expected_px)


def test_the_button_tilts_and_lays_flat_and_the_link_keeps_it(watched: Any) -> None:
    page = watched.open(map=f"{CENTRE[0]},{CENTRE[1]},16.00", panel="none")
    button = page.get_by_role("button", name="2.5D")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.focus()
    page.keyboard.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    expect(page).to_have_url(re.compile(r"map=[\d.]+,[\d.]+,16.00,50.0,0.0"))
    tilted = page.url
    # Turned by the keyboard on the map, and north again by the button that then is there.
    page.get_by_role("region", name="地图").locator("canvas").focus()
    page.keyboard.press("Shift+ArrowRight")
    north = page.get_by_role("button", name="转回北向上")
    expect(north).to_be_visible()
    north.click()
    expect(north).to_have_count(0)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(page).to_have_url(re.compile(r"map=[\d.]+,[\d.]+,16.00(&|$)"))
    page.goto("about:blank")
    page.goto(tilted)
    watched.drawn()
    expect(page.get_by_role("button", name="2.5D")).to_have_attribute("aria-pressed", "true")


def test_a_flat_map_is_not_turned_by_hand(watched: Any) -> None:
    page = watched.open(map=f"{CENTRE[0]},{CENTRE[1]},16.00", panel="none")
    page.mouse.move(600, 380)
    page.mouse.down(button="right")
    page.mouse.move(700, 300, steps=4)
    page.mouse.up(button="right")
    watched.still()
    expect(page).to_have_url(re.compile(r"map=[\d.]+,[\d.]+,16.00(&|$)"))


def test_a_link_tilted_beyond_the_horizon_is_not_followed(watched: Any) -> None:
    page = watched.open(map=f"{CENTRE[0]},{CENTRE[1]},16.00,85,0", panel="none")
    expect(page.get_by_role("button", name="2.5D")).to_have_attribute("aria-pressed", "false")
