"""SensorThings 1.1 over HTTP: what is read against plain Python over what was sent, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import psycopg
import pytest
from api_serving import Served, database_of, server
from guarded_town import Town
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sensor_requests import MEASUREMENT, ROOT, UNIT, got, made, observations, place, station, stream

from api.sensorthings import kept as keeping
from spatial.database import connect
from spatial.datum.clock import BEIJING
from spatial.observe.telemetry import store
from spatial.observe.telemetry.recording import Recorder
from spatial.observe.telemetry.replaying import replay
from spatial.observe.telemetry.store import Listing


@pytest.fixture(scope="module")
def sensed(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Two stations that no test changes; tests that write make things of their own."""
    log = tmp_path_factory.mktemp("sta") / "server.log"
    with database_of(server_dsn, template) as dsn, server(dsn, log) as running:
        assert made(running, "Things", station("弥河寒桥", count=60)) == "Things(1)"
        assert made(running, "Things", station("丹河O'Neil", 118.9, 36.95, count=5)) == "Things(2)"
        yield running


def results(served: Served, path: str) -> list[Any]:
    return [each["result"] for each in got(served, path)["value"]]


def times(count: int) -> list[datetime]:
    return [
        datetime.fromisoformat(each["phenomenonTime"].replace("Z", "+00:00")) for each in observations(count)
    ]


SENT = [(time, number / 4) for number, time in enumerate(times(60))]
SPLIT = datetime(2026, 3, 2, 5, tzinfo=UTC)
FILTERS: dict[str, Callable[[datetime, float], bool]] = {
    "result eq 7": lambda t, r: r == 7,
    "result ne 7 and result lt 8": lambda t, r: r != 7 and r < 8,
    "not (result ge 3) or result gt 14": lambda t, r: not r >= 3 or r > 14,
    "result add 1 gt 10": lambda t, r: r + 1 > 10,
    "result mul 2 sub 1 le 6 div 2": lambda t, r: r * 2 - 1 <= 3,
    "result mod 2 eq 0.5": lambda t, r: r % 2 == 0.5,
    "-result lt -14": lambda t, r: -r < -14,
    "round(result) eq 4": lambda t, r: math.floor(r + 0.5) == 4,
    "floor(result) eq 4": lambda t, r: math.floor(r) == 4,
    "ceiling(result) eq 4": lambda t, r: math.ceil(r) == 4,
    "phenomenonTime gt 2026-03-02T05:00:00Z": lambda t, r: t > SPLIT,
    "phenomenonTime ge 2026-03-02T13:00:00%2B08:00": lambda t, r: t >= SPLIT,
    "phenomenonTime lt 2026-03-02T05:00:00Z": lambda t, r: t < SPLIT,
    "phenomenonTime eq 2026-03-02T05:00:00Z": lambda t, r: t == SPLIT,
    "phenomenonTime le 2026-03-01T05:00:00Z add duration'P1D'": lambda t, r: t <= SPLIT,
    "hour(phenomenonTime) eq 3": lambda t, r: t.hour == 3,
    "day(phenomenonTime) eq 2 and minute(phenomenonTime) eq 0": lambda t, r: t.day == 2,
    "date(phenomenonTime) eq '2026-03-03'": lambda t, r: t.day == 3,
    "year(phenomenonTime) eq month(phenomenonTime)": lambda t, r: False,
    "phenomenonTime lt now()": lambda t, r: True,
    "result div 0 gt 1": lambda t, r: False,
    "Datastream/name eq '水位'": lambda t, r: True,
    "Datastream/Thing/properties/built eq 1998 and result lt 1": lambda t, r: r < 1,
    "Datastream/id eq 1": lambda t, r: True,
    "FeatureOfInterest/id eq Datastream/id": lambda t, r: True,
    "resultTime eq null": lambda t, r: True,
    "qualityFlag eq 2": lambda t, r: True,
}


@pytest.mark.parametrize("text", FILTERS)
def test_filters_of_observations(sensed: Served, text: str) -> None:
    expected = [r for t, r in SENT if FILTERS[text](t, r)]
    found = got(sensed, f"Datastreams(1)/Observations?$filter={text}&$count=true&$top=1000")
    assert [each["result"] for each in found["value"]] == expected
    assert found["@iot.count"] == len(expected)


