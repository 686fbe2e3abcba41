"""A forecast of the sample 样例预报: a model of the generated record, its grade, what that lets be issued.

合成数据. The last great flood of those held out is forecast twelve hours before its peak. Where the model is
graded too low for issuing, nothing is.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import orjson

from spatial.catalogue.contract import STAMP
from spatial.database import connect
from spatial.datum import format_instant, parse_instant
from spatial.datum.clock import BEIJING
from spatial.jobs.model import Document
from spatial.jobs.operator import operator
from spatial.jobs.process import Process
from spatial.jobs.run import execute
from spatial.jobs.workplace import Workplace
from water.forecast import store
from water.forecast.processes.forecasting import FLOOD_FORECAST, FORECAST_CALIBRATE
from water.forecast.sample.loading import BEGIN, YEARS, stations
from water.forecast.sample.weather import EVAPORATION_MM_D, STEP_H

ROUTE: Final = "SYN-ROUTE-MI"
SEED, EVALUATIONS, COMPLEXES = 7, 5_000, 4
BEFORE_PEAK: Final = timedelta(hours=12)
LEAD_H: Final = 24
_LONGEST_S: Final = 600.0

Progress = Callable[[str], None]


def build(dsn: str, progress: Progress | None = None) -> str | None:
    """The number of the forecast; None without a record, with one already, or where its grade is too low."""
    tell = progress or (lambda _: None)
    with connect(dsn) as connection:
        gauges, rain = stations(connection)
        station = next((each.id for each in gauges if each.route == ROUTE), None)
        if station is None or not rain or store.forecasts(connection, store.Window(station), 1):
            return None
        # One that was cut short has left its model.
        kept = store.models(connection, station, None, 1)
        model = orjson.loads(store.model_content(connection, kept[0].id)[1]) if kept else None
    if model is None:
        model = _made(dsn, FORECAST_CALIBRATE, _record(station, [each.id for each in rain]), "model")
    tell(f"方案等级 {model['grade']} the model is of grade {model['grade']}")
    if not model["issued"]:
        tell("按评定标准不予发布 it is not issued")
        return None
    flood = max(
        (each for each in model["floods"] if each["held_out"]), key=lambda each: each["peak_observed_m3_s"]
    )
    basis = parse_instant(flood["peak_observed_at"]) - BEFORE_PEAK
    made = _made(
        dsn,
        FLOOD_FORECAST,
        {"station": station, "at": format_instant(basis), "lead_h": LEAD_H, "rain": {"kind": "history"}},
        "forecast",
    )
    tell(f"发布预报 1 份 one forecast issued: {made['id'][:12]}")
    return str(made["id"])


def _record(station: str, rain: Sequence[str]) -> dict[str, Any]:
    """The whole generated record; the last two of its years are held out."""
    return {
        "station": station,
        "rain": [{"station": each} for each in rain],
        "evaporation_mm_d": list(EVAPORATION_MM_D),
        "evaporation_source": STAMP,
        "start": format_instant(BEGIN),
        "end": format_instant(BEGIN.replace(year=BEGIN.year + YEARS)),
        "step_h": STEP_H,
        "seed": SEED,
        "evaluations": EVALUATIONS,
        "complexes": COMPLEXES,
    }


def _made(dsn: str, process: Process, inputs: Mapping[str, Any], output: str) -> dict[str, Any]:
    """An output of a process that is run here and now, as this machine's operator."""
    with connect(dsn) as connection:
        owner = operator(connection, process, inputs)
    with tempfile.TemporaryDirectory() as work:
        now = datetime.now(BEIJING)
        made = execute(Workplace(dsn, ""), process, inputs, owner, now, Path(work), _LONGEST_S)[output]
    assert isinstance(made, Document) and isinstance(made.value, dict)
    return made.value
