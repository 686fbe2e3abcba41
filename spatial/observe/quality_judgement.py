"""What judging a series anew changes 重新判定: flags that differ from what is held, and why.

Nothing is read or written here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

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


Judged = tuple[int, tuple[tuple[str, int], ...]]
"""The flag of a value, and the tests that found it wrong with theirs."""


def judged_anew(
    held: Numbers, span_us: tuple[int, int], rules: Rules, near: Mapping[int, float]
) -> Judgement:
    """Of the values from the one before the span, which may have become a spike, to those that look back on
    the one after it. ``near`` has the medians of neighbours by instant."""
    times_s = held.times_s
    tests = assess(times_s, held.values, rules)
    if "neighbour" in rules.tests:
        tests["neighbour"] = _beside(held, near, rules.tests["neighbour"]["suspect"])
    first = max(int(np.searchsorted(held.times_us, span_us[0])) - 1, 0)
    following = int(np.searchsorted(held.times_us, span_us[1], side="right"))
    last_s = times_s[min(following, len(times_s) - 1)] + rules.reach_s if len(times_s) else 0.0
    until = int(np.searchsorted(times_s, last_s, side="right"))
    places, flags = _changed(held, tests, slice(first, until))
    return Judgement(held.times_us[places], flags, [told for _, told in _found(held, tests, places)])


def judged_next(series: Sequence[Numbers], rules: Rules) -> list[Judged | None]:
    """What the last value of each series gets, where the one before it keeps the flag that it has; all that
    decides about these two is there, and none has neighbours."""
    sizes = np.array([len(each.times_us) for each in series])
    ends = np.cumsum(sizes)
    held = Numbers(
        *(
            np.concatenate([getattr(each, name) for each in series])
            for name in ("times_us", "values", "flags", "said")
        )
    )
    tests = assess(held.times_s, held.values, rules, ends - sizes)
    before, _ = _changed(held, tests, ends[sizes > 1] - 2)
    places, flags = _changed(held, tests, ends - 1)
    failed: dict[int, list[tuple[str, int]]] = {}
    for place, (_, name, flag) in _found(held, tests, places):
        failed.setdefault(place, []).append((name, flag))
    changed, given = set(before.tolist()), dict(zip(places.tolist(), flags.tolist(), strict=True))
    return [
        None
        if size > 1 and end - 2 in changed
        else (given.get(end - 1, said), tuple(failed.get(end - 1, ())))
        for end, size, said in zip(ends.tolist(), sizes.tolist(), held.flags[ends - 1].tolist(), strict=True)
    ]


def _changed(held: Numbers, tests: Mapping[str, Flags], looked: Any) -> tuple[Any, Flags]:
    """Of the values at some places those whose flag is to be another, and it."""
    was = held.flags[looked]
    judged = worst({name: flags[looked] for name, flags in tests.items()}, len(was))
    said = held.said[looked]
    # What nobody judged stays passed by whoever gave it.
    judged = np.where((judged == _UNKNOWN) & (said == 0) & (was == _PASS), was, judged)
    judged = np.where(said > 0, np.maximum(judged, said), judged)
    (differ,) = np.nonzero(judged != was)
    places = looked.start + differ if isinstance(looked, slice) else looked[differ]
    return places, judged[differ].astype(np.int16)


def _found(
    held: Numbers, tests: Mapping[str, Flags], places: Any
) -> Iterator[tuple[int, tuple[int, str, int]]]:
    """Place, and instant, test and flag, of what tests found wrong at some places."""
    if not len(places):
        return
    for name, each in tests.items():
        flags = each[places]
        faults = _faults(flags)
        if faults.any():
            wrong = places[faults]
            times_us = held.times_us[wrong].tolist()
            for place, time_us, flag in zip(wrong.tolist(), times_us, flags[faults].tolist(), strict=True):
                yield place, (time_us, name, flag)


def _faults(flags: Flags) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = (flags == _SUSPECT) | (flags == _FAIL)
    return found


def _beside(held: Numbers, near: Mapping[int, float], limit: float) -> Flags:
    """Against the median of the neighbours, where there are any."""
    flags = np.full(len(held.times_us), _UNKNOWN, np.int16)
    for place, time_us in enumerate(held.times_us.tolist()):
        if time_us in near:
            flags[place] = Flag.SUSPECT if abs(held.values[place] - near[time_us]) > limit else Flag.PASS
    return flags