POLYGON = "POLYGON((118.7 36.8,118.85 36.8,118.85 37,118.7 37,118.7 36.8))"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("Things?$filter=substringof('寒', name)", [1]),
        ("Things?$filter=endswith(name, 'O''Neil')", [2]),
        ("Things?$filter=startswith(name, '弥河')", [1]),
        ("Things?$filter=length(name) eq 4", [1]),
        ("Things?$filter=indexof(name, '河') eq 1", [1, 2]),
        ("Things?$filter=substring(name, 2) eq '寒桥'", [1]),
        ("Things?$filter=substring(name, 1, 1) eq '河'", [1, 2]),
        ("Things?$filter=toupper(name) eq '丹河O''NEIL'", [2]),
        ("Things?$filter=tolower(name) eq '丹河o''neil'", [2]),
        ("Things?$filter=trim(concat(' ', name)) eq '弥河寒桥'", [1]),
        ("Things?$filter=concat(name, description) eq '弥河寒桥水位站'", [1]),
        ("Things?$filter=properties/owner eq '水利局'&$orderby=id desc", [2, 1]),
        ("Things?$filter=properties/nothing eq null", [1, 2]),
        ("Things?$filter=Datastreams/Observations/result gt 7", [1]),
        ("Things?$filter=Locations/name eq '弥河寒桥处'", [1]),
        (f"Locations?$filter=st_within(location, geography'{POLYGON}')", [1]),
        (f"Locations?$filter=not st_intersects(location, geography'{POLYGON}')", [2]),
        (f"Locations?$filter=st_disjoint(location, geography'{POLYGON}')", [2]),
        ("Locations?$filter=st_equals(location, geography'POINT(118.9 36.95)')", [2]),
        ("Locations?$filter=geo.distance(location, geography'POINT(118.8 36.91)') lt 0.05", [1]),
        ("Locations?$filter=geo.length(location) eq 0", [1, 2]),
        (f"Locations?$filter=geo.intersects(location, geography'{POLYGON}')", [1]),
        (f"Locations?$filter=st_contains(geography'{POLYGON}', location)", [1]),
        (f"Locations?$filter=st_relate(location, geography'{POLYGON}', 'T*F**F***')", [1]),
        (f"Datastreams?$filter=st_intersects(observedArea, geography'{POLYGON}')", [1]),
        ("Datastreams?$filter=phenomenonTime gt 2026-02-28T00:00:00Z&$orderby=Thing/name desc", [1, 3]),
        ("Datastreams?$filter=unitOfMeasurement/symbol eq 'm' and ObservedProperty/name eq 'rain'", [2, 4]),
        ("ObservedProperties(1)/Datastreams", [1]),
        ("Sensors(3)/Datastreams", [3]),
        ("Things(2)/Datastreams?$orderby=name", [3, 4]),
        ("Things(1)/Locations", [1]),
        ("Locations(2)/Things", [2]),
        ("Locations(2)/HistoricalLocations", [2]),
        ("HistoricalLocations(1)/Locations", [1]),
        ("Observations?$filter=result eq 1&$expand=Datastream/Thing&$select=id", None),
        ("Things(1)/Datastreams(1)/Observations?$top=0", []),
    ],
)
def test_what_is_asked_for_comes(sensed: Served, path: str, expected: list[int] | None) -> None:
    found = got(
        sensed, path + ("" if "$orderby" in path or "(1)/" in path else "&$orderby=id" if "?" in path else "")
    )
    if expected is not None:
        ids = [each["@iot.id"] for each in found["value"]]
        assert (ids if "$orderby" in path else sorted(ids)) == expected


comparisons = st.one_of(
    st.tuples(st.sampled_from(["lt", "le", "gt", "ge", "eq", "ne"]), st.integers(-1, 61)).map(
        lambda pair: (f"result {pair[0]} {pair[1] / 4}", lambda t, r: _compare(pair[0], r, pair[1] / 4))
    ),
    st.tuples(st.sampled_from(["lt", "le", "gt", "ge", "eq", "ne"]), st.integers(-30, 3700)).map(
        lambda pair: (
            f"phenomenonTime {pair[0]} {(SENT[0][0] + timedelta(minutes=pair[1])).isoformat()[:19]}Z",
            lambda t, r: _compare(pair[0], t, SENT[0][0] + timedelta(minutes=pair[1])),
        )
    ),
)
Told = tuple[str, Callable[[datetime, float], bool]]


def _compare(mark: str, one: Any, other: Any) -> bool:
    return bool(
        {
            "lt": one < other,
            "le": one <= other,
            "gt": one > other,
            "ge": one >= other,
            "eq": one == other,
            "ne": one != other,
        }[mark]
    )


