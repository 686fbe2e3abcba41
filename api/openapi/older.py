"""The same definition in OpenAPI 3.0, for clients and generators that know no newer one.

OpenAPI 3.1 takes its schemas from JSON Schema 2020-12; those of 3.0 are a dialect of an older draft.
What 3.0 has another word for is said in that word (``const`` as an ``enum`` of one, null as
``nullable``); what it has no word for is left out, so that it forbids less than 3.1 and never more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

Document = dict[str, Any]

_NAMED: Final = frozenset(
    (
        *("properties", "schemas", "responses", "headers", "content", "paths", "parameters"),
        *("securitySchemes", "requestBodies", "links", "callbacks", "encoding", "variables"),
    )
)
"""Where keys are names that somebody gave, not words of the specification."""
_LITERAL: Final = frozenset(
    ("default", "enum", "example", "value", "required", "tags", "mapping", "security", "flows")
)
"""What holds values, not schemas."""
_UNKNOWN: Final = frozenset(
    (
        *("jsonSchemaDialect", "propertyNames", "prefixItems", "contentMediaType", "contentEncoding"),
        *("identifier", "const", "examples"),
    )
)


_CONTENT: Final = frozenset(("contentMediaType", "contentEncoding"))


def older_schema(schema: Mapping[str, Any]) -> Document:
    """A JSON Schema as descriptions of processes have it: 3.0's, and what texts hold (OGC 18-062r2, 9.4).

    >>> older_schema({"type": "string", "contentEncoding": "base64", "examples": ["QQ=="]})
    {'type': 'string', 'contentEncoding': 'base64', 'example': 'QQ==', 'format': 'byte'}
    """
    return _rewritten(schema, _UNKNOWN - _CONTENT)


def older(definition: Document) -> Document:
    """An OpenAPI 3.1 definition as one of 3.0.3; the given one stays as it is.

    >>> older({"openapi": "3.1.0", "components": {"schemas": {"a": {"type": ["string", "null"]}}}})
    {'openapi': '3.0.3', 'components': {'schemas': {'a': {'type': 'string', 'nullable': True}}}}
    """
    return {**_rewritten(definition, _UNKNOWN), "openapi": "3.0.3"}


def _rewritten(node: Mapping[str, Any], unknown: frozenset[str]) -> Document:
    if "$ref" in node:
        return _referring(node, unknown)
    made: Document = {}
    for word, value in node.items():
        if word in _LITERAL or (word == "examples" and isinstance(value, dict)):
            made[word] = value
        elif word not in unknown:
            named = word in _NAMED and isinstance(value, dict)
            made[word] = _named(value, unknown) if named else _part(value, unknown)
    for amend in _AMENDMENTS:
        amend(node, made)
    return made


def _named(parts: Mapping[str, Any], unknown: frozenset[str]) -> Document:
    return {name: _part(part, unknown) if part is not True else {} for name, part in parts.items()}


def _part(value: Any, unknown: frozenset[str]) -> Any:
    if isinstance(value, dict):
        return _rewritten(value, unknown)
    if isinstance(value, list):
        return [_part(each, unknown) for each in value]
    return value


def _referring(node: Mapping[str, Any], unknown: frozenset[str]) -> Document:
    """3.0 reads nothing beside a reference: what a schema adds to it goes around it."""
    beside = {word: value for word, value in node.items() if word not in ("$ref", "description", "summary")}
    reference = {"$ref": node["$ref"]}
    return {**_rewritten(beside, unknown), "allOf": [reference]} if beside else reference


def _constant(node: Mapping[str, Any], made: Document) -> None:
    if _null(node):
        made |= {"nullable": True, "enum": [None]}
        made.pop("type", None)
    elif "const" in node and not isinstance(node["const"], dict):
        made["enum"] = [node["const"]]
        made.setdefault("type", _type_of(node["const"]))


def _types(node: Mapping[str, Any], made: Document) -> None:
    """One type alone, and null as ``nullable``."""
    given = node.get("type")
    if isinstance(given, list):
        types = [each for each in given if each != "null"]
        if len(types) == 1:
            made["type"] = types[0]
        else:
            del made["type"]
            _also(made, [{"type": each, **({"items": {}} if each == "array" else {})} for each in types])
        if "null" in given:
            made["nullable"] = True
    if made.get("type") == "array":
        made.setdefault("items", {})


def _null_among(node: Mapping[str, Any], made: Document) -> None:
    for word in ("anyOf", "oneOf"):
        given = node.get(word)
        if isinstance(given, list) and any(map(_null, given)):
            others = [made[word][place] for place, each in enumerate(given) if not _null(each)]
            made |= {word: others, "nullable": True} if others else {"nullable": True, "enum": [None]}
            if not others:
                del made[word]


def _bounds(node: Mapping[str, Any], made: Document) -> None:
    """What is shut out is marked on the bound, not given beside it."""
    for word, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(node.get(word), int | float) and not isinstance(node[word], bool):
            made[bound], made[word] = node[word], True


def _example(node: Mapping[str, Any], made: Document) -> None:
    if isinstance(node.get("examples"), list) and node["examples"]:
        made["example"] = node["examples"][0]


def _required(node: Mapping[str, Any], made: Document) -> None:
    if made.get("required") == []:
        del made["required"]


def _items(node: Mapping[str, Any], made: Document) -> None:
    if made.get("items") in (True, False):
        made["items"] = {}


def _bytes(node: Mapping[str, Any], made: Document) -> None:
    """Bytes in a text by their encoding; bytes as they are where only their kind is told."""
    if node.get("contentEncoding") == "base64":
        made["format"] = "byte"
    elif "contentMediaType" in node and "json" not in node["contentMediaType"]:
        made.setdefault("format", "binary")


def _also(made: Document, among: list[Document]) -> None:
    if "anyOf" in made:
        made["allOf"] = [*made.get("allOf", ()), {"anyOf": among}]
    else:
        made["anyOf"] = among


def _null(schema: object) -> bool:
    return isinstance(schema, dict) and (
        schema.get("type") == "null" or ("const" in schema and schema["const"] is None)
    )


def _type_of(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    return {int: "integer", float: "number", str: "string", list: "array"}[type(value)]


_AMENDMENTS: Final[tuple[Callable[[Mapping[str, Any], Document], None], ...]] = (
    _constant,
    _types,
    _null_among,
    _bounds,
    _example,
    _items,
    _required,
    _bytes,
)
