"""A database with a small sample register in it, for tests of what is served from one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from serving import database_of

from address import ingest, layers
from address.sample import draw, loading
from spatial.database import connect


@contextmanager
def registered(server_dsn: str, template: str, size: int) -> Iterator[str]:
    """Its dsn; the register is :func:`address.sample.draw` of that size, as it comes with the city."""
    with database_of(server_dsn, template) as dsn:
        with connect(dsn) as connection, connection.transaction():
            layers.publish(connection)
            ingest.load(connection, draw(size, loading.SEED).bundle(), loading.intent(size))
        yield dsn
