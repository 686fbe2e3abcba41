"""Steps of reservoirs; see :mod:`water.hydrology.reservoir`."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True, nogil=True, error_model="numpy")
def _read(volumes, values, volume):  # type: ignore[no-untyped-def]
    """A column of the table at a volume; its ends beyond them."""
    k = min(max(np.searchsorted(volumes, volume), 1), volumes.size - 1)
    share = (volume - volumes[k - 1]) / (volumes[k] - volumes[k - 1])
    return values[k - 1] + min(1.0, max(0.0, share)) * (values[k] - values[k - 1])


@njit(cache=True, nogil=True, error_model="numpy")
def _let_go(volumes, values, half_s, have):  # type: ignore[no-untyped-def]
    """q(V) of the V for which V + half·q(V) is ``have``: the left side rises, and is linear within a row."""
    below = volumes[0] + half_s * values[0]
    if have <= below:
        return max(0.0, have - volumes[0]) / half_s
    for k in range(1, volumes.size):
        above = volumes[k] + half_s * values[k]
        if have <= above:
            return values[k - 1] + (have - below) / (above - below) * (values[k] - values[k - 1])
        below = above
    return values[-1]


@njit(cache=True, nogil=True, error_model="numpy")
def _settled(volumes, values, half_s, kept, come, wanted):  # type: ignore[no-untyped-def]
    """An outflow that swings beyond all that it comes of, damped.

    A pool that a step empties (q′·Δt over 2) would swing about its inflow. Beside the inflow
    no more is let go in a step than it holds over the volume at which it passes the inflow: more than shorter
    steps ever ask for. ``kept`` is the volume but for the flows at the end of the step.
    """
    if come < values[0] or come > values[-1]:
        return wanted
    k = 1
    while values[k] < come:
        k += 1
    rise = values[k] - values[k - 1]
    if rise > 0.0:
        full = volumes[k - 1] + (come - values[k - 1]) / rise * (volumes[k] - volumes[k - 1])
    else:
        full = min(max(kept, volumes[k - 1]), volumes[k])
    most = abs(kept - full) / (2.0 * half_s)
    return come + min(max(wanted - come, -most), most)


@njit(cache=True, nogil=True, error_model="numpy")
def free_outflow(table, step_s, inflow, held, release, volume):  # type: ignore[no-untyped-def]
    """Level pool 调洪演算, everything open; ``held`` (inflow, outflow, volume) moves on in place."""
    volumes, capacity = table[0], table[1]
    half = 0.5 * step_s
    for n in range(inflow.shape[0]):
        before, out, v = held[n]
        for t in range(inflow.shape[1]):
            come = inflow[n, t]
            have = v + half * (come + before - out)
            spare = (have - volumes[0]) / half
            wanted = _let_go(volumes, capacity, half, have)
            if wanted < min(before, come, out) or wanted > max(before, come, out):
                wanted = _settled(volumes, capacity, half, v + half * (before - out), come, wanted)
            # No more than there is, in this step and the next, where the step is long for the outlet.
            out = max(0.0, min(wanted, spare, 0.5 * (spare + come)))
            v = have - half * out
            before = come
            release[n, t], volume[n, t] = out, v
        held[n, 0], held[n, 1], held[n, 2] = before, out, v


@njit(cache=True, nogil=True, error_model="numpy")
def operated(  # type: ignore[no-untyped-def]
    table, step_s, inflow, held, target, limits, least, ramp, ordered, release, volume
):
    """Operation by rules; ``held`` (inflow, release, volume) moves on in place."""
    volumes, capacity, free = table[0], table[1], table[2]
    half = 0.5 * step_s
    for n in range(inflow.shape[0]):
        before, out, v = held[n]
        for t in range(inflow.shape[1]):
            come = half * (inflow[n, t] + before)
            before = inflow[n, t]
            spare = max(0.0, v + come - volumes[0]) / step_s
            # Means over the step with all open, and with all shut: half of it at each of both volumes.
            now = _read(volumes, capacity, v)
            most = min(spare, 0.5 * (now + _let_go(volumes, capacity, half, v + come - half * now)))
            now = _read(volumes, free, v)
            forced = min(most, 0.5 * (now + _let_go(volumes, free, half, v + come - half * now)))
            if np.isnan(ordered[t]):
                wanted = max(least, (v + come - target[t]) / step_s)
                limit = np.inf
                for k in range(limits.shape[0] - 1, -1, -1):
                    if v < limits[k, 0]:
                        limit = limits[k, 1]
                wanted = min(wanted, limit)
                if limit < np.inf or limits.shape[0] == 0:
                    wanted = min(max(wanted, out - ramp), out + ramp)
            else:
                wanted = ordered[t]
            out = min(max(wanted, forced), most)
            v = v + come - step_s * out
            release[n, t], volume[n, t] = out, v
        held[n, 0], held[n, 1], held[n, 2] = before, out, v
