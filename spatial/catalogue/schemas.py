"""JSON Schema 2020-12 of a layer's features and its queryables.

``item_schema`` and ``queryables`` follow OGC API – Features Part 5 (roles,
formats, units) and Part 3; ``feature_schema`` describes the GeoJSON Feature
that is really sent, self-contained, so that any validator can hold it to that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from spatial.catalogue.contract import Contract, Field, FieldType, Secrecy, Title

Document = dict[str, object]
"""A JSON object."""
Language = Literal["zh", "en"]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

_TYPES: dict[FieldType, Document] = {
    FieldType.TEXT: {"type": "string"},
    FieldType.INTEGER: {"type": "integer"},
    FieldType.NUMBER: {"type": "number"},
    FieldType.BOOLEAN: {"type": "boolean"},
    FieldType.DATE: {"type": "string", "format": "date"},
    FieldType.INSTANT: {"type": "string", "format": "date-time"},
}
_VALID_FROM = Title("有效起始", "Valid from")
_VALID_TO = Title("有效终止(空为至今)", "Valid to (null: until further notice)")
_CHANGESET = Title("变更集", "Changeset")
_ALWAYS = ("valid_from", "valid_to", "changeset")


def public_fields(contract: Contract) -> tuple[Field, ...]:
    """The fields everybody may see, in the order of the contract."""
    return tuple(field for field in contract.fields if field.secrecy is Secrecy.PUBLIC)


def item_schema(
    contract: Contract,
    *,
    schema_id: str | None = None,
    language: Language = "zh",
    fields: Sequence[Field] | None = None,
) -> Document:
    """The logical schema of a feature (Part 5): properties flat, roles marked; absent means empty.

    ``fields`` are those that the reader may see; the public ones unless told.
    """
    shown = public_fields(contract) if fields is None else fields
    properties: Document = {}
    for position, field in enumerate(shown, start=1):
        role = {"x-ogc-role": "id"} if field.name == contract.key else {}
        properties[field.name] = {**property_schema(field, language), **role, "x-ogc-propertySeq": position}
    if contract.geometry is not None:
        properties["geometry"] = {
            "title": _say(Title("几何", "Geometry"), language),
            "format": f"geometry-{contract.geometry.lower()}",
            "x-ogc-role": "primary-geometry",
        }
    properties["valid_from"] = _instant(_VALID_FROM, language, "primary-interval-start")
    properties["valid_to"] = _instant(_VALID_TO, language, "primary-interval-end")
    properties["changeset"] = {"title": _say(_CHANGESET, language), "type": "integer", "readOnly": True}
    return {
        **_head(contract, schema_id, language),
        "type": "object",
        "properties": properties,
        "required": [field.name for field in shown if field.required],
        "additionalProperties": False,
    }


def feature_schema(
    contract: Contract,
    *,
    schema_id: str | None = None,
    language: Language = "zh",
    fields: Sequence[Field] | None = None,
) -> Document:
    """The schema of the GeoJSON Feature (RFC 7946) that is sent.

    Empty values are null; versions written before a field was added lack it.
    """
    shown = public_fields(contract) if fields is None else fields
    properties: Document = {field.name: _or_null(field, property_schema(field, language)) for field in shown}
    properties["valid_from"] = _instant(_VALID_FROM, language)
    properties["valid_to"] = {**_instant(_VALID_TO, language), "type": ["string", "null"]}
    properties["changeset"] = {"title": _say(_CHANGESET, language), "type": "integer"}
    return {
        **_head(contract, schema_id, language),
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"const": "Feature"},
            "id": {"type": "string", "minLength": 1},
            "geometry": geometry_schema(contract.geometry),
            "properties": {
                "type": "object",
                "properties": properties,
                "required": [*(field.name for field in shown if field.required), *_ALWAYS],
                "additionalProperties": False,
            },
            "links": {"type": "array", "items": {"type": "object", "required": ["href"]}},
        },
    }


def queryables(
    contract: Contract,
    *,
    schema_id: str | None = None,
    language: Language = "zh",
    fields: Sequence[Field] | None = None,
) -> Document:
    """What items may be filtered by: the fields shown, each as a query parameter of its name."""
    shown = public_fields(contract) if fields is None else fields
    return {
        **_head(contract, schema_id, language),
        "type": "object",
        "properties": {field.name: property_schema(field, language) for field in shown},
        "additionalProperties": False,
    }


def property_schema(field: Field, language: Language = "zh") -> Document:
    """The schema of one attribute; code lists as ``oneOf`` of ``const`` with titles."""
    schema: Document = {"title": _say(field.title, language), **_TYPES[field.type]}
    if field.codes:
        schema["oneOf"] = [
            {
                "const": int(code) if field.type is FieldType.INTEGER else code,
                "title": _say(title, language),
            }
            for code, title in field.codes
        ]
    limits = {
        "maxLength": field.max_length,
        "pattern": f"^(?:{field.pattern})$" if field.pattern else None,
        "minimum": _plain(field.minimum),
        "maximum": _plain(field.maximum),
    }
    schema.update({key: value for key, value in limits.items() if value is not None})
    if field.unit:
        schema["x-ogc-unit"] = field.unit
        schema["x-ogc-unitLang"] = "UCUM"
    return schema


def geometry_schema(geometry: str | None) -> Document:
    """The GeoJSON geometry of a layer, two-dimensional."""
    if geometry is None:
        return {"type": "null"}
    shapes: dict[str, Document] = {"Point": {"type": "array", "items": {"type": "number"}, "minItems": 2}}
    shapes["Point"]["maxItems"] = 2
    shapes["MultiPoint"] = {"type": "array", "items": shapes["Point"], "minItems": 1}
    shapes["LineString"] = {"type": "array", "items": shapes["Point"], "minItems": 2}
    shapes["MultiLineString"] = {"type": "array", "items": shapes["LineString"], "minItems": 1}
    ring: Document = {"type": "array", "items": shapes["Point"], "minItems": 4}
    shapes["Polygon"] = {"type": "array", "items": ring, "minItems": 1}
    shapes["MultiPolygon"] = {"type": "array", "items": shapes["Polygon"], "minItems": 1}
    return {
        "type": "object",
        "required": ["type", "coordinates"],
        "properties": {"type": {"const": geometry}, "coordinates": shapes[geometry]},
        "additionalProperties": False,
    }


def _head(contract: Contract, schema_id: str | None, language: Language) -> Document:
    description = _say(contract.description, language)
    if contract.synthetic:
        description = ("合成数据。" if language == "zh" else "Synthetic data 合成数据. ") + description
    return {
        "$schema": DIALECT,
        **({"$id": schema_id} if schema_id else {}),
        "title": _say(contract.title, language),
        "description": description,
    }


def _instant(title: Title, language: Language, role: str | None = None) -> Document:
    schema: Document = {"title": _say(title, language), "type": "string", "format": "date-time"}
    return {**schema, "x-ogc-role": role} if role else schema


def _or_null(field: Field, schema: Document) -> Document:
    if field.required:
        return schema
    choices = schema.get("oneOf")
    widened = {**schema, "type": [schema["type"], "null"]}
    if isinstance(choices, list):
        widened["oneOf"] = [*choices, {"const": None}]
    return widened


def _say(title: Title, language: Language) -> str:
    return title.zh if language == "zh" else title.en


def _plain(limit: float | None) -> int | float | None:
    """A limit as JSON writes it: 3, not 3.0."""
    return int(limit) if limit is not None and float(limit).is_integer() else limit
