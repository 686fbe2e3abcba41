"""The workers beside the server: one leading process that keeps them, started, found again, stopped."""

from __future__ import annotations

import json
from dataclasses import asdict

from api.cli.background import end_session, launch, record
from api.cli.site import Site
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
    child = launch(site, dsn, "worker", site.worker_log)
    leader = Process.of(child.pid) or Process(child.pid, "")
    record(site.worker_file, asdict(leader))


def stop(site: Site) -> bool:
    """Stop the workers of this data directory; whether they ran."""
    leader = recorded(site)
    ran = leader is not None and leader.alive
    if leader is not None:
        leader.stop(STOP_WITHIN_S)
        end_session(leader.pid, site)
        site.worker_file.unlink(missing_ok=True)
    return ran
