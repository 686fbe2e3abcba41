"""Courses of the sample rivers 合成河道, drawn downstream in the plane of the sample city.

Inside the city 弥河 and 丹河 run where the sample city draws them. Outside, and for every
tributary, the guides are sketched at about 0.01° from the rough course that is known: which
river joins which, on which bank and in which order is real; no vertex comes from a survey.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from spatial.sample.city import draws
from spatial.sample.curve import through, winding
from spatial.sample.plane import Floats, to_plane
from spatial.sample.rivers import STEP_M, main_courses

Guide = Sequence[tuple[float, float]]
"""Longitude, latitude."""

MI_UPPER: Final = (
    (118.60, 36.17), (118.57, 36.25), (118.55, 36.33), (118.52, 36.42), (118.545, 36.52), (118.60, 36.61),
    (118.65, 36.69),
)  # fmt: skip
MI_NEW: Final = ((118.87, 37.00), (118.93, 37.035))
MI_WEST: Final = ((118.805, 37.12), (118.80, 37.19), (118.835, 37.245), (118.87, 37.275))
DAN_UPPER: Final = ((118.76, 36.48), (118.79, 36.56), (118.83, 36.63))
YAO: Final = ((118.93, 36.60), (118.935, 36.70), (118.93, 36.79))
WUJING: Final = ((118.28, 36.42), (118.36, 36.46), (118.45, 36.47))
SHI: Final = ((118.30, 36.57), (118.38, 36.59), (118.48, 36.57))
NANYANG: Final = ((118.40, 36.70), (118.48, 36.70), (118.58, 36.75))
TANGSHUIYA: Final = ((118.43, 36.27), (118.47, 36.31))
DIVERSION: Final = ((119.02, 36.985), (119.08, 37.05), (119.14, 37.13))

SPLIT_LAT: Final = 36.98
"""南半截河村 lies about there."""
DAN_JOINS_LAT: Final = 37.04
_WAVES_M: Final = (4600.0, 2500.0, 1300.0)


@dataclass(frozen=True, slots=True)
class Course:
    """One route of the sample."""

    key: str
    name: str
    into: str
    points_m: Floats


def courses(seed: int) -> dict[str, Course]:
    """Every route by its key."""
    mi_city, dan_city = main_courses(draws(seed)[1])
    chance = np.random.Generator(np.random.PCG64([seed, 1812]))

    def drawn(guide: Guide, before: Floats | None = None, after: Floats | None = None) -> Floats:
        points = [
            *([before] if before is not None else []),
            *to_plane(guide),
            *([after] if after is not None else []),
        ]
        return winding(through(points, STEP_M), chance, 330.0, _WAVES_M)

    split, joins = _at(mi_city, SPLIT_LAT), _at(dan_city, DAN_JOINS_LAT)
    upper = drawn(MI_UPPER, after=mi_city[0])
    new = drawn(MI_NEW, mi_city[split], dan_city[joins])
    mi = np.concatenate((upper[:-1], mi_city[:split], new[:-1], dan_city[joins:]))
    north = mi_city[split:]
    dan = np.concatenate((drawn(DAN_UPPER, after=dan_city[0])[:-1], dan_city[: joins + 1]))
    found = [
        Course("MI", "弥河", "莱州湾", mi),
        Course("MI-NORTH", "弥河分流北支", "莱州湾", north),
        Course("MI-WEST", "弥河分流", "莱州湾", drawn(MI_WEST, north[_at(north, 37.06)])),
        Course("DAN", "丹河", "弥河", dan),
        Course("YAO", "尧河", "丹河", drawn(YAO, after=dan[_at(dan, 36.87)])),
        Course("WUJING", "五井石河", "弥河", drawn(WUJING, after=mi[_at(mi, 36.495)])),
        Course("SHI", "石河", "弥河", drawn(SHI, after=mi[_at(mi, 36.60)])),
        Course("NANYANG", "南阳河", "弥河", drawn(NANYANG, after=mi[_at(mi, 36.775)])),
        Course("TANGSHUIYA", "淌水崖支流(合成)", "弥河", drawn(TANGSHUIYA, after=mi[_at(mi, 36.345)])),
        Course("DAN-DIVERSION", "丹河分洪道(合成)", "莱州湾", drawn(DIVERSION, dan[_at(dan, 36.94)])),
    ]
    return {course.key: course for course in found}


def _at(line_m: Floats, lat_deg: float) -> int:
    """The first vertex north of a latitude."""
    north = float(to_plane((118.8, lat_deg))[1])
    return int(np.argmax(line_m[:, 1] >= north))
