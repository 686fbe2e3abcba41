"""Things of a layer under the export guard: what SensorThings tells of them is counted as items are."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import pytest
from guarded_town import Town, guarded_town
from sensor_requests import ROOT, station
from serving import until

from spatial.access import release
from spatial.database import connect

LON, LAT, STEP_DEG = 118.8, 36.9, 0.0011
"""Six stations in a row, a cell of 100 m apart."""
THINGS = 6
THRESHOLD_KM2 = Decimal("0.035")
"""Three cells may leave."""


@pytest.fixture(scope="module")
def town(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    log = tmp_path_factory.mktemp("releases") / "server.log"
    with guarded_town(server_dsn, template, log) as found:
        for number in range(THINGS):
            document = station(f"站-{number}", LON + number * STEP_DEG, LAT, layer="terms", count=1)
            answer = found.ask("POST", "own editor", f"{ROOT}/Things", document)
            assert answer.status_code == 201, answer.text
        open_ = station("站-开放", LON, LAT + 1, layer="shared", count=1)
        assert found.ask("POST", "own editor", f"{ROOT}/Things", open_).status_code == 201
        with connect(found.served.dsn) as connection:
            release.set_class(
                connection, "sites", srid=4549, by="test", threshold_km2=THRESHOLD_KM2, cell_m=100
            )
            release.mark(connection, "terms", "sites", by="test")
        until(lambda: all(found.get("granted", f"{ROOT}/Things").status_code == 403 for _ in range(6)))
        yield found


def forget(town: Town) -> None:
    with connect(town.served.dsn) as connection:
        connection.execute("delete from spatial.release_cell")


def code(town: Town, path: str, who: str = "granted") -> str | int:
    answer = town.get(who, f"{ROOT}/{path}")
    return answer.json()["code"] if answer.status_code >= 400 else answer.status_code


def test_one_after_the_other_until_the_limit(town: Town) -> None:
    forget(town)
    told = [code(town, f"Things({number})") for number in range(1, THINGS + 1)]
    # What lies apart from the three that left is another piece.
    assert told == [200, 200, 200, "release-limit", 200, 200]
    assert code(town, "Things(1)") == 200  # what has left may leave again
    with connect(town.served.dsn) as connection:
        ((_, holder, area),) = release.taken(connection)
    assert holder == "水利局" and area <= THRESHOLD_KM2


@pytest.mark.parametrize(
    "path",
    [
        "Things",
        "Locations",
        "Things?$expand=Locations&$select=name",
        "Datastreams",
        "Datastreams?$select=observedArea",
        "Observations",
        "Observations?$resultFormat=dataArray",
        "FeaturesOfInterest",
        "HistoricalLocations",
        "Sensors?$expand=Datastreams($expand=Thing)",
        "Things(1)?$expand=Datastreams($expand=ObservedProperty($expand=Datastreams($expand=Thing)))",
        "Things(1)?asof=2036-01-01T00:00:00Z",
        "Sensors(1)/Datastreams?$expand=Thing($expand=Locations)",
    ],
)
def test_whatever_would_tell_of_too_many_is_refused_whole(town: Town, path: str) -> None:
    forget(town)
    allowed = path.startswith("Sensors(1)")  # one station's own sensor
    assert code(town, path) == (200 if allowed else "release-limit")


def test_what_tells_of_few_or_none_is_answered(town: Town) -> None:
    forget(town)
    for path in (
        "Sensors",
        "ObservedProperties",
        "Things(1)/Datastreams?$expand=Observations",
        "Things(1)/Locations",
        "Datastreams(1)/Observations?$expand=FeatureOfInterest",
        "Things?$filter=name eq '站-开放'&$expand=Locations",
        "Observations?$count=true&$top=0",
        "Locations(1)/location",
    ):
        assert code(town, path) == 200, path


def test_each_request_of_a_batch_is_counted(town: Town) -> None:
    forget(town)
    requests = [
        {"id": name, "method": "get", "url": url} for name, url in (("a", "Things(1)"), ("b", "Things"))
    ]
    answer = town.ask("POST", "granted", f"{ROOT}/$batch", {"requests": requests})
    assert [each["status"] for each in answer.json()["responses"]] == [200, 403]


def test_the_list_of_stations_tells_values_without_places(town: Town) -> None:
    answer = town.get("granted", "/stations")
    assert answer.status_code == 200, answer.text
    stations = answer.json()["stations"]
    places = {each["name"]: each["position"] for each in stations}
    assert all(places[f"站-{number}"] is None for number in range(THINGS))
    assert places["站-开放"] == pytest.approx([LON, LAT + 1])
    assert all(each["datastreams"] for each in stations)
