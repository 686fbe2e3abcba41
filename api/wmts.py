"""WMTS 1.0.0 网络地图瓦片服务 (OGC 07-057r7): images and vector layers as pictures, for desktop GIS.

A façade over the map tiles of :mod:`api.imagery` and :mod:`api.painted`: capabilities
by KVP and REST, tiles by KVP; the REST templates name the map tiles themselves.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl
from xml.sax.saxutils import escape, quoteattr

from starlette.routing import Route

from api import problem
from api.catalogue import Catalogue, Shown
from api.door import route
from api.imagery import LAYER, TITLES, Imagery
from api.imagery_request import MEDIA
from api.painted import STYLE as PAINTED
from api.painted import Painted
from api.wire import Reply, Request
from spatial.catalogue.city import City
from spatial.errors import OneMapError
from tiles.matrix import MatrixSet
from tiles.raster.model import Style
from tiles.styles import is_drawn

XML = b"application/xml"
_STYLES = tuple((each.value, TITLES[each][0]) for each in (Style.PICTURE, Style.HEIGHTS, Style.HILLSHADE))
_PAINTED = ((PAINTED, "图例 legend"),)
_FORMATS = {media.decode(): name for name, media in MEDIA.items()}
VERSION = "1.0.0"
_UNWRITTEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that no XML may hold."""
_DEFAULT = ' isDefault="true"'
_ASKED = ("TILEMATRIXSET", "TILEMATRIX", "TILEROW", "TILECOL")
_NAMESPACES = (
    'xmlns="http://www.opengis.net/wmts/1.0" xmlns:ows="http://www.opengis.net/ows/1.1"'
    ' xmlns:xlink="http://www.w3.org/1999/xlink" version="1.0.0"'
)


class Wmts:
    """The handlers of the façade."""

    def __init__(
        self, catalogue: Catalogue, imagery: Imagery, painted: Painted, city: City, base_url: str | None
    ) -> None:
        self._catalogue = catalogue
        self._imagery = imagery
        self._painted = painted
        self._city = city
        self._base_url = base_url

    def routes(self) -> list[Route]:
        """By key and value, and the capabilities by their own address."""
        return [route("/wmts", self.operation), route("/wmts/1.0.0/WMTSCapabilities.xml", self.capabilities)]

    async def capabilities(self, request: Request) -> Reply:
        """``/wmts/1.0.0/WMTSCapabilities.xml``."""
        body = self._document(request).encode()
        return Reply(200, [(b"content-type", XML), (b"cache-control", b"no-cache")], body)

    async def operation(self, request: Request) -> Reply:
        """``/wmts?SERVICE=WMTS&REQUEST=…``: GetCapabilities or GetTile; refusals as OWS exceptions."""
        pairs = parse_qsl(request.query_string.decode("latin-1"), keep_blank_values=True)
        asked = {name.upper(): value for name, value in pairs}
        if asked.get("SERVICE", "WMTS").upper() != "WMTS":
            return _refusal("InvalidParameterValue", "SERVICE", "服务须为 WMTS the service must be WMTS")
        wanted = asked.get("REQUEST", "").lower()
        if wanted == "getcapabilities":
            versions = asked.get("ACCEPTVERSIONS", VERSION)
            if VERSION not in versions.split(","):
                told = f"版本须为 {VERSION} the version must be {VERSION}: {versions}"
                return _refusal("VersionNegotiationFailed", "AcceptVersions", told)
            return await self.capabilities(request)
        if wanted != "gettile":
            code = "MissingParameterValue" if not wanted else "OperationNotSupported"
            return _refusal(code, "REQUEST", "须为 GetCapabilities 或 GetTile; GetCapabilities or GetTile")
        for name in ("LAYER", *_ASKED):
            if not asked.get(name):
                return _refusal("MissingParameterValue", name, f"缺少参数 missing parameter: {name}")
        for name, offered in (("VERSION", (VERSION,)), ("FORMAT", tuple(_FORMATS))):
            given = asked.get(name) or offered[0]
            if given not in offered:
                told = f"{name} 须为 {'、'.join(offered)} must be {' or '.join(offered)}: {given}"
                return _refusal("InvalidParameterValue", name, told)
        try:
            return await self._tile(request, asked)
        except OneMapError as failure:
            return _refusal_of(failure)

    async def _tile(self, request: Request, asked: Mapping[str, str]) -> Reply:
        layer = self._catalogue.get(asked["LAYER"], request.principal)
        kind = _FORMATS[asked.get("FORMAT") or "image/png"]
        images = layer.id == LAYER
        parameters = {"f": kind, "style": asked.get("STYLE") or (Style.PICTURE.value if images else PAINTED)}
        if asked.get("TIME") and asked["TIME"] != "default":
            parameters["datetime"] = asked["TIME"]
        door = self._imagery if images else self._painted
        return await door.picture(request, layer, [asked[name] for name in _ASKED], parameters)

    def _document(self, request: Request) -> str:
        base = request.base_url(self._base_url)
        seen = self._catalogue.seen_by(request.principal).values()
        layers = "".join(self._layer(base, each) for each in seen if is_drawn(each.contract))
        sets = "".join(_matrix_set(each) for each in self._imagery.sets.by_id.values())
        name = f"{self._city.name.zh}一张图 One Map of {self._city.name.en}"
        return (
            f'<?xml version="1.0" encoding="UTF-8"?>\n<Capabilities {_NAMESPACES}>'
            f"<ows:ServiceIdentification><ows:Title>{escape(name)}</ows:Title>"
            "<ows:ServiceType>OGC WMTS</ows:ServiceType>"
            "<ows:ServiceTypeVersion>1.0.0</ows:ServiceTypeVersion></ows:ServiceIdentification>"
            f"<ows:OperationsMetadata>{_operation('GetCapabilities', base)}{_operation('GetTile', base)}"
            f"</ows:OperationsMetadata><Contents>{layers}{sets}</Contents>"
            f"<ServiceMetadataURL xlink:href={quoteattr(base + '/wmts/1.0.0/WMTSCapabilities.xml')}/>"
            "</Capabilities>"
        )

    def _layer(self, base: str, layer: Shown) -> str:
        extent, contract = self._city.extent_4490, layer.contract
        styles = _STYLES if layer.id == LAYER else _PAINTED
        template = (
            f"{base}/collections/{layer.id}/map/tiles/{{TileMatrixSet}}/{{TileMatrix}}/{{TileRow}}/{{TileCol}}"
            "?style={Style}"
        )
        described = "".join(
            f"<Style{_DEFAULT if place == 0 else ''}><ows:Title>{title}</ows:Title>"
            f"<ows:Identifier>{name}</ows:Identifier></Style>"
            for place, (name, title) in enumerate(styles)
        )
        links = "".join(
            f"<TileMatrixSetLink><TileMatrixSet>{name}</TileMatrixSet></TileMatrixSetLink>"
            for name in self._imagery.sets.by_id
        )
        stamp = "" if not contract.synthetic or "合成数据" in contract.title.zh else " 合成数据 synthetic"
        return (
            f"<Layer><ows:Title>{escape(contract.title.zh)} {escape(contract.title.en)}{stamp}</ows:Title>"
            f"<ows:WGS84BoundingBox><ows:LowerCorner>{extent.west} {extent.south}</ows:LowerCorner>"
            f"<ows:UpperCorner>{extent.east} {extent.north}</ows:UpperCorner></ows:WGS84BoundingBox>"
            f"<ows:Identifier>{layer.id}</ows:Identifier>{described}<Format>image/png</Format>"
            "<Dimension><ows:Identifier>Time</ows:Identifier><Default>default</Default>"
            f"<Value>default</Value></Dimension>{links}"
            f'<ResourceURL format="image/png" resourceType="tile" template={quoteattr(template)}/></Layer>'
        )


