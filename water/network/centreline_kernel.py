"""The compiled search for the cross-section that a place lies on; imported when something is located."""

from __future__ import annotations

from math import cos, hypot, sin

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_END_M = 0.02
"""The plane knows lengths to a ten-thousandth; so near an end a place is beside it."""


@njit(cache=True, nogil=True)
def beside(knots_m: Floats, bearing: Floats, turn: Floats, places_m: Floats, out: Floats) -> None:
    """Of each place: piece, share of it, and offset, where the nearest cross-section goes through it.

    ``knots_m`` (n, 2) part the line into pieces; ``bearing`` (n - 1) is the direction of the river
    at the beginning of each, clockwise from north, and ``turn`` how much it turns to the right along
    the piece, radians. A cross-section stands across the direction of its place.
    ``out`` (m, 3): piece -1 where no cross-section meets the place: then the share tells the end
    it lies beyond (0 or 1), and the offset how far.
    """
    for place in range(places_m.shape[0]):
        x, y = places_m[place, 0], places_m[place, 1]
        best, piece, share, offset = np.inf, -1, 0.0, 0.0
        for row in range(knots_m.shape[0] - 1):
            ax, ay, bx, by = knots_m[row, 0], knots_m[row, 1], knots_m[row + 1, 0], knots_m[row + 1, 1]
            half = 0.5 * hypot(bx - ax, by - ay)
            if hypot(x - 0.5 * (ax + bx), y - 0.5 * (ay + by)) - half > best:
                continue
            low, high = 0.0, 1.0
            start, change = bearing[row], turn[row]
            f_low = (x - ax) * sin(start) + (y - ay) * cos(start)
            f_high = (x - bx) * sin(start + change) + (y - by) * cos(start + change)
            if row == 0 and -_END_M < f_low < 0.0:
                f_low = 0.0
            if row == knots_m.shape[0] - 2 and 0.0 < f_high < _END_M:
                f_high = 0.0
            if f_low * f_high > 0.0:
                continue
            for _ in range(60):
                if f_low == f_high:
                    at = low
                else:
                    at = low - f_low * (high - low) / (f_high - f_low)
                    if not low + 0.05 * (high - low) < at < high - 0.05 * (high - low):
                        at = 0.5 * (low + high) if (f_low != 0.0 and f_high != 0.0) else at
                px, py = ax + at * (bx - ax), ay + at * (by - ay)
                way = start + at * change
                f = (x - px) * sin(way) + (y - py) * cos(way)
                if abs(f) < 1e-9 or high - low < 1e-13:
                    break
                if f * f_low > 0.0:
                    low, f_low = at, f
                else:
                    high, f_high = at, f
            px, py = ax + at * (bx - ax), ay + at * (by - ay)
            way = start + at * change
            aside = (x - px) * cos(way) - (y - py) * sin(way)
            if abs(aside) < best:
                best, piece, share, offset = abs(aside), row, at, aside
        if piece < 0:
            last = knots_m.shape[0] - 1
            end = bearing[last - 1] + turn[last - 1]
            before = -((x - knots_m[0, 0]) * sin(bearing[0]) + (y - knots_m[0, 1]) * cos(bearing[0]))
            after = (x - knots_m[last, 0]) * sin(end) + (y - knots_m[last, 1]) * cos(end)
            share = 1.0 if after > 0.0 and (before <= 0.0 or after < before) else 0.0
            offset = after if share == 1.0 else before
        out[place, 0], out[place, 1], out[place, 2] = piece, share, offset
