"""Filters as SQL: types, parameters only, and the spatial index."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
import shapely
from filter_rows import COLUMNS, VISIBLE
from psycopg.sql import SQL, Identifier

from spatial.errors import BadFilter
from spatial.filter import condition, parse_text, queryables
from spatial.filter.document import from_json
from spatial.history import store
from spatial.history.model import FeatureTable
from spatial.history.read import Condition, ItemsQuery, items

TABLE = FeatureTable("filter-plan", COLUMNS, "Polygon")
NAMES = queryables(TABLE, VISIBLE)
BOX = "BBOX(118.5, 36.5, 118.51, 36.51)"


def compiled(text: str) -> Condition:
    return condition(parse_text(text), NAMES)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("owner = '王某'", "owner"),
        ("lower(owner) = 'x'", "owner"),
        ("T_AFTER(INTERVAL(owner, '..'), DATE('2020-01-01'))", "owner"),
        ("nothing = 1", "nothing"),
        ('"v.name" = 1', "v.name"),
        ("pg_sleep(10) = 1", "pg_sleep"),
        ("lower(name, name) = 'x'", "2"),
        ("name = 1", "text / integer"),
        ("name = DATE('2020-01-01')", "text / date"),
        ("name + 1 = 2", "text"),
        ("floors LIKE 'x'", "integer"),
        ("name LIKE kind", None),
        ("floors IN (1, 'x')", "integer / text"),
        ("floors IN ()", None),
        ("listed > true", "boolean"),
        ("floors", "floors"),
        ("floors + 1", None),
        ("NOT floors", "floors"),
        ("geometry = geometry", "geometry"),
        ("geometry IN (geometry)", "geometry"),
        ("S_INTERSECTS(name, POINT(1 2))", None),
        ("S_INTERSECTS(geometry, 'POINT(1 2)')", None),
        ("S_INTERSECTS(geometry, POINT(181 2))", None),
        ("S_INTERSECTS(geometry, POINT(1 91))", None),
        ("S_INTERSECTS(geometry, LINESTRING(1 1))", "LineString"),
        ("S_INTERSECTS(geometry, POLYGON((0 0, 1 0, 0 0)))", None),
        ("S_INTERSECTS(geometry, POLYGON((0 0, 1 0, 1 1, 0 1)))", None),
        ("S_INTERSECTS(geometry, POLYGON((0 0, 2 2, 2 0, 0 2, 0 0)))", "Self-intersection[1 1]"),
        ("S_INTERSECTS(geometry, BBOX(1, 3, 2, 2))", None),
        ("T_AFTER(name, DATE('2020-01-01'))", "name"),
        ("T_AFTER(built, 3)", None),
        ("T_AFTER(built, INTERVAL('2021-01-01', '2020-01-01'))", None),
        ("built = INTERVAL('2020-01-01', '..')", None),
        ("A_EQUALS(name, ('a'))", "name"),
        ("A_EQUALS(('a', 1), ('a'))", None),
        ("A_EQUALS((('a')), ('a'))", None),
        ("INTERVAL(built, '..') IS NULL", None),
    ],
)
def test_what_does_not_fit_is_refused(text: str, value: str | None) -> None:
    with pytest.raises(BadFilter) as raised:
        compiled(text)
    assert raised.value.value == value
    assert "position" in raised.value.details
    known = raised.value.zh.replace(":owner", "") + raised.value.en.replace(": owner", "")
    assert "owner" not in known


def test_a_pattern_must_not_end_within_an_escape() -> None:
    """The database would fail on it, row by row."""
    for pattern in ("x\\", "%\\\\\\"):
        with pytest.raises(BadFilter):
            condition(from_json({"op": "like", "args": [{"property": "name"}, pattern]}), NAMES)
    assert condition(from_json({"op": "like", "args": ["x", "\\%\\\\"]}), NAMES).params[1] == "\\%\\\\"


@pytest.mark.parametrize(
    "text",
    [
        "name = 'XYZ' OR kind LIKE 'XYZ%' AND casei(name) IN ('XYZ')",
        "name = '''; drop table x; --XYZ' OR \"name\" = '%s XYZ {}'",
        "T_AFTER(seen, TIMESTAMP('1987-01-01T00:00:00Z')) AND built = DATE('1987-01-01')",
        "floors = 1987 OR height ^ 1987.5 > 1987",
        "A_EQUALS(('XYZ'), (name)) OR S_INTERSECTS(geometry, POINT(19.87 19.87))",
    ],
)
def test_no_literal_stands_in_the_statement(text: str) -> None:
    found = compiled(text)
    assert not any(each in found.sql for each in ("XYZ", "1987", "19.87", "drop", "{"))
    assert found.sql.count("%s") == len(found.params)
    assert hash(found) == hash(compiled(text))


@pytest.fixture(scope="module")
def planned(shared_database: str) -> psycopg.Connection[Any]:
    """Forty thousand small squares, analysed."""
    connection = psycopg.connect(shared_database)
    store.create_table(connection, TABLE)
    connection.execute(
        SQL(
            "insert into history.{} (fid, valid_from, recorded_from, opened_by, name, floors, geom, feature,"
            " content_sha256) select 'F' || i, '2020-01-01', '2020-01-01', 1, 'n' || i, i % 9,"
            " ST_MakeEnvelope(118 + (i % 200) * 0.01, 36 + (i / 200) * 0.01, 118.005 + (i % 200) * 0.01,"
            " 36.005 + (i / 200) * 0.01, 4490), '{{}}', '' from generate_series(1, 40000) i"
        ).format(Identifier(TABLE.name))
    )
    connection.execute(SQL("analyze history.{}").format(Identifier(f"{TABLE.name}_believed")))
    return connection


@pytest.mark.parametrize(
    "op", ["INTERSECTS", "EQUALS", "TOUCHES", "WITHIN", "OVERLAPS", "CROSSES", "CONTAINS"]
)
@pytest.mark.parametrize(
    "form",
    [
        "{}",
        "floors = 3 AND {} AND NOT name = 'x'",
        "({} OR S_INTERSECTS(geometry, POINT(118.7 36.7))) AND floors < 5",
    ],
)
def test_the_spatial_index_is_used(planned: psycopg.Connection[Any], op: str, form: str) -> None:
    found = compiled(form.format(f"S_{op}(geometry, {BOX})"))
    page = items(ItemsQuery(TABLE, conditions=(found,), limit=100))
    plan = "\n".join(row[0] for row in planned.execute(f"explain {page.sql}", page.params).fetchall())
    assert f"{TABLE.name}_believed_geom" in plan, plan
    assert "Index Cond: (geom && " in plan
    assert "Seq Scan on" not in plan, plan


@pytest.mark.parametrize("form", ["NOT {}", "{} OR floors = 3"])
def test_what_the_index_cannot_answer_is_whole(planned: psycopg.Connection[Any], form: str) -> None:
    found = compiled(form.format(f"S_INTERSECTS(geometry, {BOX})"))
    page = items(ItemsQuery(TABLE, conditions=(found,), limit=100_000))
    count = sum(row[0] is not None for row in planned.execute(page.sql, page.params).fetchall())
    box = shapely.box(118.5, 36.5, 118.51, 36.51)
    squares = [
        shapely.box(lon, lat, lon + 0.005, lat + 0.005)
        for lon, lat in ((118 + i % 200 * 0.01, 36 + i // 200 * 0.01) for i in range(1, 40001))
    ]
    hits = {i for i, square in enumerate(squares, 1) if square.intersects(box)}
    assert 1 <= len(hits) <= 9
    wanted = (
        40000 - len(hits)
        if form.startswith("NOT")
        else len(hits | {i for i in range(1, 40001) if i % 9 == 3})
    )
    assert count == wanted


def test_a_corner_copied_from_an_answer_is_the_corner(planned: psycopg.Connection[Any]) -> None:
    """Polygons are stored on a grid of 1e-9°, whose doubles lie a little beside their decimals."""
    rows = [
        (118.600000001, 36.8, 118.609000003, 36.81),
    ]
    west, south, east, north = rows[0]
    planned.execute(
        SQL(
            "insert into history.{} (fid, valid_from, recorded_from, opened_by, geom, feature,"
            " content_sha256) values ('corner', '2020-01-01', '2020-01-01', 1,"
            " spatial.canonical(ST_MakeEnvelope(%s, %s, %s, %s, 4490), 'Polygon', 1e-9), '{{}}', '')"
        ).format(Identifier(TABLE.name)),
        (west, south, east, north),
    )
    ring = f"({west} {south}, {east} {south}, {east} {north}, {west} {north}, {west} {south})"
    for text in (f"S_EQUALS(geometry, POLYGON({ring}))", f"S_TOUCHES(geometry, POINT({west} {south}))"):
        found = compiled(f"id = 'corner' AND {text}")
        page = items(ItemsQuery(TABLE, conditions=(found,)))
        assert len(planned.execute(page.sql, page.params).fetchall()) == 2, text
