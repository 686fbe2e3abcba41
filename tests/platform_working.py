"""A worker with all processes and chores of an installation, which hears of the dead quickly."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from serving import ROOT
from warm import Forked, nursery

SCRIPT = """
from api.executions import OFFERED
from planning.processes.standing_watch import StandingWatch
from spatial.jobs.worker import Pace, Worker
from spatial.jobs.workplace import Workplace
if __name__ == "__main__":
    workplace = Workplace(dsn={dsn!r}, city="370783")
    chores = (StandingWatch(workplace.dsn).keep,)
    Worker(workplace, OFFERED, pace=Pace(0.5, 3.0, 0.3, 1.0), chores=chores).work()
"""


@contextmanager
def worker(dsn: str, log: Path) -> Iterator[Forked]:
    """A process of its own, ended by its id."""
    process = nursery().start(SCRIPT.format(dsn=dsn), os.environ | {"PYTHONPATH": str(ROOT)}, log)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
