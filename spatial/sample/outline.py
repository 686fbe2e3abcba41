"""The rough outline, town seats and river guides of the sample city 合成.

Drawn by hand at about 0.01°, as a likeness a person would sketch from memory: no
vertex comes from a survey or a map service, and none may be taken for a fact.
Target areas of the towns are made up so that the pattern looks right.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from spatial.sample.plane import Floats, to_plane

ROUGH_OUTLINE_DEG: Final = (
    (118.84, 36.73), (118.80, 36.73), (118.77, 36.75), (118.72, 36.77), (118.67, 36.80),
    (118.62, 36.81), (118.58, 36.86), (118.55, 36.88), (118.56, 36.93), (118.59, 36.96),
    (118.55, 36.99), (118.57, 37.04), (118.57, 37.07), (118.58, 37.11), (118.61, 37.14),
    (118.64, 37.17), (118.68, 37.20), (118.72, 37.21), (118.77, 37.26), (118.80, 37.27),
    (118.84, 37.30), (118.90, 37.29), (118.93, 37.25), (118.95, 37.21), (119.00, 37.18),
    (119.03, 37.14), (119.08, 37.12), (119.11, 37.05), (119.08, 37.02), (119.07, 36.97),
    (119.04, 36.94), (119.04, 36.89), (119.04, 36.85), (119.01, 36.82), (118.98, 36.79),
    (118.94, 36.77), (118.91, 36.73),
)  # fmt: skip
"""Longitude, latitude; the north-eastern stretch stands for the shore of Laizhou Bay 莱州湾."""

MI_RIVER_DEG: Final = (
    (118.66, 36.74), (118.71, 36.79), (118.76, 36.82), (118.78, 36.87), (118.79, 36.92),
    (118.82, 36.98), (118.83, 37.04), (118.85, 37.10), (118.87, 37.17), (118.90, 37.22), (118.93, 37.31),
)  # fmt: skip
DAN_RIVER_DEG: Final = (
    (118.86, 36.70), (118.88, 36.77), (118.89, 36.83), (118.93, 36.89), (118.95, 36.96),
    (118.99, 37.03), (119.03, 37.08), (119.08, 37.18),
)  # fmt: skip
"""Guides of the two courses, from the south to the bay; the drawn courses wind around them."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A town-level unit's seat as sketched, with a made-up target area."""

    code: str
    lon_deg: float
    lat_deg: float
    target_km2: float


SEATS: Final = (
    Seat("370783001000", 118.74, 36.88, 72),
    Seat("370783003000", 118.68, 36.90, 70),
    Seat("370783004000", 118.73, 36.94, 80),
    Seat("370783005000", 118.83, 36.88, 150),
    Seat("370783006000", 118.69, 36.83, 95),
    Seat("370783100000", 118.61, 36.91, 90),
    Seat("370783103000", 118.90, 37.09, 190),
    Seat("370783104000", 118.62, 37.03, 140),
    Seat("370783106000", 118.74, 37.02, 110),
    Seat("370783108000", 118.87, 36.97, 120),
    Seat("370783109000", 119.00, 36.98, 235),
    Seat("370783111000", 118.79, 36.79, 110),
    Seat("370783112000", 118.94, 36.83, 180),
    Seat("370783115000", 118.86, 37.23, 290),
    Seat("370783400000", 118.68, 37.12, 150),
)


def outline_m() -> Floats:
    """The rough outline in the plane, shape (n, 2), open."""
    return to_plane(np.array(ROUGH_OUTLINE_DEG))


def seats_m() -> Floats:
    """The seats in the plane, shape (15, 2), in the order of ``SEATS``."""
    return to_plane(np.array([(seat.lon_deg, seat.lat_deg) for seat in SEATS]))
