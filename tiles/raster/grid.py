"""The pixels of a matrix set 像素网格: which level an image belongs to, and which whole tiles hold it."""

from __future__ import annotations

import math

from tiles.matrix import TILE_PX, Box, MatrixSet


def nearest_zoom(matrix_set: MatrixSet, pixel: float) -> int:
    """The level whose pixels are nearest in size, by ratio, to one in units of the frame.

    >>> from spatial.catalogue.city import read_city
    >>> from tiles.matrix import gauss_krueger
    >>> own = gauss_krueger(read_city("370783"))
    >>> nearest_zoom(own, 0.5), own.pixel(14)
    (14, 0.5)
    """
    exact = math.log2(matrix_set.side / TILE_PX / pixel)
    return max(0, min(matrix_set.zoom_max, round(exact)))


def snapped(matrix_set: MatrixSet, box: Box, zoom: int) -> Box:
    """The least box of whole tiles around a box."""
    edge = matrix_set.tile_side(zoom)
    return Box(
        matrix_set.left + math.floor((box.left - matrix_set.left) / edge) * edge,
        matrix_set.top - math.ceil((matrix_set.top - box.bottom) / edge) * edge,
        matrix_set.left + math.ceil((box.right - matrix_set.left) / edge) * edge,
        matrix_set.top - math.floor((matrix_set.top - box.top) / edge) * edge,
    )
