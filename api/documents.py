"""Landing page, conformance, collections, schemas: what tells a client what there is.

Collections come from pygeoapi's engine over the catalogue and are amended with
what our contracts know; the rest is written here, because it must state exactly
what these routes do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from starlette.routing import Route

from api import landing
from api.catalogue import Catalogue, Shown
from api.conformance import CONFORMS_TO
from api.crs import Edges
from api.door import route
from api.edr.described import members
from api.formats.links import of_collection
from api.imagery import LAYER as IMAGES
from api.landing import ADDRESSES, OPENAPI, OPENAPI_OLDER
from api.observed import Observed
from api.ogc import Engine
from api.openapi import openapi
from api.openapi.older import older
from api.openapi.parts import Situation
from api.pages import Pages
from api.parameters import COMMON, Language, given, language
from api.problem import BadParameter, NoSuchPage
from api.records import Records
from api.wire import Reply, Request, tag_of
from spatial.access.model import Origin
from spatial.catalogue.city import City
from spatial.catalogue.contract import Contract, stamped
from spatial.catalogue.legend import legend
from spatial.catalogue.schemas import item_schema, queryables, sortables
from spatial.datum.clock import format_instant
from spatial.filter import FUNCTIONS
from spatial.filter.functions import Function
from spatial.filter.model import Kind
from spatial.history.model import SRID
from spatial.observe.measured_layers import Parameter
from tiles.legend_image import svg
from tiles.styles import frames

Document = dict[str, Any]
JSON = "application/json"
SCHEMA = "application/schema+json"
HTML = "text/html"
GEOJSON = "application/geo+json"
SVG = "image/svg+xml"
OGC = "http://www.opengis.net/def/rel/ogc/1.0/"
OPEN_HERE = {
    "zh": "本机开放:只有本机的程序可用,并以操作员身份。",
    "en": "Open to this machine only: its programs act as the operator.",
}
"""Said on the landing page of a first run."""


class Documents:
    """The handlers of everything that describes."""

    def __init__(
        self,
        catalogue: Catalogue,
        engine: Engine,
        observed: Observed,
        records: Records,
        edges: Edges,
        pages: Pages,
        city: City,
        base_url: str | None,
    ) -> None:
        self._catalogue = catalogue
        self._engine = engine
        self._observed = observed
        self._records = records
        self._edges = edges
        self._pages = pages
        self._city = city
        self._base_url = base_url
        self._tile_frames = [each.tms for each in frames(city)]
        self._made: dict[tuple[str, ...], Document] = {}
        self._version = -1

    def routes(self) -> list[Route]:
        """All that describes."""
        return [
            route("/", self.landing),
            route("/conformance", self.conformance),
            route("/collections", self.collections),
            route("/collections/{id}", self.collection),
            route("/collections/{id}/schema", self.schema),
            route("/collections/{id}/queryables", self.queryables),
            route("/collections/{id}/sortables", self.sortables),
            route("/collections/{id}/legend", self.legend),
            route("/functions", self.functions),
            route("/openapi.json", self.openapi),
            route("/openapi-3.0.json", self.openapi_older),
            route("/api", self.api),
        ]

    async def landing(self, request: Request) -> Reply:
        """``/``"""
        base, tongue = self._asked(request)
        name, seen = self._city.name, self._catalogue.seen_by(request.principal)
        document = {
            "title": f"{name.zh}一张图" if tongue == "zh" else f"One Map of {name.en}",
            "description": "一个基准,一部历史,一套图层。"
            if tongue == "zh"
            else "One datum, one history, one set of layers.",
            **({"onemap:access": OPEN_HERE} if request.principal.origin is Origin.LOCAL else {}),
            "links": landing.links(base, addresses=ADDRESSES in seen),
        }
        return self._reply(request, document, "landing.html", layers=list(seen.values()))

    async def conformance(self, request: Request) -> Reply:
        """``/conformance``"""
        self._asked(request)
        return self._reply(request, {"conformsTo": list(CONFORMS_TO)}, "conformance.html")

    async def collections(self, request: Request) -> Reply:
        """``/collections``"""
        base, tongue = self._asked(request)
        document = await self._kept(request, tongue, base)
        seen = self._catalogue.seen_by(request.principal)
        observed = await self._observed.layers()
        shown = [
            _with_queries(each, base, observed) for each in document["collections"] if each["id"] in seen
        ]
        document = {**document, "collections": [*shown, self._records.described(request, base, tongue)]}
        return self._reply(request, document, "collections.html", layers=list(seen.values()))

    async def collection(self, request: Request) -> Reply:
        """``/collections/{id}``"""
        layer = self._catalogue.get(request.path_params["id"], request.principal)
        base, tongue = self._asked(request)
        document = await self._kept(request, tongue, base, layer.id)
        document = _with_queries(document, base, await self._observed.layers())
        return self._reply(request, document, "collection.html", layer=layer)

    async def schema(self, request: Request) -> Reply:
        """``/collections/{id}/schema`` (Part 5)"""
        return self._schema(request, "schema", item_schema)

    async def queryables(self, request: Request) -> Reply:
        """``/collections/{id}/queryables`` (Part 3, 6.2)"""
        return self._schema(request, "queryables", queryables)

    async def sortables(self, request: Request) -> Reply:
        """``/collections/{id}/sortables`` (Part 5)"""
        return self._schema(request, "sortables", sortables)

    def _schema(self, request: Request, name: str, write: Callable[..., Document]) -> Reply:
        """A schema over the fields that the principal may see."""
        layer = self._catalogue.get(request.path_params["id"], request.principal)
        base, tongue = self._asked(request)
        address = f"{base}/collections/{layer.id}/{name}"
        document = write(layer.contract, fields=layer.attributes, schema_id=address, language=tongue)
        return self._reply(request, document, "schema.html", SCHEMA, layer=layer)

    async def functions(self, request: Request) -> Reply:
        """``/functions`` (Part 3, 6.4): what a filter may call beyond the standard's own."""
        base, tongue = self._asked(request)
        title = "条件中可用的函数" if tongue == "zh" else "Functions for filters"
        listed = [_function(each, tongue) for each in FUNCTIONS.values()]
        document = {"functions": listed, "links": [_link(f"{base}/functions", "self", JSON, title)]}
        return self._reply(request, document, "plain.html", title=title)

    async def legend(self, request: Request) -> Reply:
        """``/collections/{id}/legend``: how the layer is drawn; a picture with ``f=svg``."""
        layer = self._catalogue.get(request.path_params["id"], request.principal)
        self._asked(request)
        if _wants_svg(request):
            body = svg(layer.contract, layer.fields)
            headers = [(b"content-type", SVG.encode()), (b"cache-control", b"no-cache")]
            tag = tag_of(body)
            return Reply(200, headers, body, etag=tag, vary=[b"Accept"])
        return self._reply(request, legend(layer.contract, layer.fields), "schema.html", layer=layer)

    async def openapi(self, request: Request) -> Reply:
        """``/openapi.json``: true to the routes, without a reference to elsewhere."""
        _only_json(request)
        document = await asyncio.to_thread(self._definition, request)
        return await self._defined(request, document, OPENAPI)

    async def openapi_older(self, request: Request) -> Reply:
        """``/openapi-3.0.json``: the same for clients that know no newer OpenAPI."""
        _only_json(request)
        document = await asyncio.to_thread(lambda: older(self._definition(request)))
        return await self._defined(request, document, OPENAPI_OLDER)

    async def _defined(self, request: Request, document: Document, kind: str) -> Reply:
        """Megabytes of it, made and written in threads: other requests do not wait for a definition."""
        base = request.base_url(self._base_url)
        return await asyncio.to_thread(self._pages.reply, request, {"f": "json"}, document, "", base, kind)

    async def api(self, request: Request) -> Reply:
        """``/api``: the same definition, for readers."""
        base, tongue = self._asked(request)
        document = self._definition(request)
        if b"f" in request.query_string or b"application/" in request.headers.get(b"accept", b""):
            return self._reply(request, document, "api.html", OPENAPI)
        return self._pages.reply(request, {"f": "html", "lang": tongue}, document, "api.html", base, OPENAPI)

    def _definition(self, request: Request) -> Document:
        base, tongue = self._asked(request)
        layers = list(self._catalogue.seen_by(request.principal).values())
        return openapi(Situation(layers, self._edges.uris, tongue, self._tile_frames), self._city, base)

    def _asked(self, request: Request) -> tuple[str, Language]:
        return request.base_url(self._base_url), language(request, given(request.query_string, COMMON))

    def _reply(
        self, request: Request, document: Document, template: str, kind: str = JSON, **values: object
    ) -> Reply:
        parameters = given(request.query_string, COMMON)
        return self._pages.reply(
            request, parameters, document, template, request.base_url(self._base_url), kind, **values
        )

    async def _kept(self, request: Request, tongue: str, base: str, layer_id: str = "") -> Document:
        """A document of the engine, amended; made once per state of the catalogue."""
        version = self._catalogue.version
        if version != self._version or len(self._made) > 1000:
            self._made.clear()
            self._version = version
        key = (tongue, base, layer_id)
        if key not in self._made:
            arguments = [layer_id] if layer_id else []
            document = await self._engine.ask(
                "pygeoapi.api:describe_collections", request, tongue, base, *arguments
            )
            if layer_id:
                self._amend(document, self._catalogue.published[layer_id], base)
            else:
                self._amend_all(document, base)
            if version != self._catalogue.version:
                return document
            self._made[key] = document
        return self._made[key]

    def _amend_all(self, document: Document, base: str) -> None:
        for collection in document["collections"]:
            layer = self._catalogue.published.get(collection["id"])
            if layer is None:
                raise NoSuchPage("图层目录刚变动,请重试", "the catalogue just changed; try again")
            self._amend(collection, layer, base)
        document["crs"] = self._edges.uris
        document["links"] = [
            _link(f"{base}/collections", "self", JSON, "本文档"),
            _link(f"{base}/collections?f=html", "alternate", HTML, "网页"),
            _link(f"{base}/", "root", JSON, "入口"),
        ]

    def _amend(self, document: Document, layer: Shown, base: str) -> None:
        """What the engine does not know: our links, and what the contract says."""
        contract = layer.contract
        address = f"{base}/collections/{layer.id}"
        links = [
            _link(address, "self", JSON, "本文档"),
            _link(f"{address}?f=html", "alternate", HTML, "网页"),
            _link(f"{base}/", "root", JSON, "入口"),
            _link(f"{base}/collections", "parent", JSON, "全部图层"),
            *of_collection(address),
            _link(f"{address}/schema", "describedby", SCHEMA, "要素结构"),
            _link(f"{address}/schema", f"{OGC}schema", SCHEMA, "要素结构"),
            _link(f"{address}/queryables", f"{OGC}queryables", SCHEMA, "可查询属性"),
            _link(f"{address}/sortables", f"{OGC}sortables", SCHEMA, "可排序属性"),
            _link(f"{address}/legend", f"{OGC}legend", JSON, "图例"),
            _link(f"{address}/legend?f=svg", f"{OGC}legend", SVG, "图例图片"),
            _link(f"{address}/styles", f"{OGC}styles", JSON, "样式"),
            _link(f"{address}/quality", "describedby", JSON, "质量"),
            _link(f"{address}/lineage", "provenance", JSON, "沿袭"),
            _link(f"{base}/collections/records/items/{layer.id}", "describedby", GEOJSON, "元数据"),
            _link(f"{base}/changesets?layer={layer.id}", "version-history", JSON, "变更集"),
        ]
        if contract.geometry is not None:
            links.append(_link(f"{address}/tiles", f"{OGC}tilesets-vector", JSON, "瓦片"))
        if layer.id == IMAGES:
            links.append(_link(f"{address}/map/tiles", f"{OGC}tilesets-map", JSON, "影像瓦片"))
        document["links"] = links
        document["storageCrs"] = f"http://www.opengis.net/def/crs/EPSG/0/{SRID}"
        document["supportsNonAutogeneratedResourceIds"] = bool(contract.key)  # Part 4: PUT may create
        if contract.geometry is None:
            document.get("extent", {}).pop("spatial", None)
        if layer.span.first is not None:
            last = layer.span.last
            document.setdefault("extent", {})["temporal"] = {
                "interval": [[format_instant(layer.span.first), format_instant(last) if last else None]],
                "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian",
            }
        document.update(_told(contract))


