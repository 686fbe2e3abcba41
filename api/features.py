"""Items and single items: OGC API Features Part 1 and 2, as of any instant.

The hot routes. A page is one statement; its features are texts finished when
the rows were written and are joined, not parsed. ``numberMatched`` is stated
only where it is exact; an estimate has a member of its own.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import orjson
from psycopg import DataError
from psycopg.errors import QueryCanceled
from starlette.routing import Route

from api import item
from api.catalogue import Catalogue, Shown
from api.counts import Count, Counts, Head, pinned, pinned_query
from api.crs import Edges
from api.door import ItemRoute, route
from api.edit_request import ACCEPTS_FEATURES, ACCEPTS_PATCHES
from api.editing import Editing
from api.formats import links
from api.formats.bulk import Bulk
from api.formats.extract import Extract, written
from api.formats.negotiate import BULK
from api.item import GEOJSON, LIVE, VARY, digest, said
from api.known import Known
from api.pages import Pages, html_headers
from api.parameters import Cursor, ItemsRequest, continued, cursor_apart, item_request, items_request
from api.pool import Pool, Rows
from api.problem import BadParameter, NoSuchItem
from api.release import Releases, uncounted
from api.selection import after_keys, out_of_range, search_took_too_long
from api.wire import ROWS, Header, Reply, Request, known, unless_gone
from spatial.catalogue.contract import stamped
from spatial.datum.clock import format_instant
from spatial.errors import shorten
from spatial.history import read
from spatial.history.read import ItemsQuery
from spatial.history.rows import last_of_page

CHUNK = 2000
"""Features held in memory at once: a larger page is sent as it is read."""
_OPENING = b'{"type":"FeatureCollection","features":['
_BEFORE_ID = len(b'{"type":"Feature","id":')
_AFTER_ID = b',"geometry":'
PINNED = (b"cache-control", b"max-age=300")
"""A page pinned to its instants does not change."""


class Found(NamedTuple):
    """What one statement gave: the head, feature texts, whether more follow, the last one's sort keys."""

    head: Head
    features: list[bytes]
    more: bool
    keys: tuple[str | None, ...] = ()


class Page(NamedTuple):
    """All that the members around the features are made from."""

    request: Request
    layer: Shown
    asked: ItemsRequest
    head: Head
    base: str
    total: Count

    def closing(self, found: Found, shown: int | None = None) -> bytes:
        """What follows the features in the JSON text."""
        return b"]," + orjson.dumps(self.members(found, shown))[1:]

    def members(self, found: Found, shown: int | None = None) -> dict[str, object]:
        """Numbers, instants, stamp and links."""
        members: dict[str, object] = {"numberReturned": len(found.features) if shown is None else shown}
        if self.total.exact is not None:
            members["numberMatched"] = self.total.exact
        else:
            at_least = len(found.features) + 1 if self.asked.first else 0
            members["onemap:numberMatchedEstimated"] = max(self.total.estimate or 0, at_least)
        asof = self.asked.query.asof or self.head.recorded_at
        members["onemap:asof"] = format_instant(asof) if asof else None
        if self.asked.query.at is None:
            members["onemap:datetime"] = format_instant(self.head.at)
        members |= stamped(self.layer.contract.synthetic)
        after = _cursor(self.asked.query, self.head, found) if found.more else None
        members["links"] = links.of_items(self.request, self.layer, self.asked, self.base, after)
        return members


_page_tag = lru_cache(maxsize=4096)(digest)
"""The same pages are asked for again and again."""


