"""CRPS against its integral, the closed form of a normal distribution, and what an ensemble must not gain."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from water.errors import BadVerification
from water.forecast.ensemble_score import CLASSES, DEVIATES, crps, score

FLOWS = st.floats(-1e4, 1e4)


def integral(members: np.ndarray, seen: float) -> float:
    """∫ (F − 1)² between all members and what was observed, piece by piece."""
    ends = np.sort(np.append(members, seen))
    total = 0.0
    for low, high in pairwise(ends):
        share = (members <= low).mean() - (seen <= low)
        total += share**2 * (high - low)
    return total


def of_normal(mean: float, spread: float, seen: float) -> float:
    """Gneiting et al. (2005)."""
    z = (seen - mean) / spread
    density, share = math.exp(-z * z / 2) / math.sqrt(2 * math.pi), 0.5 * math.erfc(-z / math.sqrt(2))
    return spread * (z * (2 * share - 1) + 2 * density - 1 / math.sqrt(math.pi))


@given(st.lists(FLOWS, min_size=1, max_size=12), FLOWS)
def test_the_score_is_its_integral_and_that_over_all_pairs(members: list[float], seen: float) -> None:
    made = np.array(members)
    scale = max(1.0, np.abs(made).max(), abs(seen))
    off, apart = np.abs(made - seen).mean(), np.abs(made[:, None] - made).sum()
    found = float(crps(made[:, None], [seen])[0])
    assert found == pytest.approx(integral(made, seen), abs=1e-9 * scale)
    assert found == pytest.approx(off - apart / 2 / len(made) ** 2, abs=1e-9 * scale)
    assert found >= -1e-9 * scale
    if len(made) > 1:
        fair = float(crps(made[:, None], [seen], fair=True)[0])
        assert fair == pytest.approx(off - apart / 2 / len(made) / (len(made) - 1), abs=1e-9 * scale)


@given(st.lists(FLOWS, min_size=2, max_size=8), FLOWS, st.floats(-1e5, 1e5), st.floats(0.1, 50))
def test_it_moves_with_what_it_scores(members: list[float], seen: float, by: float, times: float) -> None:
    made = np.array(members)[:, None]
    plain = float(crps(made, [seen])[0])
    assert float(crps(made + by, [seen + by])[0]) == pytest.approx(plain, abs=1e-6)
    assert float(crps(made * times, [seen * times])[0]) == pytest.approx(plain * times, abs=1e-6)
    assert float(crps(np.repeat(made, 3, 0), [seen])[0]) == pytest.approx(plain, abs=1e-6)


@pytest.mark.parametrize("seen", [-9.0, 0.0, 2.0, 3.3, 30.0])
def test_of_a_normal_distribution_by_the_middles_of_its_classes(seen: float) -> None:
    found = float(crps(2.0 + 3.0 * DEVIATES[:, None], [seen])[0])
    assert found == pytest.approx(of_normal(2.0, 3.0, seen), rel=2e-3, abs=2e-3)
    assert len(DEVIATES) == CLASSES and abs(DEVIATES.sum()) < 1e-9


def test_fair_members_score_alike_however_many_they_are() -> None:
    """The plain score of few members is worse than that of the distribution that they come from, by 1/n."""
    chance = np.random.default_rng(4)
    seen = chance.normal(size=40_000)
    wanted = 1 / math.sqrt(math.pi)  # of a true standard normal distribution
    for count in (2, 5, 20):
        made = chance.normal(size=(count, seen.size))
        assert float(crps(made, seen, fair=True).mean()) == pytest.approx(wanted, rel=0.02)
        assert float(crps(made, seen).mean()) == pytest.approx(wanted * (1 + 1 / count), rel=0.02)


def test_no_other_spread_scores_better_than_the_true_one() -> None:
    seen = np.random.default_rng(5).normal(size=20_000)
    by = {each: float(crps(np.repeat(each * DEVIATES[:, None], seen.size, 1), seen).mean())
          for each in (0.3, 0.7, 1.0, 1.4, 3.0)}  # fmt: skip
    assert min(by, key=by.__getitem__) == 1.0


def test_a_reliable_ensemble_spreads_as_far_as_it_errs() -> None:
    chance = np.random.default_rng(6)
    seen = chance.normal(50.0, 4.0, 5_000)
    found = score(chance.normal(50.0, 4.0, (10, 5_000)), seen, 58.0)
    assert found is not None
    assert found.spread == pytest.approx(found.error, rel=0.03)
    assert found.crps_fair < found.crps < found.persistence == pytest.approx(np.abs(58.0 - seen).mean())
    narrow = score(chance.normal(50.0, 1.0, (10, 5_000)), seen, 58.0)
    assert narrow is not None and narrow.spread < 0.3 * narrow.error


def test_what_was_not_observed_does_not_count() -> None:
    members = [[1.0, 7.0], [3.0, 9.0]]
    assert np.isnan(crps(members, [2.0, math.nan])).tolist() == [False, True]
    found = score(members, [2.0, math.nan], 5.0)
    assert found is not None and (found.crps, found.persistence, found.error) == (0.5, 3.0, 0.0)
    assert score(members, [math.nan, math.nan], 5.0) is None and score(members[:1], [2.0, 2.0], 5.0) is None


NONE = ([], False), ([[1.0]], True), ([[1.0, 2.0]], False), ([[math.nan]], False), ([[math.inf]], False)


@pytest.mark.parametrize(("members", "fair"), NONE)
def test_members_that_cannot_be_are_refused(members: list[list[float]], fair: bool) -> None:
    with pytest.raises(BadVerification):
        crps(members, [1.0], fair=fair)
