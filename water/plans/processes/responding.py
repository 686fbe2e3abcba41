"""``response-plan-activate`` 启动, ``response-plan-confirm`` 确认 and ``response-plan-end`` 终止响应."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.jobs.process import Inputs, Process
from spatial.jobs.processes.parts import INSTANT, OBJECT, described
from water.plans.layers import PLANS
from water.plans.life import DUE
from water.plans.processes.planning import BY, NOTE, NUMBER, PLAN, later
from water.plans.triggers import COLOURS

_TEXT: Final[dict[str, Any]] = {"type": "string", "minLength": 1, "maxLength": 200}
_NUMBER: Final[dict[str, Any]] = {"type": "number"}


def _facts(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {
        "type": "array", "maxItems": 2000,
        "items": {
            "type": "object", "required": required, "properties": properties, "additionalProperties": False,
        },
    }  # fmt: skip


FACTS: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "warnings": _facts(
            {"id": _TEXT, "level": {"type": "string", "enum": list(COLOURS)}, "place": _TEXT}, ["level"]
        ),
        "stages": _facts(
            {"station": _TEXT, "stage_m": _NUMBER, "datum": _TEXT, "at": INSTANT},
            ["station", "stage_m", "datum"],
        ),
        "thresholds": _facts(
            {"station": _TEXT, "kind": _TEXT, "stage_m": _NUMBER, "datum": _TEXT},
            ["station", "kind", "stage_m", "datum"],
        ),
        "forecasts": _facts(
            {
                "station": _TEXT, "stage_m": _NUMBER, "datum": _TEXT, "flow_m3_s": _NUMBER,
                "probability": {"type": "number", "minimum": 0, "maximum": 1},
                "lead_h": {"type": "number", "minimum": 0},
            },
            ["station"],
        ),
        "order": {
            "type": "object", "required": ["by", "document"], "additionalProperties": False,
            "properties": {"by": _TEXT, "document": _TEXT},
        },
    },
}  # fmt: skip


def _edits(_: Inputs) -> Mapping[str, Right]:
    return {PLANS: Right.EDIT}


PLAN_ACTIVATE = Process(
    id="response-plan-activate",
    version="1.0.0",
    title=Title("预案启动", "Activate a response plan"),
    description=Title(
        "以施行中的版本启动响应:所指的启动条件须在所给事实上成立(预警、水位、预报、特征值、启动命令;"
        "基面不同不换算,缺少事实即无法判断);成立的依据随启动记录保存。exercise 为演练。",
        "Put the version in force to work: the trigger that is named must be met on the facts that are given"
        " (warnings, stages, forecasts, thresholds, an order; nothing is converted between datums, and where"
        " a fact is missing it is undecided). The facts are kept. With exercise it is a drill.",
    ),
    inputs={
        "plan": described("预案编号", "id of the plan", PLAN),
        "trigger": described("启动条件编号", "id of the trigger", PLAN),
        "facts": described("事实", "the facts", FACTS),
        "exercise": described("演练", "a drill", {"type": "boolean"}, required=False),
        "note": described("说明", "remark", NOTE, required=False),
        **BY,
    },
    outputs={"activation": described("启动记录", "the activation", OBJECT)},
    run=later("responding", "activate"),
    needs=_edits,
    synchronous=False,
)

PLAN_CONFIRM = Process(
    id="response-plan-confirm",
    version="1.0.0",
    title=Title("消息与任务确认", "Confirm a message or an action"),
    description=Title(
        "确认一条消息已发出或一项任务已完成,何时、由谁;每项一次,不可改。",
        "Say that a message went out or an action was done, when and by whom; once each, for good.",
    ),
    inputs={
        "plan": described("预案编号", "id of the plan", PLAN),
        "activation": described("启动编号", "number of the activation", NUMBER),
        "kind": described("种类", "which kind", {"type": "string", "enum": list(DUE)}),
        "item": described("消息或任务编号", "id of the message or action", PLAN),
        "done_at": described("完成时刻,不给则为现在", "when it was done, else now", INSTANT, required=False),
        "note": described("说明", "remark", NOTE, required=False),
        **BY,
    },
    outputs={"activation": described("启动记录", "the activation", OBJECT)},
    run=later("responding", "confirm"),
    needs=_edits,
    synchronous=False,
)

PLAN_END = Process(
    id="response-plan-end",
    version="1.0.0",
    title=Title("响应终止", "End an activation"),
    description=Title(
        "终止一次响应,说明依据;未确认的消息与任务保持原状。",
        "End an activation and say on what ground; what was not confirmed by then stays so.",
    ),
    inputs={
        "plan": described("预案编号", "id of the plan", PLAN),
        "activation": described("启动编号", "number of the activation", NUMBER),
        "note": described("依据", "on what ground", {**NOTE, "minLength": 1}),
        **BY,
    },
    outputs={"activation": described("启动记录", "the activation", OBJECT)},
    run=later("responding", "end"),
    needs=_edits,
    synchronous=False,
)
