"""Floods found in a record of discharge 洪水场次划分: disjoint spans of steps, in order of time.

A flood is a time above a threshold, from where the water began to rise until it falls back to the
threshold; times above it that lie closely together are one flood (复式洪水). A flood of which something was
not observed is told apart: it can neither be calibrated on nor graded. Pure functions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from water.errors import BadVerification

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Flood:
    """Steps ``start`` up to ``end``, and the step of the highest discharge."""

    start: int
    peak: int
    end: int

    @property
    def steps(self) -> slice:
        """For arrays."""
        return slice(self.start, self.end)


@dataclass(frozen=True, slots=True)
class Rule:
    """By what floods are told apart."""

    threshold_m3_s: float
    """起涨流量: a flood is above it."""
    peak_least_m3_s: float
    """A smaller peak is no flood."""
    apart: int
    """Steps at or below the threshold that part two floods, and that a rise may begin before it."""


@dataclass(frozen=True, slots=True)
class Floods:
    """What a record holds."""

    whole: tuple[Flood, ...]
    cut: tuple[Flood, ...]
    """Floods of which steps were not observed, or that reach over an end of the record 资料不全."""


def separate(discharge_m3_s: Floats | Sequence[float], rule: Rule) -> Floods:
    """The floods of a record; nan where nothing was observed.

    >>> record = [1.0, 1.0, 2.0, 9.0, 6.0, 3.0, 1.0, 1.0]
    >>> separate(record, Rule(2.5, 5.0, 2)).whole
    (Flood(start=1, peak=3, end=7),)
    """
    flow = np.asarray(discharge_m3_s, dtype=float)
    if rule.apart < 1 or not 0 < rule.threshold_m3_s <= rule.peak_least_m3_s:
        raise BadVerification(
            f"场次划分须 0 < 起涨流量 ≤ 最小洪峰,间隔至少一个时段:{rule.threshold_m3_s}",
            f"floods need 0 < threshold ≤ least peak and a step between them: {rule.threshold_m3_s}",
            value=rule.threshold_m3_s,
        )
    unseen = ~np.isfinite(flow)
    # What was not observed may have been a flood: it joins what is around it, and cuts it.
    above = unseen | (flow > rule.threshold_m3_s)
    whole: list[Flood] = []
    cut: list[Flood] = []
    floor = 0
    for first, end in _joined(_runs(above), rule.apart):
        start = _rise(flow, first, max(floor, first - rule.apart))
        floor = end = min(end + 1, len(flow))
        span = flow[start:end]
        if unseen[start:end].all() or np.nanmax(span) < rule.peak_least_m3_s:
            continue
        found = Flood(start, start + int(np.nanargmax(span)), end)
        open_ended = (first == 0 and above[0]) or bool(above[end - 1])
        (cut if open_ended or unseen[start:end].any() else whole).append(found)
    return Floods(tuple(whole), tuple(cut))


def _runs(above: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], above, [False]]).astype(np.int8)))
    return [(int(first), int(end)) for first, end in edges.reshape(-1, 2)]


def _joined(runs: Sequence[tuple[int, int]], apart: int) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for first, end in runs:
        if joined and first - joined[-1][1] < apart:
            joined[-1] = joined[-1][0], end
        else:
            joined.append((first, end))
    return joined


def _rise(flow: Floats, first: int, floor: int) -> int:
    """Where the water began to rise, no earlier than ``floor``."""
    start = first
    while start > floor and flow[start - 1] < flow[start]:
        start -= 1
    return start
