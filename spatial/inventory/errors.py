"""What can be wrong with assets."""

from __future__ import annotations

from spatial.errors import InvalidInput, NotFound


class AssetRefused(InvalidInput):
    """A step of an asset's life that cannot be taken, or an asset that is not there."""

    code = "asset-refused"


class UnknownDocument(NotFound):
    """No document of an asset has this digest, for who asks 无此资产文档."""

    code = "unknown-document"
