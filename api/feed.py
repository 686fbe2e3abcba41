"""The change feed 变更流: changesets of all layers in one order, by cursor or as server-sent events.

A stream reads on from its own cursor whenever a changeset is announced, no
faster than its client takes what was sent: nothing is kept for a slow one, and
one that takes nothing for half a minute is broken off. Announcements only wake;
what is sent is read from the ledger, so a lost one loses nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

import orjson
import psycopg
from starlette.routing import Route

from api.catalogue import Catalogue
from api.door import route
from api.history import LIMIT_DEFAULT, LIMIT_MAX, entry
from api.pages import Pages
from api.parameters import COMMON, given, whole
from api.pool import Connection, Pool
from api.wire import Header, Reply, Request
from spatial.access.model import Principal
from spatial.errors import Unauthenticated, Unavailable
from spatial.history import feed
from spatial.history.feed import BEGINNING, Cursor, Entry, Seal
from spatial.history.read import Statement

STREAMS_MAX = 64
"""So many streams a worker holds at once; the next one is turned away."""
READERS = 2
"""So many of them read the ledger at a time, that they leave connections to others."""
STREAM_PAGE = 200
HEARTBEAT_S = 15.0
UNSETTLED_S = 0.1
"""How soon to look again while a changeset of a transaction under way holds others back."""
PATIENCE_S = 30.0
LIFETIME_S = 900.0
"""A stream ends after a quarter of an hour and is taken up again by its client: rights are asked anew."""
RETRY_MS = 1000
HEADERS: tuple[Header, ...] = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # asks nginx to pass each event on at once
)


@dataclass(frozen=True, slots=True)
class Page:
    """A stretch of the feed."""

    entries: tuple[Entry, ...]
    cursor: Cursor
    """Behind all of it, and behind what of other layers its reader may see before its end."""
    more: bool
    """Settled entries follow at once."""
    unsettled: bool
    """Transactions under way may hold back what is committed already."""


class Feed:
    """The handlers of the feed."""

    def __init__(self, catalogue: Catalogue, heavy: Pool, pages: Pages, base_url: str | None) -> None:
        self._catalogue = catalogue
        self._heavy = heavy
        self._pages = pages
        self._base_url = base_url
        self._streams = 0
        self._readers = asyncio.Semaphore(READERS)
        self._closing = asyncio.Event()

    def routes(self) -> list[Route]:
        """By cursor, and as events."""
        return [route("/changes", self.changes), route("/changes/stream", self.stream)]

    def close(self) -> None:
        """End every stream, so that their clients go to another server."""
        self._closing.set()
        self._catalogue.changes.ring()

    async def changes(self, request: Request) -> Reply:
        """``/changes``: what follows a cursor, in the one order of all layers."""
        parameters = given(request.query_string, [*COMMON, "since", "layers", "limit"])
        limit = min(whole("limit", parameters.get("limit")) or LIMIT_DEFAULT, LIMIT_MAX)
        layers = self._layers(request.principal, parameters.get("layers"))
        seen, seal = list(self._catalogue.seen_by(request.principal)), self._catalogue.seal
        async with self._heavy.connection() as connection:
            since = await _since(connection, seal, seen, parameters.get("since"))
            page = await _page(connection, since, layers, seen, limit)
        base = request.base_url(self._base_url)
        kept = [(name, text) for name, text in parameters.items() if name != "since"]
        address, cursor = f"{base}/changes", seal.text(page.cursor)
        following = urlencode([*kept, ("since", cursor)])
        own = f"?{urlencode(list(parameters.items()))}" if parameters else ""
        document = {
            "changesets": self._told(request.principal, page, base),
            "numberReturned": len(page.entries),
            "next": cursor,
            "more": page.more,
            "links": [_link(address + own, "self"), _link(f"{address}?{following}", "next")],
        }
        return self._pages.reply(request, parameters, document, "changesets.html", base)

    async def stream(self, request: Request) -> Reply:
        """``/changes/stream``: the same as server-sent events, for as long as the client listens."""
        parameters = given(request.query_string, ["since", "layers"])
        self._layers(request.principal, parameters.get("layers"))
        if self._streams >= STREAMS_MAX or self._closing.is_set():
            raise Unavailable(
                f"本进程的变更流连接已满({STREAMS_MAX}),请稍后重试或改用 /changes",
                f"all {STREAMS_MAX} streams of this process are taken; try again later or use /changes",
                value=STREAMS_MAX,
            )
        given_last = request.header(b"last-event-id") or None
        seen, seal = list(self._catalogue.seen_by(request.principal)), self._catalogue.seal
        async with self._readers, self._heavy.connection() as connection:
            since = await _since(connection, seal, seen, given_last or parameters.get("since", "now"))
        events = self._events(request, since, seal, parameters.get("layers"))
        return Reply(200, list(HEADERS), stream=events, patience_s=PATIENCE_S)

    async def _events(
        self, request: Request, cursor: Cursor, seal: Seal, layers: str | None
    ) -> AsyncGenerator[bytes]:
        base = request.base_url(self._base_url)
        gone = request.hung_up()
        self._streams += 1
        now = time.monotonic()
        ending, beat = now + LIFETIME_S, now + HEARTBEAT_S
        try:
            # An id without data moves only the place from which the client takes up again.
            yield f"retry: {RETRY_MS}\nid: {seal.text(cursor)}\n\n".encode()
            while not gone.done() and not self._closing.is_set() and time.monotonic() < ending:
                heard = self._catalogue.changes.next
                principal = await request.still()
                page = await self._read(principal, cursor, layers)
                cursor = page.cursor
                now = time.monotonic()
                if page.entries:
                    yield b"".join(_event(each) for each in self._told(principal, page, base))
                    beat = now + HEARTBEAT_S
                elif now >= beat:
                    # By its own clock: what others changed must not show in when it comes.
                    yield f": {max(0, int(ending - now))} s\nid: {seal.text(cursor)}\n\n".encode()
                    beat = now + HEARTBEAT_S
                if not page.more:
                    await either(heard, gone, UNSETTLED_S if page.unsettled else max(0.0, beat - now))
        except (psycopg.Error, Unavailable):
            yield b": database away\n\n"
        except Unauthenticated:
            yield b": credential revoked or expired\n\n"
        finally:
            self._streams -= 1

    async def _read(self, principal: Principal, cursor: Cursor, layers: str | None) -> Page:
        """What follows, of the layers that the principal may see by now."""
        seen = self._catalogue.seen_by(principal)
        wanted = [name for name in (layers.split(",") if layers else seen) if name in seen]
        async with self._readers, self._heavy.connection() as connection:
            return await _page(connection, cursor, wanted, list(seen), STREAM_PAGE)

    def _told(self, principal: Principal, page: Page, base: str) -> list[dict[str, Any]]:
        """The entries of a page, each with its cursor."""
        seen, seal, veil = self._catalogue.seen_by(principal), self._catalogue.seal, self._catalogue.veil
        return [
            {"cursor": seal.text(each.cursor), **entry(seen, veil, each.changeset, base)}
            for each in page.entries
        ]

    def _layers(self, principal: Principal, text: str | None) -> list[str]:
        """The layers that are asked for; one that cannot be seen is as one that does not exist."""
        if text is None:
            return list(self._catalogue.seen_by(principal))
        return [self._catalogue.get(name, principal).id for name in text.split(",")]


async def _since(connection: Connection, seal: Seal, seen: Sequence[str], text: str | None) -> Cursor:
    """The cursor a client names; one that this history does not know is refused."""
    if text is None:
        return BEGINNING
    if text == "now":
        upto, _ = (await _rows(connection, feed.settled()))[0]
        return await _newest(connection, upto, seen)
    named = seal.parse(text)
    found = await _rows(connection, feed.at(named.position))
    feed.require_held(named, feed.cursor(next(iter(found), None)), text)
    return named


async def _page(
    connection: Connection, since: Cursor, layers: Sequence[str], seen: Sequence[str], limit: int
) -> Page:
    """What of the layers follows a cursor; it moves on over what of all ``seen`` ones lies there."""
    upto, unsettled = (await _rows(connection, feed.settled()))[0]
    last = await _newest(connection, upto, seen)
    if last.position <= since.position:
        return Page((), since, False, unsettled)
    rows = await _rows(connection, feed.entries(since.position, last.position, layers, limit + 1))
    entries = tuple(feed.entry(row) for row in rows[:limit])
    if len(rows) > limit:
        return Page(entries, entries[-1].cursor, True, unsettled)
    return Page(entries, last, False, unsettled)


async def _newest(connection: Connection, upto: int, seen: Sequence[str]) -> Cursor:
    return feed.cursor(next(iter(await _rows(connection, feed.newest(upto, seen))), None))


async def _rows(connection: Connection, statement: Statement) -> list[tuple[Any, ...]]:
    cursor = await connection.execute(statement.sql, statement.params, prepare=True)
    return await cursor.fetchall()


async def either(heard: asyncio.Event, gone: asyncio.Future[None], wait_s: float) -> None:
    """Wait for one of both, or so long."""
    hearing = asyncio.ensure_future(heard.wait())
    try:
        await asyncio.wait((hearing, gone), timeout=wait_s, return_when=asyncio.FIRST_COMPLETED)
    finally:
        hearing.cancel()


def _event(told: dict[str, Any]) -> bytes:
    return b"event: changeset\nid: %b\ndata: %b\n\n" % (told["cursor"].encode(), orjson.dumps(told))


def _link(href: str, rel: str) -> dict[str, str]:
    return {"href": href, "rel": rel, "type": "application/json"}
