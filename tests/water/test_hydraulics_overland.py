"""Rain that runs off slopes 坡面流, against the kinematic wave: both schemes, both precisions."""

from __future__ import annotations

import numpy as np
import pytest

from water.hydraulics.model import (
    Boundary,
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

BOTH = pytest.mark.parametrize("scheme", ["inertia", "godunov"])
BITS = pytest.mark.parametrize("bits", [64, 32])


def kinematic(t_s: float, length_m: float, slope: float, n: float, rain_m_s: float, stops_s: float) -> float:
    """Discharge at the foot of a plane as a share of the rain on it (Henderson & Wooding 1964)."""
    alpha, whole = np.sqrt(slope) / n, rain_m_s * length_m
    if t_s <= stops_s:
        return min(alpha * (rain_m_s * t_s) ** (5 / 3) / whole, 1.0)
    low, high = 0.0, whole
    for _ in range(100):
        q = 0.5 * (low + high)
        late = whole - q - rain_m_s * (5 / 3) * alpha**0.6 * q**0.4 * (t_s - stops_s)
        low, high = (q, high) if late > 0 else (low, q)
    return low / whole


@BITS
@BOTH
@pytest.mark.parametrize(("slope", "length_m"), [(0.005, 500.0), (0.05, 100.0)])
def test_a_plane_rises_to_its_rain_and_falls_as_the_kinematic_wave(slope, length_m, scheme, bits):
    """With the friction of the step before, local inertia swung by a sixth of the peak, and twice it."""
    n, rain, cells = 0.03, 50 / 3.6e6, 100
    cell_m = length_m / cells
    rises_s = (length_m / (np.sqrt(slope) / n * rain ** (2 / 3))) ** 0.6
    stops_s, until_s, every_s = 2 * rises_s, 3 * rises_s, rises_s / 20
    bed = slope * (length_m - (np.arange(cells) + 0.5) * cell_m)[None]
    falls = Rain(Series((0.0, stops_s, stops_s + 1e-3, until_s), (rain, rain, 0.0, 0.0)))
    foot = Boundary(Side.EAST, 0, 1, Kind.FREE, slope=slope)
    run = Simulation(
        Scenario(Ground(Grid(1, cells, cell_m), bed, n), Forcing((foot,), falls), until_s),
        Method(scheme, bits),
    )
    before, off = 0.0, []
    for moment in run.reports(every_s):
        left = (moment.ledger.left_m3 - before) / every_s / (rain * length_m * cell_m)
        before = moment.ledger.left_m3
        middle = [kinematic(moment.t_s - part * every_s, length_m, slope, n, rain, stops_s)
                  for part in np.linspace(0.05, 0.95, 10)]  # fmt: skip
        off.append(left - np.mean(middle))
    assert np.abs(off).max() < 0.04
    assert np.abs(off)[32:39].max() < 0.001
    assert abs(run.imbalance) < (1e-10 if bits == 64 else 1e-6)


@BITS
@BOTH
def test_a_valley_between_two_planes(scheme, bits):
    """di Giammarco et al. (1996): 800 m of 5 % to a channel of 2 %, 10.8 mm/h for 90 min; peak 4.86 m³/s."""
    cell_m, rows, half = 20.0, 50, 40
    column = np.arange(2 * half + 1) - half
    down = (np.arange(rows) + 0.5)[:, None] * cell_m
    bed = 0.02 * (1000.0 - down) + np.where(column == 0, -0.5, 0.05 * (np.abs(column) - 0.5) * cell_m)
    manning = np.broadcast_to(np.where(column == 0, 0.15, 0.015), bed.shape)
    rain = Series((0.0, 5400.0, 5400.01, 7200.0), (3e-6, 3e-6, 0.0, 0.0))
    outlet = Boundary(Side.LAST, half, half + 1, Kind.FREE, slope=0.02)
    ground = Ground(Grid(rows, 2 * half + 1, cell_m), bed, manning)
    run = Simulation(Scenario(ground, Forcing((outlet,), Rain(rain)), 7200.0), Method(scheme, bits))
    before, flow = 0.0, []
    for moment in run.reports(300.0):
        flow.append((moment.ledger.left_m3 - before) / 300.0)
        before = moment.ledger.left_m3
    full = 3e-6 * ground.grid.cells * ground.grid.cell_m2
    assert flow[17] == pytest.approx(full, rel=0.002)
    assert max(flow) <= full * 1.001
    assert (np.diff(flow[:17]) > 0).all() and (np.diff(flow[18:]) < 0).all()
    assert abs(run.imbalance) < (1e-10 if bits == 64 else 1e-6)


@BITS
@BOTH
def test_ground_soaks_as_green_and_ampt_say(scheme, bits):
    """Steady rain over the conductivity: all until it ponds, then by the implicit formula (Mein & Larson)."""
    conductivity, suction, deficit, rain = 1e-5, 0.2, 0.3, 4e-5
    store = suction * deficit
    ponded_m = conductivity * store / (rain - conductivity)

    def soaked(t_s: float) -> float:
        if t_s <= ponded_m / rain:
            return rain * t_s
        low, high = ponded_m, rain * t_s
        for _ in range(100):
            f = 0.5 * (low + high)
            early = (
                f
                - ponded_m
                - store * np.log((store + f) / (store + ponded_m))
                - conductivity * (t_s - ponded_m / rain)
            )
            low, high = (f, high) if early < 0 else (low, f)
        return low

    ground = Ground(Grid(3, 3, 10.0), np.zeros((3, 3)))
    forcing = Forcing((), Rain(Series.constant(rain)), GreenAmpt(conductivity, suction, deficit))
    run = Simulation(Scenario(ground, forcing, 3600.0), Method(scheme, bits))
    for moment in run.reports(60.0):
        assert moment.soaked is not None
        assert moment.soaked == pytest.approx(np.full((3, 3), soaked(moment.t_s)), rel=1e-3)
