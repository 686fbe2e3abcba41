"""SensorThings 1.1 over HTTP: orders, pages and paths over values of several months, against plain Python."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import orjson
import psycopg
import pytest
from api_serving import Served, database_of, server
from sensor_requests import ROOT, clock, got, made, station

from spatial.database import connect
from spatial.datum.clock import BEIJING, parse_instant
from spatial.observe import series
from spatial.observe.model import Reading
from spatial.observe.things import streams_sql, text
from spatial.observe.things.model import SETS
from spatial.observe.things.reached_sql import Scope
from spatial.observe.things.reading_sql import page

FIRST = datetime(2025, 11, 3, tzinfo=BEIJING)
NUMBERS = range(300)
LEVEL, RAIN, OTHER = 1, 2, 3
"""Datastreams: rain has many equal numbers over five months, and a result time for every third."""
SENT = {FIRST + timedelta(hours=12 * number): float(number % 4) for number in NUMBERS}
POLYGON = "POLYGON((118.7 36.8,118.85 36.8,118.85 37,118.7 37,118.7 36.8))"
Page = list[dict[str, Any]]


@pytest.fixture(scope="module")
def sensed(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Two stations; that of Mi River has rain of five months beside 40 levels, the other one five levels."""
    log = tmp_path_factory.mktemp("orders") / "server.log"
    with database_of(server_dsn, template) as dsn, server(dsn, log) as running:
        made(running, "Things", station("弥河寒桥", count=40))
        made(running, "Things", station("丹河", 118.9, 36.95, count=5))
        with connect(dsn) as connection:
            series.record(
                connection,
                [
                    Reading(RAIN, time, number, result_time=time if place % 3 == 0 else None)
                    for place, (time, number) in enumerate(SENT.items())
                ],
            )
        yield running
        assert "unexpected failure" not in log.read_text()


def all_of(served: Served, path: str) -> Page:
    """Every entity, page by page."""
    found: Page = []
    following: str | None = f"{ROOT}/{path}"
    while following:
        answer = served.get(following)
        assert answer.status_code == 200, answer.text
        found += answer.json()["value"]
        following = answer.json().get("@iot.nextLink")
    return found


@pytest.mark.parametrize("path", [f"Datastreams({RAIN})/Observations", "Observations"])
@pytest.mark.parametrize("order", ["result", "result desc", "qualityFlag", "resultTime desc", "result mod 2"])
def test_pages_of_equal_values_miss_nothing(sensed: Served, path: str, order: str) -> None:
    ids = [each["@iot.id"] for each in all_of(sensed, f"{path}?$orderby={order}&$top=7")]
    assert len(ids) == len(set(ids)) == len(NUMBERS) + (45 if path == "Observations" else 0)


def test_what_has_no_value_is_first_and_where_an_order_descends_last(sensed: Served) -> None:
    path = f"Datastreams({RAIN})/Observations?$top=1000&$orderby=resultTime"
    rising = [each["resultTime"] for each in got(sensed, path)["value"]]
    falling = [each["resultTime"] for each in got(sensed, f"{path} desc")["value"]]
    known = sorted(each for each in rising if each is not None)
    assert len(known) == 100
    assert rising == [None] * 200 + known
    assert falling == known[::-1] + [None] * 200
    streams = [each["@iot.id"] for each in got(sensed, "Datastreams?$orderby=phenomenonTime desc")["value"]]
    assert streams == [OTHER, LEVEL, RAIN, 4] or streams == [LEVEL, OTHER, RAIN, 4]


def test_values_are_found_by_the_time_of_their_results(sensed: Served) -> None:
    known = [time for place, time in enumerate(SENT) if place % 3 == 0]
    low, high = known[20], known[61]
    for place in (f"Datastreams({RAIN})/Observations", "Observations"):
        asked = f"resultTime ge {_url(low)} and resultTime lt {_url(high)}"
        found = got(sensed, f"{place}?$filter={asked}&$orderby=resultTime desc&$top=1000&$count=true")
        assert found["@iot.count"] == 41
        assert [parse_instant(each["resultTime"]) for each in found["value"]] == known[60:19:-1]
    with psycopg.connect(sensed.dsn) as connection:
        ((held, lacking),) = connection.execute(
            "select count(*), count(*) filter (where pg_get_indexdef(i.indexrelid) is null)"
            " from pg_partition_tree('observe.observation') p left join pg_index i on i.indrelid = p.relid"
            " and pg_get_indexdef(i.indexrelid) like '%brin (result_time)%'"
        ).fetchall()
    assert held > 1 and lacking == 0


