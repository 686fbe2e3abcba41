"""The archive over HTTP 档案调阅: objects, versions, files and proofs, for who may see what they are about.

An object is about a layer (``river-works/W-17``, ``layers/river-works``). Who may read the layer is
told of the object and may have its proof; its files, which may hold what is internal, and the
inventory, which names all of them, are for who may read the layer's internal fields. What is about no
layer is the operator's alone. The roots of the days tell nothing of any object and are for everybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from starlette.routing import Route

from api.catalogue import Catalogue, Shown
from api.desk import Desk
from api.door import ItemRoute, route
from api.pages import Pages
from api.parameters import COMMON, given, whole
from api.wire import Reply, Request
from spatial.access.model import Origin, Principal, Right
from spatial.database import Connection
from spatial.errors import FileTooLarge, shorten
from water.archive import reading, storage, store
from water.archive.holdings import Holdings
from water.archive.layers import LAYERS
from water.archive.log import LogState, Proof
from water.archive.model import ObjectId
from water.archive.storage import Copy
from water.errors import BadArchiveRequest, UnknownArchiveObject

Document = dict[str, Any]
LISTED: Final = (*COMMON, "limit", "after")
LIMIT_DEFAULT, LIMIT_MAX = 100, 1000
BYTES_MAX: Final = 64_000_000
"""Larger files are taken out with ``./onemap archive get``."""
_TITLE: Final = "档案 Archive"


class Archive:
    """The handlers of the archive."""

    def __init__(self, catalogue: Catalogue, desk: Desk, pages: Pages, base_url: str | None) -> None:
        self._catalogue = catalogue
        self._desk = desk
        self._pages = pages
        self._base_url = base_url

    def routes(self) -> list[Route]:
        """The roots of the days, the list, a version, a file of it, its inventory, its proof."""
        version = "/archive/objects/{object}/versions/{version}"
        return [
            route("/archive/roots", self.roots),
            route("/archive/objects", self.objects),
            ItemRoute(f"{version}/files/{{path}}", self.file),
            ItemRoute(f"{version}/inventory", self.inventory),
            ItemRoute(f"{version}/proof", self.proof),
            ItemRoute(version, self.version),
        ]

    async def roots(self, request: Request) -> Reply:
        """``/archive/roots``: the root of each day that was published, as the register keeps it."""
        parameters = given(request.query_string, COMMON)
        found = await self._desk.run(store.published)
        document = {
            "roots": [{"day": one.day, "size": one.head.size, "root": one.head.root} for one in found]
        }
        base = request.base_url(self._base_url)
        return self._pages.reply(request, parameters, document, "plain.html", base, title=_TITLE)

    async def objects(self, request: Request) -> Reply:
        """``/archive/objects``: those the asker may know of, by identifier."""
        parameters = given(request.query_string, LISTED)
        limit = min(whole("limit", parameters.get("limit")) or LIMIT_DEFAULT, LIMIT_MAX)
        after, seen = parameters.get("after", ""), self._catalogue.seen_by(request.principal)

        def read(connection: Connection) -> list[reading.Listed]:
            holdings = Holdings.of(connection)
            if not holdings.here and not holdings.away:
                return []  # no archive was begun here
            return [
                one
                for one in reading.objects(LogState.read(holdings.first.place))
                if one.object > after and _about(one.object, request.principal, seen)
            ][: limit + 1]

        found = await self._desk.run(read)
        self._catalogue.tell_of((_layer(one.object) for one in found[:limit]), request.principal)
        base = request.base_url(self._base_url)
        address = f"{base}/archive/objects"
        links = [{"href": address, "rel": "self", "type": "application/json"}]
        if len(found) > limit:
            more = f"{address}?limit={limit}&after={quote(found[limit - 1].object, safe='')}"
            links.append({"href": more, "rel": "next", "type": "application/json"})
        listed = [
            {
                "object": one.object,
                "versions": one.versions,
                "time": one.last.time,
                "href": f"{address}/{quote(one.object, safe='')}/versions/{one.versions}",
            }
            for one in found[:limit]
        ]
        document = {"objects": listed, "numberReturned": len(listed), "links": links}
        return self._pages.reply(request, parameters, document, "plain.html", base, title=_TITLE)

    async def version(self, request: Request) -> Reply:
        """``/archive/objects/{object}/versions/{version}``: its files."""
        parameters = given(request.query_string, COMMON)
        object_id, number = self._asked(request)

        def read(connection: Connection) -> tuple[list[reading.Entry], str, str]:
            copy = _first(connection, object_id)
            held = storage.require_inventory(copy, object_id)
            entries = list(reading.entries(copy, object_id, number))
            told = held.versions[number - 1]
            return entries, told.created, told.message

        entries, created, message = await self._desk.run(read)
        base = request.base_url(self._base_url)
        own = f"{base}/archive/objects/{quote(object_id, safe='')}/versions/{number}"
        document = {
            "object": object_id,
            "version": number,
            "created": created,
            "message": message,
            "files": [
                {
                    "path": each.path,
                    "bytes": each.bytes,
                    "mediaType": each.media_type,
                    "sha512": each.sha512,
                    "packedIn": each.packed_in,
                    "href": f"{own}/files/{quote(each.path, safe='')}",
                }
                for each in entries
            ],
            "links": [
                {"href": own, "rel": "self", "type": "application/json"},
                {"href": f"{own}/proof", "rel": "proof", "type": "application/json"},
            ],
        }
        return self._pages.reply(request, parameters, document, "plain.html", base, title=_TITLE)

    async def proof(self, request: Request) -> Reply:
        """``/archive/objects/{object}/versions/{version}/proof``: that it was entered."""
        parameters = given(request.query_string, (*COMMON, "size"))
        object_id, number = self._asked(request)
        size = whole("size", parameters.get("size"))

        def read(connection: Connection) -> Proof:
            state = LogState.read(_first(connection, object_id).place)
            return state.proof(object_id, number, None if size is None else min(size, len(state.lines)))

        found = await self._desk.run(read)
        base = request.base_url(self._base_url)
        return self._pages.reply(request, parameters, found.to_json(), "plain.html", base, title=_TITLE)

    async def inventory(self, request: Request) -> Reply:
        """``…/inventory``: the inventory of a version, byte for byte, whose SHA-512 stands in the log."""
        given(request.query_string, ())
        object_id, number = self._asked(request, content=True)

        def read(connection: Connection) -> bytes:
            return reading.inventory(_first(connection, object_id), object_id, number)

        content = await self._desk.run(read)
        headers = [(b"content-type", b"application/json"), (b"cache-control", b"private, no-cache")]
        return Reply(200, headers, content)

    async def file(self, request: Request) -> Reply:
        """``…/files/{path}``: a file, compared with its digest first."""
        given(request.query_string, ())
        object_id, number = self._asked(request, content=True)
        path = request.path_params["path"]

        def read(connection: Connection) -> tuple[reading.Entry, bytes]:
            copy = _first(connection, object_id)
            entries = reading.entries(copy, object_id, number)
            entry = next((each for each in entries if each.path == path), None)
            if entry is None:
                raise _unknown(f"{object_id} v{number} {shorten(path)}")
            if entry.bytes > BYTES_MAX:
                shown = shorten(path)
                raise FileTooLarge(
                    f"文件过大,请用 ./onemap archive get 取出:{shown}",
                    f"the file is too large here; take it out with ./onemap archive get: {shown}",
                    value=shown,
                )
            return entry, reading.content(copy, object_id, number, path)

        entry, content = await self._desk.run(read)
        name = quote(path.rpartition("/")[2], safe="")
        headers = [
            (b"content-type", entry.media_type.encode()),
            (b"content-disposition", f"attachment; filename*=UTF-8''{name}".encode()),
            (b"cache-control", b"private, no-cache"),
        ]
        return Reply(200, headers, content)

    def _asked(self, request: Request, *, content: bool = False) -> tuple[str, int]:
        """The object and version of a path, where the asker may see them."""
        object_id = _named(request.path_params["object"])
        number = whole("version", request.path_params["version"]) or 1
        principal, layer = request.principal, _layer(object_id)
        if not _about(object_id, principal, self._catalogue.seen_by(principal)):
            raise _unknown(object_id)
        self._catalogue.tell_of([layer], principal)
        if content and (principal.origin is not Origin.LOCAL or _internal(object_id)):
            self._catalogue.get(layer, principal).require(Right.READ_INTERNAL, principal)
        return object_id, number


def _named(text: str) -> str:
    """An identifier as it is written; what is none is of no object."""
    try:
        return str(ObjectId.parse(text))
    except BadArchiveRequest:
        raise _unknown(shorten(text)) from None


def _first(connection: Connection, object_id: str) -> Copy:
    """The copy that is read; where no archive was begun there is no object either."""
    holdings = Holdings.of(connection)
    if not holdings.here and not holdings.away:
        raise _unknown(object_id)
    return holdings.first


def _layer(object_id: str) -> str:
    """The layer an object is about."""
    return ObjectId.parse(object_id).work.removeprefix(LAYERS).partition("/")[0]


def _internal(object_id: str) -> bool:
    """Whether it is a layer itself, with its internal fields."""
    return ObjectId.parse(object_id).work.startswith(LAYERS)


def _about(object_id: str, principal: Principal, seen: Mapping[str, Shown]) -> bool:
    """Whether somebody may know of an object: of its layer, or as the operator."""
    return _layer(object_id) in seen or principal.origin is Origin.LOCAL


def _unknown(what: str) -> UnknownArchiveObject:
    return UnknownArchiveObject(
        f"档案中没有:{what}", f"the archive has no such object, version or file: {what}", value=what
    )