def _grown(inner: st.SearchStrategy[Told]) -> st.SearchStrategy[Told]:
    return st.one_of(
        st.tuples(inner, inner).map(
            lambda p: (f"({p[0][0]} and {p[1][0]})", lambda t, r: p[0][1](t, r) and p[1][1](t, r))
        ),
        st.tuples(inner, inner).map(
            lambda p: (f"({p[0][0]} or {p[1][0]})", lambda t, r: p[0][1](t, r) or p[1][1](t, r))
        ),
        inner.map(
            lambda one: (
                f"not {one[0] if one[0][0] == '(' else '(' + one[0] + ')'}",
                lambda t, r: not one[1](t, r),
            )
        ),
    )


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.recursive(comparisons, _grown, max_leaves=5))
def test_any_filter_is_as_in_python(sensed: Served, told: Told) -> None:
    text, meant = told
    expected = [r for t, r in SENT if meant(t, r)]
    found = got(
        sensed, "Datastreams(1)/Observations", params={"$filter": text, "$count": "true", "$top": "100"}
    )
    assert [each["result"] for each in found["value"]] == expected
    assert found["@iot.count"] == len(expected)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["lt", "le", "gt", "ge"]), st.integers(-90_000, 90_000) | st.integers(-2000, 6000)
        ),
        min_size=1,
        max_size=3,
    )
)
def test_counts_from_roll_ups_are_counts_of_values(sensed: Served, bounds: list[tuple[str, int]]) -> None:
    moments = [(mark, SENT[0][0] + timedelta(minutes=minutes)) for mark, minutes in bounds]
    text = " and ".join(f"phenomenonTime {mark} {moment.isoformat()[:19]}Z" for mark, moment in moments)
    ask = {"$filter": text, "$count": "true", "$top": "0"}
    kept = [t for t, _ in SENT if all(_compare(mark, t, moment) for mark, moment in moments)]
    assert got(sensed, "Datastreams(1)/Observations", params=ask)["@iot.count"] == len(kept)
    both = kept + [t for t in times(5) if t in kept]
    assert got(sensed, "Observations", params=ask)["@iot.count"] == len(both)


