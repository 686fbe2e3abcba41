"""SensorThings 1.1 to the letter: what an exact client may count on, and what a careless one is told."""

from __future__ import annotations

import json
from typing import Any

import orjson
import psycopg
import pytest
from api_serving import Served
from sensor_requests import ANY_RESULT, MEASUREMENT, ROOT, UNIT, got, made, place, results, station

from spatial.database import connect
from spatial.observe.telemetry import store
from spatial.observe.telemetry.store import Listing

COMPLEX = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_ComplexObservation"


def wind(**other: Any) -> dict[str, Any]:
    return {
        "name": "风",
        "observationType": COMPLEX,
        "multiObservationDataTypes": [MEASUREMENT, MEASUREMENT],
        "unitOfMeasurements": [UNIT, {**UNIT, "name": "degree", "symbol": "deg"}],
        "Sensor": {"name": "s", "encodingType": "text/html", "metadata": "m"},
        "ObservedProperties": [
            {"name": "风速", "definition": "urn:speed"},
            {"name": "风向", "definition": "urn:direction"},
        ],
        **other,
    }


def streams_of(served: Served, name: str, count: int = 0) -> tuple[str, list[int]]:
    thing = made(served, "Things", station(name, count=count))
    found = got(served, f"{thing}/Datastreams?$orderby=id&$select=id")["value"]
    return thing, [each["@iot.id"] for each in found]


def patched(served: Served, path: str, document: Any) -> Any:
    return served.client.patch(f"{ROOT}/{path}", json=document)


def test_what_a_datastream_measures_is_a_number(sensed: Served) -> None:
    _, (level, free) = streams_of(sensed, "数值站")
    assert patched(sensed, f"Datastreams({free})", {"observationType": ANY_RESULT}).status_code == 200
    no_numbers: list[Any] = ["12", "一二", True, [1], {"a": 1}, "长" * 200]
    for wrong in no_numbers:
        answer = sensed.client.post(f"{ROOT}/Datastreams({level})/Observations", json={"result": wrong})
        assert (answer.status_code, answer.json()["code"]) == (400, "bad-reading"), answer.text
        assert "须为数" in answer.json()["detail"] and len(answer.text) < 1000
        assert answer.json()["value"].rstrip("…") in json.dumps(
            wrong, ensure_ascii=False, separators=(",", ":")
        )
        made(sensed, f"Datastreams({free})/Observations", {"result": wrong})
    for right in (12, 12.5, None):
        value = made(sensed, f"Datastreams({level})/Observations", {"result": right})
    assert patched(sensed, value, {"result": "12"}).status_code == 400
    rows = [[f"2026-03-01T{hour:02}:00:00Z", each] for hour, each in enumerate([1, *no_numbers, None, 2])]
    told = sensed.client.post(
        f"{ROOT}/CreateObservations",
        json=[
            {
                "Datastream": {"@iot.id": stream},
                "components": ["phenomenonTime", "result"],
                "dataArray": rows,
            }
            for stream in (level, free)
        ],
    ).json()
    assert [each == "error" for each in told] == [False, *[True] * 6, False, False] + [False] * 9
    day = f"Datastreams({level})/Observations?$filter=phenomenonTime lt 2026-03-02T00:00:00Z"
    assert sorted(map(str, results(sensed, day))) == ["1", "2", "None"]


def test_a_result_has_as_many_values_as_properties_are_observed(sensed: Served) -> None:
    thing = made(sensed, "Things", {"name": "测风塔", "Locations": [place("塔下", 118.8, 36.9)]})
    multi = made(sensed, f"{thing}/MultiDatastreams", wind())
    number = int(multi.partition("(")[2][:-1])
    for wrong in ([1], [1, 2, 3], [], 5):
        answer = sensed.client.post(f"{ROOT}/{multi}/Observations", json={"result": wrong})
        assert answer.status_code == 400, wrong
    rows = [["2026-03-01T00:00:00Z", [1, 2]], ["2026-03-01T01:00:00Z", [1]], ["2026-03-01T02:00:00Z", None]]
    group = {
        "MultiDatastream": {"@iot.id": number},
        "components": ["phenomenonTime", "result"],
        "dataArray": rows,
    }
    told = sensed.client.post(f"{ROOT}/CreateObservations", json=[group]).json()
    assert [each == "error" for each in told] == [False, True, False]
    assert results(sensed, f"{multi}/Observations") == [[1, 2], None]
    value = got(sensed, f"{multi}/Observations?$top=1")["value"][0]["@iot.id"]
    assert patched(sensed, f"Observations({value})", {"result": [9]}).status_code == 400
    assert patched(sensed, f"Observations({value})", {"result": [9, 8]}).status_code == 200
    assert results(sensed, f"{multi}/Observations") == [[9, 8], None]


