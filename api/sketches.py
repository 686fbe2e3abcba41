"""Sketches as files 草图: a file becomes GeoJSON to be drawn over the map, and GeoJSON a file.

Whoever may see the map may use it; nothing is stored. What is read and written
runs behind fences (:mod:`spatial.exchange.sketch`), few at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TypeVar
from urllib.parse import quote

import orjson
from starlette.routing import Route

from api.door import post_route
from api.parameters import given, language
from api.problem import BadParameter
from api.wire import Reply, Request
from spatial.catalogue.city import City
from spatial.datum import STANDARD, frame
from spatial.errors import InvalidInput, Unavailable, shorten
from spatial.exchange.sketch import reading, writing

T = TypeVar("T")
AT_ONCE = 2
"""Files under work in one worker: each is a process of its own."""
WAITING_MAX = 8
"""Files held in memory in one worker, those under work among them."""
READ, WRITTEN = ("name", "crs", "layer", "encoding", "lang"), ("f", "frame", "lang")
MEDIA = {
    "shp": b"application/zip",
    "dxf": b"image/vnd.dxf",
    "geojson": b"application/geo+json",
    "txt": b"text/plain; charset=gb18030",
}
FILE_NAMES = {"shp": "草图.shp.zip", "dxf": "草图.dxf", "geojson": "草图.geojson", "txt": "草图.txt"}


class Sketches:
    """The handlers of ``/sketch``."""

    def __init__(self, city: City) -> None:
        self._city = city
        self._places = asyncio.Semaphore(AT_ONCE)
        self._held = 0

    def routes(self) -> list[Route]:
        """Reading and writing."""
        return [post_route("/sketch/read", self.read), post_route("/sketch/write", self.write)]

    async def read(self, request: Request) -> Reply:
        """POST ``/sketch/read?name=``: the bytes of a file; its features in CGCS2000, and how it was read."""
        parameters = given(request.query_string, READ)
        language(request, parameters)
        name = parameters.get("name")
        if not name:
            raise BadParameter("name", "须给出文件名", "must give the name of the file", value=name or "")
        asked = reading.Asked(parameters.get("crs"), parameters.get("layer"), parameters.get("encoding"))
        async with self._room():
            data = await request.body()
            if not data:
                shown = shorten(name)
                raise InvalidInput(f"文件是空的:{shown}", f"the file is empty: {shown}", value=name)
            # Whoever may have points of their own moved by a city's registered transformations can find
            # out their parameters: that belongs to those who load.
            document = await self._work(lambda: reading.read(data, name, self._city, STANDARD, asked))
        headers = [(b"content-type", b"application/geo+json"), (b"cache-control", b"no-store")]
        return Reply(200, headers, orjson.dumps(document))

    async def write(self, request: Request) -> Reply:
        """POST ``/sketch/write?f=``: GeoJSON in CGCS2000; a file, its frame in ``Content-Crs``."""
        parameters = given(request.query_string, WRITTEN)
        language(request, parameters)
        kind = parameters.get("f", "")
        if kind not in writing.FORMATS:
            listed = "、".join(writing.FORMATS)
            raise BadParameter(
                "f", f"须为 {listed} 之一", f"must be one of {', '.join(writing.FORMATS)}", value=kind
            )
        into = writing.frame_of(kind, parameters.get("frame"), self._city)
        async with self._room():
            sketch = await request.body()
            content = await self._work(lambda: writing.write(sketch, kind, into))
        named = quote(FILE_NAMES[kind])
        headers = [
            (b"content-type", MEDIA[kind]),
            (b"content-disposition", f"attachment; filename*=UTF-8''{named}".encode()),
            (b"content-crs", f"<{frame(into).uri}>".encode()),
            (b"cache-control", b"no-store"),
        ]
        return Reply(200, headers, content)

    @asynccontextmanager
    async def _room(self) -> AsyncIterator[None]:
        if self._held >= WAITING_MAX:
            raise Unavailable(
                f"正在处理的草图文件过多,请稍后重试:{self._held}",
                f"too many sketch files at once, try again later: {self._held}",
                value=self._held,
            )
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1

    async def _work(self, work: Callable[[], T]) -> T:
        async with self._places:
            return await asyncio.to_thread(work)
