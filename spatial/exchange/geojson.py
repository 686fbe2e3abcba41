"""GeoJSON, read feature by feature without GDAL (RFC 7946). Runs in the reader's process.

A strict reader of its own: numbers stay exact, ``NaN`` and ``Infinity`` are
refused, a file that stops half-way is refused at the place where it stops, and
only one feature's objects are in memory at a time. A member ``crs`` (the rule
of 2008) counts as declared; its absence says nothing, as files in every frame
come without it. JSON-FG is the same with ``place``, ``coordRefSys`` and ``time``.
A text that is one Feature, or one geometry, is read as a collection of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import shapely

from spatial.errors import FileTooLarge, UnreadableFile, shorten
from spatial.exchange import encoding, jsonfg
from spatial.exchange.batches import Batch, Writer
from spatial.exchange.evidence import Evidence
from spatial.exchange.sandbox import Job

_BATCH = 10_000
_BATCH_CHARACTERS = 8 << 20
_WINDOW = 1 << 20
_BLANK = " \t\r\n"
_KINDS = {str: "text", bool: "boolean", int: "integer", float: "number", dict: "json", list: "json"}
_GEOMETRIES = frozenset(
    ["Point", "MultiPoint", "LineString", "MultiLineString", "Polygon", "MultiPolygon", "GeometryCollection"]
)
ID = "fid"
"""Name under which a feature's ``id`` becomes a column."""


_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")


class _NotJson(ValueError):
    """The text stops being JSON at a place."""


def _pieces(path: Path) -> Iterator[bytes]:
    """The file in pieces that end with a line or a mark, so that no character is cut."""
    with path.open("rb") as file:
        rest = b""
        while chunk := file.read(_WINDOW):
            chunk = rest + chunk
            end = max(chunk.rfind(mark) for mark in (b"\n", b'"', b",", b" ")) + 1
            rest = chunk[end:]
            yield chunk[:end]
        yield rest


class _Unpaired(ValueError):
    """A text has one half of a character (``\\ud800``): no encoding holds it."""


