"""A plain scheme along one fine line, written apart from the solver: what its runs are compared with."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

G = 9.81
DRY_M = 1e-7


def along_a_line(
    bed_m: np.ndarray,
    depth_m: np.ndarray,
    cell_m: float,
    manning: float,
    until_s: float,
    *,
    turned: bool = False,
    source_m_s: Callable[[float], np.ndarray | float] = lambda _: 0.0,
) -> np.ndarray:
    """Depth at the end: HLL of first order, hydrostatic reconstruction, closed ends, friction implicit.

    ``turned``: the line is a radius from 0, and the water spreads around it. ``source_m_s``: what comes into
    each cell from above at an instant, m/s.
    """
    count = len(bed_m)
    edge = np.arange(count + 1) * cell_m if turned else np.ones(count + 1)
    size = np.diff(edge**2) / 2 if turned else np.full(count, cell_m)
    z = np.concatenate([bed_m[:1], bed_m, bed_m[-1:]])
    h, q, t = depth_m.astype(float).copy(), np.zeros(count), 0.0
    while t < until_s:
        u = np.where(h > DRY_M, q / np.maximum(h, DRY_M), 0.0)
        dt = min(0.45 * cell_m / max(float((np.abs(u) + np.sqrt(G * h)).max()), 0.2), until_s - t)
        hh, uu = np.concatenate([h[:1], h, h[-1:]]), np.concatenate([-u[:1], u, -u[-1:]])
        sill = np.maximum(z[:-1], z[1:])
        left, right = (np.maximum(0.0, (hh + z)[k] - sill) for k in (slice(0, -1), slice(1, None)))
        ul, ur, cl, cr = uu[:-1], uu[1:], np.sqrt(G * left), np.sqrt(G * right)
        low = np.where(
            left > DRY_M, np.minimum(ul - cl, np.where(right > DRY_M, ur - cr, ul - cl)), ur - 2 * cr
        )
        high = np.where(
            right > DRY_M, np.maximum(ur + cr, np.where(left > DRY_M, ul + cl, ur + cr)), ul + 2 * cl
        )
        low, high = np.minimum(low, 0.0), np.maximum(high, 0.0)
        wide = np.maximum(high - low, 1e-12)
        push_l, push_r = left * ul**2 + 0.5 * G * left**2, right * ur**2 + 0.5 * G * right**2
        mass = (high * left * ul - low * right * ur + low * high * (right - left)) / wide
        push = (high * push_l - low * push_r + low * high * (right * ur - left * ul)) / wide
        mass[0] = mass[-1] = 0.0
        before = push + 0.5 * G * (hh[:-1] ** 2 - left**2)
        after = push + 0.5 * G * (hh[1:] ** 2 - right**2)
        around = 0.5 * G * h**2 * (np.diff(edge) / size) if turned else 0.0
        q = q - dt * ((before[1:] * edge[1:] - after[:-1] * edge[:-1]) / size - around)
        h = np.maximum(h - dt * np.diff(mass * edge) / size + dt * source_m_s(t + 0.5 * dt), 0.0)
        rub = dt * G * manning**2 * np.abs(q) / np.maximum(h, DRY_M) ** (7 / 3)
        q = np.where(h > DRY_M, q * 2 / (1 + np.sqrt(1 + 4 * rub)), 0.0)
        t += dt
    return h
