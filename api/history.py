"""The ledger over HTTP: who changed what, when and why 变更历史."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlencode

import orjson
from starlette.routing import Route

from api.catalogue import Catalogue, Shown
from api.desk import Desk
from api.door import ItemRoute, route
from api.pages import Pages
from api.parameters import COMMON, given, moment, whole
from api.pool import Pool
from api.problem import BadParameter, NoSuchItem
from api.release import Releases
from api.wire import ROWS, Reply, Request, unless_gone
from spatial.database import Connection
from spatial.datum.clock import format_instant
from spatial.errors import UnknownLayer, shorten
from spatial.history import ledger, read
from spatial.history.model import Changeset
from spatial.history.read import Span
from spatial.history.veil import Veil

Document = dict[str, Any]
LIMIT_DEFAULT, LIMIT_MAX = 100, 1000
VERSIONS_MAX = 1000
LISTED = (*COMMON, "layer", "department", "author", "datetime", "limit", "before", "after")


HASHES = ("content_hash", "previous_hash", "chain_hash")


class History:
    """The handlers of changesets and versions."""

    def __init__(
        self,
        catalogue: Catalogue,
        heavy: Pool,
        desk: Desk,
        pages: Pages,
        releases: Releases,
        base_url: str | None,
    ) -> None:
        self._releases = releases
        self._catalogue = catalogue
        self._heavy = heavy
        self._desk = desk
        self._pages = pages
        self._base_url = base_url

    def routes(self) -> list[Route]:
        """Versions of one item, and the ledger."""
        return [
            ItemRoute("/collections/{id}/items/{fid:path}/versions", self.versions),
            route("/changesets", self.changesets),
            route("/changesets/{number}", self.changeset),
        ]

    async def changesets(self, request: Request) -> Reply:
        """``/changesets``: the newest first; by layer, department, author, recorded time."""
        parameters = given(request.query_string, LISTED)
        wanted = self._selection(request, parameters)
        limit = min(whole("limit", parameters.get("limit")) or LIMIT_DEFAULT, LIMIT_MAX)
        found = await unless_gone(
            request, self._desk.run(lambda conn: ledger.select(conn, wanted, limit + 1))
        )
        newer = wanted.after is not None
        more = len(found) > limit
        found = found[-limit:] if newer else found[:limit]
        base = request.base_url(self._base_url)
        kept = [(name, text) for name, text in parameters.items() if name not in ("before", "after")]
        address, seen = f"{base}/changesets", self._catalogue.seen_by(request.principal)
        links = [_link(_with(address, list(parameters.items())), "self"), _link(f"{base}/", "root")]
        if found and (newer or more):
            links.append(_link(_with(address, [*kept, ("before", str(found[-1].id))]), "next"))
        if found and (more if newer else wanted.before is not None):
            links.append(_link(_with(address, [*kept, ("after", str(found[0].id))]), "prev"))
        self._catalogue.tell_of((each.layer for each in found), request.principal)
        document = {
            "changesets": [entry(seen, self._catalogue.veil, each, base) for each in found],
            "numberReturned": len(found),
            "links": links,
        }
        return self._pages.reply(request, parameters, document, "changesets.html", base)

    def _selection(self, request: Request, parameters: dict[str, str]) -> ledger.Selection:
        """What is asked for, within the layers that the principal may see."""
        seen = self._catalogue.seen_by(request.principal)
        layer = parameters.get("layer")
        layers = tuple(seen) if layer is None else (self._catalogue.get(layer, request.principal).id,)
        before, after = (whole(name, parameters.get(name)) for name in ("before", "after"))
        if before is not None and after is not None:
            raise BadParameter("after", "不能与 before 同用", "cannot go with before", value=str(after))
        span = moment("datetime", parameters.get("datetime"))
        if isinstance(span, datetime):
            span = Span(span, span)
        start, end = (span.start, span.end) if span is not None else (None, None)
        if span is not None and end is not None and span.end_included:
            end += timedelta(microseconds=1)
        return ledger.Selection(
            layers=layers,
            department=parameters.get("department"),
            author=parameters.get("author"),
            recorded_from=start,
            recorded_to=end,
            before=before,
            after=after,
        )

    async def changeset(self, request: Request) -> Reply:
        """``/changesets/{number}``: one entry with its hashes."""
        parameters = given(request.query_string, COMMON)
        found = await self.held(request)
        base = request.base_url(self._base_url)
        links = [
            _link(f"{base}/changesets", "collection"),
            {**_link(f"{base}/changesets/{found.id}/changes", "related"), "type": "application/geo+json"},
        ]
        seen = self._catalogue.seen_by(request.principal)
        document = {**entry(seen, self._catalogue.veil, found, base), "links": links}
        return self._pages.reply(request, parameters, document, "changeset.html", base)

    async def held(self, request: Request) -> Changeset:
        """The changeset of the path, where the principal may see its layer; else as if there were none."""
        number = whole("number", request.path_params["number"]) or 0

        def seen(connection: Connection) -> Changeset:
            found = ledger.changeset(connection, number)
            try:
                self._catalogue.get(found.layer, request.principal)  # which notes it for the audit
            except UnknownLayer:
                raise ledger.unknown(number) from None  # inside, where one that there is not ends, too
            return found

        return await unless_gone(request, self._desk.run(seen))

    async def versions(self, request: Request) -> Reply:
        """``/collections/{id}/items/{fid}/versions``: all that was ever believed of one item."""
        parameters = given(request.query_string, COMMON)
        layer = self._catalogue.get(request.path_params["id"], request.principal)
        fid = request.path_params["fid"]
        base = request.base_url(self._base_url)
        item = f"{base}/collections/{layer.id}/items/{quote(fid, safe='')}"
        versions: list[Document] = []
        if "\0" not in fid:
            found = await unless_gone(request, self._versions(layer, fid))
            versions = [_version(row, base) for row in found]
        request.scope[ROWS] = len(versions)
        if not versions:
            shown = shorten(fid)
            raise NoSuchItem(
                f"图层 {layer.id} 从未有过这个要素:{shown}",
                f"layer {layer.id} never had such an item: {shown}",
                value=shown,
            )
        await self._releases.take(layer, request.principal, [fid])
        document = {
            "type": "FeatureCollection",
            "features": versions,
            "numberReturned": len(versions),
            "links": [
                _link(f"{item}/versions", "self"),
                _link(item, "item"),
                _link(f"{base}/collections/{layer.id}", "collection"),
            ],
        }
        return self._pages.reply(
            request, parameters, document, "versions.html", base, "application/geo+json", layer=layer
        )

    async def _versions(self, layer: Shown, fid: str) -> list[tuple[Any, ...]]:
        async with self._heavy.connection() as connection:
            statement = read.versions(layer.table, fid, VERSIONS_MAX, layer.output(read.STORED))
            cursor = await connection.execute(statement.sql, statement.params)
            return await cursor.fetchall()


def entry(seen: Mapping[str, Shown], veil: Veil, changeset: Changeset, base: str) -> Document:
    """An entry of the ledger as the doors show it: hashes as hexadecimal text, with its addresses.

    The hashes are over all fields: to who does not see them all they are veiled.
    """
    shown = seen.get(changeset.layer)
    if shown is None or not shown.whole:
        hashes = {name: bytes(getattr(changeset, name) or b"") for name in HASHES}
        veiled: dict[str, Any] = {name: veil.of(digest) for name, digest in hashes.items() if digest}
        changeset = replace(changeset, **veiled)
    document: Document = {}
    for name, value in asdict(changeset).items():
        if isinstance(value, datetime):
            document[name] = format_instant(value)
        else:
            document[name] = bytes(value).hex() if isinstance(value, bytes | memoryview) else value
    href = f"{base}/changesets/{changeset.id}"
    return {**document, "href": href, "changes": f"{href}/changes"}


def _version(row: tuple[Any, ...], base: str) -> Document:
    feature, recorded_from, recorded_to, opened_by, closed_by, author, department, reason = row
    return {
        **orjson.loads(feature),
        "recorded_from": format_instant(recorded_from),
        "recorded_to": format_instant(recorded_to) if recorded_to else None,
        "opened_by": opened_by,
        "closed_by": closed_by,
        "author": author,
        "department": department,
        "reason": reason,
        "links": [_link(f"{base}/changesets/{opened_by}", "version-history")],
    }


def _with(address: str, query: list[tuple[str, str]]) -> str:
    return f"{address}?{urlencode(query)}" if query else address


def _link(href: str, rel: str) -> dict[str, str]:
    return {"href": href, "rel": rel, "type": "application/json"}
