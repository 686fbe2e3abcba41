"""Vector tiles of every layer at any instant 矢量瓦片: OGC API Tiles.

A tile is read at instants that are named: those asked for, else the present as
:mod:`api.present` pins it. Its tag is made of them, so a client that holds the
tile is told so without a tile being made; and an address that names them all
is answered for ever alike and says so (``immutable``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from starlette.routing import Route

from api.catalogue import Catalogue, Shown
from api.crs import Edges
from api.door import route
from api.item import LIVE, digest
from api.known import Known
from api.parameters import given, instant, moment
from api.past_tiles import PastTiles
from api.present import Presents
from api.problem import BadParameter, NoSuchPage
from api.release import Releases
from api.selection import ALWAYS
from api.stretches import Stretches
from api.tile_cutting import Cutting, Workshop, contract_mark, tag_of
from api.wire import WHO, Header, Reply, Request, known
from spatial.history.model import Column
from spatial.history.read import Span
from tiles import vector
from tiles.matrix import MatrixSet, MatrixSets, Tile
from tiles.vector import TileQuery

MVT = b"application/vnd.mapbox-vector-tile"
PARAMETERS = ("f", "datetime", "asof", "properties", "labels", "v")
FORMS = ("mvt",)
FOR_EVER: Header = (b"cache-control", b"max-age=31536000, s-maxage=60, immutable")
"""Whoever was given it keeps it. A cache that many share asks again after a minute, which its tag
answers without a tile being made: a layer that is closed or withdrawn must not live on in it."""
COUNTED: Header = (b"cache-control", b"private, no-cache")
GENERALISED: Header = (b"onemap-generalised", b"true")
COLLECTIONS_MOST = 256


@dataclass(frozen=True)
class TileRequest:
    """What the query of a tile asks for."""

    at: datetime | Span | None
    asof: datetime | None
    columns: tuple[Column, ...]
    marked: bool
    """It names the layer as it is shown now (``v``)."""
    labels: bool = False
    """The places of labels in place of shapes."""


@dataclass(frozen=True, slots=True)
class Moment:
    """The instants a tile is read at."""

    at: datetime | Span
    asof: datetime | None
    fixed: bool
    """They were named, and nothing that is written later is known at them."""


class Pinned(NamedTuple):
    """A tile that is asked for: what has to be cut, its tag, and how long it may be kept."""

    query: TileQuery
    tag: str
    cache: Header


def tile_request(request: Request, layer: Shown, _: Edges) -> TileRequest:
    """The parameters of a tile, and of what describes tiles."""
    parameters = given(request.query_string, PARAMETERS)
    if parameters.get("f", "mvt") not in FORMS:
        raise BadParameter("f", "须为 mvt", "must be mvt", value=parameters["f"])
    return asked_of(layer, parameters)


def asked_of(layer: Shown, parameters: Mapping[str, str]) -> TileRequest:
    """What parameters ask of the tiles of a layer."""
    return TileRequest(
        at=moment("datetime", parameters.get("datetime")),
        asof=instant("asof", parameters.get("asof")),
        columns=columns(layer, parameters.get("properties")),
        marked=parameters.get("v") == contract_mark(layer),
        labels=_labels(parameters.get("labels", "false")),
    )


def _labels(text: str) -> bool:
    if text not in ("true", "false"):
        raise BadParameter("labels", "须为 true 或 false", "must be true or false", value=text)
    return text == "true"


def columns(layer: Shown, properties: str | None) -> tuple[Column, ...]:
    """The attributes asked for, in the order of the contract; all that are shown where nothing is said."""
    shown = tuple(column for _, column in layer.fields.values())
    if properties is None:
        return shown
    chosen = frozenset(properties.split(",")) if properties else frozenset()
    for name in sorted(chosen):
        if name not in layer.fields and name not in (*ALWAYS, vector.FID):
            raise BadParameter(
                "properties",
                f"须为此图层的属性,可用的有 {'、'.join(layer.fields)}",
                f"must name properties of the layer, there are {', '.join(layer.fields)}",
                value=name,
            )
    return tuple(column for column in shown if column.name in chosen)


def drawn(layer: Shown) -> Shown:
    """The layer, where it has tiles at all."""
    if layer.contract.geometry is None:
        raise NoSuchPage(
            f"图层没有几何,没有瓦片;其要素见 /collections/{layer.id}/items:{layer.id}",
            f"the layer has no geometry and so no tiles, see /collections/{layer.id}/items: {layer.id}",
            value=layer.id,
        )
    return layer


def place(sets: MatrixSets, request: Request) -> tuple[MatrixSet, Tile]:
    """The tile of an address."""
    found = request.path_params
    matrix_set = sets.find(found["tms"])
    return matrix_set, matrix_set.tile(found["z"], found["row"], found["col"])


class Tiles:
    """The handlers of tiles."""

    def __init__(
        self,
        catalogue: Catalogue,
        cutting: Cutting,
        presents: Presents,
        edges: Edges,
        releases: Releases,
        sets: MatrixSets,
        past: PastTiles,
        stretches: Stretches,
    ) -> None:
        self._catalogue = catalogue
        self._presents = presents
        self._edges = edges
        self._releases = releases
        self._sets = sets
        self._read_requests = Known(tile_request)
        self.workshop = Workshop(cutting, releases, past, stretches)

    def routes(self) -> list[Route]:
        """Tiles of one layer, and of several at once."""
        return [
            route("/collections/{id}/tiles/{tms}/{z}/{row}/{col}", self.tile),
            route("/tiles/{tms}/{z}/{row}/{col}", self.dataset_tile),
        ]

    async def tile(self, request: Request) -> Reply:
        """``/collections/{id}/tiles/{tms}/{z}/{row}/{col}``."""
        layer = drawn(self._catalogue.get(request.path_params["id"], request.principal))
        matrix_set, tile = place(self._sets, request)
        asked = self._read_requests.of(request, layer, self._edges)
        return await self._tile(request, layer, asked, matrix_set, tile)

    async def dataset_tile(self, request: Request) -> Reply:
        """``/tiles/{tms}/{z}/{row}/{col}``: one layer of the tile for each collection."""
        matrix_set, tile = place(self._sets, request)
        parameters = given(request.query_string, ("f", "datetime", "asof", "collections"))
        if parameters.get("f", "mvt") not in FORMS:
            raise BadParameter("f", "须为 mvt", "must be mvt", value=parameters["f"])
        chosen = self.chosen(request, parameters.get("collections"))
        layers = [self._catalogue.get(layer.id, request.principal) for layer in chosen]  # noted for the audit
        return await self._tiles(request, layers, parameters, matrix_set, tile)

    def chosen(self, request: Request, collections: str | None) -> list[Shown]:
        """The layers with geometry that ``collections`` names; all that are shown where it is missing."""
        if collections is None:
            seen = self._catalogue.seen_by(request.principal).values()
            layers = [layer for layer in seen if layer.contract.geometry is not None]
        else:
            names = list(dict.fromkeys(collections.split(",")))
            layers = [
                drawn(self._catalogue.get(name, request.principal)) for name in names[:COLLECTIONS_MOST]
            ]
            if len(names) > COLLECTIONS_MOST:
                raise _too_many(len(names))
        if len(layers) > COLLECTIONS_MOST:
            raise _too_many(len(layers))
        return layers

    async def pinned(self, layer: Shown, asked: TileRequest, matrix_set: MatrixSet, tile: Tile) -> Pinned:
        """What has to be cut, and how long that is the answer."""
        when = await self._when(layer, asked)
        limited = self._releases.limited(layer)
        cache = COUNTED if limited else FOR_EVER if when.fixed and asked.marked else LIVE
        query = TileQuery(
            *(layer.table, asked.columns, matrix_set, tile, when.at, when.asof),
            counted=limited,
            labels=asked.labels,
        )
        query = vector.laddered(query, layer.contract, layer.fields)
        return Pinned(query, tag_of(layer, query), cache)

    async def _tile(
        self, request: Request, layer: Shown, asked: TileRequest, matrix_set: MatrixSet, tile: Tile
    ) -> Reply:
        query, tag, cache = await self.pinned(layer, asked, matrix_set, tile)
        headers = [cache, (b"content-type", MVT)]
        if known(request, tag):
            return Reply(200, headers, etag=tag, vary=list(WHO))
        cut = await self.workshop.cut(request, layer, query)
        if not cut.complete:
            headers.append(GENERALISED)
        return Reply(200, headers, cut.body, etag=tag, vary=list(WHO))

    async def _tiles(
        self,
        request: Request,
        layers: list[Shown],
        parameters: Mapping[str, str],
        matrix_set: MatrixSet,
        tile: Tile,
    ) -> Reply:
        queries: list[tuple[Shown, TileQuery]] = []
        asked_for = {name: text for name, text in parameters.items() if name in ("datetime", "asof")}
        for layer in layers:
            asked = asked_of(layer, asked_for)
            when = await self._when(layer, asked)
            counted = self._releases.limited(layer)
            query = TileQuery(layer.table, asked.columns, matrix_set, tile, when.at, when.asof, counted)
            queries.append((layer, vector.laddered(query, layer.contract, layer.fields)))
        cache = COUNTED if any(query.counted for _, query in queries) else LIVE
        tag = digest(*(tag_of(layer, query) for layer, query in queries))
        headers = [cache, (b"content-type", MVT)]
        if known(request, tag):
            return Reply(200, headers, etag=tag, vary=list(WHO))
        cut = [await self.workshop.cut(request, layer, query) for layer, query in queries]
        if not all(each.complete for each in cut):
            headers.append(GENERALISED)
        return Reply(200, headers, b"".join(each.body for each in cut), etag=tag, vary=list(WHO))

    async def _when(self, layer: Shown, asked: TileRequest) -> Moment:
        """The instants to read at. What the catalogue knows already spares reading the head."""
        written = layer.span.recorded_at
        if asked.at is not None and asked.asof is not None and written is not None and asked.asof <= written:
            return Moment(asked.at, asked.asof, fixed=True)
        if asked.at is None and asked.asof is None:
            present = await self._presents.of(layer)
            return Moment(present.at, present.recorded_at, fixed=False)
        head = await self._presents.head(layer)
        at = head.at if asked.at is None else asked.at
        if asked.asof is None or head.recorded_at is None or asked.asof > head.recorded_at:
            return Moment(at, head.recorded_at, fixed=False)  # the newest changeset is all that is known
        return Moment(at, asked.asof, fixed=asked.at is not None)


def _too_many(number: int) -> BadParameter:
    return BadParameter(
        "collections",
        f"一次至多 {COLLECTIONS_MOST} 个图层,请选定图层",
        f"names at most {COLLECTIONS_MOST} layers; choose some",
        value=str(number),
    )
