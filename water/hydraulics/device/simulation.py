"""A run on the device 显卡上的推演: works are computed on the host, of the few cells that they touch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from water.hydraulics.boundaries import stretch
from water.hydraulics.device.godunov import DeviceGodunov
from water.hydraulics.device.inertia import DeviceInertia
from water.hydraulics.device.plane import Plane
from water.hydraulics.device.sources import DeviceSources
from water.hydraulics.godunov import Godunov
from water.hydraulics.inertia import LocalInertia
from water.hydraulics.model import Kind, Ledger, State
from water.hydraulics.simulation import Simulation, Worked


class DeviceSimulation(Simulation):
    """A :class:`Simulation` whose arrays are on the device while it goes on, and here when it has stopped.

    Its states are those of the processor: a run may be taken up by either. The bits of depths and flows are
    those of the processor where the device rounds as it does; one that multiplies and adds in one rounding
    does not. The water account is summed in another order.
    """

    SCHEMES: ClassVar[Mapping[str, type[Godunov | LocalInertia]]] = {
        "godunov": DeviceGodunov,
        "inertia": DeviceInertia,
    }
    COMPUTED_ON: ClassVar[str] = "cuda"
    scheme: DeviceGodunov | DeviceInertia

    def advance(self, until_s: float | None = None, steps: int | None = None) -> None:
        """Go on to an instant, which is met exactly, or at most so many steps."""
        super().advance(until_s, steps)
        self.plane.unload(self.h, self.carry, self.across, self.along, self.soaked)

    def _load(self, state: State) -> None:
        super()._load(state)
        grid = self.scenario.ground.grid
        self.plane = Plane(grid, self.method.bits, self._cells())
        self.plane.load(self.h, self.carry, self.across, self.along, self.soaked)
        self.plane.use(self.tiles.active)
        self.scheme.begin(self.plane)
        self._on_device = DeviceSources(self.sources, self.plane)

    def _cells(self) -> NDArray[np.int64]:
        """Row and column of what works and inflows read and change."""
        grid = self.scenario.ground.grid
        places = np.arange(grid.rows * grid.columns).reshape(grid.rows, grid.columns)
        sides = [
            places[stretch(each)]
            for each in self.scenario.forcing.boundaries
            if each.kind in (Kind.DISCHARGE, Kind.STAGE)
        ]
        flat = np.concatenate([np.zeros(0, np.int64), *sides])
        several = (
            self.sources.cells(),
            np.array(self.exchanges.touched(), np.int64).reshape(-1, 2),
            np.stack(self.channels.cells, 1),
            self.crossings.cells,
            np.stack(np.unravel_index(flat, places.shape), 1),
        )
        return np.concatenate(several).astype(np.int64)

    def _look(self) -> None:
        if self.tiles.seeds.all():
            return
        before = self.tiles.active
        self.plane.still(self.tiles.spread(self.plane.marks(before.shape, self._least_m)))
        if self.tiles.active is not before:
            self.plane.use(self.tiles.active)

    def _longest_s(self) -> float:
        self.plane.pull(self.h, self.carry)
        return super()._longest_s()

    def _gain(self, dt_s: float) -> Ledger:
        rained = self._on_device.pour(self.t_s, dt_s)
        return Ledger(rained, self._on_device.infiltrate(dt_s))

    def _let_in(self, dt_s: float) -> tuple[float, float]:
        if not self._let_into:
            return 0.0, 0.0
        self.plane.pull(self.h, self.carry)
        done = super()._let_in(dt_s)
        self.plane.push(self.h, self.carry)
        return done

    def _work(self, dt_s: float) -> Worked:
        self.plane.pull(self.h, self.carry)
        done = super()._work(dt_s)
        self.plane.push(self.h, self.carry)
        return done
