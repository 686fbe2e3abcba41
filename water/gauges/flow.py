"""Discharge of a series 推流: by the rating or table of each instant, or why there is none. Pure.

Where no rating holds, or what it needs is missing or outside of it, nothing is said; nothing is extended.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from spatial.observe.model import Flag
from water.errors import OutsideRating
from water.gauges import gate_table, rating
from water.gauges.fall import stage_then
from water.gauges.gaps import usable
from water.gauges.gate_table import GateTable, Head
from water.gauges.rating import Rating
from water.gauges.station import Point
from water.works.offset import Shifted

RISE_WITHIN_S: Final = 4 * 3600.0
"""Between values farther apart nobody knows how the water rose: discharge is that of steady flow."""
HELD_S: Final = 3600.0
"""A gate stays as it was last told for so long, in s; after that nobody knows."""


@dataclass(frozen=True, slots=True)
class Flow:
    """Discharge of one instant, or why there is none."""

    time: datetime
    discharge_m3_s: float | None
    uncertainty_m3_s: float | None
    flag: Flag
    rating: str = ""
    loop: bool = False
    """Whether the loop correction went into it."""
    reason: str = ""
    """``stage-missing``, ``no-rating``, ``outside-rating``, ``fall-missing``; of gates and pumps
    ``setting-missing`` and ``head-missing``."""
    fall_m: float | None = None


@dataclass(frozen=True, slots=True)
class Aside:
    """The other station of a stage-fall rating."""

    points: Sequence[Point]
    shifted: Shifted
    """What is added to (stage here - stage there) so that it is a fall in one datum."""


def flows(
    points: Sequence[Point], ratings: Sequence[Rating], asides: Mapping[str, Aside] | None = None
) -> list[Flow]:
    """Discharge of every stage, with the flag of the stage that it rests on."""
    known = [each for each in points if usable(each)]
    places = {each.time: place for place, each in enumerate(known)}
    falls = {name: _Fallen(aside) for name, aside in (asides or {}).items()}
    found = []
    for point in points:
        curve = rating.at(ratings, point.time) if point.time in places else None
        if point.time not in places:
            found.append(_none(point.time, "stage-missing"))
        elif curve is None:
            found.append(_none(point.time, "no-rating"))
        elif curve.fall is not None:
            found.append(_by_fall(point, curve, falls.get(curve.fall.station)))
        else:
            found.append(_flow(point, curve, _rise_m_s(known, places[point.time])))
    return found


@dataclass(frozen=True, slots=True)
class Operated:
    """The series of a gate or pump station."""

    upstream: Sequence[Point]
    downstream: Sequence[Point]
    settings: Sequence[Point]


def gate_flows(series: Operated, tables: Sequence[GateTable]) -> list[Flow]:
    """Discharge at every upstream stage; setting and downstream stage as last told, for an hour at most."""
    lower, settings = _Held(series.downstream), _Held(series.settings)
    return [_by_table(point, tables, lower, settings) for point in series.upstream]


class _Fallen:
    """Falls to the other station."""

    def __init__(self, aside: Aside) -> None:
        self._points = [each for each in aside.points if usable(each)]
        self._times = [each.time for each in self._points]
        self.shifted = aside.shifted

    def fall_m(self, point: Point) -> float | None:
        assert point.value is not None
        other = stage_then(self._points, self._times, point.time)
        return None if other is None else point.value - other + self.shifted.offset_m


class _Held:
    """Values as they were last told; asked in order of time."""

    def __init__(self, points: Sequence[Point]) -> None:
        self._points = points
        self._next = 0

    def at(self, instant: datetime) -> Point | None:
        """What was told last, where it is a value and not too old."""
        while self._next < len(self._points) and self._points[self._next].time <= instant:
            self._next += 1
        last = self._points[self._next - 1] if self._next else None
        if last is None or not usable(last) or (instant - last.time).total_seconds() > HELD_S:
            return None
        return last


def _by_table(point: Point, tables: Sequence[GateTable], lower: _Held, settings: _Held) -> Flow:
    setting, below = settings.at(point.time), lower.at(point.time)
    if not usable(point) or point.value is None:
        return _none(point.time, "stage-missing")
    table = gate_table.at(tables, point.time)
    if table is None:
        return _none(point.time, "no-rating")
    if setting is None or setting.value is None:
        return _none(point.time, "setting-missing", table.version)
    head_m = table.head_m(point.value, None if below is None else below.value)
    if head_m is None:
        return _none(point.time, "head-missing", table.version)
    try:
        discharge = table.discharge_m3_s(setting.value, head_m)
    except OutsideRating:
        return _none(point.time, "outside-rating", table.version)
    used = [point, setting, *([] if below is None or table.head is Head.OVER_SILL else [below])]
    flag = _worst(used)
    return Flow(point.time, discharge, table.uncertainty_m3_s(discharge), flag, table.version)


def _worst(points: Sequence[Point]) -> Flag:
    """The flag of a value that rests on these; one that was not evaluated makes it so, suspect is worse."""
    return Flag(max(each.flag for each in points))


def _by_fall(point: Point, curve: Rating, fallen: _Fallen | None) -> Flow:
    fall_m = None if fallen is None else fallen.fall_m(point)
    if fallen is None or fall_m is None:
        return _none(point.time, "fall-missing", curve.version)
    return _flow(point, curve, None, fall_m, fallen.shifted.uncertainty_m)


def _flow(
    point: Point, curve: Rating, rise_m_s: float | None, fall_m: float | None = None, datum_m: float = 0.0
) -> Flow:
    assert point.value is not None
    try:
        discharge = curve.discharge_m3_s(point.value, point.time, rise_m_s, fall_m)
    except OutsideRating:
        return _none(point.time, "outside-rating", curve.version)
    spread = curve.uncertainty_m3_s(discharge, fall_m, datum_m)
    looped = curve.loop is not None and rise_m_s is not None
    return Flow(point.time, discharge, spread, Flag(point.flag), curve.version, looped, fall_m=fall_m)


def _none(time: datetime, reason: str, version: str = "") -> Flow:
    return Flow(time, None, None, Flag.MISSING, version, reason=reason)


def _rise_m_s(known: Sequence[Point], place: int) -> float | None:
    """How fast the water rises, from the values before and after; None where they lie too far apart."""
    before, after = known[max(0, place - 1)], known[min(len(known) - 1, place + 1)]
    seconds = (after.time - before.time).total_seconds()
    if not 0 < seconds <= RISE_WITHIN_S or before.value is None or after.value is None:
        return None
    return (after.value - before.value) / seconds
