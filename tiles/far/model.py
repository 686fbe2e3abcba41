"""The nouns of the store: states of a layer, and which tiles a change touches."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from spatial.datum.frames import frame
from spatial.datum.projection import window_x_y
from spatial.history.model import SRID
from tiles.ground import BUFFER, EXTENT
from tiles.matrix import SPHERE_M, MatrixSet, Tile

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, order=True)
class State:
    """A map of a layer that stays as it is: its newest changeset, and the valid instant it shows."""

    changeset: int
    at: datetime
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where the tiles of one layer's public form stand: one zoom of one matrix set."""

    layer: str
    mark: str
    matrix_set: MatrixSet
    zoom: int


def touched(matrix_set: MatrixSet, zoom: int, boxes_deg: Floats, reach: float = BUFFER) -> set[Tile]:
    """The tiles in which something of these boxes of degrees shows, the tiles' buffers included.

    ``reach``: how far beyond its edges a tile looks, in steps of its grid.

    ``boxes_deg``: shape (n, 4), west, south, east, north. A tile too many may be
    among them where a box's edges are curves in the frame, never one too few.

    >>> from tiles.matrix import CGCS2000
    >>> sorted(each.column for each in touched(CGCS2000, 2, np.array([[-0.1, 30, 0.1, 31]])))
    [1, 2]
    """
    if not len(boxes_deg):
        return set()
    buffer = matrix_set.tile_side(zoom) * reach / EXTENT
    boxes = _placed(matrix_set, boxes_deg) + np.array([-buffer, -buffer, buffer, buffer])
    side = matrix_set.tile_side(zoom)
    ends = np.column_stack(
        (
            np.clip(np.floor((matrix_set.top - boxes[:, [3, 1]]) / side), 0, matrix_set.rows(zoom) - 1),
            np.clip(np.floor((boxes[:, [0, 2]] - matrix_set.left) / side), 0, matrix_set.columns(zoom) - 1),
        )
    ).astype(int)
    return {
        Tile(zoom, row, column)
        for first_row, last_row, first_column, last_column in np.unique(ends, axis=0).tolist()
        for row in range(first_row, last_row + 1)
        for column in range(first_column, last_column + 1)
    }


def _placed(matrix_set: MatrixSet, boxes_deg: Floats) -> Floats:
    """The boxes in the frame of the set, each with all that lies in it."""
    west, south, east, north = boxes_deg.T
    if matrix_set.epsg == SRID:
        return boxes_deg
    if matrix_set.epsg == 3857:
        low, high = (np.radians(np.clip(each, -85.06, 85.06)) for each in (south, north))
        x, y = np.radians([west, east]) * SPHERE_M, np.arcsinh(np.tan([low, high])) * SPHERE_M
        return np.column_stack((x[0], y[0], x[1], y[1]))
    middle_x, middle_y = (west + east) / 2, (south + north) / 2
    lon = np.stack((west, middle_x, east, west, east, west, middle_x, east))
    lat = np.stack((south, south, south, middle_y, middle_y, north, north, north))
    x, y = window_x_y(lon.ravel(), lat.ravel(), frame(f"EPSG:{matrix_set.epsg}"))
    x, y = x.reshape(lon.shape), y.reshape(lat.shape)
    left, bottom, right, top = x.min(0), y.min(0), x.max(0), y.max(0)
    # Between the points an edge may bulge, by less than a fiftieth of its length in all of a zone.
    bulge = np.maximum(right - left, top - bottom) / 50
    return np.column_stack((left - bulge, bottom - bulge, right + bulge, top + bulge))
