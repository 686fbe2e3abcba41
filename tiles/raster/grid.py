"""The pixels of a matrix set 像素网格: where they lie, and which level a file belongs to."""

from __future__ import annotations

import math
from dataclasses import dataclass

from spatial.catalogue.city import City
from tiles.matrix import TILE_PX, matrix_sets


@dataclass(frozen=True, slots=True)
class Grid:
    """A square quad grid in the set's own frame, x to the east, y to the north, in the frame's unit."""

    matrix_set: str
    epsg: int
    left: float
    top: float
    side: float
    """Edge of the one tile of level 0."""
    max_zoom: int

    def pixel(self, zoom: int) -> float:
        """Edge of a pixel.

        >>> Grid("CGCS2000_GK120Quad", 4549, -548576, 4548576, 2097152, 20).pixel(13)
        1.0
        """
        return self.side / (TILE_PX << zoom)

    def nearest_zoom(self, pixel: float) -> int:
        """The level whose pixels are nearest in size, by ratio, and never coarser by more than half again.

        >>> Grid("CGCS2000_GK120Quad", 4549, -548576, 4548576, 2097152, 20).nearest_zoom(0.5)
        14
        """
        exact = math.log2(self.side / TILE_PX / pixel)
        return max(0, min(self.max_zoom, round(exact)))

    def bounds(self, zoom: int, column: int, row: int) -> tuple[float, float, float, float]:
        """Left, bottom, right, top of a tile."""
        edge = self.side / (1 << zoom)
        left, top = self.left + column * edge, self.top - row * edge
        return left, top - edge, left + edge, top

    def snapped(self, box: tuple[float, float, float, float], zoom: int) -> tuple[float, float, float, float]:
        """The least box of whole tiles around a box."""
        edge = self.side / (1 << zoom)
        left, bottom, right, top = box
        return (
            self.left + math.floor((left - self.left) / edge) * edge,
            self.top - math.ceil((self.top - bottom) / edge) * edge,
            self.left + math.ceil((right - self.left) / edge) * edge,
            self.top - math.floor((self.top - top) / edge) * edge,
        )


def grids(city: City) -> tuple[Grid, ...]:
    """The grids of a city's matrix sets, its own zone first.

    >>> from spatial.catalogue.city import read_city
    >>> [each.matrix_set for each in grids(read_city("370783"))]
    ['CGCS2000_GK120Quad', 'CGCS2000Quad', 'WebMercatorQuad']
    """
    sets = reversed(matrix_sets(city).by_id.values())
    return tuple(Grid(each.id, each.epsg, each.left, each.top, each.side, each.zoom_max) for each in sets)
