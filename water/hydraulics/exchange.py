"""Culverts and pumps 涵洞与泵站: water that leaves one cell and comes out in another, or is gone.

In a cell of a narrow channel they stand in the channel: its level counts, its water is moved.
"""

from __future__ import annotations

from math import hypot
from typing import Final

import numpy as np

from water.hydraulics.channels import Channels
from water.hydraulics.crossing_kernel import passing, rated
from water.hydraulics.model import G_M_S2, Array, Floats, Grid
from water.hydraulics.sources import add
from water.hydraulics.works import Cell, Culvert, Pump, Works

INLET_M05_S: Final = 1.6
"""What an inlet takes in while it is part full: of critical flow, √g·(2/3)^1.5 = 1.705, less a loss there."""


class Exchanges:
    """The culverts and pumps of a run."""

    def __init__(self, works: Works, grid: Grid, bed_m: Floats, datum_m: float, channels: Channels) -> None:
        self.works, self.grid, self.bed_m, self.datum_m = works, grid, bed_m, datum_m
        self.channels = channels
        # From the middle of a cell to that of another, and how much of a cell the narrower end is.
        self._apart_m = [
            grid.cell_m * max(1.0, hypot(each.end[0] - each.start[0], each.end[1] - each.start[1]))
            for each in works.culverts
        ]
        self._plan_m2 = [
            min(channels.plan_m2(each.start), channels.plan_m2(each.end)) for each in works.culverts
        ]

    def cells(self) -> list[Cell]:
        """Cells that may get water at any time."""
        ends = [pump.end for pump in self.works.pumps if pump.end is not None]
        return ends + [cell for culvert in self.works.culverts for cell in (culvert.start, culvert.end)]

    def touched(self) -> list[Cell]:
        """All cells that are read or changed."""
        return self.cells() + [pump.start for pump in self.works.pumps]

    def remembered(self) -> dict[str, Floats]:
        """Flow through each culvert before the beginning: not known."""
        count = len(self.works.culverts)
        return {"culvert_m2_s": np.full(count, np.nan)} if count else {}

    def drive(self, h: Array, memory: dict[str, Floats], dt_s: float) -> None:
        """What the levels before a step make each culvert pass in it."""
        for k, culvert in enumerate(self.works.culverts):
            self._drive(k, culvert, h, memory, dt_s)

    def apply(self, h: Array, carry: Array, memory: dict[str, Floats], t_s: float, dt_s: float) -> float:
        """Move the water of a step, after the plane has moved its own; returns what was pumped away, m³.

        Moved before, it would stand in the level that the plane answers to and the culvert does not: the
        two then drive each other on.
        """
        gone = 0.0
        for k, culvert in enumerate(self.works.culverts):
            self._culvert(float(memory["culvert_m2_s"][k]), culvert, h, carry, memory, dt_s)
        for pump in self.works.pumps:
            gone += self._pump(pump, h, carry, memory, t_s, dt_s)
        return gone

    def _level(self, h: Array, memory: dict[str, Floats], cell: Cell) -> float:
        level = self.channels.level_m(cell, h, memory)
        return self.datum_m + (float(self.bed_m[cell]) + float(h[cell]) if level is None else level)

    def _move(self, h: Array, carry: Array, memory: dict[str, Floats], cell: Cell, depth_m: float) -> None:
        if not self.channels.gain(cell, memory, depth_m * self.grid.cell_m2):
            add(h, carry, *cell, depth_m)

    def _at_most(self, h: Array, memory: dict[str, Floats], cell: Cell, depth_m: float) -> float:
        """No more than half of what is there, as a depth over the cell in the precision of the run."""
        there = float(h[cell]) + self.channels.below_m3(cell, memory) / self.grid.cell_m2
        return float(h.dtype.type(min(depth_m, 0.5 * there)))

    def _drive(self, k: int, culvert: Culvert, h: Array, memory: dict[str, Floats], dt_s: float) -> None:
        held, cell_m = memory["culvert_m2_s"], self.grid.cell_m
        before, after = (self._level(h, memory, cell) for cell in (culvert.start, culvert.end))
        sill = max(culvert.start_invert_m, culvert.end_invert_m)
        deep = min(max(max(before, after) - sill, 0.0), culvert.height_m)
        wide = min(1.0, self._plan_m2[k] / (cell_m * culvert.width_m))
        c = G_M_S2 * deep * wide * dt_s / self._apart_m[k]
        flow = passing(
            float(held[k]), before, after, float(sill), INLET_M05_S, float(culvert.height_m),
            float(culvert.coefficient), float(c), float(cell_m * cell_m / culvert.width_m), float(dt_s),
        )  # fmt: skip
        held[k] = max(flow, 0.0) if culvert.flap else flow

    def _culvert(
        self, flow: float, culvert: Culvert, h: Array, carry: Array, memory: dict[str, Floats], dt_s: float
    ) -> None:
        start, end = (culvert.start, culvert.end) if flow >= 0 else (culvert.end, culvert.start)
        depth = abs(flow) * culvert.width_m * dt_s / self.grid.cell_m2
        depth = self._at_most(h, memory, start, depth)
        self._move(h, carry, memory, start, -depth)
        self._move(h, carry, memory, end, depth)

    def _pump(
        self, pump: Pump, h: Array, carry: Array, memory: dict[str, Floats], t_s: float, dt_s: float
    ) -> float:
        part = (self._level(h, memory, pump.start) - pump.stop_m) / (pump.start_m - pump.stop_m)
        depth = pump.capacity_m3_s.at(t_s) * min(max(part, 0.0), 1.0) * dt_s / self.grid.cell_m2
        depth = self._at_most(h, memory, pump.start, depth)
        self._move(h, carry, memory, pump.start, -depth)
        if pump.end is not None:
            self._move(h, carry, memory, pump.end, depth)
            return 0.0
        return depth * self.grid.cell_m2


def barrel(culvert: Culvert, high_m: float, low_m: float) -> float:
    """Flow per metre through a culvert from a higher to a lower level, m²/s.

    Part full it is critical at its higher invert, drowned after Villemonte (1947); full it is an orifice,
    free to the middle of its height or drowned, and no more than the weir would pass.
    """
    sill_m = max(culvert.start_invert_m, culvert.end_invert_m)
    numbers = (high_m, low_m, sill_m, INLET_M05_S, culvert.height_m, culvert.coefficient)
    return float(rated(*map(float, numbers)))
