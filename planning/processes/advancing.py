"""``advance-plan`` 规划办理: a version of a plan moved on in its life, from a day on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from planning.layers import CONTROL
from planning.plans.life import Status
from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.jobs.model import Outputs
from spatial.jobs.process import Context, Inputs, Process, Schema
from spatial.jobs.processes.parts import OBJECT, SIGNED, described

_VERSION: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": 60}


def _run(context: Context, inputs: Inputs) -> Outputs:
    from planning.processes.advancing_work import run

    return run(context, inputs)


def _needs(inputs: Inputs) -> Mapping[str, Right]:
    written = ("plan-versions", *inputs.get("content_layers", ()))
    return dict.fromkeys(written, Right.EDIT) | {"plans": Right.READ}


ADVANCE_PLAN = Process(
    id="advance-plan",
    version="1.0.0",
    title=Title("规划办理", "Advance a plan"),
    description=Title(
        "规划版本的公示、报批、批复、备案、动态维护、废止:按规则核对状态与依据文件,自生效日起写入;"
        "取代的版本同时废止,可一并终止其图层内容;preview 只检查。官方程序未明确之处标注待核。",
        "Notice, submission, approval, filing, maintenance, repeal of a version: status and document"
        " by the rules of its life, written from a day on; the version whose place it takes is repealed"
        " with it, its content ended where asked. preview only checks; what is still to be checked is told.",
    ),
    inputs={
        "version": described("规划版本标识", "id of the version", _VERSION),
        "to": described(
            "新状态", "the status it takes", {"type": "string", "enum": [each.value for each in Status]}
        ),
        **SIGNED,
        "document": described(
            "文号", "number of the document", {"type": "string", "maxLength": 100}, required=False
        ),
        "document_title": described(
            "文件名称", "title of the document", {"type": "string", "maxLength": 200}, required=False
        ),
        "issued_on": described(
            "文件日期", "date of the document", {"type": "string", "format": "date"}, required=False
        ),
        "document_sha256": described(
            "文件摘要",
            "digest of the document",
            {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            required=False,
        ),
        "content_layers": described(
            "随废止版本一并终止其要素的图层",
            "layers in which the features of a repealed version end with it",
            {"type": "array", "items": {"type": "string", "enum": list(CONTROL)}, "uniqueItems": True},
            required=False,
        ),
    },
    outputs={"outcome": described("办理结果", "what was done", OBJECT)},
    run=_run,
    needs=_needs,
    entire=True,
    synchronous=False,
)
