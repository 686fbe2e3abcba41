"""Linked river data and the processes of the network over HTTP, on the sample rivers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import shapely
from api_serving import NEW_YEAR, POINTS, Served, contract, database_of, deliver, publish, server
from execute_requests import execute, now
from pyproj import Geod

from api.executions import OFFERED
from spatial.catalogue import store as catalogue
from spatial.database import connect
from spatial.datum.clock import parse_instant
from spatial.history import write
from spatial.history.model import Intent
from spatial.jobs import run
from spatial.jobs.workplace import Workplace
from water.sample import loading

GRS80 = Geod(ellps="GRS80")
NODE = "SYN-NODE-"
SHUT_FROM = parse_instant("2026-05-01")


def shut_the_gate(dsn: str) -> None:
    """寒桥拦河闸 is closed from May on."""
    with connect(dsn) as connection:
        table = catalogue.get(connection, "river-nodes").table
        names = [column.name for column in table.columns]
        listed = ", ".join(f'"{name}"' for name in names)
        row = connection.execute(
            f"select ST_AsBinary(geom), {listed} from layer.river_nodes where fid = %s", (f"{NODE}HANQIAO",)
        ).fetchone()
        assert row is not None
        values = dict(zip(["geom", *names], row, strict=True)) | {"state": "closed"}
        staging = write.create_staging(connection, table)
        write.copy_rows(
            connection, staging, ["line", "fid", *values], [(1, f"{NODE}HANQIAO", *values.values())]
        )
        write.canonicalise(connection, staging)
        write.apply(connection, staging, Intent("李工", "水利局", "关闸", SHUT_FROM))
        write.drop_staging(connection, staging)


@pytest.fixture(scope="module")
def rivers(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with database_of(server_dsn, template) as dsn:
        loading.build(dsn)
        shut_the_gate(dsn)
        publish(dsn, contract("points"))
        publish(dsn, contract("notes", None))
        deliver(dsn, "points", POINTS)
        with server(dsn, tmp_path_factory.mktemp("rivers") / "server.log") as running:
            yield running


def asked(served: Served, path: str, **parameters: object) -> dict[str, Any]:
    given = {"datetime": "2026-03-01", **{name: str(value) for name, value in parameters.items()}}
    answer = served.get(f"/linked-data/{path}", params=given)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/geo+json"
    return answer.json()


def ids(document: dict[str, Any]) -> list[str]:
    return [feature["id"] for feature in document["features"]]


def test_sources_are_listed_with_their_names(rivers: Served) -> None:
    document = rivers.get("/linked-data").json()
    listed = {each["source"]: each["layer"] for each in document["sources"]}
    assert rivers.get("/linked-data?f=json").json() == document
    assert document["distance_unit"] == "km"
    assert listed["reaches"] == "river-reaches" and listed["points"] == "points"
    assert "cameras" not in listed and "notes" not in listed  # not there, and without places
    assert rivers.get("/linked-data/reaches").json()["layer"] == "river-reaches"
    here = rivers.get(f"/linked-data/nodes/{NODE}SPLIT/navigation").json()
    assert [each["mode"] for each in here["modes"]] == ["UM", "UT", "DM", "DD", "PP"]
    targets = rivers.get(f"/linked-data/nodes/{NODE}SPLIT/navigation/UT").json()["targets"]
    link = next(each["href"] for each in targets if each["source"] == "points")
    assert httpx.get(link).json()["type"] == "FeatureCollection"


def test_all_that_flows_to_a_section(rivers: Served) -> None:
    document = asked(rivers, f"nodes/{NODE}TANFANG/navigation/UT/nodes")
    reservoirs = [f["id"] for f in document["features"] if f["properties"]["kind"] == "reservoir"]
    assert set(reservoirs) == {NODE + key for key in ("YEYUAN", "TANGSHUIYA", "SONGSHAN", "HEIHUSHAN")}
    far = {f["id"]: f["river"]["distance_km"] for f in document["features"]}
    assert far[f"{NODE}TANGSHUIYA"] > far[f"{NODE}YEYUAN"] > 0
    assert all(f["properties"]["data_nature"] == "合成数据" for f in document["features"])
    assert {each["layer"] for each in document["layers"]} == {
        "river-routes", "river-stakes", "river-reaches", "river-nodes",
    }  # fmt: skip


def test_a_way_is_cut_at_its_distance_and_measured_on_the_ellipsoid(rivers: Served) -> None:
    document = asked(rivers, f"nodes/{NODE}TANFANG/navigation/DM/reaches", distance=15)
    assert ids(document) == ["SYN-REACH-MI-07", "SYN-REACH-MI-08"]
    drawn = sum(
        GRS80.geometry_length(shapely.LineString(f["geometry"]["coordinates"])) for f in document["features"]
    )
    assert drawn == pytest.approx(15_000.0, abs=0.01)
    assert document["length_km"] == 15.0 and not document["features"][1]["properties"]["whole"]


def test_the_network_is_that_of_the_day(rivers: Served) -> None:
    """Before May the gate is open; from then on the way ends at it, and it is named."""
    path = f"nodes/{NODE}TANFANG/navigation/DM/reaches"
    before, after = asked(rivers, path), asked(rivers, path, datetime="2026-06-01")
    assert ids(before)[-1] == "SYN-REACH-MI-12" and before["closed"] == []
    assert ids(after)[-1] == "SYN-REACH-MI-08"
    assert after["closed"] == [{"node": f"{NODE}HANQIAO", "name": "寒桥拦河闸"}]
    changes = rivers.get("/changesets", params={"layer": "river-nodes"}).json()["changesets"]
    loaded = changes[-1]["recorded_at"]
    assert ids(asked(rivers, path, datetime="2026-06-01", asof=loaded)) == ids(before)
    nothing = rivers.get(f"/linked-data/{path}", params={"datetime": "2020-01-01"})
    assert (nothing.status_code, nothing.json()["code"]) == (404, "no-such-river-place")


def test_features_beside_the_river_are_joined_to_their_nearest_chainage(rivers: Served) -> None:
    """Held against every point of the layer, measured by hand on lines that are made dense."""
    within = 1_500.0
    way = asked(rivers, f"nodes/{NODE}SPLIT/navigation/UM/reaches", distance=40)
    every = rivers.get("/collections/river-reaches/items", params={"limit": 100, "datetime": "2026-03-01"})
    lines = {f["id"]: dense(f["geometry"]["coordinates"]) for f in every.json()["features"]}
    parts = {f["id"]: dense(f["geometry"]["coordinates"]) for f in way["features"]}
    expected = {}
    for place in POINTS:
        lon, lat = place.geometry.x, place.geometry.y
        away = {name: nearest_m(line, lon, lat) for name, line in lines.items()}
        name = min(away, key=away.__getitem__)
        if away[name] <= within and name in parts and nearest_m(parts[name], lon, lat) < away[name] + 0.1:
            expected[place.code] = away[name]
    met = asked(rivers, f"nodes/{NODE}SPLIT/navigation/UM/points", distance=40, within=within)
    told = {f["id"]: f["river"]["away_m"] for f in met["features"]}
    assert told.keys() == expected.keys() and len(told) >= 5
    assert all(told[code] == pytest.approx(expected[code], abs=0.6) for code in told)
    distances = [f["river"]["distance_km"] for f in met["features"]]
    assert distances == sorted(distances) and distances[-1] <= 40
    assert "owner" not in met["features"][0]["properties"]  # an internal field


def dense(coordinates: list[list[float]]) -> np.ndarray:
    return shapely.get_coordinates(shapely.segmentize(shapely.LineString(coordinates), 1e-5))


def nearest_m(line: np.ndarray, lon: float, lat: float) -> float:
    """To the nearest vertex within some two kilometres."""
    close = line[(np.abs(line - (lon, lat)) < 0.02).all(axis=1)]
    if not len(close):
        return float("inf")
    return float(GRS80.inv(*close.T, np.full(len(close), lon), np.full(len(close), lat))[2].min())


def test_a_feature_has_an_address_and_begins_a_way(rivers: Served) -> None:
    near = asked(rivers, f"nodes/{NODE}SPLIT/navigation/UM/points", distance=40, within=1500)["features"][0]
    document = asked(rivers, f"points/{near['id']}")
    told = {name: near["river"][name] for name in ("reach_id", "chainage", "bank", "away_m")}
    assert told == {name: document["river"][name] for name in told}
    assert document["river"]["bank"] in ("left", "right")
    down = asked(rivers, f"points/{near['id']}/navigation/DM/nodes")
    split = next(f for f in down["features"] if f["id"] == f"{NODE}SPLIT")
    assert split["river"]["distance_km"] == pytest.approx(near["river"]["distance_km"], abs=1e-6)


def test_a_chainage_begins_a_way_and_two_places_bound_one(rivers: Served) -> None:
    path = "river-routes/SYN-ROUTE-MI/navigation"
    up = asked(rivers, f"{path}/UM/reaches", chainage="K100+000", distance=12.5)
    assert up["features"][0]["properties"]["to_chainage"] == "K100+000.0"
    assert up["features"][-1]["properties"]["from_chainage"] == "K87+500.0"
    between = asked(
        rivers, f"{path}/PP/reaches", chainage="K100+000", stop="river-routes/SYN-ROUTE-MI/K107+250.5"
    )
    assert between["length_km"] == pytest.approx(7.2505, abs=1e-6)
    spot = asked(rivers, "river-routes/SYN-ROUTE-MI", chainage="K100+000")
    assert spot["river"]["chainage_m"] == 100_000.0 and spot["geometry"]["type"] == "Point"


@pytest.mark.parametrize(
    ("path", "parameters", "status", "code"),
    [
        (f"nodes/{NODE}SPLIT/navigation/XX/reaches", {}, 400, "bad-parameter"),
        (f"nodes/{NODE}SPLIT/navigation/UM/reaches", {"distance": "0"}, 400, "bad-parameter"),
        (f"nodes/{NODE}SPLIT/navigation/UM/reaches", {"distance": "nan"}, 400, "bad-parameter"),
        (f"nodes/{NODE}SPLIT/navigation/UM/reaches", {"within": "-1"}, 400, "bad-parameter"),
        (f"nodes/{NODE}SPLIT/navigation/UM/reaches", {"far": "1"}, 400, "bad-parameter"),
        (f"nodes/{NODE}SPLIT/navigation/UM/notes", {}, 400, "bad-parameter"),
        (f"nodes/{NODE}SPLIT/navigation/UM/nodes", {"f": "html"}, 400, "bad-parameter"),
        (f"nodes/{NODE}SPLIT/navigation/UM/nothing", {}, 404, "unknown-layer"),
        ("nodes/nobody/navigation/UM/reaches", {}, 404, "no-such-river-place"),
        ("points/nobody/navigation/UM/reaches", {}, 404, "no-such-river-place"),
        ("river-routes/SYN-ROUTE-MI", {"chainage": "K900+000"}, 422, "beyond-the-end"),
        ("river-routes/SYN-ROUTE-MI", {"chainage": "K9"}, 400, "bad-chainage"),
        ("river-routes/nobody", {}, 404, "no-such-route"),
        (f"nodes/{NODE}SPLIT", {"chainage": "K9+000"}, 400, "bad-chainage"),
        (f"nodes/{NODE}SPLIT/navigation/UM/reaches", {"chainage": "K9+000"}, 400, "bad-chainage"),
        (f"nodes/{NODE}SPLIT/navigation/PP/reaches", {}, 422, "stop-not-on-the-way"),
        (f"nodes/{NODE}SPLIT/navigation/UM/reaches", {"stop": f"{NODE}YANGKOU"}, 422, "stop-not-on-the-way"),
    ],
)
def test_what_cannot_be_answered_is_said(
    rivers: Served, path: str, parameters: dict[str, str], status: int, code: str
) -> None:
    answer = rivers.get(f"/linked-data/{path}", params=parameters)
    assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text


def test_a_layer_without_rivers_is_no_network(served: Served) -> None:
    assert served.get("/linked-data").json()["sources"] == []
    assert served.get("/linked-data/points/P000001").status_code == 404


def steps(*flows: float) -> list[dict[str, object]]:
    """At noon, 14:50 and 17:10 of the 19th of August 2018."""
    instants = ("2018-08-19T12:00:00+08:00", "2018-08-19T14:50:00+08:00", "2018-08-19T17:10:00+08:00")
    return [{"at": at, "flow_m3_s": flow} for at, flow in zip(instants, flows, strict=False)]


def test_the_releases_of_2018_are_581_and_684(rivers: Served) -> None:
    """X1: their parts add up; 淌水崖, inside the catchment of 冶源, is refused."""
    releases = [
        {"node": f"{NODE}YEYUAN", "steps": steps(350, 350, 426)},
        {"node": f"{NODE}HEIHUSHAN", "steps": steps(200, 164, 192)},
        {"node": f"{NODE}SONGSHAN", "steps": steps(66, 67, 66)},
    ]
    asked_at = {"at": f"{NODE}TANFANG", "datetime": "2026-03-01"}
    told = now(rivers, "river-sum", releases=releases, **asked_at)
    assert [step["flow_m3_s"] for step in told["steps"]] == [616.0, 581.0, 684.0]
    nested = [*releases, {"node": f"{NODE}TANGSHUIYA", "steps": steps(40)}]
    refused = execute(rivers, "river-sum", {"inputs": {"releases": nested, **asked_at}})
    assert refused.status_code == 422 and refused.json()["code"] == "nested-reservoir"
    assert refused.json()["nested"] == [{"inner": f"{NODE}TANGSHUIYA", "outer": f"{NODE}YEYUAN"}]
    left = now(rivers, "river-sum", releases=nested, leave_out=True, **asked_at)
    assert left["steps"] == told["steps"] and left["left_out"] == refused.json()["nested"]


def test_chainage_there_and_back_over_http(rivers: Served) -> None:
    given = [{"chainage": "K12+345.678", "offset_m": 25.0}, {"chainage_m": 98_765.4321, "offset_m": -40.0}]
    told = now(rivers, "river-locate", route="SYN-ROUTE-MI", chainages=given)
    assert [each["bank"] for each in told["places"]] == ["right", "left"]
    back = now(
        rivers,
        "river-locate",
        route="SYN-ROUTE-MI",
        positions=[each["coordinates"] for each in told["places"]],
    )
    for one, other in zip(told["places"], back["chainages"], strict=True):
        assert other["chainage_m"] == pytest.approx(one["chainage_m"], abs=0.001)
        assert other["offset_m"] == pytest.approx(one["offset_m"], abs=0.001)
    beyond = execute(
        rivers, "river-locate", {"inputs": {"route": "SYN-ROUTE-MI", "chainages": [{"chainage": "K900+000"}]}}
    )
    assert beyond.status_code == 422 and told["to_chainage"] in beyond.json()["detail"]


def test_events_are_carried_to_a_line_drawn_anew(rivers: Served) -> None:
    found = rivers.get("/collections/river-routes/items/SYN-ROUTE-NANYANG").json()["geometry"]["coordinates"]
    moved = (np.array(found) + np.array((0.0, 0.00005))).tolist()  # some five metres to the north
    events = [{"id": "bridge", "chainage": "K5+000.0"}, {"id": "spring", "chainage_m": 0.0}]
    told = now(
        rivers, "river-rebase", route="SYN-ROUTE-NANYANG", from_version=1, events=events,
        line={"type": "LineString", "coordinates": moved[3:]},
    )  # fmt: skip
    bridge, spring = told["events"]
    assert told["to_version"] == 2 and not told["stored"]
    assert bridge["moved"] and bridge["ground_m"] < 0.5 and 0 < abs(bridge["to"]["offset_m"]) < 6
    assert spring["to"] is None and spring["reason"] == "before-beginning" and told["lost"] == 1
    crossing = {
        "type": "LineString",
        "coordinates": [[118.8, 36.8], [118.9, 36.9], [118.9, 36.8], [118.8, 36.9]],
    }
    refused = execute(
        rivers, "river-rebase",
        {"inputs": {"route": "SYN-ROUTE-NANYANG", "from_version": 1, "events": events, "line": crossing}},
    )  # fmt: skip
    assert refused.status_code == 400 and refused.json()["code"] == "bad-centreline"


def redrawn(served: Served, **inputs: object) -> tuple[int, dict[str, Any]]:
    """尧河 drawn anew from 2027 on, by a job that is run here."""
    item = served.get("/collections/river-routes/items/SYN-ROUTE-YAO", params={"datetime": "2026-03-01"})
    line = np.array(item.json()["geometry"]["coordinates"])
    given = {
        "route": "SYN-ROUTE-YAO", "day": "2027-01-01", "reason": "重测", "document": "水文〔2026〕2 号",
        "author": "李工", "department": "水利局", "line": {
            "type": "LineString", "coordinates": (line + np.array((0.00004, 0.0))).tolist()},
        "events": [{"id": "gauge", "chainage_m": 12_000.0, "offset_m": -15.0}],
        "layers": ["river-stakes"], **inputs,
    }  # fmt: skip
    made = execute(served, "river-redraw", {"inputs": given}, "respond-async")
    assert made.status_code == 201, made.text
    job = made.json()["jobID"]
    run.run(Workplace(served.dsn, "370783"), OFFERED, job, 1)
    answer = served.get(f"/jobs/{job}/results", params={"f": "json"})
    return answer.status_code, answer.json().get("outcome", answer.json())


def test_a_centre_line_is_redrawn_by_a_job(rivers: Served) -> None:
    status, told = redrawn(rivers, preview=True)
    assert (status, told["version"], told["preview"]) == (200, 2, True)
    assert told["events"][0]["moved"] and told["events"][0]["ground_m"] < 0.5
    status, done = redrawn(rivers)
    assert status == 200 and set(done["changesets"]) == {"river-routes", "river-reaches", "river-nodes"}
    assert done["reaches"] == told["reaches"] and done["nodes"] == told["nodes"]
    assert done["layers"] == {"river-stakes": {"carried": 0, "lost": [], "events": []}}
    later = asked(rivers, "river-routes/SYN-ROUTE-YAO", chainage="K12+000", datetime="2027-06-01")
    before = asked(rivers, "river-routes/SYN-ROUTE-YAO", chainage="K12+000")
    assert (before["river"]["route_version"], later["river"]["route_version"]) == (1, 2)
    status, refused = redrawn(
        rivers, line={"type": "LineString", "coordinates": [[118.8, 36.9], [118.8, 36.9]]}
    )
    assert (status, refused["code"]) == (400, "bad-centreline")


def test_navigation_as_a_process_says_the_same(rivers: Served) -> None:
    told = now(
        rivers, "river-navigate", source="nodes", id=f"{NODE}SPLIT", mode="UM", target="points",
        distance_km=40, within_m=1500, datetime="2026-03-01",
    )  # fmt: skip
    same = asked(rivers, f"nodes/{NODE}SPLIT/navigation/UM/points", distance=40, within=1500)
    assert [f["river"] for f in told["features"]] == [f["river"] for f in same["features"]]
    hidden = execute(
        rivers, "river-navigate",
        {"inputs": {"source": "nodes", "id": f"{NODE}SPLIT", "mode": "UM", "target": "cameras"}},
    )  # fmt: skip
    assert hidden.status_code == 404


def test_who_may_not_read_the_network_is_told_of_none(rivers: Served, tmp_path: Path) -> None:
    """Its layers are shared on conditions: to nobody in particular they are not there."""
    with server(rivers.dsn, tmp_path / "closed.log", environment={"ONEMAP_ACCESS": "guarded"}) as guarded:
        assert guarded.get("/linked-data").json()["sources"] == []
        place = f"/linked-data/nodes/{NODE}SPLIT"
        for path in ("/linked-data/nodes", place, f"{place}/navigation/UM", f"{place}/navigation/UM/reaches"):
            assert guarded.get(path).json()["code"] == "unknown-layer", path
        document = guarded.get("/openapi.json").json()
        assert "/linked-data/{source}" not in document["paths"]
        refused = execute(guarded, "river-locate", {"inputs": {"route": "R", "positions": [[118.8, 36.9]]}})
        assert refused.status_code == 404


def test_the_definition_knows_the_routes(rivers: Served) -> None:
    answer = rivers.get("/openapi.json")
    assert answer.status_code == 200, answer.text
    paths = answer.json()["paths"]
    assert "/linked-data/{source}/{featureId}/navigation/{mode}/{target}" in paths
    assert NEW_YEAR < SHUT_FROM
