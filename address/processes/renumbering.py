"""``renumber-street`` 门牌重编: a street numbered anew by the city's rule, or as told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from address.processes.parts import undone
from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.jobs.model import Outputs
from spatial.jobs.process import Context, Inputs, Process
from spatial.jobs.processes.parts import OBJECT, SIGNED, described

DOORS_MOST: Final = 5_000
WRITTEN: Final = ("components", "addresses", "address-aliases", "address-lineage")
"""Layers that it writes."""
READ: Final = ("named-roads", "doorplates", "object-links")


def _run(context: Context, inputs: Inputs) -> Outputs:
    from address.processes.renumbering_work import run

    return run(context, inputs)


def _needs(_: Inputs) -> Mapping[str, Right]:
    return dict.fromkeys(WRITTEN, Right.EDIT) | dict.fromkeys(READ, Right.READ)


RENUMBER_STREET = Process(
    id="renumber-street",
    version="1.0.0",
    title=Title("门牌重编", "Renumber a street"),
    description=Title(
        "按城市编号规则沿街重编门牌,或逐个给号;preview 只算影响,undo 撤销先前的重编。标识不变,旧号仍可查到。",
        "Numbers the doors of a street by the city's rule, or as told; preview reckons the impact, undo takes"
        " an earlier one back. Doors keep their identity, and former numbers lead to them.",
    ),
    inputs={
        "street": described(
            "街巷(标识、代码或名称)",
            "the street by key, code or name",
            {"type": "string", "minLength": 1, "maxLength": 60},
            required=False,
        ),
        "numbers": described(
            "逐个给号;不给则按规则",
            "numbers door by door, else by the rule",
            {
                "type": "array",
                "minItems": 1,
                "maxItems": DOORS_MOST,
                "items": {
                    "type": "object",
                    "required": ["door", "number"],
                    "properties": {
                        "door": {"type": "string", "minLength": 1, "maxLength": 60},
                        "number": {"type": "integer", "minimum": 1, "maximum": 99_999},
                        "sub_number": {"type": "integer", "minimum": 1, "maximum": 99_999},
                    },
                    "additionalProperties": False,
                },
            },
            required=False,
        ),
        "undo": undone(WRITTEN),
        **SIGNED,
    },
    outputs={"outcome": described("重编结果", "what it changes", OBJECT)},
    run=_run,
    needs=_needs,
    entire=True,
    synchronous=False,
)
