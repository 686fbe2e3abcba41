"""The compiled loops of the ladder 预编译, as a worker comes to have them without holding anybody up.

``up`` compiles them the first time. Where that was not done, or is under way still,
another process compiles: in this one, compiling would make every answer wait.
"""

from __future__ import annotations

import asyncio
import sys
from asyncio.subprocess import DEVNULL
from contextlib import suppress
from pathlib import Path

import tiles
from tiles.ladder.cached import is_ready

_PLACE = Path(tiles.__file__).resolve().parents[1]


class Loops:
    """Those of one worker."""

    def __init__(self) -> None:
        self._loading: asyncio.Task[None] | None = None

    async def ready(self) -> None:
        """Return when they are there; who asks meanwhile waits for the same."""
        if self._loading is None:
            self._loading = asyncio.ensure_future(_load())
        await asyncio.shield(self._loading)


async def _load() -> None:
    if not is_ready():
        with suppress(OSError):  # no process can be had: then here, slowly
            await _compile()
    await asyncio.to_thread(_run)


async def _compile() -> None:
    command = (sys.executable, "-m", "tiles.ladder.ready")
    process = await asyncio.create_subprocess_exec(
        *command, cwd=_PLACE, stdin=DEVNULL, stdout=DEVNULL, stderr=DEVNULL
    )
    try:
        await process.wait()
    finally:
        if process.returncode is None:
            process.kill()


def _run() -> None:
    from tiles.ladder.ready import ready

    ready()
