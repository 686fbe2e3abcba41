"""What doors tell of several layers at once is audited where it tells of one that is not shared."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from guarded_town import Town

THING = {
    "name": "a gauge",
    "description": "of a layer that is not shared",
    "properties": {"layer": "withheld"},
    "Locations": [
        {
            "name": "place",
            "description": "place",
            "encodingType": "application/geo+json",
            "location": {"type": "Point", "coordinates": [118.75, 36.86]},
        }
    ],
    "Datastreams": [
        {
            "name": "level",
            "description": "level",
            "observationType": "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_Measurement",
            "unitOfMeasurement": {"name": "metre", "symbol": "m", "definition": "http://example.org/m"},
            "Sensor": {"name": "s", "description": "s", "encodingType": "text/html", "metadata": "s"},
            "ObservedProperty": {"name": "p", "description": "p", "definition": "http://example.org/p"},
            "Observations": [{"phenomenonTime": "2026-03-01T00:00:00Z", "result": 1.5}],
        }
    ],
}
ROOT = "/sensorthings/v1.1"


@pytest.fixture(scope="module", autouse=True)
def gauge(town: Town) -> Iterator[None]:
    made = town.post("own editor", f"{ROOT}/Things", THING)
    assert made.status_code == 201, made.text
    yield
    address = made.headers["location"].removeprefix(town.served.url)
    assert town.ask("DELETE", "own editor", address).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/changesets",
        "/changes",
        "/tiles/WebMercatorQuad/12/1596/3399",
        f"{ROOT}/Things",
        f"{ROOT}/Observations",
        f"{ROOT}/Datastreams?$expand=Observations",
        f"{ROOT}/ObservedProperties?$expand=Datastreams",
        "/stations",
        "/findings",
    ],
)
def test_what_tells_of_a_layer_that_is_not_shared_is_audited(town: Town, path: str) -> None:
    before = len(town.audited("read", "own reader"))
    assert town.get("own reader", path).status_code == 200
    newest = town.audited("read", "own reader")[: -before or None]
    assert ("withheld", f"GET {path.partition('?')[0]}") in {(each.layer, each.target) for each in newest}


def test_a_datastream_of_such_a_layer_is_audited_by_its_number(town: Town) -> None:
    number = town.get("own reader", f"{ROOT}/Datastreams").json()["value"][0]["@iot.id"]
    for path in (
        f"/datastreams/{number}/chart?datetime=2026-02-01/2026-04-01",
        f"/datastreams/{number}/corrections",
    ):
        assert town.get("own reader", path).status_code == 200
        newest = town.audited("read", "own reader")[0]
        assert (newest.layer, newest.target) == ("withheld", f"GET {path.partition('?')[0]}"), path


def test_what_tells_of_no_such_layer_is_not(town: Town) -> None:
    before = len(town.audited("read", "own reader"))
    for path in (
        "/changesets?department=nobody",
        "/changes?since=now",
        f"{ROOT}/ObservedProperties",
        f"{ROOT}/Things?$filter=name eq 'another'",
        "/collections",
        "/collections/records/items",
    ):
        assert town.get("own reader", path).status_code == 200
    assert len(town.audited("read", "own reader")) == before
    for path in ("/changesets", "/changes", "/stations", f"{ROOT}/Observations"):
        assert town.get("granted", path).status_code == 200
    assert not town.audited("read", "granted")
