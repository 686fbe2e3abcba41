"""Centre lines with chainage 河道中心线: from a chainage to a place beside the river, and back.

Lengths are geodesic on the ellipsoid of CGCS2000, and so is every step from a place to another:
a plane only tells where to begin looking. The line runs along geodesics between its vertices.
Its direction turns evenly over a bend, so the cross-sections 横断面, which stand across it, sweep
the land beside the river without a gap: every place has one chainage and one offset, and these
two lead back to it. Offsets count to the right of the line as it is drawn downstream (右岸),
and are negative to the left (左岸).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spatial.datum.ellipsoid import geod
from water.errors import BeyondEnd
from water.network.chainage import written

if TYPE_CHECKING:
    from water.network.pieces import Pieces

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

TURN_M: Final = 50.0
"""A bend is taken within so much of its vertex: a canal is straight until shortly before it turns."""
END_M: Final = 0.001
"""So little beyond an end is the end."""
_STEPS: Final = 12
_SURE_M: Final = 1e-7


@dataclass(frozen=True, slots=True)
class Located:
    """Places put on a centre line."""

    chainage_m: Floats
    """NaN where no cross-section goes through the place."""
    offset_m: Floats
    """To the right of the line; of a place without a cross-section how far beyond the end it lies."""
    at_end: NDArray[np.bool_]
    """Of a place without a cross-section: whether it lies beyond the end, else before the beginning."""


@dataclass(frozen=True, eq=False)
class Centreline:
    """One version of a route 中心线版本, checked and measured (:func:`water.network.drawing.draw`)."""

    route: str
    version: int
    points_4490: Floats = field(repr=False)
    """Vertices, longitude and latitude, shape (n, 2), downstream."""
    along_m: Floats = field(repr=False)
    """Geodesic length from the first vertex to each."""
    leaving_deg: Floats = field(repr=False)
    """Azimuth of each segment at its beginning."""
    arriving_deg: Floats = field(repr=False)
    """Azimuth of each segment at its end."""
    anchor_along_m: Floats = field(repr=False)
    """Lengths at which chainage is known; the line's ends among them."""
    anchor_m: Floats = field(repr=False)
    """Chainage there, growing or falling throughout."""
    merged: int = 0
    """Vertices that were left out as they lay on the one before."""

    @property
    def length_m(self) -> float:
        """Geodesic length of the whole line."""
        return float(self.along_m[-1])

    @property
    def from_m(self) -> float:
        """Chainage of the first vertex."""
        return float(self.anchor_m[0])

    @property
    def to_m(self) -> float:
        """Chainage of the last vertex."""
        return float(self.anchor_m[-1])

    @property
    def measures_m(self) -> Floats:
        """Calibrated chainage of each vertex, the M values."""
        return self.chainages_m(self.along_m)

    def chainages_m(self, along_m: Floats) -> Floats:
        """Chainage at lengths from the first vertex."""
        found: Floats = np.interp(along_m, self.anchor_along_m, self.anchor_m)
        return found

    def lengths_m(self, chainages_m: ArrayLike) -> Floats:
        """Length from the first vertex at chainages; ``BeyondEnd`` names the one, and the end."""
        given = np.atleast_1d(np.asarray(chainages_m, dtype=np.float64))
        low, high = sorted((self.from_m, self.to_m))
        outside = ~((given >= low - END_M) & (given <= high + END_M))  # NaN, too
        if outside.any():
            self._refuse(float(given[outside][0]))
        way = 1.0 if self.to_m > self.from_m else -1.0
        found: Floats = np.interp(way * given, way * self.anchor_m, self.anchor_along_m)
        return found

    def _refuse(self, chainage_m: float) -> None:
        low, high = written(min(self.from_m, self.to_m)), written(max(self.from_m, self.to_m))
        given = written(chainage_m) if np.isfinite(chainage_m) else str(chainage_m)
        raise BeyondEnd(
            f"桩号超出河道 {self.route}(第 {self.version} 版,{low} 至 {high}):{given}",
            f"the chainage lies beyond route {self.route}, version {self.version}, which runs from {low}"
            f" to {high}: {given}",
            value=given,
            details={"route": self.route, "version": self.version, "from_m": self.from_m, "to_m": self.to_m},
        )

    def places(self, chainages_m: ArrayLike, offsets_m: ArrayLike = 0.0) -> Floats:
        """Longitude and latitude, shape (n, 2), of chainages with their offsets."""
        along = self.lengths_m(chainages_m)
        offsets = np.broadcast_to(np.asarray(offsets_m, dtype=np.float64), along.shape)
        lon, lat, direction, _, _ = self._standing(along)
        lon, lat, _ = geod().fwd(lon, lat, direction + np.where(offsets < 0, -90.0, 90.0), np.abs(offsets))
        return np.column_stack((lon, lat))

    def locate(self, places_4490: ArrayLike) -> Located:
        """Chainage and offset of places, shape (n, 2), by the nearest cross-section through each."""
        from water.network import centreline_kernel as kernel

        places = np.ascontiguousarray(np.atleast_2d(np.asarray(places_4490, dtype=np.float64)))
        pieces = self._pieces
        found = np.empty((len(places), 3))
        kernel.beside(pieces.knots_m, pieces.bearing, pieces.turn, pieces.projected(places), found)
        piece = found[:, 0].astype(np.int64)
        beside = piece >= 0
        along = np.full(len(places), np.nan)
        offset = found[:, 2].copy()
        low, high = pieces.along_m[piece[beside]], pieces.along_m[piece[beside] + 1]
        there, ahead, aside = self._refined(places[beside], low + found[beside, 1] * (high - low))
        at_end = ~beside & (found[:, 1] > 0.5)
        # What the plane took for an end, and the ellipsoid does not.
        past = np.abs(ahead) > END_M
        at_end[beside] = past & (ahead > 0)
        along[beside] = np.where(past, np.nan, there)
        offset[beside] = np.where(past, np.abs(ahead), aside)
        chainage = np.where(np.isnan(along), np.nan, self.chainages_m(np.nan_to_num(along)))
        return Located(chainage, offset, at_end)

    @cached_property
    def _pieces(self) -> Pieces:
        from water.network.pieces import parted

        return parted(self.points_4490, self.along_m, TURN_M)

    def _refined(self, places: Floats, along: Floats) -> tuple[Floats, Floats, Floats]:
        """Newton's steps on the ellipsoid, from what the plane told: length, what is left ahead, offset."""
        ahead = offset = np.zeros(0)
        for _ in range(_STEPS):
            lon, lat, direction, aslant, turning = self._standing(along)
            azimuth, _, distance = geod().inv(lon, lat, places[:, 0], places[:, 1])
            angle = np.radians(azimuth - direction)
            ahead, offset = distance * np.cos(angle), distance * np.sin(angle)
            if not len(ahead) or np.abs(ahead).max() < _SURE_M:
                break
            slope = np.cos(aslant) - turning * offset
            slope = np.where(np.abs(slope) < 0.1, np.copysign(0.1, slope), slope)
            along = np.clip(along + ahead / slope, 0.0, self.length_m)
        return along, ahead, offset

    def _standing(self, along: Floats) -> tuple[Any, Any, Floats, Floats, Floats]:
        """Longitude, latitude and direction of the river (degrees) at lengths.

        Besides: the angle between direction and line there, and how fast the direction turns to
        the right, in radians and radians per metre.
        """
        segment = np.clip(
            np.searchsorted(self.along_m, along, side="right") - 1, 0, len(self.leaving_deg) - 1
        )
        passed = along - self.along_m[segment]
        length = np.diff(self.along_m)[segment]
        lon, lat, _ = geod().fwd(
            self.points_4490[segment, 0], self.points_4490[segment, 1], self.leaving_deg[segment], passed
        )
        curl = _between(self.leaving_deg, self.arriving_deg)[segment]
        bends = np.concatenate(([0.0], _between(self.arriving_deg[:-1], self.leaving_deg[1:]), [0.0]))
        reach = np.minimum(TURN_M, length / 2)
        behind, before = bends[segment] / 2, bends[segment + 1] / 2
        slant = np.where(passed < reach, -behind * (1 - passed / reach), 0.0)
        slant = np.where(length - passed < reach, before * (1 - (length - passed) / reach), slant)
        rate = np.where(passed < reach, behind / reach, 0.0)
        rate = np.where(length - passed < reach, before / reach, rate)
        direction = self.leaving_deg[segment] + curl * passed / length + slant
        return lon, lat, direction, np.radians(slant), np.radians(rate)

    def part(self, from_m: float, to_m: float) -> Floats:
        """Vertices of the line between two lengths from its beginning, both ends set on it."""
        low, high = sorted((from_m, to_m))
        ends = np.array([max(low, 0.0), min(high, self.length_m)])
        lon, lat, *_ = self._standing(ends)
        inner = self.points_4490[(self.along_m > low) & (self.along_m < high)]
        set_on = np.column_stack((lon, lat))
        return np.vstack((set_on[:1], inner, set_on[1:]))


def _between(first_deg: Floats, second_deg: Floats) -> Floats:
    """The turn from one azimuth to another, to the right, between -180 and 180 degrees."""
    turn: Floats = (second_deg - first_deg + 180.0) % 360.0 - 180.0
    return turn


def inverse_m(first_4490: Floats, second_4490: Floats) -> Floats:
    """Geodesic distances between places, shape (n, 2) each."""
    _, _, distance = geod().inv(first_4490[:, 0], first_4490[:, 1], second_4490[:, 0], second_4490[:, 1])
    return np.asarray(distance)


def chained(points_4490: Floats) -> Sequence[Floats]:
    """Azimuths at both ends and lengths of the segments between vertices."""
    leaving, back, length = geod().inv(
        points_4490[:-1, 0], points_4490[:-1, 1], points_4490[1:, 0], points_4490[1:, 1]
    )
    return np.asarray(leaving), (np.asarray(back) + 180.0) % 360.0, np.asarray(length)
