"""Ways along the sample city's roads against pgRouting: cut by PostGIS, joined and searched by pgRouting."""

from __future__ import annotations

from typing import Final

import numpy as np
import pytest
import shapely

from benchmarks import pgrouting
from spatial.analysis import pgrouting as checked
from spatial.analysis.errors import PgRoutingAbsent
from spatial.analysis.mode import named
from spatial.analysis.ways import Road, ways
from spatial.database import connect
from spatial.datum import STANDARD
from spatial.datum.plane import Plane
from spatial.network import Lines, Seeds, arrivals, build, only, times
from spatial.sample.city import generate

STARTS, PLACES = 5, 1000
LIMIT_MIN: Final = 240.0
PLANE: Final = Plane(STANDARD.frame("EPSG:4549"))


@pytest.fixture(scope="module")
def roads() -> list[Road]:
    return [Road(str(at), each.grade, each.line) for at, each in enumerate(generate(1).roads)]


installed = pytest.mark.skipif(not pgrouting.installed(), reason="postgresql-…-pgrouting is not installed")


@installed
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


@installed
@pytest.mark.parametrize("mode", ["walk", "drive"])
def test_the_database_searches_the_same_network_to_the_same_times(
    roads: list[Road], empty_database: str, mode: str
) -> None:
    """From positions at places, too, and with roads closed; what is away from the roads stays so."""
    network = ways(roads, named(mode), PLANE, closed={str(at) for at in range(0, len(roads), 9)})
    spots = PLANE.unprojected(pgrouting.about(roads, PLANE, 200))
    begin, goals = network.seeds(spots[:40]), network.seeds(spots[20:])
    with connect(empty_database, autocommit=True) as connection:
        connection.execute("create extension pgrouting cascade")
        with connection.transaction():
            found = checked.seconds(connection, network.network, begin, 40, goals, 180)
    assert found.shape == (40, 180) and 0 < np.isfinite(found).sum() < found.size
    for start in range(40):
        meant = network.seconds(only(begin, start), goals, 180, LIMIT_MIN)
        reached = found[start] <= LIMIT_MIN * 60
        assert (np.isfinite(meant) == reached).all()
        np.testing.assert_allclose(found[start][reached], meant[reached], atol=1e-6)


@installed
def test_the_database_passes_no_line_against_its_direction(empty_database: str) -> None:
    ring = shapely.linestrings([[[0, 0], [100, 0]], [[100, 0], [100, 100]], [[100, 100], [0, 0]]])
    network = build(Lines(ring, np.ones(3), np.zeros(3, np.int64), np.ones(3, np.bool_)))
    edge, none = np.array([0, 0, 1]), np.zeros(3)
    seeds = Seeds(edge, np.array([20.0, 70.0, 50.0]), none, np.arange(3), np.zeros(0, np.int64))
    with connect(empty_database, autocommit=True) as connection:
        connection.execute("create extension pgrouting cascade")
        with connection.transaction():
            found = checked.seconds(connection, network, seeds, 3, seeds, 3)
    for start in range(3):
        begin = only(seeds, start)
        meant = arrivals(network, begin, times(network, begin, np.inf), seeds, 3)
        np.testing.assert_allclose(found[start], meant, atol=1e-6)
    assert found[0, 1] == pytest.approx(50) and found[1, 0] > 200


def test_a_database_without_it_says_what_to_do(empty_database: str) -> None:
    nothing = Seeds(*(np.zeros(0, np.int64) for _ in range(5)))
    network = build(Lines(np.zeros(0, dtype=object), np.zeros(0), np.zeros(0, np.int64)))
    with (
        connect(empty_database) as connection,
        pytest.raises(PgRoutingAbsent, match="create extension pgrouting"),
    ):
        checked.seconds(connection, network, nothing, 1, nothing, 1)
