"""One instant for every stretch of time in which the map of a layer stays as it is 时段.

Who draws the time along, or looks at another day than a colleague, mostly looks at
the same map. So a near tile of any instant and belief is kept under those at which its
stretch begins: asked for at others of it, it is looked up.
What was known at an instant of recorded time never changes; what later changesets bring
is read of them alone, when an instant is named at which they are known.
"""

from __future__ import annotations

import asyncio
import logging
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import psycopg

from api.catalogue import Shown
from api.pool import Pool
from spatial.errors import Unavailable
from spatial.history import stretch
from spatial.history.read import Span

LOG = logging.getLogger("onemap.tiles")
TURNS_MOST = 20_000
"""Of one layer on either axis; one that turns more often hardly shows a map twice."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Moment(NamedTuple):
    """An instant of valid time, and one of recorded time."""

    at: datetime | Span
    asof: datetime


@dataclass(frozen=True, slots=True)
class _Turns:
    """Of a layer, up to a changeset; times in microseconds, in order. ``None``: they are too many."""

    created_at: datetime
    changeset: int
    recorded: list[int] | None
    valid: list[int]


class Stretches:
    """The turns of the layers that one worker was asked about."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: dict[str, _Turns] = {}
        self._learning: dict[str, asyncio.Task[_Turns]] = {}

    async def beginning(self, layer: Shown, at: datetime | Span, asof: datetime) -> Moment:
        """Where the stretch of an instant and a belief begins; what was asked where that is not known.

        A span in which nothing turns, as most days are, has the map of the instant at which it begins.
        ``asof`` must not be later than the layer's newest changeset.
        """
        known = self._known.get(layer.id)
        if known is None or known.created_at != layer.created_at or _newer(asof, known):
            try:
                known = await self._learnt(layer)
            except (psycopg.Error, Unavailable) as failure:
                LOG.warning("the turns of a layer could not be read: %s", type(failure).__name__)
                return Moment(at, asof)
        if known.recorded is None or _newer(asof, known):
            return Moment(at, asof)
        return Moment(_held(known.valid, at), _before(known.recorded, asof))

    async def _learnt(self, layer: Shown) -> _Turns:
        """Who asks while somebody looks waits for that look, which may have begun a little before."""
        learning = self._learning.get(layer.id)
        if learning is None or learning.done():
            learning = self._learning[layer.id] = asyncio.ensure_future(self._learn(layer))
            learning.add_done_callback(lambda task: task.cancelled() or task.exception())
        return await asyncio.shield(learning)

    async def _learn(self, layer: Shown) -> _Turns:
        known = self._known.get(layer.id)
        if known is None or known.created_at != layer.created_at or known.recorded is None:
            known = _Turns(layer.created_at, 0, [], [])
        row = (await self._pool.fetch(stretch.turns(layer.id, known.changeset, TURNS_MOST))).first
        assert row is not None and known.recorded is not None  # the statement always gives one
        changeset, recorded, valid, whole = row
        recorded = sorted({*known.recorded, *recorded})
        valid = sorted({*known.valid, *valid})
        if not whole or max(len(recorded), len(valid)) > TURNS_MOST:
            recorded, valid = None, []
        found = self._known[layer.id] = _Turns(
            layer.created_at, changeset or known.changeset, recorded, valid
        )
        return found


def _newer(asof: datetime, known: _Turns) -> bool:
    """Whether an instant is later than the last changeset that is known of."""
    return known.recorded is not None and (not known.recorded or _microseconds(asof) > known.recorded[-1])


def _held(turns: list[int], at: datetime | Span) -> datetime | Span:
    """As :func:`_before`; a span within which something turns, or that is open at its start, as it is."""
    if isinstance(at, datetime):
        return _before(turns, at)
    if at.start is None:
        return at
    until = len(turns)
    if at.end is not None:
        until = (bisect_right if at.end_included else bisect_left)(turns, _microseconds(at.end))
    return at if bisect_right(turns, _microseconds(at.start)) < until else _before(turns, at.start)


def _before(turns: list[int], instant: datetime) -> datetime:
    """The last turn up to an instant; the instant itself before the first one."""
    place = bisect_right(turns, _microseconds(instant))
    return instant if place == 0 else _EPOCH + turns[place - 1] * _MICROSECOND


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND
