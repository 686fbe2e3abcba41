"""The layers of monitoring 监测图层: their contracts, as TOML in ``water/assets/layers``."""

from __future__ import annotations

from functools import cache
from typing import Final

from spatial.catalogue.contract import Contract
from spatial.catalogue.declaration import shipped
from spatial.catalogue.provision import provide
from spatial.database import Connection

STATIONS: Final = "river-stations"
THRESHOLDS: Final = "river-thresholds"
RATINGS: Final = "river-ratings"
GATE_TABLES: Final = "river-gate-tables"
LAYERS: Final = (STATIONS, THRESHOLDS, RATINGS, GATE_TABLES)


@cache
def contract(layer_id: str) -> Contract:
    """The contract of a layer, as it ships with the platform.

    >>> contract("river-ratings").key
    'station'
    """
    return shipped("water", layer_id)


def publish(connection: Connection) -> None:
    """Bring every layer of monitoring into service; what is there already is only brought up to date."""
    for layer_id in LAYERS:
        provide(connection, contract(layer_id))
