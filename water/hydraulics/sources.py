"""Rain, infiltration and point inflows of a run 源汇, each a part of a step of its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from water.errors import Name
from water.hydraulics.checks import raster
from water.hydraulics.model import Array, ConstantLoss, Floats, Forcing, GreenAmpt, Grid, Ledger
from water.hydraulics.sources_kernel import lose, pour, soak
from water.hydraulics.tiles import BAND, Runs


class Sources:
    """What falls, soaks in and is let in, in the precision of the run."""

    def __init__(self, forcing: Forcing, grid: Grid, kind: type[np.floating]) -> None:
        self.forcing, self.grid, self.kind = forcing, grid, kind
        self.pattern: NDArray[np.floating] | None = None
        self.capacity: NDArray[np.floating] | None = None
        self.conductivity = self.store = np.zeros((0, 0))
        if forcing.rain is not None:
            pattern = 1.0 if forcing.rain.pattern is None else forcing.rain.pattern
            self.pattern = np.ascontiguousarray(raster(Name("降雨分布", "rain pattern"), pattern, grid), kind)
            self._whole = float(self.pattern.sum(dtype=np.float64)) * grid.cell_m2
        match forcing.infiltration:
            case ConstantLoss(capacity):
                self.capacity = np.ascontiguousarray(
                    raster(Name("下渗率", "infiltration"), capacity, grid), kind
                )
            case GreenAmpt(conductivity, suction, deficit):
                self.conductivity = np.ascontiguousarray(
                    raster(Name("导水率", "conductivity"), conductivity, grid)
                )
                self.store = raster(Name("吸力", "suction"), suction, grid) * raster(
                    Name("亏缺", "deficit"), deficit, grid
                )

    def cells(self) -> NDArray[np.int64]:
        """Row and column of the cells that may get water at any time."""
        found = [(inflow.row, inflow.column) for inflow in self.forcing.inflows]
        return np.array(found, np.int64).reshape(-1, 2)

    def nothing_soaked(self) -> Floats | None:
        """The depth soaked at the beginning, where the method remembers it."""
        if isinstance(self.forcing.infiltration, GreenAmpt):
            return np.zeros((self.grid.rows, self.grid.columns))
        return None

    def apply(
        self, h: Array, carry: Array, soaked: Floats | None, runs: Runs, t_s: float, dt_s: float
    ) -> Ledger:
        """Rain and infiltration of a step, in place; returns the volumes."""
        rained = lost = 0.0
        depth = self.rain_m(t_s, dt_s)
        if depth > 0 and self.pattern is not None:
            pour(h, carry, self.pattern, self.kind(depth))
            rained = self.rained_m3(depth)
        if self.capacity is not None:
            lost = lose(h, carry, self.capacity, runs, BAND, self.kind(dt_s)) * self.grid.cell_m2
        elif soaked is not None:
            lost = soak(h, carry, soaked, self.conductivity, self.store, runs, BAND, dt_s)
            lost *= self.grid.cell_m2
        return Ledger(rained, lost)

    def rain_m(self, t_s: float, dt_s: float) -> float:
        """What falls in a step where the factor is 1, m."""
        if self.forcing.rain is None:
            return 0.0
        return float(self.kind(self.forcing.rain.intensity_m_s.at(t_s + 0.5 * dt_s) * dt_s))

    def rained_m3(self, depth_m: float) -> float:
        """The volume of that over the whole grid."""
        return depth_m * self._whole

    def let_in(self, h: Array, carry: Array, t_s: float, dt_s: float) -> float:
        """The inflows of a step, in place; returns their volume, m³."""
        entered = 0.0
        for inflow in self.forcing.inflows:
            volume = inflow.discharge_m3_s.at(t_s + 0.5 * dt_s) * dt_s
            depth = float(self.kind(volume / self.grid.cell_m2))
            add(h, carry, inflow.row, inflow.column, depth)
            entered += depth * self.grid.cell_m2
        return entered


def add(h: Array, carry: Array, row: int, column: int, depth_m: float) -> None:
    """Add a depth to one cell, or take it; what rounding takes is carried."""
    old = h[row, column]
    gain = old.dtype.type(depth_m) - carry[row, column]
    total = old + gain
    carry[row, column] = (total - old) - gain
    h[row, column] = total
