"""``plan-review`` 成果质检: the twelve groups of checks over planning layers at an instant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from planning.layers import CONTROL, MANAGED
from planning.review.catalogue import shipped
from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.catalogue.lineage import Source
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs, Process, Schema
from spatial.jobs.processes.parts import INSTANT, OBJECT, described

LAYERS: Final = ("land-use-survey", *CONTROL, *MANAGED)
DIVISIONS: Final = "regions"
CONTENT_MAX: Final = 8_000_000
"""Characters of base64; larger deliveries are loaded first and reviewed as held."""
_RECORD: Final[Schema] = {
    "type": "object",
    "required": ["layer", "key", "kind"],
    "properties": {
        "layer": {"type": "string", "enum": list(LAYERS)},
        "key": {"type": "string", "minLength": 1, "maxLength": 60},
        "kind": {"type": "string", "enum": ["1", "2", "3"]},
        "number": {"type": "string", "maxLength": 60},
    },
    "additionalProperties": False,
}
_FILE: Final[Schema] = {
    "type": "object",
    "required": ["name", "content"],
    "properties": {
        "name": {"type": "string", "pattern": r"^[^/\\\x00]{1,120}$"},
        "content": {"type": "string", "contentEncoding": "base64", "maxLength": CONTENT_MAX},
    },
    "additionalProperties": False,
}
_VALUES: Final[Schema] = {"type": "object", "maxProperties": 500, "additionalProperties": {"type": "number"}}


def _file(media_type: str) -> Schema:
    return {"type": "string", "contentEncoding": "base64", "contentMediaType": media_type}


def _run(context: Context, inputs: Inputs) -> Outputs:
    from planning.processes.reviewing_work import run

    return run(context, inputs)


def _needs(inputs: Inputs) -> Mapping[str, Right]:
    held = "file" not in inputs or "upper" in inputs or "before" in inputs
    return dict.fromkeys((*(inputs.get("layers", LAYERS) if held else ()), DIVISIONS), Right.READ)


def _rests_on(_: Inputs, outputs: Outputs) -> Iterable[Source]:
    told = outputs["report"]
    assert isinstance(told, Document) and isinstance(told.value, dict)
    yield from (Source(layer, state) for layer, state in told.value["states"].items() if state)


PLAN_REVIEW = Process(
    id="plan-review",
    version="1.0.0",
    title=Title("规划成果质检", "Review plan results"),
    description=Title(
        "按十二组检查项(完整性、数学基础、结构、值域、唯一性、几何、拓扑、跨层、面积、指标、传导、变更)检查规划图层,"
        "可取任一有效时间与登记时间;结果为报告(JSON、网页、PDF)与问题图层 GeoPackage。",
        "Checks planning layers by the twelve groups, at any instant of valid and recorded time: a report as"
        " JSON, page and PDF, and a GeoPackage of the defects.",
    ),
    inputs={
        "datetime": described("有效时间", "instant of valid time", INSTANT, required=False),
        "asof": described("登记时间", "instant of recorded time", INSTANT, required=False),
        "layers": described(
            "图层;不给则为在用的全部规划图层",
            "layers, else all planning layers in service",
            {
                "type": "array",
                "minItems": 1,
                "uniqueItems": True,
                "items": {"type": "string", "enum": list(LAYERS)},
            },
            required=False,
        ),
        "file": described(
            "送审成果文件(zip 内的 FileGDB、GeoPackage、Shapefile);不给则检查在库图层",
            "a delivery in a file, else what the platform holds",
            _FILE,
            required=False,
        ),
        "checks": described(
            "检查项或检查组号;不给则全部",
            "checks by id, or groups by number, else everything",
            {
                "type": "array",
                "minItems": 1,
                "uniqueItems": True,
                "items": {
                    "enum": [*shipped().checks, *range(1, len(shipped().groups) + 1)],
                },
            },
            required=False,
        ),
        "indicators": described(
            "申报指标表:指标编号(如 AQ-01)与数值;成果自带指标表者以其为准",
            "declared indicators by code, as AQ-01; the table of a delivery goes before",
            _VALUES,
            required=False,
        ),
        "tasks": described(
            "下达任务:代码与最低值", "tasks handed down by code, the least", _VALUES, required=False
        ),
        "upper": described(
            "上级规划图层的登记时间:与其时的控制线比较传导",
            "instant of recorded time whose control lines are taken for the upper plan's",
            INSTANT,
            required=False,
        ),
        "before": described(
            "维护前的有效时间:与其时图层比较变更",
            "instant of valid time of state A, whose changes records must explain",
            INSTANT,
            required=False,
        ),
        "records": described(
            "维护记录(WHC):图层、标识码、维护类型(1 调入,2 属性变更,3 调出)、维护编号",
            "records of the changes: layer, BSM, kind, number",
            {"type": "array", "maxItems": 100_000, "items": _RECORD},
            required=False,
        ),
    },
    outputs={
        "report": described("质检报告", "the report", OBJECT),
        "page": described(
            "质检报告网页", "the report as a page", {"type": "string", "contentMediaType": "text/html"}
        ),
        "paper": described(
            "质检报告 PDF",
            "the report as PDF",
            {"type": "string", "contentEncoding": "base64", "contentMediaType": "application/pdf"},
        ),
        "defects": described("问题图层", "defects as a GeoPackage", _file("application/geopackage+sqlite3")),
    },
    run=_run,
    needs=_needs,
    releases=True,
    rests_on=_rests_on,
    synchronous=False,
)
