"""Shapes of personal geodatabases 几何字段: ESRI's extended shape records, made geometries all at once.

A record is what a shapefile holds, without its head: type, box, parts, positions,
then heights and measures where there are. The type is one number for each kind
and its Z and M forms, or a general one (50 to 54) whose upper bits tell. Curves,
multipatches and the compressed form are told, never taken for something else.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from spatial.exchange import rings

_Z, _M, _CURVES, _IDS = 0x80000000, 0x40000000, 0x20000000, 0x10000000
_POINT, _MULTIPOINT, _LINE, _POLYGON, _MULTIPATCH = "point", "multipoint", "line", "polygon", "multipatch"
# type → kind, heights, measures; for a general type the bits decide
_TYPES: dict[int, tuple[str, bool, bool]] = {
    1: (_POINT, False, False), 21: (_POINT, False, True), 9: (_POINT, True, False), 11: (_POINT, True, True),
    8: (_MULTIPOINT, False, False), 28: (_MULTIPOINT, False, True),
    20: (_MULTIPOINT, True, False), 18: (_MULTIPOINT, True, True),
    3: (_LINE, False, False), 23: (_LINE, False, True), 10: (_LINE, True, False), 13: (_LINE, True, True),
    5: (_POLYGON, False, False), 25: (_POLYGON, False, True), 19: (_POLYGON, True, False),
    15: (_POLYGON, True, True), 31: (_MULTIPATCH, True, True), 32: (_MULTIPATCH, True, False),
}  # fmt: skip
_GENERAL = {50: _LINE, 51: _POLYGON, 52: _POINT, 53: _MULTIPOINT, 54: _MULTIPATCH}
_NO_MEASURE = -1e38
"""Below it a measure is none."""
_ZLIB = 0x78

Problem = tuple[str, str]
Floats = npt.NDArray[np.float64]


class _Damaged(Exception):
    """A record that is none; carries a Chinese and an English reason."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.reason = (zh, en)


@dataclass(slots=True)
class Decoded:
    """Geometries of a batch, and what was found on the way."""

    shapes: Any
    """Array of geometries; None where a record is null, empty or a problem."""
    problems: dict[int, Problem] = field(default_factory=dict)
    curved: dict[int, str] = field(default_factory=dict)
    """Rows with curves or multipatches, and which of the two."""
    measured: bool = False
    """Whether measures were left out."""


@dataclass(slots=True)
class _Record:
    """One record of lines, areas or several points."""

    row: int
    starts: list[int]
    coords: Floats


def decode(records: Sequence[bytes | None]) -> Decoded:
    """The geometries of shape records; heights are kept, measures are left out."""
    made = Decoded(np.full(len(records), None, dtype=object))
    points: dict[int, list[int]] = {}
    bodies: dict[str, list[_Record]] = {}
    for row, record in enumerate(records):
        if record is None:
            continue
        try:
            kind, z, m, curves = _kind(record)
            if kind == "" or kind == _POINT:
                if kind:
                    _check_length(record, 4 + 8 * (2 + z))
                    measured = m and len(record) >= 4 + 8 * (3 + z)
                    points.setdefault(z + 2 * measured, []).append(row)
                continue
            if kind == _MULTIPATCH:
                made.curved[row] = "MULTIPATCH"
                continue
            body, rest = _body(record, row, kind, z)
            if m:
                rest = _measures(record, rest, len(body.coords), made)
            if curves and _has_curves(record, rest):
                made.curved[row] = "CURVE"
            elif len(body.coords):
                bodies.setdefault(f"{kind} {z}", []).append(body)
        except _Damaged as wrong:
            made.problems[row] = wrong.reason
    _points(records, points, made)
    for name, found in bodies.items():
        {_MULTIPOINT: _multipoints, _LINE: _lines, _POLYGON: _polygons}[name.split()[0]](found, made)
    return made


def _kind(record: bytes) -> tuple[str, bool, bool, bool]:
    """Kind (empty for a null shape), heights, measures, curves."""
    _check_length(record, 4)
    (told,) = struct.unpack_from("<I", record)
    number = told & 0xFF
    if number == 0:
        return "", False, False, False
    if (
        len(record) > 12
        and record[12] == _ZLIB
        and struct.unpack_from("<I", record, 4)[0] == len(record) - 12
    ):
        raise _Damaged(
            "压缩形式的几何,请在 ArcGIS 中另存为文件地理数据库",
            "a compressed shape; save it as a file geodatabase in ArcGIS",
        )
    if number in _GENERAL:
        return _GENERAL[number], bool(told & _Z), bool(told & _M), bool(told & _CURVES)
    if number not in _TYPES or told & ~(0xFF | _CURVES | _IDS):
        raise _Damaged(f"未知的几何类型 {told}", f"an unknown type of shape: {told}")
    kind, z, m = _TYPES[number]
    return kind, z, m, bool(told & _CURVES)


def _check_length(record: bytes, wanted: int) -> None:
    if len(record) < wanted:
        raise _Damaged(
            f"几何数据不完整({len(record)} 字节,至少应有 {wanted})",
            f"the shape is cut off ({len(record)} bytes, at least {wanted} were expected)",
        )


