"""OGC API Styles 样式 (draft 20-009): how each layer is drawn, for MapLibre and as SLD 1.1.

Each layer has one style, under the layer's own id, made from its contract for
whoever asks: the style of a hidden layer is hidden, and a field that somebody
may not see decides neither colour nor label.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.routing import Route

from api.catalogue import Catalogue, Shown
from api.door import route
from api.pages import Pages
from api.parameters import COMMON, given, language
from api.problem import BadParameter, NotAcceptable
from api.wire import Header, Reply, Request, tag_of
from spatial.catalogue.city import City
from spatial.errors import UnknownLayer, shorten
from tiles.hatches import sprite, sprite_index
from tiles.sld import sld
from tiles.styles import frame, frames, is_drawn, maplibre

Document = dict[str, Any]
JSON = "application/json"
HTML = "text/html"
MAPBOX = "application/vnd.mapbox.style+json"
SLD11 = "application/vnd.ogc.sld+xml;version=1.1"
SHEETS = {"mapbox": (MAPBOX, "MapLibre/Mapbox Style 8"), "sld11": (SLD11, "OGC SLD 1.1")}
"""Of each format its media type and its name."""
DRAWN_AS = {"Point": "point", "LineString": "line", "Polygon": "polygon"}


class Styles:
    """The handlers of styles and of the pictures they refer to."""

    def __init__(self, catalogue: Catalogue, pages: Pages, city: City, base_url: str | None) -> None:
        self._catalogue = catalogue
        self._pages = pages
        self._city = city
        self._base_url = base_url

    def routes(self) -> list[Route]:
        """The sprite before the styles: its name is no style's."""
        pictures = [
            route(f"/styles/sprite{ratio}.{kind}", handler)
            for ratio in ("", "@2x")
            for kind, handler in (("json", self.sprite_index), ("png", self.sprite))
        ]
        return [
            *pictures,
            route("/styles", self.styles),
            route("/styles/{id}", self.style),
            route("/styles/{id}/metadata", self.metadata),
            route("/collections/{id}/styles", self.of_collection),
        ]

    async def styles(self, request: Request) -> Reply:
        """``/styles``: of every layer that is drawn and that the principal may read."""
        layers = [
            each for each in self._catalogue.seen_by(request.principal).values() if is_drawn(each.contract)
        ]
        base = request.base_url(self._base_url)
        document: Document = {
            "styles": [_listed(layer, base) for layer in layers],
            "links": [_link(f"{base}/styles", "self", JSON, "样式 styles")],
        }
        return self._reply(request, document, "样式 Styles", base)

    async def of_collection(self, request: Request) -> Reply:
        """``/collections/{id}/styles``: one, or none for a table."""
        layer = self._catalogue.get(request.path_params["id"], request.principal)
        base = request.base_url(self._base_url)
        drawn = is_drawn(layer.contract)
        document: Document = {
            "styles": [_listed(layer, base)] if drawn else [],
            **({"defaultStyle": layer.id} if drawn else {}),
            "links": [_link(f"{base}/collections/{layer.id}/styles", "self", JSON, "样式 styles")],
        }
        return self._reply(request, document, f"样式 Styles: {layer.contract.title.zh}", base)

    async def style(self, request: Request) -> Reply:
        """``/styles/{id}``: the style sheet; ``tms`` says over which tiles."""
        layer = self._drawn(request)
        parameters = given(request.query_string, (*COMMON, "tms"))
        language(request, parameters)  # a bad one is refused, though nothing here is in one alone
        kind = _kind(request, parameters)
        within = frame(self._city, parameters.get("tms", frames(self._city)[0].tms))
        if kind == "sld11":
            body = sld(layer.contract, layer.fields)
        else:
            base = request.base_url(self._base_url)
            body = orjson.dumps(maplibre(layer.contract, base, within, layer.fields))
        tag = tag_of(body)
        headers: list[Header] = [
            (b"content-type", SHEETS[kind][0].encode()),
            (b"cache-control", b"no-cache"),
        ]
        return Reply(200, headers, body, etag=tag, vary=[b"Accept"])

    async def metadata(self, request: Request) -> Reply:
        """``/styles/{id}/metadata``"""
        layer = self._drawn(request)
        base = request.base_url(self._base_url)
        contract = layer.contract
        address = f"{base}/styles/{layer.id}"
        document: Document = {
            "id": layer.id,
            "title": contract.title.zh,
            "description": contract.description.zh,
            "pointOfContact": contract.steward,
            "scope": "style",
            "created": layer.created_at.isoformat(),
            "updated": layer.changed_at.isoformat(),
            "version": str(layer.contract_version),
            "stylesheets": [
                {
                    "title": title,
                    "version": "8" if name == "mapbox" else "1.1.0",
                    "native": name == "mapbox",
                    "link": _link(f"{address}?f={name}", "stylesheet", media, title),
                }
                for name, (media, title) in SHEETS.items()
            ],
            "layers": [
                {
                    "id": layer.id,
                    "type": DRAWN_AS[(contract.geometry or "").removeprefix("Multi")],
                    "sampleData": _link(f"{base}/collections/{layer.id}", "data", JSON, contract.title.zh),
                }
            ],
            "links": [
                _link(f"{address}/metadata", "self", JSON, "本文档"),
                _link(
                    f"{base}/collections/{layer.id}/legend?f=svg", "preview", "image/svg+xml", "图例 legend"
                ),
            ],
        }
        return self._reply(request, document, f"样式 Style: {contract.title.zh}", base)

    async def sprite_index(self, request: Request) -> Reply:
        """Where each hatch lies in the picture."""
        return _picture(orjson.dumps(sprite_index(_ratio(request))), b"application/json")

    async def sprite(self, request: Request) -> Reply:
        """The hatches, side by side."""
        return _picture(sprite(_ratio(request)), b"image/png")

    def _drawn(self, request: Request) -> Shown:
        layer = self._catalogue.get(request.path_params["id"], request.principal)
        if not is_drawn(layer.contract):
            raise UnknownLayer(
                f"此图层没有几何,也就没有样式:{layer.id}",
                f"this layer has no geometry, and so no style: {layer.id}",
                value=layer.id,
            )
        return layer

    def _reply(self, request: Request, document: Document, title: str, base: str) -> Reply:
        parameters = given(request.query_string, COMMON)
        return self._pages.reply(request, parameters, document, "plain.html", base, title=title)


