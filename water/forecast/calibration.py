"""Calibration 率定: from a record to parameters, their errors and their grade on floods never seen.

Pure: the same record, settings and seed give the same bits.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

from water.errors import BadCalibration
from water.forecast import updating, verification
from water.forecast.catchment import BASELINE, KINDS, Kind
from water.forecast.floods import Flood, Rule, separate
from water.forecast.limits import Limits, limits
from water.forecast.objective import OBJECTIVES, Objective, objective
from water.forecast.record import Floats, Record
from water.forecast.sce import Bound, Found, Search, search
from water.forecast.scheme import FloodScore, LeadScore, SchemeScore
from water.forecast.updating import ErrorModel

FLOODS_LEAST: Final = 5
"""Fewer say nothing: of those calibrated on."""
HELD_OUT_LEAST: Final = 3
BASELINE_EVALUATIONS: Final = 1_000
LEADS_H: Final = (1, 3, 6, 12, 24, 48, 72)
SETS_MOST: Final = 24
"""Sets of parameters that are kept for ensembles."""
ALIKE_SHARE: Final = 0.15
ALIKE: Final = 0.005
"""How much worse than the best, relatively and at all, a set may be that is kept."""
THRESHOLD_QUANTILE: Final = 0.95
PEAK_TIMES_THRESHOLD: Final = 2.0

Tell = Callable[[int, int], None]
"""Told after each evaluation how many are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Settings:
    """How it is calibrated; what is None follows from the record."""

    kind: str
    search: Search
    held_out_years: tuple[int, ...]
    objective: str = "dc-floods"
    warm_up_days: int = 90
    apart_h: int = 24
    threshold_m3_s: float | None = None
    peak_least_m3_s: float | None = None
    bounds: Mapping[str, Sequence[float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fitted:
    """A model that was calibrated."""

    kind: Kind
    bounds: tuple[Bound, ...]
    found: Found
    sets: Floats
    """Sets that fit nearly as well, the best first."""
    errors: ErrorModel
    simulated_m3_s: Floats
    """By the best set, over the whole record."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What came of it."""

    settings: Settings
    rule: Rule
    model: Fitted
    baseline: Fitted
    floods: tuple[FloodScore, ...]
    cut: int
    """Floods left out, since a part of them was not observed."""
    schemes: Mapping[str, Mapping[str, SchemeScore]]
    """By method, then by part: ``all``, ``calibrated``, ``held-out``."""
    leads: tuple[LeadScore, ...]
    grade: str
    """The worse of all floods and of those held out."""
    issued: bool
    """Whether forecasts of it may be issued."""
    short: tuple[str, ...]
    """In what the record falls short of the standard's sample."""


def calibrate(record: Record, settings: Settings, tell: Tell | None = None) -> Calibration:
    """Calibrate a model and the baseline on the floods of some years, grade both on all and on the others.

    BadCalibration where settings cannot be met by the record.
    """
    table = limits()
    kind = _require(settings)
    warm = settings.warm_up_days * 24 // record.step_h
    years = record.years
    held_years = np.isin(years, settings.held_out_years)
    _require_years(settings, years, table)
    rule = _rule(record, settings)
    found = separate(record.discharge_m3_s, rule)
    floods = [each for each in found.whole if each.start >= warm]
    held = [each for each in floods if held_years[each.peak]]
    own = [each for each in floods if not held_years[each.peak]]
    _require_floods(own, held, rule)
    used = ~held_years & (np.arange(len(record)) >= warm)
    cost = objective(settings.objective, record.discharge_m3_s, used, own)
    model = _fitted(kind, record, cost, own, settings.search, settings.bounds, tell)
    modest = Search(settings.search.seed, min(settings.search.evaluations, BASELINE_EVALUATIONS), complexes=2)
    baseline = _fitted(KINDS[BASELINE], record, cost, own, modest, {}, None)
    climate = verification.climatology(record, used)
    simulated = {"model": model.simulated_m3_s, BASELINE: baseline.simulated_m3_s, "climatology": climate}
    scored = {
        name: tuple(
            verification.flood_score(record, flow, each, held_out=bool(held_years[each.peak]))
            for each in floods
        )
        for name, flow in simulated.items()
    }
    schemes = {name: _schemes(each, table) for name, each in scored.items()}
    grade = verification.worst_of(schemes["model"]["all"], schemes["model"]["held-out"], table)
    fits = {"model": model, BASELINE: baseline}
    methods = {name: (each.simulated_m3_s, each.errors) for name, each in fits.items()}
    spread = verification.climatological(record, used)
    leads = (
        verification.lead_score(record, held, hours // record.step_h, methods, climate, spread)
        for hours in LEADS_H
        if hours % record.step_h == 0
    )
    return Calibration(
        settings,
        rule,
        model,
        baseline,
        scored["model"],
        len(found.cut),
        schemes,
        tuple(each for each in leads if each is not None),
        grade,
        table.issued(grade),
        _short(len(floods), len(set(years.tolist())), table),
    )


def _fitted(
    kind: Kind,
    record: Record,
    cost: Objective,
    floods: Sequence[Flood],
    how: Search,
    narrowed: Mapping[str, Sequence[float]],
    tell: Tell | None,
) -> Fitted:
    tried: list[Floats] = []
    costs: list[Floats] = []
    done = 0

    def asked(sets: Floats) -> Floats:
        nonlocal done
        found = cost(kind.discharge_m3_s(sets, record, None))
        tried.append(sets)
        costs.append(found)
        done += len(sets)
        if tell is not None:
            tell(min(done, how.evaluations), how.evaluations)
        return found

    bounds = kind.bounds(narrowed)
    found = search(asked, bounds, how)
    sets = _alike(found, np.concatenate(tried), np.concatenate(costs))
    simulated = kind.discharge_m3_s(found.best[None], record, None)[0]
    errors = updating.fitted(record.discharge_m3_s, simulated, floods)
    return Fitted(kind, bounds, found, sets, errors, simulated)


def _alike(found: Found, tried: Floats, costs: Floats) -> Floats:
    """The best set and others that fit nearly as well 等效参数组, evenly by rank."""
    order = np.argsort(costs, kind="stable")
    near = order[costs[order] <= found.cost * (1 + ALIKE_SHARE) + ALIKE]
    places = np.unique(np.linspace(0, len(near) - 1, min(SETS_MOST, len(near))).astype(int))
    others = tried[near[places]]
    fresh = others[(others != found.best).any(axis=1)]
    return np.concatenate([found.best[None], fresh])[:SETS_MOST]


def _schemes(scored: Sequence[FloodScore], table: Limits) -> dict[str, SchemeScore]:
    parts = {
        "all": scored,
        "calibrated": [each for each in scored if not each.held_out],
        "held-out": [each for each in scored if each.held_out],
    }
    return {name: verification.scheme_score(each, table) for name, each in parts.items()}


def _rule(record: Record, settings: Settings) -> Rule:
    observed = record.discharge_m3_s[np.isfinite(record.discharge_m3_s)]
    if not len(observed):
        raise BadCalibration("没有实测流量:0", "there is no observed discharge: 0", value=0)
    threshold = settings.threshold_m3_s
    if threshold is None:
        threshold = float(np.quantile(observed, THRESHOLD_QUANTILE))
    least = settings.peak_least_m3_s
    least = threshold * PEAK_TIMES_THRESHOLD if least is None else least
    return Rule(threshold, least, max(1, settings.apart_h // record.step_h))


def _require(settings: Settings) -> Kind:
    if settings.kind not in KINDS:
        raise BadCalibration(
            f"没有这种模型,可用的有 {'、'.join(KINDS)}:{settings.kind}",
            f"no such model, there are {', '.join(KINDS)}: {settings.kind}",
            value=settings.kind,
        )
    if settings.objective not in OBJECTIVES:
        raise BadCalibration(
            f"没有这个目标函数,可用的有 {'、'.join(OBJECTIVES)}:{settings.objective}",
            f"no such objective, there are {', '.join(OBJECTIVES)}: {settings.objective}",
            value=settings.objective,
        )
    return KINDS[settings.kind]


def _require_years(settings: Settings, years: NDArray[np.int64], table: Limits) -> None:
    held, there = set(settings.held_out_years), set(years.tolist())
    missing = sorted(held - there)
    if missing:
        raise BadCalibration(
            f"检验年份不在资料中:{missing[0]}", f"a held-out year is not in the record: {missing[0]}",
            value=missing[0],
        )  # fmt: skip
    if len(held) < table.held_out_years or not there - held:
        raise BadCalibration(
            f"至少留 {table.held_out_years} 年作检验,并至少一年作率定:{sorted(held)}",
            f"hold out {table.held_out_years} years at least, and calibrate on one at least: {sorted(held)}",
            value=len(held),
        )


def _require_floods(own: Sequence[Flood], held: Sequence[Flood], rule: Rule) -> None:
    for zh, en, floods, least in (
        ("率定", "calibrate on", own, FLOODS_LEAST),
        ("检验", "hold out", held, HELD_OUT_LEAST),
    ):
        if len(floods) < least:
            raise BadCalibration(
                f"可用于{zh}的完整洪水至少 {least} 场(起涨流量 {rule.threshold_m3_s:g}、最小洪峰"
                f" {rule.peak_least_m3_s:g} m³/s),请加长资料或降低标准:{len(floods)}",
                f"there must be {least} whole floods to {en} (threshold {rule.threshold_m3_s:g}, least peak"
                f" {rule.peak_least_m3_s:g} m³/s); take a longer record or lower them: {len(floods)}",
                value=len(floods),
            )


def _short(floods: int, years: int, table: Limits) -> tuple[str, ...]:
    found = []
    if floods < table.floods:
        found.append(f"洪水 {floods} 场,少于 {table.floods} 场 {floods} floods, fewer than {table.floods}")
    if years < table.years:
        found.append(f"资料 {years} 年,少于 {table.years} 年 {years} years, fewer than {table.years}")
    return tuple(found)
