"""SCE-UA on functions whose least value is known, among them those of Duan's own paper."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from water.errors import BadCalibration
from water.forecast.sce import Bound, Cost, Floats, Search, search


def rosenbrock(x: Floats) -> Floats:
    return np.asarray(100 * (x[:, 1] - x[:, 0] ** 2) ** 2 + (1 - x[:, 0]) ** 2)


def goldstein_price(p: Floats) -> Floats:
    x, y = p.T
    one = 1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2)
    two = 30 + (2 * x - 3 * y) ** 2 * (18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2)
    return np.asarray(one * two)


def six_hump(p: Floats) -> Floats:
    x, y = p.T
    return np.asarray((4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + (4 * y**2 - 4) * y**2)


def griewank(x: Floats) -> Floats:
    roots = np.sqrt(np.arange(1, x.shape[1] + 1))
    return np.asarray((x**2).sum(axis=1) / 4000 - np.cos(x / roots).prod(axis=1) + 1)


A = np.array([[10, 3, 17, 3.5, 1.7, 8], [0.05, 10, 17, 0.1, 8, 14], [3, 3.5, 1.7, 10, 17, 8],
              [17, 8, 0.05, 10, 0.1, 14]])  # fmt: skip
P = 1e-4 * np.array([[1312, 1696, 5569, 124, 8283, 5886], [2329, 4135, 8307, 3736, 1004, 9991],
                     [2348, 1451, 3522, 2883, 3047, 6650], [4047, 8828, 8732, 5743, 1091, 381]])  # fmt: skip


def hartmann(x: Floats) -> Floats:
    inner = (A[None] * (x[:, None] - P[None]) ** 2).sum(axis=2)
    return np.asarray(-(np.array([1, 1.2, 3, 3.2]) * np.exp(-inner)).sum(axis=1))


CASES: list[tuple[Cost, int, float, float, float]] = [
    (rosenbrock, 2, -5, 5, 0.0),
    (goldstein_price, 2, -2, 2, 3.0),
    (six_hump, 2, -2, 2, -1.0316284535),
    (griewank, 10, -600, 600, 0.0),
    (hartmann, 6, 0, 1, -3.3223680114),
]


@pytest.mark.parametrize(("cost", "count", "low", "high", "least"), CASES)
def test_the_least_of_a_known_function_is_found(
    cost: Cost, count: int, low: float, high: float, least: float
) -> None:
    bounds = [Bound(f"x{n}", low, high) for n in range(count)]
    how = Search(seed=11, evaluations=30_000, complexes=10, better=1e-12, narrow=1e-7)
    found = search(cost, bounds, how)
    assert found.cost == pytest.approx(least, abs=2e-6)
    assert cost(found.best[None])[0] == pytest.approx(found.cost, rel=1e-12, abs=1e-15)
    assert found.ended in ("still", "narrow") and found.evaluations < 30_000
    assert list(found.history) == sorted(found.history, reverse=True)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**62), st.integers(1, 5), st.integers(50, 600))
def test_the_same_seed_gives_the_same_bits_and_nothing_leaves_its_bounds(
    seed: int, complexes: int, evaluations: int
) -> None:
    bounds = [Bound("a", -3.0, 2.0), Bound("k", 1e-3, 10.0, "h", logarithmic=True)]
    asked: list[Floats] = []

    def cost(x: Floats) -> Floats:
        asked.append(x.copy())
        return np.asarray((x[:, 0] - 1) ** 2 + np.log(x[:, 1] / 0.3) ** 2)

    how = Search(seed, evaluations, complexes)
    first, again = search(cost, bounds, how), search(cost, bounds, how)
    assert first.best.tobytes() == again.best.tobytes()
    assert first.population.tobytes() == again.population.tobytes()
    assert (first.evaluations, first.history, first.ended) == (again.evaluations, again.history, again.ended)
    seen = np.concatenate(asked)
    assert first.evaluations * 2 == len(seen)
    assert (seen >= [-3.0, 1e-3 * (1 - 1e-12)]).all() and (seen <= [2.0, 10.0 * (1 + 1e-12)]).all()
    assert first.cost == min(first.costs)
    # Of every shuffle at most three steps a member of each complex go beyond the number allowed.
    assert first.evaluations <= max(evaluations, complexes * 5) + 3 * complexes * 5


def test_what_cannot_be_computed_is_avoided() -> None:
    def cost(x: Floats) -> Floats:
        return np.where(x[:, 0] < 0.5, np.nan, (x[:, 0] - 0.6) ** 2)

    found = search(cost, [Bound("a", 0.0, 1.0)], Search(3, 2000, 4, better=1e-9, narrow=1e-9))
    assert found.best[0] == pytest.approx(0.6, abs=1e-4)
    with pytest.raises(BadCalibration):
        search(lambda x: np.full(len(x), np.nan), [Bound("a", 0.0, 1.0)], Search(3))


@pytest.mark.parametrize(
    ("bounds", "how"),
    [
        ([], Search(1)),
        ([Bound("a", 1.0, 1.0)], Search(1)),
        ([Bound("a", 2.0, 1.0)], Search(1)),
        ([Bound("a", 0.0, float("inf"))], Search(1)),
        ([Bound("a", 0.0, 1.0, logarithmic=True)], Search(1)),
        ([Bound("a", 0.0, 1.0)], Search(-1)),
        ([Bound("a", 0.0, 1.0)], Search(1, evaluations=0)),
        ([Bound("a", 0.0, 1.0)], Search(1, complexes=0)),
    ],
)
def test_settings_that_cannot_be_are_refused(bounds: list[Bound], how: Search) -> None:
    with pytest.raises(BadCalibration):
        search(lambda x: x[:, 0], bounds, how)
