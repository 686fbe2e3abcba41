"""Beidou codes of many positions at once: integer arrays first, text only when asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from spatial.errors import BadCoordinate, OutsideArea
from spatial.grid.beidou import block
from spatial.grid.beidou.cell import DIGITS, ROW_LETTERS
from spatial.grid.beidou.levels import DEEPEST, LATITUDE_LIMIT_DEG, LEVELS
from spatial.grid.units import UNITS_PER_DEGREE, Integers, away_units, require_level

_CHARACTERS = np.frombuffer(DIGITS.encode("utf-32-le"), dtype=np.uint32)
_ROWS = np.frombuffer(ROW_LETTERS.encode("utf-32-le"), dtype=np.uint32)
_HEMISPHERES = np.frombuffer("NS".encode("utf-32-le"), dtype=np.uint32)
_Text = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Cells:
    """Many cells of one level: signed columns and rows as in ``Cell``, each of shape (n,)."""

    level: int
    columns: Integers
    rows: Integers

    def codes(self) -> NDArray[np.str_]:
        """The codes, shape (n,).

        >>> encode_many([118.7909, -70.5], [36.8560, -33.4], 5).codes().tolist()
        ['N50J9152165', 'S19I9240400']
        """
        parts = [_HEMISPHERES[(self.rows < 0).astype(np.intp)][:, None], *self.segments()]
        return _joined(parts)

    def centres(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Longitudes and latitudes of the middles, in degrees."""
        shape = LEVELS[self.level]
        lon = (2 * self.columns + 1) * shape.width / (2 * UNITS_PER_DEGREE)
        return lon, (2 * self.rows + 1) * shape.height / (2 * UNITS_PER_DEGREE)

    def segments(self) -> list[_Text]:
        """The characters each level adds, as code points of shape (n, width)."""
        shape = LEVELS[self.level]
        column = np.where(self.columns < 0, ~self.columns, self.columns)
        row = np.where(self.rows < 0, ~self.rows, self.rows)
        parts: list[_Text] = []
        for level in LEVELS[1 : self.level + 1]:
            lon = column // (level.width // shape.width)
            lat = row // (level.height // shape.height)
            if level.number == 1:
                number = np.where(self.columns < 0, 30 - lon, 31 + lon)
                parts.append(_stacked(_CHARACTERS[number // 10], _CHARACTERS[number % 10], _ROWS[lat]))
            elif level.paired:
                parts.append(_stacked(_CHARACTERS[lon % level.columns], _CHARACTERS[lat % level.rows]))
            else:
                parts.append(_stacked(_CHARACTERS[lat % level.rows * 2 + lon % level.columns]))
        return parts


@dataclass(frozen=True, slots=True)
class Blocks:
    """Many blocks of one level; fields as in ``Block``, each of shape (n,)."""

    cells: Cells
    below: NDArray[np.bool_]
    magnitudes: Integers

    def codes(self) -> NDArray[np.str_]:
        """The three-dimensional codes, shape (n,)."""
        total = LEVELS[self.cells.level].height_bits
        south = (self.cells.rows < 0).astype(np.intp)
        parts = [_stacked(_HEMISPHERES[south], _CHARACTERS[self.below.astype(np.intp)])]
        for level, plane in zip(LEVELS[1:], self.cells.segments(), strict=False):
            digit = self.magnitudes >> (total - level.height_bits) & (1 << level.digit_bits) - 1
            parts.append(plane)
            if level.number == 1:
                parts.append(_stacked(_CHARACTERS[digit // 10], _CHARACTERS[digit % 10]))
            else:
                parts.append(_stacked(_CHARACTERS[digit]))
        return _joined(parts)


def encode_many(lon_deg: ArrayLike, lat_deg: ArrayLike, level: int = DEEPEST) -> Cells:
    """The cells of many CGCS2000 positions in degrees, shape (n,) each, level 1–10.

    Gives what :func:`~spatial.grid.beidou.cell.encode` gives for each pair.
    """
    shape = LEVELS[require_level(level, 1, DEEPEST)]
    x, west = away_units(lon_deg)
    y, south = away_units(lat_deg)
    if x.shape != y.shape or x.ndim != 1:
        raise BadCoordinate(
            f"经度与纬度的个数须相同:{x.shape}, {y.shape}",
            f"there must be as many longitudes as latitudes: {x.shape}, {y.shape}",
            value=f"{x.shape}, {y.shape}",
        )
    half_turn, limit = 180 * UNITS_PER_DEGREE, LATITUDE_LIMIT_DEG * UNITS_PER_DEGREE
    if (beyond := np.abs(np.asarray(lon_deg, dtype=np.float64).reshape(-1)) > 180).any():
        value = float(np.asarray(lon_deg, dtype=np.float64).reshape(-1)[beyond][0])
        raise BadCoordinate(
            f"经度须在 ±180° 以内:{value}", f"longitude must lie within ±180°: {value}", value=value
        )
    if (polar := y >= limit).any():
        value = float(np.asarray(lat_deg, dtype=np.float64).reshape(-1)[polar][0])
        raise OutsideArea(
            f"北斗网格码在此仅支持纬度绝对值小于 88° 的范围:{value}",
            f"Beidou codes are available for |latitude| < 88° only: {value}",
            value=value,
        )
    columns = np.minimum(x, half_turn - 1) // shape.width
    rows = y // shape.height
    return Cells(level, np.where(west, ~columns, columns), np.where(south, ~rows, rows))


def encode_blocks(
    lon_deg: ArrayLike, lat_deg: ArrayLike, height_m: ArrayLike, level: int = DEEPEST
) -> Blocks:
    """The blocks of many positions with ellipsoidal heights in metres, shape (n,) each.

    >>> encode_blocks([118.7909], [36.8560], [23.4]).codes().tolist()
    ['N050J009105021065010463730513343']
    """
    cells = encode_many(lon_deg, lat_deg, level)
    heights = np.atleast_1d(np.asarray(height_m, dtype=np.float64))
    if heights.shape != cells.rows.shape or not np.isfinite(heights).all():
        raise BadCoordinate(
            f"每个位置须有一个有限的高度:{heights.shape}",
            f"every position needs one finite height: {heights.shape}",
            value=str(heights.shape),
        )
    layers = _layers(heights)
    shift = block.MAGNITUDE_BITS - LEVELS[level].height_bits
    return Blocks(cells, layers < 0, np.abs(layers) >> shift)


def _layers(heights_m: NDArray[np.float64]) -> Integers:
    """Layer numbers; what lies too near a boundary for floats is decided exactly."""
    with np.errstate(invalid="ignore", divide="ignore"):
        real = block.LAYERS_PER_FACTOR * np.log1p(heights_m / block.RADIUS_M) / np.log1p(np.pi / 180)
    doubtful = ~np.isfinite(real) | (np.abs(real) >= 2**31 - 1) | (np.abs(real - np.rint(real)) < 1e-5)
    layers = np.floor(np.where(doubtful, 0, real)).astype(np.int64)
    for place in np.flatnonzero(doubtful & (heights_m != 0)):
        layers[place] = block.layer(float(heights_m[place]))
    return layers


def _stacked(*columns: _Text) -> _Text:
    return np.stack(columns, axis=1)


def _joined(parts: list[_Text]) -> NDArray[np.str_]:
    text = np.ascontiguousarray(np.concatenate(parts, axis=1))
    return text.view(f"U{text.shape[1]}").reshape(-1)
