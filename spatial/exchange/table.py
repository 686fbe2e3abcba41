"""CSV and XLSX as they arrive: header, cells as text, points. Runs in the reader's process.

Cells travel as text. What a format has already lost (a long code kept as a
floating-point number, a cell that holds an error) is marked and never taken
for the value that was meant.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import chain
from pathlib import Path

import numpy as np
import shapely

from spatial.errors import FieldsDoNotMatch, FileTooLarge, SourceLayerUndecided, UnreadableFile
from spatial.exchange import coordinates, encoding
from spatial.exchange.batches import Batch, Writer
from spatial.exchange.evidence import EncodingReading, Evidence
from spatial.exchange.sandbox import Job, Limits

_HEADER_SEARCH = 20
_CELL_CHARACTERS_MOST = 16 << 20
_BATCH = 20_000
_SAMPLE = 200
EXACT = 10**15
"""Spreadsheets and doubles hold 15 decimal digits; longer codes are lost."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its line, its cells, which cells are lossy."""

    line: int
    cells: list[str | None]
    lossy: frozenset[int] = frozenset()
    problem: tuple[str, str] | None = None
    """Why the row cannot be taken as it stands: Chinese and English reason."""


def read_csv(path: Path, job: Job, writer: Writer) -> dict[str, object]:
    """Read a CSV file; returns the description for ``Writer.finish``."""
    if path.stat().st_size > job.limits.table_bytes:
        raise FileTooLarge(
            f"CSV 文件过大,请拆分:{path.name}",
            f"the CSV is too large, split it: {path.name}",
            value=path.name,
        )
    raw = path.read_bytes()
    reading, text = decoded(raw, job, path.name)
    del raw
    csv.field_size_limit(_CELL_CHARACTERS_MOST)
    delimiter = _delimiter(text)
    rows = _csv_rows(text, delimiter, path.name)
    note = Evidence("delimiter", f"分隔符 {delimiter!r}", f"delimiter {delimiter!r}")
    return _write(rows, job, writer, path.stem) | {
        "format": "csv",
        "encoding": reading.to_json(),
        "notes": [note.to_json()],
    }


