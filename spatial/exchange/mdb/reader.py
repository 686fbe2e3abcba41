"""One table of an Access database 读取 MDB 的一张表. Runs in the reader's process.

A table that ``GDB_GeomColumns`` names is a feature class 要素类 and brings its
shapes and its frame; any other is a table like a CSV, with coordinates in
columns or without.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import shapely

from spatial.errors import (
    CurvedGeometry,
    FieldsDoNotMatch,
    FileTooLarge,
    InvalidInput,
    SourceLayerUndecided,
    UnreadableFile,
)
from spatial.exchange import encoding, table
from spatial.exchange.batches import Batch, Values, Writer
from spatial.exchange.evidence import EncodingReading, Evidence
from spatial.exchange.mdb import blobs, cells, header
from spatial.exchange.mdb.cells import Column, Texts
from spatial.exchange.mdb.tools import ReadAlone, Tools
from spatial.exchange.sandbox import Job

_BATCH = 10_000
_GEOMETRIES, _FRAMES = "GDB_GeomColumns", "GDB_SpatialRefs"
_OWN = ("gdb_", "msys", "~")
"""How tables that are no data of the user begin."""
_OWN_ENDS = "_shape_index"
_CURVES_LISTED = 20


def read(path: Path, job: Job, writer: Writer) -> dict[str, object]:
    """Read one table; returns the description for ``Writer.finish``."""
    if path != Path(job.path):
        raise ReadAlone(path)
    reading = _encoding(header.read(path), job)
    found = _Database(path, job, writer, Tools(path, job, reading.encoding))
    try:
        content = found.read()
    except ValueError as broken:
        raise found.damaged("内容不是其类型的值", f"a value is not of its type ({broken})") from broken
    return {
        "format": "mdb",
        "encoding": reading.to_json(),
        "name_bytes_limit": None,
        "coordinates": None,
        **content,
    }


def _encoding(said: header.Header, job: Job) -> EncodingReading:
    if not said.jet3:
        told = Evidence("bytes", "Access 2000 及以后内为 Unicode", "Access 2000 and later is Unicode inside")
        return EncodingReading("UTF-8", (told,))
    if job.encoding is None:
        told = Evidence("declared", f"代码页 {said.charset}", f"code page {said.charset}")
        return EncodingReading(said.charset, (told,))
    named = encoding.canonical(job.encoding)
    if named is None:
        raise InvalidInput(
            f"未知编码:{job.encoding}", f"unknown encoding: {job.encoding}", value=job.encoding
        )
    return EncodingReading(
        named, (Evidence("option", f"由 --encoding 指明:{named}", f"said by --encoding: {named}"),)
    )


@dataclass(frozen=True, slots=True)
class _FeatureClass:
    """One row of ``GDB_GeomColumns``."""

    shape: str
    """The column that holds the geometry."""
    wkt: str | None


@dataclass(slots=True)
class _Database:
    path: Path
    job: Job
    writer: Writer
    tools: Tools

    def read(self) -> dict[str, object]:
        """The chosen table, from the catalogue to the last row."""
        classes = self._feature_classes(self.tools.tables(system=True))
        name = self._choose(list(dict.fromkeys((*self.tools.tables(), *classes))), classes)
        columns = [Column(*one) for one in self.tools.columns(name)]
        if not columns:
            raise self.damaged(f"表 {name} 没有字段", f"table {name} has no columns")
        feature_class = classes.get(name)
        if feature_class is not None and feature_class.shape not in [one.name for one in columns]:
            raise self.damaged(
                f"要素类 {name} 没有几何字段 {feature_class.shape}",
                f"feature class {name} has no column {feature_class.shape}",
            )
        if len(columns) > self.job.limits.columns:
            raise FileTooLarge("列数过多", "too many columns", value=len(columns))
        with self.tools.rows(name) as rows:
            content = (
                self._table(name, columns, rows)
                if feature_class is None
                else self._features(name, columns, rows, feature_class)
            )
        self._check_count(name)
        return content

    def _check_count(self, name: str) -> None:
        announced = self.tools.count(name)
        if announced != self.writer.rows:
            raise self.damaged(
                f"表 {name} 应有 {announced} 行,只读出 {self.writer.rows} 行",
                f"table {name} announces {announced} rows, {self.writer.rows} are readable",
            )

    def _feature_classes(self, tables: list[str]) -> dict[str, _FeatureClass]:
        own = {name.lower(): name for name in tables}
        if _GEOMETRIES.lower() not in own:
            return {}
        frames = {}
        if _FRAMES.lower() in own:
            frames = {row.get("srid"): row.get("srtext") for row in self._whole(own[_FRAMES.lower()])}
        found = {}
        for row in self._whole(own[_GEOMETRIES.lower()]):
            name, shape = row.get("tablename"), row.get("fieldname")
            if name is None or shape is None or name.lower() not in own:
                continue
            wkt = frames.get(row.get("srid"))
            # ESRI writes the class id of "unknown" in braces where there is no frame.
            found[own[name.lower()]] = _FeatureClass(shape, None if wkt and wkt.startswith("{") else wkt)
        return found

    def _whole(self, name: str) -> list[dict[str, str | None]]:
        """All rows of a small table, by lower-case column names."""
        columns = [Column(*one) for one in self.tools.columns(name)]
        with self.tools.rows(name) as rows:
            taken = list(islice(rows, self.job.limits.members))
            if next(rows, None) is not None:
                raise FileTooLarge(f"表 {name} 行数过多", f"table {name} has too many rows", value=name)
        texts = [column.texts([row[index] for row in taken]) for index, column in enumerate(columns)]
        return [
            {column.name.lower(): text.values[row] for column, text in zip(columns, texts, strict=True)}
            for row in range(len(taken))
        ]

    def _choose(self, tables: list[str], classes: dict[str, _FeatureClass]) -> str:
        names = [
            one for one in tables if not one.lower().startswith(_OWN) and not one.lower().endswith(_OWN_ENDS)
        ]
        job = self.job
        if job.layer in names:
            return str(job.layer)
        fitting = [one for one in names if one in classes] if job.wants_geometry and classes else names
        if job.layer is None:
            hinted = [one for one in names if one in job.hints]
            if len(fitting) == 1 or len(hinted) == 1:
                return (hinted or fitting)[0]
        if not names:
            raise UnreadableFile(
                f"Access 数据库中没有表:{self.path.name}",
                f"there is no table in the Access database: {self.path.name}",
                value=self.path.name,
            )
        shown = job.layer or self.path.name
        raise SourceLayerUndecided(
            f"数据库有多张表({'、'.join(names[:20])}),请用 --source-layer 指明:{shown}",
            f"the database has these tables ({', '.join(names[:20])}); choose with --source-layer: {shown}",
            value=shown,
            details={"layers": names},
        )

    def _features(
        self, name: str, columns: list[Column], rows: Iterator[list[str]], found: _FeatureClass
    ) -> dict[str, object]:
        place = [one.name for one in columns].index(found.shape)
        kept = [(index, one) for index, one in enumerate(columns) if index != place and not one.binary]
        measured = False
        while block := list(islice(rows, _BATCH)):
            self._check_rows(block, columns)
            by_column = list(zip(*block, strict=True))
            made = blobs.decode(cells.records(by_column[place]))
            self._refuse_curves(name, made)
            measured |= made.measured
            batch = self._batch([(one, by_column[index]) for index, one in kept], len(block))
            batch.wkb = list(shapely.to_wkb(made.shapes))
            batch.problems |= made.problems
            self.writer.write(batch)
        if self.writer.batches == 0:
            empty = self._batch([(one, ()) for _, one in kept], 0)
            empty.wkb = []
            self.writer.write(empty)
        notes = [_measures_dropped()] if measured else []
        return self._described(name, [one for _, one in kept], columns, notes, found)

    def _table(self, name: str, columns: list[Column], rows: Iterator[list[str]]) -> dict[str, object]:
        kept = [(index, one) for index, one in enumerate(columns) if not one.binary]
        names = [one.name for _, one in kept]
        if not names:
            raise FieldsDoNotMatch(
                f"表 {name} 只有二进制字段:{self.path.name}",
                f"table {name} has nothing but binary columns: {self.path.name}",
                value=name,
            )

        def texts() -> Iterator[table.Row]:
            line = 0
            while block := list(islice(rows, _BATCH)):
                self._check_rows(block, columns)
                by_column = list(zip(*block, strict=True))
                made = [one.texts(by_column[index]) for index, one in kept]
                wrong = _problems(made)
                for row in range(len(block)):
                    line += 1
                    lossy = frozenset(index for index, one in enumerate(made) if one.lossy[row])
                    yield table.Row(line, [one.values[row] for one in made], lossy, wrong.get(row))

        told = table.write_rows(names, texts(), self.job, self.writer, name)
        return (
            told
            | self._described(name, [one for _, one in kept], columns, [], None)
            | {"coordinates": told["coordinates"]}
        )

    def _check_rows(self, block: list[list[str]], columns: list[Column]) -> None:
        if self.writer.rows + len(block) > self.job.limits.rows:
            raise FileTooLarge("行数超出限制", "too many rows", value=self.job.limits.rows)
        if any(len(row) != len(columns) for row in block):
            raise self.damaged("有一行的值与字段数不符", "a row has not as many values as there are columns")

    def _batch(self, columns: list[tuple[Column, tuple[str, ...]]], count: int) -> Batch:
        made = [one.texts(values) for one, values in columns]
        lines = np.arange(self.writer.rows + 1, self.writer.rows + 1 + count, dtype=np.int64)
        values: list[Values] = [one.values for one in made]
        return Batch(lines, values, [one.lossy for one in made], None, _problems(made))

    def _refuse_curves(self, name: str, made: blobs.Decoded) -> None:
        if not made.curved:
            return
        rows = [(self.writer.rows + row + 1, kind) for row, kind in made.curved.items()]
        raise CurvedGeometry(
            f"含曲线(表 {name} 第 {rows[0][0]} 行,{rows[0][1]}),请先在源软件中折线化:{self.path.name}",
            f"curved geometry (table {name}, row {rows[0][0]}, {rows[0][1]}); "
            f"turn curves into lines at the source: {self.path.name}",
            value=self.path.name,
            details={"features": [{"fid": row, "type": kind} for row, kind in rows[:_CURVES_LISTED]]},
        )

    def _described(
        self,
        name: str,
        kept: list[Column],
        columns: list[Column],
        notes: list[Evidence],
        found: _FeatureClass | None,
    ) -> dict[str, object]:
        shape = None if found is None else found.shape
        left = [one.name for one in columns if one.binary and one.name != shape]
        if left:
            shown = "、".join(left[:10])
            notes = [
                *notes,
                Evidence("skipped", f"二进制字段未载入:{shown}", f"binary columns left out: {shown}"),
            ]
        return {
            "layer": name,
            "columns": [one.name for one in kept],
            "kinds": [one.kind for one in kept],
            "declared_wkt": None if found is None else found.wkt,
            "notes": [one.to_json() for one in notes],
        }

    def damaged(self, zh: str, en: str) -> UnreadableFile:
        """The error of a database that contradicts itself."""
        return UnreadableFile(
            f"{zh},请在 Access 中“压缩和修复”后再提交:{self.path.name}",
            f"{en}; compact and repair the database in Access: {self.path.name}",
            value=self.path.name,
        )


def _problems(columns: list[Texts]) -> dict[int, tuple[str, str]]:
    """The first problem of each row."""
    return {row: reason for one in reversed(columns) for row, reason in one.problems.items()}


def _measures_dropped() -> Evidence:
    return Evidence(
        "dropped", "图层为二维,量测值 M 未载入", "the layer is flat; measures (M) were not loaded"
    )
