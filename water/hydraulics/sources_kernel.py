"""Water from above and into the ground 降雨与下渗, and the speed of the fastest wave."""

from __future__ import annotations

from math import sqrt

from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def gain(h, carry, pattern, depth):  # type: ignore[no-untyped-def]
    """:func:`pour` over one row."""
    for i in range(h.size):
        more = depth * pattern[i] - carry[i]
        total = h[i] + more
        carry[i] = (total - h[i]) - more
        h[i] = total


@njit(cache=True, nogil=True, error_model="numpy")
def pour(h, carry, pattern, depth):  # type: ignore[no-untyped-def]
    """Add a depth of rain, m, times the factor of each cell."""
    for j in range(h.shape[0]):
        gain(h[j], carry[j], pattern[j], depth)


@njit(cache=True, nogil=True, error_model="numpy")
def take(h, carry, j, i, loss):  # type: ignore[no-untyped-def]
    """Take a depth from a cell, and its carry where nothing is left; returns what was taken."""
    if loss + carry[j, i] >= h[j, i]:
        taken = float(h[j, i]) - float(carry[j, i])
        h[j, i] = 0
        carry[j, i] = 0
        return taken
    gain = -loss - carry[j, i]
    total = h[j, i] + gain
    carry[j, i] = (total - h[j, i]) - gain
    h[j, i] = total
    return float(loss)


@njit(cache=True, nogil=True, error_model="numpy")
def lose(h, carry, capacity, runs, band, dt):  # type: ignore[no-untyped-def]
    """Take what the ground can, at most what is there; returns the sum of depths, m."""
    ptr, low, high = runs
    taken = 0.0
    for j in range(h.shape[0]):
        for k in range(ptr[2 * (j // band)], ptr[2 * (j // band) + 1]):
            for i in range(low[k], high[k]):
                taken += take(h, carry, j, i, min(capacity[j, i] * dt, h[j, i]))
    return taken


@njit(cache=True, nogil=True, error_model="numpy")
def absorb(h, carry, soaked, conductivity, store, j, i, dt):  # type: ignore[no-untyped-def]
    """What one cell soaks up in a step after Green–Ampt, m."""
    kt, f = conductivity[j, i] * dt, soaked[j, i]
    p = kt - 2.0 * f
    able = 0.5 * (p + sqrt(p * p + 8.0 * kt * (store[j, i] + f)))
    loss = h.dtype.type(min(able, float(h[j, i])))
    soaked[j, i] += loss
    return take(h, carry, j, i, loss)


@njit(cache=True, nogil=True, error_model="numpy")
def soak(h, carry, soaked, conductivity, store, runs, band, dt):  # type: ignore[no-untyped-def]
    """Green–Ampt over a step, implicit in the depth soaked; ``store`` is suction times deficit, m."""
    ptr, low, high = runs
    taken = 0.0
    for j in range(h.shape[0]):
        for k in range(ptr[2 * (j // band)], ptr[2 * (j // band) + 1]):
            for i in range(low[k], high[k]):
                taken += absorb(h, carry, soaked, conductivity, store, j, i, dt)
    return taken


@njit(cache=True, nogil=True, error_model="numpy")
def deeper(h, most):  # type: ignore[no-untyped-def]
    """Greatest depth so far of each cell of a row, m."""
    for i in range(h.size):
        most[i] = h[i] if h[i] > most[i] else most[i]


@njit(cache=True, nogil=True, error_model="numpy")
def deepest(h, runs, band, most):  # type: ignore[no-untyped-def]
    """Greatest depth in the active tiles; ``most`` is a row of scratch."""
    ptr, low, high = runs
    most[:] = 0
    for j in range(h.shape[0]):
        for k in range(ptr[2 * (j // band)], ptr[2 * (j // band) + 1]):
            deeper(h[j, low[k] : high[k]], most[low[k] : high[k]])
    return most.max()


@njit(cache=True, nogil=True, error_model="numpy")
def faster(h, p, q, most, g, dry):  # type: ignore[no-untyped-def]
    """Greatest speed so far of each cell of a row, m/s: see :func:`fastest`."""
    half = most.dtype.type(0.5)
    for i in range(h.size):
        wet = h[i] > dry
        depth = h[i] if wet else dry
        a, b = abs(p[i]), abs(q[i])
        along = (a if a > b else b) / depth
        both = half * (a + b) / depth + sqrt(g * depth)
        speed = along if along > both else both
        speed = speed if wet else sqrt(g * depth)
        most[i] = speed if speed > most[i] else most[i]


@njit(cache=True, nogil=True, error_model="numpy")
def fastest(h, p, q, runs, band, most, g, dry):  # type: ignore[no-untyped-def]
    """Greatest speed in the active tiles that bounds a step, m/s.

    The mean of the fastest waves |u| + √(gh) along both axes, which is what an unsplit scheme bears, and at
    least that of the water: the tip of a dry front is a current without waves.
    """
    ptr, low, high = runs
    most[:] = 0
    for j in range(h.shape[0]):
        for k in range(ptr[2 * (j // band)], ptr[2 * (j // band) + 1]):
            lo, hi = low[k], high[k]
            faster(h[j, lo:hi], p[j, lo:hi], q[j, lo:hi], most[lo:hi], g, dry)
    return most.max()
