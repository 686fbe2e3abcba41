"""What drives the models 驱动资料: rain, evaporation, temperature over the steps; and what is refused."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import ArrayLike

from water.errors import BadForcing, Name
from water.hydrology.parameters import Floats

_ROWS_OF: Final = {
    "parameters": "参数组",
    "members": "成员",
    "state": "状态",
    "precipitation": "降水",
    "evaporation": "蒸发",
    "temperature": "气温",
    "snow": "积雪",
}
"""What the parts of a run that bring rows are called."""
MOST_RAIN_MM: Final = 3000.0
"""More than has ever been measured in a day; it is an error of units or of a gauge."""


def rain(given: ArrayLike) -> Floats:
    """Precipitation 降水 of the steps, mm; BadForcing as of any series."""
    return series(Name("降水", "precipitation"), given, highest=MOST_RAIN_MM)


def series(
    name: Name,
    given: ArrayLike,
    *,
    lowest: float = 0.0,
    highest: float = math.inf,
    steps: int | None = None,
) -> Floats:
    """A series (1, T) or one a member (m, T); BadForcing where holes, impossible values or another length."""
    array = np.atleast_2d(np.asarray(given, np.float64))
    if array.ndim != 2 or not array.size:
        raise BadForcing(
            f"{name.zh}须为一条过程 (T) 或每成员一条 (m, T):{np.shape(given)}",
            f"{name.en} is one series (T) or one a member (m, T): {np.shape(given)}",
            value=list(np.shape(given)),
        )
    if steps is not None and array.shape[1] != steps:
        raise BadForcing(
            f"{name.zh}须与降水等长({steps} 个时段):{array.shape[1]}",
            f"{name.en} must have as many steps as the others ({steps}): {array.shape[1]}",
            value=array.shape[1],
        )
    wrong = ~(np.isfinite(array) & (array >= lowest) & (array <= highest))
    if wrong.any():
        row, step = (int(k) for k in np.argwhere(wrong)[0])
        value = float(array[row, step])
        raise BadForcing(
            f"{name.zh}有 {int(wrong.sum())} 个值缺测或不在 {lowest:g} 至 {highest:g} 之间,"
            f"首个在第 {step} 时段;请先补齐:{value}",
            f"{name.en}: {int(wrong.sum())} values are missing or not from {lowest:g} to {highest:g},"
            f" the first at step {step}; mend them first: {value}",
            value=value,
            details={"member": row, "step": step},
        )
    return np.require(array, requirements=["C", "W"])


def totals(given: Floats, count: int) -> Floats:
    """Sums of the series as the rows of a run take them, over and over where they are fewer."""
    return np.asarray(given.sum(1)[np.arange(count) % len(given)])


def rows(**counts: int) -> int:
    """How many rows a run has: every part brings one, or that many; BadForcing where two differ."""
    most = max(counts.values())
    for name, count in counts.items():
        if count not in (1, most):
            raise BadForcing(
                f"{_ROWS_OF[name]}应有 1 行或 {most} 行(参数组与成员逐行配对):{count}",
                f"{name} must have 1 or {most} rows, sets and members go in pairs: {count}",
                value=count,
            )
    return most
