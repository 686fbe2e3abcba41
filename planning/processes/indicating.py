"""``indicators`` 指标计算: values of any region, date and version, the declared table, the report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from planning.layers import FACILITIES
from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.catalogue.lineage import Source
from spatial.jobs.model import Document, Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes.parts import INSTANT, OBJECT, described

REPORTS = ("none", "page", "pdf", "both")
CODES_MAX = 200


def _run(context: Context, inputs: Inputs) -> Outputs:
    from planning.processes.indicating_work import run

    return run(context, inputs)


def _needs(inputs: Inputs) -> Mapping[str, Right]:
    """Every layer that the indicators asked for rest on, and the one the region is read from."""
    from planning.indicators.regions import layer_of

    wanted = set(_wants(inputs))
    named = [layer for layer in _named(inputs) if layer not in wanted]
    region = layer_of(inputs.get("region"))
    return dict.fromkeys([*named, *([region] if region else [])], Right.READ)


def _wants(inputs: Inputs) -> Mapping[str, Right]:
    """Facilities, of which a city may keep none: what rests on them is then no data."""
    return {FACILITIES: Right.READ} if FACILITIES in _named(inputs) else {}


def _named(inputs: Inputs) -> list[str]:
    from planning.indicators.definition import chosen, shipped

    return [layer for each in chosen(shipped(), inputs.get("codes")) for layer in each.layers]


def _rests_on(_: Inputs, outputs: Outputs) -> Iterable[Source]:
    told = outputs["result"]
    assert isinstance(told, Document) and isinstance(told.value, dict)
    for state in told.value["layers"]:
        yield Source(state["layer"], state["changeset"])


INDICATORS = Process(
    id="indicators",
    version="1.0.0",
    title=Title("规划指标计算", "Evaluate planning indicators"),
    description=Title(
        "按指标定义,对全市、镇(村)或任一范围,在任一有效时间与登记时间计算指标;面积为椭球面积。"
        "每个值附定义版本、各图层变更集与链哈希,可据以复算;缺数据者为无数据,不为零。"
        "可与申报指标表核对,并整份生成年度体检报告(网页与 PDF)。公式与条款未经核对者标注待核。",
        "Evaluates indicators over the city, a town or village, or any polygon, at any instant of valid and"
        " recorded time, by legal area. Each value names its definition, the changesets and chain hashes it"
        " rests on; what lacks data is no data, never 0. Holds a declared table against it and writes the"
        " yearly check-up report as page and PDF. Formulas that were not checked say so.",
    ),
    inputs={
        "region": described(
            "区域:city、行政区代码(6、9、12 位)或 GeoJSON 面",
            "region: city, a division code (6, 9, 12 digits) or a GeoJSON polygon",
            {
                "oneOf": [
                    {"type": "string", "pattern": "^(city|[0-9]{6}|[0-9]{9}|[0-9]{12})$"},
                    {
                        "type": "object",
                        "required": ["type", "coordinates"],
                        "properties": {"type": {"enum": ["Polygon", "MultiPolygon"]}},
                    },
                ]
            },
            required=False,
        ),
        "datetime": described("有效时间", "instant of valid time", INSTANT, required=False),
        "asof": described("登记时间", "instant of recorded time", INSTANT, required=False),
        "plan_version": described(
            "规划版本,限注明版本的图层",
            "version of the plan, of layers that tell theirs",
            {"type": "string", "minLength": 1, "maxLength": 60},
            required=False,
        ),
        "codes": described(
            "指标编号,缺省为全部",
            "codes of indicators, else all",
            {
                "type": "array",
                "minItems": 1,
                "maxItems": CODES_MAX,
                "uniqueItems": True,
                "items": {"type": "string", "minLength": 1, "maxLength": 20},
            },
            required=False,
        ),
        "given": described(
            "非空间数据,注明来源",
            "figures that are no spatial data, with their source",
            {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "required": ["value", "source"],
                    "additionalProperties": False,
                    "properties": {
                        "value": {"type": ["number", "string"]},
                        "source": {"type": "string", "minLength": 1, "maxLength": 200},
                    },
                },
            },
            required=False,
        ),
        "declared": described(
            "申报的指标表",
            "the declared table",
            {
                "type": "array",
                "maxItems": CODES_MAX,
                "items": {
                    "type": "object",
                    "required": ["code", "value"],
                    "additionalProperties": False,
                    "properties": {
                        "code": {"type": "string", "minLength": 1, "maxLength": 20},
                        "value": {"type": ["number", "string"]},
                        "unit": {"type": "string", "maxLength": 20},
                    },
                },
            },
            required=False,
        ),
        "keep": described("存档指标值", "keep the values for good", {"type": "boolean"}, required=False),
        "report": described(
            "年度体检报告", "the check-up report", {"type": "string", "enum": list(REPORTS)}, required=False
        ),
    },
    outputs={
        "result": described("指标值与核对结果", "values and what they were held against", OBJECT),
        "page": described("报告网页", "the report as a page", {"type": "string"}, required=False),
        "pdf": described(
            "报告 PDF",
            "the report as PDF",
            {"type": "string", "contentEncoding": "base64"},
            required=False,
        ),
    },
    run=_run,
    needs=_needs,
    wants=_wants,
    rests_on=_rests_on,
    synchronous=False,
)
