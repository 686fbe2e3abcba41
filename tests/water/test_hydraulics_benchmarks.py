"""Cases that solvers are compared by: run-up on a beach, a sill in the way, a source on a plain, friction."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from analytic_flows import riemann
from fine_flows import along_a_line

from water.hydraulics.edges import Edge
from water.hydraulics.model import Boundary, Forcing, Grid, Ground, Kind, Method, Series, Side
from water.hydraulics.simulation import Scenario, Simulation
from water.hydraulics.works import Dyke, Works

G = 9.81


def off(depth: np.ndarray, exact: np.ndarray) -> float:
    return float(np.abs(depth - exact).sum() / exact.sum())


@pytest.mark.parametrize("bits", [64, 32])
def test_a_solitary_wave_runs_up_a_beach_as_high_as_synolakis_says(bits: int) -> None:
    """Synolakis (1987): H/d = 0.0185 onto 1 in 19.85, run-up 2.831 √cot β (H/d)^(5/4)."""
    height, cot, cell_m = 0.0185, 19.85, 0.05
    x = np.arange(-4.0, 90.0, cell_m) + 0.5 * cell_m
    bed = np.where(x < cot, -x / cot, -1.0)
    steep = np.sqrt(0.75 * height)
    crest = cot + np.arccosh(np.sqrt(20.0)) / steep
    raised = height / np.cosh(steep * (x - crest)) ** 2
    depth = np.where(bed < 0.0, np.maximum(raised - bed, 0.0), 0.0)
    asked = Scenario(Ground(Grid(1, x.size, cell_m), bed[None], 0.0), Forcing(), 30.0)
    still = Simulation(asked, Method("godunov", bits), depth[None]).state
    coming = (-raised * np.sqrt(G) * depth)[None].astype(still.h_m.dtype)
    run = Simulation(asked, Method("godunov", bits), replace(still, across_m2_s=coming))
    shore = [float(bed[each.h[0] > 1e-3].max()) for each in run.reports(every_s=0.25)]
    assert max(shore) == pytest.approx(2.831 * np.sqrt(cot) * height**1.25, rel=0.02)
    assert 50.0 < np.argmax(shore) * 0.25 * np.sqrt(G) < 58.0
    assert abs(run.imbalance) < (1e-12 if bits == 64 else 1e-9)


@pytest.mark.parametrize("angle", [0.0, 53.13])
def test_water_left_to_itself_is_slowed_by_manning_alone(angle: float) -> None:
    """In the middle of a plain u = u₀ / (1 + g n² u₀ t / h^(4/3)); of first order in the step."""
    cells, n, deep, fast, t_s = 160, 0.03, 0.5, 2.0, 60.0
    asked = Scenario(Ground(Grid(cells, cells, 5.0), np.zeros((cells, cells)), n), Forcing(), t_s)
    still = Simulation(asked, Method("godunov"), deep).state
    across, along = (np.full((cells, cells), deep * fast * f(np.deg2rad(angle))) for f in (np.cos, np.sin))
    run = Simulation(asked, Method("godunov"), replace(still, across_m2_s=across, along_m2_s=along))
    run.advance()
    middle = (cells // 2, cells // 2)
    speed = np.hypot(run.across[middle], run.along[middle]) / run.h[middle]
    exact = fast / (1 + G * n * n * fast * t_s / deep ** (4 / 3))
    assert run.h[middle] == pytest.approx(deep, rel=1e-6) and speed == pytest.approx(exact, rel=0.015)


@pytest.mark.parametrize("bits", [64, 32])
def test_a_dam_breaks_against_a_sill_with_a_pool_behind_it(bits: int) -> None:
    """The set-up of Soares-Frazão (2007) between closed ends: over the sill, into the pool, thrown back."""
    length_m, n, until_s, cell_m = 38.0, 0.0125, 20.0, 0.1

    def ground(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        bed = np.maximum(0.0, 0.4 * (1 - np.abs(x - 28.5) / 3))
        pool = np.where(x > 28.5, np.maximum(0.0, 0.15 - bed), 0.0)
        return bed, np.where(x < 15.5, 0.75, pool)

    fine_m = 0.02
    fine = along_a_line(*ground(np.arange(fine_m / 2, length_m, fine_m)), fine_m, n, until_s)
    bed, depth = ground(np.arange(cell_m / 2, length_m, cell_m))
    asked = Scenario(Ground(Grid(1, bed.size, cell_m), bed[None], n), Forcing(), until_s)
    run = Simulation(asked, Method("godunov", bits), depth[None])
    run.advance()
    assert off(run.h[0], fine.reshape(-1, 5).mean(1)) < 0.02
    behind = run.h[0, 310:].sum() * cell_m
    assert (
        behind == pytest.approx(fine[1550:].sum() * fine_m, rel=0.02)
        and behind > 1.2 * depth[310:].sum() * cell_m
    )
    assert abs(run.imbalance) < (1e-12 if bits == 64 else 1e-8)


@pytest.mark.parametrize("n", [0.01, 0.03])
def test_a_dam_breaks_onto_a_rough_plain(n: float) -> None:
    """The set-up of Dressler (1952) with Manning's friction, which holds the tip: against a plain scheme."""
    length_m, cell_m, fine_m, until_s = 2000.0, 5.0, 1.0, 60.0
    at, fine_at = np.arange(cell_m / 2, length_m, cell_m), np.arange(fine_m / 2, length_m, fine_m)
    fine = along_a_line(0.0 * fine_at, np.where(fine_at < 1000.0, 6.0, 0.0), fine_m, n, until_s)
    ground = Ground(Grid(1, at.size, cell_m), np.zeros((1, at.size)), n)
    depth = np.where(at < 1000.0, 6.0, 0.0)
    run = Simulation(Scenario(ground, Forcing(), until_s), Method("godunov"), depth[None])
    run.advance()
    assert off(run.h[0], fine.reshape(-1, 5).mean(1)) < 0.003
    assert abs((run.h[0] > 0.01).sum() * cell_m - (fine > 0.01).sum() * fine_m) <= 2 * cell_m


