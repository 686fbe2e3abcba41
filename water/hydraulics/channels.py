"""Channels narrower than a cell 窄河道: one-dimensional local inertia below the terrain of their cells.

A cell of a channel holds its water below the bank in the channel and above it over the whole cell, where
the scheme of the plane moves it. Volumes are kept in 64 bits, whatever the precision of the run.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from water.hydraulics.model import G_M_S2, Array, Floats, Grid
from water.hydraulics.works import Cell, Channel

THETA: Final = 0.8
"""How much of a flow is its own, the rest that of its neighbours: a bore rings without it."""


class Channels:
    """All channels of a run, end to end in arrays."""

    def __init__(self, channels: tuple[Channel, ...], grid: Grid, bed_m: Floats, datum_m: float) -> None:
        self.channels, self.grid, self.datum_m = channels, grid, datum_m
        cells = np.array([cell for channel in channels for cell in channel.cells], np.int64).reshape(-1, 2)
        self.cells = (cells[:, 0], cells[:, 1])
        self._place = {(int(row), int(column)): k for k, (row, column) in enumerate(cells)}
        self._bank = bed_m[self.cells]
        self._width = np.array([width for channel in channels for width in channel.width_m])
        self._bed = np.array([bed for channel in channels for bed in channel.bed_m]) - datum_m
        self._plan_m2 = self._width * grid.cell_m
        self._full_m3 = self._plan_m2 * (self._bank - self._bed)
        ends = np.cumsum([len(channel.cells) for channel in channels]).astype(np.int64) - 1
        self._ends = ends
        self._up = np.setdiff1d(np.arange(len(cells)), ends)
        self._down = self._up + 1
        # The flows next to each: itself at the ends of its channel.
        place = np.arange(len(self._up))
        joined = np.append(self._up[1:] == self._down[:-1], False) if len(place) else np.zeros(0, bool)
        self._after = np.where(joined, place + 1, place)
        self._before = np.where(np.roll(joined, 1), place - 1, place)
        self._length = grid.cell_m * np.hypot(*(cells[self._down] - cells[self._up]).T)
        roughness = np.concatenate([np.full(len(c.cells), c.manning) for c in channels] or [np.zeros(0)])
        self._rub = G_M_S2 * roughness[self._up] ** 2
        self._sill = np.maximum(self._bed[self._up], self._bed[self._down])
        self._narrow = np.minimum(self._width[self._up], self._width[self._down])

    def remembered(self) -> dict[str, Floats]:
        """Water below the banks, discharge between cells and at the ends at the beginning: none."""
        if not self.channels:
            return {}
        return {
            "channel_m3": np.zeros(len(self._bed)),
            "channel_m3_s": np.zeros(len(self._up)),
            "channel_end_m3_s": np.zeros(len(self.channels)),
        }

    def depth_m(self, h: Array, memory: dict[str, Floats]) -> Floats:
        """Depth of water over the bed of the channel in each of its cells."""
        over = h[self.cells].astype(np.float64) * self.grid.cell_m2
        return self._levels(memory["channel_m3"] + over) - self._bed

    def plan(self, cell: Cell, h: Array, memory: dict[str, Floats]) -> tuple[float, float]:
        """Area that inflow into a cell spreads over, m², and the depth there, m."""
        k = self._place.get(cell)
        if k is not None and memory["channel_m3"][k] < self._full_m3[k]:
            return float(self._plan_m2[k]), float(memory["channel_m3"][k] / self._plan_m2[k])
        return self.grid.cell_m2, float(h[cell])

    def plan_m2(self, cell: Cell) -> float:
        """Area of the channel in a cell, or of the cell where none is."""
        k = self._place.get(cell)
        return self.grid.cell_m2 if k is None else float(self._plan_m2[k])

    def level_m(self, cell: Cell, h: Array, memory: dict[str, Floats]) -> float | None:
        """Level of the water of a cell in its channel, above the run's middle height; none without one."""
        k = self._place.get(cell)
        if k is None:
            return None
        volume_m3 = memory["channel_m3"][k] + float(h[cell]) * self.grid.cell_m2
        over_m3 = volume_m3 - self._full_m3[k]
        if over_m3 > 0:
            return float(self._bank[k] + over_m3 / self.grid.cell_m2)
        return float(self._bed[k] + volume_m3 / self._plan_m2[k])

    def below_m3(self, cell: Cell, memory: dict[str, Floats]) -> float:
        """Water of a cell that is kept below its bank, m³."""
        k = self._place.get(cell)
        return 0.0 if k is None else float(memory["channel_m3"][k])

    def gain(self, cell: Cell, memory: dict[str, Floats], volume_m3: float) -> bool:
        """Let water into the channel of a cell, or out of it, until its next step; whether there is one."""
        k = self._place.get(cell)
        if k is not None:
            memory["channel_m3"][k] += volume_m3
        return k is not None

    def _levels(self, volume_m3: Floats) -> Floats:
        """Of all the water of each cell: what falls or is let in over the bank first fills what is below."""
        over = volume_m3 - self._full_m3
        below = self._bed + volume_m3 / self._plan_m2
        return np.where(over > 0, self._bank + over / self.grid.cell_m2, below)

    def deepest_m(self, h: Array, memory: dict[str, Floats]) -> float:
        """Greatest depth, which bounds the step."""
        return float(self.depth_m(h, memory).max()) if self.channels else 0.0

    def step(
        self, h: Array, carry: Array, memory: dict[str, Floats], t_s: float, dt_s: float
    ) -> tuple[float, float]:
        """One step in place; returns what entered and left at the ends, m³."""
        if not self.channels:
            return 0.0, 0.0
        area = self.grid.cell_m2
        total = memory["channel_m3"] + (h[self.cells].astype(np.float64) - carry[self.cells]) * area
        level = self._levels(total)
        flow = self._between(level, memory["channel_m3_s"], dt_s)
        out = self._out(level, memory["channel_end_m3_s"], t_s, dt_s)
        leaving = np.zeros(len(total))
        np.add.at(leaving, self._up, np.maximum(flow, 0.0))
        np.add.at(leaving, self._down, np.maximum(-flow, 0.0))
        leaving[self._ends] += np.maximum(out, 0.0)
        asked = leaving * dt_s
        can = np.maximum(total, 0.0) * (1.0 - 1e-9)
        share = np.where(asked > can, can / np.where(asked > can, asked, 1.0), 1.0)
        flow *= np.where(flow > 0, share[self._up], share[self._down])
        out = np.where(out > 0, out * share[self._ends], out)
        memory["channel_m3_s"][:] = flow
        memory["channel_end_m3_s"][:] = out
        np.add.at(total, self._up, -flow * dt_s)
        np.add.at(total, self._down, flow * dt_s)
        total[self._ends] -= out * dt_s
        self._keep(total, h, carry, memory)
        return -float(np.minimum(out, 0.0).sum()) * dt_s, float(np.maximum(out, 0.0).sum()) * dt_s

    def settle(self, h: Array, carry: Array, memory: dict[str, Floats]) -> None:
        """What has come upon the cells of the channels fills what is below their banks, in place."""
        if self.channels:
            over = (h[self.cells].astype(np.float64) - carry[self.cells]) * self.grid.cell_m2
            self._keep(memory["channel_m3"] + over, h, carry, memory)

    def _keep(self, total_m3: Floats, h: Array, carry: Array, memory: dict[str, Floats]) -> None:
        # Above the bank the depth is rounded to the precision of the run; the rest stays in the volume.
        over = (np.maximum(total_m3 - self._full_m3, 0.0) / self.grid.cell_m2).astype(h.dtype)
        h[self.cells] = over
        carry[self.cells] = 0
        memory["channel_m3"][:] = total_m3 - over.astype(np.float64) * self.grid.cell_m2

    def _between(self, level: Floats, flow: Floats, dt_s: float) -> Floats:
        high = np.maximum(level[self._up], level[self._down])
        depth = high - self._sill
        wet = depth > 1e-5
        depth = np.where(wet, depth, 1.0)
        section = self._narrow * depth
        radius = section / (self._narrow + 2.0 * depth)
        fall = (level[self._up] - level[self._down]) / self._length
        damped = THETA * flow + 0.5 * (1.0 - THETA) * (flow[self._before] + flow[self._after])
        new = damped + G_M_S2 * section * dt_s * fall
        # The root of q (1 + k |q|) = new: with |q| of the step before, thin flow down a slope swings.
        new /= 0.5 + np.sqrt(0.25 + dt_s * self._rub * np.abs(new) / (radius ** (4.0 / 3.0) * section))
        return np.where(wet, new, 0.0)

    def _out(self, level: Floats, before: Floats, t_s: float, dt_s: float) -> Floats:
        """Discharge out of the last cell of each channel, m³/s."""
        out = np.zeros(len(self.channels))
        for k, (channel, end) in enumerate(zip(self.channels, self._ends, strict=True)):
            depth = level[end] - self._bed[end]
            if channel.end_slope is not None and depth > 1e-5:
                section = self._width[end] * depth
                radius = section / (self._width[end] + 2.0 * depth)
                rough = max(channel.manning, 1e-3)
                out[k] = section * radius ** (2.0 / 3.0) * np.sqrt(channel.end_slope) / rough
            elif channel.end_stage is not None:
                # The stage is that at the end itself, half a cell from the middle of the last cell.
                stage = channel.end_stage.at(t_s) - self.datum_m
                high = max(level[end], stage) - self._bed[end]
                if high > 1e-5:
                    section = self._width[end] * high
                    radius = section / (self._width[end] + 2.0 * high)
                    rub = G_M_S2 * channel.manning**2 / (radius ** (4.0 / 3.0) * section)
                    fall = (level[end] - stage) / (0.5 * self.grid.cell_m)
                    new = before[k] + G_M_S2 * section * dt_s * fall
                    new /= 0.5 + np.sqrt(0.25 + dt_s * rub * abs(new))
                    # A stage below what the flow can fall to draws out no more than critical flow.
                    out[k] = min(new, self._width[end] * depth * np.sqrt(G_M_S2 * max(depth, 0.0)))
        return out