class Features:
    """The handlers of items. ``hot`` runs keyed reads, ``heavy`` what searches, ``places`` small
    places, ``bulk`` whole layers."""

    def __init__(
        self,
        catalogue: Catalogue,
        hot: Pool,
        heavy: Pool,
        places: Pool,
        bulk: Pool,
        edges: Edges,
        pages: Pages,
        releases: Releases,
        base_url: str | None,
        editing: Editing,
    ) -> None:
        self._catalogue = catalogue
        self._editing = editing
        self._releases = releases
        self._hot = hot
        self._heavy = heavy
        self._places = places
        self._bulk_pool = bulk
        self._bulk = Bulk()
        self._edges = edges
        self._pages = pages
        self._base_url = base_url
        self._read_pages = Known(items_request)
        self._read_items = Known(item_request)
        self._counts = Counts(hot, heavy)

    async def close(self) -> None:
        """Let go of what is kept for the next answers."""
        await self._bulk.close()

    def routes(self) -> list[Route]:
        """Items and one item; who may edit does so at the same addresses."""
        edits = self._editing
        return [
            route("/collections/{id}/items", self.items, ACCEPTS_FEATURES, POST=edits.create),
            ItemRoute(
                "/collections/{id}/items/{fid:path}",
                self.item,
                ACCEPTS_PATCHES,
                PUT=edits.replace,
                PATCH=edits.update,
                DELETE=edits.remove,
            ),
        ]

    async def items(self, request: Request) -> Reply:
        """``/collections/{id}/items``."""
        layer = self._catalogue.get(request.path_params["id"], request.principal)
        asked = self._asked(request, layer)
        if self._releases.limited(layer):  # what is counted leaves in pages that are held whole
            asked = replace(asked, query=replace(asked.query, limit=min(asked.query.limit, CHUNK)))
        if asked.narrowed or asked.counted or asked.query.sort:
            try:
                return await unless_gone(request, self._items(request, layer, asked, self._heavy))
            except DataError as failure:
                raise (out_of_range(dict(asked.kept)) if asked.query.conditions else failure) from failure
            except QueryCanceled as failure:
                raise (search_took_too_long(layer, asked.kept) or failure) from failure
        return await self._items(request, layer, asked, self._hot)

    def _asked(self, request: Request, layer: Shown) -> ItemsRequest:
        """What is asked for; of a page further on all but its cursor was read with the first."""
        rest, after = cursor_apart(request.query_string)
        if after is None:
            return self._read_pages.of(request, layer, self._edges)
        first = Request({**request.scope, "query_string": rest})
        return continued(self._read_pages.of(first, layer, self._edges), after)

    async def _items(self, request: Request, layer: Shown, asked: ItemsRequest, pool: Pool) -> Reply:
        base = request.base_url(self._base_url)
        if asked.format in BULK:
            return await self._in_bulk(request, layer, asked, base)
        if b"if-none-match" in request.headers:
            held = await self._head(layer)
            tag = self._tag(request, layer, asked, held, base, self._counts.estimate(asked, held))
            if known(request, tag):
                return Reply(200, [_cache(asked)], etag=tag, vary=VARY)
        whole = asked.query.limit <= CHUNK or asked.format == "html"
        part = asked.query if whole else replace(asked.query, limit=CHUNK)
        if part.asof is None and whole:
            read_ = await self._present(layer, asked, pool)
        else:
            read_ = await _read(pool, part)
        head, more = read_.head, read_.more
        found = read_._replace(features=said(layer, read_.features, part))
        request.scope[ROWS] = len(found.features)
        await self._releases.take(layer, request.principal, map(_id, found.features))
        count = await self._counts.of(asked, head, len(found.features), more)
        page = Page(request, layer, asked, head, base, count)
        headers: list[Header] = [_cache(asked), (b"content-crs", f"<{asked.edge.uri}>".encode())]
        tag = self._tag(request, layer, asked, head, base, count.estimate)
        if asked.format == "html":
            shown = [orjson.loads(feature) for feature in found.features]
            body = self._pages.items(layer, shown, page.members(found), base, asked.language)
            return Reply(200, [*html_headers(), *headers[1:]], body, etag=tag, vary=VARY)
        headers.append((b"content-type", GEOJSON))
        if whole or not more:  # joined once: a large page is copied no more often than it must
            body = b"".join((_OPENING, b",\n".join(found.features), page.closing(found)))
            return Reply(200, headers, body, etag=tag, vary=VARY)
        rest = self._rest(pool, page, found)
        return Reply(200, headers, _OPENING + b",\n".join(found.features), stream=rest, etag=tag, vary=VARY)

    async def _present(self, layer: Shown, asked: ItemsRequest, pool: Pool) -> Found:
        """A page of what is believed now; that of a small place by the plan that small places share."""
        if asked.nearby is not None and _expected(layer, asked.query) <= asked.query.limit:
            found = _page(await self._places.fetch(asked.nearby), asked.query.limit)
            if not found.more:
                return found
        return _page(await pool.fetch(asked.statement), asked.query.limit)

    async def _in_bulk(self, request: Request, layer: Shown, asked: ItemsRequest, base: str) -> Reply:
        """A format that holds all that matches, or the page that ``limit`` asks for."""
        head = await self._head(layer)
        tag = self._tag(request, layer, asked, head, base, None)
        if known(request, tag):
            return Reply(200, [_cache(asked)], etag=tag, vary=VARY)
        if self._releases.limited(layer):
            raise uncounted(layer, asked.format)
        if asked.query.sort:
            raise BadParameter(
                "sortby",
                "不能与批量格式同用,批量格式按标识排列",
                "makes no sense with formats for bulk, which go by identity",
                value=dict(asked.kept).get("sortby", ""),
            )
        asof, instant = pinned(asked.query, head)
        at = asked.query.at if instant is None else instant
        query = written(layer, replace(asked.query, asof=asof or head.at, at=at))
        limit = query.limit if any(name == "limit" for name, _ in asked.kept) else None
        following = None
        if limit is not None:
            ends = await self._bulk_pool.fetch(last_of_page(query))
            if ends.result.ntuples > 1 and ends.first is not None:
                following = Cursor(ends.first[0], asof, instant)
        matched = (await self._counts.made(pinned_query(asked, head), True)).exact if asked.counted else None
        extract = Extract(request, layer, asked, query, base, limit, following, matched, self._bulk_pool)
        return await self._bulk.reply(extract, _cache(asked), tag, VARY)

    async def _rest(self, pool: Pool, page: Page, found: Found) -> AsyncGenerator[bytes]:
        """The other chunks of a large page: by key, pinned to the snapshot of the first."""
        query, head = page.asked.query, page.head
        sent = len(found.features)
        while found.more and sent < query.limit:
            pin = _cursor(query, head, found)
            part = replace(
                query,
                asof=pin.asof,
                at=query.at if pin.at is None else pin.at,
                after=pin.after,
                after_keys=after_keys(query.sort, pin.keys, ""),
                limit=min(CHUNK, query.limit - sent),
            )
            found = await _read(pool, part)
            sent += len(found.features)
            page.request.scope[ROWS] = sent
            yield b",\n" + b",\n".join(said(page.layer, found.features, query))
        if page.asked.first and not found.more:
            page = page._replace(total=Count(exact=sent))
        yield page.closing(found, sent)

    async def item(self, request: Request) -> Reply:
        """``/collections/{id}/items/{fid}``."""
        layer = self._catalogue.get(request.path_params["id"], request.principal)
        fid = request.path_params["fid"]
        asked = self._read_items.of(request, layer, self._edges)
        if "\0" in fid:
            raise _no_item(layer, fid)
        rows = await self._hot.fetch(asked.statement(fid))
        found = rows.first
        if found is None:
            raise _no_item(layer, fid)
        request.scope[ROWS] = 1
        await self._releases.take(layer, request.principal, [fid])
        return item.reply(layer, fid, found, asked, self._pages, request.base_url(self._base_url))

    async def _head(self, layer: Shown) -> Head:
        rows = await self._hot.fetch(read.head(layer.id))
        row = rows.first
        assert row is not None  # the statement always gives one
        return Head(*row)

    def _tag(
        self,
        request: Request,
        layer: Shown,
        asked: ItemsRequest,
        head: Head,
        base: str,
        estimate: int | None,
    ) -> str:
        """Strong: of all that decides the bytes, so that it is known before the page is read."""
        live = asked.query.at is None and asked.first
        return _page_tag(
            base,
            request.path,
            request.query_string.decode("latin-1"),
            layer.mark,
            asked.format,
            asked.language,
            layer.changed_at,
            None if not asked.first else head.changeset,
            head.at if live else None,
            estimate,
        )


