"""Work with the database that is not a hot read: run in threads, with connections of its own.

Writes, administration and the ground's synchronous functions come here, so that
they neither hold up the event loop nor take the hot routes' connections. What
finds no free place in time is turned away (503), as in :mod:`api.pool`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from psycopg import OperationalError

from api.lending import Lending, Patience, hang_up
from api.pool import BUSY_EN, BUSY_ZH, CONNECT_WAIT_S, DOUBT_WAIT_S, QUEUE_WAIT_S
from api.touched import TOUCHED
from spatial.access.store import act_as
from spatial.database import Connection
from spatial.errors import Unavailable

T = TypeVar("T")
STATEMENT_TIMEOUT = "30s"
WORK_MAX_S = 60.0
"""A piece of work that takes longer waits for a server that does not answer any more."""
_OPTIONS = (
    f"-c TimeZone=Asia/Shanghai -c DateStyle=ISO -c statement_timeout={STATEMENT_TIMEOUT} -c lock_timeout=10s"
    " -c idle_in_transaction_session_timeout=30s"
)


class Desk:
    """At most ``size`` pieces of work at once."""

    def __init__(
        self, dsn: str, *, size: int, name: str = "desk", queue_wait_s: float = QUEUE_WAIT_S
    ) -> None:
        self.size = size
        self._queue_wait_s = queue_wait_s
        self.waiting = 0
        self.in_use = 0
        self._places = asyncio.Semaphore(size)
        self._threads = ThreadPoolExecutor(size, name)
        self._lending = Lending(dsn, name=f"onemap-{name}", size=size, options=_OPTIONS)
        self._doubt = False

    async def run(self, work: Callable[[Connection], T]) -> T:
        """The work's result; it gets a connection inside one transaction, committed when it returns.

        Whoever cancels it ends the statement under way, and the transaction with it.
        """
        await self._place()
        self.in_use += 1
        try:
            connection = await self._connection()
            try:
                return await self._worked(connection, work)
            finally:
                self._lending.give(connection)
        finally:
            self.in_use -= 1
            self._places.release()

    async def _place(self) -> None:
        self.waiting += 1
        try:
            async with asyncio.timeout(self._queue_wait_s):
                await self._places.acquire()
        except TimeoutError:
            raise Unavailable(BUSY_ZH, BUSY_EN) from None
        finally:
            self.waiting -= 1

    async def _connection(self) -> Connection:
        """Bounded here, as a thread that waits for an address without an answer cannot be."""
        if not self._doubt and (at_hand := self._lending.at_hand()) is not None:
            return at_hand
        checked: list[Connection] = []
        taking = self._threads.submit(self._lending.take, checked)
        try:
            async with asyncio.timeout(DOUBT_WAIT_S if self._doubt else CONNECT_WAIT_S):
                connection = await asyncio.shield(asyncio.wrap_future(taking))
        except BaseException as failure:
            self._doubt = self._doubt or isinstance(failure, TimeoutError | OperationalError)
            if not taking.cancel():
                taking.add_done_callback(self._too_late)
            for each in checked:
                hang_up(each)
            if isinstance(failure, TimeoutError):
                raise OperationalError("connecting took too long") from None
            raise
        self._doubt = False
        return connection

    def _too_late(self, taking: Future[Connection]) -> None:
        if taking.exception() is None:
            self._lending.give(taking.result())

    async def _worked(self, connection: Connection, work: Callable[[Connection], T]) -> T:
        def inside() -> T:
            with connection.transaction():
                touched = TOUCHED.get()  # the context of the request comes along into the thread
                if touched is not None:
                    act_as(connection, touched.principal, touched.request)
                return work(connection)

        working = asyncio.wrap_future(self._threads.submit(copy_context().run, inside))
        try:
            with Patience(connection, WORK_MAX_S):
                return await asyncio.shield(working)
        except asyncio.CancelledError:
            await asyncio.to_thread(connection.cancel_safe, timeout=1.0)
            await asyncio.wait((working,), timeout=1.0)
            raise

    async def close(self) -> None:
        """Close the connections."""
        self._threads.shutdown(wait=False)
        await asyncio.to_thread(self._lending.close)
