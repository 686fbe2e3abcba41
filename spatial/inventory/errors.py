"""What can be wrong with assets."""

from __future__ import annotations

from spatial.errors import InvalidInput


class AssetRefused(InvalidInput):
    """A step of an asset's life that cannot be taken, or an asset that is not there."""

    code = "asset-refused"
