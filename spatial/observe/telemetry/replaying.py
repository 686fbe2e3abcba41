"""Decoding kept messages again 报文重放: once a device is registered, a clock mended, a decoder corrected."""

from __future__ import annotations

from collections import Counter, OrderedDict
from dataclasses import replace

from spatial.database import Connection
from spatial.observe.telemetry import store
from spatial.observe.telemetry.arrival import Arrival
from spatial.observe.telemetry.dialogue import Dialogue, Peer
from spatial.observe.telemetry.hj212.dialogue import Dialogue as Hj212
from spatial.observe.telemetry.sink import Sink
from spatial.observe.telemetry.sl651.dialogue import Dialogue as Sl651
from spatial.observe.telemetry.store import Listing, Message

_PAGE = 1000
_SENDERS = 4096


def dialogue(peer: Peer) -> Dialogue | None:
    """A dialogue of the protocol that a channel is of; None where the channel has none."""
    protocol = peer.channel.partition("/")[0]
    if protocol == "sl651":
        return Sl651(peer)
    return Hj212(peer) if protocol == "hj212" else None


class Again:
    """Decodes kept messages in their order; packets of one sender are put together as they came."""

    def __init__(self) -> None:
        self._open: OrderedDict[Peer, Dialogue] = OrderedDict()

    def decode(self, message: Message) -> Arrival | None:
        """What a message gives now; None where its channel has no decoder here."""
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
    return replace((taken or arrivals)[-1], readings=readings, answer=None)


def replay(connection: Connection, asked: Listing, sink: Sink) -> dict[str, int]:
    """Replay all messages of a listing, in the caller's transaction; how many went which way."""
    counts: Counter[str] = Counter()
    again = Again()
    page = replace(asked, limit=_PAGE)
    while messages := store.listed(connection, page):
        for message in messages:
            arrival = again.decode(message)
            if arrival is None:
                continue
            done = store.replay(connection, message, arrival, sink)
            counts["replayed" if done.reason is None else str(done.reason)] += 1
        page = replace(page, after=messages[-1].number)
    return dict(counts)
