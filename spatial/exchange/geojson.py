"""GeoJSON, read feature by feature without GDAL (RFC 7946). Runs in the reader's process.

A strict reader of its own: numbers stay exact, ``NaN`` and ``Infinity`` are
refused, a file that stops half-way is refused at the place where it stops, and
only one feature's objects are in memory at a time. A member ``crs`` (the rule
of 2008) counts as declared; its absence says nothing, as files in every frame
come without it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from spatial.errors import FileTooLarge, UnreadableFile
from spatial.exchange import encoding
from spatial.exchange.batches import Batch, Writer
from spatial.exchange.evidence import Evidence
from spatial.exchange.sandbox import Job

_BATCH = 10_000
_BLANK = " \t\r\n"
_KINDS = {str: "text", bool: "boolean", int: "integer", float: "number", dict: "json", list: "json"}
ID = "fid"
"""Name under which a feature's ``id`` becomes a column."""


class _NotJson(ValueError):
    def __init__(self, place: int) -> None:
        super().__init__(place)
        self.place = place


@dataclass(slots=True)
class _Document:
    text: str
    crs: str | None = None

    def features(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Each feature with the text it stands in; notes ``crs`` on the way."""
        decoder = json.JSONDecoder(parse_constant=_refuse_constant)
        text = self.text
        place = self._expect(self._skip(0), "{")
        kind = None
        while True:
            place = self._skip(place)
            if text[place : place + 1] == "}":
                break
            name, place = decoder.raw_decode(text, place)
            place = self._skip(self._expect(self._skip(place), ":"))
            if name == "features":
                for start, end, feature in self._array(decoder, place):
                    place = end
                    if feature is not None:
                        yield text[start:end], feature
            else:
                value, place = decoder.raw_decode(text, place)
                kind = value if name == "type" else kind
                self.crs = _crs(value) if name == "crs" else self.crs
            place = self._skip(place)
            if text[place : place + 1] == ",":
                place += 1
            elif text[place : place + 1] != "}":
                raise _NotJson(place)
        if self._skip(place + 1) != len(text):
            raise _NotJson(place + 1)
        if kind != "FeatureCollection":
            raise UnreadableFile(
                f"不是 FeatureCollection:{kind}", f"not a FeatureCollection: {kind}", value=str(kind)
            )

    def _array(self, decoder: json.JSONDecoder, place: int) -> Iterator[tuple[int, int, Any]]:
        """Members of an array; a last one of None carries the place behind the array."""
        place = self._skip(self._expect(place, "["))
        if self.text[place : place + 1] == "]":
            yield place, place + 1, None
            return
        while True:
            member, end = decoder.raw_decode(self.text, place)
            if not isinstance(member, dict):
                raise _NotJson(place)
            yield place, end, member
            place = self._skip(end)
            mark = self.text[place : place + 1]
            if mark == "]":
                yield place, place + 1, None
                return
            place = self._skip(self._expect(place, ","))

    def _expect(self, place: int, character: str) -> int:
        if self.text[place : place + 1] != character:
            raise _NotJson(place)
        return place + 1

    def _skip(self, place: int) -> int:
        while self.text[place : place + 1] in _BLANK and place < len(self.text):
            place += 1
        return place


def read(path: Path, job: Job, writer: Writer) -> dict[str, object]:
    """Read a GeoJSON file; returns the description for ``Writer.finish``."""
    raw = path.read_bytes()
    reading = encoding.decide([raw], name=path.name, option=job.encoding)
    document = _Document(raw.decode(reading.encoding).removeprefix("\ufeff"))
    del raw
    names, kinds = _first_pass(document, path.name, job)
    block: list[tuple[int, str, dict[str, Any]]] = []
    for number, (text, feature) in enumerate(document.features(), 1):
        block.append((number, text, feature))
        if len(block) == _BATCH:
            writer.write(_batch(block, names))
            block = []
    if block or writer.batches == 0:
        writer.write(_batch(block, names))
    return {
        "format": "geojson",
        "layer": path.stem,
        "columns": names,
        "kinds": kinds,
        "declared_wkt": document.crs,
        "encoding": reading.to_json(),
        "name_bytes_limit": None,
        "notes": [_undeclared().to_json()] if document.crs is None else [],
        "coordinates": None,
    }


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
        for _, feature in document.features():
            count += 1
            if feature.get("type") != "Feature" or not isinstance(feature.get("properties") or {}, dict):
                raise UnreadableFile(
                    f"第 {count} 个成员不是 Feature:{name}",
                    f"member {count} is no Feature: {name}",
                    value=name,
                )
            for key, value in _properties(feature).items():
                found = kinds.setdefault(key, set())
                if value is not None:
                    found.add(_KINDS[type(value)])
            if count > job.limits.rows or len(kinds) > job.limits.columns:
                raise FileTooLarge("要素或属性过多", "too many features or properties", value=count)
    except (_NotJson, ValueError, RecursionError) as broken:
        place = getattr(broken, "place", getattr(broken, "pos", 0))
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
    properties = feature.get("properties") or {}
    if feature.get("id") is not None and ID not in properties:
        return {ID: feature["id"], **properties}
    return dict(properties)


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


def _batch(block: list[tuple[int, str, dict[str, Any]]], names: list[str]) -> Batch:
    rows = [_properties(feature) for _, _, feature in block]
    columns = [[text_of(row.get(name)) for row in rows] for name in names]
    lossy = [
        np.fromiter(
            (isinstance(v := row.get(name), float) and abs(v) >= 1e15 for row in rows), np.bool_, len(rows)
        )
        for name in names
    ]
    problems: dict[int, tuple[str, str]] = {}
    wkb = _geometries(block, problems)
    lines = np.fromiter((number for number, _, _ in block), np.int64, len(block))
    return Batch(lines, columns, lossy, wkb, problems)


def _geometries(
    block: list[tuple[int, str, dict[str, Any]]], problems: dict[int, tuple[str, str]]
) -> list[bytes | None]:
    present = [index for index, (_, _, feature) in enumerate(block) if feature.get("geometry") is not None]
    made: list[bytes | None] = [None] * len(block)
    if not present:
        return made
    texts = np.array([json.dumps(block[index][2]["geometry"]) for index in present], dtype=object)
    shapes = shapely.from_geojson(texts, on_invalid="ignore")
    for index, shape, wkb in zip(present, shapes, shapely.to_wkb(shapes), strict=True):
        if shape is None:
            kind = str(block[index][2]["geometry"])[:80]
            problems[index] = (f"几何无法读取:{kind}", f"the geometry cannot be read: {kind}")
        made[index] = wkb
    return made
