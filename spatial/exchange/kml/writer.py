"""Writing a layer as KML 导出为 KML, longitude and latitude on WGS 84."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import shapely

from spatial.catalogue.contract import Contract, Field
from spatial.datum import Frame, format_instant
from spatial.errors import FieldsDoNotMatch, InvalidInput, shorten
from spatial.exchange.block import Block, plain

_FRAMES = ("EPSG:4490", "EPSG:4326", "CRS84")
"""CGCS2000 and WGS 84 are one to a metre, which is what the registered operation states, too."""
_FORBIDDEN = {*map(chr, range(32))} - {"\t", "\n", "\r"}


class Kml:
    """One document; each feature is a placemark with its fields as extended data."""

    def __init__(self, path: Path, contract: Contract, fields: Sequence[Field], into: Frame) -> None:
        if into.id not in _FRAMES:
            raise InvalidInput(
                f"KML 只用 WGS 84 经纬度,--crs 可为 {'、'.join(_FRAMES)}:{into.id}",
                f"KML is longitude and latitude on WGS 84; --crs may be {', '.join(_FRAMES)}: {into.id}",
                value=into.id,
            )
        self._fields = list(fields)
        self._keyless = not contract.key
        names = [field.name for field in fields]
        label = contract.legend.label
        self._label = names.index(label) if label in names else None
        self._file = path.open("w", encoding="utf-8")
        stamp = "合成数据 " if contract.synthetic else ""
        self._file.write(
            '<?xml version="1.0" encoding="UTF-8"?>\n<kml xmlns="http://www.opengis.net/kml/2.2">\n'
            f"<Document id={quoteattr(contract.id)}><name>{escape(contract.title.zh)}</name>"
            f"<description>{escape(stamp + contract.description.zh)}</description>\n"
        )

    def write(self, block: Block) -> None:
        """Append placemarks."""
        shapes = [None] * len(block.fids) if block.shapes is None else block.shapes
        for row, (fid, shape) in enumerate(zip(block.fids, shapes, strict=True)):
            values = [
                (field.name, column[row]) for field, column in zip(self._fields, block.values, strict=True)
            ]
            label = fid if self._label is None else values[self._label][1]
            if self._keyless:
                values.insert(0, ("fid", fid))
            data = "".join(f"<Data name={quoteattr(name)}>{_value(value)}</Data>" for name, value in values)
            end = block.valid_to[row]
            time = f"<begin>{format_instant(block.valid_from[row])}</begin>"
            time += "" if end is None else f"<end>{format_instant(end)}</end>"
            self._file.write(
                f"<Placemark><name>{_escaped(label or fid)}</name><TimeSpan>{time}</TimeSpan>"
                f"<ExtendedData>{data}</ExtendedData>{_geometry(shape)}</Placemark>\n"
            )

    def close(self) -> None:
        """Finish the file."""
        self._file.write("</Document>\n</kml>\n")
        self._file.close()


def _value(value: object) -> str:
    """An empty value is told, too: the name that a placemark shows is not to stand for it."""
    return "<value/>" if value is None else f"<value>{_escaped(value)}</value>"


def _escaped(value: object) -> str:
    told = plain(value)
    text = ("true" if told else "false") if isinstance(told, bool) else str(told)
    if _FORBIDDEN & set(text) or text != text.strip():
        raise FieldsDoNotMatch(
            f"KML 存不下控制字符和首尾空格,请改用 .gpkg:{text[:40]!r}",
            f"KML cannot hold control characters and blanks at the ends, use .gpkg: {text[:40]!r}",
            value=shorten(text, 40),
        )
    return escape(text)


def _geometry(shape: Any) -> str:
    if shape is None:
        return ""
    if shape.geom_type.startswith("Multi"):
        return f"<MultiGeometry>{''.join(_geometry(part) for part in shape.geoms)}</MultiGeometry>"
    if shape.geom_type == "Polygon":
        inner = "".join(f"<innerBoundaryIs>{_ring(one)}</innerBoundaryIs>" for one in shape.interiors)
        return f"<Polygon><outerBoundaryIs>{_ring(shape.exterior)}</outerBoundaryIs>{inner}</Polygon>"
    return f"<{shape.geom_type}>{_coordinates(shape)}</{shape.geom_type}>"


def _ring(ring: Any) -> str:
    return f"<LinearRing>{_coordinates(ring)}</LinearRing>"


def _coordinates(shape: Any) -> str:
    texts = (f"{x!r},{y!r}" for x, y in shapely.get_coordinates(shape).tolist())
    return f"<coordinates>{' '.join(texts)}</coordinates>"
