"""The nouns of use: what is counted, by what, and what may be used. Frozen data, no input or output."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Use(NamedTuple):
    """What calls are summed by. Empty where there is none."""

    minute: str
    """Beijing time, ``2026-01-01T08:00``."""
    department: str
    credential: str
    """Identifier of the key, else how the caller came to be known."""
    collection: str
    operation: str
    """Method and template of the route."""
    status_class: int
    """2 for 200…299."""


@dataclass(slots=True)
class Sums:
    """How much; whole numbers, so that sums are exact in any order."""

    calls: int = 0
    rows: int = 0
    bytes: int = 0
    duration_us: int = 0


class Period(StrEnum):
    """How finely a report tells time."""

    MINUTE = "minute"
    DAY = "day"
    MONTH = "month"


class Subject(StrEnum):
    """Whom a quota binds."""

    DEPARTMENT = "department"
    KEY = "key"
    ANONYMOUS = "anonymous"
    """Each client address that names nobody."""


EVERY = "*"
"""The name of a quota for all of a kind that have none of their own."""


@dataclass(frozen=True, slots=True)
class Quota:
    """What one subject may use 配额."""

    subject: Subject
    name: str
    requests_per_minute: int
    burst: int
    """Requests that may come at once after a pause."""
    heavy_at_once: int
    """Searches and writes of one subject under way together."""


@dataclass(frozen=True, slots=True)
class Verification:
    """The ledger against a replay of the log."""

    minutes: int
    """Minutes compared."""
    calls: int
    differing: tuple[Use, ...]
    archived: int
    """Segments that were taken away; the minutes they cover are not compared."""

    @property
    def ok(self) -> bool:
        """Nothing differs."""
        return not self.differing
