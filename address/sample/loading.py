"""Bringing the small sample register into a database, in one transaction; never over another register."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Final

from address import ingest, layers
from address.sample.draw import EDITION, draw
from spatial.catalogue import store as catalogue
from spatial.database import connect
from spatial.history import ledger
from spatial.history.model import Intent
from spatial.sample.loading import AUTHOR, DEPARTMENT, VALID_FROM

SEED: Final = 370783
SIZE: Final = 20_000
"""Addresses of the register that comes with the sample city."""
_REASON: Final = "载入样例地址登记簿:合成数据,由固定种子生成;区划代码和名称真实"

Progress = Callable[[str], None]


def build(dsn: str, size: int = SIZE, progress: Progress | None = None) -> tuple[ingest.Loaded, ...]:
    """Publish the register's layers and fill them; nothing where a register is there already.

    A layer of the register that was withdrawn, or that somebody wrote to, is the city's own:
    then nothing is touched.
    """
    with connect(dsn) as connection, connection.transaction():
        withdrawn = {layer.contract.id for layer in catalogue.layers(connection, withdrawn=True)}
        written = any(ledger.changesets(connection, layer, limit=1) for layer in layers.LAYERS)
        if written or not withdrawn.isdisjoint(layers.LAYERS):
            return ()
        layers.publish(connection)
        bundle = draw(size, SEED).bundle()
        return ingest.load(connection, bundle, intent(size), progress)


def intent(size: int) -> Intent:
    """Who writes the sample, and what its changesets name as their source."""
    source = hashlib.sha256(f"onemap sample register {size} seed {SEED} edition {EDITION}".encode()).digest()
    return Intent(AUTHOR, DEPARTMENT, _REASON, VALID_FROM, source_sha256=source)
