"""Catalogued images on the map 影像上图: where they lie in each frame, when they show, how they are drawn."""

from __future__ import annotations

import re
import threading
from typing import Any

import numpy as np
import pytest
from frame_ground import FRAMES, Ground
from playwright.sync_api import Route, expect
from pyproj import Transformer
from raster_files import EDGE_PX, NORTH, PIXEL_M, QUARTERS, WEST
from serving import until

pytestmark = pytest.mark.browser

EDGE_M = EDGE_PX * PIXEL_M
LON, LAT = Transformer.from_crs(4549, 4490, always_xy=True).transform(WEST + EDGE_M / 2, NORTH - EDGE_M / 2)
ZOOM = 16.0
WIDTH, HEIGHT = 1200, 760
AT = f"{LON:.5f},{LAT:.5f},{ZOOM:.2f}"


def colour(picture: np.ndarray[Any, Any], x: float, y: float) -> np.ndarray[Any, Any]:
    """Median colour around a pixel."""
    patch = picture[:, round(y) - 3 : round(y) + 4, round(x) - 3 : round(x) + 4]
    return np.median(patch.reshape(3, -1), axis=1)


@pytest.mark.parametrize("frame", FRAMES)
def test_the_quarters_of_an_image_lie_where_they_were_taken(looking: Any, frame: str) -> None:
    looking.open(map=AT, layers="raster-assets", frame=frame, panel="none")
    picture, ground = looking.picture(), Ground(frame, LON, LAT, ZOOM, WIDTH, HEIGHT)
    to_degrees = Transformer.from_crs(4549, 4490, always_xy=True)
    # A little beside the middle of the image, clear of what lies over the map's left.
    for wanted, (east, north) in zip(QUARTERS, ((-12, 12), (12, 12), (-12, -12), (12, -12)), strict=True):
        place = to_degrees.transform(WEST + EDGE_M / 2 + east, NORTH - EDGE_M / 2 + north)
        assert np.abs(colour(picture, *ground.pixel(*place)) - wanted).max() <= 12, (frame, wanted)


def test_the_way_images_are_drawn_is_chosen_and_kept_in_the_link(looking: Any) -> None:
    page = looking.open(map=AT, layers="raster-assets", images="hillshade")
    middle = (WIDTH / 2 + 60, HEIGHT / 2 + 30)
    red, green, blue = colour(looking.picture(), *middle)
    assert red == green == blue and 100 < red < 250, "a relief is grey"
    page.get_by_role("button", name="影像目录", exact=False).first.click()
    page.get_by_label("表现方式").select_option("heights")
    until(lambda: bool(np.ptp(colour(looking.picture(), *middle)) > 20))  # heights have colours
    expect(page).to_have_url(re.compile("images=heights"))


def test_images_show_when_they_were_taken(looking: Any) -> None:
    looking.open(map=AT, layers="raster-assets", panel="none", datetime="2001-01-01T00:00")
    before = colour(looking.picture(), WIDTH / 2 + 60, HEIGHT / 2 + 30)
    assert all(np.abs(before - each).max() > 40 for each in QUARTERS)


def test_images_that_failed_come_when_they_are_asked_for_again(looking: Any) -> None:
    """Meanwhile the map is drawn as ever: no frame needs what is not there."""
    page = looking.page
    tile = re.compile(r"/collections/raster-assets/map/tiles/[^/]+/\d+/\d+/\d+")
    seen = threading.Event()

    def busy(route: Route) -> None:
        if seen.is_set():
            route.fulfill(response=route.fetch())  # frames are drawn meanwhile
        else:
            route.fulfill(status=503, json={"zh": "服务器繁忙", "en": "busy"})

    page.route(tile, busy)
    page.goto(looking.site.map(map=AT, layers="raster-assets", panel="none"))
    expect(page.get_by_role("alert").filter(has_text="服务器繁忙")).to_be_visible()
    seen.set()
    middle = (WIDTH / 2 + 60, HEIGHT / 2 + 30)
    until(lambda: any(np.abs(colour(looking.picture(), *middle) - each).max() < 15 for each in QUARTERS))
    expect(page.get_by_role("alert")).to_have_count(0)
    page.unroute_all(behavior="wait")
