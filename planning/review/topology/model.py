"""What is wrong with how the polygons of a layer fit 拓扑问题: nouns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Face:
    """A piece of ground that is not covered once 面状问题."""

    shape_4490: Any
    rows: tuple[int, ...]
    """Overlap: the features that cover it. Gap: those beside it. Outside: the one that covers it."""
    area_m2: float
    """On the plane; for the report it is told as legal area."""
    width_m: float
    """Mean width, 2·area/perimeter of its widest part."""
    at_edge: bool = False
    """A gap at the edge of the administrative area, not among parcels."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two vertices that nearly coincide 近似重合."""

    line_4490: Any
    rows: tuple[int, ...]
    distance_m: float


@dataclass(frozen=True, slots=True)
class Lone:
    """A vertex that stands on the edge of a neighbour without a vertex 顶点不对应."""

    point_4490: Any
    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Topology:
    """What is wrong with how the polygons of a layer fit."""

    overlaps: tuple[Face, ...]
    gaps: tuple[Face, ...]
    outside: tuple[Face, ...]
    pairs: tuple[Pair, ...]
    lone: tuple[Lone, ...]
    ignored: int
    """Faces narrower than the resolution, left out."""
    unmatched: int
    """Edges that had to be looked at; the others fit to the last digit."""
    vertices: bool = True
    """Whether vertices were held against each other 是否比对了顶点."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What counts."""

    width_m: float = 0.0001
    """Faces of a smaller mean width are the rounding of coordinates and left out."""
    edges: int = 1_000_000
    """A coverage with more edges that fit to nothing is no coverage in the first place: it is judged by
    the union of its features, and its vertices are not held against each other."""
    near_m: float = 1.0
    """Vertices of a defect that are nearer than this to each other are told as a pair."""
