"""Random filters: what the database finds is what an independent evaluator finds, unknowns included."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from filter_documents import conditions, spatial, temporal
from filter_oracle import holds
from filter_rows import Layer, make
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spatial.database import connect
from spatial.filter import condition
from spatial.filter.document import from_json
from spatial.history.read import ItemsQuery, Span, items, matched, relation

GEOMETRIES = ("Point", "LineString", "Polygon")
ALL_TIME = Span(None, None)
MANY = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)


@pytest.fixture(scope="module")
def opened(shared_database: str) -> Iterator[psycopg.Connection[Any]]:
    with connect(shared_database) as connection:
        # As the server's sessions: no compiling, no helpers for what takes a millisecond.
        connection.execute("set jit = off")
        connection.execute("set max_parallel_workers_per_gather = 0")
        yield connection


@pytest.fixture(scope="module")
def layers(opened: psycopg.Connection[Any]) -> dict[str, Layer]:
    return {geometry: make(opened, geometry) for geometry in GEOMETRIES}


def expected(layer: Layer, document: Any) -> set[str]:
    return {row["id"] for row in layer.rows if holds(document, row) is True}


def agrees(connection: psycopg.Connection[Any], layer: Layer, document: Any) -> None:
    compiled = condition(from_json(document), layer.queryables)
    wanted = expected(layer, document)
    query = ItemsQuery(layer.table, at=ALL_TIME, conditions=(compiled,), limit=1000)
    counted = matched(query, 1000)
    assert connection.execute(counted.sql, counted.params).fetchone() == (len(wanted),), document
    page = items(query)
    found = [row[0] for row in connection.execute(page.sql, page.params).fetchall() if row[0] is not None]
    assert len(found) == len(wanted)
    # The same condition where nothing is pruned: unknown is told from false.
    sql = f"select v.fid, {compiled.sql} from {relation(layer.table)} v where v.recorded_to = 'infinity'"
    told = connection.execute(sql, compiled.params).fetchall()
    assert {fid for fid, truth in told if truth is True} == wanted


@MANY
@given(document=conditions, geometry=st.sampled_from(GEOMETRIES))
def test_any_condition(
    opened: psycopg.Connection[Any], layers: dict[str, Layer], document: Any, geometry: str
) -> None:
    agrees(opened, layers[geometry], document)


@settings(MANY, max_examples=100)
@given(place=spatial, time=temporal, geometry=st.sampled_from(GEOMETRIES))
def test_the_contrary_of_places_and_times(
    opened: psycopg.Connection[Any], layers: dict[str, Layer], place: Any, time: Any, geometry: str
) -> None:
    """NOT over an index condition must not lose what the index does not see."""
    either = {"op": "or", "args": [{"op": "not", "args": [place]}, {"op": "not", "args": [time]}]}
    agrees(opened, layers[geometry], either)
    agrees(opened, layers[geometry], {"op": "not", "args": [either]})


def test_the_oracle_sees_all_three_truths(layers: dict[str, Layer]) -> None:
    rows = layers["Polygon"].rows
    for document in (
        {"op": ">", "args": [{"property": "floors"}, 2]},
        {"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": [118.0, 36.0, 118.4, 36.4]}]},
        {"op": "t_after", "args": [{"property": "built"}, {"date": "2020-01-01"}]},
    ):
        assert {holds(document, row) for row in rows} == {True, False, None}
