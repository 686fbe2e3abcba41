"""Where a run is computed 在何处计算: on a graphics processor where there is one, else on the processor."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from water.hydraulics.model import Floats, Method, State
from water.hydraulics.simulation import Scenario, Simulation

DRIVERS: Final = ("/dev/nvidiactl", "/dev/dxg")
"""Where a driver shows; without one nothing of CUDA is imported."""
FEWEST_CELLS: Final = 100_000
"""A smaller plane is computed faster by the processor (measured for LISFLOOD-FP 8 in the literature)."""


def begun(scenario: Scenario, method: Method, state: State | Floats | float = 0.0) -> Simulation:
    """A run from a kept state, or from water at rest of a depth (per cell) at time 0."""
    grid = scenario.ground.grid
    if grid.rows * grid.columns >= FEWEST_CELLS and any(Path(each).exists() for each in DRIVERS):
        from water.hydraulics.device.porting import available

        if available():
            from water.hydraulics.device.simulation import DeviceSimulation

            return DeviceSimulation(scenario, method, state)
    return Simulation(scenario, method, state)
