"""Points known in two frames 公共点, from the CSV a surveyor hands in, to fit a transformation by.

Coordinates of control points are a secret of the city: an error names the
line, the column and the point, and never repeats a number of the file.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

import numpy as np
import numpy.typing as npt

from spatial.datum import STANDARD, ControlPoints, Frame, Model, move
from spatial.datum.checks import check
from spatial.datum.frames import FRAMES
from spatial.errors import (
    BadControlPoints,
    FieldsDoNotMatch,
    FileTooLarge,
    InvalidInput,
    NoOperation,
    Refused,
    UnreadableFile,
)
from spatial.exchange import encoding
from spatial.exchange.coordinates import angle_or_metres

Floats = npt.NDArray[np.float64]

PLANE = ("id", "source_x", "source_y", "target_x", "target_y")
"""The columns that must be there; x is east or longitude, y north or latitude."""
HEIGHTS = ("source_h", "target_h")
"""Ellipsoidal heights in metres, for the seven-parameter models: both or neither."""
_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    cells: dict[str, str]


def read_pairs(path: Path, source: Frame, target: Frame, model: Model) -> ControlPoints:
    """The pairs of a CSV with the columns ``PLANE`` and perhaps ``HEIGHTS``, in UTF-8 or GB18030.

    Raises UnreadableFile, FieldsDoNotMatch for wrong columns, and
    BadControlPoints for a cell that is no number or a place that cannot be in
    its frame (zone prefix, order of x and y, area of use).
    """
    lines = _lines(path)
    names: tuple[str, ...] = PLANE[1:]
    heights = model.spatial and _has_heights(lines, path)
    if heights:
        names = ("source_x", "source_y", "source_h", "target_x", "target_y", "target_h")
    ids = tuple(_id(line) for line in lines)
    _check_repeated(ids)
    numbers = np.array([[_number(line, name) for name in names] for line in lines], np.float64)
    given, wanted = np.hsplit(numbers.reshape(len(lines), len(names)), 2)
    _check_places(ids, given, source, "source")
    _check_places(ids, wanted, target, "target")
    if model.spatial and not heights:
        flat = np.zeros((len(lines), 1))
        given, wanted = np.hstack((given, flat)), np.hstack((wanted, flat))
    return ControlPoints.of(ids, given, wanted)


def _lines(path: Path) -> list[_Line]:
    if path.stat().st_size > _BYTES:
        raise FileTooLarge(
            f"控制点文件过大,请确认文件无误:{path.name}",
            f"too large for a list of control points; is it the right file? {path.name}",
            value=path.name,
        )
    raw = path.read_bytes().removeprefix(b"\xef\xbb\xbf")
    reading = encoding.decide(raw.splitlines(), name=path.name)
    reader = csv.DictReader(io.StringIO(raw.decode(reading.encoding), newline=""), strict=True)
    try:
        header = [name.strip() for name in reader.fieldnames or ()]
        _check_header(header, path)
        reader.fieldnames = header
        return [_line(row, reader.line_num, len(header)) for row in reader if any(row.values())]
    except csv.Error:
        line = reader.line_num
    raise UnreadableFile(
        f"CSV 第 {line} 行格式错误:{path.name}", f"CSV line {line} is malformed: {path.name}", value=path.name
    )


def _check_header(header: list[str], path: Path) -> None:
    missing = [name for name in PLANE if name not in header]
    if missing or len(set(header)) != len(header):
        listed = ", ".join(missing or sorted({name for name in header if header.count(name) > 1}))
        raise FieldsDoNotMatch(
            f"控制点 CSV({path.name})须有列 {', '.join(PLANE)},每列一次;缺少或重复:{listed}",
            f"a CSV of control points ({path.name}) has the columns {', '.join(PLANE)}, each once; "
            f"missing or repeated: {listed}",
            value=listed,
        )


def _line(row: dict[str, str], number: int, width: int) -> _Line:
    if len(row) > width or None in row.values():
        _bad("该行的单元格数与表头不符", "the line has more or fewer cells than the header", f"line {number}")
    return _Line(number, {name: cell.strip() for name, cell in row.items()})


def _has_heights(lines: list[_Line], path: Path) -> bool:
    present = [name for name in HEIGHTS if lines and name in lines[0].cells]
    if len(present) == 1:
        raise FieldsDoNotMatch(
            f"大地高须两边都有或都没有({', '.join(HEIGHTS)};{path.name}),只有:{present[0]}",
            f"heights are given on both sides or on none ({', '.join(HEIGHTS)}; {path.name}); "
            f"only there: {present[0]}",
            value=present[0],
        )
    return bool(present)


def _id(line: _Line) -> str:
    name = line.cells["id"]
    if not name or len(name) > 60 or not name.isprintable():
        _bad("控制点须有点号(id,不超过 60 字)", "each point has an id of 60 characters at most",
             f"line {line.number}, id")  # fmt: skip
    return name


def _check_repeated(ids: tuple[str, ...]) -> None:
    again = sorted({name for name in ids if ids.count(name) > 1})
    if again:
        _bad("点号重复", "ids of points are repeated", ", ".join(again))


def _number(line: _Line, column: str) -> float:
    number = angle_or_metres(line.cells[column])
    if number is None or not np.isfinite(number):
        _bad("单元格不是有限的数", "a cell is not a finite number", f"line {line.number}, {column}")
    return number


def _check_places(ids: tuple[str, ...], places: Floats, frame: Frame, side: str) -> None:
    first = _misplaced(places[:, 0], places[:, 1], frame) if len(ids) else None
    if first is not None:
        _bad(
            f"控制点的{'源' if side == 'source' else '目标'}坐标不可能在 {frame.id} 内;请核对坐标系、带号、"
            f"x(东或经度)与 y(北或纬度)的次序及适用范围",
            f"the {side} position of a point cannot be in {frame.id}; check the frame, the zone prefix, "
            f"the order of x (east or longitude) and y (north or latitude), and the area of use",
            ids[first],
        )


def _misplaced(x: Floats, y: Floats, frame: Frame) -> int | None:
    """The first position that its frame cannot hold; the error itself would repeat its numbers."""
    try:
        check(x, y, frame)
        move(x, y, frame, FRAMES[frame.base], registry=STANDARD)
    except NoOperation:
        return None  # a local frame known by name only has no projection to check against
    except (InvalidInput, Refused) as wrong:
        index = wrong.details.get("index")
        if not isinstance(index, int):
            raise
        return index
    return None


def _bad(zh: str, en: str, value: str) -> NoReturn:
    raise BadControlPoints(f"{zh}:{value}", f"{en}: {value}", value=value)
