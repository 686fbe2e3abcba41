"""Databases of a benchmark's own on the server that it is given."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import make_conninfo
from psycopg.sql import SQL, Identifier

from spatial import migrations


@contextmanager
def empty(server: str) -> Iterator[str]:
    """The dsn of a new database, dropped afterwards whoever is still connected."""
    name = f"bench_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(SQL("create database {}").format(Identifier(name)))
    try:
        yield make_conninfo(server, dbname=name)
    finally:
        with psycopg.connect(server, autocommit=True) as admin:
            admin.execute(SQL("drop database {} with (force)").format(Identifier(name)))


@contextmanager
def fresh(server: str) -> Iterator[str]:
    """The same with the platform's schema."""
    with empty(server) as dsn:
        migrations.upgrade(dsn)
        yield dsn


@contextmanager
def kept(server: str, name: str) -> Iterator[tuple[str, bool]]:
    """A database by its name, which stays for the next run; and whether it is new."""
    with psycopg.connect(server, autocommit=True) as admin:
        found = admin.execute("select from pg_database where datname = %s", (name,)).fetchone()
        if found is None:
            admin.execute(SQL("create database {}").format(Identifier(name)))
    yield make_conninfo(server, dbname=name), found is None
