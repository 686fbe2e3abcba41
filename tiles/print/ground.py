"""The ground of a sheet 图幅范围: which part of the zone the map shows, and how metres become millimetres."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from spatial.catalogue.city import City
from spatial.datum.frames import frame
from tiles.print.model import Box, Plan
from tiles.print.sheet import Sheet

STEP_MM = 100.0
"""Grid lines lie about so far apart on paper (方格网 10 cm)."""
BEYOND_MM = 6.0
"""So far beyond the neat line shapes are kept, that no outline is drawn along the cut."""


@dataclass(frozen=True, slots=True)
class Ground:
    """The ground of a map: metres of the zone ↔ millimetres of the sheet."""

    window: Box
    """The map on the sheet, millimetres."""
    metres: Box
    """What it shows: easting from the left, northing upward."""
    scale: int

    def placed(self, east_m: float, north_m: float) -> tuple[float, float]:
        """Where a position lies on the sheet."""
        per_mm = self.scale / 1000
        return (
            self.window.left + (east_m - self.metres.left) / per_mm,
            self.window.bottom + (north_m - self.metres.bottom) / per_mm,
        )


def ground(plan: Plan, city: City, parts: Sheet) -> Ground:
    """The ground that a plan shows: its centre lies in the middle of the map."""
    import numpy as np

    from spatial.datum.projection import window_x_y

    zone = frame(f"EPSG:{city.epsg_without_prefix}")
    x, y = window_x_y(np.array([plan.center[0]]), np.array([plan.center[1]]), zone)
    width, height = (side * plan.scale / 1000 for side in (parts.map.width, parts.map.height))
    return Ground(
        parts.map, Box(float(x[0]) - width / 2, float(y[0]) - height / 2, width, height), plan.scale
    )


@lru_cache(maxsize=64)
def step_m(scale: int) -> int:
    """The grid's step on the ground: 1, 2 or 5 of a power of ten, nearest to 10 cm of paper.

    >>> [step_m(scale) for scale in (500, 1000, 2000, 5000, 10000, 3000)]
    [50, 100, 200, 500, 1000, 200]
    """
    wanted = STEP_MM * scale / 1000
    steps = (digit * 10**power for power in range(1, 5) for digit in (1, 2, 5))
    return int(min(steps, key=lambda step: abs(math.log(step / wanted))))
