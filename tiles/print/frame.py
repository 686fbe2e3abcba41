"""Ground and grid 图廓与坐标网: which ground a sheet shows, and its grid with coordinates in kilometres."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

from spatial.catalogue.city import City
from spatial.datum.frames import frame
from tiles.print.canvas import Canvas, baseline
from tiles.print.model import Box, Plan
from tiles.print.sheet import Sheet

STEP_MM = 100.0
"""Grid lines lie about so far apart on paper (方格网 10 cm)."""
CROSS_MM, TICK_MM = 10.0, 2.0
GRID_WIDTH, NEAT_WIDTH, FRAME_WIDTH = 0.1, 0.2, 1.0
GRID_INK = "#3f6f8f"


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


def lines(low: float, high: float, step: int) -> list[int]:
    """The grid's lines between two coordinates, metres."""
    return list(range(math.ceil(low / step) * step, math.floor(high / step) * step + 1, step))


def kilometres(metres: int, step: int) -> str:
    """A coordinate as a sheet says it 公里数, as fine as the grid's step needs.

    >>> kilometres(4080200, 200), kilometres(391000, 1000), kilometres(391050, 50)
    ('4080.2', '391', '391.05')
    """
    decimals = 0 if step % 1000 == 0 else 1 if step % 100 == 0 else 2
    return f"{metres / 1000:.{decimals}f}"


def grid(canvas: Canvas, on: Ground) -> None:
    """Crosses where lines of the grid meet, inside the map."""
    step = step_m(on.scale)
    arm = CROSS_MM / 2
    with canvas.clipped(on.window):
        for east in lines(on.metres.left, on.metres.right, step):
            for north in lines(on.metres.bottom, on.metres.top, step):
                x, y = on.placed(east, north)
                canvas.line([(x - arm, y), (x + arm, y)], GRID_WIDTH, GRID_INK)
                canvas.line([(x, y - arm), (x, y + arm)], GRID_WIDTH, GRID_INK)


def neat_line(canvas: Canvas, on: Ground, factor: float) -> None:
    """The edge of the map, ticks across it, and the coordinates beside them."""
    step, size = step_m(on.scale), 2.3 * factor
    window = on.window
    gap = 1.1 * factor
    for east in lines(on.metres.left, on.metres.right, step):
        x, _ = on.placed(east, 0)
        text = kilometres(east, step)
        for y, out in ((window.bottom, -1), (window.top, 1)):
            canvas.line([(x, y - out * TICK_MM), (x, y + out * gap)], NEAT_WIDTH)
            middle = y + out * (gap + 0.55 * size)
            if window.left + 6 * factor < x < window.right - 6 * factor:
                canvas.text((x, baseline(middle, size)), size, text, align="middle")
    for north in lines(on.metres.bottom, on.metres.top, step):
        _, y = on.placed(0, north)
        text = kilometres(north, step)
        for x, out in ((window.left, -1), (window.right, 1)):
            canvas.line([(x - out * TICK_MM, y), (x + out * gap, y)], NEAT_WIDTH)
            middle = x + out * (gap + 0.55 * size)
            if window.bottom + 6 * factor < y < window.top - 6 * factor:
                canvas.text((middle + 0.3665 * size, y), size, text, align="middle", turned_deg=90)
    canvas.box(window, NEAT_WIDTH)
