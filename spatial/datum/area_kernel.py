"""Compiled loops of the legal area; imported only when areas are computed."""

from __future__ import annotations

from math import ceil, cos, sin, sqrt

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spatial.datum.gauss_kruger_kernel import A_M, F, unproject_rad

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

B_M = A_M * (1.0 - F)
_RHO_S = 206264.8062471
"""ρ″ as the rule writes it."""
_RAD = 3600.0 / _RHO_S

_E2 = F * (2.0 - F)
_E4, _E6, _E8 = _E2**2, _E2**3, _E2**4
_KA = 1.0 + 3.0 / 6.0 * _E2 + 30.0 / 80.0 * _E4 + 35.0 / 112.0 * _E6 + 630.0 / 2304.0 * _E8
_KB = 1.0 / 6.0 * _E2 + 15.0 / 80.0 * _E4 + 21.0 / 112.0 * _E6 + 420.0 / 2304.0 * _E8
_KC = 3.0 / 80.0 * _E4 + 7.0 / 112.0 * _E6 + 180.0 / 2304.0 * _E8
_KD = 1.0 / 112.0 * _E6 + 45.0 / 2304.0 * _E8
_KE = 5.0 / 2304.0 * _E8
FACTORS = (_KA, _KB, _KC, _KD, _KE)
"""A to E of the rule."""


@njit(cache=True)
def trapezoid_m2(l1, b1, l2, b2):  # type: ignore[no-untyped-def]
    """Trapezoid between the reference meridian and one edge (radians), 国土调查办发〔2008〕32号."""
    half = 0.5 * (b2 - b1)
    mid = 0.5 * (b1 + b2)
    s1, c1 = sin(half), cos(mid)
    p = 2.0 - 4.0 * s1 * s1  # 2 cos d
    q = 4.0 * c1 * c1 - 2.0  # 2 cos 2Bm
    s3, c3 = (p + 1.0) * s1, (q - 1.0) * c1
    s5, c5 = p * s3 - s1, q * c3 - c1
    s7, c7 = p * s5 - s3, q * c5 - c3
    s9, c9 = p * s7 - s5, q * c7 - c5
    bracket = _KA * s1 * c1 - _KB * s3 * c3 + _KC * s5 * c5 - _KD * s7 * c7 + _KE * s9 * c9
    return 2.0 * B_M * B_M * 0.5 * (l1 + l2) * bracket


@njit(cache=True, nogil=True, error_model="numpy")
def ring_areas_geographic(coords: Floats, offsets: Ints, piece_deg: float, out: Floats) -> None:
    """Unsigned area of each ring of (lon, lat) degrees, edges straight in degrees.

    Edges longer than ``piece_deg`` in either coordinate are cut; 0 leaves them whole.
    """
    for ring in range(offsets.size - 1):
        first, last = offsets[ring], offsets[ring + 1]
        if last - first < 3:
            out[ring] = 0.0
            continue
        total = 0.0
        lon0 = coords[first, 0]
        for i in range(first, last):
            j = i + 1 if i + 1 < last else first
            dl, db = coords[j, 0] - coords[i, 0], coords[j, 1] - coords[i, 1]
            n = 1
            if piece_deg > 0.0:
                n = max(1, ceil(max(abs(dl), abs(db)) / piece_deg))
            l1, b1 = (coords[i, 0] - lon0) * _RAD, coords[i, 1] * _RAD
            for k in range(1, n + 1):
                t = k / n
                l2 = (coords[i, 0] - lon0 + dl * t) * _RAD
                b2 = (coords[i, 1] + db * t) * _RAD
                total += trapezoid_m2(l1, b1, l2, b2)
                l1, b1 = l2, b2
        out[ring] = abs(total)


@njit(cache=True)
def _halved_m2(l1, b1, lm, bm, l2, b2):  # type: ignore[no-untyped-def]
    """Limit of the trapezoids of a piece as its parts shrink, from the piece and its halves.

    A trapezoid puts a meridian for its edge, an error with the square of the
    part's length; Richardson's rule takes it out.
    """
    halves = trapezoid_m2(l1, b1, lm, bm) + trapezoid_m2(lm, bm, l2, b2)
    return (4.0 * halves - trapezoid_m2(l1, b1, l2, b2)) / 3.0


@njit(cache=True, nogil=True, error_model="numpy")
def ring_areas_gauss_kruger(
    coords: Floats,
    offsets: Ints,
    false_easting_m: float,
    piece_m: float,
    whole_m: float,
    out: Floats,
    extremes: Floats,
) -> None:
    """Unsigned area of each ring of (east, north) metres of a CGCS2000 Gauss–Krüger frame.

    Edges are cut to ``piece_m`` and unprojected; a piece longer than ``whole_m`` is
    halved besides. ``extremes`` receives the least and greatest longitude from
    the central meridian and latitude met, in degrees.
    """
    extremes[0], extremes[1], extremes[2], extremes[3] = np.inf, -np.inf, np.inf, -np.inf
    for ring in range(offsets.size - 1):
        first, last = offsets[ring], offsets[ring + 1]
        if last - first < 3:
            out[ring] = 0.0
            continue
        total = 0.0
        l0, b1 = unproject_rad(coords[first, 0] - false_easting_m, coords[first, 1])
        l1 = 0.0
        for i in range(first, last):
            j = i + 1 if i + 1 < last else first
            x, y = coords[i, 0] - false_easting_m, coords[i, 1]
            dx, dy = coords[j, 0] - coords[i, 0], coords[j, 1] - coords[i, 1]
            length = sqrt(dx * dx + dy * dy)
            if length == 0.0:
                continue
            n = max(1, ceil(length / piece_m))
            for k in range(1, n + 1):
                t = k / n
                lam, b2 = unproject_rad(x + dx * t, y + dy * t)
                l2 = lam - l0
                if length > n * whole_m:
                    t = (k - 0.5) / n
                    lam, bm = unproject_rad(x + dx * t, y + dy * t)
                    total += _halved_m2(l1, b1, lam - l0, bm, l2, b2)
                else:
                    total += trapezoid_m2(l1, b1, l2, b2)
                l1, b1 = l2, b2
            lon, lat = (l1 + l0) / _RAD, b1 / _RAD
            extremes[0], extremes[1] = min(extremes[0], lon), max(extremes[1], lon)
            extremes[2], extremes[3] = min(extremes[2], lat), max(extremes[3], lat)
        out[ring] = abs(total)


def ready() -> None:
    """Both loops are loaded, or compiled where that was never done; then no file is needed for them."""
    nothing, none = np.empty((0, 2)), np.zeros(1, np.int64)
    ring_areas_geographic(nothing, none, 0.0, np.empty(0))
    ring_areas_gauss_kruger(nothing, none, 0.0, 1.0, 1.0, np.empty(0), np.empty(4))
