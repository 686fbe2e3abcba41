"""Connections of the engine's providers, of which it makes one per request: few are out at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from api.lending import Lending
from api.pool import BUSY_EN, BUSY_ZH
from spatial.database import Connection
from spatial.errors import Unavailable


class EngineConnections:
    """One lending for each data source, whichever provider asks."""

    def __init__(self, *, name: str, size: int, options: str, queue_wait_s: float) -> None:
        self._name, self._size, self._options = name, size, options
        self._queue_wait_s = queue_wait_s
        self._places = BoundedSemaphore(size)
        self._lending: dict[str, Lending] = {}

    @contextmanager
    def transaction(self, dsn: str) -> Iterator[Connection]:
        """A connection inside one transaction; ``Unavailable`` where no place is free in time."""
        lending = self._lending.setdefault(
            dsn, Lending(dsn, name=self._name, size=self._size, options=self._options)
        )
        if not self._places.acquire(timeout=self._queue_wait_s):
            raise Unavailable(BUSY_ZH, BUSY_EN)
        try:
            with lending.transaction() as connection:
                yield connection
        finally:
            self._places.release()
