"""GeoParquet and FlatGeobuf, written by a process of their own from the rows we send it.

That process (:mod:`spatial.exchange.columnar`) has no connection to the database
and ends with the answer, whether it was finished or broken off; what it lays
down on disk lies in a folder of ours that vanishes with it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import orjson

from api.crs import CRS84
from api.formats.extract import Extract
from spatial.errors import OneMapError, Unavailable
from spatial.exchange.columnar import Description, frame
from spatial.history import rows

LOG = logging.getLogger("onemap.api")
PROCESSES = 2
"""At once, for each server process; each may take some 200 MiB."""
WAIT_S = 0.25
_PIECE = 1 << 18
_ROOT = Path(__file__).resolve().parents[2]
_PROGRAM = (
    f"import sys; sys.path.insert(0, {str(_ROOT)!r}); from spatial.exchange.columnar import main; main()"
)


class Columns:
    """The writers of both formats, and how many may run."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(PROCESSES)
        self.parquet = partial(self._write, "parquet")
        self.flatgeobuf = partial(self._write, "fgb")

    async def _write(self, form: str, extract: Extract) -> AsyncIterator[bytes]:
        async with self._place(), _process() as process:
            feeding = asyncio.ensure_future(_feed(process, form, extract))
            try:
                assert process.stdout is not None
                while piece := await process.stdout.read(_PIECE):
                    yield piece
                await feeding
                await _ended_well(process)
            finally:
                feeding.cancel()
                await asyncio.gather(feeding, return_exceptions=True)

    @asynccontextmanager
    async def _place(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(WAIT_S):
                await self._places.acquire()
        except TimeoutError:
            raise Unavailable(
                "同时写出的文件过多,请稍后重试", "too many files are being written; try again later"
            ) from None
        try:
            yield
        finally:
            self._places.release()


@asynccontextmanager
async def _process() -> AsyncIterator[Process]:
    """The writing process in a folder of its own; both are gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="onemap-columns-") as folder:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-c", _PROGRAM,
            stdin=PIPE, stdout=PIPE, stderr=PIPE, cwd=folder, env=_environment(folder),
        )  # fmt: skip
        try:
            yield process
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


def _environment(folder: str) -> dict[str, str]:
    """Nothing of ours: no address of a database, no key."""
    return {
        "PATH": os.defpath,
        "HOME": folder,
        "TMPDIR": folder,
        "LC_ALL": "C.UTF-8",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PROJ_NETWORK": "OFF",
    }


async def _feed(process: Process, form: str, extract: Extract) -> None:
    """Send the rows; without the mark at their end the process fails, and so does the file."""
    sink = process.stdin
    assert sink is not None
    try:
        sink.write(_description(form, extract).line())
        line = rows.typed_line(extract.layer.table, extract.columns, extract.asked.edge.srid)
        async with aclosing(extract.chunks(line)) as chunks:
            async for chunk in chunks:
                sink.write(frame(chunk.lines) + chunk.lines)
                await sink.drain()
        sink.write(frame(b""))
        await sink.drain()
    except (BrokenPipeError, ConnectionResetError):
        pass  # the process ended first; its own error says why
    finally:
        sink.close()


async def _ended_well(process: Process) -> None:
    if await process.wait() == 0:
        return
    assert process.stderr is not None
    LOG.error("columns were not written: %s", (await process.stderr.read())[-2000:].decode(errors="replace"))
    raise OneMapError("文件没有写成,已记入日志", "the file was not written; the log says why")


def _description(form: str, extract: Extract) -> Description:
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
    )
