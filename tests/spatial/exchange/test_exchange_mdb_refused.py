"""Access databases that are cut, damaged, locked or say too little: refused by name, nothing written."""

from __future__ import annotations

import random
import struct
from pathlib import Path

import pytest
import shapely
from exchange_files import (
    PLOTS,
    counts,
    options,
    read_here,
    rows_of,
    squares,
    state,
)
from geodatabase_files import add_class, finish, shape_records
from jet_files import Jet
from test_exchange_mdb import LAYER, stations

from spatial.errors import (
    CurvedGeometry,
    EnvironmentProblem,
    FieldsDoNotMatch,
    OneMapError,
    RowsRejected,
    UnreadableFile,
    UnsafeFile,
)
from spatial.exchange.load import load
from spatial.exchange.mdb import tools


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


@pytest.mark.parametrize("page", [1, 0xFFFF], ids=["of another kind", "beyond the end"])
def test_a_shape_whose_page_is_lost_is_refused(dsn: str, tmp_path: Path, page: int) -> None:
    (record,) = shape_records(squares(1), "Polygon")
    jet = Jet()
    add_class(jet, "t", {"use": "text"}, [("耕地",)], [record])
    path = finish(jet, tmp_path / "a.mdb", {"t": ("Polygon", "EPSG:4490")})
    raw = bytearray(path.read_bytes())
    at = raw.index(struct.pack("<I", len(record) | 0x40000000)) + 4
    raw[at : at + 4] = struct.pack("<I", page << 8)
    path.write_bytes(raw)
    error = refused(dsn, path, PLOTS.id)
    if page == 1:
        assert isinstance(error, RowsRejected) and "没有几何" in error.zh
    else:
        assert isinstance(error, UnreadableFile) and "compact and repair" in error.en


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
