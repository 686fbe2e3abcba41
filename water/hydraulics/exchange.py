"""Culverts and pumps 涵洞与泵站: water that leaves one cell and comes out in another, or is gone."""

from __future__ import annotations

from math import sqrt

from water.hydraulics.model import G_M_S2, Array, Floats, Grid
from water.hydraulics.sources import add
from water.hydraulics.works import Culvert, Pump, Works


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
        inverts = (culvert.start_invert_m, culvert.end_invert_m)
        high, low = self._level(h, start), self._level(h, end)
        if low > high:
            if culvert.flap:
                return
            start, end, high, low, inverts = end, start, low, high, inverts[::-1]
        head = high - max(low, *inverts)
        if head <= 0:
            return
        area = culvert.width_m * min(culvert.height_m, high - inverts[0])
        depth = culvert.coefficient * area * sqrt(2.0 * G_M_S2 * head) * dt_s / self.grid.cell_m2
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
