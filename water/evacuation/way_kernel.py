"""The compiled searches over roads that water closes: latest departures backward, earliest arrivals forward.

Imported only when something is searched. All times are seconds since the beginning of the flood.
Every arc has a time it takes and a limit, the latest instant at which it may be entered so that
each of its places is passed before water closes it. Waiting never helps: what is closed stays so.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

from spatial.network.kernel import pop, push

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@njit(cache=True, nogil=True)
def limit_s(along_m: Floats, closing_s: Floats, from_m: float, to_m: float, speed_m_s: float) -> float:
    """The latest instant to begin at ``from_m`` of an edge and be past each place before it closes."""
    low, high = min(from_m, to_m), max(from_m, to_m)
    found = np.inf
    for at in range(len(along_m)):
        if low <= along_m[at] <= high:
            found = min(found, closing_s[at] - abs(along_m[at] - from_m) / speed_m_s)
    return found


@njit(cache=True, nogil=True)
def limits_s(
    starts: Ints,
    along_m: Floats,
    closing_s: Floats,
    edge: Ints,
    from_m: Floats,
    to_m: Floats,
    speed_m_s: Floats,
) -> Floats:
    """The same for many stretches of edges; the places of edge e are ``starts[e]:starts[e + 1]``."""
    found = np.empty(len(edge), np.float64)
    for row in range(len(edge)):
        low, high = starts[edge[row]], starts[edge[row] + 1]
        found[row] = limit_s(
            along_m[low:high], closing_s[low:high], from_m[row], to_m[row], speed_m_s[edge[row]]
        )
    return found


@njit(cache=True, nogil=True)
def latest(starts: Ints, tails: Ints, seconds: Floats, limits: Floats, goals: Floats) -> Floats:
    """The latest instant at which each node can be left and a goal still reached; −inf where it never can.

    ``starts``, ``tails``: the arcs into node n come from ``tails[starts[n]:starts[n + 1]]``; ``goals``:
    the instant until which each node is a goal itself, −inf where it is none. A node's label only
    falls along the way back, so the greatest is settled first (Dijkstra).
    """
    count = len(goals)
    best = goals.copy()
    settled = np.zeros(count, np.bool_)
    heap_cost = np.empty(count + len(tails), np.float64)
    heap_node = np.empty(count + len(tails), np.int64)
    size = 0
    for node in range(count):
        if goals[node] > -np.inf:
            size = push(heap_cost, heap_node, size, -goals[node], node)
    while size > 0:
        node = heap_node[0]
        size = pop(heap_cost, heap_node, size)
        if settled[node]:
            continue
        settled[node] = True
        for arc in range(starts[node], starts[node + 1]):
            other, leave = tails[arc], min(limits[arc], best[node] - seconds[arc])
            if leave > best[other]:
                best[other] = leave
                size = push(heap_cost, heap_node, size, -leave, other)
    return best


@njit(cache=True, nogil=True)
def earliest(starts: Ints, heads: Ints, seconds: Floats, limits: Floats, begin: Floats) -> Floats:
    """The earliest arrival at each node from nodes that begin at an instant; inf where none can be."""
    count = len(begin)
    best = begin.copy()
    settled = np.zeros(count, np.bool_)
    heap_cost = np.empty(count + len(heads), np.float64)
    heap_node = np.empty(count + len(heads), np.int64)
    size = 0
    for node in range(count):
        if begin[node] < np.inf:
            size = push(heap_cost, heap_node, size, begin[node], node)
    while size > 0:
        node = heap_node[0]
        size = pop(heap_cost, heap_node, size)
        if settled[node]:
            continue
        settled[node] = True
        for arc in range(starts[node], starts[node + 1]):
            other, there = heads[arc], best[node] + seconds[arc]
            if best[node] <= limits[arc] and there < best[other]:
                best[other] = there
                size = push(heap_cost, heap_node, size, there, other)
    return best


@njit(cache=True, nogil=True)
def journeys(
    starts: Ints,
    heads: Ints,
    seconds: Floats,
    limits: Floats,
    place: Ints,
    node: Ints,
    begin_s: Floats,
    first_goal: int,
    count: int,
) -> Floats:
    """The earliest arrival of each of ``count`` places at each goal, the nodes from ``first_goal`` on.

    ``place``, ``node``, ``begin_s``: where each place enters the roads and when, in order of place.
    """
    nodes = len(starts) - 1
    found = np.full((count, nodes - first_goal), np.inf)
    begin = np.full(nodes, np.inf)
    row = 0
    for one in range(count):
        first = row
        while row < len(place) and place[row] == one:
            begin[node[row]] = min(begin[node[row]], begin_s[row])
            row += 1
        if row > first:
            found[one] = earliest(starts, heads, seconds, limits, begin)[first_goal:]
        for each in range(first, row):
            begin[node[each]] = np.inf
    return found