def _url(time: datetime) -> str:
    return time.isoformat().replace("+", "%2B")


@pytest.mark.parametrize(("order", "reverse"), [("phenomenonTime", False), ("phenomenonTime desc", True)])
@pytest.mark.parametrize("skip", [0, 130, 299, 300])
def test_values_of_one_datastream_in_the_order_of_time(
    sensed: Served, order: str, reverse: bool, skip: int
) -> None:
    expected = sorted(SENT.items(), reverse=reverse)[skip : skip + 50]
    for path in (
        f"Datastreams({RAIN})",
        f"Things(1)/Datastreams({RAIN})",
        f"Locations(1)/Things(1)/Datastreams({RAIN})",
    ):
        found = got(sensed, f"{path}/Observations?$orderby={order}&$skip={skip}&$top=50")["value"]
        assert [(_start(each), each["result"]) for each in found] == expected
    half = FIRST + timedelta(days=60)
    asked = f"result eq 2 and phenomenonTime ge {_url(half)}"
    found = got(sensed, f"Datastreams({RAIN})/Observations?$filter={asked}&$orderby={order}")["value"]
    matching = [each for each in SENT.items() if each[1] == 2 and each[0] >= half]
    assert [(_start(each), each["result"]) for each in found] == sorted(matching, reverse=reverse)


def _start(observation: dict[str, Any]) -> datetime:
    return parse_instant(observation["phenomenonTime"])


BEHIND = {
    "Datastream/name eq '水位'": 45,
    "Datastream/Thing/name eq '弥河寒桥'": 340,
    "Datastream/Thing/name eq '弥河寒桥' and result lt 1": 4 + 75,
    "not (Datastream/Thing/name eq '弥河寒桥')": 5,
    "Datastream/Thing/name eq '丹河' or Datastream/ObservedProperty/name eq 'rain'": 305,
    "Datastream/Thing/Locations/name eq '丹河处'": 5,
    "Datastream/Thing/name eq Datastream/name": 0,
    "Datastream/Sensor/name eq '雷达水位计' and Datastream/name eq '雨量'": 300,
    f"st_within(FeatureOfInterest/feature, geography'{POLYGON}')": 340,
    "FeatureOfInterest/name eq '弥河寒桥处' and Datastream/name eq '水位'": 40,
    "FeatureOfInterest/id eq 2": 5,
    "Datastream/name eq '水位' and FeatureOfInterest/id lt 2": 40,
    "Datastream/properties/nothing eq null": 345,
    "MultiDatastream/name eq '水位'": 0,
    "MultiDatastream/id eq 1": 0,
    "Datastream/id eq 1": 40,
    "2 eq Datastream/id": 300,
    "2 le Datastream/id and Datastream/id lt 3": 300,
    "Datastream/id eq 1.5": 0,
    "Datastream/id ne 1.5": 345,
    "Datastream/id gt 2.5": 5,
    "Datastream/id eq 99999999999": 0,
    "Datastream/Thing/id eq 2": 5,
}


@pytest.mark.parametrize("asked", BEHIND)
def test_filters_behind_links_find_the_same_of_few_datastreams_and_of_many(
    sensed: Served, asked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"$filter": asked, "$count": "true", "$top": "1000", "$orderby": "phenomenonTime desc"}
    options = text.options(given, SETS["Observations"])
    told = []
    for few in (streams_sql.FEW, 0):
        monkeypatch.setattr(streams_sql, "FEW", few)
        statement = page(text.address("Observations"), options, Scope("http://x", None))
        with psycopg.connect(sensed.dsn) as connection:
            told.append(connection.execute(statement.sql, statement.params).fetchone())
    assert told[0] == told[1]
    found = got(sensed, f"Observations?$filter={asked}&$count=true&$top=1000&$orderby=phenomenonTime desc")
    times = [each["phenomenonTime"] for each in found["value"]]
    assert len(times) == found["@iot.count"] == BEHIND[asked]
    assert times == sorted(times, reverse=True)
    for place in (0, 3):
        piece = got(sensed, f"Observations?$filter={asked}&$top=2&$skip={place}&$orderby=phenomenonTime desc")
        assert piece["value"] == found["value"][place : place + 2]


