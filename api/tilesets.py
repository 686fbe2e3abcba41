"""What tiles there are 瓦片集: matrix sets, tilesets, TileJSON (OGC API Tiles 1.0, 17-083r4, TileJSON 3.0).

The template of a TileJSON names all that decides its tiles, so they may be kept
for ever; the TileJSON itself is asked about each time, and is another one as
soon as the picture may be.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from starlette.routing import Route

from api.catalogue import Catalogue, Shown
from api.door import route
from api.pages import Pages
from api.parameters import COMMON, given, instant, language, moment
from api.present import Presents
from api.problem import BadParameter
from api.tile_cutting import contract_mark
from api.tilejson import around, reply, tilejson
from api.tiles import Tiles, asked_of, drawn
from api.wire import Reply, Request
from spatial.catalogue.city import City
from spatial.catalogue.contract import stamped
from spatial.datum.clock import format_instant
from tiles.ground import placed
from tiles.matrix import Box, MatrixSet, MatrixSets

Document = dict[str, Any]
OGC = "http://www.opengis.net/def/rel/ogc/1.0/"
MVT = "application/vnd.mapbox-vector-tile"
TILEJSON = "application/json"
OF_LAYER = (*COMMON, "datetime", "asof", "properties", "labels", "v")
FORMS = ("json", "html", "tilejson")
OF_DATASET = (*COMMON, "datetime", "asof", "collections")
_DIMENSIONS = {"Point": 0, "LineString": 1, "Polygon": 2}


class Tilesets:
    """The handlers of what describes tiles."""

    def __init__(
        self,
        catalogue: Catalogue,
        tiles: Tiles,
        presents: Presents,
        sets: MatrixSets,
        pages: Pages,
        city: City,
        base_url: str | None,
    ) -> None:
        self._catalogue = catalogue
        self._tiles = tiles
        self._presents = presents
        self._sets = sets
        self._pages = pages
        self._city = city
        self._base_url = base_url

    def routes(self) -> list[Route]:
        """Matrix sets, and the tilesets of a layer and of all of them."""
        return [
            route("/tileMatrixSets", self.matrix_sets),
            route("/tileMatrixSets/{tms}", self.matrix_set),
            route("/collections/{id}/tiles", self.of_layer),
            route("/collections/{id}/tiles/{tms}", self.layer_tileset),
            route("/tiles", self.of_dataset),
            route("/tiles/{tms}", self.dataset_tileset),
        ]

    async def matrix_sets(self, request: Request) -> Reply:
        """``/tileMatrixSets``"""
        parameters = given(request.query_string, COMMON)
        base = request.base_url(self._base_url)
        listed = [
            {
                "id": each.id,
                "title": each.title.zh,
                **({"uri": each.uri} if each.uri else {}),
                "crs": each.crs,
                "links": [_link(f"{base}/tileMatrixSets/{each.id}", "self", TILEJSON, each.title.zh)],
            }
            for each in self._sets.by_id.values()
        ]
        document = {
            "tileMatrixSets": listed,
            "links": [_link(f"{base}/tileMatrixSets", "self", TILEJSON, "瓦片矩阵集")],
        }
        return self._reply(request, parameters, document, "瓦片矩阵集 Tile matrix sets")

    async def matrix_set(self, request: Request) -> Reply:
        """``/tileMatrixSets/{tms}``"""
        parameters = given(request.query_string, COMMON)
        found = self._sets.find(request.path_params["tms"])
        document = found.document(language(request, parameters))
        return self._reply(request, parameters, document, found.title.zh)

    async def of_layer(self, request: Request) -> Reply:
        """``/collections/{id}/tiles``"""
        layer = drawn(self._catalogue.get(request.path_params["id"], request.principal))
        parameters = given(request.query_string, OF_LAYER)
        asked_of(layer, parameters)
        address = f"{request.base_url(self._base_url)}/collections/{layer.id}/tiles"
        document = self._listed(request, [layer], address, layer.contract.title.zh, _kept(parameters))
        return self._reply(request, parameters, document, layer.contract.title.zh)

    async def of_dataset(self, request: Request) -> Reply:
        """``/tiles``"""
        parameters = given(request.query_string, OF_DATASET)
        layers = self._tiles.chosen(request, parameters.get("collections"))
        _instants(parameters)
        address = f"{request.base_url(self._base_url)}/tiles"
        document = self._listed(request, layers, address, self._title(), _kept(parameters))
        return self._reply(request, parameters, document, self._title())

    async def layer_tileset(self, request: Request) -> Reply:
        """``/collections/{id}/tiles/{tms}``"""
        layer = drawn(self._catalogue.get(request.path_params["id"], request.principal))
        matrix_set = self._sets.find(request.path_params["tms"])
        parameters = _formed(given(request.query_string, OF_LAYER))
        asked_of(layer, parameters)
        address = f"{request.base_url(self._base_url)}/collections/{layer.id}/tiles/{matrix_set.id}"
        tongue = language(request, parameters)
        title = layer.contract.title.zh if tongue == "zh" else layer.contract.title.en
        if parameters.get("f") == "tilejson":
            pins, changeset = await self._pins(layer, parameters)
            told = tilejson(matrix_set, [layer], f"{address}/{{z}}/{{y}}/{{x}}?{urlencode(pins)}", self._city)
            described = layer.contract.description
            told |= {"name": title, "description": described.zh if tongue == "zh" else described.en}
            return reply(told | {"onemap:changeset": changeset, "onemap:pinned": pins})
        document = self._tileset(request, matrix_set, [layer], address, title, _kept(parameters))
        return self._reply(request, parameters, document, title)

    async def dataset_tileset(self, request: Request) -> Reply:
        """``/tiles/{tms}``"""
        matrix_set = self._sets.find(request.path_params["tms"])
        parameters = _formed(given(request.query_string, OF_DATASET))
        layers = self._tiles.chosen(request, parameters.get("collections"))
        _instants(parameters)
        address = f"{request.base_url(self._base_url)}/tiles/{matrix_set.id}"
        kept = _kept(parameters)
        language(request, parameters)
        if parameters.get("f") == "tilejson":
            template = address + "/{z}/{y}/{x}" + (f"?{kept}" if kept else "")
            told = tilejson(matrix_set, layers, template, self._city)
            numbers = [layer.span.changeset for layer in layers if layer.span.changeset is not None]
            changeset = max(numbers, default=None)
            return reply(told | {"name": self._title(), "onemap:changeset": changeset})
        document = self._tileset(request, matrix_set, layers, address, self._title(), kept)
        return self._reply(request, parameters, document, self._title())

    async def _pins(self, layer: Shown, parameters: Mapping[str, str]) -> tuple[dict[str, str], int | None]:
        """What the template has to name, and the newest changeset: both of one moment."""
        kept = ("datetime", "asof", "properties", "labels")
        pins = {name: parameters[name] for name in kept if name in parameters}
        present = await self._presents.of(layer)
        if present.recorded_at is not None:
            if "asof" in pins and "datetime" not in pins:
                pins["datetime"] = format_instant((await self._presents.head(layer)).at)
            pins.setdefault("datetime", format_instant(present.at))
            pins.setdefault("asof", format_instant(present.recorded_at))
        return {**pins, "v": contract_mark(layer)}, present.changeset

    def _listed(self, request: Request, layers: list[Shown], address: str, title: str, kept: str) -> Document:
        base, query = request.base_url(self._base_url), f"?{kept}" if kept else ""
        box = around(layers, self._city)
        listed = []
        for each in self._sets.by_id.values():
            one = _frame(each) | {
                "title": f"{title}({each.title.zh})",
                "tileMatrixSetLimits": _all_limits(each, box),
            }
            one["links"] = [
                _link(f"{address}/{each.id}{query}", "self", TILEJSON, each.title.zh),
                _scheme(base, each),
                _template(f"{address}/{each.id}", query),
            ]
            listed.append(one)
        return {"tilesets": listed, "links": [_link(f"{address}{query}", "self", TILEJSON, "本文档")]}

    def _tileset(
        self,
        request: Request,
        matrix_set: MatrixSet,
        layers: list[Shown],
        address: str,
        title: str,
        kept: str,
    ) -> Document:
        base, query = request.base_url(self._base_url), f"?{kept}" if kept else ""
        also = f"{kept}&" if kept else ""
        box = around(layers, self._city)
        document = _frame(matrix_set) | {
            "title": title,
            "tileMatrixSetLimits": _all_limits(matrix_set, box),
            "boundingBox": {
                "lowerLeft": [box.left, box.bottom],
                "upperRight": [box.right, box.top],
                "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
            },
            "layers": [_layer(layer, base) for layer in layers],
            "links": [
                _link(f"{address}{query}", "self", TILEJSON, "本文档"),
                _link(f"{address}?{also}f=tilejson", "describedby", TILEJSON, "TileJSON"),
                _scheme(base, matrix_set),
                _template(address, query),
            ],
        }
        document |= stamped(any(layer.contract.synthetic for layer in layers))
        return document

    def _title(self) -> str:
        return f"{self._city.name.zh}一张图"

    def _reply(
        self, request: Request, parameters: Mapping[str, str], document: Document, title: str
    ) -> Reply:
        base = request.base_url(self._base_url)
        return self._pages.reply(request, parameters, document, "plain.html", base, title=title)


def _formed(parameters: dict[str, str]) -> dict[str, str]:
    """Refuse a format that no tileset has."""
    wanted = parameters.get("f", "json")
    if wanted not in FORMS:
        raise BadParameter(
            "f", f"须为 {'、'.join(FORMS)} 之一", f"must be one of {', '.join(FORMS)}", value=wanted
        )
    return parameters


def _instants(parameters: Mapping[str, str]) -> None:
    """Refuse what is no valid or recorded time."""
    moment("datetime", parameters.get("datetime"))
    instant("asof", parameters.get("asof"))


def _layer(layer: Shown, base: str) -> Document:
    told: Document = {
        "id": layer.id,
        "title": layer.contract.title.zh,
        "dataType": "vector",
        "links": [_link(f"{base}/collections/{layer.id}", "geodata", TILEJSON, layer.contract.title.zh)],
    }
    dimension = _DIMENSIONS.get((layer.contract.geometry or "").removeprefix("Multi"))
    return told if dimension is None else told | {"geometryDimension": dimension}


def _frame(matrix_set: MatrixSet) -> Document:
    told: Document = {"dataType": "vector", "crs": matrix_set.crs, "tileMatrixSetId": matrix_set.id}
    return told | {"tileMatrixSetURI": matrix_set.uri} if matrix_set.uri else told


def _template(address: str, query: str) -> Document:
    link = _link(f"{address}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}{query}", "item", MVT, "瓦片")
    return {**link, "templated": True}


def _all_limits(matrix_set: MatrixSet, box: Box) -> list[Document]:
    return [_limits(matrix_set, zoom, box) for zoom in range(matrix_set.offered_max + 1)]


def _limits(matrix_set: MatrixSet, zoom: int, box: Box) -> Document:
    cover = matrix_set.cover(zoom, placed(matrix_set, box))
    return {
        "tileMatrix": str(zoom),
        "minTileRow": cover.row_min,
        "maxTileRow": cover.row_max,
        "minTileCol": cover.column_min,
        "maxTileCol": cover.column_max,
    }


def _kept(parameters: Mapping[str, str]) -> str:
    """The parameters to repeat in links to tiles."""
    return urlencode([pair for pair in parameters.items() if pair[0] not in COMMON], safe=",:/")


def _scheme(base: str, matrix_set: MatrixSet) -> dict[str, str]:
    address = f"{base}/tileMatrixSets/{matrix_set.id}"
    return _link(address, f"{OGC}tiling-scheme", TILEJSON, matrix_set.title.zh)


def _link(href: str, rel: str, kind: str, title: str) -> dict[str, str]:
    return {"href": href, "rel": rel, "type": kind, "title": title}
