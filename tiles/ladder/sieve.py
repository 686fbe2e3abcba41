"""Which areas of a layer a level can show 筛选: those that may cover one of its sample points.

Far out most areas lie between the sample points and are only counted. To tell
them in the database, where they lie, the frame of the tile is followed by a
polynomial of the second degree in degrees. How far it may be off is measured,
and in doubt an area passes: what is sifted out has no part in the tile's cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tiles.ladder.lattice import Floats, Lattice
from tiles.matrix import Tile

FOLLOWED = 16
"""Cells to a side of the largest area that is judged; a larger one passes."""
IDLE_CELLS = 1e-3
"""A term that moves nothing farther is left out."""
_POINTS = 17
"""To each side, at which the polynomial is fitted and measured."""


@dataclass(frozen=True, slots=True)
class Sieve:
    """Places of a tile in cells from its upper left corner, sample points on whole numbers.

    A place is a polynomial of the degrees ``e`` and ``n`` from the middle:
    the terms 1, e, n, e², e·n, n².
    """

    middle_lon_deg: float
    middle_lat_deg: float
    across: tuple[float, ...]
    down: tuple[float, ...]
    slopes: tuple[float, float, float, float]
    """At most so many cells across, and down, to a degree east, and north."""
    doubt: float
    """So many cells a place may be off."""
    edges: tuple[float, float]
    """Where the tile itself begins and ends, in cells, in both directions."""

    @property
    def useful(self) -> bool:
        """It can tell anything at all."""
        return self.doubt < 0.25


@lru_cache(maxsize=512)
def sieve_of(lattice: Lattice, tile: Tile) -> Sieve:
    """What sifts a tile's areas."""
    box = lattice.ground(tile)
    # The middle of an area that is judged lies no farther out than half of the largest.
    share = FOLLOWED / lattice.cells
    width, height = box.right - box.left, box.top - box.bottom
    lon, lat = (
        each.ravel()
        for each in np.meshgrid(
            np.linspace(box.left - share * width, box.right + share * width, _POINTS),
            np.linspace(
                max(box.bottom - share * height, -90.0), min(box.top + share * height, 90.0), _POINTS
            ),
        )
    )
    middle_lon, middle_lat = (box.left + box.right) / 2, (box.bottom + box.top) / 2
    east, north = lon - middle_lon, lat - middle_lat
    terms = np.column_stack((np.ones_like(east), east, north, east**2, east * north, north**2))
    x, y = lattice.units(lon, lat)
    first_x, first_y = tile.column * lattice.cells, tile.row * lattice.cells
    across, off_across = _fitted(terms, (x - lattice.sample) / lattice.step - first_x)
    down, off_down = _fitted(terms, (y - lattice.sample) / lattice.step - first_y)
    slopes = [
        float(np.abs(slope).max())
        for each in (across, down)
        for slope in (
            each[1] + 2 * each[3] * east + each[4] * north,
            each[2] + each[4] * east + 2 * each[5] * north,
        )
    ]
    rounded = 1 / lattice.step  # vertices go to whole units
    return Sieve(
        middle_lon_deg=middle_lon,
        middle_lat_deg=middle_lat,
        across=tuple(across.tolist()),
        down=tuple(down.tolist()),
        slopes=(slopes[0], slopes[1], slopes[2], slopes[3]),
        doubt=2 * max(off_across, off_down) + rounded,
        edges=(-lattice.sample / lattice.step, lattice.cells - lattice.sample / lattice.step),
    )


def _fitted(terms: Floats, places: Floats) -> tuple[Floats, float]:
    """The polynomial, and how far it is off where it was fitted."""
    found: Floats = np.linalg.lstsq(terms, places, rcond=None)[0].astype(np.float64)
    found[np.abs(found) * np.abs(terms).max(axis=0) < IDLE_CELLS] = 0.0
    return found, float(np.abs(terms @ found - places).max())
