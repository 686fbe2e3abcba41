"""The change feed 变更流: changesets of all layers in one order, by cursor or as server-sent events.

A stream (``event_stream.py``) reads on from its own cursor whenever a changeset is announced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from starlette.routing import Route

from api.catalogue import Catalogue, Shown
from api.door import route
from api.event_stream import Batch, EventStreams, event
from api.history import LIMIT_DEFAULT, LIMIT_MAX, entry
from api.pages import Pages
from api.parameters import COMMON, given, whole
from api.pool import Connection, Pool
from api.wire import Reply, Request
from spatial.access.model import Principal
from spatial.history import feed
from spatial.history.feed import BEGINNING, Cursor, Entry, Seal
from spatial.history.read import Statement

STREAM_PAGE = 200


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

    def __init__(
        self, catalogue: Catalogue, heavy: Pool, streams: EventStreams, pages: Pages, base_url: str | None
    ) -> None:
        self._catalogue = catalogue
        self._heavy = heavy
        self._streams = streams
        self._pages = pages
        self._base_url = base_url

    def routes(self) -> list[Route]:
        """By cursor, and as events."""
        return [route("/changes", self.changes), route("/changes/stream", self.stream)]

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
        named = self._layers(request.principal, parameters.get("layers"))
        self._catalogue.tell_of(named, request.principal)  # before it begins, for all that it will tell
        given_last = request.header(b"last-event-id") or None
        seen, seal = list(self._catalogue.seen_by(request.principal)), self._catalogue.seal
        base, layers = request.base_url(self._base_url), parameters.get("layers")
        followed: dict[str, object] | None = None

        async def begin(connection: Connection) -> Cursor:
            return await _since(connection, seal, seen, given_last or parameters.get("since", "now"))

        async def read(principal: Principal, connection: Connection, cursor: Cursor) -> Batch:
            nonlocal followed
            may = self._catalogue.seen_by(principal)
            wanted = [name for name in (layers.split(",") if layers else may) if name in may]
            known = {name: _known(may[name]) for name in wanted}
            page = await _page(connection, cursor, wanted, list(may), STREAM_PAGE)
            sent = [event("changeset", each["cursor"], each) for each in self._told(principal, page, base)]
            if followed is not None and followed != known:
                sent.append(event("layers", seal.text(page.cursor), {"layers": wanted}))
            followed = known
            return Batch(b"".join(sent), page.cursor, page.more, page.unsettled)

        return await self._streams.open(request, begin, read, "/changes")

    def _told(self, principal: Principal, page: Page, base: str) -> list[dict[str, Any]]:
        """The entries of a page, each with its cursor."""
        seen, seal, veil = self._catalogue.seen_by(principal), self._catalogue.seal, self._catalogue.veil
        self._catalogue.tell_of((each.changeset.layer for each in page.entries), principal)
        return [
            {"cursor": seal.text(each.cursor), **entry(seen, veil, each.changeset, base)}
            for each in page.entries
        ]

    def _layers(self, principal: Principal, text: str | None) -> list[str]:
        """The layers that are asked for; one that cannot be seen is as one that does not exist."""
        if text is None:
            return list(self._catalogue.seen_by(principal))
        return [self._catalogue.get(name, principal).id for name in text.split(",")]


def _known(layer: Shown) -> object:
    """All that a reader knows of a layer itself: of a hidden field not even that it changed.

    Every stream asks with every batch: it is made once for a view of a layer, and compared as it stands.
    """
    found: object = layer.derived.get("known")
    if found is None:
        contract = replace(layer.contract, fields=())
        found = layer.derived["known"] = (contract, tuple(layer.fields.values()), layer.rights)
    return found


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


def _link(href: str, rel: str) -> dict[str, str]:
    return {"href": href, "rel": rel, "type": "application/json"}
