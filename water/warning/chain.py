"""The chain of acknowledgement 签收链: duty officer, leader on duty, departments; deadlines, escalation.

A call is the step that issued or raised a warning: each has a chain of its own. A tier's turn comes when
the one before has taken note, or when its time is over and that has been recorded (escalated 上报). Whoever
is late may still take note. Pure functions.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from spatial.access.model import Right, Role
from spatial.catalogue.contract import Title
from water.errors import AcknowledgementRefused
from water.warning.life import Step
from water.warning.rule import Tier

ACKNOWLEDGED: Final = "acknowledged"
ESCALATED: Final = "escalated"
NOTED: Final = "noted"
TITLES: Final = {
    "duty": Title("值班员", "duty officer"),
    "leader": Title("带班领导", "leader on duty"),
    "departments": Title("成员单位", "departments"),
}
NEEDED: Final = {"duty": (Right.EDIT, Role.EDITOR), "leader": (Right.REVIEW, Role.STEWARD)}
"""The right on the thresholds, and the role, that a tier takes; departments take note by who they are."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the chain; it is never changed."""

    number: int
    call: int
    """The number of the step that is taken note of."""
    tier: str
    action: str
    subject: str
    department: str
    comment: str
    due_at: datetime | None
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Turn:
    """Somebody whose turn it is."""

    tier: str
    department: str
    """Of the last tier; else empty."""
    due_at: datetime
    escalated: bool
    """Its time is over and that has been recorded."""

    def overdue(self, now: datetime) -> bool:
        """Whether its time is over."""
        return now > self.due_at


def turns(chain: Sequence[Tier], call: Step, entries: Sequence[Entry]) -> tuple[Turn, ...]:
    """Whose turn it is to take note of a call; none where everybody has."""
    of_call = [each for each in entries if each.call == call.number]
    begun: datetime = call.recorded_at
    found: list[Turn] = []
    for tier in chain:
        due = begun + timedelta(seconds=tier.deadline_s[call.colour])
        passed: list[datetime] = []
        for department in tier.departments or ("",):
            own = [
                each
                for each in of_call
                if each.tier == tier.id and (not department or each.department == department)
            ]
            taken = [each.recorded_at for each in own if each.action == ACKNOWLEDGED]
            late = [each.recorded_at for each in own if each.action == ESCALATED]
            passed += taken[:1] or late[:1]
            if not taken:
                found.append(Turn(tier.id, department, due, bool(late)))
        if len(passed) < len(tier.departments or ("",)):
            break
        begun = min(passed)
    return tuple(found)


def overdue(chain: Sequence[Tier], call: Step, entries: Sequence[Entry], now: datetime) -> Iterator[Turn]:
    """Those whose time is over and of whom that has not been recorded yet."""
    return (each for each in turns(chain, call, entries) if each.overdue(now) and not each.escalated)


def require_turn(
    chain: Sequence[Tier],
    call: Step,
    entries: Sequence[Entry],
    tier: str,
    subject: str,
    department: str,
    *,
    alone: bool = False,
) -> Turn:
    """The turn that somebody takes; AcknowledgementRefused where it is not theirs.

    Nobody takes note for two tiers of one call; ``alone``: on an installation of one operator, who may.
    """
    waiting = turns(chain, call, entries)
    found = [each for each in waiting if each.tier == tier and each.department in ("", department)]
    if not found:
        due = "、".join(f"{TITLES[each.tier].zh}{each.department}" for each in waiting) or "无"
        named = ", ".join(f"{each.tier} {each.department}".strip() for each in waiting) or "nobody"
        raise AcknowledgementRefused(
            f"现在不由此环节签收,待签收的有:{due}(所报环节 {tier} {department})",
            f"it is not this tier's turn; it is that of {named}: {tier} {department}",
            value=tier,
        )
    before = [each for each in entries if each.call == call.number and each.action == ACKNOWLEDGED]
    who = (subject, department)
    if not alone and any((each.subject, each.department) == who and each.tier != tier for each in before):
        raise AcknowledgementRefused(
            f"同一人不得在两个环节签收,请由他人办理:{subject}",
            f"nobody acknowledges for two tiers, somebody else has to: {subject}",
            value=subject,
        )
    return found[0]
