"""A run 推演: steps of a scheme with sources and structures; stopped and taken up bit for bit."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from water.errors import BadState, Name
from water.hydraulics import checks, works_checks
from water.hydraulics.boundaries import Faces, stretch
from water.hydraulics.channels import Channels
from water.hydraulics.crossing import Crossings
from water.hydraulics.edges import EdgeFlows
from water.hydraulics.exchange import Exchanges
from water.hydraulics.godunov import Godunov
from water.hydraulics.inertia import LocalInertia
from water.hydraulics.model import G_M_S2, Floats, Forcing, Ground, Kind, Ledger, Method, Series, State
from water.hydraulics.sources import Sources
from water.hydraulics.tiles import MARGIN, Tiles
from water.hydraulics.works import Works

NO_WORKS = Works()
RISE_M = 0.1
"""What lets water in may raise its cell by half of its depth in a step, or by this where it is shallow."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """One question to the water 情景: ground, forcing, and until when it must be answered."""

    ground: Ground
    forcing: Forcing
    until_s: float
    works: Works = NO_WORKS

    def check(self) -> None:
        """Refuse what cannot be computed, with the reason."""
        checks.until(self.until_s)
        checks.ground(self.ground)
        checks.forcing(self.forcing, self.ground.grid, self.until_s)
        works_checks.works(self.works, self.ground.grid, self.ground.terrain_m, self.until_s)


@dataclass(frozen=True, slots=True)
class Worked:
    """What the works did in a step."""

    edges: EdgeFlows
    let_in_m3: float
    let_out_m3: float


class Simulation:
    """The working arrays of one run. :meth:`advance` moves time on; :attr:`state` is a copy to keep."""

    SCHEMES: ClassVar[Mapping[str, type[Godunov | LocalInertia]]] = {
        "godunov": Godunov,
        "inertia": LocalInertia,
    }
    COMPUTED_ON: ClassVar[str] = "cpu"

    def __init__(self, scenario: Scenario, method: Method, state: State | Floats | float = 0.0) -> None:
        """From a kept state, or from water at rest of a depth (per cell) at time 0."""
        scenario.check()
        checks.method(method)
        self.scenario, self.method = scenario, method
        ground, grid = scenario.ground, scenario.ground.grid
        terrain = checks.raster(Name("地面高程", "terrain"), ground.terrain_m, grid)
        # Heights from the middle of the terrain: 32 bits then keep tenths of a millimetre.
        datum_m = float(np.floor(0.5 * (terrain.min() + terrain.max())))
        bed = terrain - datum_m
        manning = checks.raster(Name("糙率", "roughness"), ground.manning, grid, lowest=0.0)
        self.scheme = self.SCHEMES[method.scheme](grid, bed, manning, method)
        self.faces = Faces.of(scenario.forcing.boundaries, grid, datum_m)
        self._stages = [
            (boundary, float(terrain[stretch(boundary)].min()))
            for boundary in scenario.forcing.boundaries
            if boundary.kind is Kind.STAGE
        ]
        self.sources = Sources(scenario.forcing, grid, method.kind)
        everywhere = scenario.forcing.rain is not None
        works = scenario.works
        self.crossings = Crossings(works, grid, bed, datum_m, method.kind)
        self.channels = Channels(works.channels, grid, bed, datum_m)
        self.exchanges = Exchanges(works, grid, bed, datum_m, self.channels)
        self._let_into = {(each.row, each.column) for each in scenario.forcing.inflows}
        self._let_into |= set(self.exchanges.touched())
        seeds = np.concatenate(
            [
                self.faces.cells(grid),
                self.sources.cells(),
                np.array(self.exchanges.cells(), np.int64).reshape(-1, 2),
                np.stack(self.channels.cells, 1),
            ]
        )
        self.tiles = Tiles.over(grid, seeds, everywhere)
        self._least_m = 0.0 if scenario.forcing.infiltration is not None else method.film_m
        self._turns_s = turns_s(scenario)
        self._load(state if isinstance(state, State) else self._at_rest(state))

    def _at_rest(self, depth_m: Floats | float) -> State:
        grid, kind = self.scenario.ground.grid, self.method.kind
        h = checks.raster(Name("初始水深", "depth"), depth_m, grid, lowest=0.0).astype(kind)
        return State(
            self.method.scheme, 0.0, 0, h, np.zeros_like(h),
            np.zeros(self.scheme.across_shape, kind), np.zeros(self.scheme.along_shape, kind),
            self.sources.nothing_soaked(), self._remembered(),
            Ledger(), float(h.sum(dtype=np.float64)) * grid.cell_m2,
        )  # fmt: skip

    def _remembered(self) -> dict[str, Floats]:
        """What the works remember before the beginning."""
        of_edges, of_cells = self.crossings.remembered(), self.exchanges.remembered()
        return of_edges | of_cells | self.channels.remembered()

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
        # What a state was kept without is not known yet.
        self.memory = self._remembered() | {name: values.copy() for name, values in state.memory.items()}
        self._rained, self._lost = state.ledger.rained_m3, state.ledger.infiltrated_m3
        self._entered, self._left = state.ledger.entered_m3, state.ledger.left_m3
        self._until_look = 0

    @property
    def ledger(self) -> Ledger:
        """The water account so far."""
        return Ledger(self._rained, self._lost, self._entered, self._left)

    @property
    def state(self) -> State:
        """All that the run needs to go on, as a copy."""
        return State(
            self.method.scheme, self.t_s, self.steps, self.h.copy(), self.carry.copy(), self.across.copy(),
            self.along.copy(), None if self.soaked is None else self.soaked.copy(),
            {name: values.copy() for name, values in self.memory.items()},
            self.ledger, self.start_m3,
        )  # fmt: skip

    @property
    def stored_m3(self) -> float:
        """Water on the grid."""
        depth = float(self.h.sum(dtype=np.float64)) - float(self.carry.sum(dtype=np.float64))
        channel = self.memory.get("channel_m3")
        below = 0.0 if channel is None else float(channel.sum())
        return depth * self.scenario.ground.grid.cell_m2 + below

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
            self._look()
            self._until_look = MARGIN
        self._until_look -= 1
        # No step reaches over a turn of a series: its mean is then exact, and no pulse is stepped over.
        until_s = min(until_s, self._turn_s())
        left_s = until_s - self.t_s
        dt_s = min(self._longest_s(), left_s)
        self.faces.at(self.t_s + 0.5 * dt_s)
        gained = self._gain(dt_s)
        works = self._work(dt_s)
        entered, left = self._flow(works.edges, dt_s)
        # Last, so that the depth that is kept there is the one that the next flow answers to.
        let_in, pumped = self._let_in(dt_s)
        self._rained += gained.rained_m3
        self._lost += gained.infiltrated_m3
        self._entered += entered + let_in + works.let_in_m3
        self._left += left + works.let_out_m3 + pumped
        self.t_s = until_s if dt_s == left_s else self.t_s + dt_s
        self.steps += 1

    def _look(self) -> None:
        """Where there is something to compute until the next look."""
        self.tiles.look(self.h, self.across, self.along, self._least_m)

    def _gain(self, dt_s: float) -> Ledger:
        """Rain and infiltration of a step."""
        return self.sources.apply(self.h, self.carry, self.soaked, self.tiles.runs, self.t_s, dt_s)

    def _let_in(self, dt_s: float) -> tuple[float, float]:
        """Point inflows of a step, culverts and pumps; what entered and what was pumped away, m³."""
        if not self._let_into:
            return 0.0, 0.0
        deepest_m = max((float(self.h[cell]) for cell in self.exchanges.touched()), default=0.0)
        pumped = self.exchanges.apply(self.h, self.carry, self.memory, self.t_s, dt_s)
        self.scheme.drained(deepest_m)
        entered = self.sources.let_in(self.h, self.carry, self.t_s, dt_s)
        self.channels.settle(self.h, self.carry, self.memory)
        return entered, pumped

    def _work(self, dt_s: float) -> Worked:
        """Channels of a step, and what passes culverts, dykes, breaches and gates."""
        self.exchanges.drive(self.h, self.memory, dt_s)
        let_in, let_out = self.channels.step(self.h, self.carry, self.memory, self.t_s, dt_s)
        return Worked(self.crossings.at(self.h, self.memory, self.t_s, dt_s), let_in, let_out)

    def _flow(self, edges: EdgeFlows, dt_s: float) -> tuple[float, float]:
        """The step of the scheme; what entered and left through the sides, m³."""
        return self.scheme.step(
            self.h, self.carry, self.across, self.along, self.faces, edges, self.tiles.runs, dt_s
        )

    def _longest_s(self) -> float:
        """The longest step that the plane and the channels both bear."""
        step_s = self.scheme.step_s(self.h, self.across, self.along, self.tiles.runs)
        if self.scenario.works.channels:
            depth_m = max(self.channels.deepest_m(self.h, self.memory), self.method.film_m)
            for each in self.scenario.works.channels:
                if each.end_stage is not None:
                    depth_m = max(depth_m, self._most(each.end_stage, step_s) - each.bed_m[-1])
            step_s = min(step_s, 0.7 * self.scenario.ground.grid.cell_m / float(np.sqrt(G_M_S2 * depth_m)))
        step_s = min(step_s, self.method.longest_step_s)
        step_s = min(step_s, self._filling_s(step_s), self._filled_s())
        return min(step_s, self._coming_s(step_s))

    def _filled_s(self) -> float:
        """The step that the depth of cells bears which water was let into after the flow of the last."""
        depth_m = max((float(self.h[cell]) for cell in self._let_into), default=0.0)
        return self.scheme.coming_s(depth_m, depth_m) if depth_m > 0 else np.inf

    def _turn_s(self) -> float:
        """When anything that drives the run turns next."""
        return self._turns_s[bisect_right(self._turns_s, self.t_s)]

    def _most(self, series: Series, step_s: float) -> float:
        """The greatest value of a series within the coming step, which is of one line."""
        return max(series.at(self.t_s), series.at(min(self.t_s + step_s, self._turn_s())))

    def _coming_s(self, step_s: float) -> float:
        """The step that the wave bears which a stage sends in: nothing inside tells of it beforehand."""
        for boundary, lowest_m in self._stages:
            if boundary.series is not None:
                stage_m = self._most(boundary.series, step_s)
                inside_m = float(self.h[stretch(boundary)].min())
                if stage_m - lowest_m > inside_m:
                    step_s = min(step_s, self.scheme.coming_s(stage_m - lowest_m, inside_m))
        return step_s

    def _filling_s(self, longest_s: float) -> float:
        """The step in which no inflow fills its cell too fast: a dry cell has no wave to bound it."""
        step_s = longest_s
        cell_m2 = self.scenario.ground.grid.cell_m2
        cells = [((each.row, each.column), each.discharge_m3_s) for each in self.scenario.forcing.inflows]
        cells += [(each.end, each.capacity_m3_s) for each in self.scenario.works.pumps if each.end]
        for cell, series in cells:
            plan_m2, depth_m = self.channels.plan(cell, self.h, self.memory)
            rate = self._most(series, longest_s) / plan_m2
            step_s = min(step_s, max(RISE_M, 0.5 * depth_m) / rate if rate > 0 else np.inf)
        for boundary in self.scenario.forcing.boundaries:
            if boundary.kind is Kind.DISCHARGE and boundary.series is not None:
                depth_m = float(self.h[stretch(boundary)].mean())
                rate = self._most(boundary.series, longest_s) / ((boundary.stop - boundary.start) * cell_m2)
                step_s = min(step_s, max(RISE_M, 0.5 * depth_m) / rate if rate > 0 else np.inf)
        return step_s


def turns_s(scenario: Scenario) -> list[float]:
    """Instants at which what drives a run begins, ends or turns, in order, and its end."""
    forcing, works = scenario.forcing, scenario.works
    series = [each.series for each in forcing.boundaries]
    series += [each.discharge_m3_s for each in forcing.inflows]
    series += [forcing.rain.intensity_m_s] if forcing.rain is not None else []
    series += [each.opening_m for each in works.gates] + [each.capacity_m3_s for each in works.pumps]
    series += [each.end_stage for each in works.channels]
    turns = {t for each in series if each is not None for t in each.times_s}
    turns |= {each.start_s for each in works.breaches}
    return [*sorted(t for t in turns if 0 < t < scenario.until_s), np.inf]
