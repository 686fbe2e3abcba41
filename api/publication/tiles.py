"""Vector tiles of publications 公示瓦片: a layer as it was published, at every zoom."""

from __future__ import annotations

from functools import partial
from urllib.parse import quote

from starlette.routing import Route

from api.door import route
from api.item import LIVE, digest
from api.parameters import given
from api.problem import BadParameter
from api.publication.held import Held, today
from api.recent import Recent
from api.tile_cutting import Cut, Cutting, Leaf, bounded, fetched
from api.tilejson import TYPES, reply, tilejson
from api.tiles import COUNTED, FOR_EVER, FORMS, GENERALISED, MVT, place
from api.wire import WHO, Header, Reply, Request, known, unless_gone
from planning.publication import tile_store
from planning.publication.model import Publication, Standing
from planning.publication.precision import fields
from planning.publication.snapshot_store import Source
from spatial.catalogue.city import City
from tiles.matrix import MatrixSet, MatrixSets, Tile

KEPT_BYTES_MOST = 16_000_000


class PublicationTiles:
    """The handlers of tiles of published layers."""

    def __init__(
        self, held: Held, cutting: Cutting, sets: MatrixSets, city: City, base_url: str | None
    ) -> None:
        self._held = held
        self._cutting = cutting
        self._sets = sets
        self._city = city
        self._base_url = base_url
        self._recent: Recent[Cut] = Recent(KEPT_BYTES_MOST)

    def routes(self) -> list[Route]:
        """Of one layer of a publication: what describes its tiles, and the tiles."""
        address = "/publications/{number}/layers/{layer}/tiles/{tms}"
        return [route(address, self.tileset), route(f"{address}/{{z}}/{{row}}/{{col}}", self.tile)]

    async def tileset(self, request: Request) -> Reply:
        """``/publications/{number}/layers/{layer}/tiles/{tms}``: TileJSON, which names what was pinned."""
        matrix_set = self._sets.find(request.path_params["tms"])
        parameters = given(request.query_string, ("f",))
        if parameters.get("f", "tilejson") != "tilejson":
            raise BadParameter("f", "须为 tilejson", "must be tilejson", value=parameters["f"])
        found, source, mark = await self._published(request)
        base = request.base_url(self._base_url)
        layer = quote(source.contract.id, safe="")
        address = f"{base}/publications/{found.id}/layers/{layer}/tiles/{matrix_set.id}"
        named = [each for each in fields(source.contract, source.precision) if each.name in source.fields]
        carried = {each.name: TYPES.get(each.type, "String") for each in named}
        shown = self._held.catalogue.layers[source.contract.id]
        told = tilejson(matrix_set, [shown], f"{address}/{{z}}/{{y}}/{{x}}?v={mark}", self._city, carried)
        extent = self._city.extent_4490
        # Where the layer lies now may be elsewhere than where it lay when it was published.
        west, south, east, north = told["bounds"]
        bounds = [
            min(west, extent.west),
            min(south, extent.south),
            max(east, extent.east),
            max(north, extent.north),
        ]
        return reply(
            told | {"name": source.contract.title.zh, "bounds": bounds, "onemap:precision": source.precision}
        )

    async def tile(self, request: Request) -> Reply:
        """``/publications/{number}/layers/{layer}/tiles/{tms}/{z}/{row}/{col}``."""
        matrix_set, tile = place(self._sets, request)
        parameters = given(request.query_string, ("f", "v"))
        if parameters.get("f", "mvt") not in FORMS:
            raise BadParameter("f", "须为 mvt", "must be mvt", value=parameters["f"])
        found, source, mark = await self._published(request)
        cache = _kept(found, named=parameters.get("v") == mark)
        return await unless_gone(
            request, self._tile(request, found.id, source, mark, cache, matrix_set, tile)
        )

    async def _published(self, request: Request) -> tuple[Publication, Source, str]:
        """The publication of the path, its layer at what may be shown of it now, and the mark of both."""
        found = await self._held.of(request)
        layer_id = request.path_params["layer"]
        layer, _ = self._held.layer(found, layer_id)
        source = self._held.source(found, layer_id)
        return found, source, tile_store.mark(source, layer.sha256)

    async def _tile(
        self,
        request: Request,
        number: int,
        source: Source,
        mark: str,
        cache: Header,
        matrix_set: MatrixSet,
        tile: Tile,
    ) -> Reply:
        tag = digest("publication", number, source.contract.id, mark, matrix_set.id, tile)
        headers = [cache, (b"content-type", MVT)]
        if known(request, tag):
            return Reply(200, headers, etag=tag, vary=list(WHO))
        cut = await self._recent.of(tag, partial(self._cut, source, matrix_set, tile))
        if not cut.complete:
            headers.append(GENERALISED)
        return Reply(200, headers, cut.body, etag=tag, vary=list(WHO))

    async def _cut(self, source: Source, matrix_set: MatrixSet, tile: Tile) -> Cut:
        async def read(most: int | None) -> Leaf:
            pool = self._cutting.near if most is None else self._cutting.far
            return await fetched(pool, tile_store.cut(source, matrix_set, tile, most))

        return await bounded(read, near=tile.zoom >= matrix_set.near_zoom)


def _kept(found: Publication, *, named: bool) -> Header:
    """What is pinned never changes; one that has not begun is for who handles it alone."""
    if found.standing(today()) is Standing.ANNOUNCED:
        return COUNTED
    return FOR_EVER if named else LIVE
