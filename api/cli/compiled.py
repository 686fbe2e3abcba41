"""Compiled loops 编译: made once an installation, beside what else ``up`` does the first time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from api.cli.site import ROOT
from api.cli.steps import step

WITHIN_S = 90.0


@contextmanager
def meanwhile() -> Iterator[None]:
    """Compile beside the body where that was never done; what fails is compiled when it is needed."""
    from tiles.ladder.cached import is_ready

    if is_ready():
        yield
        return
    maker = subprocess.Popen(
        [sys.executable, "-m", "tiles.ladder.ready"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
        if maker.poll() is None:
            with step("编译(仅首次) compiling, this once"), suppress(subprocess.TimeoutExpired):
                maker.wait(WITHIN_S)
    finally:
        if maker.poll() is None:
            maker.kill()
        maker.wait()