def test_a_chart_has_the_least_and_the_greatest_of_each_bucket(sensed: Served) -> None:
    span = "2026-03-01T00:00:00Z/2026-03-03T12:00:00Z"
    answer = sensed.get("/datastreams/1/chart", params={"datetime": span, "points": "10"})
    assert answer.status_code == 200, answer.text
    chart = answer.json()
    assert (chart["source"], chart["step_s"], chart["columns"][0]) == ("hour", 43200.0, "time")
    expected: dict[str, list[float]] = {}
    for time, value in SENT:  # half days in Beijing
        start = time.astimezone(BEIJING)
        start = start.replace(hour=start.hour // 12 * 12, minute=0)
        expected.setdefault(start.isoformat(), []).append(value)
    assert {row[0]: row[1:] for row in chart["buckets"]} == {
        start: [min(held), sum(held) / len(held), max(held), len(held)] for start, held in expected.items()
    }
    values = sensed.get("/datastreams/1/chart", params={"datetime": span, "points": "2000"}).json()
    assert values["source"] == "value"
    assert [row[1] for row in values["buckets"]] == [value for _, value in SENT]
    for path in ("/datastreams/99/chart", "/datastreams/9999999999/chart"):
        assert sensed.get(path, params={"datetime": span}).status_code == 404
    for wrong in (
        {},
        {"datetime": "2026-03-01T00:00:00Z"},
        {"datetime": span, "points": "1"},
        {"datetime": span, "x": "1"},
    ):
        assert sensed.get("/datastreams/1/chart", params=wrong).status_code == 400


@pytest.mark.parametrize(
    "order",
    ["", "&$orderby=result desc", "&$orderby=phenomenonTime desc", "&$orderby=Datastream/name,result mod 3"],
)
def test_pages_follow_one_another_and_miss_nothing(sensed: Served, order: str) -> None:
    path, ids = f"{ROOT}/Observations?$top=17{order}", []
    while path:
        page = sensed.get(path).json()
        ids += [each["@iot.id"] for each in page["value"]]
        path = page.get("@iot.nextLink")
    assert len(ids) == len(set(ids)) == 65


def test_expanding_nests_and_tells_what_follows(sensed: Served) -> None:
    greatest = "Observations($top=2;$orderby=result desc;$count=true)"
    path = f"Things?$expand=Datastreams($expand={greatest};$orderby=id),Locations&$orderby=id"
    first, second = got(sensed, path)["value"]
    level, rain = first["Datastreams"]
    assert [each["result"] for each in level["Observations"]] == [59 / 4, 58 / 4]
    assert (
        level["Observations@iot.count"] == 60
        and rain["Observations"] == []
        and rain["Observations@iot.count"] == 0
    )
    following = sensed.get(level["Observations@iot.nextLink"]).json()
    assert [each["result"] for each in following["value"]] == [57 / 4, 56 / 4]
    assert second["Locations"][0]["location"] == {"type": "Point", "coordinates": [118.9, 36.95]}
    assert "Observations@iot.navigationLink" not in level


def test_the_latest_value_of_every_thing(sensed: Served) -> None:
    latest = "Observations($orderby=phenomenonTime desc;$top=1)"
    ask = f"Things?$expand=Datastreams($filter=name eq '水位';$expand={latest})"
    for thing, last in zip(got(sensed, ask + "&$orderby=id")["value"], (60, 5), strict=True):
        (value,) = thing["Datastreams"][0]["Observations"]
        assert value["result"] == (last - 1) / 4
        assert value == got(sensed, f"Observations({value['@iot.id']})")


def test_selecting_shows_nothing_else(sensed: Served) -> None:
    assert got(sensed, "Things(1)?$select=name") == {"name": "弥河寒桥"}
    assert got(sensed, "Things(1)/name") == {"name": "弥河寒桥"}
    assert sensed.get(f"{ROOT}/Things(1)/name/$value").text == "弥河寒桥"
    assert sensed.get(f"{ROOT}/Things(1)/properties/$value").json() == {"owner": "水利局", "built": 1998}
    assert got(sensed, "Things(1)/properties/built") == {"built": 1998}
    (link,) = got(sensed, "Things(1)/Locations/$ref")["value"]
    assert sensed.get(link["@iot.selfLink"]).json()["name"] == "弥河寒桥处"
    root = got(sensed, "")
    assert {each["name"] for each in root["value"]} == {
        "Things",
        "Locations",
        "HistoricalLocations",
        "Datastreams",
        "MultiDatastreams",
        "Sensors",
        "ObservedProperties",
        "Observations",
        "FeaturesOfInterest",
    }
    for each in root["value"]:
        assert sensed.get(each["url"]).status_code == 200
    level = got(sensed, "Datastreams(1)")
    assert level["phenomenonTime"] == "2026-03-01T00:00:00Z/2026-03-03T11:00:00Z"
    assert level["observedArea"] == {"type": "Point", "coordinates": [118.8, 36.9]}
    for name, link in level.items():
        if name.endswith("@iot.navigationLink"):
            assert sensed.get(link).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "Things?$filter=foo eq 1",
        "Things?$filter=name eq",
        "Things?$filter=name eq 5",
        "Things?$filter=name",
        "Things?$filter=(name eq 'a'",
        "Things?$filter=name eq 'a' or",
        "Things?$filter=nosuch(name) eq 1",
        "Things?$filter=length(name, name) eq 1",
        "Things?$orderby=foo",
        "Things?$select=foo",
        "Things?$expand=Foo",
        "Things?$expand=Datastreams($top=x)",
        "Things?$expand=Datastreams($foo=1)",
        "Things?$top=-1",
        "Things?$skip=a",
        "Things?$count=yes",
        "Things?$nosuch=1",
        "Things?$resultFormat=dataArray",
        "Observations?$resultFormat=csv",
        "Observations?$filter=phenomenonTime gt 2026-02-30T00:00:00Z",
        "Things?$filter=Datastreams/foo eq 1",
        "Locations?$filter=st_within(location, geography'POINT(')",
        "Things?$filter=name gt null",
        "Things?$filter=" + "(" * 60 + "1 eq 1" + ")" * 60,
        "Things?$filter=name eq 'a'; drop table observe.thing",
        "Observations?asof=yesterday",
    ],
)
def test_what_cannot_be_read_is_refused(sensed: Served, path: str) -> None:
    answer = sensed.get(f"{ROOT}/{path}")
    assert answer.status_code == 400, answer.text
    assert answer.json()["zh"] and answer.json()["en"] and answer.json()["value"] not in (None, "")


@pytest.mark.parametrize(
    "path",
    [
        "Thing",
        "Things(99)",
        "Things(99)/Datastreams",
        "Things(a)",
        "Things(1)/Foo",
        "Things/Datastreams",
        "Things(1)/foo/$value",
        "Things(1)/Datastreams(3)",
        "Datastreams(1)/Thing(1)",
        "Things(9999999999999999)",
        "Observations(7)",
        "Things(1)/$value",
        "MultiDatastreams(1)",
        "Observations(9007199254740991)",
    ],
)
def test_what_is_not_there_is_not_found(sensed: Served, path: str) -> None:
    assert sensed.get(f"{ROOT}/{path}").status_code == 404


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


