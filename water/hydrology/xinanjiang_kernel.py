"""Steps of Xin'anjiang over many rows; see :mod:`water.hydrology.xinanjiang`."""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

LAGGED: Final = 11
"""Steps of inflow to the channels that are kept for the lag."""
STATES: Final = ("WU", "WL", "WD", "S", "FR", "QI", "QG", "Q", *(f"QT{ago}" for ago in range(LAGGED)))
SLICE_MM: Final = 5.0
"""Rain is taken in slices of at most so much 净雨分段, and the step is divided as often (Zhao, 1992)."""


@njit(cache=True, nogil=True, error_model="numpy")
def march(sets, rain, asked, states, flow, kept, spent):  # type: ignore[no-untyped-def]
    """All steps of all rows; ``states`` moves on in place, ``spent`` gets the evaporation."""
    count, steps = flow.shape
    keep = kept.shape[1] > 0
    past = np.empty(LAGGED + 1)
    for n in range(count):
        k, b, im, um, lm, dm, c, sm, ex, ki, kg, ci, cg, cs, lag, fc, kf, bf = sets[n]
        wm = um + lm + dm
        wmm, smm = wm * (1 + b), sm * (1 + ex)
        inv_b, inv_ex = 1 / (1 + b), 1 / (1 + ex)
        wu, wl, wd, s, fr, qi, qg, q = states[n, :8]
        past[:LAGGED] = states[n, 8:]
        whole = int(lag)
        part = lag - whole
        p_row, e_row = rain[min(n, rain.shape[0] - 1)], asked[min(n, asked.shape[0] - 1)]
        for t in range(steps):
            p, ep = p_row[t], k * e_row[t]
            surface = 0.0
            interflow = 0.0
            ground = 0.0
            if p > ep:
                pe = p - ep
                lost = ep
                soaked = pe
                if fc < np.inf:
                    fm = fc * (1 + kf * (wm - wu - wl - wd) / wm)
                    dry = max(0.0, 1 - pe / (fm * (1 + bf)))
                    soaked = min(pe, fm * (1 - dry ** (1 + bf)))
                over = pe - soaked
                room = max(0.0, 1 - (wu + wl + wd) / wm)
                left = max(0.0, room**inv_b - soaked / wmm) ** (1 + b)
                stays = min(soaked, max(0.0, wm * (room - left)))
                runoff = soaked - stays
                up = min(stays, um - wu)
                low = min(stays - up, lm - wl)
                wu += up
                wl += low
                wd = min(dm, wd + (stays - up - low))
                if runoff > 0.0:
                    free = s * fr
                    fr = runoff / soaked
                    s = free / fr
                    parts = int(soaked / SLICE_MM) + 1
                    slice_mm = soaked / parts
                    drained = ki + kg
                    share = (1 - (1 - drained) ** (1 / parts)) / drained if parts > 1 else 1.0
                    for _ in range(parts):
                        room = max(0.0, 1 - s / sm)
                        left = max(0.0, room**inv_ex - slice_mm / smm) ** (1 + ex)
                        full = min(s + slice_mm, sm * (1 - left))
                        surface += (s + slice_mm - full) * fr
                        interflow += ki * share * full * fr
                        ground += kg * share * full * fr
                        s = full - drained * share * full
                else:
                    interflow, ground = ki * s * fr, kg * s * fr
                    s -= (ki + kg) * s
                surface = (1 - im) * (surface + over) + im * pe
            else:
                need = ep - p
                eu = min(wu, need)
                rest = need - eu
                if wl >= c * lm:
                    el = min(wl, rest * wl / lm)
                    ed = 0.0
                else:
                    el = min(wl, c * rest)
                    ed = min(wd, c * rest - el)
                wu -= eu
                wl -= el
                wd -= ed
                lost = p + (1 - im) * (eu + el + ed)
                interflow, ground = ki * s * fr, kg * s * fr
                s -= (ki + kg) * s
            qi = ci * qi + (1 - ci) * (1 - im) * interflow
            qg = cg * qg + (1 - cg) * (1 - im) * ground
            for ago in range(LAGGED, 0, -1):
                past[ago] = past[ago - 1]
            past[0] = surface + qi + qg
            q = cs * q + (1 - cs) * ((1 - part) * past[whole] + part * past[whole + 1])
            flow[n, t] = q
            spent[n] += lost
            if keep:
                kept[0, n, t], kept[1, n, t] = lost, surface
                kept[2, n, t], kept[3, n, t] = qi, qg
                kept[4, n, t], kept[5, n, t] = wu + wl + wd, s * fr
        states[n, 0], states[n, 1], states[n, 2], states[n, 3], states[n, 4] = wu, wl, wd, s, fr
        states[n, 5], states[n, 6], states[n, 7] = qi, qg, q
        states[n, 8:] = past[:LAGGED]
