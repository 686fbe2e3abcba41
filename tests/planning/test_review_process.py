"""``plan-review`` as a job over real PostGIS: what is held, at which instant, and what comes out."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import geopandas
import numpy as np
import orjson
import pyogrio
import pytest
import shapely
from review_ground import ground, layer, outline, survey

from address.layers import publish as publish_address
from planning.errors import NothingToReview
from planning.layers import publish
from planning.processes.reviewing import PLAN_REVIEW
from planning.review import held
from planning.review.model import LayerState
from spatial.catalogue import store as catalogue
from spatial.database import connect
from spatial.history import write
from spatial.history.model import Delivery, Intent
from spatial.jobs import content, run, store
from spatial.jobs.model import Request, State
from spatial.jobs.operator import operator
from spatial.jobs.process import Processes
from spatial.jobs.workplace import Workplace

FIRST, SECOND = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 3, 1, tzinfo=UTC)


def _load(dsn: str, name: str, keys: Any, shapes: Any, columns: Mapping[str, Any], day: datetime) -> None:
    """One whole delivery of a layer, through the history's own door."""
    with connect(dsn) as connection:
        table = catalogue.get(connection, name).table
        staging = write.create_staging(connection, table)
        values = [columns[each] for each in columns]
        rows = [
            (row + 1, str(key), shapely.to_wkb(shape), *(each[row] for each in values))
            for row, (key, shape) in enumerate(zip(keys, shapes, strict=True))
        ]
        write.copy_rows(connection, staging, ["line", "fid", "geom", *columns], rows)
        write.canonicalise(connection, staging)
        write.apply(connection, staging, Intent("张伟", "自然资源局", "测试", day, Delivery.FULL))
        write.drop_staging(connection, staging)
        connection.commit()


def _layer(dsn: str, state: LayerState, day: datetime) -> None:
    _load(dsn, state.id, state.keys, state.shapes_4490, state.columns, day)


def _inner() -> int:
    """A parcel away from the boundary."""
    shapes = ground(100, 4)
    return int(np.flatnonzero(~shapely.dwithin(shapely.boundary(outline(shapes)), shapes, 1e-9))[3])


@pytest.fixture(scope="module")
def plan(shared_database: str) -> str:
    """A survey and farmland that are sound from January on; in March one parcel lies on its neighbours."""
    shapes = ground(100, 4)
    with connect(shared_database) as connection:
        publish(connection)
        publish_address(connection)
        connection.commit()
    area = shapely.MultiPolygon([outline(shapes)])
    columns = {"component_id": ["r1"], "code": ["370783"], "name": ["寿光市"], "element": [12]}
    _load(shared_database, "regions", ["r1"], [area], columns, FIRST)
    _layer(
        shared_database,
        survey(
            shapes, dlmc=[None if k == 2 else "水浇地" if k % 4 else "农村道路" for k in range(len(shapes))]
        ),
        FIRST,
    )
    arable = shapes[np.arange(len(shapes)) % 4 != 0]
    farmland = layer("permanent-farmland", arable[:10], cfzr=["某某"] * 10)
    _layer(shared_database, farmland, FIRST)
    moved = shapes.copy()
    coords = shapely.get_coordinates(moved[_inner()])
    coords[3] += [2e-8, 2e-8]
    moved[_inner()] = shapely.MultiPolygon([shapely.Polygon(coords)])
    _layer(shared_database, survey(moved), SECOND)
    return shared_database


