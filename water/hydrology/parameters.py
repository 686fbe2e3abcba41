"""Parameters of the models 模型参数: unit, bounds, Chinese name; and what of them is refused."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from water.errors import BadParameter

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter, with the bounds within which it is calibrated and outside of which it is refused."""

    name: str
    """As the literature writes it."""
    unit: str
    """Empty where it has none."""
    low: float
    high: float
    zh: str


def table(wanted: Sequence[Parameter], given: ArrayLike) -> Floats:
    """The sets as rows (n, P), one set alone as one row; BadParameter names set, parameter and value."""
    array = np.atleast_2d(np.asarray(given, np.float64))
    names = ", ".join(each.name for each in wanted)
    if array.ndim != 2 or array.shape[1] != len(wanted) or not len(array):
        raise BadParameter(
            f"每组参数须有 {len(wanted)} 个值({names}):{np.shape(given)}",
            f"a set has {len(wanted)} values ({names}): {np.shape(given)}",
            value=list(np.shape(given)),
        )
    low, high = bounds(wanted)
    wrong = ~((array >= low) & (array <= high))
    if wrong.any():
        row, column = (int(k) for k in np.argwhere(wrong)[0])
        one, value = wanted[column], float(array[row, column])
        unit = f" {one.unit}" if one.unit else ""
        raise BadParameter(
            f"参数 {one.name}({one.zh})须在 {one.low:g} 与 {one.high:g}{unit} 之间(第 {row} 组):{value}",
            f"{one.name} must be from {one.low:g} to {one.high:g}{unit}, in set {row}: {value}",
            value=value,
            details={"parameter": one.name, "set": row, "low": one.low, "high": one.high},
        )
    return np.require(array, requirements=["C", "W"])


def bounds(wanted: Sequence[Parameter]) -> tuple[Floats, Floats]:
    """Lower and upper bounds, in order."""
    return np.array([each.low for each in wanted]), np.array([each.high for each in wanted])
