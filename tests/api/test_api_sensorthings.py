"""SensorThings 1.1 over HTTP: what is read against plain Python over what was sent, and what is refused."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from api_serving import Served
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sensor_requests import ROOT, got, observations

from spatial.datum.clock import BEIJING


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
    value = got(sensed, "Datastreams(1)/Observations?$top=1&$select=id")["value"][0]["@iot.id"]
    for nothing in ("resultTime", "validTime", "parameters", "validTime/$value"):
        answer = sensed.get(f"{ROOT}/Observations({value})/{nothing}")
        assert (answer.status_code, answer.content) == (204, b""), nothing
    assert sensed.get(f"{ROOT}/Observations({value})/result").status_code == 200
    assert sensed.get(f"{ROOT}/Observations({value})/nothing").status_code == 404
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


def test_references_are_filtered_ordered_and_counted(sensed: Served) -> None:
    root = got(sensed, "Things(1)/$ref")["@iot.selfLink"].removesuffix("Things(1)")
    one = got(sensed, "Things/$ref", params={"$filter": "id eq 2"})
    assert one == {"value": [{"@iot.selfLink": f"{root}Things(2)"}]}
    asked = {"$orderby": "result desc", "$filter": "result lt 1", "$count": "true", "$top": "2"}
    page = got(sensed, "Datastreams(1)/Observations/$ref", params=asked)
    whole = got(sensed, "Datastreams(1)/Observations", params=asked)
    assert page["@iot.count"] == whole["@iot.count"] == 4
    assert page["value"] == [{"@iot.selfLink": each["@iot.selfLink"]} for each in whole["value"]]
    following = sensed.client.get(page["@iot.nextLink"]).json()
    assert len(following["value"]) == 2 and "@iot.nextLink" not in following
    assert got(sensed, "Things(2)/@iot.id") == {"@iot.id": 2}


@pytest.mark.parametrize(
    ("query", "option"),
    [
        ("$filter=", "$filter"),
        ("$filter=nope eq 1", "$filter"),
        ("$filter=name gt null", "$filter"),
        ("$orderby=nope", "$orderby"),
        ("$orderby=name add 1", "$orderby"),
        ("$select=nope", "$select"),
        ("$expand=nope", "$expand"),
        ("$expand=Datastreams($orderby=nope)", "$orderby"),
        ("$expand=Datastreams($filter=name gt 1)", "$filter"),
        ("$expand=Datastreams($top=x)", "$top"),
        ("$expand=Datastreams($foo=1)", "$expand"),
        ("$skip=-1", "$skip"),
        ("$count=1", "$count"),
    ],
)
def test_a_refusal_names_the_option_at_fault(sensed: Served, query: str, option: str) -> None:
    answer = sensed.get(f"{ROOT}/Things?{query}")
    assert answer.status_code == 400, answer.text
    told = answer.json()
    assert told["parameter"] == option and option in told["zh"] and option in told["en"]
