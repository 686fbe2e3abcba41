"""The nouns of proposals 变更提案. Frozen data, no input or output."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from spatial.access.model import Origin

Values = Mapping[str, object]
"""All values of a feature as JSON has them, its geometry as a GeoJSON object under ``geom``."""


class State(StrEnum):
    """Where a proposal stands."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"
    APPLIED = "applied"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who takes a step."""

    name: str
    department: str
    alone: bool = False
    """The operator of a first run, who has nobody else to review: open to this machine only."""
    origin: Origin = Origin.OPERATOR
    credential: str | None = None
    """Identifier of the key or token, never the secret itself."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a proposal: who, when, why, and about which content."""

    number: int
    state: State
    author: str
    department: str
    reason: str
    taken_at: datetime
    digest: bytes
    changeset: int | None
    origin: Origin | None = None
    """How the platform knew who took it; ``None`` of steps from before that was kept."""
    credential: str | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """A proposal and the steps it went through."""

    id: int
    layer: str
    author: str
    department: str
    reason: str
    valid_from: datetime
    features: int
    digest: bytes
    """Of the content as it is stored now."""
    steps: tuple[Step, ...]

    @property
    def state(self) -> State:
        """Where it stands."""
        return self.steps[-1].state


@dataclass(frozen=True, slots=True)
class Believed:
    """What is believed of a feature at the instant a proposal is about."""

    changeset: int
    values: Values


@dataclass(frozen=True, slots=True)
class Row:
    """One feature of a proposal: what it was based on, and what it is to become."""

    line: int
    fid: str
    base: Believed | None
    """``None`` for a new feature."""
    mine: Values | None
    """``None`` where the feature is to be retired."""


class Verdict(StrEnum):
    """What became of a proposed change, seen from what is believed now."""

    STANDS = "stands"
    """Nobody else changed the feature."""
    MERGED = "merged"
    """Somebody did, elsewhere; both changes stand together."""
    DONE = "done"
    """It is so already."""
    CLASH = "clash"


@dataclass(frozen=True, slots=True)
class Rebased:
    """A proposed change on top of what is believed now."""

    row: Row
    verdict: Verdict
    theirs: Believed | None
    values: Values | None
    """What the feature becomes; ``None`` where it is retired. Meaningless in a clash."""
    clashing: tuple[str, ...] = ()
    """Fields both sides changed; empty in a clash where one side retired what the other changed."""
