"""The layers of works, claims and defects 工程图层: their contracts, as TOML in ``water/assets/layers``."""

from __future__ import annotations

from functools import cache
from typing import Final

from spatial.catalogue.contract import Contract
from spatial.catalogue.declaration import shipped
from spatial.catalogue.provision import provide
from spatial.database import Connection

SECTIONS: Final = "river-sections"
WORKS: Final = ("river-works", "river-dykes", SECTIONS)
"""What is built in and along a river; one identity of works over all three."""
CLAIMS: Final = "river-claims"
CHOICES: Final = "river-claim-choices"
DEFECTS: Final = "river-defects"
INSPECTIONS: Final = "river-inspections"
DOCUMENTS: Final = "river-documents"
OFFSETS: Final = "river-datum-offsets"
LAYERS: Final = (*WORKS, CLAIMS, CHOICES, DEFECTS, INSPECTIONS, DOCUMENTS, OFFSETS)


@cache
def contract(layer_id: str) -> Contract:
    """The contract of a layer, as it ships with the platform.

    >>> contract("river-claims").key
    'claim_id'
    """
    return shipped("water", layer_id)


def publish(connection: Connection) -> None:
    """Bring every layer of works into service; what is there already is only brought up to date."""
    for layer_id in LAYERS:
        provide(connection, contract(layer_id))
