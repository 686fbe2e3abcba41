"""OGC API Processes over HTTP: descriptions, and what each process finds, at once and as a job."""

from __future__ import annotations

import base64
import csv
import io
import json
import sys
from pathlib import Path

import httpx
import jsonschema
import pyproj
import pytest
import shapely
from api_serving import AREAS, POINTS, Place, Served, deliver
from execute_requests import EXCEPTION, TOWNS, both, execute, later, now, parts

sys.path.insert(0, str(Path(__file__).parents[1] / "spatial" / "jobs"))

from api.executions import OFFERED
from spatial.database import connect
from spatial.history import ledger

REL = "http://www.opengis.net/def/rel/ogc/1.0/"
AT_ONCE = (
    *("transform", "grid-encode", "grid-decode", "legal-area", "difference", "thematic-stat"),
    *("compliance-check", "restriction-extract"),
    *(
        "river-navigate",
        "river-locate",
        "river-rebase",
        "river-sum",
        "flood-quick",
        "flood-estimate",
        "flood-route",
    ),
    *("exposure", "nearest", "reach", "coverage", "assign-grid", "interpolate", "echo"),
)
GEOD = pyproj.Geod(a=6378137.0, rf=298.257222101)


def test_processes_are_described(working: Served) -> None:
    listed = working.get("/processes").json()["processes"]
    names = [each["id"] for each in listed]
    assert sorted(names) == sorted(OFFERED)
    for each in listed:
        one = working.get(f"/processes/{each['id']}").json()
        assert each["title"] == one["title"]
        waits = "sync-execute" in one["jobControlOptions"]
        assert waits == OFFERED[one["id"]].synchronous
        assert waits == (one["id"] in AT_ONCE)
        assert {"async-execute", "dismiss"} <= set(one["jobControlOptions"])
        assert set(one["inputs"]) == set(OFFERED[one["id"]].inputs)
        for described in (*one["inputs"].values(), *one["outputs"].values()):
            assert isinstance(described["title"], str)
            jsonschema.Draft4Validator.check_schema(described["schema"])  # of which OpenAPI 3.0 is a dialect
        links = {link["rel"]: link["href"] for link in one["links"]}
        assert links[f"{REL}execute"] == f"{working.url}/processes/{one['id']}/execution"
        assert working.get(links[f"{REL}job-list"]).status_code == 200
    english = working.get("/processes/transform", params={"lang": "en"}).json()
    assert english["title"] == "Transform coordinates"
    assert english["inputs"]["source"]["title"] == "frame of what is given"
    unknown = working.get("/processes/nothing")
    assert (unknown.status_code, unknown.json()["type"]) == (404, f"{EXCEPTION}/no-such-process")


def test_transform_agrees_with_proj(working: Served) -> None:
    points = [[118.7909, 36.8560], [118.60, 36.75], [119.0, 37.2]]
    told = both(working, "transform", source="EPSG:4490", target="EPSG:4549", coordinates=points)
    oracle = pyproj.Transformer.from_crs(4490, 4549, always_xy=True)
    for given, found in zip(points, told["coordinates"], strict=True):
        assert found == pytest.approx(oracle.transform(*given), abs=2e-4)
    assert told["path"] and told["accuracy_m"] < 0.001
    square = {"type": "Polygon", "coordinates": [[*points, points[0]]]}
    collection = {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "properties": {"a": 1}, "geometry": square},
            {"type": "Feature", "properties": {"a": 2}, "geometry": None},
        ],
    }
    there = now(working, "transform", source="4490", target="4549", geojson=collection)["geojson"]
    assert there["features"][0]["properties"] == {"a": 1}
    assert there["features"][1]["geometry"] is None
    back = now(working, "transform", source="4549", target="4490", geojson=there)["geojson"]
    returned = shapely.from_geojson(json.dumps(back["features"][0]["geometry"]))
    assert shapely.equals_exact(returned, shapely.from_geojson(json.dumps(square)), 1e-9)


def test_what_is_not_registered_is_refused(working: Served) -> None:
    inputs = {"source": "EPSG:4214", "target": "EPSG:4490", "coordinates": [[118.8, 36.9]]}
    at_once = execute(working, "transform", {"inputs": inputs})
    assert (at_once.status_code, at_once.json()["code"]) == (422, "no-operation")
    as_job = later(working, "transform", {"inputs": inputs})
    assert (as_job.status_code, as_job.json()["code"]) == (422, "no-operation")
    assert as_job.json()["detail"] == at_once.json()["detail"]


