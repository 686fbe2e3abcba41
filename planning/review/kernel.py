"""Compiled loops of the review; imported only when a review runs."""

from __future__ import annotations

from math import atan2, cos, pi, sin, sqrt

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_A_M = 6378137.0
_E2 = 0.00669438002290
"""First eccentricity squared of CGCS2000."""
REPEATED, CLOSE, SHARP = 1, 2, 4
"""Marks of a vertex: equal to the next, closer to it than allowed, at a sharp angle."""


@njit(cache=True)
def _mixed(x, y):  # type: ignore[no-untyped-def]
    h = x * np.uint64(0x9E3779B97F4A7C15) ^ (y + np.uint64(0x632BE59BD9B4E019))
    h ^= h >> np.uint64(29)
    h *= np.uint64(0xBF58476D1CE4E5B9)
    h ^= h >> np.uint64(32)
    return h


@njit(cache=True, nogil=True)
def vertex_ids(bits: NDArray[np.uint64], slots: int) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """A number for each different pair of 64-bit words, and where each number stood first.

    ``slots`` is a power of two above the number of pairs.
    """
    n = bits.shape[0]
    mask = np.uint64(slots - 1)
    table = np.full(slots, -1, np.int32)
    ids = np.empty(n, np.int32)
    first = np.empty(n, np.int32)
    count = 0
    for i in range(n):
        x, y = bits[i, 0], bits[i, 1]
        at = _mixed(x, y) & mask
        while True:
            held = table[at]
            if held < 0:
                table[at] = count
                first[count] = i
                ids[i] = count
                count += 1
                break
            j = first[held]
            if bits[j, 0] == x and bits[j, 1] == y:
                ids[i] = held
                break
            at = (at + np.uint64(1)) & mask
    return ids, first[:count].copy()


@njit(cache=True, nogil=True)
def unmatched(
    ids: NDArray[np.int32], coords: Floats, offsets: Ints, holes: NDArray[np.bool_], slots: int
) -> tuple[Ints, NDArray[np.int16], NDArray[np.int16]]:
    """Edges that do not pass once in each direction: where each begins, and how it is passed.

    Every ring is taken with its area on the left, shells against the clock and
    holes with it, so two neighbours pass their common edge in opposite
    directions. Told are the index of the vertex where an edge begins, how often
    more it is passed from there on than back, and how often in all: an edge of an
    outline has (1, 1) or (-1, 1), one between two pairs of twins (0, 4).
    """
    n = ids.shape[0]
    mask = np.uint64(slots - 1)
    where = np.full(slots, -1, np.int32)
    net = np.zeros(slots, np.int16)
    passed = np.zeros(slots, np.int16)
    for ring in range(offsets.size - 1):
        first, last = offsets[ring], offsets[ring + 1] - 1
        doubled = 0.0
        x0, y0 = coords[first, 0], coords[first, 1]
        for i in range(first, last):
            doubled += (coords[i, 0] - x0) * (coords[i + 1, 1] - y0) - (coords[i + 1, 0] - x0) * (
                coords[i, 1] - y0
            )
        way = 1 if (doubled > 0.0) != holes[ring] else -1
        for i in range(first, last):
            a, b = ids[i], ids[i + 1]
            if a == b:
                continue
            low, high = (a, b) if a < b else (b, a)
            at = _mixed(np.uint64(low), np.uint64(high)) & mask
            while True:
                j = where[at]
                if j < 0:
                    where[at] = i
                    net[at] = way
                    passed[at] = 1
                    break
                c, d = ids[j], ids[j + 1]
                if c == a and d == b:
                    net[at] += way
                    passed[at] += 1
                    break
                if c == b and d == a:
                    net[at] -= way
                    passed[at] += 1
                    break
                at = (at + np.uint64(1)) & mask
    out = np.empty(n, np.int64)
    count = 0
    for at in range(slots):
        if where[at] >= 0 and (net[at] != 0 or passed[at] > 2):
            out[count] = at
            count += 1
    found = out[:count].copy()
    return where[found].astype(np.int64), net[found], passed[found]


@njit(cache=True)
def metres_per_degree(lat_deg: float) -> tuple[float, float]:
    """Metres of a degree of longitude and of latitude on the ellipsoid at a latitude."""
    s = sin(lat_deg * pi / 180.0)
    w = 1.0 - _E2 * s * s
    normal = _A_M / sqrt(w)
    return normal * cos(lat_deg * pi / 180.0) * pi / 180.0, normal * (1.0 - _E2) / w * pi / 180.0


