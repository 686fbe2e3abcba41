"""Scoring warnings 预警评分: hits, false alarms, misses, lead time. Pure functions.

An event is a time during which what was measured stayed at or over the level. A warning that stood at some
instant between its onset and the tolerance before, or began no later than the tolerance after, hits it; one
that meets no event is a false alarm 空报; an event that no warning met is a miss 漏报. A warning during which
nothing was measured tells nothing and is counted apart.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Fate(StrEnum):
    """What came of an event or a warning."""

    HIT = "hit"
    """命中."""
    MISS = "miss"
    """漏报."""
    FALSE = "false-alarm"
    """空报."""
    UNKNOWN = "unknown"
    """无从判断: nothing was measured while the warning stood, or it stands and may yet be met."""


@dataclass(frozen=True, slots=True)
class Span:
    """From one instant to another, seconds since 1970."""

    start_s: float
    end_s: float


@dataclass(frozen=True, slots=True)
class Scored:
    """An event or a warning, and what came of it."""

    fate: Fate
    event: Span | None
    warned: Span | None
    lead_s: float | None
    """How long before the event the first warning that hit it began; negative where it came late."""


def events(time_s: Floats, value: Floats, level: Floats | float, gap_s: float) -> tuple[Span, ...]:
    """Times of a series at or over a level (one, or one of each value); a silence over ``gap_s`` ends one.

    >>> at = np.arange(5.0)
    >>> events(at, np.array([1.0, 2.0, 2.0, 1.0, 2.0]), 2.0, 1.0)
    (Span(start_s=1.0, end_s=2.0), Span(start_s=4.0, end_s=4.0))
    """
    over = value >= level
    found: list[Span] = []
    begun: float | None = None
    for place, time in enumerate(time_s.tolist()):
        broken = place > 0 and time - time_s[place - 1] > gap_s
        if begun is not None and (broken or not over[place]):
            found.append(Span(begun, float(time_s[place - 1])))
            begun = None
        if over[place] and begun is None:
            begun = time
    if begun is not None:
        found.append(Span(begun, float(time_s[-1])))
    return tuple(found)


def score(
    happened: Sequence[Span], warned: Sequence[Span], measured_s: Floats, tolerance_s: float
) -> tuple[Scored, ...]:
    """Each event as a hit or a miss, and each warning that met none as a false alarm or unknown."""
    found: list[Scored] = []
    met: set[int] = set()
    for event in happened:
        hits = [
            place
            for place, each in enumerate(warned)
            if each.start_s <= event.start_s + tolerance_s and each.end_s >= event.start_s - tolerance_s
        ]
        met.update(hits)
        if not hits:
            found.append(Scored(Fate.MISS, event, None, None))
            continue
        first = min((warned[place] for place in hits), key=lambda each: each.start_s)
        found.append(Scored(Fate.HIT, event, first, event.start_s - first.start_s))
    for place, each in enumerate(warned):
        # A warning that stands over several events, or that one event had lowered and raised again, is met.
        within = any(
            one.start_s - tolerance_s <= each.end_s and each.start_s <= one.end_s + tolerance_s
            for one in happened
        )
        if place in met or within:
            continue
        low = np.searchsorted(measured_s, each.start_s - tolerance_s)
        high = np.searchsorted(measured_s, each.end_s + tolerance_s, "right")
        found.append(Scored(Fate.FALSE if high > low else Fate.UNKNOWN, None, each, None))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class Skill:
    """Measures of the 2 × 2 table; NaN where nothing happened that they are a part of."""

    hits: int
    misses: int
    false_alarms: int
    unknown: int
    lead_s: float
    """Median of the hits."""

    @property
    def pod(self) -> float:
        """Probability of detection 命中率: hits of events."""
        return _part(self.hits, self.hits + self.misses)

    @property
    def far(self) -> float:
        """False alarm ratio 空报率: false alarms of what was warned."""
        return _part(self.false_alarms, self.hits + self.false_alarms)

    @property
    def csi(self) -> float:
        """Critical success index 临界成功指数."""
        return _part(self.hits, self.hits + self.misses + self.false_alarms)


def skill(scored: Sequence[Scored]) -> Skill:
    """The table of many."""
    count = {fate: sum(each.fate is fate for each in scored) for fate in Fate}
    leads = [each.lead_s for each in scored if each.lead_s is not None]
    return Skill(
        count[Fate.HIT],
        count[Fate.MISS],
        count[Fate.FALSE],
        count[Fate.UNKNOWN],
        float(np.median(leads)) if leads else math.nan,
    )


def _part(some: int, of: int) -> float:
    return some / of if of else math.nan
