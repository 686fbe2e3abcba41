"""The way for a layer that fits nowhere 无公共边的图层: pair by pair, and by the union of all.

It costs what the whole layer costs and not what is wrong with it, in time; of
memory it takes little, where millions of single edges would take all there is.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from planning.review.model import Ints
from planning.review.parcels import Parcels, from_plane
from planning.review.topology.model import Face, Limits, Topology
from planning.review.topology.plane import GRID_M, cut, snapped_shapes, width_of
from planning.review.topology.told import among, told


def by_union(parcels: Parcels, area_4490: Any, limits: Limits, unmatched: int) -> Topology:
    """Overlaps of all pairs; gaps and what lies outside by the union."""
    rows = np.flatnonzero(parcels.there)
    overlaps, narrow = among(parcels, rows, limits.width_m)
    whole = shapely.union_all(snapped_shapes(parcels.sound[rows], parcels.epsg), grid_size=GRID_M)
    if area_4490 is None:
        filled = shapely.union_all(shapely.polygons(shapely.get_exterior_ring(shapely.get_parts(whole))))
        open_, beyond, edge = _less(filled, whole), [], None
    else:
        edge = snapped_shapes(np.array([area_4490], dtype=object), parcels.epsg)[0]
        open_, beyond = _less(edge, whole), _less(whole, edge)
    gaps, narrow_gaps = _wide(open_, limits)
    outside, narrow_outside = _wide(beyond, limits)
    at_edge = np.zeros(len(gaps), np.bool_)
    if edge is not None and gaps:
        at_edge = shapely.dwithin(shapely.boundary(edge), np.array(gaps, dtype=object), 2 * GRID_M)
    return Topology(
        tuple(overlaps),
        _faces(parcels, gaps, at_edge),
        _faces(parcels, outside, np.zeros(len(outside), np.bool_)),
        (),
        (),
        narrow + narrow_gaps + narrow_outside,
        unmatched,
        vertices=False,
    )


def _less(one: Any, other: Any) -> list[Any]:
    left = cut(shapely.difference, np.array([one], dtype=object), np.array([other], dtype=object))[0]
    return [] if left is None else shapely.get_parts(left).tolist()


def _wide(shapes: list[Any], limits: Limits) -> tuple[list[Any], int]:
    kept = [each for each in shapes if width_of(each) >= limits.width_m]
    return kept, len(shapes) - len(kept)


def _faces(parcels: Parcels, shapes: list[Any], at_edge: Any) -> tuple[Face, ...]:
    """Pieces of ground with the features on them or beside them."""
    if not shapes:
        return ()
    array = np.array(shapes, dtype=object)
    piece, row = parcels.tree.query(from_plane(array, parcels.epsg), predicate="dwithin", distance=1e-8)
    beside: list[list[int]] = [[] for _ in shapes]
    for at, found in zip(piece.tolist(), row.tolist(), strict=True):
        beside[at].append(found)
    rows: list[Ints] = [np.array(each, np.int64) for each in beside]
    return tuple(told(parcels.epsg, list(zip(shapes, rows, strict=True)), at_edge))
