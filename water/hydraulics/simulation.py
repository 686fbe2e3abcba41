"""A run 推演: steps of a scheme with sources and structures; stopped and taken up bit for bit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from water.errors import BadState
from water.hydraulics import checks
from water.hydraulics.boundaries import Faces
from water.hydraulics.edges import edge_flows
from water.hydraulics.godunov import Godunov
from water.hydraulics.inertia import LocalInertia
from water.hydraulics.model import Floats, Forcing, Ground, Ledger, Method, State
from water.hydraulics.sources import Sources
from water.hydraulics.tiles import MARGIN, Tiles


@dataclass(frozen=True, slots=True)
class Scenario:
    """One question to the water 情景: ground, forcing, and until when it must be answered."""

    ground: Ground
    forcing: Forcing
    until_s: float

    def check(self) -> None:
        """Refuse what cannot be computed, with the reason."""
        checks.ground(self.ground)
        checks.forcing(self.forcing, self.ground.grid, self.until_s)


class Simulation:
    """The working arrays of one run. :meth:`advance` moves time on; :attr:`state` is a copy to keep."""

    def __init__(self, scenario: Scenario, method: Method, state: State | Floats | float = 0.0) -> None:
        """From a kept state, or from water at rest of a depth (per cell) at time 0."""
        scenario.check()
        checks.method(method)
        self.scenario, self.method = scenario, method
        ground, grid = scenario.ground, scenario.ground.grid
        terrain = checks.raster("地面高程 terrain", ground.terrain_m, grid)
        # Heights from the middle of the terrain: 32 bits then keep tenths of a millimetre.
        datum_m = float(np.floor(0.5 * (terrain.min() + terrain.max())))
        bed = terrain - datum_m
        manning = checks.raster("糙率 roughness", ground.manning, grid, lowest=0.0)
        scheme = Godunov if method.scheme == "godunov" else LocalInertia
        self.scheme: Godunov | LocalInertia = scheme(grid, bed, manning, method)
        self.faces = Faces.of(scenario.forcing.boundaries, grid, datum_m)
        self.sources = Sources(scenario.forcing, grid, method.kind)
        everywhere = scenario.forcing.rain is not None
        seeds = np.concatenate([self.faces.cells(grid), self.sources.cells()])
        self.tiles = Tiles.over(grid, seeds, everywhere)
        self._edges = edge_flows(grid, (), method.kind)
        self._least_m = 0.0 if scenario.forcing.infiltration is not None else method.dry_m
        self._load(state if isinstance(state, State) else self._at_rest(state))

    def _at_rest(self, depth_m: Floats | float) -> State:
        grid, kind = self.scenario.ground.grid, self.method.kind
        h = checks.raster("初始水深 depth", depth_m, grid, lowest=0.0).astype(kind)
        return State(
            self.method.scheme, 0.0, 0, h, np.zeros_like(h),
            np.zeros(self.scheme.across_shape, kind), np.zeros(self.scheme.along_shape, kind),
            self.sources.nothing_soaked(), {}, Ledger(), float(h.sum(dtype=np.float64)) * grid.cell_m2,
        )  # fmt: skip

    def _load(self, state: State) -> None:
        grid, kind = self.scenario.ground.grid, np.dtype(self.method.kind)
        shapes = (state.h_m.shape, state.across_m2_s.shape, state.along_m2_s.shape)
        wanted = ((grid.rows, grid.columns), self.scheme.across_shape, self.scheme.along_shape)
        if shapes != wanted or state.h_m.dtype != kind or state.scheme != self.method.scheme:
            found = f"{state.scheme} {state.h_m.dtype} {shapes}"
            raise BadState(
                f"状态属于另一网格、格式或精度:{found}",
                f"The state is of another grid, scheme or precision: {found}",
                value=state.scheme,
            )
        self.t_s, self.steps, self.start_m3 = state.t_s, state.steps, state.start_m3
        self.h, self.carry = state.h_m.copy(), state.carry_m.copy()
        self.across, self.along = state.across_m2_s.copy(), state.along_m2_s.copy()
        self.soaked: Floats | None = None if state.infiltrated_m is None else state.infiltrated_m.copy()
        self._rained, self._lost = state.ledger.rained_m3, state.ledger.infiltrated_m3
        self._entered, self._left = state.ledger.entered_m3, state.ledger.left_m3
        self._until_look = 0
        self.scheme.start(self.h, self.across, self.along)

    @property
    def ledger(self) -> Ledger:
        """The water account so far."""
        return Ledger(self._rained, self._lost, self._entered, self._left)

    @property
    def state(self) -> State:
        """All that the run needs to go on, as a copy."""
        return State(
            self.method.scheme, self.t_s, self.steps, self.h.copy(), self.carry.copy(), self.across.copy(),
            self.along.copy(), None if self.soaked is None else self.soaked.copy(), {},
            self.ledger, self.start_m3,
        )  # fmt: skip

    @property
    def stored_m3(self) -> float:
        """Water on the grid."""
        depth = float(self.h.sum(dtype=np.float64)) - float(self.carry.sum(dtype=np.float64))
        return depth * self.scenario.ground.grid.cell_m2

    @property
    def imbalance(self) -> float:
        """Water that appeared or vanished, as a part of all that was handled 水量误差."""
        ledger = self.ledger
        handled = self.start_m3 + ledger.rained_m3 + ledger.entered_m3
        wrong = self.stored_m3 - self.start_m3 - ledger.net_m3
        return wrong / handled if handled > 0 else wrong

    def advance(self, until_s: float | None = None, steps: int | None = None) -> None:
        """Go on to an instant, which is met exactly, or at most so many steps."""
        until_s = self.scenario.until_s if until_s is None else until_s
        last = None if steps is None else self.steps + steps
        while self.t_s < until_s and (last is None or self.steps < last):
            self._step(until_s)

    def reports(self, every_s: float) -> Iterator[Simulation]:
        """The run at regular instants up to its end; what it yields is itself, moved on."""
        count = int(np.ceil(self.scenario.until_s / every_s))
        for k in range(int(self.t_s // every_s) + 1, count + 1):
            self.advance(min(k * every_s, self.scenario.until_s))
            yield self

    def _step(self, until_s: float) -> None:
        if self._until_look == 0:
            dry = self.tiles.look(self.h, self.across, self.along, self._least_m)
            self.scheme.fell_dry(dry, self.h, self.across, self.along)
            self._until_look = MARGIN // self.scheme.cells_a_step
        self._until_look -= 1
        runs = self.tiles.runs
        left_s = until_s - self.t_s
        dt_s = min(
            self.scheme.step_s(self.h, self.across, self.along, runs), self.method.longest_step_s, left_s
        )
        self.faces.at(self.t_s + 0.5 * dt_s)
        gained = self.sources.apply(self.h, self.carry, self.soaked, runs, self.t_s, dt_s)
        entered, left = self.scheme.step(
            self.h, self.carry, self.across, self.along, self.faces, self._edges, runs, dt_s
        )
        self._rained += gained.rained_m3
        self._lost += gained.infiltrated_m3
        self._entered += gained.entered_m3 + entered
        self._left += left
        self.t_s = until_s if dt_s == left_s else self.t_s + dt_s
        self.steps += 1
