"""``numberMatched`` of more features than a page counts: exact at any instant of both times, or marked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from api_serving import Served, contract, database_of, deliver, places, publish, server

from api.counts import COUNT_CAP
from spatial.datum.clock import format_instant, parse_instant

MANY = COUNT_CAP + 500
ITEMS = "/collections/many/items"


@pytest.fixture(scope="module")
def many(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Since New Year ``MANY`` places; from March on 200 fewer, 40 renamed; 7 that were in February alone."""
    all_of_them = places(MANY)
    with database_of(server_dsn, template) as dsn:
        publish(dsn, contract("many"))
        deliver(dsn, "many", all_of_them)
        gone = [replace(each, remove=True) for each in all_of_them[:200]]
        renamed = [replace(each, name="改名") for each in all_of_them[200:240]]
        deliver(dsn, "many", [*gone, *renamed], valid_from=parse_instant("2026-03-01"))
        passing = [replace(each, code=f"Q{each.code}") for each in all_of_them[:7]]
        deliver(dsn, "many", passing, valid_from=parse_instant("2026-02-01"))
        ended = [replace(each, remove=True) for each in passing]
        deliver(dsn, "many", ended, valid_from=parse_instant("2026-02-10"))
        with server(dsn, tmp_path_factory.mktemp("api") / "many.log") as running:
            yield running


@pytest.mark.parametrize(
    ("asked", "number"),
    [
        ({}, MANY - 200),
        ({"datetime": "2025-12-31"}, 0),
        ({"datetime": "2026-01-01"}, MANY),
        ({"datetime": "2026-02-05"}, MANY + 7),
        ({"datetime": "2026-02-20"}, MANY),
        ({"datetime": "2026-02-28T15:59:59Z"}, MANY),
        ({"datetime": "2026-02-28T16:00:00Z"}, MANY - 200),
        ({"datetime": "2026-02-20/2026-03-05"}, MANY),
        ({"datetime": "../2026-04-01"}, MANY + 7),
        ({"datetime": "2026-03-01/.."}, MANY - 200),
    ],
)
@pytest.mark.parametrize("counted", [{}, {"count": "exact"}])
def test_a_large_layer_of_any_day_is_counted(
    many: Served, asked: dict[str, str], number: int, counted: dict[str, str]
) -> None:
    page = many.get(ITEMS, params={"limit": "1", **asked, **counted}).json()
    assert page["numberMatched"] == number
    assert "onemap:numberMatchedEstimated" not in page


def test_as_it_was_known_it_is_counted_too(many: Served) -> None:
    told = many.get("/changesets?layer=many").json()["changesets"]
    known = sorted(parse_instant(each["recorded_at"]) for each in told)
    for asof, number in zip(known, (MANY, MANY, MANY + 7, MANY + 7), strict=True):
        asked = {"limit": "1", "datetime": "2026-02-05T00:00:00Z", "asof": format_instant(asof)}
        assert many.get(ITEMS, params=asked).json()["numberMatched"] == number
    first = {"limit": "1", "datetime": "2026-05-01", "asof": format_instant(known[0])}
    assert many.get(ITEMS, params=first).json()["numberMatched"] == MANY


def test_behind_a_filter_it_is_exact_where_asked_for_and_else_marked(many: Served) -> None:
    asked = {"limit": "1", "filter": "floors >= 0", "datetime": "2026-02-20"}
    page = many.get(ITEMS, params=asked).json()
    assert "numberMatched" not in page
    assert page["onemap:numberMatchedEstimated"] > COUNT_CAP
    assert many.get(ITEMS, params={**asked, "count": "exact"}).json()["numberMatched"] == MANY
