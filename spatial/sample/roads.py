"""Roads of the sample city: generated, named by number, none of them real 合成道路."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import shapely

from spatial.sample.coverage import Coverage
from spatial.sample.curve import through
from spatial.sample.graph import Graph, Way, gabriel, way_to, ways
from spatial.sample.outline import SEATS, seats_m
from spatial.sample.plane import Floats, to_degrees, to_plane
from spatial.sample.rivers import River

STEP_M: Final = 60.0
LONGEST_LINK_M: Final = 9_000.0
BRIDGE_COST: Final = 2.2
MERGE_COST: Final = 0.62

EXPRESSWAYS_DEG: Final = (
    ((118.50, 36.955), (118.64, 36.972), (118.78, 36.975), (118.92, 36.925), (119.12, 36.91)),
    (
        (118.84, 36.70),
        (118.86, 36.80),
        (118.86, 36.90),
        (118.80, 37.00),
        (118.76, 37.12),
        (118.79, 37.21),
        (118.79, 37.32),
    ),
    ((118.50, 37.09), (118.66, 37.085), (118.83, 37.13), (118.97, 37.135), (119.14, 37.08)),
)
"""Guides of made-up expressways across the city."""
NATIONAL: Final = (
    ("370783111000", "370783001000", "370783004000", "370783106000", "370783400000"),
    ("370783100000", "370783003000", "370783001000", "370783005000", "370783109000"),
)
PROVINCIAL: Final = (
    ("370783006000", "370783001000"),
    ("370783005000", "370783112000"),
    ("370783104000", "370783106000", "370783108000"),
    ("370783005000", "370783108000", "370783103000", "370783115000"),
    ("370783109000", "370783103000"),
    ("370783400000", "370783115000"),
)
"""Chains of town seats that a higher road joins."""

PREFIX: Final = {
    "expressway": "合成高速",
    "national": "合成国道",
    "provincial": "合成省道",
    "county": "合成县道",
    "township": "合成乡道",
    "village": "合成村道",
    "street": "合成路",
}
WIDTH_M: Final = {
    "expressway": (26.0, 34.0),
    "national": (18.0, 25.0),
    "provincial": (14.0, 20.0),
    "county": (9.0, 13.0),
    "township": (6.0, 8.5),
    "village": (3.5, 6.0),
    "street": (12.0, 40.0),
}


@dataclass(frozen=True, slots=True)
class Road:
    """A generated road in degrees of CGCS2000."""

    name: str
    grade: str
    """A key of ``PREFIX``."""
    width_m: float
    line: shapely.LineString


def roads(coverage: Coverage, rivers: tuple[River, ...], generator: np.random.Generator) -> tuple[Road, ...]:
    """Expressways, highways between the town seats, country roads to every village, streets."""
    area = shapely.transform(coverage.city, to_plane)
    seats = seats_m()
    graph = gabriel(np.concatenate([seats, coverage.settlement.seats_m]), LONGEST_LINK_M)
    costs = _costs(graph, area, rivers)
    lines: list[tuple[str, Floats]] = []
    lines += (("expressway", line) for line in _expressways(area))
    for grade, chains in (("national", NATIONAL), ("provincial", PROVINCIAL)):
        lines += ((grade, line) for line in _highways(chains, seats, generator))
    county, used = _county_roads(graph, costs, len(seats))
    lines += (("county", through(graph.points_m[list(way)], STEP_M)) for way in county)
    lines += _country_roads(graph, costs, coverage, used, generator)
    lines += (("street", line) for line in _streets(area, rivers, seats, generator))
    return tuple(_named(lines, generator))


def _costs(graph: Graph, area: shapely.MultiPolygon, rivers: tuple[River, ...]) -> Floats:
    """Length, dearer across a main river, forbidden outside the city."""
    links = shapely.linestrings(graph.points_m[graph.edges])
    water = shapely.union_all(
        [shapely.transform(river.line, to_plane) for river in rivers if river.order == 1]
    )
    costs = graph.lengths_m * np.where(shapely.intersects(links, water), BRIDGE_COST, 1.0)
    shapely.prepare(area)
    inside: Floats = np.where(shapely.contains(area, links), costs, np.inf)
    return inside


def _expressways(area: shapely.MultiPolygon) -> Iterator[Floats]:
    for guide in EXPRESSWAYS_DEG:
        line = shapely.linestrings(through(to_plane(guide), 200.0))
        parts = shapely.get_parts(shapely.intersection(line, area))
        yield np.asarray(shapely.get_coordinates(parts[np.argmax(shapely.length(parts))]))


def _highways(
    chains: Iterable[tuple[str, ...]], seats: Floats, generator: np.random.Generator
) -> Iterator[Floats]:
    """Sweeping lines from seat to seat, with a slight bend between two of them."""
    index = {seat.code: place for place, seat in enumerate(SEATS)}
    for chain in chains:
        points = [seats[index[chain[0]]]]
        for a, b in pairwise(chain):
            start, end = seats[index[a]], seats[index[b]]
            across = (end - start)[::-1] * np.array([-1.0, 1.0])
            share, bend = generator.uniform(0.4, 0.6), generator.normal(0, 0.05)
            points += [start + share * (end - start) + bend * across, end]
        yield through(points, STEP_M * 2)


def _county_roads(graph: Graph, costs: Floats, seats: int) -> tuple[list[Way], set[tuple[int, int]]]:
    """Ways between neighbouring town seats through the villages; ways merge where they can."""
    index = {edge: place for place, edge in enumerate(map(tuple, graph.edges.tolist()))}
    pairs = gabriel(graph.points_m[:seats], 60_000.0)
    merged, used, found = costs.copy(), set[tuple[int, int]](), list[Way]()
    for a, b in pairs.edges[np.argsort(pairs.lengths_m)].tolist():
        before, _ = ways(graph, merged, a)
        for piece in _unused(way_to(before, b), used):
            found.append(piece)
            for edge in map(_edge, piece, piece[1:]):
                used.add(edge)
                merged[index[edge]] *= MERGE_COST
    return found, used


def _country_roads(
    graph: Graph,
    costs: Floats,
    coverage: Coverage,
    used: set[tuple[int, int]],
    generator: np.random.Generator,
) -> Iterator[tuple[str, Floats]]:
    """From each town seat a tree to its villages, a township road where many lie beyond, and some loops."""
    seats = len(SEATS)
    towns = np.concatenate([np.arange(seats), coverage.settlement.towns])
    taken = set(used)
    for town in range(seats):
        within = (towns[graph.edges] == town).all(axis=1)
        own = np.where(within, costs, costs * 3.0)
        before, total = ways(graph, own, town)
        places = np.flatnonzero((towns == town) & np.isfinite(total))
        beyond = dict.fromkeys(range(len(towns)), 0)
        for place in places[np.argsort(-np.array(total)[places])].tolist():
            beyond[place] += 1
            if before[place] >= 0:
                beyond[before[place]] += beyond[place]
        for place in places.tolist():
            edge = _edge(place, before[place]) if before[place] >= 0 else None
            if edge is not None and edge not in taken:
                taken.add(edge)
                yield ("township" if beyond[place] >= 5 else "village"), _bent(graph, edge, generator)
    for edge, cost in zip(map(tuple, graph.edges.tolist()), costs.tolist(), strict=True):
        if edge not in taken and np.isfinite(cost) and generator.random() < 0.3:
            yield "village", _bent(graph, edge, generator)


def _streets(
    area: shapely.MultiPolygon, rivers: tuple[River, ...], seats: Floats, generator: np.random.Generator
) -> Iterator[Floats]:
    """A street grid around every seat, larger in the seat city, kept on its side of the main rivers."""
    water = shapely.union_all(
        [shapely.transform(river.line, to_plane) for river in rivers if river.order == 1]
    )
    for place, seat in enumerate(seats):
        reach = {0: (3300.0, 3000.0), 3: (2100.0, 2300.0)}.get(place, (950.0, 750.0))
        block = (380.0, 620.0) if place in (0, 3) else (240.0, 360.0)
        disc = shapely.affinity.scale(shapely.Point(seat).buffer(1.0), *reach)
        home = _part_at(shapely.difference(shapely.intersection(disc, area), water.buffer(150.0)), seat)
        turn = generator.normal(0.03, 0.05)
        axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        for axis in (0, 1):
            offsets = np.cumsum(generator.uniform(*block, 40)) - reach[1 - axis]
            for offset in offsets[offsets < reach[1 - axis]].tolist():
                middle = seat + offset * axes[1 - axis]
                short = generator.uniform(0.75, 1.05, 2)
                ends = [
                    middle - reach[axis] * short[0] * axes[axis],
                    middle + reach[axis] * short[1] * axes[axis],
                ]
                piece = _part_at(shapely.intersection(shapely.linestrings(ends), home), middle)
                if shapely.length(piece) > 1.2 * block[0]:
                    yield np.asarray(shapely.get_coordinates(piece))


def _part_at(geometry: shapely.Geometry, point: Floats) -> shapely.Geometry:
    """The part of a geometry nearest to a point; an empty one is its own part."""
    parts = shapely.get_parts(geometry)
    return parts[np.argmin(shapely.distance(parts, shapely.Point(point)))] if len(parts) else geometry


def _bent(graph: Graph, edge: tuple[int, int], generator: np.random.Generator) -> Floats:
    start, end = graph.points_m[list(edge)]
    across = (end - start)[::-1] * np.array([-1.0, 1.0])
    bend = generator.normal(0, 0.045, 2)
    points = [
        start,
        *(start + s * (end - start) + b * across for s, b in zip((0.35, 0.7), bend, strict=True)),
        end,
    ]
    return through(points, STEP_M)


def _unused(way: Way, used: set[tuple[int, int]]) -> Iterator[Way]:
    """The stretches of a way that no way before it took."""
    piece: list[int] = []
    for a, b in pairwise(way):
        if _edge(a, b) in used:
            if piece:
                yield tuple(piece)
            piece = []
        else:
            piece = [*(piece or [a]), b]
    if piece:
        yield tuple(piece)


def _edge(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a < b else (b, a)


def _named(lines: Iterable[tuple[str, Floats]], generator: np.random.Generator) -> Iterator[Road]:
    numbers = dict.fromkeys(PREFIX, 0)
    for grade, line in lines:
        numbers[grade] += 1
        width = float(np.round(generator.uniform(*WIDTH_M[grade]), 1))
        yield Road(
            f"{PREFIX[grade]}-{numbers[grade]:04d}", grade, width, shapely.LineString(to_degrees(line))
        )
