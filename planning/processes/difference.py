"""``plan-difference`` 规划差异: two states of a planning layer compared; the maintenance package."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from planning.layers import LAYERS
from planning.maintenance.roles import ROLES
from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.catalogue.lineage import Source
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs, Process, Schema
from spatial.jobs.processes.parts import INSTANT, LAYER, OBJECT, described

LIMIT_DEFAULT, LIMIT_MAX = 1_000, 100_000
FILE: Final[Schema] = {"type": "string", "contentEncoding": "base64"}
_MOMENT: Final[Schema] = {
    "type": "object",
    "required": ["datetime"],
    "properties": {"datetime": INSTANT, "asof": INSTANT},
    "additionalProperties": False,
}


def _text(most: int) -> Schema:
    return {"type": "string", "maxLength": most}


_PACKAGE: Final[Schema] = {
    "type": "object",
    "required": ["year"],
    "properties": {
        "year": {"type": "integer", "minimum": 2000, "maximum": 2100},
        "layers": {"type": "array", "items": {"type": "string", "enum": list(ROLES)}, "uniqueItems": True},
        "whbh": _text(18),
        "whly": _text(3),
        "jdzbly": _text(10),
        "kzbshslx": _text(3),
        "bz": _text(255),
    },
    "additionalProperties": False,
}


def _run(context: Context, inputs: Inputs) -> Outputs:
    from planning.processes.difference_work import run

    return run(context, inputs, layers_of(inputs), inputs.get("limit", LIMIT_DEFAULT))


def layers_of(inputs: Inputs) -> tuple[str, ...]:
    """Every layer that is read: that of the difference, then those of the package."""
    return tuple(dict.fromkeys((inputs["layer"], *inputs.get("package", {}).get("layers", ()))))


def _needs(inputs: Inputs) -> Mapping[str, Right]:
    return dict.fromkeys(layers_of(inputs), Right.READ)


def _rests_on(inputs: Inputs, outputs: Outputs) -> Iterable[Source]:
    report = outputs["report"]
    assert isinstance(report, Document) and isinstance(report.value, dict)
    states: dict[str, Any] = report.value["changesets"]
    for layer_id in layers_of(inputs):
        for changeset in dict.fromkeys(states[layer_id]):
            if changeset:
                yield Source(layer_id, changeset)


PLAN_DIFFERENCE = Process(
    id="plan-difference",
    version="1.0.0",
    title=Title("规划差异", "Difference of two versions"),
    description=Title(
        "规划图层在两个时点之间的差异:新增、删除、属性与界线变更、分割与合并、重新编码;按分类的面积转移矩阵与"
        "调入调出(椭球面积);差异文件可精确还原;可另出年度动态维护包(WHQ、WHH、WHC,FileGDB,自检后给出)。",
        "What differs in a planning layer between two states: inserted, removed, changed in attributes or"
        " line, split, merged, coded anew; areas by class, before and after, moved in and out (legal areas);"
        " a file from which the newer state is restored exactly; and the yearly maintenance package, proved.",
    ),
    inputs={
        "layer": described("图层", "layer", {**LAYER, "enum": list(LAYERS)}),
        "from": described("较早的状态:有效时间与登记时间", "older state: valid and recorded time", _MOMENT),
        "to": described(
            "较新的状态;不给则为现在", "newer state; now where not said", _MOMENT, required=False
        ),
        "by": described("分类字段;不给则按图例", "field of the classes; the legend's", LAYER, required=False),
        "ignore": described(
            "不比较的字段",
            "fields that are not compared",
            {"type": "array", "items": LAYER, "uniqueItems": True},
            required=False,
        ),
        "whole": described(
            "面积表含未变部分(默认是)",
            "whether the tables hold what is unchanged, too; yes where not said",
            {"type": "boolean", "default": True},
            required=False,
        ),
        "format": described(
            "差异文件格式",
            "format of the difference",
            {"type": "string", "enum": ["geopackage", "none"], "default": "geopackage"},
            required=False,
        ),
        "limit": described(
            "列出至多",
            "list at most",
            {"type": "integer", "minimum": 0, "maximum": LIMIT_MAX, "default": LIMIT_DEFAULT},
            required=False,
        ),
        "package": described("年度动态维护包", "the yearly maintenance package", _PACKAGE, required=False),
    },
    outputs={
        "report": described("差异报告", "the report", OBJECT),
        "difference": described("差异文件", "the difference as a file", FILE, required=False),
        "package": described("动态维护包", "the maintenance package", FILE, required=False),
    },
    run=_run,
    needs=_needs,
    releases=True,
    rests_on=_rests_on,
    synchronous=False,
)
