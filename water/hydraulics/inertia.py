"""The scheme of local inertia 局部惯性格式 over a ground."""

from __future__ import annotations

import numpy as np

from water.hydraulics.boundaries import Faces, side_fluxes, through
from water.hydraulics.edges import EdgeFlows
from water.hydraulics.inertia_kernel import scratch, sweep
from water.hydraulics.model import G_M_S2, Array, Floats, Grid, Method
from water.hydraulics.sources_kernel import deepest
from water.hydraulics.tiles import BAND, Runs

COURANT = 0.62
"""In two dimensions the damped scheme is stable below √(θ/2), 0.67 at θ = 0.9: a chequerboard grows above."""


class LocalInertia:
    """Momentum without advection: fast, right where flow is slow and gradually varied (Froude below 0.8)."""

    def __init__(self, grid: Grid, bed_m: Floats, manning: Floats, method: Method) -> None:
        kind = method.kind
        self.grid, self.method, self.kind = grid, method, kind
        self.courant = method.courant or COURANT
        self.z = np.ascontiguousarray(bed_m, kind)
        self.f = np.ascontiguousarray(0.5 * G_M_S2 * np.square(manning), kind)
        self.across_shape = (grid.rows, grid.columns + 1)
        self.along_shape = (grid.rows + 1, grid.columns)
        self._scratch = scratch(grid.columns, kind)
        self._sides = tuple(np.zeros(n, kind) for n in (grid.rows, grid.rows, grid.columns, grid.columns))
        self._most = np.zeros(grid.columns, kind)
        self._deepest_m: float | None = None

    def step_s(self, h: Array, across: Array, along: Array, runs: Runs) -> float:
        """The longest stable step, s."""
        if self._deepest_m is None:
            self._deepest_m = float(deepest(h, runs, BAND, self._most))
        depth = max(self._deepest_m, self.method.film_m)
        return self.courant * self.grid.cell_m / float(np.sqrt(G_M_S2 * depth))

    def drained(self, depth_m: float) -> None:
        """Water was taken from a cell of so much depth: where none was deeper, the deepest is sought anew."""
        if self._deepest_m is not None and depth_m >= self._deepest_m:
            self._deepest_m = None

    def coming_s(self, depth_m: float, inside_m: float) -> float:
        """The longest step where water of a depth comes in from outside onto that inside, s."""
        return self.courant * self.grid.cell_m / float(np.sqrt(G_M_S2 * depth_m))

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
        dx, kind = self.grid.cell_m, self.kind
        if faces.open:
            near = (
                (self.z[:, 0], h[:, 0], self.f[:, 0], across[:, 0], -1.0),
                (self.z[:, -1], h[:, -1], self.f[:, -1], across[:, -1], 1.0),
                (self.z[0], h[0], self.f[0], along[0], -1.0),
                (self.z[-1], h[-1], self.f[-1], along[-1], 1.0),
            )
            for k, (z, depth, f, q, sign) in enumerate(near):
                side_fluxes(
                    faces.kinds[k], faces.values[k], z, depth, f, q, sign, self._sides[k], dx, dt_s,
                    self.method.film_m,
                )  # fmt: skip
        deepest_m = sweep(
            self.z, h, carry, self.f, across, along, self._sides, runs, edges, self._scratch, BAND,
            kind(dt_s / dx), kind(G_M_S2 * dt_s / dx), kind(dt_s), kind(self.method.theta),
            kind(self.method.film_m),
        )  # fmt: skip
        self._deepest_m = float(deepest_m)
        if not faces.open:
            return 0.0, 0.0
        entering, leaving = through(across, along)
        return entering * dx * dt_s, leaving * dx * dt_s
