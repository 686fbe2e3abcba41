"""Steps of Xin'anjiang over many rows; see :mod:`water.hydrology.xinanjiang`.

Rows are taken up to 32 at a time. Their parameters and states lie in one array, a lane apart, at offsets the
compiler knows, and the loops over lanes are free of branches: they become vector instructions. What is
skipped where no lane has rain changes none of the lanes, so a row says the same bits in any company.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numba import njit

from water.hydrology.power import exponential, logarithm, power
from water.hydrology.stores import LAGGED

LEAST_MM: Final = 1e-9
"""Capacity of free water at a vanishing area."""
LANES: Final = 32
"""Rows that go together at most, and how far a value lies from the next."""
FEWEST: Final = 8
"""Rows that go together at least: one vector."""
STRETCH: Final = 128
"""Steps whose inflow to the channels is kept before it is routed."""

# Offsets of parameters, states and what a step needs, each LANES long.
(
    _K, _B, _IM, _UM, _LM, _DM, _C, _SM, _EX, _KI, _KG, _CI, _CG, _CS, _L, _FC, _KF, _BF,
    _WU, _WL, _WD, _S, _FR, _QI, _QG, _Q,
    _WM, _PER_WM, _PER_LM, _PER_WMM, _PER_SM, _PER_SMM, _PER_B, _PER_EX, _LOG, _SPENT, _CAP,
    _P, _EP, _NET, _LOST, _SOAKED, _OVER, _PARTS, _SLICE, _SHARE, _SURFACE, _INTER, _GROUND,
) = (LANES * each for each in range(49))  # fmt: skip


@njit(cache=True, error_model="numpy")
def _load(w, lanes, sets, states, first):  # type: ignore[no-untyped-def]
    """Parameters and states of the rows from ``first`` on; the last row again where there are no more."""
    for i in range(lanes):
        n = min(first + i, sets.shape[0] - 1)
        for j in range(18):
            w[j * LANES + i] = sets[n, j]
        for j in range(8):
            w[_WU + j * LANES + i] = states[n, j]
        wm = sets[n, 3] + sets[n, 4] + sets[n, 5]
        w[_WM + i], w[_PER_WM + i], w[_PER_LM + i] = wm, 1 / wm, 1 / sets[n, 4]
        w[_PER_WMM + i] = 1 / (wm * (1 + sets[n, 1]))
        w[_PER_SM + i], w[_PER_SMM + i] = 1 / sets[n, 7], 1 / (sets[n, 7] * (1 + sets[n, 8]))
        w[_PER_B + i], w[_PER_EX + i] = 1 / (1 + sets[n, 1]), 1 / (1 + sets[n, 8])
        w[_CAP + i] = sets[n, 7]
        w[_LOG + i] = logarithm(1 - sets[n, 9] - sets[n, 10])
        w[_SPENT + i] = 0.0


@njit(cache=True, error_model="numpy")
def _weather(w, lanes, rain, asked, first, t):  # type: ignore[no-untyped-def]
    """Rain and evaporation capacity of a step into the lanes; in how many there is net rain.

    A row takes the series of its own number, over and over where there are fewer series than rows.
    """
    if rain.shape[0] == 1 and asked.shape[0] == 1:
        p, e = rain[0, t], asked[0, t]
        for i in range(lanes):
            w[_P + i] = p
            w[_EP + i] = w[_K + i] * e
    else:
        for i in range(lanes):
            w[_P + i] = rain[(first + i) % rain.shape[0], t]
            w[_EP + i] = w[_K + i] * asked[(first + i) % asked.shape[0], t]
    wet = 0
    for i in range(lanes):
        wet += 1 if w[_P + i] > w[_EP + i] else 0
    return wet


@njit(cache=True, error_model="numpy")
def _evaporate(w, lanes):  # type: ignore[no-untyped-def]
    """Three layers 三层蒸散发: what the rain does not cover is taken from upper, lower and deep water."""
    for i in range(lanes):
        p, ep = w[_P + i], w[_EP + i]
        net = p - ep
        need = -net if net < 0.0 else 0.0
        wu, wl, wd = w[_WU + i], w[_WL + i], w[_WD + i]
        eu = wu if wu < need else need
        rest = need - eu
        enough = wl >= w[_C + i] * w[_LM + i]
        asked = rest * wl * w[_PER_LM + i] if enough else w[_C + i] * rest
        el = wl if wl < asked else asked
        deep = 0.0 if enough else w[_C + i] * rest - el
        ed = wd if wd < deep else deep
        w[_WU + i], w[_WL + i], w[_WD + i] = wu - eu, wl - el, wd - ed
        lost = (p if net < 0.0 else ep) + (1 - w[_IM + i]) * (eu + el + ed)
        w[_LOST + i] = lost
        w[_SPENT + i] += lost
        w[_NET + i] = net if net > 0.0 else 0.0
        w[_SURFACE + i] = 0.0


@njit(cache=True, error_model="numpy")
def _infiltrate(w, lanes, is_limited):  # type: ignore[no-untyped-def]
    """Net rain beyond the infiltration capacity runs off 超渗产流; the rest soaks in."""
    for i in range(lanes):
        w[_SOAKED + i] = w[_NET + i]
        w[_OVER + i] = 0.0
    if is_limited:
        for i in range(lanes):
            net = w[_NET + i]
            dry = 1 - (w[_WU + i] + w[_WL + i] + w[_WD + i]) * w[_PER_WM + i]
            fm = w[_FC + i] * (1 + w[_KF + i] * dry)
            left = 1 - net / (fm * (1 + w[_BF + i]))
            soaked = fm * (1 - power(left if left > 0.0 else 0.0, 1 + w[_BF + i]))
            soaked = soaked if soaked < net else net
            w[_SOAKED + i] = soaked
            w[_OVER + i] = net - soaked


@njit(cache=True, error_model="numpy")
def _fill(w, lanes, slice_mm):  # type: ignore[no-untyped-def]
    """Saturation excess 蓄满产流: tension water takes its part, the rest is runoff of the share FR."""
    for i in range(lanes):
        soaked, wu, wl, wd = w[_SOAKED + i], w[_WU + i], w[_WL + i], w[_WD + i]
        room = 1 - (wu + wl + wd) * w[_PER_WM + i]
        room = room if room > 0.0 else 0.0
        left = power(room, w[_PER_B + i]) - soaked * w[_PER_WMM + i]
        left = power(left if left > 0.0 else 0.0, 1 + w[_B + i])
        stays = w[_WM + i] * (room - left)
        stays = stays if stays > 0.0 else 0.0
        stays = stays if stays < soaked else soaked
        runoff = soaked - stays
        upper = w[_UM + i] - wu
        upper = stays if stays < upper else upper
        lower = w[_LM + i] - wl
        lower = stays - upper if stays - upper < lower else lower
        deep = wd + (stays - upper - lower)
        w[_WU + i], w[_WL + i] = wu + upper, wl + lower
        w[_WD + i] = deep if deep < w[_DM + i] else w[_DM + i]
        runs = runoff > 0.0
        share = runoff / (soaked if runs else 1.0)
        free = w[_S + i] * w[_FR + i] / (share if runs else 1.0)
        w[_S + i] = free if runs else w[_S + i]
        w[_FR + i] = share if runs else w[_FR + i]
        parts = np.floor(soaked / slice_mm) + 1 if runs else 1.0
        w[_PARTS + i] = parts
        w[_SLICE + i] = soaked / parts if runs else 0.0
        w[_SHARE + i] = 1.0
        w[_INTER + i] = 0.0
        w[_GROUND + i] = 0.0


@njit(cache=True, error_model="numpy")
def _bound(w, lanes):  # type: ignore[no-untyped-def]
    """Capacity of free water over the runoff-producing area, where it follows that area."""
    for i in range(lanes):
        largest = w[_SM + i] * (1 + w[_EX + i]) * (1 - power(1 - w[_FR + i], 1 / w[_EX + i]))
        largest = largest if largest > LEAST_MM else LEAST_MM
        w[_CAP + i] = largest * w[_PER_EX + i]
        w[_PER_SM + i], w[_PER_SMM + i] = 1 / w[_CAP + i], 1 / largest


@njit(cache=True, error_model="numpy")
def _separate(w, lanes, most):  # type: ignore[no-untyped-def]
    """Three sources 三水源划分, slice by slice: over the free water's capacity, to interflow, to groundwater.

    A lane without runoff has one slice of nothing: its free water drains.
    """
    if most > 1:
        for i in range(lanes):
            drained = w[_KI + i] + w[_KG + i]
            share = (1 - exponential(w[_LOG + i] / w[_PARTS + i])) / drained
            w[_SHARE + i] = share if w[_PARTS + i] > 1.0 else 1.0
    for part in range(most):
        for i in range(lanes):
            is_on = part < w[_PARTS + i]
            s, fr, come = w[_S + i], w[_FR + i], w[_SLICE + i]
            room = 1 - s * w[_PER_SM + i]
            left = power(room if room > 0.0 else 0.0, w[_PER_EX + i]) - come * w[_PER_SMM + i]
            left = power(left if left > 0.0 else 0.0, 1 + w[_EX + i])
            full = w[_CAP + i] * (1 - left)
            full = full if full < s + come and come > 0.0 else s + come
            over = (s + come - full) * fr
            inter, ground = w[_KI + i] * w[_SHARE + i] * full, w[_KG + i] * w[_SHARE + i] * full
            w[_SURFACE + i] += over if is_on else 0.0
            w[_INTER + i] += inter * fr if is_on else 0.0
            w[_GROUND + i] += ground * fr if is_on else 0.0
            w[_S + i] = full - (inter + ground) if is_on else s
    for i in range(lanes):
        pervious = (1 - w[_IM + i]) * (w[_SURFACE + i] + w[_OVER + i])
        w[_SURFACE + i] = pervious + w[_IM + i] * w[_NET + i]


@njit(cache=True, error_model="numpy")
def _drain(w, lanes):  # type: ignore[no-untyped-def]
    """Free water in a step without rain."""
    for i in range(lanes):
        s, fr = w[_S + i], w[_FR + i]
        inter, ground = w[_KI + i] * s, w[_KG + i] * s
        w[_INTER + i], w[_GROUND + i] = inter * fr, ground * fr
        w[_S + i] = s - (inter + ground)


@njit(cache=True, error_model="numpy")
def _gather(w, lanes, inflow, at):  # type: ignore[no-untyped-def]
    """Linear reservoirs 线性水库 of interflow and groundwater, and all that comes to the channels."""
    for i in range(lanes):
        pervious, ci, cg = 1 - w[_IM + i], w[_CI + i], w[_CG + i]
        qi = ci * w[_QI + i] + (1 - ci) * pervious * w[_INTER + i]
        qg = cg * w[_QG + i] + (1 - cg) * pervious * w[_GROUND + i]
        w[_QI + i], w[_QG + i] = qi, qg
        inflow[at + i] = w[_SURFACE + i] + qi + qg


@njit(cache=True, error_model="numpy")
def _route(w, inflow, flow, first, begin, steps):  # type: ignore[no-untyped-def]
    """Lag-and-route 滞后演算 of a stretch; ``inflow`` begins LAGGED steps before it."""
    for i in range(min(LANES, flow.shape[0] - first)):
        lag = w[_L + i]
        whole = int(lag)
        late, early = lag - whole, 1 - (lag - whole)
        cs, rest, q = w[_CS + i], 1 - w[_CS + i], w[_Q + i]
        at = (LAGGED - whole) * LANES + i
        before = inflow[at - LANES]
        for t in range(steps):
            now = inflow[at + t * LANES]
            q = cs * q + rest * (early * now + late * before)
            before = now
            flow[first + i, begin + t] = q
        w[_Q + i] = q


@njit(cache=True, nogil=True, error_model="numpy")
def march(  # type: ignore[no-untyped-def]
    sets, rain, asked, states, flow, kept, spent, slice_mm, follows_area
):
    """All steps of all rows; ``states`` moves on in place, ``spent`` gets the evaporation."""
    count, steps = flow.shape
    is_limited = sets[0, 15] < np.inf
    w = np.zeros(49 * LANES)
    inflow = np.zeros((LAGGED + STRETCH) * LANES)
    for first in range(0, count, LANES):
        lanes = LANES
        while lanes >= 2 * FEWEST and count - first <= lanes // 2:
            lanes //= 2
        _load(w, lanes, sets, states, first)
        alive = min(LANES, count - first)
        for i in range(lanes):
            n = min(first + i, count - 1)
            for ago in range(LAGGED):
                inflow[(LAGGED - 1 - ago) * LANES + i] = states[n, 8 + ago]
        for begin in range(0, steps, STRETCH):
            long = min(STRETCH, steps - begin)
            for t in range(begin, begin + long):
                wet = _weather(w, lanes, rain, asked, first, t)
                _evaporate(w, lanes)
                if wet > 0:
                    _infiltrate(w, lanes, is_limited)
                    _fill(w, lanes, slice_mm)
                    if follows_area:
                        _bound(w, lanes)
                    most = 1.0
                    for i in range(lanes):
                        most = max(most, w[_PARTS + i])
                    _separate(w, lanes, int(most))
                else:
                    _drain(w, lanes)
                _gather(w, lanes, inflow, (LAGGED + t - begin) * LANES)
                if kept.shape[1] > 0:
                    for i in range(alive):
                        kept[0, first + i, t], kept[1, first + i, t] = w[_LOST + i], w[_SURFACE + i]
                        kept[2, first + i, t], kept[3, first + i, t] = w[_QI + i], w[_QG + i]
                        kept[4, first + i, t] = w[_WU + i] + w[_WL + i] + w[_WD + i]
                        kept[5, first + i, t] = w[_S + i] * w[_FR + i]
            _route(w, inflow, flow, first, begin, long)
            inflow[: LAGGED * LANES] = inflow[long * LANES : (long + LAGGED) * LANES].copy()
        for i in range(alive):
            for j in range(8):
                states[first + i, j] = w[_WU + j * LANES + i]
            for ago in range(LAGGED):
                states[first + i, 8 + ago] = inflow[(LAGGED - 1 - ago) * LANES + i]
            spent[first + i] = w[_SPENT + i]
