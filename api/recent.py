"""Tiles that were made a moment ago: who looks at the same ground does not have them made again.

A tile is known by its tag, which is made of the state that it shows: what is
kept can never be out of date, it is only looked at less and less. Whoever asks
while a tile is being made waits for that one.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, TypeVar

BYTES_MOST = 48_000_000
"""Of one worker; a city's planners look at less at a time."""


class Body(Protocol):
    """What is kept has bytes."""

    @property
    def body(self) -> bytes:
        """They are what is counted."""


T = TypeVar("T", bound=Body)


class Recent(Generic[T]):
    """The last so many bytes, by tag; what was not asked for longest goes first."""

    def __init__(self, bytes_most: int = BYTES_MOST) -> None:
        self._most = bytes_most
        self._kept: OrderedDict[str, T] = OrderedDict()
        self._making: dict[str, asyncio.Task[T]] = {}
        self.size_bytes = 0

    async def of(self, tag: str, make: Callable[[], Awaitable[T]]) -> T:
        """What carries the tag, made where it is not there; a failure is everybody's who waited for it."""
        kept = self._kept.get(tag)
        if kept is not None:
            self._kept.move_to_end(tag)
            return kept
        making = self._making.get(tag)
        if making is None:
            making = self._making[tag] = asyncio.ensure_future(self._make(tag, make))
            making.add_done_callback(_seen)
        # Whoever asked first may leave while others wait.
        return await asyncio.shield(making)

    async def _make(self, tag: str, make: Callable[[], Awaitable[T]]) -> T:
        try:
            made = await make()
        finally:
            del self._making[tag]
        self._keep(tag, made)
        return made

    def _keep(self, tag: str, made: T) -> None:
        self._kept[tag] = made
        self.size_bytes += len(made.body)
        while self.size_bytes > self._most:
            _, gone = self._kept.popitem(last=False)
            self.size_bytes -= len(gone.body)


def _seen(task: asyncio.Task[T]) -> None:
    """A failure that nobody waits for any more is nobody's."""
    if not task.cancelled():
        task.exception()
