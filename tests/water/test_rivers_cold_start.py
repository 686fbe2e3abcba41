"""The cold start of the rivers: every layer and table of the module out of the archive alone, row for row."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import shapely
from archive_copies import ocfl_root_sound
from psycopg.sql import SQL, Identifier
from serving import database_of

from spatial.database import Connection, connect
from spatial.datum import BEIJING
from spatial.editing.restate_store import restate
from spatial.exchange import originals as kept_originals
from spatial.exchange.sandbox import Limits
from spatial.history import ledger
from spatial.history.model import Intent
from water import layer_store
from water import layers as network
from water.archive import companion_store, holdings, layers, originals, storage, verify
from water.archive import store as register
from water.archive.model import Agent
from water.archive.storage import Copy
from water.cameras import layers as camera_layers
from water.cameras import snapshots
from water.cameras import store as cameras
from water.cameras.layers import CAMERAS
from water.cameras.source import CameraSource, Kind
from water.errors import ArchiveDamaged, RestoreRefused
from water.gauges import layers as gauges
from water.gauges import stations
from water.gauges.gate_table import GateTable, Head, Setting
from water.gauges.rating import Rating, Segment, Shift
from water.gauges.station import Mark, Threshold
from water.works import claims, defects, loading, offsets, papers
from water.works import layers as works
from water.works.datum import VerticalDatum as Datum
from water.works.defect import State
from water.works.offset import DatumOffset

NOW = datetime(2026, 11, 27, 8, 0, tzinfo=BEIJING)
WHO = Agent("张伟", "水利局")
PDF = b"%PDF-1.7\n" + bytes(range(256)) * 5000 + b"\n%%EOF\n"
PLACE = shapely.to_wkb(shapely.Point(118.75, 36.88))
WHERE = {"route_id": "R", "route_version": 1, "bank": "left", "chainage_m": 5000.0}
LIVING = {"status": "in-service", "data_nature": "合成数据"}


def intent(month: int) -> Intent:
    return Intent("李工", "水利局", f"{month} 月", datetime(2026, month, 1, tzinfo=BEIJING))


def stations_rated(connection: Connection) -> None:
    for key, kind in (("41800001", "ZQ"), ("41800005", "DD")):
        row = {"fid": key, "station_id": key, "name": f"合成站 {key}", "kind": kind, "vertical_datum": "dagu"}
        layer_store.put(connection, gauges.STATIONS, [{**row, **LIVING, "geom": PLACE}], intent(1))
    for month, shift in ((2, ()), (3, (Shift(0.25, intent(3).valid_from, None, "两次实测"),))):
        since = intent(month).valid_from
        segments = (Segment(10.0, 15.0, 0.1 + 0.2, 10.0, 1.5),)
        curve = Rating(f"2026-{month}", Datum.DAGU, segments, since, None, 0.08, "测流报告", shift)
        stations.rate(connection, "41800001", curve, "unverified", intent(month))
        mark = Threshold(Mark.WARNING, "stage", 21.5 + month, Datum.DAGU, "文件", "unverified")
        stations.mark(connection, "41800001", mark, intent(month))
    table = GateTable(
        *("G", Setting.GATE_OPENING, Head.FALL, (0.0, 2.0), (0.5, 1.5), ((0.0, 0.0), (10.0, 18.0))),
        *(intent(2).valid_from, None, 0.1, "率定报告"),
    )
    stations.tabulate(connection, "41800005", table, "unverified", intent(2))
    area = shapely.box(118, 36, 119.5, 37.5)
    offset = DatumOffset("T-1", Datum.DAGU, Datum.CGVD1985, -1.2, 0.02, "联测", "unverified", area)
    offsets.record(connection, offset, intent(1))


def works_tended(connection: Connection, folder: Path) -> None:
    rows = [{"fid": "W-1", "work_id": "W-1", "name": '合成闸,\n"甲"', "kind": "sluice", **WHERE, **LIVING}]
    layer_store.put(connection, "river-works", [{**rows[0], "geom": PLACE}], intent(1))
    layer_store.put(connection, "river-works", [{**rows[0], "name": "合成闸", "geom": PLACE}], intent(6))
    defect = {**WHERE, "defect_id": "QX-1", "kind": "crack", "severity": "slight", "description": "裂缝"}
    defects.open_defect(connection, {**defect, "found_by": "巡查员"}, intent(3))
    defects.advance(connection, "QX-1", State.ASSIGNED, "赵工", "", intent(4))
    inspection = {**WHERE, "record_id": "XC-1", "kind": "inspection", "done_by": "巡查队", "finding": "良好"}
    defects.inspected(connection, {**inspection, "grade": "good"}, intent(3))
    path = folder / "竣工图.pdf"
    path.write_bytes(PDF)
    paper = {**WHERE, "document_id": "D-1", "title": "竣工图", "kind": "drawing", "defect": "QX-1"}
    (folder / "work").mkdir()
    papers.enter(connection, paper, path, folder / "work", intent(4))


def watched(connection: Connection) -> None:
    pose = {"azimuth_deg": 0.0, "view_deg": 60.0, "reach_m": 50.0, "source": "north", "every_s": 600}
    camera = {
        "fid": "C-1",
        "camera_id": "C-1",
        "name": "合成视频点",
        "kind": "fixed",
        **WHERE,
        **LIVING,
        **pose,
    }
    layer_store.put(connection, CAMERAS, [{**camera, "geom": PLACE}], intent(1))
    cameras.declare(connection, CameraSource("north", Kind.FOLDER, "/nowhere"))
    png = base64.b64decode(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
    )
    for minute, content in ((0, png), (10, b"<html>")):
        snapshots.take(connection, NOW + timedelta(minutes=minute), ask=lambda _, found=content: found)


def beside(connection: Connection, folder: Path) -> None:
    """A grant that was revoked, a proposal with its step, lineage, a delivery that was read."""
    connection.execute(
        'insert into spatial.layer_grant (layer, department, "right", granted_by, revoked_at, revoked_by)'
        " values ('river-works', '应急局', 'read', '张', now(), '李'),"
        " ('river-works', '住建局', 'edit', '张', null, null)"
    )
    path = folder / "delivery.csv"
    path.write_bytes(b"a,b\n1,2\n")
    (folder / "staged").mkdir()
    delivered = kept_originals.stage(path, folder / "staged", Limits(file_bytes=1 << 20))
    kept_originals.keep(connection, delivered)
    (changeset,) = connection.execute(
        "select max(id) from spatial.changeset where layer = 'river-works'"
    ).fetchone() or (0,)
    connection.execute(
        "insert into spatial.source_reading values (%s, %s, 'river-works', 'delivery.csv', 'CSV', null, '{}',"
        " '{\"told\": \"utf-8\"}', '[1.5, null]')",
        (changeset, delivered.sha256),
    )
    connection.execute(
        "insert into spatial.derivation (product, source_layer, source_changeset, activity, code_version,"
        " parameters, parameters_sha256) values ('job/a-1', 'river-works', %s, 'river-volume', '1',"
        " '{\"步长\": 0.30000000000000004}', sha256('x'))",
        (changeset,),
    )
    (proposal,) = connection.execute(
        "insert into spatial.proposal (layer, author, department, reason, valid_from)"
        " values ('river-works', '王', '水利局', '更名', now()) returning id"
    ).fetchone() or (0,)
    connection.execute(
        "insert into spatial.proposal_feature values (%s, 1, 'W-1', false, %s, '{\"name\": \"甲\"}',"
        ' \'{"name": "乙"}\')',
        (proposal, changeset),
    )
    connection.execute(
        "insert into spatial.proposal_step (proposal, number, state, author, department, reason, digest)"
        " values (%s, 1, 'proposed', '王', '水利局', '更名', spatial.proposal_digest(%s))",
        (proposal, proposal),
    )


@pytest.fixture
def city(connection: Connection, tmp_path: Path) -> Connection:
    """A database in which the whole module is at work."""
    network.publish(connection)
    works.publish(connection)
    gauges.publish(connection)
    camera_layers.publish(connection)
    loading.facts(connection)
    held = connection.execute("select fid from history.river_claims_believed order by fid limit 1").fetchone()
    assert held is not None
    claims.choose(connection, held[0], "最新文献", intent(2))
    claim = {"fid": held[0], "standing": "verified", "note": "已核"}
    restate(connection, works.CLAIMS, intent(5), changed=[claim])
    stations_rated(connection)
    works_tended(connection, tmp_path)
    connection.commit()
    connection.autocommit = True
    watched(connection)
    with connection.transaction():
        beside(connection, tmp_path)
        connection.execute(Path(__file__).with_name("module_rows.sql").read_text(encoding="utf-8"))
    return connection


@pytest.fixture
def copy(memory: Path, city: Connection) -> Copy:
    """A copy of the archive, registered."""
    made = storage.create(memory / "a", "a", "370783")
    register.register(city, "a", made.place, NOW)
    return made


@pytest.fixture
def other(server_dsn: str, template: str) -> Iterator[Connection]:
    """A second database, migrated and empty."""
    with database_of(server_dsn, template) as dsn, connect(dsn) as opened:
        yield opened


def told(connection: Connection) -> dict[str, list[Any]]:
    """Everything the database holds of the module, row for row as text."""
    names = companion_store.module_layers(connection)
    of_layers = SQL("where {} = any (%(names)s)")
    wanted = {
        **{f"history.{name.replace('-', '_')}": SQL("") for name in names},
        **{table: SQL("") for table in companion_store.module_tables(connection)},
        **{
            f"spatial.{table}": of_layers.format(Identifier(column))
            for table, column in (
                *(
                    ("layer", "id"),
                    ("layer_contract", "layer"),
                    ("changeset", "layer"),
                    ("layer_grant", "layer"),
                ),
                *(("proposal", "layer"), ("derivation", "source_layer"), ("source_reading", "layer")),
            )
        },
        **dict.fromkeys(
            ("spatial.proposal_feature", "spatial.proposal_step", "spatial.source", "spatial.source_chunk"),
            SQL(""),
        ),
    }
    return {
        table: connection.execute(
            SQL("select t::text from {} t {} order by 1").format(Identifier(*table.split(".")), where),
            {"names": names},
        ).fetchall()
        for table, where in wanted.items()
    }


def every_table_is_archived_or_said_not_to_be(city: Connection) -> None:
    """Whoever adds a table to the module fills it above, or says why the archive need not hold it."""
    made = re.compile(r"create schema (?:if not exists )?(\w+);")
    files = Path(companion_store.__file__).parents[1].rglob("*.sql")
    schemas = {name for file in files for name in made.findall(file.read_text(encoding="utf-8"))}
    assert schemas == {*companion_store.SCHEMAS, "archive", "event"}
    tables = {
        f"{schema}.{name}"
        for schema, name in city.execute(
            "select table_schema, table_name from information_schema.tables"
            " where table_schema = any (%s) and table_type = 'BASE TABLE'",
            (list(schemas),),
        )
    }
    archived = set(companion_store.module_tables(city))
    assert tables == archived | set(companion_store.NOT_ARCHIVED)
    assert archived.isdisjoint(companion_store.NOT_ARCHIVED)
    bare = [
        table
        for table in sorted(archived)
        if not city.execute(SQL("select from {} limit 1").format(Identifier(*table.split(".")))).fetchall()
    ]
    assert bare == ["water.camera_day"], "a row in each, so that the cold start is tried on it"


def test_the_module_comes_back_table_for_table(city: Connection, other: Connection, copy: Copy) -> None:
    every_table_is_archived_or_said_not_to_be(city)
    done = holdings.archive_rivers(city, WHO, NOW)
    assert {each.work for each in done} >= {
        "layers/river-claims",
        "layers/river-cameras",
        "tables/water.camera_snapshot",
    }
    assert all(each.receipt is None for each in holdings.archive_rivers(city, WHO, NOW)), "nothing twice"
    stations.mark(
        city, "41800001", Threshold(Mark.HIGHEST, "stage", 23.0, Datum.DAGU, "文件", "unverified"), intent(9)
    )
    later = {each.work for each in holdings.archive_rivers(city, WHO, NOW.replace(year=2030)) if each.receipt}
    assert later == {"layers/river-thresholds"}
    assert verify.check_copy(copy).ok and ocfl_root_sound(copy)
    restored = layers.restore(other, copy)
    before, after = told(city), told(other)
    assert list(before) == list(after)
    for table, rows in before.items():
        assert rows == after[table], table
    empty = {table.removeprefix("history.") for table, rows in before.items() if not rows}
    generated = {
        "river_routes",
        "river_stakes",
        "river_reaches",
        "river_nodes",
        "river_dykes",
        "river_sections",
    }
    assert {each for each in empty if not each.startswith("water.")} == {*generated, "river_camera_views"}
    assert before["flood.run"] and before["response.ending"] and before["warning.verification"]
    assert {each.name for each in restored} >= set(companion_store.module_tables(city))
    assert ledger.verify(other).ok
    (content,) = other.execute(
        "select string_agg(bytes, '' order by number) from spatial.source_chunk where sha256 = sha256(%s)",
        (PDF,),
    ).fetchone() or (b"",)
    assert bytes(content) == PDF
    # The restored city works on: numbers go on, the guard of claims stands.
    other.commit()
    offset = DatumOffset(
        "T-2", Datum.DAGU, Datum.WUSONG, 1, 0, "x", "unverified", shapely.box(118, 36, 119, 37)
    )
    assert offsets.record(other, offset, intent(10)) is not None
    other.execute(
        'insert into spatial.layer_grant (layer, department, "right", granted_by)'
        " values ('river-works', 'x', 'read', 'x')"
    )


def test_an_original_that_is_another_is_refused(
    city: Connection, other: Connection, copy: Copy, monkeypatch: pytest.MonkeyPatch
) -> None:
    holdings.archive_rivers(city, WHO, NOW)
    digest = hashlib.sha256(PDF).hexdigest()

    def forged(*_: Any) -> bytes:
        body = base64.b64encode(PDF[:-1] + b"x").decode()
        told = {
            "name": "x",
            "size_bytes": len(PDF),
            "packed": False,
            "kept_at": "2026-01-01",
            "content_base64": body,
        }
        return json.dumps(told).encode()

    with monkeypatch.context() as patch:
        patch.setattr(originals.reading, "newest", forged)
        with pytest.raises(ArchiveDamaged, match=digest):
            originals.restore(other, copy, [digest])
    with pytest.raises(RestoreRefused, match="0" * 64):
        originals.restore(other, copy, ["0" * 64])
    (target,) = copy.root.rglob(f"{digest}.json")
    target.chmod(0o644)
    target.write_bytes(target.read_bytes().replace(b"base64", b"base46", 1))
    other.rollback()
    with pytest.raises(ArchiveDamaged, match=digest):
        layers.restore(other, copy)
    assert not other.execute("select from spatial.changeset").fetchall()
