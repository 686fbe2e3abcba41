"""The ground of a run 地形: heights, classes of land, banks and culverts on one raster."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from water.flood.embankments import Bank
from water.flood.extent import Raster
from water.hydraulics.works import Culvert

Floats = NDArray[np.float64]
DATUM: Final = "1985国家高程基准 (normal_1985)"


@dataclass(frozen=True, slots=True)
class Terrain:
    """Heights of one vertical datum over a raster, and what stands on them."""

    raster: Raster
    heights_m: Floats
    covers: NDArray[np.uint8]
    """Codes of :mod:`water.flood.roughness`."""
    banks: tuple[Bank, ...]
    culverts: tuple[Culvert, ...]
    bed: NDArray[np.bool_]
    """Where a river's bed is known to lie."""
    datum: str
    source: str
    synthetic: bool

    @property
    def sha256(self) -> bytes:
        """Of all that the solver gets from it."""
        digest = hashlib.sha256()
        digest.update(repr((self.raster, self.datum, self.source)).encode())
        for array in (self.heights_m, self.covers, self.bed):
            digest.update(np.ascontiguousarray(array).tobytes())
        for bank in self.banks:
            digest.update(repr((bank.name, bank.dyke)).encode())
        digest.update(repr(self.culverts).encode())
        return digest.digest()
