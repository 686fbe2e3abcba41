"""A sink in PostgreSQL, as small as can be: one table, one row a device, property and time."""

from __future__ import annotations

from collections.abc import Sequence

from spatial.database import Connection
from spatial.errors import InvalidInput
from spatial.observe.telemetry.errors import UnknownDevice
from spatial.observe.telemetry.model import Reading

TABLE = """
create table public.reading (
  device text, property text, time timestamptz, value float8, quality int, message bigint,
  primary key (device, property, time)
)"""


class TableSink:
    """Refuses devices of a name, and fails where it is told to."""

    def __init__(self, unknown: str | None = None, broken: str | None = None) -> None:
        self.unknown, self.broken = unknown, broken

    def write(self, connection: Connection, readings: Sequence[Reading]) -> None:
        for reading in readings:
            if reading.device == self.unknown:
                raise UnknownDevice(
                    f"未登记:{reading.device}", f"unknown: {reading.device}", value=reading.device
                )
            if reading.device == self.broken:
                raise InvalidInput("坏", "broken", value=reading.device)
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into public.reading values (%s, %s, %s, %s, %s, %s) on conflict do nothing",
                [(r.device, r.observed_property, r.time, r.value, r.quality, r.message) for r in readings],
            )
