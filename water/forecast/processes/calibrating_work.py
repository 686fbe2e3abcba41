"""What ``forecast-calibrate`` does; imported when it runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import orjson

from spatial.database import connect
from spatial.datum import format_instant, parse_instant
from spatial.jobs.inputs import bad
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes.asking import known_by
from water.errors import RunTooLong
from water.forecast import model_document, store
from water.forecast.calibration import Settings, calibrate
from water.forecast.gathering import aligned, gather
from water.forecast.gridding import Grid
from water.forecast.sce import Search
from water.forecast.sources import Evaporation, RainStation, Sources

MODEL_STEPS_MOST: Final = 2 * 10**10
"""Steps of the model times evaluations: about a quarter of an hour of one core."""
STEPS_A_SECOND: Final = 2.5e7


def run(context: Context, inputs: Inputs) -> Outputs:
    """Calibrate, grade, keep."""
    asof = known_by(context, inputs)
    step_h = inputs.get("step_h", 3)
    begin = aligned(parse_instant(inputs["start"]), step_h)
    end = aligned(parse_instant(inputs["end"]), step_h)
    if not begin < end <= asof:
        raise bad(
            "/inputs/end", "须晚于 start 且不晚于 asof", "lies after start, not after asof", inputs["end"]
        )
    step = timedelta(hours=step_h)
    grid = Grid(begin, step, (end - begin) // step)
    evaluations = inputs.get("evaluations", 8_000)
    _require_short(grid.steps, evaluations)
    sources = _sources(inputs)
    context.step(2, "取数", "gathering the record")
    with connect(context.dsn) as connection:
        gathered = gather(connection, sources, grid, asof, area_km2=inputs.get("area_km2"))
    years = sorted(set(gathered.record.years.tolist()))
    settings = Settings(
        inputs.get("model", "xinanjiang"),
        Search(inputs.get("seed", 1), evaluations, inputs.get("complexes", 6)),
        tuple(sorted(inputs.get("held_out_years") or years[-2:])),
        inputs.get("objective", "dc-floods"),
        inputs.get("warm_up_days", 120),
        threshold_m3_s=inputs.get("threshold_m3_s"),
        peak_least_m3_s=inputs.get("peak_least_m3_s"),
        bounds=inputs.get("bounds", {}),
    )

    def tell(done: int, of: int) -> None:
        context.step(5 + 85 * done // of, f"率定 {done}/{of}", f"calibrating, {done} of {of}")

    calibration = calibrate(gathered.record, settings, tell)
    content = model_document.written(calibration, gathered, sources, format_instant(asof))
    with connect(context.dsn) as connection, connection.transaction():
        id, version = store.keep_model(connection, content, context.owner.subject, context.owner.department)
        outputs: Outputs = {"model": Document({"id": id, "version": version, **orjson.loads(content)})}
        context.finish(connection, outputs)
    return outputs


def _sources(inputs: Inputs) -> Sources:
    monthly, station = inputs.get("evaporation_mm_d"), inputs.get("evaporation_station")
    if (monthly is None) == (station is None):
        raise bad(
            "/inputs/evaporation_mm_d",
            "与 evaporation_station 须给出且只给出一个",
            "or evaporation_station is given, one of both",
            station,
        )
    source = inputs.get("evaporation_source", "")
    if monthly is not None and not source:
        raise bad("/inputs/evaporation_source", "缺少:蒸发须有来源", "is missing: it needs a source", source)
    rain = tuple(RainStation(each["station"], float(each.get("weight", 1.0))) for each in inputs["rain"])
    if len({each.station for each in rain}) < len(rain):
        raise bad("/inputs/rain", "雨量站重复", "names a station twice", rain[0].station)
    evaporation = Evaporation(tuple(float(each) for each in monthly or ()), source, station or "")
    return Sources(inputs["station"], inputs.get("element", "discharge"), rain, evaporation)


def _require_short(steps: int, evaluations: int) -> None:
    wanted = steps * evaluations
    if wanted > MODEL_STEPS_MOST:
        hours = wanted / STEPS_A_SECOND / 3600
        raise RunTooLong(
            f"约需 {hours:.1f} 小时,超过限度;请加长时段、缩短资料或减少计算次数:{evaluations}",
            f"it would take about {hours:.1f} h, over the limit; take a longer step, a shorter record or"
            f" fewer evaluations: {evaluations}",
            value=evaluations,
        )
