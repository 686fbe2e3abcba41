"""The program that writes GeoParquet and FlatGeobuf, fed by hand."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet
import pytest
import shapely

from spatial.exchange.columnar import Description, frame
from spatial.history.model import Column

ROOT = Path(__file__).resolve().parents[2]


def description(form: str, *columns: Column) -> Description:
    told = {"title": "测试"}
    return Description(form, columns, "Point", "EPSG:4490", "points", "测试", "为测试而设", told)


def rows(count: int, first: int = 0) -> bytes:
    wkb = shapely.to_wkb(shapely.Point(118.5, 36.9)).hex()
    where = f"{wkb},118.5,36.9,118.5,36.9"
    line = '"P{0}",{0},"2026-01-01T00:00:00+08:00",,7,{1}\n'
    return "".join(line.format(number, where) for number in range(first, first + count)).encode()


def written(form: str, sent: bytes, folder: Path, *columns: Column) -> subprocess.CompletedProcess[bytes]:
    code = "from spatial.exchange.columnar import main; main()"
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}"]
    return subprocess.run(
        command, input=description(form, *columns).line() + sent, capture_output=True, cwd=folder
    )


def test_a_description_comes_back_as_it_was_sent() -> None:
    sent = description("fgb", Column("floors", "bigint"), Column("名", "text"))
    assert Description.parse(sent.line()) == sent


def test_row_groups_follow_each_other(tmp_path: Path) -> None:
    parts = [rows(20_000, number * 20_000) for number in range(5)]
    sent = b"".join(frame(part) + part for part in parts) + frame(b"")
    done = written("parquet", sent, tmp_path, Column("floors", "bigint"))
    assert done.returncode == 0, done.stderr
    table = pyarrow.parquet.ParquetFile(io.BytesIO(done.stdout))
    assert table.metadata.num_row_groups == 2
    assert table.read(["floors"]).column("floors").to_pylist() == list(range(100_000))


@pytest.mark.parametrize("form", ["parquet", "fgb"])
@pytest.mark.parametrize("cut", ["no mark at the end", "half a frame", "a value of another type"])
def test_rows_that_are_cut_make_no_file(tmp_path: Path, form: str, cut: str) -> None:
    part = rows(40_000)
    sent = (frame(part) + part) * 2  # more than a row group: the beginning is written by then
    if cut == "half a frame":
        sent += frame(part) + part[:100]
    if cut == "a value of another type":
        broken = part[:200].replace(b",1,", b",x,")
        sent += frame(broken) + broken + frame(b"")
    done = written(form, sent, tmp_path, Column("floors", "bigint"))
    assert done.returncode == 1
    assert done.stderr
    if form == "fgb":
        assert done.stdout == b""
    else:
        assert len(done.stdout) > 10_000
        assert not done.stdout.endswith(b"PAR1")


def test_a_field_that_is_named_as_the_boxes_keeps_its_name(tmp_path: Path) -> None:
    part = rows(3)
    done = written("parquet", frame(part) + part + frame(b""), tmp_path, Column("bbox", "bigint"))
    assert done.returncode == 0, done.stderr
    table = pyarrow.parquet.read_table(io.BytesIO(done.stdout))
    assert table.column("bbox").to_pylist() == [0, 1, 2]
    assert b"covering" not in table.schema.metadata[b"geo"]
