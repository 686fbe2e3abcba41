"""The engine over the register as it stands 引擎: one a process, for jobs and commands."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Final

from address import kept, store
from address.match import Index
from spatial.database import Connection
from spatial.datum.clock import BEIJING
from spatial.errors import NotFound

LOG = logging.getLogger("onemap.address")


@dataclass(frozen=True, slots=True)
class _Held:
    database: str
    position: int
    day: str
    """What begins or ends by its dates alone is in no change."""
    index: Index


class Engine:
    """Keeps the index of the register between jobs; for one job at a time."""

    def __init__(self) -> None:
        self.folder: Path | None = None
        """Where the server of this installation keeps its register as a file, which is mapped."""
        self._held: _Held | None = None
        self._lock = Lock()

    def index(self, connection: Connection) -> Index:
        """The index of what is believed and valid now; NotFound where the register is empty."""
        info = connection.info
        database, today = f"{info.host} {info.port} {info.dbname}", datetime.now(BEIJING).date().isoformat()
        with self._lock:
            held = self._held
            stands = held is not None and (held.database, held.day) == (database, today)
            if held is None or not stands or not store.changes(connection, held.position).empty:
                mapped = self._mapped(connection, today)
                held = _Held(database, *mapped) if mapped else _built(connection, database, today)
                self._held = held
            return held.index

    def _mapped(self, connection: Connection, today: str) -> tuple[int, str, Index] | None:
        """The server's own state, where it is of this database and nothing has changed since."""
        if self.folder is None:
            return None
        try:
            found = kept.load(self.folder)
        except Exception:  # whatever is wrong with it, there is the database
            LOG.exception("the file of the address register cannot be read")
            return None
        if found is None or found.day != today or not store.holds(connection, found.tip):
            return None
        register = found.register
        if not store.changes(connection, register.position).empty:
            return None
        return register.position, today, register.index


def _built(connection: Connection, database: str, today: str) -> _Held:
    """Read again where somebody wrote meanwhile."""
    while True:
        position = store.position(connection)
        snapshot = store.snapshot(connection)
        if store.changes(connection, position).empty:
            break
    if not len(snapshot.components.key):
        raise NotFound(
            "登记簿是空的,请先导入(./onemap address import):components",
            "the register is empty, bring one in first (./onemap address import): components",
            value="components",
        )
    return _Held(database, position, today, Index(snapshot))


ENGINE: Final = Engine()
"""Of this process: building an index takes longer than most jobs."""
