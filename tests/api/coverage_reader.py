"""What CoverageJSON 1.0 demands of a collection of PointSeries, checked member by member; and its values."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

Value = tuple[str, float, float, str, datetime, float | None]


def values(document: dict[str, Any]) -> list[Value]:
    """Every value as (thing, lon, lat, parameter, time, number), after the structure was found right."""
    assert document["type"] == "CoverageCollection"
    assert document["domainType"] == "PointSeries"
    _references(document["referencing"])
    for key, parameter in document["parameters"].items():
        _parameter(key, parameter)
    return [
        each for coverage in document["coverages"] for each in _coverage(coverage, document["parameters"])
    ]


def _references(systems: list[dict[str, Any]]) -> None:
    by_axis = {axis: each["system"] for each in systems for axis in each["coordinates"]}
    assert set(by_axis) == {"x", "y", "t"}
    assert by_axis["x"] == by_axis["y"]
    assert by_axis["x"]["type"] == "GeographicCRS" and by_axis["x"]["id"].startswith("http")
    assert by_axis["t"] == {"type": "TemporalRS", "calendar": "Gregorian"}


def _parameter(key: str, parameter: dict[str, Any]) -> None:
    assert key and parameter["type"] == "Parameter"
    label = parameter["observedProperty"]["label"]
    assert isinstance(label, dict) and all(isinstance(text, str) for text in label.values()) and label
    unit = parameter.get("unit")
    if unit is not None:
        assert "label" in unit or "symbol" in unit
        assert set(unit["symbol"]) == {"value", "type"}
        assert unit["symbol"]["type"].startswith("http")


def _coverage(coverage: dict[str, Any], common: dict[str, Any]) -> Iterator[Value]:
    assert coverage["type"] == "Coverage"
    domain = coverage["domain"]
    assert domain["type"] == "Domain" and domain["domainType"] == "PointSeries"
    axes = {name: axis["values"] for name, axis in domain["axes"].items()}
    assert set(axes) == {"x", "y", "t"} and len(axes["x"]) == len(axes["y"]) == 1
    times = [datetime.fromisoformat(text) for text in axes["t"]]
    assert times and all(time.tzinfo for time in times)
    assert all(a < b for a, b in pairwise(times)), "an axis rises"
    known = coverage.get("parameters", common)
    assert coverage["ranges"], "a coverage has a range"
    for key, array in coverage["ranges"].items():
        assert "unit" in known[key] or "unit" in common.get(key, {})
        assert array["type"] == "NdArray" and array["dataType"] in ("float", "integer")
        assert array["axisNames"] == ["t"] and array["shape"] == [len(times)] == [len(array["values"])]
        for time, number in zip(times, array["values"], strict=True):
            assert number is None or isinstance(number, int | float)
            yield coverage["onemap:thing"], axes["x"][0], axes["y"][0], key, time, number
