"""The edges of a layer that do not pass once in each direction 未配对边."""

from __future__ import annotations

import numpy as np
import shapely

from planning.review import kernel
from planning.review.model import Floats, Ints, Objects, Truths
from planning.review.parcels import Parcels, on_plane, slots
from planning.review.topology.plane import GRID_M, snapped


class Chain:
    """The edges left over, between numbered vertices on the plane."""

    def __init__(self, parcels: Parcels) -> None:
        rings = parcels.sound_rings
        ids, first = rings.numbered()
        begin = kernel.unmatched(ids, rings.coords, rings.offsets, rings.holes, slots(len(ids)))
        ends = np.column_stack((ids[begin], ids[begin + 1]))
        self.vertices, edges = np.unique(ends, return_inverse=True)
        self.edges: Ints = edges.reshape(-1, 2).astype(np.int64)
        self.rows: Ints = rings.owner_of(begin)
        at = rings.coords[first[self.vertices]]
        self.places_4490: Floats = at
        self.points_m: Floats = snapped(on_plane(at, parcels.epsg)) if len(at) else np.empty((0, 2))

    def keep(self, chosen: Truths) -> None:
        """Leave out the other edges."""
        self.edges, self.rows = self.edges[chosen], self.rows[chosen]

    @property
    def lines(self) -> Objects:
        """Each edge on the plane."""
        lines: Objects = shapely.linestrings(self.points_m[self.edges])
        return lines


def entangled(parcels: Parcels, chain: Chain) -> Truths:
    """The edges of outlines that branch, come near another or themselves, or lie inside a feature.

    Every other outline is a simple ring with ground on one side that nothing else
    covers: it has no part in an overlap.
    """
    if not len(chain.edges):
        return np.zeros(0, np.bool_)
    count = len(chain.points_m)
    touched = np.bincount(chain.edges.ravel(), minlength=count) != 2
    lines = chain.lines
    one, other = shapely.STRtree(lines).query(lines, predicate="dwithin", distance=3 * GRID_M)
    later = one < other
    one, other = chain.edges[one[later]], chain.edges[other[later]]
    apart = (one[:, :, None] != other[:, None, :]).all(axis=(1, 2))
    touched[one[apart].ravel()] = touched[other[apart].ravel()] = True
    part = kernel.components(chain.edges, count)
    bad = np.zeros(count, np.bool_)
    bad[part[touched]] = True
    of_edge = part[chain.edges[:, 0]]
    clear, first = np.unique(of_edge[~bad[of_edge]], return_index=True)
    at = chain.places_4490[chain.edges[~bad[of_edge]][first, 0]]
    ring, row = parcels.tree.query(shapely.points(at), predicate="intersects")
    own = of_edge * len(parcels.shapes) + chain.rows
    bad[clear[ring[~np.isin(clear[ring] * len(parcels.shapes) + row, own)]]] = True
    return np.asarray(bad[of_edge])
