"""Far tiles of named instants: what is kept for a stretch of time is, throughout it, as made from scratch."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import shapely
from api_serving import Place, contract, database_of, deliver, publish, server, until
from test_api_far_tiles import EACH_SET, SETS, area, edits, laddered, point

from api.desk import Desk
from api.past_tiles import PastTiles
from api.pool import Pool
from spatial.catalogue import store as catalogue
from spatial.database import Connection, connect
from spatial.datum import BEIJING
from spatial.errors import Unavailable
from spatial.history import ledger
from spatial.history.read import Span
from spatial.history.states import State
from tiles.cut import cut, public_columns
from tiles.far import past
from tiles.far.model import Shelf
from tiles.far.refresh import shelves
from tiles.ground import placed
from tiles.matrix import Box, Tile
from tiles.vector import TileQuery
from tiles.vector import laddered as by_ladder

DAY = timedelta(days=1)


def found(connection: Connection, shelf: Shelf, query: TileQuery) -> bytes | None:
    """As the door looks it up."""
    stretch = past.stretch_of(query.at)
    assert stretch is not None and query.asof is not None
    asked = past.found(shelf, query.tile, stretch, query.asof)
    row = connection.execute(asked.sql, asked.params).fetchone()
    if row is None:
        return None
    older, newer = State(row[0], stretch.start, row[1]), State(row[2], stretch.start, row[3])
    if older.changeset != newer.changeset:
        told = past.differs(query, older, newer)
        differing = connection.execute(told.sql, told.params).fetchone()
        if not stretch.instant or differing is None or differing[0]:
            return None
    return bytes(row[4])


@pytest.mark.timeout(300)
@pytest.mark.parametrize("layer_id", ["areas", "uses", "points"])
def test_what_is_found_is_as_made_from_scratch(
    database: str, layer_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of random instants and days, known at random times, while the history grows back and forth."""
    dice = random.Random(20261129)
    publish(database, laddered(layer_id))
    known: dict[str, Place] = {}
    start = datetime(2026, 1, 1, tzinfo=BEIJING)
    hits = misses = 0
    with connect(database, autocommit=True) as connection:
        layer = catalogue.get(connection, layer_id)
        columns = public_columns(layer)
        far = [each for each in shelves(layer, EACH_SET) if each.zoom in (3, 6, 8, 11)]
        for round_ in range(7):
            shape = point if layer_id == "points" else area
            some = edits(dice, known, 150 if round_ < 3 else 3, shape)
            deliver(database, layer_id, some, valid_from=start + dice.randrange(6) * DAY, reason=str(round_))
            recorded = [each.recorded_at for each in ledger.select(connection, ledger.Selection(), 99)]
            for _ in range(60):
                shelf = dice.choice(far)
                at: datetime | Span = start + dice.randrange(-4, 30) * DAY / 4
                if dice.random() < 0.2:
                    at = Span(at, at + DAY, end_included=dice.random() < 0.5)
                asof = dice.choice(recorded[:2])
                box = shapely.Point(dice.uniform(118.7, 118.9), dice.uniform(36.8, 37.0))
                place = _tile(shelf, box)
                query = TileQuery(layer.table, columns, shelf.matrix_set, place, at, asof)
                query = by_ladder(query, layer.contract, [column.name for column in columns])
                wanted = cut(connection, query).body
                held = found(connection, shelf, query)
                if held is None:
                    misses += 1
                    # Of a layer that turns very often a tile is kept for its instant, until it is widened.
                    monkeypatch.setattr(past, "LINES_MOST", dice.choice((3, 20_000)))
                    past.keep(connection, shelf, query, wanted)
                    assert found(connection, shelf, query) in (
                        wanted,
                        None if isinstance(at, Span) else wanted,
                    )
                    if dice.random() < 0.6:
                        past.widen(connection, shelf, query, wanted)
                else:
                    hits += 1
                    assert held == wanted, (shelf, place, at, asof)
    assert hits > 40 and misses > 40, (hits, misses)


def _tile(shelf: Shelf, place: shapely.Point) -> Tile:
    box = placed(shelf.matrix_set, Box(place.x, place.y, place.x, place.y))
    return shelf.matrix_set.at(shelf.zoom, box.left, box.bottom)


def test_what_is_too_much_goes_the_oldest_first(database: str) -> None:
    publish(database, contract("areas", "Polygon"))
    deliver(database, "areas", edits(random.Random(1), {}, 50))
    own = SETS.by_id["CGCS2000Quad"]
    with connect(database, autocommit=True) as connection:
        layer = catalogue.get(connection, "areas")
        shelf = next(each for each in shelves(layer, (own,)) if each.zoom == 11)
        asof = datetime.now(BEIJING)
        for number in range(4):
            query = TileQuery(layer.table, (), own, Tile(11, number, 0), asof, asof)
            past.keep(connection, shelf, query, bytes(1000))
        assert past.prune(connection, 10_000) == 0
        assert past.prune(connection, 2_500) == 2
        rows = connection.execute("select tile_row from tiles.past_tile order by 1").fetchall()
    assert [row[0] for row in rows] == [2, 3]


