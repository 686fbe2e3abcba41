"""What goes out in any format and frame and comes back is what was there."""

from __future__ import annotations

import zipfile
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
    squares,
    state,
    write_csv,
)
from test_exchange_load import plots

from spatial.database import connect
from spatial.errors import InvalidInput
from spatial.exchange.export import ExportOptions, export
from spatial.exchange.load import load

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
