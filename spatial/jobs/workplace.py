"""Where processes run: the database, the city, and what there is to compute with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from spatial.settings import Settings

if TYPE_CHECKING:
    from spatial.jobs.doors import Doors


@dataclass(frozen=True, slots=True)
class Workplace:
    """What a worker has at hand."""

    dsn: str
    city: str
    dask_scheduler: str | None = None
    """Address of an existing Dask scheduler; a local cluster is made where there is none."""
    computing_processes: int = 2
    """Processes of the local cluster."""
    spread_from: int = 20_000
    """Features from which a job's units are spread over Dask: below it starting one costs more."""
    callback_hosts: tuple[str, ...] = ()
    results_days: int = 30
    """How long results and inputs of a job that is over are kept."""
    kept: Path | None = None
    """A folder of this machine where what took long to prepare is kept; nothing is where there is none."""
    base_url: str = ""
    """The public address, for links in callbacks; without it they are relative."""
    doors: Doors | None = None
    """By which the platform itself is read in somebody's name."""

    @staticmethod
    def of(settings: Settings, dsn: str) -> Workplace:
        """As the installation is set up."""
        return Workplace(
            dsn=dsn,
            city=settings.city,
            dask_scheduler=settings.dask_scheduler,
            callback_hosts=settings.callback_hosts,
            results_days=settings.results_days,
            kept=settings.data_dir / "prepared",
            base_url=settings.base_url or "",
        )
