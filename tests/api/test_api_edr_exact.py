"""EDR 1.1 as an exacting client asks: answers against SQL, formats, flags, pages, what was known before."""

from __future__ import annotations

import csv
import io
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
import shapely
from api_serving import Served, until
from coverage_reader import Value, collection, features, flagged, values
from edr_gauges import HOURS, PLACES, SENT, T0, UNITS, asked, gauge
from edr_gauges import gauged as gauged
from guarded_town import Town
from sensor_requests import ROOT, UNIT, clock, made, place, stream

LATE = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def failed(gauged: Served) -> Iterator[int]:
    """Values of every flag in April at the station G4; the number of their datastream."""
    path = f"{ROOT}/Datastreams?$filter=properties/key eq 'G4-level'"
    number = gauged.get(path).json()["value"][0]["@iot.id"]
    for hour, flag in enumerate((1, 2, 3, 4)):
        time = (LATE + timedelta(hours=hour)).isoformat()
        document = {"phenomenonTime": time, "result": hour * 1.1, "qualityFlag": flag}
        made(gauged, f"Datastreams({number})/Observations", document)
    missing = {"phenomenonTime": (LATE + timedelta(hours=4)).isoformat(), "result": None}
    made(gauged, f"Datastreams({number})/Observations", missing)
    yield number
    after = f"$filter=phenomenonTime ge {LATE.isoformat().replace('+', '%2B')}"
    for each in gauged.get(f"{ROOT}/Datastreams({number})/Observations?{after}").json()["value"]:
        assert gauged.client.delete(f"{ROOT}/Observations({each['@iot.id']})").status_code == 200


