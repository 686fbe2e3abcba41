"""When something held, and as of when it was known 时刻: the two times of every read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.sql import SQL


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
