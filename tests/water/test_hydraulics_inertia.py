"""Local inertia where it is right: slow flow."""

from __future__ import annotations

import numpy as np

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
