"""New values as server-sent events 观测推送: stations as :mod:`api.sensorthings.stations` tells them.

Nobody is told by a writer, which would slow down who sends: while somebody listens, each process looks once a
second what was written, whoever wrote it. What is new is noted for every listener, of each station the newest
alone, and sent when its client takes it; a client that takes nothing for half a minute is broken off. Rights
are asked anew with every event.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Final

import psycopg
from starlette.routing import Route

from api.bell import Bell
from api.catalogue import Catalogue
from api.door import route
from api.event_stream import HEADERS, HEARTBEAT_S, LIFETIME_S, PATIENCE_S, RETRY_MS, STREAMS_MAX, either
from api.parameters import given, language
from api.pool import Pool
from api.sensorthings.asking import tell_of
from api.wire import Reply, Request
from spatial.access.model import Origin, Principal
from spatial.errors import Unauthenticated, Unavailable
from spatial.observe import stations

LOOK_S: Final = 1.0
SOME: Final = 500
"""Stations that are read by one statement, and told by one event."""

Station = tuple[str | None, str]
"""The layer that a station names, and its JSON."""


class Listener:
    """What a client has still to be told."""

    def __init__(self) -> None:
        self.pending: dict[int, Station] = {}
        """By number of the Thing: never more than there are."""

    def take(self, layers: frozenset[str] | None) -> list[str]:
        """Some of what its client may read; the rest of them stays, what it may not read is forgotten."""
        told: list[str] = []
        while self.pending and len(told) < SOME:
            thing = next(iter(self.pending))
            layer, text = self.pending.pop(thing)
            if layers is None or layer in layers:
                told.append(text)
        return told


class Stream:
    """The handler of ``/observations/stream``, and the look that all its clients share."""

    def __init__(self, catalogue: Catalogue, heavy: Pool) -> None:
        self._catalogue = catalogue
        self._heavy = heavy
        self._listeners: set[Listener] = set()
        self._bell = Bell()
        self._closing = False
        self._looking: asyncio.Task[None] | None = None
        self._away = False

    def routes(self) -> list[Route]:
        """One, that has no end."""
        return [route("/observations/stream", self.stream)]

    def close(self) -> None:
        """End every stream, so that their clients go to another server."""
        self._closing = True
        self._bell.ring()
        if self._looking is not None:
            self._looking.cancel()

    async def stream(self, request: Request) -> Reply:
        """``/observations/stream``: for as long as the client listens."""
        language(request, given(request.query_string, ["lang"]))
        if len(self._listeners) >= STREAMS_MAX or self._closing:
            raise Unavailable(
                f"本进程的观测推送连接已满({STREAMS_MAX}),请稍后重试或改用 /stations",
                f"all {STREAMS_MAX} streams of this process are taken; try again later or use /stations",
                value=STREAMS_MAX,
            )
        await tell_of(self._catalogue, self._heavy, request.principal)
        return Reply(200, list(HEADERS), stream=self._events(request), patience_s=PATIENCE_S)

    async def _events(self, request: Request) -> AsyncGenerator[bytes]:
        gone = request.hung_up()
        listener = Listener()
        self._listeners.add(listener)
        if self._looking is None or self._looking.done():
            self._away = False
            self._looking = asyncio.get_running_loop().create_task(self._look())
        now = time.monotonic()
        ending, beat = now + LIFETIME_S, now + HEARTBEAT_S
        try:
            yield f"retry: {RETRY_MS}\n\n".encode()
            while not gone.done() and not self._closing and time.monotonic() < ending:
                heard = self._bell.next
                if self._away:
                    yield b": database away\n\n"
                    return
                told = listener.take(self._layers(await request.still()))
                now = time.monotonic()
                if told:
                    yield b"event: stations\ndata: [%b]\n\n" % ",".join(told).encode()
                    beat = now + HEARTBEAT_S
                elif now >= beat:
                    yield f": {max(0, int(ending - now))} s\n\n".encode()
                    beat = now + HEARTBEAT_S
                if not listener.pending:
                    await either(heard, gone, max(0.0, beat - now))
        except Unauthenticated:
            yield b": credential revoked or expired\n\n"
        finally:
            self._listeners.discard(listener)

    def _layers(self, principal: Principal) -> frozenset[str] | None:
        return None if principal.origin is Origin.LOCAL else frozenset(self._catalogue.seen_by(principal))

    async def _look(self) -> None:
        """Until nobody listens any more, or the database is away."""
        try:
            async with self._heavy.connection() as connection:
                now = await (await connection.execute(stations.clock().sql)).fetchone()
            assert now is not None  # a clock tells
            since: datetime = now[0]
            told: dict[int, datetime] = {}
            while self._listeners and not self._closing:
                # A writer stamps before it commits: what was told already is left out by its stamp.
                async with self._heavy.connection() as connection:
                    cursor = await connection.execute(*stations.written(since - stations.SETTLED))
                    rows = await cursor.fetchall()
                    new = list({thing: None for stream, thing, at in rows if told.get(stream) != at})
                    for place in range(0, len(new), SOME):
                        cursor = await connection.execute(
                            *stations.some(new[place : place + SOME], self._catalogue.limits)
                        )
                        self._note(await cursor.fetchall())
                told = {stream: at for stream, _, at in rows}
                since = max([since, *told.values()])
                await asyncio.sleep(LOOK_S)
        except (psycopg.Error, Unavailable):
            self._away = True
            self._bell.ring()

    def _note(self, rows: list[tuple[int, str | None, str]]) -> None:
        for listener in self._listeners:
            for thing, layer, text in rows:
                listener.pending[thing] = (layer, text)
        self._bell.ring()
