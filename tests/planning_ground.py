"""A database with the planning sample in it, for tests of what is judged and served from one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from serving import database_of

from planning import layers
from planning.sample import loading
from spatial import sample
from spatial.database import connect


@contextmanager
def planned(server_dsn: str, template: str, parcels: int, *, city: bool = False) -> Iterator[str]:
    """Its dsn; the sample of so many parcels, with the layers of the sample city where asked."""
    with database_of(server_dsn, template) as dsn:
        if city:
            sample.build(dsn)
        with connect(dsn) as connection, connection.transaction():
            layers.publish(connection)
            loading.load(connection, parcels)
        yield dsn
