"""The Godunov scheme against exact solutions; error is Σ|h - exact| / Σ exact on 400 cells."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from analytic_flows import macdonald, ritter, stoker, thacker

from water.hydraulics.godunov_boundary import at_wall
from water.hydraulics.model import Boundary, Forcing, Grid, Ground, Kind, Method, Series, Side
from water.hydraulics.simulation import Scenario, Simulation

FLUME = Method("godunov")


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


def moving(scenario: Scenario, depth: np.ndarray, speed: np.ndarray) -> Simulation:
    """A run that begins with flow along x."""
    begun = Simulation(scenario, FLUME, depth[None]).state
    return Simulation(scenario, FLUME, replace(begun, across_m2_s=(depth * speed)[None]))


@pytest.mark.parametrize(("ratio", "limit"), [(1.2, 0.0004), (10.0, 0.0025), (1000.0, 0.0080)])
def test_a_bore_runs_at_its_own_speed(ratio, limit):
    grid, x = flume(100.0, 400)
    ahead = 1.0 / ratio
    speed = np.sqrt(9.81 * (1.0 + ahead) / (2.0 * ahead))
    behind = speed * (1.0 - ahead)
    inflow = Boundary(Side.WEST, 0, 1, Kind.DISCHARGE, Series.constant(behind * grid.cell_m))
    scenario = Scenario(Ground(grid, np.zeros((1, 400)), 0.0), Forcing((inflow,)), 60.0 / speed)
    start = x < 20.0
    run = moving(scenario, np.where(start, 1.0, ahead), np.where(start, behind, 0.0))
    run.advance()
    # 80 m from the west: where the water behind it ends, and what stands where it has been.
    reached = (run.h[0] - ahead).sum() * grid.cell_m / (1.0 - ahead)
    assert abs(reached - 80.0) < 1e-6
    assert error(run.h[0], np.where(x < 80.0, 1.0, ahead)) < limit
    assert run.h.max() < 1.02


def test_waters_that_part_leave_dry_ground_between_them():
    """Two fans as after Ritter, each about its own front; neither depth nor flow is made up between them."""
    grid, x = flume(100.0, 400)
    x -= 50.0
    c, away, t_s = np.sqrt(9.81), 8.0, 3.0
    run = moving(
        Scenario(Ground(grid, np.zeros((1, 400)), 0.0), Forcing(), t_s), np.ones(400), np.sign(x) * away
    )
    run.advance()
    xi = np.abs(x) / t_s
    fan = np.clip(xi - (away - 2.0 * c), 0.0, 3.0 * c) ** 2 / (9.0 * 9.81)
    inside = np.abs(x) < 25.0
    assert (fan[inside] == 0).sum() > 30
    assert np.abs(run.h[0] - fan)[inside].sum() / fan[inside].sum() < 0.015
    np.testing.assert_array_equal(run.h[0], run.h[0, ::-1])
    np.testing.assert_array_equal(run.across[0], -run.across[0, ::-1])
    assert abs(run.imbalance) < 1e-12


def test_a_fan_through_critical_has_no_step():
    """Where flow passes critical at the dam a scheme with too narrow waves leaves a bore that is none."""
    grid, x = flume(100.0, 400)
    start = np.where(x < 50.0, 1.0, 0.01)
    run = Simulation(Scenario(Ground(grid, np.zeros((1, 400)), 0.0), Forcing(), 6.0), FLUME, start[None])
    run.advance()
    falls = -np.diff(run.h[0])[180:220]
    exact = -np.diff(stoker(x - 50.0, 6.0, 1.0, 0.01))[180:220]
    assert (np.abs(falls - exact) < 0.1 * exact).all()


@pytest.mark.parametrize("ratio", [1e-4, 0.5, 5.0, 1e3])
def test_water_that_runs_against_a_wall_is_stopped_by_a_bore(ratio):
    """Depth behind it by mass and momentum, found anew by halving."""
    depth, c = 0.3, np.sqrt(9.81 * 0.3)
    low, high = depth, depth * (1.0 + 2.0 * ratio + ratio**2)
    for _ in range(200):
        middle = 0.5 * (low + high)
        stopped = (middle - depth) * np.sqrt(0.5 * 9.81 * (middle + depth) / (middle * depth))
        low, high = (middle, high) if stopped < ratio * c else (low, middle)
    assert at_wall(depth, ratio * c, 1e-9) == pytest.approx(low, rel=1e-9)


@pytest.mark.parametrize("bits", [32, 64])
def test_a_thin_front_that_meets_a_wall_holds_nothing_up(bits):
    """It did: its pressure was that of a fan, thousands of times too much, and steps grew ever shorter."""
    grid = Grid(100, 100, 1.0)
    y, x = np.mgrid[:100, :100]
    start = np.where(x + y < 99, 10.0, 0.0)
    scenario = Scenario(Ground(grid, np.zeros((100, 100)), 0.0), Forcing(), 2.0)
    run = Simulation(scenario, Method("godunov", bits), start)
    fastest = 0.0
    while run.t_s < 2.0:
        run.advance(steps=1)
        wet = run.h > 1e-5
        fastest = max(fastest, float((np.hypot(run.across, run.along)[wet] / run.h[wet]).max()))
    assert fastest <= 2.0 * np.sqrt(9.81 * 10.0)
    assert run.steps < 120
    np.testing.assert_array_equal(run.h, run.h.T)
