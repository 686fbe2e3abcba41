"""Cases of the literature in closed form: a wave on a beach, a basin that swings, a pond that runs out."""

from __future__ import annotations

import numpy as np
import pytest

from water.hydraulics.edges import Edge
from water.hydraulics.model import (
    Boundary,
    Floats,
    Forcing,
    GreenAmpt,
    Grid,
    Ground,
    Kind,
    Method,
    Rain,
    Series,
    Side,
)
from water.hydraulics.simulation import Scenario, Simulation
from water.hydraulics.works import Dyke, Gate, Works

G = 9.81
BOTH = pytest.mark.parametrize("scheme", ["inertia", "godunov"])


def bessel(order: int, x: Floats) -> Floats:
    """J of the first kind, by its integral over half a turn."""
    turn = (np.arange(256) + 0.5) * np.pi / 256
    return np.asarray(np.cos(order * turn - np.outer(x, np.sin(turn))).mean(1))


class Beach:
    """A wave that stands on a beach, after Carrier & Greenspan (1958); steepest 1, here ``steep``."""

    slope, length_m, steep = 1 / 30, 20.0, 0.6

    def __init__(self) -> None:
        self.sigma = np.linspace(1e-6, 20.0, 4001)
        self.j0, self.j1 = bessel(0, self.sigma), bessel(1, self.sigma)
        self.time_s = np.sqrt(self.length_m / (self.slope * G))
        self.period_s = np.pi * self.time_s

    def level_m(self, x: Floats, t_s: float) -> Floats:
        """The surface over the shore at rest, at places ``x`` landward of it; NaN where it is dry."""
        t = t_s / self.time_s
        phase, speed = np.full_like(self.sigma, 2 * t), np.zeros_like(self.sigma)
        for _ in range(100):
            speed = -self.steep * self.j1 * np.sin(phase) / self.sigma
            phase = 0.5 * phase + (t + speed)
        level = self.steep / 4 * self.j0 * np.cos(phase) - speed**2 / 2
        place = level - self.sigma**2 / 16
        order = np.argsort(place)
        found = np.interp(x / self.length_m, place[order], level[order]) * self.slope * self.length_m
        return np.where(x / self.length_m <= place[order][-1], found, np.nan)


@pytest.mark.parametrize(("cells", "limit"), [(170, 0.004), (340, 0.001)])
def test_a_wave_runs_up_and_down_a_beach(cells: int, limit: float) -> None:
    beach = Beach()
    far_m = 3 * beach.length_m
    cell_m = (far_m + 0.4 * beach.length_m) / cells
    x = -far_m + (np.arange(cells) + 0.5) * cell_m
    bed = beach.slope * x

    def depth(t_s: float) -> Floats:
        level = beach.level_m(x, t_s)
        return np.where(np.isnan(level), 0.0, np.maximum(level - bed, 0.0))

    times = np.linspace(0, 2 * beach.period_s, 400)
    stage = Series(tuple(times), tuple(float(beach.level_m(np.array([-far_m]), t)[0]) for t in times))
    sea = Boundary(Side.WEST, 0, 1, Kind.STAGE, stage)
    ground = Ground(Grid(1, cells, cell_m), bed[None], 0.0)
    run = Simulation(Scenario(ground, Forcing((sea,)), times[-1]), Method("godunov"), depth(0.0)[None])
    near = x > -beach.length_m
    for moment in run.reports(beach.period_s / 4):
        exact = depth(moment.t_s)
        assert np.abs(moment.h[0] - exact)[near].sum() < limit * exact[near].sum()


@pytest.mark.parametrize(("scheme", "limit"), [("godunov", 0.015), ("inertia", 0.045)])
def test_a_basin_swings_in_the_time_that_merian_says(scheme: str, limit: float) -> None:
    """Five swings of 1 cm in 10 m of water: T = 2·L/√(g·h)."""
    length_m, deep_m, high_m, cells = 1000.0, 10.0, 0.01, 100
    x = (np.arange(cells) + 0.5) * length_m / cells
    period_s = 2 * length_m / np.sqrt(G * deep_m)
    shape = high_m * np.cos(np.pi * x / length_m)
    ground = Ground(Grid(1, cells, length_m / cells), np.zeros((1, cells)), 0.0)
    method = Method(scheme)  # type: ignore[arg-type]
    run = Simulation(Scenario(ground, Forcing(), 5 * period_s), method, (deep_m + shape)[None])
    for moment in run.reports(period_s / 8):
        exact = deep_m + shape * np.cos(2 * np.pi * moment.t_s / period_s)
        assert np.abs(moment.h[0] - exact).max() < limit * high_m


@BOTH
@pytest.mark.parametrize("by", ["dyke", "gate"])
def test_a_pond_runs_out_over_a_dyke_and_under_a_gate(scheme: str, by: str) -> None:
    """dV/dt = −C·b·H^1.5 and −μ·a·b·√(2·g·H), integrated by hand; beyond lies a drop of 20 m."""
    rows, columns, cell_m = 20, 60, 10.0
    bed = np.zeros((rows, columns))
    bed[:, 40:] = -20.0
    start = np.where(bed < 0, 0.0, 5.0)
    edges = tuple(Edge("x", row, 40) for row in range(rows))
    area_m2 = rows * 40 * cell_m**2
    low = tuple(3.0 if row in (9, 10) else 50.0 for row in range(rows))
    gate = Gate(edges[9], 1.0, 5.0, Series.constant(0.8))
    works = Works((Dyke(edges, low),)) if by == "dyke" else Works((Dyke(edges, (50.0,) * rows),), (), (gate,))

    def level_m(t_s: float) -> float:
        if by == "dyke":
            return 3.0 + 2.0 / (1 + 1.7 * 20.0 * 2.0**0.5 * t_s / (2 * area_m2)) ** 2
        under = 0.6 * 0.8 * 5.0 * (2 * G) ** 0.5
        return 1.4 + (3.6**0.5 - under * t_s / (2 * area_m2)) ** 2

    ground = Ground(Grid(rows, columns, cell_m), bed, 0.03)
    method = Method(scheme)  # type: ignore[arg-type]
    run = Simulation(Scenario(ground, Forcing(), 1800.0, works), method, start)
    # The surface of the pond falls a little towards the work, more so where speed has a head of its own.
    for moment in run.reports(300.0):
        assert moment.h[:, :40].mean() == pytest.approx(level_m(moment.t_s), abs=0.025)


@BOTH
def test_silt_loam_soaks_as_in_the_textbook_of_chow(scheme: str) -> None:
    """Chow, Maidment & Mays (1988), example 4.4.2: of 5 cm of rain in an hour 3.02 cm soak in."""
    soil = GreenAmpt(0.65e-2 / 3600, 0.1668, 0.34)
    rain = Rain(Series.constant(0.05 / 3600))
    ground = Ground(Grid(3, 3, 10.0), np.zeros((3, 3)))
    method = Method(scheme)  # type: ignore[arg-type]
    run = Simulation(Scenario(ground, Forcing((), rain, soil), 3600.0), method)
    (end,) = run.reports(3600.0)
    assert end.soaked is not None
    assert 100 * end.soaked == pytest.approx(np.full((3, 3), 3.02), abs=0.005)
