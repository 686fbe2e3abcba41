"""The quick map 快速淹没图: HAND with a synthetic rating over the terrain, in seconds, without dynamics.

It knows no dyke, no backwater and no time: for a first look, never in place of a run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from water.errors import BadScenario
from water.flood.extent import Single
from water.flood.terrain import Terrain
from water.hydraulics import hand
from water.hydraulics.hand import Drainage, Hand, Rating
from water.hydraulics.model import Grid
from water.hydraulics.works import Cell

Floats = NDArray[np.float64]
LEAST_SLOPE: Final = 1e-4
"""Beds are drawn over pools that the filling made level; a flatter reach than that is none of a river."""
STREAM_M2: Final = 2e6
"""Land that drains to where a stream begins."""
HIGHEST_M, SPACING_M = 30.0, 0.25
SNAP_M: Final = 400.0


@dataclass(frozen=True, slots=True)
class Quick:
    """Drainage, heights over it and ratings of one terrain: made once, asked many times."""

    found: Drainage
    over: Hand
    table: Rating
    heads: tuple[NDArray[np.int32], ...]
    """Of each inflow the reaches that its water passes, downstream."""
    low: NDArray[np.int64]
    """The cells that any of these could wet; no other is looked at."""

    def depth_m(self, discharges_m3_s: Sequence[float]) -> Single:
        """Depth in every cell for a discharge of each inflow; ``BadForcing`` beyond the ratings."""
        found = np.zeros(self.over.hand_m.shape, np.float32)
        found.ravel()[self.low] = self.low_depth_m(discharges_m3_s)
        return found

    def low_depth_m(self, discharges_m3_s: Sequence[float]) -> Floats:
        """The same in the cells of :attr:`low` alone."""
        through = np.zeros(len(self.over.length_m))
        for reaches, discharge in zip(self.heads, discharges_m3_s, strict=True):
            through[reaches] += discharge
        stage = hand.stages(self.table, through)
        # A reach that carries nothing wets nothing.
        stage[through == 0.0] = 0.0
        level = stage[self.over.reach.ravel()[self.low]]
        found: Floats = np.maximum(level - self.over.hand_m.ravel()[self.low], 0.0)
        return found


def over(terrain: Terrain, inflows: Sequence[Cell], manning: float) -> Quick:
    """Prepare a terrain for inflows at cells; ``BadScenario`` where one drains into no stream."""
    raster = terrain.raster
    grid = Grid(raster.rows, raster.columns, raster.cell_m)
    found = hand.drainage(grid, terrain.heights_m)
    heights = hand.hand(found, STREAM_M2)
    table = hand.rating(heights, manning, HIGHEST_M, SPACING_M, LEAST_SLOPE)
    heads = tuple(_passed(found, heights, cell) for cell in inflows)
    carries = np.zeros(len(heights.length_m) + 1, bool)  # the last stands for no reach, -1
    carries[np.concatenate([np.zeros(0, np.int32), *heads])] = True
    low = np.flatnonzero(carries[heights.reach] & (heights.hand_m < HIGHEST_M))
    return Quick(found, heights, table, heads, low)


def _passed(found: Drainage, heights: Hand, cell: Cell) -> NDArray[np.int32]:
    """The reaches from a cell down to the edge of the grid."""
    columns, down, reach = found.grid.columns, found.down.ravel(), heights.reach.ravel()
    at = _main(found, cell)
    passed = list[int]()
    while True:
        if reach[at] >= 0 and (not passed or passed[-1] != reach[at]):
            passed.append(int(reach[at]))
        below = int(down[at])
        if below == at:
            break
        at = below
    if not passed:
        row, column = cell
        raise BadScenario(
            f"入流处的水不汇入任何河道,请移近河道:第 {row} 行第 {column} 列",
            f"water from there drains into no stream; move it nearer to one: row {row}, column {column}",
            value=row * columns + column,
        )
    return np.array(sorted(set(passed)), np.int32)


def _main(found: Drainage, cell: Cell) -> int:
    """The cell near a place through which most land drains: the river that is meant."""
    reach = max(1, round(SNAP_M / found.grid.cell_m))
    row, column = cell
    top, left = max(0, row - reach), max(0, column - reach)
    window = found.cells[top : row + reach + 1, left : column + reach + 1]
    low, right = divmod(int(np.argmax(window)), window.shape[1])
    return int((top + low) * found.grid.columns + left + right)
