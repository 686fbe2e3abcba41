"""A network out of lines 建网: cut where they meet, joined where their ends lie together."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Shapes = NDArray[np.object_]

JOIN_M: Final = 0.5
"""Ends no farther apart than this are one junction: lines are seldom drawn to the millimetre."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines in a plane of metres, with how fast they are passed."""

    shapes: Shapes
    """LineStrings or MultiLineStrings."""
    speeds_m_s: Floats
    """Of each line; 0 where it cannot be passed."""
    level: Ints
    """Lines of one level meet where they cross; those of two only where their ends lie together
    立体交叉: an expressway is crossed without a junction."""
    directed: Flags | None = None
    """Passed only as they are drawn 单向; None where all are passed both ways."""


@dataclass(frozen=True, slots=True)
class Network:
    """Junctions and the edges between them; arcs of each node in CSR form."""

    nodes_m: Floats
    """x, y of each node."""
    edges: Shapes = field(repr=False)
    """A LineString for each edge, from its first node to its second."""
    first: Ints = field(repr=False)
    second: Ints = field(repr=False)
    lengths_m: Floats = field(repr=False)
    speeds_m_s: Floats = field(repr=False)
    directed: Flags = field(repr=False)
    line: Ints = field(repr=False)
    """The line that each edge is a part of."""
    starts: Ints = field(repr=False)
    heads: Ints = field(repr=False)
    weights_s: Floats = field(repr=False)
    tree: shapely.STRtree = field(repr=False)
    """Of the edges."""

    @property
    def seconds(self) -> Floats:
        """Time to pass each edge."""
        return self.lengths_m / self.speeds_m_s


def build(lines: Lines) -> Network:
    """Cut lines where they meet and number their junctions; the same lines give the same network."""
    parts, owner = shapely.get_parts(lines.shapes, return_index=True)
    good = ~shapely.is_empty(parts) & (lines.speeds_m_s[owner] > 0)
    parts, owner = parts[good], owner[good]
    pieces, of = _cut(parts, lines.level[owner])
    ends = np.stack((_end(pieces, 0), _end(pieces, -1)), axis=1) if len(pieces) else np.zeros((0, 2, 2))
    nodes, number = _junctions(ends.reshape(-1, 2))
    number = number.reshape(-1, 2)
    loops = (number[:, 0] == number[:, 1]) & (shapely.length(pieces) <= JOIN_M)
    pieces, of, number = pieces[~loops], of[~loops], number[~loops]
    line = owner[of].astype(np.int64)
    directed = np.zeros(len(pieces), np.bool_) if lines.directed is None else lines.directed[line]
    lengths = shapely.length(pieces)
    speeds = lines.speeds_m_s[line]
    starts, heads, weights = _arcs(len(nodes), number, lengths / speeds, directed)
    return Network(
        nodes, pieces, number[:, 0], number[:, 1], lengths, speeds, directed, line,
        starts, heads, weights, shapely.STRtree(pieces),
    )  # fmt: skip


def _junctions(ends: Floats) -> tuple[Floats, Ints]:
    """Where junctions are, in order of x and y, and the number of that at which each end lies.

    A junction stands at the first of its ends; those of a chain, each near the next, are one.
    """
    spots, number = np.unique(ends, axis=0, return_inverse=True)
    points = shapely.points(spots)
    one, other = shapely.STRtree(points).query(points, predicate="dwithin", distance=JOIN_M)
    joined, before = np.arange(len(spots)), None
    while before is None or (joined != before).any():
        before = joined.copy()
        np.minimum.at(joined, one, before[other])
        joined = joined[joined]
    firsts, at = np.unique(joined, return_inverse=True)
    return spots[firsts], at[number.reshape(-1)].astype(np.int64)


def _end(lines: Shapes, place: int) -> Floats:
    found: Floats = shapely.get_coordinates(shapely.get_point(lines, place))
    return found


def _cut(lines: Shapes, level: Ints) -> tuple[Shapes, Ints]:
    """The pieces of lines between the places where lines of one level meet, and the line of each."""
    if not len(lines):
        return lines, np.zeros(0, np.int64)
    tree = shapely.STRtree(lines)
    one, other = tree.query(lines, predicate="intersects")
    meets = (one < other) & (level[one] == level[other])
    one, other = one[meets], other[meets]
    shared = shapely.intersection(lines[one], lines[other])
    # Where lines run together for a while, they part at the ends of what they share.
    spots, pair = shapely.get_coordinates(shared, return_index=True)
    at = np.concatenate((one[pair], other[pair]))
    where = shapely.line_locate_point(lines[at], shapely.points(np.concatenate((spots, spots))))
    inner = (where > JOIN_M) & (where < shapely.length(lines)[at] - JOIN_M)
    order = np.lexsort((where[inner], at[inner]))
    at, where = at[inner][order], where[inner][order]
    apart = _apart(at, where)
    return _divided(lines, at[apart], where[apart])


