"""What the declarations of address processes share: a town; day, document, reason and who; an undo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from spatial.datum import parse_instant
from spatial.history.model import Intent
from spatial.jobs.process import Context, Described, Inputs, Schema
from spatial.jobs.processes.parts import INSTANT, described, who

_TEXT: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": 200}

TOWN: Final = described(
    "镇街(名称或代码);不给则全市",
    "a town by name or code, else the whole city",
    {"type": "string", "minLength": 1, "maxLength": 60},
    required=False,
)
SIGNED: Final = {
    "day": described("生效日", "from when it is true", INSTANT),
    "document": described("批准文号", "number of the document", _TEXT),
    "reason": described("原因", "why", _TEXT),
    "remark": described("备注", "remark", _TEXT, required=False),
    "preview": described("只预览影响", "only reckon the impact", {"type": "boolean"}, required=False),
    "author": described("经办人(仅本机)", "author, on this machine only", _TEXT, required=False),
    "department": described("部门(仅本机)", "department, on this machine only", _TEXT, required=False),
}


def undone(layers: Sequence[str]) -> Described:
    """The input that takes an earlier change of these layers back."""
    return described(
        "要撤销的办理:其结果中的 day 与 changesets",
        "what to take back: day and changesets of its outcome",
        {
            "type": "object",
            "required": ["day", "changesets"],
            "properties": {
                "day": INSTANT,
                "changesets": {
                    "type": "object",
                    "propertyNames": {"enum": list(layers)},
                    "additionalProperties": {"type": "integer", "minimum": 1},
                },
            },
        },
        required=False,
    )


def intent_of(context: Context, inputs: Inputs) -> Intent:
    """What the inputs ``SIGNED`` say."""
    author, department = who(context, inputs)
    return Intent(author, department, inputs["reason"], parse_instant(inputs["day"]))
