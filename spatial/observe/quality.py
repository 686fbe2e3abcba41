"""Quality control 质量控制: declared rules and what they say of a series. Pure functions, no input or output.

The tests are those of IOOS QARTOD: gross range, rate of change, spike, flat line and gap look at one series,
the neighbour test at the median of stations near by. A value is judged among all values of its series that
are not missing, in the order of their times, so the order in which they came does not matter. Times are in
seconds since 1970.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from spatial.errors import InvalidInput
from spatial.observe.model import Flag

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.int16]
Places = npt.NDArray[np.int64]
TESTS: Mapping[str, tuple[str, ...]] = {
    "gross_range": ("fail_low", "fail_high", "suspect_low", "suspect_high"),
    "rate_of_change": ("suspect_per_h", "fail_per_h"),
    "spike": ("suspect", "fail"),
    "flat_line": ("tolerance", "suspect_s", "fail_s"),
    "gap": ("suspect_s",),
    "neighbour": ("radius_m", "within_s", "suspect"),
}
_NEEDED = {
    "flat_line": ("tolerance", "suspect_s"),
    "gap": ("suspect_s",),
    "neighbour": ("radius_m", "within_s", "suspect"),
}


class BadRules(InvalidInput):
    """Rules of quality control that cannot be meant 质量控制规则有误."""

    code = "bad-quality-rules"


@dataclass(frozen=True, slots=True)
class Rules:
    """The tests of one observed property, with their limits in its unit."""

    of: str
    """``properties.key`` of the observed property."""
    basis: str
    """Where the limits are from; 待核 where nobody has confirmed them."""
    tests: Mapping[str, Mapping[str, float]]

    @property
    def reach_s(self) -> float:
        """How far back a value looks, beyond its direct neighbours in time."""
        flat = self.tests.get("flat_line", {})
        return max(flat.get("suspect_s", 0.0), flat.get("fail_s", 0.0))


def read(text: str) -> tuple[Rules, ...]:
    """Rules declared in TOML: a table ``[[rules]]`` for each observed property.

    >>> read('[[rules]]\\nproperty = "level"\\nbasis = "待核"\\ngap = { suspect_s = 900 }')[0].tests["gap"]
    {'suspect_s': 900.0}
    """
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as failure:
        raise BadRules(
            f"规则不是 TOML:{failure}", f"the rules are no TOML: {failure}", value="toml"
        ) from None
    tables = document.get("rules")
    if not isinstance(tables, list) or set(document) != {"rules"}:
        raise _bad(
            "须有 [[rules]] 表,且别无其他", "there must be tables [[rules]] and nothing else", list(document)
        )
    return tuple(_rules(each) for each in tables)


def _rules(table: Mapping[str, Any]) -> Rules:
    for name in ("property", "basis"):
        if not isinstance(table.get(name), str) or not table[name]:
            raise _bad(f"规则须有文本 {name}", f"rules need a text {name}", table.get("property"))
    tests = {name: limits for name, limits in table.items() if name not in ("property", "basis")}
    made: dict[str, Mapping[str, float]] = {}
    for name, limits in tests.items():
        if name not in TESTS or not isinstance(limits, dict) or not limits:
            raise _bad("没有这种检验", f"no such test, there are {', '.join(TESTS)}", name)
        for key, value in limits.items():
            if key not in TESTS[name] or isinstance(value, bool) or not isinstance(value, int | float):
                raise _bad(
                    f"{name} 没有这个限值",
                    f"{name} has no such limit, there are {', '.join(TESTS[name])}",
                    key,
                )
        for key in _NEEDED.get(name, ()):
            if key not in limits:
                raise _bad(f"{name} 缺少限值", f"{name} lacks a limit", key)
        made[name] = {key: float(value) for key, value in limits.items()}
    return Rules(table["property"], table["basis"], made)


def _bad(zh: str, en: str, value: object) -> BadRules:
    return BadRules(f"{zh}:{value}", f"{en}: {value}", value=value)


_PASS, _UNKNOWN, _SUSPECT, _FAIL = (
    np.int16(each.value) for each in (Flag.PASS, Flag.NOT_EVALUATED, Flag.SUSPECT, Flag.FAIL)
)
"""Looked up in the enumeration they would cost as much as the tests themselves."""


ONE: Places = np.zeros(1, np.int64)
"""Where the only series begins."""


def assess(times_s: Numbers, values: Numbers, rules: Rules, begins: Places = ONE) -> dict[str, Flags]:
    """What each test says of each value of a series without gaps in its arrays.

    Several series may follow one another in the arrays, the first value of each at a place of ``begins``, in
    order; each is judged by itself.

    >>> at, x = np.array([0., 300., 600.]), np.array([1., 9., 1.])
    >>> [int(f) for f in assess(at, x, Rules("p", "b", {"spike": {"suspect": 2.0, "fail": 5.0}}))["spike"]]
    [2, 4, 2]
    """
    return {
        name: _SERIES[name](times_s, values, limits, begins)
        for name, limits in rules.tests.items()
        if name in _SERIES
    }


def worst(flags: Mapping[str, Flags], size: int) -> Flags:
    """The flag of each value: fail, else suspect, else pass where some test looked at it."""
    found = np.full(size, _UNKNOWN, np.int16)
    for rank in (_PASS, _SUSPECT, _FAIL):
        for each in flags.values():
            found[each == rank] = rank
    return found


def _graded(
    size: int, looked: Any, measure: Numbers, limits: Mapping[str, float], names: tuple[str, str]
) -> Flags:
    """Suspect and fail where a measure exceeds its limits; not evaluated where nothing could be measured."""
    flags = np.where(looked, _PASS, _UNKNOWN)
    for name, flag in zip(names, (_SUSPECT, _FAIL), strict=True):
        if name in limits:
            flags[looked & (measure > limits[name])] = flag
    return flags if len(flags) == size else np.resize(flags, size)


def _gross_range(times_s: Numbers, values: Numbers, limits: Mapping[str, float], begins: Places) -> Flags:
    flags = np.full(len(values), _PASS, np.int16)
    for name, flag in (("suspect", _SUSPECT), ("fail", _FAIL)):
        low, high = limits.get(f"{name}_low", -np.inf), limits.get(f"{name}_high", np.inf)
        flags[(values < low) | (values > high)] = flag
    return flags


def _followed(size: int, begins: Places) -> Any:
    """Whether each value has one before it."""
    looked = np.ones(size, bool)
    looked[begins[begins < size]] = False
    return looked


def _rate_of_change(times_s: Numbers, values: Numbers, limits: Mapping[str, float], begins: Places) -> Flags:
    """Against the value before, in units an hour."""
    rate = np.zeros(len(values))
    looked = _followed(len(values), begins)
    np.divide(np.abs(np.diff(values)), np.diff(times_s) / 3600.0, out=rate[1:], where=looked[1:])
    return _graded(len(values), looked, rate, limits, ("suspect_per_h", "fail_per_h"))


def _spike(times_s: Numbers, values: Numbers, limits: Mapping[str, float], begins: Places) -> Flags:
    """Against the mean of the values before and after; the last one waits for its successor."""
    size = len(values)
    height = np.zeros(size)
    looked = np.zeros(size, bool)
    if size > 2:
        height[1:-1] = np.abs(values[1:-1] - (values[:-2] + values[2:]) / 2.0)
        after = _followed(size, begins)
        looked[1:-1] = after[1:-1] & after[2:]
    return _graded(size, looked, height, limits, ("suspect", "fail"))


def _flat_line(times_s: Numbers, values: Numbers, limits: Mapping[str, float], begins: Places) -> Flags:
    """Values that moved by no more than the tolerance for so long, since a value at least as old."""
    flags = np.full(len(values), _UNKNOWN, np.int16)
    for name, flag in (("suspect_s", _SUSPECT), ("fail_s", _FAIL)):
        if name not in limits:
            continue
        starts, places = _windows(times_s, limits[name], begins)
        moved = _moved(values, starts, places)
        flags[places[moved <= limits["tolerance"]]] = flag
        passed = places[moved > limits["tolerance"]]
        flags[passed[flags[passed] == _UNKNOWN]] = _PASS
    return flags


def _windows(times_s: Numbers, span_s: float, begins: Places) -> tuple[Places, Places]:
    """Of values that have one so much older or more: the place of the latest such, and their own."""
    starts, places = [], []
    for first, until in zip(begins.tolist(), [*begins.tolist()[1:], len(times_s)], strict=True):
        mine = times_s[first:until]
        found = np.searchsorted(mine, mine - span_s, side="right") - 1
        (there,) = np.nonzero(found >= 0)
        starts.append(found[there] + first)
        places.append(there + first)
    return np.concatenate(starts), np.concatenate(places)


def _moved(values: Numbers, firsts: Places, lasts: Places) -> Numbers:
    """The greatest less the least of each span of places, both ends included.

    Of two overlapping spans of a power of two that cover it; those of each length are had from the shorter
    ones.
    """
    found = np.zeros(len(firsts))
    lengths = np.frexp((lasts - firsts + 1).astype(float))[1] - 1  # of the power of two
    least = greatest = values
    for level in range(int(lengths.max(initial=-1)) + 1):
        step = 1 << level
        (at,) = np.nonzero(lengths == level)
        ends = lasts[at] - step + 1
        found[at] = np.maximum(greatest[firsts[at]], greatest[ends]) - np.minimum(
            least[firsts[at]], least[ends]
        )
        least, greatest = (
            np.minimum(least[:-step], least[step:]),
            np.maximum(greatest[:-step], greatest[step:]),
        )
    return found


def _gap(times_s: Numbers, values: Numbers, limits: Mapping[str, float], begins: Places) -> Flags:
    """A value that comes too long after the one before."""
    wait = np.zeros(len(values))
    wait[1:] = np.diff(times_s)
    looked = _followed(len(values), begins)
    return _graded(len(values), looked, wait, limits, ("suspect_s", ""))


_SERIES = {
    "gross_range": _gross_range,
    "rate_of_change": _rate_of_change,
    "spike": _spike,
    "flat_line": _flat_line,
    "gap": _gap,
}
