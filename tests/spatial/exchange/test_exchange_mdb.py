"""Personal geodatabases and Access tables: what went in byte by byte comes out, or is refused by name."""

from __future__ import annotations

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
    zipped,
)
from geodatabase_files import add_class, finish, shape_records
from jet_files import SYSTEM, Jet
from test_exchange_load import agree

from spatial.database import connect
from spatial.errors import (
    FrameUndecided,
    InvalidInput,
    NoOperation,
    SourceLayerUndecided,
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
