"""When something held, and as of when it was known 时刻: the two times of every read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from psycopg.sql import SQL

FIRST: Final = datetime.min.replace(tzinfo=UTC) + timedelta(days=1)
"""No instant lies before it; a day later than the calendar's, so that it can be told in any zone."""


def before(instant: datetime, span: timedelta) -> datetime:
    """An instant less a span, as far as the calendar goes back.

    >>> before(FIRST + timedelta(hours=1), timedelta(days=7)) == FIRST
    True
    """
    return instant - span if instant - FIRST > span else FIRST


@dataclass(frozen=True, slots=True)
class Moment:
    """When something held, and as of when it was known; ``asof`` None for what is believed now."""

    at: datetime
    asof: datetime | None = None

    def values(self) -> dict[str, Any]:
        """The values that statements name."""
        return {"at": self.at, "asof": self.asof}

    @property
    def believed(self) -> SQL:
        """The condition on recorded time."""
        if self.asof is None:
            return SQL("v.recorded_to = 'infinity'")
        return SQL("v.recorded_from <= %(asof)s and v.recorded_to > %(asof)s")
