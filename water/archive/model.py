"""The nouns of the archive 档案: objects by work and epoch, versions, findings. No input or output."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Final

from spatial.errors import shorten
from water.errors import BadArchiveRequest

EPOCH_YEARS: Final = 5
"""An object holds the papers of one work for five years 卷: it is closed for ever afterwards."""
VERSIONS_MAX: Final = 200
"""Versions of one object at most; the next begins its continuation 续卷."""
INVENTORY_SHARE: Final = 0.005
"""A continuation begins earlier where inventories weigh more than this beside the content: with a file
more in every version they grow with the third power of the number of versions."""
VERSIONS_AT_LEAST: Final = 8
"""But not before so many: an object of its own weighs something, too."""
BUNDLE_BYTES: Final = 3_000_000
"""Edits wait until so much is there (or the day ends): below it an object's own files weigh over 1 %."""
PACK_BELOW_BYTES: Final = 262_144
"""Files smaller than this are packed where a version brings many of them."""
PACK_FROM: Final = 12
"""A version with so many small files packs them."""

_WORK = re.compile(r"[\w.-]+(?:/[\w.-]+){0,3}")
_CITY = re.compile(r"\d{6}")
_OBJECT = re.compile(r"urn:onemap:(\d{6}):(.+):(\d{4})-(\d{4})(?::([2-9]|[1-9]\d+))?")


@dataclass(frozen=True, slots=True, order=True)
class ObjectId:
    """One object of the archive 案卷: a work (or a layer) during one epoch of five years.

    >>> str(ObjectId("370783", "river-works/寒桥闸", 2025))
    'urn:onemap:370783:river-works/寒桥闸:2025-2029'
    >>> ObjectId.parse("urn:onemap:370783:river-works/寒桥闸:2025-2029:2").part
    2
    """

    city: str
    work: str
    """What the papers are about: a layer and a feature's key (``river-works/W-17``), or a series."""
    first_year: int
    part: int = 1
    """2 and on for continuations 续卷, when 200 versions are full."""

    def __post_init__(self) -> None:
        if not _CITY.fullmatch(self.city) or len(self.work) > 120 or not _WORK.fullmatch(self.work):
            raise BadArchiveRequest(
                f"案卷名须为字母、数字、汉字与 . - _,至多四级以 / 分隔:{self.work}",
                "the name of an object has letters, digits and . - _, at most four parts set apart by /:"
                f" {self.work}",
                value=self.work,
            )
        if any(part.strip(".") == "" for part in self.work.split("/")):
            raise BadArchiveRequest(
                f"案卷名不能含只有点号的一级:{self.work}",
                f"no part of an object's name consists of dots: {self.work}",
                value=self.work,
            )

    @staticmethod
    def of(city: str, work: str, day: date) -> ObjectId:
        """The object that takes what came on that day."""
        return ObjectId(city, work, day.year - day.year % EPOCH_YEARS)

    @staticmethod
    def parse(text: str) -> ObjectId:
        """From its text; BadArchiveRequest where it is none."""
        found = _OBJECT.fullmatch(text)
        if found is None or int(found[4]) - int(found[3]) != EPOCH_YEARS - 1:
            shown = shorten(text)
            raise BadArchiveRequest(
                f"不是案卷标识,应如 urn:onemap:370783:river-works/W-17:2025-2029:{shown}",
                "no identifier of an object, which looks like"
                f" urn:onemap:370783:river-works/W-17:2025-2029: {shown}",
                value=shown,
            )
        return ObjectId(found[1], found[2], int(found[3]), int(found[5] or 1))

    def continued(self) -> ObjectId:
        """The object that goes on where this one is full."""
        return ObjectId(self.city, self.work, self.first_year, self.part + 1)

    def __str__(self) -> str:
        last = self.first_year + EPOCH_YEARS - 1
        part = f":{self.part}" if self.part > 1 else ""
        return f"urn:onemap:{self.city}:{self.work}:{self.first_year}-{last}{part}"


@dataclass(frozen=True, slots=True)
class Agent:
    """Who hands something in 经办人."""

    name: str
    department: str


@dataclass(frozen=True, slots=True)
class Leaf:
    """One entry of the log: a version of an object, by the digest of its inventory."""

    object: str
    version: int
    sha512: str
    """Of the version's inventory, which names every file by its own SHA-512."""
    time: str
    """When it entered, RFC 3339."""


@dataclass(frozen=True, slots=True)
class Head:
    """What a log was at some instant: so many leaves, with that root."""

    size: int
    root: str
    """SHA-256, hexadecimal (RFC 6962)."""


@dataclass(frozen=True, slots=True)
class DailyRoot:
    """The root that is published for a day 日根."""

    day: str
    head: Head


class Fault(StrEnum):
    """What is wrong with a part of the archive."""

    MISSING = "missing"
    ALTERED = "altered"
    UNEXPECTED = "unexpected"
    ROLLED_BACK = "rolled-back"
    """An earlier version stands where a later one was entered; by itself it is valid OCFL."""
    UNLOGGED = "unlogged"
    """An object that the log does not know."""
    LOG_ALTERED = "log-altered"
    """The log does not give a root that was published, or another copy holds."""
    LOG_BEHIND = "log-behind"
    """The log is shorter than one that was published."""
    UNREADABLE = "unreadable"


_FAULT_ZH: Final = {
    Fault.MISSING: "缺失",
    Fault.ALTERED: "内容被改动",
    Fault.UNEXPECTED: "多出",
    Fault.ROLLED_BACK: "被退回到较早版本",
    Fault.UNLOGGED: "未登记",
    Fault.LOG_ALTERED: "日志被改动",
    Fault.LOG_BEHIND: "日志被截短",
    Fault.UNREADABLE: "读不出",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it was entered."""

    fault: Fault
    object: str | None
    """None where it is about the copy as a whole."""
    path: str
    """Within the object, or within the copy."""
    detail: str = ""

    @property
    def zh(self) -> str:
        """For officers."""
        return f"{self.object or '档案副本'} {self.path}:{_FAULT_ZH[self.fault]}{_told(self.detail)}"

    @property
    def en(self) -> str:
        """For machines."""
        return f"{self.object or 'the copy'} {self.path}: {self.fault}{_told(self.detail)}"


def _told(detail: str) -> str:
    return f" ({detail})" if detail else ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a look at an object or a copy found."""

    objects: int
    files: int
    bytes: int
    findings: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        """Everything is as it was entered."""
        return not self.findings


@dataclass(frozen=True, slots=True)
class Receipt:
    """What an ingest wrote: enough to ask for the proof later."""

    object: ObjectId
    version: int
    leaf: Leaf
    index: int
    """Position in the log."""
    bytes: int
    """Content that was new."""
    copies: tuple[str, ...] = ()
    """Copies that hold it."""
    behind: tuple[str, ...] = field(default=())
    """Copies that could not be reached, and follow with ``archive copies --sync``."""


def stamp(instant: datetime) -> str:
    """An instant in RFC 3339, to the microsecond where there is any; it must carry a time zone.

    >>> from datetime import UTC
    >>> stamp(datetime(2026, 11, 27, 8, 0, tzinfo=UTC))
    '2026-11-27T08:00:00+00:00'
    """
    if instant.tzinfo is None:
        raise ValueError("an instant of the archive carries a time zone")
    return instant.isoformat()
