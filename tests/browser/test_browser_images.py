"""Catalogued images on the map 影像上图: where they lie in each frame, when they show, how they are drawn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from conftest import VIEW, Site, Visit, watch
from frame_ground import FRAMES, Ground
from playwright.sync_api import Browser
from pyproj import Transformer
from raster_files import EDGE_PX, NORTH, PIXEL_M, QUARTERS, WEST, flown, photograph, surface
from serving import database_of, server

from spatial.catalogue.city import read_city
from tiles.raster.grid import grids

pytestmark = pytest.mark.browser

EDGE_M = EDGE_PX * PIXEL_M
LON, LAT = Transformer.from_crs(4549, 4490, always_xy=True).transform(WEST + EDGE_M / 2, NORTH - EDGE_M / 2)
ZOOM = 16.0
AT = f"{LON:.5f},{LAT:.5f},{ZOOM:.2f}"


@pytest.fixture(scope="module")
def imaged(
    built: Path, server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("images")
    log = folder / "server.log"
    with database_of(server_dsn, template) as dsn:
        files = [photograph(folder / "正射.tif"), surface(folder / "dsm.tif")]
        flown(dsn, files, log.with_suffix(""), grids(read_city("370783")))
        with server(dsn, log) as served:
            yield Site(served.url)


@pytest.fixture
def looking(browser: Browser, imaged: Site) -> Iterator[Visit]:
    context = browser.new_context(viewport=VIEW, locale="zh-CN")
    watched = watch(context.new_page(), imaged)
    yield watched
    context.close()
    assert watched.foreign == [] and watched.complaints == []


def colour(picture: np.ndarray[Any, Any], x: float, y: float) -> np.ndarray[Any, Any]:
    """Median colour around a pixel."""
    patch = picture[:, round(y) - 3 : round(y) + 4, round(x) - 3 : round(x) + 4]
    return np.median(patch.reshape(3, -1), axis=1)


@pytest.mark.parametrize("frame", FRAMES)
def test_the_quarters_of_an_image_lie_where_they_were_taken(looking: Visit, frame: str) -> None:
    looking.open(map=AT, layers="raster-assets", frame=frame, panel="none")
    picture, ground = looking.picture(), Ground(frame, LON, LAT, ZOOM, VIEW["width"], VIEW["height"])
    to_degrees = Transformer.from_crs(4549, 4490, always_xy=True)
    # A little beside the middle of the image, clear of what lies over the map's left.
    for wanted, (east, north) in zip(QUARTERS, ((-12, 12), (12, 12), (-12, -12), (12, -12)), strict=True):
        place = to_degrees.transform(WEST + EDGE_M / 2 + east, NORTH - EDGE_M / 2 + north)
        assert np.abs(colour(picture, *ground.pixel(*place)) - wanted).max() <= 12, (frame, wanted)


def test_the_way_images_are_drawn_is_chosen_and_kept_in_the_link(looking: Visit) -> None:
    page = looking.open(map=AT, layers="raster-assets", images="hillshade")
    middle = (VIEW["width"] / 2 + 60, VIEW["height"] / 2 + 30)
    red, green, blue = colour(looking.picture(), *middle)
    assert red == green == blue and 100 < red < 250, "a relief is grey"
    page.get_by_role("button", name="影像目录", exact=False).first.click()
    page.get_by_label("表现方式").select_option("heights")
    looking.drawn()
    page.wait_for_timeout(800)
    red, green, blue = colour(looking.picture(), *middle)
    assert max(red, green, blue) - min(red, green, blue) > 20, "heights have colours"
    assert "images=heights" in page.url


def test_images_show_when_they_were_taken(looking: Visit) -> None:
    looking.open(map=AT, layers="raster-assets", panel="none", datetime="2001-01-01T00:00")
    before = colour(looking.picture(), VIEW["width"] / 2 + 60, VIEW["height"] / 2 + 30)
    assert all(np.abs(before - each).max() > 40 for each in QUARTERS)