def test_an_instant_between_the_same_two_changes_is_answered_with_what_was_kept(
    server_dsn: str, template: str, tmp_path: Path
) -> None:
    own = SETS.by_id["CGCS2000Quad"]
    tile = own.at(11, 118.8, 36.95)
    address = f"/collections/uses/tiles/CGCS2000Quad/11/{tile.row}/{tile.column}"
    dice = random.Random(8)
    with database_of(server_dsn, template) as dsn, connect(dsn, autocommit=True) as connection:
        publish(dsn, laddered("uses"))
        deliver(dsn, "uses", edits(dice, {}, 300), valid_from=datetime(2026, 1, 1, tzinfo=BEIJING))
        deliver(dsn, "uses", edits(dice, {}, 300), valid_from=datetime(2026, 3, 1, tzinfo=BEIJING))
        with server(dsn, tmp_path / "server.log") as served:

            def at(when: str, **more: str) -> bytes:
                answer = served.get(address, params={"datetime": when, **more})
                assert answer.status_code == 200 and answer.headers["onemap-generalised"] == "true"
                return answer.content

            first = at("2026-02-02T10:00:00+08:00")
            until(lambda: _count(connection) == 1)
            connection.execute("update tiles.past_tile set body = 'kept'")
            assert at("2026-02-03") == at("2026-02-20T12:30:00+08:00") == b"kept"
            assert at("2026-02-04", properties="name") != b"kept", "another form of the layer"
            after = at("2026-03-05T00:00:00+08:00")
            assert after not in (b"kept", first)
            day = served.get(
                address, params={"datetime": "2026-02-28T12:00:00+08:00/2026-03-01T12:00:00+08:00"}
            )
            assert day.status_code == 200 and day.content != b"kept", "something turns within it"
            assert served.get(address, params={"datetime": "../2026-02-20"}).content == first

            elsewhere = shapely.box(119.00, 37.20, 119.01, 37.21)
            old = [Place("ELSE", elsewhere, "别处", 1)]
            deliver(dsn, "uses", old, valid_from=datetime(2026, 1, 5, tzinfo=BEIJING), reason="别处")
            assert at("2026-02-05T10:00:00+08:00") == b"kept", "nothing in the tile was written"
            here = shapely.box(118.80, 36.95, 118.83, 36.97)
            deliver(
                dsn, "uses", [Place("NOW", here, "今", 2)], valid_from=datetime(2026, 6, 1, tzinfo=BEIJING)
            )
            assert at("2026-02-06T10:00:00+08:00") == b"kept", "what was written begins later"
            deliver(
                dsn, "uses", [Place("OLD", here, "昔", 3)], valid_from=datetime(2026, 1, 5, tzinfo=BEIJING)
            )
            assert b"OLD" in at("2026-02-07T10:00:00+08:00")


class Workers:
    """Two of them, and one tile of which they are asked."""

    def __init__(self, database: str) -> None:
        january = datetime(2026, 1, 1, tzinfo=BEIJING)
        publish(database, laddered("uses"))
        deliver(database, "uses", edits(random.Random(8), {}, 50), valid_from=january)
        with connect(database, autocommit=True) as connection:
            layer = catalogue.get(connection, "uses")
            self._recorded_at = ledger.select(connection, ledger.Selection(), 1)[0].recorded_at
        own = SETS.by_id["CGCS2000Quad"]
        self._shelf = next(each for each in shelves(layer, (own,)) if each.zoom == 11)
        self._query = TileQuery(layer.table, (), own, own.at(11, 118.8, 36.95), january, self._recorded_at)
        self._database = database
        self.made: list[int] = []

    async def __aenter__(self) -> Workers:
        self._pools = [
            Pool(self._database, name="tiles", size=size, settings={}, deadline_s=10, queue_wait_s=5)
            for size in (2, 1, 1)
        ]
        self._desk = Desk(self._database, size=1, queue_wait_s=5)
        near, *claims = self._pools
        self.tiles = [PastTiles(near, near, self._desk, each) for each in claims]
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._desk.close()
        for pool in self._pools:
            await pool.close()

    async def ask(self, worker: int, day: int, *, fails: bool = False) -> bytes:
        async def make() -> bytes:
            self.made.append(day)
            await asyncio.sleep(0.3)
            if fails:
                raise Unavailable("慢", "slow")
            return b"made"

        query = replace(self._query, at=datetime(2026, 1, 1, tzinfo=BEIJING) + day * DAY)
        return await self.tiles[worker].of(self._shelf, query, make)


def test_one_maker_works_on_a_tile_at_a_time(database: str) -> None:
    """Who asks for it meanwhile, at other instants between the same two changes and of whichever worker,
    is given what it made."""
    asked = Workers(database)

    async def run() -> list[bytes]:
        async with asked:
            return await asyncio.gather(*(asked.ask(day % 2, day) for day in range(1, 9)))

    assert asyncio.run(run()) == [b"made"] * 8 and len(asked.made) == 1


