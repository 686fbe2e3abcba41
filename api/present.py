"""The present of a layer, pinned: an instant whose map is the map of now, and stays so as long as may be.

What is pinned to it never changes, so it may be kept by clients for ever; a new
one is taken when the layer is written or a version starts or ends. Learning when
that will be reads the layer once; later changesets tell it of themselves.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from api.catalogue import Shown
from api.counts import Head
from api.pool import Pool
from spatial.history import read

NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Present:
    """What is valid and believed now, told by instants that do not move."""

    changeset: int | None
    recorded_at: datetime | None
    """Of the newest changeset; ``None`` where the layer has none."""
    at: datetime
    """Valid time."""
    until: datetime
    """From then on, the map of now may be another one."""


class Presents:
    """The present of each layer, as this worker knows it."""

    def __init__(self, hot: Pool, planned: Pool) -> None:
        """``planned`` plans for the values given: a turn is looked up in few rows or in all."""
        self._hot = hot
        self._planned = planned
        self._known: dict[str, Present] = {}
        self._looking: dict[str, asyncio.Task[Head]] = {}
        self._following: dict[str, asyncio.Task[Head]] = {}

    async def head(self, layer: Shown) -> Head:
        """The newest changeset, looked up after this was asked; who asks meanwhile shares the next look."""
        looking = self._looking.get(layer.id)
        if looking is None or looking.done():
            looking = self._looking[layer.id] = asyncio.ensure_future(self._look(layer))
            looking.add_done_callback(_seen)
        else:
            following = self._following.get(layer.id)
            if following is None:
                following = asyncio.ensure_future(self._look_after(looking, layer))
                following.add_done_callback(_seen)
                self._following[layer.id] = following
            looking = following
        return await asyncio.shield(looking)

    async def _look_after(self, looking: asyncio.Task[Head], layer: Shown) -> Head:
        await asyncio.wait((looking,))
        self._looking[layer.id] = self._following.pop(layer.id)
        return await self._look(layer)

    async def _look(self, layer: Shown) -> Head:
        row = (await self._hot.fetch(read.head(layer.id))).first
        assert row is not None  # the statement always gives one
        return Head(*row)

    async def of(self, layer: Shown) -> Present:
        """The present of a layer; mostly at the cost of reading its head."""
        head = await self.head(layer)
        known = self._known.get(layer.id)
        if head.changeset is None:
            return Present(None, None, head.at, head.at)
        if known is not None and known.changeset == head.changeset and head.at < known.until:
            return known
        # What later changesets opened tells its own turns; what they ended only takes some away.
        if known is not None and known.changeset and head.at < known.until:
            since, bound = known.changeset, known.until
        else:
            since, bound = 0, NEVER
        row = (await self._planned.fetch(read.turn(layer.table, since))).first
        assert row is not None
        changeset, recorded_at, _, last, following = row
        pinned = max(recorded_at, last or recorded_at)
        found = Present(changeset, recorded_at, pinned, min(bound, following or NEVER))
        self._known[layer.id] = found
        return found


def _seen(task: asyncio.Task[Head]) -> None:
    """A failure that nobody waits for any more is nobody's."""
    if not task.cancelled():
        task.exception()
