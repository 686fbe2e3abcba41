"""Names on pictures of vector layers 图片瓦片上的注记: whole, whichever tiles they lie across.

Names of points and areas stand at the places that tiles of labels give, one for
each feature in one tile. Whether a name is written hangs on the names about it
alone, in an order that is even over the ground: it gives way to any that comes
before it and would touch it. A name reaches less than half a tile, so what a
tile and its neighbours hold decides all that is seen in the tile, and each
neighbour comes to the same. Names along lines lie within their tile.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from zlib import crc32

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import Affine

from tiles.ground import EXTENT
from tiles.lettered import glyph, width_em
from tiles.matrix import TILE_PX
from tiles.vector import FID, Neighbour

SAMPLES = 4
"""Per pixel and direction."""
STEPS = EXTENT / TILE_PX
SIZE_STOPS = ((9, 11), (13, 13), (17, 15))
"""Zoom in Web Mercator's levels, and the size of names there, in pixels."""
WIDEST_EM, LINES_MOST = 7.4, 3
LEADING = 1.2
MIDDLE_EM = 0.38
"""From the baseline to half the height of hanzi."""
GAP_PX = 3.0
"""Between names."""
HALO_PX = 1.5
_MARGIN_PX = 4
"""Drawn around a tile, so that a halo is the same on both sides of an edge."""
_BEND = 0.94
"""A stretch that is straighter than so much of its length can carry a name."""
_SHARES = (0.5, 0.35, 0.65, 0.2, 0.8)

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Mark:
    """A character in its place: the middle of its baseline in pixels from the upper left, and its turn."""

    text: str
    x: float
    y: float
    turn: float = 0.0
    """Radians, counted as those of the screen: clockwise."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name at its place."""

    order: tuple[int, str]
    box: shapely.Geometry
    marks: tuple[Mark, ...]


