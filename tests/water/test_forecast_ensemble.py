"""Ensembles: the same bits from a seed, no water below nothing, and bands that hold what they say."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest
from test_calibration import SETTINGS, record

from spatial.datum.clock import BEIJING
from water.errors import BadForcing
from water.forecast.calibration import Calibration, calibrate
from water.forecast.ensemble import (
    Ahead,
    Calibrated,
    Draw,
    Ensemble,
    _noise,
    _rain_error,
    forecast,
    of_history,
)
from water.forecast.record import Record
from water.forecast.updating import ErrorModel

PAST, LEAD = 480, 8


@pytest.fixture(scope="module")
def whole() -> Record:
    return record()


@pytest.fixture(scope="module")
def calibration(whole: Record) -> Calibration:
    return calibrate(whole, SETTINGS)


def made(calibration: Calibration, whole: Record, step: int, draw: Draw, dry: bool = False) -> Ensemble:
    """A forecast after a step, with the rain that fell."""
    past = slice(step + 1 - PAST, step + 1)
    coming = slice(step + 1, step + 1 + LEAD)
    before = Record(
        whole.end_of(step - PAST),
        whole.step_h,
        whole.area_km2,
        *(each[past] for each in (whole.rain_mm, whole.evaporation_mm, whole.discharge_m3_s)),
    )
    model = Calibrated(calibration.model.kind, calibration.model.sets, calibration.model.errors)
    rain = whole.rain_mm[None, coming] * (0 if dry else 1)
    return forecast(model, before, Ahead(rain, whole.evaporation_mm[coming]), draw)


def peaks(calibration: Calibration, whole: Record) -> list[int]:
    return [
        int((each.peak_observed_at - whole.begin) / whole.step) - 1
        for each in calibration.floods
        if each.held_out
    ]


def test_the_same_seed_gives_the_same_bits(calibration: Calibration, whole: Record) -> None:
    peak = peaks(calibration, whole)[0]
    one, other, third = (
        made(calibration, whole, peak - 2, Draw(seed, 20)).members_m3_s.tobytes() for seed in (1, 1, 2)
    )
    assert one == other != third


def test_bands_hold_what_was_observed_about_as_often_as_they_say(
    calibration: Calibration, whole: Record
) -> None:
    inside, sharper = [], []
    for peak in peaks(calibration, whole):
        for before in (4, 2, 0):
            found = made(calibration, whole, peak - before, Draw(7, 60))
            quantiles = found.quantiles()
            seen = whole.discharge_m3_s[peak - before + 1 : peak - before + 1 + LEAD]
            inside.append((seen >= quantiles[0]) & (seen <= quantiles[-1]))
            now = whole.discharge_m3_s[peak - before]
            sharper.append(np.abs(found.best_m3_s - seen).mean() < np.abs(now - seen).mean())
            assert (found.members_m3_s >= 0).all() and found.chosen > 5
            assert (np.diff(quantiles, axis=0) >= 0).all()
    assert 0.7 < np.mean(inside) < 0.99  # 90 % are asked for; the model is not the process
    assert np.mean(sharper) > 0.9  # than persistence


def test_rain_to_come_counts_and_its_absence_is_no_forecast_of_none(
    calibration: Calibration, whole: Record
) -> None:
    peak = max(peaks(calibration, whole), key=lambda each: float(whole.discharge_m3_s[each]))
    wet, dry = (made(calibration, whole, peak - 4, Draw(1, 20), dry=dry) for dry in (False, True))
    assert wet.members_m3_s.max() > dry.members_m3_s.max() and wet.best_m3_s[-1] > dry.best_m3_s[-1]


def test_without_a_discharge_nothing_is_begun(calibration: Calibration, whole: Record) -> None:
    flow = whole.discharge_m3_s.copy()
    flow[2000] = np.nan
    holed = Record(whole.begin, whole.step_h, whole.area_km2, whole.rain_mm, whole.evaporation_mm, flow)
    with pytest.raises(BadForcing):
        made(calibration, holed, 2000, Draw(1, 20))


def test_history_is_of_the_same_time_of_the_year(whole: Record) -> None:
    marked = np.where(np.abs(whole.days_of_year - 200) <= 15, 5.0, 0.0)
    courses = of_history(marked, whole.days_of_year, 200, 8)
    assert courses.shape[1] == 8 and (courses[:, 0] == 5.0).all() and len(courses) == 4 * 31 * 4
    new_year = np.where((whole.days_of_year >= 355) | (whole.days_of_year <= 10), 3.0, 0.0)
    assert (of_history(new_year, whole.days_of_year, 1, 1, around=5) == 3.0).all()
    with pytest.raises(BadForcing):
        of_history(marked[:8], whole.days_of_year[:8], 200, 8)


def test_errors_of_the_rain_have_mean_one_and_last_a_day() -> None:
    drawn = _rain_error(np.random.default_rng(3), 4_000, 60, 3, 0.25)
    logs = np.log(drawn)
    np.testing.assert_allclose(drawn.mean(axis=0), 1.0, atol=0.02)
    np.testing.assert_allclose(logs.std(axis=0), 0.25, rtol=0.06)
    for steps in (1, 8):
        alike = np.corrcoef(logs[:, 20], logs[:, 20 + steps])[0, 1]
        assert alike == pytest.approx(np.exp(-3 * steps / 24.0), abs=0.05)


def test_errors_to_come_spread_as_the_error_model_says_and_quantiles_are_in_order() -> None:
    errors = ErrorModel(0.8, 0.5)
    drawn = _noise(np.random.default_rng(4), 6_000, 10, errors)
    np.testing.assert_allclose(drawn.std(axis=0), errors.spread_after(np.arange(1, 11)), rtol=0.05)
    assert abs(drawn.mean(axis=0)).max() < 0.05
    ensemble = Ensemble(drawn**2, drawn[0] ** 2, 0.0, 1)
    assert (np.diff(ensemble.quantiles(), axis=0) >= 0).all()


def test_a_record_says_what_cannot_be() -> None:
    nothing = np.zeros(2)
    begin = datetime(2024, 12, 31, tzinfo=BEIJING)
    assert list(Record(begin, 24, 1.0, nothing, nothing, nothing).years) == [2024, 2025]
    assert list(Record(begin, 24, 1.0, nothing, nothing, nothing).days_of_year) == [365, 0]
    for step_h, area_km2, rain in ((5, 1.0, nothing), (3, 0.0, nothing), (3, 1.0, np.zeros(3))):
        with pytest.raises(Exception, match="km²"):
            Record(begin, step_h, area_km2, rain, nothing, nothing)
