"""Items created, replaced, updated and removed: OGC API Features Part 4 over the bitemporal history.

Each request is one changeset. A change of an item that exists names the version
it is based on (``If-Match`` with the ``ETag`` of any representation); where that
is no longer the one held, nothing is written and the answer carries base, mine
and theirs, or, with ``Prefer: merge``, both edits stand where they go together.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import orjson

from api import item
from api.catalogue import Catalogue, Shown
from api.crs import CRS84, Edges
from api.desk import Desk
from api.edit_request import (
    GEOJSON,
    MERGE_PATCH,
    PARAMETERS,
    Preferences,
    aside,
    body,
    preferences,
    request_key,
    wish,
)
from api.pages import Pages
from api.parameters import ItemRequest, given, instant, language
from api.release import Releases
from api.wire import Reply, Request
from spatial.access.model import Principal, Right
from spatial.catalogue.city import City
from spatial.database import Connection
from spatial.datum import frame
from spatial.editing import edit
from spatial.editing.model import Action, Condition, Edit, Edited, RequestKey, Target, Wish
from spatial.editing.rules import Reader, Way
from spatial.errors import InvalidInput, StaleVersion
from spatial.history import read
from spatial.history.read import ItemsQuery, Output

_RETURNED_DEG = 1.5e-9
"""What the decimals of a projected frame may move a vertex by on its way out and back."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request to edit, apart from its body."""

    principal: Principal
    layer: Shown
    target: Target
    way: Way
    answer: ItemRequest
    """How the edited item is to be shown."""
    wish: Wish
    prefer: Preferences
    base: str
    fid: str
    """Empty where a new one is created."""
    condition: Condition

    def reader(self) -> Reader:
        """For the body."""
        return Reader(self.target, self.way)


class Editing:
    """The handlers of changes; the routes are those of the items."""

    def __init__(
        self,
        catalogue: Catalogue,
        desk: Desk,
        edges: Edges,
        pages: Pages,
        releases: Releases,
        city: City,
        base_url: str | None,
    ) -> None:
        self._catalogue = catalogue
        self._releases = releases
        self._desk = desk
        self._edges = edges
        self._pages = pages
        self._city = city
        self._base_url = base_url

    async def create(self, request: Request) -> Reply:
        """POST of a Feature, or of a FeatureCollection, which is taken whole or not at all."""
        asked = self._asked(request)
        sent, text = await body(request, GEOJSON)
        key = request_key(request, text)
        many = isinstance(sent, dict) and sent.get("type") == "FeatureCollection"
        documents = sent.get("features") if many else [sent]
        if not isinstance(documents, list) or not documents:
            raise InvalidInput(
                "features 须为至少一个要素的数组",
                "features must be an array of at least one feature",
                details={"where": "features"},
            )
        reader = asked.reader()
        edits = await aside(lambda: reader.created(documents), text)
        asked = _since(asked, reader)
        edited, fids, shown = await self._desk.run(
            lambda conn: _create(conn, asked, edits, key, show=not many)
        )
        if many:
            return _collection(asked, edited, fids)
        return self._reply(asked, fids[0], edited, shown)

    async def replace(self, request: Request) -> Reply:
        """PUT: all of an item said anew; one that is not there is created, where items bring their key."""
        asked = self._asked(request)
        sent, text = await body(request, GEOJSON)
        merge = asked.prefer.merge
        return await self._one(
            asked, text, lambda reader: reader.replaced(asked.fid, sent, asked.condition, merge=merge)
        )

    async def update(self, request: Request) -> Reply:
        """PATCH with a JSON Merge Patch (RFC 7396)."""
        asked = self._asked(request)
        sent, text = await body(request, MERGE_PATCH)
        merge = asked.prefer.merge
        return await self._one(
            asked, text, lambda reader: reader.updated(asked.fid, sent, asked.condition, merge=merge)
        )

    async def remove(self, request: Request) -> Reply:
        """DELETE: from then on the item is not there; its past stays."""
        asked = self._asked(request)
        removal = Edit(Action.REMOVE, asked.fid, condition=asked.condition)
        await self._written(asked, removal, None)
        return Reply(204, [])

    async def _one(self, asked: Asked, text: bytes, make: Callable[[Reader], Edit]) -> Reply:
        reader = asked.reader()
        made = await aside(lambda: make(reader), text)
        asked = _since(asked, reader)
        edited, shown = await self._written(asked, made, asked.fid)
        return self._reply(asked, asked.fid, edited, shown)

    async def _written(self, asked: Asked, made: Edit, show: str | None) -> tuple[Edited, Any]:
        if asked.prefer.representation or asked.prefer.merge:
            await self._counted(asked)  # what may not be shown is refused before it is written
        try:
            return await self._desk.run(lambda conn: _apply(conn, asked, [made], show))
        except StaleVersion as failure:
            await self._counted(asked)
            raise _told(failure, asked) from failure

    async def _counted(self, asked: Asked) -> None:
        """What is held of the item is about to be shown."""
        await self._releases.take(asked.layer, asked.principal, [asked.fid])

    def _reply(self, asked: Asked, fid: str, edited: Edited, shown: Any) -> Reply:
        reply = item.reply(asked.layer, fid, shown, asked.answer, self._pages, asked.base)
        applied = [b"merge"] if fid in edited.merged else []
        if asked.prefer.representation or applied:
            applied.append(b"return=representation")
        else:
            reply.body = b""
            reply.headers = [
                pair for pair in reply.headers if pair[0] not in (b"content-type", b"content-crs")
            ]
            reply.status = 204
        if fid in edited.created:
            reply.status = 201
            reply.headers.append((b"location", item.location(asked.base, asked.layer, fid).encode()))
        if applied:
            reply.headers.append((b"preference-applied", b", ".join(applied)))
        return reply

    def _asked(self, request: Request) -> Asked:
        """Everything before the body; who may not edit learns so first."""
        layer = self._catalogue.get(request.path_params["id"], request.principal)
        layer.require(Right.EDIT, request.principal)
        parameters = given(request.query_string, PARAMETERS)
        edge = self._edges.find("crs", parameters.get("crs", CRS84))
        query = ItemsQuery(layer.table, limit=1, output=_output(layer, edge.output))
        fid = unicodedata.normalize("NFC", request.path_params.get("fid", ""))
        headers = request.headers
        return Asked(
            request.principal,
            layer,
            Target(layer.contract, layer.table, self._city, frozenset(layer.fields)),
            self._way(request),
            ItemRequest(query, edge, "json", language(request, parameters)),
            wish(request, parameters),
            preferences(request.header(b"prefer")),
            request.base_url(self._base_url),
            fid,
            item.condition(
                fid,
                request.header(b"if-match") if b"if-match" in headers else None,
                request.header(b"if-none-match") if b"if-none-match" in headers else None,
            ),
        )

    def _way(self, request: Request) -> Way:
        """``Content-Crs`` of the body: a URI in angle brackets, longitude and latitude unless told."""
        text = request.header(b"content-crs").strip()
        edge = self._edges.find("Content-Crs", text.removeprefix("<").removesuffix(">") or CRS84)
        known = edge.frame or frame(f"EPSG:{edge.srid}")
        return Way(known, edge.swapped, _RETURNED_DEG if edge.projected else 0.0)


