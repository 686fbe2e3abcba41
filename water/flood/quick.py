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
from water.flood.extent import Raster, Single
from water.flood.terrain import Terrain
from water.hydraulics import hand
from water.hydraulics.hand import Hand, Rating
from water.hydraulics.model import Grid
from water.hydraulics.works import Cell
from water.pointing import about

Floats = NDArray[np.float64]
LEAST_SLOPE: Final = 1e-4
"""Beds are drawn over pools that the filling made level; a flatter reach than that is none of a river."""
STREAM_M2: Final = 2e6
"""Land that drains to where a stream begins."""
HIGHEST_M, SPACING_M = 30.0, 0.25
SNAP_M: Final = 400.0
AREA_MOST_M2: Final = 1e11
"""Each 2 km² of land may be a reach with a rating of its own; the catchment of the 弥河 is under 4e9 m²."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A terrain prepared once for all inflows: where each cell drains to, heights over streams, ratings."""

    down: NDArray[np.int32]
    cells: NDArray[np.int32]
    """How many cells drain through each."""
    over: Hand
    unit: Rating
    """For a roughness of 1; that of any other is so many times less."""


@dataclass(frozen=True, slots=True)
class Quick:
    """Heights and ratings of one terrain for inflows at some places: made once, asked many times."""

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


def require_area(raster: Raster) -> None:
    """``BadScenario`` for an area with far more streams than a city's rivers have."""
    area_m2 = raster.rows * raster.columns * raster.cell_m**2
    if area_m2 > AREA_MOST_M2:
        with about("area"):
            raise BadScenario(
                f"快速图的范围至多 {AREA_MOST_M2 / 1e6:.0f} km²,请缩小范围:{area_m2 / 1e6:.0f}",
                f"a quick map covers {AREA_MOST_M2 / 1e6:.0f} km² at most, take a smaller area:"
                f" {area_m2 / 1e6:.0f}",
                value=area_m2,
            )


def over(terrain: Terrain, inflows: Sequence[Cell], manning: float) -> Quick:
    """A terrain with inflows at cells; ``BadScenario`` where one drains into no stream."""
    return at(prepare(terrain), inflows, manning)


def prepare(terrain: Terrain) -> Prepared:
    """What takes the time, and hangs on the terrain alone."""
    raster = terrain.raster
    found = hand.drainage(Grid(raster.rows, raster.columns, raster.cell_m), terrain.heights_m)
    heights = hand.hand(found, STREAM_M2)
    unit = hand.rating(heights, 1.0, HIGHEST_M, SPACING_M, LEAST_SLOPE)
    return Prepared(found.down, found.cells.astype(np.int32), heights, unit)


def at(prepared: Prepared, inflows: Sequence[Cell], manning: float) -> Quick:
    """A prepared terrain with inflows at cells; ``BadScenario`` where one drains into no stream."""
    heights = prepared.over
    table = Rating(prepared.unit.spacing_m, prepared.unit.discharge_m3_s / manning)
    heads = tuple(_passed(prepared, cell) for cell in inflows)
    carries = np.zeros(len(heights.length_m) + 1, bool)  # the last stands for no reach, -1
    carries[np.concatenate([np.zeros(0, np.int32), *heads])] = True
    low = np.flatnonzero(carries[heights.reach] & (heights.hand_m < HIGHEST_M))
    return Quick(heights, table, heads, low)


def _passed(prepared: Prepared, cell: Cell) -> NDArray[np.int32]:
    """The reaches from a cell down to the edge of the grid."""
    columns = prepared.over.grid.columns
    down, reach = prepared.down.ravel(), prepared.over.reach.ravel()
    at = _main(prepared, cell)
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


def _main(prepared: Prepared, cell: Cell) -> int:
    """The cell near a place through which most land drains: the river that is meant."""
    grid = prepared.over.grid
    reach = max(1, round(SNAP_M / grid.cell_m))
    row, column = cell
    top, left = max(0, row - reach), max(0, column - reach)
    window = prepared.cells[top : row + reach + 1, left : column + reach + 1]
    low, right = divmod(int(np.argmax(window)), window.shape[1])
    return int((top + low) * grid.columns + left + right)
