"""Asynchronous connections for reads, lent one statement at a time.

A pool of psycopg 3 connections, made as they are needed, that heals itself: a
connection that died while idle (a restarted server) is replaced and the
statement, being a read, is tried once more; while the server is down every
request learns so at once instead of queueing. Waiting for a free connection is
bounded, then the request is turned away (503) rather than held. A statement that
outlives its time, because the server is paused or cut off, loses its connection.
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

from api.lending import hang_up
from spatial.errors import Unavailable
from spatial.history.read import Statement

Connection = psycopg.AsyncConnection[Any]

QUEUE_WAIT_S = 0.25
CONNECT_WAIT_S = 2.0
DOUBT_WAIT_S = 0.2
"""For a connection, after one could not be made."""
HELD_MAX_S = 60.0
"""Nobody keeps a connection longer for more than one statement."""
TICK_S = 0.5
BUSY_ZH, BUSY_EN = "同时的请求过多,请稍后重试", "too many requests at once; try again later"


@dataclass(frozen=True, slots=True)
class Rows:
    """A whole result: the first row as values, all of it as the driver holds it."""

    first: tuple[Any, ...] | None
    result: PGresult


class Pool:
    """At most ``size`` connections with one set of session settings.

    ``deadline_s``, a little more than the settings' ``statement_timeout``, holds
    even where the server cannot keep its own. Who comes when ``queue_max`` wait
    already is turned away at once.
    """

    def __init__(
        self,
        dsn: str,
        *,
        name: str,
        size: int,
        settings: dict[str, str],
        deadline_s: float,
        queue_max: int = 256,
    ) -> None:
        options = " ".join(f"-c {key}={value}" for key, value in settings.items())
        self._conninfo = make_conninfo(dsn, application_name=f"onemap-{name}", options=options)
        self.size = size
        self._deadline_s = deadline_s
        self._queue_max = queue_max
        self._until: dict[Connection, float] = {}
        self._late: set[Connection] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._doubt = False
        self._made = 0
        self._idle: list[Connection] = []
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._closed = False

    @property
    def in_use(self) -> int:
        """Connections that are lent now."""
        return self._made - len(self._idle)

    @property
    def waiting(self) -> int:
        """Requests that wait for one."""
        return len(self._waiting)

    async def fetch(self, statement: Statement) -> Rows:
        """Run one read and hand the connection back."""
        connection, used = await self._take()
        self._watch(connection, self._deadline_s)
        try:
            try:
                return await _run(connection, statement)
            except psycopg.OperationalError:
                if not used or not connection.closed or connection not in self._until:
                    raise
            self._discard_idle()
            await self._drop(connection)
            connection = await self._connect()
            self._watch(connection, self._deadline_s)
            return await _run(connection, statement)
        finally:
            await self._give(connection)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for more than one statement."""
        connection, _ = await self._take()
        self._watch(connection, HELD_MAX_S)
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
            if self._made < self.size:
                self._made += 1
                try:
                    return await self._connect(), False
                except BaseException:
                    self._made -= 1
                    self._wake()
                    raise
            await self._wait()

    async def _wait(self) -> None:
        if len(self._waiting) >= self._queue_max:
            raise Unavailable(BUSY_ZH, BUSY_EN)
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(QUEUE_WAIT_S):
                await turn
        except TimeoutError:
            if turn.done() and not turn.cancelled():
                self._wake()
            raise Unavailable(BUSY_ZH, BUSY_EN) from None

    async def _connect(self) -> Connection:
        try:
            async with asyncio.timeout(DOUBT_WAIT_S if self._doubt else CONNECT_WAIT_S):
                connection = await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True)
        except (TimeoutError, psycopg.OperationalError) as failure:
            self._doubt = True
            if isinstance(failure, TimeoutError):
                raise psycopg.OperationalError("connecting took too long") from None
            raise
        self._doubt = False
        return connection

    def _watch(self, connection: Connection, time_s: float) -> None:
        loop = asyncio.get_running_loop()
        self._until[connection] = loop.time() + time_s
        if self._timer is None:
            self._timer = loop.call_later(TICK_S, self._tick)

    def _tick(self) -> None:
        """Hang up where the time was over at the last tick already: a loop that was held up reads first."""
        loop = asyncio.get_running_loop()
        late = {each for each, until in self._until.items() if until < loop.time()}
        for connection in late & self._late:
            del self._until[connection]  # and so it is not tried again
            self._doubt = True
            hang_up(connection)
        self._late = late
        self._timer = loop.call_later(TICK_S, self._tick) if self._until else None

    async def _give(self, connection: Connection) -> None:
        """Take a connection back, unless it is broken or still inside a statement."""
        self._until.pop(connection, None)
        idle = connection.pgconn.transaction_status == psycopg.pq.TransactionStatus.IDLE
        if idle and not self._closed:
            self._idle.append(connection)
        else:
            self._made -= 1
            await connection.close()
        self._wake()

    async def _drop(self, connection: Connection) -> None:
        self._until.pop(connection, None)
        await connection.close()

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
