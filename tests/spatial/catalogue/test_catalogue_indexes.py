"""Attribute indexes: they follow the contract, searches are answered from them, edits find twins by them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from contracts import WELLS
from deliveries import DAY, deliver, point, stage

from spatial import filter as cql2
from spatial.catalogue import quality, store
from spatial.catalogue.city import read_city
from spatial.catalogue.contract import Contract, Field, FieldType, Title
from spatial.catalogue.rules import INDEXED_CHARACTERS
from spatial.catalogue.tables import feature_table
from spatial.database import Connection
from spatial.history import read
from spatial.history.model import Delivery
from spatial.history.order import SortKey
from spatial.history.read import ItemsQuery

BELIEVED = "test_wells_believed"
CITY = read_city("370783")
ROWS = 3000


def _with(**changes: dict[str, object]) -> Contract:
    fields = (replace(each, **changes.get(each.name, {})) for each in WELLS.fields)  # type: ignore[arg-type]
    return replace(WELLS, fields=tuple(fields))


def _indexed(connection: Connection) -> list[str]:
    """The columns of each attribute index."""
    rows = connection.execute(
        "select indexdef from pg_indexes where schemaname = 'history' and tablename = %s"
        " and indexname ~ '_by_' order by 1",
        (BELIEVED,),
    ).fetchall()
    return sorted(row[0].rpartition("btree (")[2].removesuffix(")") for row in rows)


UNIQUE = 'name COLLATE "C", kind COLLATE "C"'


def test_indexes_follow_the_contract(connection: Connection) -> None:
    store.publish(connection, WELLS)
    assert _indexed(connection) == [UNIQUE]
    store.publish(connection, _with(depth={"indexed": True}, name={"indexed": True}))
    assert _indexed(connection) == sorted([UNIQUE, "depth", 'name COLLATE "C"'])
    deliver(connection, WELLS, [_well(1)])  # a first load builds the rows aside
    assert _indexed(connection) == sorted([UNIQUE, "depth", 'name COLLATE "C"'])
    level = Field("level", FieldType.NUMBER, Title("水位", "Level"), unit="m", indexed=True)
    store.publish(connection, replace(WELLS, fields=(*WELLS.fields, level)))
    assert _indexed(connection) == sorted([UNIQUE, "level"])
    store.publish(connection, replace(WELLS, fields=(*WELLS.fields, replace(level, indexed=False))))
    assert _indexed(connection) == [UNIQUE]


def test_a_combination_too_long_for_an_index_is_unique_without_one(connection: Connection) -> None:
    store.publish(connection, _with(name={"max_length": INDEXED_CHARACTERS + 1}))
    assert _indexed(connection) == []


def test_the_longest_texts_fit(connection: Connection) -> None:
    contract = _with(name={"max_length": INDEXED_CHARACTERS - 1, "indexed": True})
    store.publish(connection, contract)
    chance = random.Random(1)
    for number in (1, 2):  # into an empty layer, and beside what is held
        name = "".join(chr(chance.randrange(0x20000, 0x2A6D0)) for _ in range(INDEXED_CHARACTERS - 1))
        deliver(connection, contract, [{**_well(number), "name": name}])
    assert connection.execute(f"select count(*) from history.{BELIEVED}").fetchone() == (2,)


def _well(number: int) -> dict[str, object]:
    return {
        "code": f"W{number:04}",
        "name": f"{number}号",
        "kind": "1",
        "depth": number / 10,
        "geom": point(),
    }


@pytest.fixture(scope="module")
def contract() -> Contract:
    return _with(depth={"indexed": True}, name={"indexed": True}, drilled={"indexed": True})


@pytest.fixture
def filled(connection: Connection, contract: Contract) -> Iterator[Connection]:
    store.publish(connection, contract)
    deliver(connection, contract, [_well(number) for number in range(ROWS)])
    connection.execute(f"analyze history.{BELIEVED}")
    yield connection


@pytest.mark.parametrize(
    "text",
    [
        "name = '77号'",
        "name IN ('77号', '78号')",
        "name BETWEEN '77号' AND '78号'",
        "name LIKE '77%'",
        "depth > 299",
        "depth = 7.7",
        "drilled = DATE('2026-01-01')",
    ],
)
def test_a_search_is_answered_from_the_index(filled: Connection, contract: Contract, text: str) -> None:
    table = feature_table(contract)
    names = cql2.queryables(table, table.columns)
    page = read.items(ItemsQuery(table, conditions=(cql2.condition(cql2.parse_text(text), names),)))
    plan = "\n".join(row[0] for row in filled.execute(f"explain {page.sql}", page.params).fetchall())
    assert f"{BELIEVED}_by_" in plan, plan


def test_a_property_filter_is_answered_from_the_index(filled: Connection, contract: Contract) -> None:
    table = feature_table(contract)
    column = next(each for each in table.columns if each.name == "name")
    page = read.items(ItemsQuery(table, filters=(read.Filter(column, "77号"),)))
    plan = "\n".join(row[0] for row in filled.execute(f"explain {page.sql}", page.params).fetchall())
    assert f"{BELIEVED}_by_" in plan, plan
    assert len(filled.execute(page.sql, page.params).fetchall()) == 2  # the head, and the one well


@pytest.mark.parametrize("by", ["condition", "property"])
def test_a_search_expects_what_is_believed_now_to_be_valid_now(
    filled: Connection, contract: Contract, by: str
) -> None:
    """Where it took most of it for past or future, it read a whole layer for a page that was near."""
    table = feature_table(contract)
    names = cql2.queryables(table, table.columns)
    kind = next(each for each in table.columns if each.name == "kind")
    query = {
        "condition": ItemsQuery(table, conditions=(cql2.condition(cql2.parse_text("kind = '1'"), names),)),
        "property": ItemsQuery(table, filters=(read.Filter(kind, "1"),)),
    }[by]
    page = read.items(query)
    ((plan,),) = filled.execute(f"explain (format json) {page.sql}", page.params).fetchall()
    (scan,) = (each for each in _nodes(plan[0]["Plan"]) if each.get("Relation Name") == BELIEVED)
    assert ROWS / 2 <= scan["Plan Rows"] <= ROWS


@pytest.mark.parametrize("narrowed", [False, True])
def test_a_page_of_a_stretch_of_time_walks_the_identities(
    filled: Connection, contract: Contract, narrowed: bool
) -> None:
    """Where a DISTINCT ON sorted all that it met, a page of a day took two seconds of a million rows."""
    table = feature_table(contract)
    names = cql2.queryables(table, table.columns)
    met = (cql2.condition(cql2.parse_text("depth >= 0"), names),) if narrowed else ()
    span = read.Span(DAY, DAY + timedelta(days=1), end_included=False)
    page = read.items(ItemsQuery(table, at=span, conditions=met, limit=5))
    for mode in ("force_generic_plan", "force_custom_plan"):
        filled.execute(f"set local plan_cache_mode = {mode}")
        ((plan,),) = filled.execute(f"explain (format json) {page.sql}", page.params).fetchall()
        kinds = {each["Node Type"] for each in _nodes(plan[0]["Plan"])}
        assert "Index Scan" in kinds and "Sort" not in kinds, kinds


@pytest.mark.parametrize("name", ["name", "depth"])
@pytest.mark.parametrize("descending", [False, True])
def test_what_an_index_has_in_order_is_not_sorted(
    filled: Connection, contract: Contract, name: str, descending: bool
) -> None:
    table = feature_table(contract)
    column = next(each for each in table.columns if each.name == name)
    page = read.items(ItemsQuery(table, sort=(SortKey(column, descending, indexed=True),), limit=5))
    ((plan,),) = filled.execute(f"explain (format json) {page.sql}", page.params).fetchall()
    walked = [each for each in _nodes(plan[0]["Plan"]) if f"{BELIEVED}_by_" in each.get("Index Name", "")]
    assert walked, plan
    found = [row[0] for row in filled.execute(page.sql, page.params).fetchall() if row[0] is not None]
    plain = read.items(ItemsQuery(table, sort=(SortKey(column, descending),), limit=5))
    assert found == [
        row[0] for row in filled.execute(plain.sql, plain.params).fetchall() if row[0] is not None
    ]


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for each in plan.get("Plans", ()):
        yield from _nodes(each)


def test_an_edit_finds_its_twin_without_reading_the_layer(filled: Connection, contract: Contract) -> None:
    def read_in_order() -> int:
        row = filled.execute(
            "select seq_tup_read from pg_stat_xact_user_tables where relname = %s", (BELIEVED,)
        ).fetchone()
        assert row is not None
        return int(row[0])

    filled.commit()
    staging = stage(filled, contract, [{**_well(77), "code": "W9999"}])
    before = read_in_order()
    found = quality.check(filled, contract, staging, CITY, DAY, delivery=Delivery.PARTIAL)
    assert dict(found.counts) == {"unique:name+kind": 1}
    assert "77号 / 1" in found.violations[0].zh
    assert read_in_order() - before < ROWS
