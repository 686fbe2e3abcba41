"""Two forecasts kept but not computed, figures made up: one issued, one whose grade forbids it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from spatial.database import Connection
from spatial.datum import BEIJING, format_instant
from spatial.jobs.content import canonical
from water.forecast import store

BASIS = datetime(2026, 7, 1, 8, tzinfo=BEIJING)
MEDIANS = [400.0, 700.0, 1200.0, 1500.0, 1100.0, 800.0, 600.0, 500.0]
SPREAD = {"p05": 0.6, "p25": 0.85, "p50": 1.0, "p75": 1.2, "p95": 1.6}

FLOOD = {
    "begin": format_instant(BASIS - timedelta(hours=2)),
    "end": format_instant(BASIS + timedelta(hours=24)),
    "peak_observed_m3_s": 1400.0,
    "peak_observed_at": format_instant(BASIS + timedelta(hours=12)),
}
"""A flood of the record on which both models were graded."""


def entered(connection: Connection, station: str) -> None:
    """A model of each grade, a forecast by each."""
    for grade, issued, hours in (("乙", True, 0), ("丙", False, -24)):
        model = {"station": station, "model": {"kind": "xinanjiang"}, "grade": grade, "issued": issued,
                 "synthetic": True, "floods": [FLOOD]}  # fmt: skip
        id, version = store.keep_model(connection, canonical(model), "李工", "寿光市水利局")
        told = record(station, id, version, grade, BASIS + timedelta(hours=hours), issued=issued)
        told["asof"] = format_instant(datetime.now(BEIJING))  # when the station is on record
        store.keep(connection, canonical(told), "李工", "寿光市水利局")


def record(
    station: str, model: str, version: int, grade: str, basis: datetime, *, issued: bool
) -> dict[str, Any]:
    """As ``forecast_document.written`` writes it."""
    instants = [format_instant(basis + timedelta(hours=3 * (step + 1))) for step in range(len(MEDIANS))]
    score = {"floods": 6, "qualified_percent": {}, "qualified_share_percent": 83.333333,
             "determination": 0.87, "grade_by_share": "乙", "grade_by_determination": "乙",
             "grade": grade}  # fmt: skip
    quantiles = {name: [round(each * share, 3) for each in MEDIANS] for name, share in SPREAD.items()}
    return {
        "station": station, "element": "discharge", "unit": "m3/s", "basis_at": format_instant(basis),
        "asof": format_instant(basis), "until": instants[-1], "step_h": 3, "lead_h": 24,
        "model": {"id": model, "version": version, "kind": "xinanjiang"}, "grade": grade, "issued": issued,
        "note": None if issued else "仅供参考,不予发布", "held_out": {
            "years": [2024, 2025],
            "schemes": {"model": score, "climatology": score | {"determination": -0.12, "grade": "等外"}},
            "leads": [{"lead_h": 6, "forecasts": 900, "determination": {"model": 0.93, "persistence": 0.61},
                       "channel_qualified_percent": {}, "within_90_percent": 88.5, "rain": "observed",
                       "crps_m3_s": {"climatology": 131.25, "model": 21.4567, "persistence": 48.0}}],
        },
        "short": ["洪水不足 50 场 fewer than 50 floods"], "standard": "GB/T 22482 待核",
        "unverified_limits": ["确定性系数 待核"], "inputs": [], "left_out": [],
        "rain": {"kind": "none", "source": "", "courses": 1, "mm": [0.0] * len(MEDIANS)},
        "seed": 1, "rain_spread": 0.0, "observed_m3_s": 380.0, "instants": instants,
        "best_m3_s": [each * 1.05 for each in MEDIANS],
        "quantiles_m3_s": quantiles,
        "members_m3_s": [[round(each * (0.55 + 0.05 * rank), 3) for each in MEDIANS] for rank in range(20)],
        "chosen": [],
        "peak": {"median_m3_s": 1500.0, "p05_m3_s": 900.0, "p95_m3_s": 2400.0, "median_at": instants[3]},
        "exceedance": [{"threshold_m3_s": 2000.0, "probability": 0.15}],
        "persistence_m3_s": 380.0, "synthetic": True, "stamp": "合成数据",
    }  # fmt: skip
