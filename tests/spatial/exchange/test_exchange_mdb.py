"""Personal geodatabases and Access tables: what went in byte by byte comes out, or is refused by name."""

from __future__ import annotations

import random
import struct
from datetime import datetime
from pathlib import Path

import pytest
import shapely
from exchange_files import (
    PLOTS,
    REGISTER,
    ROWS,
    STATIONS,
    counts,
    full,
    options,
    positions,
    read_here,
    rows_of,
    squares,
    state,
    zipped,
)
from geodatabase_files import add_class, finish, shape_records
from jet_files import SYSTEM, Jet
from test_exchange_load import agree

from spatial.database import connect
from spatial.errors import (
    CurvedGeometry,
    EnvironmentProblem,
    FieldsDoNotMatch,
    FrameUndecided,
    InvalidInput,
    NoOperation,
    OneMapError,
    RowsRejected,
    SourceLayerUndecided,
    UnreadableFile,
    UnsafeFile,
)
from spatial.exchange.load import load
from spatial.exchange.mdb import header, reader, tools
from spatial.exchange.sandbox import Job
from spatial.exchange.store import reading

COLUMNS = {
    "站点编号": "text", "名称": "text", "塔高": "double", "天线数": "integer", "启用日期": "datetime",
    "在用": "boolean", "巡检时间": "datetime",
}  # fmt: skip
LAYER = STATIONS.id


def moment(text: object) -> datetime | None:
    return None if text is None else datetime.fromisoformat(str(text)).replace(tzinfo=None)


def stations(path: Path, crs: str | None = "EPSG:4490", *, numbers: str | None = None) -> Path:
    """The stations of all these tests as a feature class, beside two other tables."""
    jet = Jet()
    x, y = positions(numbers or crs or "EPSG:4490")
    rows = [(*row[:4], moment(row[4]), row[5], moment(row[6])) for row in ROWS]
    add_class(jet, "站点", COLUMNS, rows, shape_records(shapely.points(x, y), "Point"))
    jet.add("说明", {"内容": "memo"}, [("测绘说明",)])
    return finish(jet, path, {"站点": ("Point", crs)})


@pytest.mark.parametrize("crs", ["EPSG:4490", "EPSG:4549", "EPSG:4528"])
def test_a_feature_class_is_loaded_in_the_frame_it_declares(dsn: str, tmp_path: Path, crs: str) -> None:
    path = stations(tmp_path / "交付.mdb", crs)
    report = load(dsn, path, LAYER, options())
    assert (report.format, report.frame.frame if report.frame else None) == ("mdb", crs)
    assert all(report.confined.values())
    agree(dsn)
    with connect(dsn) as connection:
        held = connection.execute(
            "select opened::text, active, checked from layer.test_stations order by code"
        ).fetchall()
        kept = reading(connection, report.changeset or 0)
    assert [row[0] for row in held] == [row[4] for row in ROWS]
    assert [row[1] for row in held] == [bool(row[5]) for row in ROWS], "Access has no third state"
    instants = [None if row[6] is None else datetime.fromisoformat(str(row[6])) for row in ROWS]
    assert [row[2] for row in held] == instants, "clock times are Beijing time"
    assert kept is not None and kept.format == "mdb" and kept.file_name == "交付.mdb"
    again = load(dsn, path, LAYER, full())
    assert again.outcome == "unchanged"


@pytest.mark.parametrize(
    ("crs", "numbers"),
    [
        ("EPSG:2364", "EPSG:4528"),
        ("EPSG:2437", "EPSG:4549"),
        ("EPSG:4214", "EPSG:4490"),
        ("EPSG:4610", "EPSG:4490"),
    ],
)
def test_older_frames_are_known_and_never_taken_for_the_new_one(
    dsn: str, tmp_path: Path, crs: str, numbers: str
) -> None:
    path = stations(tmp_path / "a.mdb", crs, numbers=numbers)
    assert read_here(path).declared == crs
    with pytest.raises(NoOperation, match=crs):
        load(dsn, path, LAYER, options())


