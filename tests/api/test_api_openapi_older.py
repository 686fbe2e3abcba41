"""The definition in OpenAPI 3.0: linked, complete, in words that 3.0 has, forbidding no more than 3.1."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft4Validator, Draft202012Validator
from serving import Served

from api.openapi.older import older, older_schema

MEDIA = "application/vnd.oai.openapi+json;version=3.0"
NEWER = {"const", "prefixItems", "propertyNames", "contentMediaType", "contentEncoding", "$defs", "if"}
"""Words of JSON Schema that a schema of OpenAPI 3.0 has not."""
MAPS = ("properties", "schemas", "responses", "parameters", "content", "paths", "headers", "securitySchemes")
VALUES = ("enum", "example", "examples", "default", "mapping", "security")


def nodes(node: Any) -> Iterator[dict[str, Any]]:
    """Every object whose keys are words of the specification."""
    if isinstance(node, list):
        for each in node:
            yield from nodes(each)
    if not isinstance(node, dict):
        return
    yield node
    for word, value in node.items():
        if word in VALUES:
            continue
        if word in MAPS and isinstance(value, dict):
            for each in value.values():
                yield from nodes(each)
        else:
            yield from nodes(value)


@pytest.fixture(scope="module")
def definition(served: Served) -> dict[str, Any]:
    links = served.get("/").json()["links"]
    (link,) = [each for each in links if each["rel"] == "service-desc" and each["type"] == MEDIA]
    answer = served.get(link["href"].removeprefix(served.url), headers={"accept": MEDIA})
    assert (answer.status_code, answer.headers["content-type"]) == (200, MEDIA)
    found: dict[str, Any] = answer.json()
    return found


def test_it_defines_what_the_newer_one_defines(served: Served, definition: dict[str, Any]) -> None:
    newer = served.get("/openapi.json").json()
    assert (definition["openapi"], newer["openapi"]) == ("3.0.3", "3.1.0")
    assert {path: {*methods} for path, methods in definition["paths"].items()} == {
        path: {*methods} for path, methods in newer["paths"].items()
    }
    assert {kind: {*parts} for kind, parts in definition["components"].items()} == {
        kind: {*parts} for kind, parts in newer["components"].items()
    }


def test_it_has_no_word_that_came_later(definition: dict[str, Any]) -> None:
    for node in nodes(definition):
        assert not NEWER & {*node}, node
        assert not isinstance(node.get("type"), list), node
        assert node.get("type") != "null", node
        assert node.get("type") != "array" or isinstance(node.get("items"), dict), node
        assert isinstance(node.get("exclusiveMinimum", True), bool), node
        assert node.get("required") != [] and node.get("anyOf") != [] and node.get("oneOf") != [], node
        assert "$ref" not in node or [*node] == ["$ref"], node


def test_tags_and_operations_are_named_once(definition: dict[str, Any]) -> None:
    tags = [tag["name"] for tag in definition["tags"]]
    names = [
        method["operationId"]
        for methods in definition["paths"].values()
        for method in methods.values()
        if "operationId" in method
    ]
    assert len(tags) == len({*tags})
    assert len(names) == len({*names})
    assert {"dataset.vector.getTile", "collection.vector.getTileSet"} <= {*names}


SCHEMAS: list[tuple[dict[str, Any], list[Any], list[Any]]] = [
    ({"type": ["string", "null"], "maxLength": 2}, ["ab", None], ["abc", 1]),
    ({"type": ["string", "integer", "null"]}, ["a", 1, None], [1.5, []]),
    ({"anyOf": [{"type": "null"}, {"type": "number"}]}, [1.5, None], ["a"]),
    ({"oneOf": [{"const": None}, {"const": "a"}]}, ["a", None], ["b", 0]),
    ({"const": 3}, [3], [4, "3"]),
    ({"type": "number", "exclusiveMinimum": 0}, [0.5], [0, -1]),
    ({"type": "object", "properties": {"type": {"const": "Point"}}}, [{"type": "Point"}], [{"type": "X"}]),
    ({"anyOf": [{"type": "null"}]}, [None], ["a"]),
    ({"type": "array", "prefixItems": [{"type": "integer"}], "maxItems": 1}, [[1]], [[1, 2]]),
    ({"type": "array"}, [[1, "a"]], [{}]),
    ({"type": "object", "required": []}, [{}], [1]),
]


def accepts(schema: dict[str, Any], value: Any) -> bool:
    """As OpenAPI 3.0 reads a schema: draft 4, and ``nullable``."""
    if value is None and schema.get("nullable"):
        return True
    return Draft4Validator(schema).is_valid(value)


@pytest.mark.parametrize(("schema", "valid", "invalid"), SCHEMAS)
def test_a_schema_takes_and_refuses_the_same(
    schema: dict[str, Any], valid: list[Any], invalid: list[Any]
) -> None:
    said, before = older_schema(schema), repr(schema)
    for value in valid:
        assert Draft202012Validator(schema).is_valid(value), value
        assert accepts(said, value), (said, value)
    for value in invalid:
        assert not Draft202012Validator(schema).is_valid(value), value
        assert not accepts(said, value), (said, value)
    assert repr(schema) == before


def test_what_stands_beside_a_reference_goes_around_it() -> None:
    assert older({"x": {"$ref": "#/a", "maxItems": 3}})["x"] == {"maxItems": 3, "allOf": [{"$ref": "#/a"}]}
    assert older({"x": {"$ref": "#/a", "description": "b"}})["x"] == {"$ref": "#/a"}
