"""The compiled walks over the network; imported only when one is walked or a network is built.

Reaches are numbered downstream, so what lies above a reach has smaller numbers: one pass over
the numbers answers a whole catchment. Where water runs in a circle passes are repeated until
nothing becomes nearer.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@njit(cache=True, nogil=True)
def sequence(tail: Ints, head: Ints, nodes: int) -> tuple[Ints, bool]:
    """Reaches in the order water passes them, one river at a time; and whether no circle is among them."""
    count = len(tail)
    waiting = np.zeros(nodes, np.int64)
    degree = np.zeros(nodes + 1, np.int64)
    for reach in range(count):
        waiting[head[reach]] += 1
        degree[tail[reach] + 1] += 1
    starts = np.cumsum(degree)
    place = starts.copy()
    out = np.empty(count, np.int64)
    for reach in range(count):
        out[place[tail[reach]]] = reach
        place[tail[reach]] += 1
    stack = np.empty(nodes, np.int64)
    size = 0
    for node in range(nodes - 1, -1, -1):
        if waiting[node] == 0:
            stack[size] = node
            size += 1
    found = np.empty(count, np.int64)
    done = np.zeros(count, np.bool_)
    number = 0
    while size > 0:
        size -= 1
        node = stack[size]
        for arc in range(starts[node], starts[node + 1]):
            reach = out[arc]
            found[number] = reach
            done[reach] = True
            number += 1
            waiting[head[reach]] -= 1
            if waiting[head[reach]] == 0:
                stack[size] = head[reach]
                size += 1
    acyclic = number == count
    for reach in range(count):
        if not done[reach]:
            found[number] = reach
            number += 1
    return found, acyclic


@njit(cache=True, nogil=True)
def main_ways(
    tail: Ints, head: Ints, out_starts: Ints, out: Ints, in_starts: Ints, into: Ints,
    opened: Flags, passable: Flags, route: Ints, main: Ints, order: Ints,
) -> tuple[Ints, Ints]:  # fmt: skip
    """The reach that each goes on with, and the one that it comes from; -1 where there is none.

    Down the declared main arm goes first, then the same route, then the higher order; up the same
    route goes first, then the declared main, then the higher order; of equals the first number.
    """
    count = len(tail)
    down, up = np.full(count, -1, np.int64), np.full(count, -1, np.int64)
    for reach in range(count):
        if not opened[reach]:
            continue
        best = -1
        if passable[head[reach]]:
            for arc in range(out_starts[head[reach]], out_starts[head[reach] + 1]):
                other = out[arc]
                if opened[other] and other != reach:
                    same = np.int64(route[other] == route[reach])
                    worth = main[other] * 1_000_000 + same * 1_000 + order[other]
                    if worth > best:
                        best, down[reach] = worth, other
        best = -1
        if passable[tail[reach]]:
            for arc in range(in_starts[tail[reach]], in_starts[tail[reach] + 1]):
                other = into[arc]
                if opened[other] and other != reach:
                    same = np.int64(route[other] == route[reach])
                    worth = same * 1_000_000 + main[other] * 1_000 + order[other]
                    if worth > best:
                        best, up[reach] = worth, other
    return down, up


@njit(cache=True, nogil=True)
def spread(
    first: Ints, second: Ints, length: Floats, opened: Flags, passable: Flags,
    reached: Floats, limit: float, low: int, high: int, falling: bool, acyclic: bool,
) -> tuple[Ints, Floats]:  # fmt: skip
    """Reaches met from nodes that are ``reached`` at a distance (inf: not), and how far each begins.

    Goes from node ``first`` of a reach to ``second``; over the numbers from ``low`` to ``high``
    alone, downwards where ``falling``. ``reached`` is written to.
    """
    near = np.full(len(first), np.inf)
    moved = True
    count = 0
    while moved:
        moved = False
        for step in range(high - low):
            reach = high - 1 - step if falling else low + step
            at = reached[first[reach]]
            if at < limit and opened[reach] and at < near[reach]:
                if near[reach] == np.inf:
                    count += 1
                near[reach] = at
                beyond = at + length[reach]
                if passable[second[reach]] and beyond < reached[second[reach]]:
                    reached[second[reach]] = beyond
                    moved = not acyclic
    found, begins = np.empty(count, np.int64), np.empty(count, np.float64)
    number = 0
    for step in range(high - low):
        reach = high - 1 - step if falling else low + step
        if near[reach] < np.inf:
            found[number], begins[number] = reach, near[reach]
            number += 1
    return found, begins


@njit(cache=True, nogil=True)
def follow(onward: Ints, length: Floats, reach: int, gone: float, limit: float) -> tuple[Ints, Floats]:
    """The reaches that follow one by the main way, after ``gone`` metres, and how far each begins."""
    found, begins = np.empty(len(onward), np.int64), np.empty(len(onward), np.float64)
    number = 0
    reach = onward[reach]
    while reach >= 0 and gone < limit and number < len(onward):
        found[number], begins[number] = reach, gone
        number += 1
        gone += length[reach]
        reach = onward[reach]
    return found[:number].copy(), begins[:number].copy()


@njit(cache=True, nogil=True)
def coming(
    tail: Ints, head: Ints, opened: Flags, passable: Flags, share: Floats, node: int, target: int
) -> tuple[float, float]:
    """The least and the most of a node's water that comes to another, of a network without circles.

    ``share``: what each reach takes of the water of its upper node; NaN at a split of which that
    is not known: then all of it might go by any arm.
    """
    least, most = np.zeros(len(passable)), np.zeros(len(passable))
    met = np.zeros(len(passable), np.bool_)
    for reach in range(len(tail) - 1, -1, -1):
        first, second = tail[reach], head[reach]
        if not opened[reach]:
            continue
        low, high = least[second], most[second]
        if second == target:
            low, high = 1.0, 1.0
        elif not passable[second]:
            low, high = 0.0, 0.0
        if np.isnan(share[reach]):
            least[first] = min(least[first], low) if met[first] else low
            most[first] = max(most[first], high)
        else:
            least[first] += share[reach] * low
            most[first] += share[reach] * high
        met[first] = True
    return least[node], most[node]