def _apply(connection: Connection, asked: Asked, edits: list[Edit], show: str | None) -> tuple[Edited, Any]:
    """Write, and read what was written before anybody else writes."""
    edited = edit.apply(connection, asked.target, edits, asked.wish)
    if show is None:
        return edited, None
    statement = read.item(replace(asked.answer.query, at=edited.valid_from), show)
    return edited, connection.execute(statement.sql, statement.params).fetchone()


def _create(
    connection: Connection, asked: Asked, edits: list[Edit], key: RequestKey | None, *, show: bool
) -> tuple[Edited, Sequence[str], Any]:
    """Write new items, once for each key; and read the only one as it then was."""
    if key is None:
        fids: Sequence[str] = [each.fid for each in edits]
        edited, shown = _apply(connection, asked, edits, fids[0] if show else None)
        return edited, fids, shown
    edited, fids = edit.create_once(connection, asked.target, edits, asked.wish, key)
    assert edited.changeset is not None  # what was not there before is a change
    if not show:
        return edited, fids, None
    then = replace(asked.answer.query, at=edited.valid_from, asof=edited.changeset.recorded_at)
    statement = read.item(then, fids[0])
    return edited, fids, connection.execute(statement.sql, statement.params).fetchone()


def _since(asked: Asked, reader: Reader) -> Asked:
    """``valid-from`` goes before what the features say themselves."""
    said = reader.done()
    return asked if asked.wish.valid_from else replace(asked, wish=replace(asked.wish, valid_from=said))


def _output(layer: Shown, output: Output) -> Output:
    columns = tuple(column for _, column in layer.fields.values())
    return output if all(column.public for column in columns) else replace(output, fields=columns)


def _collection(asked: Asked, edited: Edited, fids: Sequence[str]) -> Reply:
    """What a FeatureCollection became: the addresses in the order sent."""
    body = orjson.dumps(
        {
            "changeset": edited.changeset.id if edited.changeset else None,
            "numberCreated": len(fids),
            "items": [{"id": fid, "href": item.location(asked.base, asked.layer, fid)} for fid in fids],
        }
    )
    assert edited.changeset is not None  # what was not there before is a change
    where = f"{asked.base}/changesets/{edited.changeset.id}".encode()
    return Reply(201, [(b"content-type", b"application/json"), (b"location", where)], body)


def _told(failure: StaleVersion, asked: Asked) -> StaleVersion:
    """The same with the tag to go on from."""
    theirs = failure.details.get("theirs")
    if not isinstance(theirs, dict):
        return failure
    held = theirs["properties"]
    since = instant("valid_from", held["valid_from"])
    assert since is not None
    tag = f'"{item.mark(asked.fid, held["changeset"], since)}"'
    details = {**failure.details, "etag": tag}
    zh, en = failure.zh, failure.en
    if "merged" in details:
        zh = f"两处修改互不冲突:加请求头 Prefer: merge 重发即合并,或以 If-Match: {tag} 提交 merged。{zh}"
        en = f"the edits go together: send it with Prefer: merge, or PUT merged with If-Match: {tag}; {en}"
    return StaleVersion(zh, en, value=failure.value, details=details)
