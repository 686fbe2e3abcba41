"""FROST's own client against the platform: what others have written for SensorThings works as it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import frost_sta_client as frost
import pytest
import requests
from api_serving import Served, database_of, server
from geojson import Point
from sensor_requests import MEASUREMENT, ROOT

START = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def served(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with (
        database_of(server_dsn, template) as dsn,
        server(dsn, tmp_path_factory.mktemp("frost") / "server.log") as running,
    ):
        yield running


@pytest.fixture
def service(served: Served) -> frost.SensorThingsService:
    return frost.SensorThingsService(served.url + ROOT)


def station(service: frost.SensorThingsService, name: str) -> frost.Thing:
    """A thing with its place, sensor, property and datastream, in one request."""
    unit = frost.UnitOfMeasurement(name="metre", symbol="m", definition="http://unitsofmeasure.org/ucum#m")
    stream = frost.Datastream(
        name="水位",
        description="水位",
        observation_type=MEASUREMENT,
        unit_of_measurement=unit,
        sensor=frost.Sensor(
            name="雷达水位计", description="雷达", encoding_type="text/plain", metadata="型号 A"
        ),
        observed_property=frost.ObservedProperty(
            name="水位", definition="http://example.org/stage", description="水位"
        ),
    )
    place = frost.Location(
        name=name, description=name, encoding_type="application/geo+json", location=Point((118.74, 36.88))
    )
    thing = frost.Thing(name=name, description="水文站", properties={"river": "弥河"})
    thing.locations = [place]
    thing.datastreams = [stream]
    service.create(thing)
    return thing


def observe(service: frost.SensorThingsService, thing: frost.Thing, count: int) -> frost.Datastream:
    """Values of the thing's only datastream, one a request."""
    (stream,) = thing.get_datastreams().query().list()
    for number in range(count):
        time = (START + timedelta(minutes=number)).isoformat().replace("+00:00", "Z")
        service.create(frost.Observation(phenomenon_time=time, result=number / 4, datastream=stream))
    return stream


def test_a_deep_insert_is_found_again_with_all_it_has(service: frost.SensorThingsService) -> None:
    thing = station(service, "寒桥站")
    found = service.things().find(thing.id)
    assert (found.name, found.properties) == ("寒桥站", {"river": "弥河"})
    (place,) = found.get_locations().query().list()
    assert place.location["coordinates"] == [118.74, 36.88]
    (stream,) = found.get_datastreams().query().expand("Sensor,ObservedProperty").list()
    assert (stream.sensor.name, stream.observed_property.name) == ("雷达水位计", "水位")
    assert stream.unit_of_measurement.symbol == "m"


def test_filters_orders_and_pages(service: frost.SensorThingsService) -> None:
    thing = station(service, "丹河站")
    stream = observe(service, thing, 25)
    observations = stream.get_observations().query()
    above = observations.filter("result gt 4").orderby("phenomenonTime", "desc").list()
    assert [each.result for each in above] == [number / 4 for number in range(24, 16, -1)]
    paged = stream.get_observations().query().top(4).orderby("phenomenonTime", "asc").list()
    assert [each.result for each in paged] == [number / 4 for number in range(25)], "it follows nextLink"
    named = service.things().query().filter("name eq '丹河站'").expand("Datastreams($top=1),Locations").list()
    (one,) = list(named)
    assert (len(one.datastreams.entities), len(one.locations.entities)) == (1, 1)
    assert service.things().query().filter("name eq '丹河站'").count().list().count == 1


def test_changes_and_removals(service: frost.SensorThingsService) -> None:
    thing = station(service, "旧名")
    stream = observe(service, thing, 2)
    thing.name = "新名"
    service.update(thing)
    assert service.things().find(thing.id).name == "新名"
    first = stream.get_observations().query().orderby("phenomenonTime", "asc").list().entities[0]
    first.result = 99.5
    service.update(first)
    assert service.observations().find(first.id).result == 99.5
    service.delete(first)
    assert len(stream.get_observations().query().list().entities) == 1
    service.delete(thing)
    with pytest.raises(requests.exceptions.HTTPError):
        service.things().find(thing.id)
    with pytest.raises(requests.exceptions.HTTPError):
        service.datastreams().find(stream.id)


def test_data_arrays(service: frost.SensorThingsService) -> None:
    thing = station(service, "批量站")
    (stream,) = thing.get_datastreams().query().list()
    group = frost.DataArrayValue()
    components = {frost.DataArrayValue.Property.PHENOMENON_TIME, frost.DataArrayValue.Property.RESULT}
    group.components = components
    group.datastream = stream
    for number in range(50):
        time = (START + timedelta(minutes=number)).isoformat().replace("+00:00", "Z")
        group.add_observation(
            frost.Observation(phenomenon_time=time, result=float(number), datastream=stream)
        )
    document = frost.DataArrayDocument()
    document.add_data_array_value(group)
    told = service.observations().create(document)
    assert len({each.self_link for each in told}) == 50
    assert [
        each.result for each in stream.get_observations().query().orderby("phenomenonTime", "asc").list()
    ] == [float(number) for number in range(50)]
