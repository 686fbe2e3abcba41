"""Observations created by publishing 以发布创建观测 (18-088, 14.1): kept byte-exact, written, acknowledged.

An observation that tells its ``phenomenonTime`` is one fact by its topic and its bytes. One that does not
is of the moment it came, and the same bytes again are another one, unless the broker says that it delivers
again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import psycopg

from api.sensorthings.mqtt.topics import VERSION
from api.sensorthings.writing import lone, parsed, timed, write
from spatial.database import Connection
from spatial.errors import OneMapError
from spatial.observe import ahead, together
from spatial.observe.ahead import ClockAhead
from spatial.observe.model import CLOCK_AHEAD_MAX, Reading, source_of
from spatial.observe.telemetry import store
from spatial.observe.telemetry.arrival import Arrival, key_of
from spatial.observe.telemetry.errors import BadMessage, Reason
from spatial.observe.telemetry.model import Reading as Decoded
from spatial.observe.telemetry.mqtt.link import Delivery
from spatial.observe.telemetry.mqtt.payload import LARGEST
from spatial.observe.telemetry.sink import Unstored
from spatial.observe.telemetry.store import Message, Offered
from spatial.observe.things.reading_document import span

CHANNEL = "sensorthings/mqtt"
_STREAM = re.compile(r"(?:Multi)?Datastreams\(([0-9]{1,9})\)/")


@dataclass(frozen=True, slots=True)
class Told:
    """A message of a client, and which fact it is."""

    arrival: Arrival
    topic: str


def told(delivery: Delivery, broker: str, now: datetime, held: frozenset[bytes] = frozenset()) -> Told:
    """What a delivery is; ``held`` are keys that are known already."""
    key = key_of(CHANNEL, delivery.topic, delivery.payload)
    if not _timed(delivery.payload):
        key = key_of(CHANNEL, delivery.topic, delivery.payload, delivery.number)
        if key in held and not delivery.again:
            key = key_of(CHANNEL, delivery.topic, delivery.payload, delivery.number, now.isoformat())
    peer = f"{broker} {delivery.topic}"[:400]
    return Told(Arrival(now, CHANNEL, peer, delivery.payload, key, "data"), delivery.topic)


def _timed(payload: bytes) -> bool:
    try:
        document = parsed(payload)
    except OneMapError:
        return True
    return isinstance(document, dict) and "phenomenonTime" in document


def create(
    connection: Connection, deliveries: Sequence[Delivery], broker: str, now: datetime
) -> list[Arrival]:
    """Take messages in, in the caller's transaction; what cannot be written is kept with its reason."""
    # Each has a moment of its own, which is its time where it tells none.
    moments = [(each, now + timedelta(microseconds=place)) for place, each in enumerate(deliveries)]
    first = [told(each, broker, moment) for each, moment in moments]
    held = frozenset(_held(connection, first))
    given = [told(delivery, broker, moment, held) for delivery, moment in moments]
    offered: dict[bytes, Offered] = {}
    alike: list[tuple[Told, Reading]] = []
    seen = set(held)
    for each in given:
        if each.arrival.key in seen:
            continue
        seen.add(each.arrival.key)
        value = _lone(each)
        if value is not None:
            alike.append((each, value))
            continue
        offered |= _together(connection, alike)
        alike = []
        offered[each.arrival.key] = written(connection, each.topic, each.arrival)
    offered |= _together(connection, alike)
    arrivals = [_kept(each.arrival, offered) for each in given]
    store.keep(connection, arrivals, Nothing())
    return arrivals


def _kept(arrival: Arrival, offered: Mapping[bytes, Offered]) -> Arrival:
    found = offered.get(arrival.key)
    if found is None or found.reason is None:
        return arrival
    return arrival.rejected(found.reason, found.detail)


