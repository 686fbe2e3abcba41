"""Answers of EDR 检索结果: CoverageJSON 1.0, GeoJSON and CSV, written from arrays that the database made.

A series is a coverage of the domain type PointSeries; nothing here walks over its values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import orjson

from api.crs import CRS84
from spatial.observe.coverage import Series
from spatial.observe.measured_layers import Parameter

Document = dict[str, Any]
UCUM: Final = "http://www.opengis.net/def/uom/UCUM/"
REFERENCING: Final = [
    {"coordinates": ["x", "y"], "system": {"type": "GeographicCRS", "id": CRS84}},
    {"coordinates": ["t"], "system": {"type": "TemporalRS", "calendar": "Gregorian"}},
]
CSV_HEADER: Final = "thing,name,lon_deg,lat_deg,parameter,unit,time,value,flag"


def coverage_json(found: Sequence[Series], parameters: Mapping[str, Parameter]) -> str:
    """A collection of coverages; units that differ within a layer are told by each coverage of its own."""
    used = {each.parameter: parameters[each.parameter] for each in found if each.parameter in parameters}
    document = {
        "type": "CoverageCollection",
        "domainType": "PointSeries",
        "parameters": {key: of_coverage(each, each.unit) for key, each in used.items()},
        "referencing": REFERENCING,
        "coverages": [_coverage(each, parameters.get(each.parameter)) for each in found],
    }
    return orjson.dumps(document).decode()


def _coverage(of: Series, parameter: Parameter | None) -> Document:
    own = {}
    if parameter is not None and parameter.unit is None:
        own = {"parameters": {of.parameter: of_coverage(parameter, of.unit)}}
    return {
        "type": "Coverage",
        **own,
        "domain": {
            "type": "Domain",
            "domainType": "PointSeries",
            "axes": {
                "x": {"values": [of.lon_deg]},
                "y": {"values": [of.lat_deg]},
                "t": {"values": orjson.Fragment(of.times)},
            },
        },
        "ranges": {
            of.parameter: {
                "type": "NdArray",
                "dataType": "float",
                "axisNames": ["t"],
                "shape": [of.count],
                "values": orjson.Fragment(of.numbers),
            }
        },
        "onemap:thing": of.thing,
        "onemap:name": of.name,
        "onemap:datastream": of.datastream,
        **({} if of.away_m is None else {"onemap:distance_m": of.away_m}),
    }


def of_coverage(parameter: Parameter, unit: Mapping[str, Any] | None) -> Document:
    """A parameter as CoverageJSON has it: labels by language."""
    return {
        "type": "Parameter",
        **({"description": {"zh": parameter.description}} if parameter.description else {}),
        "observedProperty": {
            **({"id": parameter.definition} if ":" in parameter.definition else {}),
            "label": {"zh": parameter.name},
        },
        **({} if unit is None else {"unit": _unit(unit, lambda text: {"zh": text})}),
    }


def of_collection(parameter: Parameter) -> Document:
    """The same as EDR has it in the description of a collection: labels as text."""
    return {
        "type": "Parameter",
        "id": parameter.key,
        **({"description": parameter.description} if parameter.description else {}),
        "label": parameter.name,
        "data-type": "float",
        "observedProperty": {
            **({"id": parameter.definition} if ":" in parameter.definition else {}),
            "label": parameter.name,
        },
        **({} if parameter.unit is None else {"unit": _unit(parameter.unit, lambda text: text)}),
    }


def _unit(unit: Mapping[str, Any], label: Any) -> Document:
    symbol = str(unit.get("symbol") or "1")
    return {
        "label": label(str(unit.get("name") or symbol)),
        "symbol": {"value": symbol, "type": UCUM},
    }


def geojson(found: Sequence[Series], parameters: Mapping[str, Parameter]) -> str:
    """A feature a series, its times and values as two arrays."""
    features = [
        {
            "type": "Feature",
            "id": f"{each.thing}/{each.datastream}",
            "geometry": {"type": "Point", "coordinates": [each.lon_deg, each.lat_deg]},
            "properties": {
                "thing": each.thing,
                "label": each.name,
                "parameter-name": [each.parameter],
                "unit": each.unit.get("symbol"),
                "datetime": orjson.Fragment(each.times),
                "values": orjson.Fragment(each.numbers),
                **({} if each.away_m is None else {"distance_m": each.away_m}),
            },
        }
        for each in found
    ]
    used = {each.parameter for each in found}
    told = {key: of_collection(each) for key, each in parameters.items() if key in used}
    document = {
        "type": "FeatureCollection",
        "parameters": told,
        "numberReturned": len(features),
        "features": features,
    }
    return orjson.dumps(document).decode()


def csv(found: Iterable[Series]) -> str:
    """A line a value (RFC 4180), with the mark by which spreadsheets know UTF-8."""
    parts = ["\ufeff" + CSV_HEADER]
    for each in found:
        head = [each.thing, each.name, repr(each.lon_deg), repr(each.lat_deg), each.parameter]
        prefix = ",".join(map(_cell, [*head, str(each.unit.get("symbol") or "")])) + ","
        parts.append(prefix + each.times.replace("\n", "\r\n" + prefix))
    return "\r\n".join(parts) + "\r\n"


def _cell(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in ',"\r\n') else text
