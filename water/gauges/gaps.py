"""Gaps of a series 缺测: found, typed, filled where that can be answered for, and never hidden.

A value that failed quality control is none, nor is one that says it is missing. A short gap between two
values may be filled along the straight line between them, with an uncertainty that grows towards its
middle; what is filled says so. A long gap stays open. Pure functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Final

from spatial.observe.model import Flag
from water.errors import BadStation
from water.gauges.station import Point

LATE: Final = 1.5
"""Steps after which the next value is missed."""
POINTS_MOST: Final = 200_000


class GapKind(StrEnum):
    """Why nothing is known of a time."""

    SILENT = "silent"
    """未到报: nothing came."""
    MISSING = "missing"
    """缺测: the station says that it has no value."""
    FAILED = "failed"
    """质控不合格: a value came and failed quality control."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A time without a usable value, between two that are; open ends are none."""

    kind: GapKind
    start: datetime
    """The last value before."""
    end: datetime
    """The first after."""
    expected: int
    """Values that were due between."""
    filled: bool = False


def usable(point: Point) -> bool:
    """Whether something can rest on it.

    >>> usable(Point(datetime(2026, 1, 1), 1.0, 4)), usable(Point(datetime(2026, 1, 1), 1.0, 3))
    (False, True)
    """
    return point.value is not None and point.flag not in (Flag.FAIL, Flag.MISSING)


def gaps(points: Sequence[Point], step: timedelta) -> tuple[Gap, ...]:
    """The gaps of a series in order of time that has a value every ``step``."""
    _require(step)
    known = [each for each in points if usable(each)]
    others = [each for each in points if not usable(each)]
    found: list[Gap] = []
    place = 0
    for before, after in pairwise(known):
        while place < len(others) and others[place].time <= before.time:
            place += 1
        inside: list[Point] = []
        while place < len(others) and others[place].time < after.time:
            inside.append(others[place])
            place += 1
        if after.time - before.time > step * LATE or inside:
            found.append(Gap(_kind(inside), before.time, after.time, _due(before.time, after.time, step)))
    return tuple(found)


def filled(
    points: Sequence[Point], step: timedelta, longest: timedelta, spread_per_hour: float
) -> tuple[tuple[Point, ...], tuple[Gap, ...]]:
    """The series with its short gaps filled along the line, and all its gaps, told which were filled.

    ``spread_per_hour``: standard deviation that the quantity wanders in an hour; a filled value lies as
    far from both ends as a bridge between them allows. What was there stays there, bad values included.
    """
    told: list[Gap] = []
    made: list[Point] = []
    known = {each.time: each for each in points if usable(each)}
    taken = {each.time for each in points}
    for gap in gaps(points, step):
        short = gap.end - gap.start <= longest
        told.append(Gap(gap.kind, gap.start, gap.end, gap.expected, short))
        if not short:
            continue
        for number in range(1, gap.expected + 1):
            time = gap.start + step * number
            if time < gap.end and not (time in taken and time in known):
                made.append(_between(known[gap.start], known[gap.end], time, spread_per_hour))
        if len(made) > POINTS_MOST:
            raise BadStation(
                f"插补点过多,请缩短时段或加大步长:{len(made)}",
                f"too many values to fill, ask for a shorter time or a longer step: {len(made)}",
                value=len(made),
            )
    return tuple(sorted([*points, *made], key=lambda each: (each.time, each.filled))), tuple(told)


def _between(before: Point, after: Point, time: datetime, spread_per_hour: float) -> Point:
    assert before.value is not None and after.value is not None
    whole = (after.time - before.time) / timedelta(hours=1)
    passed = (time - before.time) / timedelta(hours=1)
    part = passed / whole
    value = before.value + part * (after.value - before.value)
    # A random walk held at both ends: its variance is t (T − t) / T.
    wander = spread_per_hour * (passed * (whole - passed) / whole) ** 0.5
    return Point(time, value, Flag.SUSPECT, "linear", wander)


def _due(start: datetime, end: datetime, step: timedelta) -> int:
    """Values that were due strictly between two."""
    return max(0, -((start - end) // step) - 1)


def _kind(inside: Sequence[Point]) -> GapKind:
    if any(each.flag == Flag.FAIL for each in inside):
        return GapKind.FAILED
    return GapKind.MISSING if inside else GapKind.SILENT


def _require(step: timedelta) -> None:
    if step <= timedelta():
        raise BadStation(f"时间步长须为正:{step}", f"a step of time is over 0: {step}", value=str(step))
