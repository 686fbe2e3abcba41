"""A file's way out by the command line 成果提供: counted, audited, and known by its digest from then on.

One transaction of its own, committed before the file gets its name: what is
there was entered, and what was refused is nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from spatial.access import audit, release
from spatial.access.audit import Event
from spatial.access.model import Principal
from spatial.access.release import ReleaseClass, ReleaseLimit
from spatial.catalogue import lineage
from spatial.catalogue.lineage import Source
from spatial.database import Connection, connect
from spatial.exchange.report import ExportReport
from spatial.history.model import FeatureTable

_TOLD = ("sha256", "format", "frame", "features", "changeset", "at", "asof")
ACTION = "export"


@dataclass(frozen=True, slots=True)
class Departure:
    """Who takes a file out, and by what right beyond the limit of contiguous data."""

    by: Principal
    """What leaves is added up for their department, else for themselves."""
    approval: str | None = None
    """Number of the approval 批准文号 by which the security administrator lets more leave than the limit."""


def let_out(
    dsn: str,
    departure: Departure,
    table: FeatureTable,
    report: ExportReport,
    limit: ReleaseClass | None,
    fids: Sequence[str],
) -> None:
    """Count a finished file and enter it; ``ReleaseLimit`` where it may not leave, which is entered, too."""
    try:
        with connect(dsn) as connection:
            if limit is not None:
                release.take(connection, limit, table, fids, departure.by, departure.approval)
            _enter(connection, departure, report, "done")
            lineage.derive(
                connection,
                lineage.product_of_file(bytes.fromhex(report.sha256)),
                [Source(report.layer, report.changeset)] if report.changeset else [],
                activity=ACTION,
                parameters={name: report.to_json()[name] for name in ("format", "frame", "at", "asof")},
            )
    except ReleaseLimit:
        with connect(dsn) as connection:
            _enter(connection, departure, report, "denied")
        raise


def _enter(connection: Connection, departure: Departure, report: ExportReport, outcome: str) -> None:
    told = report.to_json()
    details = {name: told[name] for name in _TOLD} | {"approval": departure.approval}
    event = Event(departure.by, ACTION, report.layer, report.file, outcome, details=details)
    audit.enter(connection, [event])
