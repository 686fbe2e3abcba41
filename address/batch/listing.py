"""A list as it was delivered 名单: CSV, XLSX or Parquet, its columns as text, block by block.

CSV and XLSX are read in a confined process, as every delivered file is; encoding and
delimiter are found and told. Nothing is kept in memory but the block at hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from spatial.errors import FileTooLarge, UnreadableFile
from spatial.exchange import originals, sandbox
from spatial.exchange.batches import Content, read_content
from spatial.exchange.sandbox import Job, Limits

FORMATS: Final = ("csv", "xlsx", "parquet")
ROWS: Final = 20_000
"""Of a block."""
LIMITS: Final = Limits()
_OLD_WORKBOOK: Final = b"\xd0\xcf\x11\xe0"
_ENDINGS: Final = {".csv": "csv", ".txt": "csv", ".tsv": "csv", ".xlsx": "xlsx", ".parquet": "parquet"}


@dataclass(frozen=True, slots=True)
class Listing:
    """A list, ready to be read as often as it is wanted while its work folder is there."""

    name: str
    format: str
    encoding: str
    columns: tuple[str, ...]
    count: int
    sha256: str
    _source: Content | Path

    def blocks(self, most: int | None = None) -> Iterator[pa.Table]:
        """Rows as columns of text, null where a cell is empty; at most so many rows in all."""
        left = self.count if most is None else most
        read = _of_parquet(self._source) if isinstance(self._source, Path) else _of_table(self._source)
        for block in read:
            if left <= 0:
                return
            yield block.slice(0, left)
            left -= block.num_rows


def opened(path: Path, work: Path, encoding: str | None = None, sheet: str | None = None) -> Listing:
    """Open a list inside a work folder of ``spatial.exchange.sandbox``.

    Raises UnreadableFile, also where it has no row or another format, and FileTooLarge.
    """
    kind = _ENDINGS.get(path.suffix.lower())
    if kind is None:
        raise UnreadableFile(
            f"名单应为 CSV、XLSX 或 Parquet,请另存后再试:{path.name}",
            f"a list is CSV, XLSX or Parquet; save it as one of them: {path.name}",
            value=path.name,
        )
    original = originals.stage(path, work, LIMITS)
    digest = original.sha256.hex()
    if kind == "parquet":
        found = _parquet(original.dataset, path.name, digest)
    else:
        job = Job(
            path=str(original.dataset),
            work=str(work),
            layer=sheet,
            encoding=encoding,
            limits=LIMITS,
            wants_geometry=False,
        )
        with original.dataset.open("rb") as head:
            if head.read(4) == _OLD_WORKBOOK:
                raise UnreadableFile(
                    f"这是旧式 XLS 工作簿,请另存为 XLSX 或 CSV 后再交:{path.name}",
                    f"this is an old XLS workbook; save it as XLSX or CSV: {path.name}",
                    value=path.name,
                )
        sandbox.run(job)
        content = read_content(work)
        found = Listing(
            path.name,
            content.format,
            content.encoding.encoding,
            content.columns,
            content.count,
            digest,
            content,
        )
    if found.count == 0:
        raise UnreadableFile(
            f"名单没有数据行,请核对后再交:{path.name}",
            f"the list has no rows below its header; check it: {path.name}",
            value=path.name,
        )
    return found


def _parquet(path: Path, name: str, digest: str) -> Listing:
    try:
        with pq.ParquetFile(path) as file:
            columns, count = tuple(file.schema_arrow.names), file.metadata.num_rows
    except (pa.ArrowException, OSError) as broken:
        raise UnreadableFile(
            f"文件损坏或不是 Parquet,请重新导出:{name}",
            f"the file is damaged or no Parquet, export it again: {name}",
            value=name,
        ) from broken
    if len(columns) > LIMITS.columns or count > LIMITS.rows:
        raise FileTooLarge(f"名单过大,请拆分:{name}", f"the list is too large, split it: {name}", value=name)
    return Listing(name, "parquet", "UTF-8", columns, count, digest, path)


def _of_parquet(path: Path) -> Iterator[pa.Table]:
    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(ROWS):
            table = pa.Table.from_batches([batch])
            yield pa.table([_as_text(column) for column in table.columns], names=table.column_names)


def _as_text(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Text as it is, and everything else as it is written; an empty text is no text."""
    if not pa.types.is_string(column.type):
        try:
            column = column.cast(pa.string())
        except pa.ArrowException:
            column = pa.chunked_array(
                [pa.array([None if v is None else str(v) for v in column.to_pylist()], pa.string())]
            )
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)


def _of_table(content: Content) -> Iterator[pa.Table]:
    for batch in content.read():
        columns = [pa.array(values, pa.string()) for values in batch.columns]
        yield pa.table(columns, names=list(content.columns))
