"""Tables of SL 323 实时雨水情数据库: their columns, written and read as CSV. Pure, no input or output.

The columns are data (``water/assets/sl323.toml``); what was not compared with the printed standard is
marked there. A number that a column cannot hold is refused, never cut.
"""

from __future__ import annotations

import csv
import io
import math
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Final

from spatial.catalogue.contract import Title
from spatial.datum.clock import BEIJING
from spatial.errors import shorten
from spatial.exchange import encoding
from water.errors import BadStation

FILE_BYTES_MOST: Final = 64 << 20
LISTED: Final = 1000
_TYPE: Final = re.compile(r"(?:c(\d+)|n(\d+)\.(\d+)|tm)")
_TIME: Final = re.compile(
    r"(\d{4})[-/](\d\d?)[-/](\d\d?)(?:[ T](\d\d?):(\d\d?)(?::(\d\d?)(?:\.0*)?)?)?", re.ASCII
)
_PART: Final = re.compile(r"[A-Za-z0-9]*(?:\.[A-Za-z0-9]*)*", re.ASCII)
_NUMBER: Final = re.compile(r"-?(\d{1,12})(?:\.(\d{1,6}))?", re.ASCII)
Cell = str | float | datetime | None
Row = Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    name: str
    kind: str
    """``c`` text, ``n`` number, ``tm`` time of Beijing."""
    width: int = 0
    """Characters of a text, digits of a number."""
    decimals: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """A table 表."""

    id: str
    title: Title
    verified: bool
    columns: tuple[Column, ...]
    elements: Mapping[str, str]
    """Column → element of a station."""
    kinds: frozenset[str] = frozenset()
    """Classes of station whose values it holds."""
    part: tuple[str, ...] = ()
    """Columns that together name a part of the station, as one of its gates."""

    def part_of(self, row: Row) -> str:
        """The part that a row is of; empty for the station itself. BadStation for a name that is none."""
        cells = [str(row.get(name) or "") for name in self.part]
        found = ".".join(cells) if any(cells) else ""
        if found and not _PART.fullmatch(found):
            raise BadStation(
                f"设备编号只能用字母与数字:{found}", f"a device has letters and digits: {found}", value=found
            )
        return found

    def part_cells(self, part: str) -> dict[str, Cell]:
        """The columns that name a part."""
        return dict(zip(self.part, part.split("."), strict=True)) if part else {}

    def column(self, name: str) -> Column:
        """A column by its name; KeyError."""
        return next(iter(each for each in self.columns if each.name == name))


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row cannot be taken."""

    line: int
    zh: str
    en: str

    def to_json(self) -> dict[str, object]:
        """JSON-ready."""
        return {"line": self.line, "zh": self.zh, "en": self.en}


@cache
def shipped() -> Mapping[str, Table]:
    """The tables by their names."""
    text = (resources.files("water") / "assets" / "sl323.toml").read_text(encoding="utf-8")
    return {
        each["id"]: Table(
            each["id"],
            Title(each["zh"], each["en"]),
            each["verified"],
            tuple(_column(one["name"], one["type"]) for one in each["columns"]),
            each["elements"],
            frozenset(each.get("kinds", ())),
            tuple(each.get("part", ())),
        )
        for each in tomllib.loads(text)["tables"]
    }


def table(name: str) -> Table:
    """A table; BadStation for one that is not known."""
    found = shipped().get(name)
    if found is None:
        known = "、".join(shipped())
        shown = shorten(name, 40)
        raise BadStation(
            f"没有这个表,可用:{known}:{shown}",
            f"no such table, there are {', '.join(shipped())}: {shown}",
            value=shown,
        )
    return found


def write(of: Table, rows: Iterable[Row]) -> bytes:
    """Rows as CSV in UTF-8 with the table's columns; what is missing is empty.

    BadStation where a value does not fit its column.
    """
    written = io.StringIO(newline="")
    lines = csv.writer(written, lineterminator="\r\n")
    lines.writerow([each.name for each in of.columns])
    for row in rows:
        lines.writerow([cell_text(of, each, row.get(each.name)) for each in of.columns])
    return written.getvalue().encode()


def read(of: Table, data: bytes) -> tuple[list[tuple[int, dict[str, Cell]]], list[Fault]]:
    """Rows of a CSV by line, and what cannot be taken; BadStation for a file that is none of the table."""
    if len(data) > FILE_BYTES_MOST:
        raise BadStation(
            f"文件超过 {FILE_BYTES_MOST >> 20} MB,请拆分:{len(data)} 字节",
            f"a file has at most {FILE_BYTES_MOST >> 20} MB, split it: {len(data)} bytes",
            value=len(data),
        )
    content = data.removeprefix(b"\xef\xbb\xbf")
    found = encoding.decide((content,), name=of.id)
    lines = csv.reader(io.StringIO(content.decode(found.encoding, "replace"), newline=""))
    header = [each.strip().upper() for each in next(lines, [])]
    names = {each.name for each in of.columns}
    unknown = [each for each in header if each not in names]
    needed = [each.name for each in of.columns if each.name in ("STCD", "TM") and each.name not in header]
    if unknown or needed or len(set(header)) < len(header):
        raise BadStation(
            f"表头与 {of.id} 不符:缺少 {'、'.join(needed) or '无'},"
            f"不认识 {shorten('、'.join(unknown)) or '无'}",
            f"the header is not of {of.id}: missing {needed or 'none'}, unknown {unknown[:9] or 'none'}",
            value=unknown or needed or header,
        )
    rows: list[tuple[int, dict[str, Cell]]] = []
    faults: list[Fault] = []
    for cells in lines:
        if not any(cells):
            continue
        try:
            rows.append((lines.line_num, _row(of, header, cells)))
        except BadStation as failure:
            faults.append(Fault(lines.line_num, failure.zh, failure.en))
    return rows, faults


def cell_text(of: Table, column: Column, value: Cell) -> str:
    """A value as its column holds it; BadStation where it does not fit."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, str):
        if len(value) > column.width:
            raise _does_not_fit(of, column, value)
        return value
    text = f"{value:.{column.decimals}f}"
    whole = text.lstrip("-").partition(".")[0].lstrip("0")
    if not math.isfinite(value) or len(whole) > column.width - column.decimals:
        raise _does_not_fit(of, column, value)
    return text


