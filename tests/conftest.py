"""One real PostGIS for the whole run; a fresh database for each test that writes."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo


@pytest.fixture(scope="session")
def server_dsn() -> str:
    """A PostGIS server made for this run (``./onemap test`` sets it)."""
    dsn = os.environ.get("ONEMAP_TEST_SERVER")
    if not dsn:
        pytest.fail("no test server: run the tests with ./onemap test")
    return dsn


@pytest.fixture
def empty_database(server_dsn: str) -> Iterator[str]:
    """The dsn of a new, empty database, dropped afterwards."""
    name = f"test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server_dsn, autocommit=True) as admin:
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    yield make_conninfo(server_dsn, dbname=name)
    with psycopg.connect(server_dsn, autocommit=True) as admin:
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
