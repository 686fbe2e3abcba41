"""The catalogued file itself 成果原件: byte for byte, whole or in ranges, so that a COG is read from afar.

What is sent is what was catalogued: a file that has gone or has another size is
refused instead. A layer whose leaving is counted gives no files.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import quote

import orjson
from starlette.routing import Route

from api import byte_range
from api.catalogue import Catalogue
from api.door import ItemRoute
from api.parameters import given, language
from api.pool import Pool
from api.problem import NoSuchItem, OriginalGone
from api.release import Releases, uncounted
from api.stac.documents import MEDIA
from api.wire import ROWS, WHO, Header, Reply, Request
from spatial.errors import shorten
from spatial.exchange.assets import LAYERS
from spatial.history import read
from spatial.history.read import ItemsQuery, Output

PIECE_BYTES: Final = 1 << 18
_NEEDED: Final = ("name", "place", "size_bytes", "format")


@dataclass(frozen=True, slots=True)
class Original:
    """A catalogued file as it lies now."""

    digest: str
    name: str
    path: Path
    size_bytes: int
    media: str


class Originals:
    """The handler of ``/collections/{id}/items/{fid}/original``."""

    def __init__(self, catalogue: Catalogue, heavy: Pool, releases: Releases) -> None:
        self._catalogue = catalogue
        self._heavy = heavy
        self._releases = releases

    def routes(self) -> list[Route]:
        """One address for each layer of catalogued files."""
        return [
            ItemRoute(f"/collections/{layer}/items/{{digest}}/original", self.original)
            for layer in LAYERS.values()
        ]

    async def original(self, request: Request) -> Reply:
        """The file, or the one range that ``Range`` names."""
        language(request, given(request.query_string, ("lang",)))
        layer = self._catalogue.get(request.scope["path"].split("/")[2], request.principal)
        if self._releases.limited(layer):
            raise uncounted(layer, "original")
        found = await self._find(layer.id, request)
        request.scope[ROWS] = 1
        headers: list[Header] = [
            (b"content-type", found.media.encode()),
            (b"accept-ranges", b"bytes"),
            (b"cache-control", b"private, no-cache"),
            (b"content-disposition", f"attachment; filename*=UTF-8''{quote(found.name)}".encode()),
        ]
        part = byte_range.asked(request, found.size_bytes, found.digest)
        first, last = part or (0, found.size_bytes - 1)
        headers.append((b"content-length", str(last - first + 1).encode()))
        if part is not None:
            headers.append((b"content-range", f"bytes {first}-{last}/{found.size_bytes}".encode()))
        return Reply(
            206 if part is not None else 200,
            headers,
            stream=_read(found.path, first, last),
            etag=found.digest,
            vary=list(WHO),
        )

    async def _find(self, layer_id: str, request: Request) -> Original:
        """Where it lies is nobody's business but this door's, so it is read past what is shown."""
        digest = request.path_params["digest"]
        layer = self._catalogue.get(layer_id, request.principal)
        named = {each.name: each for each in layer.table.columns}
        columns = tuple(named[name] for name in _NEEDED)
        query = ItemsQuery(table=layer.table, output=Output(fields=columns, geometry=False))
        row = (await self._heavy.fetch(read.item(query, digest))).first
        if row is None:
            shown = shorten(digest)
            raise NoSuchItem(
                f"目录中没有这个文件:{shown}", f"no such file is catalogued: {shown}", value=shown
            )
        said = orjson.loads(row[0])["properties"]
        path = Path(said["place"])
        if await asyncio.to_thread(_size, path) != said["size_bytes"]:
            raise OriginalGone(
                f"原件不在登记时的位置或已改变,请联系主管部门:{said['name']}",
                f"the file is gone or has changed since it was catalogued, ask its steward: {said['name']}",
                value=said["name"],
            )
        media = MEDIA.get(said["format"], "application/octet-stream")
        return Original(digest, said["name"], path, said["size_bytes"], media)


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:
        return None


async def _read(path: Path, first: int, last: int) -> AsyncGenerator[bytes]:
    file = await asyncio.to_thread(path.open, "rb")
    try:
        await asyncio.to_thread(file.seek, first)
        left = last - first + 1
        while left > 0:
            piece = await asyncio.to_thread(file.read, min(PIECE_BYTES, left))
            if not piece:
                return
            left -= len(piece)
            yield piece
    finally:
        await asyncio.to_thread(file.close)
