"""Bringing the sample assets into a database; what somebody else wrote to is left alone."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from typing import Final

import numpy as np

from spatial.catalogue import store as catalogue
from spatial.catalogue.provision import provide
from spatial.database import Connection, connect
from spatial.exchange.store import Source, keep_source
from spatial.history import ledger
from spatial.history.model import Delivery, Intent
from spatial.inventory.layers import ASSETS, BESIDE, contract
from spatial.sample.assets.ground import Addresses
from spatial.sample.assets.papers import paper
from spatial.sample.assets.store import addresses
from spatial.sample.city import SampleCity
from spatial.sample.loading import AUTHOR, DEPARTMENT, SEED, VALID_FROM, fill
from spatial.sample.plane import to_plane
from spatial.sample.rows import Rows, base_stations

EDITION: Final = 1
SITES: Final = "base-stations"
LAYERS: Final = tuple(layer for layer in (*ASSETS, *BESIDE) if layer != SITES)
"""The 5G sites come with the city itself, and are tied to addresses here."""
_REASON: Final = "载入样例资产:合成数据,由固定种子生成"

Progress = Callable[[str], None]


def build(dsn: str, progress: Progress | None = None) -> int:
    """Publish the asset layers that nobody has, and fill them; the features written.

    One transaction: an interrupted load leaves nothing. Assets are tied to the addresses of the
    register that is there.
    """
    tell = progress or (lambda _: None)
    with connect(dsn) as connection, connection.transaction():
        wanted = _wanted(connection)
        if not wanted:
            return 0
        from spatial.sample.assets.rows import generated
        from spatial.sample.city import generate

        tell("生成样例资产(合成数据) generating assets (synthetic)")
        ids, points = addresses(connection)
        register = Addresses(ids, np.array(points, dtype=np.float64).reshape(-1, 2))
        written = 0
        city = generate(SEED)
        for layer, rows in generated(city, SEED, register):
            if layer not in wanted:
                continue
            provide(connection, contract(layer))
            table = catalogue.get(connection, layer).table
            changeset = fill(connection, table, rows, _intent(layer))
            written += changeset.opened if changeset else 0
            if layer == "asset-documents":
                _keep_files(connection, rows)
        _tie_sites(connection, city, register)
        tell(f"写入 {written} 项资产 {written} assets written")
        return written


def _tie_sites(connection: Connection, city: SampleCity, register: Addresses) -> None:
    """Give the 5G sites their addresses, where nobody but the sample wrote to them."""
    entries = ledger.changesets(connection, SITES, limit=1_000)
    if not register.ids or not entries or any(entry.author != AUTHOR for entry in entries):
        return
    near = register.nearest(to_plane(city.stations.points_deg))
    fill(connection, catalogue.get(connection, SITES).table, base_stations(city, near), _intent(SITES))


def _keep_files(connection: Connection, rows: Rows) -> None:
    """The files of the documents, beside their register."""
    names = ("document_id", "layer", "asset", "kind", "issued_on")
    places = [rows.columns.index(name) for name in names]
    for values in rows.values:
        document, layer, asset, kind, day = (values[place] for place in places)
        assert isinstance(day, date)  # only what was approved or completed has a paper
        file = paper(str(document), str(layer), str(asset), str(kind), day)
        source = Source(file.sha256, file.name, len(file.content), packed=False)
        keep_source(connection, source, [file.content])


def _wanted(connection: Connection) -> frozenset[str]:
    """Neither withdrawn, nor published by somebody, nor written already."""
    taken = {
        layer.contract.id
        for withdrawn in (False, True)
        for layer in catalogue.layers(connection, withdrawn=withdrawn)
    }
    return frozenset(
        layer for layer in LAYERS if layer not in taken and not ledger.changesets(connection, layer, limit=1)
    )


def _intent(layer: str) -> Intent:
    source = f"onemap sample assets seed {SEED} edition {EDITION} {layer}"
    digest = hashlib.sha256(source.encode()).digest()
    return Intent(AUTHOR, DEPARTMENT, _REASON, VALID_FROM, Delivery.FULL, digest)
