"""SQL of the nightly chore 每夜归档: when it is done, what it came to, whose turn it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, time

from spatial.database import Connection

_TURN = "7283, 38"


@dataclass(frozen=True, slots=True)
class Rule:
    """At what time of Beijing it is done; ``None`` where it is not done by itself."""

    at: time | None
    declared_at: datetime


@dataclass(frozen=True, slots=True)
class Night:
    """What a night came to."""

    started_at: datetime
    files: int
    """Days that were written."""
    away: int
    """Periods that left the database."""
    failure: str | None = None


def declare(connection: Connection, at: time | None) -> None:
    """Switch it to a time of day, or off."""
    connection.execute("insert into observe.nightly (at) values (%s)", (at,))


def declared(connection: Connection) -> Rule | None:
    """The rule in force."""
    row = connection.execute(
        "select at, declared_at from observe.nightly order by version desc limit 1"
    ).fetchone()
    return None if row is None else Rule(*row)


def last_night(connection: Connection) -> Night | None:
    """What was done last."""
    row = connection.execute(
        "select started_at, files, away, failure from observe.night order by started_at desc limit 1"
    ).fetchone()
    return None if row is None else Night(*row)


def keep_night(connection: Connection, night: Night) -> None:
    """Write down what a night came to."""
    connection.execute(
        "insert into observe.night (started_at, files, away, failure) values (%s, %s, %s, %s)",
        (night.started_at, night.files, night.away, night.failure),
    )


@contextmanager
def turn(connection: Connection) -> Iterator[bool]:
    """Whether this one does the night's work; nobody else does meanwhile."""
    row = connection.execute(f"select pg_try_advisory_lock({_TURN})").fetchone()
    ours = row == (True,)
    try:
        yield ours
    finally:
        if ours:
            connection.execute(f"select pg_advisory_unlock({_TURN})")
