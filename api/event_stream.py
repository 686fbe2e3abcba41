"""Server-sent events 服务器推送: a stream reads on from its own cursor whenever the bell rings.

No faster than its client takes what was sent: nothing is kept for a slow one, and one that takes nothing
for half a minute is broken off. The bell only wakes; what is sent is read from the database, so a lost
ring loses nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass

import orjson
import psycopg

from api.catalogue import Catalogue
from api.pool import Connection, Pool
from api.wire import Header, Reply, Request
from spatial.access.model import Principal
from spatial.errors import OneMapError, Unauthenticated, Unavailable
from spatial.history.feed import Cursor

STREAMS_MAX = 64
"""So many streams a worker holds at once; the next one is turned away."""
READERS = 2
"""So many of them read at a time, that they leave connections to others."""
HEARTBEAT_S = 15.0
UNSETTLED_S = 0.1
"""How soon to look again while an entry of a transaction under way holds others back."""
PATIENCE_S = 30.0
LIFETIME_S = 900.0
"""A stream ends after a quarter of an hour and is taken up again by its client: rights are asked anew."""
RETRY_MS = 1000
HEADERS: tuple[Header, ...] = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # asks nginx to pass each event on at once
)


@dataclass(frozen=True, slots=True)
class Batch:
    """What follows a cursor, as events."""

    events: bytes
    cursor: Cursor
    more: bool
    """Settled ones follow at once."""
    unsettled: bool
    """Transactions under way may hold back what is committed already."""


Begin = Callable[[Connection], Awaitable[Cursor]]
Read = Callable[[Principal, Connection, Cursor], Awaitable[Batch]]
"""What follows, of what the principal may see by now; it refuses who may see nothing of it any more."""


class EventStreams:
    """All streams of a process, whatever they tell."""

    def __init__(self, catalogue: Catalogue, heavy: Pool) -> None:
        self._catalogue = catalogue
        self._heavy = heavy
        self._streams = 0
        self._readers = asyncio.Semaphore(READERS)
        self._closing = asyncio.Event()

    def close(self) -> None:
        """End every stream, so that their clients go to another server."""
        self._closing.set()
        self._catalogue.changes.ring()

    async def open(self, request: Request, begin: Begin, read: Read, instead: str) -> Reply:
        """A stream for as long as its client listens; ``instead``: the address to ask where all are taken."""
        if self._streams >= STREAMS_MAX or self._closing.is_set():
            raise Unavailable(
                f"本进程的推送连接已满({STREAMS_MAX}),请稍后重试或改用 {instead}",
                f"all {STREAMS_MAX} streams of this process are taken; try again later or use {instead}",
                value=STREAMS_MAX,
            )
        async with self._readers, self._heavy.connection() as connection:
            since = await begin(connection)
        return Reply(200, list(HEADERS), stream=self._events(request, since, read), patience_s=PATIENCE_S)

    async def _events(self, request: Request, cursor: Cursor, read: Read) -> AsyncGenerator[bytes]:
        seal = self._catalogue.seal
        gone = request.hung_up()
        self._streams += 1
        now = time.monotonic()
        ending, beat = now + LIFETIME_S, now + HEARTBEAT_S
        try:
            # An id without data moves only the place from which the client takes up again.
            yield f"retry: {RETRY_MS}\nid: {seal.text(cursor)}\n\n".encode()
            while not gone.done() and not self._closing.is_set() and time.monotonic() < ending:
                heard = self._catalogue.changes.next
                principal = await request.still()
                async with self._readers, self._heavy.connection() as connection:
                    batch = await read(principal, connection, cursor)
                cursor = batch.cursor
                now = time.monotonic()
                if batch.events:
                    yield batch.events
                    beat = now + HEARTBEAT_S
                elif now >= beat:
                    # By its own clock: what others changed must not show in when it comes.
                    yield f": {max(0, int(ending - now))} s\nid: {seal.text(cursor)}\n\n".encode()
                    beat = now + HEARTBEAT_S
                if not batch.more:
                    await either(heard, gone, UNSETTLED_S if batch.unsettled else max(0.0, beat - now))
        except (psycopg.Error, Unavailable):
            yield b": database away\n\n"
        except Unauthenticated:
            yield b": credential revoked or expired\n\n"
        except OneMapError:
            yield b": not for you any more\n\n"
        finally:
            self._streams -= 1


def event(name: str, cursor: str, told: object) -> bytes:
    """One event as it goes over the wire."""
    return b"event: %b\nid: %b\ndata: %b\n\n" % (name.encode(), cursor.encode(), orjson.dumps(told))


async def either(heard: asyncio.Event, gone: asyncio.Future[None], wait_s: float) -> None:
    """Wait for one of both, or so long."""
    hearing = asyncio.ensure_future(heard.wait())
    try:
        await asyncio.wait((hearing, gone), timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        hearing.cancel()
