"""Loops that were never compiled: another process compiles them, not the worker that answers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from serving import ROOT

_ASKED = """
import asyncio, resource
from api.loops import Loops
from tiles.ladder.cached import is_ready

async def twice():
    loops = Loops()
    await asyncio.gather(loops.ready(), loops.ready())

assert not is_ready()
asyncio.run(twice())
assert is_ready()
print(*(resource.getrusage(who).ru_utime for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)))
"""


@pytest.mark.timeout(300)
def test_a_worker_has_its_loops_compiled_elsewhere(tmp_path: Path) -> None:
    told = os.environ | {"PYTHONPATH": str(ROOT), "NUMBA_CACHE_DIR": str(tmp_path)}
    run = subprocess.run(
        [sys.executable, "-c", _ASKED], env=told, cwd=tmp_path, check=True, capture_output=True, timeout=280
    )
    own_s, others_s = map(float, run.stdout.split())
    assert own_s < others_s / 2, (own_s, others_s)
