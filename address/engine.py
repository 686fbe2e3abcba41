"""The engine over the register as it stands 引擎: one a process, built anew when that has changed."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from address import store
from address.match import Index
from spatial.database import Connection
from spatial.errors import NotFound


@dataclass(frozen=True, slots=True)
class _Held:
    database: str
    position: int
    index: Index


class Engine:
    """Keeps the index of the register between jobs; for one job at a time."""

    def __init__(self) -> None:
        self._held: _Held | None = None
        self._lock = Lock()

    def index(self, connection: Connection) -> Index:
        """The index of what is believed and valid now; NotFound where the register is empty."""
        database = f"{connection.info.host} {connection.info.port} {connection.info.dbname}"
        with self._lock:
            held = self._held
            if held is None or held.database != database or not _stands(connection, held):
                self._held = held = _built(connection, database)
            return held.index


def _stands(connection: Connection, held: _Held) -> bool:
    return store.changes(connection, held.position).empty


def _built(connection: Connection, database: str) -> _Held:
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
    return _Held(database, position, Index(snapshot))


ENGINE = Engine()
"""Of this process: building an index takes longer than most jobs."""
