"""What goes out in any format and frame and comes back is what was there."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pyogrio
import pytest
from exchange_files import (
    PLOTS,
    REGISTER,
    STATIONS,
    counts,
    full,
    gbk_shapefile,
    options,
    publish,
    squares,
    state,
    write_csv,
)
from test_exchange_load import plots

from spatial.catalogue.contract import Field, FieldType, Secrecy, Title
from spatial.database import connect
from spatial.errors import FieldsDoNotMatch, InvalidInput
from spatial.exchange.export import ExportOptions, export
from spatial.exchange.load import load
from spatial.history.model import Delivery

SECRET = Field("secret", FieldType.TEXT, Title("机房密码", "Secret"), secrecy=Secrecy.INTERNAL)
ENDINGS = (".geojson", ".gpkg", ".csv", ".xlsx", ".gdb.zip", ".shp.zip")


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4528", "GCJ02"])
def test_every_format_round_trips(dsn: str, tmp_path: Path, crs: str) -> None:
    load(dsn, write_csv(tmp_path / "a.csv"), STATIONS.id, options(source_crs="EPSG:4490"))
    load(dsn, plots(tmp_path / "p.gpkg", squares(7), ["耕地"] * 7), PLOTS.id, options())
    before = counts(dsn)
    for layer in (STATIONS.id, PLOTS.id):
        held = state(dsn, layer)
        for ending in ENDINGS:
            if ending == ".shp.zip" and layer == STATIONS.id:
                continue  # no zone in a shapefile's dates and times: see the next test
            path = tmp_path / f"{layer}{ending}"
            report = export(dsn, layer, path, ExportOptions(crs=crs))
            assert (report.features, report.frame) == (len(held), crs)
            back = load(dsn, path, layer, full(source_crs=crs))
            assert (ending, back.outcome) == (ending, "unchanged")
            assert state(dsn, layer) == held
    assert counts(dsn) == before


def test_a_shapefile_goes_out_in_gbk_with_chinese_names(dsn: str, tmp_path: Path) -> None:
    load(dsn, write_csv(tmp_path / "a.csv"), STATIONS.id, options(source_crs="EPSG:4490"))
    held = state(dsn, STATIONS.id)
    path = tmp_path / "out.shp.zip"
    export(dsn, STATIONS.id, path, ExportOptions(crs="EPSG:4528"))
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        table = archive.read("test_stations.dbf")
        assert archive.read("test_stations.cpg") == b"GBK"
    assert {Path(name).suffix for name in names} == {".shp", ".shx", ".dbf", ".prj", ".cpg"}
    assert "站点编号".encode("gbk") in table and "圣城街道一号站".encode("gbk") in table
    assert load(dsn, path, STATIONS.id, full()).outcome == "unchanged"
    assert state(dsn, STATIONS.id) == held


def test_an_old_state_can_be_given_out(dsn: str, tmp_path: Path) -> None:
    valid = datetime(2025, 1, 1, tzinfo=UTC)
    load(dsn, write_csv(tmp_path / "a.csv"), STATIONS.id, options(source_crs="EPSG:4490", valid_from=valid))
    with connect(dsn) as connection:
        known = connection.execute("select max(recorded_at) from spatial.changeset").fetchone()[0]
    load(dsn, gbk_shapefile(tmp_path / "s"), STATIONS.id, full(source_crs="EPSG:4490", valid_from=valid))
    for name, asked in (
        ("now", ExportOptions()),
        ("asof", ExportOptions(asof=known)),
        ("before", ExportOptions(at=datetime(2024, 1, 1, tzinfo=UTC))),
    ):
        export(dsn, STATIONS.id, tmp_path / f"{name}.gpkg", asked)
    frames = {n: pyogrio.read_dataframe(tmp_path / f"{n}.gpkg") for n in ("now", "asof", "before")}
    assert (len(frames["now"]), len(frames["asof"]), len(frames["before"])) == (4, 4, 0)
    assert frames["now"]["opened"].isna().all() and frames["asof"]["opened"].notna().sum() == 3
    assert frames["asof"].crs.to_epsg() == 4490


def test_a_table_without_geometry_goes_out_and_comes_back(dsn: str, tmp_path: Path) -> None:
    path = tmp_path / "名录.csv"
    path.write_text("code,name,level,parent\n370783001000,圣城街道,town,370783000000\n", encoding="utf-8")
    load(dsn, path, REGISTER.id, options())
    held = state(dsn, REGISTER.id)
    for ending in (".csv", ".xlsx", ".gpkg", ".geojson"):
        out = tmp_path / f"out{ending}"
        export(dsn, REGISTER.id, out)
        assert (ending, load(dsn, out, REGISTER.id, full()).outcome) == (ending, "unchanged")
    assert state(dsn, REGISTER.id) == held


def test_a_text_that_looks_like_a_formula_stays_the_text_it_is(dsn: str, tmp_path: Path) -> None:
    """A CSV says it as it is, for whoever reads it back; in a sheet it is a text and reckons nothing."""
    import openpyxl

    texts = ["=1+1", "+86-536-1234567", "-3", "@甲", '=HYPERLINK("http://x")', "\u20143", "'=2"]
    path = tmp_path / "名录.csv"
    quoted = [text.replace('"', '""') for text in texts]
    rows = [f'37078300100{number},"{text}"' for number, text in enumerate(quoted)]
    path.write_text("\n".join(["code,name", *rows, ""]), encoding="utf-8")
    load(dsn, path, REGISTER.id, options())
    held = state(dsn, REGISTER.id)
    for ending in (".csv", ".xlsx", ".gpkg", ".geojson"):
        out = tmp_path / f"out{ending}"
        export(dsn, REGISTER.id, out)
        assert (ending, load(dsn, out, REGISTER.id, full()).outcome) == (ending, "unchanged")
    assert state(dsn, REGISTER.id) == held
    assert "+86-536-1234567" in (tmp_path / "out.csv").read_text("utf-8-sig")
    sheet = openpyxl.load_workbook(tmp_path / "out.xlsx").active
    assert sheet is not None
    cells = {row[1].value: row[1].data_type for row in sheet.iter_rows(min_row=2)}
    assert cells == dict.fromkeys(texts, "s")


def test_a_shapefile_of_no_shapes_is_refused(dsn: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=REGISTER.id):
        export(dsn, REGISTER.id, tmp_path / "out.shp.zip")
    assert not list(tmp_path.iterdir())


def test_the_name_a_placemark_shows_is_not_the_name_it_lacks(dsn: str, tmp_path: Path) -> None:
    text = "站点编号,天线数,经度,纬度\nT1,,118.74,36.88\nT2,2,118.75,36.88\nT3,,118.76,36.88\n"
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    load(dsn, path, STATIONS.id, options(source_crs="EPSG:4490"))
    export(dsn, STATIONS.id, tmp_path / "out.kml", ExportOptions(crs="OGC:CRS84"))
    back = load(dsn, tmp_path / "out.kml", STATIONS.id, full(source_crs="EPSG:4490", dry_run=True))
    assert back.changes == () and back.difference is not None and back.difference.unchanged == 3


def test_a_list_in_a_column_does_not_decide_the_delimiter(dsn: str, tmp_path: Path) -> None:
    """Ten marks in every row but the header: the header is of the same number of cells as the rows."""
    marks = "; ".join(str(number) for number in range(11))
    rows = [f"T{n},{marks},118.{70 + n},36.88" for n in range(4)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["站点编号,名称,经度,纬度", *rows]), encoding="utf-8")
    assert load(dsn, path, STATIONS.id, options(source_crs="EPSG:4490")).difference.inserted == 4


@pytest.mark.parametrize("ending", [".csv", ".xlsx", ".gpkg", ".gdb.zip", ".geojson", ".kml", ".vct"])
def test_numbers_keep_all_their_digits(dsn: str, tmp_path: Path, ending: str) -> None:
    heights = [29844.152107759364, 0.1 + 0.2, 1e-7, 5e-324, 1.7976931348623157e308, 2**53 + 2.0, 0.0]
    if ending == ".vct":
        heights = heights[:2]
    rows = [f"T{n},{height!r},118.{70 + n},36.88" for n, height in enumerate(heights)]
    path = tmp_path / "a.csv"
    path.write_text("\n".join(["站点编号,塔高,经度,纬度", *rows]), encoding="utf-8")
    load(dsn, path, STATIONS.id, options(source_crs="EPSG:4490"))
    crs = "OGC:CRS84" if ending == ".kml" else "EPSG:4490"
    export(dsn, STATIONS.id, tmp_path / f"out{ending}", ExportOptions(crs=crs))
    back = load(dsn, tmp_path / f"out{ending}", STATIONS.id, full(source_crs="EPSG:4490", dry_run=True))
    assert back.changes == ()


@pytest.mark.parametrize("name", ["一" * 32_768, "响\x07铃"], ids=["long", "control character"])
def test_what_a_sheet_cannot_hold_is_refused_and_not_cut(dsn: str, tmp_path: Path, name: str) -> None:
    publish(dsn, replace(STATIONS, fields=tuple(replace(f, max_length=None) for f in STATIONS.fields)))
    path = tmp_path / "a.csv"
    path.write_text(f"站点编号,名称,经度,纬度\nT1,{name},118.74,36.88\n", encoding="utf-8")
    load(dsn, path, STATIONS.id, options(source_crs="EPSG:4490"))
    with pytest.raises(FieldsDoNotMatch, match="gpkg"):
        export(dsn, STATIONS.id, tmp_path / "out.xlsx")
    assert not (tmp_path / "out.xlsx").exists()


def test_internal_fields_stay_where_a_file_does_not_bring_them(database: str, tmp_path: Path) -> None:
    secret = replace(STATIONS, fields=(*STATIONS.fields, SECRET))
    publish(database, secret)
    text = "站点编号,名称,机房密码,经度,纬度\nT1,一号站,甲,118.74,36.88\nT2,二号站,,118.75,36.88\n"
    path = tmp_path / "a.csv"
    path.write_text(text, encoding="utf-8")
    load(database, path, STATIONS.id, options(source_crs="EPSG:4490"))
    export(database, STATIONS.id, tmp_path / "out.csv")
    assert "甲" not in (tmp_path / "out.csv").read_text(encoding="utf-8")
    again = load(database, tmp_path / "out.csv", STATIONS.id, full(source_crs="EPSG:4490"))
    assert again.outcome == "unchanged"
    (kept,) = (one for one in again.notes if one.kind == "kept")
    assert "机房密码" in kept.zh and kept.numbers == {"features": 1.0}

    moved = "站点编号,经度,纬度\nT1,118.7401,36.88\n"
    path.write_text(moved, encoding="utf-8")
    back = load(database, path, STATIONS.id, options(delivery=Delivery.PARTIAL, source_crs="EPSG:4490"))
    assert back.difference is not None and back.difference.updated == 1
    (lost,) = (one for one in back.notes if one.kind == "lost")
    assert "name" in lost.en and lost.numbers == {"features": 1.0}
    with connect(database) as connection:
        rows = connection.execute(
            "select name, secret from history.test_stations_believed"
            " where fid = 'T1' and valid_to = 'infinity'"
        ).fetchall()
    assert rows == [(None, "甲")]

    path.write_text("站点编号,机房密码,经度,纬度\nT1,,118.7401,36.88\n", encoding="utf-8")
    load(database, path, STATIONS.id, options(delivery=Delivery.PARTIAL, source_crs="EPSG:4490"))
    with connect(database) as connection:
        emptied = connection.execute(
            "select secret from history.test_stations_believed where fid = 'T1' and valid_to = 'infinity'"
        ).fetchall()
    assert emptied == [(None,)]


def test_an_older_file_is_replaced_only_by_a_finished_one(dsn: str, tmp_path: Path) -> None:
    path = tmp_path / "out.geojson"
    path.write_text("old")
    with pytest.raises(InvalidInput):
        export(dsn, STATIONS.id, path, ExportOptions(crs="EPSG:1"))
    assert path.read_text() == "old"
    export(dsn, STATIONS.id, path)
    assert path.read_text().startswith('{"type": "FeatureCollection"')
    assert [one.name for one in tmp_path.iterdir()] == ["out.geojson"]
    with pytest.raises(InvalidInput, match=r"\.shp\.zip"):
        export(dsn, STATIONS.id, tmp_path / "out.dwg")
