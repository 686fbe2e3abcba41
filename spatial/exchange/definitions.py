"""What a file's own definitions say beside names and kinds 字段定义与空间参考精度: widths of texts, aliases,
coded values, the grid of coordinates. Runs in the reader's process.

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
from defusedxml import DefusedXmlException

from spatial.exchange.batches import Domain, Schema

_UNLIMITED: Final = 65_536
"""What GDAL writes for a text of any length."""
_CODES_MOST: Final = 5_000
"""Of one domain: more is no code list."""
_UNREADABLE: Final = (ParseError, DefusedXmlException, ValueError)
_WIDTH: Final = re.compile(r"(?i)\s*text\s*\((\d+)\)")


def of_geodatabase(path: Path, layer: str, columns: list[str]) -> Schema:
    """The definition of a feature class or table; an empty one where it cannot be read."""
    try:
        items = _items(path)
        root = _parsed(next((text for name, text in items if name == layer and text), None))
    except (*_UNREADABLE, RuntimeError, pyogrio.errors.DataLayerError):
        return Schema()
    if root is None:
        return Schema()
    widths, aliases, domains = {}, {}, {}
    for info in root.iter("GPFieldInfoEx"):
        name = info.findtext("Name")
        aliases[name] = info.findtext("AliasName") or None
        domains[name] = info.findtext("DomainName") or None
        if info.findtext("FieldType") == "esriFieldTypeString":
            widths[name] = _whole(info.findtext("Length"))
    held = _domains(items) if any(domains.values()) else {}
    reference = root.find("SpatialReference")
    scale = None if reference is None else _number(reference.findtext("XYScale"))
    return Schema(
        widths=tuple(widths.get(name) for name in columns),
        aliases=tuple(aliases.get(name) for name in columns),
        domains=tuple(held.get(domains.get(name) or "") for name in columns),
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


def _items(path: Path) -> list[tuple[str, str | None]]:
    """Name and definition of everything that a geodatabase holds."""
    meta, _, _, columns = pyogrio.raw.read(
        path,
        layer="GDB_Items",
        columns=["Name", "Definition"],
        read_geometry=False,
        LIST_ALL_TABLES="YES",
    )
    held = dict(zip(meta["fields"], columns, strict=True))
    return list(zip(held["Name"], held["Definition"], strict=True))


def _parsed(text: str | None) -> Element | None:
    from defusedxml.ElementTree import fromstring

    return None if text is None else cast(Element, fromstring(str(text), forbid_dtd=True))


def _domains(items: list[tuple[str, str | None]]) -> dict[str, Domain]:
    """The coded value domains, by name; one that cannot be read is none."""
    found = {}
    for _, text in items:
        if not text or "CodedValueDomain" not in text[:200]:
            continue
        try:
            root = _parsed(text)
        except _UNREADABLE:
            continue
        name = None if root is None else root.findtext("DomainName")
        if root is None or not name:
            continue
        pairs = ((each.findtext("Code"), each.findtext("Name")) for each in root.iter("CodedValue"))
        codes = tuple((code, title) for code, title in pairs if code is not None and title is not None)
        found[name] = Domain(name, codes[:_CODES_MOST])
    return found


def _whole(text: str | None) -> int | None:
    found = int(text) if text and text.isdecimal() else None
    return None if found is None or found >= _UNLIMITED else found


def _number(text: str | None) -> float | None:
    try:
        found = float(text or "")
    except ValueError:
        return None
    return found if 0 < found < float("inf") else None
