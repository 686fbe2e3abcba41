"""Dykes, breaches, gates, culverts, pumps and narrow channels, against hand calculations."""

from __future__ import annotations

import numpy as np
import pytest

from water.errors import BadStructure, BreachOutsideDyke
from water.hydraulics.crossing_kernel import rated
from water.hydraulics.edges import Edge
from water.hydraulics.exchange import barrel
from water.hydraulics.model import Forcing, Grid, Ground, Inflow, Method, Series
from water.hydraulics.simulation import Scenario, Simulation
from water.hydraulics.works import (
    Breach,
    Channel,
    Culvert,
    Dyke,
    Erosion,
    Gate,
    LinearGrowth,
    Pump,
    Works,
)

GRID = Grid(21, 40, 10.0)
MIDDLE = tuple(Edge("x", row, 20) for row in range(21))
CREST = (3.0,) * 21
BOTH = pytest.mark.parametrize("scheme", ["inertia", "godunov"])


def basin(
    works: Works, left: float, right: float, scheme: str = "inertia", until: float = 600.0, inflows=()
) -> Simulation:
    start = np.full((21, 40), right)
    start[:, :20] = left
    ground = Ground(GRID, np.zeros((21, 40)), 0.03)
    scenario = Scenario(ground, Forcing(inflows=inflows), until, works)
    return Simulation(scenario, Method(scheme, dry_m=1e-4), start)


def right_of(run: Simulation) -> float:
    return float(run.h[:, 20:].sum()) * 100.0


@BOTH
def test_a_dyke_holds_until_it_is_overtopped(scheme):
    run = basin(Works((Dyke(MIDDLE, CREST),)), 2.999, 0.0, scheme)
    run.advance()
    assert right_of(run) == 0
    run = basin(Works((Dyke(MIDDLE, CREST),)), 3.4, 0.0, scheme, until=5.0)
    run.advance(steps=1)
    # q = 1.7 · 0.4^1.5 a metre over 210 m.
    assert right_of(run) == pytest.approx(1.7 * 0.4**1.5 * 210 * run.t_s, rel=1e-9)
    assert abs(run.imbalance) < 1e-12


def test_a_drowned_weir_stops_at_equal_levels():
    sill = (2.0, 1.7, np.inf, 0.6)
    assert rated(3.0, 3.0, *sill) == 0
    free = rated(3.0, 1.0, *sill)
    assert free == pytest.approx(1.7)
    assert rated(3.0, 2.9, *sill) == pytest.approx(1.7 * (1 - 0.9**1.5) ** 0.385)


@BOTH
def test_a_breach_opens_and_both_sides_even_out(scheme):
    breach = Breach(MIDDLE[10], 60.0, 50.0, 0.0, LinearGrowth(300.0))
    run = basin(Works((Dyke(MIDDLE, CREST),), (breach,)), 2.0, 0.0, scheme, until=3600.0)
    run.advance(60.0)
    assert right_of(run) == 0
    run.advance(210.0)
    assert run.memory["breach_width_m"][0] == pytest.approx(1.0 + 0.5 * 49.0, rel=0.03)
    assert run.memory["breach_sill_m"][0] == pytest.approx(1.5, rel=0.03)
    run.advance()
    assert run.h.mean() == pytest.approx(1.0)
    assert run.h[:, 30:].mean() == pytest.approx(1.0, abs=0.1)
    assert abs(run.imbalance) < 1e-12
    np.testing.assert_allclose(run.h, run.h[::-1], atol=1e-9)


def test_a_breach_erodes_only_where_water_shears_it():
    def after(left: float) -> Simulation:
        breach = Breach(MIDDLE[10], 0.0, 30.0, 0.5, Erosion(2e-5, 10.0), first_width_m=2.0)
        crest = (3.0,) * 10 + (1.9,) + (3.0,) * 10
        run = basin(Works((Dyke(MIDDLE, crest),), (breach,)), left, 0.0, until=1200.0)
        run.advance()
        return run

    dry, wet = after(1.8), after(2.4)
    assert dry.memory["breach_sill_m"][0] == 1.9 and dry.memory["breach_width_m"][0] == 2.0
    assert 0.5 <= wet.memory["breach_sill_m"][0] < 1.9
    assert 2.0 < wet.memory["breach_width_m"][0] <= 30.0