def test_a_data_array_comes_back_as_it_went_in(writing: Served) -> None:
    thing = made(writing, "Things", station("数组", count=0))
    ids = [each["@iot.id"] for each in got(writing, f"{thing}/Datastreams?$orderby=id")["value"]]
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
    answer = writing.client.post(f"{ROOT}/CreateObservations", json=sent)
    assert answer.status_code == 201, answer.text
    told = answer.json()
    assert [each == "error" for each in told] == [False, False, True, False, False, True]
    assert writing.get(told[1]).json()["result"] == 2
    last = writing.get(told[4]).json()
    assert (last["resultTime"], last["parameters"]) == ("2026-04-01T00:01:00Z", {"a": 1})
    missing = writing.get(told[3]).json()
    assert (missing["result"], missing["qualityFlag"]) == (None, 9)
    (group,) = got(
        writing, f"Datastreams({ids[0]})/Observations?$resultFormat=dataArray&$select=phenomenonTime,result"
    )["value"]
    assert group["components"] == ["phenomenonTime", "result"] and group["dataArray@iot.count"] == 3
    assert group["dataArray"] == [
        ["2026-03-31T16:05:00Z", 2],
        ["2026-04-01T00:00:00Z", 1.5],
        ["2026-04-01T00:10:00Z", None],
    ]
    again = writing.client.post(f"{ROOT}/CreateObservations", json=sent)
    assert again.json() == told
    assert got(writing, f"Datastreams({ids[0]})/Observations?$count=true&$top=0")["@iot.count"] == 3


def test_a_corrected_value_is_found_as_it_was(writing: Served) -> None:
    thing = made(writing, "Things", station("更正", count=3))
    (level, _) = got(writing, f"{thing}/Datastreams?$orderby=id")["value"]
    path = f"Datastreams({level['@iot.id']})/Observations"
    _, first, last = got(writing, path)["value"]
    writing.client.patch(f"{ROOT}/Observations({first['@iot.id']})", json={"result": 99.5}).raise_for_status()
    now = got(writing, f"Observations({first['@iot.id']})")
    assert (now["result"], now["phenomenonTime"]) == (99.5, first["phenomenonTime"])
    then = {"asof": last["recordedTime"]}
    assert [each["result"] for each in got(writing, path, params=then)["value"]] == [0, 0.25, 0.5]
    assert results(writing, path) == [0, 99.5, 0.5]
    assert got(writing, f"{path}?$count=true&$top=0")["@iot.count"] == 3
    writing.client.patch(
        f"{ROOT}/Observations({first['@iot.id']})", json={"qualityFlag": 4}
    ).raise_for_status()
    assert got(writing, f"Observations({first['@iot.id']})")["qualityFlag"] == 4
    assert writing.client.delete(f"{ROOT}/Observations({first['@iot.id']})").status_code == 200
    assert results(writing, path) == [0, 0.5]
    assert [each["result"] for each in got(writing, path, params={"asof": now["recordedTime"]})["value"]] == [
        0,
        99.5,
        0.5,
    ]
    with psycopg.connect(writing.dsn) as connection:
        kept = connection.execute(
            "select result_number, flag from observe.superseded where id = %s order by recorded_at",
            (first["@iot.id"],),
        ).fetchall()
    assert kept == [(0.25, 2), (99.5, 2), (99.5, 4)]


def test_a_request_sent_again_with_its_key_counts_once(writing: Served) -> None:
    thing = made(writing, "Things", station("重发", count=0))
    (level, _) = got(writing, f"{thing}/Datastreams?$orderby=id")["value"]
    path = f"Datastreams({level['@iot.id']})/Observations"
    value = {"phenomenonTime": "2026-05-01T00:00:00Z", "result": 1}
    one = made(writing, path, value, headers={"Idempotency-Key": "a"})
    made(writing, path, {**value, "result": 2}, headers={"Idempotency-Key": "b"})
    assert made(writing, path, value, headers={"Idempotency-Key": "a"}) == one
    assert results(writing, path) == [2]


def test_what_is_dated_ahead_is_refused_kept_and_replayed_where_forecasts_are_declared(
    writing: Served,
) -> None:
    thing = made(writing, "Things", station("预报", count=1))
    stream = got(writing, f"{thing}/Datastreams")["value"][0]["@iot.id"]
    held = got(writing, f"Datastreams({stream})/Observations?$count=true&$top=0")["@iot.count"]
    soon, late, later = (
        (datetime.now(BEIJING).replace(microsecond=0) + timedelta(hours=hours)).isoformat()
        for hours in (0.5, 30, 31)
    )
    single = {"phenomenonTime": late, "result": 7, "Datastream": {"@iot.id": stream}}
    for path in ("Observations", f"Datastreams({stream})/Observations"):
        refused = writing.client.post(f"{ROOT}/{path}", json=single)
        assert (refused.status_code, refused.json()["code"]) == (400, "clock-ahead")
        assert "forecast_horizon_s" in refused.json()["en"]
    array = {
        "Datastream": {"@iot.id": stream},
        "components": ["phenomenonTime", "result"],
        "dataArray": [[soon, 1], [later, 2]],
    }
    told = writing.client.post(f"{ROOT}/CreateObservations", json=[array]).json()
    assert [each == "error" for each in told] == [False, True]
    with connect(writing.dsn) as own:
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
        assert writing.client.patch(f"{ROOT}/Datastreams({stream})", json=declared).status_code == 200
        assert replayed() == {"replayed": 3}
    now = got(writing, f"Datastreams({stream})/Observations?$count=true&$top=0")["@iot.count"]
    assert now - held == 3
    answer = writing.client.post(f"{ROOT}/Observations", json={**single, "result": 8})
    assert answer.status_code == 201