def test_grid_codes_go_and_come_back(working: Served) -> None:
    where = [[118.7909, 36.8560], [-70.5, -33.4]]
    codes = both(working, "grid-encode", system="beidou", positions=where, level=5)["codes"]
    assert codes == ["N50J9152165", "S19I9240400"]
    cells = both(working, "grid-decode", system="beidou", codes=codes)["cells"]
    for (lon, lat), cell in zip(where, cells, strict=True):
        west, south, east, north = cell["bbox"]
        assert west <= lon <= east and south <= lat <= north
    sheets = now(working, "grid-encode", system="sheet", positions=[[118.7909, 36.8560]], scale=1_000_000)
    assert sheets["codes"] == ["J50"]
    boxed = now(working, "grid-encode", system="beidou", bbox=[118.5, 36.5, 119.25, 37], level=2)
    assert boxed["codes"] == ["N50J91", "N50JA1"]
    geosot = now(working, "grid-decode", system="geosot", codes=["G001310310"])["cells"][0]
    assert geosot["bbox"] == [118.0, 36.0, 119.0, 37.0]


def test_the_legal_area_is_that_of_the_ellipsoid(working: Served) -> None:
    square = shapely.box(118.75, 36.85, 118.76, 36.86)
    inputs = {"geojson": json.loads(shapely.to_geojson(square)), "drawn_in": "EPSG:4490"}
    told = both(working, "legal-area", **inputs)
    # Edges along parallels are cut so fine that geodesics between the pieces are those parallels.
    fine = shapely.segmentize(square, 0.00009)
    area, _ = GEOD.geometry_area_perimeter(fine)
    assert told["total_m2"] == pytest.approx(abs(area), rel=2e-7)
    drawn = now(working, "legal-area", geojson=inputs["geojson"], drawn_in="4549", given_in="4490")
    assert drawn["total_m2"] != told["total_m2"]
    assert drawn["total_m2"] == pytest.approx(told["total_m2"], rel=1e-4)


def _inside(town: Place, place: Place) -> bool:
    return bool(shapely.covers(town.geometry, place.geometry))


def test_statistics_agree_with_a_count_by_hand(working: Served) -> None:
    told = both(
        working,
        "thematic-stat",
        layer="points",
        by="listed",
        divisions="towns",
        asof="2100-01-01",
        datetime="2026-06-01",
    )
    by_hand = {
        town.code: {
            code: sum(_inside(town, each) and (each.floors % 2 == 0) is (code == "true") for each in POINTS)
            for code in ("true", "false")
        }
        for town in TOWNS
    }
    found = {part["division"]: {row["code"]: row["count"] for row in part["rows"]} for part in told["parts"]}
    assert {key: {"true": 0, "false": 0} | rows for key, rows in found.items()} == by_hand
    assert sum(row["count"] for row in told["total"]) == len(POINTS)
    assert told["outside"] == sum(not any(_inside(town, each) for town in TOWNS) for each in POINTS)


def test_areas_across_a_boundary_are_measured_byparts(working: Served) -> None:
    told = both(
        working,
        "thematic-stat",
        layer="areas",
        divisions="towns",
        asof="2100-01-01",
        datetime="2026-06-01",
    )
    total = told["total"][0]
    assert total["count"] == len(AREAS)
    whole = sum(
        abs(GEOD.geometry_area_perimeter(shapely.segmentize(each.geometry, 0.0001))[0]) for each in AREAS
    )
    assert total["area_m2"] == pytest.approx(whole, rel=1e-5)
    for town, part in zip(TOWNS, told["parts"], strict=True):
        within = [shapely.intersection(town.geometry, each.geometry) for each in AREAS]
        area = sum(abs(GEOD.geometry_area_perimeter(shapely.segmentize(each, 0.0001))[0]) for each in within)
        assert part["rows"][0]["area_m2"] == pytest.approx(area, rel=1e-5)
    counted = sum(part["rows"][0]["count"] for part in told["parts"])
    assert counted + told["outside"] == len(AREAS)


def test_a_replay_finds_the_same(working: Served) -> None:
    """As of an instant, a result is the same whatever is written afterwards, to its digest."""
    deliver(working.dsn, "replayed", POINTS)
    with connect(working.dsn) as connection:
        (first,) = ledger.changesets(connection, "replayed")
    asof = {"asof": first.recorded_at.isoformat(), "datetime": "2026-06-01"}
    asked = [
        ("thematic-stat", {"layer": "replayed", "by": "floors", **asof}),
        ("export", {"layer": "replayed", "format": "csv", **asof}),
    ]
    before = [later(working, name, {"inputs": inputs}) for name, inputs in asked]
    deliver(working.dsn, "replayed", [Place("NEW", shapely.Point(118.8, 36.9), "新", 1)])
    after = [later(working, name, {"inputs": inputs}) for name, inputs in asked]
    assert after[0].headers["etag"] == before[0].headers["etag"]
    assert parts(after[1])["file"] == parts(before[1])["file"]
    live = later(working, "thematic-stat", {"inputs": {"layer": "replayed", "by": "floors"}})
    assert live.json()["changeset"] > first.id