def test_a_run_through_a_growing_breach_is_taken_up_bit_for_bit():
    def start(state=None) -> Simulation:
        breach = Breach(MIDDLE[10], 5.0, 50.0, 0.0, Erosion(1e-4, 1.0))
        run = basin(Works((Dyke(MIDDLE, (1.5,) * 21),), (breach,)), 2.0, 0.0, until=120.0)
        return run if state is None else Simulation(run.scenario, run.method, state)

    whole = start()
    whole.advance()
    parts = start()
    parts.advance(steps=20)
    parts = start(parts.state)
    parts.advance()
    assert whole.h.tobytes() == parts.h.tobytes()
    assert whole.memory["breach_sill_m"] == parts.memory["breach_sill_m"]


def test_a_gate_passes_what_its_opening_lets():
    gate = Gate(MIDDLE[10], 0.0, 5.0, Series((0.0, 10.0, 11.0, 600.0), (0.0, 0.0, 0.4, 0.4)))
    run = basin(Works((Dyke(MIDDLE, CREST),), gates=(gate,)), 2.0, 0.0)
    run.advance(10.0)
    assert right_of(run) == 0
    run.advance(11.0)
    before = right_of(run)
    run.advance(steps=1)
    # Orifice: 0.6 · 5 m · 0.4 m · √(2 g (2.0 - 0.2)).
    passed = (right_of(run) - before) / (run.t_s - 11.0)
    assert passed == pytest.approx(0.6 * 5 * 0.4 * np.sqrt(2 * 9.81 * 1.8), rel=0.02)


@pytest.mark.parametrize("bits", [64, 32])
@BOTH
@pytest.mark.parametrize("opening_m", [0.0, 0.3, 1.0, 3.0, 5.0])
@pytest.mark.parametrize("levels", [(1.2, 0.1), (2.0, 0.1), (2.0, 1.5), (3.0, 0.5), (5.0, 4.0), (0.5, 3.0)])
def test_a_gate_is_a_weir_below_its_lip_and_an_orifice_above(levels, opening_m, scheme, bits):
    """Wide open it passed nothing until the water stood over half of its opening."""
    edge = Edge("x", 0, 1)
    works = Works((Dyke((edge,), (50.0,)),), (), (Gate(edge, 1.0, 40.0, Series.constant(opening_m)),))
    ground = Ground(Grid(1, 2, 100.0), np.zeros((1, 2)))
    method = Method(scheme, bits, longest_step_s=1.0)
    run = Simulation(Scenario(ground, Forcing(), 1.0, works), method, np.array([levels]))
    run.advance(steps=1)
    high, low = max(levels), min(levels)
    head, drowned = high - 1.0, max(low - 1.0, 0.0) / (high - 1.0)
    flow = 1.7 * head**1.5 * (1 - drowned**1.5) ** 0.385
    if head > opening_m:
        flow = min(flow, 0.6 * opening_m * np.sqrt(2 * 9.81 * (high - max(low, 1.0 + opening_m / 2))))
    flow *= 40.0 if levels[0] > levels[1] else -40.0
    passed = (float(run.h[0, 1]) - levels[1]) * 1e4 / run.t_s
    assert passed == pytest.approx(flow, rel=1e-6, abs=1e-6 if bits == 64 else 0.02)
    assert abs(run.imbalance) < (1e-10 if bits == 64 else 1e-6)


@pytest.mark.parametrize("inlet", [(0.026, 1.0, 0.0347, 0.81), (0.061, 0.75, 0.0400, 0.80)])
@pytest.mark.parametrize("relative", [0.3, 0.5, 0.8, 1.0, 2.0, 3.0])
def test_a_culvert_takes_in_what_its_inlet_controls(relative, inlet):
    """Boxes after FHWA HDS-5, unsubmerged (form 1) and submerged: part full it took 1.7 to 1.9 times that."""
    k, m, c, y = inlet
    width, height = 2.0, 1.5
    culvert = Culvert((0, 0), (0, 1), 0.3, 0.0, width, height)
    flow = np.linspace(0.01, 30.0, 30_000)
    q = 1.811 * flow / (width * height**1.5)
    free = 1.5 * (flow**2 / (9.81 * width**2)) ** (1 / 3) / height + k * q**m
    wanted = np.interp(relative, free if relative <= 1 else c * q**2 + y, flow)
    found = width * barrel(culvert, 0.3 + relative * height, -5.0)
    assert 0.95 < found / wanted < 1.15


