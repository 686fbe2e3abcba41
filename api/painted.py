"""Vector layers as pictures 矢量图层的图片瓦片: OGC API Tiles (map), for clients that read pictures alone.

The tile is the vector tile of the same address, drawn by the layer's legend: the
same instants, the same rights, the same tag but for how it is drawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from api.catalogue import Shown
from api.easel import Easel
from api.imagery_request import MEDIA, nothing, picture_form
from api.item import digest
from api.problem import BadParameter
from api.tiles import Tiles, asked_of, drawn
from api.wire import WHO, Reply, Request, known
from spatial.catalogue.city import City
from spatial.catalogue.legend import signs, visible_style
from tiles.matrix import MatrixSet, MatrixSets, Tile
from tiles.styles import frame

TILE = ("style", "datetime", "asof", "v")
STYLE = "default"
WAY = 1
"""Of drawing: another number makes every tag another one."""
AT_ONCE, QUEUE_WAIT_S = 2, 4.0
BUSY = ("同时的图片请求过多,请稍后重试", "too many pictures at once; try again later")
_SMALLER = 1.0
"""A picture of 256 pixels shows what a map shows one level farther out."""


class Painted:
    """The handler of pictures of vector layers."""

    def __init__(self, tiles: Tiles, sets: MatrixSets, city: City) -> None:
        self._tiles = tiles
        self._sets = sets
        self._city = city
        self._easel = Easel(AT_ONCE, QUEUE_WAIT_S, *BUSY)

    async def picture(
        self, request: Request, layer: Shown, where: Sequence[str], parameters: Mapping[str, str]
    ) -> Reply:
        """A tile by matrix set, level, row and column, as an address has them."""
        matrix_set = self._sets.find(where[0])
        tile = matrix_set.tile(where[1], where[2], where[3])
        kind, style = picture_form(parameters), parameters.get("style", STYLE)
        if style != STYLE:
            raise BadParameter("style", f"须为 {STYLE}", f"must be {STYLE}", value=style)
        by = visible_style(drawn(layer).contract, layer.fields).by
        told = {name: text for name, text in parameters.items() if name in ("datetime", "asof", "v")}
        asked = asked_of(layer, {**told, "properties": by or ""})
        pinned = await self._tiles.pinned(layer, asked, matrix_set, tile)
        tag = digest("painted", WAY, kind, pinned.tag)
        headers = [pinned.cache, (b"content-type", MEDIA[kind])]
        if known(request, tag):
            return Reply(200, headers, etag=tag, vary=list(WHO))
        cut = await self._tiles.workshop.cut(request, layer, pinned.query, pinned.tag)
        body = await self._drawn(layer, cut.body, matrix_set, tile, kind) if cut.body else nothing(kind)
        if layer.contract.synthetic:
            headers.append((b"onemap-synthetic", b"true"))
        return Reply(200, headers, body, etag=tag, vary=list(WHO))

    async def _drawn(self, layer: Shown, body: bytes, matrix_set: MatrixSet, tile: Tile, kind: str) -> bytes:
        """Beside the loop, few at a time."""
        level = tile.zoom + frame(self._city, matrix_set.id).zoom_less - _SMALLER
        draw = partial(_draw, layer, body, tile, level, kind)
        return await self._easel.draw(draw)


def _draw(layer: Shown, body: bytes, tile: Tile, level: float, kind: str) -> bytes:
    from tiles.painted import painted  # libraries of images, for whoever looks at pictures
    from tiles.raster.view import encoded

    style = visible_style(layer.contract, layer.fields)
    drawn_by = signs(layer.contract, style)
    return encoded(painted(body, style, drawn_by, tile, level, synthetic=layer.contract.synthetic), kind)