def test_an_unknown_frame_is_asked_for(dsn: str, tmp_path: Path) -> None:
    path = stations(tmp_path / "a.mdb", None, numbers="EPSG:4528")
    assert read_here(path).declared is None
    with pytest.raises(FrameUndecided):
        load(dsn, path, LAYER, options())
    load(dsn, path, LAYER, options(source_crs="EPSG:4528"))
    agree(dsn)


def test_areas_with_holes_and_parts(dsn: str, tmp_path: Path) -> None:
    outer, island = shapely.box(118.60, 36.80, 118.64, 36.84), shapely.box(118.70, 36.80, 118.71, 36.81)
    hole = shapely.box(118.61, 36.81, 118.62, 36.82)
    shapes = [
        outer.difference(hole),
        shapely.MultiPolygon([island, shapely.box(118.72, 36.8, 118.73, 36.81)]),
    ]
    jet = Jet()
    add_class(
        jet,
        "DLTB",
        {"USE": "text", "等级": "long"},
        [("耕地", 1), ("园地", None)],
        shape_records(shapes, "Polygon"),
    )
    path = finish(jet, tmp_path / "a.mdb", {"DLTB": ("Polygon", "EPSG:4490")})
    load(dsn, path, PLOTS.id, options())
    with connect(dsn) as connection:
        held = connection.execute(
            "select use, grade, ST_AsBinary(geom) from layer.test_plots order by use desc"
        ).fetchall()
    assert [row[:2] for row in held] == [("耕地", 1), ("园地", None)]
    for row, given in zip(held, shapes, strict=True):
        found = shapely.normalize(shapely.from_wkb(row[2]))
        assert found.equals_exact(shapely.normalize(shapely.multipolygons(shapely.get_parts(given))), 1.1e-9)


def test_every_type_of_column(tmp_path: Path) -> None:
    columns = {
        "整": "byte", "短": "integer", "长": "long", "币": "currency", "单": "single", "双": "double",
        "日": "datetime", "文": "text", "备注": "memo", "标识": "guid", "小数": "decimal", "照片": "ole",
        "是": "boolean",
    }  # fmt: skip
    identity = "{0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0}"
    given = [
        (200, -5, -(2**31), "-12.3456", 0.1, 0.1 + 0.2, datetime(2024, 2, 29, 23, 59, 59), "𠮷野家,\"引\"",
         "多\n行" * 9000, identity[1:-1], "-98765432109876.5432", b"\xff\xd8" * 3000, True),
        (0, 0, 0, "100", 1e10, 370783001001009984.0, datetime(1899, 12, 30), "?", "a",
         identity[1:-1], "100", b"", False),
        (None,) * 12 + (False,),
        (1, 1, 1, "0.5", -2.5, 1e-300, datetime(9999, 12, 31), "É", "", identity[1:-1], "0.0001", None, True),
        (1, 1, 1, "0.5", -2.5, 35.0, datetime(2024, 1, 1, 23, 59, 59, 999999), "", None,
         identity[1:-1], "-1", None, True),
    ]  # fmt: skip
    jet = Jet()
    jet.add("一览", columns, given)
    found = read_here(jet.write(tmp_path / "a.mdb"))
    assert found.columns == tuple(name for name in columns if name != "照片")
    assert [note.zh for note in found.notes] == ["二进制字段未载入:照片"]
    first, second, missing, late, last = rows_of(found)
    assert [first[name] for name in found.columns] == [
        "200", "-5", "-2147483648", "-12.3456", "0.1", "0.3", "2024-02-29T23:59:59", '𠮷野家,"引"',
        "多\n行" * 9000, identity, "-98765432109876.5432", "true",
    ]  # fmt: skip
    assert [second[name] for name in found.columns] == [
        "0", "0", "0", "100", "10000000000", "370783001001009984", "1899-12-30T00:00:00", "?", "a",
        identity, "100", "false",
    ]  # fmt: skip
    assert [missing[name] for name in found.columns] == [None] * 11 + ["false"]
    assert "超出可读范围" in str(late["日"]) and late["双"] == "1e-300"
    assert (last["日"], last["双"], last["文"]) == ("2024-01-02T00:00:00", "35", None)
    batch = next(found.read())
    lossy = {name: batch.lossy[index].tolist() for index, name in enumerate(found.columns)}
    assert lossy["双"] == [False, True, False, False, False], "a code of 18 digits is not exact in a double"
    assert lossy["日"] == [False, False, False, True, False]