class _Repeated(ValueError):
    """An object has a name twice: which value is meant nobody can tell (RFC 8259, section 4)."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name.encode("utf-8", "replace").decode()


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        raise _Repeated(next(name for name in names if names.count(name) > 1))
    return found


class _Document:
    """A GeoJSON text, walked through a window: never more of it in memory than a few features."""

    def __init__(self, path: Path, codec: str) -> None:
        self.crs: str | None = None
        self.reference: str | None = None
        """``coordRefSys`` of JSON-FG."""
        self.placed = False
        """Some feature has a ``place``; then ``geometry`` is for others and is not read."""
        self._path = path
        self._codec = codec
        self._json = json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_once)

    def features(self) -> Iterator[dict[str, Any]]:
        """Each feature in turn; notes ``crs`` on the way. Raises ``_NotJson`` where the text is broken."""
        with self._path.open(encoding=self._codec, newline="") as file:
            self._file, self._text, self._place, self._before = file, "", 0, 0
            yield from self._collection()

    def _collection(self) -> Iterator[dict[str, Any]]:
        kind, alone, listed = None, dict[str, Any](), False
        self._take("{")
        while self._peek() != "}":
            name = self._value()
            if not isinstance(name, str):
                raise _NotJson(self.place)
            if name in alone:
                raise _Repeated(name)
            self._take(":")
            if name == "features":
                listed = True
                yield from self._array()
            else:
                value = self._value()
                alone[name] = None if listed else value  # what a collection says beside them may be long
                kind = value if name == "type" else kind
                self.crs = _crs(value) if name == "crs" else self.crs
                self.reference = jsonfg.reference(value) if name == "coordRefSys" else self.reference
            if self._peek() == ",":
                self._take(",")
                if self._peek() == "}":
                    raise _NotJson(self.place)
            elif self._peek() != "}":
                raise _NotJson(self.place)
        self._take("}")
        if self._peek():
            raise _NotJson(self.place)
        if kind == "Feature" and not listed:
            yield alone
        elif isinstance(kind, str) and kind in _GEOMETRIES and not listed:
            yield {"type": "Feature", "properties": None, "geometry": alone}
        elif kind != "FeatureCollection":
            shown = shorten(kind)
            raise UnreadableFile(
                f"不是 GeoJSON 的 FeatureCollection、Feature 或几何:{shown}",
                f"no FeatureCollection, Feature or geometry of GeoJSON: {shown}",
                value=shown,
            )

    def _array(self) -> Iterator[dict[str, Any]]:
        self._take("[")
        while self._peek() != "]":
            member = self._value()
            if not isinstance(member, dict):
                raise _NotJson(self.place)
            yield member
            if self._peek() == ",":
                self._take(",")
                if self._peek() == "]":
                    raise _NotJson(self.place)
            elif self._peek() != "]":
                raise _NotJson(self.place)
        self._take("]")

    @property
    def place(self) -> int:
        """Characters read so far."""
        return self._before + self._place

    def _peek(self) -> str:
        """The next character that is no blank; empty at the end."""
        while True:
            while self._place < len(self._text):
                character = self._text[self._place]
                if character not in _BLANK:
                    return character
                self._place += 1
            if not self._more(_WINDOW):
                return ""

    def _take(self, character: str) -> None:
        if self._peek() != character:
            raise _NotJson(self.place)
        self._place += 1

    def _value(self) -> Any:
        """One whole JSON value; reads on as long as it is not complete."""
        if not self._peek():
            raise _NotJson(self.place)
        size = _WINDOW
        while True:
            try:
                value, end = self._json.raw_decode(self._text, self._place)
                if end < len(self._text):
                    if _SURROGATE.search(self._text, self._place, end):
                        _require_whole(value)
                    self._place = end
                    return value
            except json.JSONDecodeError:
                pass
            # Twice as much each time, so that a long feature is not read again and again.
            if not self._more(size):
                raise _NotJson(self.place)
            size *= 2

    def _more(self, size: int) -> bool:
        chunk = self._file.read(size)
        self._before += self._place
        self._text = self._text[self._place :] + chunk
        self._place = 0
        return bool(chunk)


def read(path: Path, job: Job, writer: Writer) -> dict[str, object]:
    """Read a GeoJSON file; returns the description for ``Writer.finish``."""
    reading = encoding.decide(_pieces(path), name=path.name, option=job.encoding)
    marked = reading.encoding == "UTF-8"
    document = _Document(path, "utf-8-sig" if marked else reading.encoding)
    names, kinds = _first_pass(document, path.name, job)
    block: list[tuple[int, dict[str, Any]]] = []
    began = 0
    for number, feature in enumerate(document.features(), 1):
        block.append((number, feature))
        if len(block) == _BATCH or document.place - began > _BATCH_CHARACTERS:
            writer.write(_batch(block, names, document))
            block, began = [], document.place
    if block or writer.batches == 0:
        writer.write(_batch(block, names, document))
    declared = document.reference if document.placed else document.crs
    return {
        "format": "json-fg" if document.placed or document.reference else "geojson",
        "layer": path.stem,
        "columns": names,
        "kinds": kinds,
        "declared_wkt": declared,
        "encoding": reading.to_json(),
        "name_bytes_limit": None,
        "notes": [_undeclared().to_json()] if declared is None else [],
        "coordinates": None,
    }


def features(path: Path, job: Job) -> list[dict[str, Any]]:
    """All features of a small file in UTF-8 as they stand, read as strictly as any delivery."""
    document = _Document(path, "utf-8-sig")
    _first_pass(document, path.name, job)
    return list(document.features())


def _require_whole(value: object) -> None:
    """Raise ``_Unpaired`` where a text within is none that can be written."""
    try:
        json.dumps(value, ensure_ascii=False).encode("utf-8")
    except UnicodeEncodeError:
        raise _Unpaired from None


def _undeclared() -> Evidence:
    return Evidence(
        "undeclared",
        "文件未声明坐标系;RFC 7946 的默认 WGS 84 不足为据",
        "the file declares no frame; the default of RFC 7946 (WGS 84) is no evidence",
    )


def _first_pass(document: _Document, name: str, job: Job) -> tuple[list[str], list[str]]:
    """Names and kinds of all properties; every fault of the text is found here."""
    kinds: dict[str, set[str]] = {}
    count = 0
    try:
        for feature in document.features():
            count += 1
            if feature.get("type") != "Feature" or not isinstance(feature.get("properties") or {}, dict):
                raise UnreadableFile(
                    f"第 {count} 个成员不是 Feature:{name}",
                    f"member {count} is no Feature: {name}",
                    value=name,
                )
            document.placed |= feature.get("place") is not None
            for key, value in _properties(feature).items():
                found = kinds.setdefault(key, set())
                if value is not None:
                    found.add(_KINDS[type(value)])
            if count > job.limits.rows or len(kinds) > job.limits.columns:
                raise FileTooLarge("要素或属性过多", "too many features or properties", value=count)
    except _Repeated as repeated:
        shown = shorten(repeated.name)
        raise UnreadableFile(
            f'GeoJSON 第 {count + 1} 个要素中同名成员 "{shown}" 出现两次,请保留一个:{name}',
            f'feature {count + 1} of the GeoJSON has the name "{shown}" twice, keep one: {name}',
            value=name,
        ) from repeated
    except _Unpaired as unpaired:
        raise UnreadableFile(
            f"GeoJSON 第 {count + 1} 个要素中有不成对的代理字符(如 \\ud800),请改正后再提交:{name}",
            f"feature {count + 1} of the GeoJSON has half a character (an unpaired surrogate, such as"
            f" \\ud800); mend it: {name}",
            value=name,
        ) from unpaired
    except (ValueError, RecursionError) as broken:  # _NotJson and undecodable text are ValueErrors
        place = document.place
        raise UnreadableFile(
            f"GeoJSON 在第 {place} 个字符处损坏或被截断(已读 {count} 个要素):{name}",
            f"the GeoJSON is damaged or cut off at character {place} (after {count} features): {name}",
            value=name,
            details={"character": place, "features": count},
        ) from broken
    return list(kinds), [_kind(found) for found in kinds.values()]


def _kind(found: set[str]) -> str:
    if not found:
        return "text"
    return found.pop() if len(found) == 1 else "mixed"


def _properties(feature: dict[str, Any]) -> dict[str, Any]:
    properties = {**(feature.get("properties") or {}), **jsonfg.times(feature)}
    if feature.get("id") is not None and ID not in properties:
        return {ID: feature["id"], **properties}
    return properties


def _crs(value: Any) -> str | None:
    try:
        return str(value["properties"]["name"])
    except (TypeError, KeyError):
        return None


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def text_of(value: Any) -> str | None:
    """A JSON value as text that reads back as the same value.

    >>> text_of(370783001001001001), text_of(0.1), text_of(True), text_of(["路", 1])
    ('370783001001001001', '0.1', 'true', '["路", 1]')
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    if isinstance(value, int):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def _batch(block: list[tuple[int, dict[str, Any]]], names: list[str], document: _Document) -> Batch:
    rows = [_properties(feature) for _, feature in block]
    columns = [[text_of(row.get(name)) for row in rows] for name in names]
    lossy = [
        np.fromiter(
            (isinstance(v := row.get(name), float) and abs(v) >= 1e15 for row in rows), np.bool_, len(rows)
        )
        for name in names
    ]
    problems: dict[int, tuple[str, str]] = {}
    if document.placed:
        _take_places(block, document, problems)
    wkb = _geometries(block, problems)
    lines = np.fromiter((number for number, _ in block), np.int64, len(block))
    return Batch(lines, columns, lossy, wkb, problems)


