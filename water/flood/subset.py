"""Parts of a raster 子集: the cells under a box, and coarser cells that hide no water. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely

from water.flood import plane
from water.flood.extent import Raster, Single


@dataclass(frozen=True, slots=True)
class Window:
    """Rows and columns of a raster, and how many of its cells an edge of a new one takes."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int
    factor: int = 1

    def raster(self, of: Raster) -> Raster:
        """The raster of the part; cells at its southern and eastern edges may reach beyond it."""
        rows = -(-(self.last_row - self.first_row + 1) // self.factor)
        columns = -(-(self.last_column - self.first_column + 1) // self.factor)
        west_m = of.west_m + self.first_column * of.cell_m
        north_m = of.north_m - self.first_row * of.cell_m
        return replace(
            of, west_m=west_m, north_m=north_m, cell_m=of.cell_m * self.factor, rows=rows, columns=columns
        )

    def values(self, of: Single, *, least: bool = False) -> Single:
        """The values of the part, NaN where nothing is; of coarser cells the greatest of each, or the least.

        >>> field = np.array([[1, 2, 3], [4, np.nan, 6], [7, 8, 9]], np.float32)
        >>> Window(0, 2, 0, 2, factor=2).values(field).tolist()
        [[4.0, 6.0], [8.0, 9.0]]
        >>> Window(1, 2, 1, 2, factor=2).values(field, least=True).tolist()
        [[6.0]]
        """
        rows, columns = self.cells
        return self.coarse(of[rows, columns], least=least)

    @property
    def cells(self) -> tuple[slice, slice]:
        """Rows and columns, as an array is cut by them."""
        return slice(self.first_row, self.last_row + 1), slice(self.first_column, self.last_column + 1)

    def coarse(self, part: Single, *, least: bool = False) -> Single:
        """The same of values that are those of the part already."""
        if self.factor == 1:
            return np.ascontiguousarray(part)
        taken = np.fmin if least else np.fmax
        down = taken.reduceat(part, np.arange(0, part.shape[0], self.factor), axis=0)
        found: Single = taken.reduceat(down, np.arange(0, part.shape[1], self.factor), axis=1)
        return found


def window(of: Raster, box_4490: Sequence[float] | None, factor: int = 1) -> Window | None:
    """The cells that a box of degrees touches, all of them without one; None where it touches none."""
    whole = Window(0, of.rows - 1, 0, of.columns - 1, factor)
    if box_4490 is None:
        return whole
    held = plane.outline(of).bounds  # a box may reach beyond where the plane is of use
    west, south = max(box_4490[0], held[0]), max(box_4490[1], held[1])
    east, north = min(box_4490[2], held[2]), min(box_4490[3], held[3])
    if west > east or south > north:
        return None
    edge = shapely.segmentize(shapely.box(west, south, east, north), max(east - west, 1e-6) / 8)
    places = plane.to_plane(shapely.get_coordinates(edge), of.zone)
    (left, bottom), (right, top) = places.min(axis=0), places.max(axis=0)
    first_row = max(0, int((of.north_m - top) // of.cell_m))
    last_row = min(whole.last_row, int((of.north_m - bottom) // of.cell_m))
    first_column = max(0, int((left - of.west_m) // of.cell_m))
    last_column = min(whole.last_column, int((right - of.west_m) // of.cell_m))
    if first_row > last_row or first_column > last_column:
        return None
    return Window(first_row, last_row, first_column, last_column, factor)
