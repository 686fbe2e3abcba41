"""The workers beside the server: one leading process that keeps them, started, found again, stopped."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import asdict

from api.cli.server import LOG_BYTES, end_session
from api.cli.site import ROOT, Site
from spatial.process import Process

STOP_WITHIN_S = 25.0
"""A job under way has its grace, then it is given back."""


def recorded(site: Site) -> Process | None:
    """The leader that was started last, alive or not."""
    try:
        return Process(**json.loads(site.worker_file.read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return None


def running(site: Site) -> Process | None:
    """The leader that keeps workers now."""
    leader = recorded(site)
    return leader if leader is not None and leader.alive else None


def ensure(site: Site, dsn: str) -> None:
    """Start the workers where none are kept and some are wanted."""
    if site.settings.job_workers == 0 or running(site) is not None:
        return
    stop(site)
    if site.worker_log.exists() and site.worker_log.stat().st_size > LOG_BYTES:
        site.worker_log.replace(site.worker_log.with_suffix(".log.1"))
    environ = os.environ | {
        "ONEMAP_DATABASE_URL": dsn,
        "ONEMAP_DATA": str(site.data_dir),
        "PYTHONPATH": str(ROOT),
    }
    with site.worker_log.open("ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-P", "-m", "api.cli", "worker"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=ROOT,
            env=environ,
            start_new_session=True,
        )
    leader = Process.of(child.pid) or Process(child.pid, "")
    part = site.worker_file.with_suffix(".part")
    part.write_text(json.dumps(asdict(leader)))
    part.replace(site.worker_file)


def stop(site: Site) -> bool:
    """Stop the workers of this data directory; whether they ran."""
    leader = recorded(site)
    ran = leader is not None and leader.alive
    if leader is not None:
        leader.stop(STOP_WITHIN_S)
        end_session(leader.pid, site)
        site.worker_file.unlink(missing_ok=True)
    return ran
