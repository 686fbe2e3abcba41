"""``response-plan-draft`` 预案起草 and ``response-plan-advance`` 预案批准与施行."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from spatial.access.model import Right
from spatial.catalogue.contract import Title
from spatial.jobs.model import Outputs
from spatial.jobs.process import Context, Described, Inputs, Process, Run
from spatial.jobs.processes.parts import OBJECT, SIGNED, described
from water.plans.content import SCHEMA
from water.plans.layers import PLANS
from water.plans.model import State

PLAN: Final[dict[str, Any]] = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$"}
NUMBER: Final[dict[str, Any]] = {"type": "integer", "minimum": 1, "maximum": 2_147_483_647}
NOTE: Final[dict[str, Any]] = {"type": "string", "maxLength": 1000}
BY: Final[dict[str, Described]] = {name: SIGNED[name] for name in ("author", "department")}
NEXT: Final = (State.APPROVED, State.IN_FORCE, State.WITHDRAWN)


def later(module: str, name: str) -> Run:
    """A run whose work is imported when it runs."""

    def run(context: Context, inputs: Inputs) -> Outputs:
        from water.plans.processes import planning_work, responding_work

        work: Run = getattr({"planning": planning_work, "responding": responding_work}[module], name)
        return work(context, inputs)

    return run


def _edits(_: Inputs) -> Mapping[str, Right]:
    return {PLANS: Right.EDIT}


def _reviews(_: Inputs) -> Mapping[str, Right]:
    return {PLANS: Right.REVIEW}


PLAN_DRAFT = Process(
    id="response-plan-draft",
    version="1.0.0",
    title=Title("预案起草", "Draft a response plan"),
    description=Title(
        "登记预案的新版本(草案):启动条件、责任岗位、任务、消息;可附一次 evacuation 任务的安置结果。"
        "版本一经登记不再改动,修改另立新版。",
        "Keep a new version of a response plan as a draft: triggers, posts, actions, messages, and the"
        " assignments of an evacuation job where one is named. A version never changes.",
    ),
    inputs={
        "plan": described("预案编号", "id of the plan", PLAN),
        "content": described("预案内容", "what it says", SCHEMA),
        "evacuation": described(
            "evacuation 任务编号", "job of an evacuation",
            {"type": "string", "minLength": 1, "maxLength": 80}, required=False,
        ),
        "reason": SIGNED["reason"],
        **BY,
    },
    outputs={"version": described("版本", "the version", OBJECT)},
    run=later("planning", "draft"),
    needs=_edits,
    synchronous=False,
)  # fmt: skip

PLAN_ADVANCE = Process(
    id="response-plan-advance",
    version="1.0.0",
    title=Title("预案批准与施行", "Advance a response plan"),
    description=Title(
        "批准 approved、施行 in-force 或撤回 withdrawn 一个版本;起草人不能批准;施行即取代此前施行的版本。",
        "Approve a version, put it in force, or withdraw it. Who drafted it does not approve it; what was in"
        " force before is superseded.",
    ),
    inputs={
        "plan": described("预案编号", "id of the plan", PLAN),
        "version": described("版本号", "number of the version", NUMBER),
        "to": described(
            "办理", "what is done",
            {"type": "string", "enum": [each.value for each in NEXT]},
        ),
        "note": described("说明", "remark", NOTE, required=False),
        **BY,
    },
    outputs={"version": described("版本", "the version", OBJECT)},
    run=later("planning", "advance"),
    needs=_reviews,
    synchronous=False,
)  # fmt: skip
