"""Registering the sample's stations and loading what they measured; nothing where they are there already."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import numpy as np

from spatial.database import Connection, connect
from spatial.observe import quality_store, series
from spatial.observe.model import Flag, Reading
from spatial.observe.things import store
from spatial.observe.things.model import ENTITIES
from spatial.observe.things.reading_document import draft
from spatial.sample.loading import SEED, VALID_FROM
from spatial.sample.observations.store import Station, registered, stations
from spatial.sample.observations.values import HOURS, values
from spatial.sample.observations.vocabulary import Observed, vocabulary
from spatial.sample.plane import to_plane

SENSOR: Final = {
    "name": "合成传感器 synthetic sensor",
    "description": "合成数据 generated",
    "encodingType": "text/plain",
    "metadata": "合成数据",
}
MEASUREMENT: Final = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"
_STREAM: Final = 1000

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Series:
    datastream: int
    numbers: Sequence[float]


def build(dsn: str, progress: Progress | None = None) -> int:
    """Things, datastreams and two weeks of values for the stations and meters of the sample; how many values.

    One transaction; 0 where the stations are not there, or one of them is registered already.
    """
    tell = progress or (lambda _: None)
    with connect(dsn) as connection, connection.transaction():
        found = stations(connection)
        if not found or registered(connection, [each.asset for each in found]):
            return 0
        tell("生成样例观测(合成数据) generating observations (synthetic)")
        sensor = store.create(connection, draft(ENTITIES["Sensor"], SENSOR), _anybody)
        properties = {each.key: _property(connection, each) for each in vocabulary()}
        quality_store.declare(connection, [each.rules for each in vocabulary()])
        streams = {each.asset: _registered(connection, each, sensor, properties) for each in found}
        written = _written(connection, list(_all(found, streams)))
        tell(f"写入 {written} 个观测值 {written} values written")
        return written


def _anybody(_: str | None) -> None:
    """The sample is loaded by who has the database."""


def _property(connection: Connection, observed: Observed) -> int:
    document = {
        "name": observed.name,
        "definition": f"urn:onemap:property:{observed.key}",
        "description": "合成数据 generated",
        "properties": {"key": observed.key},
    }
    return store.create(connection, draft(ENTITIES["ObservedProperty"], document), _anybody)


def _registered(
    connection: Connection, station: Station, sensor: int, properties: Mapping[str, int]
) -> dict[str, int]:
    """The datastreams of a new Thing, by observed property."""
    point = {"type": "Point", "coordinates": [station.lon_deg, station.lat_deg]}
    thing = {
        "name": station.name,
        "description": "合成数据 generated",
        "properties": {"key": station.asset, "layer": station.layer},
        "Locations": [
            {
                "name": station.name,
                "description": "合成数据 generated",
                "encodingType": "application/geo+json",
                "location": point,
            }
        ],
    }
    number = store.create(connection, draft(ENTITIES["Thing"], thing), _anybody)
    made: dict[str, int] = {}
    for observed in _of(station.medium):
        stream: dict[str, Any] = {
            "name": f"{station.name} {observed.name}",
            "description": "合成数据 generated",
            "observationType": MEASUREMENT,
            "unitOfMeasurement": {**observed.unit, "definition": f"urn:ucum:{observed.unit['symbol']}"},
            "properties": {"key": f"{station.asset}/{observed.key}"},
            "Thing": {"@iot.id": number},
            "Sensor": {"@iot.id": sensor},
            "ObservedProperty": {"@iot.id": properties[observed.key]},
        }
        made[observed.key] = store.create(connection, draft(ENTITIES["Datastream"], stream), _anybody)
    return made


def _of(medium: str) -> list[Observed]:
    return [each for each in vocabulary() if each.medium == medium]


def _all(found: Sequence[Station], streams: Mapping[str, Mapping[str, int]]) -> Iterator[_Series]:
    chances = np.random.SeedSequence([SEED, 11]).spawn(len(vocabulary()))
    for observed, seeds in zip(vocabulary(), chances, strict=True):
        own = [each for each in found if each.medium == observed.medium]
        if not own:
            continue
        points = to_plane([(each.lon_deg, each.lat_deg) for each in own])
        scale = [each.size for each in own] if observed.medium == "power" else None
        drawn = values(observed.key, points, np.random.Generator(np.random.PCG64(seeds)), scale)
        for station, numbers in zip(own, drawn.tolist(), strict=True):
            yield _Series(streams[station.asset][observed.key], numbers)


def _written(connection: Connection, found: Sequence[_Series]) -> int:
    instants = [VALID_FROM + timedelta(hours=hour) for hour in range(HOURS)]
    told = [instant.isoformat() for instant in instants]
    written = 0
    for start in range(0, len(found), _STREAM):
        part = found[start : start + _STREAM]
        held = [(one.datastream, hour, number) for one in part for hour, number in enumerate(one.numbers)]
        lines = [
            f"{line}\t{stream}\t{told[hour]}\t{number!r}"
            for line, (stream, hour, number) in enumerate(held)
            if number == number
        ]
        written += series.record_numbers(connection, lines).inserted
        gone = [
            Reading(stream, instants[hour], None, flag=Flag.MISSING)
            for stream, hour, number in held
            if number != number
        ]
        written += series.record(connection, gone).inserted
    return written
