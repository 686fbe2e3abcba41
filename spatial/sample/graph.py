"""Neighbourhood and shortest ways among places in the plane."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.sample.plane import Floats

Edges = NDArray[np.intp]
Way = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Graph:
    """Places and the links between them."""

    points_m: Floats
    edges: Edges
    """Pairs of places, shape (n, 2), the smaller index first."""
    lengths_m: Floats


def gabriel(points_m: Floats, longest_m: float) -> Graph:
    """The Gabriel graph: two places are linked when no third lies in the circle over their link."""
    lines = shapely.get_parts(shapely.delaunay_triangles(shapely.MultiPoint(points_m), only_edges=True))
    tree = shapely.STRtree(shapely.points(points_m))
    ends = tree.nearest(shapely.points(shapely.get_coordinates(lines)))
    edges = np.sort(ends.reshape(-1, 2), axis=1)
    edges = np.unique(edges, axis=0)
    a, b = points_m[edges[:, 0]], points_m[edges[:, 1]]
    length = np.hypot(*(a - b).T)
    circles = shapely.buffer(shapely.points((a + b) / 2), length / 2 * 0.999)
    inside = np.bincount(tree.query(circles, predicate="intersects")[0], minlength=len(edges))
    kept = (inside == 0) & (length <= longest_m)
    return Graph(points_m, edges[kept], length[kept])


def ways(graph: Graph, costs: Floats, start: int) -> tuple[list[int], list[float]]:
    """The place before each place on the cheapest way from ``start`` (−1: none), and the costs."""
    around: list[list[tuple[int, float]]] = [[] for _ in graph.points_m]
    for (a, b), cost in zip(graph.edges.tolist(), costs.tolist(), strict=True):
        around[a].append((b, cost))
        around[b].append((a, cost))
    before, total = [-1] * len(around), [float("inf")] * len(around)
    total[start] = 0.0
    ahead = [(0.0, start)]
    while ahead:
        spent, place = heapq.heappop(ahead)
        if spent > total[place]:
            continue
        for other, cost in around[place]:
            if spent + cost < total[other]:
                before[other], total[other] = place, spent + cost
                heapq.heappush(ahead, (spent + cost, other))
    return before, total


def way_to(before: list[int], goal: int) -> Way:
    """The places from the start to ``goal``; only ``goal`` where there is no way."""
    way = [goal]
    while before[way[-1]] >= 0:
        way.append(before[way[-1]])
    return tuple(reversed(way))