ORDERS: dict[str, list[tuple[str, bool]]] = {
    "Datastream/Thing/name": [("thing", False)],
    "Datastream/Thing/name desc": [("thing", True)],
    "Datastream/name desc,phenomenonTime": [("stream", True), ("time", False)],
    "Datastream/Thing/name,Datastream/name desc,result desc": [
        ("thing", False), ("stream", True), ("result", True),
    ],
    "Datastream/Thing/name,FeatureOfInterest/name desc": [("thing", False), ("feature", True)],
    "FeatureOfInterest/name desc,phenomenonTime desc": [("feature", True), ("time", True)],
    "Datastream/properties/nothing,Datastream/id desc": [("id", True)],
    "length(Datastream/Thing/name) desc": [("length", True)],
    "Datastream/Thing/properties/built": [],
}  # fmt: skip


def _members(value: dict[str, Any]) -> dict[str, Any]:
    stream = value["Datastream"]
    return {
        "thing": stream["Thing"]["name"],
        "length": len(stream["Thing"]["name"]),
        "stream": stream["name"],
        "id": stream["@iot.id"],
        "feature": value["FeatureOfInterest"]["name"],
        "time": _start(value),
        "result": value["result"],
    }


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("asked", ["", "result ge 2", "Datastream/name eq '雨量' and result lt 3"])
def test_orders_by_what_is_behind_links_are_those_of_plain_python(
    sensed: Served, order: str, asked: str
) -> None:
    """On every page; of equal ones the earlier value first, the later one where the last key descends."""
    expand = "$expand=Datastream($expand=Thing),FeatureOfInterest"
    narrowed = f"&$filter={asked}" if asked else ""
    values = [
        (_members(value), value["@iot.id"])
        for value in all_of(sensed, f"Observations?{expand}&$top=500{narrowed}")
    ]
    down = order.endswith(" desc")
    values.sort(key=lambda each: (each[0]["time"], each[0]["id"]), reverse=down)
    for name, descending in reversed(ORDERS[order]):
        values.sort(key=lambda each: each[0][name], reverse=descending)
    expected = [number for _, number in values]
    for skip, top in ((0, 5), (0, 1000), (38, 9), (len(expected) - 3, 10), (len(expected), 4)):
        path = f"Observations?$orderby={order}&$skip={skip}&$top={top}&$count=true{narrowed}"
        found = got(sensed, path)
        assert [each["@iot.id"] for each in found["value"]] == expected[skip : skip + top], path
        assert found["@iot.count"] == len(expected)
        assert ("@iot.nextLink" in found) is (skip + top < len(expected))


def test_an_order_by_what_is_behind_links_reads_what_it_tells_alone(server_dsn: str, template: str) -> None:
    """Of forty stations with 2,000 values each: the page is right, and few rows are read for it."""
    with database_of(server_dsn, template) as dsn, connect(dsn) as connection:
        connection.execute(
            "insert into observe.sensor (name, encoding_type, metadata) values ('s', 'text/plain', '1');"
            "insert into observe.thing (name) select 't' || (n * 7 % 41) from generate_series(1, 40) n;"
            "insert into observe.datastream (name, observation_type, unit, thing, sensor)"
            " select 'd', 'm', '{}', id, 1 from observe.thing order by id"
        )
        for stream in range(1, 41):
            times = [(FIRST + timedelta(minutes=5 * step)).isoformat() for step in range(2000)]
            lines = [f"{n}\t{stream}\t{time}\t{n % 9}" for n, time in enumerate(times)]
            series.record_numbers(connection, lines)
        connection.commit()
        connection.execute("analyze")
        names = dict(connection.execute("select id, name from observe.thing").fetchall())
        rank = sorted(names, key=names.__getitem__, reverse=True)
        for query, expected in (
            ({"$top": "60"}, [rank[0]] * 60),
            ({"$top": "60", "$skip": "1990"}, [rank[0]] * 10 + [rank[1]] * 50),
            ({"$top": "60", "$filter": "result eq 8"}, [rank[0]] * 60),
            ({"$top": "60", "$filter": f"Datastream/id eq {rank[5]}"}, [rank[5]] * 60),
        ):
            options = text.options({"$orderby": "Datastream/Thing/name desc", **query}, SETS["Observations"])
            statement = page(text.address("Observations"), options, Scope("http://x", None))
            (told, *_) = connection.execute(statement.sql, statement.params).fetchone() or ("",)
            streams = [
                connection.execute(
                    "select datastream from observe.observation where id = %s", (each["@iot.id"],)
                ).fetchone()
                for each in orjson.loads(f"[{told}]")
            ]
            assert streams == [(number,) for number in expected]
            ((plan,),) = connection.execute(
                f"explain (analyze, format json) {statement.sql}", statement.params
            ).fetchall()
            assert _read_rows(plan[0]["Plan"]) < 20_000, "of 80,000"