def test_a_culvert_is_a_weir_until_it_is_full_and_stands_still_at_even_levels():
    culvert = Culvert((0, 0), (0, 1), 0.2, 0.5, 2.0, 1.0)
    # Its higher invert counts, from either end.
    assert barrel(culvert, 0.5, 0.0) == 0.0 and barrel(culvert, 0.9, 0.9) == 0.0 == barrel(culvert, 9.0, 9.0)
    assert barrel(culvert, 1.3, 0.0) == pytest.approx(1.6 * 0.8**1.5)
    assert barrel(culvert, 1.3, 1.1) == pytest.approx(1.6 * 0.8**1.5 * (1 - 0.75**1.5) ** 0.385)
    assert barrel(culvert, 4.0, 0.0) == pytest.approx(0.6 * np.sqrt(2 * 9.81 * 3.0))  # to the middle
    assert barrel(culvert, 4.0, 3.5) == pytest.approx(0.6 * np.sqrt(2 * 9.81 * 0.5))  # drowned
    levels = np.linspace(0.5, 5.0, 500)
    assert (np.diff([barrel(culvert, each, 0.0) for each in levels]) > -1e-12).all()


def test_a_flap_lets_water_pass_one_way():
    def culvert(flap: bool, left: float, right: float) -> Simulation:
        works = Works(
            (Dyke(MIDDLE, CREST),),
            culverts=(Culvert((10, 19), (10, 20), 0.1, 0.1, 2.0, 1.5, flap=flap),),
        )
        run = basin(works, left, right, until=300.0)
        run.advance()
        assert abs(run.imbalance) < 1e-12
        return run

    assert right_of(culvert(True, 1.0, 0.0)) > 100
    assert right_of(culvert(True, 0.0, 1.0)) == pytest.approx(21 * 20 * 100.0)
    assert right_of(culvert(False, 0.0, 1.0)) < 21 * 20 * 100.0 - 100


def test_a_pump_runs_between_its_levels_and_its_water_is_booked():
    pump = Pump((10, 10), None, Series.constant(0.3), start_m=0.9, stop_m=0.5)
    run = basin(Works(pumps=(pump,)), 1.0, 1.0, until=100.0)
    run.advance()
    assert run.ledger.left_m3 == pytest.approx(30.0, rel=1e-9)
    assert abs(run.imbalance) < 1e-12


@pytest.mark.parametrize("bits", [32, 64])
def test_a_narrow_channel_runs_at_its_normal_depth(bits):
    """Manning in a rectangle 4 m wide, 1 in 1000, n 0.03, on cells of 20 m."""
    grid, slope, n, width = Grid(3, 100, 20.0), 1e-3, 0.03, 4.0
    along = -slope * grid.cell_m * np.arange(100.0)
    ground = Ground(grid, np.tile(along + 5.0, (3, 1)), 0.05)
    path = tuple((1, k) for k in range(100))
    channel = Channel(path, (width,) * 100, tuple(along + 2.0), n, end_slope=slope)
    depth = 1.5
    discharge = width * depth * (width * depth / (width + 2 * depth)) ** (2 / 3) * slope**0.5 / n
    forcing = Forcing(inflows=(Inflow(1, 0, Series.constant(discharge)),))
    run = Simulation(Scenario(ground, forcing, 14_400.0, Works(channels=(channel,))), Method(bits=bits))
    run.advance()
    assert run.h.max() == 0
    # Its head, where it is let in, no less: its level was told lower than that of the cell it flows to.
    np.testing.assert_allclose(run.channels.depth_m(run.h, run.memory), depth, rtol=2e-3)
    assert abs(run.imbalance) < (1e-10 if bits == 64 else 1e-6)


