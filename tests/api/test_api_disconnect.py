"""A client that hangs up takes its running query with it."""

from __future__ import annotations

import socket
import time

import psycopg
from api_serving import Served, until
from patience import at_once
from psycopg.conninfo import conninfo_to_dict

SEARCH = "/collections/points/items?bbox=118.5,36.7,119.2,37.3&count=exact"


def running(dsn: str) -> int:
    """Searches of the server that the database is busy with."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        row = connection.execute(
            "select count(*) from pg_stat_activity where datname = %s and state = 'active'"
            " and application_name in ('onemap-heavy', 'onemap-places')",
            (conninfo_to_dict(dsn)["dbname"],),
        ).fetchone()
    assert row is not None
    return int(row[0])


def test_a_search_ends_with_its_client(own: Served) -> None:
    """The search waits behind a lock, as behind a change of the table; its own limit would be 2 s."""
    assert own.get(SEARCH).status_code == 200
    at_once(lambda: left_waiting(own), 1.8)
    assert own.get(SEARCH).json()["numberMatched"] == 25  # the connection serves on


def left_waiting(own: Served) -> None:
    port = int(own.url.rpartition(":")[2])
    with psycopg.connect(own.dsn) as holder:
        holder.execute("lock table history.points in access exclusive mode")
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(f"GET {SEARCH} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            until(lambda: running(own.dsn) == 1)
            time.sleep(0.2)
            assert running(own.dsn) == 1  # it waits as long as its client does
        until(lambda: running(own.dsn) == 0)
