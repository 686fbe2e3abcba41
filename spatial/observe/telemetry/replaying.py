"""Decoding kept messages again 报文重放: once a device is registered, a clock mended, a decoder corrected."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace

from spatial.database import Connection
from spatial.observe.telemetry import backfill, store
from spatial.observe.telemetry.arrival import Arrival
from spatial.observe.telemetry.dialogue import Dialogue, Peer
from spatial.observe.telemetry.hj212.dialogue import Dialogue as Hj212
from spatial.observe.telemetry.mqtt import payload
from spatial.observe.telemetry.mqtt.template import Templates, shipped
from spatial.observe.telemetry.sink import Sink
from spatial.observe.telemetry.sl651.dialogue import Dialogue as Sl651
from spatial.observe.telemetry.store import Listing, Message, Offered

_PAGE = 200
_SENDERS = 4096
Door = Callable[[Connection, Message], Offered]
"""Writes a kept message of a channel that has no readings."""


def dialogue(peer: Peer) -> Dialogue | None:
    """A dialogue of the protocol that a channel is of; None where the channel has none."""
    protocol = peer.channel.partition("/")[0]
    if protocol == "sl651":
        return Sl651(peer)
    return Hj212(peer) if protocol == "hj212" else None


class Again:
    """Decodes kept messages in their order; packets of one sender are put together as they came."""

    def __init__(self, templates: Templates | None = None) -> None:
        self._open: OrderedDict[Peer, Dialogue] = OrderedDict()
        self._templates = Templates(shipped()) if templates is None else templates

    def decode(self, message: Message) -> Arrival | None:
        """What a message gives now; None where its channel has no decoder here."""
        if message.channel == payload.CHANNEL:
            broker, _, topic = message.peer.partition(" ")
            return payload.arrival(self._templates, topic, message.data, broker, message.received_at)
        if message.channel == backfill.CHANNEL:
            return backfill.arrival(message.data, message.peer, message.received_at)
        return self._spoken(message)

    def _spoken(self, message: Message) -> Arrival | None:
        peer = Peer(message.channel, message.peer)
        found = self._open.pop(peer, None) or dialogue(peer)
        if found is None:
            return None
        self._open[peer] = found
        if len(self._open) > _SENDERS:
            self._open.popitem(last=False)
        arrivals = found.feed(message.data, message.received_at)
        if not arrivals or arrivals[-1].kind != "part":
            arrivals += found.pause(message.received_at)[0]
        return _together(arrivals)


def _together(arrivals: list[Arrival]) -> Arrival | None:
    """One result of the bytes of one message: taken where anything in them is."""
    if not arrivals:
        return None
    taken = [each for each in arrivals if each.reason is None]
    readings = tuple(reading for each in taken for reading in each.readings)
    told = next((each.detail for each in taken if each.unread), "")
    whole = replace((taken or arrivals)[-1], readings=readings, answer=None)
    return replace(whole, unread=sum(each.unread for each in taken), detail=told) if told else whole


def replay(
    connection: Connection,
    asked: Listing,
    sink: Sink,
    templates: Templates | None = None,
    doors: Mapping[str, Door] | None = None,
    settle: Callable[[], None] = lambda: None,
) -> dict[str, int]:
    """Replay all messages of a listing, in the caller's transaction; how many went which way.

    ``doors`` are those of channels that write otherwise than by readings. ``settle`` is called after some
    hundred messages each, to commit: within one transaction the newest value of a datastream has a version
    for each message, and every message would look through those before it.
    """
    counts: Counter[str] = Counter()
    again = Again(templates)
    page = replace(asked, limit=_PAGE)
    while messages := store.listed(connection, page):
        for message in messages:
            door = (doors or {}).get(message.channel)
            arrival = None if door else again.decode(message)
            if door:
                done = store.note_replay(connection, message.number, door(connection, message))
            elif arrival is not None:
                done = store.replay(connection, message, arrival, sink)
            else:
                continue
            counts["replayed" if done.reason is None else str(done.reason)] += 1
        settle()
        page = replace(page, after=messages[-1].number)
    return dict(counts)
