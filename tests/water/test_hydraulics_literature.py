"""Exact solutions of the literature beyond those of the reference: bowls, slopes, circles, bumps, plains."""

from __future__ import annotations

import numpy as np
import pytest

from water.hydraulics.model import Boundary, Forcing, Grid, Ground, Kind, Method, Series, Side
from water.hydraulics.simulation import Scenario, Simulation

G = 9.81
GODUNOV = Method("godunov")


def off(depth: np.ndarray, exact: np.ndarray) -> float:
    return float(np.abs(depth - exact).sum() / exact.sum())


@pytest.mark.parametrize("cells, limit", [(100, 0.020), (200, 0.011)])
def test_water_breathes_in_a_round_bowl(cells: int, limit: float) -> None:
    """Thacker (1981), curved surface: its shore goes to and fro all around; three periods."""
    size_m, a, edge, deepest = 4.0, 1.0, 0.8, 0.1
    cell_m = size_m / cells
    along = (np.arange(cells) + 0.5) * cell_m - 0.5 * size_m
    r2 = along[:, None] ** 2 + along**2
    bed = deepest * (r2 / a**2 - 1.0)
    omega, ratio = np.sqrt(8 * G * deepest) / a, (a**2 - edge**2) / (a**2 + edge**2)

    def exact(t_s: float) -> np.ndarray:
        c = 1.0 - ratio * np.cos(omega * t_s)
        b = 1.0 - ratio**2
        level = deepest * (np.sqrt(b) / c - 1.0 - r2 / a**2 * (b / c**2 - 1.0))
        return np.maximum(0.0, level - bed)

    until_s = 3 * 2 * np.pi / omega
    ground = Ground(Grid(cells, cells, cell_m), bed, 0.0)
    run = Simulation(Scenario(ground, Forcing(), until_s), GODUNOV, exact(0.0))
    run.advance()
    assert off(run.h, exact(until_s)) < limit and abs(run.imbalance) < 1e-12
    assert run.h.tobytes() == np.ascontiguousarray(run.h.T).tobytes()


@pytest.mark.parametrize("cells, limit", [(400, 0.005), (800, 0.0025)])
def test_a_dam_breaks_on_a_dry_slope(cells: int, limit: float) -> None:
    """Without friction a slope is a plain that falls: Ritter's fan, in a frame that speeds up with it."""
    slope, deep, t_s = 0.02, 1.0, 6.0
    cell_m = 200.0 / cells
    x = (np.arange(cells) + 0.5) * cell_m - 100.0
    scenario = Scenario(Ground(Grid(1, cells, cell_m), -slope * x[None], 0.0), Forcing(), t_s)
    run = Simulation(scenario, GODUNOV, np.where(x < 0.0, deep, 0.0)[None])
    run.advance()
    c, moved = np.sqrt(G * deep), x - 0.5 * G * slope * t_s**2
    fan = np.clip(2 * c - moved / t_s, 0.0, None) ** 2 / (9 * G)
    exact, seen = np.where(moved < -c * t_s, deep, fan), x > -50.0  # beyond, the closed side is felt
    assert off(run.h[0][seen], exact[seen]) < limit


def round_dam(
    t_s: float, inside_m: float, outside_m: float, radius_m: float
) -> tuple[np.ndarray, np.ndarray]:
    """Radius and depth of a round dam break by first-order HLL along the radius, 8,000 cells of 2.5 mm."""
    count, far_m = 8000, 20.0
    step_m = far_m / count
    r = (np.arange(count) + 0.5) * step_m
    h, q, t = np.where(r <= radius_m, inside_m, outside_m), np.zeros(count), 0.0
    while t < t_s:
        u, c = q / h, np.sqrt(G * h)
        dt = min(0.45 * step_m / float((np.abs(u) + c).max()), t_s - t)
        low = np.minimum(np.minimum(u[:-1] - c[:-1], u[1:] - c[1:]), 0.0)
        high = np.maximum(np.maximum(u[:-1] + c[:-1], u[1:] + c[1:]), 0.0)
        push = q * u + 0.5 * G * h * h
        both = [
            (high * f[:-1] - low * f[1:] + low * high * (v[1:] - v[:-1])) / (high - low)
            for f, v in ((q, h), (push, q))
        ]
        mass = np.concatenate([[0.0], both[0], both[0][-1:]])
        force = np.concatenate([[push[0]], both[1], both[1][-1:]])
        h, q = h - dt * (np.diff(mass) / step_m + q / r), q - dt * (np.diff(force) / step_m + q * u / r)
        t += dt
    return r, h


