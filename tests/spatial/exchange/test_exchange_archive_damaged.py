"""Archives and spreadsheets with bytes changed: rows, or an error of a known kind that names a value."""

from __future__ import annotations

import random
import zipfile
from pathlib import Path

import openpyxl
import pytest

from spatial.errors import OneMapError, UnreadableFile
from spatial.exchange import archive
from spatial.exchange.sandbox import Limits


def workbook(folder: Path) -> Path:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.append(["编号", "名称", "x", "y"])
    for row in range(20):
        sheet.append([f"C{row}", "名称", 118.7 + row / 1000, 36.8])
    book.save(folder / "a.xlsx")
    return folder / "a.xlsx"


def test_a_member_whose_packing_is_damaged_is_named(tmp_path: Path) -> None:
    path = workbook(tmp_path)
    with zipfile.ZipFile(path) as whole:
        member = whole.getinfo("xl/worksheets/sheet1.xml")
    raw = bytearray(path.read_bytes())
    begin = member.header_offset + 30 + len(member.filename)
    raw[begin : begin + member.compress_size] = b"\xff" * member.compress_size
    path.write_bytes(raw)
    with pytest.raises(UnreadableFile) as refused:
        archive.unpack(path, tmp_path / "into", Limits())
    assert refused.value.value == "xl/worksheets/sheet1.xml"


def test_a_member_without_a_name_is_refused_with_its_archive(tmp_path: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("only", b"x")
    path.write_bytes(path.read_bytes().replace(b"only", b"\0nly"))  # the name ends before it begins
    with pytest.raises(OneMapError) as refused:
        archive.inspect(path, Limits())
    assert refused.value.value == "a.zip" and "a.zip" in refused.value.en


def test_bytes_changed_at_random_end_in_a_known_error(tmp_path: Path) -> None:
    sound = workbook(tmp_path).read_bytes()
    chance, refused = random.Random(9), 0
    for turn in range(1500):
        raw = bytearray(sound)
        if turn % 10 == 0:
            raw = raw[: chance.randrange(len(raw))]
        for _ in range(chance.choice((1, 3, 20))):
            if raw:
                raw[chance.randrange(len(raw))] = chance.randrange(256)
        path, into = tmp_path / "b.zip", tmp_path / f"into-{turn}"
        path.write_bytes(raw)
        into.mkdir()
        try:
            archive.unpack(path, into, Limits())
        except OneMapError as known:
            refused += 1
            assert known.zh and known.en and known.value
    assert 500 < refused <= 1500
