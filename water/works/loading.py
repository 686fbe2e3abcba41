"""Bringing the layers of works and the sourced facts on the rivers in; a second time writes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from spatial.catalogue import store as catalogue
from spatial.database import Connection, connect
from spatial.datum.clock import BEIJING
from spatial.exchange import originals
from spatial.history import ledger
from spatial.history.model import Delivery, Intent
from spatial.sample.loading import AUTHOR as SAMPLE
from spatial.sample.loading import DEPARTMENT as SAMPLED
from spatial.sample.loading import SEED, fill
from water.cameras import layers as cameras
from water.gauges import layers as gauges
from water.works import claim_file, claims, layers, sample_store

AUTHOR: Final = "onemap"
DEPARTMENT: Final = "一张图 One Map"
VALID_FROM: Final = datetime(2026, 1, 1, tzinfo=BEIJING)
_SAMPLE_REASON: Final = "载入样例工程:合成数据,由固定种子生成"
_REASON: Final = "登记有出处的弥河、丹河事实;待核者已标注"

Progress = Callable[[str], None]


def build(dsn: str, progress: Progress | None = None) -> int:
    """Publish the layers of works and enter the facts that come with the platform; how many were entered.

    One transaction. Where the claims were withdrawn from service nothing is touched; claims that
    somebody entered stay beside these.
    """
    tell = progress or (lambda _: None)
    with connect(dsn) as connection, connection.transaction():
        withdrawn = {layer.contract.id for layer in catalogue.layers(connection, withdrawn=True)}
        if not withdrawn.isdisjoint((*layers.LAYERS, *gauges.LAYERS, *cameras.LAYERS)):
            return 0
        publish(connection)
        if any(
            each.author == AUTHOR for each in ledger.changesets(connection, layers.CLAIMS, limit=1_000_000)
        ):
            return 0
        entered = facts(connection)
        tell(f"登记 {entered} 条有出处的主张 {entered} claims with their sources entered")
        made = sample_works(connection)
        tell(f"写入 {made} 项样例工程(合成数据) {made} sample works (synthetic)")
        return entered


def publish(connection: Connection) -> None:
    """Bring the layers of works, monitoring and cameras into service, or up to date."""
    layers.publish(connection)
    gauges.publish(connection)
    cameras.publish(connection)


def sample_works(connection: Connection) -> int:
    """Works, stations and records along the sample rivers; how many, 0 where the rivers are not there."""
    from water.flood.sample import across, ground
    from water.works.sample import Banks, generated

    routes = sample_store.routes(connection)
    written = 0
    banks = {route: Banks(*half) for route, half in across().items()}
    for layer_id, rows in generated(routes, SEED, ground(), banks) if routes else ():
        table = catalogue.get(connection, layer_id).table
        source = hashlib.sha256(f"onemap sample works seed {SEED} edition 2 {layer_id}".encode()).digest()
        intent = Intent(SAMPLE, SAMPLED, _SAMPLE_REASON, VALID_FROM, Delivery.PARTIAL, source)
        changeset = fill(connection, table, rows, intent)
        written += 0 if changeset is None else changeset.opened
    return written


def facts(connection: Connection) -> int:
    """Enter the shipped facts, with their file as the source; how many are new."""
    handed = claim_file.shipped(partial(originals.keep, connection))
    intent = Intent(AUTHOR, DEPARTMENT, _REASON, VALID_FROM, source_sha256=handed.sha256)
    return len(claims.record(connection, handed.claims, intent).entered)
