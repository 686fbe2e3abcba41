"""The compiled assignment: people of units to shelters with capacities, at the least sum of journeys.

Successive shortest paths over the shelters alone, which are few: whoever a unit would displace from
a full shelter moves on to the next one that suits them, and so to one with room. Whole numbers
throughout, so the optimum is exact.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Ints = NDArray[np.int64]
NEVER = np.int64(1) << 60
"""The cost of a shelter that a unit cannot reach."""


@njit(cache=True, nogil=True)
def displaced(costs: Ints, flow: Ints, room: Ints, stay: np.int64) -> tuple[Ints, Ints, Ints]:
    """What it costs to make room for one more in each shelter; the unit that yields, the shelter it goes to.

    ``stay``: the cost of leaving somebody without a shelter, who then goes to −1. Nobody yields (−1)
    where there is room. Bellman–Ford over the shelters.
    """
    units, shelters = costs.shape
    step = np.full((shelters, shelters + 1), NEVER, np.int64)
    who = np.full((shelters, shelters + 1), -1, np.int64)
    for unit in range(units):
        for at in range(shelters):
            if flow[unit, at] == 0:
                continue
            for to in range(shelters):
                more = costs[unit, to] - costs[unit, at]
                if to != at and costs[unit, to] < NEVER and more < step[at, to]:
                    step[at, to], who[at, to] = more, unit
            if stay - costs[unit, at] < step[at, shelters]:
                step[at, shelters], who[at, shelters] = stay - costs[unit, at], unit
    price = np.full(shelters, NEVER, np.int64)
    yields = np.full(shelters, -1, np.int64)
    goes = np.full(shelters, -1, np.int64)
    for at in range(shelters):
        if room[at] > 0:
            price[at] = 0
        elif who[at, shelters] >= 0:
            price[at], yields[at] = step[at, shelters], who[at, shelters]
    moved = True
    while moved:
        moved = False
        for at in range(shelters):
            for to in range(shelters):
                if step[at, to] < NEVER and price[to] < NEVER and step[at, to] + price[to] < price[at]:
                    price[at] = step[at, to] + price[to]
                    yields[at], goes[at] = who[at, to], to
                    moved = True
    return price, yields, goes


@njit(cache=True, nogil=True)
def assigned(costs: Ints, people: Ints, capacities: Ints, stay: np.int64) -> tuple[Ints, Ints]:
    """People of each unit in each shelter, and what room in each shelter is worth.

    ``costs``: of one person of a unit in a shelter, ``NEVER`` where it cannot be reached; ``stay``
    must exceed what any chain of moves can cost.
    """
    units, shelters = costs.shape
    flow = np.zeros((units, shelters), np.int64)
    room = capacities.copy()
    price, yields, goes = displaced(costs, flow, room, stay)
    stale = False
    for unit in range(units):
        left = people[unit]
        while left > 0:
            nearest = -1
            for at in range(shelters):
                if costs[unit, at] < NEVER and (nearest < 0 or costs[unit, at] < costs[unit, nearest]):
                    nearest = at
            if nearest < 0:
                break
            if room[nearest] > 0:  # no other way can cost less
                many = min(left, room[nearest])
                flow[unit, nearest] += many
                room[nearest] -= many
                left -= many
                stale = True
                continue
            if stale:
                price, yields, goes = displaced(costs, flow, room, stay)
                stale = False
            into = -1
            for at in range(shelters):
                if (
                    costs[unit, at] < NEVER
                    and price[at] < NEVER
                    and (into < 0 or costs[unit, at] + price[at] < costs[unit, into] + price[into])
                ):
                    into = at
            if into < 0 or costs[unit, into] + price[into] >= stay:
                break  # leaving somebody else behind costs as much
            many, at = left, into
            while room[at] == 0:
                many = min(many, flow[yields[at], at])
                if goes[at] < 0:
                    break
                at = goes[at]
            if room[at] > 0:
                many = min(many, room[at])
            before, at = unit, into
            while True:
                flow[before, at] += many
                if room[at] > 0:
                    room[at] -= many
                    break
                before = yields[at]
                flow[before, at] -= many
                if goes[at] < 0:
                    break
                at = goes[at]
            left -= many
            stale = True
    price, yields, goes = displaced(costs, flow, room, stay)
    return flow, price
