"""What overlaps, lies open or lies outside 拓扑: exact on stored coordinates, measured on the city's plane.

How many parcels cover a point changes only across an edge that is not passed
once in each direction. Of a sound coverage those edges are its outline; of any
other they hold every overlap, gap and hole. So the edges of all parcels are
matched by their stored coordinates, bit by bit, and only what is left over goes
to geometry: on the plane, snapped to 0.01 mm, it is cut into faces, and each face
is asked which parcels cover it. This misses nothing and takes nothing for a defect
that is none: there is no tolerance before the measuring.
"""

from __future__ import annotations

from typing import Any

from planning.review.parcels import Parcels
from planning.review.topology.chain import Chain, suspects
from planning.review.topology.faces import Faces
from planning.review.topology.model import Limits, Topology
from planning.review.topology.told import among, gaps, outside, overlaps
from planning.review.topology.union import by_union
from planning.review.topology.vertices import near_and_lone


def examine(
    parcels: Parcels, area_4490: Any = None, limits: Limits | None = None, *, covers: bool = True
) -> Topology:
    """Everything that is not covered exactly once.

    With the administrative area, what it has and the layer lacks is a gap and what
    lies beyond is outside; without it, gaps are what parcels enclose on all sides.
    A layer that is no coverage (``covers`` false) has only overlaps: of its features
    only those are cut with others whose outlines meet.
    """
    limits = limits or Limits()
    chain = Chain(parcels)
    unmatched = len(chain.edges)
    if not covers:
        found, ignored = among(parcels, suspects(parcels, chain), limits.width_m)
        return Topology(tuple(found), (), (), (), (), ignored, unmatched)
    if not len(chain.edges) and area_4490 is None:
        return Topology((), (), (), (), (), 0, unmatched)
    if unmatched > limits.edges:
        return by_union(parcels, area_4490, limits, unmatched)
    faces = Faces(parcels, chain, area_4490)
    wide = faces.widths_m >= limits.width_m
    bad = faces.overlapping | faces.gaping | faces.outlying
    pairs, lone = near_and_lone(parcels, chain, faces, limits.near_m)
    return Topology(
        tuple(overlaps(parcels, faces, faces.overlapping & wide, limits.width_m)),
        tuple(gaps(parcels, faces, faces.gaping & wide)),
        tuple(outside(parcels, faces, faces.outlying & wide, limits.width_m)),
        pairs,
        lone,
        int((bad & ~wide).sum()),
        unmatched,
    )