def _read_rows(plan: dict[str, Any]) -> float:
    """Rows that scans of values gave or looked at in vain."""
    own = 0.0
    if str(plan.get("Relation Name", "")).startswith("observation_"):
        own = plan["Actual Loops"] * (plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0))
    return own + sum(map(_read_rows, plan.get("Plans", [])))


def test_a_value_is_found_by_its_number_whichever_way_it_is_asked_for(sensed: Served) -> None:
    for value in got(sensed, f"Datastreams({RAIN})/Observations?$top=1000")["value"][:: len(NUMBERS) - 1]:
        number = value["@iot.id"]
        for path in (
            f"Observations({number})",
            f"Datastreams({RAIN})/Observations({number})",
            f"Things(1)/Datastreams({RAIN})/Observations({number})",
        ):
            assert got(sensed, path) == value
        assert sensed.get(f"{ROOT}/Datastreams({LEVEL})/Observations({number})").status_code == 404
        assert got(sensed, f"Observations({number})/Datastream/Thing")["name"] == "弥河寒桥"
        assert got(sensed, f"Observations({number})/FeatureOfInterest")["name"] == "弥河寒桥处"
        for asked in (f"id eq {number}", f"{number} eq id", f"@iot.id eq {number} and result ge 0"):
            assert got(sensed, f"Observations?$filter={asked}")["value"] == [value]
        others = got(sensed, f"Observations?$filter=not (id eq {number})&$count=true&$top=0")
        assert others["@iot.count"] == len(NUMBERS) + 45 - 1
        (stream,) = got(sensed, f"Datastreams?$filter=Observations/id eq {number}")["value"]
        assert stream["@iot.id"] == RAIN


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (f"Things?$filter=st_within(Locations/location, geography'{POLYGON}')", [1]),
        ("Things?$filter=Datastreams/ObservedProperty/name eq 'rain'", [1, 2]),
        ("Things?$filter=HistoricalLocations/Locations/name eq '丹河处'", [2]),
        ("Locations?$filter=Things/Datastreams/Observations/result eq 9", [1]),
        ("Locations?$filter=HistoricalLocations/Thing/name eq '丹河'", [2]),
        ("ObservedProperties?$filter=Datastreams/Thing/name eq '丹河'", [3, 4]),
        ("ObservedProperties(3)/Datastreams", [3]),
        ("FeaturesOfInterest?$filter=Observations/Datastream/name eq '雨量'", [1]),
        ("Things(2)/Locations", [2]),
        ("Things(2)/HistoricalLocations(2)/Locations", [2]),
        ("Locations(2)/Things(2)/Datastreams", [3, 4]),
        ("Locations(1)/Things(2)/Datastreams", None),
    ],
)
def test_links_that_stand_in_tables_of_their_own(
    sensed: Served, path: str, expected: list[int] | None
) -> None:
    answer = sensed.get(f"{ROOT}/{path}")
    assert (answer.status_code == 404) == (expected is None)
    if expected is not None:
        assert sorted(each["@iot.id"] for each in answer.json()["value"]) == expected


def test_features_tell_what_was_observed_of_them(sensed: Served) -> None:
    newest = "Observations($orderby=phenomenonTime desc;$top=3;$count=true)"
    one, other = got(sensed, f"FeaturesOfInterest?$expand={newest}&$orderby=id")["value"]
    assert (one["Observations@iot.count"], other["Observations@iot.count"]) == (340, 5)
    for feature in (one, other):
        path = f"FeaturesOfInterest({feature['@iot.id']})/Observations"
        every = all_of(sensed, f"{path}?$orderby=phenomenonTime desc&$top=50")
        times = [each["phenomenonTime"] for each in every]
        assert times == sorted(times, reverse=True)
        assert len(every) == feature["Observations@iot.count"]
        assert every[:3] == feature["Observations"]
        large = got(sensed, f"{path}?$filter=result ge 3 and Datastream/name eq '水位'&$top=1000")["value"]
        assert [each["result"] for each in large] == [each / 4 for each in range(12, 40)][: len(large)]
    assert sensed.get(f"{ROOT}/FeaturesOfInterest(99)/Observations").status_code == 404


