"""Cells of the Godunov scheme 单元: what they hold, how it varies within, and where it is half a step on.

MUSCL in depth, level and velocity with the monotonised central limiter, moved on by half a step after
Hancock (van Leer 1984) with bed and friction, so that one Riemann problem a face gives second order in time.
"""

from __future__ import annotations

from math import sqrt

from numba import njit

from water.hydraulics.powers import inverse_cube_root

H, LEVEL, U, V = range(4)
MIDDLE, ACROSS, ALONG, AWAY_ACROSS, AWAY_ALONG, KEPT = 0, 4, 8, 12, 13, 14
"""Of a cell half a step on: its four values; from here how they vary along x and along y; whether it is no
shore along either; how many that are."""


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


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
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


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def slopes(  # type: ignore[no-untyped-def]
    ha, hb, hc, ea, eb, ec, ua, ub, uc, va, vb, vc, th, te, tu, tv, away, dry
):
    """How cells b vary between a and c, in velocity where all three are wet; ``away`` is 0 on a shore."""
    T = th.dtype.type
    zero, half, one, two = T(0.0), T(0.5), T(1.0), T(2.0)
    for i in range(th.size):
        wet_a, wet_b, wet_c = ha[i] > dry, hb[i] > dry, hc[i] > dry
        wet = wet_a & wet_b & wet_c
        # A dry neighbour that stands above the water is a shore; onto a lower one water runs.
        free = wet_b & (wet_a | (ea[i] < eb[i])) & (wet_c | (ec[i] < eb[i]))
        th[i] = slope(ha[i], hb[i], hc[i], half, two, zero)
        te[i] = slope(ea[i], eb[i], ec[i], half, two, zero)
        su = slope(ua[i], ub[i], uc[i], half, two, zero)
        sv = slope(va[i], vb[i], vc[i], half, two, zero)
        tu[i] = su if wet else zero
        tv[i] = sv if wet else zero
        away[i] = one if free else zero


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def half_step(  # type: ignore[no-untyped-def]
    h, e, u, v, xh, xe, xu, xv, yh, ye, yu, yv, x_away, y_away, f, depth, level, across, along, s, g, dt, dry
):
    """Where each cell is half a step on by its own slopes; ``s`` is half of dt/dx, ``f`` half of g·n².

    A shore is not led by the slopes towards it, which are those of the ground: waves would grow on it.
    """
    T = depth.dtype.type
    zero, one, third, four_thirds = T(0.0), T(1.0), T(1.0 / 3.0), T(4.0 / 3.0)
    for i in range(depth.size):
        wet = h[i] > dry
        r = inverse_cube_root(h[i] if wet else dry, third, four_thirds)
        r2 = r * r
        slowed = one / (one + dt * f[i] * sqrt(u[i] * u[i] + v[i] * v[i]) * (r2 * r2))
        sx, sy = s * x_away[i], s * y_away[i]
        new = h[i] - (sx * (u[i] * xh[i] + h[i] * xu[i]) + sy * (v[i] * yh[i] + h[i] * yv[i]))
        new = new if wet and new > zero else h[i]
        depth[i] = new
        level[i] = e[i] + (new - h[i])
        a = u[i] - (sx * (u[i] * xu[i] + g * xe[i]) + sy * (v[i] * yu[i]))
        b = v[i] - (sy * (v[i] * yv[i] + g * ye[i]) + sx * (u[i] * xv[i]))
        across[i] = a * slowed if wet else zero
        along[i] = b * slowed if wet else zero
