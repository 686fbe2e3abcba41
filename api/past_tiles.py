"""Far tiles of named instants 历史时刻瓦片: made once for the stretch of time in which they hold, then kept.

A planner who draws the time along asks for many instants of few maps. One maker, of
all workers, works on a tile at a time: whoever asks for it at another instant
meanwhile most likely is given the same one. Where it fails, those who waited are told so:
each would fail after it, one after the other.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
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


CLAIM_LOOK_S, CLAIM_LOOK_MOST_S, CLAIM_WAIT_S = 0.01, 0.05, 15.0
"""Between the first two looks for what another worker makes, between later ones, and in all: none
makes a tile longer. What was just made is there a moment later."""


class _Bench:
    """Where a worker makes a tile, one instant at a time."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.kept = asyncio.Event()
        """What was made last can be read, or will not be."""
        self.claimed = False
        """The session of this worker's claims may hold the tile."""
        self.failures = 0
        self.failure: Exception | None = None


class PastTiles:
    """The store, as one worker uses it. ``claims`` has one connection, whose session is the worker's own."""

    def __init__(self, hot: Pool, planned: Pool, desk: Desk, claims: Pool) -> None:
        self._hot = hot
        self._planned = planned
        self._desk = desk
        self._claims = claims
        self._widening = asyncio.Lock()
        """One at a time, so that there is a place at the desk for what was just made."""
        self._benches: WeakValueDictionary[tuple[Shelf, Tile], _Bench] = WeakValueDictionary()
        self._leaving: set[asyncio.Task[None]] = set()

    async def of(self, shelf: Shelf, query: TileQuery, make: Callable[[], Awaitable[bytes]]) -> bytes:
        """The tile; where it is not kept it is made, and kept after it was given."""
        stretch = past.stretch_of(query.at)
        if stretch is None or query.asof is None:
            return await make()
        kept = await self._kept(shelf, query, stretch, query.asof)
        if kept is not None:
            return kept
        bench = self._benches.setdefault((shelf, query.tile), _Bench())
        failures = bench.failures
        if bench.lock.locked():
            await bench.kept.wait()
            kept = await self._kept(shelf, query, stretch, query.asof)
            if kept is not None:
                return kept
        await bench.lock.acquire()
        bench.kept.clear()
        body: bytes | None = None
        try:
            if bench.failure is not None and bench.failures > failures:
                raise bench.failure
            kept = await self._claimed(bench, shelf, query, stretch, query.asof)
            if kept is not None:
                return kept
            body = await self._made(bench, make)
            return body
        finally:
            # What a request touched is none of the store's business.
            leaving = asyncio.get_running_loop().create_task(
                self._leave(bench, shelf, query, body), context=Context()
            )
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)

    async def _made(self, bench: _Bench, make: Callable[[], Awaitable[bytes]]) -> bytes:
        try:
            return await make()
        except Exception as failure:
            bench.failures, bench.failure = bench.failures + 1, failure
            raise

    async def _claimed(
        self, bench: _Bench, shelf: Shelf, query: TileQuery, stretch: Stretch, asof: datetime
    ) -> bytes | None:
        """The tile, where another worker has made it meanwhile; else nobody makes it but this one."""
        latest, pause_s = asyncio.get_running_loop().time() + CLAIM_WAIT_S, CLAIM_LOOK_S
        while True:
            bench.claimed = True  # also where who asks leaves before the answer is there
            with suppress(psycopg.Error, Unavailable):  # then it may be made twice
                row = (await self._claims.fetch(past.claim(shelf, query.tile))).first
                bench.claimed = row is not None and bool(row[0])
            kept = await self._kept(shelf, query, stretch, asof)
            if kept is not None or bench.claimed or asyncio.get_running_loop().time() > latest:
                return kept
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, CLAIM_LOOK_MOST_S)

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

    async def _leave(self, bench: _Bench, shelf: Shelf, query: TileQuery, body: bytes | None) -> None:
        """Keep what was made, and make room for the next one.

        Whoever asks is given it from then on; how long it holds beyond that is found out after.
        """
        try:
            if body is not None:
                await self._desk.run(partial(past.keep, shelf=shelf, query=query, body=body))
                bench.kept.set()
                async with self._widening:
                    await self._desk.run(partial(past.widen, shelf=shelf, query=query, body=body))
        except (psycopg.Error, Unavailable) as failure:
            LOG.warning("a far tile could not be kept: %s", type(failure).__name__)
        finally:
            bench.kept.set()
            if bench.claimed:
                bench.claimed = False
                with suppress(psycopg.Error, Unavailable):  # a session that ended holds no claim
                    await self._claims.fetch(past.unclaim(shelf, query.tile))
            bench.lock.release()