@pytest.mark.parametrize("bits", [32, 64])
@pytest.mark.parametrize("stage_m", [1.2, 1.5, 2.5])
def test_a_narrow_channel_backs_up_from_the_stage_at_its_end(stage_m, bits):
    """Against gradually varied flow, step by step upstream, without the change of speed.

    The last cell followed its stage within a minute: at 5.7 m³/s it stood 3.9 m over it.
    """
    grid, slope, n, width, parts = Grid(3, 60, 20.0), 1e-3, 0.03, 4.0, 40
    bed = 2.0 - slope * grid.cell_m * np.arange(60.0)
    flow = width * 1.5 * (width * 1.5 / (width + 3.0)) ** (2 / 3) * slope**0.5 / n
    depth, wanted = stage_m, []
    for k in range(60 * parts):
        section = width * depth
        lost = (flow * n / (section * (section / (width + 2 * depth)) ** (2 / 3))) ** 2
        depth += (lost - slope) * grid.cell_m / parts
        if k % parts == parts // 2:
            wanted.append(depth)
    at_end = Series.constant(bed[-1] - 0.5 * slope * grid.cell_m + stage_m)
    channel = Channel(tuple((1, k) for k in range(60)), (width,) * 60, tuple(bed), n, end_stage=at_end)
    scenario = Scenario(
        Ground(grid, np.tile(bed + 9.0, (3, 1)), 0.05),
        Forcing(inflows=(Inflow(1, 0, Series.constant(flow)),)),
        14_400.0,
        Works(channels=(channel,)),
    )
    run = Simulation(scenario, Method(bits=bits))
    run.advance()
    found = run.channels.depth_m(run.h, run.memory)
    np.testing.assert_allclose(found[5:], wanted[::-1][5:], atol=0.005)
    assert run.memory["channel_end_m3_s"] == pytest.approx(flow, rel=1e-3)
    assert abs(run.imbalance) < (1e-10 if bits == 64 else 1e-6)


@pytest.mark.parametrize("rises_s", [1.0, 600.0])
def test_a_tide_fills_a_dry_narrow_channel_from_its_end(rises_s):
    grid, bed = Grid(3, 30, 20.0), np.full(30, 1.0)
    tide = Series((0.0, rises_s, 7200.0), (1.0, 3.5, 3.5))
    channel = Channel(tuple((1, k) for k in range(30)), (4.0,) * 30, tuple(bed), 0.03, end_stage=tide)
    ground = Ground(grid, np.full((3, 30), 9.0), 0.05)
    run = Simulation(Scenario(ground, Forcing(), 7200.0, Works(channels=(channel,))), Method())
    most = 0.0
    for moment in run.reports(5.0):
        most = max(most, float(moment.channels.depth_m(moment.h, moment.memory).max()))
    # A bore that meets the wall at the other end stands higher for a while, never twice as high.
    assert most < 5.0
    np.testing.assert_allclose(run.channels.depth_m(run.h, run.memory), 2.5, atol=0.05)
    assert run.ledger.entered_m3 - run.ledger.left_m3 == pytest.approx(run.stored_m3, rel=1e-10)


@pytest.mark.parametrize("before_m", [0.0, 0.3, 1.0])
@pytest.mark.parametrize("bits", [32, 64])
def test_a_bore_in_a_narrow_channel_falls_all_the_way_to_its_front(bits, before_m):
    """40 m³/s into 4 m of width, dry or wet: nowhere does its surface rise in the direction of flow.

    It rang by 1.2 m for minutes, and its head lay 0.9 m lower than the cell below.
    """
    grid, bed = Grid(3, 100, 20.0), -1e-3 * 20.0 * np.arange(100.0)
    channel = Channel(tuple((1, k) for k in range(100)), (4.0,) * 100, tuple(bed), 0.03, end_slope=1e-3)
    start = np.zeros((3, 100))
    start[1] = before_m * 4.0 / 20.0
    forcing = Forcing(inflows=(Inflow(1, 0, Series.constant(40.0)),))
    scenario = Scenario(
        Ground(grid, np.tile(bed + 8.0, (3, 1)), 0.05), forcing, 600.0, Works(channels=(channel,))
    )
    run = Simulation(scenario, Method(bits=bits), start)
    fronts = []
    for moment in run.reports(60.0):
        depth = moment.channels.depth_m(moment.h, moment.memory)
        assert np.diff(depth[:99] + bed[:99]).max() < 1e-3 and depth.min() >= 0
        fronts.append(int((depth > before_m + 0.05).sum()))
        assert abs(moment.imbalance) < (1e-10 if bits == 64 else 1e-6)
    assert fronts[1] > fronts[0] > 3 and (np.diff(fronts) >= 0).all() and fronts[8] > 70
    assert run.memory["channel_m3_s"][:10] == pytest.approx(40.0, rel=0.05)


