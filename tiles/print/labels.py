"""Labels 注记: names where they do not lie on each other, those of upper layers first."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from tiles.print.canvas import INK, Align, Canvas, Letter, baseline, wrapped
from tiles.print.features import MICROMETRES, RADIUS_MM_PER_PX, Shown
from tiles.print.ground import Ground
from tiles.print.lettering import CAP_EM
from tiles.print.model import Box, meet

SIZE_MM = 2.4
WIDEST_EM = 8.0
LEADING = 1.25
AGAIN_MM = 160.0
"""A line is named again after so much of it."""
NAMES_MOST = 4000
_STRAIGHT, _BENT = 0.995, 0.75
"""Of the way along a line under a name, how much is left as the crow flies: written straight, or bent."""
_SHARPEST = math.radians(30)
"""So far two letters that follow each other may be turned apart."""
_CELL_MM = 8.0


@dataclass(frozen=True, slots=True)
class _Try:
    """A place for a label: its middle or end, and how it is turned."""

    x: float
    y: float
    align: Align = "middle"
    turned_deg: float = 0.0


@dataclass(frozen=True, slots=True)
class _Course:
    """A place along a bend: the letters, and the middle of each."""

    letters: tuple[Letter, ...]
    middles: tuple[tuple[float, float], ...]


class Taken:
    """What is written on already: boxes, found by cells of a grid."""

    def __init__(self, window: Box) -> None:
        self._window = window
        self._cells: dict[tuple[int, int], list[Box]] = defaultdict(list)

    def take(self, boxes: Sequence[Box]) -> bool:
        """Whether all of these were free and inside the map; then they are taken."""
        window = self._window
        for box in boxes:
            inside = box.left >= window.left and box.right <= window.right
            if not inside or box.bottom < window.bottom or box.top > window.top:
                return False
            if any(meet(box, other) for cell in _cells(box) for other in self._cells.get(cell, ())):
                return False
        for box in boxes:
            for cell in _cells(box):
                self._cells[cell].append(box)
        return True


def _cells(box: Box) -> Iterator[tuple[int, int]]:
    for column in range(int(box.left // _CELL_MM), int(box.right // _CELL_MM) + 1):
        for row in range(int(box.bottom // _CELL_MM), int(box.top // _CELL_MM) + 1):
            yield column, row


class Namer:
    """Writes the labels of layers."""

    def __init__(self, canvas: Canvas, on: Ground, taken: Taken, factor: float) -> None:
        self._canvas = canvas
        self._on = on
        self._taken = taken
        self._size = SIZE_MM * (0.6 + 0.4 * factor)
        self._left = NAMES_MOST

    def name(self, layer: Shown) -> None:
        """The labels of one layer, each at the first of its places that is free."""
        if layer.stock.style.label is None or not len(layer.shapes):
            return
        window = shapely.box(0, 0, self._on.window.width * MICROMETRES, self._on.window.height * MICROMETRES)
        seen = shapely.intersection(shapely.make_valid(layer.shapes), window)
        sizes = shapely.area(seen) if layer.stock.style.kind == "fill" else shapely.length(seen)
        for place in np.argsort(-sizes, kind="stable").tolist():
            text = layer.labels[place]
            if text and self._left and not seen[place].is_empty:
                self._named(layer, seen[place], text)

    def _named(self, layer: Shown, shape: shapely.Geometry, text: str) -> None:
        kind = layer.stock.style.kind
        if kind == "line" and not (layer.stock.contract.geometry or "").endswith("Polygon"):
            for places in self._along(shape, text):
                self._first([text], places)
            return
        lines = self._lines(text)
        if kind == "circle":
            self._first(lines, self._beside(shape, layer.stock.style.radius_px * RADIUS_MM_PER_PX))
        else:
            self._first(lines, self._inside(shape))

    def _lines(self, text: str) -> list[str]:
        """The lines of a name, of about the same length."""
        face = self._canvas.lettering.plain
        lines = wrapped(text, WIDEST_EM, face)
        if len(lines) == 1:
            return lines
        evenly = wrapped(text, face.width_em(text) / len(lines) + 0.6, face)
        return evenly if len(evenly) == len(lines) else lines

    def _sheet(self, x: float, y: float) -> tuple[float, float]:
        return self._on.window.left + x / MICROMETRES, self._on.window.bottom + y / MICROMETRES

    def _inside(self, shape: shapely.Geometry) -> list[_Try]:
        point = shape.point_on_surface()
        return [_Try(*self._sheet(point.x, point.y))]

    def _beside(self, shape: shapely.Geometry, radius: float) -> list[_Try]:
        point = shapely.get_geometry(shape, 0) if shape.geom_type == "MultiPoint" else shape
        x, y = self._sheet(point.x, point.y)
        aside, above = radius + 0.4 * self._size, radius + 0.75 * self._size
        return [
            _Try(x + aside, y, "left"),
            _Try(x - aside, y, "right"),
            _Try(x, y + above),
            _Try(x, y - above),
        ]

    def _along(self, shape: shapely.Geometry, text: str) -> Iterator[list[_Try | _Course]]:
        """For each stretch of a line the places in it: straight ones, and bends that letters can follow."""
        reach = self._canvas.lettering.plain.width_em(text) * self._size * MICROMETRES
        for part in shapely.get_parts(shapely.line_merge(shape)):
            if part.geom_type != "LineString" or part.length < reach * 1.3:
                continue
            times = max(1, int(part.length // (AGAIN_MM * MICROMETRES)))
            stretch = part.length / times
            for number in range(times):
                middles = [(number + share) * stretch for share in (0.5, 0.35, 0.65, 0.2, 0.8)]
                straight = [self._turned(part, at, reach) for at in middles]
                bent = [self._bent(part, at, reach, text) for at in middles]
                yield [each for each in (*straight, *bent) if each is not None]

    def _turned(self, line: shapely.LineString, at: float, reach: float) -> _Try | None:
        start, end = line.interpolate(at - reach / 2), line.interpolate(at + reach / 2)
        middle = line.interpolate(at)
        straight = math.hypot(end.x - start.x, end.y - start.y)
        if at - reach / 2 < 0 or at + reach / 2 > line.length or straight < _STRAIGHT * reach:
            return None
        turned = math.degrees(math.atan2(end.y - start.y, end.x - start.x))
        upright = turned - 180 if turned > 90 else turned + 180 if turned <= -90 else turned
        return _Try(*self._sheet(middle.x, middle.y), "middle", upright)

    def _bent(self, line: shapely.LineString, at: float, reach: float, text: str) -> _Course | None:
        """Letters that follow a line, where it does not bend too sharply; read from left to right."""
        begin = at - reach / 2
        if begin < 0 or begin + reach > line.length:
            return None
        start, end = line.interpolate(begin), line.interpolate(begin + reach)
        if math.hypot(end.x - start.x, end.y - start.y) < _BENT * reach:
            return None
        back = end.x < start.x
        face, half_em = self._canvas.lettering.plain, self._size * MICROMETRES / 2
        letters, middles, done, before = [], [], 0.0, None
        for mark in text:
            wide = face.width_em(mark) * self._size
            along = done + wide * MICROMETRES / 2
            place = begin + (reach - along if back else along)
            one, two = (
                line.interpolate(min(max(place + by, 0.0), line.length)) for by in (-half_em, half_em)
            )
            turn = math.atan2(two.y - one.y, two.x - one.x) + (math.pi if back else 0.0)
            if before is not None and abs(math.remainder(turn - before, math.tau)) > _SHARPEST:
                return None
            x, y = self._sheet(*line.interpolate(place).coords[0])
            down, left = CAP_EM * self._size / 2, wide / 2
            letters.append(
                Letter(
                    mark,
                    x + down * math.sin(turn) - left * math.cos(turn),
                    y - down * math.cos(turn) - left * math.sin(turn),
                    math.degrees(math.remainder(turn, math.tau)),
                )
            )
            middles.append((x, y))
            done, before = done + wide * MICROMETRES, turn
        return _Course(tuple(letters), tuple(middles))

    def _first(self, lines: list[str], places: Sequence[_Try | _Course]) -> None:
        for place in places:
            if self._taken.take(self._boxes(lines, place)):
                self._write(lines, place)
                self._left -= 1
                return

    def _boxes(self, lines: list[str], place: _Try | _Course) -> list[Box]:
        face, size = self._canvas.lettering.plain, self._size
        if isinstance(place, _Course):
            return [Box(x - size / 2, y - size / 2, size, size) for x, y in place.middles]
        width = max(face.width_em(line) for line in lines) * size
        height = size * (1 + LEADING * (len(lines) - 1))
        if place.turned_deg == 0.0:
            left = place.x - width * {"left": 0.0, "middle": 0.5, "right": 1.0}[place.align]
            return [Box(left, place.y - height / 2, width, height).grown(0.1 * size)]
        # A turned line takes a row of squares.
        turn = math.radians(place.turned_deg)
        count = max(1, round(width / size))
        step = width / count
        middles = [(number + 0.5) * step - width / 2 for number in range(count)]
        return [
            Box(
                place.x + along * math.cos(turn) - size / 2,
                place.y + along * math.sin(turn) - size / 2,
                size,
                size,
            )
            for along in middles
        ]

    def _write(self, lines: list[str], place: _Try | _Course) -> None:
        size = self._size
        if isinstance(place, _Course):
            self._canvas.haloed_along(place.letters, size, INK)
            return
        top = place.y + size * LEADING * (len(lines) - 1) / 2
        for number, line in enumerate(lines):
            y = baseline(top - number * size * LEADING, size)
            x = place.x
            if place.turned_deg:
                turn, down = math.radians(place.turned_deg), CAP_EM * size / 2
                x, y = place.x + down * math.sin(turn), place.y - down * math.cos(turn)
            self._canvas.haloed((x, y), size, line, align=place.align, color=INK, turned_deg=place.turned_deg)
