"""The nouns of the store: a value as it arrives, what became of a batch. Frozen data, no input or output."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any, Final, TypeGuard

from spatial.datum.clock import BEIJING

Result = float | int | str | bool | list[Any] | dict[str, Any] | None
"""What a datastream may give; ``None`` where a value is missing 缺测."""
CLOCK_AHEAD_MAX = timedelta(hours=1)
"""A device whose clock is further ahead is not believed: its value would hide all that come after."""

MONTHS_FROM = 2010
"""Partitions are months from this year on, and years before."""


class Flag(IntEnum):
    """QARTOD flags 质量标识 (IOOS Manual for the Use of Real-Time Oceanographic Data Quality Control
    Flags)."""

    PASS = 1
    NOT_EVALUATED = 2
    SUSPECT = 3
    FAIL = 4
    MISSING = 9


FAULTS: Final = (Flag.SUSPECT, Flag.FAIL)


def is_number(result: object) -> TypeGuard[float]:
    """Held as a number; anything else as the JSON it is."""
    return isinstance(result, int | float) and not isinstance(result, bool)


def suits_all(result: object) -> bool:
    """A number, or the word that there is none: what a datastream of any observation type holds."""
    return result is None or is_number(result)


@dataclass(frozen=True, slots=True)
class Reading:
    """A value of one datastream at one instant, or over a span of time."""

    datastream: int
    phenomenon_time: datetime
    result: Result
    phenomenon_end: datetime | None = None
    result_time: datetime | None = None
    source: int | None = None
    """Digest of the message it came in (:func:`source_of`): the same message counts once."""
    flag: Flag | None = None
    """What the giver says of its quality; rules may say worse."""
    feature: int | None = None
    details: dict[str, Any] | None = None
    """validTime, parameters, resultQuality of SensorThings."""
    said_again: bool = False
    """A deliberate statement about a value that is there: another flag alone makes a new version."""


@dataclass(frozen=True, slots=True)
class Decoded:
    """A value as a decoder of telegrams gives it: keys of the outside instead of numbers."""

    phenomenon_time: datetime
    result: Result
    datastream: str | None = None
    """``properties.key`` of the datastream; else device and property name the only one."""
    device: str | None = None
    """``properties.key`` of the thing."""
    property: str | None = None
    """``properties.key`` of the observed property."""
    flag: Flag | None = None
    unit: str | None = None
    """UCUM, where the wire names one: another one than the datastream's is refused, never converted."""
    message: int | str | bytes | None = None
    """What tells the message apart from every other; its own bytes will do."""
    result_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reject:
    """A value that was not taken, by its place in the batch."""

    line: int
    code: str
    zh: str
    en: str
    value: str | None = None
    """What offended, where it is the value itself or its time."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of a batch."""

    inserted: int
    corrected: int
    repeated: int
    recorded_at: datetime | None
    rejects: tuple[Reject, ...] = field(default=())
    number: int | None = None
    """Of a value that was recorded alone, where that is known without looking."""


def source_of(message: int | str | bytes) -> int:
    """64 bits that stand for a message: a number is itself, texts and bytes by their SHA-256.

    Two messages need to be told apart only where they speak of one datastream and one instant.

    >>> source_of(7)
    7
    >>> source_of("a") == source_of(b"a") != source_of("b")
    True
    """
    if isinstance(message, int):
        return message
    content = message.encode() if isinstance(message, str) else message
    return int.from_bytes(hashlib.sha256(content).digest()[:8], "big", signed=True)


def period_of(number: int) -> tuple[datetime, datetime]:
    """Beginning and end of the partition that an observation's number names.

    >>> [each.isoformat()[:7] for each in period_of(((226 * 12 + 2) << 40) + 5)]
    ['2026-03', '2026-04']
    """
    months = number >> 40
    year, month = min(1800 + months // 12, 9998), months % 12 + 1
    if year < MONTHS_FROM:
        return datetime(year, 1, 1, tzinfo=BEIJING), datetime(year + 1, 1, 1, tzinfo=BEIJING)
    start = datetime(year, month, 1, tzinfo=BEIJING)
    return start, datetime(year + month // 12, month % 12 + 1, 1, tzinfo=BEIJING)