@njit(cache=True, nogil=True, error_model="numpy")
def vertex_marks(coords: Floats, offsets: Ints, close_m: float, cosine: float) -> NDArray[np.uint8]:
    """What is wrong at each vertex of closed rings in degrees: sums of the marks above.

    Lengths and angles are those on the ellipsoid; a vertex is sharp where the
    angle between its edges has a cosine above ``cosine``.
    """
    marks = np.zeros(coords.shape[0], np.uint8)
    for ring in range(offsets.size - 1):
        first, last = offsets[ring], offsets[ring + 1] - 1
        if last - first < 3:
            continue
        mx, my = metres_per_degree(coords[first, 1])
        px = (coords[first, 0] - coords[last - 1, 0]) * mx
        py = (coords[first, 1] - coords[last - 1, 1]) * my
        p = sqrt(px * px + py * py)
        for i in range(first, last):
            qx = (coords[i + 1, 0] - coords[i, 0]) * mx
            qy = (coords[i + 1, 1] - coords[i, 1]) * my
            q = sqrt(qx * qx + qy * qy)
            if q == 0.0:
                marks[i] |= REPEATED
                continue
            if q < close_m:
                marks[i] |= CLOSE
            if p > 0.0 and -(px * qx + py * qy) > cosine * p * q:
                marks[i] |= SHARP
            px, py, p = qx, qy, q
    return marks


@njit(cache=True, nogil=True)
def ring_measures(coords: Floats, offsets: Ints) -> tuple[Floats, Floats]:
    """Unsigned area in m² and length in m of closed rings in degrees, on a plane local to each.

    Good to a thousandth for parcels: for telling a sliver, never for an area that counts.
    """
    n = offsets.size - 1
    areas, lengths = np.zeros(n), np.zeros(n)
    for ring in range(n):
        first, last = offsets[ring], offsets[ring + 1] - 1
        mx, my = metres_per_degree(coords[first, 1])
        x0, y0 = coords[first, 0], coords[first, 1]
        doubled, length = 0.0, 0.0
        for i in range(first, last):
            ax, ay = (coords[i, 0] - x0) * mx, (coords[i, 1] - y0) * my
            bx, by = (coords[i + 1, 0] - x0) * mx, (coords[i + 1, 1] - y0) * my
            doubled += ax * by - bx * ay
            length += sqrt((bx - ax) ** 2 + (by - ay) ** 2)
        areas[ring], lengths[ring] = abs(doubled) / 2.0, length
    return areas, lengths


@njit(cache=True, nogil=True)
def components(edges: Ints, vertices: int) -> Ints:
    """The component of each vertex of a graph: the number of its least vertex."""
    root = np.arange(vertices)
    for k in range(edges.shape[0]):
        a, b = edges[k, 0], edges[k, 1]
        while root[a] != a:
            root[a] = root[root[a]]
            a = root[a]
        while root[b] != b:
            root[b] = root[root[b]]
            b = root[b]
        if a < b:
            root[b] = a
        elif b < a:
            root[a] = b
    for v in range(vertices):
        a = v
        while root[a] != a:
            a = root[a]
        root[v] = a
    return root


@njit(cache=True, nogil=True)
def corner_angles(
    ids: NDArray[np.int32], coords: Floats, offsets: Ints, holes: NDArray[np.bool_], wanted: Ints
) -> Floats:
    """Sum of the angles, in radians, of the rings' corners at some vertices, on the side of their area.

    ``wanted`` has the place of a vertex in the answer, -1 where it is not asked for.
    Degrees are taken for a plane, as is: angles there add up as well as on any.
    """
    out = np.zeros(wanted.max() + 1 if wanted.size else 0)
    for ring in range(offsets.size - 1):
        first, last = offsets[ring], offsets[ring + 1] - 1
        doubled = 0.0
        x0, y0 = coords[first, 0], coords[first, 1]
        for i in range(first, last):
            doubled += (coords[i, 0] - x0) * (coords[i + 1, 1] - y0) - (coords[i + 1, 0] - x0) * (
                coords[i, 1] - y0
            )
        left = (doubled > 0.0) != holes[ring]
        for i in range(first, last):
            at = wanted[ids[i]]
            if at < 0:
                continue
            before, after = i - 1 if i > first else last - 1, i + 1
            while ids[before] == ids[i] and before != i:
                before = before - 1 if before > first else last - 1
            if ids[after] == ids[i]:
                continue
            ax, ay = coords[before, 0] - coords[i, 0], coords[before, 1] - coords[i, 1]
            bx, by = coords[after, 0] - coords[i, 0], coords[after, 1] - coords[i, 1]
            turn = atan2(ay, ax) - atan2(by, bx)
            if not left:
                turn = -turn
            out[at] += turn if turn > 0.0 else turn + 2.0 * pi
    return out
