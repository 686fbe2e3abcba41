"""The compiled search over a network: Dijkstra from many places at once, up to a limit.

Imported only when something is searched.
"""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@njit(cache=True, nogil=True)
def costs(starts: Ints, heads: Ints, weights: Floats, begin: Floats, limit: float) -> Floats:
    """The least cost of each node from nodes that begin with a cost; inf beyond ``limit``.

    ``starts``, ``heads``: the arcs of node n are ``heads[starts[n]:starts[n + 1]]`` (CSR);
    an arc whose weight is inf cannot be passed. Equal costs are settled by the number of
    the node, so that the order of work is always the same.
    """
    count = len(begin)
    best = np.full(count, np.inf)
    settled = np.zeros(count, np.bool_)
    heap_cost = np.empty(count + len(heads), np.float64)
    heap_node = np.empty(count + len(heads), np.int64)
    size = 0
    for node in range(count):
        if begin[node] <= limit:
            best[node] = begin[node]
            size = push(heap_cost, heap_node, size, begin[node], node)
    while size > 0:
        node = heap_node[0]
        size = pop(heap_cost, heap_node, size)
        if settled[node]:
            continue
        settled[node] = True
        for arc in range(starts[node], starts[node + 1]):
            other, cost = heads[arc], best[node] + weights[arc]
            if cost <= limit and cost < best[other]:
                best[other] = cost
                size = push(heap_cost, heap_node, size, cost, other)
    return best


@njit(cache=True, nogil=True)
def _before(cost_a: float, node_a: int, cost_b: float, node_b: int) -> bool:
    return cost_a < cost_b or (cost_a == cost_b and node_a < node_b)


@njit(cache=True, nogil=True)
def push(heap_cost: Floats, heap_node: Ints, size: int, cost: float, node: int) -> int:
    """Put a node on a heap of ``size``; its new size. The least cost is first, of equals the lesser node."""
    at = size
    while at > 0:
        above = (at - 1) >> 1
        if not _before(cost, node, heap_cost[above], heap_node[above]):
            break
        heap_cost[at], heap_node[at] = heap_cost[above], heap_node[above]
        at = above
    heap_cost[at], heap_node[at] = cost, node
    return size + 1


@njit(cache=True, nogil=True)
def pop(heap_cost: Floats, heap_node: Ints, size: int) -> int:
    """Take the first node off a heap of ``size``; its new size."""
    size -= 1
    cost, node = heap_cost[size], heap_node[size]
    at = 0
    while True:
        below = 2 * at + 1
        if below >= size:
            break
        right = below + 1
        if right < size and _before(heap_cost[right], heap_node[right], heap_cost[below], heap_node[below]):
            below = right
        if not _before(heap_cost[below], heap_node[below], cost, node):
            break
        heap_cost[at], heap_node[at] = heap_cost[below], heap_node[below]
        at = below
    heap_cost[at], heap_node[at] = cost, node
    return size
