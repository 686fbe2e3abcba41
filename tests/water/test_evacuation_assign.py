"""Assignments to shelters against brute force over every assignment there is, and what is refused."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from water.errors import BadCapacity, NoShelters
from water.evacuation.assign import TICKS_S, assign


@st.composite
def cases(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    units, shelters = draw(st.integers(1, 3)), draw(st.integers(1, 3))
    cell = st.one_of(st.integers(0, 40).map(float), st.just(float("inf")))
    journeys = draw(st.lists(cell, min_size=units * shelters, max_size=units * shelters))
    people = draw(st.lists(st.integers(0, 3), min_size=units, max_size=units))
    capacities = draw(st.lists(st.integers(0, 4), min_size=shelters, max_size=shelters))
    return np.array(journeys).reshape(units, shelters), np.array(people), np.array(capacities)


def best(journey_s: np.ndarray, people: np.ndarray, capacities: np.ndarray) -> tuple[int, float]:
    """Most people housed, and then the least sum of journeys, over every choice of every person."""
    persons = [unit for unit, count in enumerate(people) for _ in range(count)]
    options = [[None, *np.flatnonzero(np.isfinite(journey_s[unit]))] for unit in persons]
    found = (0, 0.0)
    for choice in product(*options):
        used = [choice.count(shelter) for shelter in range(len(capacities))]
        if any(count > most for count, most in zip(used, capacities, strict=True)):
            continue
        housed = [(unit, to) for unit, to in zip(persons, choice, strict=True) if to is not None]
        spent = sum(journey_s[unit, to] for unit, to in housed)
        if (-len(housed), spent) < (-found[0], found[1]):
            found = (len(housed), spent)
    return found


@settings(max_examples=150, deadline=None)
@given(cases())
def test_nobody_does_better(case: tuple[np.ndarray, np.ndarray, np.ndarray]) -> None:
    journey_s, people, capacities = case
    made = assign(journey_s, people, capacities)
    assert (made.people >= 0).all() and (made.people.sum(axis=0) <= capacities).all()
    assert (made.people.sum(axis=1) + made.left == people).all()
    assert not made.people[~np.isfinite(journey_s)].any()
    housed, spent = best(journey_s, people, capacities)
    assert made.people.sum() == housed
    assert made.person_s == pytest.approx(spent)
    assert made.gap == 0


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_many_units_are_proven_optimal(seed: int) -> None:
    chance = np.random.default_rng(seed)
    journey_s = chance.uniform(60, 3600, (60, 12))
    journey_s[chance.random(journey_s.shape) < 0.4] = np.inf
    people, capacities = chance.integers(0, 400, 60), chance.integers(0, 1500, 12)
    made = assign(journey_s, people, capacities)
    assert made.gap == 0
    assert (made.people.sum(axis=0) <= capacities).all()
    spent = (np.where(made.people > 0, np.rint(journey_s * TICKS_S) / TICKS_S, 0) * made.people).sum()
    assert made.person_s == pytest.approx(spent)


def test_what_cannot_be_meant_is_refused() -> None:
    with pytest.raises(BadCapacity, match="-5"):
        assign(np.ones((1, 1)), np.array([1]), np.array([-5]))
    with pytest.raises(BadCapacity, match="-2"):
        assign(np.ones((1, 1)), np.array([-2]), np.array([5]))
    with pytest.raises(NoShelters):
        assign(np.ones((1, 0)), np.array([1]), np.array([], dtype=np.int64))