async def _read(pool: Pool, query: ItemsQuery) -> Found:
    """A page; one pinned to what is still the newest changeset is read as cheaply as the first."""
    if query.asof is not None:
        page = _page(await pool.fetch(read.items_if_unmoved(query)), query.limit)
        recorded_at = page.head.recorded_at
        if recorded_at is None or recorded_at <= query.asof:
            return page
    return _page(await pool.fetch(read.items(query)), query.limit)


def _page(rows: Rows, limit: int) -> Found:
    """The head row, which comes first, the feature texts, undecoded, and whether more follow."""
    first = rows.first
    assert first is not None and first[0] is None  # the head
    value, count = rows.result.get_value, rows.result.ntuples - 1
    features = [value(row, 0) or b"" for row in range(1, min(count, limit) + 1)]
    keys = orjson.loads(value(len(features), 4) or b"[]") if features and rows.result.nfields > 4 else ()
    return Found(Head(*first[1:4]), features, count > limit, tuple(keys))


def _expected(layer: Shown, query: ItemsQuery) -> float:
    """How many items would lie in the boxes if they lay evenly in the layer's; 0 where that is unknown."""
    span = layer.span.box
    if span is None or not query.areas:
        return 0.0
    west, south, east, north = span
    whole = (east - west) * (north - south)
    common = sum(
        max(0.0, min(each.east, east) - max(each.west, west))
        * max(0.0, min(each.north, north) - max(each.south, south))
        for each in query.areas
    )
    return layer.span.features * common / whole if whole > 0 else 0.0


def _id(feature: bytes) -> str:
    """Of a feature's text, without reading all of it: quotation marks inside it have a backslash."""
    return str(orjson.loads(feature[_BEFORE_ID : feature.index(_AFTER_ID)]))


def _cursor(query: ItemsQuery, head: Head, found: Found) -> Cursor:
    """Where the next page goes on: it is pinned to what this one was read from."""
    return Cursor(_id(found.features[-1]), *pinned(query, head), found.keys)


def _cache(asked: ItemsRequest) -> Header:
    return LIVE if asked.first else PINNED


def _no_item(layer: Shown, fid: str) -> NoSuchItem:
    shown = shorten(fid)
    return NoSuchItem(
        f"图层 {layer.id} 在所问时刻没有这个要素,历史见其 /versions:{shown}",
        f"layer {layer.id} has no such item at that instant, see its /versions: {shown}",
        value=shown,
    )
