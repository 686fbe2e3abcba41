"""Execute requests and jobs over HTTP: what is refused and where, results, the list, dismissal."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from api_serving import POINTS, Served
from execute_requests import EXCEPTION, execute, later, parts

sys.path.insert(0, str(Path(__file__).parents[1] / "spatial" / "jobs"))
from jobs_running import BY_ID, job, owner, worker

from spatial.datum.clock import parse_instant
from spatial.jobs.errors import TakesTooLong
from spatial.jobs.model import State
from spatial.jobs.run import execute as run_now
from spatial.jobs.workplace import Workplace


def test_an_export_needs_its_job(working: Served) -> None:
    body = {"inputs": {"layer": "areas", "format": "csv"}}
    assert execute(working, "export", body).status_code == 201, "what only runs as a job becomes one"
    waiting = execute(working, "export", body, "wait=10")
    assert (waiting.status_code, waiting.json()["code"]) == (422, "asynchronous-only")


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


@pytest.mark.parametrize("prefer", ["respond-sync", "respond-async"])
def test_what_no_answer_could_repeat_is_refused(working: Served, prefer: str) -> None:
    body = b'{"inputs": {"either": ' + b'{"a":' * 400 + b"1" + b"}" * 400 + b"}}"
    answer = working.client.post("/processes/echo/execution", content=body, headers={"Prefer": prefer})
    assert answer.status_code == 400, answer.text
    assert answer.json()["pointer"] == "/inputs/either"


def test_results_come_as_one_document_or_several_parts(working: Served) -> None:
    inputs = {"layer": "points", "format": "csv", "datetime": "2026-06-01"}
    several = later(working, "export", {"inputs": inputs})
    assert several.headers["content-type"].startswith("multipart/related")
    found = parts(several)
    assert json.loads(found["report"])["features"] == len(POINTS)
    assert len(found["file"].splitlines()) == len(POINTS) + 1
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
