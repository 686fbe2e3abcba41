"""What the doors of the STAC catalogue say 目录文档: catalogue, collections, items, assets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import quote

import shapely

from api.catalogue import Shown
from api.landing import OPENAPI
from api.stac.flights import Feature, Flight
from spatial.catalogue.city import City
from spatial.catalogue.contract import stamped

Document = dict[str, Any]
VERSION: Final = "1.1.0"
JSON, GEOJSON = "application/json", "application/geo+json"
CONFORMS_TO: Final = (
    "https://api.stacspec.org/v1.0.0/core",
    "https://api.stacspec.org/v1.0.0/collections",
    "https://api.stacspec.org/v1.0.0/ogcapi-features",
    "https://api.stacspec.org/v1.0.0/item-search",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
)
FILE: Final = "https://stac-extensions.github.io/file/v2.1.0/schema.json"
PROJECTION: Final = "https://stac-extensions.github.io/projection/v2.0.0/schema.json"
WEB_MAP_LINKS: Final = "https://stac-extensions.github.io/web-map-links/v1.2.0/schema.json"
MEDIA: Final = {
    "cog": "image/tiff; application=geotiff; profile=cloud-optimized",
    "geotiff": "image/tiff; application=geotiff",
    "laz": "application/vnd.laszip",
    "copc": "application/vnd.laszip+copc",
}
_SHA256: Final = "1220"
"""Code and length of the digest in a multihash."""


def catalog(city: City, collections: Sequence[Shown], base: str) -> Document:
    """``/stac``: the landing page."""
    root = f"{base}/stac"
    return {
        "type": "Catalog",
        "stac_version": VERSION,
        "id": f"onemap-{city.code}",
        "title": f"{city.name.zh}航飞成果目录 Flights over {city.name.en}",
        "description": "航次的正射影像、表面模型与点云。Orthophotos, surface models, point clouds by flight.",
        "conformsTo": list(CONFORMS_TO),
        "links": [
            *_ends(root, root),
            link(f"{root}/conformance", "conformance", JSON),
            link(f"{root}/collections", "data", JSON),
            link(f"{root}/search", "search", GEOJSON) | {"method": "GET"},
            link(f"{root}/search", "search", GEOJSON) | {"method": "POST"},
            link(f"{base}/openapi.json", "service-desc", OPENAPI),
            link(f"{base}/api", "service-doc", "text/html"),
            *(
                link(f"{root}/collections/{each.id}", "child", JSON) | {"title": each.contract.title.zh}
                for each in collections
            ),
        ],
    }


def collection(layer: Shown, found: Sequence[Flight], city: City, base: str) -> Document:
    """``/stac/collections/{id}``: one layer of catalogued files; its extent is that of its flights."""
    root, contract = f"{base}/stac", layer.contract
    address = f"{root}/collections/{layer.id}"
    extent = city.extent_4490
    box = [extent.west, extent.south, extent.east, extent.north]
    if found:
        box = [float(each) for each in shapely.total_bounds([each.geometry for each in found])]
    days = [each.start for each in found], [each.end for each in found]
    when = [utc(min(days[0])), utc(max(days[1]))] if found else [None, None]
    described: Document = {
        "type": "Collection",
        "stac_version": VERSION,
        "id": layer.id,
        "title": f"{contract.title.zh} {contract.title.en}",
        "description": f"{contract.description.zh} {contract.description.en}",
        "license": "other",
        "keywords": ["航飞", "正射影像", "表面模型"],
        "providers": [{"name": contract.steward, "roles": ["producer", "host"]}],
        "extent": {"spatial": {"bbox": [box]}, "temporal": {"interval": [when]}},
        "links": [
            *_ends(root, address),
            link(root, "parent", JSON),
            link(f"{address}/items", "items", GEOJSON),
            link(f"{base}/collections/{layer.id}", "alternate", JSON),
        ],
    }
    return described | stamped(contract.synthetic)


def item(flight: Flight, base: str, *, synthetic: bool) -> Document:
    """``/stac/collections/{id}/items/{item}``: one flight with its files as assets."""
    root = f"{base}/stac"
    home = f"{root}/collections/{flight.collection}"
    address = f"{home}/items/{quote(flight.id, safe='')}"
    resolutions = [each["properties"].get("resolution_m") for each in flight.files]
    finest = min((each for each in resolutions if each), default=None)
    properties: Document = {
        "title": flight.title,
        "datetime": None,
        "start_datetime": utc(flight.start),
        "end_datetime": utc(flight.end),
        "created": _created(flight),
        "onemap:dated": flight.dated,
    }
    if finest is not None:
        properties["gsd"] = finest
    properties |= stamped(synthetic)
    return {
        "type": "Feature",
        "stac_version": VERSION,
        "stac_extensions": [FILE, PROJECTION, WEB_MAP_LINKS],
        "id": flight.id,
        "collection": flight.collection,
        "geometry": shapely.geometry.mapping(flight.geometry),
        "bbox": [float(each) for each in flight.geometry.bounds],
        "properties": properties,
        "assets": _assets(flight, base),
        "links": [
            *_ends(root, address, GEOJSON),
            link(home, "parent", JSON),
            link(home, "collection", JSON),
            *_map_links(flight, base),
        ],
    }


def items(found: Sequence[Document], matched: int, links: Sequence[Document]) -> Document:
    """A page of items."""
    return {
        "type": "FeatureCollection",
        "features": list(found),
        "numberMatched": matched,
        "numberReturned": len(found),
        "links": list(links),
    }


def utc(at: datetime) -> str:
    """Times of a STAC document are in UTC.

    >>> from spatial.datum.clock import BEIJING
    >>> utc(datetime(2026, 5, 1, tzinfo=BEIJING))
    '2026-04-30T16:00:00Z'
    """
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def link(href: str, rel: str, media: str) -> Document:
    """One link."""
    return {"href": href, "rel": rel, "type": media}


def _ends(root: str, address: str, media: str = JSON) -> list[Document]:
    return [link(address, "self", media), link(root, "root", JSON)]


def _created(flight: Flight) -> str:
    return min(utc(datetime.fromisoformat(each["properties"]["valid_from"])) for each in flight.files)


def _assets(flight: Flight, base: str) -> dict[str, Document]:
    """By file name; two of one name are told apart by their digests."""
    names = [str(each["properties"].get("name") or each["id"]) for each in flight.files]
    return {
        name if names.count(name) == 1 else f"{name}-{str(each['id'])[:8]}": _asset(flight, each, base)
        for name, each in zip(names, flight.files, strict=True)
    }


def _asset(flight: Flight, feature: Feature, base: str) -> Document:
    said: Mapping[str, Any] = feature["properties"]
    digest = str(feature["id"])
    heights = flight.collection != "raster-assets" or _heights(said)
    told: Document = {
        "href": f"{base}/collections/{flight.collection}/items/{digest}/original",
        "title": str(said.get("name") or digest),
        "type": MEDIA.get(str(said.get("format")), "application/octet-stream"),
        "roles": ["data", "surface-model" if heights else "visual"],
        "file:checksum": f"{_SHA256}{digest}",
    }
    if said.get("size_bytes") is not None:
        told["file:size"] = said["size_bytes"]
    if str(said.get("frame", "")).startswith("EPSG:"):
        told["proj:code"] = said["frame"]
    if said.get("height") and said.get("width"):
        told["proj:shape"] = [said["height"], said["width"]]
    if said.get("resolution_m"):
        told["gsd"] = said["resolution_m"]
    if said.get("bands"):
        told["bands"] = [_band(said, number) for number in range(1, said["bands"] + 1)]
    if heights and said.get("height_type") not in (None, "none"):
        told["onemap:height_type"] = said["height_type"]
    return told


def _heights(said: Mapping[str, Any]) -> bool:
    real = str(said.get("sample_type", "")).startswith("float")
    return said.get("bands") == 1 and (said.get("height_type", "none") != "none" or real)


def _band(said: Mapping[str, Any], number: int) -> Document:
    band: Document = {"name": f"b{number}"}
    if said.get("sample_type") in _DATA_TYPES:
        band["data_type"] = said["sample_type"]
    try:
        if said.get("nodata") is not None:
            band["nodata"] = float(said["nodata"])
    except ValueError:
        pass  # a text that is no number says nothing to a reader
    return band


_DATA_TYPES: Final = frozenset(
    ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64", "float32", "float64")
)


def _map_links(flight: Flight, base: str) -> list[Document]:
    """The pictures of a flight on the map, where it has a name."""
    named = flight.files[0]["properties"].get("flight")
    if flight.collection != "raster-assets" or not named:
        return []
    tiles = f"{base}/collections/{flight.collection}/map/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}"
    return [link(f"{tiles}?flight={quote(str(named), safe='')}", "xyz", "image/png")]
