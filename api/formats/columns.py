"""GeoParquet and FlatGeobuf, written by processes of their own from the rows we send them.

Such a process (:mod:`spatial.exchange.columnar`) has no connection to the database. What it lays
down on disk lies in a folder of ours that vanishes with the answer, whether that was finished or
broken off.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import aclosing
from functools import partial

import orjson

from api.crs import CRS84
from api.formats.extract import Extract
from api.formats.writing_process import WritingProcess, WritingProcesses
from spatial.exchange.columnar import Description, frame
from spatial.history import rows


class Columns:
    """The writers of both formats."""

    def __init__(self) -> None:
        self._processes = WritingProcesses()
        self.parquet = partial(self._write, "parquet")
        self.flatgeobuf = partial(self._write, "fgb")

    async def close(self) -> None:
        """End the processes that wait for a file."""
        await self._processes.close()

    async def _write(self, form: str, extract: Extract) -> AsyncIterator[bytes]:
        async with self._processes.one() as process:
            with tempfile.TemporaryDirectory(prefix="onemap-columns-") as folder:
                feeding = asyncio.ensure_future(_feed(process, form, extract, folder))
                try:
                    async with aclosing(process.pieces()) as pieces:
                        async for piece in pieces:
                            yield piece
                    await feeding
                    await process.ended_well()
                except BaseException:
                    process.ready = False
                    raise
                finally:
                    feeding.cancel()
                    await asyncio.gather(feeding, return_exceptions=True)


async def _feed(process: WritingProcess, form: str, extract: Extract, folder: str) -> None:
    """Send the rows; without the mark at their end the process fails, and so does the file."""
    sink = process.sink
    try:
        sink.write(_description(form, extract, folder).line())
        line = rows.typed_line(extract.layer.table, extract.columns, extract.asked.edge.srid)
        async with aclosing(extract.chunks(line)) as chunks:
            async for chunk in chunks:
                sink.write(frame(chunk.lines) + chunk.lines)
                await sink.drain()
        sink.write(frame(b""))
        await sink.drain()
    except (BrokenPipeError, ConnectionResetError):
        pass  # the process ended first; its own error says why
    except BaseException:
        sink.close()
        raise


def _description(form: str, extract: Extract, folder: str) -> Description:
    contract, edge = extract.layer.contract, extract.asked.edge
    return Description(
        format=form,
        columns=extract.columns,
        geometry=contract.geometry,
        crs="OGC:CRS84" if edge.uri == CRS84 else f"EPSG:{edge.srid}",
        layer=contract.id,
        title=extract.title,
        description="; ".join(f"{name}={value}" for name, value in extract.told.items()),
        told={"title": contract.title.zh, "onemap": orjson.dumps(extract.told).decode()},
        folder=folder,
    )
