"""Hourly values that look like a city's: days, nights, weather, neighbours that agree; some go wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from spatial.sample.plane import Floats

HOURS: Final = 336
"""Two weeks."""
SMOOTH_M: Final = 14_000.0
"""How far apart stations still see the same weather."""
FAULTY: Final = 0.12
"""Share of series in which something went wrong 故障注入."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a property behaves: its usual size, the swing of a day and when it is highest, how it wanders."""

    usual: float
    daily: float
    peak_h: float
    wander: float
    apart: float
    noise: float
    decimals: int
    multiplies: bool = True


LOOKS: Final = {
    "pm25": Look(62.0, 0.18, 8.0, 0.45, 0.22, 0.06, 1),
    "pm10": Look(108.0, 0.20, 9.0, 0.42, 0.24, 0.07, 1),
    "no2": Look(38.0, 0.35, 19.0, 0.25, 0.30, 0.08, 1),
    "o3": Look(58.0, 0.55, 15.0, 0.22, 0.12, 0.06, 1),
    "water-level": Look(3.2, 0.0, 0.0, 0.06, 0.9, 0.004, 3, multiplies=False),
    "ph": Look(7.9, 0.08, 15.0, 0.12, 0.2, 0.02, 2, multiplies=False),
    "dissolved-oxygen": Look(9.4, 0.9, 15.0, 0.5, 0.6, 0.08, 2, multiplies=False),
    "noise": Look(57.0, 6.5, 14.0, 1.4, 4.0, 1.1, 1, multiplies=False),
    "power": Look(0.55, 0.25, 11.0, 0.10, 0.35, 0.05, 1),
}


def values(
    key: str, points_m: Floats, generator: np.random.Generator, scale: Sequence[float] | None = None
) -> NDArray[np.float64]:
    """Values of a property at stations, shape (n, HOURS); NaN where one is missing.

    ``scale`` multiplies each station's, where stations are of different size.
    """
    look = LOOKS[key]
    hour = np.arange(HOURS)
    day = np.cos(2 * np.pi * (hour - look.peak_h) / 24)
    weather = _wandering(generator, HOURS, 0.97) * look.wander
    own = _neighbours(points_m, generator) * look.apart
    noise = generator.normal(0, look.noise, (len(points_m), HOURS))
    told = own[:, None] + weather[None] + noise
    if look.multiplies:
        drawn = look.usual * np.exp(told) * (1 + look.daily * day)[None]
    else:
        drawn = look.usual + told + look.daily * day[None]
    if scale is not None:
        drawn = drawn * np.asarray(scale)[:, None]
    rounded: Floats = np.round(np.maximum(drawn, 0.0), look.decimals).astype(np.float64)
    return _spoilt(rounded, generator)


def _wandering(generator: np.random.Generator, count: int, keeps: float) -> Floats:
    """Weather: each hour keeps most of the one before; of unit size in the long run."""
    steps = generator.normal(0, np.sqrt(1 - keeps**2), count)
    found = np.empty(count)
    held = generator.normal()
    for at in range(count):
        held = keeps * held + steps[at]
        found[at] = held
    return found


def _neighbours(points_m: Floats, generator: np.random.Generator) -> Floats:
    """One number a station, alike where stations are near; of unit size."""
    away = np.hypot(*(points_m[:, None] - points_m[None]).transpose(2, 0, 1))
    alike = np.exp(-away / SMOOTH_M) + 1e-9 * np.eye(len(points_m))
    drawn: Floats = np.linalg.cholesky(alike) @ generator.normal(size=len(points_m))
    return drawn


def _spoilt(drawn: Floats, generator: np.random.Generator) -> Floats:
    """Some series with a spike, hours that stand still, and hours that are missing."""
    for row in np.flatnonzero(generator.random(len(drawn)) < FAULTY).tolist():
        spike, still, gone = generator.integers(24, HOURS - 24, 3).tolist()
        drawn[row, spike] *= 12
        drawn[row, still : still + 9] = drawn[row, still]
        drawn[row, gone : gone + 3] = np.nan
    return drawn
