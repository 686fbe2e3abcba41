"""Staging and applying rows for the catalogue's tests, through the store's own door."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import shapely

from spatial.catalogue.contract import Contract
from spatial.catalogue.tables import feature_table
from spatial.database import Connection
from spatial.history import write
from spatial.history.model import Changeset, Delivery, Intent
from spatial.history.write import Staging

DAY = datetime(2026, 1, 1, tzinfo=UTC)


def intent(delivery: Delivery = Delivery.PARTIAL) -> Intent:
    return Intent("李工", "水利局", "测试交付", DAY, delivery)


def point(lon: float = 118.8, lat: float = 36.9) -> bytes:
    return ewkb(shapely.Point(lon, lat))


def ewkb(shape: shapely.Geometry, srid: int = 4490) -> bytes:
    return shapely.to_wkb(shapely.set_srid(shape, srid), include_srid=True)


def stage(
    connection: Connection,
    contract: Contract,
    rows: Sequence[dict[str, object]],
    *,
    canonical: bool = False,
) -> Staging:
    """Rows as dictionaries; ``line`` counts from 1 and ``fid`` is the key field where not given."""
    table = feature_table(contract)
    staging = write.create_staging(connection, table)
    geometry = ["geom"] if contract.geometry else []
    columns = ["line", "fid", "remove", "valid_from", "valid_to", *geometry]
    columns += [column.name for column in table.columns]
    complete = [
        {"line": line, "fid": row.get(contract.key), "remove": False, **row}
        for line, row in enumerate(rows, start=1)
    ]
    write.copy_rows(connection, staging, columns, ([row.get(name) for name in columns] for row in complete))
    if canonical:
        write.canonicalise(connection, staging)
    return staging


def deliver(
    connection: Connection,
    contract: Contract,
    rows: Sequence[dict[str, object]],
    delivery: Delivery = Delivery.PARTIAL,
) -> Changeset:
    """Rows staged and applied; the changeset they became."""
    staging = stage(connection, contract, rows, canonical=True)
    changeset = write.apply(connection, staging, intent(delivery))
    write.drop_staging(connection, staging)
    assert changeset is not None
    return changeset
