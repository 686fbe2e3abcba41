"""The grid of a level 格网: whole numbers over the ground of a matrix set, the same for every tile."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from spatial.datum.frames import frame
from spatial.datum.projection import window_x_y
from spatial.history.model import SRID
from tiles.ground import BUFFER, EXTENT, lon_lat
from tiles.matrix import METRES_PER_DEGREE, SPHERE_M, TILE_PX, Box, MatrixSet, Tile

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

UNITS = 8192
"""To the side of the finest far tile: positions of all far levels are told in them, so all agree."""
BLOCKS = 16
"""To the side of a tile: each is made coarser by itself where it holds too much."""
REACH = EXTENT / BLOCKS * 1.02
"""So far beyond its edges, in steps, what lies there may change a tile: a block, and what rounding moves."""
MERCATOR_END_DEG = 85.06


@dataclass(frozen=True, slots=True)
class Lattice:
    """The cells of one level."""

    matrix_set: MatrixSet
    zoom: int
    cells: int
    """To the side of a tile."""

    @property
    def step(self) -> int:
        """Side of a cell, in units."""
        return (UNITS << self._coarser) // self.cells

    @property
    def block(self) -> int:
        """Side of a block, in cells."""
        return self.cells // BLOCKS

    @property
    def buffer(self) -> int:
        """How far a tile reaches beyond its edges, in cells."""
        return self.cells * BUFFER // EXTENT

    @property
    def sample(self) -> int:
        """Where in a cell its sample point lies, in units from the upper left.

        Every sample point is one of the finer levels' too: what a level shows is there on the next.
        """
        step = (UNITS // self.cells) or 1
        place = step // 2
        for level in range(self._coarser):
            place += (level % 2) * step
            step *= 2
        return place

    def window(self, tile: Tile) -> tuple[int, int]:
        """The first column and row of cells that a tile is made of: a block more on every side."""
        return tile.column * self.cells - self.block, tile.row * self.cells - self.block

    def ground(self, tile: Tile) -> Box:
        """The degrees of a tile and the blocks around it."""
        side = self.matrix_set.tile_side(tile.zoom)
        box = lon_lat(self.matrix_set, self.matrix_set.bounds(tile).grown(side * REACH / EXTENT))
        return Box(max(box.left, -180.0), max(box.bottom, -90.0), min(box.right, 180.0), min(box.top, 90.0))

    def units(self, lon: Floats, lat: Floats) -> tuple[Ints, Ints]:
        """Positions in degrees as whole units from the upper left of the set; y downwards."""
        unit = self.matrix_set.tile_side(self.matrix_set.near_zoom - 1) / UNITS
        x, y = _placed(self.matrix_set, lon, lat)
        return (
            np.rint((x - self.matrix_set.left) / unit).astype(np.int64),
            np.rint((self.matrix_set.top - y) / unit).astype(np.int64),
        )

    @property
    def _coarser(self) -> int:
        return self.matrix_set.near_zoom - 1 - self.zoom


def pixel_deg(matrix_set: MatrixSet, zoom: int) -> float:
    """A pixel of a level in degrees along the equator or the central meridian: one for all its tiles."""
    units = 1.0 if matrix_set.epsg == SRID else METRES_PER_DEGREE
    return matrix_set.tile_side(zoom) / TILE_PX / units


def _placed(matrix_set: MatrixSet, lon: Floats, lat: Floats) -> tuple[Floats, Floats]:
    if matrix_set.epsg == SRID:
        return lon, lat
    if matrix_set.epsg == 3857:
        north = np.radians(np.clip(lat, -MERCATOR_END_DEG, MERCATOR_END_DEG))
        return np.radians(lon) * SPHERE_M, np.arcsinh(np.tan(north)) * SPHERE_M
    return window_x_y(lon, lat, frame(f"EPSG:{matrix_set.epsg}"))


_A_M, _F = 6378137.0, 1 / 298.257222101
_E = math.sqrt(_F * (2 - _F))


def row_areas_m2(lattice: Lattice, tile: Tile) -> Floats:
    """Of a cell in each row of a tile, on the ellipsoid; in a zone, on its plane."""
    bounds = lattice.matrix_set.bounds(tile)
    side = lattice.matrix_set.tile_side(tile.zoom)
    edges = bounds.top - np.arange(lattice.cells + 1) * (side / lattice.cells)
    if lattice.matrix_set.epsg == SRID:
        lat, width_deg = edges, side / lattice.cells
    elif lattice.matrix_set.epsg == 3857:
        lat, width_deg = (
            np.degrees(np.arctan(np.sinh(edges / SPHERE_M))),
            math.degrees(side / lattice.cells / SPHERE_M),
        )
    else:
        return np.full(lattice.cells, (side / lattice.cells) ** 2)
    sine = np.sin(np.radians(np.clip(lat, -90, 90)))
    band = (1 - _E**2) * _A_M**2 / 2 * (sine / (1 - (_E * sine) ** 2) + np.arctanh(_E * sine) / _E)
    return np.asarray(np.radians(width_deg) * (band[:-1] - band[1:]))
