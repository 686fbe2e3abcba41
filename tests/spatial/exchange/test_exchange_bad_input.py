"""Bad input ends in a clear error of a known kind, and the database is as it was."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import openpyxl
import pyogrio.raw
import pytest
import shapely
from exchange_files import (
    PLOTS,
    ROWS,
    STATIONS,
    counts,
    full,
    gbk_shapefile,
    options,
    state,
    write_csv,
    write_vector,
    zipped,
    zipped_filegdb,
)

from spatial.errors import (
    CurvedGeometry,
    DuplicateKey,
    FieldsDoNotMatch,
    FileTooLarge,
    OneMapError,
    RowsRejected,
    SourceLayerUndecided,
    UnreadableFile,
    UnsafeFile,
)
from spatial.exchange.load import load
from spatial.exchange.sandbox import Limits

Made = tuple[Path | str, str]
"""A file and the layer it is handed in for."""
VERTICES = int(os.environ.get("ONEMAP_TEST_VERTICES", "60000"))
"""Of one area that is too rich; the bound is as it is installed where there are more than that."""
POINTS, AREAS = STATIONS.id, PLOTS.id


def cut(path: Path, share: float = 0.6) -> Path:
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * share)])
    return path


def geojson(path: Path, geometry: object, **properties: object) -> Path:
    feature = {"type": "Feature", "geometry": geometry, "properties": properties}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), encoding="utf-8")
    return path


def csv_of(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(("code,name,height,经度,纬度", *lines)), encoding="utf-8")
    return path


def polygon(path: Path, *rings: list[list[float]]) -> Path:
    return geojson(path, {"type": "Polygon", "coordinates": list(rings)}, use="耕地")


def archive_of(path: Path, members: dict[str, bytes], mode: int | None = None) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = zipfile.ZIP_DEFLATED
            if mode is not None:
                info.external_attr = mode << 16
            archive.writestr(info, content)
    return path


def overlapping(path: Path) -> Path:
    """Two members of the directory that name one stretch of the file."""
    archive_of(path, {"aaaa.csv": b"code,name\n" * 20})
    raw = bytearray(path.read_bytes())
    end = raw.rindex(b"PK\x05\x06")
    start = struct.unpack("<I", raw[end + 16 : end + 20])[0]
    entry = bytes(raw[start:end])
    tail = bytearray(raw[end:])
    tail[8:12] = struct.pack("<HH", 2, 2)
    tail[12:16] = struct.pack("<I", 2 * len(entry))
    path.write_bytes(bytes(raw[:end]) + entry.replace(b"aaaa", b"bbbb") + bytes(tail))
    return path


def curved(path: Path, driver: str) -> Path:
    arc = [(118.80, 36.80), (118.81, 36.81), (118.82, 36.80), (118.81, 36.79), (118.80, 36.80)]
    ring = struct.pack("<BII", 1, 8, 5) + b"".join(struct.pack("<2d", *one) for one in arc)
    wkb = struct.pack("<BII", 1, 10, 1) + ring
    pyogrio.raw.write(
        path,
        np.array([wkb], dtype=object),
        [np.array(["耕地"], dtype=object)],
        ["use"],
        driver=driver,
        geometry_type="MultiPolygon",
        crs="EPSG:4490",
        layer="plots",
    )
    return path


def view_geopackage(path: Path) -> Path:
    write_vector(path, "GPKG", layer="stations")
    with sqlite3.connect(path) as base:
        base.execute("create view evil as select * from stations")
        for table in ("gpkg_contents", "gpkg_geometry_columns"):
            names = [row[1] for row in base.execute(f"pragma table_info({table})")]
            rest = ", ".join(name for name in names if name not in ("table_name", "identifier"))
            both = "'evil', 'evil', " if "identifier" in names else "'evil', "
            given = "table_name, identifier, " if "identifier" in names else "table_name, "
            base.execute(f"insert into {table} ({given}{rest}) select {both}{rest} from {table}")
    return path


def xlsx_bomb(path: Path) -> Path:
    """A sheet of a few kilobytes that unpacks to more than a sheet may have."""
    row = b"<row>" + b'<c t="inlineStr"><is><t>x</t></is></c>' * 200 + b"</row>"
    sheet = b"<worksheet><sheetData>" + row * 36_000 + b"</sheetData></worksheet>"
    return archive_of(path, {"[Content_Types].xml": b"<Types/>", "xl/worksheets/sheet1.xml": sheet})


def xlsx_entities(path: Path) -> Path:
    """A workbook whose shared strings are an entity bomb that also asks for a local file."""
    book = openpyxl.Workbook()
    book.active.append(["code", "name", "经度", "纬度"])
    book.active.append(["T1", "甲", 118.8, 36.9])
    book.save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    entities = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 12))
    head = f'<?xml version="1.0"?><!DOCTYPE s [<!ENTITY e0 SYSTEM "file:///etc/passwd">{entities}]>'
    body = (
        '<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>&e11;</t></si></sst>'
    )
    members["xl/sharedStrings.xml"] = (head + body).encode()
    return archive_of(path, members)


def lying_shapefile(folder: Path) -> Path:
    path = gbk_shapefile(folder)
    raw = bytearray(path.read_bytes())
    raw[24:28] = struct.pack(">i", 2**30)
    path.write_bytes(raw)
    return path


def missing_part(folder: Path) -> Path:
    path = gbk_shapefile(folder)
    path.with_suffix(".shx").unlink()
    return path


def link(folder: Path) -> Path:
    database = write_vector(folder / "a.gdb", "OpenFileGDB")
    (database / "a00000099.gdbtable").symlink_to("/etc/passwd")
    return database


def vrt(path: Path) -> Path:
    path.write_text(
        '<OGRVRTDataSource><OGRVRTLayer name="x"><SrcDataSource>/etc/passwd</SrcDataSource></OGRVRTLayer>'
        "</OGRVRTDataSource>"
    )
    return path


UNREADABLE: dict[str, Callable[[Path], Made]] = {
    "nothing there": lambda t: (t / "none.csv", POINTS),
    "an empty file": lambda t: (cut(write_csv(t / "a.csv"), 0), POINTS),
    "a geojson cut off": lambda t: (
        cut(geojson(t / "a.geojson", {"type": "Point", "coordinates": [1, 2]})),
        POINTS,
    ),
    "a geojson with NaN": lambda t: (
        geojson(t / "a.geojson", {"type": "Point", "coordinates": [float("nan"), 36.9]}, code="T1"),
        POINTS,
    ),
    "a geojson nested 100 000 deep": lambda t: (
        Path(shutil.copy(_written(t / "deep.geojson", "[" * 100_000), t / "d.json")),
        POINTS,
    ),
    "a geopackage cut off": lambda t: (cut(write_vector(t / "a.gpkg", "GPKG")), POINTS),
    "a zip cut off": lambda t: (cut(zipped_filegdb(t)), POINTS),
    "a filegdb with a table cut off": lambda t: (_broken_filegdb(t), POINTS),
    "a shapefile cut off": lambda t: (cut(gbk_shapefile(t / "s")), POINTS),
    "a shapefile whose table is cut off": lambda t: (
        cut(gbk_shapefile(t / "s").with_suffix(".dbf")).with_suffix(".shp"),
        POINTS,
    ),
    "a shapefile with a lying header": lambda t: (lying_shapefile(t / "s"), POINTS),
    "a shapefile without its index": lambda t: (missing_part(t / "s"), POINTS),
    "an image called csv": lambda t: (_written(t / "a.csv", b"\x89PNG\r\n\x1a\n" + bytes(200)), POINTS),
    "a csv called shp": lambda t: (Path(shutil.copy(write_csv(t / "a.csv"), t / "b.shp")), POINTS),
    "a workbook cut off": lambda t: (cut(_workbook(t / "a.xlsx")), POINTS),
    "an entity bomb in a workbook": lambda t: (xlsx_entities(t / "a.xlsx"), POINTS),
    "two datasets in one archive": lambda t: (
        archive_of(t / "a.zip", {"a.csv": b"code\n1\n", "b.csv": b"code\n2\n"}),
        POINTS,
    ),
    "a csv with an open quote": lambda t: (csv_of(t / "a.csv", 'T1,"x,1,118.8,36.9'), POINTS),
}

UNSAFE: dict[str, Callable[[Path], Made]] = {
    "a /vsi path": lambda t: ("/vsicurl/http://127.0.0.1/a.geojson", POINTS),
    "an address": lambda t: ("http://127.0.0.1/a.geojson", POINTS),
    "a connection text": lambda t: ("PG:host=/tmp", POINTS),
    "a VRT": lambda t: (vrt(t / "a.vrt"), POINTS),
    "a VRT called csv": lambda t: (vrt(t / "a.csv"), POINTS),
    "a VRT in an archive": lambda t: (
        archive_of(t / "a.zip", {"a.csv": b"code,name\n1,2\n", "b.vrt": vrt(t / "b.vrt").read_bytes()}),
        POINTS,
    ),
    "a path that climbs": lambda t: (archive_of(t / "a.zip", {"../../etc/cron.d/x": b"1"}), POINTS),
    "an absolute path": lambda t: (archive_of(t / "a.zip", {"/etc/x": b"1"}), POINTS),
    "a drive letter": lambda t: (archive_of(t / "a.zip", {"c:\\x.csv": b"1"}), POINTS),
    "a link in an archive": lambda t: (
        archive_of(t / "a.zip", {"a.csv": b"/etc/passwd"}, stat.S_IFLNK | 0o777),
        POINTS,
    ),
    "an archive in an archive": lambda t: (archive_of(t / "a.zip", {"b.zip": b"PK"}), POINTS),
    "members over one another": lambda t: (overlapping(t / "a.zip"), POINTS),
    "a link in a filegdb": lambda t: (link(t), POINTS),
    "a view in a geopackage": lambda t: (view_geopackage(t / "a.gpkg"), POINTS),
}

TOO_LARGE: dict[str, Callable[[Path], Made]] = {
    "a zip bomb": lambda t: (archive_of(t / "a.zip", {"a.csv": bytes(40 << 20)}), POINTS),
    "many members": lambda t: (archive_of(t / "a.zip", {f"{i}.txt": b"" for i in range(2001)}), POINTS),
    "a workbook bomb": lambda t: (xlsx_bomb(t / "a.xlsx"), POINTS),
}

REJECTED: dict[str, tuple[Callable[[Path], Made], str]] = {
    "a bow tie": (
        lambda t: (
            polygon(
                t / "a.json", [[118.8, 36.8], [118.9, 36.9], [118.9, 36.8], [118.8, 36.9], [118.8, 36.8]]
            ),
            AREAS,
        ),
        "geometry-invalid",
    ),
    "outside the city": (lambda t: (csv_of(t / "a.csv", "T1,x,1,120.5,36.1"), POINTS), "outside-city"),
    "NaN": (lambda t: (_nan_points(t / "a.gpkg"), POINTS), "geometry-coordinate"),
    "no position": (
        lambda t: (csv_of(t / "a.csv", "T1,x,1,118.8,36.9", "T2,y,1,,"), POINTS),
        "geometry-missing",
    ),
    "no key": (lambda t: (csv_of(t / "a.csv", ",x,1,118.8,36.9"), POINTS), "key-missing"),
    "a word for a number": (lambda t: (csv_of(t / "a.csv", "T1,x,高,118.8,36.9"), POINTS), "type:height"),
    "a coordinate that is none": (lambda t: (csv_of(t / "a.csv", "T1,x,1,东边,36.9"), POINTS), "unreadable"),
    "a long code as a float": (lambda t: (_float_codes(t / "a.xlsx"), POINTS), "type:code"),
    "a line for a point": (
        lambda t: (
            geojson(
                t / "a.json", {"type": "LineString", "coordinates": [[118.8, 36.8], [118.9, 36.9]]}, code="T1"
            ),
            POINTS,
        ),
        "geometry-type",
    ),
}

OTHER: dict[str, tuple[Callable[[Path], Made], type[OneMapError]]] = {
    "an arc in a geopackage": (lambda t: (curved(t / "a.gpkg", "GPKG"), AREAS), CurvedGeometry),
    "an arc in a filegdb": (lambda t: (curved(t / "a.gdb", "OpenFileGDB"), AREAS), CurvedGeometry),
    "a key twice": (
        lambda t: (csv_of(t / "a.csv", "T1,x,1,118.8,36.9", "T1,y,2,118.8,36.8"), POINTS),
        DuplicateKey,
    ),
    "a row twice, as it is believed": (
        lambda t: (write_csv(t / "a.csv", rows=[*ROWS, ROWS[0]]), POINTS),
        DuplicateKey,
    ),
    "no key column": (
        lambda t: (_written(t / "a.csv", "name,经度,纬度\nx,118.8,36.9\n"), POINTS),
        FieldsDoNotMatch,
    ),
    "no coordinates": (lambda t: (_written(t / "a.csv", "code,name\n1,x\n"), POINTS), FieldsDoNotMatch),
    "a header twice": (
        lambda t: (_written(t / "a.csv", "code,name,name\n1,x,y\n"), POINTS),
        FieldsDoNotMatch,
    ),
    "two sheets": (lambda t: (_workbook(t / "a.xlsx", sheets=2), POINTS), SourceLayerUndecided),
}


def _written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def _workbook(path: Path, sheets: int = 1) -> Path:
    book = openpyxl.Workbook()
    for _ in range(sheets - 1):
        book.create_sheet()
    for sheet in book:
        sheet.append(["code", "经度", "纬度"])
        sheet.append(["T1", 118.8, 36.9])
    book.save(path)
    return path


def _float_codes(path: Path) -> Path:
    book = openpyxl.Workbook()
    book.active.append(["code", "经度", "纬度"])
    book.active.append([370783001001001001, 118.8, 36.9])
    book.save(path)
    return path


def _nan_points(path: Path) -> Path:
    write_vector(path, "GPKG", rows=ROWS)
    with sqlite3.connect(path) as base:
        base.execute("drop trigger if exists rtree_a_geom_update7")
        for (name,) in base.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            base.execute(f'drop trigger "{name}"')
        (shape,) = base.execute("select geom from a where code = 'T0002'").fetchone()
        nan = shapely.to_wkb(shapely.Point(118.8, 36.9))[:5] + struct.pack("<2d", float("nan"), 36.9)
        base.execute("update a set geom = ? where code = 'T0002'", (shape[: len(shape) - 21] + nan,))
    return path


def _broken_filegdb(tmp_path: Path) -> Path:
    database = write_vector(tmp_path / "b.gdb", "OpenFileGDB", layer="stations")
    largest = max(database.glob("a000000*.gdbtable"), key=lambda one: int(one.stem[1:], 16))
    cut(largest, 0.7)
    return zipped(database, tmp_path / "b.zip")


GROUPS: dict[str, list[tuple[str, Callable[[Path], Made], type[OneMapError], str | None]]] = {
    "unreadable": [(name, make, UnreadableFile, None) for name, make in UNREADABLE.items()],
    "unsafe": [(name, make, UnsafeFile, None) for name, make in UNSAFE.items()],
    "too large": [(name, make, FileTooLarge, None) for name, make in TOO_LARGE.items()],
    "rejected": [(name, make, RowsRejected, rule) for name, (make, rule) in REJECTED.items()],
    "other": [(name, make, kind, None) for name, (make, kind) in OTHER.items()],
}


@pytest.mark.parametrize("group", GROUPS)
def test_bad_input_is_refused_and_leaves_the_database_untouched(dsn: str, tmp_path: Path, group: str) -> None:
    load(dsn, write_csv(tmp_path / "good.csv"), POINTS, options(source_crs="EPSG:4490"))
    held, before = state(dsn, POINTS), counts(dsn)
    wrong = []
    for number, (name, make, kind, rule) in enumerate(GROUPS[group]):
        folder = tmp_path / str(number)
        folder.mkdir()
        path, layer = make(folder)
        said = full(source_crs="EPSG:4490", allow_retire=True)
        try:
            load(dsn, path, layer, said)
        except kind as refused:
            found = refused.details.get("report", {}).get("rejected", [])
            if rule and rule not in {one["rule"] for one in found}:
                wrong.append(f"{name}: {[one['rule'] for one in found]} instead of {rule}")
            if not ((refused.zh and refused.en and refused.value is not None) or rule):
                wrong.append(f"{name}: the error does not name what offended")
        except OneMapError as other:
            wrong.append(f"{name}: {type(other).__name__} instead of {kind.__name__}: {other}")
        else:
            wrong.append(f"{name}: loaded")
        if (state(dsn, POINTS), counts(dsn)) != (held, before):
            wrong.append(f"{name}: the database changed")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        (
            "a.geojson",
            '{"type": "Topology", "objects": {}, "arcs": []}',
            "no FeatureCollection, Feature or geometry of GeoJSON: Topology",
        ),
        (
            "a.geojson",
            '{"type": "FeatureCollection", "features": [{"type": "Feature", "geometry": null,'
            ' "properties": {"code": "T1", "name": "x", "code": "T2"}}]}',
            'name "code" twice',
        ),
        ("a.dwg", b"AC1027\0\0", "is DWG; save it as GeoPackage"),
        (
            "a.mdb",
            b"\0\1\0\0Standard Jet DB\0\1" + bytes(4000),
            "the Access database is cut off",
        ),
        ("a.tif", b"II*\0\x08\0\0\0", "catalogue it with ./onemap assets add"),
        ("a.las", b"LASF" + bytes(300), "catalogue it with ./onemap assets add"),
        ("a.shp", b"%PDF-1.4\n", "is PDF; save it as GeoPackage"),
        ("a.csv", "code,name,经度,纬度\n", "no row"),
        ("a.csv", "code,name,经度,纬度\nT1,x,,\n", "not one row has coordinates"),
    ],
)
def test_an_error_says_what_to_do(
    dsn: str, tmp_path: Path, name: str, content: str | bytes, said: str
) -> None:
    with pytest.raises(OneMapError) as refused:
        load(dsn, _written(tmp_path / name, content), POINTS, options())
    assert said in refused.value.en


def test_a_dry_run_finds_doubled_keys_as_a_load_does(dsn: str, tmp_path: Path) -> None:
    doubled = csv_of(tmp_path / "a.csv", "T1,x,1,118.8,36.9", "T2,y,2,118.8,36.8", "T1,z,3,118.8,36.85")
    for dry_run in (True, False):
        with pytest.raises(DuplicateKey, match=r"T1 \(2, 4\)"):
            load(dsn, doubled, POINTS, options(source_crs="EPSG:4490", dry_run=dry_run))


def test_every_rejected_row_is_listed_with_reason_and_place(dsn: str, tmp_path: Path) -> None:
    lines = [f"T{i},x,{'高' if i % 10 == 0 else i},118.8{i:03d},36.9" for i in range(1, 301)]
    with pytest.raises(RowsRejected, match="30 ") as refused:
        load(dsn, csv_of(tmp_path / "a.csv", *lines), POINTS, options(source_crs="EPSG:4490"))
    report = refused.value.details["report"]
    assert report["rejected_total"] == len(report["rejected"]) == 30
    first = report["rejected"][0]
    assert (first["line"], first["fid"], first["value"]) == (11, "T10", "高")
    assert first["place"] == pytest.approx([118.8010, 36.9])
    assert first["zh"] and first["en"]


def test_a_bow_tie_is_named_where_it_crosses(dsn: str, tmp_path: Path) -> None:
    path, layer = REJECTED["a bow tie"][0](tmp_path)
    with pytest.raises(RowsRejected) as refused:
        load(dsn, path, layer, options(source_crs="EPSG:4490"))
    (row,) = refused.value.details["report"]["rejected"]
    assert row["place"] == pytest.approx([118.85, 36.85], abs=1e-9)


def test_limits_are_the_callers(dsn: str, tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv")
    for limits in (Limits(file_bytes=10), Limits(rows=2), Limits(columns=3), Limits(wall_s=0.01)):
        with pytest.raises(FileTooLarge):
            load(dsn, path, POINTS, options(source_crs="EPSG:4490", limits=limits))


@pytest.mark.timeout(300 + VERTICES // 20_000)
def test_one_area_of_too_many_vertices_is_refused_and_says_how_many(dsn: str, tmp_path: Path) -> None:
    """Before a vertex of it comes near the database, where making it valid could not be interrupted."""
    angle = np.linspace(0, 2 * np.pi, VERTICES, endpoint=False)
    ring = np.column_stack((118.8 + 0.1 * np.cos(angle), 36.9 + 0.1 * np.sin(angle)))
    limits = Limits(vertices=min(Limits().vertices, VERTICES))
    before = counts(dsn)
    path = rich(tmp_path / "a.gpkg", shapely.Polygon(ring))
    with pytest.raises(FileTooLarge) as refused:
        load(dsn, path, AREAS, options(source_crs="EPSG:4490", limits=limits))
    # Of ten million the memory that a reader may take runs out before they are counted.
    offending = "a.gpkg" if VERTICES > 5_000_000 else VERTICES + 1
    assert refused.value.value == offending
    assert str(offending) in refused.value.zh and "请拆分" in refused.value.zh
    assert "split it" in refused.value.en
    assert counts(dsn) == before


def rich(path: Path, shape: shapely.Geometry) -> Path:
    """A GeoPackage of one area."""
    pyogrio.raw.write(
        path,
        np.array([shapely.to_wkb(shape)], dtype=object),
        [np.array(["01"], dtype=object)],
        ["use"],
        crs="EPSG:4490",
        geometry_type="Polygon",
        driver="GPKG",
    )
    return path