def test_what_follows_inside_an_answer_of_the_past_is_of_the_past(sensed: Served) -> None:
    thing = made(sensed, "Things", station("弥河北洛", 118.85, 36.95, count=6))
    (level, *_) = got(sensed, f"{thing}/Datastreams?$orderby=id")["value"]
    then = clock(sensed)
    path = f"Datastreams({level['@iot.id']})/Observations"
    for hour in range(6):
        made(sensed, path, {"phenomenonTime": f"2026-03-01T{hour:02}:00:00Z", "result": 100 + hour})
    asof = then.replace("+", "%2B")
    (told, *_) = got(sensed, f"{thing}/Datastreams?$expand=Observations($top=4)&$orderby=id&asof={asof}")[
        "value"
    ]
    following = sensed.get(told["Observations@iot.nextLink"]).json()["value"]
    results = [each["result"] for each in told["Observations"] + following]
    assert results == [each / 4 for each in range(6)]


ASKED = (
    "Datastreams({stream})/Observations?$orderby={order}&$skip={skip}&$top=9",
    "Observations?$filter=Datastream/id eq {stream}&$orderby={order}&$skip={skip}&$top=9",
    "Observations?$filter=Datastream/Thing/name eq '弥河大沂路'&$orderby={order}&$skip={skip}&$top=9",
    "Datastreams({stream})?$expand=Observations($orderby={order};$skip={skip};$top=9)",
)


def test_pages_of_the_past_are_what_was_told_then(sensed: Served) -> None:
    thing = made(sensed, "Things", station("弥河大沂路", 118.9, 36.85, count=30))
    (level, *_) = got(sensed, f"{thing}/Datastreams?$orderby=id")["value"]
    stream = level["@iot.id"]
    paths = [
        each.format(stream=stream, order=order, skip=skip)
        for each in ASKED
        for order in ("phenomenonTime", "phenomenonTime desc", "result desc", "qualityFlag")
        for skip in (0, 8, 25)
    ]
    then, told = clock(sensed), [_values(sensed, path) for path in paths]
    path = f"Datastreams({stream})/Observations"
    for hour in range(3, 40, 4):
        time = f"2026-03-{1 + hour // 24:02}T{hour % 24:02}:00:00Z"
        made(sensed, path, {"phenomenonTime": time, "result": 50 - hour, "qualityFlag": 3})
    for each in got(sensed, f"{path}?$filter=result le 1&$top=3")["value"]:
        assert sensed.client.delete(f"{ROOT}/Observations({each['@iot.id']})").status_code == 200
    assert [_values(sensed, path) for path in paths] != told
    asof = then.replace("+", "%2B")
    assert [_values(sensed, f"{path}{'&' if '?' in path else '?'}asof={asof}") for path in paths] == told


def _values(served: Served, path: str) -> Page:
    found = got(served, path)
    values: Page = found["value"] if "value" in found else found["Observations"]
    return values


def test_counts_and_pages_where_values_have_spans(sensed: Served) -> None:
    """No roll-up knows an end: there the values are counted, and of nothing but a count no page is made."""
    for hour in range(6):
        time = f"2026-04-01T{hour:02}:00:00Z/2026-04-01T{hour + 2:02}:00:00Z"
        made(sensed, "Datastreams(2)/Observations", {"phenomenonTime": time, "result": hour})
    until = "phenomenonTime ge 2026-04-01T00:00:00Z and phenomenonTime lt 2026-04-01T05:00:00Z"
    for path, count in (
        ("Datastreams(2)/Observations", 4),
        ("Observations", 4),
        ("Datastreams(1)/Observations", 0),
    ):
        for top in ("0", "2"):
            answer = got(sensed, path, params={"$filter": until, "$count": "true", "$top": top})
            assert (answer["@iot.count"], len(answer["value"])) == (count, min(count, int(top)))
    for more in ({"$resultFormat": "dataArray"}, {"$expand": "Datastream"}, {"$orderby": "result desc"}):
        answer = got(sensed, "Observations", params={"$count": "true", "$top": "0", **more})
        assert answer == {"@iot.count": answer["@iot.count"], "value": []} and answer["@iot.count"] >= 6