def test_requests_with_values_are_kept_as_they_came_and_counted_once(writing: Served) -> None:
    thing = made(writing, "Things", station("原始请求", count=1))
    stream = got(writing, f"{thing}/Datastreams")["value"][0]["@iot.id"]
    values = f"Datastreams({stream})/Observations"

    def sent(path: str, body: bytes) -> int:
        headers = {"content-type": "application/json"}
        return writing.client.post(f"{ROOT}/{path}", content=body, headers=headers).status_code

    def count() -> int:
        return int(got(writing, f"{values}?$count=true&$top=0")["@iot.count"])

    with connect(writing.dsn) as own:

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


def test_a_value_is_not_moved_ahead_of_the_clock(writing: Served) -> None:
    thing = made(writing, "Things", station("移时", count=1))
    (value,) = got(writing, f"{thing}/Datastreams")["value"][:1]
    told = made(writing, f"Datastreams({value['@iot.id']})/Observations", {"result": 1})
    later = (datetime.now(BEIJING) + timedelta(days=2)).isoformat()
    refused = writing.client.patch(f"{ROOT}/{told}", json={"phenomenonTime": later})
    assert (refused.status_code, refused.json()["code"]) == (400, "clock-ahead")
    assert got(writing, told)["result"] == 1


def test_entities_are_changed_replaced_and_removed_with_what_hangs_on_them(writing: Served) -> None:
    thing = made(writing, "Things", station("一生", count=4))
    (level, rain) = got(writing, f"{thing}/Datastreams?$orderby=id")["value"]
    writing.client.patch(f"{ROOT}/{thing}", json={"description": "改"}).raise_for_status()
    assert got(writing, thing)["properties"]["built"] == 1998
    writing.client.put(f"{ROOT}/{thing}", json={"name": "新", "description": ""}).raise_for_status()
    assert "properties" not in got(writing, thing) and got(writing, thing)["name"] == "新"
    moved = made(writing, f"{thing}/Locations", place("新址", 118.7, 36.8))
    assert [each["name"] for each in got(writing, f"{thing}/Locations")["value"]] == ["新址"]
    assert len(got(writing, f"{thing}/HistoricalLocations")["value"]) == 2
    old = got(writing, f"Datastreams({level['@iot.id']})/Observations?$top=1&$expand=FeatureOfInterest")[
        "value"
    ][0]
    made(writing, f"Datastreams({level['@iot.id']})/Observations", {"result": 9})
    ask = f"Datastreams({level['@iot.id']})/Observations"
    ask += "?$orderby=phenomenonTime desc&$top=1&$expand=FeatureOfInterest"
    new = got(writing, ask)["value"][0]
    assert (old["FeatureOfInterest"]["name"], new["FeatureOfInterest"]["name"]) == ("一生处", "新址")
    assert writing.client.delete(f"{ROOT}/{thing}").status_code == 200
    for gone in (
        thing,
        f"Datastreams({level['@iot.id']})",
        f"Observations({old['@iot.id']})",
        f"Datastreams({rain['@iot.id']})",
    ):
        assert writing.get(f"{ROOT}/{gone}").status_code == 404
    assert writing.get(f"{ROOT}/{moved}").status_code == 200
    with psycopg.connect(writing.dsn) as connection:
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


