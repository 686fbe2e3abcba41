"""The program that writes GeoParquet and FlatGeobuf, fed by hand."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path

import pyarrow.parquet
import pytest
import shapely

from spatial.exchange.columnar import HEAD, LAST, READY, Description, frame
from spatial.history.model import Column

ROOT = Path(__file__).resolve().parents[2]


def description(form: str, *columns: Column, folder: str = "") -> Description:
    told = {"title": "测试"}
    return Description(form, columns, "Point", "EPSG:4490", "points", "测试", "为测试而设", told, folder)


def rows(count: int, first: int = 0) -> bytes:
    wkb = shapely.to_wkb(shapely.Point(118.5, 36.9)).hex()
    line = '"P{0}",{0},"2026-01-01T00:00:00+08:00",,7,{1}\n'
    return "".join(line.format(number, wkb) for number in range(first, first + count)).encode()


def written(form: str, sent: bytes, folder: Path, *columns: Column) -> subprocess.CompletedProcess[bytes]:
    return program(description(form, *columns, folder=str(folder)).line() + sent)


def program(sent: bytes) -> subprocess.CompletedProcess[bytes]:
    code = "from spatial.exchange.columnar import main; main()"
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r}); {code}"]
    return subprocess.run(command, input=sent, capture_output=True)


def files(sent: bytes) -> list[tuple[bytes, int | None]]:
    """The files of what the program sent, each with the mark after it; None where it has none."""
    found: list[tuple[bytes, int | None]] = []
    parts: list[bytes] = []
    while sent:
        size, sent = int.from_bytes(sent[:HEAD], "little"), sent[HEAD:]
        if size in (LAST, READY):
            found.append((b"".join(parts), size))
            parts = []
        else:
            parts.append(sent[:size])
            sent = sent[size:]
    return [*found, (b"".join(parts), None)] if parts else found


def file(done: subprocess.CompletedProcess[bytes]) -> io.BytesIO:
    assert done.returncode == 0, done.stderr
    ((content, _),) = files(done.stdout)
    return io.BytesIO(content)


def test_a_description_comes_back_as_it_was_sent() -> None:
    sent = description("fgb", Column("floors", "bigint"), Column("名", "text"))
    assert Description.parse(sent.line()) == sent


def test_row_groups_follow_each_other(tmp_path: Path) -> None:
    parts = [rows(20_000, number * 20_000) for number in range(5)]
    sent = b"".join(frame(part) + part for part in parts) + frame(b"")
    done = written("parquet", sent, tmp_path, Column("floors", "bigint"))
    table = pyarrow.parquet.ParquetFile(file(done))
    assert table.metadata.num_row_groups == 2
    assert table.read(["bbox"]).column("bbox").to_pylist()[-1] == dict(
        zip(("xmin", "ymin", "xmax", "ymax"), (118.5, 36.9, 118.5, 36.9), strict=True)
    )
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
        ((begun, mark),) = files(done.stdout)
        assert len(begun) > 10_000
        assert mark is None and not begun.endswith(b"PAR1")


def test_a_field_that_is_named_as_the_boxes_keeps_its_name(tmp_path: Path) -> None:
    part = rows(3)
    done = written("parquet", frame(part) + part + frame(b""), tmp_path, Column("bbox", "bigint"))
    table = pyarrow.parquet.read_table(file(done))
    assert table.column("bbox").to_pylist() == [0, 1, 2]
    assert b"covering" not in table.schema.metadata[b"geo"]


@pytest.mark.parametrize("order", [("parquet", "fgb"), ("fgb", "parquet")])
def test_small_files_follow_each_other_each_as_it_is_by_itself(
    tmp_path: Path, order: tuple[str, ...]
) -> None:
    def sent(form: str, number: int) -> bytes:
        part = rows(3, number)
        return description(form, Column("floors", "bigint"), folder=str(tmp_path)).line() + (
            frame(part) + part + frame(b"")
        )

    asked = [sent(form, number) for number, form in enumerate((*order, *order))]
    done = program(b"".join(asked))
    assert done.returncode == 0, done.stderr
    alone = [files(program(each).stdout)[0][0] for each in asked]
    assert files(done.stdout) == [(content, READY) for content in alone]
    assert list(tmp_path.iterdir()) == []


def test_after_a_large_file_the_program_ends(tmp_path: Path) -> None:
    part = rows(60_000)
    large = description("parquet", Column("floors", "bigint"), folder=str(tmp_path)).line()
    large += frame(part) + part + frame(b"")
    assert len(part) > 4 << 20
    done = program(large + large)
    ((content, mark),) = files(done.stdout)
    assert mark == LAST and content.endswith(b"PAR1")
