"""The export guard at the doors: what leaves of a marked layer is counted before it leaves."""

from __future__ import annotations

from collections.abc import Iterable

from api.catalogue import Catalogue, Shown
from api.desk import Desk
from spatial.access import release
from spatial.access.model import Principal
from spatial.errors import Forbidden


def uncounted(layer: Shown, way: str) -> Forbidden:
    """The refusal of a way out that is not counted feature by feature."""
    return Forbidden(
        f"图层 {layer.id} 受连续范围限制,请用 GeoJSON 分页读取:{way}",
        f"what leaves of layer {layer.id} is counted; read it page by page as GeoJSON: {way}",
        value=way,
    )


class Releases:
    """Counts features that are about to be sent; layers that are not marked cost a look-up."""

    def __init__(self, catalogue: Catalogue, desk: Desk) -> None:
        self._catalogue = catalogue
        self._desk = desk

    def limited(self, layer: Shown) -> bool:
        """Whether what leaves of a layer is counted: then it leaves in pages that are held whole."""
        return layer.id in self._catalogue.limits

    async def take(self, layer: Shown, principal: Principal, fids: Iterable[str]) -> None:
        """``ReleaseLimit`` where these features would be more than may leave."""
        of = self._catalogue.limits.get(layer.id)
        if of is not None:
            named = list(fids)
            await self._desk.run(
                lambda connection: release.take(connection, of, layer.table, named, principal)
            )
