"""Pictures of a run 推演图: depth, arrival, speed, the depth at an instant, as tiles of any matrix set."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import numpy as np
from starlette.routing import Route

from api.desk import Desk
from api.door import route
from api.easel import Easel
from api.flood import rasters
from api.flood.held import HeldRuns
from api.flood.told import QUANTITIES, span_of
from api.imagery_request import MEDIA, picture_form
from api.item import digest
from api.parameters import given
from api.problem import BadParameter
from api.wire import WHO, Header, Reply, Request, known
from spatial.catalogue.city import City
from spatial.database import Connection
from tiles.matrix import MatrixSet, Tile, matrix_sets
from water.flood.extent import Raster, Single
from water.flood.run import Run

AT_ONCE, QUEUE_WAIT_S = 4, 10.0
BUSY: Final = ("同时的推演图请求过多,请稍后重试", "too many pictures of runs at once; try again later")
HELD: Final = 6
"""Rasters that are kept unpacked, 48 MB at most each."""
LIVE: Final[Header] = (b"cache-control", b"private, no-cache")


class FloodPictures:
    """The handler of tiles of runs."""

    def __init__(self, held: HeldRuns, desk: Desk, city: City) -> None:
        self._held = held
        self._desk = desk
        self._sets = matrix_sets(city)
        self._easel = Easel(AT_ONCE, QUEUE_WAIT_S, *BUSY)
        self._rasters: dict[tuple[str, str, int], Single] = {}
        self._reading: dict[tuple[str, str, int], asyncio.Lock] = {}

    def routes(self) -> list[Route]:
        """A tile."""
        return [route("/flood/runs/{run}/map/tiles/{tms}/{z}/{row}/{col}", self.tile)]

    async def tile(self, request: Request) -> Reply:
        """``/flood/runs/{run}/map/tiles/{tms}/{z}/{row}/{col}``: a picture of 256 pixels an edge.

        ``quantity`` is depth where it is not said; with ``at`` (seconds of the run) depth at that instant.
        """
        parameters = given(request.query_string, ("quantity", "at", "f"))
        found = await self._held.one(request.principal, request.path_params["run"])
        matrix_set = self._sets.find(request.path_params["tms"])
        zoom, row, column = (request.path_params[name] for name in ("z", "row", "col"))
        at = matrix_set.tile(zoom, row, column, finest=matrix_set.zoom_max)
        quantity = rasters.quantity("quantity", parameters.get("quantity"), found)
        kind = picture_form(parameters)
        frame = _frame(parameters, found, quantity)
        tag = digest(found.id, quantity, kind, frame, matrix_set.id, at)
        if known(request, tag):
            return Reply(200, [LIVE], etag=tag, vary=list(WHO))
        values = await self._values(found, quantity, frame)
        span = span_of(quantity, found)

        def draw() -> bytes:
            from tiles.raster import picture, view

            pixels = _warped(values, found.raster, matrix_set, at)
            return view.encoded(picture.colored(pixels, QUANTITIES[quantity][1], span), kind)

        headers: list[Header] = [LIVE, (b"content-type", MEDIA[kind])]
        return Reply(200, headers, await self._easel.draw(draw), etag=tag, vary=list(WHO))

    async def _values(self, run: Run, quantity: str, frame: int | None) -> Single:
        """A raster of a run, NaN where nothing is; what was asked for lately is at hand."""
        key = (run.id, quantity, -1 if frame is None else frame)
        # A view asks for all its tiles at once: one of them reads.
        reading = self._reading.setdefault(key, asyncio.Lock())
        try:
            async with reading:
                held = self._rasters.pop(key, None)
                if held is None:
                    held = await self._desk.run(lambda connection: _read(connection, run, quantity, frame))
                self._rasters[key] = held
        finally:
            if not reading.locked():
                self._reading.pop(key, None)
        while len(self._rasters) > HELD:
            del self._rasters[next(iter(self._rasters))]
        return held


def _read(connection: Connection, run: Run, quantity: str, frame: int | None) -> Single:
    if frame is None:
        return rasters.whole(connection, run, quantity)
    return rasters.then(connection, run, frame)


def _frame(parameters: Mapping[str, str], run: Run, quantity: str) -> int | None:
    """The kept instant nearest to ``at``."""
    text = parameters.get("at")
    if text is None:
        return None
    times = run.told.get("times_s")
    if quantity != "depth" or times is None:
        raise BadParameter("at", "只用于水深过程", "goes with depth through time alone", value=text)
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise BadParameter("at", "须为起算后的整秒数", "is whole seconds from the beginning", value=text)
    if int(text) > times[-1]:
        raise BadParameter(
            "at",
            f"在推演时段之外,至多 {times[-1]:g} 秒",
            f"lies beyond the run, which ends at {times[-1]:g} s",
            value=text,
        )
    return int(np.argmin(np.abs(np.asarray(times) - int(text))))


def _warped(values: Single, raster: Raster, matrix_set: MatrixSet, tile: Tile) -> Any:
    """The cells under the pixels of a tile, none mixed with its neighbours."""
    from rasterio.transform import from_origin
    from rasterio.warp import Resampling, reproject

    from tiles.matrix import TILE_PX

    box, pixel = matrix_set.bounds(tile), matrix_set.pixel(tile.zoom)
    pixels = np.full((TILE_PX, TILE_PX), np.nan, np.float32)
    reproject(
        values, pixels,
        src_transform=from_origin(raster.west_m, raster.north_m, raster.cell_m, raster.cell_m),
        src_crs=_crs(raster.zone), dst_transform=from_origin(box.left, box.top, pixel, pixel),
        dst_crs=_crs(matrix_set.epsg), resampling=Resampling.nearest, src_nodata=np.nan, dst_nodata=np.nan,
    )  # fmt: skip
    return pixels.astype(np.float64)


@lru_cache(maxsize=8)
def _crs(epsg: int) -> Any:
    from rasterio.crs import CRS

    return CRS.from_epsg(epsg)
