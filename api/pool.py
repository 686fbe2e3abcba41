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
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.pq.abc import PGresult

from spatial.errors import Unavailable
from spatial.history.read import Statement

Connection = psycopg.AsyncConnection[Any]

QUEUE_WAIT_S = 0.25
CONNECT_WAIT_S = 2.0


@dataclass(frozen=True, slots=True)
class Rows:
    """A whole result: the first row as values, all of it as the driver holds it."""

    first: tuple[Any, ...] | None
    result: PGresult


class Pool:
    """At most ``size`` connections with one set of session settings."""

    def __init__(self, dsn: str, *, name: str, size: int, settings: dict[str, str]) -> None:
        options = " ".join(f"-c {key}={value}" for key, value in settings.items())
        self._conninfo = make_conninfo(dsn, application_name=f"onemap-{name}", options=options)
        self._size = size
        self._made = 0
        self._idle: list[Connection] = []
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed = False

    async def fetch(self, statement: Statement) -> Rows:
        """Run one read and hand the connection back."""
        connection, used = await self._take()
        try:
            try:
                return await _run(connection, statement)
            except psycopg.OperationalError:
                if not used or not connection.closed:
                    raise
            self._discard_idle()
            await connection.close()
            connection = await self._connect()
            return await _run(connection, statement)
        finally:
            await self._give(connection)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for more than one statement."""
        connection, _ = await self._take()
        try:
            yield connection
        finally:
            await self._give(connection)

    async def close(self) -> None:
        """Close what is idle now and what comes back later."""
        self._closed = True
        while self._idle:
            await self._idle.pop().close()

    async def _take(self) -> tuple[Connection, bool]:
        while True:
            while self._idle:
                connection = self._idle.pop()
                if not connection.closed:
                    return connection, True
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

    async def _connect(self) -> Connection:
        try:
            async with asyncio.timeout(CONNECT_WAIT_S):
                return await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True)
        except TimeoutError:
            raise psycopg.OperationalError("connecting took too long") from None

    async def _give(self, connection: Connection) -> None:
        """Take a connection back, unless it is broken or still inside a statement."""
        idle = connection.pgconn.transaction_status == psycopg.pq.TransactionStatus.IDLE
        if idle and not self._closed:
            self._idle.append(connection)
        else:
            self._made -= 1
            await connection.close()
        self._wake()

    def _wake(self) -> None:
        while self._waiting:
            turn = self._waiting.popleft()
            if not turn.done():
                turn.set_result(None)
                return

    def _discard_idle(self) -> None:
        """One connection was found dead: the others most likely are, too."""
        self._made -= len(self._idle)
        for connection in self._idle:
            connection.pgconn.finish()
        self._idle.clear()


async def _run(connection: Connection, statement: Statement) -> Rows:
    cursor = connection.cursor()
    await cursor.execute(statement.sql, statement.params, prepare=True)
    first = await cursor.fetchone()
    assert cursor.pgresult is not None
    return Rows(first, cursor.pgresult)
