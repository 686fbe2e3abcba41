"""Vector layers as pictures 矢量图层的图片瓦片: OGC API Tiles (map), for clients that read pictures alone.

The tile is the vector tile of the same address, drawn by the layer's legend: the
same instants, the same rights, the same tag but for how it is drawn.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial

from api.catalogue import Shown
from api.easel import Easel
from api.imagery_request import MEDIA, nothing, picture_form
from api.item import digest
from api.problem import BadParameter
from api.tiles import Tiles, asked_of, drawn
from api.wire import WHO, Reply, Request, known
from spatial.catalogue.city import City
from spatial.catalogue.contract import Step
from spatial.catalogue.legend import signs, visible_style
from tiles import vector
from tiles.matrix import MatrixSet, MatrixSets, Tile
from tiles.styles import frame
from tiles.vector import Neighbour, TileQuery

TILE = ("style", "datetime", "asof", "v")
STYLE = "default"
WAY = 2
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
        seen = visible_style(drawn(layer).contract, layer.fields)
        told = {name: text for name, text in parameters.items() if name in ("datetime", "asof", "v")}
        wanted = [seen.by, seen.label if seen.kind == "line" else None]
        asked = asked_of(layer, {**told, "properties": ",".join(each for each in wanted if each)})
        pinned = await self._tiles.pinned(layer, asked, matrix_set, tile)
        tag = digest("painted", WAY, kind, pinned.tag)
        headers = [pinned.cache, (b"content-type", MEDIA[kind])]
        if known(request, tag):
            return Reply(200, headers, etag=tag, vary=list(WHO))
        cut = await self._tiles.workshop.cut(request, layer, pinned.query)
        labels = await self._labels(request, layer, pinned.query)
        empty = not cut.body and not any(each.body for each in labels)
        body = nothing(kind) if empty else await self._drawn(layer, cut.body, labels, matrix_set, tile, kind)
        if layer.contract.synthetic:
            headers.append((b"onemap-synthetic", b"true"))
        return Reply(200, headers, body, etag=tag, vary=list(WHO))

    async def _labels(self, request: Request, layer: Shown, query: TileQuery) -> list[Neighbour]:
        """The places of names in a tile and the eight about it, as whoever draws one of those has them.

        None of lines, which are named from their shapes; of clusters, which have numbers; of a
        layer whose every leaving is counted, as a name from next door would be.
        """
        style = visible_style(layer.contract, layer.fields)
        if style.label is None or style.kind == "line" or query.counted or query.step is Step.CLUSTER:
            return []
        found: list[Neighbour] = []
        for tile, right, down in _about(query.tile):
            column = layer.fields[style.label][1]
            there = replace(query, columns=(column,), tile=tile, labels=True, rung=None, classed=False)
            there = vector.laddered(there, layer.contract, layer.fields)
            cut = await self._tiles.workshop.cut(request, layer, there)
            found.append(Neighbour(right, down, cut.body))
        return found

    async def _drawn(
        self,
        layer: Shown,
        body: bytes,
        labels: list[Neighbour],
        matrix_set: MatrixSet,
        tile: Tile,
        kind: str,
    ) -> bytes:
        """Beside the loop, few at a time."""
        level = tile.zoom + frame(self._city, matrix_set.id).zoom_less - _SMALLER
        draw = partial(_draw, layer, body, labels, tile, level, kind)
        return await self._easel.draw(draw)


def _about(tile: Tile) -> Iterator[tuple[Tile, int, int]]:
    """A tile and those about it, as far as there are any; how far to the right and down each lies."""
    across = range(2**tile.zoom)
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            row, column = tile.row + down, tile.column + right
            if row in across and column in across:
                yield Tile(tile.zoom, row, column), right, down


def _draw(layer: Shown, body: bytes, labels: list[Neighbour], tile: Tile, level: float, kind: str) -> bytes:
    from tiles.painted import painted  # libraries of images, for whoever looks at pictures
    from tiles.raster.view import encoded

    style = visible_style(layer.contract, layer.fields)
    drawn_by = signs(layer.contract, style)
    synthetic = layer.contract.synthetic
    return encoded(painted(body, style, drawn_by, tile, level, labels=labels, synthetic=synthetic), kind)