def test_a_text_that_cannot_be_read_whole_is_a_problem(tmp_path: Path) -> None:
    jet = Jet()
    jet.add("t", {"文": "memo"}, [("字" * 66_000,), ("字" * 300_000,), ("x" * 198_000,)])
    whole, cut, ascii_only = rows_of(read_here(jet.write(tmp_path / "a.mdb")))
    assert whole["文"] == "字" * 66_000 and whole["problem"] is None
    assert ascii_only["文"] == "x" * 198_000 and ascii_only["problem"] is None
    assert "无法完整读取" in str(cut["problem"])


def test_a_plain_table_with_coordinates(dsn: str, tmp_path: Path) -> None:
    x, y = positions("EPSG:4490")
    jet = Jet()
    rows = [(*row[:4], east, north) for row, east, north in zip(ROWS, x.tolist(), y.tolist(), strict=True)]
    jet.add(
        "t",
        {
            "code": "text",
            "name": "text",
            "height": "single",
            "antennas": "byte",
            "经度": "double",
            "纬度": "double",
        },
        rows,
    )
    report = load(dsn, jet.write(tmp_path / "a.mdb"), LAYER, options(source_crs="EPSG:4490"))
    assert report.changeset is not None
    agree(dsn)


def test_a_table_without_shapes_fills_a_register(dsn: str, tmp_path: Path) -> None:
    jet = Jet()
    jet.add(
        "test_register",
        {"统计代码": "text", "名称": "text"},
        [("370783001001", "东关村"), ("370783001002", "西关村")],
    )
    jet.add("other", {"a": "long"}, [])
    load(dsn, jet.write(tmp_path / "a.accdb"), REGISTER.id, options())
    with connect(dsn) as connection:
        held = connection.execute("select code, name from layer.test_register order by code").fetchall()
    assert held == [("370783001001", "东关村"), ("370783001002", "西关村")]


def two_classes(path: Path) -> Path:
    jet = Jet()
    points = shape_records([shapely.Point(118.8, 36.9)], "Point")
    for name in ("站点", "井"):
        add_class(jet, name, {"code": "text"}, [("T1",)], points)
    return finish(jet, path, {"站点": ("Point", "EPSG:4490"), "井": ("Point", "EPSG:4549")})


def test_one_of_several_layers_is_chosen(dsn: str, tmp_path: Path) -> None:
    path = two_classes(tmp_path / "a.mdb")
    before = counts(dsn)
    with pytest.raises(SourceLayerUndecided, match="站点, 井") as undecided:
        load(dsn, path, LAYER, options())
    assert undecided.value.details["layers"] == ["站点", "井"]
    with pytest.raises(SourceLayerUndecided, match="沟"):
        load(dsn, path, LAYER, options(source_layer="沟"))
    assert counts(dsn) == before
    assert read_here(path, layer="井").declared == "EPSG:4549"
    assert load(dsn, path, LAYER, options(source_layer="站点")).changeset is not None
    assert read_here(path, hints=("井",)).layer == "井"


def test_the_geodatabases_own_tables_may_be_hidden(tmp_path: Path) -> None:
    jet = Jet()
    add_class(jet, "井", {"code": "text"}, [("T1",)], shape_records([shapely.Point(118.8, 36.9)], "Point"))
    path = finish(jet, tmp_path / "a.mdb", {"井": ("Point", "EPSG:4490")}, flags=SYSTEM)
    found = read_here(path)
    assert (found.layer, found.declared, found.columns) == ("井", "EPSG:4490", ("OBJECTID", "code"))


