"""Bridges over the water of a flood 桥梁: open while it stays below their girders, where both are known.

A stretch of road on a bridge is passed above the water under it, until that reaches the lowest part of the
girders 梁底. Where nobody says how high that is, or how high the water stands, the bridge counts as closed
by the depth under it, as any road: never too late; and that it is not known is told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spatial.network import Network
from water.evacuation.ways_out import Passable, places_along
from water.flood.extent import WET_M, Extent

Flags = NDArray[np.bool_]
STRUCTURE: Final = "structure"
BRIDGE: Final = "bridge"
LOW_CHORD: Final = "low_chord_m"
"""Fields of a layer of roads; heights above the 1985 国家高程基准."""


class Passing(StrEnum):
    """Whether a bridge can be passed whatever the water does 通行判断."""

    OPEN = "open"
    """水位低于梁底"""
    REACHED = "reached"
    """水位达到梁底"""
    UNKNOWN = "unknown"
    """无法判断"""


@dataclass(frozen=True, slots=True)
class Bridge:
    """A road, or a part of one, that a bridge carries."""

    road: str
    name: str | None
    low_chord_m: float | None
    """Height of the lowest part of its girders 梁底高程; None where nobody says."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """A bridge over water, and what comes of it."""

    bridge: Bridge
    passing: Passing
    level_m: float | None
    """The highest the water under it stands; None where that is not known."""


def crossings(
    network: Network, roads: Sequence[str], extent: Extent, bridges: Sequence[Bridge]
) -> tuple[tuple[Crossing, ...], Flags]:
    """The bridges under which water comes, by road, and which edges of the network stay open for it.

    ``roads`` is the road of each line of the network.
    """
    by_road = {each.road: each for each in bridges}
    carried = np.array([road in by_road for road in roads], bool)
    spans = np.flatnonzero(carried[network.line]) if len(roads) else np.zeros(0, np.int64)
    _, under, of = places_along(network.edges[spans], extent)
    wet = (under >= 0) & (extent.depth_m.ravel()[under] >= WET_M)
    levels = np.full(len(under), np.nan)
    if extent.level_m is not None:
        levels[wet] = extent.level_m.ravel()[under[wet]]
    road = np.array([roads[line] for line in network.line[spans[of]]], dtype=object)
    found, clear = [], np.zeros(len(network.edges), bool)
    for name in sorted(set(road[wet].tolist())):
        bridge, highest = by_road[name], float(levels[wet & (road == name)].max())
        found.append(Crossing(bridge, _passing(bridge, highest), None if np.isnan(highest) else highest))
    opened = {each.bridge.road for each in found if each.passing is Passing.OPEN}
    clear[spans] = [roads[line] in opened for line in network.line[spans]]
    return tuple(found), clear


def unmarked(roads: Passable, named: Sequence[str], bridges: Sequence[Bridge]) -> tuple[str, ...]:
    """Roads over water that stood there from the beginning, which no bridge is said to carry.

    They count as closed; most will be bridges that nobody has entered. ``named`` is the road of each line.
    """
    edges = np.searchsorted(roads.starts, np.flatnonzero(roads.closing_s == -np.inf), "right") - 1
    known = {each.road for each in bridges}
    return tuple(sorted({named[line] for line in np.unique(roads.network.line[edges])} - known))


def _passing(bridge: Bridge, level_m: float) -> Passing:
    if bridge.low_chord_m is None or np.isnan(level_m):
        return Passing.UNKNOWN
    return Passing.OPEN if level_m < bridge.low_chord_m else Passing.REACHED
