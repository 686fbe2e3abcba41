"""A small city that is watched: stations with three days of values, some wrong, one corrected; assets."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import shapely
from serving import database_of

from spatial.catalogue import store as catalogue
from spatial.database import Connection, connect
from spatial.datum.clock import BEIJING
from spatial.exchange.store import Source, keep_source
from spatial.history import write
from spatial.history.model import Delivery, Intent
from spatial.inventory.layers import contract
from spatial.observe import quality, quality_store, series
from spatial.observe.model import Flag, Reading
from spatial.observe.things import store
from spatial.observe.things.model import ENTITIES
from spatial.observe.things.reading_document import draft
from spatial.sample.assets.papers import paper

START = datetime(2026, 6, 1, tzinfo=BEIJING)
HOURS = 72
STATIONS = "environment-stations"
ASSETS = ("hydrants",)
PLACES = {
    "E-1": (118.72, 36.86),
    "E-2": (118.80, 36.86),
    "E-3": (118.76, 36.90),
    "E-4": (118.72, 36.94),
    "E-5": (118.80, 36.94),
    "E-6": (118.84, 36.90),
    "N-1": (118.75, 36.88),
}
WILD, HIGH, MISSING, CORRECTED = ("E-2", 71), ("E-3", 40), ("E-4", range(20, 26)), ("E-1", 30)
"""The latest value, which fails; one that is suspect; hours that are missing; one that was corrected."""
FILE = paper("D-1", "hydrants", "H-4", "completion", date(2025, 12, 1))
"""Of the one document."""
WRONG, RIGHT = 12.0, 61.5
SUSPECT_HIGH, FAIL_HIGH = 250.0, 500.0
RULES = f"""
[[rules]]
property = "pm25"
basis = "测试用,待核"
gross_range = {{ fail_low = 0.0, fail_high = {FAIL_HIGH}, suspect_high = {SUSPECT_HIGH} }}