def test_units_types_and_properties_go_together_after_a_change_too(sensed: Served) -> None:
    thing = made(sensed, "Things", {"name": "测风塔二"})
    for wrong in (
        {"observationType": MEASUREMENT},
        {"multiObservationDataTypes": [1, 2]},
        {"multiObservationDataTypes": "x"},
        {"unitOfMeasurements": [UNIT]},
    ):
        assert sensed.client.post(f"{ROOT}/{thing}/MultiDatastreams", json=wind(**wrong)).status_code == 400
    multi = made(sensed, f"{thing}/MultiDatastreams", wind())
    third = int(
        made(sensed, "ObservedProperties", {"name": "阵风", "definition": "urn:gust"}).partition("(")[2][:-1]
    )
    for wrong in (
        {"observationType": MEASUREMENT},
        {"unitOfMeasurements": [UNIT]},
        {"multiObservationDataTypes": [MEASUREMENT]},
        {"ObservedProperties": [{"@iot.id": third}]},
    ):
        assert patched(sensed, multi, wrong).status_code == 400, wrong
    whole = {
        "unitOfMeasurements": [UNIT],
        "multiObservationDataTypes": [MEASUREMENT],
        "ObservedProperties": [{"@iot.id": third}],
    }
    assert patched(sensed, multi, whole).status_code == 200
    assert [each["name"] for each in got(sensed, f"{multi}/ObservedProperties")["value"]] == ["阵风"]


def test_places_have_heights(sensed: Served) -> None:
    high = {**place("塔顶", 118.6, 36.7), "location": {"type": "Point", "coordinates": [118.6, 36.7, 45.5]}}
    location = made(sensed, "Locations", high)
    assert got(sensed, location)["location"]["coordinates"] == [118.6, 36.7, 45.5]
    inside = (
        "st_within(location,geography'POLYGON((118.59 36.69,118.61 36.69,118.61 36.71,118.59 36.69))')"
        " or st_equals(location,geography'POINT(118.6 36.7)')"
    )
    found = got(sensed, "Locations", params={"$filter": inside})["value"]
    assert [each["name"] for each in found] == ["塔顶"]


def test_a_change_binds_what_it_names_or_is_refused(sensed: Served) -> None:
    thing, (level, rain) = streams_of(sensed, "改连站")
    other, (foreign, _) = streams_of(sensed, "别站")
    rain_property = got(sensed, f"Datastreams({rain})/ObservedProperty")["@iot.id"]
    assert (
        patched(sensed, f"Datastreams({level})", {"ObservedProperty": {"@iot.id": rain_property}}).status_code
        == 200
    )
    assert got(sensed, f"Datastreams({level})/ObservedProperty")["@iot.id"] == rain_property
    for path, wrong in (
        (thing, {"Locations": [{"@iot.id": 999_999}]}),
        (thing, {"Datastreams": [{"@iot.id": foreign}]}),
        (f"Datastreams({level})", {"observationType": None}),
        (f"Datastreams({level})", {"Sensor": {"@iot.id": 999_999}}),
        (f"Datastreams({level})", {"ObservedProperty": {"@iot.id": 999_999}}),
    ):
        answer = patched(sensed, path, wrong)
        assert answer.status_code == 400 and answer.json()["en"], (path, wrong, answer.text)
    assert got(sensed, f"Datastreams({foreign})/Thing")["name"] == "别站"
    # As it was read, with what belongs to it: nothing moves, nothing is made anew.
    whole = got(sensed, f"{thing}?$expand=Datastreams,Locations,HistoricalLocations")
    assert patched(sensed, thing, {**whole, "name": "改连站甲"}).status_code == 200
    assert [each["@iot.id"] for each in got(sensed, f"{thing}/Locations")["value"]] == [
        each["@iot.id"] for each in whole["Locations"]
    ]
    assert got(sensed, thing)["name"] == "改连站甲" and other
    feature = made(
        sensed,
        "FeaturesOfInterest",
        {
            "name": "f",
            "encodingType": "application/geo+json",
            "feature": {"type": "Point", "coordinates": [118, 36]},
        },
    )
    assert patched(sensed, feature, {"encodingType": "text/plain"}).status_code == 400


