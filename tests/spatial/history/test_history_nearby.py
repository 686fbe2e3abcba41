"""Pages of small places: read by place as along the identities, and known as no page where more lie there."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
import shapely
from history_cases import SITES, day, deliver, make, point, site

from spatial import filter as cql2
from spatial.database import Connection
from spatial.history import read
from spatial.history.nearby import nearby
from spatial.history.order import SortKey
from spatial.history.query import Area, Filter, ItemsQuery, Statement

LIMIT = 20


@pytest.fixture
def sites(connection: Connection) -> Connection:
    """Three hundred points, some ended, some moved away since, some yet to come."""
    dice = random.Random(3)
    places = {f"S{n:03d}": (118.0 + dice.random(), 36.0 + dice.random()) for n in range(300)}
    make(connection, SITES)
    deliver(connection, SITES, [{**site(fid), "geom": point(*at)} for fid, at in places.items()])
    moved = [{**site(fid), "geom": point(110.0, 30.0)} for fid in list(places)[:30]]
    ended = [{"fid": fid, "remove": True} for fid in list(places)[30:60]]
    deliver(connection, SITES, [*moved, *ended], from_day=10)
    coming = [{**site(f"T{n}"), "geom": point(118.5, 36.5)} for n in range(5)]
    deliver(connection, SITES, coming, from_day=36500)
    return connection


def rows(connection: Connection, statement: Statement | None) -> list[tuple[object, ...]]:
    assert statement is not None
    return connection.execute(statement.sql, statement.params).fetchall()


def placed(box: tuple[float, float, float, float], shape: str) -> ItemsQuery:
    """A page of what lies in a box, told as a box, as the outline of a frame, or by a filter."""
    query = ItemsQuery(SITES, limit=LIMIT)
    if shape == "box":
        return replace(query, areas=(Area(*box),))
    if shape == "outline":
        outline = shapely.to_wkb(shapely.box(*box))
        return replace(query, areas=(Area(*box, outline_4490=outline),))
    west, south, east, north = box
    text = (
        f"S_INTERSECTS(geometry, POLYGON(({west} {south}, {east} {south}, {east} {north}, {west} {south})))"
    )
    condition = cql2.condition(cql2.parse_text(text), cql2.queryables(SITES, SITES.columns))
    return replace(query, conditions=(condition,))


@pytest.mark.parametrize("shape", ["box", "outline", "filter"])
def test_a_small_place_is_read_alike_and_a_large_one_is_told(sites: Connection, shape: str) -> None:
    dice = random.Random(5)
    small = large = 0
    for _ in range(60):
        west, south, side = 118.0 + dice.random(), 36.0 + dice.random(), dice.choice((0.05, 0.2, 0.5))
        query = placed((west, south, west + side, south + side), shape)
        along, by_place = rows(sites, read.items(query)), rows(sites, nearby(query))
        if len(along) <= LIMIT + 1:  # the head and no more than a page
            assert by_place == along
            small += 1
        else:
            assert len(by_place) == LIMIT + 2, "one row more than the page takes"
            large += 1
    assert small and large
    assert not rows(sites, nearby(placed((118.5, 36.5, 118.5, 36.5), "box")))[1:], (
        "what is to come is not there"
    )


def test_only_a_place_and_nothing_else_is_read_so(sites: Connection) -> None:
    query = placed((118.1, 36.1, 118.2, 36.2), "box")
    assert nearby(query) is not None
    name = SITES.columns[0]
    for other in (
        ItemsQuery(SITES),
        replace(query, at=day(3)),
        replace(query, asof=day(3)),
        replace(query, after="S001"),
        replace(query, filters=(Filter(name, "站"),)),
        replace(query, sort=(SortKey(name),)),
        replace(query, conditions=placed((118.1, 36.1, 118.2, 36.2), "filter").conditions),
        replace(query, table=replace(SITES, geometry=None)),
    ):
        assert nearby(other) is None, other


@pytest.mark.parametrize(
    "text",
    [
        "NOT S_INTERSECTS(geometry, POINT(118 36))",
        "S_WITHIN(geometry, BBOX(118, 36, 119, 37))",
        "S_INTERSECTS(geometry, BBOX(118, 36, 119, 37)) AND name = '站'",
        "S_INTERSECTS(geometry, BBOX(118, 36, 119, 37)) OR S_INTERSECTS(geometry, POINT(118 36))",
        "S_INTERSECTS(POINT(118 36), geometry)",
        "S_INTERSECTS(geometry, geometry)",
        "name = '站'",
    ],
)
def test_a_filter_that_demands_more_or_other_is_no_place(text: str) -> None:
    condition = cql2.condition(cql2.parse_text(text), cql2.queryables(SITES, SITES.columns))
    assert condition.meets_4490 is None
    assert nearby(ItemsQuery(SITES, conditions=(condition,))) is None


def test_the_place_of_a_filter_is_the_one_that_was_written() -> None:
    place = "POLYGON((118 36, 119 36, 119 37, 118 36))"
    text = f"S_INTERSECTS(geometry, {place})"
    condition = cql2.condition(cql2.parse_text(text), cql2.queryables(SITES, SITES.columns))
    assert condition.meets_4490 is not None
    assert shapely.from_wkb(condition.meets_4490) == shapely.from_wkt(
        "POLYGON((118 36, 119 36, 119 37, 118 36))"
    )