[[rules]]
property = "noise"
basis = "测试用,待核"
gross_range = {{ fail_low = 0.0, fail_high = 150.0 }}
gap = {{ suspect_s = 7200 }}
"""
STATES = ("planned", "planned", "built", "in-service", "in-service", "in-service", "retired", "in-service")
_DAYS = {"planned": 1, "built": 2, "in-service": 3, "retired": 4}
_NAMES = ("planned_on", "built_on", "in_service_on", "retired_on")


@dataclass(frozen=True)
class Watched:
    """The database, and datastreams by the key of their Thing."""

    dsn: str
    streams: dict[str, int]


def value(station: str, hour: int) -> float:
    """What a station measured, before anything went wrong: a wave of a day, apart from place to place."""
    return round(60 + 5 * list(PLACES).index(station) + 20 * math.sin(2 * math.pi * hour / 24), 1)


def told(station: str, hour: int) -> float | None:
    """What it sent."""
    if station == MISSING[0] and hour in MISSING[1]:
        return None
    return {WILD: 900.0, HIGH: 320.0, CORRECTED: WRONG}.get((station, hour), value(station, hour))


@contextmanager
def watched(server_dsn: str, template: str) -> Iterator[Watched]:
    """All of it in a database of its own."""
    with database_of(server_dsn, template) as dsn:
        with connect(dsn) as connection:
            for layer in (STATIONS, *ASSETS, "asset-inspections", "asset-documents"):
                catalogue.publish(connection, contract(layer))
            deliver(connection, STATIONS, [_station(key) for key in PLACES])
            deliver(connection, "hydrants", [hydrant(n, state) for n, state in enumerate(STATES, 1)])
            deliver(connection, "asset-inspections", [_inspection()])
            deliver(connection, "asset-documents", [_document()])
            source = Source(FILE.sha256, FILE.name, len(FILE.content), packed=False)
            keep_source(connection, source, [FILE.content])
            connection.commit()
            streams = _measured(connection)
            connection.commit()
            series.record(connection, [reading(streams["E-1"], CORRECTED[1], RIGHT)])
        yield Watched(dsn, streams)


def reading(datastream: int, hour: int, number: float | None) -> Reading:
    """A value of an hour since the start; missing where there is none."""
    time = START + timedelta(hours=hour)
    if number is None:
        return Reading(datastream, time, None, flag=Flag.MISSING)
    return Reading(datastream, time, number)


def _measured(connection: Connection) -> dict[str, int]:
    anybody = lambda _: None  # noqa: E731
    sensor = {"name": "合成传感器", "encodingType": "text/plain", "metadata": "合成数据"}
    made = store.create(connection, draft(ENTITIES["Sensor"], sensor), anybody)
    properties = {}
    for key, name in (("pm25", "PM2.5 细颗粒物"), ("noise", "等效连续 A 声级")):
        document = {"name": name, "definition": f"urn:test:{key}", "properties": {"key": key}}
        properties[key] = store.create(connection, draft(ENTITIES["ObservedProperty"], document), anybody)
    quality_store.declare(connection, quality.read(RULES))
    streams = {}
    for station, place in PLACES.items():
        key, unit = ("noise", "dB") if station == "N-1" else ("pm25", "ug/m3")
        thing = {
            "name": f"合成站 {station}",
            "description": "合成数据",
            "properties": {"key": station, "layer": STATIONS},
            "Locations": [
                {
                    "name": station,
                    "encodingType": "application/geo+json",
                    "location": {"type": "Point", "coordinates": list(place)},
                }
            ],
        }
        number = store.create(connection, draft(ENTITIES["Thing"], thing), anybody)
        stream = {
            "name": f"{station} {key}",
            "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
            "unitOfMeasurement": {"name": unit, "symbol": unit, "definition": f"urn:ucum:{unit}"},
            "properties": {"key": f"{station}/{key}"},
            "Thing": {"@iot.id": number},
            "Sensor": {"@iot.id": made},
            "ObservedProperty": {"@iot.id": properties[key]},
        }
        streams[station] = store.create(connection, draft(ENTITIES["Datastream"], stream), anybody)
        sent = [reading(streams[station], hour, told(station, hour)) for hour in range(HOURS)]
        series.record(connection, sent)
    return streams


FIRST_DAY = datetime(2026, 1, 1, tzinfo=BEIJING)


def deliver(
    connection: Connection,
    layer: str,
    rows: Sequence[dict[str, Any]],
    since: datetime = FIRST_DAY,
    source_sha256: bytes | None = None,
) -> None:
    """Rows as they hold from a day on."""
    table = catalogue.get(connection, layer).table
    key = catalogue.get(connection, layer).contract.key
    names = [column.name for column in table.columns]
    spatial = ["geom"] if table.geometry else []
    columns = ["line", "fid", *spatial, *names]
    staged = [
        (line, row[key], *([shapely.to_wkb(row["geom"])] if spatial else []), *(row.get(n) for n in names))
        for line, row in enumerate(rows, 1)
    ]
    staging = write.create_staging(connection, table)
    write.copy_rows(connection, staging, columns, staged)
    write.canonicalise(connection, staging)
    intent = Intent("测试", "测试", "合成数据", since, Delivery.PARTIAL, source_sha256)
    write.apply(connection, staging, intent)
    write.drop_staging(connection, staging)


def _station(key: str) -> dict[str, Any]:
    air = key.startswith("E")
    return {
        "asset_id": key,
        "name": f"合成站 {key}",
        "medium": "air" if air else "noise",
        "function_zone": "none" if air else "2",
        "geom": shapely.Point(PLACES[key]),
        "thing_id": key,
        **_life("in-service"),
    }


def hydrant(number: int, state: str) -> dict[str, Any]:
    return {
        "asset_id": f"H-{number}",
        "kind": "ground",
        "geom": shapely.Point(118.75 + number * 0.004, 36.9),
        "maintainer": "合成运维",
        "maintenance_days": 90,
        "maintained_on": date(2026, 3, 1),
        **_life(state),
    }


def _life(state: str) -> dict[str, Any]:
    reached = range(_DAYS[state])
    days = {_NAMES[at]: date(2015 + at, 5, 1) for at in reached}
    return {"status": state, **days, "data_nature": "合成数据"}


def _inspection() -> dict[str, Any]:
    return {
        "record_id": "I-1",
        "layer": "hydrants",
        "asset": "H-4",
        "kind": "inspection",
        "done_on": date(2026, 3, 1),
        "finding": "合成:阀门灵活",
        "grade": "good",
        "done_by": "合成运维",
        "data_nature": "合成数据",
    }


def _document() -> dict[str, Any]:
    return {
        "document_id": "D-1",
        "layer": "hydrants",
        "asset": "H-4",
        "kind": "completion",
        "title": "合成竣工资料",
        "document_no": "合成〔2026〕1 号",
        "issued_on": date(2025, 12, 1),
        "sha256": FILE.sha256.hex(),
        "data_nature": "合成数据",
    }
