"""OGC API Processes over HTTP: descriptions, execution at once and as a job, jobs, results, dismissal."""

from __future__ import annotations

import base64
import csv
import io
import json
import sys
from collections.abc import Iterator
from email.parser import BytesParser
from pathlib import Path

import httpx
import jsonschema
import pyproj
import pytest
import shapely
from api_serving import AREAS, POINTS, Place, Served, contract, database_of, deliver, publish, server

sys.path.insert(0, str(Path(__file__).parents[1] / "spatial" / "jobs"))
from jobs_running import BY_ID, ended, job, owner, worker

from spatial.database import connect
from spatial.datum.clock import parse_instant
from spatial.errors import TakesTooLong
from spatial.history import ledger
from spatial.jobs.model import State
from spatial.jobs.run import execute as run_now
from spatial.jobs.workplace import Workplace

REL = "http://www.opengis.net/def/rel/ogc/1.0/"
EXCEPTION = "http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0"
GEOD = pyproj.Geod(a=6378137.0, rf=298.257222101)
TOWNS = [
    Place("T1", shapely.box(118.60, 36.79, 118.70, 36.85), "甲镇"),
    Place("T2", shapely.box(118.70, 36.79, 118.76, 36.85), "乙镇"),
]


@pytest.fixture(scope="module")
def working(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """``points``, ``areas``, ``towns`` (divisions), layers for one test each, and a worker."""
    folder = tmp_path_factory.mktemp("processes")
    with database_of(server_dsn, template) as dsn:
        for name in ("points", "replayed", "compared", "loaded"):
            publish(dsn, contract(name))
        publish(dsn, contract("areas", "Polygon"))
        publish(dsn, contract("towns", "Polygon"))
        deliver(dsn, "points", POINTS)
        deliver(dsn, "areas", AREAS)
        deliver(dsn, "towns", TOWNS)
        with server(dsn, folder / "server.log") as running, worker(dsn, folder / "worker.log"):
            yield running


def execute(served: Served, process: str, body: object, prefer: str | None = None) -> httpx.Response:
    headers = {"prefer": prefer} if prefer else {}
    return served.client.post(f"/processes/{process}/execution", json=body, headers=headers)


def now(served: Served, process: str, **inputs: object) -> dict:
    answer = execute(served, process, {"inputs": inputs})
    assert answer.status_code == 200, answer.text
    return answer.json()


def later(served: Served, process: str, body: object) -> httpx.Response:
    """The results of a job, when it is over."""
    answer = execute(served, process, body, "respond-async")
    assert answer.status_code == 201, answer.text
    assert answer.headers["preference-applied"] == "respond-async"
    address = answer.headers["location"]
    assert answer.json()["status"] == "accepted"
    ended(served.dsn, answer.json()["jobID"])
    return served.get(f"{address}/results")


def both(served: Served, process: str, **inputs: object) -> dict:
    """The result at once, which a job finds alike."""
    at_once = now(served, process, **inputs)
    assert later(served, process, {"inputs": inputs}).json() == at_once
    return at_once


def test_processes_are_described(working: Served) -> None:
    listed = working.get("/processes").json()["processes"]
    names = [each["id"] for each in listed]
    assert sorted(names) == [
        "difference",
        "export",
        "grid-decode",
        "grid-encode",
        "legal-area",
        "load",
        "thematic-stat",
        "transform",
    ]
    for each in listed:
        one = working.get(f"/processes/{each['id']}").json()
        assert each["title"] == one["title"]
        waits = "sync-execute" in one["jobControlOptions"]
        assert waits == (one["id"] not in ("load", "export"))
        assert {"async-execute", "dismiss"} <= set(one["jobControlOptions"])
        assert set(one["inputs"]) == set(BY_ID[one["id"]].inputs)
        for described in (*one["inputs"].values(), *one["outputs"].values()):
            assert isinstance(described["title"], str)
            jsonschema.Draft202012Validator.check_schema(described["schema"])
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


def test_areas_across_a_boundary_are_measured_by_parts(working: Served) -> None:
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
    assert _parts(after[1])["file"] == _parts(before[1])["file"]
    live = later(working, "thematic-stat", {"inputs": {"layer": "replayed", "by": "floors"}})
    assert live.json()["changeset"] > first.id


def _parts(answer: httpx.Response) -> dict[str, bytes]:
    head = f"Content-Type: {answer.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser().parsebytes(head + answer.content)
    return {part["Content-ID"].strip("<>"): part.get_payload(decode=True) for part in message.get_payload()}


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


def test_an_export_needs_its_job(working: Served) -> None:
    body = {"inputs": {"layer": "areas", "format": "csv"}}
    assert execute(working, "export", body).status_code == 201, "what only runs as a job becomes one"
    waiting = execute(working, "export", body, "wait=10")
    assert (waiting.status_code, waiting.json()["code"]) == (422, "asynchronous-only")


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


@pytest.mark.parametrize(
    ("process", "inputs", "pointer"),
    [
        ("transform", {"source": "4490", "target": "4549"}, "/inputs"),
        ("transform", {"target": "4549", "coordinates": [[1, 2]]}, "/inputs/source"),
        ("transform", {"source": 1, "target": "4549", "coordinates": [[1, 2]]}, "/inputs/source"),
        ("transform", {"source": "4490", "target": "4549", "coordinates": [[1]]}, "/inputs/coordinates/0"),
        (
            "transform",
            {"source": "4490", "target": "4549", "coordinates": [[1, "2"]]},
            "/inputs/coordinates/0/1",
        ),
        (
            "transform",
            {"source": "4490", "target": "4549", "coordinates": [[1, 2]], "to": 3},
            "/inputs/to",
        ),
        (
            "transform",
            {"source": "4490", "target": "4549", "geojson": {"type": "Polygon", "coordinates": 5}},
            "/inputs/geojson",
        ),
        (
            "transform",
            {"source": "4490", "target": "4549", "geojson": {"type": "Point", "coordinates": [1, 2, 3]}},
            "/inputs/geojson",
        ),
        ("grid-encode", {"system": "h3", "positions": [[1, 2]]}, "/inputs/system"),
        ("grid-encode", {"system": "sheet", "positions": [[118, 36]]}, "/inputs/scale"),
        (
            "legal-area",
            {
                "drawn_in": "4490",
                "geojson": {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]},
            },
            "/inputs/geojson",
        ),
        ("thematic-stat", {"layer": "points", "by": "owner"}, "/inputs/by"),
        ("thematic-stat", {"layer": "points", "measure": "area"}, "/inputs/measure"),
        ("thematic-stat", {"layer": "points", "divisions": "points"}, "/inputs/divisions"),
        ("load", {"layer": "points", "reason": "x", "file": {"href": "file:///etc/passwd"}}, "/inputs/file"),
        (
            "load",
            {"layer": "points", "reason": "x", "file": {"name": "../x", "content": ""}},
            "/inputs/file/name",
        ),
    ],
)
def test_a_bad_input_is_named_by_its_place(working: Served, process: str, inputs: dict, pointer: str) -> None:
    answer = execute(working, process, {"inputs": inputs})
    assert answer.status_code in (400, 422), answer.text
    told = answer.json()
    assert told["pointer"] == pointer, told
    assert pointer in told["en"] and pointer in told["zh"]


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"[]", 400),
        (b"{", 400),
        (b"\xff", 400),
        (b'{"inputs": []}', 400),
        (b'{"inputs": {}, "x": 1}', 400),
        (b'{"inputs": {"source": "\\u0000"}}', 400),
        (b'{"inputs": {"source": "\\ud800"}}', 400),
        (b'{"inputs": {"coordinates": [[NaN, 1]]}}', 400),
        (b'{"inputs": {"source": {"href": "http://127.0.0.1/"}}}', 422),
        (b'{"inputs": {}, "response": "both"}', 400),
        (b'{"inputs": {"source": "4490", "target": "4549", "coordinates": [[1, 2]]}, "outputs": []}', 400),
        (
            b'{"inputs": {"source": "4490", "target": "4549", "coordinates": [[1, 2]]}, "outputs":{"x":{}}}',
            400,
        ),
        (b'{"inputs": {"source": "4490", "target": "4549", "coordinates": [[118, 1e400]]}}', 400),
        (b'{"inputs": {"source": "4490", "target": "4549", "coordinates": [[118, 1e300]]}}', 400),
        (b'{"inputs": ' + b'{"a":' * 2000 + b"1" + b"}" * 2000 + b"}", 400),
        (b'{"inputs": {"geojson": ' + b"[" * 900 + b"]" * 900 + b"}}", 400),
    ],
)
def test_hostile_bodies_are_refused(working: Served, body: bytes, status: int) -> None:
    answer = working.client.post("/processes/transform/execution", content=body)
    assert answer.status_code == status, answer.text