def test_a_path_that_does_not_lead_there_writes_nothing(sensed: Served) -> None:
    thing, (level, _) = streams_of(sensed, "路径甲")
    other, (foreign, _) = streams_of(sensed, "路径乙")
    wrong = f"{thing}/Datastreams({foreign})"
    assert sensed.client.delete(f"{ROOT}/{wrong}").status_code == 404
    assert patched(sensed, wrong, {"name": "x"}).status_code == 404
    assert sensed.client.post(f"{ROOT}/{wrong}/Observations", json={"result": 1}).status_code == 404
    assert got(sensed, f"Datastreams({foreign})")["name"] == "水位"
    assert got(sensed, f"Datastreams({foreign})/Observations")["value"] == []
    assert patched(sensed, f"{other}/Datastreams({foreign})", {"name": "改"}).status_code == 200
    assert sensed.client.delete(f"{ROOT}/{thing}/Datastreams({level})").status_code == 200
    assert sensed.get(f"{ROOT}/Datastreams({level})").status_code == 404


def test_a_value_keeps_its_number_and_loses_what_is_taken_from_it(sensed: Served) -> None:
    _, (level, _) = streams_of(sensed, "改值站")
    sent = {
        "phenomenonTime": "2026-03-05T00:00:00Z",
        "result": 1,
        "resultTime": "2026-03-05T01:00:00Z",
        "parameters": {"a": 1},
    }
    value = made(sensed, f"Datastreams({level})/Observations", sent)
    made(
        sensed,
        f"Datastreams({level})/Observations",
        {"phenomenonTime": "2026-03-06T00:00:00Z", "result": 2},
    )
    assert patched(sensed, value, {"resultTime": None}).status_code == 200
    held = got(sensed, value)
    assert (held["resultTime"], held["result"], held["parameters"]) == (None, 1, {"a": 1})
    assert patched(sensed, value, {"parameters": None}).status_code == 200
    assert "parameters" not in got(sensed, value)
    # Another time of the same month is the same entity.
    moved = patched(sensed, value, {"phenomenonTime": "2026-03-07T00:00:00Z"})
    assert moved.status_code == 200 and "location" not in moved.headers
    assert got(sensed, value)["phenomenonTime"] == "2026-03-07T00:00:00Z"
    latest = "$expand=Observations($orderby=phenomenonTime desc;$top=1)"
    (newest,) = got(sensed, f"Datastreams({level})?{latest}")["Observations"]
    assert newest["@iot.selfLink"].endswith(value)
    # So is one of another month: an address stays.
    moved = patched(sensed, value, {"phenomenonTime": "2026-04-07T00:00:00Z"})
    assert moved.status_code == 200 and "location" not in moved.headers
    assert got(sensed, value)["result"] == 1
    taken = patched(sensed, value, {"phenomenonTime": "2026-03-06T00:00:00Z"})
    assert (taken.status_code, taken.json()["code"]) == (409, "time-taken")
    for wrong in ({"FeatureOfInterest": {"@iot.id": 999_999}}, {"Datastream": {"@iot.id": 1}}):
        assert patched(sensed, value, wrong).status_code == 400
    assert results(sensed, f"Datastreams({level})/Observations") == [2, 1]
    assert patched(sensed, value, {"Datastream": {"@iot.id": level}, "result": 3}).status_code == 200
    assert got(sensed, value)["result"] == 3


def test_what_tells_of_a_place_goes_with_it(sensed: Served) -> None:
    thing = made(sensed, "Things", station("搬家站", count=0))
    (first,) = got(sensed, f"{thing}/Locations")["value"]
    made(sensed, f"{thing}/Locations", place("新处", 118.9, 36.8))
    assert len(got(sensed, f"{thing}/HistoricalLocations")["value"]) == 2
    assert sensed.client.delete(f"{ROOT}/Locations({first['@iot.id']})").status_code == 200
    (left,) = got(sensed, f"{thing}/HistoricalLocations?$expand=Locations")["value"]
    assert [each["name"] for each in left["Locations"]] == ["新处"]


