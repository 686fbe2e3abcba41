"""Vertices of neighbours that nearly coincide, or have no counterpart 近似重合、顶点不对应."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely

from planning.review.model import Ints, Objects, Truths
from planning.review.parcels import Parcels, from_plane
from planning.review.topology.chain import Chain
from planning.review.topology.faces import Faces, Sides
from planning.review.topology.model import Lone, Pair
from planning.review.topology.plane import cells

_ON_EDGE_M: Final = 2e-4
"""A vertex is on an edge where it is no further off than the rounding of both to 1e-9°."""


def near_and_lone(
    parcels: Parcels, chain: Chain, faces: Faces, near_m: float
) -> tuple[tuple[Pair, ...], tuple[Lone, ...]]:
    """Vertices of left-over edges that are not on the sound outline: near pairs, and those alone."""
    if not len(chain.edges):
        return (), ()
    used = np.zeros(len(chain.points_m), np.bool_)
    used[chain.edges.ravel()] = True
    suspects = np.flatnonzero(used & ~_on_outline(chain, faces))
    if not len(suspects):
        return (), ()
    owners: dict[int, set[int]] = {}
    linked = set(map(tuple, np.sort(chain.edges, axis=1).tolist()))
    for (a, b), row in zip(chain.edges.tolist(), chain.rows.tolist(), strict=True):
        owners.setdefault(a, set()).add(row)
        owners.setdefault(b, set()).add(row)
    points = shapely.points(chain.points_m[suspects])
    tree = shapely.STRtree(points)
    one, other = tree.query(points, predicate="dwithin", distance=near_m)
    apart = one < other
    pairs = []
    for a, b in zip(suspects[one[apart]].tolist(), suspects[other[apart]].tolist(), strict=True):
        if (a, b) in linked or (b, a) in linked:
            continue
        distance = float(np.hypot(*(chain.points_m[a] - chain.points_m[b])))
        if distance > 0:
            pairs.append((a, b, distance))
    paired = {each for a, b, _ in pairs for each in (a, b)}
    lone = [each for each in _lone(chain, suspects).tolist() if each not in paired]
    told = [
        Pair(line, tuple(sorted(owners[a] | owners[b])), distance)
        for (a, b, distance), line in zip(
            pairs, _degrees_of_lines(chain, [(a, b) for a, b, _ in pairs], parcels.epsg), strict=True
        )
    ]
    places: Objects = (
        from_plane(shapely.points(chain.points_m[lone]), parcels.epsg) if lone else np.empty(0, object)
    )
    alone = [Lone(point, tuple(sorted(owners[each]))) for each, point in zip(lone, places, strict=True)]
    return tuple(told), tuple(alone)


def _degrees_of_lines(chain: Chain, pairs: list[tuple[int, int]], epsg: int) -> Objects:
    if not pairs:
        return np.empty(0, object)
    return from_plane(shapely.linestrings(chain.points_m[np.array(pairs)]), epsg)


def _on_outline(chain: Chain, faces: Faces) -> Truths:
    """Whether every noded edge at a vertex is part of the outline."""
    sides = Sides(faces)
    plain: dict[tuple[int, int], bool] = {}
    for (ax, ay, bx, by), outline in zip(sides.ends.tolist(), sides.outline.tolist(), strict=True):
        plain[ax, ay] = plain.get((ax, ay), True) and outline
        plain[bx, by] = plain.get((bx, by), True) and outline
    edges = set(map(tuple, sides.ends.tolist()))
    for ax, ay, bx, by in cells(faces.segments.reshape(-1, 2)).reshape(-1, 4).tolist():
        a, b = ((ax, ay), (bx, by)) if (ax, ay) <= (bx, by) else ((bx, by), (ax, ay))
        if (*a, *b) not in edges:
            plain[a] = plain[b] = False
    places = cells(chain.points_m).tolist()
    return np.array([plain.get((x, y), False) for x, y in places], np.bool_)


def _lone(chain: Chain, suspects: Ints) -> Ints:
    """Of the suspects, those that stand on an edge, within the rounding, of which they are no end."""
    points = shapely.points(chain.points_m[suspects])
    at, edge = shapely.STRtree(chain.lines).query(points, predicate="dwithin", distance=_ON_EDGE_M)
    foreign = (chain.edges[edge] != suspects[at][:, None]).all(axis=1)
    found: Ints = suspects[np.unique(at[foreign])]
    return found
