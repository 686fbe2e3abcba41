"""Vector tiles as pictures 矢量图层的图片瓦片, for desktop GIS that reads pictures alone.

A tile's own features, drawn by the layer's legend: colours, hatches, outlines,
lines, circles; and their names (:mod:`tiles.named`). Edges are smooth: everything
is drawn four times as large and averaged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.transform import Affine

from spatial.catalogue.contract import Legend
from spatial.catalogue.legend import OTHER, Sign
from spatial.catalogue.symbology import Hatch
from tiles.ground import EXTENT
from tiles.hatches import INK, SIZE_PX, inked
from tiles.lettered import lettered
from tiles.matrix import TILE_PX, Tile
from tiles.named import SIZE_STOPS, along, at_points, written
from tiles.styles import RIM_STOPS, radius_stops, width_stops
from tiles.vector import Neighbour

Bytes = NDArray[np.uint8]
Floats = NDArray[np.float64]
Shapes = NDArray[np.object_]
SAMPLES = 4
"""Per pixel and direction."""
STEPS = EXTENT / TILE_PX
"""Of the tile's grid, to a pixel."""
LEAST_PX = 0.75
"""What is thinner is drawn so thin that it is not seen."""
COUNT = "count"
_RIM = "#ffffff"
_STAMP, _STAMP_STRENGTH, _STAMP_PX = "#9a3b12", 0.75, 13
_HALO, _HALO_STRENGTH, _BESIDE_PX = "#ffffff", 0.85, 4.0
_RINGS_PX = ((0, 9), (1, 12), (2, 16), (3, 20), (4, 25), (6, 32))
"""How large a cluster is drawn, by the logarithm of its number."""
_RING_PX, _NUMBER_PX = 3, 12
_TO_GRID = Affine(EXTENT / (TILE_PX * SAMPLES), 0, 0, 0, -EXTENT / (TILE_PX * SAMPLES), EXTENT)


@dataclass(frozen=True, slots=True)
class Features:
    """What a tile holds: shapes on its grid, y upwards, and the place of each one's sign."""

    shapes: Shapes
    signs: NDArray[np.intp]
    counts: NDArray[np.intp]
    """How many each stands for."""


class Picture:
    """A tile being painted: red, green, blue by their share, and opacity."""

    def __init__(self) -> None:
        self._rgb = np.zeros((3, TILE_PX, TILE_PX))
        self._alpha = np.zeros((TILE_PX, TILE_PX))

    def lay(self, rgb: Floats, alpha: Floats) -> None:
        """Lay a colour on what is there, as strongly as ``alpha`` says at each pixel."""
        self._rgb = self._rgb * (1 - alpha) + rgb * alpha
        self._alpha = self._alpha + alpha * (1 - self._alpha)

    def bands(self) -> Bytes:
        """Red, green, blue, opacity, shape (4, 256, 256)."""
        colors = np.divide(self._rgb, self._alpha, out=np.zeros_like(self._rgb), where=self._alpha > 0)
        return np.round(np.concatenate((colors, self._alpha[None] * 255))).clip(0, 255).astype(np.uint8)


def painted(
    body: bytes,
    style: Legend,
    signs: Sequence[Sign],
    tile: Tile,
    level: float,
    *,
    labels: Sequence[Neighbour] = (),
    synthetic: bool = False,
) -> Bytes:
    """The features of a vector tile, drawn by a legend. ``level``: the zoom in Web Mercator's levels.

    ``labels`` are the tiles of labels of this place and about it, for points and areas.
    What is synthetic bears its stamp in one tile of four.
    """
    picture = Picture()
    if body and level >= style.min_zoom:
        found = features(body, style.by, signs)
        {"fill": _areas, "line": _lines, "circle": _circles}[style.kind](
            picture, found, style, signs, tile, level
        )
    if level >= style.min_zoom and style.label is not None:
        _named(picture, body, style, tile, level, labels)
    if body and synthetic and tile.row % 2 == tile.column % 2 == 0:
        _stamped(picture)
    return picture.bands()


def _named(
    picture: Picture, body: bytes, style: Legend, tile: Tile, level: float, labels: Sequence[Neighbour]
) -> None:
    size_px = round(_at(SIZE_STOPS, level), 1)
    assert style.label is not None
    if style.kind == "line":
        names = along(_courses(body, style.label, tile), size_px)
    else:
        beside_px = _at(radius_stops(style.radius_px), level) + _BESIDE_PX if style.kind == "circle" else None
        names = at_points(labels, style.label, size_px, beside_px)
    halo, ink = written([mark for name in names for mark in name.marks], size_px)
    picture.lay(_rgb(_HALO), halo * _HALO_STRENGTH)
    picture.lay(_rgb(INK), ink)


