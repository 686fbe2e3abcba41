"""What telemetry hands on 遥测的产出: readings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum


class Quality(IntEnum):
    """QARTOD flags 质量标记, as far as a device can say them; the store's own checks come after."""

    PASS = 1
    NOT_EVALUATED = 2
    SUSPECT = 3
    FAIL = 4
    MISSING = 9


@dataclass(frozen=True, slots=True)
class Reading:
    """One decoded value 测值.

    ``device`` and ``observed_property`` are keys with the protocol before the colon, as
    ``sl651:0010100001`` and ``sl651:Z``; ``unit`` is UCUM, None where the protocol names none.
    ``time`` is the phenomenon time and carries a zone. ``value`` is None for a value that the
    device says is missing (``Quality.MISSING``).
    """

    device: str
    observed_property: str
    unit: str | None
    time: datetime
    value: float | None
    quality: Quality
    message: int = 0
    """Number of the raw message it came in; 0 until that is kept."""
