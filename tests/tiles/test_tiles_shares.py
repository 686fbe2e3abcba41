"""How much of each pixel a sign holds, beside the plain mean of its samples."""

from __future__ import annotations

import numpy as np
import pytest

from tiles.matrix import TILE_PX
from tiles.painted import SAMPLES, _averaged, _present


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99, 1.0])
def test_the_share_of_a_pixel_is_the_mean_of_its_samples(share: float) -> None:
    side = TILE_PX * SAMPLES
    held = np.random.default_rng(round(share * 100)).random((side, side)) < share
    mean = held.reshape(TILE_PX, SAMPLES, TILE_PX, SAMPLES).mean((1, 3))
    assert np.array_equal(_averaged(held), mean)


def test_signs_that_hold_nothing_are_not_drawn() -> None:
    held = np.zeros((8, 8), np.uint32)
    assert _present(held) == []
    held[2, 3], held[5:, 5:] = 7, 2
    assert _present(held) == [2, 7]
