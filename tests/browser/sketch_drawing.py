"""Drawing on the map as a visitor does, and the sketch in the link, read without the page's own code."""

from __future__ import annotations

import base64
import json
import random
from collections.abc import Callable, Iterator
from math import cos, sin, tau
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, expect
from pyproj import Geod, Transformer

PLACE = "118.767,36.967,14.00"
GEOD = Geod(a=6378137.0, rf=298.257222101)
TO_PLANE = Transformer.from_crs("EPSG:4490", "EPSG:4549", always_xy=True)
CORNERS = ((700, 300), (900, 300), (900, 460), (700, 460))
DEPTHS = {
    "Point": 0, "LineString": 1, "Polygon": 2, "MultiPoint": 1, "MultiLineString": 2, "MultiPolygon": 3,
}  # fmt: skip
"""Kinds of geometry in the order of their numbers, and how many lists lie around their positions."""


def opened(visit: Any, **state: str) -> Page:
    page: Page = visit.open(**{"map": PLACE, "layers": "streets", "panel": "sketch", **state})
    expect(page.locator("sketch-panel")).to_be_visible()
    return page


def clicks(page: Page, *places: tuple[int, int]) -> None:
    """One by one, so slowly that no two make a double click."""
    for x, y in places:
        page.mouse.move(x, y)
        page.mouse.click(x, y)
        page.wait_for_timeout(550)


def drawn(page: Page) -> list[dict[str, Any]]:
    """The figures, decoded from the link by a reader of its own."""
    (code,) = parse_qs(urlsplit(page.url).fragment).get("sketch", [""])
    return list(figures_of(code)) if code else []


def settled(page: Page, holds: Callable[[list[list[float]]], bool], what: str = "") -> list[list[float]]:
    """The first figure's ring as soon as it holds: what is reshaped is kept when the hand rests."""
    for _ in range(60):
        figures = drawn(page)
        if figures and holds(figures[0]["coordinates"][0]):
            return list(figures[0]["coordinates"][0])
        page.wait_for_timeout(250)
    raise AssertionError((what, drawn(page)))


def changed(ring: list[list[float]]) -> Callable[[list[list[float]]], bool]:
    return lambda now: now != ring


def of(count: int) -> Callable[[list[list[float]]], bool]:
    """So many positions, the closing one among them."""
    return lambda now: len(now) == count


def figures_of(code: str) -> Iterator[dict[str, Any]]:
    data = base64.urlsafe_b64decode(code + "=" * (-len(code) % 4))
    assert data[0] == 1
    at, before = 1, [0, 0]

    def count() -> int:
        nonlocal at
        value, unit = 0, 1
        while True:
            byte = data[at]
            at += 1
            value += (byte & 127) * unit
            if byte < 128:
                return value
            unit *= 128

    def text() -> str:
        nonlocal at
        size = count()
        at += size
        return data[at - size : at].decode()

    def nested(depth: int) -> Any:
        if depth:
            return [nested(depth - 1) for _ in range(count())]
        for axis in (0, 1):
            told = count()
            before[axis] += -(told + 1) // 2 if told % 2 else told // 2
        return [value / 1e8 for value in before]

    while at < len(data):
        kind = list(DEPTHS)[data[at]]
        color = "#" + data[at + 1 : at + 4].hex()
        at += 4
        name, note = text(), text()
        yield {
            "type": kind,
            "color": color,
            "name": name,
            "note": note,
            "coordinates": nested(DEPTHS[kind]),
        }


def ring_of(count: int, seed: int) -> list[list[float]]:
    chance = random.Random(seed)
    ring = []
    for number in range(count):
        far = 0.01 + chance.random() * 0.001
        ring.append([118.79 + far * cos(tau * number / count), 36.87 + far * sin(tau * number / count)])
    return [*ring, ring[0]]


def file_of(tmp_path: Path, *rings: list[list[float]], name: str = "大.geojson") -> Path:
    features = [
        {
            "type": "Feature",
            "properties": {"name": f"图{number}"},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }
        for number, ring in enumerate(rings, 1)
    ]
    path = tmp_path / name
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return path
