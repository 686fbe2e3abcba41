"""A sink in PostgreSQL, as small as can be: one table, one row a device, property and time."""

from __future__ import annotations

from collections.abc import Sequence

from spatial.database import Connection
from spatial.errors import InvalidInput
from spatial.observe.telemetry.model import Reading
from spatial.observe.telemetry.sink import Refused

TABLE = """
create table public.reading (
  device text, property text, time timestamptz, value float8, quality int, message bigint,
  primary key (device, property, time)
)"""


class TableSink:
    """Refuses one device or property, and fails for another device, where it is told to."""

    def __init__(
        self, unknown: str | None = None, broken: str | None = None, unregistered: str | None = None
    ) -> None:
        self.unknown, self.broken, self.unregistered = unknown, broken, unregistered

    def write(self, connection: Connection, readings: Sequence[Reading]) -> Sequence[Refused]:
        refused = []
        rows = []
        for line, r in enumerate(readings):
            if r.device == self.broken:
                raise InvalidInput("坏", "broken", value=r.device)
            if r.device == self.unknown:
                refused.append(Refused(line, "unknown-device", "未登记", f"unknown {r.device}"))
            elif r.observed_property == self.unregistered:
                refused.append(Refused(line, "no-datastream", "无", f"no datastream {r.observed_property}"))
            else:
                rows.append((r.device, r.observed_property, r.time, r.value, r.quality, r.message))
        with connection.cursor() as cursor:
            cursor.executemany(
                "insert into public.reading values (%s, %s, %s, %s, %s, %s) on conflict do nothing", rows
            )
        return refused
