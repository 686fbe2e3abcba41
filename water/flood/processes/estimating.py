"""``flood-estimate`` 推演估时: cells, steps and seconds of a run, before it is handed in."""

from __future__ import annotations

from typing import Final

from spatial.catalogue.contract import Title
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes.parts import OBJECT, described
from water.flood.processes.parts import AREA, CELL, SCENARIO

_FLAG: Final = {"type": "boolean"}


def _run(context: Context, inputs: Inputs) -> Outputs:
    from spatial.catalogue.city import read_city
    from water.flood import plane, scenario
    from water.flood.setting import LIMIT_S, expected

    raster = plane.raster(
        inputs["area"], float(inputs["cell_m"]), int(read_city(context.city).epsg_without_prefix)
    )
    method = scenario.method({**inputs, "breaches": inputs.get("breached", False)})
    found = expected(raster, float(inputs["duration_s"]), method, rained=inputs.get("rained", False))
    told = {
        "rows": raster.rows,
        "columns": raster.columns,
        "cells": raster.rows * raster.columns,
        "cells_most": plane.CELLS_MOST,
        "scheme": method.scheme,
        "steps": found.steps,
        "core_s": round(found.seconds, 1),
        "core_most_s": LIMIT_S,
    }
    return {"result": Document(told)}


FLOOD_ESTIMATE = Process(
    id="flood-estimate",
    version="1.1.0",
    title=Title("推演估时", "Estimate a run"),
    description=Title(
        "一次洪水推演有多少格、多少步、单核约需多少秒:只看范围、网格、时长与格式,不读地形。"
        "flood-scenario 检查时用同一算法,超过上限者拒绝。",
        "How many cells and steps a run has, and about how many seconds of one core it takes, from its area,"
        " cells, duration and scheme alone; no terrain is read. flood-scenario holds the same figure against"
        " its limit.",
    ),
    inputs={
        "area": AREA,
        "cell_m": CELL,
        "duration_s": SCENARIO["duration_s"],
        "scheme": SCENARIO["scheme"],
        "bits": SCENARIO["bits"],
        "breached": described("有溃口", "there is a breach", _FLAG, required=False),
        "rained": described("有降雨", "it rains", _FLAG, required=False),
    },
    outputs={"result": described("估计", "the estimate", OBJECT)},
    run=_run,
)  # fmt: skip
