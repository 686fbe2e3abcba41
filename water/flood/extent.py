"""What a flood reached 淹没范围: deepest water, first arrival and fastest flow, cell by cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

WET_M: Final = 0.05
"""Water counts as having arrived from this depth on."""

Single = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Raster:
    """Square cells in the plane of the city's zone; cell (0, 0) lies in the north-west, rows run south."""

    zone: int
    """EPSG code of the plane."""
    west_m: float
    """Easting 东坐标 of the western edge."""
    north_m: float
    """Northing 北坐标 of the northern edge."""
    cell_m: float
    rows: int
    columns: int

    def cells(self, east_m: NDArray[np.float64], north_m: NDArray[np.float64]) -> NDArray[np.int64]:
        """The flat index of the cell that each point lies in; −1 outside.

        >>> plane = Raster(4549, 0.0, 20.0, 10.0, 2, 3)
        >>> plane.cells(np.array([5.0, 25.0, 31.0]), np.array([15.0, 5.0, 5.0])).tolist()
        [0, 5, -1]
        """
        column = np.floor((east_m - self.west_m) / self.cell_m)
        row = np.floor((self.north_m - north_m) / self.cell_m)
        inside = (column >= 0) & (column < self.columns) & (row >= 0) & (row < self.rows)
        return np.where(inside, row * self.columns + column, -1).astype(np.int64)


@dataclass(frozen=True, slots=True)
class Extent:
    """The flood of one run, reduced over its time."""

    raster: Raster
    depth_m: Single
    """Deepest water; 0 where none came."""
    arrival_s: Single
    """Since the beginning of the run, when water first stood ``WET_M`` deep; infinite where it never did."""
    speed_m_s: Single
    """Fastest flow where water stood ``WET_M`` deep."""
    level_m: Single | None = None
    """Highest level of the water 最高水位 above the 1985 国家高程基准, NaN where none came; None where the
    ground under it is not known."""

    def at(self, east_m: NDArray[np.float64], north_m: NDArray[np.float64]) -> tuple[Single, Single]:
        """Depth and arrival at points; dry and never outside the raster."""
        cell = self.raster.cells(east_m, north_m)
        outside = cell < 0
        depth = np.where(outside, np.float32(0.0), self.depth_m.ravel()[cell])
        arrival = np.where(outside, np.float32(np.inf), self.arrival_s.ravel()[cell])
        return depth, arrival
