"""Who may run what, and see which jobs: rules, executions and the engine's manager by principal."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
from api_serving import POINTS, contract, database_of, deliver, publish
from pygeoapi.api import APIRequest, processes
from starlette.requests import Request as StarletteRequest

sys.path.insert(0, str(Path(__file__).parents[1] / "spatial" / "jobs"))
from jobs_running import owner, submit

from api.catalogue import Catalogue
from api.crs import edges
from api.executions import ASKER, OFFERED, Executions, require_known
from api.ogc import MANAGER, Engine, Resources
from spatial.access.model import ANONYMOUS, LOCAL, Origin, Principal, Role
from spatial.catalogue.city import read_city
from spatial.catalogue.contract import Sharing
from spatial.database import connect
from spatial.datum import ControlPoints, Model, fit_points, frame
from spatial.datum.store import save_fit
from spatial.errors import Forbidden, NoOperation, OneMapError, Unauthenticated, UnknownLayer
from spatial.jobs import store
from spatial.jobs.errors import BadExecution
from spatial.jobs.model import Owner, Request, State, may_dismiss, may_see
from spatial.jobs.processes.parts import who
from spatial.jobs.workplace import Workplace

STEWARD = "自然资源和规划局"


def somebody(subject: str, department: str, *roles: Role) -> Principal:
    return Principal(subject, department, frozenset(roles), Origin.KEY)


OWN_READER = somebody("own-reader", STEWARD, Role.READER)
OWN_EDITOR = somebody("own-editor", STEWARD, Role.EDITOR)
OWN_STEWARD = somebody("own-steward", STEWARD, Role.STEWARD)
OTHER = somebody("other", "水利局", Role.READER, Role.EDITOR, Role.STEWARD)


@pytest.fixture(scope="module")
def city_dsn(server_dsn: str, template: str) -> Iterator[str]:
    """``points`` is shared on request, ``open`` with everybody."""
    with database_of(server_dsn, template) as dsn:
        publish(dsn, contract("points"))
        publish(dsn, replace(contract("open"), sharing=Sharing.OPEN))
        deliver(dsn, "points", POINTS)
        deliver(dsn, "open", POINTS)
        yield dsn


@pytest.fixture(scope="module")
def executions(city_dsn: str) -> Executions:
    catalogue = Catalogue(city_dsn)
    asyncio.run(catalogue.refresh())
    return Executions(catalogue, Workplace(city_dsn, "370783"))


def run(executions: Executions, principal: Principal, process: str, **inputs: object) -> Any:
    asked = executions.request(principal, process, {"inputs": inputs})
    (part,) = executions.execute(asked)
    return orjson.loads(part.content)


LOADING = {"reason": "普查", "file": {"name": "x.csv", "content": ""}}


@pytest.mark.parametrize(
    ("principal", "process", "inputs", "refused"),
    [
        (ANONYMOUS, "thematic-stat", {"layer": "points"}, UnknownLayer),
        (ANONYMOUS, "thematic-stat", {"layer": "open"}, None),
        (ANONYMOUS, "thematic-stat", {"layer": "open", "by": "owner"}, BadExecution),
        (ANONYMOUS, "load", {"layer": "open", **LOADING}, Unauthenticated),
        (ANONYMOUS, "load", {"layer": "points", **LOADING}, UnknownLayer),
        (OTHER, "thematic-stat", {"layer": "points"}, UnknownLayer),
        (OTHER, "thematic-stat", {"layer": "open", "divisions": "points"}, UnknownLayer),
        (OTHER, "thematic-stat", {"layer": "open", "by": "owner"}, BadExecution),
        (OTHER, "difference", {"layer": "points", "from": "2026-01-01"}, UnknownLayer),
        (OTHER, "load", {"layer": "open", **LOADING}, Forbidden),
        (OWN_READER, "load", {"layer": "points", **LOADING}, Forbidden),
        (OWN_READER, "thematic-stat", {"layer": "points", "by": "owner"}, None),
        (LOCAL, "thematic-stat", {"layer": "points", "by": "owner"}, BadExecution),
    ],
)
def test_who_may_run_what(
    executions: Executions,
    principal: Principal,
    process: str,
    inputs: dict,
    refused: type[OneMapError] | None,
) -> None:
    if refused is None:
        assert run(executions, principal, process, **inputs)["total"]
        return
    with pytest.raises(refused) as caught:
        run(executions, principal, process, **inputs)
    assert type(caught.value) is refused
    assert "王某" not in str(caught.value)


def test_only_those_who_may_see_a_field_gather_by_it(executions: Executions) -> None:
    told = run(executions, OWN_READER, "thematic-stat", layer="points", by="owner")
    assert told["total"] == [{"code": "王某", "count": len(POINTS)}]


def test_a_job_takes_along_what_its_owner_may_see(executions: Executions) -> None:
    asked = executions.request(OWN_EDITOR, "export", {"inputs": {"layer": "points", "format": "csv"}})
    kept = Owner.from_json(asked.owner.subject, asked.owner.department, asked.owner.to_json())
    assert kept == asked.owner
    assert "owner" in kept.layers["points"].fields
    seen = executions.request(OTHER, "export", {"inputs": {"layer": "open", "format": "csv"}})
    assert "owner" not in seen.owner.layers["open"].fields


def test_authors_are_who_they_are(executions: Executions) -> None:
    asked = executions.request(OWN_EDITOR, "load", {"inputs": {"layer": "points", **LOADING}})

    class Context:
        owner = asked.owner

    assert who(Context, {}) == ("own-editor", STEWARD)  # type: ignore[arg-type]
    with pytest.raises(BadExecution, match="/inputs/author"):
        who(Context, {"author": "somebody else"})  # type: ignore[arg-type]


def test_the_citys_own_operations_are_not_for_anybody(executions: Executions, city_dsn: str) -> None:
    """Served to everybody, a transformation gives its secret parameters away point by point."""
    x = np.array([390000.0, 400000.0, 410000.0, 395000.0])
    y = np.array([4080000.0, 4085000.0, 4090000.0, 4095000.0])
    points = ControlPoints.of(
        ("a", "b", "c", "d"), np.column_stack((x, y)), np.column_stack((x + 50, y - 30))
    )
    frames = (frame("EPSG:2385"), frame("EPSG:4549"))
    fitted = fit_points(points, *frames, Model.SIMILARITY, name="test-xian80")
    with connect(city_dsn) as connection:
        save_fit(connection, fitted)
    inputs = {"source": "EPSG:2385", "target": "EPSG:4549", "coordinates": [[400000, 4086000]]}
    (x_there, y_there), *_ = run(executions, OWN_READER, "transform", **inputs)["coordinates"]
    assert (x_there, y_there) == pytest.approx((400050, 4085970), abs=0.01)
    with pytest.raises(NoOperation):
        run(executions, ANONYMOUS, "transform", **inputs)


def test_jobs_are_for_those_who_say_who_they_are() -> None:
    require_known(Owner.of(LOCAL, {}))
    require_known(Owner.of(OTHER, {}))
    with pytest.raises(Unauthenticated):
        require_known(Owner.of(ANONYMOUS, {}))


def test_who_sees_and_ends_a_job(city_dsn: str) -> None:
    request = Request("grid-decode", "1", {}, Owner.of(OWN_READER, {}))
    with connect(city_dsn) as connection:
        job = store.submit(connection, request)
    colleague = somebody("colleague", STEWARD, Role.READER)
    expected = {
        LOCAL: (True, True),
        OWN_READER: (True, True),
        OWN_STEWARD: (True, True),
        colleague: (True, False),
        OTHER: (False, False),
        ANONYMOUS: (False, False),
    }
    assert {one: (may_see(one, job), may_dismiss(one, job)) for one in expected} == expected


def test_the_engine_knows_the_same_jobs(executions: Executions, city_dsn: str) -> None:
    """pygeoapi's own functions over our manager, by who asks."""
    city = read_city("370783")
    catalogue = Catalogue(city_dsn)
    asyncio.run(catalogue.refresh())
    manager = {"name": MANAGER, "connection": city_dsn, "executions": executions}
    api = Engine(Resources(catalogue, edges(city), city, city_dsn), city, manager).api
    codes = {"inputs": {"system": "sheet", "codes": ["J50"]}}

    def ask(name: str, *arguments: str, body: object = None, prefer: str = "") -> tuple[int, Any]:
        headers = [(b"content-type", b"application/json"), (b"prefer", prefer.encode())]
        scope = {"type": "http", "method": "GET", "path": "/", "headers": headers, "query_string": b"f=json"}
        request = APIRequest(StarletteRequest(scope), api.locales)
        request._data = orjson.dumps(body)
        _, status, content = getattr(processes, name)(api, request, *arguments)
        return int(status), orjson.loads(content)

    token = ASKER.set(OWN_READER)
    try:
        status, listed = ask("describe_processes")
        assert (status, [one["id"] for one in listed["processes"]]) == (200, list(OFFERED))
        status, found = ask("execute_process", "grid-decode", body=codes, prefer="wait")
        assert (status, found["cells"][0]["code"]) == (200, "J50")
        status, _ = ask("execute_process", "grid-decode", body=codes, prefer="respond-async")
        assert status == 201
        calling = {**codes, "subscriber": {"successUri": "http://127.0.0.1:9/"}}
        status, _ = ask("execute_process", "grid-decode", body=calling, prefer="respond-async")
        assert status >= 400
        (job,) = [one for one in ask("get_jobs")[1]["jobs"] if one["processID"] == "grid-decode"][:1]
        assert ask("get_jobs", job["jobID"])[1]["status"] == "accepted"
        assert ask("get_job_result", job["jobID"])[0] == 404
        ASKER.set(OTHER)
        assert ask("get_jobs")[1]["jobs"] == []
        assert ask("get_jobs", job["jobID"])[0] == 404
        assert ask("delete_job", job["jobID"])[0] == 404
        ASKER.set(OWN_READER)
        assert ask("delete_job", job["jobID"])[1]["status"] == "dismissed"
    finally:
        ASKER.reset(token)
    with connect(city_dsn) as connection:
        assert store.get(connection, job["jobID"]).state is State.DISMISSED


def test_owners_of_the_command_line_are_operators(city_dsn: str) -> None:
    job = submit(city_dsn, "thematic-stat", {"layer": "points"}, "points")
    with connect(city_dsn) as connection:
        found = store.get(connection, job).owner
    assert found == owner(city_dsn, "points")
    assert found.local and "owner" not in found.layers["points"].fields
