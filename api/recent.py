"""Tiles that were made a moment ago: who looks at the same ground does not have them made again.

A tile is known by all that its bytes hang on, the state that it shows above all: what is
kept can never be out of date, it is only looked at less and less. Whoever asks
while a tile is being made waits for that one; where nobody waits any more, as
when a planner draws the time on, it is not made to its end.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

BYTES_MOST = 48_000_000
"""Of one worker; a city's planners look at less at a time."""


class Body(Protocol):
    """What is kept has bytes."""

    @property
    def body(self) -> bytes:
        """They are what is counted."""


T = TypeVar("T", bound=Body)


@dataclass(slots=True)
class _Making(Generic[T]):
    task: asyncio.Task[T]
    waiting: int = 0


class Recent(Generic[T]):
    """The last so many bytes, by what they hang on; what was not asked for longest goes first."""

    def __init__(self, bytes_most: int | None = None) -> None:
        self._most = BYTES_MOST if bytes_most is None else bytes_most
        self._kept: OrderedDict[Hashable, T] = OrderedDict()
        self._making: dict[Hashable, _Making[T]] = {}
        self.size_bytes = 0

    def get(self, tag: Hashable) -> T | None:
        """What carries the tag, where it was made a moment ago."""
        kept = self._kept.get(tag)
        if kept is not None:
            self._kept.move_to_end(tag)
        return kept

    async def of(self, tag: Hashable, make: Callable[[], Awaitable[T]]) -> T:
        """What carries the tag, made where it is not there; a failure is everybody's who waited for it."""
        kept = self.get(tag)
        if kept is not None:
            return kept
        making = self._making.get(tag)
        if making is None:
            making = self._making[tag] = _Making(asyncio.ensure_future(make()))
            making.task.add_done_callback(lambda task: self._made(tag, task))
        making.waiting += 1
        try:
            return await asyncio.shield(making.task)  # whoever asked first may leave while others wait
        finally:
            making.waiting -= 1
            if not making.waiting and self._making.get(tag) is making and not making.task.done():
                del self._making[tag]
                making.task.cancel()

    def _made(self, tag: Hashable, task: asyncio.Task[T]) -> None:
        making = self._making.get(tag)
        if making is not None and making.task is task:
            del self._making[tag]
        if not task.cancelled() and task.exception() is None:  # a failure that nobody waits for is nobody's
            self._keep(tag, task.result())

    def _keep(self, tag: Hashable, made: T) -> None:
        if tag in self._kept:  # made to its end although nobody waited, and again
            return
        self._kept[tag] = made
        self.size_bytes += len(made.body)
        while self.size_bytes > self._most:
            _, gone = self._kept.popitem(last=False)
            self.size_bytes -= len(gone.body)
