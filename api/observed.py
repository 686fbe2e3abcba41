"""What is measured in each layer, and which periods are away, as this worker knows it.

It is read when it is asked for and some seconds old.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

import psycopg

from api.pool import Pool
from api.wire import Header
from spatial.datum.clock import format_instant
from spatial.errors import Unavailable
from spatial.observe import away as away_
from spatial.observe import measured_layers
from spatial.observe.away import Away
from spatial.observe.measured_layers import Parameter

KEPT_S: Final = 2.0


class Observed:
    """Parameters by layer and key; periods whose values stand in files alone."""

    def __init__(self, heavy: Pool) -> None:
        self._heavy = heavy
        self._known: Mapping[str, Mapping[str, Parameter]] = {}
        self._away: tuple[Away, ...] = ()
        self._read_at = float("-inf")
        self._lock = asyncio.Lock()

    @property
    def known(self) -> Mapping[str, Mapping[str, Parameter]]:
        """As they were last read."""
        return self._known

    async def layers(self) -> Mapping[str, Mapping[str, Parameter]]:
        """As they are, give or take some seconds; one request reads for all that wait.

        While the database is away, what was known stays.
        """
        async with self._lock:
            if time.monotonic() - self._read_at >= KEPT_S:
                with suppress(psycopg.Error, Unavailable):
                    self._known, self._away = await self._read()
                self._read_at = time.monotonic()
        return self._known

    async def away(self, start: datetime | None, end: datetime | None) -> tuple[Away, ...]:
        """The periods away that a span needs; PeriodAway where nothing of it is in the database."""
        await self.layers()
        if away_.wholly(self._away, start, end):
            raise away_.refusal(away_.touched(self._away, start, end))
        return away_.touched(self._away, start, end)

    async def _read(self) -> tuple[Mapping[str, Mapping[str, Parameter]], tuple[Away, ...]]:
        statement, periods = measured_layers.parameters(), away_.periods()
        async with self._heavy.connection() as connection:
            rows = await (await connection.execute(statement.sql, statement.params)).fetchall()
            gone = await (await connection.execute(periods.sql, periods.params)).fetchall()
        found: dict[str, dict[str, Parameter]] = {}
        for layer, *members in rows:
            found.setdefault(layer, {})[members[0]] = Parameter(*members)
        return found, tuple(Away(*row) for row in gone)


def headers(found: Sequence[Away]) -> list[Header]:
    """``Onemap-Away``: the spans that an answer lacks, as intervals with commas."""
    spans: list[tuple[datetime, datetime]] = []
    for each in found:
        if spans and spans[-1][1] == each.start:
            spans[-1] = (spans[-1][0], each.until)
        else:
            spans.append((each.start, each.until))
    told = ", ".join(f"{format_instant(start)}/{format_instant(until)}" for start, until in spans)
    return [(b"onemap-away", told.encode())] if spans else []
