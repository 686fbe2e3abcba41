"""TileJSON 3.0 of tiles cut from layers: where they are, what is in them, how deep they go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson

from api.catalogue import Shown
from api.item import LIVE, digest
from api.wire import WHO, Reply
from spatial.catalogue.city import City
from spatial.catalogue.contract import FieldType, Step, stamped
from spatial.catalogue.ladder import NEAR, rung_at, single_from
from tiles.matrix import Box, MatrixSet

Document = dict[str, Any]
_OF_STEP: dict[Step, dict[str, str]] = {
    Step.DISSOLVE: {"area_m2": "Number"},
    Step.CLUSTER: {"classes": "String"},
    Step.SINGLE: {},
}
"""What features carry that stand for several."""
TYPES = {FieldType.INTEGER: "Number", FieldType.NUMBER: "Number", FieldType.BOOLEAN: "Boolean"}


def tilejson(
    matrix_set: MatrixSet,
    layers: list[Shown],
    template: str,
    city: City,
    fields: Mapping[str, str] | None = None,
) -> Document:
    """What is told of tiles at a template; ``fields`` where their features have others than the layers'."""
    box = around(layers, city)
    told: Document = {
        "tilejson": "3.0.0",
        "tiles": [template],
        "scheme": "xyz",
        "vector_layers": [_vector_layer(layer, matrix_set, fields) for layer in layers],
        "bounds": [box.left, box.bottom, box.right, box.top],
        "minzoom": 0,
        "maxzoom": matrix_set.offered_max,
        "onemap:tileMatrixSet": matrix_set.id,
        "onemap:generalisedBelow": matrix_set.near_zoom,
    }
    if fields is None:
        told["onemap:singleFrom"] = {layer.id: _single_from(layer, matrix_set) for layer in layers}
    told |= stamped(any(layer.contract.synthetic for layer in layers))
    return told


def around(layers: list[Shown], city: City) -> Box:
    """Degrees around the layers, or around the city where they are empty."""
    boxes = [layer.span.box for layer in layers if layer.span.box is not None]
    if not boxes:
        extent = city.extent_4490
        return Box(extent.west, extent.south, extent.east, extent.north)
    west, south, east, north = zip(*boxes, strict=True)
    return Box(min(west), min(south), max(east), max(north))


def reply(document: Document) -> Reply:
    """To be asked about each time; another document has another tag."""
    body = orjson.dumps(document)
    headers = [LIVE, (b"content-type", b"application/json")]
    return Reply(200, headers, body, etag=digest(body.hex()), vary=[b"Accept", *WHO])


def _single_from(layer: Shown, matrix_set: MatrixSet) -> int:
    """The zoom from which every feature of a layer is by itself."""
    return max(0, single_from(layer.contract) - NEAR + matrix_set.near_zoom)


def _vector_layer(layer: Shown, matrix_set: MatrixSet, fields: Mapping[str, str] | None) -> Document:
    shown = {each.name: TYPES.get(each.type, "String") for each in layer.attributes}
    if single_from(layer.contract):
        shown |= {"count": "Number"} | _OF_STEP[rung_at(layer.contract, 0, layer.fields).step]
    return {
        "id": layer.id,
        "description": layer.contract.title.zh,
        "minzoom": 0,
        "maxzoom": matrix_set.offered_max,
        "fields": {"fid": "String", **(shown if fields is None else fields)},
    }
