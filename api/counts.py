"""How many items match, and the snapshot at which they are counted.

Exact where that is cheap or asked for, else the planner's estimate; kept by the
query pinned to its snapshot, for there it never changes.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from api.item import digest
from api.parameters import ItemsRequest
from api.pool import Pool
from spatial.history import read
from spatial.history.read import ItemsQuery

COUNT_CAP = 10_000
COUNT_COST_MAX = 20_000
"""What the planner may expect a count behind a filter to cost, in its own units: about 100 ms."""
COUNTS_KEPT = 4096


class Count(NamedTuple):
    """How many items match: exactly, or as the planner estimates."""

    exact: int | None = None
    estimate: int | None = None


class Head(NamedTuple):
    """What a page was read from: the layer's newest changeset, its instant, and "now"."""

    changeset: int | None
    recorded_at: datetime | None
    at: datetime


class Counts:
    """The counts of one worker."""

    def __init__(self, hot: Pool, heavy: Pool) -> None:
        self._hot = hot
        self._heavy = heavy
        self._kept: dict[tuple[ItemsQuery, bool] | str, Count] = {}
        self._newest: dict[int, tuple[ItemsRequest, Head, Count]] = {}
        """Of requests that are asked again and again, by their object (``api.known``)."""

    async def of(self, asked: ItemsRequest, head: Head, shown: int, more: bool) -> Count:
        """Exact where it is cheap or asked for, kept per snapshot; else an estimate."""
        if asked.first and not more:
            return Count(exact=shown)
        newest = self._newest.get(id(asked))
        if newest is not None and newest[0] is asked and newest[1] == head:
            return newest[2]
        query = pinned_query(asked, head)
        key = _count_key(query, asked.counted)
        found = self._kept.get(key)
        if found is None:
            found = await self.made(query, asked.counted)
            while len(self._kept) >= COUNTS_KEPT:
                self._kept.pop(next(iter(self._kept)))
            self._kept[key] = found
        if asked.first:
            if len(self._newest) >= COUNTS_KEPT:
                self._newest.clear()
            self._newest[id(asked)] = (asked, head, found)
        return found

    async def made(self, query: ItemsQuery, whole: bool) -> Count:
        """The count of a pinned query; ``whole``: exact, whatever it costs.

        What times alone choose is exact always, as each changeset was counted when it was written.
        """
        if query.conditions and not whole:
            expected = await self._expected(query)
            if expected["Total Cost"] > COUNT_COST_MAX:
                return Count(estimate=int(expected["Plan Rows"]))
        cap, tallied = 2**31 if whole else COUNT_CAP, read.chosen_by_time(query)
        (number,) = await _one(self._hot if tallied else self._heavy, read.matched(query, cap))
        if tallied or number <= cap:
            return Count(exact=number)
        expected = await self._expected(query)
        return Count(estimate=max(int(expected["Plan Rows"]), COUNT_CAP + 1))

    async def _expected(self, query: ItemsQuery) -> dict[str, Any]:
        (plan,) = await _one(self._heavy, read.matched_estimate(query))
        expected: dict[str, Any] = plan[0]["Plan"]
        return expected

    def estimate(self, asked: ItemsRequest, head: Head) -> int | None:
        """The estimate that a page of this snapshot would carry, as far as it is known already."""
        found = self._kept.get(_count_key(pinned_query(asked, head), asked.counted))
        return found.estimate if found else None


def pinned_query(asked: ItemsRequest, head: Head) -> ItemsQuery:
    """The query pinned to its snapshot, so that its count never changes."""
    asof, instant = pinned(asked.query, head)
    at = asked.query.at if instant is None else instant
    query = replace(asked.query, at=at, asof=asof, limit=0, output=read.STORED)
    return replace(query, after=None, after_keys=(), sort=())


def _count_key(query: ItemsQuery, whole: bool) -> tuple[ItemsQuery, bool] | str:
    """By what a count is kept; of a filter, which may be long, the digest."""
    return digest(query, whole) if query.conditions else (query, whole)


async def _one(pool: Pool, statement: read.Statement) -> tuple[Any, ...]:
    row = (await pool.fetch(statement)).first
    assert row is not None  # aggregates and plans always give one
    return tuple(row)


def pinned(query: ItemsQuery, head: Head) -> tuple[datetime | None, datetime | None]:
    """The recorded instant and the valid one; ``None`` for what the query says itself.

    An ``asof`` later than the newest changeset is pinned to that changeset:
    another may yet come before it.
    """
    asof = head.recorded_at
    if query.asof is not None and (asof is None or query.asof < asof):
        asof = query.asof
    at = head.at if query.at is None else query.at
    return asof, at if isinstance(at, datetime) else None
