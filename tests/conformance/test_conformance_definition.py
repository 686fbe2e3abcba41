"""The whole OpenAPI definition under Schemathesis: every operation, every check, a fixed seed."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from serving import Served

SEED = "20261126"
OPAQUE = {
    *("after", "since", "bbox-crs", "filter", "filter-crs", "filter-lang", "sortby", "style"),
    *("$filter", "$orderby", "$select", "$expand", "$resultFormat"),
}
"""What a schema cannot say: cursors are made by the server, filters have a grammar, and the frame or
language of a box or filter makes sense beside it only, as some styles do beside the images and the
format they need. Without them, all that is defined is accepted."""
SLOWEST_S = "20"
CONFIGURATION = """
[checks.negative_data_rejection]
expected-statuses = [
    "400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "428", "429", "5xx",
]
"""
"""A wrong request that is too large besides is refused for its size (413)."""


def definition(city: Served) -> dict[str, Any]:
    document: dict[str, Any] = city.get("/openapi.json").json()
    # Part 1, 7.15.2: more than the maximum is answered, by the maximum; a schema can only forbid it.
    del document["components"]["parameters"]["limit"]["schema"]["maximum"]
    for one in document["components"]["parameters"].values():
        # That an interval does not end before it begins, no pattern says: half-bounded ones are tried.
        if any(each.get("description") == "a/b, a ≤ b" for each in one["schema"].get("anyOf", ())):
            one["schema"] = {"type": "string", "pattern": one["schema"]["anyOf"][0]["pattern"]}
    return document


def run(document: dict[str, Any], city: Served, folder: Path, *options: str) -> None:
    path = folder / "openapi.json"
    path.write_text(json.dumps(document))
    (folder / "schemathesis.toml").write_text(CONFIGURATION)
    command = [
        str(Path(sys.executable).with_name("schemathesis")),
        "run",
        str(path),
        "--url",
        city.url,
        "--seed",
        SEED,
        "--no-color",
        "--continue-on-failure",
        "--warnings",
        "off",
        "--max-response-time",
        SLOWEST_S,
        *options,
    ]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=280, cwd=folder)
    assert ran.returncode == 0, ran.stdout[-30000:] + ran.stderr[-2000:]
    if "stateful" in options:
        return
    operations = sum(method in METHODS for item in document["paths"].values() for method in item)
    assert f"Tested: {operations}" in ran.stdout, ran.stdout[-1500:]


def test_the_definition_refers_to_nothing_outside(city: Served) -> None:
    text = city.get("/openapi.json").text
    references = [part.split('"', 1)[0] for part in text.split('"$ref":"')[1:]]
    assert references
    assert all(reference.startswith("#/") for reference in references)


SHARES = 4
"""The definition is tested in so many parts, so that each ends in time on a slow machine."""
EVERY_CHECK = ("--checks", "all", "--exclude-checks", "positive_data_acceptance")
LIMITS = ("enum", "oneOf", "pattern", "minLength", "maxLength", "minimum", "maximum", "minItems", "maxItems")
SHAPES = ("Point", "LineString", "Polygon")


def kinds(part: Any) -> set[str]:
    """What a part of the definition asks of values, whatever these are called."""
    if isinstance(part, list):
        return set().union(*(kinds(each) for each in part))
    if not isinstance(part, dict):
        return set()
    found = set().union(*(kinds(each) for each in part.values()))
    if isinstance(part.get("type"), str | list):
        found.add(f"{part['type']} {part.get('format')} {[each for each in LIMITS if each in part]}")
    return found | {shape for shape in SHAPES if str(part.get("const")).endswith(shape)}


def of_a_kind(document: dict[str, Any]) -> list[str]:
    """Addresses of layers that ask nothing which those of others do not, too: all come of one contract."""
    layers = {
        path: kinds(item)
        for path, item in document["paths"].items()
        if path.endswith("/items") and "{" not in path and "post" in item
    }
    found, known = [], set[str]()
    for path in sorted(layers, key=lambda path: (-len(layers[path]), path)):
        if layers[path] <= known:
            found.append(path)
        known |= layers[path]
    assert known >= set(SHAPES)
    return found


KEPT = 2
"""What one reader reads for many operations is tried at its edges with so many of them."""
METHODS = ("get", "post", "put", "patch", "delete")


def edges(document: dict[str, Any]) -> dict[str, Any]:
    """The definition for trying edges: optional parts that many operations share stay with the first few.

    All values of a shared parameter, and of the envelope of an execution, are read by the same lines; so are
    members of bodies that ask the same of their values, whatever they are called.
    """
    found: dict[str, Any] = copy.deepcopy(document)
    seen = Counter[str]()

    def another(part: dict[str, Any]) -> bool:
        asked = " ".join(sorted(kinds(part)))
        seen[asked] += 1
        return seen[asked] <= KEPT

    def thin(part: Any) -> None:
        for each in part if isinstance(part, list) else ():
            thin(each)
        if not isinstance(part, dict):
            return
        if part.get("uniqueItems"):
            part.pop("maxItems", None)  # so many, each another, are long in coming by chance
        needed = part.get("required", ())
        for name, one in tuple(part.get("properties", {}).items()):
            if name not in needed and not another(one):
                del part["properties"][name]
        for each in part.values():
            thin(each)

    def kept(part: dict[str, Any]) -> bool:
        shared = str(part.get("$ref", ""))
        if shared.startswith("#/components/parameters/"):
            one = document["components"]["parameters"][shared.rpartition("/")[2]]
            if one.get("required") or one["in"] == "path":
                return True
        elif shared != "#/components/schemas/execute":
            return True
        seen[shared] += 1
        return seen[shared] <= KEPT

    for path in sorted(found["paths"]):
        for method in METHODS:
            operation = found["paths"][path].get(method, {})
            operation["parameters"] = [one for one in operation.get("parameters", []) if kept(one)]
            contents = operation.get("requestBody", {}).get("content", {})
            told = set[str]()
            for media, content in tuple(contents.items()):
                if (text := json.dumps(content)) in told:
                    del contents[media]  # the same under another name
                    continue
                told.add(text)
                schema = content.get("schema", {})
                if "allOf" in schema:
                    schema["allOf"] = [one for one in schema["allOf"] if kept(one)]
                    if not schema["allOf"]:
                        del schema["allOf"]
                        schema["type"] = "object"
                thin(schema)
    assert max(seen.values()) > 20
    for item in found["paths"].values():
        for method in METHODS:
            if item.get(method) == {"parameters": []}:
                del item[method]
    return found


def streams(document: dict[str, Any]) -> set[str]:
    """Addresses whose answer to a right request has no end."""
    return {path for path, item in document["paths"].items() if "text/event-stream" in json.dumps(item)}


@pytest.mark.parametrize("share", range(SHARES))
def test_no_answer_breaks_the_definition(city: Served, tmp_path: Path, share: int) -> None:
    """Every value at the edge of what is allowed, but for layers like others; and some by chance for all."""
    document = definition(city)
    thinned = edges(document)["paths"]
    paths, alike, endless = document["paths"], of_a_kind(document), streams(document)
    assert alike
    told_apart = [path for path in sorted(paths) if path not in alike and path not in endless]
    document["paths"] = {path: thinned[path] for path in told_apart[share::SHARES]}
    run(document, city, tmp_path, "--phases", "coverage", *EVERY_CHECK)
    document["paths"] = {path: paths[path] for path in (*told_apart[share::SHARES], *alike[share::SHARES])}
    run(document, city, tmp_path, "--phases", "fuzzing", "-n", "4", *EVERY_CHECK)


def test_no_stream_begins_for_a_wrong_request(city: Served, tmp_path: Path) -> None:
    document = definition(city)
    endless = streams(document)
    assert len(endless) >= 4
    document["paths"] = {path: document["paths"][path] for path in sorted(endless)}
    run(
        document,
        city,
        tmp_path,
        "--mode",
        "negative",
        "--phases",
        "coverage,fuzzing",
        "-n",
        "6",
        *EVERY_CHECK,
    )


def test_what_the_definition_allows_is_accepted(city: Served, tmp_path: Path) -> None:
    document = definition(city)
    chart = "/datastreams/{number}/chart"  # is of what is there
    for path in (*of_a_kind(document), chart, *streams(document)):
        del document["paths"][path]
    parameters = document["components"]["parameters"]
    opaque = {f"#/components/parameters/{key}" for key, one in parameters.items() if one["name"] in OPAQUE}
    for item in document["paths"].values():
        for operation in item.values():
            if isinstance(operation, dict):
                operation["parameters"] = [
                    one
                    for one in operation.get("parameters", [])
                    if one.get("$ref") not in opaque and one.get("name") not in OPAQUE
                ]
    reads = {
        path: {method: one for method, one in item.items() if method == "get"}
        for path, item in document["paths"].items()
    }
    document["paths"] = {path: item for path, item in reads.items() if item}
    allowed = ("--mode", "positive", "--checks", "positive_data_acceptance")
    run(document, city, tmp_path, "--phases", "coverage", *allowed)


@pytest.mark.fault
def test_stateful_walks_find_nothing(city: Served, tmp_path: Path) -> None:
    """Sequences of operations: what is deleted is gone, what is made is there."""
    run(
        definition(city),
        city,
        tmp_path,
        "--phases",
        "stateful",
        "-n",
        "10",
        "--checks",
        "not_a_server_error,use_after_free,ensure_resource_availability",
    )
