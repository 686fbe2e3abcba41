"""Which layers hold assets 资产图层."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from spatial.catalogue.contract import Contract
from spatial.catalogue.declaration import shipped

ASSETS: Final = (
    "base-stations",
    "network-nodes",
    "fibre-routes",
    "iot-gateways",
    "cameras",
    "traffic-lights",
    "guidance-screens",
    "bus-stops",
    "bus-lines",
    "school-bus-routes",
    "substations",
    "transmission-lines",
    "distribution-rooms",
    "environment-stations",
    "power-meters",
    "industrial-plants",
    "greenhouses",
    "cold-stores",
    "produce-markets",
    "health-facilities",
    "schools",
    "shelters",
    "emergency-stores",
    "hydrants",
    "service-terminals",
    "community-offices",
)
"""With a life and an upkeep."""
BESIDE: Final = ("camera-views", "grid-cells", "asset-inspections", "asset-documents")
"""What belongs to them: areas that cameras see, cells of governance, records and papers."""
LIFE: Final = ("status", "planned_on", "built_on", "in_service_on", "retired_on")


def contract(layer_id: str) -> Contract:
    """The contract of an asset layer, as it ships with the platform.

    >>> contract("hydrants").steward
    '寿光市消防救援大队'
    """
    return shipped("spatial", layer_id)


def lives(fields: Collection[str]) -> bool:
    """Whether a layer with these fields tells the life of what it holds; a city's own may as well."""
    return set(LIFE) <= set(fields)
