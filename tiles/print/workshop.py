"""The workshop 印制车间: runs a press in a process of its own, bounded, while somebody waits."""

from __future__ import annotations

import asyncio
import os
import pickle
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from spatial.errors import EnvironmentProblem, TooLarge, Unavailable
from tiles.fonts.sources import PACKAGES, missing
from tiles.print.model import Job

PRESS_MAX_S = 60.0
MEMORY_BYTES = 3 << 30
"""Of addresses; what is really held stays far below."""
_BOOT = "import sys; sys.path.insert(0, {root!r}); from tiles.print.press import main; main({memory})"
_ROOT = Path(__file__).resolve().parents[2]
_KEPT = ("PATH", "LANG", "LC_ALL", "HOME", "TMPDIR")
_TAIL_BYTES = 400


@dataclass(frozen=True, slots=True)
class Printed:
    """A finished file, open at its beginning; it is gone when it is closed."""

    file: IO[bytes]
    size_bytes: int


async def printed(job: Job, patience_s: float = PRESS_MAX_S) -> Printed:
    """The sheet of a job. Whoever cancels it ends the press.

    Raises EnvironmentProblem where the fonts are missing, TooLarge where it takes too long.
    """
    if missing():
        names = " ".join(PACKAGES)
        raise EnvironmentProblem(
            f"缺少字体,请安装软件包后重试:{names}",
            f"fonts are missing, install the packages and try again: {names}",
            value=names,
        )
    order, target, said = (tempfile.TemporaryFile() for _ in range(3))  # noqa: SIM115
    with order, said:
        await asyncio.to_thread(pickle.dump, job, order)
        order.seek(0)
        try:
            code = await _run(order, target, said, patience_s)
            if code != 0:
                raise _failed(code, said)
        except BaseException:
            target.close()
            raise
    size = target.seek(0, os.SEEK_END)
    target.seek(0)
    return Printed(target, size)


async def _run(order: IO[bytes], target: IO[bytes], said: IO[bytes], patience_s: float) -> int:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", "-c", _BOOT.format(root=str(_ROOT), memory=MEMORY_BYTES)),
        stdin=order,
        stdout=target,
        stderr=said,
        env={name: os.environ[name] for name in _KEPT if name in os.environ} | {"OPENBLAS_NUM_THREADS": "1"},
        start_new_session=True,
    )
    try:
        async with asyncio.timeout(patience_s):
            return await process.wait()
    except TimeoutError:
        raise TooLarge(
            f"制图超过 {patience_s:g} 秒,请改用更小的图幅、更大的比例尺,或少选图层",
            f"printing took over {patience_s:g} s; choose a smaller paper, a larger scale or fewer layers",
            value=f"{patience_s:g} s",
        ) from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def _failed(code: int, said: IO[bytes]) -> Unavailable:
    said.seek(max(0, said.seek(0, os.SEEK_END) - _TAIL_BYTES))
    told = said.read().decode("utf-8", "replace").strip().splitlines()
    return Unavailable(
        f"制图进程异常结束,请重试,仍不行请联系运维:{code}",
        f"the printing process ended abnormally; try again, or tell the operators: {code}",
        value=code,
        details={"reader": told[-1] if told else ""},
    )