def test_a_dam_that_lies_across_the_cells_breaks_as_one_along_them() -> None:
    """Stoker's wave at 45° to the grid, along its diagonal and all over, in 1 m cells."""
    cells, t_s, left, right = 200, 10.0, (1.0, 0.0), (0.1, 0.0)
    at = np.arange(cells) + 0.5 - cells / 2
    away = (at[:, None] + at[None]) / np.sqrt(2.0)
    asked = Scenario(Ground(Grid(cells, cells, 1.0), np.zeros((cells, cells)), 0.0), Forcing(), t_s)
    run = Simulation(asked, Method("godunov"), np.where(away < 0.0, left[0], right[0]))
    run.advance()
    exact = riemann(away / t_s, left, right)
    # Waves of the walls come in from the corners.
    seen = np.abs(at[:, None] - at[None]) < 60.0
    assert off(run.h[seen], exact[seen]) < 0.004
    assert np.array_equal(run.h, run.h.T)


@pytest.mark.parametrize("scheme, limit", [("godunov", 0.04), ("inertia", 0.09)])
def test_water_from_a_side_spreads_over_a_plain_in_half_circles(scheme: str, limit: float) -> None:
    """Test 4 of the Environment Agency's set-up: up to 20 m³/s in at the middle of a side, n = 0.05.

    The fine line is of first order, 0.02 off itself; local inertia rubs each axis by its own discharge.
    """
    cell_m, rows, columns, n, until_s = 10.0, 120, 60, 0.05, 5400.0
    times, flow = (0.0, 300.0, 3600.0, 14400.0), (0.0, 0.0, 20.0, 20.0)
    entry = Boundary(Side.WEST, 59, 61, Kind.DISCHARGE, Series(times, flow))
    asked = Scenario(
        Ground(Grid(rows, columns, cell_m), np.zeros((rows, columns)), n), Forcing((entry,)), until_s
    )
    run = Simulation(asked, Method(scheme, 32))
    run.advance()
    line_m, over = 2.0, np.zeros(330)
    over[:10] = 1.0
    half_circle_m2 = 0.5 * np.pi * (10 * line_m) ** 2
    fine = along_a_line(
        np.zeros(330), np.zeros(330), line_m, n, until_s,
        turned=True, source_m_s=lambda t: over * (np.interp(t, times, flow) / half_circle_m2),
    )  # fmt: skip
    away = np.hypot(((np.arange(rows) + 0.5) - 60)[:, None] * cell_m, (np.arange(columns) + 0.5) * cell_m)
    exact = np.interp(away, (np.arange(330) + 0.5) * line_m, fine)
    seen = away > 60.0
    assert off(run.h[seen], exact[seen]) < limit
    front = (fine > 0.01).sum() * line_m
    assert abs((run.h[60] > 0.01).sum() * cell_m - front) <= 2.5 * cell_m
    assert abs((run.h[:60, 0] > 0.01).sum() * cell_m - front) <= 2.5 * cell_m


def test_a_dam_that_breaks_in_part_converges() -> None:
    """Fennema & Chaudhry (1990): 75 m of a wall give way, aside of the middle; 10 m against 5 m, 7.2 s."""
    found = []
    for cell_m in (5.0, 1.25):
        cells = round(200 / cell_m)
        at = (np.arange(cells) + 0.5) * cell_m
        walls = [np.flatnonzero(at < 95), np.flatnonzero(at > 170)]
        dykes = tuple(
            Dyke(tuple(Edge("x", int(row), cells // 2) for row in rows), (50.0,) * len(rows))
            for rows in walls
        )
        ground = Ground(Grid(cells, cells, cell_m), np.zeros((cells, cells)), 0.0)
        depth = np.where(at < 100, 10.0, 5.0) * np.ones((cells, 1))
        run = Simulation(Scenario(ground, Forcing(), 7.2, Works(dykes=dykes)), Method("godunov"), depth)
        run.advance()
        found.append(run.h.reshape(40, cells // 40, 40, cells // 40).mean((1, 3)))
        assert run.h.max() == pytest.approx(10.0) and abs(run.imbalance) < 1e-12
    assert off(*found) < 0.008
    assert np.flatnonzero(found[1][26] > 5.2).max() * 5.0 == pytest.approx(167.5, abs=7.5)