def held(dsn: str) -> list[tuple[Value, int]]:
    """Everything that the store believes, with flags, read without any of the platform's code."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(
            "select t.properties ->> 'key', ST_X(f.geom), ST_Y(f.geom), p.properties ->> 'key',"
            " o.phenomenon_time, o.result_number, o.flag from observe.observation o"
            " join observe.datastream d on d.id = o.datastream join observe.thing t on t.id = d.thing"
            " join observe.feature f on f.id = o.feature"
            " join observe.datastream_property x on x.datastream = d.id"
            " join observe.observed_property p on p.id = x.observed_property"
        ).fetchall()
    return [(row[:6], row[6]) for row in rows]


def shape(dice: random.Random) -> shapely.Geometry:
    """A box with a hole or without, or two boxes."""

    def box(wide: float) -> shapely.Polygon:
        x, y = dice.uniform(118.6, 119.0), dice.uniform(36.7, 37.1)
        return shapely.box(x - wide, y - wide, x + wide, y + wide)

    outer = box(dice.uniform(0.02, 0.4))
    kind = dice.randrange(3)
    if kind == 0:
        return outer
    if kind == 1:
        x, y = outer.centroid.coords[0]
        inner = shapely.box(x - 0.05, y - 0.05, x + 0.05, y + 0.05)
        return outer.difference(inner) if outer.contains(inner) else outer
    return shapely.union_all([box(0.1), box(0.1)])


def times(dice: random.Random) -> tuple[dict[str, str], datetime, datetime]:
    """``datetime`` of some kind, and the instants that it holds, both included."""
    begin = T0 + timedelta(minutes=dice.randrange(0, HOURS * 60))
    end = begin + timedelta(minutes=dice.randrange(0, 600))
    ever = (datetime(1900, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC))
    hour = begin.replace(minute=0)
    return dice.choice(
        [
            ({}, *ever),
            ({"datetime": hour.isoformat()}, hour, hour),
            ({"datetime": f"{begin.isoformat()}/{end.isoformat()}"}, begin, end),
            ({"datetime": f"{hour.isoformat()}/.."}, hour, ever[1]),
            ({"datetime": f"/{hour.isoformat()}"}, ever[0], hour),
            ({"datetime": "2026-03-01"}, T0, T0 + timedelta(days=1, microseconds=-1)),
        ]
    )


def test_every_answer_is_what_sql_finds(gauged: Served, failed: int) -> None:
    everything = held(gauged.dsn)
    dice, told = random.Random(7), 0
    for _ in range(60):
        area = shape(dice)
        query: dict[str, Any]
        query, begin, end = times(dice)
        names = dice.choice([("level",), ("rain",), ("level", "rain"), ()])
        flags = dice.choice([None, (1, 2, 3, 4, 9), (4,), (9,)])
        if names:
            query["parameter-name"] = ",".join(names)
        if flags:
            query["flags"] = ",".join(map(str, flags))
        expected = sorted(
            (
                (value, flag)
                for value, flag in everything
                if area.intersects(shapely.Point(value[1:3]))
                and begin <= value[4] <= end
                and value[3] in (names or UNITS)
                and flag in (flags or (1, 2, 3))
            ),
            key=lambda each: each[0][:5],
        )
        query["coords"] = area.wkt
        answer = gauged.get("/collections/gauges/area", params=query).json()
        assert sorted(values(answer), key=lambda each: each[:5]) == [value for value, _ in expected], query
        if flags and expected:
            marks = sorted(flagged(answer), key=lambda each: each[:3])
            assert [each[4] for each in marks] == [
                flag for _, flag in sorted(expected, key=lambda each: (each[0][0], *each[0][3:5]))
            ]
        found = gauged.get("/collections/gauges/area", params={**query, "f": "GeoJSON"}).json()
        assert sorted(features(found), key=lambda each: each[:5]) == [value for value, _ in expected]
        assert all(("flags" in each["properties"]) is bool(flags) for each in found["features"])
        told += bool(expected)
    assert told > 20, "most of them find something"


def test_numbers_are_told_to_the_last_bit(gauged: Served) -> None:
    path = f"{ROOT}/Datastreams?$filter=properties/key eq 'G4-level'"
    number = gauged.get(path).json()["value"][0]["@iot.id"]
    exact = [0.1 + 0.2, 1e-300, 1.7976931348623157e308, 5e-324, 2**53 + 2.0]
    for hour, value in enumerate(exact):
        document = {"phenomenonTime": (LATE + timedelta(days=9, hours=hour)).isoformat(), "result": value}
        made(gauged, f"Datastreams({number})/Observations", document)
    query = {"datetime": "2026-04-10/2026-04-11", "flags": "1,2,3"}
    read = [each[5] for each in asked(gauged, "locations/G4", **query)]
    assert [float(each or 0) for each in read] == exact
    text = gauged.get("/collections/gauges/locations/G4", params={**query, "f": "CSV"})
    rows = list(csv.DictReader(io.StringIO(text.content.decode("utf-8-sig"))))
    assert [float(row["value"]) for row in rows] == exact
    after = "$filter=phenomenonTime ge 2026-04-09T00:00:00Z"
    for each in gauged.get(f"{ROOT}/Datastreams({number})/Observations?{after}").json()["value"]:
        assert gauged.client.delete(f"{ROOT}/Observations({each['@iot.id']})").status_code == 200


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("*/*", "application/prs.coverage+json"),
        ("application/json", "application/prs.coverage+json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/prs.coverage+json"),
        ("application/geo+json", "application/geo+json"),
        ("text/csv;q=0.9, application/geo+json;q=0.4", "text/csv"),
        ("image/png, text/csv;q=0.1", "text/csv"),
    ],
)
def test_the_format_is_what_is_accepted(gauged: Served, accept: str, kind: str) -> None:
    answer = gauged.get("/collections/gauges/cube?bbox=118,36,120,38", headers={"accept": accept})
    assert answer.headers["content-type"].startswith(kind)
    assert "Accept" in answer.headers["vary"]
    asked_for = gauged.get("/collections/gauges/cube?bbox=118,36,120,38&f=CSV", headers={"accept": accept})
    assert asked_for.headers["content-type"].startswith("text/csv"), "f decides"


def test_what_cannot_be_made_is_not_acceptable(gauged: Served) -> None:
    for path in ("cube?bbox=118,36,120,38", "locations", "locations/G1"):
        answer = gauged.get(f"/collections/gauges/{path}", headers={"accept": "image/png"})
        assert (answer.status_code, answer.json()["code"]) == (406, "not-acceptable"), path


def test_stations_are_listed_in_pages(gauged: Served) -> None:
    found, path, pages = [], "/collections/gauges/locations?limit=2", 0
    while path:
        document = gauged.client.get(path).json()
        collection(document)
        assert document["numberMatched"] == len(PLACES)
        found += [each["id"] for each in document["features"]]
        further = [each["href"] for each in document["links"] if each["rel"] == "next"]
        path, pages = further[0] if further else "", pages + 1
    assert (found, pages) == (sorted(PLACES), 3)


def test_stations_are_listed_by_what_they_measure_and_when(gauged: Served) -> None:
    def keys(**parameters: str) -> set[str]:
        told = gauged.get("/collections/gauges/locations", params=parameters).json()
        collection(told)
        assert told["numberMatched"] == len(told["features"])
        return {each["id"] for each in told["features"]}

    assert keys(**{"parameter-name": "rain"}) == {each[0] for each in SENT if each[3] == "rain"}
    assert keys(**{"parameter-name": "rain,level"}) == keys() == set(PLACES)
    assert keys(datetime="2026-03-01") == keys(datetime="2026-03-02/..") == set(PLACES)
    assert keys(datetime="2026-02-28") == keys(datetime="2026-03-10/..") == set()
    assert keys(crs="CRS84") == set(PLACES)
    rain = gauged.get("/collections/gauges/locations?parameter-name=rain").json()
    assert [each["id"] for each in rain["parameters"]] == ["rain"]


def test_a_station_that_was_given_up_hides_none_that_goes_on(gauged: Served) -> None:
    lon, lat = PLACES["G1"]
    document = {
        **gauge("G1", "gauges"), "name": "旧站", "properties": {"layer": "gauges", "key": "old"},
        "Locations": [place("旧站", lon + 0.001, lat)],
    }  # fmt: skip
    (level,) = document["Datastreams"]
    level["properties"] = {"key": "old-level"}
    level["Observations"] = [{"phenomenonTime": "1998-07-01T00:00:00Z", "result": 3.5}]
    thing = made(gauged, "Things", document)
    try:
        at = {"coords": f"POINT({lon + 0.002} {lat})", "parameter-name": "level"}
        assert [each[0] for each in asked(gauged, "position", datetime="1998-07-01", **at)] == ["old"]
        assert {each[0] for each in asked(gauged, "position", datetime="2026-03-01", **at)} == {"G1"}
        assert {each[0] for each in asked(gauged, "position", **at)} == {"old"}, "it has a value"
        assert asked(gauged, "position", datetime="2020-01-01", **at) == []
        several = "MULTIPOINT((118.702 36.85),(118.80 36.88))"
        both = asked(gauged, "position", coords=several, datetime="2026-03-01")
        assert {(each[0], each[3]) for each in both} == {
            ("G1", "level"), ("G3", "level"), ("G2", "rain"),
        }  # fmt: skip
    finally:
        assert gauged.client.delete(f"{ROOT}/{thing}").status_code == 200


def test_a_station_that_is_gone_is_found_as_it_was_known(gauged: Served) -> None:
    document = {
        "name": "撤站", "properties": {"layer": "gauges", "key": "gone"},
        "Locations": [place("撤站", 119.0, 37.1)],
        "Datastreams": [{**stream("水位", "x"), "properties": {"key": "gone-level"}}],
    }  # fmt: skip
    (level,) = document["Datastreams"]
    level["ObservedProperty"] = {"@iot.id": 1}
    level["Observations"] = [{"phenomenonTime": "2026-03-01T00:00:00Z", "result": 2.5}]
    thing = made(gauged, "Things", document)
    before = clock(gauged)
    assert gauged.client.delete(f"{ROOT}/{thing}").status_code == 200
    assert gauged.get("/collections/gauges/locations/gone").status_code == 404
    then = asked(gauged, "locations/gone", asof=before)
    assert [(each[0], each[5]) for each in then] == [("gone", 2.5)]
    near = {"coords": "POINT(119.001 37.1)", "parameter-name": "level", "asof": before}
    assert {each[0] for each in asked(gauged, "position", **near)} == {"gone"}
    later = gauged.get("/collections/gauges/locations/gone", params={"asof": "2020-01-01"})
    assert later.status_code == 404
    listed = gauged.get("/collections/gauges/locations", params={"asof": before}).json()
    (station,) = [each for each in listed["features"] if each["id"] == "gone"]
    assert station["properties"]["label"] == "撤站" and station["geometry"]["coordinates"] == [119.0, 37.1]
    assert station["properties"]["datetime"] == "2026-03-01T08:00:00+08:00/2026-03-01T08:00:00+08:00"
    of_it = station["properties"]["edrqueryendpoint"].partition("/collections")[2]
    assert [each[5] for each in values(gauged.get(f"/collections{of_it}").json())] == [2.5]
    now = gauged.get("/collections/gauges/locations").json()
    ids = [each["id"] for each in now["features"]]
    assert [each["id"] for each in listed["features"]] == sorted([*ids, "gone"])
    assert listed["numberMatched"] == now["numberMatched"] + 1
    for span, there in (("../2026-02-28", False), ("2026-03-01/..", True), ("2026-03-02/..", False)):
        told = gauged.get("/collections/gauges/locations", params={"asof": before, "datetime": span}).json()
        assert ("gone" in [each["id"] for each in told["features"]]) is there, span


def test_the_collection_tells_when_and_in_which_units(gauged: Served) -> None:
    with psycopg.connect(gauged.dsn) as connection:
        span = connection.execute(
            "select min(phenomenon_time), max(phenomenon_time) from observe.observation"
        ).fetchone()

    def interval() -> tuple[datetime, ...]:
        (told,) = gauged.get("/collections/gauges").json()["extent"]["temporal"]["interval"]
        return tuple(map(datetime.fromisoformat, told))

    until(lambda: interval() == span)  # it is kept for some seconds
    document = gauged.get("/collections/gauges").json()
    assert document["extent"]["temporal"]["trs"].startswith("http")
    for key, parameter in document["parameter_names"].items():
        assert parameter["type"] == "Parameter" and parameter["id"] == key
        assert parameter["observedProperty"]["id"] and parameter["observedProperty"]["label"]
        assert isinstance(parameter["unit"]["label"], dict)
        assert parameter["unit"]["symbol"]["type"] == "http://www.opengis.net/def/uom/UCUM/"
    queries = {name: each["link"]["variables"] for name, each in document["data_queries"].items()}
    assert queries["cube"]["height_units"] == [] and queries["radius"]["within_units"] == ["m", "km"]
    for name, variables in queries.items():
        assert variables["default_output_format"] in variables["output_formats"], name
        assert all(set(each) == {"crs", "wkt"} for each in variables["crs_details"])


def test_what_moved_to_a_closed_layer_is_not_told_of_its_open_days(town: Town) -> None:
    """``asof`` shows what was known then to those who may read the layer that a Thing names now."""
    document = {
        "name": "迁层", "properties": {"layer": "shared", "key": "moved-away"},
        "Locations": [place("此处", 118.8, 36.9)],
        "Datastreams": [
            {
                **stream("秘", "secret"), "unitOfMeasurement": UNIT,
                "Observations": [{"phenomenonTime": "2026-03-01T00:00:00Z", "result": 1.5}],
            }
        ],
    }  # fmt: skip
    made_at = town.ask("POST", "own editor", f"{ROOT}/Things", document)
    assert made_at.status_code == 201
    thing = made_at.headers["location"].partition(ROOT)[2]
    before = clock(town.served)
    stays = {**document, "name": "留", "properties": {"layer": "shared", "key": "stays"}}
    other = town.ask("POST", "own editor", f"{ROOT}/Things", stays).headers["location"].partition(ROOT)[2]
    moved = {"properties": {"layer": "withheld", "key": "moved-away"}}
    assert town.ask("PATCH", "own editor", f"{ROOT}{thing}", moved).status_code == 200
    try:
        for query in ("cube?bbox=118,36,119,38", "position?coords=POINT(118.8 36.9)", "locations/moved-away"):
            mark = "&" if "?" in query else "?"
            for who in ("anonymous", "stranger"):
                told = town.get(who, f"/collections/shared/{query}{mark}asof={before.replace('+', '%2B')}")
                assert "moved-away" not in told.text.replace(query, ""), (who, query)
        listed = town.get("anonymous", "/collections/shared/locations").json()["features"]
        names = [each["id"] for each in listed]
        assert "stays" in names
        assert "moved-away" not in names
    finally:
        for each in (thing, other):
            assert town.ask("DELETE", "own editor", f"{ROOT}{each}", None).status_code == 200


def test_a_layer_whose_last_station_is_gone_is_read_as_it_was_known(gauged: Served) -> None:
    """A property that nothing measures any more in it, too; without ``asof`` there is nothing."""
    document = {
        "name": "末站", "properties": {"layer": "points", "key": "last"},
        "Locations": [place("末站", 119.0, 37.1)],
        "Datastreams": [
            {
                **stream("流速", "speed"), "properties": {"key": "last-speed"},
                "Observations": [{"phenomenonTime": "2026-03-01T00:00:00Z", "result": 2.5}],
            }
        ],
    }  # fmt: skip
    document["Datastreams"][0]["ObservedProperty"]["properties"] = {"key": "speed"}
    before_all = clock(gauged)
    thing = made(gauged, "Things", document)
    before = clock(gauged)
    until(lambda: "speed" in gauged.get("/collections/points").json().get("parameter_names", {}))
    assert gauged.client.delete(f"{ROOT}/{thing}").status_code == 200
    listed = {"asof": before}
    until(lambda: gauged.get("/collections/points/locations").status_code == 404)
    told = gauged.get("/collections/points/locations", params=listed).json()
    assert [each["id"] for each in told["features"]] == ["last"]
    assert told["features"][0]["properties"]["parameter-name"] == ["speed"]
    assert [each["id"] for each in told["parameters"]] == ["speed"]
    paths = {
        "locations/last": {},
        "cube": {"bbox": "118,36,120,38"},
        "position": {"coords": "POINT(119.001 37.1)", "parameter-name": "speed"},
    }
    until(lambda: gauged.get("/collections/points/cube", params=paths["cube"]).status_code == 404)
    for path, query in paths.items():
        then = values(gauged.get(f"/collections/points/{path}", params={**query, "asof": before}).json())
        assert [(each[0], each[3], each[5]) for each in then] == [("last", "speed", 2.5)], path
        for form in ("CSV", "GeoJSON"):
            told = gauged.get(f"/collections/points/{path}", params={**query, "asof": before, "f": form})
            assert told.status_code == 200 and "speed" in told.text, (path, form, told.text)
        assert (
            gauged.get(f"/collections/points/{path}", params={**query, "asof": before_all}).status_code == 404
        )
        assert gauged.get(f"/collections/points/{path}", params=query).status_code == 404
