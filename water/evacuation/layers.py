"""The layers that an evacuation reads 转移所用图层."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from water.evacuation.hazard import declared

ADDRESSES: Final = "addresses"
REGIONS: Final = "regions"
LINKS: Final = "object-links"
"""Who lives at an address 人户关联; restricted."""
SHELTERS: Final = "shelters"
"""Where people are taken unless the asker names another layer."""


def assets_of(inputs: Mapping[str, Any]) -> Mapping[str, str | None]:
    """Layers of assets that are looked at, each with the number that is added up."""
    shipped = declared().assets
    if "assets" in inputs:
        return {layer: shipped.get(layer) for layer in inputs["assets"]}
    return dict(shipped)
