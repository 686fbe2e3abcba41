"""A file of any known format as a sketch 文件读为草图: read behind fences, brought into CGCS2000.

Where a file does not say its frame, the likeliest one is assumed and told: what
is only drawn over the map is checked by the eye, unlike what is loaded.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from spatial.catalogue.city import City
from spatial.datum import Registry
from spatial.errors import (
    FileTooLarge,
    FrameUndecided,
    InvalidInput,
    OneMapError,
    SourceLayerUndecided,
    UnknownFrame,
    UnreadableFile,
    shorten,
)
from spatial.exchange import frames, sandbox, shapes
from spatial.exchange.batches import Batch, Content, read_content
from spatial.exchange.evidence import FrameReading
from spatial.exchange.residuals import Survey
from spatial.exchange.sandbox import Job
from spatial.exchange.sketch import FILE_BYTES, LIMITS, VERTICES

LAYERS = 8
"""Layers of a file that are read together; of more, one must be chosen."""
READ_WITHIN_S = 30.0
_DIGITS = 9
_NAME_BYTES = 200
_EXACT = 2**53
_OPTIONS = (("--source-crs", "crs"), ("--source-layer", "layer"), ("--encoding", "encoding"))
"""What the command line calls its options, and how the same is said here."""

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What the asker says of a file."""

    crs: str | None = None
    layer: str | None = None
    encoding: str | None = None


def read(data: bytes, name: str, city: City, registry: Registry, asked: Asked) -> Document:
    """The features of a file as GeoJSON in CGCS2000, with what was found out about it.

    Raises what is wrong with the file (UnreadableFile, UnsafeFile, FileTooLarge,
    CurvedGeometry) and what it does not say (FrameUndecided, UnknownFrame,
    EncodingUndecided, SourceLayerUndecided), each with what may be chosen.
    """
    plain = _plain(name)
    if len(data) > FILE_BYTES:
        raise FileTooLarge(
            f"文件过大({len(data)} 字节,上限 {FILE_BYTES}),请拆分:{plain}",
            f"the file is too large ({len(data)} bytes of {FILE_BYTES}), split it: {plain}",
            value=plain,
        )
    if asked.crs is not None:
        registry.frame(asked.crs)
    try:
        return _Reading(data, plain, city, registry, asked).run()
    except OneMapError as problem:
        raise _in_our_words(problem) from problem


