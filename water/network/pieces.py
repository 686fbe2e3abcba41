"""A centre line in a plane of its own, parted where its direction begins or ceases to turn.

The plane is a Gauss–Krüger one about the line's own middle: what is found in it is where to
begin on the ellipsoid, no result.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pieces:
    """Three pieces of each segment: turning out of the bend behind, straight, into the bend before."""

    meridian_deg: float
    knots_m: Floats = field(repr=False)
    """Ends of the pieces in the plane, shape (n + 1, 2)."""
    along_m: Floats = field(repr=False)
    """Geodesic length from the beginning of the line to each."""
    bearing: Floats = field(repr=False)
    """Direction of the river at the beginning of each piece, clockwise from north, radians."""
    turn: Floats = field(repr=False)
    """How far it turns to the right along the piece, radians."""

    def projected(self, places_4490: Floats) -> Floats:
        """Places in the plane."""
        return projected(places_4490, self.meridian_deg)


def projected(places_4490: Floats, meridian_deg: float) -> Floats:
    """Places, shape (n, 2), in the Gauss–Krüger plane about a meridian."""
    from spatial.datum import gauss_kruger_kernel  # a compiler, for those that measure

    found = np.empty((len(places_4490), 2))
    gauss_kruger_kernel.project(np.ascontiguousarray(places_4490), meridian_deg, 0.0, found)
    return found


def parted(points_4490: Floats, along_m: Floats, turn_m: float) -> Pieces:
    """The pieces of a line whose vertices lie so far along it."""
    meridian = float(points_4490[:, 0].mean())
    vertices = projected(points_4490, meridian)
    length, steps = np.diff(along_m), np.diff(vertices, axis=0)
    share = np.minimum(turn_m, length / 2) / length
    shares = np.stack((np.zeros_like(share), share, 1 - share), axis=1)
    knots = (vertices[:-1, None] + shares[..., None] * steps[:, None]).reshape(-1, 2)
    along = (along_m[:-1, None] + shares * length[:, None]).ravel()
    course = np.arctan2(steps[:, 0], steps[:, 1])
    bends = np.concatenate(([0.0], (np.diff(course) + np.pi) % (2 * np.pi) - np.pi, [0.0]))
    bearing = np.stack((course - bends[:-1] / 2, course, course), axis=1).ravel()
    turn = np.stack((bends[:-1] / 2, np.zeros_like(course), bends[1:] / 2), axis=1).ravel()
    return Pieces(meridian, np.vstack((knots, vertices[-1:])), np.append(along, along_m[-1]), bearing, turn)
