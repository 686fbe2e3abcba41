"""Writers of the formats that go out: each block of features is appended, none is kept."""

from __future__ import annotations

import csv
import json
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from spatial.catalogue.contract import STAMP, Contract, Field, FieldType
from spatial.datum import Frame, Kind, format_instant
from spatial.errors import FieldsDoNotMatch, InvalidInput, TooLarge, shorten
from spatial.exchange import archive
from spatial.exchange.block import Block, Maker, Writer, plain
from spatial.exchange.boundary.writer import BoundaryPoints
from spatial.exchange.dxf.writer import Dxf
from spatial.exchange.jsonfg import JsonFg
from spatial.exchange.kml.writer import Kml
from spatial.exchange.vct.writer import Vct

_SHEET_ROWS = 1_048_576
_CELL_CHARACTERS = 32_767
_UTC = 100
"""GDAL's mark of UTC, in which a GeoPackage keeps time."""
_TEXT_BYTES = 254
_NAME_BYTES = 10
_DIGITS = 10
_GRID_OF_METRES = {"XORIGIN": "0", "YORIGIN": "0", "XYSCALE": "10000000"}
_GRID_OF_DEGREES = {"XORIGIN": "-400", "YORIGIN": "-400", "XYSCALE": "100000000000"}
"""A FileGDB keeps coordinates on a grid; its defaults are coarser than a layer's precision."""
_EXACT_DOUBLE = 2**53
_OWN: Mapping[str, Maker] = {
    "boundary-points": BoundaryPoints,
    "dxf": Dxf,
    "json-fg": JsonFg,
    "kml": Kml,
    "vct": Vct,
}


def open_writer(kind: str, path: Path, contract: Contract, fields: Sequence[Field], into: Frame) -> Writer:
    """The writer of a format."""
    if kind == "geojson":
        return _GeoJson(path, contract, fields, into)
    if kind in ("csv", "xlsx"):
        return (_Csv if kind == "csv" else _Xlsx)(path, contract, fields, into)
    if kind in _OWN:
        return _OWN[kind](path, contract, fields, into)
    if kind == "shapefile" and contract.geometry is None:
        raise InvalidInput(
            f"Shapefile 须有几何,此图层没有,请改用 .gpkg、.xlsx 或 .csv:{contract.id}",
            f"a shapefile holds shapes, this layer has none; use .gpkg, .xlsx or .csv: {contract.id}",
            value=contract.id,
        )
    return _Gdal(kind, path, contract, fields, into)


class _GeoJson:
    """GeoJSON; frames other than CRS84 are declared by the member ``crs`` of the 2008 rule."""

    def __init__(self, path: Path, contract: Contract, fields: Sequence[Field], into: Frame) -> None:
        self._file = path.open("w", encoding="utf-8")
        self._names = [field.name for field in fields]
        head: dict[str, object] = {"type": "FeatureCollection", "name": contract.id}
        if into.epsg is not None:
            urn = f"urn:ogc:def:crs:EPSG::{into.epsg}"
            head["crs"] = {"type": "name", "properties": {"name": urn}}
        if contract.synthetic:
            head["synthetic"] = STAMP
        self._file.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [')
        self._first = True

    def write(self, block: Block) -> None:
        shapes = block.shapes
        texts = ["null"] * len(block.fids) if shapes is None else shapely.to_geojson(shapes).tolist()
        for row, fid in enumerate(block.fids):
            properties = {
                name: plain(values[row]) for name, values in zip(self._names, block.values, strict=True)
            }
            properties["valid_from"] = plain(block.valid_from[row])
            properties["valid_to"] = plain(block.valid_to[row])
            told = json.dumps({"id": fid, "properties": properties}, ensure_ascii=False)
            mark = "\n" if self._first else ",\n"
            self._first = False
            self._file.write(f'{mark}{{"type": "Feature", "geometry": {texts[row]}, {told[1:]}')

    def close(self) -> None:
        self._file.write("\n]}\n")
        self._file.close()


class _Table:
    """What CSV and XLSX share: points as two columns, other geometry as WKT."""

    def __init__(self, contract: Contract, fields: Sequence[Field], into: Frame) -> None:
        self._fid = [] if contract.key else ["fid"]
        self._point = contract.geometry == "Point"
        plane = into.kind is Kind.PROJECTED
        where: list[str] = []
        if contract.geometry is not None:
            pair = ["东坐标", "北坐标"] if plane else ["经度", "纬度"]
            where = pair if self._point else ["WKT"]
        self.header = [*self._fid, *(field.name for field in fields), "valid_from", "valid_to", *where]

    def rows(self, block: Block) -> list[list[object]]:
        columns: list[Sequence[object]] = [block.fids] if self._fid else []
        columns += [*block.values, block.valid_from, block.valid_to]
        if block.shapes is not None:
            if self._point:
                positions = shapely.get_coordinates(block.shapes)
                columns += [positions[:, 0].tolist(), positions[:, 1].tolist()]
            else:
                columns.append(shapely.to_wkt(block.shapes, rounding_precision=_DIGITS).tolist())
        return [list(row) for row in zip(*columns, strict=True)]


class _Csv(_Table):
    """CSV in UTF-8 with a byte order mark, so that spreadsheets read Chinese."""

    def __init__(self, path: Path, contract: Contract, fields: Sequence[Field], into: Frame) -> None:
        super().__init__(contract, fields, into)
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._csv = csv.writer(self._file)
        self._csv.writerow(self.header)

    def write(self, block: Block) -> None:
        for row in self.rows(block):
            self._csv.writerow([_cell(value) for value in row])

    def close(self) -> None:
        self._file.close()


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value) if isinstance(value, float) else plain(value)


