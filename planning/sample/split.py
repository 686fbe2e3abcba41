"""Cutting a village into parcels 地块剖分: by chords between vertices that are there already.

A chord ends at two vertices of the ring it cuts, and its inner vertices belong to both
halves from then on; whatever is cut later ends at a vertex that both sides have. So the
parcels fit to the last digit without any repair. A block that is still large loses a
strip along its chord, which becomes a road or a ditch.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import hypot
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from planning.sample import split_kernel as kernel
from spatial.sample.plane import Floats, to_degrees, to_plane

_BEND: Final = 0.12
"""Inner vertices of a chord lie up to this share of their spacing beside it."""
_STRIP_M: Final = (6.0, 48.0)
"""Strips are as wide as the edges at their ends are long."""


@dataclass(frozen=True, slots=True)
class Cutting:
    """How finely."""

    area_m2: float
    """Mean area of a parcel, about."""
    spacing_m: float
    """Distance of vertices."""
    strips: int
    """So many times the mean area, and a block loses a strip when it is cut."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One parcel, and how it came about."""

    ring_deg: Floats
    """Shape (n, 2), open, counter-clockwise, degrees of CGCS2000 rounded to 1e-9."""
    strip: int
    """0 for a block; else after how many cuts it was taken out as a strip."""


class _Ring(NamedTuple):
    """An open ring in degrees and the same in the plane."""

    degrees: Floats
    plane: Floats

    def taken(self, places: NDArray[np.intp], line: _Ring) -> _Ring:
        """These of its vertices, then a line's."""
        return _Ring(
            np.concatenate([self.degrees[places], line.degrees]),
            np.concatenate([self.plane[places], line.plane]),
        )

    def reversed(self) -> _Ring:
        return _Ring(self.degrees[::-1], self.plane[::-1])


def pieces(ring_deg: Floats, cutting: Cutting, generator: np.random.Generator) -> list[Piece]:
    """The parcels of one area without holes, which together are that area.

    ``ring_deg`` is its closed ring. The same state of the generator gives the same digits.
    """
    waiting = [(_dense(ring_deg, cutting.spacing_m), 0)]
    done: list[Piece] = []
    while waiting:
        ring, depth = waiting.pop()
        area_m2 = kernel.ring_area_m2(ring.plane)
        large = area_m2 >= cutting.area_m2 * generator.uniform(0.95, 1.85)
        i, j = kernel.chord(ring.plane, 0.38, int(generator.integers(1 << 30))) if large else (-1, -1)
        if i < 0:
            done.append(Piece(ring.degrees, 0))
            continue
        first, second, end = _halves(ring, i, j, cutting.spacing_m, generator)
        if area_m2 > cutting.strips * cutting.area_m2:
            parted = _strip(second, end, cutting.spacing_m)
            if parted is not None:
                strip, second = parted
                done.append(Piece(strip.degrees, depth + 1))
        waiting += [(first, depth + 1), (second, depth + 1)]
    return done


def _dense(ring_deg: Floats, spacing_m: float) -> _Ring:
    """An open counter-clockwise ring with long edges broken, alike from both sides."""
    corners = np.round(ring_deg[:-1], 9)
    plane = to_plane(corners)
    if kernel.ring_area_m2(plane) < 0:
        corners, plane = corners[::-1], plane[::-1]
    found: list[Floats] = []
    for i in range(len(corners)):
        j = (i + 1) % len(corners)
        found.append(corners[i : i + 1])
        count = int(hypot(*(plane[j] - plane[i])) / (1.4 * spacing_m))
        if count:
            forwards = tuple(corners[i]) < tuple(corners[j])
            low, high = (corners[i], corners[j]) if forwards else (corners[j], corners[i])
            between = np.round(low + (high - low) * _shares(count), 9)
            found.append(between if forwards else between[::-1])
    degrees = np.concatenate(found)
    return _Ring(degrees, to_plane(degrees))


def _shares(count: int) -> Floats:
    shares: Floats = np.arange(1, count + 1)[:, None] / (count + 1)
    return shares


def _halves(
    ring: _Ring, i: int, j: int, spacing_m: float, generator: np.random.Generator
) -> tuple[_Ring, _Ring, int]:
    """Both sides of the chord from i to j, and where i stands in the second: from there the chord goes."""
    line = _line(ring, i, j, spacing_m, generator)
    around = np.r_[j : len(ring.plane), 0 : i + 1]
    first = ring.taken(np.arange(i, j + 1), line.reversed())
    return first, ring.taken(around, line), len(around) - 1


def _line(
    ring: _Ring, i: int, j: int, spacing_m: float, generator: np.random.Generator | None = None
) -> _Ring:
    """Inner vertices from i to j, straight, or bent where a generator is given and there is room."""
    a, b = ring.plane[i], ring.plane[j]
    length_m = hypot(*(b - a))
    count = max(0, round(length_m / spacing_m) - 1)
    inner = a + (b - a) * _shares(count)
    if generator is not None and count:
        normal = np.array([a[1] - b[1], b[0] - a[0]]) / length_m
        bent = inner + normal * generator.uniform(-_BEND, _BEND, (count, 1)) * spacing_m
        if kernel.clear(ring.plane, i, j, np.concatenate([a[None], bent, b[None]])):
            inner = bent
    degrees = to_degrees(inner)
    return _Ring(degrees, to_plane(degrees))


def _strip(ring: _Ring, end: int, spacing_m: float) -> tuple[_Ring, _Ring] | None:
    """What lies along the line with which the ring closes, from vertex ``end`` to the first, and the rest.

    None where the edges at both ends are too short or too long for it, or there is no room.
    """
    near, far = end - 1, 1
    if near - far < 3:
        return None
    widths = (hypot(*(ring.plane[end] - ring.plane[near])), hypot(*(ring.plane[0] - ring.plane[far])))
    if not all(_STRIP_M[0] <= width <= _STRIP_M[1] for width in widths):
        return None
    if not kernel.good(ring.plane, far, near):
        return None
    line = _line(ring, far, near, spacing_m)
    around = np.r_[near : len(ring.plane), 0 : far + 1]
    strip, rest = ring.taken(around, line), ring.taken(np.arange(far, near + 1), line.reversed())
    return strip, rest
