"""The catalogue as OGC API Records (20-004r1): every layer has a record, and records are searched.

The records are made from the catalogue in memory, so a search costs no
statement and shows nothing but what the asker may know of.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from starlette.routing import Route

from api import crs
from api.catalogue import Catalogue
from api.crs import CRS84, Edges
from api.door import route
from api.pages import Pages
from api.parameters import COMMON, given, language, moment, whole
from api.problem import BadParameter, NoSuchItem
from api.wire import Reply, Request
from spatial.catalogue.city import City
from spatial.catalogue.record import record
from spatial.catalogue.schemas import DIALECT
from spatial.datum.clock import parse_instant
from spatial.errors import shorten
from spatial.history.read import Area, Span

Document = dict[str, Any]
RECORDS = "records"
"""Id of the collection that is the catalogue."""
LIMIT_DEFAULT, LIMIT_MAX = 10, 1000
PARAMETERS = (*COMMON, "limit", "offset", "bbox", "datetime", "q", "type", "ids", "externalIds", "sortby")
SORTABLES = ("id", "title", "type", "created", "updated")
GEOJSON, JSON, SCHEMA = "application/geo+json", "application/json", "application/schema+json"
_RELATION = "http://www.opengis.net/def/rel/ogc/1.0/"


class Records:
    """The handlers of the catalogue's records."""

    def __init__(
        self, catalogue: Catalogue, edges: Edges, pages: Pages, city: City, base_url: str | None
    ) -> None:
        self._catalogue = catalogue
        self._edges = edges
        self._pages = pages
        self._city = city
        self._base_url = base_url

    def routes(self) -> list[Route]:
        """The catalogue as a collection, its records, and what they may be searched by."""
        return [
            route(f"/collections/{RECORDS}", self.collection),
            route(f"/collections/{RECORDS}/items", self.records),
            route(f"/collections/{RECORDS}/items/{{record}}", self.record),
            route(f"/collections/{RECORDS}/queryables", self.queryables),
            route(f"/collections/{RECORDS}/sortables", self.sortables),
        ]

    def described(self, request: Request, base: str, tongue: str) -> Document:
        """The collection's document, as ``/collections`` lists it too."""
        city = self._city
        extent = city.extent_4490
        address = f"{base}/collections/{RECORDS}"
        return {
            "id": RECORDS,
            "title": f"{city.name.zh}数据目录" if tongue == "zh" else f"Catalogue of {city.name.en}",
            "description": "每个图层一条元数据:内容、主管部门、时间、质量与沿袭。"
            if tongue == "zh"
            else "A record for each layer: content, steward, time, quality and lineage.",
            "itemType": "record",
            "crs": [CRS84],
            "extent": {
                "spatial": {
                    "bbox": [[extent.west, extent.south, extent.east, extent.north]],
                    "crs": CRS84,
                }
            },
            "links": [
                _link(address, "self", JSON, "本文档"),
                _link(f"{address}?f=html", "alternate", "text/html", "网页"),
                _link(f"{base}/", "root", JSON, "入口"),
                _link(f"{base}/collections", "parent", JSON, "全部图层"),
                _link(f"{address}/items", "items", GEOJSON, "元数据记录"),
                _link(f"{address}/queryables", f"{_RELATION}queryables", SCHEMA, "可查询属性"),
                _link(f"{address}/sortables", f"{_RELATION}sortables", SCHEMA, "可排序属性"),
            ],
        }

    async def collection(self, request: Request) -> Reply:
        """``/collections/records``"""
        parameters, base = given(request.query_string, COMMON), self._base(request)
        document = self.described(request, base, language(request, parameters))
        title = str(document["title"])
        return self._pages.reply(request, parameters, document, "plain.html", base, title=title)

    async def records(self, request: Request) -> Reply:
        """``/collections/records/items``: found, sorted, and one page of them."""
        parameters, base = given(request.query_string, PARAMETERS), self._base(request)
        limit = whole("limit", parameters.get("limit"), digits=9) or LIMIT_DEFAULT
        offset = whole("offset", parameters.get("offset"), least=0, digits=9) or 0
        wanted = self._wanted(parameters)
        found = [one for one in self._all(request, base) if all(test(one) for test in wanted)]
        _sort(found, parameters.get("sortby"))
        shown = found[offset : offset + min(limit, LIMIT_MAX)]
        document = {
            "type": "FeatureCollection",
            "features": shown,
            "numberMatched": len(found),
            "numberReturned": len(shown),
            "links": self._page_links(parameters, base, offset, len(shown), len(found)),
        }
        return self._pages.reply(
            request, parameters, document, "records.html", base, GEOJSON, q=parameters.get("q", "")
        )

    async def record(self, request: Request) -> Reply:
        """``/collections/records/items/{record}``: one record."""
        parameters, base = given(request.query_string, COMMON), self._base(request)
        name = request.path_params["record"]
        layer = self._catalogue.seen_by(request.principal).get(name)
        if layer is None:
            shown = shorten(name)
            raise NoSuchItem(
                f"目录中没有这条记录:{shown}", f"the catalogue has no such record: {shown}", value=shown
            )
        document = record(layer.contract, layer.facts, self._city, base_url=base, fields=layer.fields)
        address = f"{base}/collections/{RECORDS}/items/{name}"
        document["links"] = [
            _link(address, "self", GEOJSON, "本记录"),
            _link(f"{base}/collections/{RECORDS}", "collection", JSON, "数据目录"),
            *_links_of(document),
        ]
        title = f"{layer.contract.title.zh} {layer.contract.title.en}"
        return self._pages.reply(request, parameters, document, "plain.html", base, GEOJSON, title=title)

    async def queryables(self, request: Request) -> Reply:
        """``/collections/records/queryables``"""
        return self._schema(request, "queryables", ("id", "type", "title", "description", "keywords"))

    async def sortables(self, request: Request) -> Reply:
        """``/collections/records/sortables``"""
        return self._schema(request, "sortables", SORTABLES)

    def _schema(self, request: Request, name: str, properties: Sequence[str]) -> Reply:
        parameters, base = given(request.query_string, COMMON), self._base(request)
        document = {
            "$schema": DIALECT,
            "$id": f"{base}/collections/{RECORDS}/{name}",
            "type": "object",
            "title": "数据目录 Catalogue",
            "properties": {each: {"title": each, "type": "string"} for each in properties},
            "additionalProperties": False,
        }
        return self._pages.reply(request, parameters, document, "plain.html", base, SCHEMA, title=name)

    def _all(self, request: Request, base: str) -> list[Document]:
        return [
            record(layer.contract, layer.facts, self._city, base_url=base, fields=layer.fields)
            for layer in self._catalogue.seen_by(request.principal).values()
        ]

    def _wanted(self, parameters: dict[str, str]) -> list[Callable[[Document], bool]]:
        """A test for each parameter that restricts (Records, 7.5 to 7.11)."""
        tests: list[Callable[[Document], bool]] = []
        if "q" in parameters:
            tests.append(_text_test(parameters["q"]))
        if "type" in parameters:
            kinds = _list("type", parameters["type"])
            tests.append(lambda one: one["properties"]["type"] in kinds)
        if "ids" in parameters:
            ids = _list("ids", parameters["ids"])
            tests.append(lambda one: one["id"] in ids)
        if "externalIds" in parameters:
            external = _list("externalIds", parameters["externalIds"])
            tests.append(
                lambda one: any(_external(each) & external for each in one["properties"]["externalIds"])
            )
        if "bbox" in parameters:
            areas = crs.areas("bbox", parameters["bbox"], self._edges.find("crs", CRS84))
            tests.append(lambda one: one["geometry"] is None or any(_meets(one, area) for area in areas))
        if "datetime" in parameters:
            asked = moment("datetime", parameters["datetime"])
            assert asked is not None
            tests.append(lambda one: _valid(one["time"], asked))
        return tests

    def _page_links(
        self, parameters: dict[str, str], base: str, offset: int, shown: int, found: int
    ) -> list[Document]:
        address = f"{base}/collections/{RECORDS}/items"
        kept = {name: value for name, value in parameters.items() if name not in ("offset", "f")}
        query = urlencode(parameters)
        links = [
            _link(address + (f"?{query}" if query else ""), "self", GEOJSON, "本页"),
            _link(f"{address}?{urlencode({**kept, 'f': 'html'})}", "alternate", "text/html", "网页"),
            _link(f"{base}/collections/{RECORDS}", "collection", JSON, "数据目录"),
        ]
        if offset + shown < found and shown:
            following = urlencode({**kept, "offset": offset + shown})
            links.append(_link(f"{address}?{following}", "next", GEOJSON, "下一页"))
        return links

    def _base(self, request: Request) -> str:
        return request.base_url(self._base_url)


