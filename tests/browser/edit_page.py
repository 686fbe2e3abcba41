"""What a planner does on the editing panel, for the tests."""

from __future__ import annotations

import json
import math
import re
from typing import Any

from edit_ground import square
from playwright.sync_api import Page, expect


def show(page: Page, credential: str) -> None:
    """As if signed in before, once: signing out and expiring stay what they are."""
    page.add_init_script(
        "if (!sessionStorage.getItem('given')) {"
        f" sessionStorage.setItem('onemap.credential', {json.dumps(credential)});"
        " sessionStorage.setItem('given', 'yes') }"
    )


def opened(visit: Any, fid: str, column: int, line: int, **state: str) -> Page:
    """The page with a parcel of its own selected, drawn in Web Mercator, where pixels are easily reckoned."""
    west, south = square(column, line)["coordinates"][0][0]
    camera = f"{west + 0.005:.5f},{south + 0.005:.5f},14.00"
    wanted = {"map": camera, "frame": "mercator", "selected": f"parcels/{fid}", "panel": "edit", **state}
    return visit.open(**wanted)


def panel(page: Page) -> Any:
    return page.locator("edit-panel")


def press(page: Page, name: str) -> None:
    panel(page).get_by_role("button", name=name, exact=True).click()


def begin(page: Page, action: str = "修改") -> None:
    press(page, action)
    expect(panel(page).get_by_role("button", name="核对修改")).to_be_visible()


def save(page: Page) -> None:
    press(page, "核对修改")
    press(page, "保存")


def saved(page: Page) -> None:
    expect(panel(page).get_by_role("heading", name="已保存")).to_be_focused()


def pixel(page: Page, lon: float, lat: float) -> tuple[float, float]:
    """Where a place is on a map in Web Mercator, from the camera in the link."""
    told = re.search(r"map=([\d.]+),([\d.]+),([\d.]+)", page.url)
    assert told
    lon0, lat0, zoom = map(float, told.groups())
    size = 512 * 2**zoom

    def north(degrees: float) -> float:
        return math.log(math.tan(math.pi / 4 + math.radians(degrees) / 2)) / (2 * math.pi)

    view = page.viewport_size
    assert view
    x = view["width"] / 2 + (lon - lon0) / 360 * size
    return x, view["height"] / 2 - (north(lat) - north(lat0)) * size


def near(color: tuple[int, int, int], wanted: tuple[int, int, int]) -> bool:
    return all(abs(one - other) <= 24 for one, other in zip(color, wanted, strict=True))
