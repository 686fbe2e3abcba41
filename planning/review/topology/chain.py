"""The edges of a layer that do not pass once in each direction 未配对边."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely

from planning.review import kernel
from planning.review.model import Floats, Ints, Objects, Truths
from planning.review.parcels import Parcels, on_plane, slots
from planning.review.topology.plane import GRID_M, snapped

_TURN: Final = 0.5
"""Radians; angles around a vertex add up to whole turns more than they should, or to nothing more."""


class Chain:
    """The edges left over, between numbered vertices on the plane."""

    def __init__(self, parcels: Parcels) -> None:
        rings = parcels.sound_rings
        ids, first = rings.numbered()
        begin, net, passed = kernel.unmatched(ids, rings.coords, rings.offsets, rings.holes, slots(len(ids)))
        ends = np.column_stack((ids[begin], ids[begin + 1]))
        vertices, edges = np.unique(ends, return_inverse=True)
        edges = edges.reshape(-1, 2).astype(np.int64)
        edges[net < 0] = edges[net < 0][:, ::-1]
        rows = rings.owner_of(begin)
        at = rings.coords[first[vertices]]
        self.places_4490: Floats = at
        wanted = np.full(len(first), -1, np.int64)
        wanted[vertices] = np.arange(len(vertices))
        self.corners: Floats = kernel.corner_angles(ids, rings.coords, rings.offsets, rings.holes, wanted)
        """Sum of the features' angles at each vertex, in radians."""
        self.points_m: Floats = snapped(on_plane(at, parcels.epsg)) if len(at) else np.empty((0, 2))
        even = net == 0
        self.edges: Ints = edges[~even]
        """With ground that is covered once more on the left than on the right."""
        self.rows: Ints = rows[~even]
        """A feature that has the edge."""
        self.doubled: Ints = np.unique(rows[(passed + np.abs(net)) // 2 > 1])
        """Features with an edge that is passed more than once in one direction: something lies on them."""

    @property
    def lines(self) -> Objects:
        """Each edge on the plane."""
        lines: Objects = shapely.linestrings(self.points_m[self.edges])
        return lines


def suspects(parcels: Parcels, chain: Chain) -> Ints:
    """Features that may lie on others, found where outlines meet: every overlap has one of them.

    Where outlines cross, run together or come near between their vertices, all are
    suspect. At a vertex of theirs covered and open ground must alternate, and the
    corners of all features there must fill no more than the covered part. How
    often the ground beyond an outline is covered is then the same all along it,
    so that one vertex of each tells whether it lies on other features.
    """
    found = [chain.doubled]
    if len(chain.edges):
        found += [_meeting(chain), _crossing(chain), _holding(parcels, chain)]
    return np.unique(np.concatenate(found))


def _meeting(chain: Chain) -> Ints:
    """Features of edges that meet where they have no common vertex."""
    lines = chain.lines
    one, other = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=3 * GRID_M)
    later = one < other
    one, other = one[later], other[later]
    ends, others = chain.edges[one], chain.edges[other]
    apart = (ends[:, :, None] != others[:, None, :]).all(axis=(1, 2))
    return np.concatenate((chain.rows[one[apart]], chain.rows[other[apart]]))


def _crossing(chain: Chain) -> Ints:
    """Features at vertices where going out and coming in do not alternate, or more is covered than that."""
    count, edges = len(chain.points_m), len(chain.edges)
    at = chain.edges.T.ravel()
    towards = chain.edges[:, ::-1].T.ravel()
    out = np.repeat([True, False], edges)
    step = chain.places_4490[towards] - chain.places_4490[at]
    angle = np.arctan2(step[:, 1], step[:, 0])
    order = np.lexsort((angle, at))
    at, out, angle = at[order], out[order], angle[order]
    bad: Truths = np.zeros(count, np.bool_)
    bad[at[1:][(at[1:] == at[:-1]) & (out[1:] == out[:-1])]] = True
    covered = np.bincount(at, np.where(out, -angle, angle), count)
    first = np.flatnonzero(np.diff(at, prepend=-1))
    covered[at[first[~out[first]]]] += 2 * np.pi
    bad |= np.abs(chain.corners - covered) > _TURN
    return np.asarray(chain.rows[bad[chain.edges].any(axis=1)])


def _holding(parcels: Parcels, chain: Chain) -> Ints:
    """Features on which an outline lies, by one vertex of each; one that has it for a corner is its own."""
    part = kernel.components(chain.edges, len(chain.points_m))[chain.edges[:, 0]]
    vertex = chain.edges[np.unique(part, return_index=True)[1], 0]
    points = shapely.points(chain.places_4490[vertex])
    point, row = parcels.tree.query(points, predicate="intersects")
    wanted, place = np.unique(row, return_inverse=True)
    corners = shapely.extract_unique_points(parcels.sound[wanted])
    own = shapely.intersects(corners[place], points[point])
    return np.asarray(row[~own], np.int64)
