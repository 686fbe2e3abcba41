"""The doors of the STAC catalogue 航飞成果目录: who sees a layer of catalogued files sees its flights."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote, urlencode

import orjson
from starlette.routing import Route

from api.address.asked import answer
from api.body import json_object
from api.catalogue import Catalogue, Shown
from api.door import ItemRoute, route
from api.flood import told
from api.flood.held import HeldRuns
from api.parameters import given, language
from api.pool import Pool
from api.problem import NoSuchItem
from api.stac import documents, search
from api.stac.flights import Flight, flights
from api.stac.search import Search
from api.wire import WHO, Reply, Request
from spatial.catalogue.city import City
from spatial.errors import UnknownLayer, shorten
from spatial.exchange.assets import LAYERS
from spatial.history import read
from spatial.history.read import ItemsQuery, Output

PAGE: Final = 5_000
"""Files of the catalogue that are read at once."""
Document = dict[str, Any]


class Stac:
    """The handlers of ``/stac``."""

    def __init__(
        self, catalogue: Catalogue, heavy: Pool, runs: HeldRuns, city: City, base_url: str | None
    ) -> None:
        self._catalogue = catalogue
        self._runs = runs
        self._heavy = heavy
        self._city = city
        self._base_url = base_url

    def routes(self) -> list[Route]:
        """Landing page, collections, items, search."""
        home = "/stac/collections/{collection}"
        return [
            route("/stac", self.landing),
            route("/stac/conformance", self.conformance),
            route("/stac/collections", self.collections),
            route(home, self.collection),
            route(f"{home}/items", self.items),
            ItemRoute(f"{home}/items/{{item}}", self.item),
            route("/stac/search", self.search, POST=self.search_by_body),
        ]

    async def landing(self, request: Request) -> Reply:
        """``/stac``: what there is and where to search."""
        self._plain(request)
        base = request.base_url(self._base_url)
        document = documents.catalog(self._city, self._layers(request), base)
        if self._runs.may(request.principal):
            child = f"{base}/stac/collections/{told.COLLECTION}"
            document["links"].append(documents.link(child, "child", documents.JSON))
        return _own(request, document)

    async def conformance(self, request: Request) -> Reply:
        """``/stac/conformance``"""
        self._plain(request)
        return _own(request, {"conformsTo": list(documents.CONFORMS_TO)})

    async def collections(self, request: Request) -> Reply:
        """``/stac/collections``: images and point clouds, as far as the asker sees them."""
        self._plain(request)
        base = request.base_url(self._base_url)
        listed = [
            documents.collection(each, await self._flights(each), self._city, base)
            for each in self._layers(request)
        ]
        if self._runs.may(request.principal):
            listed.append(await self._of_floods(request))
        address = f"{base}/stac/collections"
        links = [
            documents.link(address, "self", documents.JSON),
            documents.link(f"{base}/stac", "root", documents.JSON),
        ]
        return _own(request, {"collections": listed, "links": links}, len(listed))

    async def collection(self, request: Request) -> Reply:
        """``/stac/collections/{collection}``"""
        self._plain(request)
        base = request.base_url(self._base_url)
        if self._of_runs(request):
            return _own(request, await self._of_floods(request), 1)
        layer = self._layer(request)
        found = await self._flights(layer)
        return _own(request, documents.collection(layer, found, self._city, base), 1)

    async def items(self, request: Request) -> Reply:
        """``/stac/collections/{collection}/items``: its flights, the newest first."""
        parameters = given(request.query_string, (*search.ITEMS, "lang"))
        language(request, parameters)
        layers = [] if self._of_runs(request) else [self._layer(request)]
        wanted = search.of_query(parameters)
        following = self._next_by_address(request, parameters)
        return await self._page(request, wanted, layers, following, runs=not layers)

    async def item(self, request: Request) -> Reply:
        """``/stac/collections/{collection}/items/{item}``: one flight with its files."""
        self._plain(request)
        name = request.path_params["item"]
        if self._of_runs(request):
            run = await self._runs.one(request.principal, name)
            return _own(request, told.item(run, request.base_url(self._base_url)), 1, documents.GEOJSON)
        layer = self._layer(request)
        flight = next((each for each in await self._flights(layer) if each.id == name), None)
        if flight is None:
            shown = shorten(name)
            raise NoSuchItem(f"没有这个航次:{shown}", f"no such flight: {shown}", value=shown)
        base = request.base_url(self._base_url)
        found = documents.item(flight, base, synthetic=layer.contract.synthetic)
        return _own(request, found, 1, documents.GEOJSON)

    async def search(self, request: Request) -> Reply:
        """GET ``/stac/search``: flights of all collections by place, time and name."""
        parameters = given(request.query_string, (*search.PARAMETERS, "lang"))
        language(request, parameters)
        wanted = search.of_query(parameters)
        following = self._next_by_address(request, parameters)
        return await self._page(request, wanted, self._layers(request), following, runs=True)

    async def search_by_body(self, request: Request) -> Reply:
        """POST ``/stac/search``: the same with a JSON body."""
        language(request, given(request.query_string, ("lang",)))
        body = json_object(await request.body())
        wanted = search.of_body(body)
        address = f"{request.base_url(self._base_url)}/stac/search"
        following = documents.link(address, "next", documents.GEOJSON) | {"method": "POST", "body": body}
        return await self._page(request, wanted, self._layers(request), following, runs=True)

    async def _page(
        self, request: Request, wanted: Search, layers: list[Shown], following: Document, *, runs: bool
    ) -> Reply:
        """``following`` is the link to the next page, still without its token."""
        every: list[Flight] = []
        synthetic: dict[str, bool] = {}
        for layer in layers:
            synthetic[layer.id] = layer.contract.synthetic
            every += await self._flights(layer)
        kept = {each.id: each for each in await self._runs.all(request.principal)} if runs else {}
        every += [told.as_flight(each) for each in kept.values()]
        every.sort(key=lambda each: each.newest_first)
        found, matched = wanted.page(every)
        base = request.base_url(self._base_url)
        links = [documents.link(f"{base}/stac", "root", documents.JSON)]
        links.append(documents.link(f"{base}{request.path}", "self", documents.GEOJSON))
        if wanted.offset + len(found) < matched and found:
            links.append(_continued(following, wanted.offset + len(found)))
        items = [
            told.item(kept[each.id], base)
            if each.collection == told.COLLECTION
            else documents.item(each, base, synthetic=synthetic[each.collection])
            for each in found
        ]
        return _own(request, documents.items(items, matched, links), len(items), documents.GEOJSON)

    async def _of_floods(self, request: Request) -> Document:
        runs, lacking = await self._runs.all(request.principal), self._runs.lacking(request.principal)
        return told.collection(runs, lacking, self._city, request.base_url(self._base_url))

    async def _flights(self, layer: Shown) -> list[Flight]:
        """All flights of a layer, made of the fields that are shown."""
        columns = tuple(column for _, column in layer.fields.values())
        features: list[Document] = []
        after: str | None = None
        while True:
            query = ItemsQuery(table=layer.table, limit=PAGE, after=after, output=Output(fields=columns))
            rows = await self._heavy.fetch(read.items(query))
            value, count = rows.result.get_value, rows.result.ntuples - 1
            features += [orjson.loads(value(number, 0) or b"") for number in range(1, min(count, PAGE) + 1)]
            if count <= PAGE:
                return flights(layer.id, features)
            after = str(features[-1]["id"])

    def _of_runs(self, request: Request) -> bool:
        """Whether the collection is that of runs of floods, which whoever may see none does not know of."""
        return request.path_params["collection"] == told.COLLECTION and self._runs.may(request.principal)

    def _layers(self, request: Request) -> list[Shown]:
        seen = self._catalogue.seen_by(request.principal)
        return [seen[name] for name in LAYERS.values() if name in seen]

    def _layer(self, request: Request) -> Shown:
        name = request.path_params["collection"]
        if name not in LAYERS.values():
            shown = shorten(name)
            raise UnknownLayer(
                f"航飞成果目录中没有这个集合:{shown}", f"the catalogue of flights has no {shown}", value=shown
            )
        return self._catalogue.get(name, request.principal)

    def _plain(self, request: Request) -> None:
        language(request, given(request.query_string, ("lang",)))

    def _next_by_address(self, request: Request, parameters: dict[str, str]) -> Document:
        kept = {name: value for name, value in parameters.items() if name != "token"}
        address = f"{request.base_url(self._base_url)}{request.path}"
        query = urlencode(kept, quote_via=quote)
        return documents.link(f"{address}?{query}", "next", documents.GEOJSON) | {"method": "GET"}


def _continued(following: Document, offset: int) -> Document:
    if "body" in following:
        return following | {"body": following["body"] | {"token": str(offset)}}
    joined = "" if following["href"].endswith("?") else "&"
    return following | {"href": f"{following['href']}{joined}token={offset}"}


def _own(request: Request, told: Document, rows: int = 0, media: str = documents.JSON) -> Reply:
    """An answer that differs by who asks."""
    reply = answer(request, told, rows, media.encode())
    reply.vary = list(WHO)
    return reply
