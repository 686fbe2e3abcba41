"""Inverse cube root without ``pow``: exponent by shifts, then two Newton steps, in 32 and 64 bits.

Relative error below 1.2e-5, so h^(−7/3) is right to 9e-5: far below what a roughness is known to.
Only additions, shifts and products, so a loop over it is vectorised and equal on every machine.
"""

from __future__ import annotations

import numpy as np
from numba import njit, types
from numba.extending import overload

_SEED_32 = np.int32(0x54A21D2A)
_SEED_64 = np.int64(0x553ED3B3289DD796)


def seed(x):  # type: ignore[no-untyped-def]
    """First guess of x^(−1/3), within 4 %: a third of the exponent is ¼ + 1/16 + 1/64 + … of its bits."""
    raise NotImplementedError(x)


def seed_32(x):  # type: ignore[no-untyped-def]
    """:func:`seed` in 32 bits."""
    y = np.int32(np.float32(x).view(np.int32) >> np.int32(2))
    y = np.int32(y + (y >> np.int32(2)))
    y = np.int32(y + (y >> np.int32(4)))
    y = np.int32(y + (y >> np.int32(8)))
    return np.int32(_SEED_32 - y).view(np.float32)


def seed_64(x):  # type: ignore[no-untyped-def]
    """:func:`seed` in 64 bits."""
    y = np.float64(x).view(np.int64) >> 2
    y = y + (y >> 2)
    y = y + (y >> 4)
    y = y + (y >> 8)
    return np.int64(_SEED_64 - y).view(np.float64)


@overload(seed, inline="always")
def _seed(x):  # type: ignore[no-untyped-def]
    return seed_32 if x == types.float32 else seed_64


@njit(cache=True, error_model="numpy")
def inverse_cube_root(x, third, four_thirds):  # type: ignore[no-untyped-def]
    """x^(−1/3) for x > 0; the constants come in the precision of ``x``."""
    r = seed(x)  # type: ignore[no-untyped-call]
    y = x * third
    r = r * (four_thirds - y * r * r * r)
    return r * (four_thirds - y * r * r * r)
