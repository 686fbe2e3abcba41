"""Navigation 河网导航: up and down the network from a place, as far as asked 里程 or to a place 止点."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from water.errors import NotOnTheWay
from water.network.graph import Floats, Ints, Network
from water.network.model import Mode, Spot

TOUCH_M: Final = 1e-6
"""So near an end of a stretch a place is on it."""


@dataclass(frozen=True, slots=True)
class Way:
    """Stretches of reaches that are met, nearest first along each way."""

    network: Network = field(repr=False)
    mode: Mode
    reach: Ints
    low_m: Floats
    """From the upper end of the reach."""
    high_m: Floats
    near_m: Floats
    """Distance from the start to where the stretch begins."""

    @property
    def length_m(self) -> float:
        """Of all stretches."""
        return float((self.high_m - self.low_m).sum())

    def distance_m(self, spot: Spot) -> float | None:
        """How far a place lies from the start on this way; None where it is not on it."""
        for row in np.flatnonzero(self.reach == spot.reach).tolist():
            low, high = float(self.low_m[row]), float(self.high_m[row])
            if low - TOUCH_M <= spot.along_m <= high + TOUCH_M:
                gone = high - spot.along_m if self.mode.upstream else spot.along_m - low
                return float(self.near_m[row]) + max(0.0, gone)
        return None

    def distances_m(self, reach: Ints, along_m: Floats) -> Floats:
        """The same of many places at once; NaN where one is not on it."""
        if len(np.unique(self.reach)) < len(self.reach):  # it came back to its first reach
            told = zip(reach.tolist(), along_m.tolist(), strict=True)
            return np.array([self.distance_m(Spot(*each)) for each in told], dtype=np.float64)
        place = np.full(len(self.network.reaches), -1, np.int64)
        place[self.reach] = np.arange(len(self.reach))
        row = place[reach]
        found = np.full(len(reach), np.nan)
        there = row >= 0
        row, along = row[there], along_m[there]
        low, high = self.low_m[row], self.high_m[row]
        gone = np.maximum(high - along if self.mode.upstream else along - low, 0.0)
        on = (along >= low - TOUCH_M) & (along <= high + TOUCH_M)
        found[there] = np.where(on, self.near_m[row] + gone, np.nan)
        return found


@dataclass(frozen=True, slots=True)
class Start:
    """Where a way begins: spots on reaches. Of a node those of all its reaches."""

    up: tuple[Spot, ...]
    down: tuple[Spot, ...]

    def spots(self, mode: Mode) -> tuple[Spot, ...]:
        """Where to begin in a mode."""
        return self.up if mode.upstream else self.down


def at_reach(network: Network, reach: int) -> Start:
    """A whole reach: up from its lower end, down from its upper one."""
    return Start((Spot(reach, float(network.length_m[reach])),), (Spot(reach, 0.0),))


def at_spot(spot: Spot) -> Start:
    """A place on a reach."""
    return Start((spot,), (spot,))


def at_node(network: Network, node: int) -> Start:
    """A node, closed or not: up what flows in, down what flows out."""
    up = tuple(Spot(r, float(network.length_m[r])) for r in network.entering(node) if network.open[r])
    down = tuple(Spot(r, 0.0) for r in network.leaving(node) if network.open[r])
    return Start(up, down)


def navigate(
    network: Network, start: Start, mode: Mode, limit_m: float = np.inf, stop: Start | None = None
) -> Way:
    """What is met from a place. ``NotOnTheWay`` where the place to stop at is not met within ``limit_m``.

    The main ways end at the stop; all ways end there and leave out what does not lead to it.
    """
    spots = start.spots(mode)
    match mode:
        case Mode.UPSTREAM_MAIN | Mode.DOWNSTREAM_MAIN:
            way = _main(network, spots, mode, limit_m)
            return way if stop is None else _ended(way, stop)
        case Mode.UPSTREAM_TRIBUTARIES | Mode.DOWNSTREAM_DIVERSIONS:
            way = _all(network, spots, mode, limit_m)
            return way if stop is None else _between(way, stop)
        case Mode.POINT_TO_POINT:
            if stop is None:
                raise NotOnTheWay(
                    "两点之间(PP)须给出止点 stop",
                    "point to point (PP) needs a place to stop: stop",
                    value="PP",
                )
            return _shortest(_all(network, spots, mode, limit_m), stop)


def _main(network: Network, spots: Sequence[Spot], mode: Mode, limit_m: float) -> Way:
    """One spot's way; of a node with several the main one's."""
    from water.network import kernel

    if not spots:
        return _way(network, mode, np.zeros(0, np.int64), np.zeros(0), (), limit_m)
    spot = max(spots, key=lambda each: _preferred(network, each.reach))
    up = mode.upstream
    gone = spot.along_m if up else float(network.length_m[spot.reach]) - spot.along_m
    onward = network.main_up if up else network.main_down
    reach, near = kernel.follow(onward, network.length_m, spot.reach, gone, limit_m)
    return _way(network, mode, reach, near, (spot,), limit_m)


def _preferred(network: Network, reach: int) -> tuple[bool, int, int]:
    one = network.reaches[reach]
    return one.main, one.order or 0, -reach


def _all(network: Network, spots: Sequence[Spot], mode: Mode, limit_m: float) -> Way:
    from water.network import kernel

    up = mode.upstream
    first, second = (network.head, network.tail) if up else (network.tail, network.head)
    reached = np.full(len(network.nodes), np.inf)
    for spot in spots:
        gone = spot.along_m if up else float(network.length_m[spot.reach]) - spot.along_m
        end = second[spot.reach]
        if network.passable[end]:
            reached[end] = min(reached[end], gone)
    numbers = [spot.reach for spot in spots]
    low, high = 0, len(network.reaches)
    if network.acyclic and numbers:
        low, high = (0, max(numbers) + 1) if up else (min(numbers), high)
    reach, near = kernel.spread(
        first, second, network.length_m, network.open, network.passable, reached, limit_m, low, high, up,
        network.acyclic,
    )  # fmt: skip
    return _way(network, mode, reach, near, spots, limit_m)


def _way(
    network: Network, mode: Mode, reach: Ints, near: Floats, spots: Sequence[Spot], limit_m: float
) -> Way:
    """The stretches, the first ones from their spots, all cut to the limit.

    Where water runs in a circle a way comes back to its first reach, and ends where it began.
    """
    begun = np.array([spot.reach for spot in spots], np.int64)
    along = np.array([spot.along_m for spot in spots], np.float64)
    back = np.full(len(network.reaches), 0.0 if mode.upstream else np.inf)
    back[begun] = along
    length = network.length_m[reach]
    if mode.upstream:
        low = np.concatenate((np.zeros(len(begun)), back[reach]))
        high = np.concatenate((along, length))
    else:
        low = np.concatenate((along, np.zeros(len(reach))))
        high = np.concatenate((network.length_m[begun], np.minimum(length, back[reach])))
    near = np.concatenate((np.zeros(len(begun)), near))
    reach = np.concatenate((begun, reach))
    left = np.minimum(high - low, limit_m - near)
    low, high = (high - left, high) if mode.upstream else (low, low + left)
    some = high > low
    return Way(network, mode, reach[some], low[some], high[some], near[some])


def _ended(way: Way, stop: Start) -> Way:
    """A main way up to its stop, which is the first of its spots that is met."""
    spots = stop.spots(Mode.DOWNSTREAM_MAIN if way.mode.upstream else Mode.UPSTREAM_MAIN)
    met = [(far, spot) for spot in spots if (far := way.distance_m(spot)) is not None]
    if not met:
        raise _not_met()
    far, _ = min(met, key=lambda each: each[0])
    return _shortened(way, way.near_m < far, far)


def _shortened(way: Way, kept: Ints | np.ndarray[tuple[int], np.dtype[np.bool_]], far_m: float) -> Way:
    reach, near, low, high = way.reach[kept], way.near_m[kept], way.low_m[kept], way.high_m[kept]
    left = np.minimum(high - low, far_m - near)
    low, high = (high - left, high) if way.mode.upstream else (low, low + left)
    return Way(way.network, way.mode, reach, low, high, near)


def _between(way: Way, stop: Start) -> Way:
    """Of all ways those that lead to the stop: what the stop meets, going back, is met here, too."""
    back = Mode.DOWNSTREAM_DIVERSIONS if way.mode.upstream else Mode.UPSTREAM_TRIBUTARIES
    towards = _all(way.network, stop.spots(back), back, np.inf)
    lows, highs = _spans(towards)
    low = np.maximum(way.low_m, lows[way.reach])
    high = np.minimum(way.high_m, highs[way.reach])
    kept = high > low
    if not kept.any():
        raise _not_met()
    near = way.near_m + np.where(way.mode.upstream, way.high_m - high, low - way.low_m)
    return Way(way.network, way.mode, way.reach[kept], low[kept], high[kept], near[kept])


def _spans(way: Way) -> tuple[Floats, Floats]:
    """What of each reach a way meets, as one span; empty where nothing."""
    count = len(way.network.reaches)
    low, high = np.full(count, np.inf), np.full(count, -np.inf)
    np.minimum.at(low, way.reach, way.low_m)
    np.maximum.at(high, way.reach, way.high_m)
    return low, high


def _shortest(way: Way, stop: Start) -> Way:
    """The shortest way down to the stop, traced back from it."""
    met = [(far, spot) for spot in stop.up if (far := way.distance_m(spot)) is not None]
    if not met:
        raise _not_met()
    far, spot = min(met, key=lambda each: each[0])
    rows: dict[int, int] = {}
    for row, number in enumerate(way.reach.tolist()):
        if number not in rows or way.near_m[row] < way.near_m[rows[number]]:
            rows[number] = row
    network, chain = way.network, [rows[spot.reach]]
    while way.near_m[chain[-1]] > 0.0:
        row = chain[-1]
        node = int(network.tail[way.reach[row]])
        before = [rows[r] for r in network.entering(node) if r in rows]
        chain.append(
            min(
                before,
                key=lambda each: abs(way.near_m[each] + way.high_m[each] - way.low_m[each] - way.near_m[row]),
            )
        )
    return _shortened(way, np.array(chain[::-1], np.int64), far)


def _not_met() -> NotOnTheWay:
    return NotOnTheWay(
        "此路径上遇不到止点,请核对方向、里程或启闭状态:stop",
        "the place to stop at is not met that way; check direction, distance, and what is closed: stop",
        value="stop",
    )