def test_one_row_of_a_data_array_fails_no_other(sensed: Served) -> None:
    _, (level, rain) = streams_of(sensed, "数组站")
    nobody = 2_000_000
    components = ["phenomenonTime", "result", "FeatureOfInterest/id"]
    known = got(sensed, "FeaturesOfInterest?$top=1&$select=id")["value"][0]["@iot.id"]
    sent = [
        {
            "Datastream": {"@iot.id": level},
            "components": components,
            "dataArray": [["2026-03-01T00:00:00Z", 1, known], ["2026-03-01T01:00:00Z", 2, 999_999]],
        },
        {
            "Datastream": {"@iot.id": nobody},
            "components": ["phenomenonTime", "result"],
            "dataArray": [["2026-03-01T00:00:00Z", 3]],
        },
        {
            "Datastream": {"@iot.id": rain},
            "components": ["phenomenonTime", "result"],
            "dataArray": [["2026-03-01T00:00:00Z", 4]],
        },
    ]
    answer = sensed.client.post(f"{ROOT}/CreateObservations", json=sent)
    assert answer.status_code == 201
    assert [each == "error" for each in answer.json()] == [False, True, True, False]
    assert results(sensed, f"Datastreams({level})/Observations") == [1]
    assert results(sensed, f"Datastreams({rain})/Observations") == [4]
    assert sensed.client.post(f"{ROOT}/CreateObservations", json=sent[1:2]).status_code == 400
    with connect(sensed.dsn) as connection:
        listed = store.listed(connection, Listing(reason="unknown-device"))
    assert [orjson.loads(each.data) for each in listed] == [sent[1:2]]


def test_an_expansion_of_nothing_leads_nowhere(sensed: Served) -> None:
    _, (level, _) = streams_of(sensed, "空展站", count=3)
    told = got(sensed, f"Datastreams({level})?$expand=Observations($top=0;$count=true)")
    assert (told["Observations"], told["Observations@iot.count"]) == ([], 3)
    assert "Observations@iot.nextLink" not in told


def test_filters_of_what_is_not_said(sensed: Served) -> None:
    _, (level, _) = streams_of(sensed, "空值站")
    assert patched(sensed, f"Datastreams({level})", {"observationType": ANY_RESULT}).status_code == 200
    values = [
        {"result": 1, "validTime": "2026-05-01T00:00:00Z/2026-05-02T00:00:00Z"},
        {"result": "文", "validTime": "2026-06-01T00:00:00Z"},
        {"result": None},
        {"result": 5, "resultTime": "2026-03-02T00:00:00Z"},
    ]
    for hour, each in enumerate(values):
        made(
            sensed,
            f"Datastreams({level})/Observations",
            {"phenomenonTime": f"2026-03-01T0{hour}:30:00Z", **each},
        )
    for text, expected in (
        ("result ne 1", ["文", None, 5]),
        ("not (result eq 1)", ["文", None, 5]),
        ("not (result gt 1)", [1, "文", None]),
        ("not (result gt 1 and result lt 9)", [1, "文", None]),
        ("result gt 1", [5]),
        ("resultTime ne 2026-03-02T00:00:00Z", [1, "文", None]),
        ("not (resultTime lt 2026-04-01T00:00:00Z)", [1, "文", None]),
        ("parameters/a ne 1", [1, "文", None, 5]),
        ("validTime ge 2026-05-01T12:00:00Z", ["文"]),
        ("validTime lt 2026-05-03T00:00:00Z", [1]),
        ("validTime eq 2026-05-01T00:00:00Z/2026-05-02T00:00:00Z", [1]),
        ("validTime eq null", [None, 5]),
        ("date(phenomenonTime) eq 2026-03-01", [1, "文", None, 5]),
        ("date(phenomenonTime) lt 2026-03-01", []),
        ("time(phenomenonTime) ge 02:30:00", [None, 5]),
        ("time(phenomenonTime) eq 00:30", [1]),
    ):
        ask = {"$filter": text, "$orderby": "phenomenonTime"}
        found = got(sensed, f"Datastreams({level})/Observations", params=ask)["value"]
        assert [each["result"] for each in found] == expected, text
    made(sensed, "Things", {"name": "无主站"})
    found = got(sensed, "Things", params={"$filter": "properties/owner ne '水利局'", "$top": "1000"})["value"]
    assert "无主站" in [each["name"] for each in found]


@pytest.mark.parametrize(
    "text",
    [
        "now() add duration'P9999999999D' gt now()",
        "st_relate(location,geography'POINT(0 0)','XYZ')",
        "st_relate(location,geography'POINT(0 0)',name)",
        "time(now()) eq 25:00:00",
    ],
)
def test_what_no_filter_can_mean_is_refused(sensed: Served, text: str) -> None:
    answer = sensed.get(f"{ROOT}/Locations", params={"$filter": text})
    assert answer.status_code == 400 and answer.json()["code"] == "bad-query", answer.text


