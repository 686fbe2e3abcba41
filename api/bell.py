"""A bell: wakes whoever waits inside this process, as often as it is rung."""

from __future__ import annotations

import asyncio


class Bell:
    """Waiters take :attr:`next` before they look, so that no ring falls between looking and waiting."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    @property
    def next(self) -> asyncio.Event:
        """The event that the next ring sets."""
        return self._next

    def ring(self) -> None:
        """Wake all who wait now."""
        rung, self._next = self._next, asyncio.Event()
        rung.set()
