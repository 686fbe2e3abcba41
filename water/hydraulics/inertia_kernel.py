"""Local inertia 局部惯性: one explicit step in one sweep over the rows, 32- or 64-bit.

Discharge per width at faces after de Almeida & Bates (2013), damped by θ over its neighbours, friction
implicit, never beyond critical flow. Raw fluxes, limiter, fluxes and depth follow each other a row apart,
so that a row is touched while it is in cache. Every loop over columns is branch-free. No operation is
reordered by the compiler: a step gives the same bits whichever tiles are visited.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
from numba import njit

from water.hydraulics.model import G_M_S2
from water.hydraulics.powers import inverse_cube_root


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def face_discharge(za, zb, ha, hb, fa, fb, qm, q, qp, out, s, dt, theta, dry):  # type: ignore[no-untyped-def]
    """New discharge per width between the cells a and b; ``s`` is g·dt/dx, ``f`` half of g·n²."""
    T = out.dtype.type
    zero, one, half, quarter = T(0.0), T(1.0), T(0.5), T(0.25)
    third, four_thirds, g = T(1.0 / 3.0), T(4.0 / 3.0), T(G_M_S2)
    side = (one - theta) * T(0.5)
    for i in range(out.size):
        # Depth of flow as max(η) - max(z), from differences of bed: 32 bits keep no centimetres of η.
        d = zb[i] - za[i]
        a = ha[i] - (d if d > zero else zero)
        b = hb[i] + (d if d < zero else zero)
        depth = a if a > b else b
        wet = depth > dry
        depth = depth if wet else dry
        r = inverse_cube_root(depth, third, four_thirds)
        r2 = r * r
        resistance = r2 * r2 * r2 * r
        damped = theta * q[i] + side * (qm[i] + qp[i])
        free = damped - s * depth * (d + (hb[i] - ha[i]))
        # The root of q (1 + k |q|) = free: with |q| of the step before, thin flow down a slope swings.
        new = free / (half + sqrt(quarter + dt * (fa[i] + fb[i]) * abs(free) * resistance))
        # Without advection nothing else holds a torrent: its waves would pile it up many times too deep.
        critical = depth * sqrt(g * depth)
        new = new if new < critical else critical
        new = new if new > -critical else -critical
        out[i] = new if wet else zero


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def limit(h, carry, left, right, near, far, out, s):  # type: ignore[no-untyped-def]
    """Share of its outflow that each cell can pay for in this step; ``s`` is dt/dx."""
    T = out.dtype.type
    zero, one, safe = T(0.0), T(1.0), T(1.0 - 1e-6)
    for i in range(out.size):
        w, e, n, f = left[i], right[i], near[i], far[i]
        leaving = (e if e > zero else zero) - (w if w < zero else zero)
        leaving = leaving + ((f if f > zero else zero) - (n if n < zero else zero))
        asked = s * leaving
        can = safe * (h[i] - carry[i])
        out[i] = can / asked if asked > can else one


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def upwind(raw, behind, ahead, out):  # type: ignore[no-untyped-def]
    """Each flux times the share of the cell it leaves."""
    zero = out.dtype.type(0.0)
    for i in range(out.size):
        # Both are read: a read that hangs on a condition is not vectorised.
        b, a = behind[i], ahead[i]
        out[i] = raw[i] * (b if raw[i] > zero else a)


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def store(h, carry, left, right, near, far, s):  # type: ignore[no-untyped-def]
    """Depth after the step; ``carry`` keeps what rounding took, given back at the next (Kahan)."""
    for i in range(h.size):
        gain = s * ((left[i] - right[i]) + (near[i] - far[i])) - carry[i]
        total = h[i] + gain
        carry[i] = (total - h[i]) - gain
        h[i] = total


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def store_deepest(h, carry, left, right, near, far, most, s):  # type: ignore[no-untyped-def]
    """:func:`store`; ``most`` keeps the greatest depth so far of each column."""
    for i in range(h.size):
        gain = s * ((left[i] - right[i]) + (near[i] - far[i])) - carry[i]
        total = h[i] + gain
        before = most[i]
        carry[i] = (total - h[i]) - gain
        h[i] = total
        most[i] = total if total > before else before


@njit(cache=True, nogil=True, error_model="numpy")
def sweep(  # type: ignore[no-untyped-def]
    z, h, carry, f, qx, qy, sides, runs, faces, work, band, s, gs, dt, theta, dry
):
    """One step in place; returns the greatest depth after it, for the length of the next.

    ``sides`` are the raw boundary fluxes (west, east, near, far), positive along the axes; ``runs`` those
    of :class:`water.hydraulics.tiles.Tiles`; ``faces`` the declared discharges on edges as (pointer, column,
    q) along x, then along y; ``work`` is scratch.
    """
    west, east, first, last = sides
    ptr, low, high = runs
    xp, xc, xq, yp, yc, yq = faces
    rx, ry, beta, ones, most = work
    most[:] = 0
    rows, columns = h.shape
    for j in range(rows):
        own, over = 2 * (j // band), j // band + (j + 1) // band
        here, there = j & 1, (j + 1) & 1
        near, far = ry[here], ry[there]
        for k in range(ptr[own], ptr[own + 1]):
            lo, hi = low[k], high[k]
            a, e = max(lo, 1), min(hi, columns - 1) + 1
            if a < e:
                face_discharge(
                    z[j, a - 1 : e - 1], z[j, a:e], h[j, a - 1 : e - 1], h[j, a:e],
                    f[j, a - 1 : e - 1], f[j, a:e],
                    qx[j, a - 1 : e - 1], qx[j, a:e], qx[j, a + 1 : e + 1], rx[a:e], gs, dt, theta, dry,
                )  # fmt: skip
            if lo == 0:
                rx[0] = west[j]
            if hi == columns:
                rx[columns] = east[j]
            if j == 0:
                near[lo:hi] = first[lo:hi]
            if j == rows - 1:
                far[lo:hi] = last[lo:hi]
        for k in range(xp[j], xp[j + 1]):
            rx[xc[k]] = xq[k]
        if j < rows - 1:
            for k in range(ptr[over], ptr[over + 1]):
                lo, hi = low[k], high[k]
                face_discharge(
                    z[j, lo:hi], z[j + 1, lo:hi], h[j, lo:hi], h[j + 1, lo:hi],
                    f[j, lo:hi], f[j + 1, lo:hi],
                    qy[j, lo:hi], qy[j + 1, lo:hi], qy[j + 2, lo:hi], far[lo:hi], gs, dt, theta, dry,
                )  # fmt: skip
        for k in range(yp[j + 1], yp[j + 2]):
            far[yc[k]] = yq[k]
        for k in range(ptr[own], ptr[own + 1]):
            lo, hi = low[k], high[k]
            limit(
                h[j, lo:hi], carry[j, lo:hi], rx[lo:hi], rx[lo + 1 : hi + 1], near[lo:hi], far[lo:hi],
                beta[here, lo + 1 : hi + 1], s,
            )  # fmt: skip
        before = ones if j == 0 else beta[there]
        for k in range(ptr[own], ptr[own + 1]):
            lo, hi = low[k], high[k]
            upwind(rx[lo : hi + 1], beta[here, lo : hi + 1], beta[here, lo + 1 : hi + 2], qx[j, lo : hi + 1])
        over = max(j - 1, 0) // band + j // band
        for k in range(ptr[over], ptr[over + 1]):
            lo, hi = low[k] + 1, high[k] + 1
            upwind(near[lo - 1 : hi - 1], before[lo:hi], beta[here, lo:hi], qy[j, lo - 1 : hi - 1])
        if j > 0:
            i = j - 1
            own = 2 * (i // band)
            for k in range(ptr[own], ptr[own + 1]):
                lo, hi = low[k], high[k]
                store_deepest(
                    h[i, lo:hi], carry[i, lo:hi], qx[i, lo:hi], qx[i, lo + 1 : hi + 1],
                    qy[i, lo:hi], qy[j, lo:hi], most[lo:hi], s,
                )  # fmt: skip
    j = rows - 1
    here, there, own = j & 1, rows & 1, 2 * (j // band)
    for k in range(ptr[own], ptr[own + 1]):
        lo, hi = low[k], high[k]
        upwind(ry[there, lo:hi], beta[here, lo + 1 : hi + 1], ones[lo:hi], qy[rows, lo:hi])
        store_deepest(
            h[j, lo:hi], carry[j, lo:hi], qx[j, lo:hi], qx[j, lo + 1 : hi + 1], qy[j, lo:hi],
            qy[rows, lo:hi], most[lo:hi], s,
        )  # fmt: skip
    return most.max()


def scratch(columns: int, kind: type[np.floating]) -> tuple[np.ndarray, ...]:
    """Row buffers of :func:`sweep`."""
    return (
        np.zeros(columns + 1, kind),
        np.zeros((2, columns), kind),
        np.ones((2, columns + 2), kind),
        np.ones(columns + 2, kind),
        np.zeros(columns, kind),
    )
