"""What tiles hand up: a level made of the finer one is, byte for byte, one surveyed from the features."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from ladder_ground import LAT, LON, SETS, Parcel, bytes_of, material, parcels, query
from test_ladder_areas import middle, nine

from tiles.ladder import share
from tiles.ladder.areas import drawn, own_of
from tiles.ladder.lattice import pixel_deg
from tiles.ladder.plot import Plot, surveyed
from tiles.matrix import MatrixSet, Tile

SINGLE_PX = 4.0


class Ladder:
    """Plots of tiles so many levels up from a survey, each made once."""

    def __init__(self, matrix_set: MatrixSet, held: Sequence[Parcel]) -> None:
        self._matrix_set, self._held = matrix_set, held
        self._given: dict[Tile, share.Share | None] = {}

    def plot(self, tile: Tile, climbed: int) -> Plot:
        asked = query(self._matrix_set, tile)
        if climbed == 0:
            return surveyed(asked, material(asked, self._held))
        tiles = share.givers(self._matrix_set, tile)
        given_up = {each: self._handed_up(each, climbed - 1) for each in tiles}
        return share.assembled(asked, {each: told for each, told in given_up.items() if told is not None})

    def _handed_up(self, tile: Tile, climbed: int) -> share.Share | None:
        if tile not in self._given:
            plot = self.plot(tile, climbed)
            self._given[tile] = share.handed_up(query(self._matrix_set, tile), plot, SINGLE_PX)
        return self._given[tile]


@pytest.mark.parametrize("matrix_set", SETS, ids=[each.id for each in SETS])
@settings(
    max_examples=6,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
@given(
    seed=st.integers(0, 10**6),
    px=st.floats(0.4, 12),
    patch=st.integers(1, 4),
    coarser=st.integers(2, 9),
    off=st.tuples(st.floats(-0.6, 0.6), st.floats(-0.6, 0.6)),
)
def test_a_tile_made_of_the_finer_level_is_as_made_from_scratch(
    matrix_set: MatrixSet, seed: int, px: float, patch: int, coarser: int, off: tuple[float, float]
) -> None:
    """Wherever the features lie: within the tile, across its edges, or along them outside; overlaps too."""
    tile = middle(matrix_set, coarser)
    pixel = pixel_deg(matrix_set, tile.zoom)
    corner = tuple(at + shift * 256 * pixel for at, shift in zip((LON, LAT), off, strict=True))
    held = parcels(seed, 24, px * pixel, patch=patch, corner=corner)
    dice = np.random.default_rng(seed)
    for each in dice.choice(held, 12):  # over their neighbours, by the order of identities
        held.append(Parcel("Z" + each.code, f"0{dice.integers(1, 9)}", each.shape.buffer(2 * px * pixel)))
    held = list({each.code: each for each in held}.values())
    for place in (tile, nine(tile)[int(dice.integers(9))]):
        asked = query(matrix_set, place)
        plot = Ladder(matrix_set, held).plot(place, 1)
        assert drawn(asked, plot, own_of(material(asked, held))) == bytes_of(matrix_set, place, held)


def test_the_levels_stand_on_one_another() -> None:
    """Three levels up, each out of the one before."""
    matrix_set = SETS[0]
    tile = middle(matrix_set, 4)
    held = parcels(7, 40, 1.7 * pixel_deg(matrix_set, tile.zoom), corner=(LON, LAT))
    asked = query(matrix_set, tile)
    found = drawn(asked, Ladder(matrix_set, held).plot(tile, 2), own_of(material(asked, held)))
    assert found == bytes_of(matrix_set, tile, held) != b""


def test_an_empty_tile_hands_nothing_up() -> None:
    matrix_set = SETS[0]
    tile = middle(matrix_set, 2)
    far = parcels(1, 2, 1e-5, corner=(LON + 20, LAT))
    asked = query(matrix_set, tile)
    assert share.handed_up(asked, surveyed(asked, material(asked, far)), SINGLE_PX) is None
