"""Rings that a format lists one after the other 环, put together to polygons.

Several formats name the rings of an area without saying which is a hole. What
lies inside an odd number of other rings is a hole of the smallest of them;
every other ring is a part of its own. Nothing is repaired: a ring that crosses
itself or another one becomes part of an invalid polygon, which the contract's
checks then name with its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

Ring = npt.NDArray[np.float64]


def assemble(rings: Sequence[Ring]) -> Any:
    """A Polygon or MultiPolygon of closed rings, in the order of their outer rings.

    >>> outer, hole = [[0, 0], [9, 0], [9, 9], [0, 9], [0, 0]], [[1, 1], [2, 1], [2, 2], [1, 2], [1, 1]]
    >>> assemble([np.array(outer, float), np.array(hole, float)]).wkt
    'POLYGON ((0 0, 9 0, 9 9, 0 9, 0 0), (1 1, 2 1, 2 2, 1 2, 1 1))'
    """
    if len(rings) == 1:
        return shapely.polygons(rings[0])
    areas = np.array([shapely.polygons(ring) for ring in rings], dtype=object)
    sizes = shapely.area(areas)
    around = _around(areas, sizes)
    holes: dict[int, list[int]] = {}
    for index, outside in enumerate(around):
        if len(outside) % 2:
            holes.setdefault(min(outside, key=lambda one: sizes[one]), []).append(index)
    outer = [index for index, outside in enumerate(around) if len(outside) % 2 == 0]
    parts = [shapely.Polygon(rings[one], [rings[hole] for hole in holes.get(one, ())]) for one in outer]
    return parts[0] if len(parts) == 1 else shapely.multipolygons(parts)


def _around(areas: Any, sizes: Any) -> list[list[int]]:
    """For each ring the larger rings that hold it; a ring that touches its hole at a vertex still does."""
    tree = shapely.STRtree(areas)
    inner, outer = tree.query(areas, predicate=None)
    larger = sizes[outer] > sizes[inner]
    inner, outer = inner[larger], outer[larger]
    points = shapely.point_on_surface(areas)
    held = shapely.intersects(areas[outer], points[inner])
    found: list[list[int]] = [[] for _ in range(len(areas))]
    for one, around in zip(inner[held].tolist(), outer[held].tolist(), strict=True):
        found[one].append(around)
    return found
