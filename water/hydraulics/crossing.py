"""Discharge over dykes, through breaches and gates 过堤、溃口、闸门流量, for all edges at once."""

from __future__ import annotations

from math import sqrt

import numpy as np

from water.hydraulics.crossing_kernel import cross, drowning
from water.hydraulics.edges import Edge, EdgeFlows, edge_flows
from water.hydraulics.model import G_M_S2, Array, Floats, Grid
from water.hydraulics.works import Breach, Dyke, Erosion, Gate, LinearGrowth, Works

WATER_KG_M3 = 1000.0


class Crossings:
    """The edges that carry works: crest, and the share of each that is open with its sill and opening."""

    def __init__(self, works: Works, grid: Grid, bed_m: Floats, datum_m: float, kind: type[np.floating]):
        self.grid, self.datum_m, self.breaches = grid, datum_m, works.breaches
        crests = {edge: (crest, dyke.weir_m05_s) for dyke in works.dykes
                  for edge, crest in zip(dyke.edges, dyke.crest_m, strict=True)}  # fmt: skip
        self.edges = sorted(crests.keys() | {gate.edge for gate in works.gates})
        self.flows: EdgeFlows = edge_flows(grid, self.edges, kind)
        self._place = {edge: k for k, edge in enumerate(self.edges)}
        count = len(self.edges)
        # A gate without a dyke stands in a wall that nothing overtops.
        crest = [crests.get(edge, (np.inf, 1.7)) for edge in self.edges]
        self._crest = np.array([height - datum_m for height, _ in crest])
        self._weir = np.array([coefficient for _, coefficient in crest])
        self._share, self._opening = np.zeros(count), np.full(count, np.inf)
        self._sill, self._orifice = np.full(count, np.inf), np.full(count, 0.6)
        self._hole = self._weir.copy()
        self._flow = np.zeros(count)
        self._gates = works.gates
        for gate in works.gates:
            self._set_gate(gate)
        rows = np.array([edge.row for edge in self.edges], np.int64)
        columns = np.array([edge.column for edge in self.edges], np.int64)
        x = np.array([edge.axis == "x" for edge in self.edges], bool)
        self._after = (rows, columns)
        self._before = (rows - ~x, columns - x)
        self._z = (bed_m[self._before], bed_m[self._after])
        # No water lies below the ground on both sides, however low a crest or sill is given.
        self._floor = np.maximum(*self._z)
        self._x = int(x.sum())
        self._spans = [self._span(breach, works.dykes) for breach in works.breaches]

    def _set_gate(self, gate: Gate) -> None:
        k = self._place[gate.edge]
        self._share[k] = gate.width_m / self.grid.cell_m
        self._sill[k] = gate.sill_m - self.datum_m
        self._orifice[k], self._hole[k] = gate.orifice, gate.weir_m05_s

    def _span(self, breach: Breach, dykes: tuple[Dyke, ...]) -> tuple[np.ndarray, np.ndarray]:
        """Edges of the dyke of a breach, and how far each begins and ends from its middle, m."""
        edges: tuple[Edge, ...] = next(dyke.edges for dyke in dykes if breach.edge in dyke.edges)
        offset = (np.arange(len(edges)) - edges.index(breach.edge)) * self.grid.cell_m
        return np.array([self._place[edge] for edge in edges]), offset

    def remembered(self) -> dict[str, Floats]:
        """Flow over and through each edge, not known yet; width and sill of each breach before it begins."""
        kept: dict[str, Floats] = (
            {"crossing_m2_s": np.full((2, len(self.edges)), np.nan)} if self.edges else {}
        )
        if self.breaches:
            crest = [self._crest[self._place[breach.edge]] + self.datum_m for breach in self.breaches]
            kept |= {"breach_width_m": np.zeros(len(crest)), "breach_sill_m": np.array(crest)}
        return kept

    @property
    def cells(self) -> np.ndarray:
        """Row and column of the cells on both sides of every edge."""
        return np.concatenate([np.stack(each, 1) for each in (self._before, self._after)])

    def at(self, h: Array, memory: dict[str, Floats], t_s: float, dt_s: float) -> EdgeFlows:
        """Flows of a step; breaches grow on over it."""
        if not self.edges:
            return self.flows
        before = self._z[0] + h[self._before]
        after = self._z[1] + h[self._after]
        high, low = np.maximum(before, after), np.minimum(before, after)
        for gate in self._gates:
            self._opening[self._place[gate.edge]] = gate.opening_m.at(t_s)
        for k, breach in enumerate(self.breaches):
            self._open(k, breach, memory, (high, low), t_s, dt_s)
        cross(
            memory["crossing_m2_s"], before, after, self._floor, self._crest, self._weir, self._share,
            self._sill, self._hole, self._opening, self._orifice, float(self.grid.cell_m), float(dt_s),
            self._flow,
        )  # fmt: skip
        flow = self._flow
        self.flows[2][:] = flow[: self._x]
        self.flows[5][:] = flow[self._x :]
        return self.flows

    def _open(
        self,
        k: int,
        breach: Breach,
        memory: dict[str, Floats],
        levels: tuple[Floats, Floats],
        t_s: float,
        dt_s: float,
    ) -> None:
        if t_s < breach.start_s:
            return
        width, sill = memory["breach_width_m"], memory["breach_sill_m"]
        centre = self._place[breach.edge]
        crest = self._crest[centre] + self.datum_m
        if width[k] == 0.0:
            width[k] = breach.first_width_m
        if isinstance(breach.growth, LinearGrowth):
            part = min((t_s - breach.start_s) / breach.growth.duration_s, 1.0)
            width[k] = breach.first_width_m + part * (breach.width_m - breach.first_width_m)
            sill[k] = crest + part * (breach.sill_m - crest)
        else:
            high, low = (float(each[centre]) + self.datum_m for each in levels)
            rate = _erosion_m_s(breach.growth, high, low, max(sill[k], self._floor[centre] + self.datum_m))
            sill[k] = max(sill[k] - rate * dt_s, breach.sill_m)
            width[k] = min(width[k] + 2.0 * breach.growth.widening * rate * dt_s, breach.width_m)
        places, offset = self._spans[k]
        half, side = 0.5 * self.grid.cell_m, 0.5 * width[k]
        inside = np.clip(np.minimum(offset + half, side) - np.maximum(offset - half, -side), 0.0, None)
        open_now = inside > 0
        self._share[places[open_now]] = inside[open_now] / self.grid.cell_m
        # Where the dyke is lower than about the middle, opening it there does not raise it.
        self._sill[places[open_now]] = np.minimum(sill[k] - self.datum_m, self._crest[places[open_now]])


def _erosion_m_s(law: Erosion, high_m: float, low_m: float, sill_m: float) -> float:
    """How fast shear lowers a sill: of critical flow on it (u² = g·h), less where it is drowned."""
    critical_m = 2.0 / 3.0 * (high_m - sill_m)
    if critical_m <= 0:
        return 0.0
    depth_m = max(critical_m, low_m - sill_m)
    speed_m_s = sqrt(G_M_S2 * critical_m) * critical_m / depth_m * float(drowning(high_m, low_m, sill_m))
    shear_pa: float = WATER_KG_M3 * G_M_S2 * (law.manning * speed_m_s) ** 2 / depth_m ** (1.0 / 3.0)
    return law.rate_m3_n_s * max(shear_pa - law.critical_pa, 0.0)
