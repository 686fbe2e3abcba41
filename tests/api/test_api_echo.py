"""``echo`` gives back what it was given; the list of processes by pages; what a client follows a job by."""

from __future__ import annotations

import time
from typing import Any

import pytest
from serving import Served

from api.executions import OFFERED

REL = "http://www.opengis.net/def/rel/ogc/1.0/"
GIVEN: dict[str, Any] = {
    "text": "寿光",
    "number": 1.5,
    "truth": False,
    "list": [3, 1, 2],
    "either": {"value": {"a": [1, {"b": None}]}},
    "box": {"bbox": [118.5, 36.7, 119.1, 37.3], "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"},
    "bytes": "QQ==",
}


def test_each_input_comes_back_under_its_name(served: Served) -> None:
    told = served.client.post("/processes/echo/execution", json={"inputs": GIVEN, "response": "document"})
    assert told.status_code == 200
    assert told.json() == {**GIVEN, "either": GIVEN["either"]["value"]}
    bare = served.client.post("/processes/echo/execution", json={"inputs": {}, "response": "document"}).json()
    assert bare == dict.fromkeys(GIVEN)
    one = served.client.post("/processes/echo/execution", json={"inputs": GIVEN, "outputs": {"list": {}}})
    assert one.json() == [3, 1, 2]


@pytest.mark.parametrize(
    ("name", "value"),
    [("list", "text"), ("pause", 6), ("pause", -1), ("box", {}), ("number", "1"), ("other", 1)],
)
def test_what_does_not_fit_is_named(served: Served, name: str, value: Any) -> None:
    refused = served.client.post("/processes/echo/execution", json={"inputs": {name: value}})
    assert refused.status_code == 400
    assert f"/inputs/{name}" in refused.json()["detail"]


def test_it_waits_as_long_as_it_is_asked_to(served: Served) -> None:
    began = time.monotonic()
    assert served.client.post("/processes/echo/execution", json={"inputs": {"pause": 1}}).status_code == 200
    assert time.monotonic() - began >= 1


def test_processes_are_listed_by_pages(served: Served) -> None:
    everything = [each["id"] for each in served.get("/processes").json()["processes"]]
    assert sorted(everything) == sorted(OFFERED)
    listed: list[str] = []
    path: str | None = "/processes?limit=30&lang=en"
    while path is not None:
        page = served.get(path).json()
        assert 0 < len(page["processes"]) <= 30
        listed += [each["id"] for each in page["processes"]]
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        path = following[0].removeprefix(served.url) if following else None
    assert listed == everything


@pytest.mark.parametrize(
    ("query", "named"), [("limit=0", "limit"), ("limit=x", "limit"), ("after=nix", "after")]
)
def test_pages_that_are_none_are_refused(served: Served, query: str, named: str) -> None:
    refused = served.get(f"/processes?{query}")
    assert (refused.status_code, refused.json()["parameter"]) == (400, named)


def test_descriptions_are_in_the_words_of_the_standard(served: Served) -> None:
    """18-062r2 has its schemas in the dialect of OpenAPI 3.0, and nothing besides."""
    words = {
        *("title", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum", "maxLength"),
        *("minLength", "pattern", "maxItems", "minItems", "uniqueItems", "maxProperties", "minProperties"),
        *("required", "enum", "type", "not", "allOf", "oneOf", "anyOf", "items", "properties"),
        *("additionalProperties", "description", "format", "default", "nullable", "readOnly", "writeOnly"),
        *("example", "deprecated", "contentMediaType", "contentEncoding", "contentSchema"),
    }

    def check(schema: Any, where: str) -> None:
        assert isinstance(schema, dict), where
        assert {*schema} <= words, (where, {*schema} - words)
        assert isinstance(schema.get("type", ""), str), where
        for name, part in schema.get("properties", {}).items():
            check(part, f"{where}/{name}")
        for word in ("allOf", "anyOf", "oneOf"):
            for part in schema.get(word, ()):
                check(part, where)
        for word in ("items", "not", "additionalProperties"):
            if isinstance(schema.get(word), dict):
                check(schema[word], where)

    for name in OFFERED:
        told = served.get(f"/processes/{name}").json()
        for part in ("inputs", "outputs"):
            for each, one in told[part].items():
                check(one["schema"], f"{name}/{part}/{each}")
