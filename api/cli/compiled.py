"""Compiled loops 编译: made once an installation, beside what else ``up`` does the first time."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from api.cli.site import ROOT
from api.cli.steps import step

WITHIN_S = 150.0
_ONE_AFTER_THE_OTHER = """
import importlib, sys
for module in sys.argv[1:]:
    importlib.import_module(module).ready()
"""


def command() -> tuple[str, ...] | None:
    """The program that compiles what was never compiled; none where all is there."""
    from address import ready
    from tiles.ladder import cached
    from water.evacuation import ready as evacuation
    from water.flood import ready as floods
    from water.hydrology import compiled as hydrology

    loops = (
        ("tiles.ladder.ready", cached.is_ready),
        ("address.ready", ready.is_ready),
        ("water.hydrology.ready", hydrology.is_ready),
        ("water.flood.ready", floods.is_ready),
        ("water.evacuation.ready", evacuation.is_ready),
        ("water.flood.ready", floods.is_ready),
    )
    wanted = [module for module, done in loops if not done()]
    return (sys.executable, "-c", _ONE_AFTER_THE_OTHER, *wanted) if wanted else None


@contextmanager
def meanwhile() -> Iterator[None]:
    """Compile beside the body where that was never done; what fails is compiled when it is needed."""
    program = command()
    if program is None:
        yield
        return
    maker = subprocess.Popen(
        program,
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