def test_results_come_as_one_document_or_several_parts(working: Served) -> None:
    inputs = {"layer": "points", "format": "csv", "datetime": "2026-06-01"}
    several = later(working, "export", {"inputs": inputs})
    assert several.headers["content-type"].startswith("multipart/related")
    parts = _parts(several)
    assert json.loads(parts["report"])["features"] == len(POINTS)
    assert len(parts["file"].splitlines()) == len(POINTS) + 1
    at_once = execute(
        working,
        "grid-decode",
        {"inputs": {"system": "sheet", "codes": ["J50"]}, "response": "document"},
    ).json()
    assert at_once["result"]["cells"][0]["bbox"] == [114.0, 36.0, 120.0, 40.0]


def test_jobs_are_listed_filtered_and_paged(working: Served) -> None:
    for number in range(3):
        later(working, "grid-decode", {"inputs": {"system": "sheet", "codes": [f"J5{number}"]}})
    seen: list[str] = []
    address = "/jobs?limit=2&processID=grid-decode&status=successful,failed"
    while address:
        page = working.get(address).json()
        for each in page["jobs"]:
            assert (each["type"], each["processID"]) == ("process", "grid-decode")
            seen.append(each["jobID"])
        address = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
    assert len(seen) == len(set(seen)) >= 3
    assert seen == sorted(seen, reverse=True), "the newest first"
    newest = working.get(f"/jobs/{seen[0]}").json()
    around = working.get("/jobs", params={"datetime": f"{newest['created']}/.."}).json()["jobs"]
    assert seen[0] in [each["jobID"] for each in around]
    assert working.get("/jobs", params={"datetime": "../2000-01-01"}).json()["jobs"] == []
    assert working.get("/jobs", params={"minDuration": "3600"}).json()["jobs"] == []
    assert len(working.get("/jobs", params={"maxDuration": "3600"}).json()["jobs"]) >= 3


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=x", "status=done", "processID=x", "type=wps", "datetime=x", "minDuration=-1", "x=1"],
)
def test_bad_parameters_of_the_list_are_named(working: Served, query: str) -> None:
    answer = working.get(f"/jobs?{query}")
    assert answer.status_code == 400
    assert answer.json()["parameter"] == query.partition("=")[0]


