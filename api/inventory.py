"""The register of assets 设施台账: how many stand where in their life, and the files of their documents."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

import orjson
from starlette.routing import Route

from api.catalogue import Catalogue, Shown
from api.desk import Desk
from api.door import route
from api.parameters import given, instant, language
from api.pool import Pool
from api.wire import Reply, Request, tag_of
from spatial.access.model import Right
from spatial.database import Connection
from spatial.datum.clock import format_instant
from spatial.inventory import papers, store
from spatial.inventory.layers import lives
from spatial.inventory.life import State

Counted = dict[tuple[str, str], int]
DOCUMENTS: Final = "asset-documents"
_SHA256: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
PARAMETERS = ("datetime", "asof", "lang")


class Inventory:
    """The handler of the register of assets."""

    def __init__(self, catalogue: Catalogue, heavy: Pool, desk: Desk) -> None:
        self._catalogue = catalogue
        self._heavy = heavy
        self._desk = desk

    def routes(self) -> list[Route]:
        """One overview; the assets themselves are items of their layers."""
        return [
            route("/assets", self.assets),
            route("/assets/documents/{sha256}", self.document),
        ]

    async def assets(self, request: Request) -> Reply:
        """``/assets``: by layer, how many assets are in each state of their life at an instant."""
        parameters = given(request.query_string, PARAMETERS)
        language(request, parameters)
        at = instant("datetime", parameters.get("datetime"))
        asof = instant("asof", parameters.get("asof"))
        layers = [
            layer for layer in self._catalogue.seen_by(request.principal).values() if lives(layer.fields)
        ]
        self._catalogue.tell_of((layer.id for layer in layers), request.principal)
        rows = await self._counted(layers, at or datetime.now(UTC), asof)
        document = {
            "datetime": None if at is None else format_instant(at),
            "asof": None if asof is None else format_instant(asof),
            "layers": [{"layer": layer.id, "counts": _by_state(rows, layer.id)} for layer in layers],
        }
        body = orjson.dumps(document)
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-cache")]
        return Reply(200, headers, body, etag=tag_of(body))

    async def document(self, request: Request) -> Reply:
        """``/assets/documents/{sha256}``: a document's file, for who may read the register and the layer of
        an asset that it belongs to.
        """
        given(request.query_string, ())
        seen = self._catalogue.seen_by(request.principal)
        sha256 = request.path_params["sha256"]
        shown = self._catalogue.get(DOCUMENTS, request.principal)
        shown.require(Right.READ, request.principal)
        if not _SHA256.fullmatch(sha256) or "sha256" not in shown.fields:
            raise papers.unknown(sha256)

        def read(connection: Connection) -> papers.Document:
            of = [layer for layer in papers.layers(connection, sha256) if layer in seen]
            if not of:
                raise papers.unknown(sha256)
            self._catalogue.tell_of(of, request.principal)
            return papers.content(connection, sha256)

        found = await self._desk.run(read)
        way = b"attachment" if found.media_type == papers.OTHER else b"inline"
        name = b"; filename*=UTF-8''" + quote(found.name, safe="").encode()
        headers = [
            (b"content-type", found.media_type.encode()),
            (b"cache-control", b"no-cache"),
            (b"x-content-type-options", b"nosniff"),
            (b"content-security-policy", b"sandbox"),
            (b"content-disposition", way + name),
        ]
        return Reply(200, headers, found.content, etag=tag_of(found.content))

    async def _counted(self, layers: list[Shown], at: datetime, asof: datetime | None) -> Counted:
        if not layers:
            return {}
        statement = store.counted([layer.table for layer in layers], at, asof)
        async with self._heavy.connection() as connection:
            rows = await (await connection.execute(statement)).fetchall()
        return {(layer, state): count for layer, state, count in rows}


def _by_state(counted: Counted, layer: str) -> dict[str, int]:
    return {state.value: counted.get((layer, state.value), 0) for state in State}
