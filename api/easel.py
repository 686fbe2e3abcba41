"""Pictures are drawn beside the loop, few at a time; who would wait too long is turned away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from anyio import CapacityLimiter, to_thread

from spatial.errors import Unavailable


class Easel:
    """Places for drawing. ``busy_zh`` and ``busy_en`` say of what there is too much at once."""

    def __init__(self, at_once: int, wait_s: float, busy_zh: str, busy_en: str) -> None:
        self._places = CapacityLimiter(at_once)
        self._wait_s = wait_s
        self._busy = (busy_zh, busy_en)

    async def draw(self, work: Callable[[], bytes]) -> bytes:
        """What the work gives, as soon as there is a place for it."""
        try:
            async with asyncio.timeout(self._wait_s):
                await self._places.acquire_on_behalf_of(work)
        except TimeoutError:
            raise Unavailable(*self._busy) from None
        try:
            return await to_thread.run_sync(work)
        finally:
            self._places.release_on_behalf_of(work)
