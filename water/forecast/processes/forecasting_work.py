"""What ``flood-forecast`` does; imported when it runs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import numpy as np
import orjson

from spatial.database import Connection, connect
from spatial.datum import parse_instant
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Filed, Outputs
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes.asking import known_by
from water.errors import NotIssued
from water.forecast import ensemble, forecast_document, gathering, store
from water.forecast.ensemble import Ahead, Draw
from water.forecast.forecast_document import Basis, Rain
from water.forecast.gridding import Grid
from water.forecast.limits import limits
from water.forecast.model_document import Model
from water.forecast.record import Record
from water.forecast.sources import Series
from water.hydrology.forcing import MOST_RAIN_MM
from water.moment import before
from water.pointing import about
from water.warning import foreseen
from water.warning.evaluate import evaluate
from water.warning.state_store import clock, lock


def run(context: Context, inputs: Inputs) -> Outputs:
    """Forecast and keep, with the job in one transaction."""
    asof = known_by(context, inputs)
    at = parse_instant(inputs["at"]) if "at" in inputs else min(asof, context.now)
    if at > asof:
        raise bad("/inputs/at", "起报时刻不得晚于 asof", "the basis is not later than asof", inputs["at"])
    issued = inputs.get("use", "issue") == "issue"
    draw = Draw(inputs.get("seed", 1), inputs.get("members", 50), float(inputs.get("rain_spread", 0.15)))
    with connect(context.dsn) as connection, connection.transaction():
        with about("station"):
            model, version = store.model(connection, inputs["station"], inputs.get("version"), asof)
        if issued:
            _require_issued(model)
        step = timedelta(hours=model.step_h)
        lead = -(-inputs.get("lead_h", 24) // model.step_h)
        basis_at = gathering.aligned(at, model.step_h)
        steps = model.warm_up_days * 24 // model.step_h
        if before(basis_at, step * steps) + step * steps != basis_at:
            raise bad("/inputs/at", "早于任何资料", "lies before any record", inputs["at"])
        past = Grid(basis_at - step * steps, step, steps)
        future = Grid(basis_at, step, lead)
        left_out = tuple(sorted(inputs.get("leave_out", ())))
        gathered = gathering.gather(
            connection, model.sources, past, asof, area_km2=model.area_km2, alive=True, leave_out=left_out
        )
        rain, read = _rain(connection, model, inputs, future, asof)
        evaporation = gathered.record.evaporation_mm[-1:].repeat(lead)
        if model.sources.evaporation.monthly_mm_d:
            evaporation = gathering.monthly(model.sources.evaporation.monthly_mm_d, future)
        made = ensemble.forecast(model.calibrated, gathered.record, Ahead(rain.mm, evaporation), draw)
        basis = Basis(
            basis_at,
            asof,
            step,
            (*gathered.series, *read),
            left_out,
            float(gathered.record.discharge_m3_s[-1]),
            gathered.synthetic,
        )
        content = forecast_document.written(
            model, version, basis, rain, draw, made, inputs.get("thresholds_m3_s", ()), issued=issued
        )
        id, _ = store.keep(connection, content, context.owner.subject, context.owner.department)
        told = orjson.loads(content)
        exceedance, evaluation = _warn(connection, id, told)
        place = context.work / "forecast.csv"
        place.write_bytes(forecast_document.table(told))
        name = f"forecast-{model.sources.station}-{basis_at:%Y%m%d%H}.csv"
        outputs: Outputs = {
            "forecast": Document({"id": id, **told}),
            "warnings": Document({"evaluation": evaluation, "exceedance": exceedance}),
            "table": Filed(place, "text/csv", name),
        }
        context.finish(connection, outputs)
    return outputs


def _warn(connection: Connection, id: str, told: dict[str, Any]) -> tuple[list[dict[str, Any]], int | None]:
    """Let the rules of exceedance judge it at once; what it says to them, and the evaluation."""
    lock(connection)
    found = foreseen.give(connection, id, told, clock(connection))
    if not found:
        return [], None
    return [each.to_json() for each in found], evaluate(connection).evaluation


def _rain(
    connection: Connection, model: Model, inputs: Inputs, future: Grid, asof: datetime
) -> tuple[Rain, list[Series]]:
    told = inputs["rain"]
    kind = told["kind"]
    if kind != "given" and "mm" in told:
        raise bad("/inputs/rain/mm", "只与 kind=given 同用", "goes with the kind given alone", kind)
    if kind == "none":
        return Rain(kind, told.get("source", "假定无雨 no rain assumed"), np.zeros((1, future.steps))), []
    if kind == "given":
        given = told.get("mm", [])
        if len(given) != future.steps or "source" not in told:
            raise bad(
                "/inputs/rain/mm",
                f"须有 {future.steps} 个时段的雨量,并给出来源 source",
                f"has the rain of {future.steps} steps, and a source",
                len(given),
            )
        day = max(1, timedelta(hours=24) // future.step)
        most = float(np.convolve(given, np.ones(day)).max())
        if most > MOST_RAIN_MM:
            raise bad(
                "/inputs/rain/mm",
                f"一日之内不超过 {MOST_RAIN_MM:g} mm,请核对单位",
                f"is {MOST_RAIN_MM:g} mm at most within a day, look at its unit",
                most,
            )
        return Rain(kind, told["source"], np.array([given], dtype=float)), []
    return _history(connection, model, future, asof)


def _history(connection: Connection, model: Model, future: Grid, asof: datetime) -> tuple[Rain, list[Series]]:
    """Courses that began around this day of the year, in the record the model was calibrated on."""
    begin, end = parse_instant(model.begin), min(parse_instant(model.end), future.begin)
    grid = Grid(begin, future.step, max(1, (end - begin) // future.step))
    fell, read = gathering.rain_of(connection, model.sources, grid, asof)
    nothing = np.zeros(len(fell))
    days = Record(begin, model.step_h, model.area_km2, fell, nothing, nothing).days_of_year
    first = Record(future.begin, model.step_h, model.area_km2, *(np.zeros(1),) * 3).days_of_year
    courses = ensemble.of_history(fell, days, int(first[0]), future.steps)
    return Rain("history", f"历史同期 {model.begin} – {model.end}", courses), read


def _require_issued(model: Model) -> None:
    if not limits().issued(model.grade):
        raise NotIssued(
            f"方案等级为{model.grade},按评定标准不予发布;可用 use=reference 存为参考,或补充资料重新率定:"
            f"{model.sources.station}",
            f"the model is of grade {model.grade}, which is not issued; use=reference keeps the forecast for"
            f" reference, or calibrate anew on a better record: {model.sources.station}",
            value=model.grade,
        )
