"""The layers of the register 图层: their contracts, published as the platform's own.

Each is a TOML file in ``assets/layers``. ``regions`` and ``named-roads`` hold the shapes of
components; ``components`` the tree, whose siblings the database keeps apart (``schema.sql``);
``object-links`` is personal data, its object fields internal and the layer not shared.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from spatial.catalogue.contract import Contract
from spatial.catalogue.declaration import shipped
from spatial.catalogue.provision import provide
from spatial.database import Connection

LAYERS: Final = (
    "regions",
    "place-names",
    "named-roads",
    "components",
    "addresses",
    "address-aliases",
    "address-codes",
    "object-links",
    "doorplates",
    "address-lineage",
    "address-events",
)


@cache
def contract(layer_id: str) -> Contract:
    """The contract of a layer of the register, as it ships with the platform.

    >>> contract("addresses").key
    'address_id'
    """
    return shipped("address", layer_id)


def publish(connection: Connection) -> None:
    """Bring every layer of the register into service; what is there already is only brought up to date."""
    for layer_id in LAYERS:
        provide(connection, contract(layer_id))
