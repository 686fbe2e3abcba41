"""Compiled loops 编译: made once an installation, beside what else ``up`` does the first time."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from api.cli.site import ROOT
from api.cli.steps import step

WITHIN_S = 150.0
PACKAGES = ("spatial", "planning", "water", "address", "tiles")
"""Where loops are that are compiled."""
_ONE_AFTER_THE_OTHER = """
import importlib, sys
for module in sys.argv[1:]:
    importlib.import_module(module).ready()
"""


def commands() -> tuple[tuple[str, ...], ...]:
    """The programs, one a core, that compile what was never compiled; none where all is there."""
    from address import ready
    from tiles.ladder import cached
    from water.evacuation import ready as evacuation
    from water.flood import ready as floods
    from water.hydrology import compiled as hydrology

    # The address engine takes about as long as all others together.
    addresses = (("address.ready", ready.is_ready),)
    others = (
        ("water.flood.ready", floods.is_ready),
        ("water.hydrology.ready", hydrology.is_ready),
        ("water.evacuation.ready", evacuation.is_ready),
        ("tiles.ladder.ready", cached.is_ready),
    )
    wanted = ([module for module, done in loops if not done()] for loops in (addresses, others))
    return tuple((sys.executable, "-c", _ONE_AFTER_THE_OTHER, *modules) for modules in wanted if modules)


def forget_stale(root: Path = ROOT) -> None:
    """Remove what was compiled before a loop was last changed.

    Numba keeps a loop with the time of its own source and looks at none that it calls: after an update it
    would go on to run what those once were.
    """
    folders = [root / name for name in PACKAGES]
    kept = [each for folder in folders for each in folder.rglob("__pycache__/*.nb[ci]")]
    sources = [each for folder in folders for each in folder.rglob("*.py")] if kept else []
    times = {each: each.stat().st_mtime for each in (*kept, *sources)}
    oldest = min((times[each] for each in kept), default=0.0)
    loops = [times[each] for each in sources if times[each] > oldest and b"numba" in each.read_bytes()]
    for each in kept:
        if loops and times[each] < max(loops):
            each.unlink(missing_ok=True)


@contextmanager
def meanwhile() -> Iterator[None]:
    """Compile beside the body where that was never done; what fails is compiled when it is needed."""
    with suppress(OSError):  # where nothing can be removed, nothing was kept either
        forget_stale()
    makers = [
        subprocess.Popen(
            program,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for program in commands()
    ]
    try:
        yield
        if any(maker.poll() is None for maker in makers):
            with step("编译(仅首次) compiling, this once"), suppress(subprocess.TimeoutExpired):
                latest = time.monotonic() + WITHIN_S
                for maker in makers:
                    maker.wait(max(latest - time.monotonic(), 0.0))
    finally:
        for maker in makers:
            if maker.poll() is None:
                maker.kill()
            maker.wait()
