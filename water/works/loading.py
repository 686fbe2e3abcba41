"""Bringing the layers of works and the sourced facts on the rivers in; a second time writes nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Final

from spatial.catalogue import store as catalogue
from spatial.database import Connection, connect
from spatial.datum.clock import BEIJING
from spatial.exchange import originals
from spatial.history import ledger
from spatial.history.model import Intent
from water.gauges import layers as gauges
from water.works import claim_file, claims, layers

AUTHOR: Final = "onemap"
DEPARTMENT: Final = "一张图 One Map"
VALID_FROM: Final = datetime(2026, 1, 1, tzinfo=BEIJING)
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
        if not withdrawn.isdisjoint((*layers.LAYERS, *gauges.LAYERS)):
            return 0
        layers.publish(connection)
        gauges.publish(connection)
        if any(
            each.author == AUTHOR for each in ledger.changesets(connection, layers.CLAIMS, limit=1_000_000)
        ):
            return 0
        entered = facts(connection)
        tell(f"登记 {entered} 条有出处的主张 {entered} claims with their sources entered")
        return entered


def facts(connection: Connection) -> int:
    """Enter the shipped facts, with their file as the source; how many are new."""
    handed = claim_file.shipped(partial(originals.keep, connection))
    intent = Intent(AUTHOR, DEPARTMENT, _REASON, VALID_FROM, source_sha256=handed.sha256)
    return len(claims.record(connection, handed.claims, intent).entered)
