"""The nouns of editing: what is asked, on which version it is based, what came of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from spatial.catalogue.city import City
from spatial.catalogue.contract import Contract
from spatial.history.model import Changeset, FeatureTable

GEOMETRY = "geom"
"""Name of the geometry among the values of a feature; EWKB in CGCS2000."""
Values = Mapping[str, object]
"""Field → value in the type of its column."""


class Action(StrEnum):
    """What is to happen to a feature."""

    CREATE = "create"
    REPLACE = "replace"
    """Say all of it anew; a feature with a key of its own is created where it is not there."""
    UPDATE = "update"
    """Say some of it anew."""
    REMOVE = "remove"
    """From then on it is not there; its past stays."""


@dataclass(frozen=True, slots=True)
class Named:
    """A version as a client knows it: who opened it, and since when it is true."""

    changeset: int
    valid_from: datetime


@dataclass(frozen=True, slots=True)
class Condition:
    """The version an edit is based on. A feature that exists is not changed without one."""

    said: bool = False
    """Something was said, even if it names no version that ever was."""
    any_version: bool = False
    """Whatever is there now may be overwritten."""
    named: tuple[Named, ...] = ()
    absent: bool = False
    """Only where the feature is not there."""

    def holds(self, held: Named) -> bool:
        """Whether the version that is held is one the edit may be made to."""
        return self.any_version or held in self.named


@dataclass(frozen=True, slots=True)
class Edit:
    """One feature, changed."""

    action: Action
    fid: str
    values: Values = field(default_factory=dict)
    """What is said of it; fields that are not named are empty (create, replace) or kept (update)."""
    condition: Condition = Condition()
    valid_to: datetime | None = None
    """Of a new feature: until when it is there."""
    merge: bool = False
    """Where another edit came first and both can stand together, let both stand."""
    tolerance_deg: float = 0.0
    """A geometry no further from the one held is that one, come back from another frame."""


@dataclass(frozen=True, slots=True)
class Target:
    """The layer that is edited, and the fields the editor may see and therefore write."""

    contract: Contract
    table: FeatureTable
    city: City
    visible: frozenset[str]

    @property
    def names(self) -> tuple[str, ...]:
        """What the editor can say of a feature: the geometry and the visible fields."""
        fields = (column.name for column in self.table.columns if column.name in self.visible)
        return (*((GEOMETRY,) if self.table.geometry else ()), *fields)


@dataclass(frozen=True, slots=True)
class Wish:
    """Who edits, why, and since when it is true."""

    author: str
    department: str
    reason: str
    valid_from: datetime | None = None
    """``None``: from now on."""


@dataclass(frozen=True, slots=True)
class RequestKey:
    """What a client calls one request to create (``Idempotency-Key`` 请求键)."""

    text: str
    digest: bytes = field(repr=False)
    """SHA-256 of all that was asked: another request under the same key is refused."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What came of a request that is asked again."""

    digest: bytes
    changeset: int
    fids: tuple[str, ...]
    """In the order sent."""
    valid_from: datetime


@dataclass(frozen=True, slots=True)
class Held:
    """A version as it is stored."""

    fid: str
    changeset: int
    valid_from: datetime
    valid_to: datetime | None
    values: Values = field(repr=False)
    """Every field, whoever may see it."""

    @property
    def named(self) -> Named:
        """How clients name it."""
        return Named(self.changeset, self.valid_from)


@dataclass(frozen=True, slots=True)
class Standing:
    """What is believed of a feature at the instant of an edit."""

    fid: str
    held: Held | None
    next_from: datetime | None
    """Where the first later version starts."""


@dataclass(frozen=True, slots=True)
class Edited:
    """What came of edits."""

    changeset: Changeset | None
    """``None`` where everything was so already."""
    valid_from: datetime
    created: frozenset[str]
    merged: frozenset[str]
    """Features where another's edit and this one were brought together."""
