"""The sink of the platform 入库: readings into the store of observations, by the keys of things."""

from __future__ import annotations

from collections.abc import Sequence

from spatial.database import Connection
from spatial.observe.model import Decoded, Flag
from spatial.observe.series import record_decoded
from spatial.observe.telemetry.model import Reading
from spatial.observe.telemetry.sink import Unstored


class Recorder:
    """Takes readings of registered devices; the others come back with the reason."""

    def write(self, connection: Connection, readings: Sequence[Reading]) -> Sequence[Unstored]:
        """In the caller's transaction."""
        decoded = [
            Decoded(
                each.time,
                each.value,
                device=each.device,
                property=each.observed_property,
                flag=Flag(each.quality),
                unit=each.unit,
                message=each.message,
            )
            for each in readings
        ]
        return record_decoded(connection, decoded).rejects
