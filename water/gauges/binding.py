"""Tying a station to the store of observations 测站接入: its Thing and a datastream for each element."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final

from spatial.catalogue.contract import Title
from spatial.database import Connection
from spatial.observe.things import store as things
from spatial.observe.things.model import ENTITIES
from spatial.observe.things.reading_document import draft
from water.errors import BadStation
from water.gauges import binding_store, store
from water.gauges.layers import GATE_TABLES, RATINGS, STATIONS
from water.gauges.station import ELEMENTS, Element, Station

MEASUREMENT: Final = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"
RATED: Final = ELEMENTS["rated-discharge"]
OPERATED: Final = {"DD": "gate-opening", "DP": "pumps-running"}
"""Classes whose discharge follows from what is set, and the element that tells it."""


def rated_by(station: Station) -> tuple[str, ...]:
    """The elements that a station's discharge is derived from, the stage that gives the times first."""
    setting = OPERATED.get(station.kind)
    return ("stage",) if setting is None else ("reservoir-stage", "tail-stage", setting)


def bind(connection: Connection, station: Station) -> dict[str, int]:
    """Register what is missing of a station; its datastreams by element. BadStation without a Thing's key.

    A datastream that is derived names its inputs and its method.
    """
    if not station.thing:
        raise BadStation(
            f"测站没有填写物联网设备(thing_id),无法接入:{station.id}",
            f"the station has no thing_id, there is nothing to tie it to: {station.id}",
            value=station.id,
        )
    thing = binding_store.thing(connection, station.thing) or _thing(connection, station)
    sensor: int | None = None
    found: dict[str, int] = {}
    for element in station.elements:
        number = store.stream(connection, station.thing, element.property)
        if number is None:
            sensor = sensor or _sensor(connection, station)
            number = _stream(connection, station, element, thing, sensor)
        found[element.id] = number
    return found


def bind_part(connection: Connection, station: Station, elements: Sequence[str], part: str) -> None:
    """Register what is missing of a part of a station 分部, as one of its gates."""
    assert station.thing is not None
    thing = binding_store.thing(connection, station.thing) or _thing(connection, station)
    sensor: int | None = None
    for element in (ELEMENTS[each] for each in elements):
        title = Title(f"{element.title.zh} {part}", f"{element.title.en} {part}")
        one = replace(element, property=part_property(element.property, part), title=title)
        if store.stream(connection, station.thing, one.property) is None:
            sensor = sensor or _sensor(connection, station)
            _stream(connection, station, one, thing, sensor)


def part_property(observed_property: str, part: str) -> str:
    """The property of a part: no device's telemetry takes it for that of the whole station.

    >>> part_property("sl651:09", "A.1.02")
    'sl651:09/A.1.02'
    """
    return f"{observed_property}/{part}" if part else observed_property


def _may(_: str | None) -> None:
    """Whoever runs the process that binds has been asked already."""


def _created(connection: Connection, entity: str, document: dict[str, Any]) -> int:
    return things.create(connection, draft(ENTITIES[entity], document), _may)


def _thing(connection: Connection, station: Station) -> int:
    nature = "合成数据 generated" if station.synthetic else "水情测站 gauging station"
    place = {
        "name": station.name,
        "description": nature,
        "encodingType": "application/geo+json",
        "location": {"type": "Point", "coordinates": [station.lon_deg, station.lat_deg]},
    }
    document = {
        "name": station.name,
        "description": nature,
        "properties": {"key": station.thing, "layer": STATIONS, "station": station.id},
        "Locations": [place],
    }
    return _created(connection, "Thing", document)


def _sensor(connection: Connection, station: Station) -> int:
    document = {
        "name": f"{station.name} {station.id}",
        "description": "遥测 telemetry",
        "encodingType": "text/plain",
        "metadata": station.thing,
    }
    return _created(connection, "Sensor", document)


def _property(connection: Connection, element: Element) -> int:
    known = binding_store.observed_property(connection, element.property)
    if known is not None:
        return known
    document = {
        "name": f"{element.title.zh} {element.title.en}",
        "definition": f"urn:onemap:property:{element.property}",
        "description": element.title.zh,
        "properties": {"key": element.property},
    }
    return _created(connection, "ObservedProperty", document)


def _stream(connection: Connection, station: Station, element: Element, thing: int, sensor: int) -> int:
    assert station.thing is not None
    properties: dict[str, Any] = {"key": f"{station.thing}/{element.property}"}
    if element.height:
        properties["vertical_datum"] = station.datum.value
    if element is RATED:
        inputs = [f"{station.thing}/{ELEMENTS[each].property}" for each in rated_by(station)]
        by_table = station.kind in OPERATED
        properties["derived"] = {
            "method": "gate-table" if by_table else "rating-curve",
            "inputs": inputs,
            "layer": GATE_TABLES if by_table else RATINGS,
        }
    document = {
        "name": f"{station.name} {element.title.zh}",
        "description": "由率定关系推算 derived by the rating" if element is RATED else element.title.en,
        "observationType": MEASUREMENT,
        "unitOfMeasurement": {
            "name": element.title.en,
            "symbol": element.unit,
            "definition": f"urn:ucum:{element.unit}",
        },
        "properties": properties,
        "Thing": {"@iot.id": thing},
        "Sensor": {"@iot.id": sensor},
        "ObservedProperty": {"@iot.id": _property(connection, element)},
    }
    return _created(connection, "Datastream", document)
