"""Faces of the Godunov scheme 界面: what passes between two cells, and over a structure on their edge.

Hydrostatic reconstruction after Audusse et al. (2004), then HLL with the speeds of Roe, which are those of
any single bore, and with wider ones where a fan spreads through rest or tears the water apart. The bed slope
is split between the two faces of a cell so that at rest every term is zero by itself.
"""

from __future__ import annotations

from math import sqrt

from numba import njit

from water.hydraulics.godunov_cells import H

MASS, BEFORE, AFTER, SIDEWAYS = range(4)
"""Of a face: mass flux, normal momentum for the cell before it and after it, transverse speed carried."""


@njit(cache=True, nogil=True, error_model="numpy", forceinline=True)
def face_fluxes(  # type: ignore[no-untyped-def]
    hb, eb, ub, vb, thb, teb, tub, tvb, hc, ec, uc, vc, thc, tec, tuc, tvc, mass, before, after, sideways, g
):
    """Fluxes of the faces between cells b and c, from their values half a step on and their slopes."""
    T = mass.dtype.type
    zero, half, two, quarter, one = T(0.0), T(0.5), T(2.0), T(0.25), T(1.0)
    for i in range(mass.size):
        hl, hr = hb[i] + half * thb[i], hc[i] - half * thc[i]
        el, er = eb[i] + half * teb[i], ec[i] - half * tec[i]
        ul, ur = ub[i] + half * tub[i], uc[i] - half * tuc[i]
        zl, zr = el - hl, er - hr
        sill = zl if zl > zr else zr
        hl, hr = el - sill, er - sill
        hl = hl if hl > zero else zero
        hr = hr if hr > zero else zero
        cl, cr = sqrt(g * hl), sqrt(g * hr)
        middle = half * (ul + ur) + (cl - cr)
        wave = half * (cl + cr) + quarter * (ul - ur)
        back, on = ul - cl, ur + cr
        sl = back if back < middle - wave else middle - wave
        sr = on if on > middle + wave else middle + wave
        both = cl + cr
        mean = (cl * ul + cr * ur) / (both if both > zero else one)
        spread = sqrt(half * g * (hl + hr))
        torn = wave < half * (cl if cl < cr else cr)
        through = (back < zero) & ((ur - cr > zero) | (middle - wave > zero))
        sl = sl if torn | through else mean - spread
        through = (on > zero) & ((ul + cl < zero) | (middle + wave < zero))
        sr = sr if torn | through else mean + spread
        empty_l, empty_r = hl <= zero, hr <= zero
        sl = ur - two * cr if empty_l else (back if empty_r else sl)
        sr = ul + two * cl if empty_r else (on if empty_l else sr)
        sl = sl if sl < zero else zero
        sr = sr if sr > zero else zero
        width = sr - sl
        still = width <= T(1e-15)
        share = one / (one if still else width)
        ql, qr = hl * ul, hr * ur
        pl, pr = half * g * hl * hl, half * g * hr * hr
        fluid = share * (sr * ql - sl * qr + sl * sr * (hr - hl))
        push = share * (sr * (ql * ul + pl) - sl * (qr * ur + pr) + sl * sr * (qr - ql))
        fluid = zero if still else fluid
        push = zero if still else push
        mass[i] = fluid
        before[i] = (push - pl) + half * g * hb[i] * teb[i]
        after[i] = (push - pr) - half * g * hc[i] * tec[i]
        vl, vr = vb[i] + half * tvb[i], vc[i] - half * tvc[i]
        sideways[i] = vl if fluid > zero else vr


@njit(cache=True, nogil=True, error_model="numpy")
def over_structure(flow, b, c, tilt_b, tilt_c, normal, g, out):  # type: ignore[no-untyped-def]
    """A structure on an edge: both cells lean on it as on a wall, what passes takes its momentum away."""
    forward = max(flow, 0)
    out[MASS] = flow
    out[BEFORE] = 0.5 * g * b[H] * tilt_b + forward * b[normal]
    out[AFTER] = -0.5 * g * c[H] * tilt_c + (flow - forward) * c[normal]
    out[SIDEWAYS] = 0
