"""The whole definition: self-contained, every ``$ref`` points inside.

So a tester without a network can use all of it. A test holds it to the routes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from api.openapi import (
    admission,
    archive,
    capabilities,
    changes,
    editing,
    environmental,
    features,
    flood,
    forecasts,
    geocoding,
    health,
    history,
    imagery,
    linked_data,
    matches,
    observations,
    operations,
    planning,
    printing,
    processes,
    proposals,
    provenance,
    publications,
    records,
    response_plans,
    rivers,
    schedules,
    sketches,
    stac,
    styles,
    tiles,
    warnings,
)
from api.openapi.parts import Document, Family, Situation, path, query
from spatial import VERSION
from spatial.catalogue.city import City

FAMILIES: tuple[Callable[[Situation], Family], ...] = (
    capabilities.family,
    features.family,
    editing.family,
    history.family,
    records.family,
    provenance.family,
    styles.family,
    changes.family,
    imagery.family,
    stac.family,
    tiles.family,
    proposals.family,
    sketches.family,
    geocoding.family,
    matches.family,
    observations.family,
    environmental.family,
    publications.family,
    printing.family,
    processes.family,
    schedules.family,
    planning.family,
    linked_data.family,
    rivers.family,
    response_plans.family,
    forecasts.family,
    warnings.family,
    flood.family,
    admission.family,
    archive.family,
    health.family,
    operations.family,
)


def openapi(situation: Situation, city: City, base: str) -> Document:
    """The definition for the layers that somebody sees now."""
    zh = situation.language == "zh"
    families = [family(situation) for family in FAMILIES]
    return {
        "openapi": "3.1.0",
        "jsonSchemaDialect": "https://json-schema.org/draft/2020-12/schema",
        "info": {
            "title": f"{city.name.zh}一张图" if zh else f"One Map of {city.name.en}",
            "version": VERSION,
            "description": "OGC API Features,双时态:datetime 为有效时间,asof 为登记时间。"
            if zh
            else "OGC API Features, bitemporal: datetime is valid time, asof recorded time.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base}],
        "security": [{}, {"key": []}, {"token": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(family.tag for family in families)],
        "paths": _paths(families),
        "components": {
            "parameters": _merged(_COMMON_PARAMETERS, *(family.parameters for family in families)),
            "responses": _RESPONSES,
            "schemas": _merged(_COMMON_SCHEMAS, *(family.schemas for family in families)),
            "securitySchemes": _SECURITY,
        },
    }


def _paths(families: Sequence[Family]) -> Document:
    """All addresses; several families may each describe methods of one.

    What the server answers before any door sees the request is said here, of every operation.
    """
    paths: Document = {}
    for family in families:
        for address, methods in family.paths.items():
            paths[address] = paths.get(address, {}) | methods
    return {address: _guarded(methods) for address, methods in paths.items()}


def _guarded(methods: Document) -> Document:
    longer = {status: {"$ref": "#/components/responses/TooLong"} for status in ("414", "431")}
    return {
        name: {**one, "responses": {**one["responses"], **longer}} if name in _METHODS else one
        for name, one in methods.items()
    }


def _merged(*parts: Mapping[str, Document]) -> Document:
    """All components by name; two families must not mean different things by one name."""
    merged: Document = {}
    for part in parts:
        for name, component in part.items():
            if merged.setdefault(name, component) != component:
                raise ValueError(f"two components of one name: {name}")
    return merged


_METHODS = frozenset({"get", "put", "post", "patch", "delete"})
_COMMON_PARAMETERS: Document = {
    "id": path("id", "图层标识 layer id"),
    "f": query("f", "格式 format", {"type": "string", "enum": ["json", "html"]}),
    "lang": query("lang", "语言 language", {"type": "string", "enum": ["zh", "en"]}),
}
_RESPONSES: Document = {
    "Problem": {
        "description": "problem details (RFC 9457)",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/problem"}}},
    },
    "TooLong": {"description": "请求行或头过长 the request line or the headers are too long"},
    "NotModified": {"description": "the representation named by If-None-Match still stands"},
}
_SECURITY: Document = {
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
}
_COMMON_SCHEMAS: Document = {
    "link": {
        "type": "object",
        "required": ["href", "rel"],
        "properties": {
            **{name: {"type": "string"} for name in ("href", "rel", "type", "title", "hreflang")},
            "templated": {"type": "boolean"},
        },
    },
    "problem": {
        "type": "object",
        "required": ["type", "title", "status", "detail", "code"],
        "properties": {
            "type": {"type": "string", "format": "uri"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "code": {"type": "string"},
            "value": {},
            "zh": {"type": "string"},
            "en": {"type": "string"},
            "parameter": {"type": "string"},
        },
    },
}
