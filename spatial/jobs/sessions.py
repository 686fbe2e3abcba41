"""Sessions for what somebody waits for 短会话: kept open between executions, for a new one costs more than
most statements, and has to plan them all again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus

from spatial.database import Connection, connect

KEPT: Final = 4
"""Sessions that a process keeps of one database; others end when they are done."""
NAME: Final = "onemap-execute"
_OPTIONS: Final = "-c jit=off -c max_parallel_workers_per_gather=0"

_idle: dict[str, list[Connection]] = {}
_lock = threading.Lock()


@contextmanager
def lent(dsn: str, timeout_ms: int) -> Iterator[Connection]:
    """A session whose statements end in time; it goes back when its work is done, or ends where it broke."""
    connection = _taken(dsn) or _opened(dsn)
    try:
        try:
            _allow(connection, timeout_ms)
        except psycopg.OperationalError:  # it was ended while nobody used it
            connection.close()
            connection = _opened(dsn)
            _allow(connection, timeout_ms)
        yield connection
    except BaseException:
        connection.close()
        raise
    if not _kept(dsn, connection):
        connection.close()


def _allow(connection: Connection, timeout_ms: int) -> None:
    connection.execute("select set_config('statement_timeout', %s, false)", (str(timeout_ms),))
    connection.commit()


def _opened(dsn: str) -> Connection:
    given = conninfo_to_dict(dsn).get("options") or ""
    return connect(make_conninfo(dsn, options=f"{given} {_OPTIONS}".strip()), application=NAME)


def _taken(dsn: str) -> Connection | None:
    with _lock:
        idle = _idle.get(dsn)
        return idle.pop() if idle else None


def _kept(dsn: str, connection: Connection) -> bool:
    if connection.closed or connection.info.transaction_status is not TransactionStatus.IDLE:
        return False
    with _lock:
        idle = _idle.setdefault(dsn, [])
        if len(idle) >= KEPT:
            return False
        idle.append(connection)
        return True