@pytest.mark.parametrize("into", ["folder", "zip"])
def test_it_may_lie_in_a_folder_or_an_archive(dsn: str, tmp_path: Path, into: str) -> None:
    folder = tmp_path / "交付"
    folder.mkdir()
    stations(folder / "站点.mdb", "EPSG:4549")
    (folder / "站点.ldb").write_bytes(b"lock")
    report = load(dsn, zipped(folder, tmp_path / "a.zip") if into == "zip" else folder, LAYER, options())
    assert report.format == "mdb" and all(report.confined.values())
    agree(dsn)


def refused(dsn: str, path: Path, layer: str = LAYER, **said: object) -> OneMapError:
    """The error with which a file is refused, after a look that nothing was written."""
    before = counts(dsn), state(dsn, layer)
    with pytest.raises(OneMapError) as found:
        load(dsn, path, layer, options(**({"source_crs": "EPSG:4490"} | said)))
    assert (counts(dsn), state(dsn, layer)) == before
    assert found.value.zh and found.value.en
    assert found.value.value or isinstance(found.value, RowsRejected)
    return found.value


@pytest.mark.parametrize("jet", [Jet(password="密码"), Jet(key=0x1234)], ids=["password", "encoded"])
def test_a_password_is_told(dsn: str, tmp_path: Path, jet: Jet) -> None:
    jet.add("t", {"a": "text"}, [("x",)])
    error = refused(dsn, jet.write(tmp_path / "a.mdb"))
    assert isinstance(error, UnsafeFile) and "password" in error.en and error.value == "a.mdb"


