"""Loops that were compiled are forgotten when one of them has changed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from api.cli.compiled import forget_stale

CALLED = """from numba import njit
@njit(cache=True)
def called(x):
    return x + {more}
"""
CALLING = """from numba import njit
from called import called
@njit(cache=True)
def calling(x):
    return called(x)
"""


KEEPING = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}


def answer(folder: Path) -> str:
    program = "from calling import calling; print(calling(1))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_a_loop_is_compiled_anew_when_one_that_it_calls_has_changed(tmp_path: Path) -> None:
    loops = tmp_path / "water"
    loops.mkdir()
    (loops / "calling.py").write_text(CALLING)
    (loops / "called.py").write_text(CALLED.format(more=1))
    for each in loops.glob("*.py"):
        os.utime(each, (1e9, 1e9))
    assert answer(loops) == "2"
    kept = set(loops.glob("__pycache__/*.nb[ci]"))
    forget_stale(tmp_path)
    assert set(loops.glob("__pycache__/*.nb[ci]")) == kept
    (loops / "called.py").write_text(CALLED.format(more=20))
    assert answer(loops) == "2", "numba looks at the times of what is called: nothing needs to be forgotten"
    time.sleep(0.01)
    (loops / "called.py").touch()
    forget_stale(tmp_path)
    assert answer(loops) == "21"
