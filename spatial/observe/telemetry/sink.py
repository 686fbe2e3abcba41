"""Where readings go 入库口: what telemetry asks of a store of observations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from spatial.database import Connection
from spatial.observe.telemetry.model import Reading


class Sink(Protocol):
    """Where readings go 入库口."""

    def write(self, connection: Connection, readings: Sequence[Reading]) -> None:
        """Store them in the caller's transaction, all or none.

        What is held already (device, property, time and value) counts once. An error of the domain
        says that one of them can never be stored so; the caller then tries message by message.
        """
        ...
