"""What CoverageJSON 1.0 demands of a collection of PointSeries, checked member by member; and its values. And
what EDR GeoJSON (19-086r6, edrFeatureCollectionGeoJSON.yaml) demands of features."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

Value = tuple[str, float, float, str, datetime, float | None]
Flagged = tuple[str, str, datetime, float | None, int]
FLAG = "onemap:flag"


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
    if "categories" in parameter["observedProperty"]:
        known = [each["id"] for each in parameter["observedProperty"]["categories"]]
        assert unit is None and len(set(known)) == len(known)
        assert set(parameter["categoryEncoding"]) == set(known)
        assert all(each["label"] for each in parameter["observedProperty"]["categories"])
    if unit is not None:
        assert isinstance(unit["label"], dict)
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
        assert array["type"] == "NdArray" and array["dataType"] in ("float", "integer")
        assert array["axisNames"] == ["t"] and array["shape"] == [len(times)] == [len(array["values"])]
        if key == FLAG:
            assert set(array["values"]) <= set(known[key]["categoryEncoding"].values())
            continue
        assert "unit" in known[key] or "unit" in common.get(key, {})
        for time, number in zip(times, array["values"], strict=True):
            assert number is None or isinstance(number, int | float)
            yield coverage["onemap:thing"], axes["x"][0], axes["y"][0], key, time, number


def flagged(document: dict[str, Any]) -> list[Flagged]:
    """Values with their quality flags: (thing, parameter, time, number, flag)."""
    assert values(document)
    found: list[Flagged] = []
    for coverage in document["coverages"]:
        ((key, array),) = [each for each in coverage["ranges"].items() if each[0] != FLAG]
        times = [datetime.fromisoformat(text) for text in coverage["domain"]["axes"]["t"]["values"]]
        told = zip(times, array["values"], coverage["ranges"][FLAG]["values"], strict=True)
        found += [(coverage["onemap:thing"], key, time, number, flag) for time, number, flag in told]
    return found


def features(document: dict[str, Any]) -> list[Value]:
    """Every value of EDR GeoJSON, after the structure was found right."""
    collection(document)
    found: list[Value] = []
    for each in document["features"]:
        told = each["properties"]
        times = [datetime.fromisoformat(text) for text in told["times"]]
        begin, _, end = told["datetime"].partition("/")
        assert (datetime.fromisoformat(begin), datetime.fromisoformat(end or begin)) == (times[0], times[-1])
        (parameter,) = told["parameter-name"]
        for time, number in zip(times, told["values"], strict=True):
            found.append((told["thing"], *each["geometry"]["coordinates"], parameter, time, number))
    return found


def collection(document: dict[str, Any]) -> None:
    """What EDR GeoJSON demands of a collection of features, data or stations."""
    assert document["type"] == "FeatureCollection"
    assert document["numberReturned"] == len(document["features"])
    assert isinstance(document["parameters"], list)
    for each in document["parameters"]:
        _parameter(each["id"], each)
        assert each["observedProperty"]["id"]
    assert "self" in {each["rel"] for each in document["links"]}
    assert all(each["href"].startswith("http") and each["type"] for each in document["links"])
    known = {each["id"] for each in document["parameters"]}
    ids = [each["id"] for each in document["features"]]
    assert len(set(ids)) == len(ids)
    for each in document["features"]:
        assert each["type"] == "Feature" and each["geometry"]["type"] == "Point"
        lon, lat = each["geometry"]["coordinates"]
        assert abs(lon) <= 180 and abs(lat) <= 90
        told = each["properties"]
        assert all(isinstance(told[name], str) for name in ("datetime", "label", "edrqueryendpoint"))
        assert set(told["parameter-name"]) <= known
