"""The store of far tiles: after any edits each tile equals, byte for byte, one made from scratch."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest
import shapely
from api_serving import Place, Served, contract, database_of, deliver, publish, server, until

from spatial.catalogue import store as catalogue
from spatial.catalogue.city import read_city
from spatial.catalogue.contract import Contract, Title
from spatial.database import Connection, connect
from spatial.datum import BEIJING
from spatial.datum.clock import format_instant
from tiles.cut import cut, public_columns
from tiles.far import store
from tiles.far.keeper import FarTiles
from tiles.far.model import Shelf, State, touched
from tiles.far.refresh import far_query, refresh, shelves
from tiles.matrix import Tile, matrix_sets

SETS = matrix_sets(read_city("370783"))
EACH_SET = tuple(SETS.by_id.values())
DAY = timedelta(days=1)
EDITS = int(os.environ.get("ONEMAP_TEST_TILE_EDITS", "600"))
"""To each layer; the proof is of 10,000."""
FEW = (1, 3, 10)


CLASSES = tuple((str(number), Title(f"{number}层", f"{number} floors")) for number in range(9))


def laddered(layer_id: str) -> Contract:
    """Areas that are dissolved by a class, points that are clustered by it, or areas as they are."""
    plain = contract(layer_id, "Point" if layer_id == "points" else "Polygon")
    if layer_id == "areas":
        return plain
    fields = tuple(replace(f, codes=CLASSES) if f.name == "floors" else f for f in plain.fields)
    colors = tuple((code, f"#00{code}000") for code, _ in CLASSES)
    legend = replace(plain.legend, by="floors", colors=colors)
    return replace(plain, fields=fields, legend=legend)


def point(dice: random.Random) -> shapely.Geometry:
    return shapely.Point(round(dice.uniform(118.7, 118.9), 9), round(dice.uniform(36.8, 37.0), 9))


def area(dice: random.Random) -> shapely.Geometry:
    west, south = dice.uniform(118.7, 118.9), dice.uniform(36.8, 37.0)
    size = 10 ** dice.uniform(-3.5, -1.3)
    return shapely.box(*(round(each, 9) for each in (west, south, west + size, south + size * 0.8)))


def edits(
    dice: random.Random,
    known: dict[str, Place],
    number: int,
    shape: Callable[[random.Random], shapely.Geometry] = area,
) -> list[Place]:
    """New features, moved ones, others of another class that stay where they are, and removals."""
    made = {}
    while len(made) < number:
        code = f"A{dice.randrange(max(EDITS, 800)):05d}"
        before, what = known.get(code), dice.random()
        stays = before is not None and what < 0.5
        made[code] = Place(
            code,
            None if stays and what < 0.25 else before.geometry if before and stays else shape(dice),
            f"地块{dice.randrange(99)}",
            dice.randrange(9),
            remove=stays and what < 0.25,
        )
    for code, place in made.items():
        if place.remove:
            del known[code]
        else:
            known[code] = place
    return list(made.values())


def sizes(total: int) -> list[int]:
    """Of changesets: very many edits, by which every tile changes, and a few, by which most stay, in turn."""
    many = (total - sum(FEW)) // len(FEW)
    return [many, FEW[0], many, FEW[1], total - sum(FEW) - 2 * many, FEW[2]]


def kept(connection: Connection, shelf: Shelf, tile: Tile, state: State) -> bytes | None:
    """As the door reads it; ``None`` where the state is not kept."""
    asked = store.kept(shelf, tile, state.at, state.recorded_at)
    row = connection.execute(asked.sql, asked.params).fetchone()
    return None if row is None else bytes(row[0] or b"")


@pytest.mark.timeout(300 + EDITS)
@pytest.mark.parametrize("layer_id", ["areas", "uses", "points"])
def test_after_random_edits_every_tile_is_as_made_from_scratch(database: str, layer_id: str) -> None:
    """In every state on the way, on every zoom of every set; states gone by stay as they were."""
    dice = random.Random(20261126)
    publish(database, laddered(layer_id))
    shape = point if layer_id == "points" else area
    known: dict[str, Place] = {}
    states: list[State] = []
    compared = made = 0
    with connect(database, autocommit=True) as connection:
        layer = catalogue.get(connection, layer_id)
        for round_, number in enumerate(sizes(EDITS)):
            valid_from = datetime.now(BEIJING) - dice.randrange(300) * DAY
            changes = edits(dice, known, number, shape)
            deliver(database, layer_id, changes, valid_from=valid_from, reason=f"第{round_}轮")
            made += refresh(connection, layer, EACH_SET, lambda: True)
            present = store.present(connection, layer.table)
            assert present is not None
            states.append(present)
        assert len(set(states)) == 2 * len(FEW)
        columns = public_columns(layer)
        boxes = store.boxes(connection, layer.table)
        for shelf in shelves(layer, EACH_SET):
            tiles = sorted(touched(shelf.matrix_set, shelf.zoom, boxes), key=lambda t: (t.row, t.column))
            last = [(states[-1], tile) for tile in tiles]
            for state, tile in [*last, *((dice.choice(states), dice.choice(tiles)) for _ in range(8))]:
                wanted = cut(connection, far_query(layer, columns, shelf.matrix_set, tile, state)).body
                assert kept(connection, shelf, tile, state) == wanted, (shelf, tile, state)
                compared += 1
    assert compared > 400 and made > 400, (compared, made)


def test_only_tiles_in_which_something_changed_are_made_anew(database: str) -> None:
    publish(database, contract("areas", "Polygon"))
    dice = random.Random(5)
    deliver(database, "areas", edits(dice, {}, 400))
    with connect(database, autocommit=True) as connection:
        layer = catalogue.get(connection, "areas")
        first = refresh(connection, layer, EACH_SET, lambda: True)
        assert refresh(connection, layer, EACH_SET, lambda: True) == 0
        small = shapely.box(118.80001, 36.90001, 118.80002, 36.90002)
        deliver(database, "areas", [Place("NEW", small, "新")], reason="一处")
        second = refresh(connection, layer, EACH_SET, lambda: True)
        # One place lies in one tile of a zoom, or at an edge in up to four.
        assert len(list(shelves(layer, EACH_SET))) <= second < first / 2


def test_a_version_that_starts_later_comes_into_the_tiles_then(database: str) -> None:
    publish(database, contract("points"))
    deliver(database, "points", [Place("OLD", shapely.Point(118.8, 36.9), "旧")])
    soon = datetime.now(BEIJING) + timedelta(seconds=3)
    deliver(database, "points", [Place("SOON", shapely.Point(118.81, 36.91), "将有")], valid_from=soon)
    own = SETS.by_id["CGCS2000Quad"]
    with connect(database, autocommit=True) as connection:
        layer = catalogue.get(connection, "points")
        shelf = next(each for each in shelves(layer, (own,)) if each.zoom == 12)
        tile = own.at(12, 118.8, 36.9)
        refresh(connection, layer, EACH_SET, lambda: True)
        before = store.present(connection, layer.table)
        assert before is not None and b"SOON" not in (kept(connection, shelf, tile, before) or b"SOON")
        until(lambda: datetime.now(BEIJING) > soon)
        # Now stands at the beginning of its minute, or at the newest changeset: one more moves it on.
        deliver(database, "points", [Place("NEXT", shapely.Point(119.0, 37.2), "别处")])
        refresh(connection, layer, EACH_SET, lambda: True)
        after = store.present(connection, layer.table)
        assert after is not None and b"SOON" in (kept(connection, shelf, tile, after) or b"")
        assert b"SOON" not in (kept(connection, shelf, tile, before) or b"SOON")


def test_the_store_holds_nothing_that_is_not_public(database: str) -> None:
    publish(database, contract("points"))
    deliver(database, "points", [Place("A", shapely.Point(118.8, 36.9), "名")])
    with connect(database, autocommit=True) as connection:
        refresh(connection, catalogue.get(connection, "points"), EACH_SET, lambda: True)
        held = b"".join(bytes(row[0]) for row in connection.execute("select body from tiles.far_tile"))
    assert "名".encode() in held and "王某".encode() not in held and b"owner" not in held


@pytest.fixture(scope="module")
def far(server_dsn: str, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with database_of(server_dsn, template) as dsn:
        publish(dsn, contract("areas", "Polygon"))
        deliver(dsn, "areas", edits(random.Random(8), {}, 300))
        with server(dsn, tmp_path_factory.mktemp("far") / "server.log") as running:
            yield running


PLACE = "/collections/areas/tiles/CGCS2000Quad/11"


def test_what_is_kept_is_what_is_served(far: Served, tmp_path: Path) -> None:
    """Each server is a fresh one: what it made itself it need not ask the store for."""
    own = SETS.by_id["CGCS2000Quad"]
    tile = own.at(11, 118.8, 36.95)
    address = f"{PLACE}/{tile.row}/{tile.column}"
    live = far.get(address)
    keeper = FarTiles(far.dsn, SETS)
    with connect(far.dsn, autocommit=True) as connection:
        assert keeper.look(connection) > 0 and keeper.look(connection) == 0
        with server(far.dsn, tmp_path / "stored.log") as second:
            stored = second.get(address)
        assert live.status_code == stored.status_code == 200 and live.content == stored.content
        assert live.headers["etag"] == stored.headers["etag"]
        connection.execute(
            "update tiles.far_tile set body = 'kept' where matrix_set = 'CGCS2000Quad' and zoom = 11"
            " and tile_row = %s and tile_column = %s",
            (tile.row, tile.column),
        )
        with server(far.dsn, tmp_path / "kept.log") as third:
            assert third.get(address).content == b"kept"
            assert third.get(f"{address}?properties=name").content != b"kept"
            assert third.get(f"{address}?datetime=2026-05-01").content != b"kept"
        connection.execute("delete from tiles.far_tile")
        connection.execute("delete from tiles.far_state")
    with server(far.dsn, tmp_path / "empty.log") as fourth:
        assert fourth.get(address).content == live.content


def test_an_edit_is_seen_at_once_and_the_state_before_it_stays(far: Served) -> None:
    """The store may lag; what is answered does not."""
    own = SETS.by_id["CGCS2000Quad"]
    tile = own.at(11, 118.81, 36.91)
    address = f"{PLACE}/{tile.row}/{tile.column}"
    keeper = FarTiles(far.dsn, SETS)
    with connect(far.dsn, autocommit=True) as connection:
        keeper.look(connection)
        before = store.present(connection, catalogue.get(connection, "areas").table)
        assert before is not None
        old = far.get(address).content
        big = shapely.box(118.80, 36.90, 118.83, 36.93)
        deliver(far.dsn, "areas", [Place("EDIT", big, "改动")], reason="改动")
        assert "改动".encode() in far.get(address).content
        keeper.look(connection)
        assert "改动".encode() in far.get(address).content
    pinned = {"datetime": format_instant(before.at), "asof": format_instant(before.recorded_at)}
    assert far.get(address, params=pinned).content == old


def test_a_layer_that_rests_is_asked_about_once(far: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shelves that stand as the layer does are not gone through one by one, every half minute, for ever."""
    brought: list[Shelf] = []

    def bring(connection: Connection, view: object, shelf: Shelf) -> int:
        brought.append(shelf)
        return 0

    with connect(far.dsn, autocommit=True) as connection:
        areas = catalogue.get(connection, "areas")
        refresh(connection, areas, EACH_SET, lambda: True)
        monkeypatch.setattr("tiles.far.refresh._bring", bring)
        refresh(connection, areas, EACH_SET, lambda: True)
        assert brought == []
        own = SETS.by_id["CGCS2000Quad"]
        one = next(each for each in shelves(areas, (own,)) if each.zoom == 9)
        connection.execute(
            "delete from tiles.far_state where layer = %s and matrix_set = %s and zoom = 9",
            (one.layer, own.id),
        )
        refresh(connection, areas, EACH_SET, lambda: True)
    assert brought == [one]


def test_the_keeper_goes_on_when_the_database_was_away(far: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tiles.far.keeper.AFTER_FAILURE_S", 0.1)
    calls, failed = [], []

    def look(self: FarTiles, connection: Connection, wanted: object) -> int:
        calls.append(time.monotonic())
        if len(calls) == 1:
            failed.append(True)
            raise psycopg.OperationalError("gone")
        return 0

    monkeypatch.setattr(FarTiles, "look", look)
    FarTiles(far.dsn, SETS).keep(lambda: len(calls) < 3)
    assert failed and len(calls) == 3
