"""What the tests of SensorThings share: a station with all that belongs to it, made by one deep insert."""

from __future__ import annotations

from datetime import UTC
from typing import Any

import psycopg
from api_serving import Served

ROOT = "/sensorthings/v1.1"
UNIT = {"name": "metre", "symbol": "m", "definition": "http://unitsofmeasure.org/ucum.html#para-30"}
MEASUREMENT = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement"
ANY_RESULT = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Observation"


def place(name: str, lon: float, lat: float) -> dict[str, Any]:
    return {
        "name": name,
        "description": "",
        "encodingType": "application/geo+json",
        "location": {"type": "Point", "coordinates": [lon, lat]},
    }


def stream(name: str, property: str, observations: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {
        "name": name,
        "description": f"{name} of a gauge",
        "observationType": MEASUREMENT,
        "unitOfMeasurement": UNIT,
        "Sensor": {
            "name": "雷达水位计",
            "encodingType": "application/pdf",
            "metadata": "http://example.org/s.pdf",
        },
        "ObservedProperty": {"name": property, "definition": f"urn:{property}", "description": property},
        "Observations": observations or [],
    }


def observations(count: int, hour: int = 0) -> list[dict[str, Any]]:
    return [
        {"phenomenonTime": f"2026-03-{1 + number // 24:02}T{number % 24:02}:00:00Z", "result": number / 4}
        for number in range(hour, hour + count)
    ]


def station(
    name: str, lon: float = 118.8, lat: float = 36.9, layer: str | None = None, count: int = 30
) -> dict[str, Any]:
    return {
        "name": name,
        "description": "水位站",
        "properties": {"owner": "水利局", "built": 1998, **({"layer": layer} if layer else {})},
        "Locations": [place(f"{name}处", lon, lat)],
        "Datastreams": [stream("水位", "level", observations(count)), stream("雨量", "rain")],
    }


def made(served: Served, path: str, document: Any, **options: Any) -> str:
    """POST; the path of what was made, below the root."""
    answer = served.client.post(f"{ROOT}/{path}", json=document, **options)
    assert answer.status_code == 201, answer.text
    return str(answer.headers["location"]).partition(ROOT)[2].strip("/")


def got(served: Served, path: str, **options: Any) -> Any:
    answer = served.get(f"{ROOT}/{path}", **options)
    assert answer.status_code == 200, (path, answer.text)
    return answer.json()


def clock(served: Served) -> str:
    with psycopg.connect(served.dsn) as connection:
        ((now,),) = connection.execute("select clock_timestamp()").fetchall()
    return str(now.astimezone(UTC).isoformat())


def results(served: Served, path: str) -> list[Any]:
    return [each["result"] for each in got(served, path)["value"]]
