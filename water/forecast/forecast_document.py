"""A forecast as a record 预报成果: instants, model, grade, held-out scores, members, as JSON and CSV.

Its identity is the digest of the JSON in its one form: replayed, it is the same forecast.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np

from spatial.catalogue.contract import STAMP
from spatial.datum import format_instant
from spatial.jobs.content import canonical
from water.forecast.ensemble import QUANTILES, Draw, Ensemble
from water.forecast.model_document import Model
from water.forecast.record import Floats
from water.forecast.sources import Series

DECIMALS: Final = 3
REFERENCE: Final = "仅供参考,不予发布 for reference only, not issued"
NAMES: Final = tuple(f"p{round(each * 100):02d}" for each in QUANTILES)
Told = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rain:
    """The rain to come, and where it was taken from 预见期降水."""

    kind: str
    """``none``, ``given`` or ``history``."""
    source: str
    mm: Floats
    """(h, L)."""


@dataclass(frozen=True, slots=True)
class Basis:
    """What a forecast began from."""

    at: datetime
    asof: datetime
    step: timedelta
    series: tuple[Series, ...]
    left_out: tuple[str, ...]
    observed_m3_s: float
    synthetic: bool


def written(
    model: Model,
    version: int,
    basis: Basis,
    rain: Rain,
    draw: Draw,
    ensemble: Ensemble,
    thresholds_m3_s: Sequence[float],
    *,
    issued: bool,
) -> bytes:
    """The record of a forecast, in its one form."""
    members = np.round(ensemble.members_m3_s, DECIMALS)
    lead = members.shape[1]
    instants = [format_instant(basis.at + basis.step * (step + 1)) for step in range(lead)]
    lead_h = round(lead * basis.step / timedelta(hours=1))
    quantiles = np.round(ensemble.quantiles(), DECIMALS)
    peaks = ensemble.members_m3_s.max(axis=1)
    when = int(np.median(ensemble.members_m3_s.argmax(axis=1)))
    synthetic = basis.synthetic or model.synthetic
    return canonical(
        {
            "station": model.sources.station,
            "element": model.sources.element,
            "unit": "m3/s",
            "basis_at": format_instant(basis.at),
            "asof": format_instant(basis.asof),
            "until": instants[-1],
            "step_h": model.step_h,
            "lead_h": lead_h,
            "model": {"id": model.id, "version": version, "kind": model.calibrated.kind.id},
            "grade": model.grade,
            "issued": issued,
            "note": None if issued else REFERENCE,
            "held_out": {
                "years": list(model.held_out_years),
                "schemes": {name: each["held-out"] for name, each in model.document["schemes"].items()},
                "leads": [each for each in model.leads if each["lead_h"] <= lead_h],
            },
            "short": model.document["short"],
            "standard": model.document["standard"],
            "unverified_limits": model.document["unverified_limits"],
            "inputs": [each.to_json() for each in basis.series],
            "left_out": list(basis.left_out),
            "rain": {
                "kind": rain.kind,
                "source": rain.source,
                "courses": len(rain.mm),
                "mm": np.round(rain.mm.mean(axis=0), DECIMALS).tolist(),
            },
            "seed": draw.seed,
            "rain_spread": draw.rain_spread,
            "observed_m3_s": round(basis.observed_m3_s, DECIMALS),
            "instants": instants,
            "best_m3_s": np.round(ensemble.best_m3_s, DECIMALS).tolist(),
            "quantiles_m3_s": dict(zip(NAMES, quantiles.tolist(), strict=True)),
            "members_m3_s": members.tolist(),
            "chosen": ensemble.chosen,
            "peak": {
                "median_m3_s": round(float(np.median(peaks)), DECIMALS),
                "p05_m3_s": round(float(np.quantile(peaks, 0.05)), DECIMALS),
                "p95_m3_s": round(float(np.quantile(peaks, 0.95)), DECIMALS),
                "median_at": instants[when],
            },
            "exceedance": [
                {"threshold_m3_s": each, "probability": round(float((peaks > each).mean()), 6)}
                for each in thresholds_m3_s
            ],
            "persistence_m3_s": round(basis.observed_m3_s, DECIMALS),
            "synthetic": synthetic,
            "stamp": STAMP if synthetic else None,
        }
    )


def table(told: Told) -> bytes:
    """The same as CSV 过程表: an instant a line; UTF-8 with a mark, as spreadsheets take it.

    The first line says what it is: station, grade, whether it is issued, and that it is generated.
    """
    out = io.StringIO(newline="")
    marks = [told["stamp"] or "", told["note"] or "", f"等级 grade {told['grade']}"]
    out.write(f"# {told['station']} {told['basis_at']} {' '.join(each for each in marks if each)}\r\n")
    lines = csv.writer(out)
    lines.writerow(("instant", "rain_mm", "best_m3_s", *(f"{each}_m3_s" for each in NAMES)))
    columns = (told["quantiles_m3_s"][each] for each in NAMES)
    lines.writerows(zip(told["instants"], told["rain"]["mm"], told["best_m3_s"], *columns, strict=True))
    return "\ufeff".encode() + out.getvalue().encode()
