"""Linked river data over HTTP 河网链接数据, in the manner of NLDI: sources, places, navigation.

``/linked-data/{source}/{id}/navigation/{mode}/{target}``: distances in kilometres along the rivers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from starlette.routing import Route

from api.address.asked import answer as replied
from api.catalogue import Catalogue
from api.desk import Desk
from api.door import route
from api.parameters import given, instant, language
from api.problem import BadParameter
from api.release import uncounted
from api.wire import Reply, Request
from spatial.access.model import Principal
from spatial.database import Connection
from spatial.history.read import STORED
from water import layers
from water.network.linked import NAMED, Moment, Source, resolved
from water.network.model import Mode

Document = dict[str, Any]
TIMES: Final = ("datetime", "asof")
WALK: Final = (*TIMES, "distance", "stop", "within", "chainage")
FORMS: Final = ("json", "geojson")
GEOJSON: Final = b"application/geo+json"
MODES: Final[Mapping[Mode, tuple[str, str]]] = {
    Mode.UPSTREAM_MAIN: ("上溯干流", "up the main stem"),
    Mode.UPSTREAM_TRIBUTARIES: ("上溯全部", "up everything that flows here"),
    Mode.DOWNSTREAM_MAIN: ("下行主汊", "down the main arm"),
    Mode.DOWNSTREAM_DIVERSIONS: ("下行全部", "down every arm"),
    Mode.POINT_TO_POINT: ("至止点", "down to a stop"),
}


class LinkedData:
    """The handlers of ``/linked-data``, for who may read the layers of the network."""

    def __init__(self, catalogue: Catalogue, desk: Desk, base_url: str | None) -> None:
        self._catalogue = catalogue
        self._desk = desk
        self._base_url = base_url

    def routes(self) -> list[Route]:
        """Sources, one of them, a place of it, and ways from there."""
        place = "/linked-data/{source}/{id}"
        return [
            route("/linked-data", self.sources),
            route("/linked-data/{source}", self.source),
            route(place, self.place),
            route(f"{place}/navigation", self.modes),
            route(f"{place}/navigation/{{mode}}", self.targets),
            route(f"{place}/navigation/{{mode}}/{{target}}", self.navigation),
        ]

    async def sources(self, request: Request) -> Reply:
        """``/linked-data``: what may be begun at and asked for; nothing where the network is not shown."""
        _given(request)
        base = self._base(request)
        listed = [self._told(name, base, request.principal) for name in self._names(request.principal)]
        links = [_link(f"{base}/linked-data", "self", "application/json"), _link(f"{base}/", "root")]
        return replied(request, {"sources": listed, "distance_unit": "km", "links": links})

    async def source(self, request: Request) -> Reply:
        """``/linked-data/{source}``: one of them."""
        _given(request)
        name = request.path_params["source"]
        self._source(name, request.principal, "source")
        return replied(request, self._told(name, self._base(request), request.principal))

    async def place(self, request: Request) -> Reply:
        """``/linked-data/{source}/{id}``: a feature with its address on the rivers."""
        parameters = _given(request, *TIMES, "chainage")
        self._require_network(request.principal)
        source = self._source(request.path_params["source"], request.principal, "source")

        def read(connection: Connection) -> Document:
            from water.network.answer import where

            chainage = parameters.get("chainage")
            return where(
                connection, source, request.path_params["id"], chainage, _moment(connection, parameters)
            )

        document = await self._desk.run(read)
        here = self._here(request)
        document["links"] = [
            _link(here, "self"),
            _link(f"{here}/navigation", "navigation", "application/json"),
        ]
        return replied(request, document, 1, GEOJSON)

    async def modes(self, request: Request) -> Reply:
        """``…/navigation``: the ways to go from a place."""
        _given(request)
        self._source(request.path_params["source"], request.principal, "source")
        here = f"{self._here(request)}/navigation"
        told = [
            {"mode": mode.value, "title": {"zh": zh, "en": en}, "href": f"{here}/{mode.value}"}
            for mode, (zh, en) in MODES.items()
        ]
        return replied(request, {"modes": told, "distance_unit": "km"})

    async def targets(self, request: Request) -> Reply:
        """``…/navigation/{mode}``: what may be asked for on that way."""
        _given(request)
        self._source(request.path_params["source"], request.principal, "source")
        mode, base = _mode(request), self._base(request)
        here = f"{self._here(request)}/navigation/{mode.value}"
        told = [
            {**self._told(name, base, request.principal), "href": f"{here}/{name}"}
            for name in self._names(request.principal)
        ]
        return replied(request, {"mode": mode.value, "targets": told, "distance_unit": "km"})

    async def navigation(self, request: Request) -> Reply:
        """``…/navigation/{mode}/{target}``: what is met, nearest first, as GeoJSON."""
        from water.network.answer import DISTANCE_MOST_KM, WITHIN_M, WITHIN_MOST_M, Question, answer

        parameters = _given(request, *WALK)
        principal, mode = request.principal, _mode(request)
        self._require_network(principal)
        stop = parameters.get("stop")
        names = {
            "source": request.path_params["source"],
            "target": request.path_params["target"],
            **({"stop": stop.partition("/")[0]} if stop and "/" in stop else {}),
        }
        known = {name: self._source(name, principal, of) for of, name in names.items()}
        known |= {layer: self._source(layer, principal, "stop") for layer in (layers.REACHES, layers.NODES)}
        question = Question(
            names["source"],
            request.path_params["id"],
            mode,
            names["target"],
            _number(parameters, "distance", DISTANCE_MOST_KM, above_zero=True),
            stop,
            parameters.get("chainage"),
            WITHIN_M if (within := _number(parameters, "within", WITHIN_MOST_M)) is None else within,
        )

        def read(connection: Connection) -> Document:
            return answer(connection, question, _moment(connection, parameters), known.__getitem__)

        document = await self._desk.run(read)
        document["links"] = [
            _link(f"{self._here(request)}/navigation/{mode.value}/{names['target']}", "self")
        ]
        return replied(request, document, document["numberReturned"], GEOJSON)

    def _require_network(self, principal: Principal) -> None:
        for layer_id in layers.NETWORK:
            self._catalogue.get(layer_id, principal)

    def _source(self, name: str, principal: Principal, parameter: str) -> Source:
        """A layer as somebody may read it, by its id or another name; one without places is refused."""
        shown = self._catalogue.get(resolved(name, self._catalogue.seen_by(principal)), principal)
        if shown.id in self._catalogue.limits:
            raise uncounted(shown, "linked-data")
        if shown.table.geometry is None:
            raise BadParameter(parameter, "图层没有几何", "is a layer without geometry", value=name)
        return Source(shown.id, shown.table, shown.output(STORED))

    def _names(self, principal: Principal) -> list[str]:
        """Names that stand for a layer, then all layers with places."""
        seen = self._catalogue.seen_by(principal)
        if not seen.keys() >= {*layers.NETWORK}:
            return []
        usable = [
            shown.id
            for shown in seen.values()
            if shown.table.geometry is not None and shown.id not in self._catalogue.limits
        ]
        return [*(name for name in NAMED if resolved(name, seen) in usable), *usable]

    def _told(self, name: str, base: str, principal: Principal) -> Document:
        seen = self._catalogue.seen_by(principal)
        shown = seen[resolved(name, seen)]
        return {
            "source": name,
            "layer": shown.id,
            "title": {"zh": shown.contract.title.zh, "en": shown.contract.title.en},
            "features": shown.span.features,
            "synthetic": shown.contract.synthetic,
            "href": f"{base}/linked-data/{name}",
            "items": f"{base}/collections/{shown.id}/items",
        }

    def _base(self, request: Request) -> str:
        return request.base_url(self._base_url)

    def _here(self, request: Request) -> str:
        source, id = (quote(request.path_params[name], safe="") for name in ("source", "id"))
        return f"{self._base(request)}/linked-data/{source}/{id}"


def _given(request: Request, *names: str) -> dict[str, str]:
    """The parameters; ``f`` may say what is answered anyway."""
    parameters = given(request.query_string, (*names, "f", "lang"))
    language(request, parameters)
    form = parameters.get("f", "json")
    if form not in FORMS:
        known = ", ".join(FORMS)
        raise BadParameter("f", f"须为 {known} 之一", f"must be one of {known}", value=form)
    return parameters


def _moment(connection: Connection, parameters: Mapping[str, str]) -> Moment:
    """The instants that are asked about; the database's own where nothing is said."""
    row = connection.execute("select clock_timestamp()").fetchone()
    assert row is not None
    return Moment(
        instant("datetime", parameters.get("datetime")) or row[0],
        instant("asof", parameters.get("asof")) or row[0],
    )


def _mode(request: Request) -> Mode:
    text = request.path_params["mode"]
    if text not in {mode.value for mode in Mode}:
        known = ", ".join(mode.value for mode in Mode)
        raise BadParameter("mode", f"须为 {known} 之一", f"must be one of {known}", value=text)
    return Mode(text)


def _number(
    parameters: Mapping[str, str], name: str, most: float, *, above_zero: bool = False
) -> float | None:
    text = parameters.get(name)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= most or (above_zero and value == 0):
        raise BadParameter(name, f"须为 0 至 {most:g} 的数", f"is a number from 0 to {most:g}", value=text)
    return value


def _link(href: str, rel: str, kind: str = "application/geo+json") -> dict[str, str]:
    return {"href": href, "rel": rel, "type": kind}
