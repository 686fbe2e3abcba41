"""The layers of cameras along the rivers 视频图层: their contracts, as TOML in ``water/assets/layers``."""

from __future__ import annotations

from functools import cache
from typing import Final

from spatial.catalogue.contract import Contract
from spatial.catalogue.declaration import shipped
from spatial.catalogue.provision import provide
from spatial.database import Connection

CAMERAS: Final = "river-cameras"
VIEWS: Final = "river-camera-views"
LAYERS: Final = (CAMERAS, VIEWS)


@cache
def contract(layer_id: str) -> Contract:
    """The contract of a layer, as it ships with the platform.

    >>> contract("river-cameras").key
    'camera_id'
    """
    return shipped("water", layer_id)


def publish(connection: Connection) -> None:
    """Bring the layers into service; what is there already is only brought up to date."""
    for layer_id in LAYERS:
        provide(connection, contract(layer_id))
