"""Single observations that come at the same time, written in one transaction 成组提交.

Stations send one value a request. While one group is being written the next one gathers, so that a commit,
which waits for the disk, serves as many requests as came meanwhile. Who comes alone waits for nobody; where
several came together, those behind them wait a millisecond, in which they come again: of half as many groups
each is twice as large, and nearly as cheap. Nothing is answered before it is durable. Whatever a group cannot
take goes the way of every other write, alone, and so does each of a group that was refused: one message's
fault is not its neighbours'.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextvars import Context
from dataclasses import dataclass
from datetime import datetime

import psycopg

from api.desk import Desk
from api.sensorthings import kept
from api.sensorthings.kept import Post
from api.sensorthings.writing import Outcome, Work
from spatial.database import Connection
from spatial.datum.clock import BEIJING
from spatial.errors import OneMapError, Unavailable
from spatial.observe import together
from spatial.observe.model import CLOCK_AHEAD_MAX, Reading
from spatial.observe.things.model import ENTITIES
from spatial.observe.things.owners import May

GROUP_MAX = 64
"""So many share a transaction at most."""
COMPANY_S = 0.001
"""For those who were just answered to come again."""
WRITERS = 1
"""Groups of one worker that are written at a time: two would each be half as large, and dearer."""
_OBSERVATION = ENTITIES["Observation"]


@dataclass(frozen=True, slots=True)
class Posted:
    """A value that waits to be written, who may write it, the way it goes alone, and it as it came."""

    reading: Reading
    may: May
    alone: Work
    post: Post
    written: asyncio.Future[Outcome]


class Gathering:
    """Writes single observations, as many at a time as there are."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._waiting: list[Posted] = []
        self._writers: set[asyncio.Task[None]] = set()
        self._came = 1
        """How many the last group had."""

    async def write(self, reading: Reading, may: May, alone: Work, post: Post) -> Outcome:
        """Return when the value is durable; raises what writing it alone would raise."""
        posted = Posted(reading, may, alone, post, asyncio.get_running_loop().create_future())
        self._waiting.append(posted)
        if len(self._writers) < WRITERS:
            # A group acts for nobody in particular: what it writes names no actor.
            writer = asyncio.get_running_loop().create_task(self._write(), context=Context())
            self._writers.add(writer)
            writer.add_done_callback(self._writers.discard)
        return await posted.written

    async def _write(self) -> None:
        while self._waiting:
            if self._came > 1 and len(self._waiting) < GROUP_MAX:
                await asyncio.sleep(COMPANY_S)
            group, self._waiting = self._waiting[:GROUP_MAX], self._waiting[GROUP_MAX:]
            self._came = len(group)
            try:
                await self._written(group)
            except Exception as failure:  # the database is away, or nobody gives a place: the same for all
                for each in group:
                    _tell(each, failure)

    async def _written(self, group: Sequence[Posted]) -> None:
        """All of a group together; one by one where that was refused."""
        try:
            told = await self._desk.run(lambda connection: _together(connection, group))
        except (psycopg.OperationalError, Unavailable):
            raise
        except (psycopg.Error, OneMapError):
            told = [None] * len(group)
        for each, outcome in zip(group, told, strict=True):
            if outcome is not None:
                _tell(each, outcome)
                continue
            try:
                _tell(each, await self._desk.run(each.alone))
            except Exception as failure:  # its own
                _tell(each, failure)


def _together(connection: Connection, group: Sequence[Posted]) -> list[Outcome | Exception | None]:
    """What became of each; ``None`` of one that has to go alone."""
    known = together.streams(connection, [each.reading.datastream for each in group])
    limit = datetime.now(BEIJING) + CLOCK_AHEAD_MAX
    told: list[Outcome | Exception | None] = [None] * len(group)
    taken: list[int] = []
    for place, each in enumerate(group):
        stream = known.get(each.reading.datastream)
        if stream is None or not stream.placed or each.reading.phenomenon_time > limit:
            continue
        try:
            each.may(stream.layer)
        except OneMapError as refusal:
            told[place] = refusal
        else:
            taken.append(place)
    if taken:
        numbers = together.record(connection, [group[place].reading for place in taken], known)
        kept.taken(connection, [group[place].post.arrival for place in taken])
        for place, number in zip(taken, numbers, strict=True):
            told[place] = Outcome(201, _OBSERVATION, number)
    return told


def _tell(posted: Posted, told: Outcome | Exception) -> None:
    if posted.written.done():  # its client has gone
        return
    if isinstance(told, Exception):
        posted.written.set_exception(told)
    else:
        posted.written.set_result(told)
