"""SQL of the sample works: the routes along which they are placed, and how much of each is in the city."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely

from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.datum.ellipsoid import geod
from water.works.sample import Route

_NEEDED: Final = frozenset({"river-routes", "city-outline"})
_ROUTES: Final = """
select r.route_id, r.version, r.name, r.from_m, ST_AsBinary(r.geom) from history.river_routes_believed r
 where r.valid_to = 'infinity' and r.data_nature = '合成数据' order by 1
"""
_OUTLINE: Final = (
    "select ST_AsBinary(geom) from history.city_outline_believed where valid_to = 'infinity' limit 1"
)
_SHORTEST_M: Final = 5_000.0


def routes(connection: Connection) -> list[Route]:
    """Generated routes with five kilometres and more in the city; none where their layer is not there."""
    if not {layer.contract.id for layer in catalogue.layers(connection)} >= _NEEDED:
        return []
    outline = connection.execute(_OUTLINE).fetchone()
    if outline is None:
        return []
    city = shapely.from_wkb(bytes(outline[0]))
    found = []
    for route_id, version, name, from_m, wkb in connection.execute(_ROUTES).fetchall():
        line = shapely.from_wkb(bytes(wkb))
        points = shapely.get_coordinates(line)
        inside = np.flatnonzero(shapely.intersects_xy(city, points))
        if len(inside) < 2:
            continue
        lon, lat = points.T
        _, _, steps = geod().inv(lon[:-1], lat[:-1], lon[1:], lat[1:])
        along = from_m + np.concatenate([[0.0], np.cumsum(steps)])
        begin, end = float(along[inside[0]]), float(along[inside[-1]])
        if end - begin >= _SHORTEST_M:
            found.append(Route(route_id, version, name, points, from_m, begin, end))
    return found
