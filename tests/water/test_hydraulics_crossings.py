"""Steady flow through drowned works 淹没出流: the head that the law of the work asks for, whatever the step.

A crossing moved no more in a step than a quarter of the difference of levels: at a Froude number of 0.1 a
drowned sill held the water up by half a metre in place of four centimetres, the more the longer the step.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from water.hydraulics.edges import Edge
from water.hydraulics.model import Boundary, Forcing, Grid, Ground, Kind, Method, Series, Side
from water.hydraulics.simulation import Scenario, Simulation
from water.hydraulics.works import Channel, Culvert, Dyke, Gate, Pump, Works

CELLS, CELL_M, DOWN_M = 24, 10.0, 3.0
BOTH = pytest.mark.parametrize("scheme", ["inertia", "godunov"])


def steady(
    works: Works, q_m2_s: float, scheme: str, *, courant: float | None = None, bits: int = 64, turn: str = ""
) -> tuple[float, float, float]:
    """Levels above and below the middle of a channel, and the flow through it, after a long time."""
    shape = (CELLS, 1) if turn == "along" else (1, CELLS)
    sides = (Side.FIRST, Side.LAST) if turn == "along" else (Side.WEST, Side.EAST)
    sides = sides[::-1] if turn == "back" else sides
    forcing = Forcing(
        (
            Boundary(sides[0], 0, 1, Kind.DISCHARGE, Series.constant(q_m2_s * CELL_M)),
            Boundary(sides[1], 0, 1, Kind.STAGE, Series.constant(DOWN_M)),
        )
    )
    ground = Ground(Grid(*shape, CELL_M), np.zeros(shape), 0.02)
    method = Method(scheme, bits, courant=courant)  # type: ignore[arg-type]
    run = Simulation(Scenario(ground, forcing, 7200.0, works), method, DOWN_M)
    run.advance(6600.0)
    before = run.ledger.left_m3
    run.advance()
    h = run.h.ravel()[::-1] if turn == "back" else run.h.ravel()
    assert abs(run.imbalance) < (1e-10 if bits == 64 else 1e-6)
    return float(h[CELLS // 2 - 1]), float(h[CELLS // 2]), (run.ledger.left_m3 - before) / 600.0 / CELL_M


def head_of(q: float, low: float, sill: float, coefficient: float = 1.7) -> float:
    """The level over a sill that passes q against a lower level, after Villemonte, by halving."""
    least, most = max(low, sill), 50.0
    for _ in range(200):
        high = 0.5 * (least + most)
        head = high - sill
        part = max(low - sill, 0.0) / head
        flow = coefficient * head**1.5 * (1 - part**1.5) ** 0.385
        least, most = (high, most) if flow < q else (least, high)
    return least


EDGE = Edge("x", 0, CELLS // 2)
NEAR_M = {"inertia": 0.003, "godunov": 0.008}
"""The full equations tell the level beside a work from the momentum that meets it."""


@BOTH
@pytest.mark.parametrize("courant", [None, 0.15])
@pytest.mark.parametrize(("q", "crest"), [(0.3, 2.0), (1.6, 0.5), (1.6, 2.0), (1.6, 4.0)])
def test_a_drowned_dyke_holds_up_what_its_law_says_at_any_step(q, crest, courant, scheme):
    high, low, passed = steady(Works((Dyke((EDGE,), (crest,)),)), q, scheme, courant=courant)
    assert passed == pytest.approx(q, rel=1e-3)
    assert high == pytest.approx(head_of(q, low, crest), abs=NEAR_M[scheme])


@pytest.mark.parametrize("turn", ["back", "along"])
@pytest.mark.parametrize("bits", [64, 32])
def test_it_does_so_in_every_direction_and_precision(turn, bits):
    edge = EDGE if turn == "back" else Edge("y", CELLS // 2, 0)
    plain = steady(Works((Dyke((EDGE,), (2.0,)),)), 1.6, "inertia")
    turned = steady(Works((Dyke((edge,), (2.0,)),)), 1.6, "inertia", bits=bits, turn=turn)
    assert turned == pytest.approx(plain, abs=1e-9 if bits == 64 else 1e-3)


@BOTH
@pytest.mark.parametrize(("opening", "width"), [(1.0, 10.0), (2.0, 10.0), (2.0, 6.0)])
def test_a_drowned_gate_takes_the_head_of_its_orifice(opening, width, scheme):
    works = Works((Dyke((EDGE,), (50.0,)),), gates=(Gate(EDGE, 0.0, width, Series.constant(opening)),))
    high, low, passed = steady(works, 1.2, scheme)
    assert passed == pytest.approx(1.2, rel=1e-3)
    under = 1.2 * CELL_M / (0.6 * opening * width)
    assert high - low == pytest.approx(under**2 / (2 * 9.81), abs=NEAR_M[scheme])


@BOTH
@pytest.mark.parametrize(("width", "height"), [(8.0, 1.5), (3.0, 2.0)])
def test_a_drowned_culvert_takes_the_head_of_its_orifice(width, height, scheme):
    places = (0, CELLS // 2 - 1), (0, CELLS // 2)
    works = Works((Dyke((EDGE,), (50.0,)),), culverts=(Culvert(*places, 0.2, 0.0, width, height),))
    high, low, passed = steady(works, 0.8, scheme)
    assert passed == pytest.approx(0.8, rel=1e-3)
    under = 0.8 * CELL_M / (0.6 * height * width)
    assert high - low == pytest.approx(under**2 / (2 * 9.81), abs=NEAR_M[scheme])


@BOTH
def test_two_ponds_come_to_rest_through_a_gate_that_is_wide_open(scheme):
    """Little is lost in it, so the water swings, ever less, and ends level."""
    works = Works((Dyke((EDGE,), (50.0,)),), gates=(Gate(EDGE, 0.0, CELL_M, Series.constant(9.0)),))
    start = np.full((1, CELLS), 1.0)
    start[:, : CELLS // 2] = 3.0
    ground = Ground(Grid(1, CELLS, CELL_M), np.zeros((1, CELLS)), 0.03)
    run = Simulation(Scenario(ground, Forcing(), 20_000.0, works), Method(scheme), start)
    run.advance()
    np.testing.assert_allclose(run.h, 2.0, atol=0.01)
    assert abs(run.imbalance) < 1e-12


def reach(works: Works, start: np.ndarray, until_s: float, bits: int = 64) -> Simulation:
    """Five rows of plain at 5 m; along the middle one a channel 2 m wide and 3 m deep."""
    channel = Channel(tuple((2, k) for k in range(8)), (2.0,) * 8, (2.0,) * 8, 0.03)
    ground = Ground(Grid(5, 8, CELL_M), np.full((5, 8), 5.0), 0.03)
    scenario = Scenario(ground, Forcing(), until_s, replace(works, channels=(channel,)))
    return Simulation(scenario, Method(bits=bits, longest_step_s=1.0), start)  # type: ignore[arg-type]


@pytest.mark.parametrize("bits", [64, 32])
def test_a_culvert_drains_a_plain_into_the_channel_by_the_level_of_the_channel(bits):
    """It took the bank for the level of the channel, and stood still until the channel was full."""
    wall = tuple(Edge("y", 2, k) for k in range(8))
    culvert = Culvert((0, 3), (2, 3), 4.0, 3.9, 1.0, 0.5)
    start = np.zeros((5, 8))
    start[:2] = 0.1
    run = reach(Works((Dyke(wall, (9.0,) * 8),), culverts=(culvert,)), start, 3600.0, bits)
    run.advance(steps=1)
    # Free into an empty channel: its inlet is full, 0.6 · 0.5 · √(2 g (1.1 − 0.25)).
    assert run.memory["channel_m3"].sum() == pytest.approx(0.3 * np.sqrt(2 * 9.81 * 0.85) * run.t_s, rel=1e-6)
    run.advance()
    # All 160 m³ are in the channel, 1 m over its bed, and the plain is dry.
    assert run.h[:2].max() < 0.01 and run.memory["channel_m3"].sum() == pytest.approx(160.0, rel=0.05)
    assert abs(run.imbalance) < (1e-10 if bits == 64 else 1e-6)


def test_a_pump_takes_from_the_channel_down_to_the_level_at_which_it_stops():
    """It found no water: what is below the banks is none of the plain's."""
    start = np.zeros((5, 8))
    start[2] = 0.4  # 40 m³ a cell, 2 m in the channel
    run = reach(Works(pumps=(Pump((2, 7), None, Series.constant(0.2), 3.5, 2.6),)), start, 7200.0)
    run.advance()
    depth = run.channels.depth_m(run.h, run.memory)
    assert depth[7] == pytest.approx(0.6, abs=0.05) and depth.max() < 0.75
    assert run.ledger.left_m3 == pytest.approx(320.0 - run.stored_m3, rel=1e-9)


