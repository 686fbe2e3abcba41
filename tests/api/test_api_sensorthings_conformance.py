"""SensorThings 1.1, clauses 9 and 10, where a service easily strays: features, changes, addresses, orders."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from api_serving import Served, until
from sensor_requests import ANY_RESULT, ROOT, clock, got, made, place, results, station, stream

from api.sensorthings import kept as keeping
from spatial.database import connect
from spatial.datum.clock import BEIJING
from spatial.observe.model import Decoded
from spatial.observe.series import record_decoded
from spatial.observe.telemetry import store
from spatial.observe.telemetry.recording import Recorder
from spatial.observe.telemetry.replaying import replay
from spatial.observe.telemetry.store import Listing

MARCH = "2026-03-05T00:00:00Z"


def number_of(path: str) -> int:
    return int(path.rpartition("(")[2][:-1])


def nowhere(served: Served, name: str, **other: Any) -> tuple[str, str]:
    """A thing without a place, and its datastream."""
    thing = made(served, "Things", {"name": name, **other})
    return thing, made(served, f"{thing}/Datastreams", stream("水位", "level"))


def counted(served: Served) -> list[int]:
    names = ("Observations", "Datastreams", "FeaturesOfInterest", "Locations", "Sensors")
    return [got(served, f"{each}?$count=true&$top=0")["@iot.count"] for each in names]


def test_a_value_of_nothing_known_is_refused_whichever_way_it_comes(sensed: Served) -> None:
    thing, level = nowhere(sensed, "无处站")
    before = counted(sensed)
    value = {"phenomenonTime": MARCH, "result": 1}
    deep = {**stream("深", "deep"), "Thing": {"@iot.id": number_of(thing)}, "Observations": [value]}
    array = {
        "Datastream": {"@iot.id": number_of(level)},
        "components": ["phenomenonTime", "result"],
        "dataArray": [[MARCH, 1]],
    }
    for path, document in (
        (f"{level}/Observations", value),
        ("Observations", {**value, "Datastream": {"@iot.id": number_of(level)}}),
        ("Datastreams", deep),
        ("Things", {"name": "深", "Datastreams": [stream("水位", "level", [value])]}),
        ("CreateObservations", [array]),
    ):
        answer = sensed.client.post(f"{ROOT}/{path}", json=document)
        assert (answer.status_code, answer.json()["code"]) == (400, "no-feature"), path
        assert "FeatureOfInterest" in answer.json()["en"] and "Location" in answer.json()["en"]
    told = sensed.client.post(f"{ROOT}/{level}/Observations", json=value).json()
    assert level in told["en"] and thing in told["en"] and thing in told["zh"]
    requests = {"requests": [{"id": "1", "method": "post", "url": f"{level}/Observations", "body": value}]}
    (answer,) = sensed.client.post(f"{ROOT}/$batch", json=requests).json()["responses"]
    assert (answer["status"], answer["body"]["code"]) == (400, "no-feature")
    assert counted(sensed) == before


def test_a_feature_or_a_place_lets_the_value_in(sensed: Served) -> None:
    thing, level = nowhere(sensed, "落户站")
    feature = {
        "name": "断面",
        "encodingType": "application/geo+json",
        "feature": {"type": "Point", "coordinates": [118.7, 36.8]},
    }
    first = made(
        sensed,
        f"{level}/Observations",
        {"phenomenonTime": MARCH, "result": 1, "FeatureOfInterest": feature},
    )
    assert got(sensed, f"{first}/FeatureOfInterest")["name"] == "断面"
    known = got(sensed, f"{first}/FeatureOfInterest")["@iot.id"]
    array = {
        "Datastream": {"@iot.id": number_of(level)},
        "components": ["phenomenonTime", "result", "FeatureOfInterest/id"],
        "dataArray": [["2026-03-05T01:00:00Z", 2, known], ["2026-03-05T02:00:00Z", 3, None]],
    }
    told = sensed.client.post(f"{ROOT}/CreateObservations", json=[array]).json()
    assert [each == "error" for each in told] == [False, True]
    made(sensed, f"{thing}/Locations", place("河边", 118.75, 36.85))
    last = made(sensed, f"{level}/Observations", {"phenomenonTime": "2026-03-05T03:00:00Z", "result": 4})
    assert got(sensed, f"{last}/FeatureOfInterest")["name"] == "河边"
    assert results(sensed, f"{level}/Observations") == [1, 2, 4]


def test_a_place_with_its_things_has_their_values_at_once(sensed: Served) -> None:
    value = {"phenomenonTime": MARCH, "result": 5}
    here = {
        **place("闸上", 118.77, 36.87),
        "Things": [{"name": "闸", "Datastreams": [stream("水位", "level", [value])]}],
    }
    location = made(sensed, "Locations", here)
    (thing,) = got(sensed, f"{location}/Things?$expand=HistoricalLocations,Datastreams/Observations")["value"]
    assert len(thing["HistoricalLocations"]) == 1
    (found,) = thing["Datastreams"][0]["Observations"]
    assert got(sensed, f"Observations({found['@iot.id']})/FeatureOfInterest")["name"] == "闸上"


def test_rows_of_one_that_is_nowhere_are_errors_and_can_be_replayed(sensed: Served) -> None:
    thing, level = nowhere(sensed, "补登站")
    there = made(sensed, "Things", station("已登站", count=0))
    known = got(sensed, f"{there}/Datastreams")["value"][0]["@iot.id"]
    both = [
        {
            "Datastream": {"@iot.id": number},
            "components": ["phenomenonTime", "result"],
            "dataArray": [["2026-03-06T00:00:00Z", number], ["2026-03-06T01:00:00Z", 1]],
        }
        for number in (number_of(level), known)
    ]
    told = sensed.client.post(f"{ROOT}/CreateObservations", json=both)
    assert told.status_code == 201
    assert [each == "error" for each in told.json()] == [True, True, False, False]
    refused = sensed.client.post(
        f"{ROOT}/{level}/Observations", json={"phenomenonTime": "2026-03-06T02:00:00Z", "result": 7}
    )
    assert refused.status_code == 400
    with connect(sensed.dsn) as own:
        listed = [each for each in store.listed(own, Listing(reason="sink-refused")) if level in each.peer]
        assert [each.peer.split(" ")[1] for each in listed] == [f"{level}/Observations"]
        arrays = [
            orjson.loads(each.data)
            for each in store.listed(own, Listing(reason="sink-refused"))
            if each.peer.endswith("CreateObservations")
        ]
        assert [both[0]] in arrays
        made(sensed, f"{thing}/Locations", place("补登", 118.7, 36.8))
        replay(own, Listing(reason="sink-refused"), Recorder(), doors={keeping.CHANNEL: keeping.again})
        own.commit()
    assert results(sensed, f"{level}/Observations") == [number_of(level), 1, 7]


def test_what_stations_send_is_kept_though_the_thing_is_nowhere(sensed: Served) -> None:
    _, level = nowhere(sensed, "报文站", properties={"key": "NOWHERE-1"})
    answer = sensed.client.patch(f"{ROOT}/{level}", json={"properties": {"key": "NOWHERE-1/level"}})
    assert answer.status_code == 200
    time = datetime(2026, 3, 5, 8, tzinfo=BEIJING)
    with connect(sensed.dsn) as own:
        decoded = [Decoded(time + timedelta(hours=n), float(n), datastream="NOWHERE-1/level") for n in (0, 1)]
        told = record_decoded(own, decoded)
        own.commit()
    assert (told.inserted, told.rejects) == (2, ())
    assert results(sensed, f"{level}/Observations") == [0, 1]


@pytest.mark.parametrize(
    ("kind", "inside"),
    [
        ("Things", {"Locations": [place("西顶", 118.8, 36.9)]}),
        ("Things", {"Datastreams": [stream("水位", "level")]}),
        ("Sensors", {"Datastreams": [stream("水位", "level")]}),
        ("ObservedProperties", {"Datastreams": [stream("水位", "level")]}),
        ("Datastreams", {"ObservedProperty": {"name": "数", "definition": "urn:n", "description": ""}}),
        ("Datastreams", {"Sensor": {"name": "s", "encodingType": "text/plain", "metadata": "m"}}),
        ("Datastreams", {"Thing": {"name": "t", "description": "t"}}),
        ("Datastreams", {"Observations": [{"phenomenonTime": MARCH, "result": 9}]}),
        ("Observations", {"FeatureOfInterest": {"name": "f", "encodingType": "application/geo+json"}}),
    ],
)
def test_a_patch_has_no_entities_inside(sensed: Served, kind: str, inside: dict[str, Any]) -> None:
    number = got(sensed, f"{kind}?$top=1&$select=id")["value"][0]["@iot.id"]
    before, held = counted(sensed), got(sensed, f"{kind}({number})")
    answer = sensed.client.patch(f"{ROOT}/{kind}({number})", json=inside)
    assert answer.status_code == 400
    assert counted(sensed) == before and got(sensed, f"{kind}({number})") == held


def test_a_patch_names_related_entities_by_their_numbers(sensed: Served) -> None:
    thing = made(sensed, "Things", station("搬站", count=1))
    there = made(sensed, "Locations", place("新址", 118.95, 37.05))
    answer = sensed.client.patch(
        f"{ROOT}/{thing}", json={"Locations": [{"@iot.id": number_of(there), "name": "新址"}]}
    )
    assert answer.status_code == 200
    assert [each["name"] for each in got(sensed, f"{thing}/Locations")["value"]] == ["新址"]


def test_a_value_of_another_month_keeps_its_address(sensed: Served) -> None:
    thing = made(sensed, "Things", station("换月站", count=0))
    level = f"Datastreams({got(sensed, f'{thing}/Datastreams?$orderby=id')['value'][0]['@iot.id']})"
    value = made(sensed, f"{level}/Observations", {"phenomenonTime": MARCH, "result": 1})
    other = made(sensed, f"{level}/Observations", {"phenomenonTime": "2026-04-01T00:00:00Z", "result": 2})
    number = number_of(value)
    in_march = clock(sensed)
    # Beyond its month, within the other one, into a third one.
    instants = [in_march]
    for time in ("2026-07-01T00:00:00Z", "2026-07-09T00:00:00Z", "2025-01-09T00:00:00Z"):
        moved = sensed.client.patch(f"{ROOT}/{value}", json={"phenomenonTime": time})
        assert moved.status_code == 200 and "location" not in moved.headers
        instants.append(clock(sensed))
        told = got(sensed, value)
        assert (told["@iot.id"], told["phenomenonTime"], told["result"]) == (number, time, 1)
        assert got(sensed, f"{level}/{value}")["@iot.id"] == number
        assert got(sensed, f"{value}/Datastream")["@iot.id"] == number_of(level)
        assert got(sensed, f"{value}/result/$value") == 1
        for filtered in (
            f"id eq {number}",
            f"{number} eq id and result eq 1",
            f"not (id ne {number})",
            f"id ge {number} and id le {number}",
        ):
            found = got(sensed, f"Observations?$filter={filtered}")["value"]
            assert [each["phenomenonTime"] for each in found] == [time], filtered
        two = (
            f"Observations?$filter=id eq {number} or id eq {number_of(other)}&$orderby=id&$top=1&$count=true"
        )
        page = got(sensed, two)
        following = sensed.get(page["@iot.nextLink"]).json()
        assert page["@iot.count"] == 2
        assert [each["@iot.id"] for each in page["value"] + following["value"]] == [
            number,
            number_of(other),
        ]
        inside = got(sensed, f"{level}?$expand=Observations($filter=id eq {number})")
        assert [each["@iot.id"] for each in inside["Observations"]] == [number]
    # As it was believed then, under the same address.
    times = [got(sensed, value, params={"asof": each})["phenomenonTime"] for each in instants]
    assert times == [MARCH, "2026-07-01T00:00:00Z", "2026-07-09T00:00:00Z", "2025-01-09T00:00:00Z"]
    # A correction there, a time that is taken, and what takes the place it left.
    assert sensed.client.patch(f"{ROOT}/{level}/{value}", json={"result": 3}).status_code == 200
    taken = sensed.client.patch(f"{ROOT}/{value}", json={"phenomenonTime": "2026-04-01T00:00:00Z"})
    assert (taken.status_code, taken.json()["code"]) == (409, "time-taken")
    new = made(sensed, f"{level}/Observations", {"phenomenonTime": MARCH, "result": 9})
    assert new != value and (got(sensed, value)["result"], got(sensed, new)["result"]) == (3, 9)
    replaced = {"phenomenonTime": "2026-05-01T00:00:00Z", "result": 4, "resultTime": "2026-05-01T00:00:00Z"}
    assert sensed.client.put(f"{ROOT}/{value}", json=replaced).status_code == 200
    assert got(sensed, value)["result"] == 4
    last = clock(sensed)
    assert sensed.client.delete(f"{ROOT}/{value}").status_code == 200
    assert sensed.get(f"{ROOT}/{value}").status_code == 404
    assert sensed.client.delete(f"{ROOT}/{value}").status_code == 404
    assert got(sensed, value, params={"asof": last})["result"] == 4
    assert results(sensed, f"{level}/Observations") == [9, 2]


def test_a_value_that_left_a_month_is_there_when_the_month_is_away(sensed: Served) -> None:
    thing = made(sensed, "Things", station("移出站", count=0))
    level = f"Datastreams({got(sensed, f'{thing}/Datastreams?$orderby=id')['value'][0]['@iot.id']})"
    value = made(sensed, f"{level}/Observations", {"phenomenonTime": "2012-03-05T00:00:00Z", "result": 1})
    moved = sensed.client.patch(f"{ROOT}/{value}", json={"phenomenonTime": "2012-06-05T00:00:00Z"})
    assert moved.status_code == 200
    other = f"{ROOT}/Observations({number_of(value) + (1 << 38)})"
    with connect(sensed.dsn, autocommit=True) as own:
        own.execute("drop table observe.observation_2012_03")  # nothing is left in it
        own.execute(
            "insert into observe.period_away (start, until, rows)"
            " values ('2012-03-01 00:00+08', '2012-04-01 00:00+08', 0)"
        )
        until(lambda: sensed.get(other).status_code == 410)
        assert got(sensed, value)["result"] == 1
        assert sensed.client.patch(f"{ROOT}/{value}", json={"result": 2}).status_code == 200
        assert got(sensed, f"Observations?$filter=id eq {number_of(value)}")["value"][0]["result"] == 2
        assert sensed.client.patch(other, json={"result": 2}).status_code == 410
        assert sensed.client.delete(f"{ROOT}/{value}").status_code == 200
        own.execute("delete from observe.period_away")
    until(lambda: sensed.get(f"{ROOT}/{value}").status_code == 404)


def test_a_number_of_nothing_is_of_nothing(sensed: Served) -> None:
    nothing = ((226 * 12 + 6) << 40) + (1 << 39)
    assert sensed.get(f"{ROOT}/Observations({nothing})").status_code == 404
    assert sensed.client.patch(f"{ROOT}/Observations({nothing})", json={"result": 1}).status_code == 404
    assert got(sensed, f"Observations?$filter=id eq {nothing}")["value"] == []


def test_a_number_beside_a_text_is_compared_as_it_is_told(sensed: Served) -> None:
    thing = made(sensed, "Things", station("数字站", count=0))
    level = got(sensed, f"{thing}/Datastreams?$orderby=id")["value"][0]["@iot.id"]
    of_any = sensed.client.patch(f"{ROOT}/Datastreams({level})", json={"observationType": ANY_RESULT})
    assert of_any.status_code == 200
    told: list[Any] = [*range(1, 13), 2.5, "无", True, None, 1e21, -3]
    rows = [[f"2026-03-{day:02}T00:00:00Z", value] for day, value in enumerate(told, 1)]
    sent = {"Datastream": {"@iot.id": level}, "components": ["phenomenonTime", "result"], "dataArray": rows}
    assert "error" not in sensed.client.post(f"{ROOT}/CreateObservations", json=[sent]).json()
    path = f"Datastreams({level})/Observations"
    texts = [None if each is None else each if isinstance(each, str) else json.dumps(each) for each in told]
    tests: dict[str, Callable[[str | None], bool]] = {
        "eq": lambda text: text == "2",
        "ne": lambda text: text != "2",
        "gt": lambda text: text is not None and text > "2",
        "ge": lambda text: text is not None and text >= "2",
        "lt": lambda text: text is not None and text < "2",
        "le": lambda text: text is not None and text <= "2",
    }
    for operator, holds in tests.items():
        expected = [value for value, text in zip(told, texts, strict=True) if holds(text)]
        assert results(sensed, f"{path}?$filter=result {operator} '2'") == expected, operator
    # Beside a number they are numbers.
    assert results(sensed, f"{path}?$filter=result gt 10") == [11, 12, 1e21]
    assert results(sensed, f"{path}?$filter=startswith(result,'2')") == [2, 2.5]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("Locations", "location"),
        ("FeaturesOfInterest", "feature"),
        ("Datastreams", "observedArea"),
        ("Datastreams", "unitOfMeasurement"),
        ("Things", "properties"),
        ("Sensors", "metadata"),
    ],
)
def test_whatever_is_told_gives_an_order_that_pages_keep(sensed: Served, kind: str, name: str) -> None:
    for lon in (118.71, 118.9, 118.71, 118.65):
        made(sensed, "Things", station(f"排序{lon}", lon, count=1))
    for way in ("", " desc"):
        whole = got(sensed, f"{kind}?$orderby={name}{way}")["value"]
        pages: list[Any] = []
        path = f"{ROOT}/{kind}?$orderby={name}{way}&$top=3"
        while path:
            page = sensed.get(path).json()
            pages += page["value"]
            path = page.get("@iot.nextLink", "")
        assert pages == whole and len(whole) > 3
        assert len({each["@iot.id"] for each in whole}) == len(whole)
        if name in ("location", "feature", "observedArea"):
            keys = [_text(each.get(name)) for each in whole]
            assert keys == sorted(keys, reverse=bool(way)) and len(set(keys)) > 3
    inside = got(sensed, "Things(1)?$expand=Locations($orderby=location)")
    assert len(inside["Locations"]) == 1
    behind = got(sensed, "Datastreams?$orderby=Thing/properties,id&$top=2")
    assert len(behind["value"]) == 2


def _text(told: Any) -> str:
    """A GeoJSON as the store writes it: shorter names first."""
    if told is None:
        return ""
    return json.dumps(dict(sorted(told.items(), key=lambda each: (len(each[0]), each[0]))))
