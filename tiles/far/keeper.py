"""Who keeps the store up to date: a chore of the workers, one of them at a time for each layer."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

import psycopg

from spatial.catalogue import store as catalogue
from spatial.database import Connection, connect
from spatial.history import ledger
from tiles.far import past
from tiles.far.refresh import refresh
from tiles.matrix import MatrixSets

LOG = logging.getLogger("onemap.tiles")
LOOK_EVERY_S = 0.5
RESTED_S = 30.0
"""A layer that nothing was written to is looked at again: a version may have started or ended meanwhile."""
AFTER_FAILURE_S = 5.0
PRUNED_S = 600.0
"""How often what is kept of past instants is looked through."""


class FarTiles:
    """The keeper of all layers with geometry."""

    def __init__(self, dsn: str, sets: MatrixSets) -> None:
        self._dsn = dsn
        self._sets = tuple(sets.by_id.values())
        self._heads: dict[str, tuple[int, float]] = {}
        self._pruned_at = time.monotonic()

    def keep(self, wanted: Callable[[], bool]) -> None:
        """Look and refresh until it is not wanted any more; a failure is told and tried again."""
        while wanted():
            try:
                with connect(self._dsn, application="onemap-tiles", autocommit=True) as connection:
                    while wanted():
                        self.look(connection, wanted)
                        self._prune(connection)
                        _rest(LOOK_EVERY_S, wanted)
            except psycopg.Error as failure:
                LOG.warning("far tiles could not be refreshed: %s", type(failure).__name__)
                _rest(AFTER_FAILURE_S, wanted)

    def look(self, connection: Connection, wanted: Callable[[], bool] = lambda: True) -> int:
        """Refresh the layers that were written to, and those that have rested; how many tiles were made."""
        made = 0
        due = {name: head for name, head in ledger.heads(connection).items() if self._due(name, head)}
        for layer in catalogue.layers(connection) if due else ():
            name = layer.table.layer
            if name not in due:
                continue
            began = time.monotonic()
            drawn = layer.table.geometry is not None
            number = refresh(connection, layer, self._sets, wanted) if drawn else 0
            if number:
                LOG.info("far tiles: %s %d in %.1f s", name, number, time.monotonic() - began)
            made += number
        self._heads |= {name: (head, time.monotonic()) for name, head in due.items()}
        return made

    def _prune(self, connection: Connection) -> None:
        if time.monotonic() - self._pruned_at >= PRUNED_S:
            self._pruned_at = time.monotonic()
            past.prune(connection)

    def _due(self, name: str, head: int) -> bool:
        known, looked_at = self._heads.get(name, (0, 0.0))
        return known != head or time.monotonic() - looked_at >= RESTED_S


def _rest(time_s: float, wanted: Callable[[], bool]) -> None:
    """Sleep, but not on when the work is over."""
    until = time.monotonic() + time_s
    while wanted() and (left := until - time.monotonic()) > 0:
        time.sleep(min(left, LOOK_EVERY_S))