def _text_test(q: str) -> Callable[[Document], bool]:
    """Commas are OR; words separated by blanks must stand in that order (Records, 7.8)."""
    phrases = [words for part in q.split(",") if (words := _folded(part).split())]
    if not phrases:
        raise BadParameter("q", "没有检索词", "has no search term", value=q)
    wanted = dict.fromkeys(" ".join(words) for words in phrases)

    def test(one: Document) -> bool:
        properties = one["properties"]
        texts = [one["id"], properties["title"], properties["description"], *properties["keywords"]]
        searched = "\n".join(" ".join(_folded(text).split()) for text in texts)  # no phrase has a line end
        return any(phrase in searched for phrase in wanted)

    return test


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _external(identifier: Document) -> set[str]:
    return {identifier["value"], f"{identifier['scheme']}:{identifier['value']}"}


def _meets(one: Document, area: Area) -> bool:
    ring = one["geometry"]["coordinates"][0]
    (west, south), (east, north) = ring[0], ring[2]
    return bool(west <= area.east and east >= area.west and south <= area.north and north >= area.south)


def _valid(time: Document | None, asked: datetime | Span) -> bool:
    if time is None:  # a record without a time always matches (Features Part 1, 7.15.4)
        return True
    first, last = (None if text == ".." else parse_instant(text) for text in time["interval"])
    if not isinstance(asked, Span):
        asked = Span(asked, asked)
    begins = (
        asked.end is None or first is None or first < asked.end or (asked.end_included and first == asked.end)
    )
    return begins and (asked.start is None or last is None or last > asked.start)


def _sort(found: list[Document], sortby: str | None) -> None:
    """By several keys, the last one first, as each sort is stable."""
    for part in reversed((sortby or "").split(",")):
        name = part.strip().lstrip("+-")
        if not name and sortby is None:
            continue
        if name not in SORTABLES:
            raise BadParameter(
                "sortby",
                f"须为 {'、'.join(SORTABLES)},可加 + 或 -",
                f"must be of {', '.join(SORTABLES)}, with + or - before it",
                value=part,
            )
        found.sort(
            key=lambda one, name=name: one["id"] if name == "id" else one["properties"][name],  # type: ignore[misc]
            reverse=part.strip().startswith("-"),
        )


def _list(parameter: str, text: str) -> frozenset[str]:
    values = frozenset(part.strip() for part in text.split(",") if part.strip())
    if not values:
        raise BadParameter(parameter, "没有给出值", "names nothing", value=text)
    return values


def _links_of(document: Document) -> list[Document]:
    links: list[Document] = document["links"]
    return links


def _link(href: str, rel: str, kind: str, title: str) -> Document:
    return {"href": href, "rel": rel, "type": kind, "title": title}
