"""A leading process in the background 后台主进程, which keeps others: started, found again, stopped."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from api.cli.background import end_session, launch, record
from api.cli.site import Site
from spatial.process import Process

STOP_WITHIN_S = 25.0
"""What is under way has its grace, then it is given up."""


@dataclass(frozen=True, slots=True)
class Leader:
    """What leads, in which file it is recorded, and where it says what happens."""

    site: Site
    command: str
    file: Path
    log: Path

    def recorded(self) -> Process | None:
        """The leader that was started last, alive or not."""
        try:
            return Process(**json.loads(self.file.read_text()))
        except (FileNotFoundError, ValueError, TypeError):
            return None

    def running(self) -> Process | None:
        """The leader that keeps the others now."""
        leader = self.recorded()
        return leader if leader is not None and leader.alive else None

    def ensure(self, dsn: str, environ: Mapping[str, str] | None = None) -> bool:
        """Start it where it does not run; whether it was started."""
        if self.running() is not None:
            return False
        self.stop()
        child = launch(self.site, dsn, self.command, self.log, environ)
        record(self.file, asdict(Process.of(child.pid) or Process(child.pid, "")))
        return True

    def stop(self) -> bool:
        """Stop it and what it keeps; whether it ran."""
        leader = self.recorded()
        ran = leader is not None and leader.alive
        if leader is not None:
            leader.stop(STOP_WITHIN_S)
            end_session(leader.pid, self.site)
            self.file.unlink(missing_ok=True)
        return ran
