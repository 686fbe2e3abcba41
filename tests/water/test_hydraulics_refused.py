"""What a run refuses, each with its value and the way out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from water.errors import (
    BadBoundary,
    BadForcing,
    BadGround,
    BadHydraulicRun,
    BadState,
    DeadSeries,
    RunTooLong,
)
from water.hydraulics.estimate import allow, estimate
from water.hydraulics.model import Boundary, Forcing, Grid, Ground, Inflow, Kind, Method, Rain, Series, Side
from water.hydraulics.simulation import Scenario, Simulation

GRID = Grid(4, 5, 10.0)
FLAT = np.zeros((4, 5))
STEADY = Series.constant(1.0)


def scenario(terrain=FLAT, manning=0.03, until=100.0, **forcing) -> Scenario:
    return Scenario(Ground(GRID, terrain, manning), Forcing(**forcing), until)


def holed() -> np.ndarray:
    terrain = FLAT.copy()
    terrain[2, 3] = np.nan
    return terrain


@pytest.mark.parametrize(
    ("kind", "says", "wrong"),
    [
        (BadGround, "row 2,.*column 3", scenario(holed())),
        (BadGround, "-0.03", scenario(manning=-0.03)),
        (BadGround, r"\(5, 4\)", scenario(FLAT.T)),
        (BadForcing, "-1e-06", scenario(rain=Rain(Series.constant(-1e-6)))),
        (BadGround, "rain pattern", scenario(rain=Rain(STEADY, -np.ones((4, 5))))),
        (BadForcing, "must rise", scenario(rain=Rain(Series((0.0, 0.0), (1.0, 1.0))))),
        (
            DeadSeries,
            "from 50 s",
            scenario(inflows=(Inflow(0, 0, Series((0.0, 50.0, 100.0), (1, np.nan, 1))),)),
        ),
        (DeadSeries, "0 to 60 s", scenario(inflows=(Inflow(0, 0, Series((0.0, 60.0), (1.0, 1.0))),))),
        (BadForcing, "row 9", scenario(inflows=(Inflow(9, 0, STEADY),))),
        (BadBoundary, "0–4", scenario(boundaries=(Boundary(Side.WEST, 0, 5, Kind.FREE),))),
        (BadBoundary, "stage need", scenario(boundaries=(Boundary(Side.WEST, 0, 4, Kind.STAGE),))),
        (BadBoundary, "one face", scenario(boundaries=(Boundary(Side.WEST, 0, 2, Kind.FREE),) * 2)),
    ],
)
def test_what_cannot_be_is_refused_with_its_value(kind, says, wrong):
    with pytest.raises(kind, match=says):
        Simulation(wrong, Method())


def test_settings_no_scheme_takes_are_refused():
    for method in (
        Method(courant=0.7),
        Method(theta=0.0),
        Method("roe"),
        Method(bits=16),
        Method(dry_m=-1.0),
    ):
        with pytest.raises(BadHydraulicRun):
            Simulation(scenario(), method)


def test_a_state_of_another_run_is_refused():
    state = Simulation(scenario(), Method(), 1.0).state
    for method in (Method(bits=32), Method("godunov")):
        with pytest.raises(BadState, match="inertia"):
            Simulation(scenario(), method, state)
    with pytest.raises(BadGround, match="-1"):
        Simulation(scenario(), Method(), -1.0)


def test_a_run_of_days_is_refused_with_its_estimate():
    small = scenario()
    city = replace(small, ground=Ground(Grid(2345, 2345, 20.0), np.zeros((2345, 2345))), until_s=72 * 3600.0)
    expected = estimate(city, Method(bits=32), deepest_m=6.0, wet_share=0.15)
    # 0.62 · 20 m / √(6 g) = 1.616 s a step.
    assert expected.steps == pytest.approx(72 * 3600 / 1.6163, rel=1e-3)
    assert allow(expected, 3600.0 * 24) is expected
    with pytest.raises(RunTooLong, match=f"{expected.seconds:.0f}") as refused:
        allow(expected, 600.0)
    assert refused.value.details["steps"] == expected.steps
    times = tuple(float(each) for each in range(72 * 3600 + 1))
    dense = replace(city, forcing=Forcing(inflows=(Inflow(0, 0, Series(times, (1.0,) * len(times))),)))
    # Each second of its inflow ends a step.
    more = estimate(dense, Method(bits=32), deepest_m=6.0, wet_share=0.15).steps
    assert more == expected.steps + 72 * 3600 - 1


@pytest.mark.parametrize("until_s", [-1.0, np.nan, np.inf])
def test_a_run_without_an_end_is_refused(until_s):
    with pytest.raises(BadHydraulicRun, match=str(until_s)):
        Simulation(scenario(until=until_s), Method())
