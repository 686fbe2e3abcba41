"""Where the villages lie: generated seats, and the patches of land each one gathers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.sample.divisions import Divisions
from spatial.sample.outline import SEATS, seats_m
from spatial.sample.plane import Floats

Places = NDArray[np.intp]

GRID_M = 200.0
BALANCE_ROUNDS = 120
LLOYD_ROUNDS = 3
PATCHES_PER_VILLAGE = 6
"""Villages gather several patches: their outlines then do not look like cells of a diagram."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """Village seats and patches of land in the plane."""

    seats_m: Floats
    """Shape (1013, 2), in the order of the divisions."""
    towns: Places
    """Index of the town in ``SEATS`` for each village."""
    patches_m: Floats
    """Middles of the patches, shape (n, 2)."""
    villages: Places
    """Index of the village that gathers each patch."""


def settle(divisions: Divisions, outline: shapely.Polygon, generator: np.random.Generator) -> Settlement:
    """Spread every town's real number of villages over its share of the city, communities innermost."""
    grid = _grid(outline)
    owner = _balanced(_warped(grid, generator), seats_m())
    town_of = {seat.code: index for index, seat in enumerate(SEATS)}
    towns = np.array([town_of[village.parent] for village in divisions.villages], dtype=np.intp)
    urban = np.array([village.urban for village in divisions.villages])
    seats = np.empty((len(towns), 2))
    patches, gathered = [], []
    for index, seat in enumerate(seats_m()):
        cells = grid[owner == index]
        density = _density(cells, index, seat)
        wanted = np.flatnonzero(towns == index)
        spread = _spread(cells, density, len(wanted), LLOYD_ROUNDS, generator)
        outwards = spread[np.argsort(np.hypot(*(spread - seat).T))]
        seats[wanted[np.argsort(~urban[wanted], kind="stable")]] = outwards
        more = _spread(cells, density, (PATCHES_PER_VILLAGE - 1) * len(wanted), 1, generator)
        pull = generator.uniform(0.8, 1.2, len(wanted))
        distance = np.sqrt(((more[:, None, :] - seats[wanted][None]) ** 2).sum(axis=2)) * pull
        patches += [seats[wanted], more]
        gathered += [wanted, wanted[np.argmin(distance, axis=1)]]
    return Settlement(seats, towns, np.concatenate(patches), np.concatenate(gathered))


def _warped(points: Floats, generator: np.random.Generator) -> Floats:
    """The plane bent by a few long waves, so that town borders wind instead of running straight."""
    moved = points.copy()
    for wavelength_m in (26_000.0, 15_000.0, 8_000.0):
        angle, phase = generator.uniform(0, 2 * np.pi, (2, 2))
        for axis in (0, 1):
            along = points @ np.array([np.cos(angle[axis]), np.sin(angle[axis])])
            moved[:, axis] += 0.075 * wavelength_m * np.sin(2 * np.pi * along / wavelength_m + phase[axis])
    return moved


def _grid(outline: shapely.Polygon) -> Floats:
    west, south, east, north = outline.bounds
    x, y = np.meshgrid(np.arange(west, east, GRID_M), np.arange(south, north, GRID_M))
    points = np.column_stack([x.ravel(), y.ravel()])
    inside: Floats = points[shapely.contains_xy(outline, points[:, 0], points[:, 1])]
    return inside


def _balanced(grid: Floats, seats: Floats) -> Places:
    """A power diagram of the seats whose areas come near the targets, as an owner per grid point."""
    distance2 = ((grid[:, None, :] - seats[None, :, :]) ** 2).sum(axis=2)
    target = np.array([seat.target_km2 for seat in SEATS])
    target = target / target.sum() * len(grid)
    weights = np.zeros(len(seats))
    for _ in range(BALANCE_ROUNDS):
        owner = np.argmin(distance2 - weights, axis=1)
        actual = np.bincount(owner, minlength=len(seats))
        weights += (target - actual) * GRID_M**2 * 0.12
    return np.asarray(np.argmin(distance2 - weights, axis=1), dtype=np.intp)


def _density(cells: Floats, town: int, seat: Floats) -> Floats:
    """Relative density of villages: closer around the seat, thinner towards the salt flats of the coast."""
    distance = np.hypot(*(cells - seat).T)
    urban = town in (0, 3)
    core = (9.0 if urban else 2.0) * np.exp(-((distance / (2600.0 if urban else 1800.0)) ** 2))
    north = np.clip((cells[:, 1] - 12_000.0) / 20_000.0, 0.0, 1.0)
    density: Floats = (1.0 + core) * np.exp(-2.2 * north)
    return density


def _spread(
    cells: Floats, density: Floats, count: int, rounds: int, generator: np.random.Generator
) -> Floats:
    """``count`` points among grid cells by density, evened out by some Lloyd rounds."""
    chosen = generator.choice(len(cells), count, replace=False, p=density / density.sum())
    points = cells[chosen] + generator.uniform(-0.45, 0.45, (count, 2)) * GRID_M
    for _ in range(rounds):
        nearest = np.argmin(((cells[:, None, :] - points[None]) ** 2).sum(axis=2), axis=1)
        mass = np.bincount(nearest, density, minlength=count)
        middle = np.column_stack(
            [np.bincount(nearest, density * cells[:, axis], minlength=count) for axis in (0, 1)]
        )
        held = mass > 0
        points[held] += 0.75 * (middle[held] / mass[held, None] - points[held])
    return points
