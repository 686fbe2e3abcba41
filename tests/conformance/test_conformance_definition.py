"""The whole OpenAPI definition under Schemathesis: every operation, every check, a fixed seed."""

from __future__ import annotations

import json
import subprocess
import sys
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
SLOWEST_S = "5"
CONFIGURATION = """
[checks.negative_data_rejection]
expected-statuses = [
    "400", "401", "403", "404", "405", "406", "409", "413", "415", "422", "428", "429", "5xx",
]
"""
"""A wrong request that is too large besides is refused for its size (413)."""


def definition(city: Served) -> dict[str, Any]:
    document: dict[str, Any] = city.get("/openapi.json").json()
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
    operations = sum(
        method in ("get", "post", "put", "patch", "delete")
        for item in document["paths"].values()
        for method in item
    )
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


@pytest.mark.parametrize("share", range(SHARES))
def test_no_answer_breaks_the_definition(city: Served, tmp_path: Path, share: int) -> None:
    """Every value at the edge of what is allowed, but for layers like others; and some by chance for all."""
    document = definition(city)
    paths, alike = document["paths"], of_a_kind(document)
    assert alike
    told_apart = [path for path in sorted(paths) if path not in alike]
    document["paths"] = {path: paths[path] for path in told_apart[share::SHARES]}
    run(document, city, tmp_path, "--phases", "coverage,fuzzing", "-n", "6", *EVERY_CHECK)
    document["paths"] = {path: paths[path] for path in alike[share::SHARES]}
    run(document, city, tmp_path, "--phases", "fuzzing", "-n", "2", *EVERY_CHECK)


def test_what_the_definition_allows_is_accepted(city: Served, tmp_path: Path) -> None:
    document = definition(city)
    for path in (*of_a_kind(document), "/datastreams/{number}/chart"):  # a chart is of what is there
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
