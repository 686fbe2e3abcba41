"""Cron expressions 定时表达式: minute hour day month weekday, in Beijing time; judgements alone."""

from __future__ import annotations

import re
from datetime import datetime
from itertools import pairwise

from croniter import CroniterError, croniter  # type: ignore[import-untyped]

from spatial.datum import BEIJING
from spatial.errors import InvalidInput, shorten

_PARTS = 5
_LONGEST = 200
_BY_CHANCE = re.compile(r"(?<![A-Za-z])[HRhr](?![A-Za-z])")
"""Other programs' words for an instant of their choice."""
_DAY_MIN = 24 * 60


def following(cron: str, after: datetime) -> datetime:
    """The next instant of a cron expression; InvalidInput where it is none, or comes never.

    >>> following("30 2 * * *", datetime(2026, 1, 1, 2, 30, tzinfo=BEIJING)).isoformat()
    '2026-01-02T02:30:00+08:00'
    """
    _times(cron)
    try:
        found = croniter(cron, after.astimezone(BEIJING)).get_next(datetime)
    except (CroniterError, ValueError, OverflowError):
        raise _bad(cron, "所指的时刻不存在", "names an instant that never comes") from None
    assert isinstance(found, datetime)
    return found


def closest_min(cron: str) -> int:
    """Minutes between two firings where they stand closest: within a day, or over midnight.

    >>> closest_min("*/5 * * * *"), closest_min("58,2 23,0 * * *"), closest_min("30 2 * * *")
    (5, 4, 1440)
    """
    minutes, hours = _times(cron)
    of_day = sorted(60 * hour + minute for hour in hours for minute in minutes)
    return min(after - before for before, after in pairwise([*of_day, of_day[0] + _DAY_MIN]))


def _times(cron: str) -> tuple[list[int], list[int]]:
    """Minutes and hours that are named."""
    plain = len(cron) <= _LONGEST and cron.isascii() and cron.isprintable()
    if not plain or len(cron.split()) != _PARTS or _BY_CHANCE.search(cron):
        raise _not_cron(cron)
    try:
        (minutes, hours, *_), _ = croniter.expand(cron)
    except (CroniterError, ValueError, TypeError, KeyError, IndexError, OverflowError):
        raise _not_cron(cron) from None
    return _each(minutes, 60), _each(hours, 24)


def _each(named: list[object], count: int) -> list[int]:
    return list(range(count)) if "*" in named else sorted({int(str(one)) for one in named})


def _not_cron(cron: str) -> InvalidInput:
    return _bad(
        cron,
        "不是五段的 cron 表达式(分 时 日 月 周),如 30 2 * * *",
        "no cron expression of five parts (minute hour day month weekday), such as 30 2 * * *",
    )


def _bad(cron: str, zh: str, en: str) -> InvalidInput:
    shown = shorten(cron)
    return InvalidInput(f"{zh}:{shown}", f"{en}: {shown}", value=shown, details={"pointer": "/cron"})
