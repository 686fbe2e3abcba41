"""JSON-FG 1.0 (OGC 21-045r1): GeoJSON with time, feature type, and places in any frame."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC
from typing import Any

import orjson

from api.catalogue import Shown
from api.crs import CRS84, Edge
from api.formats import links
from api.formats.extract import Extract
from spatial.catalogue.contract import stamped
from spatial.datum.clock import OPEN, parse_instant
from spatial.history import rows

CONFORMS_TO = (
    "http://www.opengis.net/spec/json-fg-1/1.0/conf/core",
    "http://www.opengis.net/spec/json-fg-1/1.0/conf/types-schemas",
)
_DIMENSIONS = {"Point": 0, "LineString": 1, "Polygon": 2}


async def write(extract: Extract) -> AsyncIterator[bytes]:
    """A feature collection; what holds for all features is said once, before them."""
    head = {"type": "FeatureCollection", **_head(extract.layer, extract.asked.edge, extract.base)}
    geometry = extract.layer.contract.geometry
    if geometry is not None:
        head["geometryDimension"] = _DIMENSIONS[geometry.removeprefix("Multi")]
    before, number = orjson.dumps(head)[:-1] + b',"features":[\n', 0
    async for chunk in extract.chunks(rows.jsonfg_line(extract.query.output)):
        yield before + chunk.lines
        before, number = b",\n", number + chunk.number
    tail = b"\n]," + orjson.dumps(_tail(extract, number))[1:]
    yield tail if number else before + tail


def item(feature: dict[str, Any], layer: Shown, edge: Edge, base: str, address: str) -> dict[str, object]:
    """One GeoJSON feature, its geometry in ``edge``, as a JSON-FG feature."""
    properties = feature["properties"]
    until = properties["valid_to"]
    moved = edge.uri != CRS84
    return {
        "type": "Feature",
        "id": feature["id"],
        **_head(layer, edge, base),
        "time": {"interval": [_utc(properties["valid_from"]), OPEN if until is None else _utc(until)]},
        "place": feature["geometry"] if moved else None,
        "geometry": None if moved else feature["geometry"],
        "properties": properties,
        **stamped(layer.contract.synthetic),
        "links": links.of_item(layer, address, base, "jsonfg"),
    }


def _head(layer: Shown, edge: Edge, base: str) -> dict[str, object]:
    head: dict[str, object] = {
        "conformsTo": CONFORMS_TO,
        "featureType": layer.id,
        "featureSchema": f"{base}/collections/{layer.id}/schema",
    }
    if edge.uri != CRS84 and layer.contract.geometry is not None:
        head["coordRefSys"] = edge.uri
    return head


def _tail(extract: Extract, number: int) -> dict[str, object]:
    tail: dict[str, object] = {"numberReturned": number}
    matched = extract.matched
    if matched is None and extract.asked.first and extract.following is None:
        matched = number
    if matched is not None:
        tail["numberMatched"] = matched
    tail |= extract.told
    tail["links"] = links.of_items(
        extract.request, extract.layer, extract.asked, extract.base, extract.following
    )
    return tail


def _utc(text: str) -> str:
    """An instant as JSON-FG wants it, in UTC."""
    return parse_instant(text).astimezone(UTC).isoformat().replace("+00:00", "Z")
