"""Coded value domains of a FileGDB: a code is read by the name that the file itself gives it."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from delivered_files import declared, frame_of, held, keys, options, packed, parcels, publish

from planning.review import delivered
from spatial.catalogue.city import read_city
from spatial.errors import RowsRejected
from spatial.exchange.definitions import of_geodatabase
from spatial.exchange.load import load

LAYER = "control-lines"
COUNT = 4
LINES = {"1": "蓝线", "2": "绿线", "3": "紫线", "4": "黄线"}
MEANT = ["LX", "HX", "ZX", "LVX"]
GIVEN = ["1", "4", "3", "2"]

pytestmark = pytest.mark.skipif(shutil.which("ogr2ogr") is None, reason="gdal-bin is not installed")


def geodatabase_with(folder: Path, codes: list[str], domain: Mapping[str, str], *, number: bool) -> Path:
    """A FileGDB whose field LX has a coded value domain: GDAL copies it from a GeoPackage."""
    folder.mkdir(exist_ok=True)
    shapes = parcels()[:COUNT]
    values = np.array(codes, dtype=np.int32) if number else codes
    table = frame_of(
        {"BSM": keys(COUNT), "LX": values, "MC": ["甲", "乙", "丙", "丁"], "MJ": declared(shapes, 1, 2)},
        shapes,
        "EPSG:4490",
    )
    source = folder / "source.gpkg"
    table.to_file(source, layer="ZXCQCSKZX", driver="GPKG", engine="pyogrio")
    with sqlite3.connect(source) as base:
        base.executescript(
            "create table gpkg_data_columns (table_name text not null, column_name text not null, name text,"
            " title text, description text, mime_type text, constraint_name text,"
            " primary key (table_name, column_name));"
            "create table gpkg_data_column_constraints (constraint_name text not null,"
            " constraint_type text not null, value text, min numeric, min_is_inclusive boolean, max numeric,"
            " max_is_inclusive boolean, description text);"
            "insert into gpkg_data_columns (table_name, column_name, constraint_name)"
            " values ('ZXCQCSKZX', 'LX', 'KZXLX');"
        )
        base.executemany(
            "insert into gpkg_data_column_constraints (constraint_name, constraint_type, value, description)"
            " values ('KZXLX', 'enum', ?, ?)",
            list(domain.items()),
        )
        base.executemany(
            "insert into gpkg_extensions (table_name, column_name, extension_name, definition, scope)"
            " values (?, null, 'gpkg_schema', 'http://www.geopackage.org/spec121/#extension_schema',"
            " 'read-write')",
            [("gpkg_data_columns",), ("gpkg_data_column_constraints",)],
        )
    made = folder / "370783寿光市2026.gdb"
    command = ["ogr2ogr", "-f", "OpenFileGDB", str(made), str(source), "-lco", "XYSCALE=10000000"]
    subprocess.run([*command, "-lco", "XORIGIN=0", "-lco", "YORIGIN=0"], check=True, capture_output=True)
    return made


@pytest.mark.parametrize("number", [False, True], ids=["text", "number"])
def test_the_domain_is_read_and_codes_become_those_of_the_layer(
    database: str, tmp_path: Path, number: bool
) -> None:
    made = geodatabase_with(tmp_path / "a", GIVEN, LINES, number=number)
    schema = of_geodatabase(made, "ZXCQCSKZX", ["BSM", "LX", "MC"])
    assert schema.domain(0) is None and schema.domain(1) is not None
    assert schema.domains[1].name == "KZXLX" and dict(schema.domains[1].codes) == LINES
    publish(database, LAYER)
    report = load(database, packed(made, tmp_path / "370783.zip"), LAYER, options(LAYER))
    assert [lx for (lx,) in held(database, LAYER, "lx")] == MEANT
    (told,) = [each for each in report.notes if each.kind == "domain"]
    assert "“KZXLX”" in told.zh and "1 蓝线" in told.zh and "1→LX" in told.zh
    assert told.numbers == {"codes": 4, "translated": 4}


def test_a_code_that_the_layer_calls_otherwise_is_read_by_the_name_of_the_file(
    database: str, tmp_path: Path
) -> None:
    """紫线 and 黄线 stand under each other's code: taken as they stand they would change places."""
    swapped = {"LX": "蓝线", "LVX": "绿线", "ZX": "黄线", "HX": "紫线"}
    made = geodatabase_with(tmp_path / "a", ["LX", "ZX", "HX", "LVX"], swapped, number=False)
    publish(database, LAYER)
    load(database, packed(made, tmp_path / "370783.zip"), LAYER, options(LAYER))
    assert [lx for (lx,) in held(database, LAYER, "lx")] == MEANT


def test_a_name_that_the_layer_does_not_know_leaves_the_code_to_the_checks(
    database: str, tmp_path: Path
) -> None:
    made = geodatabase_with(tmp_path / "a", ["1", "9", "3", "2"], {**LINES, "9": "棕线"}, number=False)
    publish(database, LAYER)
    with pytest.raises(RowsRejected) as refusal:
        load(database, packed(made, tmp_path / "370783.zip"), LAYER, options(LAYER))
    report = refusal.value.details["report"]
    assert "9 棕线" in str(report) and held(database, LAYER, "lx") == []


def test_the_review_reads_a_domain_as_the_importer_does(tmp_path: Path) -> None:
    made = geodatabase_with(tmp_path / "a", GIVEN, LINES, number=False)
    state = delivered.delivery(packed(made, tmp_path / "370783.zip"), read_city("370783")).layers[LAYER]
    assert state.columns["lx"].tolist() == MEANT
