"""The life of components and addresses 生命周期: who may move what where, with which papers and checks."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from address.model import STATES, State
from address.rules.findings import Finding
from spatial.errors import Refused


class Role(StrEnum):
    """Who moves it 岗位."""

    APPLICANT = "applicant"  # 申请
    REVIEWER = "reviewer"  # 审核
    PUBLISHER = "publisher"  # 发布


ROLES: Final = {Role.APPLICANT: "申请", Role.REVIEWER: "审核", Role.PUBLISHER: "发布"}
"""What a post is called."""


class MoveRefused(Refused):
    """A change of state that the rules do not allow 状态变更不允许."""

    code = "address-move-refused"


ENDS: Final = frozenset({State.CANCELLED, State.MERGED, State.SPLIT})
"""Nothing comes after; what was there is restored as a new component with its lineage 恢复."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of state."""

    origin: State
    target: State
    role: Role
    documents: tuple[str, ...]
    """Kinds of papers that must be there."""
    checks: frozenset[str]
    """Codes of findings that stand in its way."""


@dataclass(frozen=True, slots=True)
class Life:
    """The state machine of one city."""

    transitions: tuple[Transition, ...]

    def __post_init__(self) -> None:
        pairs = [(each.origin, each.target) for each in self.transitions]
        if len(set(pairs)) != len(pairs):
            raise ValueError("transition: twice the same")
        for origin, target in pairs:
            if origin in ENDS:
                raise ValueError(f"transition: {origin} → {target}")

    def onward(self, state: State) -> tuple[Transition, ...]:
        """What may come after."""
        return tuple(each for each in self.transitions if each.origin is state)

    def move(
        self,
        state: State,
        target: State,
        role: Role,
        documents: Collection[str] = (),
        findings: Iterable[Finding] = (),
    ) -> Transition:
        """The transition, where state, role, papers and checks allow it; MoveRefused says what does not."""
        found = next((each for each in self.onward(state) if each.target is target), None)
        if found is None:
            onward = [each.target for each in self.onward(state)]
            raise MoveRefused(
                f"不能从“{STATES[state]}”变为“{STATES[target]}”,"
                f"可变为:{'、'.join(STATES[each] for each in onward) or '无'}",
                f"{state} cannot become {target}; it can become: {', '.join(onward) or 'nothing'}",
                value=str(target),
            )
        if role is not found.role:
            raise MoveRefused(
                f"此变更由“{ROLES[found.role]}”岗位办理,不能由“{ROLES[role]}”岗位办理",
                f"this is for the {found.role} to do, not for the {role}",
                value=str(role),
            )
        missing = [each for each in found.documents if each not in documents]
        if missing:
            raise MoveRefused(
                f"缺少材料,请补齐:{'、'.join(missing)}",
                f"papers are missing, add them: {', '.join(missing)}",
                value=missing,
            )
        standing = [each for each in findings if each.code in found.checks]
        if standing:
            raise MoveRefused(
                f"检查未通过:{';'.join(each.zh for each in standing)}",
                f"checks stand in the way: {'; '.join(each.en for each in standing)}",
                value=[each.code for each in standing],
            )
        return found
