"""Arcs as chords 弧段折线化, to a stated tolerance."""

from __future__ import annotations

import math
from collections.abc import Sequence

from spatial.errors import FileTooLarge

CHORD_M = 0.001
"""No chord is farther from its arc than this."""
_MOST = 1_000_000
Position = tuple[float, float]


def vertices(points: Sequence[tuple[float, float, float]], closed: bool) -> list[Position]:
    """Positions of a polyline of ``(x, y, bulge)``; the bulge bends the way to the next one.

    A bulge is the tangent of a quarter of the arc's angle, positive to the left.

    >>> len(vertices([(0, 0, 1), (2, 0, 0)], False)), vertices([(0, 0, 0), (2, 0, 0)], False)
    (37, [(0, 0), (2, 0)])
    """
    ends = [*points[1:], *([points[0]] if closed else [])]
    found: list[Position] = [] if not points else [points[0][:2]]
    for (x, y, bulge), (x_next, y_next, _) in zip(points, ends, strict=False):
        if bulge and (x, y) != (x_next, y_next):
            found += _arc((x, y), (x_next, y_next), bulge)
        found.append((x_next, y_next))
    return found


def _arc(start: Position, end: Position, bulge: float) -> list[Position]:
    """The positions between the ends of an arc."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    chord = math.hypot(dx, dy)
    angle = 4 * math.atan(bulge)
    radius = chord / 2 / abs(math.sin(angle / 2))
    count = steps(radius, abs(angle))
    # The centre lies beside the middle of the chord, to the left of a way that bends to the left.
    side = (1 - bulge**2) / (4 * bulge)
    x0, y0 = (start[0] + end[0]) / 2 - dy * side, (start[1] + end[1]) / 2 + dx * side
    first = math.atan2(start[1] - y0, start[0] - x0)
    turns = (first + angle * step / count for step in range(1, count))
    return [(x0 + radius * math.cos(turn), y0 + radius * math.sin(turn)) for turn in turns]


def circle(x: float, y: float, radius: float, start: float, angle: float) -> list[Position]:
    """Positions of an arc around a centre, from ``start`` on over ``angle`` radians; a full turn closes."""
    count = steps(radius, abs(angle))
    found = [
        (
            x + radius * math.cos(start + angle * step / count),
            y + radius * math.sin(start + angle * step / count),
        )
        for step in range(count + 1)
    ]
    if abs(angle) == math.tau:
        found[-1] = found[0]
    return found


def steps(radius: float, angle: float) -> int:
    """How many chords an arc needs.

    >>> steps(1.0, 3.14159), steps(0.0001, 6.28)
    (36, 8)
    """
    needed = angle * math.sqrt(radius / (8 * CHORD_M))
    if not needed < _MOST:
        raise FileTooLarge(
            f"弧的半径过大,折线化需 {needed:.0f} 段:{radius:g}",
            f"an arc of this radius would take {needed:.0f} chords: {radius:g}",
            value=radius,
        )
    return max(math.ceil(needed), 8)
