"""What a difference of heights adds up to 挖填量: fill where the ground rose, cut where it fell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Tally:
    """One strip, in cells of the plane: how many, and the sums of what rose and fell in metres."""

    cells: int = 0
    """Cells of the strip."""
    known: int = 0
    """Cells where both surfaces have a height."""
    rose: int = 0
    fell: int = 0
    risen_m: float = 0.0
    fallen_m: float = 0.0
    """Positive."""


def tally(inside: NDArray[np.bool_], newer_m: Floats, older_m: Floats, least_m: float) -> Tally:
    """Count and add up the cells of one strip; NaN is nothing, changes up to ``least_m`` are none.

    >>> import numpy as np
    >>> newer, older = np.array([[2.0, 1.0, np.nan, 5.0]]), np.array([[1.0, 3.0, 1.0, 5.01]])
    >>> tally(np.ones((1, 4), bool), newer, older, 0.05)
    Tally(cells=4, known=3, rose=1, fell=1, risen_m=1.0, fallen_m=2.0)
    """
    change = (newer_m - older_m)[inside]
    known = change[~np.isnan(change)]
    rose, fell = known[known > least_m], known[known < -least_m]
    return Tally(
        cells=int(inside.sum()),
        known=len(known),
        rose=len(rose),
        fell=len(fell),
        risen_m=float(rose.sum()),
        fallen_m=float(-fell.sum()),
    )