def test_a_film_in_a_narrow_channel_runs_steadily():
    """With the friction of the step before it swung: 0.017 to 0.072 m³/s where 0.05 came in."""
    slope, n, flow = 0.002, 0.03, 0.05
    bed = np.full((3, 60), 50.0) - slope * 20.0 * np.arange(60.0)
    channel = Channel(tuple((1, c) for c in range(60)), (5.0,) * 60, tuple(bed[1] - 3.0), n, end_slope=slope)
    inflow = Inflow(1, 0, Series.constant(flow))
    scenario = Scenario(
        Ground(Grid(3, 60, 20.0), bed, n), Forcing(inflows=(inflow,)), 20_000.0, Works(channels=(channel,))
    )
    run = Simulation(scenario, Method())
    run.advance()
    np.testing.assert_allclose(run.memory["channel_m3_s"][1:], flow, rtol=1e-3)
    # Its head is no drier than the rest: what is let in stood 3 m above it until it was moved on.
    assert run.channels.depth_m(run.h, run.memory)[0] > 0.03
    # Manning in a rectangle 5 m wide.
    depth = run.channels.depth_m(run.h, run.memory)[10:50]
    radius = 5.0 * depth / (5.0 + 2.0 * depth)
    np.testing.assert_allclose(5.0 * depth * radius ** (2 / 3) * slope**0.5 / n, flow, rtol=5e-3)


def test_a_channel_that_is_too_small_floods_its_banks():
    grid = Grid(11, 60, 20.0)
    y = np.abs(np.arange(11) - 5.0)[:, None]
    ground = Ground(grid, 5.0 + 0.05 * y - 0.02 * np.arange(60.0), 0.05)
    path = tuple((5, k) for k in range(60))
    channel = Channel(path, (4.0,) * 60, tuple(3.5 - 0.02 * np.arange(60.0)), 0.03, end_slope=1e-3)
    forcing = Forcing(inflows=(Inflow(5, 0, Series.constant(20.0)),))
    run = Simulation(Scenario(ground, forcing, 3600.0, Works(channels=(channel,))), Method())
    run.advance()
    assert run.h[5].max() > 0.05 and run.h[4].max() > 0
    assert abs(run.imbalance) < 1e-10
    np.testing.assert_allclose(run.h, run.h[::-1], atol=1e-9)


def test_works_that_do_not_fit_are_refused():
    dyke = Dyke(MIDDLE, CREST)
    outside = Breach(Edge("x", 3, 7), 0.0, 10.0, 1.0, LinearGrowth(60.0))
    with pytest.raises(BreachOutsideDyke, match="column=7"):
        basin(Works((dyke,), (outside,)), 1.0, 0.0)
    wide = Breach(MIDDLE[1], 0.0, 90.0, 1.0, LinearGrowth(60.0))
    for works in (
        Works((dyke,), (wide,)),
        Works((dyke, dyke)),
        Works((Dyke((Edge("x", 0, 0),), (1.0,)),)),
        Works(gates=(Gate(MIDDLE[0], 0.0, 11.0, Series.constant(1.0)),)),
        Works(channels=(Channel(((0, 0), (0, 2)), (3.0, 3.0), (-1.0, -1.0)),)),
        Works(channels=(Channel(((0, 0), (0, 1)), (3.0, 3.0), (1.0, -1.0)),)),
    ):
        with pytest.raises(BadStructure):
            basin(works, 1.0, 0.0)
