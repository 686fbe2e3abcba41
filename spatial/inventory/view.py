"""What a camera sees on the ground 视域: a sector by azimuth, angle and reach; nothing stands in its way."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely

from spatial.datum.ellipsoid import geod
from spatial.errors import InvalidInput

"""CGCS2000."""
_STEP_DEG: Final = 4.0
_DECIMALS: Final = 9
_GAP_M: Final = 0.01
"""What is left open less than this is seen all around."""


def sector(
    lon_deg: float, lat_deg: float, azimuth_deg: float, view_deg: float, reach_m: float
) -> shapely.Polygon:
    """The ground within ``reach_m`` and half of ``view_deg`` to either side of the azimuth.

    Azimuths run clockwise from true north. Positions are CGCS2000, to 1e-9°; the arc is cut into
    chords of 4° at most, so that it lies inside the true one by 0.06 % of the reach. All around
    it is a disc without the corner at the camera. InvalidInput where an angle or the reach
    is not positive, or the angle is over 360°.

    >>> sector(118.75, 36.88, 90.0, 60.0, 50.0).bounds[0]
    118.75
    """
    if not 0 < view_deg <= 360:
        raise InvalidInput(
            f"视场角须大于 0、至多 360 度:{view_deg}",
            f"an angle of view is over 0 and at most 360 degrees: {view_deg}",
            value=view_deg,
        )
    if not 0 < reach_m < 100_000:
        raise InvalidInput(
            f"有效距离须大于 0、小于 100 千米:{reach_m}",
            f"a reach is over 0 and under 100 km: {reach_m}",
            value=reach_m,
        )
    pieces = max(2, int(np.ceil(view_deg / _STEP_DEG)))
    around = azimuth_deg + np.linspace(-view_deg / 2, view_deg / 2, pieces + 1)
    disc = np.radians(360 - view_deg) * reach_m < _GAP_M
    if disc:
        around = around[:-1]
    count = len(around)
    lon, lat, _ = geod().fwd(
        np.full(count, lon_deg), np.full(count, lat_deg), around, np.full(count, reach_m)
    )
    arc = np.round(np.column_stack([lon, lat]), _DECIMALS)
    corner = np.round([[lon_deg, lat_deg]], _DECIMALS)
    return shapely.orient_polygons(shapely.Polygon(arc if disc else np.concatenate([corner, arc])))
