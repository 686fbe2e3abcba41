"""Culverts and pumps 涵洞与泵站: water that leaves one cell and comes out in another, or is gone."""

from __future__ import annotations

from math import sqrt
from typing import Final

from water.hydraulics.crossing import weir
from water.hydraulics.model import G_M_S2, Array, Floats, Grid
from water.hydraulics.sources import add
from water.hydraulics.works import Culvert, Pump, Works

INLET_M05_S: Final = 1.6
"""What an inlet takes in while it is part full: of critical flow, √g·(2/3)^1.5 = 1.705, less a loss there."""


class Exchanges:
    """The culverts and pumps of a run."""

    def __init__(self, works: Works, grid: Grid, bed_m: Floats, datum_m: float) -> None:
        self.works, self.grid, self.bed_m, self.datum_m = works, grid, bed_m, datum_m

    def cells(self) -> list[tuple[int, int]]:
        """Cells that may get water at any time."""
        ends = [pump.end for pump in self.works.pumps if pump.end is not None]
        return ends + [cell for culvert in self.works.culverts for cell in (culvert.start, culvert.end)]

    def touched(self) -> list[tuple[int, int]]:
        """All cells that are read or changed."""
        return self.cells() + [pump.start for pump in self.works.pumps]

    def apply(self, h: Array, carry: Array, t_s: float, dt_s: float) -> float:
        """Move the water of a step; returns what was pumped away, m³."""
        gone = 0.0
        for culvert in self.works.culverts:
            self._culvert(culvert, h, carry, dt_s)
        for pump in self.works.pumps:
            gone += self._pump(pump, h, carry, t_s, dt_s)
        return gone

    def _level(self, h: Array, cell: tuple[int, int]) -> float:
        return float(self.bed_m[cell]) + float(h[cell]) + self.datum_m

    def _culvert(self, culvert: Culvert, h: Array, carry: Array, dt_s: float) -> None:
        start, end = culvert.start, culvert.end
        high, low = self._level(h, start), self._level(h, end)
        if low > high:
            if culvert.flap:
                return
            start, end, high, low = end, start, low, high
        flow = culvert.width_m * barrel(culvert, high, low)
        if flow <= 0:
            return
        depth = flow * dt_s / self.grid.cell_m2
        depth = float(h.dtype.type(min(depth, 0.5 * float(h[start]), 0.25 * (high - low))))
        add(h, carry, *start, -depth)
        add(h, carry, *end, depth)

    def _pump(self, pump: Pump, h: Array, carry: Array, t_s: float, dt_s: float) -> float:
        part = (self._level(h, pump.start) - pump.stop_m) / (pump.start_m - pump.stop_m)
        depth = pump.capacity_m3_s.at(t_s) * min(max(part, 0.0), 1.0) * dt_s / self.grid.cell_m2
        depth = float(h.dtype.type(min(depth, 0.5 * float(h[pump.start]))))
        add(h, carry, *pump.start, -depth)
        if pump.end is not None:
            add(h, carry, *pump.end, depth)
            return 0.0
        return depth * self.grid.cell_m2


def barrel(culvert: Culvert, high_m: float, low_m: float) -> float:
    """Flow per metre through a culvert from a higher to a lower level, m²/s.

    Part full it is critical at its higher invert, drowned after Villemonte (1947); full it is an orifice,
    free to the middle of its height or drowned, and no more than the weir would pass.
    """
    sill_m = max(culvert.start_invert_m, culvert.end_invert_m)
    head = high_m - sill_m
    if head <= 0:
        return 0.0
    part_full = float(weir(high_m, low_m, sill_m, INLET_M05_S))
    if head <= culvert.height_m:
        return part_full
    driving = max(high_m - max(low_m, sill_m + 0.5 * culvert.height_m), 0.0)
    return min(part_full, culvert.coefficient * culvert.height_m * sqrt(2.0 * G_M_S2 * driving))
