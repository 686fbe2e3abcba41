"""The Godunov scheme against exact solutions; error is Σ|h - exact| / Σ exact on 400 cells."""

from __future__ import annotations

import numpy as np
import pytest
from analytic_flows import macdonald, ritter, stoker, thacker

from water.hydraulics.model import Boundary, Forcing, Grid, Ground, Kind, Method, Series, Side
from water.hydraulics.simulation import Scenario, Simulation

FLUME = Method("godunov", courant=0.45, dry_m=1e-9)


def flume(length_m: float, cells: int) -> tuple[Grid, np.ndarray]:
    cell = length_m / cells
    return Grid(1, cells, cell), (np.arange(cells) + 0.5) * cell


def error(h: np.ndarray, exact: np.ndarray) -> float:
    return float(np.abs(h - exact).sum() / exact.sum())


@pytest.mark.parametrize(("right", "limit"), [(0.0, 0.0020), (1e-3, 0.0018)], ids=["ritter", "stoker"])
def test_a_dam_breaks_onto_a_bed(right, limit):
    grid, x = flume(10.0, 400)
    x -= 5.0
    start = np.where(x < 0, 5e-3, right)[None]
    run = Simulation(Scenario(Ground(grid, np.zeros((1, 400)), 0.0), Forcing(), 6.0), FLUME, start)
    run.advance()
    exact = ritter(x, 6.0, 5e-3) if right == 0 else stoker(x, 6.0, 5e-3, right)
    assert error(run.h[0], exact) <= limit
    assert abs(run.imbalance) < 1e-10


def test_a_planar_surface_swings_in_a_bowl_for_three_periods():
    grid, x = flume(4.0, 400)
    period = 2 * np.pi / np.sqrt(2 * 9.81 * 0.5)
    bed, start = thacker(x, 0.0)
    run = Simulation(Scenario(Ground(grid, bed[None], 0.0), Forcing(), 3 * period), FLUME, start[None])
    run.advance()
    assert error(run.h[0], thacker(x, 3 * period)[1]) <= 0.0020
    assert abs(run.imbalance) < 1e-10


def test_steady_flow_through_critical_is_right_up_to_its_boundaries():
    grid, x = flume(100.0, 200)
    bed, exact = macdonald(x)
    boundaries = (
        Boundary(Side.WEST, 0, 1, Kind.DISCHARGE, Series.constant(2.0 * grid.cell_m)),
        Boundary(Side.EAST, 0, 1, Kind.FREE),
    )
    run = Simulation(
        Scenario(Ground(grid, bed[None], 0.0328), Forcing(boundaries), 400.0), Method("godunov"), exact[None]
    )
    run.advance()
    off = np.abs(run.h[0] - exact)
    assert off.mean() <= 0.005
    assert off[[0, 1, -2, -1]].max() <= 0.005


def hump(cells: int) -> tuple[Simulation, np.ndarray]:
    """A smooth wave over a smooth bed before any shock forms, cell averages."""
    grid, _ = flume(100.0, cells)
    edges = np.linspace(0.0, 100.0, cells + 1)
    # Averages of cos² over cells, exactly.
    average = 0.5 + np.diff(np.sin(2 * np.pi * edges / 100.0)) / np.diff(edges) * 100.0 / (4 * np.pi)
    bed, start = 0.3 * average, 2.0 - 0.3 * average + 0.1 * (1.0 - average)
    return Simulation(
        Scenario(Ground(grid, bed[None], 0.0), Forcing(), 6.0), Method("godunov"), start[None]
    ), average


def test_the_order_on_smooth_flow():
    depths = []
    for cells in (100, 200, 1600):
        run, _ = hump(cells)
        run.advance()
        depths.append(run.h[0])
    finest = depths[-1]
    off = [np.abs(h - finest.reshape(len(h), -1).mean(1)).mean() for h in depths[:2]]
    assert np.log2(off[0] / off[1]) >= 1.7
