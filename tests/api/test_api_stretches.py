"""The instant that stands for a stretch of time: the map at it is, byte for byte, that of every other one."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import shapely
from api_serving import contract, database_of, deliver, publish, server
from test_api_far_tiles import SETS, area, edits, point
from test_api_tiles_present import shown

from api import stretches
from api.app import NEAR
from api.pool import Pool
from api.stretches import Stretches
from spatial.catalogue import store as catalogue
from spatial.database import Connection, connect
from spatial.datum import BEIJING
from spatial.history import ledger
from spatial.history.read import Span
from tiles.cut import cut, public_columns
from tiles.matrix import Tile
from tiles.vector import TileQuery

DAY = timedelta(days=1)
START = datetime(2026, 1, 1, tzinfo=BEIJING)
LAYER = "dots"


def looked(dsn: str, work: Callable[[Pool], Awaitable[Any]]) -> Any:
    async def live() -> Any:
        pool = Pool(dsn, name="near", size=2, settings=NEAR, deadline_s=10)
        try:
            return await work(pool)
        finally:
            await pool.close()

    return asyncio.run(live())


def recorded(connection: Connection) -> list[datetime]:
    return [each.recorded_at for each in ledger.select(connection, ledger.Selection(layers=(LAYER,)), 99)]


def ends(connection: Connection) -> list[datetime]:
    rows = connection.execute(
        f"select valid_from from history.{LAYER} union"
        f" select valid_to from history.{LAYER} where valid_to < 'infinity'"
    ).fetchall()
    return [row[0] for row in rows]


def span(dice: random.Random) -> Span:
    """Of days, from the middle of the night on or not, some of them open."""
    start = START + dice.randrange(-4, 28) * DAY / 2
    end = None if dice.random() < 0.1 else start + dice.choice([1, 1, 1, 4]) * DAY / 2
    return Span(None if dice.random() < 0.1 and end else start, end, end_included=dice.random() < 0.5)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("kind", ["Point", "Polygon"])
def test_tiles_of_a_stretch_are_as_made_from_scratch(database: str, kind: str) -> None:
    """Of random instants and beliefs, while the history grows back and forth, by a worker that has
    followed from the beginning and by one that has just started."""
    dice = random.Random(20261129)
    publish(database, contract(LAYER, kind))
    known: dict[str, Any] = {}
    own = SETS.by_id["CGCS2000Quad"]
    tiles = [own.at(14, 118.8 + step / 100, 36.9) for step in range(3)]
    moved = 0

    async def live(pool: Pool) -> None:
        nonlocal moved
        followed = Stretches(pool)
        layer = shown(database)
        with connect(database, autocommit=True) as connection:
            held = catalogue.get(connection, LAYER)
            columns = public_columns(held)

            def body(tile: Tile, at: datetime | Span, asof: datetime) -> bytes:
                return cut(connection, TileQuery(held.table, columns, own, tile, at, asof)).body

            for round_ in range(12):
                shape = point if kind == "Point" else area
                some = edits(dice, known, 150 if round_ < 2 else 4, shape)
                from_day = START + dice.randrange(9) * DAY
                await asyncio.to_thread(deliver, database, LAYER, some, valid_from=from_day)
                beliefs = recorded(connection)
                for turn in ends(connection):  # whatever starts or ends, believed still or no more
                    assert await followed.beginning(layer, turn, beliefs[0]) == (turn, beliefs[0])
                for _ in range(20):
                    at: datetime | Span = START + dice.uniform(-2, 14) * DAY
                    if dice.random() < 0.4:
                        at = span(dice)
                    asof = dice.choice(beliefs)
                    if asof != beliefs[0]:  # anywhere before the newest one, before the first one too
                        asof += timedelta(seconds=dice.uniform(-0.2, 0.2))
                        asof = min(asof, beliefs[0])
                    found = await followed.beginning(layer, at, asof)
                    fresh = await Stretches(pool).beginning(layer, at, asof)
                    assert found.asof == fresh.asof <= asof
                    moved += found.at != at
                    tile = dice.choice(tiles)
                    wanted = body(tile, at, asof)
                    assert body(tile, *found) == body(tile, *fresh) == wanted, (round_, at, asof)

    looked(database, live)
    assert moved > 150


def test_between_two_turns_all_instants_are_one(database: str) -> None:
    publish(database, contract(LAYER))
    dice = random.Random(5)
    deliver(database, LAYER, edits(dice, {}, 30, point), valid_from=START)
    deliver(database, LAYER, edits(dice, {}, 30, point), valid_from=START + 10 * DAY)
    with connect(database) as connection:
        newest, oldest = recorded(connection)

    async def live(pool: Pool) -> None:
        known, layer = Stretches(pool), shown(database)
        middle = oldest + (newest - oldest) / 2
        assert await known.beginning(layer, START + 3 * DAY, middle) == (START, oldest)
        assert await known.beginning(layer, START + 9.99 * DAY, oldest) == (START, oldest)
        assert await known.beginning(layer, START + 10 * DAY, newest) == (START + 10 * DAY, newest)
        before = datetime(1, 1, 2, tzinfo=UTC)
        assert await known.beginning(layer, before, newest) == (before, newest)
        for days, held in ((Span(START + DAY, START + 2 * DAY), True), (Span(START + DAY, None), False)):
            found = await known.beginning(layer, days, newest)
            assert found.at == (START if held else days)
        until = START + 10 * DAY
        for included in (False, True):
            days = Span(START + 9 * DAY, until, end_included=included)
            assert (await known.beginning(layer, days, newest)).at == (days if included else START)
        assert (await known.beginning(layer, Span(until, None), newest)).at == until
        assert (await known.beginning(layer, Span(None, until), newest)).at == Span(None, until)
        early = oldest - DAY
        assert await known.beginning(layer, START, early) == (START, early)

    looked(database, live)


def test_a_layer_that_turns_too_often_is_read_as_it_was_asked(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stretches, "TURNS_MOST", 4)
    publish(database, contract(LAYER))
    dice = random.Random(5)
    for day in range(5):
        deliver(database, LAYER, edits(dice, {}, 5, point), valid_from=START + day * DAY)
    with connect(database) as connection:
        newest = recorded(connection)[0]

    async def live(pool: Pool) -> None:
        known, layer = Stretches(pool), shown(database)
        at = START + 3.5 * DAY
        assert await known.beginning(layer, at, newest) == (at, newest)
        await pool.close()  # and it is not looked at again for each tile
        assert await known.beginning(layer, at, newest) == (at, newest)

    looked(database, live)


def test_where_turns_cannot_be_read_tiles_are_as_asked(
    database: str, caplog: pytest.LogCaptureFixture
) -> None:
    publish(database, contract(LAYER))
    deliver(database, LAYER, edits(random.Random(5), {}, 5, point), valid_from=START)
    with connect(database, autocommit=True) as connection:
        newest = recorded(connection)[0]
        connection.execute("alter table history.tally rename to tally_away")

    async def live(pool: Pool) -> None:
        at = START + DAY
        assert await Stretches(pool).beginning(shown(database), at, newest) == (at, newest)

    looked(database, live)
    assert "turns" in caplog.text


def test_a_near_tile_at_another_instant_of_its_stretch_is_looked_up(
    server_dsn: str, template: str, tmp_path: Path
) -> None:
    """No statement cuts it: the table that it lies in is gone from under the server."""
    tile = SETS.by_id["CGCS2000Quad"].at(14, 118.805, 36.905)
    address = f"/collections/{LAYER}/tiles/CGCS2000Quad/14/{tile.row}/{tile.column}"
    with database_of(server_dsn, template) as dsn, connect(dsn, autocommit=True) as connection:
        publish(dsn, contract(LAYER))
        spot = [shapely.Point(118.805, 36.905)]
        first = edits(random.Random(1), {}, 3, lambda _: spot[0])
        deliver(dsn, LAYER, first, valid_from=START)
        deliver(dsn, LAYER, edits(random.Random(2), {}, 3, lambda _: spot[0]), valid_from=START + 9 * DAY)
        with server(dsn, tmp_path / "server.log") as served:

            def at(when: str) -> httpx.Response:
                return served.get(address, params={"datetime": when})

            made = at("2026-01-03")
            assert made.status_code == 200 and made.content
            connection.execute(f"alter table history.{LAYER}_believed rename to away")
            again = at("2026-01-07T10:00:00+08:00")
            assert again.status_code == 200 and again.content == made.content
            assert at("2026-01-12").status_code != 200, "another stretch has to be cut"
            connection.execute(f"alter table history.away rename to {LAYER}_believed")
            after = at("2026-01-12")
            assert after.status_code == 200 and after.content not in (b"", made.content)
