"""Map tiles 图片瓦片: OGC API Tiles of images and surface models, and of vector layers as pictures.

A tile is made from what the catalogue holds there: the newest flight on top.
``datetime`` speaks of when the images were taken, ``asof`` of what the catalogue
knew. What decides a tile is known before a pixel is read, so an unchanged one
costs two small statements.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.routing import Route

from api.catalogue import Catalogue, Shown
from api.door import route
from api.easel import Easel
from api.imagery_request import MEDIA, TILE, Asked, area, asked, form, nothing
from api.item import LIVE, digest
from api.pages import Pages
from api.painted import TILE as VECTORS
from api.painted import Painted
from api.parameters import COMMON, given
from api.pool import Pool
from api.problem import BadParameter
from api.tiles import FOR_EVER, drawn
from api.wire import Header, Reply, Request, known, unless_gone
from spatial.catalogue.city import City
from spatial.catalogue.contract import stamped
from spatial.datum.clock import BEIJING
from spatial.exchange.assets import LAYERS
from spatial.history import read
from spatial.history.read import Area, ItemsQuery, Output, Span
from tiles.matrix import MatrixSet, Tile, matrix_sets
from tiles.raster import store
from tiles.raster.model import Content, Prepared, Range, Style
from tiles.raster.picture import RAMPS

LAYER = LAYERS["raster"]
FLIGHTS_MAX = 2000
AT_ONCE, QUEUE_WAIT_S = 4, 8.0
BUSY = ("同时的影像请求过多,请稍后重试", "too many images at once; try again later")
FRESH_S = 2.0
"""What is prepared is read again after it."""
SPAN_OF_DIFFERENCES = Range(-5.0, 5.0)
WHERE_NOTHING_IS_KNOWN = Range(0.0, 100.0)
_TITLE = "图片瓦片 Map tiles"
TITLES = {
    Style.PICTURE: ("影像", "images"),
    Style.HEIGHTS: ("分层设色", "colours by height"),
    Style.HILLSHADE: ("山体阴影", "shaded relief"),
    Style.TERRAIN_RGB: ("高程编码", "encoded heights"),
    Style.DIFFERENCE: ("高程差", "difference of two surfaces"),
}
_FIELDS = ("acquired", "flight", "resolution_m", "height_type")
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Held:
    """What is prepared in a grid: by asset, between which heights, and what tells it from any other state."""

    files: Mapping[str, Prepared]
    span: Range
    mark: str


@dataclass(frozen=True, slots=True)
class Found:
    """Which files a tile is made from, and the state of catalogue and preparation."""

    files: tuple[Prepared, ...]
    span: Range
    state: str


class Imagery:
    """The handlers of map tiles. ``folder`` holds the prepared files."""

    def __init__(
        self,
        catalogue: Catalogue,
        heavy: Pool,
        pages: Pages,
        city: City,
        folder: Path,
        painted: Painted,
        base_url: str | None,
    ) -> None:
        self._catalogue = catalogue
        self._heavy = heavy
        self._pages = pages
        self._folder = folder
        self._painted = painted
        self._base_url = base_url
        self.sets = matrix_sets(city)
        self._prepared: dict[str, tuple[float, Held]] = {}
        self._easel = Easel(AT_ONCE, QUEUE_WAIT_S, *BUSY)

    def routes(self) -> list[Route]:
        """The sets of tiles, one of them, and a tile."""
        return [
            route("/collections/{id}/map/tiles", self.tilesets),
            route("/collections/{id}/map/tiles/{tms}", self.tileset),
            route("/collections/{id}/map/tiles/{tms}/{z}/{row}/{col}", self.tile),
        ]

    async def tilesets(self, request: Request) -> Reply:
        """``/collections/{id}/map/tiles``: one set of tiles for each matrix set."""
        parameters = given(request.query_string, COMMON)
        layer = drawn(self._catalogue.get(request.path_params["id"], request.principal))
        base = request.base_url(self._base_url)
        address = f"{base}/collections/{layer.id}/map/tiles"
        document = {
            "tilesets": [_summary(each, address) for each in self.sets.own_first],
            "links": [_link(address, "self"), _link(f"{base}/collections/{layer.id}", "collection")],
        }
        return self._pages.reply(request, parameters, document, "plain.html", base, title=_TITLE)

    async def tileset(self, request: Request) -> Reply:
        """``/collections/{id}/map/tiles/{tms}``: addresses, levels, styles and their ramps."""
        layer = drawn(self._catalogue.get(request.path_params["id"], request.principal))
        matrix_set = self.sets.find(request.path_params["tms"])
        if layer.id != LAYER:
            return self._of_vectors(request, layer, matrix_set)
        parameters = given(request.query_string, (*COMMON, *TILE))
        wanted = asked(parameters)
        found = await self._find(layer, matrix_set, wanted, ())
        held = (await self._held(matrix_set)).files
        base = request.base_url(self._base_url)
        address = f"{base}/collections/{layer.id}/map/tiles/{matrix_set.id}"
        fixed = urlencode([(name, value) for name, value in parameters.items() if name in TILE[:-1]])
        document = {
            **_summary(matrix_set, f"{base}/collections/{layer.id}/map/tiles"),
            "onemap:maxZoom": max((each.max_zoom for each in held.values()), default=0),
            "onemap:styles": [_style(each, found.span) for each in Style],
            "onemap:flights": len(found.files),
            "links": [
                _link(address, "self"),
                {
                    "href": f"{address}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}?v={found.state}"
                    + (f"&{fixed}" if fixed else ""),
                    "rel": "item",
                    "type": "image/png",
                    "templated": True,
                },
            ],
        }
        return self._pages.reply(request, parameters, document, "plain.html", base, title=_TITLE)

    def _of_vectors(self, request: Request, layer: Shown, matrix_set: MatrixSet) -> Reply:
        parameters = given(request.query_string, (*COMMON, *VECTORS[:-1]))
        base = request.base_url(self._base_url)
        address = f"{base}/collections/{layer.id}/map/tiles/{matrix_set.id}"
        fixed = urlencode([(name, value) for name, value in parameters.items() if name in VECTORS])
        document = {
            **_summary(matrix_set, f"{base}/collections/{layer.id}/map/tiles"),
            "onemap:maxZoom": matrix_set.offered_max,
            "links": [
                _link(address, "self"),
                {
                    "href": f"{address}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}"
                    + (f"?{fixed}" if fixed else ""),
                    "rel": "item",
                    "type": "image/png",
                    "templated": True,
                },
            ],
        }
        document |= stamped(layer.contract.synthetic)
        return self._pages.reply(request, parameters, document, "plain.html", base, title=_TITLE)

    async def tile(self, request: Request) -> Reply:
        """``/collections/{id}/map/tiles/{tms}/{z}/{row}/{col}``: a picture of 256 pixels an edge."""
        layer = self._catalogue.get(request.path_params["id"], request.principal)
        found = [request.path_params[name] for name in ("tms", "z", "row", "col")]
        if layer.id != LAYER:
            parameters = given(request.query_string, ("f", *VECTORS))
            return await unless_gone(request, self._painted.picture(request, layer, found, parameters))
        return await self.picture(request, layer, found, given(request.query_string, ("f", *TILE)))

    async def picture(
        self, request: Request, layer: Shown, where: Sequence[str], parameters: Mapping[str, str]
    ) -> Reply:
        """A tile by matrix set, level, row and column, as an address has them."""
        matrix_set = self.sets.find(where[0])
        zoom, row, column = where[1:]
        at = matrix_set.tile(zoom, row, column, finest=matrix_set.zoom_max)  # images are finer than vectors
        wanted = asked(parameters)
        kind = form(parameters, wanted.style)
        found = await self._find(layer, matrix_set, wanted, (area(matrix_set, at),))
        tag = digest(*(each.sha256.hex() for each in found.files), wanted.style, kind, found.span, at)
        headers: list[Header] = [FOR_EVER if wanted.version == found.state else LIVE]
        if known(request, tag):
            return Reply(200, headers, etag=tag)
        headers.append((b"content-type", MEDIA[kind]))
        body = await self._drawn(found, matrix_set, at, wanted.style, kind) if found.files else nothing(kind)
        return Reply(200, headers, body, etag=tag)

    async def _drawn(self, found: Found, matrix_set: MatrixSet, at: Tile, style: Style, kind: str) -> bytes:
        def draw() -> bytes:
            from tiles.raster import view  # half a second and 50 MB, for whoever looks at images

            pixels = view.tile(found.files, self._folder, matrix_set, at, style, found.span)
            return view.encoded(pixels, kind)

        return await self._easel.draw(draw)

    async def _held(self, matrix_set: MatrixSet) -> Held:
        """What is prepared in a grid; a moment old at most."""
        known = self._prepared.get(matrix_set.id)
        if known is not None and monotonic() - known[0] < FRESH_S:
            return known[1]
        row = (await self._heavy.fetch(store.of_set(matrix_set.id))).first
        assert row is not None  # an aggregate always gives one
        files = {each.asset_id: each for each in store.told(row[0])}
        surfaces = [each for each in files.values() if each.content is Content.HEIGHTS]
        held = Held(files, _span(surfaces), digest(*(each.sha256.hex() for each in files.values())))
        self._prepared[matrix_set.id] = (monotonic(), held)
        return held

    async def lying(self, layer: Shown, wanted: Asked, areas: tuple[Area, ...]) -> Found:
        """The files in the city's own zone that reach these areas, in their order."""
        return await self._find(layer, self.sets.own_first[0], wanted, areas)

    @property
    def folder(self) -> Path:
        """Where the prepared files lie."""
        return self._folder

    async def _find(
        self, layer: Shown, matrix_set: MatrixSet, wanted: Asked, areas: tuple[Area, ...]
    ) -> Found:
        """The files that reach the areas, or all there are, the newest and then the finest first."""
        prepared = await self._held(matrix_set)
        held = prepared.files
        columns = tuple(layer.fields[name][1] for name in _FIELDS if name in layer.fields)
        query = ItemsQuery(
            table=layer.table,
            areas=areas,
            asof=wanted.asof,
            limit=FLIGHTS_MAX,
            output=Output(fields=columns, geometry=False),
        )
        rows = await self._heavy.fetch(read.items(query))
        value, count = rows.result.get_value, min(rows.result.ntuples - 1, FLIGHTS_MAX)
        images = [orjson.loads(value(number, 0) or b"") for number in range(1, count + 1)]
        assert rows.first is not None  # the head
        content = wanted.style.content
        chosen = [
            (_order(each["properties"]), held[each["id"]], each["properties"])
            for each in images
            if each["id"] in held
            and held[each["id"]].content is content
            and _shown(each["properties"], wanted)
            and (not wanted.assets or each["id"] in wanted.assets)
        ]
        chosen.sort(key=lambda each: (each[0], each[1].asset_id))
        files = [made for _, made, _ in chosen]
        if wanted.style is Style.DIFFERENCE:
            files = _pair(wanted, files, {made.asset_id: said for _, made, said in chosen})
        state = digest(rows.first[1], layer.mark, prepared.mark)
        usual = SPAN_OF_DIFFERENCES if wanted.style is Style.DIFFERENCE else prepared.span
        return Found(tuple(files), wanted.span or usual, state[:12])


