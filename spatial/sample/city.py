"""The whole sample city, generated from one seed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from spatial.sample.coverage import Coverage, grow
from spatial.sample.divisions import Divisions, read_divisions
from spatial.sample.rivers import River, rivers
from spatial.sample.roads import Road, roads
from spatial.sample.stations import Stations, stations


@dataclass(frozen=True, slots=True)
class SampleCity:
    """Real divisions, and everything that was generated for them."""

    divisions: Divisions
    coverage: Coverage
    rivers: tuple[River, ...]
    roads: tuple[Road, ...]
    stations: Stations


def draws(seed: int) -> list[np.random.Generator]:
    """The streams of chance of coverage, rivers, roads and stations."""
    return [np.random.Generator(np.random.PCG64(one)) for one in np.random.SeedSequence(seed).spawn(4)]


@lru_cache(maxsize=1)
def generate(seed: int) -> SampleCity:
    """Generate the city; each part draws from a stream of its own, so they do not disturb each other.

    The newest is kept: the layers of the city and its address register stand on the same one.
    """
    streams = draws(seed)
    divisions = read_divisions()
    coverage = grow(divisions, streams[0])
    courses = rivers(coverage.city, streams[1])
    network = roads(coverage, courses, streams[2])
    return SampleCity(divisions, coverage, courses, network, stations(coverage, network, streams[3]))
