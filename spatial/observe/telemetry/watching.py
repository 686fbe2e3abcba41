"""Watching telemetry 遥测监视: counts by channel and outcome, and how each service is; cheap to read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from spatial.database import Connection

STALE_S = 30.0
"""A service that has not told of itself for so long is taken for gone."""
FORGOTTEN_DAYS = 7

TALLIES = """
select channel, outcome, reason, sum(messages)::bigint, sum(unstored)::bigint, max(last_at)
  from telemetry.tally group by 1, 2, 3 order by 1, 2, 3"""
SERVICES = f"""
select name, connected and at > now() - interval '{STALE_S} seconds', waiting, behind_s, at
  from telemetry.service where at > now() - interval '{FORGOTTEN_DAYS} days' order by name"""
_TELL = """
insert into telemetry.service as s (name, connected, waiting, behind_s) values (%s, %s, %s, %s)
  on conflict (name) do update set connected = excluded.connected, waiting = excluded.waiting,
    behind_s = excluded.behind_s, at = clock_timestamp()"""


@dataclass(frozen=True, slots=True)
class Tally:
    """Messages of a channel with one outcome since the platform began."""

    channel: str
    outcome: str
    reason: str
    messages: int
    unstored: int
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Service:
    """How a service is: ``behind_s`` is the age of the oldest of what waits in it."""

    name: str
    connected: bool
    waiting: int
    behind_s: float
    at: datetime


def tell(connection: Connection, name: str, connected: bool, waiting: int, behind_s: float) -> None:
    """A service tells of itself, in the caller's transaction."""
    connection.execute(_TELL, (name[:100], connected, waiting, behind_s))


def tallies(connection: Connection) -> list[Tally]:
    """All counts."""
    return [Tally(*row) for row in connection.execute(TALLIES).fetchall()]


def services(connection: Connection) -> list[Service]:
    """Services that told of themselves lately; one that has fallen silent is not connected."""
    return [Service(*row) for row in connection.execute(SERVICES).fetchall()]
