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

import psycopg
from psycopg.conninfo import make_conninfo

from api.lending import hang_up
from api.line import Connection, Line, Rows
from spatial.errors import Unavailable
from spatial.history.read import Statement

__all__ = ["Connection", "Pool", "Rows"]

QUEUE_WAIT_S = 0.25
CONNECT_WAIT_S = 2.0
DOUBT_WAIT_S = 0.2
"""For a connection, after one could not be made."""
HELD_MAX_S = 60.0
"""Nobody keeps a connection longer for more than one statement."""
TICK_S = 0.5
BUSY_ZH, BUSY_EN = "同时的请求过多,请稍后重试", "too many requests at once; try again later"


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
        queue_wait_s: float = QUEUE_WAIT_S,
    ) -> None:
        options = " ".join(f"-c {key}={value}" for key, value in settings.items())
        self._conninfo = make_conninfo(dsn, application_name=f"onemap-{name}", options=options)
        self.size = size
        self._deadline_s = deadline_s
        self._queue_max = queue_max
        self._queue_wait_s = queue_wait_s
        self._until: dict[Line, float] = {}
        self._late: set[Line] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._doubt = False
        self._made = 0
        self._idle: list[Line] = []
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

    async def fetch(self, statement: Statement, *, binary: bool = False) -> Rows:
        """Run one read and hand the connection back; ``binary`` as in :meth:`api.line.Line.run`."""
        line, used = await self._take()
        self._watch(line, self._deadline_s)
        try:
            try:
                return await line.run(statement, binary=binary)
            except psycopg.OperationalError:
                if not used or not line.dead or line not in self._until:
                    raise
            await self._discard_idle()
            await self._drop(line)
            line = await self._connect()
            self._watch(line, self._deadline_s)
            return await line.run(statement, binary=binary)
        finally:
            await self._give(line)

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection for more than one statement."""
        line, _ = await self._take()
        self._watch(line, HELD_MAX_S)
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
            async with asyncio.timeout(self._queue_wait_s):
                await turn
        except TimeoutError:
            if turn.done() and not turn.cancelled():
                self._wake()
            raise Unavailable(BUSY_ZH, BUSY_EN) from None

    async def _connect(self) -> Line:
        try:
            async with asyncio.timeout(DOUBT_WAIT_S if self._doubt else CONNECT_WAIT_S):
                line = Line(await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True))
        except (TimeoutError, psycopg.OperationalError) as failure:
            self._doubt = True
            if isinstance(failure, TimeoutError):
                raise psycopg.OperationalError("connecting took too long") from None
            raise
        self._doubt = False
        return line

    def _watch(self, line: Line, time_s: float) -> None:
        loop = asyncio.get_running_loop()
        self._until[line] = loop.time() + time_s
        if self._timer is None:
            self._timer = loop.call_later(TICK_S, self._tick)

    def _tick(self) -> None:
        """Hang up where the time was over at the last tick already: a loop that was held up reads first."""
        loop = asyncio.get_running_loop()
        late = {each for each, until in self._until.items() if until < loop.time()}
        for line in late & self._late:
            del self._until[line]  # and so it is not tried again
            self._doubt = True
            hang_up(line.connection)
        self._late = late
        self._timer = loop.call_later(TICK_S, self._tick) if self._until else None

    async def _give(self, line: Line) -> None:
        """Take a connection back, unless it is broken or still inside a statement."""
        self._until.pop(line, None)
        if line.idle and not self._closed:
            self._idle.append(line)
        else:
            self._made -= 1
            await line.close()
        self._wake()

    async def _drop(self, line: Line) -> None:
        self._until.pop(line, None)
        await line.close()

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