def written(marks: Sequence[Mark], size_px: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How much of each pixel of a tile is halo or ink, and how much is ink."""
    side = (TILE_PX + 2 * _MARGIN_PX) * SAMPLES
    shapes = [shape for mark in marks if not (shape := _shape(mark, size_px)).is_empty]
    if not shapes:
        return np.zeros((TILE_PX, TILE_PX)), np.zeros((TILE_PX, TILE_PX))
    to_pixels = Affine(1 / SAMPLES, 0, -_MARGIN_PX, 0, 1 / SAMPLES, -_MARGIN_PX)
    ink = rasterize(shapes, (side, side), transform=to_pixels, dtype="uint8").astype(bool)
    return _shares(_wide(ink, round(HALO_PX * SAMPLES))), _shares(ink)


def at_points(
    neighbours: Sequence[Neighbour], field: str, size_px: float, beside_px: float | None
) -> list[Name]:
    """Names that are written, of a tile and the eight about it. ``beside_px``: to the right of a sign."""
    found = [name for each in neighbours for name in _candidates(each, field, size_px, beside_px)]
    found.sort(key=lambda name: name.order)
    tree = shapely.STRtree([name.box for name in found])
    meeting = tree.query([name.box for name in found], predicate="intersects")
    hidden = {int(later) for later, earlier in meeting.T if earlier < later}
    return [name for place, name in enumerate(found) if place not in hidden]


def along(lines: Sequence[tuple[shapely.Geometry, str]], size_px: float) -> list[Name]:
    """Names along lines on a tile's grid, y upwards: within the tile, the longest line first."""
    inside = shapely.box(0, 0, TILE_PX, TILE_PX)
    placed: list[Name] = []
    for line, text in sorted(lines, key=lambda pair: (-pair[0].length, pair[1])):
        flat = shapely.transform(line, lambda xy: np.column_stack((xy[:, 0], EXTENT - xy[:, 1])) / STEPS)
        for part in shapely.get_parts(shapely.line_merge(flat)):
            name = _first(part, text, size_px, inside, placed)
            if name is not None:
                placed.append(name)
                break
    return placed


def _candidates(neighbour: Neighbour, field: str, size_px: float, beside_px: float | None) -> Iterator[Name]:
    """The names whose places lie in a tile itself, not in its margin."""
    if not neighbour.body:
        return
    meta, table = pyogrio.read_arrow(neighbour.body)
    if field not in table.column_names:
        return
    points = shapely.from_wkb(table.column(meta["geometry_name"] or "wkb_geometry").to_numpy())
    names = zip(points, table.column(FID).to_pylist(), table.column(field).to_pylist(), strict=True)
    for point, fid, text in names:
        if text is None or not (0 <= point.x < EXTENT and 0 < point.y <= EXTENT):
            continue
        lines = _lines(str(text))
        if not lines:
            continue
        # On whole pixels: letters are as sharp wherever they stand.
        x = round(point.x / STEPS) + neighbour.right * TILE_PX
        y = round((EXTENT - point.y) / STEPS) + neighbour.down * TILE_PX
        yield _at(x, y, lines, (crc32(str(fid).encode()), str(fid)), size_px, beside_px)


def _at(
    x: float, y: float, lines: list[str], order: tuple[int, str], size_px: float, beside_px: float | None
) -> Name:
    widths = [width_em(line) * size_px for line in lines]
    wide, high = max(widths), size_px * (1 + LEADING * (len(lines) - 1))
    left = x - wide / 2 if beside_px is None else x + beside_px
    marks: list[Mark] = []
    for number, (line, width) in enumerate(zip(lines, widths, strict=True)):
        at = left + ((wide - width) / 2 if beside_px is None else 0.0)
        middle = y + size_px * LEADING * (number - (len(lines) - 1) / 2)
        for character in line:
            half = width_em(character) * size_px / 2
            marks.append(Mark(character, at + half, middle + MIDDLE_EM * size_px))
            at += 2 * half
    half_gap = GAP_PX / 2
    box = shapely.box(
        left - half_gap, y - high / 2 - half_gap, left + wide + half_gap, y + high / 2 + half_gap
    )
    return Name(order, box, tuple(marks))


def _lines(text: str) -> list[str]:
    """A name in lines of about the same length; nothing of one that needs too many."""
    text = " ".join(text.split())
    count = math.ceil(width_em(text) / WIDEST_EM)
    if not 0 < count <= LINES_MOST:
        return []
    lines, left = [], text
    for more in range(count, 0, -1):
        wanted, end = width_em(left) / more, 1
        while end < len(left) and width_em(left[: end + 1]) <= min(wanted + 0.5, WIDEST_EM):
            end += 1
        end = len(left) if more == 1 else _between_words(left, end)
        lines.append(left[:end].strip())
        left = left[end:].strip()
        if not left:
            break
    return lines if max(map(width_em, lines)) <= WIDEST_EM else []


def _between_words(text: str, end: int) -> int:
    """Hanzi part anywhere, words at spaces where one is near."""
    space = text.rfind(" ", 1, end + 1)
    return space if space > end // 2 and text[end : end + 1].isascii() else end


def _first(
    line: shapely.LineString, text: str, size_px: float, inside: shapely.Geometry, placed: Sequence[Name]
) -> Name | None:
    """A name at the first place along a line where it fits."""
    reach = width_em(text) * size_px
    if not text or line.length < reach * 1.2:
        return None
    # A hair wide, so that small bends do not shake the letters.
    smooth = shapely.simplify(line, 1.0)
    for share in _SHARES:
        start = share * smooth.length - reach / 2
        if start < 0 or start + reach > smooth.length:
            continue
        name = _bent(smooth, start, text, size_px, reach)
        free = name is not None and not any(name.box.intersects(other.box) for other in placed)
        if name is not None and free and inside.contains(name.box):
            return name
    return None


def _bent(line: shapely.LineString, start: float, text: str, size_px: float, reach: float) -> Name | None:
    """A name whose letters follow a line, read from left to right."""
    ends = [line.interpolate(start), line.interpolate(start + reach)]
    if math.hypot(ends[1].x - ends[0].x, ends[1].y - ends[0].y) < _BEND * reach:
        return None
    forward = (ends[1].x, ends[1].y) >= (ends[0].x, ends[0].y)
    marks, at = [], 0.0
    for character in text:
        half = width_em(character) * size_px / 2
        along_px = start + at + half if forward else start + reach - at - half
        middle = line.interpolate(along_px)
        before, after = (line.interpolate(max(0.0, along_px + by)) for by in (-size_px, size_px))
        turn = math.atan2(after.y - before.y, after.x - before.x) + (0.0 if forward else math.pi)
        down = MIDDLE_EM * size_px
        marks.append(
            Mark(character, middle.x - down * math.sin(turn), middle.y + down * math.cos(turn), turn)
        )
        at += 2 * half
    box = shapely.ops.substring(line, start, start + reach).buffer(size_px / 2 + GAP_PX / 2, quad_segs=2)
    return Name((0, text), box, tuple(marks))


def _shape(mark: Mark, size_px: float) -> shapely.Geometry:
    """A character in pixels; nothing of one that lies off the tile."""
    outside = 2 * size_px
    if not (-outside < mark.x < TILE_PX + outside and -outside < mark.y < TILE_PX + outside):
        return shapely.Polygon()
    scale, half = size_px / 1000, width_em(mark.text) * size_px / 2
    cos, sin = math.cos(mark.turn), math.sin(mark.turn)

    def placed(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        right, down = xy[:, 0] * scale - half, -xy[:, 1] * scale
        return np.column_stack((mark.x + right * cos - down * sin, mark.y + right * sin + down * cos))

    return shapely.transform(glyph(mark.text), placed)


def _wide(mask: Mask, by: int) -> Mask:
    """All that is within so many samples."""
    found = mask
    for number in range(by):
        wide = found.copy()
        wide[1:] |= found[:-1]
        wide[:-1] |= found[1:]
        wide[:, 1:] |= found[:, :-1]
        wide[:, :-1] |= found[:, 1:]
        if number % 2:  # to the corners as well, every other time: nearly round
            wide[1:, 1:] |= found[:-1, :-1]
            wide[:-1, :-1] |= found[1:, 1:]
            wide[1:, :-1] |= found[:-1, 1:]
            wide[:-1, 1:] |= found[1:, :-1]
        found = wide
    return found


def _shares(mask: Mask) -> NDArray[np.float64]:
    """How much of each pixel of the tile."""
    edge = _MARGIN_PX * SAMPLES
    blocks = mask[edge:-edge, edge:-edge].reshape(TILE_PX, SAMPLES, TILE_PX, SAMPLES)
    share: NDArray[np.float64] = blocks.mean((1, 3))
    return share