def _courses(body: bytes, label: str, tile: Tile) -> list[tuple[shapely.Geometry, str]]:
    """The lines to be named in a tile: in every other one, and where a line has no other."""
    if not body or label not in pyogrio.read_info(body)["fields"]:
        return []
    meta, table = pyogrio.read_arrow(body, columns=[label])
    shapes = shapely.from_wkb(table.column(meta["geometry_name"] or "wkb_geometry").to_numpy())
    named = (
        (shape, text) for shape, text in zip(shapes, table.column(label).to_pylist(), strict=True) if text
    )
    here = (tile.row + tile.column) % 2 == 0
    whole = shapely.box(1, 1, EXTENT - 1, EXTENT - 1)  # what the reader cut ends on the edge
    return [(shape, str(text)) for shape, text in named if here or whole.contains(shape)]


def _stamped(picture: Picture) -> None:
    alpha = np.zeros((TILE_PX, TILE_PX))
    _write(alpha, "合成数据", _STAMP_PX, 8, 8)
    picture.lay(_rgb(_STAMP), alpha * _STAMP_STRENGTH)


def _write(alpha: Floats, text: str, size_px: int, row: int, column: int) -> None:
    """Words with their upper left corner at a pixel, as far as they lie in the tile."""
    ink = lettered(text, size_px)
    above, before = max(0, -row), max(0, -column)
    part = ink[above : max(above, TILE_PX - row), before : max(before, TILE_PX - column)]
    place = alpha[
        row + above : row + above + part.shape[0], column + before : column + before + part.shape[1]
    ]
    np.maximum(place, part, out=place)


def features(body: bytes, by: str | None, signs: Sequence[Sign]) -> Features:
    """The shapes of a tile of one layer, and which sign each is drawn by."""
    carried = pyogrio.read_info(body)["fields"]
    classed, grouped = by is not None and by in carried, COUNT in carried
    wanted = [*([by] if classed else []), *([COUNT] if grouped else [])]
    meta, table = pyogrio.read_arrow(body, columns=wanted)
    shapes = shapely.from_wkb(table.column(meta["geometry_name"] or "wkb_geometry").to_numpy())
    places = {sign.code: place for place, sign in enumerate(signs)}
    others = places.get(None, 0)
    values = table.column(by).to_pylist() if classed else [None] * len(shapes)
    codes = (None if value is None else str(value) for value in values)
    counts = [int(each or 1) for each in table.column(COUNT).to_pylist()] if grouped else [1] * len(shapes)
    return Features(
        shapes,
        np.array([places.get(code, others) for code in codes], np.intp),
        np.array(counts, np.intp),
    )


def _areas(
    picture: Picture, found: Features, style: Legend, signs: Sequence[Sign], tile: Tile, level: float
) -> None:
    which = _burnt(zip(found.shapes, range(1, len(found.shapes) + 1), strict=True))
    held = np.concatenate(([0], found.signs + 1))[which]
    _colored(picture, held, signs, style.opacity)
    for place in _present(held):
        hatch = signs[place - 1].hatch
        if hatch is not Hatch.NONE:
            picture.lay(_rgb(INK), _averaged(held == place) * _pattern(hatch, tile))
    edges = _edges(which, max(_at(width_stops(style.width_px), level), LEAST_PX))
    if style.outline is not None:
        picture.lay(_rgb(style.outline), _averaged(edges))
    else:
        _colored(picture, np.where(edges, held, 0), signs, 1.0)


def _edges(which: NDArray[np.uint32], width_px: float) -> NDArray[np.bool_]:
    """Where one area ends and another, or none, begins: half the width on either side.

    What the tile cuts is no edge: it lies in the buffer, out of sight.
    """
    found = np.zeros(which.shape, bool)
    for axis in (0, 1):
        before, after = slice(None, -1), slice(1, None)
        here, there = ((slice(None), before), (slice(None), after)) if axis else (before, after)
        differs = which[here] != which[there]
        found[here] |= differs
        found[there] |= differs
    for _ in range(round((width_px * SAMPLES - 2) / 2)):
        found = _wider(found)
    return found


