"""Compliance checks over HTTP: at once and as a job, kept, and telling nobody more than they may see."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import shapely
from api_serving import Served, server
from planning_ground import planned
from serving import until

from api.executions import OFFERED
from planning.processes import checking_work
from spatial.access import store as access
from spatial.access.model import Right, Role
from spatial.database import connect
from spatial.jobs import run
from spatial.jobs.workplace import Workplace

STEWARD = "寿光市自然资源和规划局"


@pytest.fixture(scope="module")
def served(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with planned(server_dsn, template, 1_500) as dsn:
        log = tmp_path_factory.mktemp("planning") / "server.log"
        with server(dsn, log) as running:
            running.client.timeout = httpx.Timeout(60)
            yield running
        assert "unexpected failure" not in log.read_text()


def feature(served: Served, where: str, side_deg: float = 0.0006, **facts: Any) -> dict[str, Any]:
    """A project in the middle of a parcel of the survey."""
    with connect(served.dsn) as connection:
        row = connection.execute(
            "select ST_X(p), ST_Y(p) from (select ST_PointOnSurface(geom) p from"
            f" history.land_use_survey_believed where {where} order by fid limit 1) s"
        ).fetchone()
    assert row
    x, y = (round(each, 6) for each in row)
    ring = shapely.box(x - side_deg, y - side_deg, x + side_deg, y + side_deg)
    told = {"code": "X-1", "name": "某厂", "activity": "industry", "use_code": "100101", **facts}
    return {"type": "Feature", "properties": told, "geometry": shapely.geometry.mapping(ring)}


def asked(served: Served, projects: Any, prefer: str | None = None, **more: Any) -> httpx.Response:
    headers = {"prefer": prefer} if prefer else {}
    headers |= more.pop("headers", {})
    body = {"inputs": {"projects": projects, "datetime": "2026-06-01", **more}}
    return served.client.post("/processes/compliance-check/execution", json=body, headers=headers)


def key(served: Served, department: str, role: Role = Role.READER) -> dict[str, str]:
    with connect(served.dsn) as connection:
        _, secret = access.add_key(connection, "试验", department, [role], by="test")
    held = {"X-API-Key": secret}
    until(lambda: served.client.get("/access/me", headers=held).status_code == 200)
    return held


def test_a_project_is_judged_at_once_and_kept(served: Served) -> None:
    answer = asked(served, feature(served, "dlbm = '0102'"))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert told["verdict"]["zh"] == "不符合" and "合成数据" in told["synthetic"]
    farmland = next(each for each in told["rules"] if each["id"] == "boundary.urban")
    assert farmland["groups"][0]["geometry"]["type"] == "MultiPolygon"
    with connect(served.dsn) as connection:
        row = connection.execute(
            "select result, verdict, project_name from planning.compliance_check where id = %s",
            (told.pop("check"),),
        ).fetchone()
    assert row is not None
    assert orjson.loads(bytes(row[0])) == told
    assert row[1:] == ("breaches", "某厂")


def test_many_projects_are_judged_as_a_job_in_units_as_each_at_once(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheres = ("dlbm = '0102'", "dlbm = '0702'", "dlbm = '1202'", "dlbm = '0601'", "dlbm = '0603'")
    each = [feature(served, where, code=f"X-{n}") for n, where in enumerate(wheres)]
    at_once = [asked(served, one).json() for one in each]
    monkeypatch.setattr(checking_work, "UNIT", 2)
    accepted = asked(served, {"type": "FeatureCollection", "features": each}, "respond-async")
    assert accepted.status_code == 201, accepted.text
    job = accepted.json()["jobID"]
    run.run(Workplace(served.dsn, "370783"), OFFERED, job, 1)
    result = served.client.get(f"/jobs/{job}/results/result").json()
    assert [one["code"] for one in result["checks"]] == [f"X-{n}" for n in range(5)]
    assert sum(result["counts"].values()) == 5
    lines = served.client.get(f"/jobs/{job}/results/evidence").content.splitlines()
    for line, single in zip(lines, at_once, strict=True):
        assert {**orjson.loads(line), "check": ""} == {**single, "check": ""}


def test_a_department_sees_of_layers_it_may_not_read_areas_alone(served: Served) -> None:
    with connect(served.dsn) as connection:
        access.add_grant(connection, "planning-zones", "水利局", Right.READ, by="test")
    other = key(served, "水利局")
    project = feature(served, "dlbm = '0102'")
    whole = asked(served, project, headers=key(served, STEWARD)).json()
    part = asked(served, project, headers=other).json()
    assert [one["verdict"] for one in part["rules"]] == [one["verdict"] for one in whole["rules"]]
    for told, full in zip(part["rules"], whole["rules"], strict=True):
        for group, entire in zip(told["groups"], full["groups"], strict=True):
            assert group["area_m2"] == entire["area_m2"]
            if group["layer"] == "planning-zones":
                assert group == entire
            elif group["layer"] is not None:
                assert group["withheld"] and group["geometry"] is None
    assert part["layers"]["planning-zones"] == whole["layers"]["planning-zones"]
    codes = {f["bsm"] for name in ("land-use-survey",) for f in whole["layers"][name]["features"]}
    assert codes and not any(code in orjson.dumps(part).decode() for code in codes)


def test_nobody_unnamed_has_a_project_judged(served: Served, guarded: Served) -> None:
    project = feature(served, "dlbm = '0102'")
    refused = asked(guarded, project)
    assert refused.status_code == 401, refused.text


@pytest.fixture(scope="module")
def guarded(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The same data, not open to whoever sits at this machine."""
    log: Path = tmp_path_factory.mktemp("planning") / "guarded.log"
    with server(served.dsn, log, environment={"ONEMAP_ACCESS": "guarded"}) as running:
        yield running


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"crs": "EPSG:9999"}, "EPSG:9999"),
        ({"rules": ["no.such"]}, "no.such"),
        ({"datetime": "2026-13-01"}, "2026-13-01"),
    ],
)
def test_a_bad_request_is_told_by_its_value(served: Served, change: dict[str, Any], told: str) -> None:
    answer = asked(served, feature(served, "dlbm = '0102'"), **change)
    assert answer.status_code in (400, 404, 422), answer.text
    assert told in answer.json()["detail"]


def test_coordinates_of_another_zone_are_noticed(served: Served) -> None:
    ring = shapely.box(39_393_000, 4_085_000, 39_393_100, 4_085_100)
    project = {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(ring)}
    answer = asked(served, project, crs="EPSG:4527")
    assert answer.status_code in (400, 409, 422), answer.text
    assert "寿光市" in answer.json()["detail"] or "范围" in answer.json()["detail"]
