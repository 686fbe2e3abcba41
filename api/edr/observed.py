"""What is measured in each layer, as this worker knows it: read when it is asked for and some seconds old."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import psycopg

from api.pool import Pool
from spatial.errors import Unavailable
from spatial.observe import measured_layers
from spatial.observe.measured_layers import Parameter

KEPT_S: Final = 2.0


class Observed:
    """Parameters by layer and key."""

    def __init__(self, heavy: Pool) -> None:
        self._heavy = heavy
        self._known: Mapping[str, Mapping[str, Parameter]] = {}
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
                    self._known = await self._read()
                self._read_at = time.monotonic()
        return self._known

    async def _read(self) -> Mapping[str, Mapping[str, Parameter]]:
        statement = measured_layers.parameters()
        async with self._heavy.connection() as connection:
            rows = await (await connection.execute(statement.sql, statement.params)).fetchall()
        found: dict[str, dict[str, Parameter]] = {}
        for layer, *members in rows:
            found.setdefault(layer, {})[members[0]] = Parameter(*members)
        return found