def _apart(at: Ints, where: Floats) -> Flags:
    """Which cuts count, of cuts in order along their lines: not those within a joint's width of the last."""
    counts = np.zeros(len(at), np.bool_)
    line, last = -1, 0.0
    for row, (each, along) in enumerate(zip(at.tolist(), where.tolist(), strict=True)):
        if each != line or along - last > JOIN_M:
            counts[row] = True
            line, last = each, along
    return counts


def _divided(lines: Shapes, at: Ints, where: Floats) -> tuple[Shapes, Ints]:
    """Lines cut at distances from their beginnings, in this order; and the line of each piece."""
    cuts = np.bincount(at, minlength=len(lines))
    firsts = np.cumsum(cuts + 1) - cuts - 1
    of = np.repeat(np.arange(len(lines)), cuts + 1)
    found = np.empty(len(of), dtype=object)
    whole = cuts == 0
    found[firsts[whole]] = lines[whole]
    if len(at):
        places, row = shapely.get_coordinates(lines[~whole], return_index=True)
        row = np.flatnonzero(~whole)[row]
        ends = shapely.get_coordinates(shapely.line_interpolate_point(lines[at], where))
        # Vertices and cuts in order along each line; a cut stands before a vertex at the same place.
        line, along = np.concatenate((row, at)), np.concatenate((_along(places, row), where))
        is_cut = np.arange(len(line)) >= len(row)
        order = np.lexsort((~is_cut, along, line))
        line, along, is_cut = line[order], along[order], is_cut[order]
        passed = np.cumsum(is_cut)
        last = np.maximum(passed - 1, 0)
        kept = is_cut | (passed == 0) | (at[last] != line) | (where[last] != along)
        piece = (firsts[line] + passed - (np.cumsum(cuts) - cuts)[line])[kept]
        # A cut ends the piece before it and begins its own.
        twice = np.repeat(np.arange(len(piece)), 1 + is_cut[kept])
        piece = piece[twice]
        piece[:-1] -= twice[1:] == twice[:-1]
        made, number = np.unique(piece, return_inverse=True)
        found[made] = shapely.linestrings(np.concatenate((places, ends))[order[kept][twice]], indices=number)
    return found, of


def _along(places: Floats, row: Ints) -> Floats:
    """How far vertices lie from the beginnings of their lines, of which ``row`` tells the number."""
    steps = np.hypot(*np.diff(places, axis=0, prepend=places[:1]).T)
    first = np.concatenate(([True], row[1:] != row[:-1]))
    steps[first] = 0
    passed = np.cumsum(steps)
    along: Floats = passed - passed[first][np.cumsum(first) - 1]
    return along


def part(line: shapely.LineString, low_m: float, high_m: float) -> shapely.LineString:
    """The part of a line between two distances from its beginning.

    >>> part(shapely.LineString([(0, 0), (10, 0), (10, 10)]), 5, 12).wkt
    'LINESTRING (5 0, 10 0, 10 2)'
    """
    places = shapely.get_coordinates(line)
    along = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(places, axis=0).T))))
    ends = shapely.get_coordinates(shapely.line_interpolate_point(line, [low_m, high_m]))
    between = places[(along > low_m) & (along < high_m)]
    return shapely.LineString(np.vstack((ends[:1], between, ends[1:])))


def _arcs(count: int, ends: Ints, seconds: Floats, directed: Flags) -> tuple[Ints, Ints, Floats]:
    """CSR: each edge forward, and backward where it is passed both ways; in order of node and edge."""
    back = np.flatnonzero(~directed)
    tails = np.concatenate((ends[:, 0], ends[back, 1]))
    heads = np.concatenate((ends[:, 1], ends[back, 0]))
    weights = np.concatenate((seconds, seconds[back]))
    order = np.lexsort((np.arange(len(tails)), tails))
    starts = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(tails, minlength=count), out=starts[1:])
    return starts, heads[order].astype(np.int64), weights[order]
