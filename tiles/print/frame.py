"""The neat line and the grid 图廓与坐标网, with coordinates in kilometres as on topographic sheets."""

from __future__ import annotations

import math

from tiles.print.canvas import Canvas, baseline
from tiles.print.ground import Ground, step_m

CROSS_MM, TICK_MM = 10.0, 2.0
GRID_WIDTH, NEAT_WIDTH, FRAME_WIDTH = 0.1, 0.2, 1.0
GRID_INK = "#3f6f8f"


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
