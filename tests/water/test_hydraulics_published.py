"""Cases of the literature beyond those of the reference, all works at once, and symmetry to the bit."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from analytic_flows import over_bump, rained_channel, riemann

from water.hydraulics.edges import Edge
from water.hydraulics.model import (
    Boundary,
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
)  # fmt: skip
from water.hydraulics.simulation import Scenario, Simulation
from water.hydraulics.works import Breach, Channel, Culvert, Dyke, Erosion, Gate, LinearGrowth, Pump, Works

FIVE = [
    # left and right (depth, speed), place of the dam, instant, limit of the error (Toro 2001, table 7.1)
    ((1.0, 2.5), (0.1, 0.0), 30.0, 7.0, 0.005),
    ((1.0, -5.0), (1.0, 5.0), 25.0, 2.5, 0.012),
    ((1.0, 0.0), (0.0, 0.0), 20.0, 4.0, 0.005),
    ((0.0, 0.0), (1.0, 0.0), 30.0, 4.0, 0.005),
    ((0.1, -3.0), (0.1, 3.0), 25.0, 5.0, 0.014),
]


@pytest.mark.parametrize("axis", ["x", "y"])
@pytest.mark.parametrize("left, right, dam_m, t_s, limit", FIVE)
def test_five_riemann_problems(left, right, dam_m, t_s, limit, axis):
    """Shocks, two rarefactions, a bed that falls dry in the middle: along either axis, in 200 cells."""
    cells, cell_m = 200, 0.25 if dam_m < 30.0 or left[0] == 0.0 else 0.35
    x = (np.arange(cells) + 0.5) * cell_m - dam_m
    h, u = np.where(x < 0, left[0], right[0]), np.where(x < 0, left[1], right[1])
    shape = (1, cells) if axis == "x" else (cells, 1)
    grid, (first, last) = (
        Grid(*shape, cell_m),
        ((Side.WEST, Side.EAST) if axis == "x" else (Side.FIRST, Side.LAST)),
    )
    comes = left[0] * max(left[1], 0.0) * cell_m
    before = (
        Boundary(first, 0, 1, Kind.DISCHARGE, Series.constant(comes))
        if comes
        else Boundary(first, 0, 1, Kind.FREE)
    )
    asked = Scenario(
        Ground(grid, np.zeros(shape), 0.0), Forcing((before, Boundary(last, 0, 1, Kind.FREE))), t_s
    )
    still = Simulation(asked, Method("godunov"), h.reshape(shape)).state
    name = "across_m2_s" if axis == "x" else "along_m2_s"
    run = Simulation(asked, Method("godunov"), replace(still, **{name: (h * u).reshape(shape)}))
    run.advance()
    within = (np.arange(20) + 0.5) / 20 - 0.5
    exact = np.mean([riemann((x + part * cell_m) / t_s, left, right) for part in within], 0)
    assert np.abs(run.h.ravel() - exact).sum() / exact.sum() <= limit
    assert run.h.min() >= 0


def test_through_critical_over_a_bump_and_back_by_a_shock():
    """The shock within a cell of its place; depth elsewhere within millimetres, discharge nearly one."""
    cells, q = 100, 0.18
    cell_m = 25.0 / cells
    x = (np.arange(cells) + 0.5) * cell_m
    bed, exact = over_bump(x, q, 0.33)
    boundaries = (
        Boundary(Side.WEST, 0, 1, Kind.DISCHARGE, Series.constant(q * cell_m)),
        Boundary(Side.EAST, 0, 1, Kind.STAGE, Series.constant(0.33)),
    )
    asked = Scenario(Ground(Grid(1, cells, cell_m), bed[None], 0.0), Forcing(boundaries), 120.0)
    run = Simulation(asked, Method("godunov"), exact[None])
    run = Simulation(asked, Method("godunov"), replace(run.state, across_m2_s=np.full((1, cells), q)))
    run.advance()
    off = np.abs(run.h[0] - exact)
    far = np.abs(x - x[int(off.argmax())]) > 2 * cell_m
    assert 11.0 < x[int(off.argmax())] < 12.0 and off[far].max() < 0.005 and off[:30].max() < 0.001
    assert np.abs(run.across[0] - q)[far].max() < 0.008


def test_rain_feeds_a_long_channel():
    x = (np.arange(200) + 0.5) * 5.0
    bed, exact, q = rained_channel(x)
    boundaries = (
        Boundary(Side.WEST, 0, 1, Kind.DISCHARGE, Series.constant(5.0)),
        Boundary(
            Side.EAST, 0, 1, Kind.STAGE, Series.constant(float(rained_channel(np.array([1000.0]))[1][0]))
        ),
    )
    asked = Scenario(
        Ground(Grid(1, 200, 5.0), bed[None], 0.033), Forcing(boundaries, Rain(Series.constant(1e-3))), 600.0
    )
    run = Simulation(asked, Method("godunov"), exact[None])
    run = Simulation(asked, Method("godunov"), replace(run.state, across_m2_s=q[None].copy()))
    run.advance()
    off = np.abs(run.h[0] - exact)
    assert off.mean() < 0.0005 and off.max() < 0.002
    assert np.abs(run.across[0] / q - 1).max() < 0.001


ROWS, COLUMNS = 24, 40
TERRAIN = 5 + 0.3 * np.random.default_rng(3).random((ROWS, COLUMNS)) + 0.01 * np.arange(COLUMNS)


def all_works() -> Scenario:
    """A dyke with two breaches and a gate, culverts, pumps, a channel; rain, infiltration, boundaries."""
    works = Works(
        (Dyke(tuple(Edge("x", row, 20) for row in range(ROWS)), (8.0,) * ROWS),),
        (
            Breach(Edge("x", 12, 20), 20.0, 30.0, 5.5, LinearGrowth(100.0)),
            Breach(Edge("x", 4, 20), 15.0, 30.0, 5.5, Erosion(1e-3, 1.0)),
        ),
        (Gate(Edge("x", 20, 20), 5.5, 8.0, Series((0.0, 75.0, 150.0), (0.0, 1.5, 0.2))),),
        (
            Culvert((2, 6), (2, 34), 5.0, 4.9, 2.0, 1.5),
            Culvert((22, 18), (22, 23), 5.0, 5.0, 2.0, 1.5, flap=True),
        ),
        (
            Pump((6, 28), (6, 12), Series.constant(3.0), 5.8, 5.4),
            Pump((18, 30), None, Series.constant(2.0), 5.7, 5.4),
        ),
        (Channel(tuple((9, c) for c in range(22, COLUMNS)), (4.0,) * 18, (3.0,) * 18, end_slope=0.001),),
    )
    boundaries = (
        Boundary(Side.WEST, 3, 9, Kind.DISCHARGE, Series((0.0, 75.0, 150.0), (0.0, 120.0, 20.0))),
        Boundary(Side.EAST, 0, ROWS, Kind.FREE, None, 0.002),
        Boundary(Side.FIRST, 0, 12, Kind.STAGE, Series((0.0, 150.0), (5.0, 7.0))),
    )
    forcing = Forcing(
        boundaries, Rain(Series((0.0, 100.0, 150.0), (3e-5, 1e-5, 0.0))), GreenAmpt(2e-6, 0.1, 0.3),
        (Inflow(12, 4, Series.constant(8.0)),),
    )  # fmt: skip
    return Scenario(Ground(Grid(ROWS, COLUMNS, 10.0), TERRAIN, 0.03), forcing, 150.0, works)


START = np.where(np.arange(COLUMNS) < 20, np.maximum(0.0, 6.8 - TERRAIN), 0.0)


@pytest.mark.parametrize("bits", [64, 32])
@pytest.mark.parametrize("scheme", ["inertia", "godunov"])
def test_all_works_at_once_keep_the_water_and_are_taken_up_at_odd_times(scheme, bits):
    method = Method(scheme, bits)
    whole, parts = (Simulation(all_works(), method, START) for _ in range(2))
    worst = 0.0
    while whole.t_s < 150.0:
        whole.advance(steps=1)
        worst = max(worst, abs(whole.imbalance))
    assert worst < (1e-10 if bits == 64 else 1e-6) and whole.h.min() >= 0
    odd = np.random.default_rng(1)
    while parts.t_s < 150.0:
        parts.advance(steps=int(odd.integers(1, 40)))
        parts = Simulation(all_works(), method, parts.state)
    assert parts.h.tobytes() == whole.h.tobytes() and parts.ledger == whole.ledger


TURNS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "transposed": lambda values: values.T,
    "mirrored": lambda values: values[:, ::-1],
    "upside down": lambda values: values[::-1],
}


@pytest.mark.parametrize("turn", TURNS.values(), ids=TURNS)
@pytest.mark.parametrize("scheme", ["inertia", "godunov"])
def test_a_ground_that_is_turned_floods_the_same_to_the_bit(scheme, turn):
    dice = np.random.default_rng(5)
    bed = 5 + dice.random((24, 40))
    start = np.where(dice.random((24, 40)) > 0.5, 1.0 + dice.random((24, 40)), 0.0)

    def flooded(bed: np.ndarray, start: np.ndarray) -> np.ndarray:
        bed, start = np.ascontiguousarray(bed), np.ascontiguousarray(start)
        run = Simulation(
            Scenario(Ground(Grid(*bed.shape, 5.0), bed, 0.03), Forcing(), 60.0), Method(scheme), start
        )
        run.advance()
        return run.h

    assert np.array_equal(flooded(turn(bed), turn(start)), turn(flooded(bed, start)))


BITS = pytest.mark.parametrize("bits", [64, 32])
BOTH = pytest.mark.parametrize("scheme", ["inertia", "godunov"])


@BITS
@BOTH
@pytest.mark.parametrize("stage_m", [1.0, 10.0])
def test_a_tide_comes_onto_dry_ground_no_faster_than_its_wave(stage_m, scheme, bits):
    """It did: nothing inside bounded the first step, and 300 m of water stood where the tide was 10 m."""
    tide = Boundary(Side.EAST, 0, 1, Kind.STAGE, Series.constant(stage_m))
    asked = Scenario(Ground(Grid(1, 30, 5.0), np.zeros((1, 30)), 0.03), Forcing((tide,)), 600.0)
    run = Simulation(asked, Method(scheme, bits))
    run.advance(steps=1)
    assert 0 < run.h.max() <= stage_m
    highest = 0.0
    while run.t_s < 600.0:
        run.advance(steps=1)
        highest = max(highest, float(run.h.mean()))
    # A basin that is filled by its own wave swings to twice the tide at most, and comes to rest at it.
    assert 1.2 * stage_m < highest < 2.1 * stage_m
    assert abs(run.imbalance) < (1e-10 if bits == 64 else 1e-6)


def slanting(bed: np.ndarray, boundaries: tuple[Boundary, ...], cell_m: float, until_s: float, bits):
    """Water 1 m deep at Froude 2.74 that runs 8.95° towards the first row."""
    angle, speed = np.deg2rad(8.95), 8.57
    asked = Scenario(Ground(Grid(*bed.shape, cell_m), bed, 0.0), Forcing(boundaries), until_s)
    still = Simulation(asked, Method("godunov", bits), 1.0).state
    across, along = (
        np.full_like(still.h_m, speed * np.cos(angle)),
        np.full_like(still.h_m, -speed * np.sin(angle)),
    )
    return Simulation(asked, Method("godunov", bits), replace(still, across_m2_s=across, along_m2_s=along))


@BITS
def test_an_oblique_jump_stands_at_thirty_degrees(bits):
    """A wall turned by 8.95° into water at Froude 2.74: 1.5 m behind the jump (Hager et al. 1994)."""
    boundaries = (Boundary(Side.EAST, 0, 150, Kind.FREE), Boundary(Side.FIRST, 0, 250, Kind.FREE))
    run = slanting(np.zeros((150, 400)), boundaries, 0.2, 4.0, bits)
    run.advance()
    depth = run.h[:, 320]
    assert depth[2:4].mean() == pytest.approx(1.5, abs=0.005)
    wide = (depth[:100] - 1.0).clip(0.0).sum() / 0.5 * 0.2
    assert np.degrees(np.arctan(wide / (70.5 * 0.2))) + 8.95 == pytest.approx(30.0, abs=0.3)


@BITS
def test_a_torrent_that_is_let_in_beside_a_wall_stays_within_reason(bits):
    """Its depth fed on itself: speeds of 10¹¹ m/s, steps of 10⁻¹² s, no numbers at all in 32 bits."""
    boundaries = (
        Boundary(Side.WEST, 0, 60, Kind.DISCHARGE, Series.constant(8.47 * 60 * 0.25)),
        Boundary(Side.EAST, 0, 60, Kind.FREE),
        Boundary(Side.LAST, 0, 80, Kind.DISCHARGE, Series.constant(1.33 * 80 * 0.25)),
    )
    run = slanting(np.zeros((60, 80)), boundaries, 0.25, 5.0, bits)
    fastest = 0.0
    while run.t_s < 5.0:
        run.advance(steps=10)
        fastest = max(fastest, float((np.hypot(run.across, run.along) / run.h).max()))
    # Froude 30 at most as it comes in: u³ = 900 g q.
    assert fastest < 1.1 * (900 * 9.81 * 8.47) ** (1 / 3) and run.steps < 1500
    assert run.h.min() > 0.1 and run.h.max() < 4.0
    assert abs(run.imbalance) < (1e-10 if bits == 64 else 1e-6)


def test_a_steep_channel_takes_its_normal_depth_whatever_it_began_with():
    """Torrential throughout (Froude 1.25): only the discharge is declared, friction tells the depth."""
    x, q, n = (np.arange(200) + 0.5) * 5.0, 2.5, 0.04
    fine = np.linspace(0.0, 1000.0, 200_001)
    hill = 0.2 * np.exp(-36 * (fine / 1000 - 0.5) ** 2)
    deep = (4 / 9.81) ** (1 / 3)
    h, dh = deep * (1 - hill), deep * hill * 72 * (fine / 1000 - 0.5) / 1000
    falling = (q * q / (9.81 * h**3) - 1) * dh - n * n * q * q / h ** (10 / 3)
    bed = np.concatenate([[0.0], np.cumsum(0.5 * (falling[1:] + falling[:-1]) * np.diff(fine))])
    boundaries = (
        Boundary(Side.WEST, 0, 1, Kind.DISCHARGE, Series.constant(q * 5.0)),
        Boundary(Side.EAST, 0, 1, Kind.FREE),
    )
    bed = np.interp(x, fine, bed - bed[-1])
    run = Simulation(
        Scenario(Ground(Grid(1, 200, 5.0), bed[None], n), Forcing(boundaries), 1500.0), Method("godunov")
    )
    run.advance()
    assert np.abs(run.h[0] - np.interp(x, fine, h)).max() < 0.001