def _lone(each: Told) -> Reading | None:
    """The value of a message that gives one value of a Datastream and nothing besides."""
    arrival = each.arrival
    if len(arrival.data) > LARGEST:
        return None
    try:
        document = timed(parsed(arrival.data), arrival.received_at)
    except OneMapError:
        return None
    found = lone(each.topic.removeprefix(f"{VERSION}/"), document, source_of(arrival.key))
    if found is None or found.phenomenon_time > arrival.received_at + CLOCK_AHEAD_MAX:
        return None
    return found


def _together(connection: Connection, alike: Sequence[tuple[Told, Reading]]) -> dict[bytes, Offered]:
    """Write values in one batch: what waited while the broker was away comes in any order, and one by one
    each that is out of order would be dear. Those that a batch cannot take are written by themselves."""
    if not alike:
        return {}
    known = together.streams(connection, [value.datastream for _, value in alike])
    there = [
        (each, value)
        for each, value in alike
        if (stream := known.get(value.datastream)) is not None and stream.placed
    ]
    offered: dict[bytes, Offered] = {}
    if len(there) > 1:
        try:
            with connection.transaction():
                together.record(connection, [value for _, value in there], known)
        except (psycopg.OperationalError, psycopg.InterfaceError):
            raise
        except (psycopg.Error, OneMapError):
            pass  # one message's fault is not its neighbours'
        else:
            offered = {each.arrival.key: Offered() for each, _ in there}
    for each, _ in alike:
        key = each.arrival.key
        if key not in offered:
            offered[key] = written(connection, each.topic, each.arrival)
    return offered


def written(connection: Connection, topic: str, arrival: Arrival) -> Offered:
    """Write the observation of a message; why not, where it cannot be."""
    try:
        with connection.transaction():
            if len(arrival.data) > LARGEST:
                raise BadMessage(Reason.OVERSIZED, f"{len(arrival.data)} bytes, at most {LARGEST}")
            document = timed(parsed(arrival.data), arrival.received_at)
            path = topic.removeprefix(f"{VERSION}/")
            _check_time(connection, path, document, arrival.received_at)
            write("POST", path, document, lambda layer: None, source_of(arrival.key))(connection)
    except BadMessage as failure:
        return Offered(0, failure.reason, failure.detail)
    except ClockAhead as failure:
        return Offered(0, Reason.FUTURE_DATED, failure.en)
    except OneMapError as failure:
        reason = Reason.BAD_BODY if failure.code == "invalid-input" else Reason.SINK_REFUSED
        return Offered(0, reason, f"{failure.code}: {failure.en}")
    except (psycopg.OperationalError, psycopg.InterfaceError):
        raise
    except psycopg.Error as failure:
        return Offered(0, Reason.SINK_REFUSED, f"{failure.sqlstate}: {type(failure).__name__}")
    return Offered()


def again(connection: Connection, message: Message) -> Offered:
    """What a kept message gives now."""
    _, _, topic = message.peer.partition(" ")
    key = key_of(CHANNEL, topic, message.data)
    arrival = Arrival(message.received_at, CHANNEL, message.peer, message.data, key, "data")
    return written(connection, topic, arrival)


def _check_time(connection: Connection, path: str, document: object, now: datetime) -> None:
    """Ahead of when it came, which a replay is later than."""
    if not isinstance(document, dict) or document.get("phenomenonTime") is None:
        return
    found = _STREAM.match(path)
    told = document.get("Datastream") or document.get("MultiDatastream")
    stream = int(found[1]) if found else told.get("@iot.id") if isinstance(told, dict) else None
    number = stream if type(stream) is int and 0 < stream < 2**31 else 0
    ahead.check(connection, number, span("phenomenonTime", document["phenomenonTime"])[0], now)


def _held(connection: Connection, given: Sequence[Told]) -> list[bytes]:
    rows = connection.execute(
        "select key from telemetry.message_key where key = any(%s)", ([each.arrival.key for each in given],)
    ).fetchall()
    return [bytes(key) for (key,) in rows]


class Nothing:
    """A sink for messages whose values are written already."""

    def write(self, connection: Connection, readings: Sequence[Decoded]) -> Sequence[Unstored]:
        """There are no readings."""
        return ()