def test_a_round_dam_breaks_alike_in_all_directions() -> None:
    """Toro's circular dam break: the fan, the bore, the water that falls back in the middle."""
    cells, size_m, t_s = 161, 40.0, 1.4
    along = (np.arange(cells) + 0.5) * size_m / cells - 0.5 * size_m
    away = np.hypot(*np.meshgrid(along, along))
    ground = Ground(Grid(cells, cells, size_m / cells), np.zeros((cells, cells)), 0.0)
    run = Simulation(Scenario(ground, Forcing(), t_s), GODUNOV, np.where(away <= 2.5, 2.5, 0.5))
    run.advance()
    exact = np.interp(away, *round_dam(t_s, 2.5, 0.5, 2.5))
    middle = cells // 2
    assert off(run.h, exact) < 0.006
    assert off(run.h[middle], exact[middle]) < 0.02 and off(np.diag(run.h), np.diag(exact)) < 0.02


@pytest.mark.parametrize("q, below_m", [(4.42, 2.0), (1.53, None)], ids=["slow", "through-critical"])
def test_over_a_bump_the_head_stays(q: float, below_m: float | None) -> None:
    """Slow all the way, or fast from the crest on: Bernoulli's head everywhere (Delestre et al. 2013)."""
    cells, cell_m = 200, 0.125
    x = (np.arange(cells) + 0.5) * cell_m
    bed = np.maximum(0.0, 0.2 - 0.05 * (x - 10.0) ** 2)
    critical = (q * q / G) ** (1 / 3)
    head = 1.5 * critical + 0.2 if below_m is None else below_m + q * q / (2 * G * below_m**2)
    exact = np.empty(cells)
    for i, z in enumerate(bed):
        roots = np.roots([1.0, z - head, 0.0, q * q / (2 * G)]).real
        slow, fast = np.sort(roots[roots > 0])[::-1]
        exact[i] = fast if below_m is None and x[i] > 10.0 else slow
    last = (
        Boundary(Side.EAST, 0, 1, Kind.FREE)
        if below_m is None
        else Boundary(Side.EAST, 0, 1, Kind.STAGE, Series.constant(below_m))
    )
    first = Boundary(Side.WEST, 0, 1, Kind.DISCHARGE, Series.constant(q * cell_m))
    scenario = Scenario(Ground(Grid(1, cells, cell_m), bed[None], 0.0), Forcing((first, last)), 300.0)
    run = Simulation(scenario, GODUNOV, np.maximum((below_m or 0.66) - bed, 0.0)[None])
    run.advance()
    apart = np.abs(run.h[0] - exact)
    assert apart.mean() < 2.5e-4 and apart.max() < 2.5e-3
    assert np.abs(run.across[0] - q).max() < 2e-3 * q


@pytest.mark.parametrize("scheme, limit", [("inertia", 0.012), ("godunov", 0.002)])
def test_a_wave_of_constant_speed_wets_a_plain(scheme: str, limit: float) -> None:
    """Hunter et al. (2005): pushed at u = 1 m/s over level ground, h = (7/3 · n²u²(ut - x))^(3/7)."""
    cells, cell_m, n, u, t_s = 120, 50.0, 0.03, 1.0, 3600.0
    x = (np.arange(cells) + 0.5) * cell_m

    def exact(x: np.ndarray | float, t: np.ndarray | float) -> np.ndarray:
        return np.maximum(0.0, 7 / 3 * n * n * u * u * (u * t - x)) ** (3 / 7)

    times = np.linspace(0.0, t_s, 721)
    stage = Series(tuple(times), tuple(exact(0.0, times)))
    scenario = Scenario(
        Ground(Grid(1, cells, cell_m), np.zeros((1, cells)), n),
        Forcing((Boundary(Side.WEST, 0, 1, Kind.STAGE, stage),)),
        t_s,
    )
    run = Simulation(scenario, Method(scheme))
    run.advance()
    assert off(run.h[0], exact(x, t_s)) < limit
    assert abs(x[run.h[0] > 0.01].max() - u * t_s) <= cell_m
