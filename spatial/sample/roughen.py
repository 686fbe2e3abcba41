"""Straight edges made to look grown 边界粗糙化: midpoint displacement inside a quadrilateral.

An edge A–C lies in the quadrilateral A B C D whose other corners point into its
two faces. Each halving moves the midpoint and hands two smaller quadrilaterals on,
both inside the old one, so that edges whose quadrilaterals do not overlap cannot
cross however rough they become. Every edge is roughened once, for both its faces.
"""

from __future__ import annotations

import numpy as np

from spatial.sample.plane import Floats


def roughened(
    start: Floats, end: Floats, left: Floats, right: Floats, depth: int, generator: np.random.Generator
) -> Floats:
    """Points of n roughened edges, shape (n, 2**depth + 1, 2), first and last as given.

    ``left`` and ``right`` are the corners on either side, shape (n, 2) each.
    """
    quads = np.stack([start, left, end, right], axis=1)[:, None]
    for _ in range(depth):
        quads = _halved(quads, generator)
    return np.concatenate([quads[:, :, 0], quads[:, -1:, 2]], axis=1)


def _halved(quads: Floats, generator: np.random.Generator) -> Floats:
    """Two quadrilaterals in the place of each, shape (n, m, 4, 2) to (n, 2m, 4, 2)."""
    a, b, c, d = (quads[:, :, corner] for corner in range(4))
    n, m = a.shape[:2]
    along, across = generator.uniform(0.3, 0.7, (2, n, m, 1))
    outward = generator.uniform(0.0, 0.4, (4, n, m, 1))
    on_da, on_bc = a + along * (d - a), b + along * (c - b)
    on_ab, on_dc = a + across * (b - a), d + across * (c - d)
    middle = on_da + across * (on_bc - on_da)
    first = [a, on_ab + outward[0] * (b - on_ab), middle, on_da + outward[1] * (d - on_da)]
    second = [middle, on_bc + outward[2] * (b - on_bc), c, on_dc + outward[3] * (d - on_dc)]
    return np.stack([np.stack(first, axis=2), np.stack(second, axis=2)], axis=2).reshape(n, 2 * m, 4, 2)
