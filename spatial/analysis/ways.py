"""How far it is along the roads 沿路网: what is reached within minutes, and how long it takes to places."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import shapely

from spatial.analysis import mode as modes
from spatial.analysis.mode import Mode
from spatial.datum.plane import Floats, Geometries, Plane
from spatial.network import Network, Seeds, arrivals, reach, times


@dataclass(frozen=True, slots=True)
class Road:
    """One road as it is stored."""

    fid: str
    grade: str
    """Its class, by which a mode knows how fast it is passed."""
    geometry: shapely.Geometry
    """Degrees of CGCS2000."""


@dataclass(frozen=True, slots=True)
class Ways:
    """The roads of a state as a network for one mode, in the plane of the city's zone."""

    network: Network
    how: Mode
    plane: Plane
    roads: tuple[str, ...]
    """The identity of the road of each line of the network."""

    def seeds(self, places: Geometries) -> Seeds:
        """Places in degrees put on the network."""
        return modes.seeds(self.network, self.plane.projected(places), self.how)

    def ground(self, begin: Seeds, minutes: float) -> tuple[float, shapely.Geometry]:
        """Length of road reached within minutes, metres, and the ground beside it, in degrees."""
        found = reach(self.network, begin, minutes * 60)
        area = shapely.union_all(found.area(self.how.width_m))
        back = self.plane.unprojected(np.array([area], dtype=object))[0]
        return found.length_m, back

    def seconds(self, begin: Seeds, places: Seeds, count: int, minutes: float) -> Floats:
        """The time from the nearest of ``begin`` to each of ``count`` places; inf beyond the minutes."""
        limit_s = minutes * 60
        nodes_s = times(self.network, begin, limit_s)
        seconds = arrivals(self.network, begin, nodes_s, places, count)
        seconds[seconds > limit_s] = np.inf
        return seconds


def ways(roads: Iterable[Road], how: Mode, plane: Plane, closed: Collection[str] = ()) -> Ways:
    """The network of roads; those ``closed`` are not passed, nor those whose class the mode does not know."""
    by_class: dict[str, list[Road]] = {}
    for road in roads:
        if road.fid not in closed:
            by_class.setdefault(road.grade, []).append(road)
    planar = {
        grade: plane.projected(np.array([road.geometry for road in found], dtype=object))
        for grade, found in sorted(by_class.items())
    }
    # The lines of a network are in the order of the classes of its mode.
    in_order = tuple(road.fid for grade in how.speeds_km_h for road in by_class.get(grade, ()))
    return Ways(modes.network(planar, how), how, plane, in_order)
