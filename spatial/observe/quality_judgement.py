"""What judging a series anew changes 重新判定: flags that differ from what is held, and why.

Nothing is read or written here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from spatial.observe.model import Flag
from spatial.observe.quality import Flags, Rules, assess, worst
from spatial.observe.quality_window import Numbers

_PASS: Final = np.int16(Flag.PASS)
_UNKNOWN: Final = np.int16(Flag.NOT_EVALUATED)
_SUSPECT: Final = np.int16(Flag.SUSPECT)
_FAIL: Final = np.int16(Flag.FAIL)


@dataclass(frozen=True, slots=True)
class Judgement:
    """Values whose flag is to be another: instants, flags, and which tests found what wrong with them."""

    times_us: npt.NDArray[np.int64]
    flags: Flags
    findings: Sequence[tuple[int, str, int]]
    """Instant, test, flag."""


def judged_anew(
    held: Numbers, span_us: tuple[int, int], rules: Rules, near: Mapping[int, float]
) -> Judgement:
    """Of the values from the one before the span, which may have become a spike, to those that look back on
    the one after it. ``near`` has the medians of neighbours by instant."""
    times_s = held.times_s
    tests = assess(times_s, held.values, rules)
    if "neighbour" in rules.tests:
        tests["neighbour"] = _beside(held, near, rules.tests["neighbour"]["suspect"])
    flags = worst(tests, len(times_s))
    first = max(int(np.searchsorted(held.times_us, span_us[0])) - 1, 0)
    following = int(np.searchsorted(held.times_us, span_us[1], side="right"))
    last_s = times_s[min(following, len(times_s) - 1)] + rules.reach_s if len(times_s) else 0.0
    until = int(np.searchsorted(times_s, last_s, side="right"))
    was, judged = held.flags[first:until], flags[first:until]
    said = np.where(_faults(was) & ~held.found[first:until], was, np.int16(0))
    # What nobody judged stays passed by whoever gave it.
    judged = np.where((judged == _UNKNOWN) & (said == 0) & (was == _PASS), was, judged)
    judged = np.where(said > 0, np.maximum(judged, said), judged)
    (places,) = np.nonzero(judged != was)
    times_us = held.times_us[first + places]
    found = [
        (time_us, name, flag)
        for name, each in tests.items()
        if len(places)
        for time_us, flag, fault in _told(times_us, each[first + places])
        if fault
    ]
    return Judgement(times_us, judged[places].astype(np.int16), found)


def _faults(flags: Flags) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = (flags == _SUSPECT) | (flags == _FAIL)
    return found


def _told(times_us: npt.NDArray[np.int64], flags: Flags) -> Iterator[tuple[int, int, bool]]:
    faults = _faults(flags)
    if faults.any():
        yield from zip(times_us.tolist(), flags.tolist(), faults.tolist(), strict=True)


def _beside(held: Numbers, near: Mapping[int, float], limit: float) -> Flags:
    """Against the median of the neighbours, where there are any."""
    flags = np.full(len(held.times_us), _UNKNOWN, np.int16)
    for place, time_us in enumerate(held.times_us.tolist()):
        if time_us in near:
            flags[place] = Flag.SUSPECT if abs(held.values[place] - near[time_us]) > limit else Flag.PASS
    return flags
