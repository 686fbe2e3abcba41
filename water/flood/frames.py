"""Depth through time as Zarr 3 水深过程: one chunk file after the other, as the run goes.

Zarr is loaded where a store is opened: a server tells of runs long before anybody asks for a depth.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS

from spatial.datum import format_instant
from water.flood import plane
from water.flood.extent import Raster, Single
from water.flood.subset import Window

if TYPE_CHECKING:
    from zarr.storage import MemoryStore

CHUNK: Final = 256
MEDIA: Final = "application/vnd.zarr"
DEPTH: Final = "depth"


def opened(
    raster: Raster, times_s: Sequence[float], begins_at: datetime, said: dict[str, str]
) -> dict[str, bytes]:
    """The files of a store whose depths are still to come: metadata and coordinates."""
    import zarr
    from zarr.storage import MemoryStore

    store = MemoryStore()
    _depths(store, raster, len(times_s), said)
    east, north = plane.centres(raster)
    frame = CRS.from_epsg(raster.zone)
    since = f"seconds since {format_instant(begins_at)}"
    axes: tuple[tuple[str, NDArray[Any], dict[str, Any]], ...] = (
        ("time", np.asarray(times_s, np.float64), {"standard_name": "time", "units": since}),
        ("y", north, {"standard_name": "projection_y_coordinate", "units": "m"}),
        ("x", east, {"standard_name": "projection_x_coordinate", "units": "m"}),
    )
    for name, values, attributes in axes:
        array = zarr.create_array(
            store, name=name, shape=values.shape, chunks=values.shape, dtype="float64",
            dimension_names=(name,), attributes=attributes,
        )  # fmt: skip
        array[:] = values
    grid = zarr.create_array(
        store, name="crs", shape=(), dtype="int32",
        attributes={"grid_mapping_name": "transverse_mercator", "crs_wkt": frame.to_wkt()},
    )  # fmt: skip
    grid[...] = 0
    return dict(_files(store))


def frame(raster: Raster, number: int, count: int, depth_m: Single) -> dict[str, bytes]:
    """The chunks of one instant; those that are all dry are left out."""
    from zarr.storage import MemoryStore

    store = MemoryStore()
    array = _depths(store, raster, count, {})
    array[number] = np.asarray(depth_m, np.float32)
    return {name: body for name, body in _files(store) if name.startswith(f"{DEPTH}/c/")}


def _depths(store: MemoryStore, raster: Raster, count: int, said: dict[str, str]) -> Any:
    import zarr

    zarr.create_group(store, attributes={"Conventions": "CF-1.11", **said}, overwrite=True)
    return zarr.create_array(
        store, name=DEPTH, shape=(count, raster.rows, raster.columns),
        chunks=(1, min(CHUNK, raster.rows), min(CHUNK, raster.columns)), dtype="float32", fill_value=0.0,
        dimension_names=("time", "y", "x"), config={"write_empty_chunks": False},
        attributes={"long_name": "水深 water depth", "units": "m", "grid_mapping": "crs"},
    )  # fmt: skip


def _files(store: MemoryStore) -> Iterator[tuple[str, bytes]]:
    from zarr.core.buffer import default_buffer_prototype

    async def listed() -> list[tuple[str, bytes]]:
        found = []
        async for name in store.list():
            held = await store.get(name, default_buffer_prototype())
            assert held is not None
            found.append((name, held.to_bytes()))
        return sorted(found)

    yield from asyncio.run(listed())


def names(raster: Raster, number: int, part: Window | None = None) -> list[str]:
    """The chunk files that one instant, or a part of it, may have."""
    high, wide = min(CHUNK, raster.rows), min(CHUNK, raster.columns)
    of = part or Window(0, raster.rows - 1, 0, raster.columns - 1)
    return [
        f"{DEPTH}/c/{number}/{row}/{column}"
        for row in range(of.first_row // high, of.last_row // high + 1)
        for column in range(of.first_column // wide, of.last_column // wide + 1)
    ]


def depth(
    raster: Raster, count: int, number: int, chunks: dict[str, bytes], part: Window | None = None
) -> Single:
    """The depths of one instant, or of a part of it, from its chunk files; dry where there is none."""
    return _read(raster, count, chunks, number if part is None else (number, *part.cells))


def history(raster: Raster, count: int, row: int, column: int, chunks: dict[str, bytes]) -> Single:
    """The depths of one cell through time."""
    return _read(raster, count, chunks, (slice(None), row, column))


def above(raster: Raster, count: int, row: int, column: int) -> list[str]:
    """The chunk files that the history of one cell may have."""
    high, wide = min(CHUNK, raster.rows), min(CHUNK, raster.columns)
    return [f"{DEPTH}/c/{number}/{row // high}/{column // wide}" for number in range(count)]


def _read(raster: Raster, count: int, chunks: dict[str, bytes], wanted: Any) -> Single:
    from zarr.core.buffer import default_buffer_prototype
    from zarr.storage import MemoryStore

    store = MemoryStore()
    array = _depths(store, raster, count, {})
    prototype = default_buffer_prototype()

    async def fill() -> None:
        for name, body in chunks.items():
            await store.set(name, prototype.buffer.from_bytes(body))

    asyncio.run(fill())
    found: Single = np.asarray(array[wanted], np.float32)
    return found
