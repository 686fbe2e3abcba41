"""Five gauges of a layer, what they measured, and a server that is asked for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from api_serving import Served, contract, database_of, publish, server, until
from coverage_reader import Value, values
from sensor_requests import MEASUREMENT, UNIT, made, place

from spatial.datum.clock import BEIJING

T0 = datetime(2026, 3, 1, tzinfo=BEIJING)
HOURS = 30
PLACES = {
    "G1": (118.70, 36.85),
    "G2": (118.75, 36.90),
    "G3": (118.80, 36.88),
    "G4": (118.90, 37.00),
    "丹/5": (118.95, 36.80),
}
UNITS = {"level": UNIT, "rain": {"name": "millimetre", "symbol": "mm", "definition": "urn:mm"}}
Sent = list[Value]


def truth() -> Sent:
    """What is sent: hourly levels of all stations, rain of two of them every three hours."""
    found: Sent = []
    for number, (key, (lon, lat)) in enumerate(PLACES.items()):
        for hour in range(HOURS):
            time = T0 + timedelta(hours=hour)
            found.append((key, lon, lat, "level", time, 10 * number + hour / 4))
            if key in ("G2", "G4") and hour % 3 == 0:
                found.append((key, lon, lat, "rain", time, number + hour / 8))
    return found


SENT = truth()


def gauge(key: str, layer: str) -> dict[str, Any]:
    lon, lat = PLACES[key]
    streams = []
    for parameter, unit in UNITS.items():
        sent = [each for each in SENT if each[0] == key and each[3] == parameter]
        if sent:
            streams.append(
                {
                    "name": parameter,
                    "observationType": MEASUREMENT,
                    "unitOfMeasurement": unit,
                    "properties": {"key": f"{key}-{parameter}"},
                    "Sensor": {"name": "s", "encodingType": "text/plain", "metadata": "x"},
                    "ObservedProperty": {"@iot.id": list(UNITS).index(parameter) + 1},
                    "Observations": [
                        {"phenomenonTime": time.isoformat(), "result": number} for *_, time, number in sent
                    ],
                }
            )
    return {
        "name": f'站,"{key}"',
        "properties": {"layer": layer, "key": key},
        "Locations": [place(key, lon, lat)],
        "Datastreams": streams,
    }


def properties(served: Served) -> None:
    """What gauges measure, in the order in which their datastreams name it."""
    for key in UNITS:
        document = {"name": key, "definition": f"urn:{key}", "properties": {"key": key}}
        made(served, "ObservedProperties", document)


@pytest.fixture(scope="module")
def gauged(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Five stations of the layer ``gauges``; nothing is measured in ``points``."""
    log = tmp_path_factory.mktemp("edr") / "server.log"
    with database_of(server_dsn, template) as dsn:
        publish(dsn, contract("gauges"))
        publish(dsn, contract("points"))
        with server(dsn, log) as running:
            until(lambda: running.get("/collections/gauges").status_code == 200)
            properties(running)
            for key in PLACES:
                made(running, "Things", gauge(key, "gauges"))
            until(lambda: "parameter_names" in running.get("/collections/gauges").json())
            yield running
        assert "unexpected failure" not in log.read_text()


def asked(served: Served, path: str, **parameters: Any) -> list[Value]:
    answer = served.get(f"/collections/gauges/{path}", params=parameters)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/prs.coverage+json"
    return sorted(values(answer.json()))