def _matrix_set(matrix_set: MatrixSet) -> str:
    """A set as WMTS writes it: corners in the order of the frame's authority."""
    told: dict[str, Any] = matrix_set.document()
    matrices = "".join(
        f"<TileMatrix><ows:Identifier>{each['id']}</ows:Identifier>"
        f"<ScaleDenominator>{each['scaleDenominator']!r}</ScaleDenominator>"
        f"<TopLeftCorner>{each['pointOfOrigin'][0]!r} {each['pointOfOrigin'][1]!r}</TopLeftCorner>"
        f"<TileWidth>{each['tileWidth']}</TileWidth><TileHeight>{each['tileHeight']}</TileHeight>"
        f"<MatrixWidth>{each['matrixWidth']}</MatrixWidth>"
        f"<MatrixHeight>{each['matrixHeight']}</MatrixHeight></TileMatrix>"
        for each in told["tileMatrices"]
    )
    return (
        f"<TileMatrixSet><ows:Title>{escape(str(told['title']))}</ows:Title>"
        f"<ows:Identifier>{matrix_set.id}</ows:Identifier>"
        f"<ows:SupportedCRS>urn:ogc:def:crs:EPSG::{matrix_set.epsg}</ows:SupportedCRS>{matrices}</TileMatrixSet>"
    )


def _operation(name: str, base: str) -> str:
    return (
        f'<ows:Operation name="{name}"><ows:DCP><ows:HTTP><ows:Get xlink:href={quoteattr(base + "/wmts?")}>'
        '<ows:Constraint name="GetEncoding"><ows:AllowedValues><ows:Value>KVP</ows:Value>'
        "</ows:AllowedValues></ows:Constraint></ows:Get></ows:HTTP></ows:DCP></ows:Operation>"
    )


_NAMES = {
    "style": "STYLE",
    "datetime": "TIME",
    "tileMatrix": "TILEMATRIX",
    "tileRow": "TILEROW",
    "tileCol": "TILECOL",
    "no-such-tile-matrix-set": "TILEMATRIXSET",
    "unknown-layer": "LAYER",
    "no-such-resource": "LAYER",
}
"""What the doors name a parameter, or say of it, and its name here."""


def _refusal_of(failure: OneMapError) -> Reply:
    """What the doors refuse, as the standard words it (07-057r7, 8.2): by the name of its parameter."""
    plain = problem.problem(failure, "zh")
    named = str(failure.details.get("parameter", failure.code))
    locator = _NAMES.get(named, "")
    zh, en = (text.replace(f" {named} ", f" {locator} ", 1) for text in (failure.zh, failure.en))
    code = "InvalidParameterValue" if plain.status < 500 else "NoApplicableCode"
    if named in ("tileRow", "tileCol"):
        code = "TileOutOfRange"
    return _refusal(code, locator, f"{zh} {en}", plain.status)


def _refusal(code: str, locator: str, text: str, status: int = 400) -> Reply:
    body = (
        '<?xml version="1.0" encoding="UTF-8"?>\n<ows:ExceptionReport'
        ' xmlns:ows="http://www.opengis.net/ows/1.1" version="1.1.0" xml:lang="zh">'
        f"<ows:Exception exceptionCode={quoteattr(code)} locator={quoteattr(locator)}>"
        f"<ows:ExceptionText>{escape(text)}</ows:ExceptionText></ows:Exception></ows:ExceptionReport>"
    )
    written = _UNWRITTEN.sub("\N{REPLACEMENT CHARACTER}", body).encode()
    return Reply(status, [(b"content-type", XML), (b"cache-control", b"no-store")], written)
