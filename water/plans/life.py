"""The life of a version and of an activation 预案的办理: which step may follow which. No input or output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from water.errors import ResponsePlanStep
from water.plans.model import Activation, State, Version

Document = dict[str, Any]
STEPS: Final[Mapping[State, tuple[State, ...]]] = {
    State.DRAFT: (State.APPROVED, State.WITHDRAWN),
    State.APPROVED: (State.IN_FORCE, State.WITHDRAWN),
    State.IN_FORCE: (State.WITHDRAWN,),
    State.SUPERSEDED: (),
    State.WITHDRAWN: (),
}
"""What somebody may do; a version is superseded when another one comes into force."""
DUE: Final = ("messages", "actions")


def require_step(version: Version, to: State, subject: str, note: str) -> None:
    """Refuse a step that does not follow, an approval by who drafted it, a withdrawal without a reason."""
    told = f"{version.plan} {version.number}"
    if to not in STEPS[version.state]:
        allowed = "、".join(STEPS[version.state]) or "无"
        raise ResponsePlanStep(
            f"预案 {told} 当前为 {version.state},可办:{allowed};所办:{to}",
            f"plan {told} is {version.state}, what may follow is {allowed}; not {to}",
            value=to.value,
        )
    if to is State.APPROVED and subject == version.author:
        raise ResponsePlanStep(
            f"起草人不能批准自己的预案,请由他人批准:{subject}",
            f"who drafted a plan does not approve it, somebody else must: {subject}",
            value=subject,
        )
    if to is State.WITHDRAWN and not note.strip():
        raise ResponsePlanStep(
            f"撤回须说明原因:{told}", f"say why it is withdrawn, the note is empty: {told}", value=told
        )


def require_open(activation: Activation) -> None:
    """Refuse to go on with an activation that has ended."""
    if activation.ended_at is not None:
        raise ResponsePlanStep(
            f"本次响应已终止:{activation.id}",
            f"the activation has ended: {activation.id}",
            value=activation.id,
        )


def require_none_open(activations: Sequence[Activation], *, exercise: bool) -> None:
    """Refuse to begin what has begun: everybody would be told twice."""
    for each in activations:
        if each.ended_at is None and each.exercise is exercise:
            zh, en = ("演练", "an exercise") if exercise else ("响应", "a response")
            raise ResponsePlanStep(
                f"预案 {each.plan} 的{zh}正在进行,请在其中确认,或先终止它:{each.id}",
                f"{en} of plan {each.plan} is going on; confirm in it, or end it first: {each.id}",
                value=each.id,
            )


def trigger_of(content: Mapping[str, Any], id: str) -> Mapping[str, Any]:
    """A trigger of a plan by its id."""
    for each in content["triggers"]:
        if each["id"] == id:
            found: Mapping[str, Any] = each
            return found
    known = "、".join(each["id"] for each in content["triggers"])
    raise ResponsePlanStep(
        f"预案没有这个启动条件,现有 {known}:{id}",
        f"the plan has no such trigger, there are {known}: {id}",
        value=id,
    )


def due(content: Mapping[str, Any], activation: Activation, now: datetime) -> Document:
    """Messages and actions of an activation with when they are due, whether they are late, who confirmed."""
    confirmed = {(each.kind, each.item): each for each in activation.confirmations}
    told: Document = {}
    for kind in DUE:
        told[kind] = []
        for each in content[kind]:
            due_at = activation.activated_at + timedelta(minutes=each["due_min"])
            done = confirmed.get((kind, each["id"]))
            late_s = ((done.done_at if done else now) - due_at).total_seconds()
            told[kind].append(
                {
                    **each,
                    "due_at": due_at,
                    "state": "confirmed" if done else "overdue" if late_s > 0 else "due",
                    "late_s": round(late_s, 1) if late_s > 0 else 0,
                    "confirmed": None
                    if done is None
                    else {
                        "by": done.subject,
                        "department": done.department,
                        "note": done.note,
                        "done_at": done.done_at,
                        "recorded_at": done.recorded_at,
                    },
                }
            )
    return told
