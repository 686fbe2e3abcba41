"""Exact solutions of the shallow water equations, written out from their sources; g = 9.81 m/s²."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

G = 9.81
CRITICAL_2_M = (4.0 / G) ** (1 / 3)
"""Critical depth of 2 m²/s."""


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


def riemann(s: np.ndarray, left: tuple[float, float], right: tuple[float, float]) -> np.ndarray:
    """Depth of the Riemann problem of two states (depth, speed) along x/t = s (Toro 2001), also dry."""
    (hl, ul), (hr, ur) = left, right
    cl, cr = np.sqrt(G * hl), np.sqrt(G * hr)
    fan_l = np.where(s <= ul - cl, hl, np.maximum(ul + 2 * cl - s, 0) ** 2 / (9 * G))
    fan_r = np.where(s >= ur + cr, hr, np.maximum(s - ur + 2 * cr, 0) ** 2 / (9 * G))
    if hr == 0 or hl == 0 or ur - ul >= 2 * (cl + cr):  # dry on a side, or in the middle
        wet_l, wet_r = (s <= ul + 2 * cl) & (hl > 0), (s >= ur - 2 * cr) & (hr > 0)
        return np.where(wet_l, fan_l, np.where(wet_r, fan_r, 0.0))

    def jump(h: float, side: float) -> float:
        if h <= side:
            return float(2 * (np.sqrt(G * h) - np.sqrt(G * side)))
        return float((h - side) * np.sqrt(0.5 * G * (h + side) / (h * side)))

    low, high = 1e-9, 100.0
    for _ in range(200):
        h = np.sqrt(low * high)
        low, high = (low, h) if jump(h, hl) + jump(h, hr) + ur - ul > 0 else (h, high)
    u, c = 0.5 * (ul + ur + jump(h, hr) - jump(h, hl)), np.sqrt(G * h)
    shock_l = ul - np.sqrt(0.5 * G * (h + hl) * h / hl)
    shock_r = ur + np.sqrt(0.5 * G * (h + hr) * h / hr)
    on_l = np.where(s < shock_l, hl, h) if h > hl else np.where(s < u - c, fan_l, h)
    on_r = np.where(s > shock_r, hr, h) if h > hr else np.where(s > u + c, fan_r, h)
    return np.where(s < u, on_l, on_r)


def over_bump(x: np.ndarray, q: float, below: float) -> tuple[np.ndarray, np.ndarray]:
    """Bed and depth of steady flow over Goutal's bump, through critical on its crest and back by a shock."""

    def bed(x: np.ndarray) -> np.ndarray:
        return np.where((x > 8) & (x < 12), 0.2 - 0.05 * (x - 10) ** 2, 0.0)

    def depth(energy: float, subcritical: bool) -> float:
        roots = np.roots([1.0, -energy, 0.0, q * q / (2 * G)])
        real = np.sort(roots[np.abs(roots.imag) < 1e-6].real)
        return float(real[-1] if subcritical else real[real > 0][0])

    critical = 0.2 + 1.5 * (q * q / G) ** (1 / 3)
    after = below + q * q / (2 * G * below**2)

    def force(h: float) -> float:
        return q * q / (G * h) + 0.5 * h * h

    def excess(at: float) -> float:
        z = float(bed(np.array(at)))
        return force(depth(critical - z, False)) - force(depth(after - z, True))

    low, high = 11.35, 11.99
    for _ in range(60):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if excess(middle) * excess(low) > 0 else (low, middle)
    exact = [
        depth(critical - z, at < 10) if at < low else depth(after - z, True)
        for at, z in zip(x, bed(x), strict=True)
    ]
    return bed(x), np.array(exact)