def test_difference_tells_what_changed(working: Served) -> None:
    where = shapely.Point(118.8, 36.9)
    deliver(working.dsn, "compared", [Place("A", where, "a", 1), Place("B", where, "b", 1)])
    with connect(working.dsn) as connection:
        (first,) = ledger.changesets(connection, "compared")
    deliver(working.dsn, "compared", [Place("A", where, "changed", 1), Place("C", where, "c", 1)])
    inputs = {"layer": "compared", "from": first.recorded_at.isoformat(), "to": "2100-01-01"}
    told = both(working, "difference", **inputs)
    assert told["counts"] == {"insert": 1, "update": 1, "delete": 0}
    changed = {each["id"]: {one["name"]: one for one in each["fields"]} for each in told["changes"]}
    assert changed["A"] == {"name": {"name": "name", "old": "a", "new": "changed"}}
    assert "owner" not in changed["C"], "internal fields are not told"
    cut = now(working, "difference", limit=1, **inputs)
    assert (len(cut["changes"]), cut["cut"]) == (1, 1)


def test_export_gives_the_file(working: Served) -> None:
    body = {
        "inputs": {
            "layer": "areas",
            "format": "geojson",
            "bbox": [118.60, 36.79, 118.655, 36.82],
            "datetime": "2026-06-01",
        },
        "outputs": {"file": {"transmissionMode": "value"}},
    }
    answer = later(working, "export", body)
    assert answer.headers["content-type"] == "application/geo+json"
    assert "areas.geojson" in answer.headers["content-disposition"]
    found = answer.json()["features"]
    assert {each["id"] for each in found} == {"Q000", "Q001", "Q002", "Q003", "Q004", "Q005"}
    assert "owner" not in found[0]["properties"]
    document = later(working, "export", {**body, "response": "document", "outputs": {}}).json()
    assert document["report"]["features"] == 6
    assert base64.b64decode(document["file"]["value"]) == answer.content
    referred = later(
        working,
        "export",
        {**body, "response": "document", "outputs": {"file": {"transmissionMode": "reference"}}},
    ).json()
    assert working.get(referred["file"]["href"]).content == answer.content


def delivery(rows: int, name: str = "x") -> dict[str, str]:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["代码", "名称", "经度", "纬度"])
    for number in range(rows):
        writer.writerow([f"L{number:04d}", name, 118.6 + number * 0.001, 36.9])
    return {"name": "交付.csv", "content": base64.b64encode(text.getvalue().encode()).decode()}


def load_inputs(**more: object) -> dict[str, object]:
    return {
        "layer": "loaded",
        "file": delivery(20),
        "reason": "普查",
        "delivery": "partial",
        "source_crs": "EPSG:4490",
        "author": "李工",
        "department": "自然资源和规划局",
        **more,
    }


def test_load_writes_one_changeset(working: Served) -> None:
    def load(**more: object) -> httpx.Response:
        return later(working, "load", {"inputs": load_inputs(**more)})

    tried = load(dry_run=True).json()
    assert (tried["outcome"], tried["changeset"]) == ("dry-run", None)
    assert tried["difference"]["inserted"] == 20
    loaded = load().json()
    assert (loaded["outcome"], loaded["rows"]) == ("loaded", 20)
    number = working.get(f"/changesets/{loaded['changeset']}").json()
    assert (number["author"], number["reason"], number["opened"]) == ("李工", "普查", 20)
    assert working.get("/collections/loaded/items/L0007").status_code == 200
    kept = load(file={"sha256": loaded["sha256"]}).json()
    assert kept["outcome"] == "unchanged"
    elsewhere = load(layer="points", file={"sha256": loaded["sha256"]})
    assert elsewhere.status_code == 404, "an original is for the layer it was delivered to"
    rejected = load(file=delivery(3, "长" * 300))
    assert (rejected.status_code, rejected.json()["code"]) == (400, "rows-rejected")
    assert rejected.json()["report"]["rejected_total"] == 3
    assert working.get("/collections/loaded/items").json()["numberMatched"] == 20
