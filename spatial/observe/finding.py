"""Findings of quality control as alarms 质控告警: where they stand, what may be done. No input or output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from spatial.errors import Conflict, InvalidInput


class State(StrEnum):
    """Where a finding stands since its value was judged."""

    RAISED = "raised"
    """待确认"""
    ACKNOWLEDGED = "acknowledged"
    """已确认"""
    HANDLED = "handled"
    """已处置"""
    CLOSED = "closed"
    """已销号"""


NOTED: Final = "noted"
"""A receipt that leaves the state as it is 备注."""
ACTIONS: Final = (State.ACKNOWLEDGED.value, State.HANDLED.value, State.CLOSED.value, NOTED)
STEPS: Final[Mapping[State, Sequence[State]]] = {
    State.RAISED: (State.ACKNOWLEDGED,),
    State.ACKNOWLEDGED: (State.HANDLED,),
    State.HANDLED: (State.CLOSED, State.ACKNOWLEDGED),
    State.CLOSED: (),
}
"""What may follow what; what was handled may be sent back 退回."""
ANSWERED_MAX: Final = 10_000
"""Findings of a datastream that one answer may speak of."""


class FindingStep(Conflict):
    """A step that follows for no finding that is meant 告警状态不允许此动作."""

    code = "finding-step"


class EmptyNote(InvalidInput):
    """What was done is not said 未写明办理情况."""

    code = "finding-note"


def before(action: str) -> tuple[State, ...]:
    """The states that an action may follow.

    >>> [each.value for each in before("acknowledged")]
    ['raised', 'handled']
    """
    if action == NOTED:
        return tuple(State)
    return tuple(state for state, following in STEPS.items() if action in following)


def require_note(action: str, note: str) -> None:
    """All but an acknowledgement say what was done."""
    if action != State.ACKNOWLEDGED and not note.strip():
        raise EmptyNote(
            f"请写明办理情况:{action}", f"say what was done, the note is empty: {action}", value=action
        )


def no_step(action: str, held: Mapping[str, int]) -> FindingStep:
    """The refusal of an action that follows for none of the findings that are meant."""
    told = "、".join(f"{state} {count}" for state, count in sorted(held.items())) or "0"
    return FindingStep(
        f"所指告警中没有可办“{action}”的,现状为 {told};可先查 /findings",
        f"none of the findings that are meant may take this step, they are {told}; see /findings: {action}",
        value=action,
    )
