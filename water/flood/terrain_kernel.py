"""How far cells lie from a line 到河线的距离; compiled."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def nearest(points, west_m, north_m, cell_m, within_m, distance_m, place):  # type: ignore[no-untyped-def]
    """Lower ``distance_m`` where the line passes nearer, within ``within_m``; ``place`` counts vertices."""
    rows, columns = distance_m.shape
    for k in range(len(points) - 1):
        x, y = points[k, 0], points[k, 1]
        dx, dy = points[k + 1, 0] - x, points[k + 1, 1] - y
        square = dx * dx + dy * dy
        if square == 0.0:
            continue
        low = int(np.floor((min(x, x + dx) - within_m - west_m) / cell_m))
        high = int(np.ceil((max(x, x + dx) + within_m - west_m) / cell_m))
        first = int(np.floor((north_m - max(y, y + dy) - within_m) / cell_m))
        last = int(np.ceil((north_m - min(y, y + dy) + within_m) / cell_m))
        for row in range(max(first, 0), min(last, rows)):
            north = north_m - (row + 0.5) * cell_m - y
            for column in range(max(low, 0), min(high, columns)):
                east = west_m + (column + 0.5) * cell_m - x
                share = min(max((east * dx + north * dy) / square, 0.0), 1.0)
                away = np.hypot(east - share * dx, north - share * dy)
                if away < distance_m[row, column]:
                    distance_m[row, column] = away
                    place[row, column] = k + share