def _take_places(
    block: list[tuple[int, dict[str, Any]]], document: _Document, problems: dict[int, tuple[str, str]]
) -> None:
    """In JSON-FG the place counts; a feature without one, or in another frame, does not fit the others."""
    for index, (_, feature) in enumerate(block):
        own = jsonfg.reference(feature.get("coordRefSys")) if "coordRefSys" in feature else document.reference
        if own != document.reference:
            problems[index] = (f"要素自有坐标系:{own}", f"the feature has a frame of its own: {own}")
        elif feature.get("place") is None and feature.get("geometry") is not None:
            problems[index] = ("只有 geometry,没有 place", "has a geometry and no place, unlike others")
        feature["geometry"] = feature.get("place") if index not in problems else None


def _geometries(
    block: list[tuple[int, dict[str, Any]]], problems: dict[int, tuple[str, str]]
) -> list[bytes | None]:
    present = [index for index, (_, feature) in enumerate(block) if feature.get("geometry") is not None]
    made: list[bytes | None] = [None] * len(block)
    if not present:
        return made
    texts = np.array([_geometry_text(block[index][1]["geometry"]) for index in present], dtype=object)
    shapes = shapely.from_geojson(texts, on_invalid="ignore")
    for index, shape, wkb in zip(present, shapes, shapely.to_wkb(shapes), strict=True):
        if shape is None:
            kind = shorten(block[index][1]["geometry"])
            problems[index] = (f"几何无法读取:{kind}", f"the geometry cannot be read: {kind}")
        made[index] = wkb
    return made


def _geometry_text(geometry: Any) -> str:
    try:
        return orjson.dumps(geometry).decode()
    except TypeError:  # a whole number beyond 64 bits: no coordinate
        return "{}"
