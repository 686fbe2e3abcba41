"""``worker``: runs jobs, on this machine or any other that reaches the database."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import click

from api.cli.keeping import keep
from api.cli.site import ROOT, Site, data_option


@click.command()
@data_option
@click.option("--count", type=click.IntRange(1, 64), help="进程数 How many; else ONEMAP_JOB_WORKERS, else 1.")
@click.option("--parent", type=int, hidden=True)
@click.option("--nightly", is_flag=True, hidden=True)
def worker(data: Path | None, count: int | None, parent: int | None, nightly: bool) -> None:
    """执行任务 Run jobs until stopped (what `up` starts beside the server).

    On another machine it needs the database's address and nothing else. A
    worker that dies is replaced, and its job is taken over.

    \b
    Example:
      ONEMAP_DATABASE_URL=postgresql://onemap@db.example/onemap ./onemap worker
    """
    site = Site.read(data)
    if parent is None:
        keep([lambda: _start(site, nightly)] * (count or max(1, site.settings.job_workers)))
    else:
        _work(site, parent, nightly)


def _work(site: Site, parent: int, nightly: bool) -> None:
    """One worker, for as long as the process that keeps it lives."""
    from logging.config import dictConfig

    from api.cli.observations import FOLDER
    from api.executions import OFFERED
    from api.inside import Inside
    from api.logs import CONFIGURATION
    from planning.processes.standing_watch import StandingWatch
    from spatial.catalogue.city import read_city
    from spatial.jobs.worker import Worker
    from spatial.jobs.workplace import Workplace
    from spatial.observe.archive.nightly import Nightly
    from tiles.far.keeper import FarTiles
    from tiles.matrix import matrix_sets

    dictConfig(CONFIGURATION)  # which tells failures by type and place, never by message
    logging.getLogger("distributed.worker").setLevel(logging.ERROR)  # its warnings repeat arguments
    workplace = replace(Workplace.of(site.settings, site.dsn()), doors=Inside(site.settings, site.dsn()))
    far = FarTiles(workplace.dsn, matrix_sets(read_city(workplace.city)))
    chores = [far.keep, StandingWatch(workplace.dsn).keep]
    if nightly:
        chores.append(Nightly(workplace.dsn, site.data_dir / FOLDER).keep)
    Worker(workplace, OFFERED, wanted=lambda: os.getppid() == parent, chores=chores).work()


def _start(site: Site, nightly: bool) -> subprocess.Popen[bytes]:
    own = ["worker", "--data", str(site.data_dir), "--parent", str(os.getpid())]
    own += ["--nightly"] if nightly else []
    environ = os.environ | {"PYTHONPATH": str(ROOT)}
    return subprocess.Popen([sys.executable, "-P", "-m", "api.cli", *own], cwd=ROOT, env=environ)
