"""Objects of the blocks ``Point``, ``Line`` and ``Polygon`` 点、线、面对象.

What an object is made of is kept in flat arrays, so that a million of them fit
the reader's memory; only line numbers and identities are Python objects.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from spatial.errors import CurvedGeometry, shorten
from spatial.exchange.vct.head import Head
from spatial.exchange.vct.lines import Lines

_CHUNK = 100_000
_STRAIGHT = b"11"
_DIRECT, _BY_LINES = b"1", b"100"
_BUILT_OF_LINES = 21


class Coordinates:
    """Positions, read in blocks of text lines."""

    def __init__(self, separator: str) -> None:
        self.count = 0
        self._separator = separator.encode()
        self._texts: list[bytes] = []
        self._arrays: list[npt.NDArray[np.float64]] = []
        self._width = 0

    def add(self, lines: Lines, count: int) -> None:
        """Take that many positions, one a line."""
        self._texts += lines.take(count)
        self.count += count
        if len(self._texts) >= _CHUNK:
            self._flush(lines)

    def close(self, lines: Lines, head: Head) -> npt.NDArray[np.float64]:
        """All positions; east (or longitude) first, scale and offset applied."""
        self._flush(lines)
        found = np.concatenate(self._arrays) if self._arrays else np.empty((0, 2))
        (first, second), scale = head.offset, head.scale
        if scale != 1.0:
            found[:, :2] *= scale
        if first or second:
            found[:, :2] += (first, second)
        return found[:, [1, 0, *range(2, found.shape[1])]] if head.swapped else found

    def _flush(self, lines: Lines) -> None:
        if not self._texts:
            return
        joined = self._separator.join(self._texts)
        if self._separator != b",":
            joined = joined.replace(self._separator, b",")
        try:
            flat = np.fromstring(joined, sep=",")
        except ValueError:
            flat = np.empty(0)
        width = len(flat) // len(self._texts)
        if width * len(self._texts) != len(flat) or width not in (2, 3) or self._width not in (0, width):
            self._find_fault(lines)
        self._width = width
        self._arrays.append(flat.reshape(-1, width))
        self._texts = []

    def _find_fault(self, lines: Lines) -> None:
        for text in self._texts:
            parts = text.split(self._separator)
            try:
                sound = len(parts) in (2, 3) and len([float(part) for part in parts]) == len(parts)
            except ValueError:
                sound = False
            if not sound:
                lines.refuse("坐标应为“x,y”", "a position is X,Y", text)
        lines.refuse("坐标维数前后不一", "positions of two and of three numbers are mixed", self._texts[0])


@dataclass(slots=True)
class Objects:
    """All objects of one block."""

    ids: list[int] = field(default_factory=list)
    codes: list[bytes] = field(default_factory=list)
    places: list[int] = field(default_factory=list)
    """Line at which the object begins."""
    pieces: list[int] = field(default_factory=list)
    """Number of pieces (segments, rings) of each object."""
    lengths: list[int] = field(default_factory=list)
    """Number of positions of each piece."""
    references: dict[int, list[int]] = field(default_factory=dict)
    """Signed line numbers of areas that are built of lines, by place in ``ids``."""
    coords: Any = None

    def begin(self, lines: Lines, first: bytes) -> bytes:
        """Identity, feature code and style 图形表现 of an object; returns its type."""
        self.places.append(lines.number)
        self.ids.append(lines.whole(first, "对象标识码", "the identity of an object"))
        self.codes.append(lines.next())
        lines.next()
        return lines.next()


def read_points(lines: Lines, head: Head) -> Objects:
    """The block ``Point``: identity, code, style, type, n, positions, 0."""
    found, coords = Objects(), Coordinates(head.separator)
    while (first := lines.next()) != b"PointEnd":
        found.begin(lines, first)
        count = _count(lines, "点数", "the number of points")
        coords.add(lines, count)
        found.pieces.append(1)
        found.lengths.append(count)
        _finish(lines)
    found.coords = coords.close(lines, head)
    return found


def read_lines(lines: Lines, head: Head) -> Objects:
    """The block ``Line``: identity, code, style, type, segments, each 11, n, positions; 0."""
    found, coords = Objects(), Coordinates(head.separator)
    while (first := lines.next()) != b"LineEnd":
        kind = found.begin(lines, first)
        if kind != _DIRECT:
            lines.refuse("只支持直接坐标的线(1)", "only lines of positions (1) are read", kind)
        _pieces(lines, found, coords)
        _finish(lines)
    found.coords = coords.close(lines, head)
    return found


def read_polygons(lines: Lines, head: Head) -> Objects:
    """The block ``Polygon``: identity, code, style, type, label position, lines or positions; 0."""
    found, coords = Objects(), Coordinates(head.separator)
    while (first := lines.next()) != b"PolygonEnd":
        kind = found.begin(lines, first)
        lines.next()  # the position of the label
        if kind == _DIRECT:
            _pieces(lines, found, coords)
            _finish(lines)
        elif kind == _BY_LINES:
            found.references[len(found.ids) - 1] = _references(lines, head.separator.encode())
            found.pieces.append(0)
        else:
            lines.refuse("面的类型应为 1 或 100", "the type of an area is 1 or 100", kind)
    found.coords = coords.close(lines, head)
    return found


def _pieces(lines: Lines, found: Objects, coords: Coordinates) -> None:
    pieces = _count(lines, "段数", "the number of segments")
    for _ in range(pieces):
        kind = lines.next()
        if kind != _STRAIGHT:
            shown = shorten(kind.decode("ascii", "replace"), 20)
            raise CurvedGeometry(
                f"VCT 第 {lines.number} 行:线段类型 {shown} 不是折线(11),请先在源软件中折线化",
                f"VCT line {lines.number}: segment type {shown} is no "
                f"polyline (11); turn curves into lines at the source",
                value=shown,
            )
        count = _count(lines, "点数", "the number of positions", 2)
        coords.add(lines, count)
        found.lengths.append(count)
    found.pieces.append(pieces)


def _count(lines: Lines, zh: str, en: str, least: int = 1) -> int:
    line = lines.next()
    count = lines.whole(line, zh, en)
    if count < least:
        lines.refuse(f"{zh}至少为 {least}", f"{en} must be {least} or more", line)
    return count


def _finish(lines: Lines) -> None:
    if (line := lines.next()) != b"0":
        lines.refuse("对象应以 0 结束(点数与坐标行数不符?)", "an object ends with 0 (a wrong count?)", line)


def _references(lines: Lines, separator: bytes) -> list[int]:
    """Number of line numbers, the numbers in rows, 0.

    Some writers put the way of building (21: of lines) before the number.
    """
    first = lines.next()
    count = lines.whole(first, "线标识个数", "the number of lines")
    row = lines.next()
    if count == _BUILT_OF_LINES and separator not in row and row.isdigit():
        count, row = lines.whole(row, "线标识个数", "the number of lines"), lines.next()
    found: list[int] = []
    while True:
        for part in row.split(separator):
            if part.strip():
                found.append(lines.whole(part, "线标识", "a line number"))
        if len(found) >= count:
            break
        row = lines.next()
    if len(found) != count:
        lines.refuse(f"应有 {count} 个线标识", f"{count} line numbers were announced", row)
    _finish(lines)
    return found
