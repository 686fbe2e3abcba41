"""What the declarations of address processes share: a town, an undo."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from spatial.jobs.process import Described, Schema
from spatial.jobs.processes.parts import INSTANT, described

_TEXT: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": 200}

TOWN: Final = described(
    "镇街(名称或代码);不给则全市",
    "a town by name or code, else the whole city",
    {"type": "string", "minLength": 1, "maxLength": 60},
    required=False,
)


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
