"""The ledger over HTTP: who changed what, when and why 变更历史."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any
from urllib.parse import quote

import orjson
from starlette.routing import Route

from api.catalogue import Catalogue
from api.desk import Desk
from api.door import ItemRoute, route
from api.pages import Pages
from api.parameters import COMMON, given, whole
from api.pool import Pool
from api.problem import NoSuchItem, shorten
from api.release import Releases
from api.wire import Reply, Request
from spatial.access.model import Origin, Principal
from spatial.datum.clock import format_instant
from spatial.history import ledger, read
from spatial.history.model import Changeset

Document = dict[str, Any]
LIMIT_DEFAULT, LIMIT_MAX = 100, 1000
VERSIONS_MAX = 1000


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
        """``/changesets``: the newest first, of one layer or of all."""
        parameters = given(request.query_string, [*COMMON, "layer", "limit", "before"])
        layer = parameters.get("layer")
        limit = min(whole("limit", parameters.get("limit")) or LIMIT_DEFAULT, LIMIT_MAX)
        before = whole("before", parameters.get("before"))
        seen = self._seen(request.principal)
        found = await self._desk.run(lambda conn: ledger.changesets(conn, layer, limit + 1, before, seen))
        base = request.base_url(self._base_url)
        links = [_link(f"{base}/changesets", "self"), _link(f"{base}/", "root")]
        if len(found) > limit:
            of = f"&layer={layer}" if layer else ""
            links.append(_link(f"{base}/changesets?limit={limit}&before={found[limit - 1].id}{of}", "next"))
        document = {
            "changesets": [_entry(each, base) for each in found[:limit]],
            "numberReturned": len(found[:limit]),
            "links": links,
        }
        return self._pages.reply(request, parameters, document, "changesets.html", base)

    async def changeset(self, request: Request) -> Reply:
        """``/changesets/{number}``: one entry with its hashes."""
        parameters = given(request.query_string, COMMON)
        number = whole("number", request.path_params["number"])
        seen = self._seen(request.principal)
        found = await self._desk.run(lambda conn: ledger.changeset(conn, number or 0, seen))
        base = request.base_url(self._base_url)
        document = {**_entry(found, base), "links": [_link(f"{base}/changesets", "collection")]}
        return self._pages.reply(request, parameters, document, "changeset.html", base)

    def _seen(self, principal: Principal) -> list[str] | None:
        """The layers whose changesets somebody may know of; ``None``: all, those withdrawn as well."""
        return None if principal.origin is Origin.LOCAL else list(self._catalogue.seen_by(principal))

    async def versions(self, request: Request) -> Reply:
        """``/collections/{id}/items/{fid}/versions``: all that was ever believed of one item."""
        parameters = given(request.query_string, COMMON)
        layer = self._catalogue.get(request.path_params["id"], request.principal)
        fid = request.path_params["fid"]
        base = request.base_url(self._base_url)
        item = f"{base}/collections/{layer.id}/items/{quote(fid, safe='')}"
        versions: list[Document] = []
        if "\0" not in fid:
            async with self._heavy.connection() as connection:
                statement = read.versions(layer.table, fid, VERSIONS_MAX, layer.output(read.STORED))
                cursor = await connection.execute(statement.sql, statement.params)
                versions = [_version(row, base) for row in await cursor.fetchall()]
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


def _entry(changeset: Changeset, base: str) -> Document:
    document: Document = {}
    for name, value in asdict(changeset).items():
        if isinstance(value, datetime):
            document[name] = format_instant(value)
        else:
            document[name] = bytes(value).hex() if isinstance(value, bytes | memoryview) else value
    return {**document, "href": f"{base}/changesets/{changeset.id}"}


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


def _link(href: str, rel: str) -> dict[str, str]:
    return {"href": href, "rel": rel, "type": "application/json"}