@pytest.mark.parametrize("name", ["x", "01a20000-0000-7000-8000-000000000000", "%00", "a%2Fb", "' or 1=1"])
def test_what_is_no_job_is_the_standards_exception(working: Served, name: str) -> None:
    for path in (f"/jobs/{name}", f"/jobs/{name}/results"):
        answer = working.get(path)
        assert answer.status_code == 404
        if "%2F" not in name:
            assert answer.json()["type"] == f"{EXCEPTION}/no-such-job"


def test_a_job_is_dismissed(own: Served, tmp_path: Path) -> None:
    """Without a worker it waits; dismissed, it is over, and a worker leaves it alone."""
    accepted = execute(own, "grid-decode", {"inputs": {"system": "sheet", "codes": ["J50"]}}, "respond-async")
    address = accepted.headers["location"]
    early = own.get(f"{address}/results")
    assert (early.status_code, early.json()["type"]) == (404, f"{EXCEPTION}/result-not-ready")
    gone = own.client.delete(address)
    assert (gone.status_code, gone.json()["status"]) == (200, "dismissed")
    with worker(own.dsn, tmp_path / "worker.log"):
        later(own, "grid-decode", {"inputs": {"system": "sheet", "codes": ["J51"]}})
    assert own.get(address).json()["status"] == "dismissed"
    assert own.get(f"{address}/results").status_code == 404
    assert job(own.dsn, accepted.json()["jobID"]).state is State.DISMISSED


def test_a_process_that_takes_too_long_is_sent_to_the_queue(working: Served, tmp_path: Path) -> None:
    """The deadline of a wait is that of its statements: here nothing is left of it."""
    with pytest.raises(TakesTooLong, match="respond-async"):
        run_now(
            Workplace(working.dsn, "370783"),
            BY_ID["thematic-stat"],
            {"layer": "areas", "divisions": "towns"},
            owner(working.dsn, "areas", "towns"),
            parse_instant("2026-06-01"),
            tmp_path,
            0.0,
        )
