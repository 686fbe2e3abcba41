"""``advance-address`` 地址办理: components moved on in their life by the city's rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from address.model import STATES
from address.rules.life import ROLES, Role
from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.jobs.model import Outputs
from spatial.jobs.process import Context, Inputs, Process, Schema
from spatial.jobs.processes.parts import OBJECT, SIGNED, described

SUBJECTS_MOST: Final = 2_000
WRITTEN: Final = ("components", "addresses", "place-names", "address-events")
"""Layers that it writes (``address.advance.LAYERS``)."""
READ: Final = ("regions", "named-roads", "object-links")


def _run(context: Context, inputs: Inputs) -> Outputs:
    from address.processes.advancing_work import run

    return run(context, inputs)


def _needs(inputs: Inputs) -> Mapping[str, Right]:
    """Who applies may edit; who reviews or publishes may apply what others propose."""
    right = Right.EDIT if inputs["role"] == Role.APPLICANT else Right.REVIEW
    return dict.fromkeys(WRITTEN, right) | dict.fromkeys(READ, Right.READ)


_KEY: Final[Schema] = {"type": "string", "minLength": 1, "maxLength": 60}

ADVANCE_ADDRESS = Process(
    id="advance-address",
    version="1.0.0",
    title=Title("地址办理", "Advance in life"),
    description=Title(
        "申请、审核、发布、变更、停用、注销:按城市规则核对岗位、材料和自动检查,一批一次办理,写入办理记录;"
        "preview 只检查。",
        "Application, review, publication, change, suspension, cancellation: post, papers and automatic"
        " checks by the city's rules; all subjects or none, with an entry for each. preview only checks.",
    ),
    inputs={
        "subjects": described(
            "构件(标识或代码)",
            "components by key or code",
            {"type": "array", "items": _KEY, "minItems": 1, "maxItems": SUBJECTS_MOST, "uniqueItems": True},
        ),
        "to": described(
            "新状态", "the state it takes", {"type": "string", "enum": [each.value for each in STATES]}
        ),
        "role": described("岗位", "as what", {"type": "string", "enum": [each.value for each in ROLES]}),
        "papers": described(
            "材料(如 申请表、批准文件、现场核实记录)",
            "kinds of papers that are there",
            {"type": "array", "items": _KEY, "maxItems": 20, "uniqueItems": True},
            required=False,
        ),
        **SIGNED,
    },
    outputs={"outcome": described("办理结果", "what was done", OBJECT)},
    run=_run,
    needs=_needs,
    entire=True,
    synchronous=False,
)
