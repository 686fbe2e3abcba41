"""``compliance-check`` 合规性审查: sites against the rules of use control, with evidence that is kept."""

from __future__ import annotations

from collections.abc import Mapping

from planning import roles
from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.jobs.model import Outputs
from spatial.jobs.process import Context, Inputs, Process, Schema
from spatial.jobs.processes.parts import FRAME, INSTANT, OBJECT, described

PROJECTS_MAX = 20_000
_PROJECTS: Schema = {
    "type": "object",
    "required": ["type"],
    "properties": {
        "type": {"type": "string", "enum": ["Feature", "FeatureCollection"]},
        "features": {"type": "array", "minItems": 1, "maxItems": PROJECTS_MAX, "items": {"type": "object"}},
    },
}
_RULES: Schema = {
    "type": "array",
    "minItems": 1,
    "uniqueItems": True,
    "items": {"type": "string", "minLength": 1, "maxLength": 60},
}


def _run(context: Context, inputs: Inputs) -> Outputs:
    from planning.processes.checking_work import run

    return run(context, inputs)


def _wants(_: Inputs) -> Mapping[str, Right]:
    """Layers whose ground the asker may see as evidence; of the others only areas are told."""
    return {role.layer: Right.READ for role in roles.shipped().values()}


COMPLIANCE_CHECK = Process(
    id="compliance-check",
    version="1.0.0",
    title=Title("合规性审查", "Compliance check"),
    description=Title(
        "按用途管制规则审查项目用地:每条规则给出结论(符合、不符合、需论证、无法判定、不适用),并附法源条款、"
        "规划版本与文号、来源摘要、重叠范围、椭球面积与容差内忽略的部分。审查结果留存,可按编号复算。"
        "项目为 GeoJSON 要素;坐标系以 crs 注明。",
        "Judges sites of projects by the rules of use control: a verdict by rule, with article, plan version"
        " and document, digest of the source, the ground concerned, legal area, and what tolerance ignores."
        " Results are kept and can be made again by their id. Projects are GeoJSON features.",
    ),
    inputs={
        "projects": described("项目(要素或要素集合)", "a project or several, GeoJSON", _PROJECTS),
        "crs": described("坐标系", "frame of the coordinates", FRAME, required=False),
        "datetime": described("审查日", "day of the check, now where not said", INSTANT, required=False),
        "asof": described("登记时间", "what was known at an instant", INSTANT, required=False),
        "rules": described("只审查这些规则", "only these rules", _RULES, required=False),
    },
    outputs={
        "result": described("审查结果", "the result, or that of each project in short", OBJECT),
        "evidence": described(
            "每个项目的全部证据(JSON 行)",
            "all evidence of each project, JSON lines",
            {"type": "string", "contentMediaType": "application/x-ndjson"},
            required=False,
        ),
    },
    run=_run,
    wants=_wants,
)
