"""What is reached from places within a time 可达范围: edges, whole or in part, and the ground beside them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely

from spatial.network.graph import Floats, Ints, Network, Shapes, part


@dataclass(frozen=True, slots=True)
class Seeds:
    """Where a search begins: places on edges, with the time it took to come there."""

    edge: Ints
    along_m: Floats
    """From the beginning of the edge."""
    seconds: Floats
    place: Ints
    """The place that each belongs to."""
    away: Ints
    """Places that lie too far from any edge to begin at all."""


@dataclass(frozen=True, slots=True)
class Reached:
    """What lies within the limit."""

    network: Network = field(repr=False)
    nodes_s: Floats = field(repr=False)
    """Time to each node; inf where it is not reached."""
    edge: Ints = field(repr=False)
    low_m: Floats = field(repr=False)
    high_m: Floats = field(repr=False)
    """Parts of edges that are reached, none lying over another."""

    @property
    def length_m(self) -> float:
        """Length of all that is reached."""
        return float((self.high_m - self.low_m).sum())

    def lines(self) -> Shapes:
        """The parts themselves."""
        found = self.network.edges[self.edge].copy()
        whole = (self.low_m <= 0) & (self.high_m >= self.network.lengths_m[self.edge])
        for row in np.flatnonzero(~whole).tolist():
            found[row] = part(found[row], float(self.low_m[row]), float(self.high_m[row]))
        return found

    def area(self, width_m: float) -> Shapes:
        """The ground within a distance of what is reached, a shape for each part; they overlap."""
        found: Shapes = shapely.buffer(self.lines(), width_m, quad_segs=8)
        return found


def seeds_of(network: Network, places: Shapes, *, access_m: float, speed_m_s: float, step_m: float) -> Seeds:
    """Places put on their nearest edges, reached on foot across the land.

    A place is a point; of a line or an area every ``step_m`` of its edge is one. Farther
    than ``access_m`` from any edge it begins nowhere.
    """
    spots, of = _spots(places, step_m)
    if not len(spots) or not len(network.edges):
        nothing, none = np.zeros(0, np.int64), np.zeros(0)
        return Seeds(nothing, none, none, nothing, np.unique(of))
    (spot, edge), distance = network.tree.query_nearest(
        spots, max_distance=access_m, return_distance=True, all_matches=True
    )
    # Of edges that are equally near the first; else a place at a junction would begin twice.
    order = np.lexsort((edge, distance, spot))
    spot, edge, distance = spot[order], edge[order], distance[order]
    first = np.unique(spot, return_index=True)[1]
    spot, edge, distance = spot[first], edge[first], distance[first]
    along = shapely.line_locate_point(network.edges[edge], spots[spot])
    place = of[spot]
    return Seeds(edge, along, distance / speed_m_s, place, np.setdiff1d(np.unique(of), place))


def _spots(places: Shapes, step_m: float) -> tuple[Shapes, Ints]:
    dimension = shapely.get_dimensions(places)
    dense = places.copy()
    dense[dimension == 2] = shapely.boundary(places[dimension == 2])
    dense[dimension > 0] = shapely.segmentize(dense[dimension > 0], step_m)
    coordinates, of = shapely.get_coordinates(dense, return_index=True)
    return shapely.points(coordinates), of.astype(np.int64)


def reach(network: Network, seeds: Seeds, limit_s: float) -> Reached:
    """Everything that is reached from any of the seeds within ``limit_s``."""
    return _parts(network, seeds, times(network, seeds, limit_s), limit_s)


def times(network: Network, seeds: Seeds, limit_s: float) -> Floats:
    """The least time to each node from any of the seeds; inf beyond ``limit_s``."""
    from spatial.network import kernel

    seconds = network.seconds
    begin = np.full(len(network.nodes_m), np.inf)
    here = seconds[seeds.edge] * seeds.along_m / network.lengths_m[seeds.edge]
    back = ~network.directed[seeds.edge]
    np.minimum.at(begin, network.second[seeds.edge], seeds.seconds + seconds[seeds.edge] - here)
    np.minimum.at(begin, network.first[seeds.edge[back]], (seeds.seconds + here)[back])
    found: Floats = kernel.costs(network.starts, network.heads, network.weights_s, begin, limit_s)
    return found


def _parts(network: Network, seeds: Seeds, nodes_s: Floats, limit_s: float) -> Reached:
    """Parts of edges reached from their ends and from seeds on them, joined where they meet."""
    lengths, speeds = network.lengths_m, network.speeds_m_s
    edges = np.arange(len(lengths))
    ahead = np.clip((limit_s - nodes_s[network.first]) * speeds, 0, lengths)
    behind = np.clip((limit_s - nodes_s[network.second]) * speeds, 0, lengths)
    behind[network.directed] = 0
    left = np.clip((limit_s - seeds.seconds) * speeds[seeds.edge], 0, None)
    back = np.where(network.directed[seeds.edge], 0, left)
    edge = np.concatenate((edges, edges, seeds.edge))
    low = np.concatenate((np.zeros(len(edges)), lengths - behind, np.maximum(seeds.along_m - back, 0)))
    high = np.concatenate((ahead, lengths, np.minimum(seeds.along_m + left, lengths[seeds.edge])))
    some = high > low
    edge, low, high = edge[some], low[some], high[some]
    order = np.lexsort((high, low, edge))
    edge, low, high = edge[order], low[order], high[order]
    joined = _joined(edge, low, high)
    return Reached(network, nodes_s, edge[joined[0]], low[joined[0]], joined[1])


def _joined(edge: Ints, low: Floats, high: Floats) -> tuple[Ints, Floats]:
    """First row of each run of parts that meet on one edge, and the end of the run."""
    firsts: list[int] = []
    ends: list[float] = []
    for row, (at, begin, end) in enumerate(zip(edge.tolist(), low.tolist(), high.tolist(), strict=True)):
        if firsts and edge[firsts[-1]] == at and begin <= ends[-1]:
            ends[-1] = max(ends[-1], end)
        else:
            firsts.append(row)
            ends.append(end)
    return np.array(firsts, np.int64), np.array(ends)


def arrivals(network: Network, begin: Seeds, nodes_s: Floats, places: Seeds, count: int) -> Floats:
    """The time to each of ``count`` places put on the network; inf where none is reached.

    ``nodes_s`` are the :func:`times` from ``begin``; what lies on one edge with a seed is reached
    along it, too. The way from the street to the place counts.
    """
    lengths, speeds = network.lengths_m[places.edge], network.speeds_m_s[places.edge]
    ahead = nodes_s[network.first[places.edge]] + places.along_m / speeds
    behind = nodes_s[network.second[places.edge]] + (lengths - places.along_m) / speeds
    behind[network.directed[places.edge]] = np.inf
    seconds = np.minimum(ahead, behind)
    order = np.argsort(begin.edge, kind="stable")
    low = np.searchsorted(begin.edge[order], places.edge, "left")
    high = np.searchsorted(begin.edge[order], places.edge, "right")
    for at in np.flatnonzero(high > low).tolist():
        near = order[low[at] : high[at]]
        along = places.along_m[at] - begin.along_m[near]
        if network.directed[places.edge[at]]:
            near, along = near[along >= 0], along[along >= 0]
        if len(near):
            seconds[at] = min(seconds[at], float((begin.seconds[near] + np.abs(along) / speeds[at]).min()))
    found = np.full(count, np.inf)
    np.minimum.at(found, places.place, seconds + places.seconds)
    return found


def only(seeds: Seeds, place: int) -> Seeds:
    """The seeds of one place."""
    own, away = seeds.place == place, seeds.away[seeds.away == place]
    return Seeds(seeds.edge[own], seeds.along_m[own], seeds.seconds[own], seeds.place[own], away)
