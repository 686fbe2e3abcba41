"""A centre line drawn anew 重绘中心线: what becomes of the reaches and nodes of its route."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from water.errors import BadCentreline
from water.network.centreline import Centreline
from water.network.drawing import Stake, draw, measured_stakes
from water.network.model import Node, Reach
from water.network.rebase import Event, Rebased, rebase
from water.network.rivers import Rivers

Floats = NDArray[np.float64]
DECIMALS: Final = 9
"""As positions are stored."""
SHORTEST_M: Final = 0.5


@dataclass(frozen=True, slots=True)
class MovedReach:
    """A reach of the route by the new line."""

    before: Reach
    after: Reach
    points_4490: Floats = field(repr=False)
    """Its stretch of the new line, drawn downstream."""


@dataclass(frozen=True, slots=True)
class Redrawn:
    """What a new centre line means, before anything is written."""

    old: Centreline
    new: Centreline
    stakes: tuple[Stake, ...]
    reaches: tuple[MovedReach, ...]
    nodes: tuple[tuple[Node, Rebased], ...]
    """Nodes keep their ground; one beyond an end of the new line gets the chainage of that end."""


def redraw(
    rivers: Rivers,
    route: str,
    version: int,
    points_4490: ArrayLike,
    *,
    from_m: float | None = None,
    measures_m: Sequence[float] | None = None,
) -> Redrawn:
    """The new version of a route, and its reaches and nodes on it.

    Chainage counts from ``from_m`` (as before where it is not said), or follows the M values of
    the vertices. ``BadCentreline`` where a reach would have no stretch of the new line.
    """
    old = rivers.line(route)
    points = np.round(np.asarray(points_4490, dtype=np.float64), DECIMALS)
    stakes: tuple[Stake, ...] = ()
    to_m = None
    if measures_m is not None:
        from_m, to_m, found = measured_stakes(points, measures_m, f"{route}@{version}")
        stakes = tuple(found)
    begin_m = old.from_m if from_m is None else from_m
    new = draw(route, version, points, from_m=begin_m, to_m=to_m, stakes=stakes)
    on_route = [each for each in rivers.network.reaches if each.route == route]
    nodes = [each for each in rivers.network.nodes if each.route == route and each.chainage_m is not None]
    kept = [each for each in nodes if _within(old, each.chainage_m or 0.0)]
    carried = rebase(old, new, [Event(each.id, each.chainage_m or 0.0) for each in kept])
    return Redrawn(
        old,
        new,
        stakes,
        tuple(_reach(old, new, each) for each in on_route),
        tuple((node, _ended(new, one)) for node, one in zip(kept, carried, strict=True)),
    )


def _within(line: Centreline, chainage_m: float) -> bool:
    low, high = sorted((line.from_m, line.to_m))
    return low <= chainage_m <= high


def _ended(new: Centreline, carried: Rebased) -> Rebased:
    """A node is on its route whatever the line: beyond an end it is at the end."""
    if carried.after is not None or carried.reason == "far":
        return carried
    end_m = new.to_m if carried.reason == "beyond-end" else new.from_m
    shift = round(end_m - carried.before.chainage_m, 4)
    return replace(carried, after=Event(carried.before.id, round(end_m, 4)), shift_m=shift)


def _reach(old: Centreline, new: Centreline, reach: Reach) -> MovedReach:
    ends = rebase(old, new, [Event("from", reach.from_m), Event("to", reach.to_m)])
    along = [_along(new, end, reach) for end in ends]
    if along[1] - along[0] < SHORTEST_M:
        raise BadCentreline(
            f"新中心线上没有此河段的位置,请核对线的起止与走向:{reach.id}",
            f"the new centre line has no stretch for this reach, check its ends and direction: {reach.id}",
            value=reach.id,
            details={"route": new.route},
        )
    points = new.part(along[0], along[1])
    chainages = np.round(new.chainages_m(np.array(along)), 4).tolist()
    after = replace(
        reach, route_version=new.version, from_m=chainages[0], to_m=chainages[1], length_m=along[1] - along[0]
    )
    return MovedReach(reach, after, np.round(points, DECIMALS))


def _along(new: Centreline, end: Rebased, reach: Reach) -> float:
    """Where an end of a reach lies along the new line; beyond its ends it is the end."""
    if end.after is not None:
        return float(new.lengths_m(end.after.chainage_m)[0])
    if end.reason == "far":
        raise BadCentreline(
            f"新中心线离此河段太远,请核对是否同一条河:{reach.id}",
            f"the new centre line lies far from this reach, check that it is the same river: {reach.id}",
            value=reach.id,
            details={"route": new.route},
        )
    return new.length_m if end.reason == "beyond-end" else 0.0
