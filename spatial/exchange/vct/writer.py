"""Writing a layer as VCT 3.0 导出为 VCT.

Objects and attributes stand in different blocks of the file, so the blocks are
written beside one another and put together at the end. Each ring goes out as
one line object and is named by its number: shared edges are not made out.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

import numpy as np
import shapely

from spatial.catalogue.contract import Contract, Field, FieldType
from spatial.datum import BEIJING, Frame, Kind, format_instant
from spatial.datum.ellipsoid import ELLIPSOIDS
from spatial.errors import FieldsDoNotMatch, InvalidInput, shorten
from spatial.exchange import gauss_kruger
from spatial.exchange.block import Block

_TYPES = {
    FieldType.TEXT: "Char,{}",
    FieldType.INTEGER: "Int,20",
    FieldType.NUMBER: "Float,24,10",
    FieldType.BOOLEAN: "Int,1",
    FieldType.DATE: "Date,8",
    FieldType.INSTANT: "Char,40",
}
_TEXT_LENGTH = 254
_SEPARATOR = ","
_EDGE_CODE = "{}-edge"
_ROW = 8
"""Line numbers in one row."""


class Vct:
    """One layer as one table of a VCT file, in GB18030."""

    def __init__(self, path: Path, contract: Contract, fields: Sequence[Field], into: Frame) -> None:
        if not _can_say(into):
            raise InvalidInput(
                f"VCT 文件头写不下此坐标系,请用 --crs 指明(如 EPSG:4528):{into.id}",
                f"the head of a VCT cannot say this frame; choose with --crs, as EPSG:4528: {into.id}",
                value=into.id,
            )
        self._path, self._contract, self._fields, self._into = path, contract, list(fields), into
        self._shape = _shape_of(contract)
        self._folder = tempfile.TemporaryDirectory(prefix=f"{path.name}-", dir=path.parent)
        self._objects = self._open("objects")
        self._edges = self._open("edges")
        self._rows = self._open("rows")
        self._number = self._edge = 0
        self._low, self._high = np.array([np.inf, np.inf]), np.array([-np.inf, -np.inf])

    def write(self, block: Block) -> None:
        """Append objects and their rows of attributes."""
        first = self._number + 1
        columns = [_texts(field, values) for field, values in zip(self._fields, block.values, strict=True)]
        if not self._contract.key:
            columns.insert(0, list(block.fids))
        columns += [_instants(block.valid_from), _instants(block.valid_to)]
        for index, row in enumerate(zip(*columns, strict=True)):
            self._rows.write(f"{first + index}{_SEPARATOR}{_SEPARATOR.join(row)}\n")
        if block.shapes is not None and len(block.shapes):
            box = shapely.total_bounds(block.shapes)
            self._low, self._high = np.minimum(self._low, box[:2]), np.maximum(self._high, box[2:])
            for index, shape in enumerate(block.shapes):
                self._object(first + index, shape)
        self._number += len(block.fids)

    def close(self) -> None:
        """Put the blocks together."""
        try:
            for part in (self._objects, self._edges, self._rows):
                part.flush()
            with self._path.open("w", encoding="gb18030", newline="\r\n") as file:
                file.write("\n".join([*self._head(), *self._structure(), ""]))
                for name, part in self._geometry_blocks():
                    file.write(f"{name}Begin\n")
                    self._copy(part, file)
                    file.write(f"{name}End\n")
                file.write(f"AttributeBegin\n{self._table}\n")
                self._copy(self._rows, file)
                file.write("TableEnd\nAttributeEnd\n")
        finally:
            for part in (self._objects, self._edges, self._rows):
                part.close()
            self._folder.cleanup()

    @property
    def _table(self) -> str:
        return self._contract.id.replace("-", "_").upper()

    def _open(self, name: str) -> IO[str]:
        return Path(self._folder.name, name).open("w+", encoding="gb18030", newline="\n")

    def _copy(self, part: IO[str], file: IO[str]) -> None:
        part.seek(0)
        shutil.copyfileobj(part, file)

    def _geometry_blocks(self) -> list[tuple[str, IO[str]]]:
        if self._shape is None:
            return []
        if self._shape == "Polygon":
            return [("Line", self._edges), ("Polygon", self._objects)]
        return [(self._shape, self._objects)]

    def _head(self) -> list[str]:
        into = self._into
        ellipsoid = ELLIPSOIDS[into.datum]
        plane = into.kind is Kind.PROJECTED
        lines = [
            "HeadBegin",
            f"Datamark:{self._contract.title.zh}",
            "Version:3.0",
            f"CoordinateSystemType:{'P' if plane else 'D'}",
            "Dim:2",
            "XAxisDirection:E",
            "YAxisDirection:N",
            f"XYUnit:{'M' if plane else 'D'}",
            f"Spheroid:{into.datum},{ellipsoid.semi_major_m!r},{ellipsoid.inverse_flattening!r}",
        ]
        if plane:
            zone = into.zone or ""
            east = into.false_easting_m or 0.0
            lines += [
                "Projection:高斯-克吕格投影",
                f"Parameters:{into.central_meridian_deg:g},1,{east:.0f},0,{into.zone_width_deg},{zone}",
            ]
        if np.isfinite(self._low).all():
            lines += [f"ExtentMin:{_pair(self._low.tolist())}", f"ExtentMax:{_pair(self._high.tolist())}"]
        stamp = ["Remark:合成数据"] if self._contract.synthetic else []
        day = datetime.now(BEIJING).strftime("%Y%m%d")
        return [*lines, *stamp, f"Date:{day}", f"Separator:{_SEPARATOR}", "HeadEnd"]

    def _structure(self) -> list[str]:
        code, title = self._contract.id, self._contract.title.zh
        names = [] if self._contract.key else [("fid", "Char,36")]
        names += [
            (field.name, _TYPES[field.type].format(field.max_length or _TEXT_LENGTH))
            for field in self._fields
        ]
        names += [("valid_from", "Char,40"), ("valid_to", "Char,40")]
        lines = ["FeatureCodeBegin", f"{code},{title},{self._shape or 'Point'},{self._table}"]
        if self._shape == "Polygon":
            lines.append(f"{_EDGE_CODE.format(code)},{title} 边线,Line,{self._table}_EDGE")
        plain = "" if self._shape else ",NoneGeometry"
        lines += ["FeatureCodeEnd", "TableStructureBegin", f"{self._table},{len(names)}{plain}"]
        return [*lines, *(f"{name},{kind}" for name, kind in names), "0", "TableStructureEnd"]

    def _object(self, number: int, shape: Any) -> None:
        parts = shapely.get_parts(shape)
        begin = [str(number), self._contract.id, "Unknown", "1"]
        if self._shape == "Point":
            lines = [*begin, str(len(parts)), *(_positions(part)[0] for part in parts)]
        elif self._shape == "Line":
            lines = [*begin, str(len(parts))]
            for part in parts:
                positions = _positions(part)
                lines += ["11", str(len(positions)), *positions]
        else:
            lines = self._area(number, parts, shape)
        self._objects.write("\n".join([*lines, "0", ""]))

    def _area(self, number: int, parts: Any, shape: Any) -> list[str]:
        rings = [ring for part in parts for ring in (part.exterior, *part.interiors)]
        numbers: list[str] = []
        for ring in rings:
            self._edge += 1
            positions = _positions(ring)
            edge = [str(self._edge), _EDGE_CODE.format(self._contract.id), "Unknown", "1", "1", "11"]
            self._edges.write("\n".join([*edge, str(len(positions)), *positions, "0", ""]))
            numbers += ["0", str(self._edge)] if numbers else [str(self._edge)]
        label = _positions(shapely.point_on_surface(shape))[0]
        rows = [_SEPARATOR.join(numbers[at : at + _ROW]) for at in range(0, len(numbers), _ROW)]
        return [str(number), self._contract.id, "Unknown", "100", label, str(len(numbers)), *rows]


def _shape_of(contract: Contract) -> str | None:
    if contract.geometry is None:
        return None
    single = contract.geometry.removeprefix("Multi")
    return "Line" if single == "LineString" else single


def _can_say(into: Frame) -> bool:
    """The head names a datum, and of a plane its meridian, false easting and zone."""
    return gauss_kruger.datum_of(into.datum) == into.datum and (
        into.central_meridian_deg is not None or into.kind is Kind.GEOGRAPHIC
    )


def _pair(position: Sequence[float]) -> str:
    return f"{position[0]!r}{_SEPARATOR}{position[1]!r}"


def _positions(shape: Any) -> list[str]:
    return [_pair(position) for position in shapely.get_coordinates(shape).tolist()]


def _instants(values: Sequence[datetime | None]) -> list[str]:
    return ["" if value is None else format_instant(value) for value in values]


def _texts(field: Field, values: Sequence[Any]) -> list[str]:
    if field.type is FieldType.INSTANT:
        return _instants(values)
    if field.type is FieldType.BOOLEAN:
        return ["" if value is None else str(int(value)) for value in values]
    if field.type is FieldType.DATE:
        return ["" if value is None else _day(value) for value in values]
    if field.type is FieldType.NUMBER:
        return ["" if value is None else repr(float(value)) for value in values]
    texts = ["" if value is None else str(value) for value in values]
    if field.type is FieldType.TEXT:
        for text, value in zip(texts, values, strict=True):
            if value is not None and (text != text.strip() or not text or any(c in text for c in ",\r\n")):
                shown = shorten(text, 40)
                raise FieldsDoNotMatch(
                    f"VCT 存不下空文本及含逗号、换行或首尾空格的文本,请改用 .gpkg:字段 {field.name}:{shown}",
                    f"a VCT cannot hold text that is empty, has a comma or new line, or blanks at its ends, "
                    f"use .gpkg: field {field.name}: {shown}",
                    value=shown,
                )
    return texts


def _day(value: date) -> str:
    return value.strftime("%Y%m%d")