def test_a_run_kept_before_flows_were_remembered_is_taken_up():
    works = Works((Dyke((EDGE,), (2.0,)),), culverts=(Culvert((0, 2), (0, 20), 0.0, 0.0, 1.0, 1.0),))
    start = np.full((1, CELLS), 1.0)
    start[:, : CELLS // 2] = 3.0
    ground = Ground(Grid(1, CELLS, CELL_M), np.zeros((1, CELLS)), 0.03)
    run = Simulation(Scenario(ground, Forcing(), 300.0, works), Method(), start)
    run.advance(60.0)
    kept = {k: v for k, v in run.state.memory.items() if k not in ("crossing_m2_s", "culvert_m2_s")}
    again = Simulation(run.scenario, run.method, replace(run.state, memory=kept))
    run.advance()
    again.advance()
    np.testing.assert_allclose(again.h, run.h, atol=0.05)
    assert abs(again.imbalance) < 1e-12


def test_still_water_over_drowned_works_stays_still():
    culvert = Culvert((0, 3), (0, 20), 0.0, 0.5, 2.0, 1.0)
    works = Works(
        (Dyke((EDGE,), (1.0,)),), culverts=(culvert,), gates=(Gate(EDGE, 0.5, 4.0, Series.constant(1.0)),)
    )
    bed = np.linspace(0.0, 0.7, CELLS)[None]
    run = Simulation(
        Scenario(Ground(Grid(1, CELLS, CELL_M), bed), Forcing(), 600.0, works), Method(), 2.0 - bed
    )
    run.advance()
    np.testing.assert_allclose(run.h, 2.0 - bed, atol=1e-12)
