"""A defect and what is done about it 缺陷闭环: found, assigned, mended, checked, in this order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from spatial.catalogue.contract import Title
from water.errors import DefectRefused


class State(StrEnum):
    """Where a defect stands."""

    FOUND = "found"
    ASSIGNED = "assigned"
    MENDED = "mended"
    CHECKED = "checked"


TITLES: Final[Mapping[State, Title]] = {
    State.FOUND: Title("已发现", "found"),
    State.ASSIGNED: Title("已派单", "assigned"),
    State.MENDED: Title("已修复", "mended"),
    State.CHECKED: Title("已复核", "checked"),
}
MAY_FOLLOW: Final[Mapping[State, tuple[State, ...]]] = {
    State.FOUND: (State.ASSIGNED,),
    State.ASSIGNED: (State.MENDED, State.ASSIGNED),
    State.MENDED: (State.CHECKED, State.ASSIGNED),
    State.CHECKED: (),
}
"""It may be assigned anew 改派, also where a check finds it not mended 复核不合格退回."""
DAY_OF: Final[Mapping[State, str]] = {
    State.FOUND: "found_on",
    State.ASSIGNED: "assigned_on",
    State.MENDED: "mended_on",
    State.CHECKED: "checked_on",
}
"""The field with the day on which a state began."""
WHO_OF: Final[Mapping[State, str]] = {State.ASSIGNED: "assigned_to", State.CHECKED: "checked_by"}
"""The field with who is meant, of the states that need somebody."""
WHO: Final[Mapping[str, str]] = {"assigned_to": "处理单位", "checked_by": "复核人"}
EMPTIED: Final = ("mended_on", "remark")
"""What a step may take back: the day of a mending that did not hold, the remark on the step before."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step: to which state, on which day, with whom."""

    to: State
    day: date
    who: str = ""
    remark: str = ""


def taken(defect: str, held: Mapping[str, Any], step: Step) -> dict[str, Any]:
    """The fields that change when a defect takes a step; null where one is emptied.

    DefectRefused where the step cannot follow, lies before the day of the state it leaves, or names
    nobody where somebody has to do it; a check by who was to mend it is none.
    """
    begun = State(held["status"])
    if step.to not in MAY_FOLLOW[begun]:
        allowed = MAY_FOLLOW[begun]
        zh = "、".join(TITLES[each].zh for each in allowed) or "无(已闭环)"
        en = ", ".join(TITLES[each].en for each in allowed) or "nothing, it is closed"
        raise DefectRefused(
            f"缺陷现为“{TITLES[begun].zh}”,不能改为“{TITLES[step.to].zh}”,可改为:{zh}:{defect}",
            f"the defect is {TITLES[begun].en} and cannot become {TITLES[step.to].en}; what may follow:"
            f" {en}: {defect}",
            value=defect,
        )
    since = held.get(DAY_OF[begun])
    if isinstance(since, date) and step.day < since:
        raise DefectRefused(
            f"日期 {step.day} 早于“{TITLES[begun].zh}”的日期 {since},请改为其后的日期:{defect}",
            f"{step.day} lies before {since}, when it became {TITLES[begun].en}; give a later day: {defect}",
            value=defect,
        )
    named = WHO_OF.get(step.to)
    if named is not None and not step.who.strip():
        raise DefectRefused(
            f"改为“{TITLES[step.to].zh}”须写明由谁({WHO[named]}):{defect}",
            f"to become {TITLES[step.to].en} it must be said by whom ({named}): {defect}",
            value=defect,
        )
    if step.to is State.CHECKED and step.who.strip() == held.get("assigned_to"):
        raise DefectRefused(
            f"复核人不能是处理单位自己({step.who}),请由他人复核:{defect}",
            f"who was to mend it ({step.who}) cannot check it, let somebody else: {defect}",
            value=defect,
        )
    changed: dict[str, Any] = {
        "status": step.to.value,
        DAY_OF[step.to]: step.day.isoformat(),
        "remark": step.remark.strip() or None,
    }
    if named is not None:
        changed[named] = step.who.strip()
    kept = held.get("mended_on") if step.to is State.CHECKED else None
    if step.to is not State.MENDED:
        changed["mended_on"] = kept.isoformat() if isinstance(kept, date) else kept
    return changed