class _Xlsx(_Table):
    """XLSX; codes stay text, whatever they look like."""

    def __init__(self, path: Path, contract: Contract, fields: Sequence[Field], into: Frame) -> None:
        from openpyxl import Workbook

        super().__init__(contract, fields, into)
        self._path = path
        self._book = Workbook(write_only=True)
        self._sheet = self._book.create_sheet(contract.title.zh[:31])
        self._count = 1
        self._sheet.append([self._cell(name) for name in self.header])

    def write(self, block: Block) -> None:
        rows = self.rows(block)
        self._count += len(rows)
        if self._count > _SHEET_ROWS:
            raise TooLarge(
                f"工作表最多 {_SHEET_ROWS} 行,请改用 .gpkg:{self._count}",
                f"a sheet holds {_SHEET_ROWS} rows at most, use .gpkg: {self._count}",
                value=self._count,
            )
        for row in rows:
            self._sheet.append([self._cell(value) for value in row])

    def _cell(self, value: object) -> Any:
        from openpyxl.cell import WriteOnlyCell
        from openpyxl.utils.exceptions import IllegalCharacterError

        if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= 10**15:
            value = str(value)
        if isinstance(value, float) and float(f"{value:.16g}") != value:
            cell = WriteOnlyCell(self._sheet, value=repr(value))
            cell.data_type = "n"  # all 17 digits; the library writes 16 of them
            return cell
        if isinstance(value, datetime) or not isinstance(value, str):
            return format_instant(value) if isinstance(value, datetime) else value
        if len(value) > _CELL_CHARACTERS:
            shown = shorten(value, 40)
            raise FieldsDoNotMatch(
                f"工作表单元格存不下 {_CELL_CHARACTERS} 个以上字符,请改用 .gpkg 或 .csv:{shown}",
                f"a cell holds {_CELL_CHARACTERS} characters at most, use .gpkg or .csv: {shown}",
                value=shown,
            )
        try:
            cell = WriteOnlyCell(self._sheet, value=value)
        except IllegalCharacterError as illegal:
            raise FieldsDoNotMatch(
                f"工作表存不下控制字符,请改用 .gpkg 或 .csv:{value[:40]!r}",
                f"a sheet cannot hold control characters, use .gpkg or .csv: {value[:40]!r}",
                value=shorten(value, 40),
            ) from illegal
        cell.data_type = "s"  # a text that begins with "=" is a text
        return cell

    def close(self) -> None:
        self._book.save(self._path)


