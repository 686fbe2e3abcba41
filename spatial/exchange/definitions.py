"""What a file's own definitions say beside names and kinds 字段定义与空间参考精度: widths of texts, aliases,
the grid of coordinates. Runs in the reader's process.

A FileGDB keeps them as XML in ``GDB_Items``, a GeoPackage in its table's declaration, a
shapefile in the header of its table. What cannot be had is told as unknown, never as sound.
"""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Final, cast
from xml.etree.ElementTree import Element, ParseError

import pyogrio.errors
import pyogrio.raw

from spatial.exchange.batches import Schema

_UNLIMITED: Final = 65_536
"""What GDAL writes for a text of any length."""
_WIDTH: Final = re.compile(r"(?i)\s*text\s*\((\d+)\)")


def of_geodatabase(path: Path, layer: str, columns: list[str]) -> Schema:
    """The definition of a feature class or table; an empty one where it cannot be read."""
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import fromstring

    try:
        text = _definition(path, layer)
        root = None if text is None else cast(Element, fromstring(text, forbid_dtd=True))
    except (ParseError, DefusedXmlException, ValueError, RuntimeError, pyogrio.errors.DataLayerError):
        return Schema()
    if root is None:
        return Schema()
    widths, aliases = {}, {}
    for info in root.iter("GPFieldInfoEx"):
        aliases[info.findtext("Name")] = info.findtext("AliasName") or None
        if info.findtext("FieldType") == "esriFieldTypeString":
            widths[info.findtext("Name")] = _whole(info.findtext("Length"))
    reference = root.find("SpatialReference")
    scale = None if reference is None else _number(reference.findtext("XYScale"))
    return Schema(
        widths=tuple(widths.get(name) for name in columns),
        aliases=tuple(aliases.get(name) for name in columns),
        resolution=1 / scale if scale else None,
        tolerance=None if reference is None else _number(reference.findtext("XYTolerance")),
    )


def of_geopackage(path: Path, layer: str, columns: list[str]) -> Schema:
    """Widths of texts as the table declares them; coordinates are doubles and have no grid."""
    with sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True) as base:
        quoted = layer.replace('"', '""')
        told = {row[1]: row[2] for row in base.execute(f'pragma table_info("{quoted}")')}
    widths = (_WIDTH.fullmatch(told.get(name) or "") for name in columns)
    return Schema(widths=tuple(None if found is None else int(found[1]) for found in widths))


def _definition(path: Path, layer: str) -> str | None:
    _, _, _, (names, definitions) = pyogrio.raw.read(
        path,
        layer="GDB_Items",
        columns=["Name", "Definition"],
        read_geometry=False,
        LIST_ALL_TABLES="YES",
    )
    for name, definition in zip(names, definitions, strict=True):
        if name == layer and definition:
            return str(definition)
    return None


def _whole(text: str | None) -> int | None:
    found = int(text) if text and text.isdecimal() else None
    return None if found is None or found >= _UNLIMITED else found


def _number(text: str | None) -> float | None:
    try:
        found = float(text or "")
    except ValueError:
        return None
    return found if 0 < found < float("inf") else None
