"""The nightly chore 每夜归档: days that are over become files, months that are over their time leave.

A chore of the workers that stand beside the archive's folder. Whichever has the turn does what is due: the
first time after the declared time of a day, also where nobody was there just then. What a night came to is
kept; one that failed is tried again after an hour.
"""

from __future__ import annotations

import datetime as clock
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import psycopg

from spatial.database import Connection, connect
from spatial.datum.clock import BEIJING
from spatial.errors import OneMapError
from spatial.observe.archive import store
from spatial.observe.archive.closing import close_days
from spatial.observe.archive.errors import ArchiveElsewhere
from spatial.observe.archive.nightly_store import Night, declared, keep_night, last_night, turn
from spatial.observe.archive.retention import retire

LOG: Final = logging.getLogger("onemap.observations")
LOOK_EVERY_S: Final = 20.0
AFTER_FAILURE: Final = timedelta(hours=1)
_STEP_S: Final = 0.2


@dataclass(frozen=True, slots=True)
class Nightly:
    """Looks whether the night's work is due, and does it."""

    dsn: str
    folder: Path
    """Of the files of closed days."""

    def keep(self, wanted: Callable[[], bool]) -> None:
        """Look until it is not wanted any more; a failure is told and tried again."""
        while wanted():
            try:
                with connect(self.dsn, application="onemap-nightly", autocommit=True) as connection:
                    look(connection, self.folder, datetime.now(BEIJING))
            except (psycopg.Error, OneMapError) as failure:
                LOG.warning("the nightly chore was interrupted: %s", type(failure).__name__)
            _rest(LOOK_EVERY_S, wanted)


def following(at: clock.time, after: datetime) -> datetime:
    """The next instant of this time of a Beijing day.

    >>> following(clock.time(2, 15), datetime(2026, 3, 1, 2, 15, tzinfo=BEIJING)).isoformat()
    '2026-03-02T02:15:00+08:00'
    """
    local = after.astimezone(BEIJING)
    found = datetime.combine(local.date(), at, BEIJING)
    return found if found > local else found + timedelta(days=1)


def due(connection: Connection) -> datetime | None:
    """When the night's work is to be done next; ``None`` where it is switched off."""
    rule = declared(connection)
    if rule is None or rule.at is None:
        return None
    last = last_night(connection)
    since = rule.declared_at if last is None else max(rule.declared_at, last.started_at)
    if last is not None and last.failure is not None and last.started_at >= rule.declared_at:
        return min(following(rule.at, since), last.started_at + AFTER_FAILURE)
    return following(rule.at, since)


def look(connection: Connection, folder: Path, now: datetime) -> Night | None:
    """Do what is due, where nobody else does; the connection commits by itself (autocommit)."""
    then = due(connection)
    if then is None or then > now:
        return None
    with turn(connection) as ours:
        again = due(connection) if ours else None  # somebody may have done it meanwhile
        return None if again is None or again > now else _night(connection, folder, now)


def _night(connection: Connection, folder: Path, now: datetime) -> Night:
    """Close and retire; what it came to is kept whatever happens."""
    files = away = 0
    failure: str | None = None
    try:
        require_here(connection, folder)
        files = len(close_days(connection, folder, now))
        away = len(retire(connection, folder, now))
    except (OneMapError, OSError, psycopg.Error) as found:
        failure = found.code if isinstance(found, OneMapError) else type(found).__name__
        LOG.warning("the night's closing of observations failed: %s", failure)
    night = Night(now, files, away, failure)
    keep_night(connection, night)
    LOG.info("closed %s days of observations, %s periods left", files, away)
    return night


def require_here(connection: Connection, folder: Path) -> None:
    """Refuse a folder that does not hold what was closed last: the archive stands on another machine."""
    last = store.summary(connection).last
    file = None if last is None else store.newest(connection, last, last).get(last)
    if file is not None and not (folder / file.path).is_file():
        raise ArchiveElsewhere(
            f"归档文件不在本机的此文件夹,请在存放归档的机器上运行,或先恢复备份:{file.path}",
            "the files of closed days are not in this machine's folder; run where they are, or bring the"
            f" backup back first: {file.path}",
            value=file.path,
        )


def _rest(time_s: float, wanted: Callable[[], bool]) -> None:
    until = time.monotonic() + time_s
    while wanted() and (left := until - time.monotonic()) > 0:
        time.sleep(min(left, _STEP_S))
