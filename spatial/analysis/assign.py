"""Points to exactly one cell each 归格: on a shared edge or vertex the cell of the lesser code takes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.datum.plane import Floats

NOWHERE: Final = -1
_CHUNK: Final = 200_000


@dataclass(frozen=True, slots=True)
class Cells:
    """Cells that divide some ground, by code."""

    codes: tuple[str, ...]
    """In their order; unique."""
    tree: shapely.STRtree

    @staticmethod
    def of(codes: Sequence[str], areas: Sequence[Any]) -> Cells:
        """From codes and polygons, in any order."""
        order = sorted(range(len(codes)), key=lambda at: codes[at])
        shapes = np.array([areas[at] for at in order], dtype=object)
        return Cells(tuple(codes[at] for at in order), shapely.STRtree(shapes))

    def assign(self, points: Floats) -> NDArray[np.int64]:
        """The place among ``codes`` of the cell of each point, shape (n, 2); NOWHERE outside all of them.

        A cell holds its boundary. The test is exact on the doubles given, so one point alone, a
        million at once and the database's ``ST_Covers`` agree.
        """
        found = np.full(len(points), NOWHERE, dtype=np.int64)
        for start in range(0, len(points), _CHUNK):
            part = shapely.points(points[start : start + _CHUNK])
            asked, cell = self.tree.query(part, predicate="intersects")
            # Backwards, so that the first of a point is written last.
            order = np.lexsort((-cell, asked))
            found[start + asked[order]] = cell[order]
        return found
