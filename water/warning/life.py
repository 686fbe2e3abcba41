"""The life of a warning 预警的生命周期: issued, raised, lowered, cleared, cancelled. No input or output."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from water.warning.colour import Colour
from water.warning.rule import Hazard


class Action(StrEnum):
    """What happened to a warning."""

    ISSUED = "issued"
    """发布."""
    RAISED = "raised"
    """升级."""
    LOWERED = "lowered"
    """降级."""
    CLEARED = "cleared"
    """解除: readings stayed below the clearing level."""
    CANCELLED = "cancelled"
    """撤销: somebody took it back."""
    INPUT_LOST = "input-lost"
    """数据中断: its input fell silent; the warning stays."""
    INPUT_BACK = "input-back"
    """数据恢复."""


ENDS: Final = frozenset({Action.CLEARED, Action.CANCELLED})
CALLS: Final = frozenset({Action.ISSUED, Action.RAISED})
"""After these somebody has to take note."""


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened; it is never changed."""

    number: int
    action: Action
    colour: Colour
    """After it."""
    at: datetime
    """When it was so: of the reading that decided, or of whoever did it."""
    recorded_at: datetime
    evaluation: int | None = None
    value: float | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    subject: str = ""
    department: str = ""
    comment: str = ""
    told_at: datetime | None = None
    """The instant of the evaluation that told it; None of what somebody did."""


@dataclass(frozen=True, slots=True)
class Warning:
    """A warning of one rule at one station, with what happened to it."""

    id: int
    rule: str
    version: int
    station: str
    hazard: Hazard
    synthetic: bool
    steps: tuple[Step, ...]

    @property
    def last(self) -> Step:
        """What happened last."""
        return self.steps[-1]

    @property
    def open(self) -> bool:
        """Whether it stands."""
        return self.last.action not in ENDS

    @property
    def colour(self) -> Colour:
        """The colour that it shows; of one that is over, none."""
        return self.last.colour

    @property
    def gravest(self) -> Colour:
        """The gravest colour that it ever showed."""
        return max(each.colour for each in self.steps)

    @property
    def call(self) -> Step:
        """The step that somebody has to take note of: the newest that issued or raised it."""
        return next(each for each in reversed(self.steps) if each.action in CALLS)

    @property
    def stale(self) -> bool:
        """Whether it stands on an input that fell silent."""
        told = [each.action for each in self.steps if each.action in (Action.INPUT_LOST, Action.INPUT_BACK)]
        return self.open and bool(told) and told[-1] is Action.INPUT_LOST


def action(before: int, after: int, *, open_: bool) -> Action | None:
    """What a change of colour means; a warning that was cancelled is not issued anew until it is graver.

    >>> action(0, 3, open_=False), action(3, 1, open_=True), action(3, 1, open_=False)
    (<Action.ISSUED: 'issued'>, <Action.LOWERED: 'lowered'>, None)
    """
    if after > before:
        return Action.RAISED if open_ else Action.ISSUED
    if after == before or not open_:
        return None
    return Action.LOWERED if after else Action.CLEARED


def until(steps: Sequence[Step], asof: datetime) -> tuple[Step, ...]:
    """The steps that were on record at an instant."""
    return tuple(each for each in steps if each.recorded_at <= asof)
