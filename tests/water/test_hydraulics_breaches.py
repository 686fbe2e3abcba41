"""Breaches of dykes: their growth against another integrator, their limits, where they are refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from water.errors import BadStructure, BreachOutsideDyke
from water.hydraulics.crossing_kernel import rated
from water.hydraulics.edges import Edge
from water.hydraulics.model import Forcing, Grid, Ground, Inflow, Method, Series
from water.hydraulics.simulation import Scenario, Simulation
from water.hydraulics.works import Breach, Culvert, Dyke, Erosion, Gate, LinearGrowth, Pump, Works

CELL = 10.0
EDGES = tuple(Edge("x", row, 1) for row in range(9))
DYKE = Dyke(EDGES, (3.0,) * 9)
LINEAR = Breach(EDGES[4], 60.0, 50.0, 1.0, LinearGrowth(300.0))
ERODING = Breach(EDGES[4], 0.0, 40.0, 0.2, Erosion(2e-5, 5.0), first_width_m=4.0)
BOTH = pytest.mark.parametrize("scheme", ["inertia", "godunov"])


def run(
    *breaches: Breach,
    levels: tuple[float, float] = (2.8, 0.0),
    dyke: Dyke = DYKE,
    ground: tuple[float, float] = (0.0, 0.0),
    until: float = 600.0,
    scheme: str = "inertia",
    step_s: float = 60.0,
) -> Simulation:
    """Two wide ponds with a dyke between, each a column of cells."""
    terrain = np.tile(np.array(ground), (9, 1))
    start = np.maximum(np.tile(np.array(levels), (9, 1)) - terrain, 0.0)
    scenario = Scenario(Ground(Grid(9, 2, CELL), terrain), Forcing(), until, Works((dyke,), breaches))
    return Simulation(scenario, Method(scheme, longest_step_s=step_s), start)  # type: ignore[arg-type]


@BOTH
def test_a_linear_breach_keeps_its_hour_its_width_and_its_sill(scheme: str) -> None:
    made = run(LINEAR, scheme=scheme)
    made.advance(60.0)
    assert made.h[:, 1].max() == 0 and made.memory["breach_width_m"][0] == 0
    for moment in made.reports(30.0):
        part = min(max((moment.t_s - 60.0) / 300.0, 0.0), 1.0)
        # What it remembers is of the beginning of its last step, which is short.
        assert moment.memory["breach_width_m"][0] == pytest.approx(1 + 49 * part, abs=1.0)
        assert moment.memory["breach_sill_m"][0] == pytest.approx(3 - 2 * part, abs=0.04)
        assert abs(moment.imbalance) < 1e-12
    assert made.memory["breach_width_m"][0] == 50.0 and made.memory["breach_sill_m"][0] == 1.0


def test_erosion_is_that_of_its_equation_under_a_falling_pond() -> None:
    """One edge between two cells, against an integrator of the same equation and rating."""
    edge, law = Edge("x", 0, 1), Erosion(6e-4, 4.0, widening=1.0)
    breach = Breach(edge, 0.0, CELL, 0.5, law, first_width_m=2.0)
    ground = Ground(Grid(1, 2, CELL), np.array([[0.0, -40.0]]))
    works = Works((Dyke((edge,), (2.0,)),), (breach,))

    def slope(y: np.ndarray) -> np.ndarray:
        level, sill, width = y
        head = max(level - sill, 0.0)
        critical = 2 / 3 * head
        shear = 1000 * 9.81 * law.manning**2 * 9.81 * critical ** (2 / 3)
        rate = law.rate_m3_n_s * max(shear - law.critical_pa, 0.0)
        flow = 1.7 * head**1.5 * width + 1.7 * max(level - 2.0, 0.0) ** 1.5 * (CELL - width)
        return np.array([-flow / CELL**2, -rate, 2 * rate])

    wanted, dt = np.array([3.0, 2.0, 2.0]), 0.01  # Runge and Kutta's fourth order
    for _ in range(6000):
        a = slope(wanted)
        b = slope(wanted + dt / 2 * a)
        c = slope(wanted + dt / 2 * b)
        wanted = wanted + dt / 6 * (a + 2 * b + 2 * c + slope(wanted + dt * c))
    wrong = []
    for step_s in (0.5, 0.25, 0.125):
        scenario = Scenario(ground, Forcing(), 60.0, works)
        made = Simulation(scenario, Method(longest_step_s=step_s, dry_m=1e-6), np.array([[3.0, 0.0]]))
        made.advance()
        found = [made.h[0, 0], made.memory["breach_sill_m"][0], made.memory["breach_width_m"][0]]
        wrong.append(np.abs(np.array(found) - wanted).max())
    assert 0.5 < wanted[1] < 1.95 and wanted[2] < CELL
    # Of first order in the step.
    assert wrong[2] < 0.01 and wrong[2] < 0.26 * wrong[0]


@BOTH
def test_erosion_ends_at_its_width_and_sill_and_hardly_hangs_on_the_step(scheme: str) -> None:
    fast = replace(ERODING, growth=Erosion(0.1, 0.0))
    made = run(fast, levels=(3.2, 0.0), scheme=scheme)
    made.advance()
    assert made.memory["breach_width_m"][0] == 40.0 and made.memory["breach_sill_m"][0] == 0.2
    found = []
    for step_s in (0.4, 0.1):
        slow = run(ERODING, levels=(3.2, 0.0), scheme=scheme, step_s=step_s, until=120.0)
        slow.advance()
        found.append((float(slow.h[:, 1].mean()), slow.memory["breach_width_m"][0]))
        assert abs(slow.imbalance) < 1e-12
    np.testing.assert_allclose(found[0], found[1], rtol=0.02)


def test_a_drowned_breach_erodes_no_more_than_its_current_shears() -> None:
    """Levels even: there is no current, however deep the water over the sill."""
    even = run(replace(ERODING, first_width_m=8.0), levels=(3.5, 3.5))
    even.advance()
    assert even.memory["breach_width_m"][0] == 8.0 and even.memory["breach_sill_m"][0] == 3.0
    free, drowned = (run(ERODING, levels=(3.5, low), step_s=0.1) for low in (0.0, 3.4))
    for made in (free, drowned):
        made.advance(steps=1)
    assert 0 < drowned.memory["breach_width_m"][0] - 4.0 < 0.5 * (free.memory["breach_width_m"][0] - 4.0)


@BOTH
def test_a_sill_below_the_ground_passes_what_lies_above_the_ground(scheme: str) -> None:
    """2 m of head stood over a sill in the soil, and a film of 5 cm was let go like a flood."""
    deep = Breach(EDGES[4], 0.0, CELL, -2.0, LinearGrowth(1e-9), first_width_m=CELL)
    made = run(deep, levels=(0.05, -5.0), ground=(0.0, -5.0), scheme=scheme, step_s=0.01)
    made.advance(steps=2)
    first = float(made.h[4, 1])
    made.advance(steps=1)
    passed = (float(made.h[4, 1]) - first) * CELL * CELL / 0.01
    assert passed == pytest.approx(rated(0.05, -5.0, 0.0, 1.7, np.inf, 0.6) * CELL, rel=0.01)


def test_a_breach_does_not_raise_a_dyke_that_is_lower_beside_it() -> None:
    uneven = Dyke(EDGES, (3.0,) * 3 + (2.0, 3.0, 2.0) + (3.0,) * 3)
    shallow = Breach(EDGES[4], 0.0, 30.0, 2.9, LinearGrowth(1e-9), first_width_m=30.0)
    passed = []
    for breaches in ((), (shallow,)):
        made = run(*breaches, dyke=uneven, step_s=0.01)
        made.advance(steps=2)
        passed.append(float(made.h[:, 1].sum()))
    assert passed[1] >= passed[0] > 0


def test_a_breach_fills_its_dyke_to_the_end_and_not_beyond() -> None:
    whole = Breach(EDGES[4], 0.0, 90.0, 0.0, LinearGrowth(10.0))
    at_end = Breach(EDGES[0], 0.0, 10.0, 0.0, LinearGrowth(10.0))
    beside = Breach(EDGES[3], 0.0, 50.0, 0.0, LinearGrowth(10.0))
    for breach in (whole, at_end):
        made = run(breach, until=60.0)
        made.advance()
        assert made.memory["breach_width_m"][0] == breach.width_m and made.h[:, 1].min() > 0
    for wide in (replace(whole, width_m=91.0), replace(at_end, width_m=11.0)):
        with pytest.raises(BadStructure, match="beyond its dyke"):
            run(wide)
    with pytest.raises(BreachOutsideDyke):
        run(replace(at_end, edge=Edge("y", 3, 1)))
    with pytest.raises(BadStructure, match="overlap"):
        run(LINEAR, beside)


def test_two_breaches_open_each_at_its_own_time() -> None:
    first = Breach(EDGES[1], 5.0, 20.0, 1.0, LinearGrowth(20.0))
    second = Breach(EDGES[7], 40.0, 10.0, 0.0, LinearGrowth(20.0))
    made = run(first, second, until=120.0, step_s=1.0)
    made.advance(39.0)
    assert made.memory["breach_width_m"].tolist() == [20.0, 0.0]
    one = made.state
    made.advance()
    assert made.memory["breach_width_m"].tolist() == [20.0, 10.0]
    again = Simulation(made.scenario, made.method, one)
    again.advance()
    assert again.h.tobytes() == made.h.tobytes() and abs(again.imbalance) < 1e-12


@pytest.mark.parametrize("bits", [32, 64])
@BOTH
def test_a_run_is_taken_up_from_any_step_with_the_same_bits(scheme: str, bits: int) -> None:
    ground = Ground(Grid(9, 2, CELL), np.zeros((9, 2)))
    flow = Series((0.0, 7.0, 7.5, 40.0), (0.0, 0.0, 30.0, 3.0))
    works = Works(
        (DYKE,), (ERODING, replace(LINEAR, edge=EDGES[8], width_m=9.0, start_s=13.0)),
        (Gate(EDGES[0], 0.5, 6.0, Series((0.0, 11.0, 12.0, 40.0), (0.0, 0.0, 0.8, 0.8))),),
        (Culvert((1, 0), (1, 1), 0.1, 0.0, 1.0, 1.2),), (Pump((2, 1), (2, 0), flow, 0.4, 0.1),),
    )  # fmt: skip
    scenario = Scenario(ground, Forcing(inflows=(Inflow(6, 0, flow),)), 40.0, works)
    method = Method(scheme, bits)  # type: ignore[arg-type]
    whole = Simulation(scenario, method, 2.5)
    states = [whole.state]
    while whole.t_s < 40.0:
        whole.advance(steps=1)
        states.append(whole.state)
    assert len(states) > 30 and abs(whole.imbalance) < (1e-10 if bits == 64 else 1e-6)
    for state in states[:: max(1, len(states) // 12)]:
        again = Simulation(scenario, method, state)
        again.advance()
        assert again.h.tobytes() == whole.h.tobytes() and again.ledger == whole.ledger
        assert all((again.memory[name] == kept).all() for name, kept in whole.memory.items())


NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    "works",
    [
        *(Works((DYKE,), (replace(LINEAR, sill_m=each),)) for each in (NAN, -INF)),
        *(Works((DYKE,), (replace(LINEAR, start_s=each),)) for each in (NAN, INF)),
        *(Works((DYKE,), (replace(LINEAR, width_m=each),)) for each in (NAN, INF, 0.0, -3.0)),
        *(Works((DYKE,), (replace(LINEAR, growth=LinearGrowth(each)),)) for each in (NAN, 0.0, -1.0)),
        *(Works((DYKE,), (replace(ERODING, growth=Erosion(*each)),)) for each in (
            (0.0, 1.0), (1e-5, NAN), (1e-5, -1.0), (1e-5, 1.0, NAN), (1e-5, 1.0, 0.025, -1.0))),
        Works(gates=(Gate(EDGES[0], NAN, 2.0, Series.constant(1.0)),)),
        *(Works(culverts=(Culvert((0, 0), (0, 1), *each),)) for each in (
            (NAN, 0.0, 1.0, 1.0), (0.0, INF, 1.0, 1.0), (0.0, 0.0, 1.0, NAN), (0.0, 0.0, 1.0, 1.0, -0.6))),
        Works(pumps=(Pump((0, 0), None, Series.constant(1.0), NAN, 0.0),)),
    ],
)  # fmt: skip
def test_numbers_that_cannot_be_are_refused(works: Works) -> None:
    with pytest.raises(BadStructure):
        Scenario(Ground(Grid(9, 2, CELL), np.zeros((9, 2))), Forcing(), 60.0, works).check()
