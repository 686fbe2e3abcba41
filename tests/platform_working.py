"""A worker with all processes and chores of an installation, which hears of the dead quickly."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from serving import ROOT
from warm import Forked, forked

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
    told = os.environ | {"PYTHONPATH": str(ROOT)}
    with forked(SCRIPT.format(dsn=dsn), told, log, within_s=15) as process:
        yield process
