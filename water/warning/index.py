"""What is held against the levels 判据指标: rates of rise and deficits out of a series. Pure functions."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
COVERED: float = 0.8
"""So much of a window must be known for its mean to be told."""


def rise_per_hour(time_s: Floats, value: Floats, at_s: Floats, window_s: float, gap_s: float) -> Floats:
    """How fast the value has risen over the window before each instant, per hour.

    The value at the beginning of the window lies on the line between its neighbours; NaN where none was
    there before, or the two lie further apart than ``gap_s``.

    >>> rise_per_hour(np.array([0., 3600.]), np.array([10., 10.5]), np.array([3600.]), 3600., 7200.).tolist()
    [0.5]
    """
    found = np.full(len(at_s), np.nan)
    if len(time_s) < 2:
        return found
    begin = at_s - window_s
    after = np.clip(np.searchsorted(time_s, begin), 1, len(time_s) - 1)
    known = (begin >= time_s[0]) & (time_s[after] - time_s[after - 1] <= gap_s)
    now = np.interp(at_s, time_s, value)
    then = np.interp(begin, time_s, value)
    found[known] = ((now - then) * 3600.0 / window_s)[known]
    return found


def deficit(
    time_s: Floats, value: Floats, at_s: Floats, window_s: float, gap_s: float, normal: float
) -> Floats:
    """By which part of the normal the mean of the window before each instant falls short; 0 is none.

    The mean is over time, along the line between neighbours; steps longer than ``gap_s`` are unknown, and
    where less than :data:`COVERED` of the window is known, nothing is told (NaN).
    """
    found = np.full(len(at_s), np.nan)
    for place, at in enumerate(at_s.tolist()):
        inside = (time_s >= at - window_s) & (time_s <= at)
        times, values = time_s[inside], value[inside]
        steps = np.diff(times)
        known = steps <= gap_s
        covered = float(steps[known].sum())
        if covered < COVERED * window_s:
            continue
        mean = float((steps * (values[1:] + values[:-1]) / 2)[known].sum()) / covered
        found[place] = max(0.0, 1.0 - mean / normal)
    return found
