"""The formats of items in the definition."""

from __future__ import annotations

from collections.abc import Sequence

from api.formats.negotiate import KINDS, Format
from api.openapi.parts import Document, query

_BINARY = ("fgb", "parquet")


def choice(offered: Sequence[Format]) -> Document:
    """The parameter ``f`` where these formats can be had."""
    return query("f", "格式 format", {"type": "string", "enum": [*offered, "geojson"]})


def given_in(offered: Sequence[Format], path: Document, jsonfg: str) -> Document:
    """The same operation with its answer in every format."""
    content = path["get"]["responses"]["200"]["content"]
    for name in offered:
        schema: Document = {"type": "string"}
        if name == "jsonfg":
            schema = {"$ref": f"#/components/schemas/{jsonfg}"}
        elif name in _BINARY:
            schema = {"type": "string", "contentMediaType": KINDS[name].media}
        content.setdefault(KINDS[name].media, {"schema": schema})
    return path


def jsonfg_schemas() -> Document:
    """JSON-FG (OGC 21-045r1), as far as it is used here."""
    instant = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?Z$"}
    end = {"oneOf": [instant, {"const": ".."}]}
    feature: Document = {
        "type": "object",
        "required": ["type", "id", "time", "place", "geometry", "properties"],
        "properties": {
            "type": {"const": "Feature"},
            "id": {"type": "string"},
            "time": {
                "type": "object",
                "required": ["interval"],
                "properties": {
                    "interval": {"type": "array", "prefixItems": [instant, end], "minItems": 2, "maxItems": 2}
                },
            },
            "place": {"type": ["object", "null"]},
            "geometry": {"type": ["object", "null"]},
            "properties": {"type": "object"},
        },
    }
    root: Document = {
        "conformsTo": {"type": "array", "items": {"type": "string"}, "minItems": 1},
        "featureType": {"type": "string"},
        "featureSchema": {"type": "string", "format": "uri"},
        "coordRefSys": {"type": "string", "format": "uri"},
        "links": {"type": "array", "items": {"$ref": "#/components/schemas/link"}},
    }
    needed = ["conformsTo", "featureType"]
    return {
        "jsonfgFeature": feature,
        "jsonfgItem": {
            "allOf": [{"$ref": "#/components/schemas/jsonfgFeature"}],
            "required": needed,
            "properties": root,
        },
        "jsonfgItems": {
            "type": "object",
            "required": ["type", "features", *needed],
            "properties": {
                **root,
                "type": {"const": "FeatureCollection"},
                "geometryDimension": {"type": "integer", "minimum": 0, "maximum": 2},
                "features": {"type": "array", "items": {"$ref": "#/components/schemas/jsonfgFeature"}},
                "numberReturned": {"type": "integer", "minimum": 0},
                "numberMatched": {"type": "integer", "minimum": 0},
            },
        },
    }
