"""Alerts 预警: states and the steps between them. No input or output."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from planning.errors import AlertStep


class State(StrEnum):
    """Where an alert stands."""

    RAISED = "raised"
    """已发出"""
    ACKNOWLEDGED = "acknowledged"
    """已签收"""
    HANDLED = "handled"
    """已处置"""
    CLOSED = "closed"
    """已销号"""


NOTED: Final = "noted"
"""A receipt that leaves the state as it is 备注."""
STEPS: Final = {
    State.RAISED: (State.ACKNOWLEDGED,),
    State.ACKNOWLEDGED: (State.HANDLED,),
    State.HANDLED: (State.CLOSED, State.ACKNOWLEDGED),
    State.CLOSED: (),
}
"""What may follow what; what was handled may be sent back 退回."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """Who did what with an alert, and when 回执."""

    number: int
    action: str
    subject: str
    department: str
    note: str
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Alert:
    """An alert with its receipts; the state is what the last step made it."""

    id: int
    code: str
    region: str
    level: str
    value: Decimal
    limit: Decimal
    document: str
    """That sets the limit."""
    follows: int | None
    raised_at: datetime
    receipts: tuple[Receipt, ...]

    @property
    def state(self) -> State:
        """Where it stands."""
        return state_of([receipt.action for receipt in self.receipts])


def state_of(actions: Sequence[str]) -> State:
    """The state after these receipts.

    >>> state_of(["raised", "acknowledged", "noted"]).value
    'acknowledged'
    """
    return State([action for action in actions if action != NOTED][-1])


def require_step(alert: int, state: State, action: str, note: str) -> None:
    """Refuse a step that does not follow, or that says nothing of what was done."""
    if action != NOTED and action not in STEPS[state]:
        allowed = "、".join(STEPS[state]) or "无"
        raise AlertStep(
            f"预警 {alert} 当前为 {state},可办:{allowed}、noted;所办:{action}",
            f"alert {alert} is {state}, what may follow is {allowed}, noted; not {action}",
            value=action,
        )
    if not note.strip() and action != State.ACKNOWLEDGED:
        raise AlertStep(
            f"请写明办理情况:{action}", f"say what was done, the note is empty: {action}", value=action
        )
