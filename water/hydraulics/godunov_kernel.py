"""Godunov of second order 二阶 Godunov: one stage of SSP-RK2 in one sweep over the rows, 32- or 64-bit.

MUSCL in depth, level and velocity with the monotonised central limiter; hydrostatic reconstruction after
Audusse et al. (2004); HLLC. The bed slope is split between the two faces of a cell so that at rest every
term is zero by itself. Friction is implicit. As in local inertia nothing is clipped and nothing reordered.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
from numba import njit

from water.hydraulics.godunov_boundary import boundary_face
from water.hydraulics.inertia_kernel import limit, upwind
from water.hydraulics.powers import inverse_cube_root

H, LEVEL, U, V = range(4)
MASS, BEFORE, AFTER, SIDEWAYS = range(4)
"""Of a face: mass flux, normal momentum for the cell before it and after it, transverse speed carried."""


@njit(cache=True, error_model="numpy", inline="always")
def slope(a, b, c, half, two, zero):  # type: ignore[no-untyped-def]
    """Monotonised central difference of b between its neighbours."""
    back, on = b - a, c - b
    m = half * (back + on)
    back, on = two * back, two * on
    low = back if back < on else on
    low = low if low < m else m
    high = back if back > on else on
    high = high if high > m else m
    return low if low > zero else (high if high < zero else zero)


@njit(cache=True, nogil=True, error_model="numpy")
def primitives(z, h, p, q, depth, level, u, v, dry):  # type: ignore[no-untyped-def]
    """Depth, level and velocity of each cell of a row."""
    zero = h.dtype.type(0.0)
    for i in range(h.size):
        wet = h[i] > dry
        safe = h[i] if wet else dry
        # A film at rest is bed: nothing moves between films, wherever they are looked at.
        depth[i] = h[i] if wet else zero
        level[i] = z[i] + depth[i]
        u[i] = p[i] / safe if wet else zero
        v[i] = q[i] / safe if wet else zero


@njit(cache=True, nogil=True, error_model="numpy")
def ghost_cell(near, far, out, dry):  # type: ignore[no-untyped-def]
    """A cell beyond the boundary: the trend of the last two, or the last where one is dry."""
    both = near[H] > dry and far[H] > dry
    for k in range(4):
        out[k] = near[k] + (near[k] - far[k]) if both else near[k]
    if out[H] < 0:
        out[H] = 0


@njit(cache=True, nogil=True, error_model="numpy")
def face_fluxes(  # type: ignore[no-untyped-def]
    ha, hb, hc, hd, ea, eb, ec, ed, ua, ub, uc, ud, va, vb, vc, vd, mass, before, after, sideways, g, dry
):
    """Fluxes of the faces between cells b and c, with a behind and d ahead."""
    T = mass.dtype.type
    zero, half, two, quarter = T(0.0), T(0.5), T(2.0), T(0.25)
    for i in range(mass.size):
        h0, h1, h2, h3 = ha[i], hb[i], hc[i], hd[i]
        left_wet = (h0 > dry) & (h1 > dry) & (h2 > dry)
        right_wet = (h1 > dry) & (h2 > dry) & (h3 > dry)
        tilt_l = slope(ea[i], eb[i], ec[i], half, two, zero)
        tilt_r = slope(eb[i], ec[i], ed[i], half, two, zero)
        hl = h1 + half * slope(h0, h1, h2, half, two, zero)
        hr = h2 - half * slope(h1, h2, h3, half, two, zero)
        el, er = eb[i] + half * tilt_l, ec[i] - half * tilt_r
        su = slope(ua[i], ub[i], uc[i], half, two, zero)
        sv = slope(va[i], vb[i], vc[i], half, two, zero)
        ul = ub[i] + (half * su if left_wet else zero)
        vl = vb[i] + (half * sv if left_wet else zero)
        su = slope(ub[i], uc[i], ud[i], half, two, zero)
        sv = slope(vb[i], vc[i], vd[i], half, two, zero)
        ur = uc[i] - (half * su if right_wet else zero)
        vr = vc[i] - (half * sv if right_wet else zero)
        zl, zr = el - hl, er - hr
        sill = zl if zl > zr else zr
        hl, hr = el - sill, er - sill
        hl = hl if hl > zero else zero
        hr = hr if hr > zero else zero
        cl, cr = sqrt(g * hl), sqrt(g * hr)
        middle = half * (ul + ur) + (cl - cr)
        wave = half * (cl + cr) + quarter * (ul - ur)
        sl = ul - cl if ul - cl < middle - wave else middle - wave
        sr = ur + cr if ur + cr > middle + wave else middle + wave
        empty_l, empty_r = hl <= zero, hr <= zero
        sl = ur - two * cr if empty_l else (ul - cl if empty_r else sl)
        sr = ul + two * cl if empty_r else (ur + cr if empty_l else sr)
        sl = sl if sl < zero else zero
        sr = sr if sr > zero else zero
        width = sr - sl
        still = width <= T(1e-15)
        share = T(1.0) / (T(1.0) if still else width)
        ql, qr = hl * ul, hr * ur
        pl, pr = half * g * hl * hl, half * g * hr * hr
        fluid = share * (sr * ql - sl * qr + sl * sr * (hr - hl))
        push = share * (sr * (ql * ul + pl) - sl * (qr * ur + pr) + sl * sr * (qr - ql))
        fluid = zero if still else fluid
        push = zero if still else push
        mass[i] = fluid
        before[i] = (push - pl) + half * g * h1 * tilt_l
        after[i] = (push - pr) - half * g * h2 * tilt_r
        sideways[i] = vl if fluid > zero else vr


@njit(cache=True, nogil=True, error_model="numpy")
def new_depth(h, old, carry, left, right, near, far, out, s, second):  # type: ignore[no-untyped-def]
    """Depth after a stage; of the second its mean with ``old``, and ``carry`` what rounding took."""
    half = out.dtype.type(0.5)
    if second:
        for i in range(out.size):
            gain = s * ((left[i] - right[i]) + (near[i] - far[i]))
            gain = half * ((h[i] - old[i]) + gain) - carry[i]
            total = old[i] + gain
            carry[i] = (total - old[i]) - gain
            out[i] = total
    else:
        for i in range(out.size):
            out[i] = h[i] + s * ((left[i] - right[i]) + (near[i] - far[i]))


@njit(cache=True, nogil=True, error_model="numpy")
def new_momentum(p, left, right, near, far, speed_near, speed_far, out, s):  # type: ignore[no-untyped-def]
    """Before friction: normal momentum of two faces, transverse momentum carried through the others."""
    for i in range(out.size):
        out[i] = p[i] + s * ((left[i] - right[i]) + (near[i] * speed_near[i] - far[i] * speed_far[i]))


@njit(cache=True, nogil=True, error_model="numpy")
def rub(h, f, p, q, dt, dry):  # type: ignore[no-untyped-def]
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
        p[i] = p[i] * slowed if wet else zero
        q[i] = q[i] * slowed if wet else zero


@njit(cache=True, nogil=True, error_model="numpy")
def average(h, old, new, out, dry):  # type: ignore[no-untyped-def]
    """Momentum after the second stage."""
    half, zero = out.dtype.type(0.5), out.dtype.type(0.0)
    for i in range(out.size):
        out[i] = half * (old[i] + new[i]) if h[i] > dry else zero


@njit(cache=True, nogil=True, error_model="numpy")
def stage(  # type: ignore[no-untyped-def]
    z, f, now, old, out, carry, kinds, values, runs, faces, work, band, s, dt, g, dry, second, through
):
    """One Euler stage from ``now``; the second is averaged with ``old``, into ``out``.

    ``now``, ``old`` and ``out`` are (depth, momentum along x, along y); ``old`` and ``out`` may be one.
    ``through`` gains what enters and leaves over the sides, m² (volume per width of a cell).
    """
    h, p, q = now
    hold, pold, qold = old
    hout, pout, qout = out
    ring, fx, fy, lx, ly, beta, ones, none, tp, tq = work
    rows, columns = h.shape
    ptr, low, high = runs
    xp, xc, xq, yp, yc, yq = faces
    half, two, zero = z.dtype.type(0.5), z.dtype.type(2.0), z.dtype.type(0.0)
    for m in range(rows + 3):
        if m < rows:
            P = ring[m & 3]
            for b in range(max(m - 2, 0) // band, min(m + 2, rows - 1) // band + 1):
                for k in range(ptr[b], ptr[b + 1]):
                    lo, hi = max(low[k] - 2, 0), min(high[k] + 2, columns)
                    primitives(
                        z[m, lo:hi], h[m, lo:hi], p[m, lo:hi], q[m, lo:hi], P[H, lo + 1 : hi + 1],
                        P[LEVEL, lo + 1 : hi + 1], P[U, lo + 1 : hi + 1], P[V, lo + 1 : hi + 1], dry,
                    )  # fmt: skip
            one = min(columns, 2)
            ghost_cell(P[:, 1], P[:, one], P[:, 0], dry)
            ghost_cell(P[:, columns], P[:, columns + 1 - one], P[:, columns + 1], dry)
        if m == 1 or m == rows:
            # Row -1 once row 1 is there, and the row after the last.
            if m == 1:
                other = ring[1] if rows > 1 else ring[0]
                for i in range(columns + 2):
                    ghost_cell(ring[0, :, i], other[:, i], ring[3, :, i], dry)
                for i in range(columns):
                    boundary_face(
                        kinds[2][i], values[2][i], ring[3, :, i + 1], ring[0, :, i + 1], other[:, i + 1],
                        f[0, i], -1.0, H, V, U, dry, fy[0, :, i],
                    )  # fmt: skip
            if m == rows:
                last, other = ring[(m - 1) & 3], ring[(m - 2) & 3] if rows > 1 else ring[(m - 1) & 3]
                for i in range(columns + 2):
                    ghost_cell(last[:, i], other[:, i], ring[m & 3, :, i], dry)
                for i in range(columns):
                    boundary_face(
                        kinds[3][i], values[3][i], ring[m & 3, :, i + 1], last[:, i + 1], other[:, i + 1],
                        f[rows - 1, i], 1.0, H, V, U, dry, fy[rows & 3, :, i],
                    )  # fmt: skip
        j = m - 1
        if 1 <= j <= rows - 1:
            A, B, C, D = ring[(m - 3) & 3], ring[(m - 2) & 3], ring[(m - 1) & 3], ring[m & 3]
            F = fy[j & 3]
            for b in range((j - 1) // band, j // band + 1):
                for k in range(ptr[b], ptr[b + 1]):
                    lo, hi = low[k] + 1, high[k] + 1
                    face_fluxes(
                        A[H, lo:hi], B[H, lo:hi], C[H, lo:hi], D[H, lo:hi],
                        A[LEVEL, lo:hi], B[LEVEL, lo:hi], C[LEVEL, lo:hi], D[LEVEL, lo:hi],
                        A[V, lo:hi], B[V, lo:hi], C[V, lo:hi], D[V, lo:hi],
                        A[U, lo:hi], B[U, lo:hi], C[U, lo:hi], D[U, lo:hi],
                        F[0, lo - 1 : hi - 1], F[1, lo - 1 : hi - 1],
                        F[2, lo - 1 : hi - 1], F[3, lo - 1 : hi - 1], g, dry,
                    )  # fmt: skip
            for k in range(yp[j], yp[j + 1]):
                i = yc[k] + 1
                tilt_b = slope(A[LEVEL, i], B[LEVEL, i], C[LEVEL, i], half, two, zero)
                tilt_c = slope(B[LEVEL, i], C[LEVEL, i], D[LEVEL, i], half, two, zero)
                over_structure(yq[k], B[:, i], C[:, i], tilt_b, tilt_c, V, g, F[:, i - 1])
        r = m - 2
        if 0 <= r < rows:
            P, F = ring[r & 3], fx[r & 1]
            b = r // band
            near, far = fy[r & 3], fy[(r + 1) & 3]
            for k in range(ptr[b], ptr[b + 1]):
                a, e = max(low[k], 1), min(high[k], columns - 1) + 1
                if a < e:
                    face_fluxes(
                        P[H, a - 1 : e - 1], P[H, a:e], P[H, a + 1 : e + 1], P[H, a + 2 : e + 2],
                        P[LEVEL, a - 1 : e - 1], P[LEVEL, a:e],
                        P[LEVEL, a + 1 : e + 1], P[LEVEL, a + 2 : e + 2],
                        P[U, a - 1 : e - 1], P[U, a:e], P[U, a + 1 : e + 1], P[U, a + 2 : e + 2],
                        P[V, a - 1 : e - 1], P[V, a:e], P[V, a + 1 : e + 1], P[V, a + 2 : e + 2],
                        F[0, a:e], F[1, a:e], F[2, a:e], F[3, a:e], g, dry,
                    )  # fmt: skip
                if low[k] == 0:
                    boundary_face(
                        kinds[0][r], values[0][r], P[:, 0], P[:, 1], P[:, min(columns, 2)], f[r, 0], -1.0,
                        H, U, V, dry, F[:, 0],
                    )  # fmt: skip
                if high[k] == columns:
                    boundary_face(
                        kinds[1][r], values[1][r], P[:, columns + 1], P[:, columns],
                        P[:, max(columns - 1, 1)],
                        f[r, columns - 1], 1.0, H, U, V, dry, F[:, columns],
                    )  # fmt: skip
            for k in range(xp[r], xp[r + 1]):
                i = xc[k] + 1
                tilt_b = slope(P[LEVEL, i - 2], P[LEVEL, i - 1], P[LEVEL, i], half, two, zero)
                tilt_c = slope(P[LEVEL, i - 1], P[LEVEL, i], P[LEVEL, i + 1], half, two, zero)
                over_structure(xq[k], P[:, i - 1], P[:, i], tilt_b, tilt_c, U, g, F[:, i - 1])
            for k in range(ptr[b], ptr[b + 1]):
                lo, hi = low[k], high[k]
                limit(
                    h[r, lo:hi], none[lo:hi], F[MASS, lo:hi], F[MASS, lo + 1 : hi + 1], near[MASS, lo:hi],
                    far[MASS, lo:hi], beta[r & 3, lo + 1 : hi + 1], s,
                )  # fmt: skip
        j = m - 3
        if j < 0:
            continue
        b = j // band
        here = beta[j & 3]
        before = ones if j == 0 else beta[(j - 1) & 3]
        after = ones if j == rows - 1 else beta[(j + 1) & 3]
        F, near, far = fx[j & 1], fy[j & 3], fy[(j + 1) & 3]
        for k in range(ptr[b], ptr[b + 1]):
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
            new_depth(
                h[j, lo:hi], hold[j, lo:hi], carry[j, lo:hi], lx[lo:hi], lx[lo + 1 : hi + 1], ly[0, lo:hi],
                ly[1, lo:hi], hout[j, lo:hi], s, second,
            )  # fmt: skip
            rub(hout[j, lo:hi], f[j, lo:hi], tp[lo:hi], tq[lo:hi], dt, dry)
            if second:
                average(hout[j, lo:hi], pold[j, lo:hi], tp[lo:hi], pout[j, lo:hi], dry)
                average(hout[j, lo:hi], qold[j, lo:hi], tq[lo:hi], qout[j, lo:hi], dry)
            else:
                pout[j, lo:hi] = tp[lo:hi]
                qout[j, lo:hi] = tq[lo:hi]
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
def over_structure(flow, b, c, tilt_b, tilt_c, normal, g, out):  # type: ignore[no-untyped-def]
    """A structure on an edge: both cells lean on it as on a wall, what passes takes its momentum away."""
    forward = max(flow, 0)
    out[MASS] = flow
    out[BEFORE] = 0.5 * g * b[H] * tilt_b + forward * b[normal]
    out[AFTER] = -0.5 * g * c[H] * tilt_c + (flow - forward) * c[normal]
    out[SIDEWAYS] = 0


@njit(cache=True, nogil=True, error_model="numpy")
def _count(flux, sign, through):  # type: ignore[no-untyped-def]
    inward = sign * float(flux)
    if inward > 0:
        through[0] += inward
    else:
        through[1] -= inward


def scratch(columns: int, kind: type[np.floating]) -> tuple[np.ndarray, ...]:
    """Row buffers of :func:`stage`."""
    return (
        np.zeros((4, 4, columns + 2), kind),
        np.zeros((2, 4, columns + 1), kind),
        np.zeros((4, 4, columns), kind),
        np.zeros(columns + 1, kind),
        np.zeros((2, columns), kind),
        np.ones((4, columns + 2), kind),
        np.ones(columns + 2, kind),
        np.zeros(columns, kind),
        np.zeros(columns, kind),
        np.zeros(columns, kind),
    )
