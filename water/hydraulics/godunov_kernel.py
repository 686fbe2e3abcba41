"""Godunov of second order 二阶 Godunov: one step in one sweep over the rows, 32- or 64-bit.

Rows are read, moved on by half a step, compared at their faces, limited and stored one behind the other,
while they are in cache. Friction is implicit. As in local inertia nothing is clipped and nothing reordered.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
from numba import njit

from water.hydraulics.godunov_boundary import boundary_face
from water.hydraulics.godunov_cells import (
    ACROSS,
    ALONG,
    AWAY_ACROSS,
    AWAY_ALONG,
    KEPT,
    LEVEL,
    MIDDLE,
    H,
    U,
    V,
    ghost_cell,
    half_step,
    primitives,
    slopes,
)
from water.hydraulics.godunov_faces import AFTER, BEFORE, MASS, SIDEWAYS, face_fluxes, over_structure
from water.hydraulics.inertia_kernel import limit, store, upwind
from water.hydraulics.powers import inverse_cube_root


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def new_momentum(p, left, right, near, far, speed_near, speed_far, out, s):  # type: ignore[no-untyped-def]
    """Before friction: normal momentum of two faces, transverse momentum carried through the others."""
    for i in range(out.size):
        out[i] = p[i] + s * ((left[i] - right[i]) + (near[i] * speed_near[i] - far[i] * speed_far[i]))


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def rub(h, f, p, q, across, along, dt, dry):  # type: ignore[no-untyped-def]
    """Friction, implicit: the root of q' (1 + k |q'|) = q. What is left of dry cells stands still."""
    T = p.dtype.type
    zero, one, two, four = T(0.0), T(1.0), T(2.0), T(4.0)
    third, four_thirds = T(1.0 / 3.0), T(4.0 / 3.0)
    for i in range(p.size):
        wet = h[i] > dry
        r = inverse_cube_root(h[i] if wet else dry, third, four_thirds)
        r2 = r * r
        k = dt * two * f[i] * r2 * r2 * r2 * r * sqrt(p[i] * p[i] + q[i] * q[i])
        slowed = two / (one + sqrt(one + four * k))
        across[i] = p[i] * slowed if wet else zero
        along[i] = q[i] * slowed if wet else zero


@njit(cache=True, nogil=True, error_model="numpy")
def step(  # type: ignore[no-untyped-def]
    z, f, h, p, q, carry, kinds, values, runs, edges, work, band, s, dt, g, dry, through
):
    """One step in place of depth and of momentum along x and y; ``s`` is dt/dx.

    ``through`` gains what enters and leaves over the sides, m² (volume per width of a cell).
    """
    ring, moved, fx, fy, lx, ly, beta, ones, tp, tq = work
    rows, columns = h.shape
    ptr, low, high = runs
    xp, xc, xq, yp, yc, yq = edges
    half = z.dtype.type(0.5)
    for m in range(rows + 3):
        if m < rows:
            P = ring[m & 3]
            own = max(m - 2, 0) // band + min(m + 2, rows - 1) // band
            for k in range(ptr[own], ptr[own + 1]):
                lo, hi = max(low[k] - 2, 0), min(high[k] + 2, columns)
                primitives(
                    z[m, lo:hi], h[m, lo:hi], p[m, lo:hi], q[m, lo:hi], P[H, lo + 1 : hi + 1],
                    P[LEVEL, lo + 1 : hi + 1], P[U, lo + 1 : hi + 1], P[V, lo + 1 : hi + 1], dry,
                )  # fmt: skip
            one = min(columns, 2)
            ghost_cell(P[:, 1], P[:, one], P[:, 0], dry)
            ghost_cell(P[:, columns], P[:, columns + 1 - one], P[:, columns + 1], dry)
        if m == 1:
            other = ring[1] if rows > 1 else ring[0]
            for i in range(columns + 2):
                ghost_cell(ring[0, :, i], other[:, i], ring[3, :, i], dry)
        if m == rows:
            last, other = ring[(m - 1) & 3], ring[(m - 2) & 3] if rows > 1 else ring[(m - 1) & 3]
            for i in range(columns + 2):
                ghost_cell(last[:, i], other[:, i], ring[m & 3, :, i], dry)
        j = m - 1
        if 0 <= j < rows:
            A, B, C, M = ring[(j - 1) & 3], ring[j & 3], ring[(j + 1) & 3], moved[j & 1]
            own = max(j - 1, 0) // band + min(j + 1, rows - 1) // band
            for k in range(ptr[own], ptr[own + 1]):
                lo, hi = max(low[k] - 1, 0), min(high[k] + 1, columns)
                slopes(
                    B[H, lo:hi], B[H, lo + 1 : hi + 1], B[H, lo + 2 : hi + 2],
                    B[LEVEL, lo:hi], B[LEVEL, lo + 1 : hi + 1], B[LEVEL, lo + 2 : hi + 2],
                    B[U, lo:hi], B[U, lo + 1 : hi + 1], B[U, lo + 2 : hi + 2],
                    B[V, lo:hi], B[V, lo + 1 : hi + 1], B[V, lo + 2 : hi + 2],
                    M[ACROSS + H, lo:hi], M[ACROSS + LEVEL, lo:hi], M[ACROSS + U, lo:hi],
                    M[ACROSS + V, lo:hi], M[AWAY_ACROSS, lo:hi], dry,
                )  # fmt: skip
                slopes(
                    A[H, lo + 1 : hi + 1], B[H, lo + 1 : hi + 1], C[H, lo + 1 : hi + 1],
                    A[LEVEL, lo + 1 : hi + 1], B[LEVEL, lo + 1 : hi + 1], C[LEVEL, lo + 1 : hi + 1],
                    A[U, lo + 1 : hi + 1], B[U, lo + 1 : hi + 1], C[U, lo + 1 : hi + 1],
                    A[V, lo + 1 : hi + 1], B[V, lo + 1 : hi + 1], C[V, lo + 1 : hi + 1],
                    M[ALONG + H, lo:hi], M[ALONG + LEVEL, lo:hi], M[ALONG + U, lo:hi],
                    M[ALONG + V, lo:hi], M[AWAY_ALONG, lo:hi], dry,
                )  # fmt: skip
                half_step(
                    B[H, lo + 1 : hi + 1], B[LEVEL, lo + 1 : hi + 1], B[U, lo + 1 : hi + 1],
                    B[V, lo + 1 : hi + 1], M[ACROSS + H, lo:hi], M[ACROSS + LEVEL, lo:hi],
                    M[ACROSS + U, lo:hi], M[ACROSS + V, lo:hi], M[ALONG + H, lo:hi],
                    M[ALONG + LEVEL, lo:hi], M[ALONG + U, lo:hi], M[ALONG + V, lo:hi],
                    M[AWAY_ACROSS, lo:hi], M[AWAY_ALONG, lo:hi], f[j, lo:hi],
                    M[MIDDLE + H, lo:hi], M[MIDDLE + LEVEL, lo:hi], M[MIDDLE + U, lo:hi],
                    M[MIDDLE + V, lo:hi], half * s, g, dt, dry,
                )  # fmt: skip
            if j == 0:
                for i in range(columns):
                    boundary_face(
                        kinds[2][i], values[2][i], M[:, i], ALONG, f[0, i], -1.0, V, U, dry, fy[0, :, i]
                    )
            if j == rows - 1:
                for i in range(columns):
                    boundary_face(
                        kinds[3][i], values[3][i], M[:, i], ALONG, f[j, i], 1.0, V, U, dry, fy[rows & 3, :, i]
                    )
        if 1 <= j <= rows - 1:
            B, C, F = moved[(j - 1) & 1], moved[j & 1], fy[j & 3]
            own = (j - 1) // band + j // band
            for k in range(ptr[own], ptr[own + 1]):
                lo, hi = low[k], high[k]
                face_fluxes(
                    B[MIDDLE + H, lo:hi], B[MIDDLE + LEVEL, lo:hi], B[MIDDLE + V, lo:hi],
                    B[MIDDLE + U, lo:hi], B[ALONG + H, lo:hi], B[ALONG + LEVEL, lo:hi],
                    B[ALONG + V, lo:hi], B[ALONG + U, lo:hi],
                    C[MIDDLE + H, lo:hi], C[MIDDLE + LEVEL, lo:hi], C[MIDDLE + V, lo:hi],
                    C[MIDDLE + U, lo:hi], C[ALONG + H, lo:hi], C[ALONG + LEVEL, lo:hi],
                    C[ALONG + V, lo:hi], C[ALONG + U, lo:hi],
                    F[MASS, lo:hi], F[BEFORE, lo:hi], F[AFTER, lo:hi], F[SIDEWAYS, lo:hi], g,
                )  # fmt: skip
            for k in range(yp[j], yp[j + 1]):
                i = yc[k]
                over_structure(
                    yq[k], B[:, i], C[:, i], B[ALONG + LEVEL, i], C[ALONG + LEVEL, i], V, g, F[:, i]
                )
        r = m - 2
        if 0 <= r < rows:
            M, F = moved[r & 1], fx[r & 1]
            own = 2 * (r // band)
            near, far = fy[r & 3], fy[(r + 1) & 3]
            for k in range(ptr[own], ptr[own + 1]):
                a, e = max(low[k], 1), min(high[k], columns - 1) + 1
                if a < e:
                    face_fluxes(
                        M[MIDDLE + H, a - 1 : e - 1], M[MIDDLE + LEVEL, a - 1 : e - 1],
                        M[MIDDLE + U, a - 1 : e - 1], M[MIDDLE + V, a - 1 : e - 1],
                        M[ACROSS + H, a - 1 : e - 1], M[ACROSS + LEVEL, a - 1 : e - 1],
                        M[ACROSS + U, a - 1 : e - 1], M[ACROSS + V, a - 1 : e - 1],
                        M[MIDDLE + H, a:e], M[MIDDLE + LEVEL, a:e], M[MIDDLE + U, a:e], M[MIDDLE + V, a:e],
                        M[ACROSS + H, a:e], M[ACROSS + LEVEL, a:e], M[ACROSS + U, a:e], M[ACROSS + V, a:e],
                        F[MASS, a:e], F[BEFORE, a:e], F[AFTER, a:e], F[SIDEWAYS, a:e], g,
                    )  # fmt: skip
                if low[k] == 0:
                    boundary_face(
                        kinds[0][r], values[0][r], M[:, 0], ACROSS, f[r, 0], -1.0, U, V, dry, F[:, 0]
                    )
                if high[k] == columns:
                    boundary_face(
                        kinds[1][r], values[1][r], M[:, columns - 1], ACROSS, f[r, columns - 1], 1.0, U, V,
                        dry, F[:, columns],
                    )  # fmt: skip
            for k in range(xp[r], xp[r + 1]):
                i = xc[k]
                over_structure(
                    xq[k], M[:, i - 1], M[:, i], M[ACROSS + LEVEL, i - 1], M[ACROSS + LEVEL, i], U, g, F[:, i]
                )
            for k in range(ptr[own], ptr[own + 1]):
                lo, hi = low[k], high[k]
                limit(
                    h[r, lo:hi], carry[r, lo:hi], F[MASS, lo:hi], F[MASS, lo + 1 : hi + 1], near[MASS, lo:hi],
                    far[MASS, lo:hi], beta[r & 3, lo + 1 : hi + 1], s,
                )  # fmt: skip
        j = m - 3
        if j < 0:
            continue
        own = 2 * (j // band)
        here = beta[j & 3]
        before = ones if j == 0 else beta[(j - 1) & 3]
        after = ones if j == rows - 1 else beta[(j + 1) & 3]
        F, near, far = fx[j & 1], fy[j & 3], fy[(j + 1) & 3]
        for k in range(ptr[own], ptr[own + 1]):
            lo, hi = low[k], high[k]
            upwind(F[MASS, lo : hi + 1], here[lo : hi + 1], here[lo + 1 : hi + 2], lx[lo : hi + 1])
            upwind(near[MASS, lo:hi], before[lo + 1 : hi + 1], here[lo + 1 : hi + 1], ly[0, lo:hi])
            upwind(far[MASS, lo:hi], here[lo + 1 : hi + 1], after[lo + 1 : hi + 1], ly[1, lo:hi])
            new_momentum(
                p[j, lo:hi], F[AFTER, lo:hi], F[BEFORE, lo + 1 : hi + 1], ly[0, lo:hi], ly[1, lo:hi],
                near[SIDEWAYS, lo:hi], far[SIDEWAYS, lo:hi], tp[lo:hi], s,
            )  # fmt: skip
            new_momentum(
                q[j, lo:hi], near[AFTER, lo:hi], far[BEFORE, lo:hi], lx[lo:hi], lx[lo + 1 : hi + 1],
                F[SIDEWAYS, lo:hi], F[SIDEWAYS, lo + 1 : hi + 1], tq[lo:hi], s,
            )  # fmt: skip
            store(h[j, lo:hi], carry[j, lo:hi], lx[lo:hi], lx[lo + 1 : hi + 1], ly[0, lo:hi], ly[1, lo:hi], s)
            rub(h[j, lo:hi], f[j, lo:hi], tp[lo:hi], tq[lo:hi], p[j, lo:hi], q[j, lo:hi], dt, dry)
            if lo == 0:
                _count(lx[0], 1.0, through)
            if hi == columns:
                _count(lx[columns], -1.0, through)
            if j == 0:
                for i in range(lo, hi):
                    _count(ly[0, i], 1.0, through)
            if j == rows - 1:
                for i in range(lo, hi):
                    _count(ly[1, i], -1.0, through)


@njit(cache=True, nogil=True, error_model="numpy")
def _count(flux, sign, through):  # type: ignore[no-untyped-def]
    inward = sign * float(flux)
    if inward > 0:
        through[0] += inward
    else:
        through[1] -= inward


def scratch(columns: int, kind: type[np.floating]) -> tuple[np.ndarray, ...]:
    """Row buffers of :func:`step`."""
    return (
        np.zeros((4, 4, columns + 2), kind),
        np.zeros((2, KEPT, columns), kind),
        np.zeros((2, 4, columns + 1), kind),
        np.zeros((4, 4, columns), kind),
        np.zeros(columns + 1, kind),
        np.zeros((2, columns), kind),
        np.ones((4, columns + 2), kind),
        np.ones(columns + 2, kind),
        np.zeros(columns, kind),
        np.zeros(columns, kind),
    )