def rained_channel(
    x: np.ndarray, rain: float = 1e-3, n: float = 0.033
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Bed, depth and discharge of steady flow that rain feeds in a long channel, after MacDonald."""
    fine = np.linspace(0.0, 1000.0, 200_001)
    hill = 0.5 * np.exp(-16 * (fine / 1000 - 0.5) ** 2)
    deep = (4 / G) ** (1 / 3)
    h, dh = deep * (1 + hill), deep * hill * -32 * (fine / 1000 - 0.5) / 1000
    q = 1.0 + rain * fine
    falling = (q * q / (G * h**3) - 1) * dh - 2 * q * rain / (G * h * h) - n * n * q * q / h ** (10 / 3)
    bed = np.concatenate([[0.0], np.cumsum(0.5 * (falling[1:] + falling[:-1]) * np.diff(fine))])
    return np.interp(x, fine, bed - bed[-1]), np.interp(x, fine, h), 1.0 + rain * x


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


def channel_bed(
    depth: Callable[[np.ndarray], np.ndarray], length_m: float, q: float, n: float, *, advected: bool = True
) -> Callable[[np.ndarray], np.ndarray]:
    """The bed over which steady flow has a depth, 0 at its end (MacDonald 1996).

    ``advected=False``: that of the equations without advection.
    """
    fine = np.linspace(0.0, length_m, 200_001)
    h = depth(fine)
    dh = np.gradient(h, fine)
    falling = ((q * q / (G * h**3) if advected else 0.0) - 1.0) * dh - n * n * q * q / h ** (10 / 3)
    bed = np.concatenate([[0.0], np.cumsum(0.5 * (falling[1:] + falling[:-1]) * np.diff(fine))])
    return lambda x: np.interp(x, fine, bed - bed[-1])


def macdonald_slow(x: np.ndarray) -> np.ndarray:
    """1 km, slow throughout, all but critical at both ends."""
    return CRITICAL_2_M * (1 + 0.5 * np.exp(-16 * (x / 1000 - 0.5) ** 2))


def macdonald_through(x: np.ndarray) -> np.ndarray:
    """1 km, from slow through critical half way to torrential."""
    s = x / 1000 - 0.5
    return CRITICAL_2_M * (1 - np.where(s < 0, np.tanh(3 * s) / 3, np.tanh(6 * s) / 6))


def macdonald_jump(x: np.ndarray) -> np.ndarray:
    """1 km, torrential, then slow by a jump half way."""
    s = x / 1000 - 0.5
    waves = sum(
        a * np.exp(-20 * k * np.maximum(s, 0)) for k, a in ((1, -0.348427), (2, 0.552264), (3, -0.55558))
    )
    fast, slow = 0.9 - np.exp(-x / 250) / 6, 1 + waves + 0.8 * np.exp(x / 1000 - 1)
    return CRITICAL_2_M * np.where(s < 0, fast, slow)


def undular(x: np.ndarray) -> np.ndarray:
    """A long channel whose depth swings between 0.875 and 1.375 m every kilometre."""
    return 9 / 8 + 0.25 * np.sin(np.pi * x / 500)


def bermudez_tide(x: np.ndarray, t: float, length: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A slow tide into a closed arm (Bermudez & Vazquez 1994): still depth, depth and speed at an instant."""
    still = 50.5 - 40 * x / length - 10 * np.sin(np.pi * (4 * x / length - 0.5))
    phase = np.pi * (4 * t / 86_400 + 0.5)
    depth = still + 4 - 4 * np.sin(phase)
    return still, depth, (x - length) * np.pi / (5400 * depth) * np.cos(phase)


def turning_bowl(x: np.ndarray, y: np.ndarray, t: float) -> tuple[np.ndarray, np.ndarray, float, float]:
    """Planar surface turning in a bowl (Thacker 1981): bed, depth, speed along y at t = 0, angular speed."""
    a, deepest, eta = 1.0, 0.1, 0.5
    omega = float(np.sqrt(2 * G * deepest) / a)
    bed = -deepest * (1 - (x**2 + y**2) / a**2)
    level = eta * deepest / a**2 * (2 * x * np.cos(omega * t) + 2 * y * np.sin(omega * t) - eta)
    return bed, np.maximum(0.0, level - bed), eta * omega, omega


def vortex(cells: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A smooth vortex that stands in a square of 1 m: depth and flows, averaged over cells.

    Speed ω(r)·r around the middle, ω = 15 (1 + cos(4πr)) up to a radius of ¼ m; g·h′ = ω²·r.
    """
    strength, wave = 15.0, 4 * np.pi
    size = 1.0 / cells

    def risen(s: np.ndarray) -> np.ndarray:
        return (
            (2 * np.cos(s) + 2 * s * np.sin(s) + np.cos(2 * s) / 8 + s / 4 * np.sin(2 * s) + 0.75 * s * s)
            * (strength / wave) ** 2
            / G
        )

    found = np.zeros((3, cells, cells))
    parts = (np.arange(4) + 0.5) / 4 - 0.5
    middle = (np.arange(cells) + 0.5) * size - 0.5
    for right in parts:
        for down in parts:
            x, y = np.meshgrid(middle + right * size, middle + down * size)
            s = np.minimum(wave * np.hypot(x, y), np.pi)
            h, spin = 10.0 - (risen(np.array(np.pi)) - risen(s)), strength * (1 + np.cos(s))
            found += np.stack([h, -h * spin * y, h * spin * x]) / 16
    return found[0], found[1], found[2]
