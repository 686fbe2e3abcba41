"""Degree-day snow 度日因子融雪: what falls cold is kept, what warmth melts joins the rain.

An optional first store before any model: what it gives takes the place of rain. Snow does not evaporate
and holds no liquid water. Rows as in :mod:`water.hydrology.xinanjiang`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numba import njit
from numpy.typing import ArrayLike

from water.errors import BadState, Name
from water.hydrology import forcing
from water.hydrology.parameters import Floats, Parameter, table

PARAMETERS: Final = (
    Parameter("DDF", "mm/°C/d", 0.0, 12.0, "度日因子"),
    Parameter("TS", "°C", -3.0, 4.0, "雨雪分界气温"),
    Parameter("TR", "°C", 0.0, 4.0, "雨雪混合的气温幅度"),
    Parameter("TM", "°C", -3.0, 4.0, "融雪起始气温"),
)
"""All is snow at TS and below, all is rain at TS + TR and above, linear between."""
COLDEST_C: Final = -90.0
HOTTEST_C: Final = 70.0
"""No air was colder or hotter: beyond them a figure is in another unit, as kelvins are."""


@dataclass(frozen=True, slots=True)
class Run:
    """What reaches the ground, the snow that lies 积雪 (water equivalent), and the account."""

    water_mm: Floats
    """(n, T), rain and melt."""
    snow_mm: Floats
    """(n), lying after the last step: the state."""
    imbalance: Floats


def run(
    parameters: ArrayLike,
    precipitation_mm: ArrayLike,
    temperature_c: ArrayLike,
    snow_mm: ArrayLike = 0.0,
    *,
    step_h: float = 24.0,
) -> Run:
    """Rain and melt from precipitation 降水 and air temperature 气温; BadParameter, BadForcing, BadState."""
    sets = table(PARAMETERS, parameters)
    fallen = forcing.rain(precipitation_mm)
    warmth = forcing.series(
        Name("气温", "temperature"), temperature_c, lowest=COLDEST_C, highest=HOTTEST_C, steps=fallen.shape[1]
    )
    lying = np.atleast_1d(np.asarray(snow_mm, np.float64))
    if lying.ndim != 1 or not (np.isfinite(lying) & (lying >= 0)).all():
        least = float(np.min(lying)) if lying.ndim == 1 else float("nan")
        raise BadState(f"积雪须为非负的数:{least}", f"lying snow is not below 0: {least}", value=least)
    count = forcing.rows(
        parameters=len(sets), precipitation=len(fallen), temperature=len(warmth), snow=len(lying)
    )
    sets = np.array(np.broadcast_to(sets, (count, sets.shape[1])), order="C")
    lying = np.array(np.broadcast_to(lying, count), order="C")
    water, begun = np.empty((count, fallen.shape[1])), lying.copy()
    _march(sets, fallen, warmth, lying, water, step_h / 24.0)
    handled = begun + fallen.sum(1)
    wrong = handled - water.sum(1) - lying
    return Run(water, lying, wrong / np.where(handled > 0, handled, 1.0))


@njit(cache=True, nogil=True, error_model="numpy")
def _march(sets, fallen, warmth, lying, water, days):  # type: ignore[no-untyped-def]
    count, steps = water.shape
    for n in range(count):
        factor, all_snow, mixed, melts = sets[n]
        snow = lying[n]
        p_row, t_row = fallen[min(n, fallen.shape[0] - 1)], warmth[min(n, warmth.shape[0] - 1)]
        for t in range(steps):
            over = t_row[t] - all_snow
            liquid = 0.0 if over <= 0.0 else (1.0 if over >= mixed else over / mixed)
            rain = liquid * p_row[t]
            snow += p_row[t] - rain
            melt = min(snow, factor * days * max(0.0, t_row[t] - melts))
            snow -= melt
            water[n, t] = rain + melt
        lying[n] = snow