def test_an_answer_has_a_size(sensed: Served) -> None:
    """Also the answers of a batch together; what would be more is refused before it is put together."""
    with psycopg.connect(sensed.dsn, autocommit=True) as connection:
        connection.execute(
            "insert into observe.sensor (name, encoding_type, metadata)"
            " select 'large', 'text/plain', to_jsonb(repeat('x', 4000000)) from generate_series(1, 18)"
        )
    whole = sensed.get(f"{ROOT}/Sensors", params={"$filter": "name eq 'large'"})
    assert (whole.status_code, whole.json()["code"]) == (413, "answer-too-large")
    some = got(sensed, "Sensors", params={"$filter": "name eq 'large'", "$top": "4"})["value"]
    assert len(some) == 4
    one = {"method": "get", "url": f"Sensors({some[0]['@iot.id']})"}
    requests = [{**one, "id": str(number)} for number in range(20)]
    requests.append({"id": "w", "method": "post", "url": "Things", "body": {"name": "写仍照写"}})
    told = sensed.client.post(f"{ROOT}/$batch", json={"requests": requests}).json()["responses"]
    assert [each["status"] for each in told] == [200] * 16 + [413] * 4 + [201]
    assert told[16]["body"]["code"] == "answer-too-large"
    with psycopg.connect(sensed.dsn, autocommit=True) as connection:
        connection.execute("delete from observe.sensor where name = 'large'")


def test_a_group_of_a_batch_is_of_writes_that_stand_together(sensed: Served) -> None:
    write = {"id": "1", "method": "post", "url": "Things", "body": {"name": "组"}, "atomicityGroup": "g"}
    read = {"id": "2", "method": "get", "url": "Things"}
    for wrong in (
        [{**read, "atomicityGroup": "g"}, write],
        [write, {**read, "atomicityGroup": "g"}],
        [write, read, {**write, "id": "3"}],
        [{**write, "atomicityGroup": ["g"]}, {**write, "atomicityGroup": ["g"]}],
    ):
        answer = sensed.client.post(f"{ROOT}/$batch", json={"requests": wrong})
        assert answer.status_code == 400, answer.text
    assert got(sensed, "Things?$filter=name eq '组'")["value"] == []


def test_depth_and_large_numbers_are_refused_not_failed(sensed: Served) -> None:
    deep = (
        b'{"requests":[{"id":"1","method":"post","url":"Things","body":{"name":"x","properties":{"a":%s}}}]}'
    )
    answer = sensed.client.post(f"{ROOT}/$batch", content=deep % (b"[" * 900 + b"]" * 900))
    (told,) = answer.json()["responses"]
    assert (told["status"], told["body"]["code"]) == (400, "bad-entity")
    for path in ("Datastreams(2147483648)/Observations", "FeaturesOfInterest(2147483648)/Observations"):
        assert sensed.get(f"{ROOT}/{path}").status_code == 404


@pytest.mark.parametrize("way", ["", " desc"])
def test_values_inside_come_in_the_order_of_their_results(sensed: Served, way: str) -> None:
    """Numbers, texts and what is missing together, as by the path of the values themselves."""
    _, (level, _) = streams_of(sensed, "次序站")
    assert patched(sensed, f"Datastreams({level})", {"observationType": ANY_RESULT}).status_code == 200
    told = [3, None, "乙", 1, "甲", 2, None, 1, -5, 2.5, True, [1]]
    for minute, result in enumerate(told):
        made(
            sensed,
            f"Datastreams({level})/Observations",
            {"phenomenonTime": f"2026-03-01T00:{minute:02}:00Z", "result": result},
        )
    for top, skip in ((3, 0), (20, 0), (4, 5), (2, 11), (1, 0)):
        options = {"$orderby": f"result{way}", "$top": str(top), "$skip": str(skip)}
        by_path = got(sensed, f"Datastreams({level})/Observations", params=options)
        inside = ";".join(f"{name}={value}" for name, value in options.items())
        expanded = got(sensed, f"Datastreams({level})?$expand=Observations({inside})")
        assert [each["@iot.id"] for each in expanded["Observations"]] == [
            each["@iot.id"] for each in by_path["value"]
        ], (top, skip)
        assert ("Observations@iot.nextLink" in expanded) == ("@iot.nextLink" in by_path)
