"""The workers beside the server: one leading process that keeps them."""

from __future__ import annotations

from api.cli.leader import Leader
from api.cli.site import Site
from spatial.process import Process


def running(site: Site) -> Process | None:
    """The leader that keeps workers now."""
    return _leader(site).running()


def ensure(site: Site, dsn: str) -> None:
    """Start the workers where none are kept and some are wanted."""
    if site.settings.job_workers:
        _leader(site).ensure(dsn)


def stop(site: Site) -> bool:
    """Stop the workers of this data directory; whether they ran."""
    return _leader(site).stop()


def _leader(site: Site) -> Leader:
    """Beside the server stands the folder of closed days, so these workers close them."""
    return Leader(site, "worker --nightly", site.worker_file, site.worker_log)
