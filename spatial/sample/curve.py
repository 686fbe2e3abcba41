"""Smooth lines through given points, in the plane."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from spatial.sample.plane import Floats


def through(points_m: ArrayLike, spacing_m: float) -> Floats:
    """A centripetal Catmull–Rom curve that passes through every point, shape (m, 2).

    Lines that share a point therefore still meet there.

    >>> through([(0, 0), (10, 0), (20, 0)], 5.0).round(6).tolist()
    [[0.0, 0.0], [5.0, 0.0], [10.0, 0.0], [15.0, 0.0], [20.0, 0.0]]
    """
    points = np.asarray(points_m, dtype=np.float64)
    if len(points) < 3:
        steps = max(1, round(float(np.hypot(*(points[1] - points[0]))) / spacing_m))
        straight: Floats = points[0] + np.linspace(0, 1, steps + 1)[:, None] * (points[1] - points[0])
        return straight
    padded = np.concatenate([[2 * points[0] - points[1]], points, [2 * points[-1] - points[-2]]])
    knots = np.concatenate([[0.0], np.cumsum(np.sqrt(np.hypot(*np.diff(padded, axis=0).T)))])
    pieces = [_piece(padded[i : i + 4], knots[i : i + 4], spacing_m) for i in range(len(points) - 1)]
    return np.concatenate([*pieces, points[-1:]])


def _piece(p: Floats, t: Floats, spacing_m: float) -> Floats:
    """From the second of four points to the third, without the third."""
    steps = max(1, round(float(np.hypot(*(p[2] - p[1]))) / spacing_m))
    at = (t[1] + (t[2] - t[1]) * np.arange(steps) / steps)[:, None]

    def blend(a: Floats, b: Floats, low: float, high: float) -> Floats:
        mixed: Floats = ((high - at) * a + (at - low) * b) / (high - low)
        return mixed

    a1, a2, a3 = blend(p[0], p[1], t[0], t[1]), blend(p[1], p[2], t[1], t[2]), blend(p[2], p[3], t[2], t[3])
    piece: Floats = blend(blend(a1, a2, t[0], t[2]), blend(a2, a3, t[1], t[3]), t[1], t[2])
    piece[0] = p[1]
    return piece


def winding(line_m: Floats, generator: np.random.Generator, reach_m: float, waves_m: ArrayLike) -> Floats:
    """A line swung to both sides by waves of given lengths, its ends kept; for rivers."""
    tangent = np.gradient(line_m, axis=0)
    tangent /= np.hypot(*tangent.T)[:, None]
    normal = tangent[:, ::-1] * np.array([-1.0, 1.0])
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line_m, axis=0).T))])
    swing = np.zeros(len(along))
    for wave in np.asarray(waves_m, dtype=np.float64):
        phase, drift = generator.uniform(0, 2 * np.pi, 2)
        stretch = along + 0.35 * wave * np.sin(2 * np.pi * along / (3.7 * wave) + drift)
        swell = 0.65 + 0.35 * np.sin(2 * np.pi * along / (5.3 * wave) + phase)
        swing += wave * swell * np.sin(2 * np.pi * stretch / wave + phase)
    swing *= reach_m / max(float(np.abs(swing).max()), 1e-9)
    swing *= np.clip(np.minimum(along, along[-1] - along) / (3 * reach_m), 0, 1)
    wound: Floats = line_m + normal * swing[:, None]
    return wound
