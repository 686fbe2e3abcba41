"""The standing watch 常设监测: after a changeset on what a limit rests on, its watch is queued by itself.

A chore of the workers. Whichever of them has the turn compares what each limit was last queued for
with what the layers hold now, and hands in one ``watch-limits`` for those that differ: the table
and the job are written in one transaction, so that a worker killed at any moment neither loses a
change nor has it watched twice. One watch goes on at a time; changes in quick succession are
watched together.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

import psycopg

from planning.indicators.formula import layers
from planning.indicators.regions import layer_of
from planning.monitoring import due_store
from planning.monitoring.due import Watched, due, of_one_region, unseen_since
from planning.monitoring.limits import shipped
from planning.processes.watching import WATCH_LIMITS
from spatial.database import Connection, connect
from spatial.errors import OneMapError, UnknownLayer
from spatial.jobs import store as jobs
from spatial.jobs.model import Request
from spatial.jobs.operator import operator

LOG = logging.getLogger("onemap.planning")
WATCHER: Final = "monitor"
"""Who hands the jobs in: the platform, as in the receipts of what it does by itself."""
LOOK_EVERY_S: Final = 1.0
AFTER_FAILURE_S: Final = 5.0
_STEP_S: Final = 0.2


class StandingWatch:
    """Looks what is due, and queues it."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn

    def keep(self, wanted: Callable[[], bool]) -> None:
        """Look until it is not wanted any more; a failure is told and tried again."""
        while wanted():
            pause_s = LOOK_EVERY_S
            try:
                with connect(self._dsn, application="onemap-watch", autocommit=True) as connection:
                    while wanted():
                        with connection.transaction():
                            look(connection)
                        _rest(LOOK_EVERY_S, wanted)
            except (psycopg.Error, OneMapError) as failure:
                LOG.warning("the standing watch was interrupted: %s", type(failure).__name__)
                pause_s = AFTER_FAILURE_S
            _rest(pause_s, wanted)


def look(connection: Connection) -> str | None:
    """Queue the watch that is due, inside the caller's transaction; the id of its job."""
    if not due_store.turn(connection) or due_store.under_way(connection):
        return None
    now, day = due_store.clock(connection)
    standing = [
        replace(one, layers=_layers(one))
        for one in due_store.watched(connection, day)
        if one.code in shipped()
    ]
    heads = due_store.heads(connection, (layer for one in standing for layer in one.layers))
    chosen = [
        one
        for one in standing
        if due(one, heads, due_store.first_after(connection, unseen_since(one, heads)), now, day)
    ]
    ready = [one for one in chosen if _published(connection, one)]
    if not ready:
        return None
    together = of_one_region(ready)
    job = _hand_in(connection, together)
    due_store.queued(connection, together, heads, day, job)
    LOG.info("limits %s are watched in %s", ", ".join(one.code for one in together), together[0].region)
    return job


def _hand_in(connection: Connection, together: Sequence[Watched]) -> str:
    inputs = {"codes": [one.code for one in together], "region": _asked(together[0])}
    owner = replace(operator(connection, WATCH_LIMITS, inputs), subject=WATCHER)
    return jobs.submit(connection, Request(WATCH_LIMITS.id, WATCH_LIMITS.version, inputs, owner)).id


def _layers(one: Watched) -> tuple[str, ...]:
    """What a limit rests on: the layers of its formula, and the one its region is read from."""
    own = layers(shipped()[one.code].tree)
    region = layer_of(_asked(one))
    return own if region is None or region in own else (*own, region)


def _asked(one: Watched) -> str:
    """The region as the process is asked for it: ``towns/370783101`` is kept, the code is asked."""
    return one.region.rpartition("/")[2]


def _published(connection: Connection, one: Watched) -> bool:
    """Whether all its layers are in service; else it waits until they are."""
    try:
        operator(connection, WATCH_LIMITS, {"codes": [one.code], "region": _asked(one)})
    except UnknownLayer:
        return False
    return True


def _rest(time_s: float, wanted: Callable[[], bool]) -> None:
    until = time.monotonic() + time_s
    while wanted() and (left := until - time.monotonic()) > 0:
        time.sleep(min(left, _STEP_S))