def _run(dsn: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """The outputs of a job, run here: files as bytes, the rest as JSON."""
    with connect(dsn) as connection:
        owner = operator(connection, PLAN_REVIEW, inputs)
        job_id = store.submit(connection, Request(PLAN_REVIEW.id, PLAN_REVIEW.version, inputs, owner)).id
    run.run(Workplace(dsn, "370783"), Processes([PLAN_REVIEW]), job_id, 1)
    with connect(dsn) as connection:
        done = store.get(connection, job_id)
        assert done.state is State.SUCCESSFUL, done
        kept = {each.name: each for each in store.outputs(connection, job_id)}
        read = {name: content.fetch(connection, each.sha256) for name, each in kept.items()}
    return {name: body if kept[name].file_name else orjson.loads(body) for name, body in read.items()}


def _totals(report: dict[str, Any]) -> dict[str, int]:
    return {
        check["id"]: check["total"]
        for group in report["groups"]
        for check in group["checks"]
        if check["total"]
    }


def test_what_is_held_comes_back_to_the_last_digit(plan: str) -> None:
    true = survey(ground(100, 4))
    with connect(plan) as connection:
        now = datetime.now(UTC)
        found = held.delivery(connection, ["land-use-survey"], at=FIRST, asof=now)
        divisions = held.divisions(connection, at=FIRST, asof=now)
    state = found.layers["land-use-survey"]
    order = np.argsort(true.keys)
    assert state.keys.tolist() == true.keys[order].tolist()
    assert state.columns["tbmj"].tolist() == true.columns["tbmj"][order].tolist()
    assert state.columns["dlbm"].tolist() == true.columns["dlbm"][order].tolist()
    assert [row for row, each in enumerate(state.columns["dlmc"]) if each is None] == [2], "null is None"
    shapes = shapely.normalize(state.shapes_4490)
    assert shapely.equals_exact(shapes, shapely.normalize(true.shapes_4490[order]), 1e-12).all()
    assert set(divisions) == {"370783"}
    assert shapely.hausdorff_distance(divisions["370783"], outline(ground(100, 4))) < 1e-12


def test_the_state_of_an_instant_is_reviewed(plan: str) -> None:
    asked = {
        "layers": ["land-use-survey", "permanent-farmland"],
        "checks": [5, 7, 8, "area-differs", "sum-differs"],
    }
    sound = _run(plan, {**asked, "datetime": "2026-02-01"})
    assert _totals(sound["report"]) == {}
    assert sound["report"]["passed"] and sound["report"]["states"]["land-use-survey"] > 0
    later = _run(plan, {**asked, "datetime": "2026-04-01"})
    told = _totals(later["report"])
    assert set(told) <= {"overlap", "gap", "hole", "near-vertices", "area-differs"}
    assert "near-vertices" in told and not later["report"]["passed"]
    assert survey(ground(100, 4)).keys[_inner()] in {
        key for one in later["report"]["findings"] for key in one["keys"]
    }


def test_all_four_reports_come_and_personal_fields_do_not(plan: str, tmp_path: Path) -> None:
    inputs = {"indicators": {"AQ-01": 9.0}, "tasks": {"AQ-01": 8.0}}
    done = _run(plan, {**inputs, "datetime": "2026-02-01", "upper": "2020-01-01"})
    report = done["report"]
    assert {"indicator-differs", "task-not-met"} <= set(_totals(report))
    assert report["features"]["land-use-survey"] == len(ground(100, 4))
    assert "国土空间规划成果质检报告".encode() in done["page"] and done["paper"].startswith(b"%PDF-1.7")
    (tmp_path / "a.gpkg").write_bytes(done["defects"])
    listed = sum(
        len(pyogrio.read_dataframe(tmp_path / "a.gpkg", layer=name))
        for name, _ in pyogrio.list_layers(tmp_path / "a.gpkg")
    )
    assert listed == sum(report["totals"].values()) - report["cut"]
    assert "某某".encode() not in done["page"] + orjson.dumps(report)


def test_changes_between_two_instants_must_be_recorded(plan: str) -> None:
    key = str(survey(ground(100, 4)).keys[_inner()])
    asked = {"layers": ["land-use-survey"], "checks": [12], "datetime": "2026-04-01", "before": "2026-02-01"}
    named = {"layer": "land-use-survey", "key": key, "kind": "2"}
    nameless = {"layer": "land-use-survey", "key": str(survey(ground(100, 4)).keys[2]), "kind": "2"}
    assert _totals(_run(plan, {**asked, "records": [named, nameless]})["report"]) == {}
    found = _run(plan, {**asked, "records": [nameless]})["report"]
    assert [each["keys"] for each in found["findings"]] == [[key]]
    assert _totals(found) == {"change-unexplained": 1}


def test_a_file_is_reviewed_within_the_request(plan: str, tmp_path: Path) -> None:
    shapes = ground(100, 4)
    state = survey(shapes[1:])
    table = geopandas.GeoDataFrame(
        {name: list(values) for name, values in state.columns.items()}, geometry=list(shapes[1:]), crs=4490
    )
    table.to_file(tmp_path / "DLTB.gpkg", driver="GPKG", engine="pyogrio")
    body = base64.b64encode((tmp_path / "DLTB.gpkg").read_bytes()).decode()
    done = _run(plan, {"file": {"name": "DLTB.gpkg", "content": body}, "checks": [7, 9]})
    assert done["report"]["delivery"] == "DLTB.gpkg"
    assert set(_totals(done["report"])) == {"boundary-differs", "sum-differs"}, "against the platform's area"


def test_nothing_to_review_is_refused(connection: Any) -> None:
    with pytest.raises(NothingToReview):
        held.delivery(connection, held.in_service(connection), at=FIRST, asof=FIRST)
