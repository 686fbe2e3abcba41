"""Files in every format end in the same layer, and what is read back is what was handed in."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import openpyxl
import pyogrio.raw
import pytest
import shapely
from exchange_files import (
    NAMES,
    PLOTS,
    ROWS,
    counts,
    full,
    gbk_shapefile,
    options,
    squares,
    state,
    write_csv,
    write_vector,
    zipped,
    zipped_filegdb,
)

from spatial.database import connect
from spatial.errors import DeliveryUndecided, InvalidInput, TooManyRetired
from spatial.exchange import originals
from spatial.exchange.load import load
from spatial.exchange.store import reading
from spatial.history import ledger
from spatial.history.model import Delivery, Difference

LAYER = "test-stations"


def believed(dsn: str) -> list[tuple[object, ...]]:
    with connect(dsn) as connection:
        return connection.execute(
            "select code, name, height, antennas, ST_X(geom), ST_Y(geom)"
            " from layer.test_stations order by code"
        ).fetchall()


def agree(dsn: str, within_deg: float = 1.1e-9) -> None:
    held = believed(dsn)
    assert len(held) == len(ROWS)
    for row, given in zip(held, ROWS, strict=True):
        assert row[:4] == given[:4]
        assert row[4] == pytest.approx(given[7], abs=within_deg)
        assert row[5] == pytest.approx(given[8], abs=within_deg)


def test_gbk_shapefile_without_cpg_and_prj(dsn: str, tmp_path: Path) -> None:
    path = gbk_shapefile(tmp_path / "交付", crs="EPSG:4528")
    report = load(dsn, path, LAYER, options(source_crs="EPSG:4528"))
    assert (report.encoding.encoding, report.format, report.rows) == ("GB18030", "shapefile", 4)
    agree(dsn)


def test_shapefile_with_arcgis_wkt_needs_no_option(dsn: str, tmp_path: Path) -> None:
    path = gbk_shapefile(tmp_path / "交付", crs="EPSG:4528", declared="EPSG:4528")
    assert 'PROJCS["CGCS2000_3_Degree_GK_Zone_40"' in path.with_suffix(".prj").read_text()
    assert load(dsn, zipped(path.parent, tmp_path / "a.zip"), LAYER, options()).frame.frame == "EPSG:4528"
    agree(dsn)


def test_zipped_filegdb_in_zone_40(dsn: str, tmp_path: Path) -> None:
    report = load(dsn, zipped_filegdb(tmp_path), LAYER, options())
    assert (report.format, report.frame.frame) == ("filegdb", "EPSG:4528")
    assert report.path and report.accuracy_m is not None
    agree(dsn, 2e-9)


def test_geopackage(dsn: str, tmp_path: Path) -> None:
    path = write_vector(tmp_path / "a.gpkg", "GPKG", crs="EPSG:4549")
    assert load(dsn, path, LAYER, options()).frame.frame == "EPSG:4549"
    agree(dsn)


def test_filegdb_folder_and_geojson_that_declares(dsn: str, tmp_path: Path) -> None:
    folder = write_vector(tmp_path / "a.gdb", "OpenFileGDB", crs="EPSG:4490")
    load(dsn, folder, LAYER, options())
    first = state(dsn, LAYER)
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [row[7], row[8]]},
            "properties": dict(zip(NAMES[:4], row[:4], strict=True)),
        }
        for row in ROWS
    ]
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::4490"}}
    path = tmp_path / "a.geojson"
    path.write_text(json.dumps({"type": "FeatureCollection", "crs": crs, "features": features}))
    assert load(dsn, path, LAYER, full()).outcome == "unchanged"
    assert state(dsn, LAYER) == first


def test_csv_in_gb18030_with_title_row_and_degrees_minutes_seconds(dsn: str, tmp_path: Path) -> None:
    path = tmp_path / "站点.csv"
    lines = [
        "寿光市站点一览表,,,,",
        "站点编号,名称,塔高,经度,纬度",
        "T0001,圣城街道一号站,35.5,118°44′09.96″,36°52′49.44″",
        "000370783001001001,前导零,1,东经118度50分0秒,36:51:36N",
    ]
    path.write_bytes("\r\n".join(lines).encode("gb18030"))
    report = load(dsn, path, LAYER, options(source_crs="CGCS2000"))
    assert report.encoding.encoding == "GB18030"
    held = {row[0]: row for row in believed(dsn)}
    assert held["T0001"][4:] == pytest.approx((118.7361, 36.8804), abs=1e-9)
    assert held["000370783001001001"][4:] == pytest.approx((118 + 50 / 60, 36.86), abs=1e-9)


def test_xlsx_with_dates_booleans_and_text_codes(dsn: str, tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["站点编号", "名称", "塔高", "天线数", "启用日期", "在用", "巡检时间", "经度", "纬度"])
    sheet.append(["000001", "甲", 30, 3, date(2024, 5, 1), True, datetime(2026, 1, 2, 8, 30), 118.8, 36.9])
    sheet.append(["000002", "乙", 31.5, 4, 45292, "否", "2026-01-02T00:30:00Z", 118.81, 36.91])
    path = tmp_path / "台账.xlsx"
    book.save(path)
    load(dsn, path, LAYER, options(source_crs="EPSG:4490"))
    with connect(dsn) as connection:
        held = connection.execute(
            "select code, height, antennas, opened, active, checked from layer.test_stations order by code"
        ).fetchall()
    checked = datetime(2026, 1, 2, 0, 30, tzinfo=UTC)
    assert held[0] == ("000001", 30.0, 3, date(2024, 5, 1), True, checked)
    assert held[1] == ("000002", 31.5, 4, date(2024, 1, 1), False, checked)


def test_a_redelivery_writes_only_what_changed_and_keeps_the_evidence(dsn: str, tmp_path: Path) -> None:
    first = load(dsn, write_csv(tmp_path / "a.csv"), LAYER, options(source_crs="EPSG:4490"))
    rows = [list(row) for row in ROWS]
    rows[1][1] = "洛城街道办事处"
    path = write_csv(tmp_path / "b.csv", rows=rows)
    with pytest.raises(DeliveryUndecided, match="--full"):
        load(dsn, path, LAYER, options())
    second = load(dsn, path, LAYER, full(reason="更名"))
    assert second.difference == Difference(inserted=0, updated=1, retired=0, unchanged=3)
    assert second.frame.frame == "EPSG:4490", "decided by the believed features, without an option"
    residuals = {
        one.en.split(",")[0]: one.numbers["residual_m"]
        for one in second.frame.evidence
        if one.kind == "believed"
    }
    assert residuals["read as EPSG:4490"] < 0.001 < 400 < residuals["read as GCJ02"]
    with connect(dsn) as connection:
        kept = reading(connection, second.changeset)
        entry = ledger.changeset(connection, second.changeset)
        assert kept.crs_evidence["frame"] == "EPSG:4490" and kept.report["outcome"] == "loaded"
        assert (entry.author, entry.reason, entry.source_sha256) == ("王工", "更名", kept.sha256)
        back = tmp_path / "back.csv"
        assert originals.fetch(connection, kept.sha256, back).name == "b.csv"
    assert back.read_bytes() == path.read_bytes()
    assert first.sha256 != second.sha256


def test_the_same_again_leaves_nothing_behind(dsn: str, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv")
    load(dsn, path, LAYER, options(source_crs="EPSG:4490"))
    before = counts(dsn)
    assert load(dsn, path, LAYER, full(source_crs="EPSG:4490")).outcome == "unchanged"
    assert counts(dsn) == before


def test_a_dry_run_tells_the_changes_and_writes_nothing(dsn: str, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv")
    before = counts(dsn)
    report = load(dsn, path, LAYER, options(source_crs="EPSG:4490", dry_run=True))
    assert (report.outcome, report.difference.inserted, counts(dsn)) == ("dry-run", 4, before)
    load(dsn, path, LAYER, options(source_crs="EPSG:4490"))
    after = counts(dsn)
    changed = write_csv(tmp_path / "b.csv", rows=[(*ROWS[0][:2], 36.0, *ROWS[0][3:]), *ROWS[1:]])
    report = load(dsn, changed, LAYER, full(dry_run=True))
    (change,) = report.changes
    assert (change.fid, change.kind.value) == ("T0001", "update")
    assert [(one.name, one.old, one.new) for one in change.fields] == [("height", 35.5, 36.0)]
    assert counts(dsn) == after


def test_a_full_delivery_that_would_retire_much_is_held_back(dsn: str, tmp_path: Path) -> None:
    load(dsn, write_csv(tmp_path / "a.csv"), LAYER, options(source_crs="EPSG:4490"))
    before = counts(dsn)
    few = write_csv(tmp_path / "b.csv", rows=ROWS[:2])
    with pytest.raises(TooManyRetired, match="--allow-retire"):
        load(dsn, few, LAYER, full(source_crs="EPSG:4490"))
    assert counts(dsn) == before
    report = load(dsn, few, LAYER, full(source_crs="EPSG:4490", allow_retire=True))
    assert report.difference.retired == 2
    assert [row[0] for row in believed(dsn)] == ["T0001", "T0002"]


def test_author_department_and_reason_are_asked_for(dsn: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="--reason"):
        load(dsn, write_csv(tmp_path / "a.csv"), LAYER, options(reason=" ", source_crs="EPSG:4490"))


def plots(path: Path, shapes: list[object], uses: list[str]) -> Path:
    pyogrio.raw.write(
        path,
        np.asarray(shapely.to_wkb(np.array(shapes, dtype=object)), dtype=object),
        [np.array(uses, dtype=object), np.arange(len(uses), dtype=np.int32)],
        ["用途", "等级"],
        driver="GPKG",
        geometry_type="Polygon",
        crs="EPSG:4490",
    )
    return path


def test_features_without_a_key_keep_their_identity_when_delivered_again(dsn: str, tmp_path: Path) -> None:
    shapes, uses = squares(60), ["耕地", "林地", "草地"] * 20
    load(dsn, plots(tmp_path / "a.gpkg", shapes, uses), PLOTS.id, options())
    first = dict(state(dsn, PLOTS.id))
    order = np.random.default_rng(7).permutation(60).tolist()
    again = plots(tmp_path / "b.gpkg", [shapes[i] for i in order], [uses[i] for i in order])
    with connect(dsn) as connection:
        # The grade is the row's number, so a shuffled file differs in it: geometry alone must match.
        report = load(dsn, again, PLOTS.id, full())
        assert report.difference.inserted == report.difference.retired == 0
        assert {fid for fid, _ in state(dsn, PLOTS.id)} == set(first)
        sevens = connection.execute("select count(*) from layer.test_plots where substr(fid, 15, 1) = '7'")
        assert sevens.fetchone() == (60,)
    same = load(dsn, again, PLOTS.id, full())
    assert same.outcome == "unchanged"
    moved = plots(
        tmp_path / "c.gpkg",
        [*[shapes[i] for i in order][:59], shapely.box(118.9, 37.0, 118.91, 37.01)],
        [uses[i] for i in order],
    )
    report = load(dsn, moved, PLOTS.id, full())
    assert report.difference == Difference(inserted=1, updated=0, retired=1, unchanged=59)


def test_partial_deliveries_leave_the_rest_alone(dsn: str, tmp_path: Path) -> None:
    load(dsn, write_csv(tmp_path / "a.csv", rows=ROWS[:3]), LAYER, options(source_crs="EPSG:4490"))
    path = write_csv(tmp_path / "b.csv", rows=ROWS[3:])
    report = load(dsn, path, LAYER, options(source_crs="EPSG:4490", delivery=Delivery.PARTIAL))
    assert report.difference == Difference(inserted=1, updated=0, retired=0, unchanged=0)
    agree(dsn)
