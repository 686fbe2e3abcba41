"""Reading one table of a VCT file with its objects. Runs in the reader's process.

The file is walked once and never held whole: objects into flat arrays, then the
attributes of the wanted table batch by batch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from spatial.errors import FileTooLarge, SourceLayerUndecided, UnreadableFile
from spatial.exchange import encoding
from spatial.exchange.batches import Batch, Writer
from spatial.exchange.evidence import Evidence
from spatial.exchange.sandbox import Job
from spatial.exchange.vct import geometry, objects
from spatial.exchange.vct.head import Head, Table, read_codes, read_head, read_structure
from spatial.exchange.vct.lines import Lines, whole_of

_BATCH = 10_000
_WINDOW = 1 << 20
_BEGIN = b"HeadBegin"
_ID, _CODE = "BSM", "YSDM"
"""Columns for the identity and the feature code of an object, where the table has none of that name
in capitals or small letters."""


def recognised(text: bytes) -> bool:
    """Whether the beginning of a file is that of a VCT."""
    return text.startswith(_BEGIN)


def read(path: Path, job: Job, writer: Writer) -> dict[str, object]:
    """Read one table of a VCT file; returns the description for ``Writer.finish``."""
    reading = encoding.decide(_pieces(path), name=path.name, option=job.encoding)
    with path.open("rb") as file:
        found = _Reading(Lines(file, path), path, job, writer, reading.encoding)
        try:
            found.run()
        except UnicodeDecodeError as wrong:
            found.lines.refuse(
                f"文本不是 {reading.encoding}", f"the text is not {reading.encoding}", wrong.object
            )
    return {
        "format": "vct",
        "layer": found.table.name,
        "columns": found.columns,
        "kinds": ["mixed"] * len(found.columns),
        "declared_wkt": found.head.frame(),
        "encoding": reading.to_json(),
        "name_bytes_limit": None,
        "notes": [one.to_json() for one in found.notes()],
        "coordinates": None,
    }


def _pieces(path: Path) -> Iterator[bytes]:
    """The file in pieces that end with a line, so that no character is cut."""
    with path.open("rb") as file:
        rest = b""
        while chunk := file.read(_WINDOW):
            whole, newline, tail = (rest + chunk).rpartition(b"\n")
            yield whole
            rest = tail
            if not newline and len(rest) > _WINDOW:
                raise UnreadableFile(
                    f"VCT 没有分行:{path.name}", f"the VCT has no lines: {path.name}", value=path.name
                )
        yield rest


@dataclass(slots=True)
class _Shapes:
    """Geometries of the wanted table by identity."""

    ids: npt.NDArray[np.int64]
    codes: list[bytes]
    places: list[int]
    shapes: Any
    problems: dict[int, tuple[str, str]]
    used: npt.NDArray[np.bool_]


@dataclass(slots=True)
class _Reading:
    lines: Lines
    path: Path
    job: Job
    writer: Writer
    codec: str
    head: Head = field(default_factory=lambda: Head({}))
    tables: dict[str, Table] = field(default_factory=dict)
    table: Table = field(default_factory=lambda: Table(""))
    blocks: dict[str, objects.Objects] = field(default_factory=dict)
    columns: list[str] = field(default_factory=list)
    skipped: dict[str, int] = field(default_factory=dict)
    """Blocks that are not read: how many objects they have."""
    shapes: _Shapes | None = None

    def run(self) -> None:
        """Walk the file block by block."""
        while (line := self.lines.peek_end()) is not None:
            if not line.endswith(b"Begin"):
                self.lines.refuse("应为一段的开始(…Begin)", "the beginning of a block was expected", line)
            name = self.lines.block = line.removesuffix(b"Begin").decode("ascii", "replace")
            self._block(name)
        if self.shapes is None:
            self.lines.refuse(
                f"没有属性表 {self.table.name} 的数据",
                f"no rows of table {self.table.name}",
                b"",
                self.lines.number,
            )
        self._without_attributes(self.shapes)

    def _block(self, name: str) -> None:
        separator = self.head.separator
        if name == "Head":
            self.head = read_head(self.lines, self.codec)
        elif name == "FeatureCode":
            read_codes(self.lines, self.codec, separator, self.tables)
        elif name == "TableStructure":
            read_structure(self.lines, self.codec, separator, self.tables)
            self._choose()
        elif name in ("Point", "Line", "Polygon"):
            if self.shapes is not None:
                self.lines.refuse("对象应在属性之前", "objects must stand before the attributes", name)
            read_block = {
                "Point": objects.read_points, "Line": objects.read_lines, "Polygon": objects.read_polygons,
            }[name]  # fmt: skip
            self.blocks[name] = read_block(self.lines, self.head)
        elif name == "Attribute":
            self._attributes()
        else:
            self._skip(name)

    def _skip(self, name: str) -> None:
        """Annotations, topology, styles: not read, but counted by the zeros that end their objects."""
        end, count = f"{name}End".encode(), 0
        while (line := self.lines.next()) != end:
            count += line == b"0"
        self.skipped[name] = count

    def _choose(self) -> None:
        named = {
            one: table
            for table in self.tables.values()
            for one in (table.name, *table.codes.values(), *(code.decode() for code in table.codes))
        }
        wanted = [table for table in self.tables.values() if table.columns]
        job = self.job
        hinted = {named[one].name for one in job.hints if one in named}
        if job.layer is not None and job.layer in named:
            self.table = named[job.layer]
        elif job.layer is None and (len(wanted) == 1 or len(hinted) == 1):
            self.table = self.tables[hinted.pop()] if len(hinted) == 1 else wanted[0]
        else:
            names = [table.name for table in wanted]
            shown = job.layer or self.path.name
            raise SourceLayerUndecided(
                f"文件有多个属性表({'、'.join(names[:20])}),请用 --source-layer 指明:{shown}",
                f"the file has these tables ({', '.join(names[:20])}); choose with --source-layer: {shown}",
                value=shown,
                details={"layers": names},
            )
        own = [column.name for column in self.table.columns]
        there = {name.upper() for name in own}
        self.columns = [one for one in (_ID, _CODE) if one not in there] + own

    def _attributes(self) -> None:
        if not self.columns:
            self.lines.refuse(
                "缺少 TableStructure 段", "there is no block TableStructure before", "Attribute"
            )
        if self.shapes is None:
            self.shapes = self._build()
        while (line := self.lines.next()) != b"AttributeEnd":
            if not line:
                continue
            name = line.decode(self.codec)
            wanted = name == self.table.name
            if not wanted and name not in self.tables:
                self.lines.refuse("没有这个属性表", "there is no such table", line)
            self._rows(self.shapes) if wanted else self._skip_rows()

    def _skip_rows(self) -> None:
        while self.lines.next() != b"TableEnd":
            pass

    def _rows(self, shapes: _Shapes) -> None:
        lines, codec, separator = self.lines, self.codec, self.head.separator
        width = 1 + len(self.table.columns)
        rows: list[list[str]] = []
        places: list[int] = []
        while (line := lines.next()) != b"TableEnd":
            parts = line.decode(codec).split(separator)
            if len(parts) != width:
                lines.refuse(f"应有 {width} 个值(标识码和字段)", f"{width} values were expected", line)
            rows.append(parts)
            places.append(lines.number)
            if len(rows) == _BATCH:
                self._write(rows, places, shapes)
                rows, places = [], []
        if rows or self.writer.batches == 0:
            self._write(rows, places, shapes)

    def _write(self, rows: list[list[str]], places: list[int], shapes: _Shapes) -> None:
        if self.writer.rows + len(rows) > self.job.limits.rows:
            raise FileTooLarge("行数超出限制", "too many rows", value=self.job.limits.rows)
        by_column = [[one.strip() or None for one in column] for column in zip(*rows, strict=True)]
        by_column = by_column or [[] for _ in range(1 + len(self.table.columns))]
        found = [whole_of((one or "").encode()) for one in by_column[0]]
        if None in found:
            wrong = found.index(None)
            self.lines.refuse(
                "标识码应为整数", "an identity must be a whole number", rows[wrong][0], places[wrong]
            )
        ids = np.array(found, dtype=np.int64)
        wkb, codes, problems = self._joined(ids, shapes)
        lead = {_ID: by_column[0], _CODE: codes}
        columns = [lead[one] for one in self.columns[: len(self.columns) - len(self.table.columns)]]
        columns += by_column[1:]
        lossy = [np.zeros(len(rows), dtype=np.bool_) for _ in columns]
        self.writer.write(Batch(np.array(places, dtype=np.int64), columns, lossy, wkb, problems))

    def _joined(
        self, ids: npt.NDArray[np.int64], shapes: _Shapes
    ) -> tuple[list[bytes | None] | None, list[str | None], dict[int, tuple[str, str]]]:
        """Geometry and feature code of each row, found by its identity."""
        if not self.table.has_geometry:
            return None, [None] * len(ids), {}
        if not len(shapes.ids):
            return [None] * len(ids), [None] * len(ids), {}
        at = np.clip(np.searchsorted(shapes.ids, ids), 0, len(shapes.ids) - 1)
        known = shapes.ids[at] == ids
        shapes.used[at[known]] = True
        wkb = np.full(len(ids), None, dtype=object)
        wkb[known] = shapely.to_wkb(shapes.shapes[at[known]])
        codes = [shapes.codes[one].decode() if here else None for one, here in zip(at, known, strict=True)]
        problems = {
            row: shapes.problems[one]
            for row, (one, here) in enumerate(zip(at.tolist(), known.tolist(), strict=True))
            if here and one in shapes.problems
        }
        return wkb.tolist(), codes, problems

    def _build(self) -> _Shapes:
        """The geometries of the wanted table, in the order of their identities."""
        name = next((one for one in self.blocks if self.table.shape.startswith(one)), None)
        block = self.blocks.pop(name, None) if name else None
        if block is None or not block.ids:
            empty = np.empty(0, dtype=np.int64)
            return _Shapes(empty, [], [], np.empty(0, dtype=object), {}, np.empty(0, dtype=np.bool_))
        if name == "Polygon":
            shapes, problems = geometry.polygons(block, self.blocks.get("Line"))
        else:
            shapes, problems = (geometry.points if name == "Point" else geometry.lines)(block), {}
        chosen = [row for row, code in enumerate(block.codes) if code in self.table.codes]
        order = sorted(chosen, key=lambda row: block.ids[row])
        ids = np.array([block.ids[row] for row in order], dtype=np.int64)
        again = np.flatnonzero(ids[1:] == ids[:-1])
        if len(again):
            row = order[int(again[0]) + 1]
            self.lines.refuse(
                "对象标识码重复", "an identity stands twice", str(block.ids[row]), block.places[row]
            )
        return _Shapes(
            ids,
            [block.codes[row] for row in order],
            [block.places[row] for row in order],
            shapes[order],
            {new: problems[row] for new, row in enumerate(order) if row in problems},
            np.zeros(len(order), dtype=np.bool_),
        )

    def _without_attributes(self, shapes: _Shapes) -> None:
        """Objects that no row of the table names are told as rows that cannot be taken."""
        left = np.flatnonzero(~shapes.used).tolist()
        for start in range(0, len(left), _BATCH):
            part = left[start : start + _BATCH]
            problems = {
                row: (
                    f"对象 {shapes.ids[one]} 没有属性行",
                    f"object {shapes.ids[one]} has no row of attributes",
                )
                for row, one in enumerate(part)
            }
            columns: list[list[str | None]] = [[None] * len(part) for _ in self.columns]
            lossy = [np.zeros(len(part), dtype=np.bool_) for _ in columns]
            places = np.array([shapes.places[one] for one in part], dtype=np.int64)
            wkb: list[bytes | None] = [None] * len(part)
            self.writer.write(Batch(places, columns, lossy, wkb, problems))

    def notes(self) -> list[Evidence]:
        """What was not read, and how the numbers were turned."""
        told = [
            Evidence(
                "skipped",
                f"{name} 段未载入({count} 个对象)",
                f"block {name} is not loaded ({count} objects)",
                {"objects": float(count)},
            )
            for name, count in self.skipped.items()
            if count
        ]
        if self.head.swapped:
            told.append(
                Evidence("axes", "XAxisDirection 指北,坐标已对调", "XAxisDirection is north; swapped")
            )
        if self.head.scale != 1.0 or any(self.head.offset):
            told.append(
                Evidence(
                    "offset", "坐标已按 Scale 和 Offset 还原", "Scale and Offset of the head were applied"
                )
            )
        return told
