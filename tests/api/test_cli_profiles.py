"""Structures of deliveries at the command line and in the process ``load``: told, asked for, a city's own."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas
import pytest
import shapely
from installation import Installation, installation

from api.executions import OFFERED
from planning import layers, profiles
from planning.errors import BadProfile
from spatial.access.model import Right
from spatial.catalogue import store
from spatial.database import connect
from spatial.datum import frame, legal_areas_m2
from spatial.errors import UnitUndecided
from spatial.jobs.inputs import check
from spatial.jobs.model import Document, Grant, Owner

LAYER = "ecological-redline"
WHO = ("--author", "张伟", "--department", "自然资源和规划局", "--reason", "入库")
OWN = """
[[profiles]]
id = "shouguang-redline"
role = "ecological-redline"
title = { zh = "本市红线", en = "the city's own" }
version = "1"
source = "合成数据"
verified = false
names = ["HX"]
fields = [
    { name = "编号", field = "bsm", duty = "M" },
    { name = "红线", field = "hxmc" },
    { name = "面积亩", field = "mj", units = ["mu"], whole = true },
]
"""
SQUARE = shapely.MultiPolygon([shapely.segmentize(shapely.box(118.8, 36.9, 118.803, 36.902), 0.0001)])


@pytest.fixture
def site(database: str) -> Iterator[Installation]:
    """The commands over a fresh database with the redline."""
    with connect(database) as connection, connection.transaction():
        store.publish(connection, layers.contract(LAYER))
    with installation(ONEMAP_DATABASE_URL=database) as made:
        yield made


def _area(unit_m2: float) -> float:
    found = legal_areas_m2([SQUARE], frame("4549"), given_in=frame("4490"))
    return round(float(found[0]) / unit_m2, 4)


def _file(path: Path, **columns: Any) -> Path:
    own = {"BSM": ["370783209010000001"], "SHENG": ["山东省"], "HXMC": ["红线"]} | columns
    table = geopandas.GeoDataFrame({k: v for k, v in own.items() if v}, geometry=[SQUARE], crs="EPSG:4490")
    table.to_file(path, layer=path.stem, driver="GPKG", engine="pyogrio")
    return path


def test_the_structure_is_told_asked_for_and_written_by_a_city(site: Installation, tmp_path: Path) -> None:
    listed = site.run("planning", "profiles", LAYER)
    assert listed.returncode == 0 and "stbhhx-plan" in listed.stdout and "待核" in listed.stdout
    load = ("load", "--layer", LAYER, *WHO)

    told = site.run(*load, str(_file(tmp_path / "STBHHX.gpkg", MJ=[_area(1e4)])), "--dry-run")
    assert told.returncode == 0, told.stderr
    assert "stbhhx-delineation" in told.stdout and "公顷" in told.stdout

    (tmp_path / "wrong").mkdir()
    wrong = str(_file(tmp_path / "wrong" / "STBHHX.gpkg", MJ=[3.0]))
    refused = site.run(*load, wrong, "--dry-run")
    assert refused.returncode == 3 and "--area-unit" in refused.stderr
    said = site.run(*load, wrong, "--area-unit", "km2", "--dry-run", "--json")
    assert said.returncode == 0 and json.loads(said.stdout)["profile"]["id"] == "stbhhx-delineation"

    own = tmp_path / "本市.toml"
    own.write_text(OWN, encoding="utf-8")
    columns = {"BSM": None, "SHENG": None, "HXMC": None, "编号": ["370783209010000002"], "红线": ["本市红线"]}
    path = _file(tmp_path / "HX.gpkg", **columns, 面积亩=[_area(10000 / 15)])
    done = site.run(*load, str(path), "--profile", str(own), "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["profile"]["id"] == "shouguang-redline"
    exported = site.run("export", LAYER, str(tmp_path / "out.gpkg"))
    assert exported.returncode == 0, exported.stderr
    held = geopandas.read_file(tmp_path / "out.gpkg")
    assert held["mj"].tolist() == pytest.approx([_area(1.0)], abs=0.1)
    assert held["area_declared"].tolist() == [f"面积亩 {_area(10000 / 15)} 亩"]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (('field = "hxmc"', 'field = "nothing"'), "nothing"),
        (('field = "hxmc"', 'field = "bsm"'), "bsm"),
        (('duty = "M"', 'duty = "X"'), "M, C or O"),
        (('field = "hxmc"', 'field = "hxmc", units = ["ha"]'), "红线"),
        (('["mu"]', '["acre"]'), "acre"),
        (('role = "ecological-redline"', 'role = "redline"'), "redline"),
        (("[[profiles]]", "[profiles]"), "TOML|profiles"),
    ],
)
def test_a_profile_that_its_layer_cannot_take_is_refused(
    tmp_path: Path, spoil: tuple[str, str], told: str
) -> None:
    path = tmp_path / "本市.toml"
    path.write_text(OWN.replace(*spoil), encoding="utf-8")
    with pytest.raises(BadProfile, match=told):
        profiles.read(path)


class _Trial:
    """A context as a worker hands it over, for somebody of the planning department."""

    city = "370783"

    def __init__(self, dsn: str, work: Path) -> None:
        self.dsn = dsn
        self.work = work
        fields = tuple(field.name for field in layers.contract(LAYER).fields)
        self.owner = Owner(
            "li", "自然资源和规划局", layers={LAYER: Grant(fields, frozenset([Right.READ, Right.EDIT]))}
        )

    def grant(self, layer_id: str) -> Grant:
        return self.owner.layers[layer_id]

    def step(self, percent: int, zh: str, en: str) -> None:
        pass

    def finish(self, connection: Any, outputs: Any) -> None:
        pass


def test_the_process_knows_the_structures(database: str, tmp_path: Path) -> None:
    with connect(database) as connection, connection.transaction():
        store.publish(connection, layers.contract(LAYER))
    process = OFFERED["load"]
    content = base64.b64encode(_file(tmp_path / "STBHHX.gpkg", MJ=[_area(1e6)]).read_bytes()).decode()
    file = {"name": "STBHHX.gpkg", "content": content}
    inputs: dict[str, Any] = {"layer": LAYER, "reason": "入库", "dry_run": True, "file": file}
    for number, more in enumerate(({}, {"profile": "stbhhx-delineation", "area_unit": "km2"})):
        check(process, inputs | more)
        work = tmp_path / str(number)
        work.mkdir()
        outputs = process.run(_Trial(database, work), inputs | more)  # type: ignore[arg-type]
        report = outputs["report"]
        assert isinstance(report, Document) and report.value["profile"]["id"] == "stbhhx-delineation"
        changed = {each["name"]: each["new"] for each in report.value["changes"][0]["fields"]}
        assert changed["mj"] == pytest.approx(_area(1.0), abs=60) and "平方千米" in changed["area_declared"]
    work = tmp_path / "wrong"
    work.mkdir()
    with pytest.raises(UnitUndecided):
        wrong = base64.b64encode(_file(work / "STBHHX.gpkg", MJ=[3.0]).read_bytes()).decode()
        given = inputs | {"file": {"name": "STBHHX.gpkg", "content": wrong}}
        process.run(_Trial(database, work), given)  # type: ignore[arg-type]
