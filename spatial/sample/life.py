"""Lives of generated assets 生命周期: states, and days in their order; upkeep."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final

import numpy as np

STATES: Final = (("planned", 0.04), ("built", 0.03), ("in-service", 0.90), ("retired", 0.03))
FIRST_DAY: Final = date(2012, 1, 1)
LAST_DAY: Final = date(2025, 12, 31)
CYCLES_DAYS: Final = (30, 90, 180, 365)
MAINTAINERS: Final = ("合成运维甲", "合成运维乙", "合成运维丙")

Columns = Mapping[str, list[object]]


def lives(count: int, generator: np.random.Generator, *, in_service: bool = False) -> Columns:
    """States and days of ``count`` assets; each day is after the one before, none after the sample's year."""
    names, shares = zip(*STATES, strict=True)
    drawn = generator.choice(len(names), count, p=np.array(shares))
    states = np.full(count, 2) if in_service else drawn
    span = (LAST_DAY - FIRST_DAY).days
    planned = np.where(
        states == 0, generator.integers(span - 500, span, count), generator.integers(0, 3400, count)
    )
    built = planned + generator.integers(90, 700, count)
    opened = built + generator.integers(5, 120, count)
    retired = np.minimum(opened + generator.integers(200, 800, count), span)
    reached = [planned, built, opened, retired]
    columns: dict[str, list[object]] = {"status": [names[state] for state in states]}
    for step, name in enumerate(("planned_on", "built_on", "in_service_on", "retired_on")):
        days = reached[step].tolist()
        columns[name] = [
            FIRST_DAY + timedelta(days=day) if state >= step else None
            for day, state in zip(days, states.tolist(), strict=True)
        ]
    return columns


def upkeep(life: Columns, generator: np.random.Generator) -> Columns:
    """Who looks after them, how often, and when last; nothing of what is not in service yet."""
    count = len(life["status"])
    by = generator.integers(0, len(MAINTAINERS), count).tolist()
    cycle = generator.choice(CYCLES_DAYS, count).tolist()
    ago = (generator.random(count) * np.array(cycle)).astype(int).tolist()
    tended = [state in ("in-service", "retired") for state in life["status"]]
    last = [LAST_DAY - timedelta(days=days) for days in ago]
    begun, ended = life["in_service_on"], life["retired_on"]
    return {
        "maintainer": [MAINTAINERS[one] if is_so else None for one, is_so in zip(by, tended, strict=True)],
        "maintenance_days": [days if is_so else None for days, is_so in zip(cycle, tended, strict=True)],
        "maintained_on": [
            _between(day, start, end) if is_so else None
            for day, start, end, is_so in zip(last, begun, ended, tended, strict=True)
        ],
    }


def _between(day: date, start: object, end: object) -> date:
    assert isinstance(start, date)
    return max(start, min(day, end) if isinstance(end, date) else day)
