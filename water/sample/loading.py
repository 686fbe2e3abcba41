"""Bringing the sample rivers into a database, in one transaction; never over the city's own."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Final

from spatial.catalogue import store as catalogue
from spatial.database import Connection, connect
from spatial.history import ledger
from spatial.history.model import Delivery, Intent
from spatial.sample.loading import AUTHOR, DEPARTMENT, SEED, VALID_FROM, fill
from water import layers

EDITION: Final = 1
_REASON: Final = "载入样例河网:合成数据,由固定种子生成;河名与汇流、分汊关系取自资料"

Progress = Callable[[str], None]


def build(dsn: str, progress: Progress | None = None) -> int:
    """Publish the layers of the network and fill them; the features written, 0 where there is something.

    A layer that was withdrawn, or that somebody wrote to, is the city's own: then nothing is touched.
    """
    with connect(dsn) as connection, connection.transaction():
        withdrawn = {layer.contract.id for layer in catalogue.layers(connection, withdrawn=True)}
        written = any(ledger.changesets(connection, layer, limit=1) for layer in layers.NETWORK)
        if written or not withdrawn.isdisjoint(layers.NETWORK):
            return 0
        layers.publish(connection)
        return load(connection, progress)


def load(connection: Connection, progress: Progress | None = None, valid_from: datetime = VALID_FROM) -> int:
    """Fill the published layers, inside the caller's transaction; the features written."""
    from water.sample.rows import rivers, tables

    tell = progress or (lambda _: None)
    written = 0
    for layer_id, rows in tables(rivers(SEED)):
        tell(f"写入 {len(rows.values)} 个要素 writing {len(rows.values)} features: {layer_id}")
        source = f"onemap sample rivers seed {SEED} edition {EDITION} {layer_id}"
        digest = hashlib.sha256(source.encode()).digest()
        intent = Intent(AUTHOR, DEPARTMENT, _REASON, valid_from, Delivery.FULL, digest)
        changeset = fill(connection, catalogue.get(connection, layer_id).table, rows, intent)
        written += changeset.opened if changeset else 0
    return written
