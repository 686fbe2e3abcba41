"""Interpolation against systems solved one by one, and against leaving out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spatial.analysis.errors import TooFewSamples
from spatial.analysis.interpolate import Method, Variogram, fitted, interpolate


def field(seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Samples of a smooth field with a little noise."""
    dice = np.random.default_rng(seed)
    places = np.round(dice.uniform(0, 20_000, (count, 2)), 2)
    values = 40 + 20 * np.sin(places[:, 0] / 6000) + 12 * np.cos(places[:, 1] / 5000)
    return places, values + dice.normal(0, 1.0, count)


def by_hand(places: np.ndarray, values: np.ndarray, at: np.ndarray, gram: Variogram) -> tuple[float, float]:
    """One ordinary kriging system, written out with covariances instead of the variogram."""

    def covariance(one: np.ndarray, other: np.ndarray) -> float:
        away = float(np.linalg.norm(one - other))
        return gram.nugget + gram.sill if away == 0 else gram.sill * float(np.exp(-3 * away / gram.range_m))

    count = len(places)
    system = np.array([[covariance(a, b) for b in places] + [1.0] for a in places] + [[1.0] * count + [0.0]])
    right = np.array([covariance(a, at) for a in places] + [1.0])
    solved = np.linalg.solve(system, right)
    variance = covariance(at, at) - solved @ right
    return float(solved[:count] @ values), float(np.sqrt(max(variance, 0.0)))


@given(st.integers(0, 10_000), st.integers(6, 30))
@settings(max_examples=25, deadline=None)
def test_kriging_is_the_solution_of_its_systems(seed: int, count: int) -> None:
    places, values = field(seed, count)
    asked = np.random.default_rng(seed + 1).uniform(-2000, 22_000, (5, 2))
    surface = interpolate(places, values, asked, Method.KRIGING)
    assert surface.variogram is not None
    for at, value, deviation in zip(asked, surface.values, surface.deviations, strict=True):
        expected = by_hand(places, values, at, surface.variogram)
        assert (value, deviation) == pytest.approx(expected, rel=1e-6, abs=1e-5)


@pytest.mark.parametrize("method", Method)
@given(st.integers(0, 10_000), st.integers(6, 40))
@settings(max_examples=20, deadline=None)
def test_at_a_sample_it_is_the_sample_and_certain(method: Method, seed: int, count: int) -> None:
    places, values = field(seed, count)
    surface = interpolate(places, values, places, method)
    assert surface.values == pytest.approx(values, abs=1e-6)
    if method is Method.KRIGING:
        assert np.abs(surface.deviations).max() < 1e-3


def test_kriging_left_out_in_closed_form_is_left_out_by_hand() -> None:
    places, values = field(3, 25)
    surface = interpolate(places, values, places[:1], Method.KRIGING)
    assert surface.variogram is not None
    missed = []
    for at in range(len(values)):
        rest = np.arange(len(values)) != at
        missed.append(by_hand(places[rest], values[rest], places[at], surface.variogram)[0] - values[at])
    assert surface.loo_rmse == pytest.approx(np.sqrt(np.mean(np.square(missed))), rel=1e-6)


def test_inverse_distance_is_the_weighted_mean() -> None:
    places, values = field(5, 30)
    asked = np.random.default_rng(2).uniform(0, 20_000, (50, 2))
    surface = interpolate(places, values, asked, Method.IDW, power=3.0)
    for at, value in zip(asked, surface.values, strict=True):
        weight = [1 / np.linalg.norm(at - place) ** 3 for place in places]
        assert value == pytest.approx(np.average(values, weights=weight), rel=1e-9)
    missed = []
    for at in range(len(values)):
        rest = np.arange(len(values)) != at
        weight = [1 / np.linalg.norm(places[at] - place) ** 3 for place in places[rest]]
        missed.append(np.average(values[rest], weights=weight) - values[at])
    assert surface.loo_rmse == pytest.approx(np.sqrt(np.mean(np.square(missed))), rel=1e-9)
    assert np.isnan(surface.deviations).all(), "inverse distance knows no deviation"


def test_kriging_follows_a_smooth_field_better_than_its_mean() -> None:
    places, values = field(8, 120)
    asked, truth = field(9, 300)
    surface = interpolate(places, values, asked, Method.KRIGING)
    missed = np.sqrt(np.mean((surface.values - truth) ** 2))
    assert missed < 0.25 * truth.std()
    assert surface.loo_rmse == pytest.approx(missed, rel=0.5)
    within = np.abs(surface.values - truth) < 2 * np.hypot(surface.deviations, 1.0)
    assert within.mean() > 0.85, "what it says of its certainty holds about as often as it says"


def test_the_variogram_is_found_again() -> None:
    """Of sixteen fields drawn from one variogram the middle one: each by itself is far off by chance."""
    sills, ranges = [], []
    for seed in range(16):
        dice = np.random.default_rng(seed)
        places = dice.uniform(0, 60_000, (250, 2))
        away = np.hypot(*(places[:, None] - places[None]).transpose(2, 0, 1))
        cover = np.where(away > 0, 9.0 * np.exp(-3 * away / 6000.0), 10.0)
        found = fitted(places, np.linalg.cholesky(cover) @ dice.normal(size=250))
        sills.append(found.nugget + found.sill)
        ranges.append(found.range_m)
    assert np.median(sills) == pytest.approx(10.0, rel=0.25)
    assert 3000 < np.median(ranges) < 12_000


@pytest.mark.parametrize("method", Method)
def test_places_that_are_the_same_count_as_one_and_too_few_are_refused(method: Method) -> None:
    places, values = field(1, 6)
    doubled = interpolate(
        np.concatenate([places, places]), np.concatenate([values + 1, values - 1]), places, method
    )
    assert doubled.values == pytest.approx(values, abs=1e-6)
    with pytest.raises(TooFewSamples, match="1"):
        interpolate(np.repeat(places[:1], 9, axis=0), np.arange(9.0), places, method)


@pytest.mark.parametrize("method", Method)
def test_where_everything_is_the_same_it_is_the_same_everywhere(method: Method) -> None:
    places, _ = field(1, 8)
    surface = interpolate(places, np.full(8, 7.5), places + 100, method)
    assert surface.values == pytest.approx(7.5) and surface.loo_rmse == pytest.approx(0.0, abs=1e-9)
