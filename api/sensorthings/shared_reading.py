"""One reading for all who ask the same at the same time 同问同读.

Whoever asks is told of all that was written before: an answer serves those who asked before its reading
began, and they wait for one that is under way. So a crowd costs as much as one client that asks on and on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from typing import Any


class SharedReading:
    """Readings under way, and those that begin after them, by what is asked."""

    def __init__(self) -> None:
        self._running: dict[Hashable, asyncio.Task[Any]] = {}
        self._next: dict[Hashable, asyncio.Task[Any]] = {}

    async def read(self, asked: Hashable, work: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        """What the work gives, or raises; who leaves does not stop it for the others."""
        task = self._next.get(asked)
        if task is None:
            task = asyncio.create_task(self._one(asked, self._running.get(asked), work))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
            self._next[asked] = task
        return await asyncio.shield(task)

    async def _one(
        self,
        asked: Hashable,
        before: asyncio.Task[Any] | None,
        work: Callable[[], Coroutine[Any, Any, Any]],
    ) -> Any:
        if before is not None:
            await asyncio.wait([before])
        self._running[asked] = self._next.pop(asked)  # who asks from now on is for the next one
        try:
            return await work()
        finally:
            del self._running[asked]