def _body(record: bytes, row: int, kind: str, z: bool) -> tuple[_Record, int]:
    """Parts and positions, and where they end."""
    head = 40 if kind == _MULTIPOINT else 44
    _check_length(record, head)
    counts = (
        struct.unpack_from("<2I", record, 36) if head == 44 else (0, *struct.unpack_from("<I", record, 36))
    )
    parts, count = counts
    start = head + 4 * parts
    end = start + 16 * count
    _check_length(record, end)
    starts = np.frombuffer(record, "<i4", parts, head).tolist() if parts else [0]
    if count and kind != _MULTIPOINT and not parts:
        raise _Damaged(f"几何有 {count} 个点而没有部分", f"the shape has {count} positions and no part")
    if count and (starts[0] != 0 or any(a >= b for a, b in zip(starts, [*starts[1:], count], strict=True))):
        raise _Damaged(
            f"几何各部分的起点 {starts[:5]} 与 {count} 个点不符",
            f"the parts' starts {starts[:5]} do not fit {count} positions",
        )
    coords = np.frombuffer(record, "<f8", 2 * count, start).reshape(-1, 2)
    if z:
        _check_length(record, end + 16 + 8 * count)
        coords = np.column_stack((coords, np.frombuffer(record, "<f8", count, end + 16)))
        end += 16 + 8 * count
    return _Record(row, starts, coords), end


def _measures(record: bytes, start: int, count: int, made: Decoded) -> int:
    """Where the measures end; the Z forms may go without, as in a shapefile."""
    if len(record) < start + 16 + 8 * count:
        return start
    measures = np.frombuffer(record, "<f8", count, start + 16)
    made.measured |= bool((measures > _NO_MEASURE).any())
    return start + 16 + 8 * count


def _has_curves(record: bytes, start: int) -> bool:
    _check_length(record, start + 4)
    return bool(struct.unpack_from("<I", record, start)[0])


def _points(records: Sequence[bytes | None], rows: dict[int, list[int]], made: Decoded) -> None:
    for dimensions, chosen in rows.items():
        z, m = dimensions & 1, dimensions >> 1
        width = 2 + z + m
        joined = b"".join((records[row] or b"")[4 : 4 + 8 * width] for row in chosen)
        numbers = np.frombuffer(joined, "<f8").reshape(-1, width)
        made.shapes[chosen] = shapely.points(numbers[:, : 2 + z])
        made.measured |= bool(m and (numbers[:, -1] > _NO_MEASURE).any())


def _multipoints(found: list[_Record], made: Decoded) -> None:
    lengths = [len(one.coords) for one in found]
    points = shapely.points(np.concatenate([one.coords for one in found]))
    owner = np.repeat(np.arange(len(found)), lengths)
    made.shapes[[one.row for one in found]] = shapely.multipoints(points, indices=owner)


def _lines(found: list[_Record], made: Decoded) -> None:
    """One part is a LineString, several are a MultiLineString."""
    sound = []
    for one in found:
        if min(_lengths(one)) < 2:
            made.problems[one.row] = ("线的一部分不足 2 点", "a part of the line has fewer than 2 positions")
        else:
            sound.append(one)
    if not sound:
        return
    lengths = np.concatenate([_lengths(one) for one in sound])
    coords = np.concatenate([one.coords for one in sound])
    parts = shapely.linestrings(coords, indices=np.repeat(np.arange(len(lengths)), lengths))
    counts = np.array([len(one.starts) for one in sound])
    rows = np.array([one.row for one in sound])
    owner = np.repeat(np.arange(len(sound)), counts)
    single = counts[owner] == 1
    made.shapes[rows[owner[single]]] = parts[single]
    several, local = np.unique(owner[~single], return_inverse=True)
    if len(several):
        made.shapes[rows[several]] = shapely.multilinestrings(parts[~single], indices=local)


def _polygons(found: list[_Record], made: Decoded) -> None:
    """Single rings all at once, several by their nesting. A ring closes in place; its end has one height."""
    single = []
    for one in found:
        if one.coords.shape[1] == 3:
            ends = np.array([*one.starts[1:], len(one.coords)]) - 1
            one.coords[ends, 2] = one.coords[one.starts, 2]
        pieces = np.split(one.coords, one.starts[1:])
        if any(len(ring) < 4 or (ring[0, :2] != ring[-1, :2]).any() for ring in pieces):
            made.problems[one.row] = (
                "面的环未闭合或不足 4 点",
                "a ring does not close or has fewer than 4 positions",
            )
        elif len(pieces) == 1:
            single.append(one)
        else:
            try:
                made.shapes[one.row] = rings.assemble(pieces)
            except shapely.errors.GEOSException as broken:
                made.problems[one.row] = (f"面的环无法组成面:{broken}", f"the rings make no area: {broken}")
    if single:
        owner = np.repeat(np.arange(len(single)), [len(one.coords) for one in single])
        made.shapes[[one.row for one in single]] = shapely.polygons(
            shapely.linearrings(np.concatenate([one.coords for one in single]), indices=owner)
        )


def _lengths(one: _Record) -> npt.NDArray[np.int64]:
    return np.diff([*one.starts, len(one.coords)])
