"""Where a tile lies on the ground: the degrees of CGCS2000 by which the index finds its features."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from spatial.datum.frames import frame
from spatial.history.model import SRID
from tiles.matrix import SPHERE_M, Box, MatrixSet, Tile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

EXTENT = 4096
"""Steps of the grid of a tile's coordinates."""
BUFFER = 64
"""Steps that a tile reaches beyond its edges, so that no outline is drawn along them."""
BEYOND_DEG = 10.0
"""So far beyond a set of a zone its frame is used still."""
_EDGE_POINTS = 9
"""Points along each edge of a tile of a zone, whose edges are curves in degrees: between two of them
it bends by no more than a twentieth of the buffer."""


def reach(matrix_set: MatrixSet, tile: Tile) -> Box:
    """A tile with its buffer, in the frame of its set."""
    return matrix_set.bounds(tile).grown(matrix_set.tile_side(tile.zoom) * BUFFER / EXTENT)


@lru_cache(maxsize=4096)
def degrees(matrix_set: MatrixSet, tile: Tile) -> Box:
    """The degrees around a tile and its buffer, clipped to the globe.

    >>> from tiles.matrix import CGCS2000
    >>> degrees(CGCS2000, Tile(0, 0, 0)).bottom
    -90.0
    """
    return _clipped(lon_lat(matrix_set, reach(matrix_set, tile)))


@lru_cache(maxsize=64)
def followed(matrix_set: MatrixSet) -> Box | None:
    """The degrees in which a zone's frame follows the ground; ``None`` of frames that do so everywhere.

    What reaches beyond them, a corner at 0° 0° for one, has no place on the plane of the zone.
    """
    if matrix_set.epsg in (SRID, 3857):
        return None
    box = lon_lat(matrix_set, matrix_set.bounds(Tile(0, 0, 0)))
    return Box(box.left - BEYOND_DEG, box.bottom - BEYOND_DEG, box.right + BEYOND_DEG, box.top + BEYOND_DEG)


def lon_lat(matrix_set: MatrixSet, box: Box) -> Box:
    """The degrees around a box of a set's frame."""
    if matrix_set.epsg == SRID:
        return box
    if matrix_set.epsg == 3857:
        return Box(*_from_mercator(box.left, box.bottom), *_from_mercator(box.right, box.top))
    return _from_zone(matrix_set.epsg, box)


def placed(matrix_set: MatrixSet, box_deg: Box) -> Box:
    """A box of degrees in a set's frame: all of it, as far as the frame reaches."""
    if matrix_set.epsg == SRID:
        return box_deg
    if matrix_set.epsg == 3857:
        return Box(*_to_mercator(box_deg.left, box_deg.bottom), *_to_mercator(box_deg.right, box_deg.top))
    return _to_zone(matrix_set.epsg, box_deg)


def _clipped(box: Box) -> Box:
    return Box(max(box.left, -180.0), max(box.bottom, -90.0), min(box.right, 180.0), min(box.top, 90.0))


def _from_mercator(x_m: float, y_m: float) -> tuple[float, float]:
    return math.degrees(x_m / SPHERE_M), math.degrees(math.atan(math.sinh(y_m / SPHERE_M)))


def _to_mercator(lon_deg: float, lat_deg: float) -> tuple[float, float]:
    lat = math.radians(min(max(lat_deg, -85.06), 85.06))
    return math.radians(lon_deg) * SPHERE_M, math.asinh(math.tan(lat)) * SPHERE_M


def _from_zone(epsg: int, box: Box) -> Box:
    from spatial.datum.projection import window_lon_lat

    x_m, y_m = _outline(box)
    return _around(*window_lon_lat(x_m, y_m, frame(f"EPSG:{epsg}")))


def _to_zone(epsg: int, box_deg: Box) -> Box:
    from spatial.datum.projection import window_x_y

    lon, lat = _outline(box_deg)
    return _around(*window_x_y(lon, lat, frame(f"EPSG:{epsg}")))


def _around(x: Floats, y: Floats) -> Box:
    return Box(float(x.min()), float(y.min()), float(x.max()), float(y.max()))


def _outline(box: Box) -> tuple[Floats, Floats]:
    """Points along the edges of a box."""
    import numpy as np

    x, y = np.linspace(box.left, box.right, _EDGE_POINTS), np.linspace(box.bottom, box.top, _EDGE_POINTS)
    left, right = np.full_like(y, box.left), np.full_like(y, box.right)
    bottom, top = np.full_like(x, box.bottom), np.full_like(x, box.top)
    return np.concatenate([x, x, left, right]), np.concatenate([bottom, top, y, y])