def test_a_cut_file_is_refused(dsn: str, tmp_path: Path) -> None:
    whole = stations(tmp_path / "a.mdb").read_bytes()
    for size in (20, 4096, 5000, 4096 * (len(whole) // 8192)):
        path = tmp_path / "cut.mdb"
        path.write_bytes(whole[:size])
        assert isinstance(refused(dsn, path), UnreadableFile), size


def test_a_file_that_lost_pages_never_reads_as_another(tmp_path: Path) -> None:
    """Cut after every page: refused, a row with a problem, or nothing that counts was lost."""
    jet = Jet()
    shapes = shape_records(squares(300), "Polygon")
    add_class(
        jet, "t", {"use": "text", "备注": "memo"}, [("耕地", f"{n}号" * 900) for n in range(300)], shapes
    )
    whole = finish(jet, tmp_path / "a.mdb", {"t": ("Polygon", "EPSG:4490")}).read_bytes()
    meant, fates = rows_of(read_here(tmp_path / "a.mdb")), set()
    for pages in range(1, len(whole) // 4096, 7):
        path = tmp_path / "cut.mdb"
        path.write_bytes(whole[: 4096 * pages])
        try:
            found = rows_of(read_here(path))
        except OneMapError as known:
            assert isinstance(known, UnreadableFile), known
            fates.add("refused")
        else:
            assert found == meant, pages
    assert fates


def test_a_cut_shape_does_not_pass_for_another(dsn: str, tmp_path: Path) -> None:
    """A long value whose page is gone: the count of rows is right, the shape is not there."""
    jet = Jet()
    squared = shape_records(squares(2), "Polygon")
    add_class(jet, "t", {"use": "text"}, [("耕地",), ("园地",)], [squared[0], squared[1][:-20]])
    path = finish(jet, tmp_path / "a.mdb", {"t": ("Polygon", "EPSG:4490")})
    error = refused(dsn, path, PLOTS.id, source_crs=None)
    assert isinstance(error, RowsRejected)
    (row,) = error.details["report"]["rejected"]
    assert (row["line"], row["rule"]) == (2, "unreadable") and "不完整" in row["zh"]


def test_damaged_bytes_end_in_rows_or_in_a_clear_error(dsn: str, tmp_path: Path) -> None:
    whole = stations(tmp_path / "a.mdb").read_bytes()
    chance = random.Random(4)
    for _ in range(6):
        raw = bytearray(whole)
        for _ in range(40):
            raw[chance.randrange(4096, len(raw))] = chance.randrange(256)
        path = tmp_path / "damaged.mdb"
        path.write_bytes(raw)
        try:
            load(dsn, path, LAYER, options(dry_run=True))
        except OneMapError as known:
            assert known.zh and known.value, known


def test_fewer_rows_than_announced(dsn: str, tmp_path: Path) -> None:
    jet = Jet()
    points = shape_records([shapely.Point(118.8, 36.9)], "Point")
    add_class(jet, "t", {"code": "text"}, [("T1",)], points, announced=5)
    error = refused(dsn, finish(jet, tmp_path / "a.mdb", {"t": ("Point", "EPSG:4490")}))
    assert isinstance(error, UnreadableFile) and "announces 5 rows, 1 are readable" in error.en


def test_without_geometry_the_columns_are_named(dsn: str, tmp_path: Path) -> None:
    jet = Jet()
    jet.add("t", {"code": "text", "name": "text"}, [("T1", "x")])
    error = refused(dsn, jet.write(tmp_path / "a.mdb"))
    assert isinstance(error, FieldsDoNotMatch) and "code, name" in error.en


def test_a_database_without_tables(dsn: str, tmp_path: Path) -> None:
    error = refused(dsn, Jet().write(tmp_path / "a.mdb"))
    assert isinstance(error, UnreadableFile) and "no table" in error.en


def test_a_table_that_lacks_its_geometry_column(dsn: str, tmp_path: Path) -> None:
    jet = Jet()
    jet.add("t", {"code": "text"}, [("T1",)])
    error = refused(dsn, finish(jet, tmp_path / "a.mdb", {"t": ("Point", "EPSG:4490")}))
    assert isinstance(error, UnreadableFile) and "no column SHAPE" in error.en


def test_curves_are_refused(dsn: str, tmp_path: Path) -> None:
    (record,) = shape_records(squares(1), "Polygon")
    curved = struct.pack("<I", 51 | 0x20000000) + record[4:] + struct.pack("<I", 1) + bytes(28)
    jet = Jet()
    add_class(jet, "t", {"use": "text"}, [("耕地",)], [curved])
    error = refused(
        dsn, finish(jet, tmp_path / "a.mdb", {"t": ("Polygon", "EPSG:4490")}), PLOTS.id, source_crs=None
    )
    assert isinstance(error, CurvedGeometry) and "table t, row 1, CURVE" in error.en


def test_without_mdbtools_the_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "FOLDER", tmp_path)
    with pytest.raises(EnvironmentProblem, match="apt-get install mdbtools"):
        read_here(stations(tmp_path / "a.mdb"))


@pytest.mark.parametrize(
    ("option", "charset"), [(None, "GB18030"), ("big5", "BIG5"), ("gbk", "GB18030"), ("寿光", None)]
)
def test_access_97_is_read_in_a_code_page(tmp_path: Path, option: str | None, charset: str | None) -> None:
    """No writer of Access 97 is at hand: what mdbtools are told is looked at, not what comes of it."""
    jet = Jet(version=0)
    jet.add("t", {"a": "text"}, [("x",)])
    path = jet.write(tmp_path / "a.mdb")
    job = Job(path=str(path), work=str(tmp_path), encoding=option)
    if charset is None:
        with pytest.raises(InvalidInput, match="unknown encoding"):
            reader._encoding(header.read(path), job)
    else:
        named = reader._encoding(header.read(path), job).encoding
        told = tools.Tools(path, job, named)._environment()
        assert (told["MDB_JET3_CHARSET"], told["MDBICONV"]) == (charset, "UTF-8")