def test_a_multi_datastream_gives_arrays(writing: Served) -> None:
    thing = made(writing, "Things", {"name": "气象站", "Locations": [place("处", 118.8, 36.9)]})
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
    multi = made(writing, f"{thing}/MultiDatastreams", document)
    found = got(writing, f"{multi}?$expand=ObservedProperties,Observations")
    assert [each["name"] for each in found["ObservedProperties"]] == ["风速", "风向"]
    (value,) = found["Observations"]
    assert (value["result"], value["phenomenonTime"]) == (
        [3.5, 270],
        "2026-03-01T00:00:00Z/2026-03-01T00:10:00Z",
    )
    assert "MultiDatastream@iot.navigationLink" in value and "Datastream@iot.navigationLink" not in value
    assert len(got(writing, f"{multi}/Observations?$filter=result/1 gt 200")["value"]) == 1
    for text, hits in (
        ("lt 2026-03-01T00:05:00Z", 0),
        ("lt 2026-03-01T00:10:00Z", 1),
        ("gt 2026-02-28T00:00:00Z", 1),
    ):
        ask = {"$filter": f"phenomenonTime {text}", "$count": "true"}
        page = got(writing, f"{multi}/Observations", params=ask)
        assert page["@iot.count"] == len(page["value"]) == hits
    for wrong in ({"result": 5}, {"result": {"a": 1}}):
        assert writing.client.post(f"{ROOT}/{multi}/Observations", json=wrong).status_code == 400
    assert (
        writing.client.post(
            f"{ROOT}/{thing}/MultiDatastreams", json={**document, "unitOfMeasurements": [UNIT]}
        ).status_code
        == 400
    )
    assert got(writing, f"{thing}/Datastreams")["value"] == []


def test_many_requests_in_one(writing: Served) -> None:
    requests = [
        {"id": "t", "atomicityGroup": "g", "method": "post", "url": "Things", "body": {"name": "批"}},
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
    answer = writing.client.post(f"{ROOT}/$batch", json={"requests": requests})
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
    assert writing.get(told["d"]["location"]).status_code == 200
    assert got(writing, "Things?$filter=name eq '不留'")["value"] == []


def test_who_may_not_read_a_layer_sees_nothing_of_its_things(town: Town) -> None:
    for layer in ("shared", "terms", "withheld"):
        answer = town.ask(
            "POST", "own editor", f"{ROOT}/Things", station(f"站-{layer}", layer=layer, count=2)
        )
        assert answer.status_code == 201, answer.text
    sets = ("Things", "Locations", "HistoricalLocations", "Datastreams", "Observations", "FeaturesOfInterest")
    for who, seen in (("anonymous", 1), ("stranger", 1), ("granted", 2), ("own reader", 3)):
        counts = {
            each: town.get(who, f"{ROOT}/{each}?$count=true&$top=0").json()["@iot.count"] for each in sets
        }
        assert counts == {
            each: seen * (2 if each in ("Datastreams", "Observations") else 1) for each in sets
        }, who
        names = {each["name"] for each in town.get(who, f"{ROOT}/Things").json()["value"]}
        assert len(names) == seen
        for path in (
            "Sensors?$filter=Datastreams/Thing/name eq '站-withheld'",
            "Sensors?$expand=Datastreams($expand=Thing)",
        ):
            shown = "站-withheld" in town.get(who, f"{ROOT}/{path}").text.replace(path, "")
            assert shown is (who == "own reader" and "$expand" in path), (who, path)
    terms = town.get("own reader", f"{ROOT}/Things?$filter=name eq '站-terms'").json()["value"][0]["@iot.id"]
    level = town.get("own reader", f"{ROOT}/Things({terms})/Datastreams").json()["value"][0]["@iot.id"]
    value = {"result": 1, "phenomenonTime": "2026-06-01T00:00:00Z"}
    for who, status in (
        ("anonymous", 401),
        ("stranger", 403),
        ("granted", 403),
        ("own reader", 403),
        ("lent editor", 201),
    ):
        assert (
            town.ask("POST", who, f"{ROOT}/Datastreams({level})/Observations", value).status_code == status
        ), who
    for who in ("stranger", "lent editor"):
        answer = town.ask("POST", who, f"{ROOT}/Things", {"name": "无主"})
        assert answer.status_code == 403, "a thing without a layer is the operator's"
    assert town.get("stranger", f"{ROOT}/Things({terms})").status_code == 404
    assert town.ask("PATCH", "granted", f"{ROOT}/Things({terms})", {"name": "x"}).status_code == 403
    move = {"properties": {"layer": "withheld"}}
    assert town.ask("PATCH", "lent editor", f"{ROOT}/Things({terms})", move).status_code == 403


def test_who_may_not_write_is_refused_among_those_who_may(town: Town) -> None:
    thing = made(town.served, "Things", station("站-同时", layer="terms", count=0), headers=_key(town))
    level = town.get("own reader", f"{ROOT}/{thing}/Datastreams").json()["value"][0]["@iot.id"]
    expected = {"lent editor": 201, "granted": 403, "anonymous": 401}

    def ask(place: int) -> tuple[str, int]:
        who = ("lent editor", "lent editor", "granted", "lent editor", "anonymous")[place % 5]
        value = {"result": place, "phenomenonTime": f"2026-06-02T{place // 60:02}:{place % 60:02}:00Z"}
        answer = town.ask("POST", who, f"{ROOT}/Datastreams({level})/Observations", value)
        return who, answer.status_code

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(ask, range(60)))
    assert all(status == expected[who] for who, status in answers), answers
    path = f"{ROOT}/Datastreams({level})/Observations?$count=true&$top=0"
    assert town.get("own reader", path).json()["@iot.count"] == 36


