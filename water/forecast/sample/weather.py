"""Rain and discharge that look like a monsoon river's, from a seed; 合成数据, no record of any real river.

The discharge comes from a process that none of the platform's models is: a soil that lets the more through
the wetter it is, a reservoir that empties faster than in proportion, a triangle of travel times. Gauges see
the rain of the catchment each in their own way, and discharge is measured with an error, so that what a
model scores on it is not won by being the same model. Pure functions.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
STEP_H: Final = 3
STORMS_A_MONTH: Final = (0.6, 0.8, 1.2, 1.8, 2.6, 4.2, 7.5, 6.8, 3.6, 2.0, 1.4, 0.8)
DEPTH_MM: Final = (3.0, 4.0, 6.0, 9.0, 12.0, 20.0, 32.0, 34.0, 20.0, 10.0, 7.0, 4.0)
"""Mean depth of a storm, by month."""
EVAPORATION_MM_D: Final = (0.7, 1.1, 2.1, 3.4, 4.6, 5.2, 4.6, 4.1, 3.3, 2.2, 1.2, 0.7)
"""Potential evaporation, by month; generated, as all of it."""
DEPTH_MOST_MM: Final = 150.0
GAUGE_ERROR: Final = 0.12
DISCHARGE_ERROR: Final = 0.04


@dataclass(frozen=True, slots=True)
class Basin:
    """What the process behind a sample river is like; another one for each."""

    area_km2: float
    soil_mm: float
    steepness: float
    fast_per_step: float
    slow_per_step: float
    travel_steps: int


@dataclass(frozen=True, slots=True)
class Weather:
    """Steps from an instant on."""

    begin: datetime
    rain_mm: Floats
    """Of each gauge (g, T), in each step."""
    discharge_m3_s: Floats
    """Of each basin (b, T), mean of each step."""


def generate(seed: int, begin: datetime, years: int, gauges: int, basins: tuple[Basin, ...]) -> Weather:
    """The same for the same seed."""
    chance = np.random.Generator(np.random.PCG64(seed))
    end = begin.replace(year=begin.year + years)
    steps = int((end - begin) / timedelta(hours=STEP_H))
    months = np.array([(begin + timedelta(hours=STEP_H * step)).month - 1 for step in range(steps)])
    fell = _rain(chance, months)
    seen = np.array([_gauged(chance, fell) for _ in range(gauges)])
    flows = []
    for basin in basins:
        own = fell * np.exp(chance.normal(0, 0.08, 1))
        flow = _runoff(basin, own, np.array(EVAPORATION_MM_D)[months] * STEP_H / 24)
        error = np.exp(_wander(chance, steps, 0.8) * DISCHARGE_ERROR)
        flows.append(np.round(flow * basin.area_km2 / (3.6 * STEP_H) * error, 2))
    return Weather(begin, seen, np.array(flows))


def _rain(chance: np.random.Generator, months: NDArray[np.int64]) -> Floats:
    fell = np.zeros(len(months))
    rates = np.array(STORMS_A_MONTH)[months] / (30.4 * 24 / STEP_H)
    for start in np.flatnonzero(chance.random(len(months)) < rates).tolist():
        depth = min(chance.gamma(0.8, DEPTH_MM[months[start]] / 0.8), DEPTH_MOST_MM)
        lasts = int(np.clip(chance.gamma(2.0, 3.0), 2, 18))
        along = np.linspace(0, 1, lasts + 2)[1:-1]
        shape = along ** chance.uniform(0.3, 2.0) * (1 - along) ** chance.uniform(0.5, 2.5)
        shape *= np.exp(chance.normal(0, 0.4, lasts))
        part = (depth * shape / shape.sum())[: len(fell) - start]
        fell[start : start + len(part)] += part
    return fell


def _gauged(chance: np.random.Generator, fell: Floats) -> Floats:
    """What a gauge sees of it: off by something that changes from day to day, to a tenth."""
    off = np.repeat(chance.normal(0, GAUGE_ERROR, len(fell) // 8 + 1), 8)[: len(fell)]
    return np.asarray(np.round(fell * np.exp(off), 1))


def _runoff(basin: Basin, rain_mm: Floats, evaporation_mm: Floats) -> Floats:
    """Runoff at the outlet, mm a step."""
    soil, fast, slow = 0.5 * basin.soil_mm, 0.0, 15.0
    out = np.empty(len(rain_mm))
    for step, (rain, evaporation) in enumerate(zip(rain_mm.tolist(), evaporation_mm.tolist(), strict=True)):
        wet = soil / basin.soil_mm
        through = rain * wet**basin.steepness
        soil += rain - through
        through += max(0.0, soil - basin.soil_mm)
        soil = min(soil, basin.soil_mm)
        soil -= min(soil, evaporation * min(1.0, wet / 0.7))
        fast += through
        down = min(fast, 0.12)
        quick = min(fast - down, basin.fast_per_step * (fast - down) ** 1.35)
        fast -= down + quick
        slow += down
        base = basin.slow_per_step * slow
        slow -= base
        out[step] = quick + base
    times = np.arange(1, basin.travel_steps + 1)
    triangle = np.minimum(times, times[::-1]).astype(float)
    return np.asarray(np.convolve(out, triangle / triangle.sum())[: len(out)])


def _wander(chance: np.random.Generator, count: int, keeps: float) -> Floats:
    new = chance.normal(0, np.sqrt(1 - keeps**2), count)
    found = np.empty(count)
    held = 0.0
    for at, step in enumerate(new.tolist()):
        held = keeps * held + step
        found[at] = held
    return found
