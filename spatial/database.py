"""Connections and transactions.

psycopg 3 carries every hot path and all bulk work; SQLAlchemy over psycopg2
serves the migrations (``spatial.migrations``). A transaction may be placed in
time: ``spatial.at`` (valid instant) and ``spatial.asof`` (recorded instant) are
set for it alone, so they are safe under transaction pooling.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from spatial.errors import Unavailable

Connection = psycopg.Connection[Any]


def connect(dsn: str, *, application: str | None = None, autocommit: bool = False) -> Connection:
    """One connection, in Beijing time and UTF-8. ``dsn`` is a URL or a conninfo text.

    It is named ``application`` in the server's list of sessions, else as the dsn says; options of
    the dsn (a statement timeout) hold, too.
    """
    try:
        given = conninfo_to_dict(dsn)
        name = application or given.get("application_name") or "onemap"
        options = f"{given.get('options') or ''} -c TimeZone=Asia/Shanghai -c DateStyle=ISO".strip()
        return psycopg.connect(
            make_conninfo(dsn, application_name=name, options=options),
            autocommit=autocommit,
        )
    except psycopg.OperationalError as failure:
        raise Unavailable(
            f"数据库连接不上,请确认已执行 ./onemap up:{describe(dsn)}",
            f"cannot connect to the database; is it up (./onemap up)? {describe(dsn)}: {failure}",
            value=describe(dsn),
        ) from failure


def array_of(values: Iterable[object]) -> str:
    """A parameter for an array of the database, as text: adapting thousands of values one by one takes longer
    than the query that asks with them. Numbers, texts, instants, bytes and what is missing; else TypeError.

    >>> array_of([1, 2.5, float("nan"), None, True])
    '{1,2.5,nan,NULL,t}'
    >>> array_of(["弥河", 'a"b', "", b"ab"])
    '{"弥河","a\\\\"b","","\\\\\\\\x6162"}'
    """
    listed = list(values)
    if set(map(type, listed)) <= {int, float}:
        return "{" + ",".join(map(repr, listed)) + "}"
    return "{" + ",".join([_element(each) for each in listed]) + "}"


def _element(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case str():
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
        case bool():
            return "t" if value else "f"
        case int():
            return int.__repr__(value)
        case float():
            return float.__repr__(value)
        case datetime():
            return f'"{value.isoformat()}"'
        case bytes():
            return f'"\\\\x{value.hex()}"'
    raise TypeError(f"no element of an array: {type(value).__name__}")


def describe(dsn: str) -> str:
    """A data source for messages, without its password.

    >>> describe("postgresql://li:secret@db/onemap")
    'dbname=onemap host=db user=li'
    """
    parts = conninfo_to_dict(dsn)
    return " ".join(f"{key}={parts[key]}" for key in ("dbname", "host", "port", "user") if key in parts)


@contextmanager
def transaction(
    connection: Connection,
    *,
    at: datetime | None = None,
    asof: datetime | None = None,
    statement_timeout_s: float | None = None,
) -> Iterator[Connection]:
    """A transaction, placed in time where asked.

    ``at`` is the instant of valid time, ``asof`` that of recorded time; both
    must carry a time zone. Inside, every ``layer.*`` view shows that state.
    """
    with connection.transaction():
        for name, instant in (("spatial.at", at), ("spatial.asof", asof)):
            if instant is not None:
                connection.execute("select set_config(%s, %s, true)", (name, instant.isoformat()))
        if statement_timeout_s is not None:
            milliseconds = str(int(statement_timeout_s * 1000))
            connection.execute("select set_config('statement_timeout', %s, true)", (milliseconds,))
        yield connection
