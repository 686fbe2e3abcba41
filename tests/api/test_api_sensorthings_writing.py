"""SensorThings 1.1 over HTTP: what is written, changed, removed and kept, and what is refused."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import orjson
import psycopg
import pytest
from api_serving import Served
from sensor_requests import MEASUREMENT, ROOT, UNIT, clock, got, made, place, results, station, stream

from api.sensorthings import kept as keeping
from spatial.database import connect
from spatial.datum.clock import BEIJING
from spatial.observe.telemetry import store
from spatial.observe.telemetry.recording import Recorder
from spatial.observe.telemetry.replaying import replay
from spatial.observe.telemetry.store import Listing


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    ("path", "document"),
    [
        ("Things(1)/Datastreams", {**stream("x", "y"), "unitOfMeasurement": "m"}),
        ("Things(1)/Datastreams", {**stream("x", "y"), "unitOfMeasurement": {"name": "m"}}),
        ("Things", {"description": "no name"}),
        ("Things", {"name": 5}),
        ("Things", [1]),
        ("Things", {"name": "x", "foo": 1}),
        ("Things", {"name": "x", "properties": "text"}),
        ("Things", {"name": "x\0"}),
        ("Things", {"name": "x", "properties": {"a": ["x\0"]}}),
        ("Things", {"name": "x", "properties": {"a\0": 1}}),
        ("Things", {"name": "x", "properties": nested(101)}),
        ("Things", {"name": "x", "properties": nested(900)}),
        ("Datastreams(1)/Observations", {"result": 1, "parameters": nested(900)}),
        ("Datastreams(1)/Observations", {"result": nested(900)}),
        ("Locations", {**place("x", 118, 36), "location": {"type": "Point", "coordinates": [36.9, 118.8]}}),
        ("Locations", {**place("x", 118, 36), "location": {"type": "Nothing"}}),
        ("Locations", {**place("x", 118, 36), "encodingType": "text/plain"}),
        ("Datastreams", {"name": "x"}),
        ("Things(1)/Datastreams", {**stream("x", "y"), "Sensor": {"@iot.id": 999}}),
        ("Things(1)/Datastreams", {k: v for k, v in stream("x", "y").items() if k != "ObservedProperty"}),
        ("Observations", {"result": 1}),
        ("Datastreams(1)/Observations", {"phenomenonTime": "2026-03-01T00:00:00Z"}),
        ("Datastreams(1)/Observations", {"result": 1, "phenomenonTime": "2026-03-01"[:7]}),
        (
            "Datastreams(1)/Observations",
            {"result": 1, "phenomenonTime": "2026-03-02T00:00:00Z/2026-03-01T00:00:00Z"},
        ),
        ("Datastreams(1)/Observations", {"result": 1, "qualityFlag": 7}),
        ("Datastreams(1)/Observations", {"result": 1, "phenomenonTime": "0900-03-01T00:00:00Z"}),
        ("CreateObservations", {"Datastream": 1}),
        ("$batch", {"requests": [{"id": "1"}]}),
    ],
)
def test_what_cannot_be_written_is_refused_and_writes_nothing(
    sensed: Served, path: str, document: Any
) -> None:
    before = [
        got(sensed, f"{each}?$count=true&$top=0")["@iot.count"]
        for each in ("Things", "Sensors", "Locations", "Observations")
    ]
    answer = sensed.client.post(f"{ROOT}/{path}", json=document)
    assert answer.status_code == 400, answer.text
    assert answer.json()["zh"] and answer.json()["en"]
    after = [
        got(sensed, f"{each}?$count=true&$top=0")["@iot.count"]
        for each in ("Things", "Sensors", "Locations", "Observations")
    ]
    assert before == after


def test_what_is_nested_as_deep_as_may_be_is_read_again_also_in_a_batch(sensed: Served) -> None:
    deep = {"text": r"\x00", "a": nested(99)}
    thing = made(sensed, "Things", {"name": "深", "description": "", "properties": deep})
    assert got(sensed, thing)["properties"] == deep
    asked = {"requests": [{"id": "1", "method": "get", "url": thing}]}
    answer = sensed.client.post(f"{ROOT}/$batch", json=asked)
    assert answer.json()["responses"][0]["body"]["properties"] == deep
    assert sensed.client.delete(f"{ROOT}/{thing}").status_code == 200


def test_a_data_array_comes_back_as_it_went_in(sensed: Served) -> None:
    thing = made(sensed, "Things", station("数组", count=0))
    ids = [each["@iot.id"] for each in got(sensed, f"{thing}/Datastreams?$orderby=id")["value"]]
    sent = [
        {
            "Datastream": {"@iot.id": ids[0]},
            "components": ["phenomenonTime", "result"],
            "dataArray@iot.count": 4,
            "dataArray": [
                ["2026-04-01T00:00:00Z", 1.5],
                ["2026-04-01T00:05:00+08:00", 2],
                ["bad", 3],
                ["2026-04-01T00:10:00Z", None],
            ],
        },
        {
            "Datastream": {"@iot.id": ids[1]},
            "components": ["result", "phenomenonTime", "resultTime", "parameters"],
            "dataArray": [
                [7, "2026-04-01T00:00:00Z", "2026-04-01T00:01:00Z", {"a": 1}],
                [8, "2026-04-01T00:00:00Z"],
            ],
        },
    ]
    answer = sensed.client.post(f"{ROOT}/CreateObservations", json=sent)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert [each == "error" for each in told] == [False, False, True, False, False, True]
    assert sensed.get(told[1]).json()["result"] == 2
    last = sensed.get(told[4]).json()
    assert (last["resultTime"], last["parameters"]) == ("2026-04-01T00:01:00Z", {"a": 1})
    missing = sensed.get(told[3]).json()
    assert (missing["result"], missing["qualityFlag"]) == (None, 9)
    (group,) = got(
        sensed, f"Datastreams({ids[0]})/Observations?$resultFormat=dataArray&$select=phenomenonTime,result"
    )["value"]
    assert group["components"] == ["phenomenonTime", "result"] and group["dataArray@iot.count"] == 3
    assert group["dataArray"] == [
        ["2026-03-31T16:05:00Z", 2],
        ["2026-04-01T00:00:00Z", 1.5],
        ["2026-04-01T00:10:00Z", None],
    ]
    again = sensed.client.post(f"{ROOT}/CreateObservations", json=sent)
    assert again.json() == told
    assert got(sensed, f"Datastreams({ids[0]})/Observations?$count=true&$top=0")["@iot.count"] == 3


def test_a_corrected_value_is_found_as_it_was(sensed: Served) -> None:
    thing = made(sensed, "Things", station("更正", count=3))
    (level, _) = got(sensed, f"{thing}/Datastreams?$orderby=id")["value"]
    path = f"Datastreams({level['@iot.id']})/Observations"
    _, first, last = got(sensed, path)["value"]
    sensed.client.patch(f"{ROOT}/Observations({first['@iot.id']})", json={"result": 99.5}).raise_for_status()
    now = got(sensed, f"Observations({first['@iot.id']})")
    assert (now["result"], now["phenomenonTime"]) == (99.5, first["phenomenonTime"])
    then = {"asof": last["recordedTime"]}
    assert [each["result"] for each in got(sensed, path, params=then)["value"]] == [0, 0.25, 0.5]
    assert results(sensed, path) == [0, 99.5, 0.5]
    assert got(sensed, f"{path}?$count=true&$top=0")["@iot.count"] == 3
    sensed.client.patch(
        f"{ROOT}/Observations({first['@iot.id']})", json={"qualityFlag": 4}
    ).raise_for_status()
    assert got(sensed, f"Observations({first['@iot.id']})")["qualityFlag"] == 4
    assert sensed.client.delete(f"{ROOT}/Observations({first['@iot.id']})").status_code == 200
    assert results(sensed, path) == [0, 0.5]
    assert [each["result"] for each in got(sensed, path, params={"asof": now["recordedTime"]})["value"]] == [
        0,
        99.5,
        0.5,
    ]
    with psycopg.connect(sensed.dsn) as connection:
        kept = connection.execute(
            "select result_number, flag from observe.superseded where id = %s order by recorded_at",
            (first["@iot.id"],),
        ).fetchall()
    assert kept == [(0.25, 2), (99.5, 2), (99.5, 4)]


def test_a_request_sent_again_with_its_key_counts_once(sensed: Served) -> None:
    thing = made(sensed, "Things", station("重发", count=0))
    (level, _) = got(sensed, f"{thing}/Datastreams?$orderby=id")["value"]
    path = f"Datastreams({level['@iot.id']})/Observations"
    value = {"phenomenonTime": "2026-05-01T00:00:00Z", "result": 1}
    one = made(sensed, path, value, headers={"Idempotency-Key": "a"})
    made(sensed, path, {**value, "result": 2}, headers={"Idempotency-Key": "b"})
    assert made(sensed, path, value, headers={"Idempotency-Key": "a"}) == one
    assert results(sensed, path) == [2]


def test_what_is_dated_ahead_is_refused_kept_and_replayed_where_forecasts_are_declared(
    sensed: Served,
) -> None:
    thing = made(sensed, "Things", station("预报", count=1))
    stream = got(sensed, f"{thing}/Datastreams")["value"][0]["@iot.id"]
    held = got(sensed, f"Datastreams({stream})/Observations?$count=true&$top=0")["@iot.count"]
    soon, late, later = (
        (datetime.now(BEIJING).replace(microsecond=0) + timedelta(hours=hours)).isoformat()
        for hours in (0.5, 30, 31)
    )
    single = {"phenomenonTime": late, "result": 7, "Datastream": {"@iot.id": stream}}
    for path in ("Observations", f"Datastreams({stream})/Observations"):
        refused = sensed.client.post(f"{ROOT}/{path}", json=single)
        assert (refused.status_code, refused.json()["code"]) == (400, "clock-ahead")
        assert "forecast_horizon_s" in refused.json()["en"]
    array = {
        "Datastream": {"@iot.id": stream},
        "components": ["phenomenonTime", "result"],
        "dataArray": [[soon, 1], [later, 2]],
    }
    told = sensed.client.post(f"{ROOT}/CreateObservations", json=[array]).json()
    assert [each == "error" for each in told] == [False, True]
    with connect(sensed.dsn) as own:
        listed = store.listed(own, Listing(reason="future-dated"))
        assert [each.peer.split(" ")[1] for each in listed] == [
            "Observations",
            f"Datastreams({stream})/Observations",
            "CreateObservations",
        ]
        assert orjson.loads(listed[0].data) == single
        assert orjson.loads(listed[2].data) == [{**array, "dataArray": [[later, 2]]}]

        def replayed() -> dict[str, int]:
            doors = {keeping.CHANNEL: keeping.again}
            counts = replay(own, Listing(reason="future-dated"), Recorder(), doors=doors)
            own.commit()
            return counts

        assert replayed() == {"future-dated": 3}
        declared = {"properties": {"forecast_horizon_s": 2 * 86400}}
        assert sensed.client.patch(f"{ROOT}/Datastreams({stream})", json=declared).status_code == 200
        assert replayed() == {"replayed": 3}
    now = got(sensed, f"Datastreams({stream})/Observations?$count=true&$top=0")["@iot.count"]
    assert now - held == 3
    answer = sensed.client.post(f"{ROOT}/Observations", json={**single, "result": 8})
    assert answer.status_code == 201


def test_requests_with_values_are_kept_as_they_came_and_counted_once(sensed: Served) -> None:
    thing = made(sensed, "Things", station("原始请求", count=1))
    stream = got(sensed, f"{thing}/Datastreams")["value"][0]["@iot.id"]
    values = f"Datastreams({stream})/Observations"

    def sent(path: str, body: bytes) -> int:
        headers = {"content-type": "application/json"}
        return sensed.client.post(f"{ROOT}/{path}", content=body, headers=headers).status_code

    def count() -> int:
        return int(got(sensed, f"{values}?$count=true&$top=0")["@iot.count"])

    with connect(sensed.dsn) as own:

        def kept(state: str) -> list[store.Message]:
            found = store.listed(own, Listing(state=state, channel=keeping.CHANNEL, after=last, limit=1000))
            own.commit()
            return found

        last = 0
        last = max((each.number for state in ("accepted", "rejected") for each in kept(state)), default=0)
        single = b'{ "result":  4.50, "phenomenonTime":"2026-02-03T00:00:00Z" }'
        array = orjson.dumps([
            {"Datastream": {"@iot.id": stream}, "components": ["phenomenonTime", "result"],
             "dataArray": [["2026-02-03T01:00:00Z", 5]]},
        ])  # fmt: skip
        requests = [
            {"id": "1", "method": "post", "url": values, "body": {"result": 6}},
            {"id": "2", "method": "post", "url": "Datastreams(99999)/Observations", "body": {"result": 6}},
        ]
        several = orjson.dumps({"requests": requests})
        broken = b'{"result": 4.5'
        untimed = b'{"result": 8}'
        held = count()
        assert [sent(values, single), sent(values, single), sent(values, untimed)] == [201, 201, 201]
        assert sent("CreateObservations", array) == 201
        assert sent("$batch", several) == 200
        assert sent(values, broken) == 400
        assert sent("Things", broken) == 400, "no value is in it"
        assert count() - held == 4
        accepted, rejected = kept("accepted"), kept("rejected")
        assert [each.data for each in accepted] == [single, untimed, array]
        assert [store.repeats(own, each.number) for each in accepted] == [1, 0, 0]
        assert [(each.data, each.reason) for each in rejected] == [
            (several, "sink-refused"),
            (broken, "bad-body"),
        ]
        doors = {keeping.CHANNEL: keeping.again}
        again = replay(own, Listing(channel=keeping.CHANNEL, after=last), Recorder(), doors=doors)
        own.commit()
        assert again == {"replayed": 4, "bad-body": 1}
        assert [each.unstored for each in kept("replayed")] == [0, 0, 0, 1]
        assert count() - held == 4, "what was taken is taken once"


def test_a_value_is_not_moved_ahead_of_the_clock(sensed: Served) -> None:
    thing = made(sensed, "Things", station("移时", count=1))
    (value,) = got(sensed, f"{thing}/Datastreams")["value"][:1]
    told = made(sensed, f"Datastreams({value['@iot.id']})/Observations", {"result": 1})
    later = (datetime.now(BEIJING) + timedelta(days=2)).isoformat()
    refused = sensed.client.patch(f"{ROOT}/{told}", json={"phenomenonTime": later})
    assert (refused.status_code, refused.json()["code"]) == (400, "clock-ahead")
    assert got(sensed, told)["result"] == 1


def test_entities_are_changed_replaced_and_removed_with_what_hangs_on_them(sensed: Served) -> None:
    thing = made(sensed, "Things", station("一生", count=4))
    (level, rain) = got(sensed, f"{thing}/Datastreams?$orderby=id")["value"]
    sensed.client.patch(f"{ROOT}/{thing}", json={"description": "改"}).raise_for_status()
    assert got(sensed, thing)["properties"]["built"] == 1998
    sensed.client.put(f"{ROOT}/{thing}", json={"name": "新", "description": ""}).raise_for_status()
    assert "properties" not in got(sensed, thing) and got(sensed, thing)["name"] == "新"
    moved = made(sensed, f"{thing}/Locations", place("新址", 118.7, 36.8))
    assert [each["name"] for each in got(sensed, f"{thing}/Locations")["value"]] == ["新址"]
    assert len(got(sensed, f"{thing}/HistoricalLocations")["value"]) == 2
    old = got(sensed, f"Datastreams({level['@iot.id']})/Observations?$top=1&$expand=FeatureOfInterest")[
        "value"
    ][0]
    made(sensed, f"Datastreams({level['@iot.id']})/Observations", {"result": 9})
    ask = f"Datastreams({level['@iot.id']})/Observations"
    ask += "?$orderby=phenomenonTime desc&$top=1&$expand=FeatureOfInterest"
    new = got(sensed, ask)["value"][0]
    assert (old["FeatureOfInterest"]["name"], new["FeatureOfInterest"]["name"]) == ("一生处", "新址")
    assert sensed.client.delete(f"{ROOT}/{thing}").status_code == 200
    for gone in (
        thing,
        f"Datastreams({level['@iot.id']})",
        f"Observations({old['@iot.id']})",
        f"Datastreams({rain['@iot.id']})",
    ):
        assert sensed.get(f"{ROOT}/{gone}").status_code == 404
    assert sensed.get(f"{ROOT}/{moved}").status_code == 200
    with psycopg.connect(sensed.dsn) as connection:
        (kept,) = (
            connection.execute(
                "select count(*) from observe.superseded where datastream = %s", (level["@iot.id"],)
            ).fetchone()
            or ()
        )
        past = connection.execute(
            "select content ->> 'description' from observe.entity_past where kind = 'thing' and id ="
            " %s order by superseded_at",
            (int(thing[7:-1]),),
        ).fetchall()
    assert kept == 5
    assert past == [("水位站",), ("改",), ("",)]


def test_a_multi_datastream_gives_arrays(sensed: Served) -> None:
    thing = made(sensed, "Things", {"name": "气象站", "Locations": [place("处", 118.8, 36.9)]})
    units = [UNIT, {**UNIT, "name": "degree", "symbol": "°"}]
    document = {
        "name": "风",
        "multiObservationDataTypes": [MEASUREMENT, MEASUREMENT],
        "unitOfMeasurements": units,
        "Sensor": {"name": "s", "encodingType": "text/html", "metadata": "m"},
        "ObservedProperties": [
            {"name": "风速", "definition": "urn:speed"},
            {"name": "风向", "definition": "urn:direction"},
        ],
        "Observations": [
            {"phenomenonTime": "2026-03-01T00:00:00Z/2026-03-01T00:10:00Z", "result": [3.5, 270]}
        ],
    }
    multi = made(sensed, f"{thing}/MultiDatastreams", document)
    found = got(sensed, f"{multi}?$expand=ObservedProperties,Observations")
    assert [each["name"] for each in found["ObservedProperties"]] == ["风速", "风向"]
    (value,) = found["Observations"]
    assert (value["result"], value["phenomenonTime"]) == (
        [3.5, 270],
        "2026-03-01T00:00:00Z/2026-03-01T00:10:00Z",
    )
    assert "MultiDatastream@iot.navigationLink" in value and "Datastream@iot.navigationLink" not in value
    assert len(got(sensed, f"{multi}/Observations?$filter=result/1 gt 200")["value"]) == 1
    for text, hits in (
        ("lt 2026-03-01T00:05:00Z", 0),
        ("lt 2026-03-01T00:10:00Z", 1),
        ("gt 2026-02-28T00:00:00Z", 1),
    ):
        ask = {"$filter": f"phenomenonTime {text}", "$count": "true"}
        page = got(sensed, f"{multi}/Observations", params=ask)
        assert page["@iot.count"] == len(page["value"]) == hits
    for wrong in ({"result": 5}, {"result": {"a": 1}}):
        assert sensed.client.post(f"{ROOT}/{multi}/Observations", json=wrong).status_code == 400
    assert (
        sensed.client.post(
            f"{ROOT}/{thing}/MultiDatastreams", json={**document, "unitOfMeasurements": [UNIT]}
        ).status_code
        == 400
    )
    assert got(sensed, f"{thing}/Datastreams")["value"] == []


def test_many_requests_in_one(sensed: Served) -> None:
    requests = [
        {
            "id": "t",
            "atomicityGroup": "g",
            "method": "post",
            "url": "Things",
            "body": {"name": "批", "Locations": [place("处", 118.8, 36.9)]},
        },
        {
            "id": "d",
            "atomicityGroup": "g",
            "method": "post",
            "url": "$t/Datastreams",
            "body": stream("水位", "level"),
        },
        {
            "id": "o",
            "method": "post",
            "url": "Observations",
            "body": {"result": 5, "Datastream": {"@iot.id": "$d"}},
        },
        {
            "id": "r",
            "method": "get",
            "url": "Observations?$filter=Datastream/Thing/name eq '批'&$select=result",
        },
        {"id": "x", "atomicityGroup": "h", "method": "post", "url": "Things", "body": {"name": "不留"}},
        {
            "id": "y",
            "atomicityGroup": "h",
            "method": "post",
            "url": "Things",
            "body": {"description": "无名"},
        },
        {"id": "z", "method": "get", "url": "Things(99999)"},
    ]
    answer = sensed.client.post(f"{ROOT}/$batch", json={"requests": requests})
    assert answer.status_code == 200, answer.text
    told = {each["id"]: each for each in answer.json()["responses"]}
    assert {id: each["status"] for id, each in told.items()} == {
        "t": 201,
        "d": 201,
        "o": 201,
        "r": 200,
        "x": 424,
        "y": 400,
        "z": 404,
    }
    assert told["r"]["body"]["value"] == [{"result": 5}]
    assert sensed.get(told["d"]["location"]).status_code == 200
    assert got(sensed, "Things?$filter=name eq '不留'")["value"] == []


_INSIDE = (
    "$expand=Locations,HistoricalLocations($expand=Locations),Datastreams($expand=ObservedProperty,Sensor,"
    "Observations($expand=FeatureOfInterest))"
)
_NOW = ("phenomenonTime", "resultTime")
"""Of a datastream: computed from the values it has now."""


def timeless(thing: dict[str, Any]) -> dict[str, Any]:
    streams = [{k: v for k, v in each.items() if k not in _NOW} for each in thing["Datastreams"]]
    return {**thing, "Datastreams": streams}


def test_what_was_removed_is_read_as_it_was_known(sensed: Served) -> None:
    thing = made(sensed, "Things", station("将撤站", 118.71, 36.83, count=5))
    whole = f"{thing}?{_INSIDE}"
    first = got(sensed, whole)
    at_first = clock(sensed)
    sensed.client.patch(f"{ROOT}/{thing}", json={"name": "改名站"})
    made(sensed, f"{thing}/Locations", place("新处", 118.72, 36.84))
    stream = first["Datastreams"][0]["@iot.id"]
    sensed.client.patch(f"{ROOT}/Datastreams({stream})", json={"description": "换了探头"})
    second = got(sensed, whole)
    assert second["name"] == "改名站" and second["Locations"][0]["name"] == "新处"
    at_second = clock(sensed)
    assert got(sensed, f"{whole}&asof={at_first}".replace("+", "%2B")) == {**first, "Datastreams": [
        {**each, **{k: second["Datastreams"][n][k] for k in _NOW if k in second["Datastreams"][n]}}
        for n, each in enumerate(first["Datastreams"])
    ]}  # fmt: skip
    assert sensed.client.delete(f"{ROOT}/{thing}").status_code == 200
    for path in (thing, f"Datastreams({stream})", f"Datastreams({stream})/Observations"):
        assert sensed.get(f"{ROOT}/{path}").status_code == 404
    for asof, expected in ((at_first, first), (at_second, second)):
        told = got(sensed, f"{whole}&asof={asof}".replace("+", "%2B"))
        assert timeless(told) == timeless(expected)
        values = got(sensed, f"Datastreams({stream})/Observations?asof={asof}".replace("+", "%2B"))
        assert [each["result"] for each in values["value"]] == [0, 0.25, 0.5, 0.75, 1.0]
    named = f"Things?$filter=name eq '将撤站'&$count=true&asof={at_first}".replace("+", "%2B")
    assert [each["@iot.id"] for each in got(sensed, named)["value"]] == [first["@iot.id"]]
    before = f"{thing}?asof=2020-01-01"
    assert sensed.get(f"{ROOT}/{before}").status_code == 404, "nobody knew of it then"