def _only_json(request: Request) -> None:
    if given(request.query_string, COMMON).get("f", "json") != "json":
        raise BadParameter("f", "在此须为 json", "must be json here", value="f")


def _with_queries(document: Document, base: str, observed: Mapping[str, Mapping[str, Parameter]]) -> Document:
    """The description of a layer that something is measured in, with what EDR tells of it."""
    parameters = observed.get(document["id"])
    if parameters is None:
        return document
    address = f"{base}/collections/{document['id']}"
    stations = _link(f"{address}/locations", "data", GEOJSON, "测站")
    told = members(address, parameters, document.get("extent", {}))
    return {**document, **told, "links": [*document["links"], stations]}


_TYPES = {
    Kind.TEXT: ["string"],
    Kind.INTEGER: ["integer"],
    Kind.NUMBER: ["number", "integer"],
    Kind.DATE: ["datetime"],
}
"""Kinds of values as Part 3 names them."""


def _function(function: Function, tongue: Language) -> Document:
    return {
        "name": function.name,
        "description": function.zh if tongue == "zh" else function.en,
        "arguments": [{"type": _TYPES[kind]} for kind in function.takes],
        "returns": _TYPES[function.gives][:1],
    }


def _wants_svg(request: Request) -> bool:
    """By ``f``, else by ``Accept`` where it asks for that and nothing else."""
    wanted = given(request.query_string, COMMON).get("f")
    return wanted == "svg" or (wanted is None and request.header(b"accept").strip() == SVG)


def _told(contract: Contract) -> Document:
    """Members of our own, prefixed; the steward, the source and the stamp."""
    told: Document = {
        "onemap:steward": contract.steward,
        "onemap:source": contract.source_standard,
        "onemap:sharing": contract.sharing.value,
        "onemap:validTime": {"zh": contract.valid_time.zh, "en": contract.valid_time.en},
        "onemap:heights": contract.height_type.value,
    }
    if contract.licence:
        told["license"] = contract.licence
    told |= stamped(contract.synthetic)
    return told


def _link(href: str, rel: str, kind: str, title: str) -> dict[str, str]:
    return {"href": href, "rel": rel, "type": kind, "title": title}
