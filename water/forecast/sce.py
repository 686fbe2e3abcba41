"""SCE-UA 洗牌复形演化: global search for the parameters at which a cost is least.

Duan, Sorooshian and Gupta (1992, 1994). The complexes evolve side by side, so that each step asks for the
cost of as many points as there are complexes in one call. What is drawn does not depend on what was found:
the same seed and the same cost give the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from water.errors import BadCalibration

Floats = NDArray[np.float64]
Cost = Callable[[Floats], Floats]
"""Points of shape (n, d) to their costs; what cannot be computed costs nan."""
EVALUATIONS_MOST: Final = 1_000_000
COMPLEXES_MOST: Final = 64
STILL_SHUFFLES: Final = 10
"""Shuffles within which the best must have become better."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A parameter and between what it is sought."""

    name: str
    low: float
    high: float
    unit: str = "1"
    logarithmic: bool = False
    """Searched by orders of magnitude."""


@dataclass(frozen=True, slots=True)
class Search:
    """How long and how widely it is searched."""

    seed: int
    evaluations: int = 10_000
    """At most; a step that has begun is ended."""
    complexes: int = 6
    better: float = 1e-3
    """Relative gain of the best within some shuffles, below which the search ends."""
    narrow: float = 1e-3
    """Geometric mean range of the population, of its bounds, below which it ends."""


@dataclass(frozen=True, slots=True)
class Found:
    """Where the search ended."""

    best: Floats
    cost: float
    evaluations: int
    shuffles: int
    ended: str
    """``still``, ``narrow`` or ``evaluations``."""
    population: Floats
    """Every point of the last population, the best first."""
    costs: Floats
    history: tuple[float, ...]
    """The least cost after each shuffle."""


def search(cost: Cost, bounds: Sequence[Bound], how: Search) -> Found:
    """Seek the point of least cost. BadCalibration for bounds or settings that cannot be."""
    scale = _Scale.of(bounds)
    _require(how)
    count = len(bounds)
    members = 2 * count + 1
    chance = np.random.Generator(np.random.PCG64(how.seed))
    counted = _Counted(cost, scale)
    points = chance.random((how.complexes * members, count))
    points, costs = _ranked(points, counted(points))
    if not np.isfinite(costs[0]):
        raise BadCalibration(
            f"参数范围内没有可计算的点,请核对输入与范围:{costs[0]}",
            f"no point within the bounds can be computed, check inputs and bounds: {costs[0]}",
            value=str(costs[0]),
        )
    history = [float(costs[0])]
    ended = ""
    while not ended:
        shape = (members, how.complexes)
        complexes = points.reshape(*shape, count).swapaxes(0, 1).copy()
        of_complexes = costs.reshape(shape).T.copy()
        for _ in range(members):
            _evolve(complexes, of_complexes, counted, chance)
        flat = complexes.swapaxes(0, 1).reshape(-1, count), of_complexes.T.reshape(-1)
        points, costs = _ranked(*flat)
        history.append(float(costs[0]))
        ended = _ended(points, history, counted.count, how)
    return Found(
        scale.values(points[:1])[0],
        float(costs[0]),
        counted.count,
        len(history) - 1,
        ended,
        scale.values(points),
        costs,
        tuple(history),
    )


def _evolve(points: Floats, costs: Floats, counted: _Counted, chance: np.random.Generator) -> None:
    """One step of competitive complex evolution 竞争复形演化 in every complex, in place.

    Of a simplex drawn by rank, the worst is reflected, else drawn in, else replaced by a random one.
    """
    complexes, members, count = points.shape
    rows = np.arange(complexes)
    weights = np.arange(members, 0, -1)
    drawn = np.log(chance.random((complexes, members))) / weights
    low, high = points.min(axis=1), points.max(axis=1)
    at_random, instead = (low + chance.random((complexes, count)) * (high - low) for _ in range(2))
    simplex = np.sort(np.argsort(-drawn, axis=1)[:, : count + 1], axis=1)
    worst = simplex[:, -1]
    others = points[rows[:, None], simplex[:, :-1]]
    centre = np.add.reduce(others, axis=1) / count
    was, cost_was = points[rows, worst], costs[rows, worst]
    made = 2.0 * centre - was
    outside = ((made < 0) | (made > 1)).any(axis=1)
    made[outside] = at_random[outside]
    got = counted(made)
    left = np.flatnonzero(~(got < cost_was))
    if len(left):
        made[left] = (was[left] + centre[left]) / 2
        got[left] = counted(made[left])
    left = np.flatnonzero(~(got < cost_was))
    if len(left):
        made[left] = instead[left]
        got[left] = counted(made[left])
    points[rows, worst], costs[rows, worst] = made, got
    order = np.argsort(costs, axis=1, kind="stable")
    points[:], costs[:] = points[rows[:, None], order], costs[rows[:, None], order]