def _shown(said: Mapping[str, Any], asked: Asked) -> bool:
    """Whether an image was taken when it is asked for. An undated one shows where no time is."""
    if asked.flight is not None and said.get("flight") != asked.flight:
        return False
    if asked.taken is None:
        return True
    if said["acquired"] is None:
        return False
    taken = date.fromisoformat(said["acquired"])
    if isinstance(asked.taken, Span):
        start, end = (
            each and each.astimezone(BEIJING).date() for each in (asked.taken.start, asked.taken.end)
        )
        before_end = end is None or taken < end or (asked.taken.end_included and taken == end)
        return (start is None or taken >= start) and before_end
    return taken <= asked.taken.astimezone(BEIJING).date()


def _order(said: Mapping[str, Any]) -> tuple[int, float]:
    """The newest first, undated ones last; of one day the finest."""
    taken = said["acquired"]
    return (-date.fromisoformat(taken).toordinal() if taken else 0, said["resolution_m"])


def _pair(asked: Asked, files: Sequence[Prepared], said: Mapping[str, Any]) -> list[Prepared]:
    """The two surfaces in the order they were named; heights of two kinds have no difference."""
    by_id = {each.asset_id: each for each in files}
    kinds = {said[each]["height_type"] for each in asked.assets if each in said}
    if len(kinds) > 1:
        raise BadParameter(
            "asset",
            f"的高程类型不同({'、'.join(sorted(kinds))}),不能相减",
            f"names surfaces of different kinds of heights ({', '.join(sorted(kinds))})",
            value=",".join(asked.assets),
        )
    pair = [by_id[each] for each in asked.assets if each in by_id]
    return pair if len(pair) == 2 else []


def _span(surfaces: Sequence[Prepared]) -> Range:
    """The same for every tile, so that neighbours match: that of all surfaces."""
    lows = [each.low for each in surfaces if each.low is not None]
    highs = [each.high for each in surfaces if each.high is not None]
    return Range(min(lows), max(highs)) if lows and highs else WHERE_NOTHING_IS_KNOWN


def _style(style: Style, span: Range) -> Document:
    zh, en = TITLES[style]
    shown = SPAN_OF_DIFFERENCES if style is Style.DIFFERENCE else span
    ramp = RAMPS.get(style)
    return {
        "id": style.value,
        "title": {"zh": zh, "en": en},
        "ramp": None if ramp is None else {"low_m": shown.low, "high_m": shown.high, "colors": ramp.colors},
    }


def _summary(matrix_set: MatrixSet, address: str) -> Document:
    return {
        "dataType": "map",
        "crs": matrix_set.crs,
        "tileMatrixSetId": matrix_set.id,
        "links": [_link(f"{address}/{matrix_set.id}", "self")],
    }


def _link(address: str, rel: str) -> Document:
    return {"href": address, "rel": rel, "type": "application/json"}
