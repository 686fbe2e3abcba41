"""Characteristic boundaries 特征边界: the outgoing invariant of the flow inside meets what is declared."""

from __future__ import annotations

from math import sqrt

from numba import njit

from water.hydraulics.boundaries import CLOSED, DISCHARGE, FREE
from water.hydraulics.godunov_cells import LEVEL, H
from water.hydraulics.model import G_M_S2

FASTEST = 30.0
"""Froude number of the fastest inflow: no channel brings more."""


@njit(cache=True, nogil=True, error_model="numpy")
def at_wall(h, un, dry):  # type: ignore[no-untyped-def]
    """Depth of water that a wall brings to rest: behind a bore where it runs towards it, else in a fan."""
    g = G_M_S2
    if h <= dry:
        return h
    c = sqrt(g * h)
    if un <= 1e-6 * c:  # a bore so weak is no other than a fan
        c = max(c + 0.5 * un, 0.0)
        return c * c / g
    # The bore of Froude number F raises by r: (r - 1)² (r + 1) = 2 F² r; Newton from above falls onto it.
    froude = un / c
    r = 1.0 + min(froude + 0.25 * froude * froude, sqrt(2.0) * froude)
    for _ in range(30):
        change = ((r - 1.0) ** 2 * (r + 1.0) - 2.0 * froude * froude * r) / (
            (3.0 * r + 1.0) * (r - 1.0) - 2.0 * froude * froude
        )
        r -= change
        if abs(change) < 1e-14 * r:
            break
    return r * h


@njit(cache=True, nogil=True, error_model="numpy")
def outer_state(kind, value, h, middle, bed, un, f, dry):  # type: ignore[no-untyped-def]
    """Depth and outward speed at the face; ``h``, ``un`` come from inside, ``f`` is g·n²/2.

    ``middle`` is the depth in the middle of the cell.
    """
    g = G_M_S2
    c = sqrt(g * h)
    invariant = un + 2.0 * c
    if kind == CLOSED:
        return at_wall(h, un, dry), 0.0
    if kind == FREE:
        if value > 0.0 and f > 0.0 and h > dry:
            return h, h ** (2.0 / 3.0) * sqrt(value * g / (2.0 * f))
        return h, max(un, 0.0)
    if kind == DISCHARGE:
        if value <= 0.0:
            return at_wall(h, un, dry), 0.0
        if un < -c:
            # Nothing but the discharge is declared, so the depth is that inside. Less than in the middle of
            # the cell would feed itself: shallower is faster, and what is faster draws the cell down.
            h = max(h, middle, (value * value / (g * FASTEST * FASTEST)) ** (1.0 / 3.0))
            return h, -value / h
        # c²(2c - R) = g·q has one root above R/2; Newton from above falls onto it.
        c = max(0.5 * invariant, 0.0) + (0.5 * g * value) ** (1.0 / 3.0)
        for _ in range(30):
            change = (c * c * (2.0 * c - invariant) - g * value) / (2.0 * c * (3.0 * c - invariant))
            c -= change
            if abs(change) < 1e-14 * c:
                break
        return c * c / g, -value * g / (c * c)
    if un > c:
        return h, un
    # A stage below what the flow can fall to is met at critical depth; a bore from outside no faster than c.
    c = max(sqrt(g * max(value - bed, 0.0)), invariant / 3.0, 0.0)
    return c * c / g, max(invariant - 2.0 * c, -c)


@njit(cache=True, nogil=True, error_model="numpy")
def boundary_face(  # type: ignore[no-untyped-def]
    kind, value, cell, slopes, f, sign, normal, transverse, dry, out
):
    """Fluxes of a face on the side of the grid that lies towards ``sign`` of the axis ``normal``.

    ``cell`` is the last cell half a step on; its slopes along the axis begin at ``slopes``.
    """
    g = G_M_S2
    tilt = sign * float(cell[slopes + LEVEL])
    h = max(float(cell[H]) + 0.5 * sign * float(cell[slopes + H]), 0.0)
    un = sign * float(cell[normal]) + 0.5 * float(cell[slopes + normal])
    bed = float(cell[LEVEL]) + 0.5 * tilt - h
    beyond, speed = outer_state(kind, value, h, float(cell[H]), bed, un, float(f), dry)
    mass = beyond * speed
    momentum = mass * speed + 0.5 * g * (beyond - h) * (beyond + h)
    # The part of the bed slope: towards the face it is +tilt·sign on the axis, the same on both sides.
    side = momentum + 0.5 * g * float(cell[H]) * tilt
    out[0] = sign * mass
    out[1] = side
    out[2] = side
    out[3] = cell[transverse] if mass > 0.0 else 0.0
