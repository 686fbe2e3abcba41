"""EDR 1.1 over HTTP: what is answered against plain Python over what was sent, and what is refused."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import pyproj
import pytest
import shapely
from api_serving import Served, contract, database_of, publish, server, until
from coverage_reader import features, values
from edr_gauges import HOURS, PLACES, SENT, T0, UNITS, asked, gauge, properties
from edr_gauges import gauged as gauged
from guarded_town import Town
from sensor_requests import MEASUREMENT, ROOT, UNIT, made, place

from spatial.access import release
from spatial.database import connect
from spatial.datum.clock import BEIJING
from spatial.observe.archive import retention
from spatial.observe.archive.closing import close_days
from spatial.observe.at import measured
from spatial.observe.away import PeriodAway

GEOD = pyproj.Geod(a=6378137.0, rf=298.257222101)


def test_an_area_holds_what_lies_in_it(gauged: Served) -> None:
    area = shapely.Polygon([(118.6, 36.8), (118.85, 36.8), (118.74, 36.95), (118.6, 36.8)])
    inside = {key for key, at in PLACES.items() if area.intersects(shapely.Point(at))}
    assert 0 < len(inside) < len(PLACES)
    found = asked(gauged, "area", coords=area.wkt)
    assert found == sorted(each for each in SENT if each[0] in inside)
    both = shapely.union_all([area, shapely.box(118.94, 36.79, 118.96, 36.81)])
    assert {each[0] for each in asked(gauged, "area", coords=both.wkt)} == inside | {"丹/5"}


def test_a_box_is_as_the_area_of_it(gauged: Served) -> None:
    box = asked(gauged, "cube", bbox="118.7,36.85,118.8,36.9")
    assert {each[0] for each in box} == {"G1", "G2", "G3"}, "the edge belongs to it"
    assert box == asked(gauged, "area", coords=shapely.box(118.7, 36.85, 118.8, 36.9).wkt)


@pytest.mark.parametrize(("within", "units"), [(5_000, "m"), (7.5, "km"), (30, "km"), (0, "m")])
def test_a_radius_is_measured_on_the_ellipsoid(gauged: Served, within: float, units: str) -> None:
    lon, lat = PLACES["G2"]
    most = within * (1000 if units == "km" else 1)
    expected = {key for key, (x, y) in PLACES.items() if GEOD.inv(lon, lat, x, y)[2] <= most}
    found = asked(
        gauged, "radius", coords=f"POINT({lon} {lat})", within=str(within), **{"within-units": units}
    )
    assert found == sorted(each for each in SENT if each[0] in expected)


def test_a_position_has_the_nearest_station_of_each_parameter(gauged: Served) -> None:
    lon, lat = 118.81, 36.89
    answer = gauged.get("/collections/gauges/position", params={"coords": f"POINT({lon} {lat})"}).json()
    away = {key: GEOD.inv(lon, lat, *at)[2] for key, at in PLACES.items()}
    nearest = {
        parameter: min({each[0] for each in SENT if each[3] == parameter}, key=away.__getitem__)
        for parameter in UNITS
    }
    assert nearest == {"level": "G3", "rain": "G2"}
    assert sorted(values(answer)) == sorted(each for each in SENT if each[0] == nearest[each[3]])
    for coverage in answer["coverages"]:
        assert coverage["onemap:distance_m"] == pytest.approx(away[coverage["onemap:thing"]], abs=0.002)
    several = asked(gauged, "position", coords="MULTIPOINT((118.70 36.85),(118.9 37.0))")
    expected = {("G1", "level"), ("G2", "rain"), ("G4", "level"), ("G4", "rain")}
    assert {(each[0], each[3]) for each in several} == expected
    assert asked(gauged, "position", coords="POINT(117 35)") == [], "20 km away nothing is near"


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-03-01T05:00:00+08:00", 5, 5),
        ("2026-03-01T05:00:00+08:00/2026-03-01T07:00:00+08:00", 5, 7),
        ("2026-03-01", 0, 23),
        ("2026-03-02/..", 24, HOURS - 1),
        ("../2026-03-01T02:30:00+08:00", 0, 2),
        ("2025-01-01/2025-02-01", 1, 0),
    ],
)
def test_times_and_parameters_narrow(gauged: Served, text: str, first: int, last: int) -> None:
    whole = "118,36,120,38"
    found = asked(gauged, "cube", bbox=whole, datetime=text, **{"parameter-name": "rain"})
    span = (T0 + timedelta(hours=first), T0 + timedelta(hours=last))
    assert found == sorted(each for each in SENT if each[3] == "rain" and span[0] <= each[4] <= span[1])


def test_locations_are_listed_and_each_tells_its_own(gauged: Served) -> None:
    answer = gauged.get("/collections/gauges/locations")
    assert answer.headers["content-type"] == "application/geo+json"
    listed = {each["id"]: each for each in answer.json()["features"]}
    assert {key: tuple(each["geometry"]["coordinates"]) for key, each in listed.items()} == PLACES
    for key, each in listed.items():
        told = each["properties"]
        measured = {value[3] for value in SENT if value[0] == key}
        assert set(told["parameter-name"]) == measured and told["label"] == f'站,"{key}"'
        begin, _, end = told["datetime"].partition("/")
        assert datetime.fromisoformat(begin) == T0
        assert datetime.fromisoformat(end) == T0 + timedelta(hours=HOURS - 1)
        found = gauged.client.get(told["edrqueryendpoint"])
        assert sorted(values(found.json())) == sorted(value for value in SENT if value[0] == key)
    part = gauged.get("/collections/gauges/locations?bbox=118.69,36.8,118.81,36.95&limit=2").json()
    assert (part["numberMatched"], part["numberReturned"]) == (3, 2)


def test_csv_and_geojson_tell_the_same(gauged: Served) -> None:
    whole = {"bbox": "118,36,120,38"}
    answer = gauged.get("/collections/gauges/cube", params={**whole, "f": "CSV"})
    assert answer.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    read = [
        (
            row["thing"], float(row["lon_deg"]), float(row["lat_deg"]), row["parameter"],
            datetime.fromisoformat(row["time"]), float(row["value"]),
        )
        for row in rows
    ]  # fmt: skip
    assert sorted(read) == sorted(SENT)
    assert {(row["parameter"], row["unit"]) for row in rows} == {("level", "m"), ("rain", "mm")}
    assert {row["name"] for row in rows} == {f'站,"{key}"' for key in PLACES}
    answer = gauged.get("/collections/gauges/cube", params={**whole, "f": "GeoJSON"})
    assert answer.headers["content-type"] == "application/geo+json"
    assert sorted(features(answer.json())) == sorted(SENT)


def test_a_correction_is_told_and_what_was_believed_before_stays(gauged: Served) -> None:
    path = f"{ROOT}/Datastreams?$filter=properties/key eq 'G1-level'"
    stream = gauged.get(path).json()["value"][0]["@iot.id"]
    observed = gauged.get(f"{ROOT}/Datastreams({stream})/Observations?$orderby=phenomenonTime&$top=2").json()
    first, second = observed["value"]
    before = gauged.get(f"{ROOT}/Observations({second['@iot.id']})").json()["recordedTime"]
    corrected = gauged.client.patch(f"{ROOT}/Observations({first['@iot.id']})", json={"result": 99.5})
    assert corrected.status_code == 200
    gone = gauged.client.delete(f"{ROOT}/Observations({second['@iot.id']})")
    assert gone.status_code == 200
    hours = {"datetime": "2026-03-01T00:00:00+08:00/2026-03-01T01:00:00+08:00"}
    location = "locations/G1"
    assert [each[5] for each in asked(gauged, location, **hours)] == [99.5]
    then = asked(gauged, location, asof=before, **hours)
    assert [each[5] for each in then] == [0.0, 0.25]
    for each in (first, second):
        again = {"result": each["result"], "phenomenonTime": each["phenomenonTime"].partition("/")[0]}
        made(gauged, f"Datastreams({stream})/Observations", again)


def test_a_value_that_failed_is_told_only_where_it_is_asked_for(gauged: Served) -> None:
    stream = gauged.get(f"{ROOT}/Datastreams?$filter=properties/key eq 'G4-rain'").json()["value"][0][
        "@iot.id"
    ]
    late = {"phenomenonTime": "2026-04-01T00:00:00Z", "result": -99, "qualityFlag": 4}
    made(gauged, f"Datastreams({stream})/Observations", late)
    april = {"datetime": "2026-04-01/.."}
    assert asked(gauged, "locations/G4", **april) == []
    assert [each[5] for each in asked(gauged, "locations/G4", flags="1,2,3,4", **april)] == [-99.0]


def test_what_moves_is_found_where_it_was(gauged: Served) -> None:
    here, there = (119.40, 37.20), (119.50, 37.25)
    document = {
        **gauge("G1", "gauges"), "name": "移动站", "properties": {"layer": "gauges", "key": "boat"},
        "Locations": [place("这里", *here)],
    }  # fmt: skip
    for each in document["Datastreams"]:
        each["properties"] = {"key": f"boat-{each['name']}"}
    thing = made(gauged, "Things", document)
    made(gauged, f"{thing}/Locations", place("那里", *there))
    path = f"{ROOT}/{thing}/Datastreams?$filter=name eq 'level'"
    stream = gauged.get(path).json()["value"][0]["@iot.id"]
    later = {"phenomenonTime": "2026-05-01T00:00:00Z", "result": 5}
    made(gauged, f"Datastreams({stream})/Observations", later)
    first = sorted(each[4:] for each in SENT if each[0] == "G1" and each[3] == "level")
    at_here = asked(gauged, "position", coords=f"POINT({here[0]} {here[1]})")
    at_there = asked(gauged, "position", coords=f"POINT({there[0]} {there[1]})")
    assert sorted(each[4:] for each in at_here) == first and {each[1:3] for each in at_here} == {here}
    assert [(each[1:3], each[5]) for each in at_there] == [(there, 5.0)]
    both = asked(gauged, "locations/boat")
    assert both == sorted(at_here + at_there)
    assert gauged.client.delete(f"{ROOT}/{thing}").status_code == 200


def test_the_collection_says_what_may_be_asked(gauged: Served) -> None:
    for document in (
        gauged.get("/collections/gauges").json(),
        next(each for each in gauged.get("/collections").json()["collections"] if each["id"] == "gauges"),
    ):
        queries = document["data_queries"]
        assert set(queries) == {"position", "radius", "area", "cube", "locations", "items"}
        for name, query in queries.items():
            assert query["link"]["href"].endswith(f"/collections/gauges/{name}")
            assert query["link"]["variables"]["query_type"] == name
        (stations,) = [each for each in document["links"] if each["href"].endswith("/locations")]
        assert gauged.client.get(stations["href"]).headers["content-type"] == stations["type"]
        names = document["parameter_names"]
        assert {key: each["unit"]["symbol"]["value"] for key, each in names.items()} == {
            "level": "m", "rain": "mm",
        }  # fmt: skip
        assert document["output_formats"] == ["CoverageJSON", "GeoJSON", "CSV"]
    assert "data_queries" not in gauged.get("/collections/points").json()
    classes = gauged.get("/conformance").json()["conformsTo"]
    assert "http://www.opengis.net/spec/ogcapi-edr-1/1.1/conf/covjson" in classes
    paths = gauged.get("/openapi.json").json()["paths"]
    assert "/collections/{id}/locations/{location}" in paths and "/collections/{id}/position" in paths


BAD = [
    ("area", {}, "coords"),
    ("area", {"coords": "POINT(1 2)"}, "coords"),
    ("area", {"coords": "POLYGON((0 0,1 1,0 1,1 0,0 0))"}, "coords"),
    ("area", {"coords": "POLYGON((0 0 1,1 1 1,1 0 1,0 0 1))"}, "coords"),
    ("area", {"coords": "POLYGON EMPTY"}, "coords"),
    ("area", {"coords": "CURVEPOLYGON(CIRCULARSTRING(118 36,119 37,120 36,119 35,118 36))"}, "coords"),
    ("area", {"coords": "POLYGON((118 36,120 36,120 38,118 38))"}, "coords"),
    ("position", {"coords": "POINT Z (118.75 36.9 5)"}, "coords"),
    ("position", {"coords": "POINT M (118.75 36.9 5)"}, "coords"),
    ("position", {"coords": "SRID=4490;POINT(118.75 36.9)"}, "coords"),
    ("radius", {"coords": "MULTIPOINT((118 36))", "within": "5", "within-units": "m"}, "coords"),
    ("position", {"coords": "POINT(36.9 118.8)"}, "coords"),
    ("position", {"coords": "POINT(nan 1)"}, "coords"),
    ("position", {"coords": "drop table"}, "coords"),
    ("cube", {}, "bbox"),
    ("cube", {"bbox": "1,2,3"}, "bbox"),
    ("radius", {"coords": "POINT(118 36)", "within": "5"}, "within-units"),
    ("radius", {"coords": "POINT(118 36)", "within-units": "m"}, "within"),
    ("radius", {"coords": "POINT(118 36)", "within": "-1", "within-units": "m"}, "within"),
    ("radius", {"coords": "POINT(118 36)", "within": "inf", "within-units": "m"}, "within"),
    ("radius", {"coords": "POINT(118 36)", "within": "1", "within-units": "mi"}, "within-units"),
    ("cube", {"bbox": "118,36,119,37", "parameter-name": "level,sound"}, "parameter-name"),
    ("cube", {"bbox": "118,36,119,37", "datetime": "yesterday"}, "datetime"),
    ("cube", {"bbox": "118,36,119,37", "crs": "EPSG:4326"}, "crs"),
    ("cube", {"bbox": "118,36,119,37", "f": "netcdf"}, "f"),
    ("cube", {"bbox": "118,36,119,37", "flags": "5"}, "flags"),
    ("cube", {"bbox": "118,36,119,37", "asof": "now"}, "asof"),
    ("cube", {"bbox": "118,36,119,37", "z": "1"}, "z"),
    ("locations", {"limit": "0"}, "limit"),
    ("locations", {"coords": "POINT(1 1)"}, "coords"),
    ("locations", {"f": "CSV"}, "f"),
    ("locations", {"crs": "EPSG:4490"}, "crs"),
    ("locations", {"parameter-name": "sound"}, "parameter-name"),
    ("locations", {"datetime": "2026-02-30"}, "datetime"),
]


@pytest.mark.parametrize(("query", "parameters", "named"), BAD)
def test_what_cannot_be_asked_is_refused_by_name(
    gauged: Served, query: str, parameters: dict[str, str], named: str
) -> None:
    answer = gauged.get(f"/collections/gauges/{query}", params=parameters)
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["parameter"] == named


def test_what_there_is_not_is_not_found(gauged: Served) -> None:
    for path, code in (
        ("nothing/cube?bbox=1,2,3,4", "unknown-layer"),
        ("points/cube?bbox=1,2,3,4", "no-such-resource"),
        ("gauges/locations/none", "no-such-entity"),
        ("gauges/trajectory?coords=LINESTRING(1 2,3 4)", "no-such-resource"),
    ):
        answer = gauged.get(f"/collections/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, code), path


def test_too_much_is_told_before_it_is_read(gauged: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    with connect(gauged.dsn) as connection:
        (stream,) = connection.execute("select min(id) from observe.datastream").fetchone() or (0,)
        connection.execute(
            "insert into observe.roll_up_month values (%s, '2020-01-01 00:00+08', 2, 2000000, 1, 0, 0, 0)",
            (stream,),
        )
    try:
        answer = gauged.get("/collections/gauges/cube?bbox=118,36,119,37")
        assert (answer.status_code, answer.json()["code"]) == (413, "too-many-values")
        assert (
            gauged.get("/collections/gauges/cube?bbox=118,36,119,37&datetime=2026-03-01").status_code == 200
        )
    finally:
        with connect(gauged.dsn) as connection:
            connection.execute("delete from observe.roll_up_month where count = 2000000")


def test_who_may_not_read_a_layer_learns_nothing_of_what_is_measured(town: Town) -> None:
    things: list[str] = []
    for layer in ("shared", "terms", "withheld"):
        document = {
            "name": f"表-{layer}",
            "properties": {"layer": layer, "key": f"edr-{layer}"},
            "Locations": [place(layer, 118.8, 36.9)],
            "Datastreams": [
                {
                    "name": "秘", "observationType": MEASUREMENT, "unitOfMeasurement": UNIT,
                    "Sensor": {"name": "s", "encodingType": "text/plain", "metadata": "x"},
                    "ObservedProperty": {
                        "name": f"量-{layer}", "definition": "urn:q",
                        "properties": {"key": f"quantity-{layer}"},
                    },
                    "Observations": [{"phenomenonTime": "2026-03-01T00:00:00Z", "result": 1.5}],
                }
            ],
        }  # fmt: skip
        answer = town.ask("POST", "own editor", f"{ROOT}/Things", document)
        assert answer.status_code == 201
        things.append(answer.headers["location"].partition(ROOT)[2])
    until(lambda: "quantity-shared" in town.get("own reader", "/collections/shared").text)
    box = "cube?bbox=118,36,119,38"
    paths = (box, f"{box}&f=CSV", "locations", "position?coords=POINT(118.8 36.9)", "locations/edr-{}")
    for who, seen in (
        ("anonymous", {"shared"}),
        ("stranger", {"shared"}),
        ("granted", {"shared", "terms"}),
        ("own reader", {"shared", "terms", "withheld"}),
    ):
        everything = town.get(who, "/collections").text
        for layer in ("shared", "terms", "withheld"):
            assert (f"quantity-{layer}" in everything) is (layer in seen)
            for path in paths:
                answer = town.get(who, f"/collections/{layer}/{path.format(layer)}")
                assert answer.status_code == (200 if layer in seen else 404), (who, layer, path)
                assert (f"quantity-{layer}" in answer.text) is (layer in seen)
            if layer not in seen:
                hidden = town.get(who, f"/collections/{layer}/{box}").json()
                absent = town.get(who, f"/collections/{quote('nobody')}/{box}").json()
                assert {**hidden, **dict.fromkeys(("detail", "value", "zh", "en"))} == {
                    **absent, **dict.fromkeys(("detail", "value", "zh", "en")),
                }  # fmt: skip
    for thing in things:
        assert town.ask("DELETE", "own editor", f"{ROOT}{thing}", None).status_code == 200


def test_what_is_counted_leaves_by_the_doors_that_count(town: Town) -> None:
    path = "/collections/terms/cube?bbox=118,36,119,38"
    with connect(town.served.dsn) as connection:
        release.set_class(connection, "gauged", srid=4549, by="test")
        release.mark(connection, "terms", "gauged", by="test")
    try:
        until(lambda: town.get("granted", path).status_code == 403)
        assert town.get("granted", path).json()["code"] == "forbidden"
    finally:
        with connect(town.served.dsn) as connection:
            release.mark(connection, "terms", None, by="test")
    until(lambda: town.get("granted", path).status_code != 403)


def test_what_stands_in_files_alone_is_told(server_dsn: str, template: str, tmp_path: Path) -> None:
    """Half of the hours leave the database: answers that need them say so, and none is silently empty."""
    log = tmp_path / "server.log"
    with database_of(server_dsn, template) as dsn:
        publish(dsn, contract("gauges"))
        with server(dsn, log) as running:
            until(lambda: running.get("/collections/gauges").status_code == 200)
            properties(running)
            made(running, "Things", gauge("G1", "gauges"))
            april = {"phenomenonTime": "2026-04-02T00:00:00+08:00", "result": 7}
            made(running, "Datastreams(1)/Observations", april)
            first = running.get(f"{ROOT}/Datastreams(1)/Observations?$top=1").json()["value"][0]["@iot.id"]
            now = datetime(2026, 6, 2, tzinfo=BEIJING)
            with connect(dsn, autocommit=True) as connection:
                retention.declare(connection, 2, "试验")
                close_days(connection, tmp_path, now)
                assert [each.name for each in retention.retire(connection, tmp_path, now)] == ["2026-03"]
            span = "2026-03-01T00:00:00+08:00/2026-04-01T00:00:00+08:00"
            location = "/collections/gauges/locations/G1"
            until(lambda: "onemap-away" in running.get(location).headers)
            answer = running.get(location)
            assert answer.headers["onemap-away"] == span
            assert [each[5] for each in values(answer.json())] == [7.0]
            assert "onemap-away" not in running.get(f"{location}?datetime=2026-04-01/..").headers
            streams = f"{ROOT}/Datastreams(1)"
            whole = running.get(f"{streams}/Observations?$count=true")
            assert whole.headers["onemap-away"] == span
            assert (len(whole.json()["value"]), whole.json()["@iot.count"]) == (1, HOURS + 1)
            assert running.get(f"{streams}?$expand=Observations").headers["onemap-away"] == span
            assert "onemap-away" not in running.get(streams).headers
            after = "$filter=phenomenonTime ge 2026-04-01T00:00:00%2B08:00"
            assert "onemap-away" not in running.get(f"{streams}/Observations?{after}").headers
            march = "phenomenonTime ge 2026-03-02T00:00:00Z and phenomenonTime lt 2026-03-03T00:00:00Z"
            month = "phenomenonTime ge 2026-02-28T16:00:00Z and phenomenonTime lt 2026-03-31T16:00:00Z"
            for bounds, held in ((month, HOURS), (month.replace(" ge ", " gt "), HOURS - 1)):
                counted = running.get(f"{streams}/Observations?$count=true&$top=0&$filter={bounds}")
                assert counted.headers["onemap-away"] == span
                assert counted.json() == {"@iot.count": held, "value": []}, "the roll-ups count them still"
            for path in (
                f"{location}?datetime=2026-03-02",
                f"{streams}/Observations?$filter={march}",
                f"{streams}/Observations?$filter={month}",
                f"{ROOT}/Observations({first})",
            ):
                gone = running.get(path)
                assert (gone.status_code, gone.json()["code"]) == (410, "observations-away"), path
                assert "2026-03" in gone.json()["detail"]
            patched = running.client.patch(f"{ROOT}/Observations({first})", json={"result": 1})
            assert (patched.status_code, patched.json()["code"]) == (410, "observations-away")
            late = {"phenomenonTime": "2026-03-02T00:30:00Z", "result": 1}
            refused = running.client.post(f"{streams}/Observations", json=late)
            assert (refused.status_code, refused.json()["code"]) == (409, "period-away")
            chart = running.get("/datastreams/1/chart?datetime=2026-03-01/2026-03-02&points=50").json()
            assert chart["source"] == "hour" and sum(each[4] for each in chart["buckets"]) == HOURS
            with connect(dsn, autocommit=True) as connection:
                with pytest.raises(PeriodAway):
                    measured(connection, "level", "gauges", T0 + timedelta(days=1), timedelta(hours=2))
                assert retention.restore(connection, tmp_path, "2026-03") == HOURS
            until(lambda: "onemap-away" not in running.get(location).headers)
            expected = [each for each in SENT if each[0] == "G1"]
            found = values(running.get(f"{location}?datetime=2026-03-01/2026-03-31").json())
            assert sorted(found) == sorted(expected)
        assert "unexpected failure" not in log.read_text()
