"""The access log 访问日志: one JSON line a request, in segments of this process's own.

Lines are handed over on the request path and written together a moment later,
in a thread. A segment belongs to one process and only grows, so that whoever
reads it (:mod:`spatial.usage`) needs no more than the number of bytes read.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import deque
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from threading import Lock

from spatial.datum.clock import BEIJING

LOG = logging.getLogger("onemap.access")
SEGMENT_BYTES = 64 << 20
REST_BYTES = 8 << 20
PENDING_MAX = 100_000
"""Lines held while the disk takes none; beyond them lines are lost and counted."""


class AccessLog:
    """The segments of one worker; ``folder`` is None where no log is kept."""

    def __init__(self, folder: Path | None, segment_bytes: int = SEGMENT_BYTES) -> None:
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._begun = f"{datetime.now(BEIJING):%Y%m%dT%H%M%S%f}-{os.getpid()}"
        self._lines: deque[bytes] = deque()
        self._rest = b""
        self._writing = Lock()
        self._file: int | None = None
        self._written = 0
        self._number = 0
        self._failing = False
        self.lost = 0

    def add(self, line: bytes) -> None:
        """Hand over one line, with its line end."""
        if self._folder is None:
            return
        if len(self._lines) < PENDING_MAX:
            self._lines.append(line)
        else:
            self.lost += 1

    async def flush(self) -> None:
        """Write what was handed over so far. Called off meanwhile, the rest is for the next one."""
        if self._lines or self._rest:
            await asyncio.to_thread(self._write)

    async def close(self) -> None:
        """Write the last lines and close, after a write that was called off and goes on in its thread."""
        await asyncio.to_thread(self._close)

    def _write(self) -> None:
        """What the disk did not take is the beginning of the next attempt: a line is never torn."""
        with self._writing:
            self._take()

    def _close(self) -> None:
        with self._writing:
            self._take()
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def _take(self) -> None:
        if len(self._rest) < REST_BYTES:
            # Lines are taken one by one: others may be handed over meanwhile.
            self._rest += b"".join(self._lines.popleft() for _ in range(len(self._lines)))
        if self._rest:
            self._write_rest()

    def _write_rest(self) -> None:
        try:
            if self._file is None:
                self._file = self._open()
            while self._rest:
                taken = os.write(self._file, self._rest)
                self._rest = self._rest[taken:]
                self._written += taken
        except OSError as failure:
            if not self._failing:
                LOG.error("access log cannot be written: %s", failure.strerror)
            self._failing = True
            return
        self._failing = False
        if self._written >= self._segment_bytes:
            os.close(self._file)
            self._file, self._written = None, 0

    def _open(self) -> int:
        assert self._folder is not None
        if not self._folder.is_dir():
            self._folder.mkdir(parents=True, exist_ok=True)
            with suppress(OSError):
                self._folder.chmod(0o750)
        self._number += 1
        path = self._folder / f"access-{self._begun}-{self._number:04}.jsonl"
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o640)
