"""Series as the inputs have them 过程线输入: one number, or instants with values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from water.errors import BadScenario, Name
from water.hydraulics import checks
from water.hydraulics.model import Series

Given = float | Mapping[str, Any]


def series(name: Name, given: Given, factor: float = 1.0) -> Series:
    """A series whose values are ``factor`` times those given; BadScenario where their numbers differ."""
    if isinstance(given, int | float):
        return Series.constant(float(given) * factor)
    times, values = given["times_s"], given["values"]
    if len(times) != len(values):
        raise BadScenario(
            f"{name.zh}的时刻与数值个数不同:{len(times)}、{len(values)}",
            f"{name.en} has as many values as times: {len(times)}, {len(values)}",
            value=len(times),
        )
    # A missing value is said by null; the check names the instant from which nothing is known.
    told = (np.nan if value is None else float(value) * factor for value in values)
    return Series(tuple(float(each) for each in times), tuple(told))


def checked(name: Name, given: Given, duration_s: float, lowest: float = -np.inf) -> Series:
    """A series in the unit in which it is given, over all of a run; refused by its name."""
    found = series(name, given)
    checks.series(name, found, duration_s, lowest)
    return found
