"""``q`` by the index of pairs of characters: the same answers, from few rows, and of public texts alone."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
import shapely
from api_serving import Place, Served, contract, database_of, deliver, publish, server, until

from api import selection
from spatial.catalogue import store
from spatial.catalogue.declaration import from_json, to_json
from spatial.catalogue.rules import problems
from spatial.database import Connection, connect
from spatial.history.read import ItemsQuery, items

PARTS = (
    *("圣城街道", "公园", "市", "Straße", "STRASSE", "İstanbul", "ſ", "ﬁ", "é", "É", "ΣΑΣ", "σας", "ǰ"),
    *("\u212a", "k", "100%", "a_b", "\\", "12号", "１２", "𠀀𠀁", "·", " "),
)
ROWS = 600
COUNT = 4000


def _places(count: int) -> list[Place]:
    dice = random.Random(11)
    names = [None, "", *("".join(dice.choices(PARTS, k=dice.randrange(1, 4))) for _ in range(count - 2))]
    return [Place(f"P{n:06d}", shapely.Point(118.7, 36.9), name) for n, name in enumerate(names)]


@pytest.fixture(scope="module")
def both(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """``plain`` and ``sought`` with the same rows, of which the second has the index."""
    with database_of(server_dsn, template) as dsn:
        for layer, index in (("plain", False), ("sought", True)):
            publish(dsn, replace(contract(layer), search_index=index))
            deliver(dsn, layer, _places(ROWS))
            deliver(dsn, layer, [Place("P000007", shapely.Point(118.7, 36.9), "改为公园")])
        with server(dsn, tmp_path_factory.mktemp("api") / "sought.log") as running:
            yield running


@pytest.mark.parametrize(
    "q",
    [
        *("市", "公园", "园市", "城", "P00001", "p00001", "strasse", "STRASSE", "straße", "ß", "istanbul"),
        *("i", "s", "S", "ſ", "fi", "ﬁ", "é", "É", "e", "σας", "Σ", "ς", "ǰ", "k", "K", "j"),
        *("100%", "%", "_", "a_b", "\\", "12号", "12", "１２", "𠀀𠀁", "𠀀", "·", "王某", "没有的词"),
        *("公园 市", "公园,市", "公园 12号,strasse", "改为公园", "7公", "0圣"),
    ],
)
def test_the_index_finds_what_reading_finds(both: Served, q: str) -> None:
    plain, sought = (
        both.get(f"/collections/{layer}/items", params={"q": q, "limit": 1000}).json()
        for layer in ("plain", "sought")
    )
    assert [each["id"] for each in sought["features"]] == [each["id"] for each in plain["features"]]
    assert sought["numberMatched"] == plain["numberMatched"]


def test_what_was_believed_before_is_found_without_it(both: Served) -> None:
    before = {"q": "改为公园", "asof": "2026-01-01"}
    assert both.get("/collections/sought/items", params=before).json()["features"] == []


def _cancelled(both: Served, layer: str) -> dict[str, Any]:
    """The answer to a search whose statement is ended before it is done."""
    with connect(both.dsn) as holder, ThreadPoolExecutor(1) as asking:
        holder.execute(f"lock table history.{layer}_believed in access exclusive mode")
        answer = asking.submit(both.get, f"/collections/{layer}/items", params={"q": "公园"})
        waiting = (
            "select pg_cancel_backend(pid) from pg_stat_activity where datname = current_database()"
            " and application_name = 'onemap-heavy' and wait_event_type = 'Lock'"
        )
        until(lambda: holder.execute(waiting).fetchone() is not None)
        found = answer.result()
        assert found.status_code == 503
        return dict(found.json())


def test_what_took_too_long_is_told_what_would_help(both: Served) -> None:
    told = _cancelled(both, "plain")
    assert "search_index" in told["zh"] and "search_index" in told["en"]
    assert "search_index" not in _cancelled(both, "sought")["zh"]


@pytest.fixture
def filled(database: str) -> Iterator[Connection]:
    publish(database, replace(contract("sought"), search_index=True))
    deliver(database, "sought", [replace(each, name=f"圣城街道{each.code}") for each in _places(COUNT)])
    with connect(database, autocommit=True) as connection:
        connection.execute("analyze history.sought_believed")
        yield connection


def _seen(connection: Connection, *, internal: bool) -> Any:
    """The layer as somebody sees it."""
    layer = store.get(connection, "sought")
    columns = {column.name: column for column in layer.table.columns}
    fields = {
        f.name: (f, columns[f.name]) for f in layer.contract.fields if internal or columns[f.name].public
    }
    return SimpleNamespace(contract=layer.contract, table=layer.table, fields=fields, derived={})


def _plan(connection: Connection, q: str, *, internal: bool = False) -> str:
    layer = _seen(connection, internal=internal)
    page = items(ItemsQuery(layer.table, conditions=selection.conditions(layer, {"q": q}, None)))  # type: ignore[arg-type]
    return "\n".join(row[0] for row in connection.execute(f"explain {page.sql}", page.params).fetchall())


def _index(connection: Connection) -> list[str]:
    rows = connection.execute(
        "select indexdef from pg_indexes where tablename = 'sought_believed' and indexdef ~ 'pairs'"
    )
    return [row[0].partition(" USING ")[2] for row in rows.fetchall()]


@pytest.mark.parametrize("q", ["园", "公园", "P000123", "strasse", "公园,市 场"])
def test_what_is_rare_is_read_from_the_index(filled: Connection, q: str) -> None:
    assert "Bitmap Index Scan on sought_believed_by_" in _plan(filled, q)


def test_what_is_common_is_read_along_the_identities(filled: Connection) -> None:
    assert "Index Scan using sought_believed_one_next" in _plan(filled, "街")


def test_whoever_sees_more_than_public_texts_is_not_answered_from_them(filled: Connection) -> None:
    assert "pairs" not in _plan(filled, "公园", internal=True)


def test_the_index_comes_and_goes_with_the_contract(filled: Connection, database: str) -> None:
    assert _index(filled) == ["gin (history.pairs(VARIADIC ARRAY[fid, name]))"]
    publish(database, contract("sought"))
    assert _index(filled) == []
    publish(database, replace(contract("sought"), search_index=True))
    assert _index(filled) == ["gin (history.pairs(VARIADIC ARRAY[fid, name]))"]


def test_it_is_declared_and_has_texts_to_hold() -> None:
    made = replace(contract("sought"), search_index=True)
    assert from_json(to_json(made)) == made
    numbers = tuple(field for field in made.fields if field.name in ("floors", "owner"))
    assert "search_index" in [each.where for each in problems(replace(made, fields=numbers, key=""))]
