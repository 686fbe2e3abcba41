"""Exact solutions of the shallow water equations, written out from their sources; g = 9.81 m/s²."""

from __future__ import annotations

import numpy as np

G = 9.81


def ritter(x: np.ndarray, t: float, depth: float) -> np.ndarray:
    """Dam break onto a dry bed (Ritter 1892), the dam at x = 0."""
    c = np.sqrt(G * depth)
    fan = (2 * c - x / t) ** 2 / (9 * G)
    return np.where(x <= -c * t, depth, np.where(x < 2 * c * t, fan, 0.0))


def stoker(x: np.ndarray, t: float, left: float, right: float) -> np.ndarray:
    """Dam break onto a wet bed (Stoker 1957), the dam at x = 0."""
    cl, cr = np.sqrt(G * left), np.sqrt(G * right)

    def residual(c: float) -> float:
        return (c**2 - cr**2) ** 2 * (c**2 + cr**2) - 8 * cr**2 * c**2 * (cl - c) ** 2

    low, high = cr, cl
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if residual(middle) < 0 else (low, middle)
    cm = 0.5 * (low + high)
    shock = 2 * cm**2 * (cl - cm) * t / (cm**2 - cr**2)
    fan = 4 / (9 * G) * (cl - x / (2 * t)) ** 2
    inner = np.where(x <= (2 * cl - 3 * cm) * t, fan, np.where(x < shock, cm**2 / G, right))
    return np.where(x <= -cl * t, left, inner)


def thacker(x: np.ndarray, t: float, length: float = 4.0, a: float = 1.0, h0: float = 0.5):
    """Planar surface swinging in a bowl (Thacker 1981): bed and depth."""
    xi = x - length / 2
    omega = np.sqrt(2 * G * h0) / a
    bed = h0 * (xi**2 / a**2 - 1)
    depth = -h0 * ((xi / a + np.cos(omega * t) / (2 * a)) ** 2 - 1)
    return bed, np.maximum(depth, 0.0)


def macdonald(x: np.ndarray, q: float = 2.0, n: float = 0.0328):
    """Steady flow through critical in a short channel (MacDonald 1996): bed and depth."""

    def depth(s: np.ndarray) -> np.ndarray:
        return (q * q / G) ** (1 / 3) * (1 - (s - 50) / 200 + (s - 50) ** 2 / 30000)

    fine = np.linspace(0.0, 100.0, 200_001)
    h = depth(fine)
    dh = (q * q / G) ** (1 / 3) * (-1 / 200 + (fine - 50) / 15000)
    falling = (q * q / (G * h**3) - 1) * dh - n * n * q * q / h ** (10 / 3)
    steps = 0.5 * (falling[1:] + falling[:-1]) * np.diff(fine)
    bed = np.concatenate([[0.0], np.cumsum(steps)])
    return np.interp(x, fine, bed - bed[-1]), depth(x)
