"""Steps of GR4J over many rows; see :mod:`water.hydrology.gr4j`."""

from __future__ import annotations

from math import ceil

import numpy as np
from numba import njit

from water.hydrology.stores import LONG, SHORT


@njit(cache=True, nogil=True, error_model="numpy")
def ordinates(x4):  # type: ignore[no-untyped-def]
    """Both unit hydrographs: shares of a step's water that come in this step and in those after it."""
    short, long = np.zeros(SHORT), np.zeros(LONG)
    before = 0.0
    for k in range(SHORT):
        upto = min(1.0, ((k + 1) / x4) ** 2.5)
        short[k] = upto - before
        before = upto
    before = 0.0
    for k in range(LONG):
        t = (k + 1) / x4
        upto = 0.5 * t**2.5 if t <= 1.0 else 1.0 - 0.5 * max(0.0, 2.0 - t) ** 2.5
        long[k] = upto - before
        before = upto
    return short, long


@njit(cache=True, nogil=True, error_model="numpy")
def _held(values, least):  # type: ignore[no-untyped-def]
    """How many steps ahead a unit hydrograph holds or will hold water."""
    for k in range(values.size, least, -1):
        if values[k - 1] != 0.0:
            return k
    return least


@njit(cache=True, nogil=True, error_model="numpy")
def _let_go(full):  # type: ignore[no-untyped-def]
    """1 − (1 + x⁴)^(−¼), without the loss of digits at small x."""
    x4 = full * full * full * full
    root = np.sqrt(np.sqrt(1.0 + x4))
    return x4 / (root * (root + 1.0) * (root * root + 1.0))


@njit(cache=True, nogil=True, error_model="numpy")
def march(sets, rain, asked, states, flow, spent, came):  # type: ignore[no-untyped-def]
    """All days of all rows; ``states`` moves on in place, ``spent`` and ``came`` get the sums."""
    count, steps = flow.shape
    for n in range(count):
        x1, x2, x3, x4 = sets[n]
        short, long = ordinates(x4)
        s, r = states[n, 0], states[n, 1]
        u, v = states[n, 2 : 2 + SHORT].copy(), states[n, 2 + SHORT :].copy()
        few, many = _held(u, min(SHORT, ceil(x4))), _held(v, min(LONG, ceil(2 * x4)))
        p_row, e_row = rain[n % rain.shape[0]], asked[n % asked.shape[0]]
        for t in range(steps):
            p, e = p_row[t], e_row[t]
            if p >= e:
                w = np.tanh((p - e) / x1)
                full = s / x1
                stays = min(p - e, x1 * (1 - full * full) * w / (1 + full * w))
                s += stays
                effective = p - e - stays
                lost = e
            else:
                w = np.tanh((e - p) / x1)
                full = s / x1
                taken = min(s, s * (2 - full) * w / (1 + (1 - full) * w))
                s -= taken
                effective = 0.0
                lost = p + taken
            leaks = s * _let_go(s / x1 * (4.0 / 9.0))
            s -= leaks
            effective += leaks
            for k in range(few):
                u[k] += 0.9 * effective * short[k]
            for k in range(many):
                v[k] += 0.1 * effective * long[k]
            slow, quick = u[0], v[0]
            for k in range(few - 1):
                u[k] = u[k + 1]
            for k in range(many - 1):
                v[k] = v[k + 1]
            u[few - 1] = 0.0
            v[many - 1] = 0.0
            full = r / x3
            exchange = x2 * full * full * full * np.sqrt(full)
            from_store = max(exchange, -(r + slow))
            r = max(0.0, r + slow + exchange)
            out = r * _let_go(r / x3)
            r -= out
            direct = max(0.0, quick + exchange)
            came[n] += from_store + (direct - quick)
            flow[n, t] = out + direct
            spent[n] += lost
        states[n, 0], states[n, 1] = s, r
        states[n, 2 : 2 + SHORT], states[n, 2 + SHORT :] = u, v
