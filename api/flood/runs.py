"""Kept runs over HTTP 推演成果: the list, one run, its files in ranges, its Zarr store, depths at a place."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from typing import Any, Final
from urllib.parse import quote

import numpy as np
from starlette.routing import Route

from api import byte_range
from api.desk import Desk
from api.door import ItemRoute, route
from api.flood.held import HeldRuns
from api.flood.told import document, position, summary
from api.pages import Pages
from api.parameters import COMMON, given, language, whole
from api.problem import BadParameter
from api.wire import WHO, Header, Reply, Request
from spatial.database import Connection
from spatial.errors import shorten
from water.errors import UnknownFloodFile
from water.flood import frames, imported, plane, roughness, store
from water.flood.run import ZARR, File, Kind, Run

LIMIT_DEFAULT, LIMIT_MAX = 50, 500
PIECE_BYTES: Final = store.PIECE_BYTES
_POINT: Final = re.compile(
    r"\s*POINT\s*\(\s*(-?\d{1,3}(?:\.\d{1,16})?)\s+(-?\d{1,3}(?:\.\d{1,16})?)\s*\)\s*", re.I
)
_TITLE: Final = "洪水推演 Runs of floods"
_ROUGHNESS: Final = "糙率 Roughness of land"
COVERAGE: Final = "application/prs.coverage+json"


class FloodRuns:
    """The handlers of kept runs."""

    def __init__(self, held: HeldRuns, desk: Desk, pages: Pages, base_url: str | None) -> None:
        self._held = held
        self._desk = desk
        self._pages = pages
        self._base_url = base_url

    def routes(self) -> list[Route]:
        """The list, one run, a file, a chunk of the Zarr store, the depths at a place; roughness of land."""
        one = "/flood/runs/{run}"
        return [
            route("/flood/roughness", self.roughness),
            route("/flood/runs", self.runs),
            route(one, self.run),
            route(f"{one}/position", self.position),
            ItemRoute(f"{one}/files/{{name}}", self.file),
            route(f"{one}/depth.zarr/{{key:path}}", self.chunk),
        ]

    async def roughness(self, request: Request) -> Reply:
        """``/flood/roughness``: Manning's n by class of land, as runs take it where nobody says otherwise."""
        parameters = given(request.query_string, COMMON)
        self._held.require(request.principal)
        classes = [
            {
                "class": each.id,
                "title": {"zh": each.title.zh, "en": each.title.en},
                "manning": each.manning,
                "source": each.source,
                "checked": each.checked,
            }
            for each in roughness.table().values()
        ]
        href = f"{request.base_url(self._base_url)}/flood/roughness"
        told = {
            "classes": classes,
            "unknown": imported.COVER,
            "unit": "s/m^(1/3)",
            "links": [{"href": href, "rel": "self", "type": "application/json"}],
        }
        return self._reply(request, parameters, told, _ROUGHNESS)

    async def runs(self, request: Request) -> Reply:
        """``/flood/runs``: the newest first."""
        parameters = given(request.query_string, (*COMMON, "limit"))
        limit = min(whole("limit", parameters.get("limit")) or LIMIT_DEFAULT, LIMIT_MAX)
        self._held.require(request.principal)
        found = await self._held.all(request.principal)
        base = request.base_url(self._base_url)
        told = {
            "runs": [summary(each, base) for each in found[:limit]],
            "numberMatched": len(found),
            "lacking": self._held.lacking(request.principal),
            "links": [{"href": f"{base}/flood/runs", "rel": "self", "type": "application/json"}],
        }
        return self._reply(request, parameters, told)

    async def run(self, request: Request) -> Reply:
        """``/flood/runs/{run}``: what was asked and what came of it."""
        parameters = given(request.query_string, COMMON)
        found = await self._held.one(request.principal, request.path_params["run"])
        return self._reply(request, parameters, document(found, request.base_url(self._base_url)))

    async def position(self, request: Request) -> Reply:
        """``/flood/runs/{run}/position``: depth through time at ``coords=POINT(lon lat)``, as in EDR."""
        parameters = given(request.query_string, ("coords", "lang"))
        language(request, parameters)
        found = await self._held.one(request.principal, request.path_params["run"])
        text = parameters.get("coords", "")
        match = _POINT.fullmatch(text)
        if match is None:
            raise BadParameter("coords", "须为 POINT(经度 纬度)", "is POINT(longitude latitude)", value=text)
        lon, lat = float(match.group(1)), float(match.group(2))
        cell = _cell(found, lon, lat)
        if cell is None:
            raise BadParameter(
                "coords", "在推演范围之外", "lies outside the area of the run", value=shorten(text)
            )
        raster, count = found.raster, len(found.told["times_s"])

        def read(connection: Connection) -> Any:
            names = [ZARR + name for name in frames.above(raster, count, *cell)]
            held = store.chunks(connection, found.id, names)
            chunks = {name.removeprefix(ZARR): body for name, body in held.items()}
            return frames.history(raster, count, *cell, chunks).tolist()

        told = position(found, lon, lat, await self._desk.run(read))
        return _json(told, COVERAGE)

    async def file(self, request: Request) -> Reply:
        """``/flood/runs/{run}/files/{name}``: the file, or the one range that ``Range`` names."""
        language(request, given(request.query_string, ("lang",)))
        found = await self._held.one(request.principal, request.path_params["run"])
        return await self._sent(request, found, request.path_params["name"], attached=True)

    async def chunk(self, request: Request) -> Reply:
        """``/flood/runs/{run}/depth.zarr/{key}``: the store as any reader of Zarr asks for it."""
        language(request, given(request.query_string, ("lang",)))
        found = await self._held.one(request.principal, request.path_params["run"])
        return await self._sent(request, found, ZARR + request.path_params["key"], attached=False)

    async def _sent(self, request: Request, found: Run, name: str, *, attached: bool) -> Reply:
        file = await self._desk.run(lambda connection: store.find(connection, found.id, name))
        if file is None or (attached and name.startswith(ZARR)):
            shown = shorten(name)
            raise UnknownFloodFile(
                f"推演 {found.id} 没有这个文件:{shown}",
                f"run {found.id} has no such file: {shown}",
                value=shown,
            )
        digest = file.sha256.hex()
        headers: list[Header] = [
            (b"content-type", file.media_type.encode()),
            (b"accept-ranges", b"bytes"),
            (b"cache-control", b"private, no-cache"),
        ]
        if attached:
            named = quote(f"{found.id}-{name}")
            headers.append((b"content-disposition", f"attachment; filename*=UTF-8''{named}".encode()))
        part = byte_range.asked(request, file.size_bytes, digest)
        first, last = part or (0, file.size_bytes - 1)
        headers.append((b"content-length", str(last - first + 1).encode()))
        if part is not None:
            headers.append((b"content-range", f"bytes {first}-{last}/{file.size_bytes}".encode()))
        stream = self._pieces(found.id, file, first, last)
        return Reply(206 if part else 200, headers, stream=stream, etag=digest, vary=list(WHO))

    async def _pieces(self, run_id: str, file: File, first: int, last: int) -> AsyncGenerator[bytes]:
        while first <= last:
            end = min(last, (first // PIECE_BYTES + 1) * PIECE_BYTES - 1)

            def read(connection: Connection, first: int = first, end: int = end) -> bytes:
                return store.part(connection, run_id, file.name, first, end)

            yield await self._desk.run(read)
            first = end + 1

    def _reply(
        self, request: Request, parameters: dict[str, str], told: dict[str, Any], title: str = _TITLE
    ) -> Reply:
        base = request.base_url(self._base_url)
        return self._pages.reply(request, parameters, told, "plain.html", base, title=title)


def _cell(run: Run, lon: float, lat: float) -> tuple[int, int] | None:
    """Row and column of a place in the raster of a run that has depths through time."""
    if run.kind is Kind.ENSEMBLE or not run.outline.buffer(0.01).covers(_point(lon, lat)):
        return None
    places = plane.to_plane(np.array([[lon, lat]]), run.raster.zone)
    flat = int(run.raster.cells(places[:, 0], places[:, 1])[0])
    return None if flat < 0 else divmod(flat, run.raster.columns)


def _point(lon: float, lat: float) -> Any:
    import shapely

    return shapely.Point(lon, lat)


def _json(told: dict[str, Any], media: str) -> Reply:
    import orjson

    return Reply(200, [(b"content-type", media.encode())], orjson.dumps(told), vary=list(WHO))
