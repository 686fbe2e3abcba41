"""The city's plane, on which what is left over is cut: positions on a grid of a hundredth of a millimetre."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely

from planning.review.model import Floats, Ints, Objects
from planning.review.parcels import on_plane

GRID_M: Final = 1e-5
"""Positions on the plane are snapped to this: a hundredth of what must be found."""


def snapped(points_m: Floats) -> Floats:
    """Positions on the grid of the plane.

    >>> snapped(np.array([[1.000004, 2.000006]])).tolist()
    [[1.0, 2.00001]]
    """
    return np.asarray(np.rint(points_m / GRID_M) * GRID_M)


def snapped_shapes(shapes_4490: Objects, epsg: int) -> Objects:
    """Shapes in degrees on the grid of the plane."""
    moved: Objects = shapely.transform(shapes_4490, lambda coords: snapped(on_plane(coords, epsg)))
    return moved


def segments_of(shape: Any) -> Objects:
    """The single edges of lines, or of the rings of areas."""
    parts = shapely.get_parts(shapely.boundary(shape) if "Polygon" in shape.geom_type else shape)
    coords, line = shapely.get_coordinates(parts, return_index=True)
    follows = line[1:] == line[:-1]
    ends = np.stack((coords[:-1][follows], coords[1:][follows]), axis=1)
    segments: Objects = shapely.linestrings(ends)
    return segments


def cells(points_m: Floats) -> Ints:
    """Positions as whole numbers of the grid, for comparing."""
    return np.asarray(np.rint(points_m / GRID_M), np.int64)


def cut(operation: Any, one: Objects, other: Objects) -> Objects:
    """The areal part of an operation, None where there is none; on the grid where GEOS must have it so."""
    try:
        done = operation(one, other)
    except shapely.errors.GEOSException:
        done = operation(one, other, grid_size=GRID_M)
    kinds = shapely.get_type_id(done)
    for at in np.flatnonzero(kinds == 7).tolist():
        parts = [each for each in shapely.get_parts(done[at]).tolist() if each.geom_type == "Polygon"]
        done[at] = shapely.multipolygons(parts) if parts else None
    done[(kinds != 3) & (kinds != 6) & (kinds != 7) | (shapely.area(done) == 0)] = None
    return np.asarray(done, object)


def width_of(shape: Any) -> float:
    """Mean width of the widest part: 2·area/perimeter.

    >>> round(width_of(shapely.box(0, 0, 0.001, 40)), 6)
    0.001
    """
    parts = shapely.get_parts(shape)
    return float((2 * shapely.area(parts) / shapely.length(parts)).max())
