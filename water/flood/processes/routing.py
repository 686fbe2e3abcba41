"""``flood-route`` 河道洪水演算: releases and inflows led down their reaches to where they join."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.jobs.model import Outputs
from spatial.jobs.process import Context, Inputs, Process, Schema
from spatial.jobs.processes.parts import INSTANT, OBJECT, described
from water.flood.processes.parts import FROM, NAME, POSITIVE, SCENARIO, SERIES
from water.flood.reach import PARTS_MOST, Method
from water.gauges.layers import RATINGS, STATIONS
from water.processes.asking import STATION

_PARTS: Final[Schema] = {"type": "integer", "minimum": 1, "maximum": PARTS_MOST}
_SOURCE: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": 300}


def _reach(method: Method, required: list[str], **properties: Schema) -> Schema:
    return {
        "type": "object", "additionalProperties": False, "required": ["method", *required],
        "properties": {"method": {"enum": [method.value]}, **properties},
    }  # fmt: skip


_REACH: Final[Schema] = {
    "oneOf": [
        _reach(
            Method.MUSKINGUM, ["k_h", "x"],
            k_h={**POSITIVE, "maximum": 1_000}, x={"type": "number", "minimum": 0, "maximum": 0.5},
            parts=_PARTS,
        ),
        _reach(
            Method.CHANNEL, ["length_m", "slope", "manning", "bottom_m"],
            length_m={**POSITIVE, "maximum": 1e6}, slope={**POSITIVE, "maximum": 1},
            manning={**POSITIVE, "maximum": 1}, bottom_m={"type": "number", "minimum": 0, "maximum": 1e4},
            side={"type": "number", "minimum": 0, "maximum": 100}, parts=_PARTS,
        ),
        _reach(Method.TRAVEL, ["hours"], hours={"type": "number", "minimum": 0, "maximum": 1_000}),
    ]
}  # fmt: skip
_INFLOWS: Final[Schema] = {
    "type": "array", "minItems": 1, "maxItems": 20,
    "items": {
        "type": "object", "additionalProperties": False, "required": ["id", "reaches", "source"],
        "properties": {
            "id": NAME, "discharge_m3_s": SERIES, "from": FROM, "source": _SOURCE,
            "reaches": {"type": "array", "maxItems": 20, "items": _REACH},
        },
    },
}  # fmt: skip


def _run(context: Context, inputs: Inputs) -> Outputs:
    from water.flood.processes.routing_work import run

    return run(context, inputs)


def _needs(inputs: Inputs) -> Mapping[str, Right]:
    """The stations where an inflow is taken from one or its forecast; the curve of that where they join."""
    found: dict[str, Right] = {}
    if any("from" in one for one in inputs.get("inflows") or ()):
        found[STATIONS] = Right.READ
    if "station" in inputs:
        found |= {STATIONS: Right.READ, RATINGS: Right.READ}
    return found


FLOOD_ROUTE: Final = Process(
    id="flood-route",
    version="1.0.0",
    title=Title("河道洪水演算", "Route a flood"),
    description=Title(
        "把水库下泄与各支流入流沿河段演算(马斯京根、马斯京根–康吉或传播时间)至汇合处相加:过程、洪峰与"
        "迟滞、水量账;参数须注明来源。给出测站时,按其水位流量关系推水位,并与实测比较。"
        "演算成果未经等级评定,仅供参考,不作预报发布。",
        "Releases and inflows led down their reaches (Muskingum, Muskingum–Cunge, or a time of travel) to"
        " where they join, and added: courses, peaks and delays, the water account; parameters name their"
        " source. With a station, stages by its rating curve, and what it measured beside. A result is of no"
        " grade: for reference, never issued as a forecast.",
    ),
    inputs={
        "begins_at": described("起算时刻", "instant of second 0", INSTANT),
        "duration_s": SCENARIO["duration_s"],
        "step_s": described(
            "时段长 s,默认 3600", "step, s, 3600 where not said",
            {"type": "number", "minimum": 60, "maximum": 86_400}, required=False,
        ),
        "asof": SCENARIO["asof"],
        "inflows": described(
            "入流:下泄或入流过程 discharge_m3_s(或取自 from),其下各河段 reaches,及参数来源 source",
            "inflows: a release or inflow (discharge_m3_s, or from), the reaches below it, and the source of"
            " their parameters",
            _INFLOWS,
        ),
        "station": described("汇合处的测站", "the station where they join", STATION, required=False),
    },
    outputs={
        "result": described("演算成果", "what was routed", OBJECT),
        "table": described("过程表(CSV)", "the courses as CSV", {"type": "string"}),
    },
    run=_run,
    needs=_needs,
)  # fmt: skip
