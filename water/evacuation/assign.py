"""Who goes to which shelter 转移安置: as many as can, by the least sum of journeys, within the capacities."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from water.errors import BadCapacity, NoShelters

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
TICKS_S: Final = 10
"""Journeys are compared to a tenth of a second, as whole numbers."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """How many of each unit go to each shelter, with the proof that no other plan is better."""

    people: Ints = field(repr=False)
    """Units × shelters."""
    left: Ints = field(repr=False)
    """People of each unit without a shelter."""
    person_s: float
    """Sum of the journeys of all who are assigned."""
    gap: float
    """How much better another assignment of as many people could at most be, person-seconds: the
    difference to the dual bound. Zero is the proof of the optimum."""


def assign(journey_s: Floats, people: Ints, capacities: Ints) -> Assignment:
    """Assign the people of units to shelters.

    ``journey_s``: units × shelters, infinite where a shelter cannot be reached. First as many as
    possible are assigned, then the sum of their journeys is least. BadCapacity for negative numbers,
    NoShelters where there is none.
    """
    _require(people, "人数", "number of people")
    _require(capacities, "容量", "capacity")
    if not journey_s.shape[1]:
        raise NoShelters("没有避难场所可用于安置", "there is no shelter to assign anybody to", value=0)
    from water.evacuation import assign_kernel as kernel

    reached = np.isfinite(journey_s)
    costs = np.full(journey_s.shape, kernel.NEVER, np.int64)
    costs[reached] = np.rint(journey_s[reached] * TICKS_S).astype(np.int64)
    dearest = int(costs[reached].max(initial=0))
    stay = (dearest + 1) * (journey_s.shape[1] + 2)
    flow, price = kernel.assigned(costs, people.astype(np.int64), capacities.astype(np.int64), np.int64(stay))
    left = people - flow.sum(axis=1)
    least = np.where(reached, costs + price, stay).min(axis=1)
    bound = int((people * np.minimum(least, stay)).sum() - (capacities * price).sum())
    spent = int((np.where(flow > 0, costs, 0) * flow).sum())
    reached_in = float(spent) / TICKS_S
    return Assignment(flow, left, reached_in, (spent + int(left.sum()) * stay - bound) / TICKS_S)


def _require(numbers: Ints, zh: str, en: str) -> None:
    negative = np.flatnonzero(numbers < 0)
    if len(negative):
        value = int(numbers[negative[0]])
        raise BadCapacity(f"{zh}不能为负:{value}", f"a {en} must not be negative: {value}", value=value)
