"""Ways along the sample city's roads against pgRouting: cut by PostGIS, joined and searched by pgRouting."""

from __future__ import annotations

from typing import Final

import numpy as np
import pytest

from benchmarks import pgrouting
from spatial.analysis.mode import named
from spatial.analysis.ways import Road, ways
from spatial.database import connect
from spatial.datum import STANDARD
from spatial.datum.plane import Plane
from spatial.sample.city import generate

STARTS, PLACES = 5, 1000
LIMIT_MIN: Final = 240.0
PLANE: Final = Plane(STANDARD.frame("EPSG:4549"))


@pytest.fixture(scope="module")
def roads() -> list[Road]:
    return [Road(str(at), each.grade, each.line) for at, each in enumerate(generate(1).roads)]


@pytest.mark.skipif(not pgrouting.installed(), reason="postgresql-…-pgrouting is not installed")
@pytest.mark.parametrize("mode", ["walk", "drive"])
def test_the_time_to_a_thousand_places_is_that_of_pgrouting(
    roads: list[Road], empty_database: str, mode: str
) -> None:
    how = named(mode)
    network, spots = ways(roads, how, PLANE), pgrouting.about(roads, PLANE, STARTS + PLACES)
    begin, places = (network.seeds(PLANE.unprojected(each)) for each in (spots[:STARTS], spots[STARTS:]))
    ours = network.seconds(begin, places, PLACES, LIMIT_MIN)
    with connect(empty_database, autocommit=True) as connection:
        pgrouting.lay(connection, roads, how, PLANE)
        pgrouting.place(connection, how, spots)
        theirs = pgrouting.seconds(connection, STARTS, len(spots))
    reached = theirs <= LIMIT_MIN * 60
    assert (np.isfinite(ours) == reached).all() and PLACES / 2 < reached.sum() < PLACES
    apart_s = np.abs(ours[reached] - theirs[reached])
    assert apart_s.max() < 0.5 and np.median(apart_s) < 1e-6  # of hours; junctions are joined within 0.5 m
