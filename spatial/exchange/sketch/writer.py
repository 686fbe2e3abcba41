"""The writer's process: a sketch's GeoJSON becomes a file, behind fences.

Started by ``writing.write`` with a work folder; leaves ``sketch.out`` or
``error.json``.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spatial.errors import shorten
from spatial.exchange import confine
from spatial.exchange.reader import tell

if TYPE_CHECKING:
    from spatial.datum import Frame

_MEMORY_BYTES = 768 << 20
_OUTPUT_BYTES = 64 << 20
_LINES_IN_ONE = ("dxf", "txt")
"""Formats whose texts have one line."""
_METRE_DIGITS, _DEGREE_DIGITS = 4, 9
_KINDS = {
    "Point": ("points", "Point"),
    "MultiPoint": ("multipoints", "MultiPoint"),
    "LineString": ("lines", "LineString"),
    "MultiLineString": ("lines", "LineString"),
    "Polygon": ("areas", "Polygon"),
    "MultiPolygon": ("areas", "Polygon"),
}


@dataclass(slots=True)
class _Figures:
    """Figures of one kind, column by column."""

    shapes: list[Any] = field(default_factory=list)
    values: list[list[str | None]] = field(default_factory=lambda: [[], [], []])


def main(work_folder: str) -> None:
    """Fence this process in, then write."""
    work = Path(work_folder)
    confine.limit(_MEMORY_BYTES, 20, _OUTPUT_BYTES)
    namespace = confine.leave_network()
    # Imported between the fences, as in the reader.
    from spatial.errors import EnvironmentProblem, FileTooLarge, OneMapError
    from spatial.exchange import writers

    assert writers
    task = json.loads((work / "task.json").read_text(encoding="utf-8"))
    if task["kind"] == "txt":
        from spatial.datum import area_kernel

        area_kernel.ready()  # numba reads what was compiled where it could write, too: not behind the fences
    files = confine.shrink_file_system(work)
    fences = confine.Fences(True, namespace, confine.forbid_calls(), files)
    try:
        if not fences.offline:
            raise EnvironmentProblem(
                "本机无法切断写出进程的网络,拒绝处理外来内容",
                "this machine cannot cut the writer off the network; no foreign content is taken",
            )
        _write(work, task)
    except OneMapError as known:
        tell(work, known)
    except MemoryError:
        size = f"{_MEMORY_BYTES >> 20} MiB"
        tell(
            work,
            FileTooLarge(
                f"写出草图需要的内存超出限制:{size}",
                f"writing the sketch needs more memory than allowed: {size}",
                value=size,
            ),
        )


def _write(work: Path, task: dict[str, str]) -> None:
    from spatial.datum import frame
    from spatial.errors import FieldsDoNotMatch

    kind, into, target = task["kind"], frame(task["frame"]), work / "sketch.out"
    figures = _figures(work, kind, into)
    try:
        if kind == "shp":
            _shapefiles(figures, work, into, target)
        elif kind == "geojson":
            _geojson(figures, into, target)
        else:
            _whole("boundary-points" if kind == "txt" else "dxf", figures, into, target)
    except FieldsDoNotMatch as unheld:
        raise FieldsDoNotMatch(
            unheld.zh.replace(".gpkg", "GeoJSON"), unheld.en.replace(".gpkg", "GeoJSON"), value=unheld.value
        ) from unheld


def _figures(work: Path, kind: str, into: Frame) -> dict[str, _Figures]:
    """The figures by kind, moved into the frame; refuses what is no figure."""
    from spatial.errors import FileTooLarge, InvalidInput
    from spatial.exchange import geojson
    from spatial.exchange.sandbox import Job
    from spatial.exchange.sketch import LIMITS, VERTICES

    path = work / "sketch.json"
    found: dict[str, _Figures] = {}
    left = VERTICES
    for number, one in enumerate(geojson.features(path, Job(str(path), str(work), limits=LIMITS)), 1):
        shape = _shape(one.get("geometry"), number)
        left -= len(shape[1])
        if left < 0:
            raise FileTooLarge(
                f"草图最多 {VERTICES} 个顶点,请拆分:{VERTICES}",
                f"a sketch has {VERTICES} vertices at most, split it: {VERTICES}",
                value=VERTICES,
            )
        part, _ = _KINDS[shape[0].geom_type]
        if kind == "txt" and part != "areas":
            raise InvalidInput(
                f"界址点只写面,第 {number} 个图形不是面:{shape[0].geom_type}",
                f"boundary points are areas only, figure {number} is none: {shape[0].geom_type}",
                value=shape[0].geom_type,
            )
        group = found.setdefault(part, _Figures())
        group.shapes.append(_moved(*shape, into))
        for column, text in zip(group.values, _texts(one.get("properties") or {}, kind), strict=True):
            column.append(text)
    if not found:
        raise InvalidInput("草图是空的", "the sketch is empty", value="features")
    return found


def _shape(geometry: Any, number: int) -> tuple[Any, Any]:
    import numpy as np
    import shapely

    from spatial.errors import InvalidInput

    shape = shapely.from_geojson(json.dumps(geometry), on_invalid="ignore") if geometry else None
    positions = shapely.get_coordinates(shape) if shape is not None else np.empty((0, 2))
    told = geometry.get("type") if isinstance(geometry, dict) else geometry
    if shape is None or shape.geom_type not in _KINDS or not len(positions):
        raise InvalidInput(
            f"第 {number} 个图形不是点、线或面:{shorten(told, 40)}",
            f"figure {number} is no point, line or area: {shorten(told, 40)}",
            value=shorten(told, 40),
        )
    lon, lat = positions[:, 0], positions[:, 1]
    off = (np.abs(lon) > 180) | (np.abs(lat) > 90)
    if off.any():
        shown = f"{lon[off][0]:g}, {lat[off][0]:g}"
        raise InvalidInput(
            f"第 {number} 个图形的坐标不是经纬度:{shown}",
            f"a position of figure {number} is no longitude and latitude: {shown}",
            value=shown,
        )
    return shape, positions


def _moved(shape: Any, positions: Any, into: Frame) -> Any:
    import numpy as np
    import shapely

    from spatial.datum import STANDARD, frame, move

    flat = shapely.force_2d(shape)
    if into.id == "EPSG:4490":
        return flat
    moved = move(positions[:, 0], positions[:, 1], frame("EPSG:4490"), into, registry=STANDARD)
    return shapely.set_coordinates(flat, np.column_stack((moved.x, moved.y)))


def _texts(properties: dict[str, Any], kind: str) -> Iterator[str | None]:
    from spatial.exchange.sketch import FIELDS

    for one in FIELDS:
        value = properties.get(one.name)
        text = None if value in (None, "") else str(value)
        if text is not None and kind in _LINES_IN_ONE:
            text = " ".join(text.split())
        if text is not None and kind == "txt":
            text = text.replace(",", "、").replace(",", "、")
        yield text


def _whole(kind: str, figures: dict[str, _Figures], into: Frame, target: Path) -> None:
    """One file that holds all figures."""
    from spatial.exchange.sketch import FIELDS, contract_of
    from spatial.exchange.writers import open_writer

    geometry = "Polygon" if kind == "boundary-points" else "Geometry"
    writer = open_writer(kind, target, contract_of("", geometry), FIELDS, into)
    number = 0
    try:
        for group in figures.values():
            writer.write(_block(group, number))
            number += len(group.shapes)
    finally:
        writer.close()


def _shapefiles(figures: dict[str, _Figures], work: Path, into: Frame, target: Path) -> None:
    """A shapefile for points, for lines and for areas, in one archive."""
    from spatial.exchange import archive
    from spatial.exchange.sketch import FIELDS, contract_of
    from spatial.exchange.writers import open_writer

    together = work / "shapefiles"
    for part, geometry in dict(_KINDS.values()).items():
        if part not in figures:
            continue
        packed = work / f"{part}.zip"
        writer = open_writer("shapefile", packed, contract_of(part, geometry), FIELDS, into)
        try:
            writer.write(_block(figures[part], 0))
        finally:
            writer.close()
        with zipfile.ZipFile(packed) as one:
            one.extractall(together)
    archive.pack([(each.name, each) for each in archive.regular_files(together)], target)


def _geojson(figures: dict[str, _Figures], into: Frame, target: Path) -> None:
    import shapely

    from spatial.datum import Kind
    from spatial.exchange.sketch import FIELDS

    digits = _METRE_DIGITS if into.kind is Kind.PROJECTED else _DEGREE_DIGITS
    features = []
    for group in figures.values():
        for row, shape in enumerate(group.shapes):
            plain = shapely.set_coordinates(shape, shapely.get_coordinates(shape).round(digits))
            properties = {one.name: column[row] for one, column in zip(FIELDS, group.values, strict=True)}
            geometry = json.loads(shapely.to_geojson(plain))
            features.append({"type": "Feature", "properties": properties, "geometry": geometry})
    crs = {"type": "name", "properties": {"name": f"urn:ogc:def:crs:EPSG::{into.epsg}"}}
    document = {"type": "FeatureCollection", "crs": crs, "features": features}
    target.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")


def _block(group: _Figures, before: int) -> Any:
    import numpy as np

    from spatial.exchange.block import Block

    count = len(group.shapes)
    shapes = np.empty(count, dtype=object)
    shapes[:] = group.shapes
    numbers: Sequence[str] = [str(before + row + 1) for row in range(count)]
    starts: list[Any] = [None] * count
    return Block(numbers, starts, starts, group.values, shapes)
