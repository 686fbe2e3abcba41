"""Strips of a river 分段条带: the ground between two cross-sections, cut along the chainage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import numpy as np
import shapely

from water.network.centreline import Centreline

EDGE_M: Final = 5.0
"""The edges of a strip follow the river by pieces of at most this length."""
STRIPS_MAX: Final = 2_000


@dataclass(frozen=True, slots=True)
class Strip:
    """The ground from one chainage to the next, between the two offsets."""

    from_m: float
    to_m: float
    shape: Any
    """Polygon, longitude and latitude in CGCS2000; empty where the bend leaves it no ground of its own."""


def strips(
    line: Centreline, from_m: float, to_m: float, step_m: float, left_m: float, right_m: float
) -> list[Strip]:
    """Strips from a chainage to another, at most ``STRIPS_MAX``, none of which shares ground with another.

    On the inside of a sharp bend cross-sections meet: what two strips could claim belongs to the first.
    ``BeyondEnd`` where a chainage lies outside the route.
    """
    way = 1.0 if to_m >= from_m else -1.0
    count = max(1, int(np.ceil(abs(to_m - from_m) / step_m - 1e-9)))
    bounds = [from_m + way * step_m * number for number in range(count)] + [to_m]
    drawn = [_drawn(line, first, last, left_m, right_m) for first, last in pairwise(bounds)]
    return [
        Strip(first, last, shape)
        for (first, last), shape in zip(pairwise(bounds), _apart(drawn), strict=True)
    ]


def _drawn(line: Centreline, first_m: float, last_m: float, left_m: float, right_m: float) -> Any:
    pieces = max(1, int(np.ceil(abs(last_m - first_m) / EDGE_M)))
    chainages = np.linspace(first_m, last_m, pieces + 1)
    right = line.places(chainages, right_m)
    left = line.places(chainages, -left_m)
    shape = shapely.Polygon(np.vstack((right, left[::-1])))
    return shape if shape.is_valid else shapely.make_valid(shape, method="structure", keep_collapsed=False)


def _apart(shapes: Sequence[Any]) -> list[Any]:
    """The same, each without what an earlier one has."""
    tree = shapely.STRtree(shapes)
    done = list(shapes)
    for number, shape in enumerate(shapes):
        earlier = [other for other in tree.query(shape, predicate="overlaps").tolist() if other < number]
        if earlier:
            done[number] = shapely.difference(shape, shapely.union_all([shapes[other] for other in earlier]))
    return done