def _key(town: Town) -> dict[str, str]:
    return {"X-API-Key": town.keys["own editor"]}


@pytest.fixture(scope="module")
def writing(sensed: Served) -> Served:
    """The same server, for tests that make things of their own; they come after those that count."""
    return sensed


_INSIDE = (
    "$expand=Locations,HistoricalLocations($expand=Locations),Datastreams($expand=ObservedProperty,Sensor,"
    "Observations($expand=FeatureOfInterest))"
)
_NOW = ("phenomenonTime", "resultTime")
"""Of a datastream: computed from the values it has now."""


def timeless(thing: dict[str, Any]) -> dict[str, Any]:
    streams = [{k: v for k, v in each.items() if k not in _NOW} for each in thing["Datastreams"]]
    return {**thing, "Datastreams": streams}


def clock(served: Served) -> str:
    with psycopg.connect(served.dsn) as connection:
        ((now,),) = connection.execute("select clock_timestamp()").fetchall()
    return str(now.astimezone(UTC).isoformat())


def test_what_was_removed_is_read_as_it_was_known(writing: Served) -> None:
    thing = made(writing, "Things", station("将撤站", 118.71, 36.83, count=5))
    whole = f"{thing}?{_INSIDE}"
    first = got(writing, whole)
    at_first = clock(writing)
    writing.client.patch(f"{ROOT}/{thing}", json={"name": "改名站"})
    moved = place("新处", 118.72, 36.84)
    writing.client.patch(f"{ROOT}/{thing}", json={"Locations": [moved]})
    stream = first["Datastreams"][0]["@iot.id"]
    writing.client.patch(f"{ROOT}/Datastreams({stream})", json={"description": "换了探头"})
    second = got(writing, whole)
    assert second["name"] == "改名站" and second["Locations"][0]["name"] == "新处"
    at_second = clock(writing)
    assert got(writing, f"{whole}&asof={at_first}".replace("+", "%2B")) == {**first, "Datastreams": [
        {**each, **{k: second["Datastreams"][n][k] for k in _NOW if k in second["Datastreams"][n]}}
        for n, each in enumerate(first["Datastreams"])
    ]}  # fmt: skip
    assert writing.client.delete(f"{ROOT}/{thing}").status_code == 200
    for path in (thing, f"Datastreams({stream})", f"Datastreams({stream})/Observations"):
        assert writing.get(f"{ROOT}/{path}").status_code == 404
    for asof, expected in ((at_first, first), (at_second, second)):
        told = got(writing, f"{whole}&asof={asof}".replace("+", "%2B"))
        assert timeless(told) == timeless(expected)
        values = got(writing, f"Datastreams({stream})/Observations?asof={asof}".replace("+", "%2B"))
        assert [each["result"] for each in values["value"]] == [0, 0.25, 0.5, 0.75, 1.0]
    named = f"Things?$filter=name eq '将撤站'&$count=true&asof={at_first}".replace("+", "%2B")
    assert [each["@iot.id"] for each in got(writing, named)["value"]] == [first["@iot.id"]]
    before = f"{thing}?asof=2020-01-01"
    assert writing.get(f"{ROOT}/{before}").status_code == 404, "nobody knew of it then"


def test_the_past_of_a_thing_is_for_who_may_read_its_layer_now(town: Town) -> None:
    document = station("移密站", layer="shared", count=2)
    answer = town.ask("POST", "own editor", f"{ROOT}/Things", document)
    thing = answer.headers["location"].partition(ROOT)[2]
    open_then = clock(town.served)
    path = f"{ROOT}{thing}?asof={open_then}".replace("+", "%2B")
    assert town.get("anonymous", path).status_code == 200
    moved = town.ask("PATCH", "own editor", f"{ROOT}{thing}", {"properties": {"layer": "withheld"}})
    assert moved.status_code == 200, moved.text
    assert [town.get(who, path).status_code for who in ("anonymous", "own reader")] == [404, 200]
    assert town.ask("DELETE", "own editor", f"{ROOT}{thing}", None).status_code == 200
    assert [town.get(who, path).status_code for who in ("anonymous", "own reader")] == [404, 200]
