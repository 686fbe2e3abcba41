"""The life of a plan 规划生命周期: drawn up, shown, submitted, approved, filed, maintained, repealed.

Which status may follow which, and what each needs, is data (``assets/plan-life.toml``). What the
official procedure leaves open there is marked 待核 and told with every answer that rests on it.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any, Final

from planning.errors import PlanRefused


class Status(StrEnum):
    """Where a version of a plan stands; codes of the layer ``plan-versions``."""

    DRAFTING = "drafting"
    PUBLIC_NOTICE = "public-notice"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    FILED = "filed"
    MAINTAINED = "maintained"
    REPEALED = "repealed"


TITLES: Final[Mapping[Status, str]] = {
    Status.DRAFTING: "编制",
    Status.PUBLIC_NOTICE: "公示",
    Status.SUBMITTED: "报批",
    Status.APPROVED: "批复",
    Status.FILED: "备案",
    Status.MAINTAINED: "动态维护",
    Status.REPEALED: "废止",
}
"""What each is called."""
IN_FORCE: Final = frozenset({Status.APPROVED, Status.FILED, Status.MAINTAINED})
"""Versions by which is decided 有效版本."""
ENDS: Final = frozenset({Status.REPEALED})
"""Nothing comes after."""


@dataclass(frozen=True, slots=True)
class Paper:
    """The document behind a status 依据文件."""

    number: str = ""
    """文号."""
    title: str = ""
    """文件名称."""
    issued_on: date | None = None
    """落款日期."""
    sha256: str = ""
    """Digest of the file, hexadecimal, where it is kept."""


@dataclass(frozen=True, slots=True)
class PlanVersion:
    """A version of a plan as it stands on a day, for those who judge by it."""

    version_id: str
    status: str
    document_no: str | None
    plan: str | None
    """Name of the plan."""

    @property
    def in_force(self) -> bool:
        """It binds 生效: approved, filed or maintained."""
        return self.status in IN_FORCE


NEEDS: Final[Mapping[str, str]] = {"number": "文号", "title": "文件名称", "issued_on": "日期"}
"""Parts of a paper that a transition may need, and what they are called."""


@dataclass(frozen=True, slots=True)
class Transition:
    """One change of status."""

    origin: Status
    target: Status
    needs: tuple[str, ...]
    """Parts of the paper that must be there (:data:`NEEDS`)."""
    amends: bool = False
    """Only for a version that takes the place of another one 仅限取代既有版本的动态维护."""
    comment_period: bool = False
    """Only when a comment period 征询期 of this notice is over."""
    to_be_checked: str = ""
    """待核: what of it the official procedure leaves open; empty where nothing."""


@dataclass(frozen=True, slots=True)
class Life:
    """The transitions that are allowed."""

    transitions: tuple[Transition, ...]
    supersedes_at: frozenset[Status]
    """On reaching one of these a version takes the place of the one it supersedes."""

    def __post_init__(self) -> None:
        pairs = [(each.origin, each.target) for each in self.transitions]
        for pair in pairs:
            if pairs.count(pair) > 1 or pair[0] in ENDS or pair[0] is pair[1]:
                raise ValueError(f"transition: {pair[0]} → {pair[1]}")

    def onward(self, status: Status, *, amending: bool = False) -> tuple[Transition, ...]:
        """What may follow; ``amending`` says that the version takes the place of another one.

        >>> [each.target.value for each in shipped().onward(Status.SUBMITTED)]
        ['approved', 'drafting']
        """
        return tuple(
            each for each in self.transitions if each.origin is status and (amending or not each.amends)
        )

    def move(
        self, status: Status, target: Status, paper: Paper, day: date, *, amending: bool = False
    ) -> Transition:
        """The transition, where the status and the paper allow it on that day; else PlanRefused.

        The refusal names the status and what may follow, or what of the paper is missing.
        """
        found = next((each for each in self.onward(status, amending=amending) if each.target is target), None)
        if found is None:
            onward = [each.target for each in self.onward(status, amending=amending)]
            raise PlanRefused(
                f"“{TITLES[status]}”状态不能变为“{TITLES[target]}”,"
                f"可变为:{'、'.join(TITLES[each] for each in onward) or '无'}",
                f"{status} cannot become {target}; what may follow: {', '.join(onward) or 'nothing'}",
                value=str(target),
                details={"status": str(status), "onward": [str(each) for each in onward]},
            )
        missing = [part for part in found.needs if not getattr(paper, part)]
        if missing:
            raise PlanRefused(
                f"由“{TITLES[status]}”变为“{TITLES[target]}”须有依据文件,请补齐:"
                f"{'、'.join(NEEDS[part] for part in missing)}",
                f"{status} becomes {target} only with a document; add its: {', '.join(missing)}",
                value=missing,
            )
        if paper.issued_on is not None and paper.issued_on > day:
            raise PlanRefused(
                f"文件日期晚于生效日,请核对:{paper.issued_on}",
                f"the document is dated after the day from which it takes effect: {paper.issued_on}",
                value=str(paper.issued_on),
            )
        return found


def require_heard(version_id: str, closes_on: date | None, day: date) -> None:
    """Refuse what comes before the comment period of a version is over; None where there was none."""
    if closes_on is None:
        raise PlanRefused(
            f"此版本本次公示没有意见征询期的记录,请先发布公示(publish-plan):{version_id}",
            f"nothing is known of a comment period of this notice; publish the version first"
            f" (publish-plan): {version_id}",
            value=version_id,
        )
    if day <= closes_on:
        raise PlanRefused(
            f"意见征询期至 {closes_on} 止,期满后方可办理:{day}",
            f"comments are taken until {closes_on}, this comes after that day: {day}",
            value=str(day),
        )


@cache
def shipped() -> Life:
    """The life that ships with the platform."""
    text = (resources.files("planning") / "assets" / "plan-life.toml").read_text(encoding="utf-8")
    return read(tomllib.loads(text))


def read(declared: Mapping[str, Any]) -> Life:
    """A life from its declaration; ValueError where it contradicts itself."""
    for each in declared["transition"]:
        unknown = sorted(set(each.get("needs", [])) - NEEDS.keys())
        if unknown:
            raise ValueError(f"needs: {', '.join(unknown)}")
    return Life(
        tuple(
            Transition(
                Status(each["from"]),
                Status(each["to"]),
                tuple(each.get("needs", [])),
                bool(each.get("amends", False)),
                bool(each.get("comment_period", False)),
                each.get("check", ""),
            )
            for each in declared["transition"]
        ),
        frozenset(map(Status, declared["supersedes_at"])),
    )