class _Reading:
    """One file on its way to a sketch."""

    def __init__(self, data: bytes, name: str, city: City, registry: Registry, asked: Asked) -> None:
        self._data = data
        self._name = name
        self._city = city
        self._registry = registry
        self._asked = asked
        self._until = time.monotonic() + READ_WITHIN_S
        self._left = VERTICES

    def run(self) -> Document:
        """The document, of one layer or of the few that there are."""
        try:
            read = [self._layer(self._asked.layer)]
        except (SourceLayerUndecided, UnreadableFile) as several:
            layers = several.details.get("layers")
            if self._asked.layer is not None or not isinstance(layers, list) or len(layers) > LAYERS:
                raise
            read = [self._layer(str(layer)) for layer in layers]
        first = read[0]
        frames_read = {part["frame"]["id"]: part["frame"] for part in read}
        frame = first["frame"] | {"assumed": any(one["assumed"] for one in frames_read.values())}
        return {
            "type": "FeatureCollection",
            "features": [feature for part in read for feature in part["features"]],
            "file": self._name,
            "format": first["format"],
            "encoding": first["encoding"],
            "layers": [part["layer"] for part in read],
            "frame": frame,
            "notes": list({note["zh"]: note for part in read for note in part["notes"]}.values()),
            "skipped": [one for part in read for one in part["skipped"]],
        }

    def _layer(self, layer: str | None) -> Document:
        if time.monotonic() > self._until:
            raise FileTooLarge(
                f"读取超过 {READ_WITHIN_S:g} 秒,请拆分:{self._name}",
                f"reading took longer than {READ_WITHIN_S:g} s, split it: {self._name}",
                value=self._name,
            )
        with sandbox.work_folder() as work:
            staged = work / "in" / self._name
            staged.parent.mkdir()
            staged.write_bytes(self._data)
            # What a drawing closes is an area; lines stay lines.
            job = Job(
                path=str(staged),
                work=str(work),
                layer=layer,
                encoding=self._asked.encoding,
                limits=LIMITS,
                geometry="Polygon",
            )
            sandbox.run(job)
            return self._content(read_content(work))

    def _content(self, content: Content) -> Document:
        seen = shapes.survey(_placed(content, self._name), LIMITS.vertices)
        if seen.survey is None:
            why_zh, why_en = _first_problem(content)
            raise UnreadableFile(
                f"文件中没有可用的图形{why_zh}:{self._name}",
                f"there is no usable shape in the file{why_en}: {self._name}",
                value=self._name,
            )
        reading, assumed = self._frame(content, seen.survey)
        features: list[Document] = []
        skipped: list[Document] = []
        for batch in content.read():
            self._take(content, batch, reading, features, skipped)
        known = self._registry.frame(reading.frame)
        flat = ({"zh": "高程未保留", "en": "heights were left out"},) if seen.has_z else ()
        return {
            "features": features,
            "skipped": skipped,
            "format": content.format,
            "layer": content.layer,
            "encoding": content.encoding.encoding,
            "frame": {
                "id": known.id,
                "title": {"zh": known.title_zh, "en": known.title_en},
                "assumed": assumed,
                "swapped": reading.swapped,
                "evidence": [{"zh": one.zh, "en": one.en} for one in reading.evidence],
            },
            "notes": [
                *flat,
                *({"zh": one.zh, "en": one.en} for one in content.notes if one.kind != "undeclared"),
            ],
        }

    def _frame(self, content: Content, survey: Survey) -> tuple[FrameReading, bool]:
        declared, said = content.declared, self._asked.crs
        own = [f"EPSG:{code}" for code in (4490, self._city.epsg_without_prefix)]
        if said is None and declared is not None and declared.startswith("unknown"):
            shown = declared.removeprefix("unknown: ")
            raise UnknownFrame(
                f"文件声明的坐标系未登记,请用 crs 指明:{shown}",
                f"the file declares a frame that is not registered; say it with crs: {shown}",
                value=shown,
                details={"option": "crs", "candidates": own},
            )
        try:
            if said is None and declared is None:
                return frames.assume(survey, self._city, name=self._name, registry=self._registry), True
            reading = frames.decide(
                survey,
                self._city,
                name=self._name,
                declared=declared,
                option=said,
                trust_said=said is not None,
                registry=self._registry,
            )
        except FrameUndecided as undecided:
            told = undecided.details
            raise FrameUndecided(
                undecided.zh,
                undecided.en,
                value=undecided.value,
                details={**told, "candidates": told.get("candidates") or own},
            ) from undecided
        self._registry.route(self._registry.frame(reading.frame), shapes.STORED)
        return reading, False

    def _take(
        self,
        content: Content,
        batch: Batch,
        reading: FrameReading,
        features: list[Document],
        skipped: list[Document],
    ) -> None:
        source = self._registry.frame(reading.frame)
        arrived = shapes.bring(batch, source, reading.swapped, LIMITS.vertices, self._registry)
        moved = shapely.from_wkb(np.array(arrived.ewkb, dtype=object))
        self._left -= int(shapely.get_num_coordinates(moved).sum())
        if self._left < 0:
            raise FileTooLarge(
                f"草图最多 {VERTICES} 个顶点,请拆分:{self._name}",
                f"a sketch has {VERTICES} vertices at most, split it: {self._name}",
                value=self._name,
            )
        moved = shapely.set_coordinates(moved, shapely.get_coordinates(moved).round(_DIGITS))
        for row, (line, shape) in enumerate(zip(batch.lines.tolist(), moved, strict=True)):
            if row in arrived.wrong or shape is None or shape.is_empty:
                _, zh, en = arrived.wrong.get(row, ("empty", "没有图形", "has no shape"))
                skipped.append({"line": line, "zh": zh, "en": en})
                continue
            properties = {
                name: _value(kind, column[row])
                for name, kind, column in zip(content.columns, content.kinds, batch.columns, strict=True)
            }
            geometry = json.loads(shapely.to_geojson(shape))
            features.append({"type": "Feature", "geometry": geometry, "properties": properties})


def _first_problem(content: Content) -> tuple[str, str]:
    """What is wrong with the first shape that could not be read, in brackets; nothing where none was."""
    for batch in content.read():
        for row, (zh, en) in batch.problems.items():
            return f"(第 {batch.lines[row]} 行:{zh})", f" (line {batch.lines[row]}: {en})"
    return "", ""


def _placed(content: Content, name: str) -> Iterator[Batch]:
    for batch in content.read():
        if batch.wkb is None:
            raise UnreadableFile(
                f"文件没有几何,也没有认得的坐标列({'、'.join(content.columns)}):{name}",
                f"no geometry and no known coordinate columns ({', '.join(content.columns)}): {name}",
                value=name,
            )
        yield batch


def _value(kind: str, text: str | None) -> object:
    """A value as JSON has it; what a number of JSON would not hold exactly stays text."""
    if text is None:
        return None
    if kind == "boolean" and text in ("true", "false"):
        return text == "true"
    try:
        if kind == "integer" and abs(int(text)) < _EXACT:
            return int(text)
        if kind == "number" and abs(float(text)) < _EXACT:
            return float(text)
    except ValueError:
        pass
    return text


def _plain(name: str) -> str:
    """The last part of a name, fit to be one of a file here."""
    last = Path(name.replace("\\", "/")).name
    cleaned = "".join(character for character in last if character.isprintable()).strip()
    stem, suffix = Path(cleaned).stem, Path(cleaned).suffix
    while len(f"{stem}{suffix}".encode()) > _NAME_BYTES and stem:
        stem = stem[:-1]
    if not stem or stem.startswith("."):
        shown = shorten(name)
        raise InvalidInput(
            f"name 须为文件名(含扩展名):{shown}",
            f"name must be the name of the file with its ending: {shown}",
            value=shown,
        )
    return f"{stem}{suffix}"


def _in_our_words(problem: OneMapError) -> OneMapError:
    zh, en = problem.zh, problem.en
    for option, parameter in _OPTIONS:
        zh, en = zh.replace(option, parameter), en.replace(option, parameter)
    return type(problem)(zh, en, value=problem.value, details=problem.details)
