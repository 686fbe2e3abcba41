"""How a register comes in 入库: a bundle as changesets of its layers, all in one transaction.

Rows go by binary COPY into staging and from there as sets; a register of a million
addresses is in its history in minutes. What is delivered is the whole: a second
delivery of the same writes nothing, another one only what differs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from address import rows
from address.bundle import Bundle
from spatial.catalogue import quality
from spatial.catalogue import store as catalogue
from spatial.catalogue.city import City, read_city
from spatial.database import Connection
from spatial.errors import DeliveryUndecided, RowsRejected
from spatial.exchange.store import believed_count
from spatial.history import write
from spatial.history.model import Delivery, Intent

ADDED_TO: Final = ("address-codes", "address-lineage", "object-links")
"""Layers that a register only adds to: what was there goes on, for ever or until its owner ends it."""

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Loaded:
    """What became of one layer."""

    layer: str
    changeset: int | None
    """None where nothing changed."""
    opened: int


def load(
    connection: Connection,
    bundle: Bundle,
    intent: Intent,
    progress: Progress | None = None,
    *,
    city: str = "370783",
) -> tuple[Loaded, ...]:
    """Write a register into its layers, which are in service; inside the caller's transaction.

    Raises RowsRejected where rows break a contract or the tree its laws, UnknownLayer where
    a layer is missing.
    """
    tell = progress or (lambda _: None)
    done = []
    for layer_id, columns, held in rows.layers(bundle, intent.valid_from):
        tell(f"写入 writing: {layer_id}")
        layer = catalogue.get(connection, layer_id)
        own = replace(intent, delivery=Delivery.PARTIAL if layer_id in ADDED_TO else Delivery.FULL)
        staging = write.create_staging(connection, layer.table)
        numbered = ((line, row[0], *row) for line, row in enumerate(held, start=1))
        write.copy_rows(connection, staging, ("line", "fid", *columns), numbered)
        write.canonicalise(connection, staging)
        _hold_to(connection, staging, layer, read_city(city), own)
        changeset = write.apply(connection, staging, own)
        write.drop_staging(connection, staging)
        opened = changeset.opened if changeset else 0
        done.append(Loaded(layer_id, changeset.id if changeset else None, opened))
    return tuple(done)


def require_empty(connection: Connection) -> None:
    """DeliveryUndecided where the register holds components already: a whole one would replace it."""
    held = believed_count(connection, catalogue.get(connection, "components").table)
    if held:
        raise DeliveryUndecided(
            f"登记簿已有 {held} 个构件;若要以此文件整体替换,请加 --replace:components",
            f"the register holds {held} components; add --replace if this file takes their place: components",
            value="components",
            details={"options": ["--replace"], "held": held},
        )


def _hold_to(
    connection: Connection, staging: write.Staging, layer: catalogue.Layer, city: City, intent: Intent
) -> None:
    """Refuse the delivery where rows break the layer's contract."""
    found = quality.check(
        connection,
        layer.contract,
        staging,
        city,
        intent.valid_from,
        delivery=intent.delivery,
        listed_per_rule=5,
    )
    if found.total:
        first = found.violations[0]
        raise RowsRejected(
            f"图层 {layer.contract.id} 有 {found.total} 处不合格,未载入任何内容;首处:{first.zh}",
            f"{found.total} faults in layer {layer.contract.id}, nothing was loaded; the first: {first.en}",
            value=first.value,
        )
