"""The instant that stands for the present: its map is the map of now, whichever way it was learnt."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import shapely
from api_serving import Place, contract, deliver, publish

from api.app import HEAVY, HOT
from api.catalogue import Shown
from api.pool import Pool
from api.present import Present, Presents
from spatial.catalogue import store
from spatial.database import connect

LAYER = "dots"


def shown(dsn: str) -> Shown:
    with connect(dsn) as connection:
        layer = store.get(connection, LAYER)
    return Shown(layer.contract, layer.table, layer.created_at, layer.created_at, 1, b"")


class Workers:
    """Two of them: one that has followed from the beginning, and one that has just started."""

    def __init__(self, dsn: str) -> None:
        self._pools = [
            Pool(dsn, name=name, size=1, settings=settings, deadline_s=10)
            for name, settings in (("hot", HOT), ("planned", HEAVY))
        ]
        self._layer = shown(dsn)
        self._old = Presents(*self._pools)

    async def ask(self) -> tuple[Present, Present]:
        return await self._old.of(self._layer), await Presents(*self._pools).of(self._layer)

    async def close(self) -> None:
        for pool in self._pools:
            await pool.close()


def map_of(dsn: str, at: datetime) -> list[tuple[Any, ...]]:
    with connect(dsn) as connection:
        return connection.execute(
            "select fid, content_sha256 from history.dots_believed"
            " where valid_from <= %s and valid_to > %s order by fid",
            (at, at),
        ).fetchall()


def test_the_present_is_the_same_map_however_it_was_learnt(database: str) -> None:
    dice = random.Random(3)
    publish(database, contract(LAYER))

    async def live() -> None:
        workers = Workers(database)
        empty, _ = await workers.ask()
        assert empty.changeset is None
        for number in range(14):
            rows = [
                Place(
                    f"F{dice.randrange(12):02d}",
                    shapely.Point(118.8 + dice.random() / 100, 36.9),
                    f"{number}",
                    dice.randrange(9),
                )
                for _ in range(4)
            ]
            rows = list({row.code: row for row in rows}.values())
            begins = datetime.now(UTC) + timedelta(days=dice.choice([-400, -30, -1, 1, 20, 300]))
            await asyncio.to_thread(deliver, database, LAYER, rows, valid_from=begins)
            followed, fresh = await workers.ask()
            now = datetime.now(UTC)
            assert followed.changeset == fresh.changeset
            assert (followed.at, followed.recorded_at) == (fresh.at, fresh.recorded_at)
            assert followed.until <= fresh.until
            assert now < followed.until
            for present in (followed, fresh):
                assert map_of(database, present.at) == map_of(database, now)
                if present.until.year < 9000:
                    just_before = present.until - timedelta(seconds=1)
                    assert map_of(database, just_before) == map_of(database, now)
            if fresh.until.year < 9000:
                assert map_of(database, fresh.until) != map_of(database, now)
            again, _ = await workers.ask()
            assert again == followed
        await workers.close()

    asyncio.run(live())