@pytest.mark.parametrize("other", [0, 1])
def test_what_was_made_is_there_for_every_worker_before_it_is_known_how_long_it_holds(
    database: str, other: int
) -> None:
    """Finding that out reads all that ever lay about the tile, which here waits for a lock."""
    asked = Workers(database)

    async def run() -> None:
        async with asked:
            with connect(database) as writing:
                writing.execute("lock table history.uses in access exclusive mode")
                assert await asked.ask(0, 1) == b"made"
                assert await asked.ask(other, 2) == b"made"
                assert asked.made == [1]
                assert writing.execute("select count(*) from tiles.past_tile").fetchone() == (1,)

    asyncio.run(run())


def test_a_tile_in_which_nothing_turns_is_kept_once_for_all_time(database: str) -> None:
    """While its layer does."""
    january, march = (datetime(2026, month, 1, tzinfo=BEIJING) for month in (1, 3))
    own = SETS.by_id["CGCS2000Quad"]
    with connect(database, autocommit=True) as connection:
        publish(database, laddered("uses"))
        deliver(database, "uses", edits(random.Random(8), {}, 50), valid_from=january)
        elsewhere = [Place("ELSE", shapely.box(119.00, 37.20, 119.01, 37.21), "别处", 1)]
        deliver(database, "uses", elsewhere, valid_from=march, reason="别处")
        layer = catalogue.get(connection, "uses")
        shelf = next(each for each in shelves(layer, (own,)) if each.zoom == 13)
        asof = ledger.select(connection, ledger.Selection(), 1)[0].recorded_at
        tile = own.at(13, 118.8, 36.95)
        stretches = []
        for at in (january + DAY, march + DAY):
            query = TileQuery(layer.table, (), own, tile, at, asof)
            past.keep(connection, shelf, query, b"made")
            rows = "select (since at time zone 'PRC')::text, (until at time zone 'PRC')::text"
            stretches.append(connection.execute(f"{rows} from tiles.past_tile order by since").fetchall())
        past.widen(connection, shelf, query, b"made")
        stretches.append(connection.execute(f"{rows} from tiles.past_tile").fetchall())
    first, second = ("2026-01-01 00:00:00", "2026-03-01 00:00:00"), ("2026-03-01 00:00:00", "infinity")
    assert stretches == [[first], [first, second], [("2026-01-01 00:00:00", "infinity")]]


def test_who_waited_for_a_maker_that_fails_does_not_fail_after_it(database: str) -> None:
    asked = Workers(database)

    async def run() -> list[bytes | BaseException]:
        async with asked:
            waited = (asked.ask(0, day, fails=True) for day in range(1, 9))
            failed = await asyncio.gather(*waited, return_exceptions=True)
            assert await asked.ask(0, 9) == await asked.ask(1, 10) == b"made"
            return failed

    assert all(isinstance(each, Unavailable) for each in asyncio.run(run()))
    assert len(asked.made) == 2


def test_a_maker_that_leaves_makes_room_for_the_others(database: str) -> None:
    asked = Workers(database)

    async def run() -> None:
        async with asked:
            leaving = asyncio.create_task(asked.ask(0, 1))
            await asyncio.sleep(0.1)
            others = [asyncio.create_task(asked.ask(worker, 2)) for worker in (0, 1)]
            await asyncio.sleep(0.1)
            leaving.cancel()
            assert await asyncio.wait_for(asyncio.gather(*others), 60) == [b"made"] * 2
            assert len(asked.made) == 2

    asyncio.run(run())


def test_where_the_store_cannot_be_written_tiles_are_made_each_time(
    server_dsn: str, template: str, tmp_path: Path
) -> None:
    own = SETS.by_id["CGCS2000Quad"]
    tile = own.at(11, 118.8, 36.95)
    address = f"/collections/areas/tiles/CGCS2000Quad/11/{tile.row}/{tile.column}"
    with database_of(server_dsn, template) as dsn, connect(dsn, autocommit=True) as connection:
        publish(dsn, contract("areas", "Polygon"))
        deliver(
            dsn, "areas", edits(random.Random(8), {}, 100), valid_from=datetime(2026, 1, 1, tzinfo=BEIJING)
        )
        connection.execute("alter table tiles.past_tile add check (octet_length(body) < 0)")
        with server(dsn, tmp_path / "server.log") as served:
            bodies = {
                served.get(address, params={"datetime": f"2026-02-0{day}T10:00:00+08:00"}).content
                for day in range(1, 6)
            }
            assert len(bodies) == 1 and bodies != {b""}
        assert _count(connection) == 0
        assert "could not be kept" in (tmp_path / "server.log").read_text()


def _count(connection: Connection) -> int:
    row = connection.execute("select count(*) from tiles.past_tile").fetchone()
    assert row is not None
    return int(row[0])
