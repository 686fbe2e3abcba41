"""The sample's weather: the same from its seed, possible, and no model's own water."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from spatial.datum.clock import BEIJING
from water.forecast.floods import Rule, separate
from water.forecast.sample.loading import BASINS, BEGIN, YEARS
from water.forecast.sample.weather import STEP_H, generate
from water.works.sample import AREAS_KM2


def test_the_same_seed_gives_the_same_weather_and_another_seed_another() -> None:
    one, other, third = (generate(seed, BEGIN, 1, 2, tuple(BASINS.values())) for seed in (1, 1, 2))
    assert one.rain_mm.tobytes() == other.rain_mm.tobytes() != third.rain_mm.tobytes()
    assert one.discharge_m3_s.tobytes() == other.discharge_m3_s.tobytes()


def test_it_is_possible_weather_with_floods_enough_in_every_part() -> None:
    weather = generate(370783, BEGIN, YEARS, 2, tuple(BASINS.values()))
    steps = (datetime(2026, 1, 1, tzinfo=BEIJING) - BEGIN).days * 24 // STEP_H
    assert weather.rain_mm.shape == (2, steps) and weather.discharge_m3_s.shape == (2, steps)
    assert (weather.rain_mm >= 0).all() and (weather.discharge_m3_s >= 0).all()
    assert not np.array_equal(*weather.rain_mm)  # each gauge sees it in its own way
    yearly = weather.rain_mm.sum(axis=1) / YEARS
    assert ((yearly > 400) & (yearly < 1200)).all()
    for flow, area in zip(weather.discharge_m3_s, AREAS_KM2.values(), strict=True):
        runoff_mm = flow.sum() * STEP_H * 3.6 / area
        assert 0.05 < runoff_mm / weather.rain_mm[0].sum() < 0.8
        low = float(np.quantile(flow, 0.95))
        assert len(separate(flow, Rule(low, 2 * low, 8)).whole) > 30
