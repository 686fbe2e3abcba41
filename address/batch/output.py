"""What goes back to the department 成果: the list with its results, as CSV, XLSX or Parquet, whole or not."""

from __future__ import annotations

import csv
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self

import pyarrow as pa
import pyarrow.parquet as pq

from spatial.errors import TooLarge

MEDIA_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "parquet": "application/vnd.apache.parquet",
}
SHEET_ROWS: Final = 1_048_576


class _Writer(Protocol):
    def write(self, block: pa.Table) -> None: ...

    def close(self) -> None: ...


class Sheet:
    """A file that is written block by block; the caller puts it in its place when it is whole."""

    def __init__(self, path: Path, kind: str, title: str = "匹配结果") -> None:
        self._path = path
        self._kind = kind
        self._title = title
        self._writer: _Writer | None = None

    def __enter__(self) -> Self:
        """Nothing is opened before the first block, which tells the columns."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, failure: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Closed in any case."""
        if self._writer is not None:
            self._writer.close()

    def write(self, block: pa.Table) -> None:
        """Append rows; TooLarge where a workbook cannot hold them."""
        if self._writer is None:
            self._writer = self._opened(block)
        self._writer.write(block)

    def _opened(self, block: pa.Table) -> _Writer:
        if self._kind == "parquet":
            return _Parquet(self._path, block.schema)
        if self._kind == "xlsx":
            return _Xlsx(self._path, block.column_names, self._title)
        return _Csv(self._path, block.column_names)


class _Csv:
    """UTF-8 with a byte order mark, so that spreadsheets read Chinese."""

    def __init__(self, path: Path, header: list[str]) -> None:
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._csv = csv.writer(self._file)
        self._csv.writerow(header)

    def write(self, block: pa.Table) -> None:
        self._csv.writerows(zip(*(column.to_pylist() for column in block.columns), strict=True))

    def close(self) -> None:
        self._file.close()


class _Xlsx:
    """A workbook of one sheet; texts stay texts."""

    def __init__(self, path: Path, header: list[str], title: str) -> None:
        from openpyxl import Workbook

        self._path = path
        self._book = Workbook(write_only=True)
        self._sheet = self._book.create_sheet(title[:31])
        self._sheet.append([self._text(name) for name in header])
        self._rows = 1

    def write(self, block: pa.Table) -> None:
        self._rows += block.num_rows
        if self._rows > SHEET_ROWS:
            raise TooLarge(
                f"工作表最多 {SHEET_ROWS} 行,请改用 CSV 或 Parquet:{self._rows}",
                f"a sheet holds {SHEET_ROWS} rows at most, use CSV or Parquet: {self._rows}",
                value=self._rows,
            )
        for row in zip(*(column.to_pylist() for column in block.columns), strict=True):
            self._sheet.append([self._text(value) if isinstance(value, str) else value for value in row])

    def _text(self, value: str) -> Any:
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

        cell = WriteOnlyCell(self._sheet, value=ILLEGAL_CHARACTERS_RE.sub("", value)[:32_767])
        cell.data_type = "s"
        return cell

    def close(self) -> None:
        self._book.save(self._path)


class _Parquet:
    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._writer = pq.ParquetWriter(path, schema, compression="zstd")

    def write(self, block: pa.Table) -> None:
        self._writer.write_table(block)

    def close(self) -> None:
        self._writer.close()
