"""Dykes and banks on the edges of cells 堤防与路堤: traced around a corridor, or along a given line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from water.flood.extent import Raster
from water.hydraulics.edges import Edge
from water.hydraulics.works import Dyke

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Corner = tuple[int, int]
"""Row and column of a corner of cells: (0, 0) is the north-western corner of the raster."""


@dataclass(frozen=True, slots=True)
class Bank:
    """A dyke with its land side 背水侧: per edge, 1 where that is the cell after the edge, else -1."""

    name: str
    dyke: Dyke
    landward: tuple[int, ...]

    def places_m(self, raster: Raster) -> Floats:
        """East and north of the middle of each edge, shape (n, 2)."""
        return middles(self.dyke.edges, raster)


def middles(edges: Sequence[Edge], raster: Raster) -> Floats:
    """East and north of the middles of edges, shape (n, 2)."""
    half = np.array([(0.0, 0.5) if edge.axis == "x" else (0.5, 0.0) for edge in edges]).reshape(-1, 2)
    at = np.array([(edge.column, edge.row) for edge in edges], np.float64).reshape(-1, 2) + half
    found: Floats = np.array([raster.west_m, raster.north_m]) + at * raster.cell_m * np.array([1.0, -1.0])
    return found


def around(name: str, inside: NDArray[np.bool_], crest_m: Floats) -> list[Bank]:
    """Banks between the cells inside and those outside; the crest is that of the cell inside."""
    banks = list[Bank]()
    for edges in _chained(_between(inside)):
        sides = [_sides(edge) for edge in edges]
        landward = tuple(1 if inside[before] else -1 for before, _ in sides)
        crest = tuple(
            float(crest_m[before if inside[before] else after]) for before, after in sides
        )  # fmt: skip
        banks.append(Bank(f"{name}-{len(banks) + 1}", Dyke(tuple(edges), crest), landward))
    return banks


def along(name: str, line_m: Floats, crest_m: Floats, raster: Raster) -> list[Bank]:
    """Banks along a line of the plane, as far as it lies within; crests are interpolated between vertices.

    The land side is the right of the line as it is drawn.
    """
    steps = np.hypot(*np.diff(line_m, axis=0).T)
    length = np.concatenate(([0.0], np.cumsum(steps)))
    count = max(2, int(np.ceil(length[-1] / (0.25 * raster.cell_m))) + 1)
    at = np.linspace(0.0, length[-1], count)
    east, north = (np.interp(at, length, line_m[:, k]) for k in range(2))
    columns = np.rint((east - raster.west_m) / raster.cell_m).astype(np.int64)
    rows = np.rint((raster.north_m - north) / raster.cell_m).astype(np.int64)
    crest = np.interp(at, length, crest_m)
    banks, edges, crests, landward = list[Bank](), list[Edge](), list[float](), list[int]()
    used = set[Edge]()
    for edge, way, height in _walked(rows, columns, crest):
        if _within(edge, raster) and edge not in used:
            used.add(edge)
            edges.append(edge)
            crests.append(height)
            landward.append(way)
        elif edges and not _within(edge, raster):
            banks.append(Bank(f"{name}-{len(banks) + 1}", Dyke(tuple(edges), tuple(crests)), tuple(landward)))
            edges, crests, landward = [], [], []
    if edges:
        banks.append(Bank(f"{name}-{len(banks) + 1}", Dyke(tuple(edges), tuple(crests)), tuple(landward)))
    return banks


def parted(bank: Bank, keep: Sequence[bool]) -> list[Bank]:
    """The stretches of a bank whose edges are kept."""
    found, run = list[Bank](), list[int]()
    for number, kept in enumerate([*keep, False]):
        if kept:
            run.append(number)
        elif run:
            dyke = Dyke(tuple(bank.dyke.edges[k] for k in run), tuple(bank.dyke.crest_m[k] for k in run))
            name = f"{bank.name}.{len(found) + 1}"
            found.append(Bank(name, dyke, tuple(bank.landward[k] for k in run)))
            run = []
    return found


def _walked(rows: Ints, columns: Ints, crest: Floats) -> Iterator[tuple[Edge, int, float]]:
    """Edges from corner to corner, each with its land side: a step south has the west on its right."""
    row, column = int(rows[0]), int(columns[0])
    for to_row, to_column, height in zip(rows[1:], columns[1:], crest[1:], strict=True):
        while column != to_column:
            east = to_column > column
            yield Edge("y", row, column if east else column - 1), 1 if east else -1, float(height)
            column += 1 if east else -1
        while row != to_row:
            south = to_row > row
            yield Edge("x", row if south else row - 1, column), -1 if south else 1, float(height)
            row += 1 if south else -1


def _within(edge: Edge, raster: Raster) -> bool:
    low = (0, 1) if edge.axis == "x" else (1, 0)
    return low[0] <= edge.row < raster.rows and low[1] <= edge.column < raster.columns


def _sides(edge: Edge) -> tuple[Corner, Corner]:
    """The cells before and after an edge."""
    before = (edge.row, edge.column - 1) if edge.axis == "x" else (edge.row - 1, edge.column)
    return before, (edge.row, edge.column)


def _between(inside: NDArray[np.bool_]) -> list[Edge]:
    found = [
        Edge("x", int(row), int(column) + 1) for row, column in np.argwhere(inside[:, 1:] != inside[:, :-1])
    ]
    found += [Edge("y", int(row) + 1, int(column)) for row, column in np.argwhere(inside[1:] != inside[:-1])]
    return found


def _chained(edges: Sequence[Edge]) -> list[list[Edge]]:
    """Edges end to end, in as few paths as their corners allow, in an order that is always the same."""
    at: dict[Corner, list[Edge]] = {}
    for edge in edges:
        for corner in _corners(edge):
            at.setdefault(corner, []).append(edge)
    left = dict.fromkeys(edges)
    ends = [corner for corner, here in at.items() if len(here) % 2]
    paths = []
    for start in (*ends, *at):
        while path := _path(start, at, left):
            paths.append(path)
    return paths


def _path(corner: Corner, at: dict[Corner, list[Edge]], left: dict[Edge, None]) -> list[Edge]:
    path: list[Edge] = []
    while edge := next((each for each in at[corner] if each in left), None):
        del left[edge]
        path.append(edge)
        first, second = _corners(edge)
        corner = second if corner == first else first
    return path


def _corners(edge: Edge) -> tuple[Corner, Corner]:
    if edge.axis == "x":
        return (edge.row, edge.column), (edge.row + 1, edge.column)
    return (edge.row, edge.column), (edge.row, edge.column + 1)
