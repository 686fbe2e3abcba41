"""Rain, infiltration and point inflows of a run 源汇, each a part of a step of its own."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from water.hydraulics.checks import raster
from water.hydraulics.model import Array, ConstantLoss, Floats, Forcing, GreenAmpt, Grid, Ledger
from water.hydraulics.sources_kernel import lose, pour, soak
from water.hydraulics.tiles import BAND, Runs


class Sources:
    """What falls, soaks in and is let in, in the precision of the run."""

    def __init__(self, forcing: Forcing, grid: Grid, kind: type[np.floating]) -> None:
        self.forcing, self.grid, self.kind = forcing, grid, kind
        self._pattern: NDArray[np.floating] | None = None
        if forcing.rain is not None:
            pattern = 1.0 if forcing.rain.pattern is None else forcing.rain.pattern
            self._pattern = np.ascontiguousarray(raster("降雨分布 rain pattern", pattern, grid), kind)
            self._whole = float(self._pattern.sum(dtype=np.float64)) * grid.cell_m2
        match forcing.infiltration:
            case ConstantLoss(capacity):
                self._capacity = np.ascontiguousarray(raster("下渗率 infiltration", capacity, grid), kind)
            case GreenAmpt(conductivity, suction, deficit):
                self._conductivity = np.ascontiguousarray(raster("导水率 conductivity", conductivity, grid))
                self._store = raster("吸力 suction", suction, grid) * raster("亏缺 deficit", deficit, grid)

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
        """Add and take in place; returns the volumes."""
        rained = lost = entered = 0.0
        middle_s = t_s + 0.5 * dt_s
        if self.forcing.rain is not None and self._pattern is not None:
            depth = float(self.kind(self.forcing.rain.intensity_m_s.at(middle_s) * dt_s))
            if depth > 0:
                pour(h, carry, self._pattern, self.kind(depth))
                rained = depth * self._whole
        for inflow in self.forcing.inflows:
            volume = inflow.discharge_m3_s.at(middle_s) * dt_s
            depth = volume / self.grid.cell_m2
            add(h, carry, inflow.row, inflow.column, depth)
            entered += volume
        if isinstance(self.forcing.infiltration, ConstantLoss):
            lost = lose(h, carry, self._capacity, runs, BAND, self.kind(dt_s)) * self.grid.cell_m2
        elif soaked is not None:
            lost = soak(h, carry, soaked, self._conductivity, self._store, runs, BAND, dt_s)
            lost *= self.grid.cell_m2
        return Ledger(rained, lost, entered, 0.0)


def add(h: Array, carry: Array, row: int, column: int, depth_m: float) -> None:
    """Add a depth to one cell, or take it; what rounding takes is carried."""
    old = h[row, column]
    gain = old.dtype.type(depth_m) - carry[row, column]
    total = old + gain
    carry[row, column] = (total - old) - gain
    h[row, column] = total