def _wider(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """By one sample to each side."""
    wide = mask.copy()
    wide[1:] |= mask[:-1]
    wide[:-1] |= mask[1:]
    wide[:, 1:] |= mask[:, :-1]
    wide[:, :-1] |= mask[:, 1:]
    return wide


def _lines(
    picture: Picture, found: Features, style: Legend, signs: Sequence[Sign], _: Tile, level: float
) -> None:
    if style.outline is not None:
        picture.lay(_rgb(style.outline), _stroked(found.shapes, _at(width_stops(style.width_px + 2), level)))
    width = _at(width_stops(style.width_px), level)
    _colored(picture, _strokes(found.shapes, found.signs, width), signs, style.opacity)


def _circles(
    picture: Picture, found: Features, style: Legend, signs: Sequence[Sign], _: Tile, level: float
) -> None:
    radius, rim = _at(radius_stops(style.radius_px), level), _at(RIM_STOPS, level)
    wide = shapely.buffer(found.shapes, (radius + rim) * STEPS, quad_segs=4)
    discs = shapely.buffer(found.shapes, radius * STEPS, quad_segs=4)
    # Each circle covers the rim of those before it, and so the rim is a sign of its own.
    around = [*signs, Sign(None, OTHER, style.outline or _RIM)]
    single = found.counts == 1
    drawn = zip(wide[single], discs[single], found.signs[single] + 1, strict=True)
    held = _burnt(each for rim, disc, place in drawn for each in ((rim, len(around)), (disc, place)))
    _colored(picture, held, around, style.opacity)
    _clusters(picture, found, signs)


def _clusters(picture: Picture, found: Features, signs: Sequence[Sign]) -> None:
    """Rings as large as they hold many, in the colour of the class that is there most often."""
    many = found.counts > 1
    if not many.any():
        return
    counts, middles = found.counts[many], found.shapes[many]
    logs, sizes = zip(*_RINGS_PX, strict=True)
    radii = np.interp(np.log10(counts), logs, sizes)
    rings = shapely.buffer(middles, (radii + _RING_PX) * STEPS, quad_segs=8)
    papers = shapely.buffer(middles, radii * STEPS, quad_segs=8)
    around = [*signs, Sign(None, OTHER, _RIM)]
    pairs = zip(rings, papers, found.signs[many] + 1, strict=True)
    held = _burnt(each for ring, paper, place in pairs for each in ((ring, place), (paper, len(around))))
    _colored(picture, held, around, 1.0)
    alpha = np.zeros((TILE_PX, TILE_PX))
    for count, x, y in zip(counts.tolist(), shapely.get_x(middles), shapely.get_y(middles), strict=True):
        high, wide = lettered(str(count), _NUMBER_PX).shape
        row, column = (EXTENT - y) / STEPS - high / 2, x / STEPS - wide / 2
        _write(alpha, str(count), _NUMBER_PX, round(row), round(column))
    picture.lay(_rgb(INK), alpha)


def _colored(picture: Picture, held: NDArray[np.uint32], signs: Sequence[Sign], opacity: float) -> None:
    """Every place in the colour of the sign that holds it."""
    shares = [(signs[place - 1], _averaged(held == place)) for place in _present(held)]
    covered = sum((share for _, share in shares), np.zeros((TILE_PX, TILE_PX)))
    mixed = np.zeros((3, TILE_PX, TILE_PX))
    for sign, share in shares:
        mixed += _rgb(sign.color) * share
    np.divide(mixed, covered, out=mixed, where=covered > 0)
    picture.lay(mixed, np.minimum(covered, 1.0) * opacity)


def _strokes(lines: Shapes, signs: NDArray[np.intp], width_px: float) -> NDArray[np.uint32]:
    bands = shapely.buffer(lines, max(width_px, LEAST_PX) * STEPS / 2, quad_segs=3)
    return _burnt(zip(bands, signs + 1, strict=True))


def _stroked(lines: Shapes, width_px: float) -> Floats:
    return _averaged(_strokes(lines, np.zeros(len(lines), np.intp), width_px) > 0)


def _burnt(shapes: Iterable[tuple[shapely.Geometry, int]]) -> NDArray[np.uint32]:
    """Which shape lies where, the last on top; 0 where none does."""
    side = TILE_PX * SAMPLES
    drawn = [(shape, int(value)) for shape, value in shapes if not shape.is_empty]
    if not drawn:
        return np.zeros((side, side), np.uint32)
    burnt: NDArray[np.uint32] = rasterize(drawn, (side, side), transform=_TO_GRID, dtype="uint32")
    return burnt


def _present(held: NDArray[Any]) -> list[int]:
    """The places of the signs that hold something, in order; 0 is nothing. Counted, as there are few:
    to sort a million samples takes longer."""
    found: list[int] = np.flatnonzero(np.bincount(held.ravel())[1:]).tolist()
    return [place + 1 for place in found]


def _averaged(held: NDArray[np.bool_]) -> Floats:
    """How much of each pixel; whole numbers of samples, added in bytes."""
    samples = held.view(np.uint8)
    rows: Bytes = sum((samples[place::SAMPLES] for place in range(1, SAMPLES)), samples[::SAMPLES])
    count: Bytes = sum((rows[:, place::SAMPLES] for place in range(1, SAMPLES)), rows[:, ::SAMPLES])
    return count / SAMPLES**2


def _pattern(hatch: Hatch, tile: Tile) -> Floats:
    """A hatch that goes on from tile to tile."""
    ink = np.array(inked(hatch))
    rows = (np.arange(TILE_PX) + tile.row * TILE_PX) % SIZE_PX
    columns = (np.arange(TILE_PX) + tile.column * TILE_PX) % SIZE_PX
    found: Floats = ink[rows[:, None], columns]
    return found


def _at(stops: Sequence[tuple[float, float]], level: float) -> float:
    zooms, sizes = zip(*stops, strict=True)
    return float(np.interp(level, zooms, sizes))


def _rgb(color: str | tuple[int, int, int]) -> Floats:
    """Shape (3, 1, 1)."""
    parts = (
        [int(color[place : place + 2], 16) for place in (1, 3, 5)] if isinstance(color, str) else list(color)
    )
    return np.array(parts, float).reshape(3, 1, 1)
