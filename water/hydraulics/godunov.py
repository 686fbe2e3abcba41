"""The Godunov scheme 二阶 Godunov 格式 over a ground."""

from __future__ import annotations

import numpy as np

from water.hydraulics.boundaries import Faces
from water.hydraulics.edges import EdgeFlows
from water.hydraulics.godunov_kernel import scratch, step
from water.hydraulics.model import G_M_S2, Array, Floats, Grid, Method
from water.hydraulics.sources_kernel import fastest
from water.hydraulics.tiles import BAND, Runs

COURANT = 0.45


class Godunov:
    """The full shallow water equations: breaches, bores, supercritical flow; second order where smooth."""

    def __init__(self, grid: Grid, bed_m: Floats, manning: Floats, method: Method) -> None:
        kind = method.kind
        self.grid, self.method, self.kind = grid, method, kind
        self.courant = method.courant or COURANT
        self.z = np.ascontiguousarray(bed_m, kind)
        self.f = np.ascontiguousarray(0.5 * G_M_S2 * np.square(manning), kind)
        self.across_shape = self.along_shape = (grid.rows, grid.columns)
        self._scratch = scratch(grid.columns, kind)
        self._most = np.zeros(grid.columns, kind)
        self._through = np.zeros(2)

    def step_s(self, h: Array, across: Array, along: Array, runs: Runs) -> float:
        """The longest stable step, s."""
        kind = self.kind
        speed = fastest(h, across, along, runs, BAND, self._most, kind(G_M_S2), kind(self.method.film_m))
        return self.courant * self.grid.cell_m / max(float(speed), 1e-6)

    def drained(self, depth_m: float) -> None:
        """Water was taken from a cell; the fastest wave is sought before every step."""

    def coming_s(self, depth_m: float, inside_m: float) -> float:
        """The longest step where water of a depth comes in from outside onto that inside, s."""
        wave, before = np.sqrt(G_M_S2 * depth_m), np.sqrt(G_M_S2 * inside_m)
        # Its speed by the invariant of the water inside, never over critical.
        return self.courant * self.grid.cell_m / float(wave + min(wave, 2.0 * (wave - before)))

    def step(
        self,
        h: Array,
        carry: Array,
        across: Array,
        along: Array,
        faces: Faces,
        edges: EdgeFlows,
        runs: Runs,
        dt_s: float,
    ) -> tuple[float, float]:
        """One step in place; returns what entered and left through the sides, m³."""
        kind, dx = self.kind, self.grid.cell_m
        self._through[:] = 0.0
        step(
            self.z, self.f, h, across, along, carry, faces.kinds, faces.values, runs, edges, self._scratch,
            BAND, kind(dt_s / dx), kind(dt_s), kind(G_M_S2), kind(self.method.film_m), self._through,
        )  # fmt: skip
        entering, leaving = dx * dt_s * self._through
        return float(entering), float(leaving)
