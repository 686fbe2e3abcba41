"""Local inertia where it is right: slow flow."""

from __future__ import annotations

import numpy as np
import pytest

from water.hydraulics.model import Boundary, Forcing, Grid, Ground, Kind, Method, Series, Side
from water.hydraulics.simulation import Scenario, Simulation


def test_a_uniform_channel_runs_at_the_normal_depth():
    """Manning's formula is the oracle: 1 in 1000, n 0.03, 2 m²/s."""
    grid, slope, n, q = Grid(1, 200, 20.0), 1e-3, 0.03, 2.0
    bed = -slope * grid.cell_m * np.arange(200.0)[None]
    boundaries = (
        Boundary(Side.WEST, 0, 1, Kind.DISCHARGE, Series.constant(q * grid.cell_m)),
        Boundary(Side.EAST, 0, 1, Kind.FREE, slope=slope),
    )
    normal = (q * n / slope**0.5) ** 0.6
    run = Simulation(
        Scenario(Ground(grid, bed, n), Forcing(boundaries), 20_000.0), Method(longest_step_s=30.0), 0.5
    )
    run.advance()
    np.testing.assert_allclose(run.h[0], normal, rtol=2e-3)


@pytest.mark.parametrize("bits", [64, 32])
@pytest.mark.parametrize(
    ("slope", "n", "q"), [(0.002, 0.02, 2.0), (0.004, 0.02, 2.0), (0.005, 0.01, 2.0), (0.05, 0.015, 2.0)]
)
def test_a_steep_channel_is_steady_at_its_normal_depth_or_at_the_critical_one(
    slope: float, n: float, q: float, bits: int
) -> None:
    """Froude 0.7, 0.96, 2 and 3.9. Water stood up to eight times too deep, in waves that had no end."""
    grid = Grid(1, 200, 10.0)
    bed = -slope * grid.cell_m * np.arange(200.0)[None]
    boundaries = (
        Boundary(Side.WEST, 0, 1, Kind.DISCHARGE, Series.constant(q * grid.cell_m)),
        Boundary(Side.EAST, 0, 1, Kind.FREE, slope=slope),
    )
    asked = Scenario(Ground(grid, bed, n), Forcing(boundaries), 2_400.0)
    run = Simulation(asked, Method(bits=bits, longest_step_s=30.0))
    run.advance()
    normal, critical = (q * n / slope**0.5) ** 0.6, (q * q / 9.81) ** (1 / 3)
    np.testing.assert_allclose(run.h[0], max(normal, critical), rtol=3e-3)
    np.testing.assert_allclose(run.across[0], q, rtol=3e-3)
    assert abs(run.imbalance) < (1e-12 if bits == 64 else 1e-7)


@pytest.mark.parametrize("scheme", ["inertia", "godunov"])
def test_a_flood_down_a_steep_valley_keeps_within_reason(scheme: str) -> None:
    """A reservoir let go at the head of a valley of 3 %: nowhere deeper than it stood, no water lost."""
    rows, columns, cell_m = 40, 160, 10.0
    y = (np.arange(rows) - 0.5 * (rows - 1))[:, None] * cell_m
    bed = 0.03 * cell_m * (columns - np.arange(columns))[None] + 0.1 * np.abs(y)
    start = np.where(np.arange(columns) < 30, np.maximum(bed[:, 29:30].min() + 8.0 - bed, 0.0), 0.0)
    free = (Boundary(Side.EAST, 0, rows, Kind.FREE, slope=0.03),)
    run = Simulation(
        Scenario(Ground(Grid(rows, columns, cell_m), bed, 0.04), Forcing(free), 900.0), Method(scheme), start
    )
    deepest, came = 0.0, False
    while run.t_s < 900.0:
        run.advance(steps=20)
        deepest = max(deepest, float(run.h[:, 40:].max()))
        came |= bool(run.h[:, -1].max() > 0.2)
    assert came and deepest < start.max() and abs(run.imbalance) < 1e-7
    assert np.array_equal(run.h, run.h[::-1])
