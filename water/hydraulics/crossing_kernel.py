"""How much passes a sill or a lip in a step 过堰、过闸流量: its head drives on the flow of the step before.

Between two cells q₂ = q₁ + c·(Δ − lost(q₂)), with c = g·h·Δt/Δx and the head that the work takes of q: the
face of local inertia with a loss of its own. Steady flow keeps the law of the work whatever the step, and
next to no loss is as stable as water without a work. A sill that is not drowned passes its free flow at once.
"""

from __future__ import annotations

from math import isnan, sqrt
from typing import Final

import numpy as np
from numba import njit

from water.hydraulics.model import G_M_S2

VILLEMONTE: Final = 0.385
ROUNDS: Final = 60


@njit(cache=True, nogil=True, error_model="numpy")
def drowning(up, down, sill):  # type: ignore[no-untyped-def]
    """What part of its free flow passes a sill below the higher level, after Villemonte (1947)."""
    drowned = min(max((down - sill) / (up - sill), 0.0), 1.0)
    return (1.0 - drowned * sqrt(drowned)) ** VILLEMONTE


@njit(cache=True, nogil=True, error_model="numpy")
def rated(up, down, sill, weir, opening, orifice):  # type: ignore[no-untyped-def]
    """Flow per metre from the higher level to the lower, m²/s: weir after Villemonte, under a lip at most the
    orifice, free to the middle of its opening or drowned."""
    head = up - sill
    if head <= 0.0:
        return 0.0
    flow = weir * head * sqrt(head) * drowning(up, down, sill)
    if head > opening:
        driving = max(up - max(down, sill + 0.5 * opening), 0.0)
        flow = min(flow, orifice * opening * sqrt(2.0 * G_M_S2 * driving))
    return flow


@njit(cache=True, nogil=True, error_model="numpy")
def driven(before, up, down, sill, weir, opening, orifice, c):  # type: ignore[no-untyped-def]
    """Flow per metre after the step towards ``down``, never below 0; ``before`` is that before it.

    Its root is sought from above, where the left side is convex: Newton's steps then only come nearer.
    """
    head = up - sill
    push = before + c * (up - down)
    if head <= 0.0 or push <= 0.0:
        return 0.0
    free = weir * head * sqrt(head)
    most, spent = free, head
    wide = orifice * opening if head > opening else np.inf
    if head > opening:
        if opening <= 0.0:
            return 0.0
        under = wide * sqrt(2.0 * G_M_S2 * (head - 0.5 * opening))
        if under < free:
            most = under
            spent = max(head - 0.5 * opening, _lost(under, head, free, wide)[0])
    if down <= up - spent or most + c * spent <= push:
        return most
    flow = min(push, most * (1.0 - 1e-12))
    for _ in range(ROUNDS):
        lost, steeper = _lost(flow, head, free, wide)
        step = (flow + c * lost - push) / (1.0 + c * steeper)
        flow = max(flow - step, 0.1 * flow)
        if abs(step) <= 1e-14 * flow:
            break
    return flow


@njit(cache=True, nogil=True, error_model="numpy")
def _lost(flow, head, free, wide):  # type: ignore[no-untyped-def]
    """The head that a flow takes, m, and how fast that rises with the flow; ``wide`` is of the orifice."""
    part = flow / free
    filled = min(part ** (1.0 / VILLEMONTE), 1.0 - 1e-15)
    left = np.cbrt(1.0 - filled)
    lost = head * (1.0 - left * left)
    steeper = head * (2.0 / 3.0) * filled / (VILLEMONTE * flow * left)
    through = flow / wide
    under = through * through / (2.0 * G_M_S2)
    if under > lost:
        return under, 2.0 * under / flow
    return lost, steeper


@njit(cache=True, nogil=True, error_model="numpy")
def passing(held, before, after, sill, weir, opening, orifice, c, cell_m, dt):  # type: ignore[no-untyped-def]
    """Flow per metre along the axis in a step, m²/s; ``held`` is that of the step before, NaN where none is
    known: the law itself then, at most a quarter of the difference of levels."""
    if isnan(held):
        up, down = max(before, after), min(before, after)
        flow = rated(up, down, sill, weir, opening, orifice)
        flow = min(flow, 0.25 * (up - down) * cell_m / dt)
        return flow if before >= after else -flow
    if held + c * (before - after) >= 0.0:
        return driven(held, before, after, sill, weir, opening, orifice, c)
    return -driven(-held, after, before, sill, weir, opening, orifice, c)


@njit(cache=True, nogil=True, error_model="numpy")
def cross(  # type: ignore[no-untyped-def]
    held, before, after, floor, crest, weir, share, sill, hole, opening, orifice, cell_m, dt, flow
):
    """Flow over and through the works on edges, m²/s; ``held`` (over, through) moves on in place.

    Crests and sills below the ground count as that ground, and an opening begins there.
    """
    for k in range(flow.size):
        depth = max(before[k], after[k]) - floor[k]
        c = G_M_S2 * max(depth, 0.0) * dt / cell_m
        top = max(crest[k], floor[k])
        held[0, k] = passing(
            held[0, k], before[k], after[k], top, weir[k], np.inf, orifice[k], c, cell_m, dt
        )  # fmt: skip
        flow[k] = (1.0 - share[k]) * held[0, k]
        if share[k] > 0.0:
            low = max(sill[k], floor[k])
            wide = max(opening[k] - max(floor[k] - sill[k], 0.0), 0.0)
            held[1, k] = passing(
                held[1, k], before[k], after[k], low, hole[k], wide, orifice[k], c, cell_m, dt
            )  # fmt: skip
            flow[k] += share[k] * held[1, k]
        else:
            held[1, k] = 0.0
