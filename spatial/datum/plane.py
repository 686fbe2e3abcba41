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
from spatial.datum.checks import check, check_inside
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

    def projected_points(self, places_deg: Floats) -> Floats:
        """Positions in degrees, a row a point, as they lie in the plane; as :meth:`projected` has them."""
        return _through(places_deg, _CGCS2000, self.frame)

    def unprojected(self, geometries: Geometries) -> Geometries:
        """Geometries of the plane in degrees of CGCS2000."""
        return self._moved(geometries, self.frame, _CGCS2000)

    def areas_m2(self, geometries: Geometries) -> Floats:
        """Legal area 椭球面积 of each geometry of the plane."""
        return legal_areas_m2(geometries, self.frame)

    @staticmethod
    def _moved(geometries: Geometries, source: Frame, target: Frame) -> Geometries:
        import shapely

        moved: Geometries = shapely.transform(geometries, lambda coords: _through(coords, source, target))
        return moved


def _through(coords: Floats, source: Frame, target: Frame) -> Floats:
    """Positions in another frame: by the compiled projection where there is one, else by PROJ."""
    if not len(coords):
        return coords
    plane = target if source is _CGCS2000 else source
    if plane.datum != "CGCS2000" or plane.false_easting_m is None or plane.central_meridian_deg is None:
        there = move(coords[:, 0], coords[:, 1], source, target)
        return np.column_stack((there.x, there.y))
    from spatial.datum import gauss_kruger_kernel as kernel

    coords = np.ascontiguousarray(coords)
    found = np.empty_like(coords)
    check(coords[:, 0], coords[:, 1], source)
    if plane is target:
        check_inside(coords[:, 0], coords[:, 1], source)
        check_inside(coords[:, 0], coords[:, 1], plane)
        kernel.project(coords, plane.central_meridian_deg, plane.false_easting_m, found)
        return found
    kernel.unproject(coords, plane.central_meridian_deg, plane.false_easting_m, found)
    for frame in (plane, target):
        check_inside(found[:, 0], found[:, 1], frame, given=(coords[:, 0], coords[:, 1]))
    return found
