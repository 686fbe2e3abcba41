"""What a job read by reference stands in its lineage; a schedule's links are read anew by every job."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from api_serving import Served, deliver, places
from guarded_town import Town
from installation import installation
from jobs_running import ended
from reference_holder import POINTS_FILE, Holder, asking, holding

from api.executions import OFFERED
from spatial.database import connect
from spatial.datum import BEIJING
from spatial.datum.clock import parse_instant
from spatial.jobs import schedule, store

STATED = {
    "layer": "points",
    "reason": "引用",
    "dry_run": True,
    "delivery": "partial",
    "valid_from": "2026-06-01",
    "source_crs": "EPSG:4490",
    "author": "李工",
    "department": "自然资源和规划局",
}
GEOJSON = {"content-type": "application/geo+json"}


@pytest.fixture(scope="module")
def holder() -> Iterator[Holder]:
    with holding() as one:
        yield one


@pytest.fixture(scope="module")
def allowed(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server and a worker that may both ask this machine."""
    folder = tmp_path_factory.mktemp("references-kept")
    with asking(server_dsn, template, folder, worker_hosts=("127.0.0.1",)) as running:
        yield running


def handed_in(served: Served, process: str, **inputs: Any) -> str:
    """The id of a job that has ended well."""
    made = served.client.post(
        f"/processes/{process}/execution", json={"inputs": inputs}, headers={"prefer": "respond-async"}
    )
    assert made.status_code == 201, made.text
    job = str(made.json()["jobID"])
    ended(served.dsn, job)
    told = served.get(f"/jobs/{job}").json()
    assert told["status"] == "successful", told
    return job


