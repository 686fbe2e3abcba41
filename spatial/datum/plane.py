"""The plane of a zone 投影平面, for shapes: where they are cut, joined and measured.

Boundaries are lines of the plane they were drawn in, so overlays are made there: what is cut
out between degrees follows other lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spatial.datum.area import legal_areas_m2
from spatial.datum.frames import FRAMES, Frame
from spatial.datum.transform import move

Floats = NDArray[np.float64]
Geometries = NDArray[Any]
"""Shapely geometries, dtype object."""
_CGCS2000 = FRAMES["EPSG:4490"]


@dataclass(frozen=True, slots=True)
class Plane:
    """One projected frame, in which shapes given in degrees of CGCS2000 are worked on."""

    frame: Frame

    def projected(self, geometries: Geometries) -> Geometries:
        """Geometries in degrees as they lie in the plane, metres; BadCoordinate, OutsideArea.

        >>> from shapely import Point
        >>> from spatial.datum.frames import frame
        >>> there = Plane(frame("EPSG:4549")).projected(np.array([Point(118.8, 36.9)]))
        >>> f"{there[0].x:.3f} {there[0].y:.3f}"
        '393044.074 4086085.855'
        """
        return self._moved(geometries, _CGCS2000, self.frame)

    def unprojected(self, geometries: Geometries) -> Geometries:
        """Geometries of the plane in degrees of CGCS2000."""
        return self._moved(geometries, self.frame, _CGCS2000)

    def areas_m2(self, geometries: Geometries) -> Floats:
        """Legal area 椭球面积 of each geometry of the plane."""
        return legal_areas_m2(geometries, self.frame)

    @staticmethod
    def _moved(geometries: Geometries, source: Frame, target: Frame) -> Geometries:
        import shapely

        def through(coords: Floats) -> Floats:
            if not len(coords):
                return coords
            there = move(coords[:, 0], coords[:, 1], source, target)
            return np.column_stack((there.x, there.y))

        moved: Geometries = shapely.transform(geometries, through)
        return moved
