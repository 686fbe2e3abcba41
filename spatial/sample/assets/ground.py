"""What assets are placed on: the sample city, its roads as a network, its addresses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.sample.assets.network import Network, network
from spatial.sample.city import SampleCity
from spatial.sample.outline import SEATS, seats_m
from spatial.sample.plane import Floats, to_plane

Values = Sequence[object]
BUS_LINES: Final = 24
NEAR_M: Final = 400.0
"""An asset farther than this from every address has none."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Identities and places of the register that is there; empty without one."""

    ids: tuple[str, ...]
    points_deg: Floats

    def nearest(self, points_m: Floats) -> list[str | None]:
        """The address nearest each point, if it is near."""
        if not self.ids:
            return [None] * len(points_m)
        tree = shapely.STRtree(shapely.points(to_plane(self.points_deg)))
        found: list[str | None] = [None] * len(points_m)
        for asked, at in tree.query_nearest(
            shapely.points(points_m), max_distance=NEAR_M, all_matches=False
        ).T.tolist():
            found[asked] = self.ids[at]
        return found


NOBODY: Final = Addresses((), np.empty((0, 2)))


@dataclass(frozen=True, slots=True)
class Ground:
    """The city and what was made of it once."""

    city: SampleCity
    roads: Network
    villages_m: NDArray[Any]
    buses: tuple[shapely.LineString, ...]
    """Where buses run."""
    addresses: Addresses
    streams: Iterator[np.random.SeedSequence]

    def generator(self) -> np.random.Generator:
        """The next stream of chance: each layer has its own, so they do not disturb each other."""
        return np.random.Generator(np.random.PCG64(next(self.streams)))

    def village_codes(self, points_m: Floats) -> list[str]:
        """The village in which each point lies; that of the nearest for one on the city's border."""
        tree = shapely.STRtree(self.villages_m)
        codes = [village.code for village in self.city.divisions.villages]
        return [codes[at] for at in tree.nearest(shapely.points(points_m)).tolist()]


def ground(city: SampleCity, seed: int, addresses: Addresses = NOBODY) -> Ground:
    """The ground for assets of a seed."""
    streams = iter(np.random.SeedSequence([seed, 7]).spawn(64))
    villages = shapely.transform(city.coverage.villages, to_plane)
    roads = network(city.roads)
    buses = _buses(roads, np.random.Generator(np.random.PCG64(next(streams))))
    return Ground(city, roads, villages, buses, addresses, streams)


def _buses(roads: Network, chance: np.random.Generator) -> tuple[shapely.LineString, ...]:
    """From a town by way of the seat city, or of another town, to a third."""
    ways = []
    for number in range(BUS_LINES):
        seats = chance.choice(len(SEATS), 3, replace=False)
        seats[1] = 0 if number % 2 else seats[1]
        ways.append(roads.way(roads.nearest(seats_m()[seats])))
    return tuple(way for way in ways if way is not None)
