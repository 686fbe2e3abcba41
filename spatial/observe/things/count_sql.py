"""Counts of observations from the roll-ups 由汇总计数: no value is looked at that lies in a whole hour."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from spatial.datum.clock import BEIJING
from spatial.observe.things.condition_sql import Fragment
from spatial.observe.things.model import Kind


def rolled(slow: Fragment, bounds: list[tuple[str, datetime]], stream: int | None, may: str) -> Fragment:
    """A count from the roll-ups: whole months, whole days and hours at their ends, and the values of two
    hours at most.

    Where values have spans, the roll-ups know their beginnings alone: the count is null then, and the
    values are to be counted (``slow``). They are not counted here: a statement is planned whole, and a count
    of values is planned over every partition of the span, which costs more than all else.
    """
    of = "u.datastream = %s and " if stream is not None else ""
    params: tuple[object, ...] = () if stream is None else (stream,)
    if not bounds:
        sql = f"(select coalesce(sum(u.count), 0)::bigint from observe.latest u where {of}{may})"
        return Fragment(sql, params, Kind.NUMBER)
    low = max((value for mark, value in bounds if mark in ("ge", "gt")), default=None)
    high = min((value for mark, value in bounds if mark in ("le", "lt")), default=None)
    pieces: list[str] = []
    values: list[object] = []
    levels = [
        (name, *edges) for name, edges in _edges(low, high, ("gt", low) in bounds) if not _crossed(*edges)
    ]
    if not levels:
        return slow  # less than an hour
    inner: tuple[datetime | None, datetime | None] | None = None
    for name, first, last in reversed(levels):
        spans = [(first, last)] if inner is None else [(first, inner[0]), (inner[1], last)]
        for start, end in spans:
            if inner is not None and (start is None or end is None or start >= end):
                continue
            told = "".join(
                f" and u.start {mark} %s" for mark, edge in ((">=", start), ("<", end)) if edge is not None
            )
            pieces.append(
                f"(select coalesce(sum(u.count), 0) from observe.roll_up_{name} u where {of}{may}{told})"
            )
            values += [*params, *(edge for edge in (start, end) if edge is not None)]
        inner = (first, last)
    assert inner is not None  # there is at least one level
    exact = " and ".join(f"u.phenomenon_time {_MARKS[mark]} %s" for mark, _ in bounds)
    for mark, edge in zip(("<", ">="), inner, strict=True):
        if edge is not None:
            pieces.append(
                f"(select count(*) from observe.observation u where {of}{may} and {exact}"
                f" and u.phenomenon_time {mark} %s)"
            )
            values += [*params, *(value for _, value in bounds), edge]
    sql = (
        f"(select case when exists (select from observe.latest u where {of}u.spans) then null"
        f" else {' + '.join(pieces)} end)::bigint"
    )
    return Fragment(sql, (*params, *values), Kind.NUMBER)


_MARKS = {"ge": ">=", "gt": ">", "le": "<=", "lt": "<"}


def _edges(
    low: datetime | None, high: datetime | None, beyond: bool
) -> list[tuple[str, tuple[datetime | None, datetime | None]]]:
    """The first whole hour, day and month from ``low`` on, or ``beyond`` it, and the last before ``high``, in
    Beijing time."""
    found = []
    for name, start in _STARTS.items():
        first = None if low is None else low.astimezone(BEIJING)
        if first is not None and (beyond or start(first) != first):
            first = start(start(first) + _LONGER[name])
        found.append((name, (first, None if high is None else start(high.astimezone(BEIJING)))))
    return found


_STARTS: dict[str, Callable[[datetime], datetime]] = {
    "hour": lambda moment: moment.replace(minute=0, second=0, microsecond=0),
    "day": lambda moment: moment.replace(hour=0, minute=0, second=0, microsecond=0),
    "month": lambda moment: moment.replace(day=1, hour=0, minute=0, second=0, microsecond=0),
}
_LONGER = {"hour": timedelta(hours=1), "day": timedelta(days=1), "month": timedelta(days=32)}


def _crossed(first: datetime | None, last: datetime | None) -> bool:
    return first is not None and last is not None and first > last
