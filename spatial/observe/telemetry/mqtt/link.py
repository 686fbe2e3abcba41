"""One connection to a broker 与消息代理的连接, made anew whenever it is lost.

The session is persistent: what comes while nobody is connected waits at the broker. Nothing is acknowledged
by itself; whoever takes a delivery says when it is :meth:`Link.done`. At most ``window`` deliveries and
``HELD_MAX`` bytes are unacknowledged at a time; beyond it the broker waits, and memory stays bounded.

A number of a delivery means something in its own connection only, so what is done later than its connection
ended is not acknowledged: the broker delivers it again, and whoever takes it knows it by its content.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

from paho.mqtt.client import Client, MQTTMessage, MQTTv5, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

from spatial.observe.telemetry.mqtt.broker import Broker
from spatial.observe.telemetry.mqtt.client import QuickClient

_LOG = logging.getLogger(__name__)
HELD_MAX = 64 * 1024 * 1024
SESSION_S = 30 * 86_400
"""How long a broker keeps the session of a client that does not come back (MQTT 5)."""
_AGAIN_S = (0.2, 0.5, 1.0, 2.0, 5.0, 15.0)
_CONNECT_S, _KEEP_ALIVE_S, _TURN_S = 10.0, 30, 0.5
_BURST = 500
"""Messages read in one go, so that what is done is acknowledged meanwhile."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """A message as the broker gave it; ``connection`` and ``number`` are for its acknowledgement."""

    topic: str
    payload: bytes
    number: int
    qos: int
    again: bool
    """The broker has tried to deliver it before (DUP)."""
    retained: bool
    connection: int


class LinkLost(ConnectionError):
    """The connection ended before the broker had confirmed all 与消息代理的连接中断."""


class Link:
    """A client of a broker within an event loop.

    ``taken`` is given deliveries as they are read; ``finish`` is awaited before a wanted end, so that what
    is under way can be acknowledged. ``no_local`` keeps back what this client has published itself. One that
    is ``leaving`` gives up the subscriptions of its session and, at its wanted end, the session.
    """

    def __init__(
        self,
        broker: Broker,
        client_id: str,
        filters: Sequence[str],
        taken: Callable[[list[Delivery]], None],
        *,
        finish: Callable[[], Awaitable[None]] | None = None,
        window: int = 4000,
        no_local: bool = False,
        leaving: bool = False,
        version: Literal["5", "3.1.1"] = "5",
    ) -> None:
        self._broker, self._id, self._filters = broker, client_id, tuple(filters)
        self._taken, self._finish = taken, finish
        self._window, self._no_local, self._newest = window, no_local, version == "5"
        self._leaving = leaving
        self._connection = 0
        self._client: QuickClient | None = None
        self._read: list[Delivery] = []
        self._unconfirmed: set[int] = set()
        self._confirmed = asyncio.Event()
        self._lost = asyncio.Event()
        self._why, self._dropped = "", False
        self.connected = asyncio.Event()
        """Set while the broker has taken the subscriptions."""
        self.held = self.held_bytes = 0
        """Deliveries that are not done."""

    async def run(self, stop: asyncio.Event) -> None:
        """Keep connected until stopped; a lost connection is made again after a pause that grows."""
        tries = 0
        while not stop.is_set():
            try:
                if await self._served(stop) and not self._dropped:
                    tries = 0
            except (OSError, ValueError) as failure:
                self._why = f"{type(failure).__name__}: {failure}"
            if stop.is_set():
                return
            _LOG.warning("broker %s away: %s", self._broker.name, self._why)
            pause_s = _AGAIN_S[min(tries, len(_AGAIN_S) - 1)] * random.uniform(0.7, 1.3)
            tries += 1
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), pause_s)

    def done(self, deliveries: Sequence[Delivery], *, acknowledged: bool = True) -> None:
        """Nothing is left to do for these; the broker is told so, in the order they came."""
        self.held -= len(deliveries)
        self.held_bytes -= sum(len(each.payload) for each in deliveries)
        client = self._client
        if client is None:
            return
        if acknowledged:
            for each in deliveries:
                if each.qos and each.connection == self._connection:
                    client.ack(each.number, each.qos)
        if self.held_bytes <= HELD_MAX:
            self._listen()

    def drop(self, why: str) -> None:
        """End this connection and make another: what is unacknowledged is delivered again."""
        self._why, self._dropped = why, True
        self._lost.set()

    async def publish(self, messages: Sequence[tuple[str, bytes]]) -> None:
        """Publish with QoS 1 and wait until the broker has confirmed all; LinkLost where it did not."""
        await self.connected.wait()
        client, connection = self._client, self._connection
        if client is None or self._lost.is_set():
            raise LinkLost(self._why)
        self._confirmed.clear()
        for topic, payload in messages:
            self._unconfirmed.add(client.publish(topic, payload, qos=1).mid)
        while self._unconfirmed:
            await self._confirmed.wait()
            if self._connection != connection or self._lost.is_set():
                raise LinkLost(self._why)

    async def _served(self, stop: asyncio.Event) -> bool:
        """One connection, to its end; whether it ever was good."""
        loop = asyncio.get_running_loop()
        client = self._made()
        self._lost.clear()
        self._dropped = False
        await asyncio.to_thread(self._connect, client)
        sock = client.socket()
        if sock is None:
            raise ConnectionError("no connection")
        self._connection += 1
        self._client = client
        client.on_socket_register_write = lambda _c, _u, s: loop.add_writer(s, self._writable)
        client.on_socket_unregister_write = lambda _c, _u, s: _quiet(loop, s)
        client.on_socket_close = lambda _c, _u, s: _leave(loop, s)
        self._listen()
        answer_by = loop.time() + _CONNECT_S
        try:
            while not (stop.is_set() or self._lost.is_set()):
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._lost.wait(), _TURN_S)
                if not self.connected.is_set() and loop.time() > answer_by:
                    self._ended("no answer to the connection")
                if client.loop_misc() != MQTTErrorCode.MQTT_ERR_SUCCESS:
                    self._ended("no answer to a ping")
            if stop.is_set():
                await self._ending(client, loop)
        finally:
            good = self.connected.is_set()
            self.connected.clear()
            self._client = None
            self._unconfirmed.clear()
            self._confirmed.set()
            client.on_socket_register_write = client.on_socket_unregister_write = None
            client.on_socket_close = None
            if client.socket() is not None:
                _leave(loop, sock)
                sock.close()
        return good

    async def _ending(self, client: Client, loop: asyncio.AbstractEventLoop) -> None:
        """Take no more, let what is under way be done, say good-bye."""
        sock = client.socket()
        if sock is not None:
            loop.remove_reader(sock)
        if self._finish:
            await self._finish()
        told = None
        if self._leaving and self._newest:
            told = Properties(PacketTypes.DISCONNECT)  # type: ignore[no-untyped-call]
            told.SessionExpiryInterval = 0
        client.disconnect(properties=told)
        for _ in range(50):
            if client.socket() is None or not client.want_write():
                return
            await asyncio.sleep(0.02)

    def _made(self) -> QuickClient:
        client = QuickClient(
            CallbackAPIVersion.VERSION2,
            client_id=self._id,
            protocol=MQTTv5 if self._newest else MQTTv311,
            clean_session=None if self._newest else False,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        client.connect_timeout = _CONNECT_S
        client.max_inflight_messages_set(self._window)
        if self._broker.username is not None:
            client.username_pw_set(self._broker.username, self._broker.password)
        if self._broker.tls:
            client.tls_set()
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_unsubscribe = lambda *_: self.connected.set()
        client.on_disconnect = lambda *told: self._ended(str(told[3]))
        client.on_message = self._on_message
        client.on_publication = self._on_publication
        client.on_publish = self._on_publish
        return client

    def _connect(self, client: Client) -> None:
        broker = self._broker
        if not self._newest:
            client.connect(broker.host, broker.port, _KEEP_ALIVE_S)
            return
        told = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        told.SessionExpiryInterval = SESSION_S
        told.ReceiveMaximum = self._window
        client.connect(broker.host, broker.port, _KEEP_ALIVE_S, clean_start=False, properties=told)

    def _on_connect(self, client: Client, _data: object, _flags: object, reason: Any, _more: object) -> None:
        if reason.is_failure:
            self._ended(str(reason))
        elif not self._filters:
            self.connected.set()
        elif self._leaving:
            client.unsubscribe(list(self._filters))
        elif self._newest:
            options = SubscribeOptions(qos=1, noLocal=self._no_local)
            client.subscribe([(each, options) for each in self._filters])
        else:
            client.subscribe([(each, 1) for each in self._filters])

    def _on_subscribe(self, _client: Client, _data: object, _mid: int, reasons: Any, _more: object) -> None:
        refused = [str(reason) for reason in reasons if reason.is_failure]
        if refused:
            self._ended(f"subscription refused: {refused[0]}")
        else:
            self.connected.set()

    def _on_message(self, _client: Client, _data: object, message: MQTTMessage) -> None:
        self._on_publication(
            message.topic, bytes(message.payload), message.mid, message.qos, message.dup, message.retain
        )

    def _on_publication(
        self, topic: str, payload: bytes, number: int, qos: int, again: bool, retained: bool
    ) -> None:
        self._read.append(Delivery(topic, payload, number, qos, again, retained, self._connection))

    def _on_publish(self, _client: Client, _data: object, mid: int, _reason: Any, _more: object) -> None:
        self._unconfirmed.discard(mid)
        if not self._unconfirmed:
            self._confirmed.set()

    def _ended(self, why: str) -> None:
        self._why = self._why if self._lost.is_set() else why
        self._lost.set()

    def _listen(self) -> None:
        sock = self._client.socket() if self._client else None
        if sock is not None:
            asyncio.get_running_loop().add_reader(sock, self._readable)

    def _writable(self) -> None:
        if self._client is not None and self._client.loop_write() != MQTTErrorCode.MQTT_ERR_SUCCESS:
            self._ended("connection lost while writing")

    def _readable(self) -> None:
        client = self._client
        if client is None:
            return
        while len(self._read) < _BURST or client.ahead:
            before = len(self._read)
            if client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS or client.socket() is None:
                self._ended("connection lost while reading")
                break
            if len(self._read) == before and not client.ahead:
                break
        if not self._read:
            return
        deliveries, self._read = self._read, []
        self.held += len(deliveries)
        self.held_bytes += sum(len(each.payload) for each in deliveries)
        sock = client.socket()
        if self.held_bytes > HELD_MAX and sock is not None:
            asyncio.get_running_loop().remove_reader(sock)
        self._taken(deliveries)


def _quiet(loop: asyncio.AbstractEventLoop, sock: Any) -> None:
    """Nothing is left to be written."""
    loop.remove_writer(sock)


def _leave(loop: asyncio.AbstractEventLoop, sock: Any) -> None:
    """Before the socket is closed: its number may be another's the next moment."""
    loop.remove_reader(sock)
    loop.remove_writer(sock)
