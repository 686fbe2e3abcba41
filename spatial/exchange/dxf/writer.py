"""Writing a layer as a drawing 导出为 DXF (R2010), in metres."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import shapely

from spatial.catalogue.contract import Contract, Field
from spatial.datum import Frame, Kind
from spatial.errors import FieldsDoNotMatch, InvalidInput, TooLarge, shorten
from spatial.exchange.block import Block, plain
from spatial.exchange.dxf import APPLICATION, FID

_MOST = 200_000
"""A drawing is held in memory whole."""
_PIECE = 80
"""Characters of one entry of extended data: 255 bytes at most, three for a Chinese character."""
_METRES = 6


class Dxf:
    """One drawing with one layer; each feature carries its fields as extended data."""

    def __init__(self, path: Path, contract: Contract, fields: Sequence[Field], into: Frame) -> None:
        from ezdxf.filemanagement import new

        if contract.geometry is None or into.kind is not Kind.PROJECTED:
            raise InvalidInput(
                f"DXF 以米为单位,请用 --crs 指明平面坐标系(如 EPSG:4549),且图层须有几何:{into.id}",
                f"a DXF is in metres: say a plane with --crs, as EPSG:4549, for a layer of shapes: {into.id}",
                value=into.id,
            )
        self._path = path
        self._names = [field.name for field in fields]
        self._count = 0
        self._document = new("R2010")
        self._document.units = _METRES
        self._document.appids.add(APPLICATION)
        self._layer = contract.id
        self._document.layers.add(contract.id)
        self._space = self._document.modelspace()
        stamp = "合成数据 " if contract.synthetic else ""
        self._document.header["$PROJECTNAME"] = f"{stamp}{contract.title.zh} {into.id}"

    def write(self, block: Block) -> None:
        """Append entities."""
        self._count += len(block.fids)
        if self._count > _MOST:
            raise TooLarge(
                f"DXF 最多写 {_MOST} 个要素,请改用 .gpkg:{self._count}",
                f"a DXF of at most {_MOST} features is written, use .gpkg: {self._count}",
                value=self._count,
            )
        for row, (fid, shape) in enumerate(zip(block.fids, block.shapes, strict=True)):
            values = [(name, column[row]) for name, column in zip(self._names, block.values, strict=True)]
            tags = _tags([(FID, fid), *((name, value) for name, value in values if value is not None)])
            for part in shapely.get_parts(shape):
                for entity in self._entities(part):
                    entity.set_xdata(APPLICATION, tags)

    def close(self) -> None:
        """Write the drawing."""
        self._document.saveas(self._path)

    def _entities(self, part: Any) -> list[Any]:
        attributes = {"layer": self._layer}
        if part.geom_type == "Point":
            return [self._space.add_point((part.x, part.y), dxfattribs=attributes)]
        if part.geom_type == "LineString":
            return [self._line(part, False)]
        return [self._line(ring, True) for ring in (part.exterior, *part.interiors)]

    def _line(self, line: Any, closed: bool) -> Any:
        positions = shapely.get_coordinates(line).tolist()
        attributes = {"layer": self._layer}
        return self._space.add_lwpolyline(
            positions[:-1] if closed else positions, close=closed, dxfattribs=attributes
        )


def _tags(values: Sequence[tuple[str, object]]) -> list[tuple[int, str]]:
    tags: list[tuple[int, str]] = []
    for name, value in values:
        told = plain(value)
        text = ("true" if told else "false") if isinstance(told, bool) else str(told)
        if len(text.splitlines()) > 1:
            raise FieldsDoNotMatch(
                f"DXF 存不下含换行的文本,请改用 .gpkg:字段 {name}:{text[:40]!r}",
                f"a DXF cannot hold text of several lines, use .gpkg: field {name}: {text[:40]!r}",
                value=shorten(text, 40),
            )
        pieces = [text[at : at + _PIECE] for at in range(0, len(text), _PIECE)]
        tags += [(1002, "{"), (1000, name), *((1000, piece) for piece in pieces), (1002, "}")]
    return tags
