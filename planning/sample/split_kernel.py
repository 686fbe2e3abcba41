"""Compiled loops of the cutting of parcels; imported only when a sample is generated."""

from __future__ import annotations

from math import cos, hypot, pi

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_COS_LEAST = cos(25.0 * pi / 180.0)
"""A chord leaves its ends at 25° at least from the edges there: no needles."""
_TRIED = 24


@njit(cache=True)
def ring_area_m2(ring: Floats) -> float:
    """Area of an open ring in the plane, positive where it runs counter-clockwise."""
    total = 0.0
    n = ring.shape[0]
    for i in range(n):
        j = i + 1 if i + 1 < n else 0
        total += ring[i, 0] * ring[j, 1] - ring[j, 0] * ring[i, 1]
    return 0.5 * total


@njit(cache=True)
def _side(ax, ay, bx, by, px, py):  # type: ignore[no-untyped-def]
    return (bx - ax) * (py - ay) - (by - ay) * (px - ax)


@njit(cache=True)
def _meet(ax, ay, bx, by, cx, cy, dx, dy):  # type: ignore[no-untyped-def]
    """Whether two segments have a point in common, ends included."""
    if max(ax, bx) < min(cx, dx) or max(cx, dx) < min(ax, bx):
        return False
    if max(ay, by) < min(cy, dy) or max(cy, dy) < min(ay, by):
        return False
    first = _side(ax, ay, bx, by, cx, cy) * _side(ax, ay, bx, by, dx, dy)
    second = _side(cx, cy, dx, dy, ax, ay) * _side(cx, cy, dx, dy, bx, by)
    return first <= 0.0 and second <= 0.0


@njit(cache=True)
def clear(ring: Floats, i: int, j: int, line: Floats) -> bool:
    """Whether a line from vertex i to vertex j meets the ring nowhere but there."""
    n, m = ring.shape[0], line.shape[0] - 1
    for k in range(m):
        for a in range(n):
            b = a + 1 if a + 1 < n else 0
            if (k == 0 and (i in (a, b))) or (k == m - 1 and (j in (a, b))):
                continue
            if _meet(
                line[k, 0], line[k, 1], line[k + 1, 0], line[k + 1, 1],
                ring[a, 0], ring[a, 1], ring[b, 0], ring[b, 1],
            ):  # fmt: skip
                return False
    return True


@njit(cache=True)
def _open_at(ring: Floats, i: int, j: int) -> bool:
    """Whether j is seen from i inside the ring (counter-clockwise), away from both edges there."""
    n = ring.shape[0]
    before, after = (i - 1) % n, (i + 1) % n
    x, y = ring[i]
    dx, dy = ring[j, 0] - x, ring[j, 1] - y
    d = hypot(dx, dy)
    for other in (before, after):
        ex, ey = ring[other, 0] - x, ring[other, 1] - y
        if dx * ex + dy * ey > _COS_LEAST * d * hypot(ex, ey):
            return False
    left_of_after = _side(x, y, ring[after, 0], ring[after, 1], ring[j, 0], ring[j, 1]) > 0
    right_of_before = _side(x, y, ring[before, 0], ring[before, 1], ring[j, 0], ring[j, 1]) < 0
    bulging = _side(ring[before, 0], ring[before, 1], x, y, ring[after, 0], ring[after, 1]) > 0
    if bulging:
        return bool(left_of_after and right_of_before)
    return bool(left_of_after or right_of_before)


@njit(cache=True)
def good(ring: Floats, i: int, j: int) -> bool:
    """Whether the straight chord from i to j lies inside and makes no needle at either end."""
    if not (_open_at(ring, i, j) and _open_at(ring, j, i)):
        return False
    line = np.empty((2, 2))
    line[0], line[1] = ring[i], ring[j]
    return clear(ring, i, j, line)


@njit(cache=True)
def chord(ring: Floats, least: float, taste: int) -> tuple[int, int]:
    """About the shortest good chord that leaves ``least`` of the area on either side; (-1, -1) for none."""
    n = ring.shape[0]
    sums = np.zeros(n + 1)
    for i in range(n):
        j = i + 1 if i + 1 < n else 0
        sums[i + 1] = sums[i] + 0.5 * (ring[i, 0] * ring[j, 1] - ring[j, 0] * ring[i, 1])
    whole = sums[n]
    scores, found = np.full(_TRIED, np.inf), np.full((_TRIED, 2), -1)
    for i in range(n - 2):
        for j in range(i + 2, n):
            if i == 0 and j == n - 1:
                continue
            closing = 0.5 * (ring[j, 0] * ring[i, 1] - ring[i, 0] * ring[j, 1])
            share = (sums[j] - sums[i] + closing) / whole
            if share < least or share > 1.0 - least:
                continue
            jitter = ((i * 7919 + j * 104729 + taste) % 1009) / 1009.0
            score = hypot(ring[j, 0] - ring[i, 0], ring[j, 1] - ring[i, 1]) * (1.0 + 0.25 * jitter)
            if score >= scores[-1]:
                continue
            place = _TRIED - 1
            while place > 0 and scores[place - 1] > score:
                scores[place] = scores[place - 1]
                found[place] = found[place - 1]
                place -= 1
            scores[place] = score
            found[place, 0], found[place, 1] = i, j
    for place in range(_TRIED):
        if found[place, 0] >= 0 and good(ring, found[place, 0], found[place, 1]):
            return found[place, 0], found[place, 1]
    return -1, -1
