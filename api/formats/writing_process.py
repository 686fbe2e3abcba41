"""The processes that write files of columns: one is started when it is needed, and kept for the next file.

To read the libraries takes many times as long as to write a small file, so a process that has written one
waits a while for another. One that wrote a large file, that failed or whose reader left is ended: none
holds more memory than a small file needs, and nothing of one answer reaches another.
"""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from api.places import place
from spatial.errors import OneMapError
from spatial.exchange.columnar import HEAD, LAST, READY

LOG = logging.getLogger("onemap.api")
PROCESSES = 2
"""At once, for each server process; each may take some 200 MiB."""
WAIT_S = 0.25
KEPT_S = 60.0
"""So long a process waits for its next file."""
_ROOT = Path(__file__).resolve().parents[2]
_PROGRAM = (
    f"import sys; sys.path.insert(0, {str(_ROOT)!r}); from spatial.exchange.columnar import main; main()"
)
_ENVIRONMENT = {
    "PATH": os.defpath,
    "HOME": "/nonexistent",
    "TMPDIR": "/nonexistent",
    "LC_ALL": "C.UTF-8",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PROJ_NETWORK": "OFF",
}
"""Nothing of ours: no address of a database, no key. A file is laid down in the folder that it names."""


class WritingProcess:
    """One process; what is sent to it and what it sends back are described in the program itself."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._complete = False
        self.ready = False
        """It has written a file to its end and takes another one."""

    @staticmethod
    async def start() -> WritingProcess:
        """A new one."""
        command = (sys.executable, "-I", "-c", _PROGRAM)
        process = await asyncio.create_subprocess_exec(
            *command, stdin=PIPE, stdout=PIPE, stderr=PIPE, cwd="/", env=_ENVIRONMENT
        )
        return WritingProcess(process)

    @property
    def alive(self) -> bool:
        """Whether it runs still."""
        return self._process.returncode is None

    @property
    def sink(self) -> asyncio.StreamWriter:
        """Where the rows go."""
        assert self._process.stdin is not None
        return self._process.stdin

    async def pieces(self) -> AsyncGenerator[bytes, None]:
        """The file, as far as it is written: :meth:`ended_well` tells whether that is all of it."""
        source = self._process.stdout
        assert source is not None
        self.ready = self._complete = False
        with suppress(asyncio.IncompleteReadError):
            while (size := int.from_bytes(await source.readexactly(HEAD), "little")) not in (LAST, READY):
                yield await source.readexactly(size)
            self.ready, self._complete = size == READY, True

    async def ended_well(self) -> None:
        """Refuses a file that the process did not finish; the log says why."""
        if self._complete:
            return
        assert self._process.stderr is not None
        said = (await self._process.stderr.read())[-2000:].decode(errors="replace")
        LOG.error("columns were not written: %s", said)
        raise OneMapError("文件没有写成,已记入日志", "the file was not written; the log says why")

    async def end(self) -> None:
        """End it, and wait until it is gone."""
        with suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()


class WritingProcesses:
    """How many may run, and those that wait for a file."""

    def __init__(self) -> None:
        self._places = asyncio.Semaphore(PROCESSES)
        self._kept: dict[WritingProcess, asyncio.Task[None]] = {}
        """Those that wait, and what ends their waiting."""

    @asynccontextmanager
    async def one(self) -> AsyncIterator[WritingProcess]:
        """A process for one file; :class:`Unavailable` where as many as may be are at work."""
        busy = "同时写出的文件过多,请稍后重试", "too many files are being written; try again later"
        async with place(self._places, WAIT_S, *busy):
            process = self._taken() or await WritingProcess.start()
            try:
                yield process
            finally:
                if process.ready:
                    self._kept[process] = asyncio.create_task(self._ended_later(process))
                else:
                    await process.end()

    def _taken(self) -> WritingProcess | None:
        """The one that was used last, so that the others come to their end."""
        while self._kept:
            process, waiting = self._kept.popitem()
            waiting.cancel()
            if process.alive:
                return process
        return None

    async def _ended_later(self, process: WritingProcess) -> None:
        await asyncio.sleep(KEPT_S)
        self._kept.pop(process, None)
        await process.end()

    async def close(self) -> None:
        """End those that wait."""
        while (process := self._taken()) is not None:
            await process.end()
