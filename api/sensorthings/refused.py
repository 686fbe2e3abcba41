"""Observations over HTTP that are dated ahead 超前观测值: refused, kept with the reason, replayable.

Who sends is told at once; what is kept is for those who mend a clock or declare a datastream of forecasts.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

import orjson

from api.sensorthings import data_array
from api.sensorthings.mqtt import creating
from api.sensorthings.writing import parsed
from spatial.access.model import Principal
from spatial.database import Connection
from spatial.datum.clock import BEIJING
from spatial.errors import OneMapError
from spatial.observe.ahead import ClockAhead
from spatial.observe.model import source_of
from spatial.observe.telemetry import store
from spatial.observe.telemetry.arrival import Arrival, key_of
from spatial.observe.telemetry.errors import Reason
from spatial.observe.telemetry.store import Message, Offered

CHANNEL: Final = "sensorthings/http"
ARRAYS: Final = "CreateObservations"


def keep(connection: Connection, path: str, body: bytes, sender: Principal, detail: str) -> None:
    """Keep a request as it came, in the caller's transaction; the same one again is the same message."""
    peer = f"{sender.subject.replace(' ', '_')} {path}"[:400]
    key = key_of(CHANNEL, sender.subject, path, body)
    arrival = Arrival(datetime.now(BEIJING), CHANNEL, peer, body, key, "data")
    store.keep(connection, [arrival.rejected(Reason.FUTURE_DATED, detail)], creating.Nothing())


def keep_rows(connection: Connection, groups: list[dict[str, Any]], sender: Principal) -> None:
    """Keep the rows of data arrays that were not taken, as data arrays."""
    rows = sum(len(each["dataArray"]) for each in groups)
    keep(connection, ARRAYS, orjson.dumps(groups), sender, f"{ClockAhead.code}: {rows} observations")


def again(connection: Connection, message: Message) -> Offered:
    """What a kept request gives now; ahead of when it came, whatever the clock says by now."""
    _, _, path = message.peer.partition(" ")
    key = key_of(CHANNEL, message.peer, message.data)
    if path != ARRAYS:
        arrival = Arrival(message.received_at, CHANNEL, message.peer, message.data, key, "data")
        return creating.written(connection, path, arrival)
    refused: list[dict[str, Any]] = []
    try:
        with connection.transaction():
            data_array.create(
                connection,
                parsed(message.data),
                lambda layer: None,
                source_of(key),
                "",
                answer=False,
                received_at=message.received_at,
                refused=refused,
            )
    except OneMapError as failure:
        return Offered(0, Reason.SINK_REFUSED, f"{failure.code}: {failure.en}")
    left = sum(len(each["dataArray"]) for each in refused)
    if left == sum(len(each["dataArray"]) for each in parsed(message.data)):
        return Offered(0, Reason.FUTURE_DATED, f"{ClockAhead.code}: {left} observations")
    return Offered(left)
