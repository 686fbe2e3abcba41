"""Calibration: twins whose parameters are known, floods held out, baselines beside, the same bits."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from fractions import Fraction

import numpy as np
import pytest

from spatial.datum.clock import BEIJING
from water.errors import BadCalibration, BadVerification
from water.forecast import verification
from water.forecast.calibration import Settings, calibrate
from water.forecast.catchment import KINDS
from water.forecast.ensemble import MEMBERS_MOST
from water.forecast.ensemble_score import crps
from water.forecast.floods import Flood, Rule, separate
from water.forecast.objective import OBJECTIVES, dc, dc_of_floods, kge
from water.forecast.processes import forecasting
from water.forecast.record import STEPS_H, Floats, Record
from water.forecast.sample.weather import EVAPORATION_MM_D, STEP_H, Basin, generate
from water.forecast.sce import Search, search
from water.forecast.scheme import FloodScore
from water.forecast.updating import ErrorModel, corrected, fitted, root_error

BEGIN = datetime(2003, 1, 1, tzinfo=BEIJING)


def record(seed: int = 1, years: int = 4, step_h: int = 6) -> Record:
    """Generated years; rain is the mean of two gauges."""
    weather = generate(seed, BEGIN, years, 2, (Basin(2100.0, 190.0, 2.2, 0.05, 0.004, 6),))
    every = step_h // STEP_H
    rain = weather.rain_mm.mean(axis=0).reshape(-1, every).sum(axis=1)
    flow = weather.discharge_m3_s[0].reshape(-1, every).mean(axis=1)
    months = [(BEGIN + timedelta(hours=step_h * step)).month - 1 for step in range(len(rain))]
    return Record(BEGIN, step_h, 2100.0, rain, np.array(EVAPORATION_MM_D)[months] * step_h / 24, flow)


SETTINGS = Settings("xinanjiang", Search(5, 600, 2), (2005, 2006), warm_up_days=120)


@pytest.fixture(scope="module")
def whole() -> Record:
    return record()


def twin(kind: str, truth: dict[str, float], free: dict[str, tuple[float, float]]) -> tuple[Floats, Floats]:
    """Calibrate a model on its own simulation; what was found, and what is true."""
    of = record(years=3, step_h=24)
    model = KINDS[kind]
    bounds = model.bounds({**{name: (each, each * (1 + 1e-12)) for name, each in truth.items()}, **free})
    true = np.array([truth[each.name] for each in bounds])
    observed = model.discharge_m3_s(true[None], of, None)[0]
    used = np.arange(len(of)) >= 90
    cost = dc(observed, used)
    how = Search(3, 4_000, 3, better=1e-9, narrow=1e-6)
    found = search(lambda sets: cost(model.discharge_m3_s(sets, of, None)), bounds, how)
    places = [number for number, each in enumerate(bounds) if each.name in free]
    return found.best[places], true[places]


def test_a_twin_of_gr4j_gives_its_parameters_back() -> None:
    truth = {"X1": 320.0, "X2": -0.8, "X3": 75.0, "X4": 1.7}
    found, true = twin("gr4j", truth, {each.name: (each.low, each.high) for each in KINDS["gr4j"].parameters})
    assert found == pytest.approx(true, rel=1e-3)


def test_a_twin_of_xinanjiang_gives_its_parameters_back() -> None:
    truth = {
        "K": 0.9, "B": 0.4, "IM": 0.02, "UM": 20.0, "LM": 70.0, "DM": 40.0, "C": 0.15, "SM": 25.0, "EX": 1.2,
        "KI": 0.35, "KG": 0.25, "CI": 0.7, "CG": 0.98, "CS": 0.4, "L": 1.0,
    }  # fmt: skip
    free = {"K": (0.4, 1.4), "SM": (5.0, 80.0), "CI": (0.1, 0.95), "CG": (0.9, 0.999), "CS": (0.0, 0.9)}
    found, true = twin("xinanjiang", truth, free)
    assert found == pytest.approx(true, rel=1e-2)


def test_floods_held_out_are_graded_apart_and_the_same_seed_gives_the_same_bits(whole: Record) -> None:
    rule = {"threshold_m3_s": 40.0, "peak_least_m3_s": 80.0}
    settings = replace(SETTINGS, **rule)
    first, again = (calibrate(whole, settings) for _ in range(2))
    assert first.model.found.best.tobytes() == again.model.found.best.tobytes()
    assert first.model.sets.tobytes() == again.model.sets.tobytes() and first.schemes == again.schemes
    other = calibrate(whole, replace(settings, search=Search(6, 600, 2)))
    assert other.model.found.best.tobytes() != first.model.found.best.tobytes()
    parts = first.schemes["model"]
    assert parts["all"].floods == parts["calibrated"].floods + parts["held-out"].floods == len(first.floods)
    assert all((each.peak_observed_at.year in (2005, 2006)) == each.held_out for each in first.floods)
    worst = max(("甲", "乙", "丙", "丁").index(parts[each].grade) for each in ("all", "held-out"))
    assert first.grade == ("甲", "乙", "丙", "丁")[worst] and first.issued == (worst < 2)
    assert len(first.model.sets) > 5 and (first.model.sets[0] == first.model.found.best).all()
    # What is held out cannot be seen: changed there, the calibration is the same to the bit.
    held = np.isin(whole.years, (2005, 2006))
    flood_free = np.where(held, whole.discharge_m3_s * 1.07, whole.discharge_m3_s)
    blind = calibrate(replace(whole, discharge_m3_s=flood_free), settings)
    assert blind.model.found.best.tobytes() == first.model.found.best.tobytes()


def test_a_perfect_model_is_of_the_best_grade_and_baselines_stand_beside_it(whole: Record) -> None:
    kind = KINDS["xinanjiang"]
    best = calibrate(whole, SETTINGS).model.found.best
    perfect = replace(whole, discharge_m3_s=kind.discharge_m3_s(best[None], whole, None)[0])
    narrow = {
        bound.name: (max(each.low, value - 1e-9), min(each.high, value + 1e-9))
        for each, bound, value in zip(kind.parameters, kind.bounds(), best.tolist(), strict=True)
    }
    found = calibrate(perfect, replace(SETTINGS, bounds=narrow, search=Search(1, 100, 2)))
    scheme = found.schemes["model"]["all"]
    assert scheme.determination == pytest.approx(1.0, abs=1e-6) and scheme.qualified_share == 1
    assert (found.grade, found.issued) == ("甲", True)
    for lead in found.leads:
        assert lead.determination["model"] > 0.999 > lead.determination["persistence"]
        assert lead.determination["climatology"] < lead.determination["model"]
        assert lead.determination["gr4j"] < lead.determination["model"]
        assert set(lead.crps_m3_s) == {"model", "gr4j", "persistence", "climatology"}
        assert min(lead.crps_m3_s, key=lead.crps_m3_s.__getitem__) == "model"


def test_the_distribution_of_a_time_of_the_year_is_that_of_its_days(whole: Record) -> None:
    used = np.arange(len(whole)) >= 400
    found = verification.climatological(whole, used)
    day = 200
    away = np.abs(whole.days_of_year - day)
    near = whole.discharge_m3_s[used & (np.minimum(away, 366 - away) <= 15)]
    assert found[day].mean() == pytest.approx(near.mean(), rel=0.03)
    assert ((near < found[day, 50]).mean(), (near < found[day, 90]).mean()) == pytest.approx(
        (0.505, 0.905), abs=0.01
    )
    # Its score is no worse than that of its mean, a course without spread.
    scores = [float(crps(np.repeat(each, len(near), 1), near).mean())
              for each in (found[day][:, None], np.array([[near.mean()]]))]  # fmt: skip
    assert scores[0] < scores[1]


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": "hbv"},
        {"objective": "best"},
        {"held_out_years": (2006,)},
        {"held_out_years": (2003, 2004, 2005, 2006)},
        {"held_out_years": (2005, 2011)},
        {"threshold_m3_s": 1e6},
        {"warm_up_days": 1000},
        {"bounds": {"K": (1.0, 0.5)}},
        {"bounds": {"K": (0.0, 0.5)}},
        {"bounds": {"nothing": (0.0, 0.5)}},
    ],
)
def test_what_cannot_be_calibrated_is_refused(whole: Record, changes: dict[str, object]) -> None:
    with pytest.raises((BadCalibration, BadVerification)) as refused:
        calibrate(whole, replace(SETTINGS, **changes))
    assert refused.value.zh and refused.value.en


def test_a_flood_that_was_not_wholly_observed_is_left_out_and_counted(whole: Record) -> None:
    rule = Rule(50.0, 100.0, 8)
    some = max(
        separate(whole.discharge_m3_s, rule).whole, key=lambda each: float(whole.discharge_m3_s[each.peak])
    )
    flow = whole.discharge_m3_s.copy()
    flow[some.peak] = np.nan
    found = calibrate(
        replace(whole, discharge_m3_s=flow),
        replace(SETTINGS, threshold_m3_s=50.0, peak_least_m3_s=100.0, search=Search(1, 100, 2)),
    )
    assert found.cut == 1
    assert whole.end_of(some.peak) not in {each.peak_observed_at for each in found.floods}


def test_what_is_offered_is_what_there_is() -> None:
    assert tuple(KINDS) == forecasting.KINDS and tuple(OBJECTIVES) == forecasting.OBJECTIVES
    assert forecasting.STEPS_H == STEPS_H and forecasting.MEMBERS_MOST == MEMBERS_MOST


def test_objectives_by_hand() -> None:
    observed = np.array([1.0, 2.0, 4.0, np.nan, 3.0, 9.0, 3.0])
    made = np.array([[1.0, 2.0, 4.0, 7.0, 3.0, 9.0, 3.0], [1.0, 3.0, 4.0, 7.0, 3.0, 8.0, 3.0]])
    seen = observed[np.isfinite(observed)]
    every = np.ones(7, bool)
    assert dc(observed, every)(made) == pytest.approx([0.0, 2 / np.sum((seen - seen.mean()) ** 2)])
    floods = [Flood(0, 2, 3), Flood(4, 5, 7)]
    assert dc_of_floods(observed, floods)(made) == pytest.approx([0.0, (1 / (14 / 3) + 1 / 24) / 2])
    found = kge(observed, every)(made)
    other = made[1][np.isfinite(observed)]
    parts = (np.corrcoef(seen, other)[0, 1], other.std() / seen.std(), other.mean() / seen.mean())
    assert found == pytest.approx([0.0, np.sqrt(sum((each - 1) ** 2 for each in parts))], abs=1e-9)


def test_the_errors_of_a_simulation_are_an_autoregression_that_is_found_again() -> None:
    chance = np.random.Generator(np.random.PCG64(4))
    errors = np.zeros(20_000)
    for step in range(1, len(errors)):
        errors[step] = 0.8 * errors[step - 1] + chance.normal(0, 0.3)
    simulated = np.full(len(errors), 400.0)
    found = fitted((20.0 + errors) ** 2, simulated, [Flood(0, 1, len(errors))])
    assert (found.kept, found.spread) == pytest.approx((0.8, 0.3), rel=0.03)
    assert found.spread_after(1) == pytest.approx(found.spread)
    assert found.spread_after(10_000) == pytest.approx(errors.std(), rel=0.05)
    assert ErrorModel(0.0, 0.3).spread_after(5) == pytest.approx(0.3)
    last = float(root_error(np.array([441.0]), np.array([400.0]))[0])
    assert corrected(np.array([400.0]), last, ErrorModel(0.5, 0.1), 1) == pytest.approx(20.5**2)
    assert corrected(np.array([0.0]), -3.0, ErrorModel(0.5, 0.1), 1) == 0.0
    with pytest.raises(BadCalibration):
        fitted(np.ones(3), np.ones(3), [])


def test_a_scheme_is_no_better_than_its_main_item(whole: Record) -> None:
    flood = separate(whole.discharge_m3_s, Rule(50.0, 100.0, 8)).whole[0]
    good = verification.flood_score(whole, whole.discharge_m3_s, flood, held_out=False)
    assert all(each.qualified for each in good.judged) and good.determination == 1.0
    high = verification.flood_score(whole, whole.discharge_m3_s * 1.19, flood, held_out=False)
    assert all(each.qualified for each in high.judged)
    double = verification.flood_score(whole, whole.discharge_m3_s * 2, flood, held_out=False)
    assert [each.qualified for each in double.judged] == [False, True, False]
    late = verification.flood_score(whole, np.roll(whole.discharge_m3_s, 2), flood, held_out=False)
    assert [each.qualified for each in late.judged][1] is False and late.judged[1].error == 12.0
    scores: list[FloodScore] = [good] * 6 + [double] * 4
    scheme = verification.scheme_score(scores)
    assert scheme.qualified == {"peak": Fraction(6, 10), "peak-time": Fraction(1), "volume": Fraction(6, 10)}
    assert scheme.qualified_share == Fraction(6, 10) and scheme.grade_by_share == "丙"
    with pytest.raises(BadVerification):
        verification.scheme_score([])
