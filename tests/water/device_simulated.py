"""The same runs on the processor and on a device that numba plays in Python; prints how they compare.

A program of its own: whether numba plays the device is settled as it is imported.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

os.environ["NUMBA_ENABLE_CUDASIM"] = "1"

import numpy as np

from water.hydraulics.device.simulation import DeviceSimulation
from water.hydraulics.edges import Edge
from water.hydraulics.model import (
    Boundary,
    ConstantLoss,
    Forcing,
    GreenAmpt,
    Grid,
    Ground,
    Inflow,
    Kind,
    Method,
    Rain,
    Series,
    Side,
)
from water.hydraulics.simulation import Scenario, Simulation
from water.hydraulics.works import Breach, Channel, Culvert, Dyke, Gate, LinearGrowth, Pump, Works

UNTIL_S = 600.0


def everything() -> tuple[Scenario, np.ndarray]:
    """Rain that soaks in, all four kinds of boundary, and every kind of works on a few cells."""
    rows, columns = 6, 11
    chance = np.random.default_rng(3)
    terrain = chance.uniform(0, 0.4, (rows, columns)) + np.linspace(1, 0, columns)
    dyke = Dyke(tuple(Edge("x", row, 6) for row in range(rows)), (1.3,) * rows)
    works = Works(
        dykes=(dyke,),
        breaches=(Breach(Edge("x", 3, 6), 0.0, 30.0, 0.3, LinearGrowth(60.0), 5.0),),
        gates=(Gate(Edge("y", 5, 2), 0.9, 6.0, Series((0.0, UNTIL_S), (0.1, 0.5))),),
        culverts=(Culvert((1, 5), (1, 6), 0.1, 0.1, 1.0, 0.5),),
        pumps=(Pump((4, 4), None, Series.constant(0.5), 1.0, 0.5),),
        channels=(Channel(((5, 7), (5, 8), (5, 9)), (2.0,) * 3, (-0.6, -0.7, -0.8), end_slope=1e-3),),
    )
    forcing = Forcing(
        (
            Boundary(Side.WEST, 1, 5, Kind.DISCHARGE, Series((0.0, UNTIL_S), (5.0, 30.0))),
            Boundary(Side.EAST, 0, rows, Kind.FREE),
            Boundary(Side.FIRST, 8, 10, Kind.STAGE, Series((0.0, UNTIL_S), (0.5, 1.5))),
        ),
        Rain(Series.constant(5e-5)),
        GreenAmpt(1e-6, 0.1, 0.3),
        (Inflow(3, 2, Series.constant(3.0)),),
    )
    wet = np.where(chance.random((rows, columns)) < 0.3, 0.3, 0.0)
    return Scenario(Ground(Grid(rows, columns, 10.0), terrain), forcing, UNTIL_S, works), wet


def puddles() -> tuple[Scenario, np.ndarray]:
    """Two waters in thirteen tiles, one of which soaks away: tiles are left alone again, all but three."""
    rows, columns = 50, 8
    losing = np.zeros((rows, columns))
    losing[40:] = 1e-3
    wet = np.zeros((rows, columns))
    wet[48:] = 2e-3
    forcing = Forcing(infiltration=ConstantLoss(losing), inflows=(Inflow(3, 4, Series.constant(6.0)),))
    return Scenario(Ground(Grid(rows, columns, 10.0), np.zeros((rows, columns))), forcing, UNTIL_S), wet


def compared(scenario: Scenario, wet: np.ndarray, method: Method, steps: int) -> dict[str, Any]:
    """How far apart the two runs are after so many steps, the last of them taken up from a kept state."""
    processor, device = Simulation(scenario, method, wet), DeviceSimulation(scenario, method, wet)
    began = device.tiles.share
    processor.advance(steps=steps)
    device.advance(steps=steps - 1)
    device = DeviceSimulation(scenario, method, device.state)
    device.advance(steps=1)
    names = ("h", "carry", "across", "along")
    pairs = [(getattr(processor, name), getattr(device, name)) for name in names]
    ledgers = [
        (run.ledger.net_m3, run.ledger.rained_m3 + run.ledger.infiltrated_m3) for run in (processor, device)
    ]
    return {
        "steps": device.steps,
        "same": all(np.array_equal(*pair) for pair in pairs),
        "apart": max(float(np.abs(a - b).max()) for a, b in pairs),
        "flows": float(np.abs(device.across).max()),
        "seconds_apart": abs(processor.t_s - device.t_s),
        "ledger_apart_m3": max(abs(a - b) for a, b in zip(*ledgers, strict=True)),
        "imbalance": abs(device.imbalance),
        "tiles": [began, device.tiles.share, processor.tiles.share],
    }


def main() -> None:
    found = {
        f"{scheme}-{bits}": compared(*everything(), Method(scheme, bits), steps=2)  # type: ignore[arg-type]
        for scheme in ("inertia", "godunov")
        for bits in (32, 64)
    }
    found["puddles"] = compared(*puddles(), Method("inertia", 32), steps=9)
    json.dump(found, sys.stdout)


if __name__ == "__main__":
    main()
