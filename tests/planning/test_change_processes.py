"""``plan-difference`` and ``advance-plan``, run as jobs on PostGIS."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pytest
import shapely

sys.path.insert(0, str(Path(__file__).parents[1] / "spatial" / "jobs"))
from jobs_running import job, submit

from planning import layers
from planning.difference import file as difference_file
from planning.difference import store as difference_store
from planning.difference.difference import apply
from planning.difference.store import Moment
from planning.maintenance import proof as maintenance_proof
from planning.plans import plans
from planning.plans.life import Status
from planning.plans.plans import Plan
from planning.processes import PLANNING
from spatial.catalogue import store as catalogue
from spatial.database import Connection, connect
from spatial.datum import frame, legal_areas_m2
from spatial.datum.clock import BEIJING
from spatial.history import write
from spatial.history.model import Delivery, Intent
from spatial.jobs import content, run, store
from spatial.jobs.model import State
from spatial.jobs.process import Processes
from spatial.jobs.workplace import Workplace

BY_ID = {each.id: each for each in PLANNING}
SIGNED = {"author": "张伟", "department": "规划科", "reason": "测试"}
LAYER = "planning-zones"


def day(month: int) -> datetime:
    return datetime(2026, month, 1, tzinfo=BEIJING)


def intent(month: int, delivery: Delivery = Delivery.PARTIAL) -> Intent:
    return Intent("张伟", "规划科", "测试", day(month), delivery)


def _square(i: int, j: int) -> shapely.Geometry:
    west, south = 118.7 + i * 0.01, 36.9 + j * 0.01
    return shapely.MultiPolygon([shapely.box(west, south, west + 0.01, south + 0.01)])


FIRST = {f"z{i}{j}": ("300", "v1", _square(i, j)) for i in range(4) for j in range(4)}
SECOND = {
    **{key: each for key, each in FIRST.items() if key not in ("z00", "z11")},
    "z22": ("400", "v1", FIRST["z22"][2]),
    "z33": ("300", "v2", FIRST["z33"][2]),  # what the platform alone keeps
    "z99": ("300", "v1", FIRST["z11"][2]),
    "new": ("700", "v1", _square(9, 9)),
}


def _deliver(
    connection: Connection, rows: Mapping[str, tuple[str, str, shapely.Geometry]], month: int
) -> None:
    table = catalogue.get(connection, LAYER).table
    staging = write.create_staging(connection, table)
    values = [
        (n, key, key, code, version, shapely.to_wkb(shape))
        for n, (key, (code, version, shape)) in enumerate(rows.items(), 1)
    ]
    write.copy_rows(connection, staging, ("line", "fid", "bsm", "ghfqdm", "plan_version", "geom"), values)
    write.canonicalise(connection, staging)
    assert write.apply(connection, staging, intent(month, Delivery.FULL)) is not None
    write.drop_staging(connection, staging)


@pytest.fixture(scope="module")
def planned(shared_database: str) -> str:
    with connect(shared_database) as connection, connection.transaction():
        for layer_id in (*layers.PLANS, LAYER, "flood-risk"):
            catalogue.publish(connection, layers.contract(layer_id))
        _deliver(connection, FIRST, 1)
        _deliver(connection, SECOND, 6)
        plans.make_plan(connection, Plan("p1", "测试规划(合成数据)", "county", "overall"), intent(1))
        plans.add_version(connection, "p1", intent(1))
    return shared_database


def _run(dsn: str, process: str, inputs: Mapping[str, Any]) -> dict[str, Any]:
    chosen = BY_ID[process]
    job_id = submit(dsn, chosen, inputs, *chosen.needs(inputs))
    run.run(Workplace(dsn, "370783"), Processes(PLANNING), job_id, 1)
    done = job(dsn, job_id)
    if done.state is not State.SUCCESSFUL:
        return {"failed": done}
    with connect(dsn) as connection:
        kept = {each.name: each for each in store.outputs(connection, job_id)}
        read = {name: content.fetch(connection, each.sha256) for name, each in kept.items()}
    return {name: body if kept[name].file_name else orjson.loads(body) for name, body in read.items()}


def test_two_states_are_told_apart_and_the_file_restores_the_newer_one(planned: str, tmp_path: Path) -> None:
    done = _run(
        planned,
        "plan-difference",
        {"layer": LAYER, "from": {"datetime": "2026-02-01"}, "to": {"datetime": "2026-07-01"},
         "package": {"year": 2026, "layers": ["flood-risk"], "whbh": "1", "whly": "01"}},
    )  # fmt: skip
    report = done["report"]
    assert report["counts"] == {"changed": 2, "inserted": 1, "recoded": 1, "removed": 1}
    assert report["unchanged"] == 12 and report["proof"] == {"a_and_difference_are_b": True}
    assert report["fields"] == {"ghfqdm": 1, "plan_version": 1}
    assert len(set(report["changesets"][LAYER])) == 1 and report["changesets"]["flood-risk"] == [0, 0]
    # Areas by class, from the squares themselves.
    plane, degrees = frame("EPSG:4549"), frame("EPSG:4490")
    want = dict[str, list[float]]()
    for place, rows in enumerate((FIRST, SECOND)):
        areas = legal_areas_m2(np.array([each[2] for each in rows.values()], object), plane, given_in=degrees)
        for (code, _, _), area in zip(rows.values(), areas, strict=True):
            want.setdefault(code, [0.0, 0.0])[place] += area
    told = {each["code"]: [each["before_m2"], each["after_m2"]] for each in report["areas"]["classes"]}
    assert {code: pytest.approx(each, abs=0.01) for code, each in want.items()} == told
    moved = {(each["before"], each["after"]) for each in report["areas"]["transitions"]}
    assert moved == {("300", None), ("300", "400"), ("300", "300"), (None, "700")}
    # The file, applied to the whole older state.
    path = tmp_path / "difference.gpkg"
    path.write_bytes(done["difference"])
    contract = layers.contract(LAYER)
    fields = [each.name for each in contract.fields]
    nothing = Moment(datetime(2025, 1, 1, tzinfo=BEIJING))
    with connect(planned) as connection:
        whole = [
            difference_store.read(connection, contract, fields, nothing, Moment(day(month))).newer
            for month in (2, 7)
        ]
    assert apply(difference_file.read(path), whole[0]).identical(whole[1])
    # The package proves itself, and leaves out what the platform alone keeps.
    path = tmp_path / "package.zip"
    path.write_bytes(done["package"])
    assert maintenance_proof.prove(path) == ()
    (zones, floods) = report["package"]["layers"]
    assert zones["counts"] == {"1": 1, "2": 2, "3": 1} and floods["counts"] == {"1": 0, "2": 0, "3": 0}
    assert report["package"]["vertical_datum_written"]
    with zipfile.ZipFile(path) as archive:
        assert "合成数据,不得上报" in archive.read("说明.txt").decode()


def test_what_is_not_compared_does_not_differ(planned: str) -> None:
    asked = {"layer": LAYER, "from": {"datetime": "2026-02-01"}, "to": {"datetime": "2026-07-01"}}
    done = _run(
        planned, "plan-difference", {**asked, "ignore": ["plan_version"], "format": "none", "limit": 1}
    )
    assert set(done) == {"report"}
    assert done["report"]["counts"]["changed"] == 1 and done["report"]["unchanged"] == 13
    assert len(done["report"]["changes"]) == 1 and done["report"]["cut"] == 3
    balance = {each["code"]: each for each in done["report"]["areas"]["classes"]}
    full = legal_areas_m2(
        np.array([each[2] for each in FIRST.values()], object),
        frame("EPSG:4549"),
        given_in=frame("EPSG:4490"),
    ).sum()
    assert balance["300"]["before_m2"] == pytest.approx(full, abs=0.01), (
        "rows alike in what is compared count"
    )
    for wrong in (
        {"by": "plan_version", "ignore": ["plan_version"]},
        {"package": {"year": 2026, "whly": "0001"}},
    ):
        assert "failed" in _run(planned, "plan-difference", {**asked, **wrong})


def test_a_plan_is_advanced_or_only_looked_at(planned: str) -> None:
    step = {**SIGNED, "version": "p1-v1", "to": "public-notice", "day": "2026-03-01",
            "document_title": "公示公告(合成数据)", "issued_on": "2026-02-20"}  # fmt: skip
    seen = _run(planned, "advance-plan", {**step, "preview": True})["outcome"]
    assert (
        seen["changesets"] == {}
        and seen["moved"][0]["title"] == "编制 → 公示"
        and "待核" in seen["to_be_checked"]
    )
    done = _run(planned, "advance-plan", step)["outcome"]
    assert set(done["changesets"]) == {"plan-versions"}
    with connect(planned) as connection:
        (version,) = plans.status_at(connection, day(4))
        assert version.status is Status.PUBLIC_NOTICE and version.paper.title == "公示公告(合成数据)"
        ledger = connection.execute(
            "select author, department, reason from spatial.changeset where id = %s",
            (done["changesets"]["plan-versions"],),
        ).fetchone()
    assert ledger == ("张伟", "规划科", "测试")
    told = _run(
        planned,
        "plan-difference",
        {"layer": "plan-versions", "from": {"datetime": "2026-02-01"}, "to": {"datetime": "2026-04-01"}},
    )
    (change,) = told["report"]["changes"]
    assert change["before"] == ["p1-v1"] and set(change["fields"]) == {
        "status",
        "document_title",
        "issued_on",
    }
    assert told["report"]["areas"]["by"] is None and told["report"]["areas"]["transitions"] == []
    refused = _run(planned, "advance-plan", {**step, "to": "approved", "day": "2026-05-01"})["failed"]
    assert "公示" in refused.problem["zh"] and refused.problem["code"] == "plan-move-refused"
