"""Areas of a far tile that stay by themselves: fewer points, and what neighbours share stays shared."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import psycopg
import pytest
import shapely
from ladder_ground import LAT, LON, SETS, land
from numpy.typing import NDArray

from spatial.catalogue.tables import feature_table
from spatial.history.model import SRID
from tiles.ground import EXTENT, placed
from tiles.ladder.lattice import pixel_deg
from tiles.matrix import TILE_PX, Box, MatrixSet, Tile
from tiles.vector import on_grid

COLUMNS = 6
PARCEL_PX = 12
POINTS_PER_PX = 32
PIXEL = EXTENT // TILE_PX

Side = NDArray[np.float64]


def _crooked(dice: np.random.Generator, begin: Side, end: Side, pixel: float) -> Side:
    """A side of many points, that winds a pixel about the straight line."""
    share = np.linspace(0, 1, PARCEL_PX * POINTS_PER_PX)[:, None]
    beside = np.sin(share * np.pi) * np.sin(share * dice.uniform(10, 30)) * pixel
    across = np.array([begin[1] - end[1], end[0] - begin[0]]) / np.hypot(*(end - begin))
    return begin + share * (end - begin) + beside * across


def _parcels(seed: int, pixel: float) -> list[shapely.Polygon]:
    """Quadrangles of crooked sides, each made once for the two that share it."""
    dice = np.random.default_rng(seed)
    steps = (np.arange(COLUMNS + 1) - COLUMNS / 2) * PARCEL_PX * pixel
    corners = np.stack(np.meshgrid(LON + steps, LAT + steps), axis=-1)
    corners += dice.uniform(-2, 2, corners.shape) * pixel
    sides: dict[tuple[int, ...], Side] = {}

    def side(*ends: int) -> Side:
        if ends not in sides:
            begin, end = corners[ends[:2]], corners[ends[2:]]
            sides[ends] = _crooked(dice, begin, end, pixel)
            sides[ends[2:] + ends[:2]] = sides[ends][::-1]
        return sides[ends]

    made = []
    for r in range(COLUMNS):
        for c in range(COLUMNS):
            ring = ((r, c), (r, c + 1), (r + 1, c + 1), (r + 1, c), (r, c))
            parts = [side(*begin, *end)[:-1] for begin, end in pairwise(ring)]
            around = np.concatenate(parts)  # each outline begins where it likes
            made.append(shapely.Polygon(np.roll(around, dice.integers(len(around)), axis=0)))
    return made


@pytest.mark.parametrize("matrix_set", SETS, ids=[each.id for each in SETS])
def test_outlines_that_neighbours_share_stay_shared(
    matrix_set: MatrixSet, scratch: psycopg.Connection[Any]
) -> None:
    zoom = matrix_set.near_zoom - 4
    parcels = _parcels(5, pixel_deg(matrix_set, zoom))
    assert shapely.coverage_is_valid(parcels)
    shape = on_grid(feature_table(land()), matrix_set, _tile(matrix_set, zoom), "p.geom", coarse=True)
    rows = scratch.execute(
        f"select ST_AsBinary({shape.sql}) from unnest(%s::bytea[]) w(wkb),"
        f" lateral (select ST_GeomFromWKB(wkb, {SRID}) as geom offset 0) p",
        (*shape.params, [shapely.to_wkb(each) for each in parcels]),
    )
    drawn = [shapely.from_wkb(wkb) for (wkb,) in rows if wkb is not None]
    assert len(drawn) > COLUMNS
    parts = shapely.get_num_coordinates(drawn).sum() / len(drawn)
    assert parts < shapely.get_num_coordinates(parcels).sum() / len(parcels) / 3
    together = shapely.union_all(drawn)
    assert sum(each.area for each in drawn) - together.area <= 1e-3 * together.area
    holes = [ring for part in shapely.get_parts(together) for ring in part.interiors]
    # A gap of less than an eighth of a pixel is seen by nobody.
    assert all(shapely.Polygon(ring).buffer(-PIXEL / 16).is_empty for ring in holes)


def _tile(matrix_set: MatrixSet, zoom: int) -> Tile:
    place = placed(matrix_set, Box(LON, LAT, LON, LAT))
    side = matrix_set.tile_side(zoom)
    return Tile(zoom, int((matrix_set.top - place.top) / side), int((place.left - matrix_set.left) / side))
