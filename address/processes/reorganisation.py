"""``reassign-region`` 区划调整: villages moved, units renamed, merged, split, recoded.

What is written and the end of its job are one transaction: a job tried again
after its worker died reorganises nothing twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from address.processes.parts import undone
from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.jobs.model import Outputs
from spatial.jobs.process import Context, Inputs, Process, Schema
from spatial.jobs.processes.parts import OBJECT, SIGNED, described

STEPS_MOST: Final = 500
WRITTEN: Final = (
    "components", "regions", "addresses", "place-names", "address-aliases", "address-codes",
    "address-lineage",
)  # fmt: skip
"""Layers that it writes (``address.reassign.LAYERS``)."""


def _run(context: Context, inputs: Inputs) -> Outputs:
    from address.processes.reorganisation_work import run

    return run(context, inputs)


def _needs(_: Inputs) -> Mapping[str, Right]:
    return dict.fromkeys(WRITTEN, Right.EDIT)


_UNIT: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": 60}
_UNITS: Final[Schema] = {
    "type": "array",
    "items": _UNIT,
    "minItems": 1,
    "maxItems": 2000,
    "uniqueItems": True,
}


def _kind(step: str, members: Mapping[str, Schema], optional: Mapping[str, Schema] | None = None) -> Schema:
    return {
        "required": ["step", *members],
        "properties": {"step": {"const": step}, **members, **(optional or {})},
        "additionalProperties": False,
    }


REASSIGN_REGION = Process(
    id="reassign-region",
    version="1.0.0",
    title=Title("区划调整", "Reorganise regions"),
    description=Title(
        "划转、更名、合并、拆分、改码,多步一次完成;preview 只算影响,undo 撤销先前的调整。标识不变。",
        "Moves, renames, merges, splits and recodes units, all steps at once; preview reckons the impact,"
        " undo takes an earlier one back. Addresses keep their identity, and links hold.",
    ),
    inputs={
        "steps": described(
            "步骤;单位以标识或区划代码指明",
            "the steps; units by key or division code",
            {
                "type": "array",
                "minItems": 1,
                "maxItems": STEPS_MOST,
                "items": {
                    "type": "object",
                    "oneOf": [
                        _kind("move", {"units": _UNITS, "into": _UNIT}),
                        _kind("rename", {"unit": _UNIT, "name": _UNIT}),
                        _kind("merge", {"units": _UNITS, "into": _UNIT}),
                        _kind("split", {"unit": _UNIT, "name": _UNIT, "units": _UNITS}, {"code": _UNIT}),
                        _kind("recode", {"unit": _UNIT, "code": _UNIT}),
                    ],
                },
            },
            required=False,
        ),
        "undo": undone(WRITTEN),
        **SIGNED,
    },
    outputs={"outcome": described("调整结果", "what it changes", OBJECT)},
    run=_run,
    needs=_needs,
    entire=True,
    synchronous=False,
)
