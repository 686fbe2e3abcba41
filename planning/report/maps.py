"""The small maps of the report 示意图: what layers cover, drawn in the plane of the city."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import shapely

from planning.indicators import overlay
from planning.indicators.definition import groups
from planning.indicators.formula import Source
from planning.indicators.measuring import Reading
from planning.indicators.overlay import Floats, Shapes
from planning.report import store
from planning.report.document import Map, MapLayer

WIDTH_MM, HEIGHT_MM = 170.0, 110.0
LARGEST: Final = 6000
"""So many features of a layer are drawn, the largest; a smaller one is a speck."""
SEEN_MM2: Final = 0.02


@dataclass(frozen=True, slots=True)
class Sign:
    """A layer on a map, and its colour."""

    title: str
    fill: str
    source: Source


def _survey(title: str, fill: str, group: str) -> Sign:
    return Sign(title, fill, Source("land-use-survey", groups()[group]))


MAPS: Final = {
    "三区三线 The three lines": (
        Sign("永久基本农田", "#f2d06b", Source("permanent-farmland")),
        Sign("生态保护红线", "#6fb07f", Source("ecological-redline")),
        Sign("城镇开发边界", "#d98a80", Source("urban-boundary")),
    ),
    "现状用地 Land use": (
        _survey("耕地", "#f5e6ab", "farmland"),
        _survey("建设用地", "#c9695b", "built"),
        _survey("河湖水面", "#8bb7d6", "water"),
    ),
    "历史文化保护 Heritage": (Sign("历史文化保护线", "#a86f9d", Source("heritage-protection")),),
}


def maps(reading: Reading) -> tuple[Map, ...]:
    """The maps for which there are data."""
    drawn = (_map(reading, title, signs) for title, signs in MAPS.items())
    return tuple(each for each in drawn if each is not None)


def _map(reading: Reading, title: str, signs: tuple[Sign, ...]) -> Map | None:
    found: list[tuple[Sign, Shapes, int]] = []
    for sign in signs:
        if reading.state(sign.source.layer) is None:
            continue
        rows = reading.rows(sign.source)
        shapes, count = store.largest(reading.connection, rows, LARGEST, reading.region.near_4490)
        if count:
            placed = overlay.sound(reading.plane.placed(shapes))
            found.append((sign, overlay.clipped(placed, reading.region.shape), count))
    if not found:
        return None
    bounds = _bounds(reading, [shapes for _, shapes, _ in found])
    width, height = bounds[2] - bounds[0], bounds[3] - bounds[1]
    if not (width > 0 and height > 0):
        return None
    mm = min(WIDTH_MM / width, HEIGHT_MM / height)
    layers = tuple(
        MapLayer(sign.title, sign.fill, _polygons(shapes, bounds, mm), count) for sign, shapes, count in found
    )
    return Map(title, round(width * mm, 2), round(height * mm, 2), round(1000 / mm), layers)


def _bounds(reading: Reading, groups: list[Shapes]) -> Floats:
    if reading.region.shape is not None:
        return np.asarray(reading.region.shape.bounds)
    return np.asarray(shapely.total_bounds(np.concatenate(groups)))


def _polygons(shapes: Shapes, bounds: Floats, mm: float) -> tuple[tuple[Floats, ...], ...]:
    """Rings in millimetres, thinned to what can be seen."""
    scaled = shapely.transform(shapes, lambda places: (places - bounds[:2]) * mm)
    parts = shapely.get_parts(shapely.get_parts(shapely.simplify(scaled, 0.05)))
    parts = parts[(shapely.get_type_id(parts) == 3) & (shapely.area(parts) >= SEEN_MM2)]
    return tuple(
        tuple(np.round(shapely.get_coordinates(ring)[:-1], 2) for ring in shapely.get_rings(part))
        for part in parts
    )
