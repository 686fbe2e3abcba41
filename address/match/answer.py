"""What a match answers 匹配结果: the address, how deep, how sure, and why element by element."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from address.match.doubt import Doubt
from address.model import Conflict, MatchLevel, Part


class Decision(StrEnum):
    """What is done with a match 处理: by what a wrong one costs."""

    AUTOMATIC = "automatic"  # 自动
    REVIEW = "review"  # 待审
    REJECT = "reject"  # 失败


DECISIONS = tuple(Decision)


class Outcome(StrEnum):
    """How a part of the text stands to the address 要素比对."""

    AGREES = "agrees"  # 一致
    NEAR = "near"  # 同音、形近
    CONTRADICTS = "contradicts"  # 矛盾
    UNKNOWN = "unknown"  # 登记簿没有
    SILENT = "silent"  # 未比


OUTCOMES = (Outcome.SILENT, Outcome.AGREES, Outcome.NEAR, Outcome.CONTRADICTS, Outcome.UNKNOWN)


@dataclass(frozen=True, slots=True)
class Costs:
    """What a mistake costs, in reviews: the bounds of the decisions follow."""

    wrong: float = 200.0
    """An address accepted that is not the one."""
    review: float = 1.0
    lost: float = 20.0
    """An address rejected that could have been found."""

    @property
    def accept_from(self) -> float:
        """Above this confidence accepting costs less than looking."""
        return 1.0 - self.review / self.wrong

    @property
    def reject_below(self) -> float:
        """Below this confidence looking costs more than what is found."""
        return self.review / self.lost


class Evidence(NamedTuple):
    """One part of the text, and how it stands to the address."""

    part: Part
    outcome: Outcome


class Candidate(NamedTuple):
    """A component that a text may mean, before it is looked up in the register."""

    row: int
    score: float
    confidence: float
    margin: float
    decision: Decision
    evidence: tuple[Evidence, ...] = ()
    doubt: Doubt = Doubt.NONE
    """Why it is to be looked at."""


@dataclass(frozen=True, slots=True)
class Match:
    """One candidate for a text."""

    address: str | None
    """Key of the address; None where the component found has no address of its own."""
    component: str
    """Key of the deepest component found."""
    row: int
    """Its row in the snapshot that was asked."""
    text: str
    """Its full text in the register."""
    match_level: MatchLevel
    point_level: MatchLevel
    """How deep the point is that is given; the road's for a door that the register lacks."""
    longitude_deg: float
    latitude_deg: float
    """CGCS2000; NaN where no point is known."""
    accuracy_m: float
    score: float
    """Sum of the evidence; compares candidates of one text."""
    confidence: float
    margin: float
    """How far the next candidate is behind, in units of evidence."""
    decision: Decision
    evidence: tuple[Evidence, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    doubt: Doubt = Doubt.NONE
    """Why it is to be looked at, in words in :data:`address.match.doubt.SAID`; none of an automatic one."""


@dataclass(frozen=True, slots=True)
class MatchColumns:
    """The best candidate of many texts, as columns in the order of the texts."""

    component: NDArray[np.int32]
    """Rows of the snapshot; -1 for none."""
    address: NDArray[np.int32]
    match_level: NDArray[np.uint8]
    confidence: NDArray[np.float32]
    margin: NDArray[np.float32]
    decision: NDArray[np.uint8]
    """Index into :data:`DECISIONS`."""
    exact: NDArray[np.bool_]
    """The text is the address letter by letter."""
