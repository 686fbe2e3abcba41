"""Answers of EDR 检索结果: CoverageJSON 1.0, GeoJSON and CSV, written from arrays that the database made.

A series is a coverage of the domain type PointSeries; nothing here walks over its values.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import orjson

from api.crs import CRS84
from spatial.observe.coverage import Series
from spatial.observe.measured_layers import Parameter

Document = dict[str, Any]
GEOJSON: Final = "application/geo+json"
UCUM: Final = "http://www.opengis.net/def/uom/UCUM/"
REFERENCING: Final = [
    {"coordinates": ["x", "y"], "system": {"type": "GeographicCRS", "id": CRS84}},
    {"coordinates": ["t"], "system": {"type": "TemporalRS", "calendar": "Gregorian"}},
]
FLAG: Final = "onemap:flag"
_FLAGS: Final = {
    1: "合格 pass",
    2: "未评定 not evaluated",
    3: "可疑 suspect",
    4: "不合格 fail",
    9: "缺测 missing",
}
_QARTOD: Final = "urn:onemap:qartod"
_OF_FLAGS: Final[Document] = {
    "type": "Parameter",
    "observedProperty": {
        "id": _QARTOD,
        "label": {"zh": "质量标识", "en": "quality flag"},
        "categories": [
            {"id": f"{_QARTOD}:{flag}", "label": dict(zip(("zh", "en"), told.split(" ", 1), strict=True))}
            for flag, told in _FLAGS.items()
        ],
    },
    "categoryEncoding": {f"{_QARTOD}:{flag}": flag for flag in _FLAGS},
}
"""The parameter of the second range of a coverage, where flags are asked for."""
CSV_HEADER: Final = "thing,name,lon_deg,lat_deg,parameter,unit,time,value,flag"


def coverage_json(found: Sequence[Series], parameters: Mapping[str, Parameter]) -> str:
    """A collection of coverages; units that differ within a layer are told by each coverage of its own."""
    used = {each.parameter: parameters[each.parameter] for each in found if each.parameter in parameters}
    document = {
        "type": "CoverageCollection",
        "domainType": "PointSeries",
        "parameters": {key: of_coverage(each, each.unit) for key, each in used.items()}
        | ({FLAG: _OF_FLAGS} if any(each.flags for each in found) else {}),
        "referencing": REFERENCING,
        "coverages": [_coverage(each, parameters.get(each.parameter)) for each in found],
    }
    return orjson.dumps(document).decode()


def _coverage(of: Series, parameter: Parameter | None) -> Document:
    own = {}
    if parameter is not None and parameter.unit is None:
        own = {
            "parameters": {of.parameter: of_coverage(parameter, of.unit)}
            | ({FLAG: _OF_FLAGS} if of.flags else {})
        }
    return {
        "type": "Coverage",
        "id": f"{of.thing}/{of.datastream}/{of.feature}",
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
            of.parameter: _range("float", of.count, of.numbers),
            **({FLAG: _range("integer", of.count, of.flags)} if of.flags else {}),
        },
        "onemap:thing": of.thing,
        "onemap:name": of.name,
        "onemap:datastream": of.datastream,
        **({} if of.away_m is None else {"onemap:distance_m": of.away_m}),
    }


def _range(kind: str, count: int, values: str) -> Document:
    return {
        "type": "NdArray",
        "dataType": kind,
        "axisNames": ["t"],
        "shape": [count],
        "values": orjson.Fragment(values),
    }


def of_coverage(parameter: Parameter, unit: Mapping[str, Any] | None) -> Document:
    """A parameter as CoverageJSON and EDR GeoJSON have it: labels by language."""
    return {
        "type": "Parameter",
        **({"description": {"zh": parameter.description}} if parameter.description else {}),
        "observedProperty": {"id": parameter.definition or parameter.key, "label": {"zh": parameter.name}},
        **({} if unit is None else {"unit": _unit(unit)}),
    }


def of_collection(parameter: Parameter) -> Document:
    """The same as EDR has it in the description of a collection: labels as text."""
    return {
        "type": "Parameter",
        "id": parameter.key,
        **({"description": parameter.description} if parameter.description else {}),
        "label": parameter.name,
        "data-type": "float",
        "observedProperty": {"id": parameter.definition or parameter.key, "label": parameter.name},
        **({} if parameter.unit is None else {"unit": _unit(parameter.unit)}),
    }


def _unit(unit: Mapping[str, Any]) -> Document:
    symbol = str(unit.get("symbol") or "1")
    return {
        "label": {"zh": str(unit.get("name") or symbol)},
        "symbol": {"value": symbol, "type": UCUM},
    }


def geojson(
    found: Sequence[Series], parameters: Mapping[str, Parameter], collection_url: str, query_url: str
) -> str:
    """A feature a series: the span of its values, and times and values as two arrays."""
    used = {each.parameter for each in found}
    document = {
        "type": "FeatureCollection",
        "parameters": described(parameters, used),
        "numberReturned": len(found),
        "features": [
            {
                "type": "Feature",
                "id": f"{each.thing}/{each.datastream}/{each.feature}",
                "geometry": {"type": "Point", "coordinates": [each.lon_deg, each.lat_deg]},
                "properties": {
                    "thing": each.thing,
                    "label": each.name,
                    "parameter-name": [each.parameter],
                    "edrqueryendpoint": location_url(collection_url, each.thing),
                    "unit": each.unit.get("symbol"),
                    "datetime": _spanned(each.times),
                    "times": orjson.Fragment(each.times),
                    "values": orjson.Fragment(each.numbers),
                    **({"flags": orjson.Fragment(each.flags)} if each.flags else {}),
                    **({} if each.away_m is None else {"distance_m": each.away_m}),
                },
            }
            for each in found
        ],
        "links": [{"href": query_url, "rel": "self", "type": GEOJSON}],
    }
    return orjson.dumps(document).decode()


def described(parameters: Mapping[str, Parameter], used: Collection[str]) -> list[Document]:
    """The parameters as EDR GeoJSON lists them."""
    return [{"id": key, **of_coverage(each, each.unit)} for key, each in parameters.items() if key in used]


def location_url(collection_url: str, thing: str) -> str:
    """Where one station is asked for what it measured."""
    return f"{collection_url}/locations/{quote(thing, safe='')}"


def _spanned(times: str) -> str:
    """The first and the last of a JSON array of instants in order, as an interval."""
    first, last = times.find('"'), times.rfind('"')
    begin = times[first + 1 : times.find('"', first + 1)]
    end = times[times.rfind('"', 0, last) + 1 : last]
    return begin if begin == end else f"{begin}/{end}"


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
