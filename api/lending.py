"""Synchronous connections lent to threads, and the end of those that hang.

No reconnecting in the background and no pause that grows: whoever needs a
connection while none is idle makes one, so service is back with the first
request after the database is.
"""

from __future__ import annotations

import asyncio
import os
import select
import socket
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.pq import ExecStatus, TransactionStatus

from spatial.database import Connection

AnyConnection = psycopg.Connection[Any] | psycopg.AsyncConnection[Any]
CONNECT_TIMEOUT_S = 2
GRACE_S = 0.25
TRUSTED_S = 0.25
"""For so long after it has answered a connection is taken to answer."""


class Lending:
    """At most ``size`` idle connections with one set of options; the borrower bounds how many are out."""

    def __init__(self, dsn: str, *, name: str, size: int, options: str) -> None:
        self._size = size
        self._conninfo = make_conninfo(
            dsn, application_name=name, options=options, connect_timeout=CONNECT_TIMEOUT_S
        )
        self._idle: deque[tuple[Connection, float]] = deque()
        """With the moment each was given back."""
        self._closed = False

    def at_hand(self) -> Connection | None:
        """A connection that answered just now and has not been closed since; it is not asked again."""
        try:
            connection, since = self._idle.pop()
        except IndexError:
            return None
        if time.monotonic() - since < TRUSTED_S and _silent(connection):
            return connection
        self._idle.append((connection, since))
        return None

    def take(self, taken: list[Connection] | None = None) -> Connection:
        """An idle connection that still answers, else a new one.

        An idle one stands in ``taken`` before it is asked, so that another thread can hang up on it.
        """
        while True:
            try:
                connection, _ = self._idle.pop()
            except IndexError:
                return psycopg.connect(self._conninfo)
            if taken is not None:
                taken.append(connection)
            if connection.pgconn.exec_(b"").status == ExecStatus.EMPTY_QUERY:
                return connection
            connection.close()

    def give(self, connection: Connection) -> None:
        """Take a connection back, unless it is broken or inside a transaction."""
        idle = connection.pgconn.transaction_status == TransactionStatus.IDLE
        if idle and not self._closed and len(self._idle) < self._size:
            self._idle.append((connection, time.monotonic()))
        else:
            connection.close()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """A connection inside one transaction, committed when all went well."""
        connection = self.take()
        try:
            with connection.transaction():
                yield connection
        finally:
            self.give(connection)

    def close(self) -> None:
        """Close what is idle now and what comes back later."""
        self._closed = True
        while self._idle:
            self._idle.pop()[0].close()


def _silent(connection: Connection) -> bool:
    """Whether the server has said nothing unasked: where it goes away, it says so, and the wire is closed."""
    try:
        wire = select.poll()
        wire.register(connection.pgconn.socket, select.POLLIN)
        return not wire.poll(0)
    except (OSError, psycopg.OperationalError):
        return False


class Patience:
    """Hangs up on a connection when ``time_s`` is over and, after that, it still has not answered.

    A loop that was held up runs its timers before it reads what has arrived long
    since; so the first alarm only sets a second one.
    """

    def __init__(self, connection: AnyConnection, time_s: float) -> None:
        self._connection = connection
        self._timer = asyncio.get_running_loop().call_later(time_s, self._once_more)

    def _once_more(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(GRACE_S, hang_up, self._connection)

    def __enter__(self) -> None:
        return None

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()


def hang_up(connection: AnyConnection) -> None:
    """End the connection under a statement that waits for a server which does not answer any more.

    The server's own ``statement_timeout`` cannot fire while the server is
    paused or cut off. Whoever waits learns at once that the connection is lost.
    """
    with (
        suppress(OSError, psycopg.OperationalError),
        socket.socket(fileno=os.dup(connection.pgconn.socket)) as wire,
    ):
        wire.shutdown(socket.SHUT_RDWR)
