"""One connection of a pool and how a read runs on it: libpq spoken to directly.

The driver's cursors serve every need and cost as much as a small statement
itself. A hot read needs one thing: send a prepared statement, wait, take the
result. That is done here with the driver's own libpq object, its adapters and
its errors. The socket is watched all the time, so a connection whose server
went away is known as dead before anybody is given it.
"""

from __future__ import annotations

import asyncio
import re
from collections import OrderedDict
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import count
from typing import Any

import psycopg
from psycopg import pq
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.pq.abc import PGresult

from spatial.history.read import Statement

Connection = psycopg.AsyncConnection[Any]
PREPARED_MOST = 200
"""Statements kept prepared on one connection; the one unused longest makes room."""
CANCEL_WAIT_S = 2.0
_NUMBERS = count(1)
_FORMATS = [PyFormat.AUTO] * 4096
_TEXT, _BINARY = pq.Format.TEXT, pq.Format.BINARY
_GOOD = (pq.ExecStatus.TUPLES_OK, pq.ExecStatus.COMMAND_OK)


@dataclass(frozen=True, slots=True)
class Rows:
    """A whole result: the first row as values, all of it as the driver holds it."""

    first: tuple[Any, ...] | None
    result: PGresult


class Line:
    """A connection in autocommit, used by one request at a time."""

    __slots__ = ("_loop", "_prepared", "_socket", "_transformer", "_turn", "connection")

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._loop = asyncio.get_running_loop()
        self._socket = connection.pgconn.socket  # a lost connection does not know its own any more
        self._transformer = Transformer(connection)
        self._prepared: OrderedDict[tuple[str, tuple[int, ...]], bytes] = OrderedDict()
        self._turn: asyncio.Future[None] | None = None
        self.watch()

    @property
    def dead(self) -> bool:
        """The server or somebody else has ended it."""
        return bool(self.connection.pgconn.status != pq.ConnStatus.OK)

    @property
    def idle(self) -> bool:
        """Nothing is under way on it."""
        return bool(self.connection.pgconn.transaction_status == pq.TransactionStatus.IDLE)

    async def run(self, statement: Statement, *, binary: bool = False) -> Rows:
        """Run one read, prepared; a cancelled caller cancels the statement in the database.

        ``binary``: values come as the server holds them, so that tiles are not written as text and
        read again.
        """
        pgconn = self.connection.pgconn
        transformer = self._transformer
        values = transformer.dump_sequence(statement.params, _FORMATS[: len(statement.params)])
        types = transformer.types or ()
        try:
            name = await self._name(statement.sql, types)
            pgconn.send_query_prepared(
                name, values, param_formats=transformer.formats, result_format=_BINARY if binary else _TEXT
            )
            result = await self._result()
        except asyncio.CancelledError:
            self.unwatch()
            await self.connection.cancel_safe(timeout=CANCEL_WAIT_S)
            raise
        transformer.set_pgresult(result)
        first = transformer.load_row(0, tuple) if result.ntuples else None
        return Rows(first, result)

    async def close(self) -> None:
        """End it."""
        self.unwatch()
        await self.connection.close()

    def watch(self) -> None:
        """Have the loop tell when something arrives."""
        self._loop.add_reader(self._socket, self._readable)

    def unwatch(self) -> None:
        """Leave the socket to the driver."""
        with suppress(OSError, ValueError):
            self._loop.remove_reader(self._socket)

    async def _name(self, sql: str, types: tuple[int, ...]) -> bytes:
        """The name under which a statement is prepared, which it is at its first use."""
        key = (sql, types)
        name = self._prepared.get(key)
        if name is not None:
            self._prepared.move_to_end(key)
            return name
        if len(self._prepared) >= PREPARED_MOST:
            _, oldest = self._prepared.popitem(last=False)
            self.connection.pgconn.send_query(b"deallocate " + oldest)
            await self._result()
        name = f"r{next(_NUMBERS)}".encode()
        self.connection.pgconn.send_prepare(name, numbered(sql), types)
        await self._result()
        self._prepared[key] = name
        return name

    async def _result(self) -> PGresult:
        """The one result of what was sent last, or its error."""
        pgconn = self.connection.pgconn
        while pgconn.flush():  # larger than the socket takes at once
            await asyncio.sleep(0.001)
        found: PGresult | None = None
        while True:
            while pgconn.is_busy():
                self._turn = self._loop.create_future()
                try:
                    await self._turn
                finally:
                    self._turn = None
            result = pgconn.get_result()
            if result is None:
                break
            found = found or result
        if found is None:
            raise psycopg.OperationalError("the connection was lost")
        if found.status not in _GOOD:
            raise error_from_result(found, encoding="utf-8")
        return found

    def _readable(self) -> None:
        """Something arrived: an answer, a notice, or the end."""
        pgconn = self.connection.pgconn
        turn = self._turn
        try:
            pgconn.consume_input()
        except psycopg.OperationalError as failure:
            self.unwatch()
            if turn is not None and not turn.done():
                turn.set_exception(failure)
            pgconn.finish()
            return
        if turn is not None and not turn.done() and not pgconn.is_busy():
            turn.set_result(None)


@lru_cache(maxsize=4096)
def numbered(sql: str) -> bytes:
    """A statement with the server's numbered places instead of ``%s``.

    >>> numbered("select %s, 5 %% %s")
    b'select $1, 5 % $2'
    """
    places = count(1)

    def place(match: re.Match[str]) -> str:
        return "%" if match[1] == "%" else f"${next(places)}"

    return re.sub("%([s%])", place, sql).encode()
