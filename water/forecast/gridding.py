"""Values of stations brought to even steps 时段整编; gaps are typed, and a dead station is refused.

Pure. Rain is summed over what fell in the step, discharge is the mean of what was measured in it; a value
stands for the time up to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spatial.datum import format_instant
from spatial.observe.model import Flag
from water.errors import BadStation, DeadStation
from water.forecast.record import Floats
from water.gauges.gaps import Gap, GapKind, filled, usable
from water.gauges.station import Element, Point, Station

FILL_LONGEST: Final = timedelta(hours=6)
"""Gaps of rain that are filled on the line between their ends."""
KINDS_ZH: Final = {
    GapKind.SILENT: "未到报",
    GapKind.MISSING: "缺测",
    GapKind.FAILED: "质控不合格",
}


@dataclass(frozen=True, slots=True)
class Measured:
    """An element of a station within a time, in order."""

    station: Station
    element: Element
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Grid:
    """Even steps."""

    begin: datetime
    step: timedelta
    steps: int

    @property
    def end(self) -> datetime:
        """When the last step ends."""
        return self.begin + self.step * self.steps

    def places(self, times: Sequence[datetime]) -> NDArray[np.int64]:
        """The step of each time: a value at the end of a step belongs to it."""
        seconds = np.array([(each - self.begin).total_seconds() for each in times])
        return np.asarray(np.ceil(seconds / self.step.total_seconds() - 1e-9) - 1).astype(np.int64)


def believed(measured: Measured) -> Measured:
    """The same, with what no catchment can give, a value below 0, as failed 质控不合格."""
    points = tuple(
        replace(each, flag=int(Flag.FAIL)) if each.value is not None and each.value < 0 else each
        for each in measured.points
    )
    return replace(measured, points=points)


def discharge(measured: Measured, grid: Grid) -> Floats:
    """Mean discharge of each step; nan where nothing usable was measured."""
    known = [each for each in measured.points if usable(each)]
    places = grid.places([each.time for each in known])
    inside = (places >= 0) & (places < grid.steps)
    values = np.array([each.value for each in known], dtype=float)[inside]
    counts = np.bincount(places[inside], minlength=grid.steps)
    sums = np.bincount(places[inside], values, minlength=grid.steps)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(counts > 0, sums / counts, np.nan))


def summed(measured: Measured, grid: Grid) -> Floats:
    """What fell in each step; nan where a gap that is too long to fill lies in it."""
    apart = nominal(measured)
    if apart > grid.step:
        raise BadStation(
            f"时段雨量每 {_hours(apart)} 小时一个,长于计算时段,请用更长的时段:{measured.station.id}",
            f"rain comes every {_hours(apart)} h, longer than the step; take a longer one:"
            f" {measured.station.id}",
            value=measured.station.id,
        )
    series, gaps = filled(measured.points, apart, FILL_LONGEST, 0.0)
    known = [each for each in series if usable(each)]
    places = grid.places([each.time for each in known])
    inside = (places >= 0) & (places < grid.steps)
    values = np.array([each.value for each in known], dtype=float)[inside]
    found = np.bincount(places[inside], values, minlength=grid.steps).astype(np.float64)
    spans = [(each.start, each.end) for each in gaps if not each.filled]
    if known:
        spans += [(grid.begin, known[0].time - apart), (known[-1].time, grid.end)]
    else:
        spans += [(grid.begin, grid.end)]
    for start, end in spans:
        if end - start > timedelta():
            first, last = grid.places([start + timedelta(microseconds=1), end])
            found[max(0, first) : max(0, last + 1)] = np.nan
    return found


def spread(measured: Measured, grid: Grid) -> Floats:
    """What evaporated in each step, of values of longer times; DeadStation where one is missing."""
    apart = max(nominal(measured), grid.step)
    known = [each for each in measured.points if usable(each)]
    ends = np.array([each.time.timestamp() for each in known])
    values = np.array([each.value for each in known], dtype=float)
    steps = (grid.begin.timestamp() + grid.step.total_seconds() * np.arange(1, grid.steps + 1)) - 1e-6
    places = np.minimum(np.searchsorted(ends, steps), max(0, len(ends) - 1))
    late = (ends[places] - steps if len(ends) else np.full(grid.steps, np.inf)) >= apart.total_seconds()
    late |= steps > (ends[-1] if len(ends) else 0)
    if late.any():
        raise _unknown([measured], grid.begin + grid.step * int(np.argmax(late)))
    return np.asarray(values[places] * (grid.step / apart))


def areal(rain: Sequence[tuple[Measured, float]], grid: Grid) -> Floats:
    """Mean over the catchment by weights, of the stations that have the step.

    DeadStation where none has: it names station, gap and what can be done.
    """
    depths = np.array([summed(measured, grid) for measured, _ in rain])
    weights = np.array([weight for _, weight in rain])[:, None]
    there = np.isfinite(depths)
    total = (there * weights).sum(axis=0)
    if not (total > 0).all():
        step = int(np.argmin(total > 0))
        raise _unknown([each for each, _ in rain], grid.begin + grid.step * step)
    return np.asarray((np.where(there, depths, 0.0) * weights).sum(axis=0) / total)


def require_alive(measured: Measured, at: datetime, within: timedelta) -> None:
    """DeadStation where the newest usable value at an instant is older than that."""
    known = [each.time for each in measured.points if usable(each) and each.time <= at]
    last = max(known, default=None)
    if last is not None and at - last <= within:
        return
    since = [each for each in measured.points if not usable(each) and (last is None or each.time > last)]
    kind = _kind(since)
    one, zh, en = measured.station, measured.element.title.zh, measured.element.id
    when = "无 none" if last is None else format_instant(last)
    raise DeadStation(
        f"测站 {one.id}({one.name})的{zh}在起报时刻 {format_instant(at)} 前 {_hours(within)} 小时内没有可用"
        f"的值({KINDS_ZH[kind]}),不据此预报。请恢复报汛或补录后重试,或改在最后一个可用值之前起报:{when}",
        f"station {one.id} has no usable {en} within {_hours(within)} h before {format_instant(at)}"
        f" ({kind.value}); nothing is forecast from a dead station. Bring it back or enter what is missing"
        f" and try again, or take a basis no later than its last usable value: {when}",
        value=one.id,
        details={"station": one.id, "element": en, "gap": kind.value, "last": when},
    )


def _unknown(stations: Sequence[Measured], begin: datetime) -> DeadStation:
    names = "、".join(f"{each.station.id}({each.station.name})" for each in stations)
    kinds = sorted({_gap_at(each, begin).value for each in stations})
    when = format_instant(begin)
    return DeadStation(
        f"自 {when} 起的时段没有一个站有值({'、'.join(KINDS_ZH[GapKind(each)] for each in kinds)}),缺口长于"
        f" {_hours(FILL_LONGEST)} 小时不插补。请补录、增加测站或改起止时刻:{names}",
        f"no station has a value for the step that begins at {when} ({', '.join(kinds)}), and a gap longer"
        f" than {_hours(FILL_LONGEST)} h is not filled. Enter what is missing, add a station, or take"
        f" another time: {', '.join(each.station.id for each in stations)}",
        value=stations[0].station.id,
        details={"stations": [each.station.id for each in stations], "from": when, "gaps": kinds},
    )


def _gap_at(measured: Measured, at: datetime) -> GapKind:
    _, gaps = filled(measured.points, nominal(measured), FILL_LONGEST, 0.0)
    found: Gap | None = next((each for each in gaps if each.start <= at < each.end), None)
    return GapKind.SILENT if found is None else found.kind


def _kind(points: Sequence[Point]) -> GapKind:
    if any(each.flag == Flag.FAIL for each in points):
        return GapKind.FAILED
    return GapKind.MISSING if points else GapKind.SILENT


def nominal(measured: Measured) -> timedelta:
    """How far apart values of a series usually are."""
    times = np.array([each.time.timestamp() for each in measured.points])
    return timedelta(seconds=float(np.median(np.diff(times)))) if len(times) > 1 else timedelta(hours=1)


def _hours(span: timedelta) -> str:
    return f"{span / timedelta(hours=1):g}"