def read_xlsx(path: Path, job: Job, writer: Writer) -> dict[str, object]:
    """Read one sheet of a workbook already known to be of bearable size."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(str(path))
        name = _sheet(book.sheet_names, job.layer, path.name)
        rows = _sheet_rows(book.get_sheet_by_name(name).to_python(skip_empty_area=False), job.limits)
    except CalamineError as broken:
        raise UnreadableFile(
            f"工作簿损坏或不是 XLSX,请重新导出:{path.name}",
            f"the workbook is damaged or no XLSX, export it again ({broken}): {path.name}",
            value=path.name,
        ) from broken
    told = Evidence("bytes", "XLSX 内为 UTF-8", "XLSX is UTF-8 inside")
    return _write(rows, job, writer, name) | {
        "format": "xlsx",
        "encoding": EncodingReading("UTF-8", (told,)).to_json(),
        "notes": [],
    }


def decoded(raw: bytes, job: Job, name: str) -> tuple[EncodingReading, str]:
    """The text of a file in its encoding; UnreadableFile where it is none."""
    for mark, codec in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if raw.startswith(mark):
            told = Evidence("bytes", f"字节顺序标记 {codec}", f"byte order mark of {codec}")
            reading = EncodingReading(codec, (told,))
            break
    else:
        reading = encoding.decide(raw.splitlines(), name=name, option=job.encoding)
    try:
        text = raw.decode(reading.encoding)
    except UnicodeDecodeError as wrong:
        raise UnreadableFile(
            f"文本不是 {reading.encoding} 编码:{name}",
            f"the text is not {reading.encoding} ({wrong.reason} at byte {wrong.start}): {name}",
            value=name,
        ) from wrong
    if "\x00" in text:
        raise UnreadableFile(f"不是文本文件:{name}", f"not a text file: {name}", value=name)
    return reading, text


def _delimiter(text: str) -> str:
    """What cuts most rows, the header among them, into the same number of cells, and that into the most.

    A column may be a list with marks of its own: they stand in most rows, never in the header.
    """
    head = "\n".join(text.splitlines()[:_HEADER_SEARCH])
    best, most = ",", (0, 0)
    for candidate in (",", "\t", ";", "|", ","):
        try:
            widths = [len(row) for row in csv.reader(io.StringIO(head), delimiter=candidate) if row]
        except csv.Error:  # a cell beyond all measure; told where rows are read
            continue
        usual = max(widths, key=widths.count, default=0)
        found = (widths.count(usual), usual)
        if usual > 1 and found > most:
            best, most = candidate, found
    return best


def _csv_rows(text: str, delimiter: str, name: str) -> Iterator[Row]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        line = 1
        for cells in reader:
            if any(cells):
                yield Row(line, [cell if cell != "" else None for cell in cells])
            line = reader.line_num + 1
    except csv.Error as broken:
        raise UnreadableFile(
            f"CSV 第 {reader.line_num} 行格式错误(引号未闭合或被截断):{name}",
            f"CSV line {reader.line_num} is malformed ({broken}): {name}",
            value=name,
        ) from broken


def _sheet(names: list[str], wanted: str | None, file: str) -> str:
    if wanted is not None:
        if wanted in names:
            return wanted
    elif len(names) == 1:
        return names[0]
    raise SourceLayerUndecided(
        f"请用 --source-layer 指明工作表({'、'.join(names)}):{wanted or file}",
        f"say which sheet with --source-layer ({', '.join(names)}): {wanted or file}",
        value=wanted or file,
        details={"layers": list(names)},
    )


def _sheet_rows(sheet: Sequence[Sequence[object]], limits: Limits) -> Iterator[Row]:
    if sheet and (len(sheet) > limits.rows or len(sheet[0]) > limits.columns * 4):
        raise FileTooLarge("工作表过大", "the sheet is too large", value=len(sheet))
    for number, cells in enumerate(sheet, 1):
        texts = [cell_text(cell) for cell in cells]
        if any(text is not None for text, _ in texts):
            lossy = frozenset(index for index, (_, lost) in enumerate(texts) if lost)
            yield Row(number, [text for text, _ in texts], lossy)


def cell_text(cell: object) -> tuple[str | None, bool]:
    """A spreadsheet cell as text, and whether the sheet may have lost digits of it.

    >>> cell_text(370783001.0), cell_text(3.7078300100101e17), cell_text(0.5)
    (('370783001', False), ('370783001001009984', True), ('0.5', False))
    >>> cell_text(date(2026, 1, 31)), cell_text(True), cell_text("")
    (('2026-01-31', False), ('true', False), (None, False))
    """
    if cell is None or cell == "":
        return None, False
    if isinstance(cell, bool):
        return ("true" if cell else "false"), False
    if isinstance(cell, int):
        return str(cell), abs(cell) >= EXACT
    if isinstance(cell, float):
        if cell.is_integer() and abs(cell) < 1e22:
            return str(int(cell)), abs(cell) >= EXACT
        return repr(cell), False
    if isinstance(cell, datetime):
        midnight = cell.time() == time()
        return (cell.date().isoformat() if midnight else cell.isoformat(timespec="milliseconds")), False
    if isinstance(cell, date | time):
        return cell.isoformat(), False
    if isinstance(cell, timedelta):
        return str(cell), False
    return str(cell), False


def serial_day(serial: int) -> date:
    """The day of a spreadsheet's serial number in the 1900 system.

    Serials below 61 are refused by callers: the system counts a 29 February 1900.

    >>> serial_day(45292)
    datetime.date(2024, 1, 1)
    """
    return date(1899, 12, 30) + timedelta(days=serial)


def _header(rows: Iterator[Row], name: str) -> tuple[list[str], list[Row]]:
    """The names of the columns, and the rows already taken that follow them."""
    seen: list[Row] = []
    for row in rows:
        seen.append(row)
        if len(seen) >= _HEADER_SEARCH:
            break
    width = max((sum(cell is not None for cell in row.cells) for row in seen), default=0)
    for index, row in enumerate(seen):
        named = [cell for cell in row.cells if cell is not None]
        if named and len(named) >= 0.8 * width and not any(map(_is_number, named)):
            return _names(row, name), seen[index + 1 :]
    raise UnreadableFile(
        f"前 {_HEADER_SEARCH} 行中没有表头:{name}",
        f"no header within the first {_HEADER_SEARCH} rows: {name}",
        value=name,
    )


def _is_number(cell: str) -> bool:
    return coordinates.angle_or_metres(cell) is not None


def _names(row: Row, name: str) -> list[str]:
    cells = list(row.cells)
    while cells and cells[-1] is None:
        cells.pop()
    names = [(cell or "").strip().replace("\n", "") for cell in cells]
    if "" in names or len(set(names)) != len(names):
        again = sorted({one for one in names if names.count(one) > 1})
        raise FieldsDoNotMatch(
            f"表头有空名或重名(第 {row.line} 行),请改为一行不重复的列名:{again or name}",
            f"the header (line {row.line}) has empty or repeated names: {again or name}",
            value=again or name,
        )
    return names


def _write(rows: Iterator[Row], job: Job, writer: Writer, layer: str) -> dict[str, object]:
    names, taken = _header(rows, Path(job.path).name)
    return write_rows(names, chain(taken, rows), job, writer, layer)


def write_rows(
    names: list[str], rows: Iterable[Row], job: Job, writer: Writer, layer: str
) -> dict[str, object]:
    """Write rows whose columns are known, with points of the columns that hold coordinates."""
    if len(names) > job.limits.columns:
        raise FileTooLarge("列数过多", "too many columns", value=len(names))

    block: list[Row] = []
    columns: coordinates.Columns | None = None
    for row in rows:
        block.append(row)
        if len(block) == _BATCH:
            if writer.batches == 0:
                columns = _geometry_columns(names, block, job)
            writer.write(_batch(block, names, columns))
            block = []
        if writer.rows + len(block) > job.limits.rows:
            raise FileTooLarge("行数超出限制", "too many rows", value=job.limits.rows)
    if block or writer.batches == 0:
        if writer.batches == 0:
            columns = _geometry_columns(names, block, job)
        writer.write(_batch(block, names, columns))
    pair = None if columns is None else [names[columns.x], names[columns.y or columns.x]]
    return {
        "layer": layer,
        "columns": names,
        "kinds": ["mixed"] * len(names),
        "declared_wkt": None,
        "name_bytes_limit": None,
        "coordinates": pair,
    }


def _geometry_columns(names: list[str], block: list[Row], job: Job) -> coordinates.Columns | None:
    if not job.wants_geometry:
        return None
    if job.coordinates is not None:
        x, y = job.coordinates
        if x not in names or y not in names:
            raise FieldsDoNotMatch(f"没有坐标列:{x}, {y}", f"no such columns: {x}, {y}", value=[x, y])
        return coordinates.Columns(names.index(x), names.index(y))
    sample = [
        [row.cells[index] if index < len(row.cells) else None for row in block[:_SAMPLE]]
        for index in range(len(names))
    ]
    return coordinates.find(names, sample)


def _batch(block: list[Row], names: list[str], columns: coordinates.Columns | None) -> Batch:
    width = len(names)
    problems: dict[int, tuple[str, str]] = {}
    cells = []
    for index, row in enumerate(block):
        if row.problem is not None:
            problems[index] = row.problem
        extra = [cell for cell in row.cells[width:] if cell is not None]
        if extra:
            problems[index] = (f"多出单元格:{extra[0]}", f"more cells than the header: {extra[0]}")
        cells.append((row.cells + [None] * width)[:width])
    by_column: list[list[str | None]] = [list(one) for one in zip(*cells, strict=True)]
    by_column = by_column or [[] for _ in names]
    lossy = [
        np.fromiter((index in row.lossy for row in block), np.bool_, len(block)) for index in range(width)
    ]
    wkb = None if columns is None else _geometries(by_column, columns, problems)
    lines = np.fromiter((row.line for row in block), np.int64, len(block))
    return Batch(lines, by_column, lossy, wkb, problems)


def _geometries(
    columns: list[list[str | None]], where: coordinates.Columns, problems: dict[int, tuple[str, str]]
) -> list[bytes | None]:
    if where.y is None:
        return _from_wkt(columns[where.x], problems)
    xs = np.full(len(columns[where.x]), np.nan)
    ys = xs.copy()
    for target, values in ((xs, columns[where.x]), (ys, columns[where.y])):
        for index, value in enumerate(values):
            number = None if value is None else coordinates.angle_or_metres(value)
            if number is None and value is not None:
                problems.setdefault(index, (f"坐标无法读取:{value}", f"no coordinate: {value}"))
            elif number is not None:
                target[index] = number
    known = np.isfinite(xs) & np.isfinite(ys)
    made: list[bytes | None] = [None] * len(xs)
    points = shapely.to_wkb(shapely.points(xs[known], ys[known]))
    for row, wkb in zip(np.flatnonzero(known).tolist(), points, strict=True):
        made[row] = wkb
    return made


def _from_wkt(values: list[str | None], problems: dict[int, tuple[str, str]]) -> list[bytes | None]:
    shapes = shapely.from_wkt(np.array(values, dtype=object), on_invalid="ignore")
    for row in np.flatnonzero(shapely.is_missing(shapes)).tolist():
        if text := (values[row] or "")[:80]:
            problems.setdefault(row, (f"WKT 无法读取:{text}", f"no WKT: {text}"))
    return list(shapely.to_wkb(shapes))