def references(served: Served, job: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = served.get(f"/jobs/{job}/lineage").json()["references"]
    return found


def state_of(served: Served) -> dict[str, Any]:
    head = served.get("/changesets?layer=points").json()["changesets"][0]["id"]
    return {"layer": "points", "changeset": head}


def test_what_was_read_elsewhere_stands_in_the_lineage(allowed: Served, holder: Holder) -> None:
    body = json.dumps(POINTS_FILE).encode()
    holder.given["/versioned.geojson"] = (200, {**GEOJSON, "etag": '"v7"'}, body)
    begun = datetime.now(BEIJING)
    job = handed_in(allowed, "load", **STATED, file={"href": f"{holder.url}/versioned.geojson"})
    (told,) = references(allowed, job)
    assert begun <= parse_instant(told.pop("readAt")) <= datetime.now(BEIJING)
    assert told == {
        "input": "file",
        "href": f"{holder.url}/versioned.geojson",
        "type": "application/geo+json",
        "sha256": hashlib.sha256(body).hexdigest(),
        "sizeBytes": len(body),
        "version": '"v7"',
        "sources": [],
    }
    dated = (200, {**GEOJSON, "last-modified": "Mon, 30 Nov 2026 00:00:00 GMT"}, body)
    holder.given["/dated.geojson"] = dated
    job = handed_in(allowed, "load", **STATED, file={"href": f"{holder.url}/dated.geojson"})
    assert references(allowed, job)[0]["version"] == "Mon, 30 Nov 2026 00:00:00 GMT"
    without = handed_in(allowed, "thematic-stat", layer="points")
    assert references(allowed, without) == []


def test_what_was_read_of_the_platform_is_an_edge_to_its_state(allowed: Served) -> None:
    """Items are of the state that is believed, or was; a result is of what it was made from."""
    before = state_of(allowed)
    items = f"{allowed.url}/collections/points/items?limit=3"
    moved = {"source": "EPSG:4490", "target": "EPSG:4549"}
    job = handed_in(allowed, "transform", **moved, geojson={"href": items})
    (told,) = references(allowed, job)
    assert told["sources"] == [before]
    assert told["sha256"] == hashlib.sha256(allowed.get(items).content).hexdigest()
    tags = [told["version"], allowed.get(items).headers["etag"]]
    assert len({tag.strip('"').removesuffix("-gz").removesuffix("-br") for tag in tags}) == 1
    lineage = allowed.get(f"/jobs/{job}/lineage").json()
    assert [(one["layer"], one["changeset"], one["stale"]) for one in lineage["sources"]] == [
        ("points", before["changeset"], False)
    ]
    products = allowed.get("/collections/points/lineage").json()["products"]
    assert f"job/{job}" in {one["product"] for one in products}

    export = handed_in(allowed, "export", layer="points", format="geojson", datetime="2026-06-01")
    exported = f"{allowed.url}/jobs/{export}/results/file"
    anew = handed_in(allowed, "load", **STATED, file={"href": exported})
    assert references(allowed, anew)[0]["sources"] == [before]
    report = handed_in(allowed, "echo", either={"href": f"{allowed.url}/jobs/{job}/results"})
    assert references(allowed, report)[0]["sources"] == [before]

    held = allowed.get("/changesets?layer=points").json()["changesets"][0]["recorded_at"]
    deliver(allowed.dsn, "points", places(2, "改"))
    after = state_of(allowed)
    assert after != before
    then = f"{items}&asof={held.replace('+', '%2B')}"
    old = handed_in(allowed, "transform", **moved, geojson={"href": then})
    assert references(allowed, old)[0]["sources"] == [before]
    new = handed_in(allowed, "transform", **moved, geojson={"href": items})
    assert references(allowed, new)[0]["sources"] == [after]
    assert allowed.get(f"/jobs/{job}/lineage").json()["stale"]


def test_where_a_job_has_read_is_told_to_who_may_see_what_it_saw(town: Town) -> None:
    items = f"{town.served.url}/collections/withheld/items"
    inputs = {"source": "EPSG:4490", "target": "EPSG:4549", "geojson": {"href": items}}
    made = town.ask(
        "POST", "own reader", "/processes/transform/execution", {"inputs": inputs}, Prefer="respond-async"
    )
    assert made.status_code == 201, made.text
    job = made.json()["jobID"]
    assert "withheld" in str(town.get("own reader", f"/jobs/{job}/lineage").json()["references"])
    for who in ("stranger", "lent editor", "anonymous"):
        assert town.get(who, f"/jobs/{job}/lineage").status_code == 404
    told = town.get("security administrator", f"/jobs/{job}/lineage")  # of the same department
    assert told.status_code == 200
    assert told.json()["references"] == []
    ended_here = town.done(
        "own reader", "transform", source="EPSG:4490", target="EPSG:4549", geojson={"href": items}
    )
    assert town.get("own reader", f"/jobs/{ended_here}/results").status_code == 200
    told = town.get("security administrator", f"/jobs/{ended_here}/results")
    assert told.status_code == 403, "what came from a layer they may not see is not for them"
    # Nor by way of what was made of it.
    result = f"{town.served.url}/jobs/{ended_here}/results"
    again = town.done("own reader", "echo", either={"href": result})
    assert town.get("own reader", f"/jobs/{again}/results").status_code == 200
    assert town.get("security administrator", f"/jobs/{again}/results").status_code == 403


def fire(dsn: str, days: int) -> str:
    """The job that a schedule hands in when so many days have passed."""
    with connect(dsn) as connection:
        (job,) = schedule.fire_due(connection, OFFERED, datetime.now(BEIJING) + timedelta(days=days))
    ended(dsn, job)
    return job


def test_a_schedule_reads_its_links_at_every_firing(allowed: Served, holder: Holder) -> None:
    contents = []
    for name in ("甲", "乙"):
        feature = {**POINTS_FILE["features"][0], "properties": {"code": "R1", "name": name}}
        contents.append(json.dumps({"type": "FeatureCollection", "features": [feature]}).encode())
    holder.given["/nightly.geojson"] = (200, {**GEOJSON, "etag": '"one"'}, contents[0])
    link = {"href": f"{holder.url}/nightly.geojson", "type": "application/geo+json"}
    with installation(ONEMAP_DATABASE_URL=allowed.dsn, ONEMAP_CALLBACK_HOSTS="127.0.0.1") as site:
        inputs = json.dumps({**STATED, "file": link}, ensure_ascii=False)
        added = site.run("schedule", "add", "夜读", "30 2 * * *", "load", inputs)
        assert added.returncode == 0, added.stderr
        assert hashlib.sha256(contents[0]).hexdigest() in added.stdout
        listed = json.loads(site.run("schedule", "list", "--json").stdout)
        assert [one["references"] for one in listed if one["name"] == "夜读"] == [{"file": link["href"]}]
    asked = len(holder.asked)
    jobs = [fire(allowed.dsn, 2)]
    holder.given["/nightly.geojson"] = (200, {**GEOJSON, "etag": '"two"'}, contents[1])
    jobs.append(fire(allowed.dsn, 4))
    assert len(holder.asked) == asked + 2
    digests = []
    for job, content, version in zip(jobs, contents, ('"one"', '"two"'), strict=True):
        status = allowed.get(f"/jobs/{job}").json()
        assert (status["status"], status["onemap:schedule"]) == ("successful", "夜读"), status
        (told,) = references(allowed, job)
        assert (told["sha256"], told["version"]) == (hashlib.sha256(content).hexdigest(), version)
        digests.append(status["onemap:inputsSha256"])
    assert digests[0] != digests[1]
    with connect(allowed.dsn) as connection:  # the bytes are kept by digest, as those of any job
        kept = [store.inputs(connection, store.get(connection, job))["file"]["name"] for job in jobs]
    assert kept == ["nightly.geojson"] * 2

    holder.given["/nightly.geojson"] = (404, {}, b"")
    failed = fire(allowed.dsn, 6)
    status = allowed.get(f"/jobs/{failed}").json()
    assert status["status"] == "failed"
    assert (status["exception"]["code"], status["exception"]["pointer"]) == (
        "reference-failed",
        "/inputs/file",
    )
    assert "404" in status["exception"]["en"]
    holder.given["/nightly.geojson"] = (200, GEOJSON, b'{"type": "FeatureCollection", "features": 1}')
    broken = fire(allowed.dsn, 8)  # the process itself says what is wrong with such a file
    assert allowed.get(f"/jobs/{broken}").json()["status"] == "failed"
    with connect(allowed.dsn) as connection:
        schedule.remove(connection, "夜读")


def test_a_link_that_nobody_answers_is_tried_again_and_what_came_is_held(
    allowed: Served, holder: Holder
) -> None:
    """It hangs up at the first attempt and answers the second."""
    holder.given["/late.json"] = (200, GEOJSON, b'{"type": "Point", "coordinates": [118.7, 36.9]}')
    link = {"href": f"{holder.url}/late.json"}
    told = {"source": "EPSG:4490", "target": "EPSG:4549", "geojson": link}
    with installation(ONEMAP_DATABASE_URL=allowed.dsn, ONEMAP_CALLBACK_HOSTS="127.0.0.1") as site:
        added = site.run("schedule", "add", "late", "30 2 * * *", "transform", json.dumps(told))
        assert added.returncode == 0, added.stderr
    holder.silent["/late.json"] = 1
    before = [path for path, _ in holder.asked].count("/late.json")
    job = fire(allowed.dsn, 2)
    status = allowed.get(f"/jobs/{job}").json()
    assert status["status"] == "successful", status
    assert [path for path, _ in holder.asked].count("/late.json") == before + 2
    with connect(allowed.dsn) as connection:
        attempts = [attempt for _, attempt, _ in store.transitions(connection, job)]
        schedule.remove(connection, "late")
    assert max(attempts) == 2
    assert references(allowed, job)[0]["sizeBytes"] == len(holder.given["/late.json"][2])


@pytest.mark.parametrize(
    ("link", "told"),
    [
        ({"href": "http://192.0.2.1/x"}, "ONEMAP_CALLBACK_HOSTS"),
        ({"href": "{url}/gone"}, "404"),
        ({"href": "{url}/text", "type": "application/geo+json"}, "application/geo+json"),
        ({"href": "{url}/broken", "type": "application/json"}, "JSON"),
        ({"href": "{url}/list", "colour": "red"}, "colour"),
        ({"href": "{url}/text"}, "/inputs/level"),
    ],
)
def test_a_schedule_of_a_link_that_holds_nothing_fit_is_refused(
    allowed: Served, holder: Holder, link: dict[str, str], told: str
) -> None:
    link = {name: value.replace("{url}", holder.url) for name, value in link.items()}
    holder.given["/broken"] = (200, {"content-type": "application/json"}, b'{"a": ')
    inputs = {"system": "beidou", "positions": [[118.7, 36.8]], "level": link}
    with installation(ONEMAP_DATABASE_URL=allowed.dsn, ONEMAP_CALLBACK_HOSTS="127.0.0.1") as site:
        refused = site.run("schedule", "add", "bad", "30 2 * * *", "grid-encode", json.dumps(inputs))
    assert refused.returncode != 0
    assert told in refused.stderr and "Traceback" not in refused.stderr
    with connect(allowed.dsn) as connection:
        assert "bad" not in [one.name for one in schedule.listed(connection)]


def test_without_allowed_hosts_a_schedule_says_which_setting(allowed: Served, holder: Holder) -> None:
    inputs = {"system": "beidou", "positions": {"href": f"{holder.url}/list"}, "level": 5}
    with installation(ONEMAP_DATABASE_URL=allowed.dsn) as site:
        refused = site.run("schedule", "add", "bad", "30 2 * * *", "grid-encode", json.dumps(inputs))
    assert refused.returncode != 0
    assert "ONEMAP_CALLBACK_HOSTS" in refused.stderr