def _ended(points: Floats, history: Sequence[float], evaluations: int, how: Search) -> str:
    if evaluations >= how.evaluations:
        return "evaluations"
    ranges = points.max(axis=0) - points.min(axis=0)
    if np.exp(np.mean(np.log(ranges + 1e-300))) < how.narrow:
        return "narrow"
    if len(history) > STILL_SHUFFLES:
        before, recent = history[-1 - STILL_SHUFFLES], history[-STILL_SHUFFLES - 1 :]
        gained = before - history[-1]
        if gained <= how.better * float(np.mean(np.abs(recent))):
            return "still"
    return ""


def _ranked(points: Floats, costs: Floats) -> tuple[Floats, Floats]:
    order = np.argsort(costs, kind="stable")
    return points[order], costs[order]


class _Counted:
    """The cost, of points in the unit cube, and how often it was asked."""

    def __init__(self, cost: Cost, scale: _Scale) -> None:
        self._cost = cost
        self._scale = scale
        self.count = 0

    def __call__(self, points: Floats) -> Floats:
        self.count += len(points)
        found = np.asarray(self._cost(self._scale.values(points)), dtype=float)
        return np.where(np.isfinite(found), found, np.inf)


@dataclass(frozen=True, slots=True)
class _Scale:
    """Between the unit cube and the parameters."""

    low: Floats
    high: Floats
    logarithmic: NDArray[np.bool_]

    @staticmethod
    def of(bounds: Sequence[Bound]) -> _Scale:
        for each in bounds:
            fits = np.isfinite([each.low, each.high]).all() and each.low < each.high
            if not fits or (each.logarithmic and each.low <= 0):
                raise BadCalibration(
                    f"参数 {each.name} 的范围须下限小于上限,对数搜索须为正:{each.low} – {each.high}",
                    f"bounds of {each.name} run from low to high, over 0 where searched by logarithm:"
                    f" {each.low} – {each.high}",
                    value=each.name,
                )
        if not bounds:
            raise BadCalibration("没有待率定的参数:0", "there is no parameter to calibrate: 0", value=0)
        low, high = (np.array([getattr(each, name) for each in bounds], float) for name in ("low", "high"))
        logs = np.array([each.logarithmic for each in bounds])
        low[logs], high[logs] = np.log(low[logs]), np.log(high[logs])
        return _Scale(low, high, logs)

    def values(self, points: Floats) -> Floats:
        values = self.low + points * (self.high - self.low)
        values[:, self.logarithmic] = np.exp(values[:, self.logarithmic])
        return values


def _require(how: Search) -> None:
    if not 0 <= how.seed < 2**63:
        raise BadCalibration(
            f"种子须为非负整数:{how.seed}", f"a seed is 0 or more: {how.seed}", value=how.seed
        )
    if not 1 <= how.evaluations <= EVALUATIONS_MOST:
        raise BadCalibration(
            f"计算次数须为 1 至 {EVALUATIONS_MOST}:{how.evaluations}",
            f"evaluations are 1 to {EVALUATIONS_MOST}: {how.evaluations}",
            value=how.evaluations,
        )
    if not 1 <= how.complexes <= COMPLEXES_MOST:
        raise BadCalibration(
            f"复形数须为 1 至 {COMPLEXES_MOST}:{how.complexes}",
            f"complexes are 1 to {COMPLEXES_MOST}: {how.complexes}",
            value=how.complexes,
        )
