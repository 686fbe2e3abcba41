"""Places for work of which a worker does only so much at once 并发名额."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from spatial.errors import Unavailable


@asynccontextmanager
async def place(among: asyncio.Semaphore, within_s: float, zh: str, en: str) -> AsyncIterator[None]:
    """One of them, given back afterwards; Unavailable, in these words, where none is free in time."""
    try:
        async with asyncio.timeout(within_s):
            await among.acquire()
    except TimeoutError:
        raise Unavailable(zh, en) from None
    try:
        yield
    finally:
        among.release()
