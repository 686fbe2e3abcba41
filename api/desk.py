"""Work with the database that is not a hot read: run in threads, with connections of its own.

Writes, administration and the ground's synchronous functions come here, so that
they neither hold up the event loop nor take the hot routes' connections. What
finds no free place in time is turned away (503), as in :mod:`api.pool`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from anyio import CapacityLimiter, to_thread
from psycopg.conninfo import make_conninfo
from psycopg_pool import ConnectionPool, PoolTimeout

from api.touched import TOUCHED
from spatial.access.store import act_as
from spatial.database import Connection
from spatial.errors import Unavailable

T = TypeVar("T")
QUEUE_WAIT_S = 0.25
STATEMENT_TIMEOUT = "30s"


class Desk:
    """At most ``size`` pieces of work at once."""

    def __init__(self, dsn: str, *, size: int) -> None:
        options = (
            f"-c TimeZone=Asia/Shanghai -c statement_timeout={STATEMENT_TIMEOUT} -c lock_timeout=10s"
            " -c idle_in_transaction_session_timeout=30s"
        )
        self._places = asyncio.Semaphore(size)
        self._threads = CapacityLimiter(size)
        self._pool: ConnectionPool[Any] = ConnectionPool(
            make_conninfo(dsn, application_name="onemap-desk", options=options),
            min_size=0,
            max_size=size,
            timeout=QUEUE_WAIT_S,
            max_idle=60.0,
            check=ConnectionPool.check_connection,
            open=False,
        )
        self._opened = False

    async def run(self, work: Callable[[Connection], T]) -> T:
        """The work's result; it gets a connection inside one transaction, committed when it returns."""
        try:
            async with asyncio.timeout(QUEUE_WAIT_S):
                await self._places.acquire()
        except TimeoutError:
            raise Unavailable(
                "同时的请求过多,请稍后重试", "too many requests at once; try again later"
            ) from None
        try:
            return await to_thread.run_sync(self._work, work, limiter=self._threads)
        finally:
            self._places.release()

    def _work(self, work: Callable[[Connection], T]) -> T:
        if not self._opened:
            self._pool.open()
            self._opened = True
        try:
            with self._pool.connection() as connection:
                touched = TOUCHED.get()  # the context of the request comes along into the thread
                if touched is not None:
                    act_as(connection, touched.principal, touched.request)
                return work(connection)
        except PoolTimeout:
            raise Unavailable(
                "数据库暂不可用,请稍后重试", "the database does not answer now; try again later"
            ) from None

    async def close(self) -> None:
        """Close the connections."""
        if self._opened:
            await asyncio.to_thread(self._pool.close)
