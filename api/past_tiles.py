"""Far tiles of named instants 历史时刻瓦片: made once for the stretch of time in which they hold, then kept.

A planner who draws the time along asks for many instants of few maps. One maker
works on a tile at a time: whoever asks for it at another instant meanwhile most
likely is given the same one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextvars import Context
from datetime import datetime
from functools import partial
from weakref import WeakValueDictionary

import psycopg

from api.desk import Desk
from api.pool import Pool
from spatial.errors import Unavailable
from spatial.history.states import State
from tiles.far import past
from tiles.far.model import Shelf
from tiles.far.past import Stretch
from tiles.matrix import Tile
from tiles.vector import TileQuery

LOG = logging.getLogger("onemap.tiles")


class PastTiles:
    """The store, as one worker uses it."""

    def __init__(self, hot: Pool, planned: Pool, desk: Desk) -> None:
        self._hot = hot
        self._planned = planned
        self._desk = desk
        self._benches: WeakValueDictionary[tuple[Shelf, Tile], asyncio.Lock] = WeakValueDictionary()
        self._writing: set[asyncio.Task[None]] = set()

    async def of(self, shelf: Shelf, query: TileQuery, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """The tile; where it is not kept it is made, and kept after it was given."""
        stretch = past.stretch_of(query.at)
        if stretch is None or query.asof is None:
            return await make()
        kept = await self._kept(shelf, query, stretch, query.asof)
        if kept is not None:
            return kept
        bench = self._benches.setdefault((shelf, query.tile), asyncio.Lock())
        waited = bench.locked()
        await bench.acquire()
        try:
            if waited:
                kept = await self._kept(shelf, query, stretch, query.asof)
            body = await make() if kept is None else kept
        except BaseException:
            bench.release()
            raise
        if kept is not None:
            bench.release()
            return body
        # What a request touched is none of the store's business.
        writing = asyncio.get_running_loop().create_task(
            self._keep(bench, shelf, query, body), context=Context()
        )
        self._writing.add(writing)
        writing.add_done_callback(self._writing.discard)
        return body

    async def _kept(self, shelf: Shelf, query: TileQuery, stretch: Stretch, asof: datetime) -> bytes | None:
        row = (await self._hot.fetch(past.found(shelf, query.tile, stretch, asof), binary=True)).first
        if row is None:
            return None
        older, newer = State(row[0], stretch.start, row[1]), State(row[2], stretch.start, row[3])
        if older.changeset != newer.changeset:
            if not stretch.instant:  # something else may turn within the day now
                return None
            told = (await self._planned.fetch(past.differs(query, older, newer), binary=True)).first
            assert told is not None  # the statement always gives one
            if told[0]:
                return None
        return bytes(row[4])

    async def _keep(self, bench: asyncio.Lock, shelf: Shelf, query: TileQuery, body: bytes) -> None:
        try:
            await self._desk.run(partial(past.keep, shelf=shelf, query=query, body=body))
        except (psycopg.Error, Unavailable) as failure:
            LOG.warning("a far tile could not be kept: %s", type(failure).__name__)
        finally:
            bench.release()