class _Gdal:
    """GeoPackage, FileGDB and Shapefile through GDAL, appended block by block."""

    def __init__(
        self, kind: str, path: Path, contract: Contract, fields: Sequence[Field], into: Frame
    ) -> None:
        self._kind = kind
        self._path = path
        self._contract = contract
        self._fields = list(fields)
        self._plane = into.kind is Kind.PROJECTED
        self._crs = None if into.epsg is None else f"EPSG:{into.epsg}"
        self._folder = tempfile.TemporaryDirectory(prefix=f"{path.name}-", dir=path.parent)
        self._stem = contract.id.replace("-", "_")
        ending = {"geopackage": ".gpkg", "filegdb": ".gdb", "shapefile": ".shp"}[kind]
        self._dataset = Path(self._folder.name, f"{self._stem}{ending}")
        self._names = _shapefile_names(self._fields) if kind == "shapefile" else [f.name for f in fields]
        self._written = False

    def write(self, block: Block) -> None:
        self._append(block.fids, block.valid_from, block.valid_to, block.values, block.shapes)

    def close(self) -> None:
        try:
            if not self._written:
                empty: list[Any] = []
                shapes = None if self._contract.geometry is None else np.array([], dtype=object)
                self._append(empty, empty, empty, [empty for _ in self._fields], shapes)
            self._finish()
        finally:
            self._folder.cleanup()

    def _finish(self) -> None:
        if self._kind == "geopackage":
            self._dataset.rename(self._path)
            return
        root = Path(self._folder.name)
        files = [(str(one.relative_to(root)), one) for one in archive.regular_files(root)]
        archive.pack(files, self._path)

    def _append(
        self, fids: Sequence[str], starts: Any, ends: Any, values: Sequence[Sequence[Any]], shapes: Any
    ) -> None:
        import pyogrio.raw

        columns = [self._column(field, list(one)) for field, one in zip(self._fields, values, strict=True)]
        names = list(self._names)
        if not self._contract.key:
            columns.insert(0, _texts(list(fids)))
            names.insert(0, "fid" if self._kind == "shapefile" else "onemap_fid")
        if self._kind != "shapefile":
            columns += [self._instants(list(starts)), self._instants(list(ends))]
            names += ["valid_from", "valid_to"]
        arrays, masks = [array for array, _ in columns], [mask for _, mask in columns]
        offsets = {
            name: np.full(len(array), _UTC, dtype=np.int16)
            for name, array in zip(names, arrays, strict=True)
            if array.dtype.kind == "M" and array.dtype != np.dtype("datetime64[D]")
        }
        options: dict[str, Any] = {}
        if self._kind == "shapefile":
            options["encoding"] = "GBK"
        if self._kind == "filegdb" and shapes is not None:
            options["layer_options"] = _GRID_OF_METRES if self._plane else _GRID_OF_DEGREES
        with warnings.catch_warnings():
            # GDAL tells of types and of a missing frame (GCJ-02 has none) that we chose on purpose.
            warnings.simplefilter("ignore")
            pyogrio.raw.write(
                self._dataset,
                None if shapes is None else np.asarray(shapely.to_wkb(shapes), dtype=object),
                arrays,
                names,
                field_mask=masks,
                layer=self._stem,
                driver={"geopackage": "GPKG", "filegdb": "OpenFileGDB", "shapefile": "ESRI Shapefile"}[
                    self._kind
                ],
                geometry_type=None if shapes is None else self._contract.geometry,
                crs=None if shapes is None else self._crs,
                append=self._written,
                gdal_tz_offsets=offsets or None,
                **options,
            )
        self._written = True

    def _instants(self, values: list[datetime | None]) -> tuple[Any, Any]:
        if self._kind != "geopackage":
            return _texts([None if value is None else format_instant(value) for value in values])
        null = np.fromiter((value is None for value in values), np.bool_, len(values))
        clock = [None if value is None else value.astimezone(UTC).replace(tzinfo=None) for value in values]
        return np.array(clock, dtype="datetime64[ms]"), null

    def _column(self, field: Field, values: list[Any]) -> tuple[Any, Any]:
        null = np.fromiter((value is None for value in values), np.bool_, len(values))
        if field.type is FieldType.TEXT:
            if self._kind == "shapefile":
                _require_gbk(field, values)
            return _texts(values)
        if field.type is FieldType.INSTANT:
            return self._instants(values)
        if field.type is FieldType.DATE:
            return np.array(values, dtype="datetime64[D]"), null
        if field.type is FieldType.NUMBER:
            return np.array([np.nan if value is None else value for value in values], dtype=np.float64), null
        filled = [0 if value is None else int(value) for value in values]
        if field.type is FieldType.BOOLEAN:
            return np.array(filled, dtype=np.bool_ if self._kind == "geopackage" else np.int16), null
        return self._whole_numbers(field, filled), null

    def _whole_numbers(self, field: Field, filled: list[int]) -> Any:
        if self._kind == "geopackage":
            return np.array(filled, dtype=np.int64)
        limit = 10**18 if self._kind == "shapefile" else _EXACT_DOUBLE
        if filled and max(map(abs, filled)) >= limit:
            raise FieldsDoNotMatch(
                f"整数超出该格式的精度,请改用 .gpkg:字段 {field.name}",
                f"a whole number is beyond what the format holds exactly, use .gpkg: field {field.name}",
                value=field.name,
            )
        return np.array(filled, dtype=np.int64 if self._kind == "shapefile" else np.float64)


def _texts(values: list[str | None]) -> tuple[Any, Any]:
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array, np.fromiter((value is None for value in values), np.bool_, len(values))


def _require_gbk(field: Field, values: Sequence[str | None]) -> None:
    for value in values:
        try:
            size = 0 if value is None else len(value.encode("gbk"))
        except UnicodeEncodeError:
            size = _TEXT_BYTES + 1
        if size > _TEXT_BYTES:
            shown = shorten(value or "", 40)
            raise FieldsDoNotMatch(
                f"Shapefile 存不下此文本(GBK,254 字节以内),请改用 .gpkg:字段 {field.name}:{shown}",
                f"a shapefile cannot hold this text (GBK, 254 bytes), use .gpkg: field {field.name}: {shown}",
                value=shown,
            )


def _shapefile_names(fields: Sequence[Field]) -> list[str]:
    """Names of at most 10 bytes of GBK: the Chinese title where it fits, else the field's name."""
    names: list[str] = []
    for field in fields:
        fitting = [one for one in (field.title.zh, field.name) if _fits(one) and one not in names]
        name = fitting[0] if fitting else field.name[:_NAME_BYTES]
        if name in names:
            raise FieldsDoNotMatch(
                f"字段名在 Shapefile 的 10 字节内无法区分,请改用 .gpkg:{field.name}",
                f"field names cannot be told apart in a shapefile's 10 bytes, use .gpkg: {field.name}",
                value=field.name,
            )
        names.append(name)
    return names


def _fits(name: str) -> bool:
    try:
        return 0 < len(name.encode("gbk")) <= _NAME_BYTES
    except UnicodeEncodeError:
        return False
