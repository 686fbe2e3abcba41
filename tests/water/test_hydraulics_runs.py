"""Either scheme: water is neither made nor lost, runs are repeated and taken up bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

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

METHODS = [Method("inertia", 64), Method("inertia", 32), Method("godunov", 64), Method("godunov", 32)]
GRID = Grid(70, 150, 10.0)


def str_of(method: Method) -> str:
    return f"{method.scheme}-{method.bits}"


def hills(grid: Grid = GRID) -> np.ndarray:
    rng = np.random.default_rng(7)
    y, x = np.mgrid[: grid.rows, : grid.columns]
    return 20.0 + np.sin(x / 9.0) + np.cos(y / 7.0) - 0.02 * x + 0.1 * rng.random((grid.rows, grid.columns))


def flood(infiltration: ConstantLoss | GreenAmpt | None = None, rain: bool = True) -> Scenario:
    boundaries = (
        Boundary(Side.EAST, 10, 60, Kind.FREE, slope=0.002),
        Boundary(Side.FIRST, 5, 30, Kind.STAGE, Series((0.0, 900.0), (18.0, 20.5))),
        Boundary(Side.WEST, 30, 34, Kind.DISCHARGE, Series((0.0, 300.0, 900.0), (0.0, 60.0, 20.0))),
    )
    return Scenario(
        Ground(GRID, hills(), 0.035),
        Forcing(
            boundaries,
            Rain(Series((0.0, 400.0, 900.0), (3e-5, 1e-5, 0.0))) if rain else None,
            infiltration,
            (Inflow(40, 70, Series.constant(5.0)),),
        ),
        900.0,
    )


@pytest.mark.parametrize("method", METHODS, ids=str_of)
@pytest.mark.parametrize(
    "loss", [None, ConstantLoss(2e-6), GreenAmpt(1e-6, 0.11, 0.3)], ids=["tight", "constant", "green-ampt"]
)
def test_water_is_kept_at_every_step(method, loss):
    run = Simulation(flood(loss), method)
    worst = 0.0
    while run.t_s < 900.0:
        run.advance(steps=1)
        worst = max(worst, abs(run.imbalance))
        assert run.h.min() >= 0
    assert worst < (1e-10 if method.bits == 64 else 1e-6)
    assert run.ledger.rained_m3 > 0 and run.ledger.entered_m3 > 0 and run.ledger.left_m3 > 0
    assert (run.ledger.infiltrated_m3 > 0) == (loss is not None)


@pytest.mark.parametrize("method", METHODS, ids=str_of)
@pytest.mark.parametrize("rain", [True, False])
def test_a_run_taken_up_again_is_the_run_that_was_never_stopped(method, rain):
    whole = Simulation(flood(rain=rain), method)
    whole.advance()
    parts = Simulation(flood(rain=rain), method)
    for steps in (3, 50, 17):
        parts.advance(steps=steps)
        parts = Simulation(flood(rain=rain), method, parts.state)
    parts.advance()
    assert whole.h.tobytes() == parts.h.tobytes()
    assert whole.across.tobytes() == parts.across.tobytes()
    assert (whole.steps, whole.ledger) == (parts.steps, parts.ledger)


@pytest.mark.parametrize("method", METHODS, ids=str_of)
def test_dry_tiles_change_nothing_but_the_time(method):
    few, all_tiles = (Simulation(flood(rain=False), method) for _ in range(2))
    all_tiles.tiles.seeds[:] = True
    few.advance(400.0)
    all_tiles.advance(400.0)
    assert few.tiles.share < 1
    assert few.across.tobytes() == all_tiles.across.tobytes()
    assert few.h.tobytes() == all_tiles.h.tobytes()


@pytest.mark.parametrize("method", METHODS, ids=str_of)
def test_a_grid_of_any_size_is_the_same_by_all_tiles_and_by_few(method):
    """Grids that are no whole tiles, down to one cell; puddles in a few corners of them run out."""
    rng = np.random.default_rng(11)
    shares = []
    for rows, columns in [(1, 1), (2, 3), (3, 90), (5, 17), (33, 16), (47, 49), (90, 2), (61, 97)]:
        bed = 0.3 * rng.random((rows, columns)) + 0.01 * np.arange(columns)
        wet = np.where(rng.random((rows, columns)) < 1.5 / (rows * columns) + 0.002, 1.0, 0.0)
        scenario = Scenario(
            Ground(Grid(rows, columns, 5.0), bed, 0.03),
            Forcing((Boundary(Side.LAST, 0, columns, Kind.FREE),), inflows=()),
            60.0,
        )
        few, whole = (Simulation(scenario, method, wet) for _ in range(2))
        whole.tiles.seeds[:] = True
        few.advance(60.0)
        whole.advance(60.0)
        shares.append(few.tiles.share)
        for name in ("h", "carry", "across", "along"):
            assert getattr(few, name).tobytes() == getattr(whole, name).tobytes(), (rows, columns, name)
        assert few.ledger == whole.ledger
    assert min(shares) < 0.9


@pytest.mark.parametrize("method", METHODS, ids=str_of)
def test_a_lake_over_islands_stays_at_rest(method):
    bed = hills()
    run = Simulation(Scenario(Ground(GRID, bed, 0.03), Forcing(), 600.0), method, np.maximum(0.0, 19.5 - bed))
    assert 0.1 < (run.h == 0).mean() < 0.9
    run.advance()
    assert max(np.abs(run.across).max(), np.abs(run.along).max()) < (1e-12 if method.bits == 64 else 1e-3)
    assert np.abs((run.h + bed - 19.5)[run.h > 0.01]).max() < (1e-12 if method.bits == 64 else 1e-4)


@pytest.mark.parametrize("method", METHODS[::2], ids=str_of)
def test_what_is_symmetric_stays_symmetric(method):
    grid = Grid(41, 41, 5.0)
    y, x = np.mgrid[-20:21, -20:21]
    start = np.where(x * x + y * y < 60, 2.0, 0.0)
    run = Simulation(Scenario(Ground(grid, np.zeros((41, 41)), 0.03), Forcing(), 60.0), method, start)
    run.advance()
    assert run.h[20, 30] > 0.01
    for turned in (run.h[::-1], run.h[:, ::-1], run.h.T):
        np.testing.assert_allclose(turned, run.h, rtol=0, atol=1e-13)
