"""The doors of EDR 1.1 环境数据检索: position, radius, area, cube and locations of a layer's observations.

What is asked is read strictly here, so that a refusal names its parameter; then pygeoapi's engine is asked,
whose provider reads the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from starlette.routing import Route

from api.catalogue import Catalogue
from api.crs import CRS84, Edges, areas
from api.door import ItemRoute, route
from api.edr import documents
from api.edr.asking import COMMON, FORMATS, OF_QUERY, besides, form, names, of_store, question, span
from api.edr.provider import BESIDES
from api.edr.resources import THEN
from api.observed import Observed, headers
from api.ogc import Engine
from api.parameters import given, instant, language, whole
from api.pool import Pool
from api.problem import NoSuchPage
from api.release import uncounted
from api.wire import Reply, Request, tag_of, unless_gone
from spatial.observe.measured_layers import Listed, Parameter, Station, is_there, parameters_then, stations
from spatial.observe.things.errors import missing

LIST = ("bbox", "limit", "after", "datetime", "parameter-name", "crs", "f", "lang", "asof")
LIMIT_DEFAULT, LIMIT_MAX = 1000, 10_000


class Environment:
    """The handlers of ``/collections/{id}/position`` and its like."""

    def __init__(
        self,
        catalogue: Catalogue,
        engine: Engine,
        observed: Observed,
        heavy: Pool,
        edges: Edges,
        base_url: str | None,
    ) -> None:
        self._catalogue = catalogue
        self._engine = engine
        self._observed = observed
        self._heavy = heavy
        self._edges = edges
        self._base_url = base_url

    def routes(self) -> list[Route]:
        """One route a query; the list of locations, and one of them."""
        return [
            route("/collections/{id}/position", self.position),
            route("/collections/{id}/radius", self.radius),
            route("/collections/{id}/area", self.area),
            route("/collections/{id}/cube", self.cube),
            route("/collections/{id}/locations", self.locations),
            ItemRoute("/collections/{id}/locations/{location:path}", self.location),
        ]

    async def position(self, request: Request) -> Reply:
        """Of each parameter the nearest station, no further away than 20 km; the distance is told."""
        return await self._query("position", request)

    async def radius(self, request: Request) -> Reply:
        """All stations within a geodesic distance of a point."""
        return await self._query("radius", request)

    async def area(self, request: Request) -> Reply:
        """All stations in polygons."""
        return await self._query("area", request)

    async def cube(self, request: Request) -> Reply:
        """All stations in a box; stations have no height."""
        return await self._query("cube", request)

    async def location(self, request: Request) -> Reply:
        """All that one station measured."""
        return await self._query("locations", request)

    async def _query(self, query: str, request: Request) -> Reply:
        """Values by place and time, as CoverageJSON, GeoJSON or CSV."""
        layer = self._layer(request, query)
        parameters = given(request.query_string, [*COMMON, *OF_QUERY[query]])
        tongue = language(request, parameters)
        others = besides(parameters, self._edges, _accept(request))
        known = await self._known(layer, others.asof)
        others = replace(
            others,
            collection_url=self._collection_url(request, layer),
            query_url=self._url(request, parameters),
        )
        location = request.path_params.get("location")
        wanted = question(layer, query, parameters, known, others, location)
        lacking = await self._observed.away(wanted.start, wanted.end)
        asked = {
            name: text
            for name, text in parameters.items()
            if name in (*OF_QUERY[query], "datetime", "parameter-name")
        }
        if location is not None:
            await self._there(layer, location, others.asof)
        marked, then = BESIDES.set(others), THEN.set({} if others.asof is None else {layer: known})
        try:
            work = self._engine.answer(
                "pygeoapi.api.environmental_data_retrieval:get_collection_edr_query",
                request,
                tongue,
                *(layer, None, query, location),
                query=urlencode(asked),
            )
            content: str = await unless_gone(request, work)
        finally:
            BESIDES.reset(marked)
            THEN.reset(then)
        reply = _reply(content.encode(), FORMATS[others.form], "csv" if others.form == "CSV" else "")
        reply.headers += headers(lacking)
        return reply

    async def locations(self, request: Request) -> Reply:
        """The stations, where they are and what they measure, now or as known then, as EDR GeoJSON."""
        layer = self._layer(request, "locations")
        parameters = given(request.query_string, LIST)
        language(request, parameters)
        asof = instant("asof", parameters.get("asof"))
        known = await self._known(layer, asof)
        form(parameters.get("f"), _accept(request), ("GeoJSON",))
        of_store(parameters, self._edges)
        boxes = areas("bbox", parameters["bbox"], self._edges.by_uri[CRS84]) if "bbox" in parameters else ()
        limit = min(whole("limit", parameters.get("limit")) or LIMIT_DEFAULT, LIMIT_MAX)
        wanted = names(parameters.get("parameter-name"), known)
        times = span(parameters.get("datetime"))
        after = parameters.get("after", "")
        statement = stations(Listed(layer, limit + 1, boxes, wanted, *times, after, asof))
        async with self._heavy.connection() as connection:
            rows = await (await connection.execute(statement.sql, statement.params)).fetchall()
        found = [Station(*row[:-1]) for row in rows[:limit]]
        collection_url = self._collection_url(request, layer)
        links = [_link("self", self._url(request, parameters))]
        if len(rows) > limit:
            further = {**parameters, "after": found[-1].thing}
            links.append(_link("next", self._url(request, further)))
        document = {
            "type": "FeatureCollection",
            "parameters": documents.described(known, wanted or known),
            "numberMatched": rows[0][-1] if rows else 0,
            "numberReturned": len(found),
            "features": [_station(each, collection_url, parameters.get("asof")) for each in found],
            "links": links,
        }
        return _reply(orjson.dumps(document), FORMATS["GeoJSON"])

    def _collection_url(self, request: Request, layer: str) -> str:
        return f"{request.base_url(self._base_url)}/collections/{quote(layer)}"

    def _url(self, request: Request, parameters: Mapping[str, str]) -> str:
        """The address that was asked, with these parameters."""
        address = request.base_url(self._base_url) + request.raw_path
        return f"{address}?{urlencode(parameters)}" if parameters else address

    def _layer(self, request: Request, query: str) -> str:
        """The layer, for somebody who may read it; what is counted leaves elsewhere."""
        layer = self._catalogue.get(request.path_params["id"], request.principal)
        if layer.id in self._catalogue.limits:
            raise uncounted(layer, query)
        return layer.id

    async def _known(self, layer: str, asof: datetime | None = None) -> Mapping[str, Parameter]:
        """What is measured in it, or was known to be at an instant."""
        known = (await self._observed.layers()).get(layer, {})
        if asof is not None:
            past = parameters_then(layer, asof)
            async with self._heavy.connection() as connection:
                rows = await (await connection.execute(past.sql, past.params)).fetchall()
            known = {**known, **{row[0]: Parameter(*row) for row in rows}}
        if not known:
            raise NoSuchPage(
                f"此图层没有观测数据:{layer}", f"nothing is measured in this layer: {layer}", value=layer
            )
        return known

    async def _there(self, layer: str, location: str, asof: datetime | None) -> None:
        rows = await self._heavy.fetch(is_there(layer, location, asof))
        if rows.first != (True,):
            raise missing(f"locations/{location}")


def _accept(request: Request) -> str:
    return request.header(b"accept")


def _link(rel: str, href: str) -> dict[str, str]:
    return {"href": href, "rel": rel, "type": FORMATS["GeoJSON"]}


def _station(each: Station, collection_url: str, asof: str | None) -> dict[str, Any]:
    then = "" if asof is None else f"?{urlencode({'asof': asof})}"
    return {
        "type": "Feature",
        "id": each.thing,
        "geometry": {"type": "Point", "coordinates": [each.lon_deg, each.lat_deg]},
        "properties": {
            "label": each.name,
            "datetime": "" if each.first is None else f"{each.first}/{each.last}",  # EDR demands a text
            "parameter-name": each.parameters,
            "edrqueryendpoint": documents.location_url(collection_url, each.thing) + then,
        },
    }


def _reply(body: bytes, media: str, suffix: str = "") -> Reply:
    told = [(b"content-type", media.encode()), (b"cache-control", b"no-cache")]
    if suffix:
        told.append((b"content-disposition", f'attachment; filename="observations.{suffix}"'.encode()))
    return Reply(200, told, body, etag=tag_of(body), vary=[b"Accept"])
