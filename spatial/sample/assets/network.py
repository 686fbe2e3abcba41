"""The roads of the sample city as a graph of crossings, to draw routes along them."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.sample.graph import Graph, way_to, ways
from spatial.sample.plane import Floats, to_degrees, to_plane
from spatial.sample.roads import Road


@dataclass(frozen=True, slots=True)
class Network:
    """Crossings and ends of roads, and the stretches between them."""

    graph: Graph
    stretches: dict[tuple[int, int], Floats]
    """Positions from the lesser crossing to the greater, the shorter where there are two."""
    approaches: NDArray[np.intp]
    """Stretches that meet at each crossing."""
    known: dict[int, list[int]] = field(default_factory=dict)
    """Ways from the crossings that were asked for, so far."""

    def nearest(self, points_m: Floats) -> list[int]:
        """The crossing nearest each point."""
        found: list[int] = (
            shapely.STRtree(shapely.points(self.graph.points_m)).nearest(shapely.points(points_m)).tolist()
        )
        return found

    def way(self, stops: list[int]) -> shapely.LineString | None:
        """The shortest way through these crossings, in degrees; None where there is none."""
        positions: list[Floats] = []
        for start, goal in pairwise(stops):
            if start == goal:
                continue
            if start not in self.known:
                self.known[start], _ = ways(self.graph, self.graph.lengths_m, start)
            places = way_to(self.known[start], goal)
            if places[0] != start:
                return None
            for a, b in pairwise(places):
                piece = self.stretches[min(a, b), max(a, b)]
                positions.append(piece if a < b else piece[::-1])
        if not positions:
            return None
        joined = np.concatenate([positions[0], *(piece[1:] for piece in positions[1:])])
        return shapely.LineString(to_degrees(joined))


def network(roads: tuple[Road, ...]) -> Network:
    """The largest connected part of the roads; they meet where they share a vertex."""
    lines = [np.round(to_plane(shapely.get_coordinates(road.line)), 3) for road in roads]
    everywhere, place = np.unique(np.concatenate(lines), axis=0, return_inverse=True)
    place = place.ravel()
    used = np.zeros(len(everywhere), dtype=np.intp)
    ends = np.zeros(len(everywhere), dtype=bool)
    start = 0
    paths: list[NDArray[np.intp]] = []
    for line in lines:
        path = place[start : start + len(line)]
        start += len(line)
        np.add.at(used, path, 1)
        ends[path[[0, -1]]] = True
        paths.append(path)
    crossing = ends | (used > 1)
    stretches: dict[tuple[int, int], Floats] = {}
    for path in paths:
        cuts = np.flatnonzero(crossing[path])
        for a, b in pairwise(cuts.tolist()):
            piece = path[a : b + 1]
            first, last = int(piece[0]), int(piece[-1])
            points = everywhere[piece if first < last else piece[::-1]]
            key = (min(first, last), max(first, last))
            if first != last and (key not in stretches or _length(points) < _length(stretches[key])):
                stretches[key] = points
    return _largest(everywhere, stretches)


def _largest(points_m: Floats, stretches: dict[tuple[int, int], Floats]) -> Network:
    leader = list(range(len(points_m)))

    def lead(one: int) -> int:
        while leader[one] != one:
            leader[one] = leader[leader[one]]
            one = leader[one]
        return one

    for a, b in stretches:
        leader[lead(a)] = lead(b)
    leads = np.array([lead(a) for a, _ in stretches])
    most = np.bincount(leads).argmax()
    kept = [key for key, its in zip(stretches, leads.tolist(), strict=True) if its == most]
    named = np.unique(np.array(kept))
    number = {int(old): new for new, old in enumerate(named.tolist())}
    pieces = {(number[a], number[b]): stretches[a, b] for a, b in kept}
    edges = np.array(list(pieces), dtype=np.intp)
    lengths = np.array([_length(piece) for piece in pieces.values()])
    approaches = np.bincount(edges.ravel(), minlength=len(named))
    return Network(Graph(points_m[named], edges, lengths), pieces, approaches)


def _length(points_m: Floats) -> float:
    return float(np.hypot(*np.diff(points_m, axis=0).T).sum())
