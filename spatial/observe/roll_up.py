"""Reads of roll-ups 汇总: what a chart needs of years of values, and the latest of every datastream."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from spatial.errors import InvalidInput
from spatial.history.read import Statement, Value

POINTS_MAX = 10_000
RAW_MAX = timedelta(days=40)
"""A span of values that is read value by value."""
_ORIGIN = "'2000-01-01 00:00+08'::timestamptz"
_CHOSEN = "datastream = %s and phenomenon_time >= %s and phenomenon_time < %s and flag = any(%s)"
_LEVELS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)))


class BadChart(InvalidInput):
    """A span of time or a number of points that no chart can have 图表参数有误."""

    code = "bad-chart"


@dataclass(frozen=True, slots=True)
class Chart:
    """Buckets over a span of time: each with the least, mean and greatest number and how many there are."""

    datastream: int
    start: datetime
    end: datetime
    points: int = 2000
    flags: tuple[int, ...] = (1, 2, 3)
    """Values that failed a test are not drawn unless they are asked for."""
    rolled: bool = False
    """Drawn from the roll-ups, however short the span: its values are not in the database any more."""
    asof: datetime | None = None
    """As it was believed then: read value by value, for roll-ups know only what is believed now."""

    def __post_init__(self) -> None:
        if self.start >= self.end or not 2 <= self.points <= POINTS_MAX:
            raise BadChart(
                f"时间须先后有序,点数须为 2–{POINTS_MAX}:{self.points}",
                f"the span must end after it starts, and points be 2 to {POINTS_MAX}: {self.points}",
                value=self.points,
            )

    @property
    def level(self) -> str:
        """What it is read from: ``day``, ``hour``, or ``value`` where the span is short."""
        if self.asof is not None:
            return "value"
        wanted = self._step
        for name, span in _LEVELS:
            if wanted >= span:
                return name
        return "value" if self.end - self.start <= RAW_MAX and not self.rolled else "hour"

    @property
    def step(self) -> timedelta:
        """Width of a bucket: whole days or hours where it is read from those. Two points, the least and the
        greatest number, are drawn of each."""
        for name, span in _LEVELS:
            if self.level == name:
                return span * max(1, math.ceil(self._step / span))
        return max(self._step, timedelta(seconds=1))

    @property
    def _step(self) -> timedelta:
        return (self.end - self.start) / (self.points / 2)

    def statement(self) -> Statement:
        """Rows of (bucket, least, mean, greatest, count) in order."""
        return self._of_values() if self.level == "value" else self._of_roll_ups()

    @property
    def _chosen(self) -> tuple[int, datetime, datetime, list[int]]:
        return self.datastream, self.start, self.end, list(self.flags)

    def _of_values(self) -> Statement:
        values = f"select phenomenon_time, result_number from observe.observation where {_CHOSEN}"
        chosen: tuple[Value, ...] = self._chosen
        if self.asof is not None:
            values += (
                " and recorded_at <= %s union all select phenomenon_time, result_number"
                f" from observe.superseded where {_CHOSEN} and recorded_at <= %s and superseded_at > %s"
            )
            chosen = (*chosen, self.asof, *chosen, self.asof, self.asof)
        return Statement(
            f"select date_bin(%s, phenomenon_time, {_ORIGIN}) as bucket, min(result_number),"
            f" avg(result_number), max(result_number), count(*) from ({values}) v group by 1 order by 1",
            (self.step, *chosen),
        )

    def _of_roll_ups(self) -> Statement:
        return Statement(
            f"select date_bin(%s, start, {_ORIGIN}) as bucket, min(minimum), sum(total) /"
            f" nullif(sum(numbers), 0),"
            f" max(maximum), sum(count)::bigint from observe.roll_up_{self.level} where datastream = %s"
            f" and start >= date_bin('1 {self.level}', %s, {_ORIGIN}) and start < %s and flag = any(%s)"
            " group by 1 order by 1",
            (self.step, *self._chosen),
        )
