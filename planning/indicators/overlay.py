"""What features contribute to a measure 叠加计量: pure functions on arrays of shapes, in the city's plane.

Shapes are in the zone their edges are straight in, so that a cut lies where it lies on the ground;
areas are legal areas 椭球面积. Every contribution depends on its feature and on those it touches
alone, and is rounded to a millionth: a sum is exact, whatever its order, and a change is measured
by the features it touches.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, cast

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.datum.area import legal_areas_m2
from spatial.datum.ellipsoid import ELLIPSOIDS
from spatial.datum.frames import Frame, frame
from spatial.datum.transform import move

Shapes = NDArray[np.object_]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
PLACES: Final = 6
_DEGREES: Final = frame("EPSG:4490")


@dataclass(frozen=True, slots=True)
class Plane:
    """The zone of the city, and the moves between it and degrees of CGCS2000."""

    frame: Frame

    @staticmethod
    def of(epsg: int) -> Plane:
        """The plane of a Gauss–Krüger zone by its EPSG code."""
        return Plane(frame(f"EPSG:{epsg}"))

    def placed(self, shapes_4490: Shapes) -> Shapes:
        """Shapes in degrees, moved vertex by vertex."""
        return self._moved(shapes_4490, _DEGREES, self.frame)

    def degrees(self, shapes: Shapes) -> Shapes:
        """Shapes of the plane in degrees of CGCS2000."""
        return self._moved(shapes, self.frame, _DEGREES)

    def areas_m2(self, shapes: Shapes) -> Floats:
        """Legal areas; what is no polygon has none."""
        return legal_areas_m2(shapes, self.frame)

    def _moved(self, shapes: Shapes, source: Frame, target: Frame) -> Shapes:
        if not len(shapes):
            return shapes

        def moved(coordinates: Floats) -> Floats:
            to = move(coordinates[:, 0], coordinates[:, 1], source, target)
            return np.column_stack((to.x, to.y))

        return cast(Shapes, shapely.transform(shapes, moved))


def total(values: Floats) -> Decimal:
    """The exact sum of values, each rounded to a millionth.

    >>> total(np.array([0.1, 0.2, 1e9]))
    Decimal('1000000000.300000')
    """
    whole = np.rint(values * 10**PLACES)
    parts = whole.astype(np.int64)
    low = int((parts & 0xFFFFFFFF).sum(dtype=np.int64))
    high = int((parts >> 32).sum(dtype=np.int64))
    return Decimal((high << 32) + low).scaleb(-PLACES)


def sound(shapes: Shapes) -> Shapes:
    """Valid copies: what crosses itself is made valid before it is overlaid."""
    wrong = ~shapely.is_valid(shapes)
    if not wrong.any():
        return shapes
    found = shapes.copy()
    found[wrong] = shapely.make_valid(shapes[wrong])
    return found


def apart(shapes: Shapes) -> Shapes:
    """Each shape without what an earlier one covers already: together the same ground, nothing twice."""
    first, second = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    earlier = second < first
    first, second = first[earlier], second[earlier]
    meeting = shapely.relate_pattern(shapes[first], shapes[second], "T********") if len(first) else []
    meeting = np.asarray(meeting, bool)
    first, second = first[meeting], second[meeting]
    found = shapes.copy()
    for place in np.unique(first):
        found[place] = shapely.difference(
            shapes[place], shapely.union_all(shapes[np.sort(second[first == place])])
        )
    return found


def clipped(shapes: Shapes, to: shapely.Geometry | None) -> Shapes:
    """The shapes as far as they lie inside."""
    if to is None or not len(shapes):
        return shapes
    shapely.prepare(to)
    outside = ~shapely.covers(to, shapes)
    found = shapes.copy()
    found[outside] = shapely.intersection(shapes[outside], to)
    return found


def inside(shapes: Shapes, cover: Shapes) -> Shapes:
    """Of each shape what the union of the cover has of it; an empty shape where they do not meet."""
    empty = shapely.Polygon()
    found = np.full(len(shapes), empty, dtype=object)
    if not len(shapes) or not len(cover):
        return found
    tree = shapely.STRtree(shapes)
    _, whole = tree.query(cover, predicate="covers")
    found[whole] = shapes[whole]
    covers, met = tree.query(cover, predicate="intersects")
    crossing = ~np.isin(met, whole)
    order = np.lexsort((covers[crossing], met[crossing]))
    covers, met = covers[crossing][order], met[crossing][order]
    pieces = shapely.intersection(shapes[met], cover[covers])
    # Neighbours share an edge and no ground.
    real = ~shapely.is_empty(pieces) & (shapely.get_dimensions(pieces) == shapely.get_dimensions(shapes[met]))
    pieces, met = pieces[real], met[real]
    places, starts, counts = np.unique(met, return_index=True, return_counts=True)
    found[places] = pieces[starts]
    for place, start, count in zip(places[counts > 1], starts[counts > 1], counts[counts > 1], strict=True):
        found[place] = shapely.union_all(pieces[start : start + count])
    return found


def lengths_m(lines_4490: Shapes) -> Floats:
    """Geodesic lengths of lines on the ellipsoid of CGCS2000, m."""
    from pyproj import Geod

    parts, owner = shapely.get_parts(lines_4490, return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)  # of collections
    owner = owner[inner]
    places, line = shapely.get_coordinates(parts, return_index=True)
    if len(places) < 2:
        return np.zeros(len(lines_4490))
    ellipsoid = ELLIPSOIDS["CGCS2000"]
    geod = Geod(a=ellipsoid.semi_major_m, rf=ellipsoid.inverse_flattening)
    _, _, steps = geod.inv(places[:-1, 0], places[:-1, 1], places[1:, 0], places[1:, 1])
    steps = np.where(line[1:] == line[:-1], steps, 0.0)
    found: Any = np.bincount(owner[line[1:]], weights=steps, minlength=len(lines_4490))
    return cast(Floats, found)