def _row(of: Table, header: Sequence[str], cells: Sequence[str]) -> dict[str, Cell]:
    if len(cells) > len(header):
        raise BadStation(
            f"列数多于表头:{len(cells)}", f"more cells than the header has: {len(cells)}", value=len(cells)
        )
    row: dict[str, Cell] = {}
    for name, text in zip(header, cells, strict=False):
        row[name] = _cell(of, of.column(name), text.strip())
    for name in ("STCD", "TM"):
        if name in header and row.get(name) is None:
            raise BadStation(f"主键列为空:{name}", f"a key is empty: {name}", value=name)
    return row


def _cell(of: Table, column: Column, text: str) -> Cell:
    if not text:
        return None
    if column.kind == "c":
        if len(text) > column.width or "�" in text:
            raise _does_not_fit(of, column, text)
        return text
    if column.kind == "n":
        found = _NUMBER.fullmatch(text)
        if found is None or len(found[1].lstrip("0")) > column.width - column.decimals:
            raise _does_not_fit(of, column, text)
        return float(text)
    moment = _TIME.fullmatch(text)
    try:
        if moment is None:
            raise ValueError(text)
        return datetime(*(int(each or 0) for each in moment.groups()), tzinfo=BEIJING)  # type: ignore[misc, arg-type]
    except ValueError:
        raise _does_not_fit(of, column, text) from None


def _does_not_fit(of: Table, column: Column, value: object) -> BadStation:
    kind = {"c": f"C({column.width})", "n": f"N({column.width},{column.decimals})", "tm": "时间"}[column.kind]
    shown = shorten(value, 40)
    return BadStation(
        f"{of.id}.{column.name} 放不下此值,须为 {kind}:{shown}",
        f"{of.id}.{column.name} cannot hold the value, it is {column.kind}"
        f"{column.width or ''}.{column.decimals}: {shown}",
        value=shown,
    )


def _column(name: str, text: str) -> Column:
    found = _TYPE.fullmatch(text)
    if found is None:
        raise ValueError(f"{name}: {text}")
    if found[1]:
        return Column(name, "c", int(found[1]))
    return Column(name, "n", int(found[2]), int(found[3])) if found[2] else Column(name, "tm")
