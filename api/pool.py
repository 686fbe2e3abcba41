"""Asynchronous connections for reads, lent one statement at a time.

A pool of psycopg 3 connections, made as they are needed, that heals itself: a
connection that died while idle (a restarted server) is replaced and the
statement, being a read, is tried once more; while the server is down every
request learns so at once instead of queueing. Waiting for a free connection is
bounded, then the request is turned away (503) rather than held.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psycopg
from psycopg.conninfo import make_conninfo

from api.line import Connection, Line, Rows
from spatial.errors import Unavailable
from spatial.history.read import Statement

__all__ = ["Connection", "Pool", "Rows"]

QUEUE_WAIT_S = 0.25
CONNECT_WAIT_S = 2.0


class Pool:
    """At most ``size`` connections with one set of session settings."""

    def __init__(self, dsn: str, *, name: str, size: int, settings: dict[str, str]) -> None:
        options = " ".join(f"-c {key}={value}" for key, value in settings.items())
        self._conninfo = make_conninfo(dsn, application_name=f"onemap-{name}", options=options)
        self._size = size
        self._made = 0
        self._idle: list[Line] = []
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed = False

    async def fetch(self, statement: Statement) -> Rows:
        """Run one read and hand the connection back."""
        line, used = await self._take()
        try:
            try:
                return await line.run(statement)
            except psycopg.OperationalError:
                if not used or not line.dead:
                    raise
            await self._discard_idle()
            await line.close()
            line = await self._connect()
            return await line.run(statement)
        finally:
            await self._give(line)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for more than one statement."""
        line, _ = await self._take()
        line.unwatch()
        try:
            yield line.connection
        finally:
            if line.idle:
                line.watch()
            await self._give(line)

    async def close(self) -> None:
        """Close what is idle now and what comes back later."""
        self._closed = True
        while self._idle:
            await self._idle.pop().close()

    async def _take(self) -> tuple[Line, bool]:
        while True:
            while self._idle:
                line = self._idle.pop()
                if not line.dead:
                    return line, True
                self._made -= 1
            if self._made < self._size:
                self._made += 1
                try:
                    return await self._connect(), False
                except BaseException:
                    self._made -= 1
                    self._wake()
                    raise
            await self._wait()

    async def _wait(self) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(QUEUE_WAIT_S):
                await turn
        except TimeoutError:
            if turn.done() and not turn.cancelled():
                self._wake()
            raise Unavailable(
                "同时的请求过多,请稍后重试", "too many requests at once; try again later"
            ) from None

    async def _connect(self) -> Line:
        try:
            async with asyncio.timeout(CONNECT_WAIT_S):
                return Line(await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True))
        except TimeoutError:
            raise psycopg.OperationalError("connecting took too long") from None

    async def _give(self, line: Line) -> None:
        """Take a connection back, unless it is broken or still inside a statement."""
        if line.idle and not self._closed:
            self._idle.append(line)
        else:
            self._made -= 1
            await line.close()
        self._wake()

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    async def _discard_idle(self) -> None:
        """One connection was found dead: the others most likely are, too."""
        self._made -= len(self._idle)
        while self._idle:
            await self._idle.pop().close()
