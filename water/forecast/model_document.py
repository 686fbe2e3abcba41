"""A calibrated model as a record 预报方案: all that it was made of and how good it is, as JSON.

The identity of a model is the digest of its record, so that the same inputs, settings and seed are the same
model, and nothing of it can be changed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

import numpy as np

from spatial.catalogue.contract import STAMP
from spatial.datum import format_instant
from spatial.jobs.content import canonical
from water.errors import UnknownForecast
from water.forecast.calibration import Calibration, Fitted
from water.forecast.catchment import KINDS
from water.forecast.ensemble import Calibrated
from water.forecast.gathering import Gathered
from water.forecast.limits import limits
from water.forecast.scheme import FloodScore, LeadScore, SchemeScore
from water.forecast.sources import Sources
from water.forecast.updating import ErrorModel

UNVERIFIED: Final = "待核 unverified"
Told = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Model:
    """A calibrated model, as its record says."""

    id: str
    sources: Sources
    step_h: int
    area_km2: float
    warm_up_days: int
    begin: str
    end: str
    """Of the record it was calibrated and graded on."""
    held_out_years: tuple[int, ...]
    calibrated: Calibrated
    grade: str
    issued: bool
    synthetic: bool
    leads: Sequence[Told]
    """Held-out scores by lead."""
    document: Told


def identity(content: bytes) -> str:
    """SHA-256 of a record in its one form."""
    return hashlib.sha256(content).hexdigest()


def written(calibration: Calibration, gathered: Gathered, sources: Sources, asof: str) -> bytes:
    """The record of a model, in its one form."""
    record, settings = gathered.record, calibration.settings
    table = limits()
    return canonical(
        {
            "station": sources.station,
            "sources": sources.to_json(),
            "inputs": [each.to_json() for each in gathered.series],
            "asof": asof,
            "begin": format_instant(record.begin),
            "end": format_instant(record.end_of(len(record) - 1)),
            "step_h": record.step_h,
            "area_km2": record.area_km2,
            "model": _fitted(calibration.model),
            "baseline": _fitted(calibration.baseline),
            "objective": settings.objective,
            "seed": settings.search.seed,
            "complexes": settings.search.complexes,
            "evaluations_most": settings.search.evaluations,
            "warm_up_days": settings.warm_up_days,
            "held_out_years": list(settings.held_out_years),
            "flood_rule": {
                "threshold_m3_s": calibration.rule.threshold_m3_s,
                "peak_least_m3_s": calibration.rule.peak_least_m3_s,
                "apart_h": calibration.rule.apart * record.step_h,
            },
            "floods": [_flood(each) for each in calibration.floods],
            "floods_cut": calibration.cut,
            "schemes": {
                method: {part: _scheme(each) for part, each in parts.items()}
                for method, parts in calibration.schemes.items()
            },
            "leads": [_lead(each) for each in calibration.leads],
            "grade": calibration.grade,
            "issued": calibration.issued,
            "short": list(calibration.short),
            "standard": table.standard,
            "unverified_limits": [f"{each} {UNVERIFIED}" for each in table.unverified],
            "synthetic": gathered.synthetic,
            "stamp": STAMP if gathered.synthetic else None,
        }
    )


def read(id: str, document: Told) -> Model:
    """What :func:`written` wrote. UnknownForecast where its equations are no longer those of the platform."""
    told = document["model"]
    kind = KINDS.get(told["kind"])
    edition = told.get("edition")
    if kind is None or kind.edition != edition:
        raise UnknownForecast(
            f"方案所用模型 {told['kind']} 第 {edition} 版已不在平台中,请重新率定:{id}",
            f"the model {told['kind']}, edition {edition}, is no longer there, calibrate anew: {id}",
            value=id,
        )
    errors = ErrorModel(told["errors"]["kept"], told["errors"]["spread"])
    return Model(
        id,
        Sources.from_json(document["sources"]),
        document["step_h"],
        document["area_km2"],
        document["warm_up_days"],
        document["begin"],
        document["end"],
        tuple(document["held_out_years"]),
        Calibrated(kind, np.array(told["sets"], dtype=float), errors),
        document["grade"],
        document["issued"],
        document["synthetic"],
        document["leads"],
        document,
    )


def _fitted(fitted: Fitted) -> Told:
    return {
        "kind": fitted.kind.id,
        "edition": fitted.kind.edition,
        "title": {"zh": fitted.kind.title.zh, "en": fitted.kind.title.en},
        "parameters": {
            bound.name: {"value": value, "low": bound.low, "high": bound.high, "unit": bound.unit}
            for bound, value in zip(fitted.bounds, fitted.found.best.tolist(), strict=True)
        },
        "cost": fitted.found.cost,
        "evaluations": fitted.found.evaluations,
        "shuffles": fitted.found.shuffles,
        "ended": fitted.found.ended,
        "sets": fitted.sets.tolist(),
        "errors": {"kept": fitted.errors.kept, "spread": fitted.errors.spread},
    }


def _flood(flood: FloodScore) -> Told:
    return {
        "begin": format_instant(flood.begin),
        "end": format_instant(flood.end),
        "held_out": flood.held_out,
        "peak_observed_m3_s": flood.peak_observed_m3_s,
        "peak_simulated_m3_s": flood.peak_simulated_m3_s,
        "peak_observed_at": format_instant(flood.peak_observed_at),
        "peak_simulated_at": format_instant(flood.peak_simulated_at),
        "volume_observed_mm": flood.volume_observed_mm,
        "volume_simulated_mm": flood.volume_simulated_mm,
        "determination": flood.determination,
        "judged": {
            each.item: {"error": each.error, "allowed": each.allowed, "qualified": each.qualified}
            for each in flood.judged
        },
    }


def _scheme(scheme: SchemeScore) -> Told:
    return {
        "floods": scheme.floods,
        "qualified_percent": _percents(scheme.qualified),
        "qualified_share_percent": _percent(scheme.qualified_share),
        "determination": scheme.determination,
        "grade_by_share": scheme.grade_by_share,
        "grade_by_determination": scheme.grade_by_determination,
        "grade": scheme.grade,
    }


def _lead(lead: LeadScore) -> Told:
    return {
        "lead_h": lead.lead_h,
        "forecasts": lead.forecasts,
        "determination": dict(lead.determination),
        "channel_qualified_percent": _percents(lead.channel_qualified),
        "within_90_percent": _percent(lead.within_90),
        "crps_m3_s": {name: round(each, 6) for name, each in lead.crps_m3_s.items()},
        "rain": "observed",
    }


def _percents(shares: Mapping[str, Fraction]) -> Told:
    return {name: _percent(share) for name, share in shares.items()}


def _percent(share: Fraction) -> float:
    return round(float(share * 100), 6)