def _kind(request: Request, parameters: Mapping[str, str]) -> str:
    """``f`` decides, else ``Accept``; the map's own where both leave it open."""
    wanted = parameters.get("f")
    if wanted is not None:
        if wanted not in SHEETS:
            names = ", ".join(SHEETS)
            raise BadParameter("f", f"须为 {names} 之一", f"must be one of {names}", value=wanted)
        return wanted
    accepted = request.header(b"accept") or "*/*"
    for part in accepted.split(","):
        name = part.partition(";")[0].strip()
        if name == SLD11.partition(";")[0]:
            return "sld11"
        if name in ("*/*", "application/*", JSON, HTML, MAPBOX):
            return "mapbox"
    shown = shorten(accepted)
    raise NotAcceptable(
        f"可用的格式为 {MAPBOX}、{SLD11},请修改 Accept:{shown}",
        f"there are {MAPBOX}, {SLD11}; change Accept: {shown}",
        value=shown,
    )


def _listed(layer: Shown, base: str) -> Document:
    address = f"{base}/styles/{layer.id}"
    sheets = [
        _link(f"{address}?f={name}", "stylesheet", kind, title) for name, (kind, title) in SHEETS.items()
    ]
    return {
        "id": layer.id,
        "title": layer.contract.title.zh,
        "links": [*sheets, _link(f"{address}/metadata", "describedby", JSON, "样式元数据 metadata")],
    }


def _ratio(request: Request) -> int:
    return 2 if "@2x." in request.scope["path"] else 1


def _picture(content: bytes, media: bytes) -> Reply:
    tag = tag_of(content)
    return Reply(200, [(b"content-type", media), (b"cache-control", b"public, no-cache")], content, etag=tag)


def _link(href: str, rel: str, kind: str, title: str) -> dict[str, str]:
    return {"href": href, "rel": rel, "type": kind, "title": title}
