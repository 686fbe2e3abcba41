"""``publish-plan``, ``publication-step`` 公示发布与办理: a version shown to everybody, and what follows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from planning.layers import CONTROL
from planning.publication.model import Action
from planning.publication.precision import Precision
from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.jobs.model import Outputs
from spatial.jobs.process import Context, Inputs, Process, Schema
from spatial.jobs.processes.parts import INSTANT, OBJECT, SIGNED, described

VERSIONS: Final = "plan-versions"
LAYERS: Final = (*CONTROL, "detailed-plan-plots")
"""Layers whose features belong to a version of a plan."""
_DAY: Final[Schema] = {"type": "string", "format": "date", "minLength": 10, "maxLength": 10}
_LAYER: Final[Schema] = {
    "type": "object",
    "required": ["layer"],
    "additionalProperties": False,
    "properties": {
        "layer": {"type": "string", "enum": list(LAYERS)},
        "precision": {"type": "string", "enum": [each.value for each in Precision]},
    },
}


def _text(most: int, least: int = 1) -> Schema:
    return {"type": "string", "minLength": least, "maxLength": most}


def _publish(context: Context, inputs: Inputs) -> Outputs:
    from planning.processes.publishing_work import publish

    return publish(context, inputs)


def _step(context: Context, inputs: Inputs) -> Outputs:
    from planning.processes.publishing_work import step

    return step(context, inputs)


def _published(inputs: Inputs) -> Mapping[str, Right]:
    """Whoever shows a layer to everybody manages it; the version is edited besides."""
    shown = {each["layer"]: Right.MANAGE for each in inputs.get("layers", ())}
    return {VERSIONS: Right.EDIT, "plans": Right.READ, **shown}


def _stepped(_: Inputs) -> Mapping[str, Right]:
    return {VERSIONS: Right.EDIT}


PUBLISH_PLAN: Final = Process(
    id="publish-plan",
    version="1.0.0",
    title=Title("规划公示", "Publish a plan for comment"),
    description=Title(
        "公示规划版本并征询意见:自 day 至 closes_on;编制中的版本同时转为公示。图层按当时状态固定,此后可原样"
        "重现;只公开公开字段,精度按图层的保密要求(原样、概略、仅统计),可更粗不可更细。"
        "平台之外的公示注明 elsewhere。"
        "期满后方可报批。preview 只检查。",
        "Shows a version to everybody and takes comments, from day to closes_on; one being drawn up moves to"
        " public notice. Layers are pinned as they are known then; public fields alone, at a precision by"
        " secrecy (exact, coarse, counted), coarser where asked, never finer. A notice given elsewhere says"
        " where. Submission waits for the end of the period. preview only checks.",
    ),
    inputs={
        "version": described("规划版本标识", "id of the version", _text(60)),
        "title": described("公示标题", "title", _text(120)),
        "summary": described("公示说明", "what it is about", _text(4000), required=False),
        "layers": described(
            "公示图层",
            "layers that are shown",
            {"type": "array", "items": _LAYER, "minItems": 1, "maxItems": len(LAYERS), "uniqueItems": True},
            required=False,
        ),
        "elsewhere": described("平台之外的公示地点", "where else it was shown", _text(200), required=False),
        "closes_on": described("征询截止日", "last day of the comment period", _DAY),
        "datetime": described(
            "公示内容的有效时间", "instant of valid time that is shown", INSTANT, required=False
        ),
        **SIGNED,
        "day": described("公示起始日", "first day of the period", INSTANT),
        "document": described("文号", "number of the document", _text(100, 0), required=False),
        "document_title": described("公示文件名称", "title of the document", _text(200)),
        "issued_on": described("文件日期", "date of the document", _DAY),
    },
    outputs={"outcome": described("公示", "the publication", OBJECT)},
    run=_publish,
    needs=_published,
    synchronous=False,
)

PUBLICATION_STEP: Final = Process(
    id="publication-step",
    version="1.0.0",
    title=Title("公示办理", "Extend, close or withdraw a publication"),
    description=Title(
        "延期 extended、期满办结 closed、撤回 withdrawn;办结后可清除提意见人的姓名与联系方式 erased。"
        "每一步留痕;办结时核对公示内容与当时所见逐字节一致。",
        "Extends a publication, closes it when the period is over, withdraws it; after that, erases names and"
        " contacts of those who commented. Each step is kept; closing proves that what was shown is"
        " unchanged.",
    ),
    inputs={
        "publication": described("公示编号", "number of the publication", {"type": "integer", "minimum": 1}),
        "action": described(
            "动作",
            "what is done",
            {"type": "string", "enum": [each.value for each in Action if each is not Action.OPENED]},
        ),
        "closes_on": described("新的截止日(延期)", "last day, of an extension", _DAY, required=False),
        "reason": described("说明", "what is said of it", _text(2000)),
        "author": SIGNED["author"],
        "department": SIGNED["department"],
    },
    outputs={"outcome": described("公示", "the publication", OBJECT)},
    run=_step,
    needs=_stepped,
    synchronous=False,
)
