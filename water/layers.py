"""The layers of the rivers 水利图层: their contracts, published as the platform's own.

Each is a TOML file in ``assets/layers``. What lies along a river says where by four fields:
``route_id``, ``route_version``, ``chainage_m`` 桩号 and ``offset_m`` (to the right of the line as
it is drawn downstream, to the left where it is negative).
"""

from __future__ import annotations

from functools import cache
from typing import Final

from spatial.catalogue.contract import Contract
from spatial.catalogue.declaration import shipped
from spatial.catalogue.provision import provide
from spatial.database import Connection

ROUTES: Final = "river-routes"
STAKES: Final = "river-stakes"
REACHES: Final = "river-reaches"
NODES: Final = "river-nodes"
NETWORK: Final = (ROUTES, STAKES, REACHES, NODES)
"""What the network is read from."""


@cache
def contract(layer_id: str) -> Contract:
    """The contract of a layer of the rivers, as it ships with the platform.

    >>> contract("river-reaches").key
    'reach_id'
    """
    return shipped("water", layer_id)


def publish(connection: Connection) -> None:
    """Bring the layers of the network into service; what is there already is only brought up to date."""
    for layer_id in NETWORK:
        provide(connection, contract(layer_id))
