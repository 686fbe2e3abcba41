"""The last safe way out by road 最后安全撤离时刻: on roads that water closes one after the other.

A stretch of road is passable until water beyond what the mode can pass reaches it (:mod:`hazard`).
Who leaves must be past each place of the way before it closes. From there follow, for each place,
the latest departure that still reaches a goal, and for each pair of place and goal the journey of
who leaves at a given time.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.network import Network, Seeds
from water.flood.extent import Extent

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Passable:
    """Roads, and when each of the places looked at along them closes."""

    network: Network = field(repr=False)
    starts: Ints = field(repr=False)
    """The places of edge e are ``starts[e]:starts[e + 1]``."""
    along_m: Floats = field(repr=False)
    closing_s: Floats = field(repr=False)

    def limits(self, edge: Ints, from_m: Floats, to_m: Floats) -> Floats:
        """The latest instant to begin each stretch of an edge and be past every place before it closes."""
        from water.evacuation import way_kernel

        return way_kernel.limits_s(
            self.starts, self.along_m, self.closing_s, edge, from_m, to_m, self.network.speeds_m_s
        )


@dataclass(frozen=True, slots=True)
class Exits:
    """Where places enter the roads: the nodes they come to first."""

    place: Ints
    node: Ints
    seconds: Floats
    """From the place to the node."""
    limit_s: Floats
    """The latest instant to leave the place on that way."""


@dataclass(frozen=True, slots=True)
class Goals:
    """Passable roads with goals 目的地 as nodes behind those of the network."""

    roads: Passable = field(repr=False)
    seeds: Seeds = field(repr=False)
    count: int
    tails: Ints = field(repr=False)
    heads: Ints = field(repr=False)
    seconds: Floats = field(repr=False)
    limit_s: Floats = field(repr=False)

    @property
    def first(self) -> int:
        """The node of the first goal."""
        return len(self.roads.network.nodes_m)

    def leave_by(self, places: Seeds, count: int) -> Floats:
        """The latest departure of each of ``count`` places that still reaches a goal.

        Infinite where some way stays open; −inf where there is none even at the beginning, or the
        place lies too far from any road.
        """
        from water.evacuation import way_kernel

        nodes = self.first + self.count
        order = np.lexsort((self.tails, self.heads))
        starts = _starts(self.heads, nodes)
        goals = np.full(nodes, -np.inf)
        goals[self.first :] = np.inf
        best = way_kernel.latest(starts, self.tails[order], self.seconds[order], self.limit_s[order], goals)
        exits = self.exits(places)
        found = np.full(count, -np.inf)
        leave = np.minimum(exits.limit_s, best[exits.node] - exits.seconds)
        np.maximum.at(found, exits.place, leave)
        return found

    def journeys(self, places: Seeds, count: int, ready_s: float) -> Floats:
        """Seconds under way of each of ``count`` places that all leave at ``ready_s``, to each goal.

        Infinite where a goal cannot be reached by then.
        """
        from water.evacuation import way_kernel

        nodes = self.first + self.count
        order = np.lexsort((self.heads, self.tails))
        starts = _starts(self.tails, nodes)
        exits = self.exits(places)
        can = np.flatnonzero(ready_s <= exits.limit_s)
        can = can[np.argsort(exits.place[can], kind="stable")]
        arrivals = way_kernel.journeys(
            starts, self.heads[order], self.seconds[order], self.limit_s[order],
            exits.place[can], exits.node[can], ready_s + exits.seconds[can], self.first, count,
        )  # fmt: skip
        return arrivals - ready_s

    def exits(self, places: Seeds) -> Exits:
        """Where places enter the roads: at both ends of their edge, and at goals that lie on it."""
        roads, network = self.roads, self.roads.network
        edge, along, speed = places.edge, places.along_m, network.speeds_m_s[places.edge]
        length = network.lengths_m[edge]
        back = np.flatnonzero(~network.directed[edge])
        mine, goal = _on_one_edge(places, self.seeds)
        met = network.directed[edge[mine]] & (self.seeds.along_m[goal] < along[mine])
        mine, goal = mine[~met], goal[~met]
        rows = np.concatenate((np.arange(len(edge)), back, mine))
        to_m = np.concatenate((length, np.zeros(len(back)), self.seeds.along_m[goal]))
        node = np.concatenate(
            (network.second[edge], network.first[edge[back]], self.first + self.seeds.place[goal])
        )
        beyond = np.concatenate((np.zeros(len(edge) + len(back)), self.seeds.seconds[goal]))
        seconds = np.abs(to_m - along[rows]) / speed[rows] + places.seconds[rows] + beyond
        limit = roads.limits(edge[rows], along[rows], to_m) - places.seconds[rows]
        return Exits(places.place[rows], node.astype(np.int64), seconds, limit)


def passable(
    network: Network, extent: Extent, closing_s: Floats, clear: NDArray[np.bool_] | None = None
) -> Passable:
    """The roads under a flood: looked at every half cell; ``closing_s`` by cell of the raster.

    ``clear``: the edges that a bridge carries above all the water under it.
    """
    places, cell, edge = places_along(network.edges, extent)
    steps = np.hypot(*np.diff(places, axis=0, prepend=places[:1]).T)
    starts = _starts(edge, len(network.edges))
    run = np.cumsum(steps)
    along = run - run[starts[:-1]][edge] if len(places) else run
    closing = np.where(cell < 0, np.inf, closing_s[cell])
    if clear is not None:
        closing[clear[edge]] = np.inf
    # Places that never close bind nothing.
    kept = np.flatnonzero(closing < np.inf)
    return Passable(network, _starts(edge[kept], len(network.edges)), along[kept], closing[kept])


def places_along(edges: NDArray[np.object_], extent: Extent) -> tuple[Floats, Ints, Ints]:
    """Places half a cell apart along edges, the cell of each, −1 off the raster, and whose place it is."""
    lines = shapely.segmentize(edges, extent.raster.cell_m / 2)
    places, of = shapely.get_coordinates(lines, return_index=True)
    return places, extent.raster.cells(places[:, 0], places[:, 1]), of.astype(np.int64)


def towards(roads: Passable, goals: Seeds, count: int) -> Goals:
    """The roads with ``count`` goals put on them; goals themselves never close."""
    network = roads.network
    edges = np.arange(len(network.edges))
    none, whole = np.zeros(len(edges)), network.lengths_m
    back = np.flatnonzero(~network.directed)
    first = len(network.nodes_m)
    at = network.lengths_m[goals.edge]
    speed = network.speeds_m_s[goals.edge]
    behind = np.flatnonzero(~network.directed[goals.edge])
    here = np.zeros(len(goals.edge))
    return Goals(
        roads,
        goals,
        count,
        np.concatenate(
            (
                network.first,
                network.second[back],
                network.first[goals.edge],
                network.second[goals.edge[behind]],
            )
        ).astype(np.int64),
        np.concatenate(
            (network.second, network.first[back], first + goals.place, first + goals.place[behind])
        ).astype(np.int64),
        np.concatenate(
            (
                network.seconds,
                network.seconds[back],
                goals.along_m / speed + goals.seconds,
                ((at - goals.along_m) / speed + goals.seconds)[behind],
            )
        ),
        np.concatenate(
            (
                roads.limits(edges, none, whole),
                roads.limits(edges[back], whole[back], none[back]),
                roads.limits(goals.edge, here, goals.along_m),
                roads.limits(goals.edge[behind], at[behind], goals.along_m[behind]),
            )
        ),
    )


def _on_one_edge(places: Seeds, goals: Seeds) -> tuple[Ints, Ints]:
    """Pairs of a place and a goal on the same edge."""
    order = np.argsort(goals.edge, kind="stable")
    low = np.searchsorted(goals.edge[order], places.edge, "left")
    high = np.searchsorted(goals.edge[order], places.edge, "right")
    counts = high - low
    mine = np.repeat(np.arange(len(places.edge)), counts)
    offset = np.arange(len(mine)) - np.repeat(np.cumsum(counts) - counts, counts)
    return mine, order[np.repeat(low, counts) + offset]


def _starts(of: Ints, count: int) -> Ints:
    starts = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(of, minlength=count), out=starts[1:])
    return starts
