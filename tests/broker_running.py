"""A Mosquitto for tests, started by us and ended by its process; devices that publish to it."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from spatial.observe.telemetry.mqtt.broker import Broker
from spatial.observe.telemetry.mqtt.mosquitto import Mosquitto

Message = tuple[str, bytes]


@dataclass
class RunningBroker:
    """It can be killed and started again with the same place and port."""

    mosquitto: Mosquitto
    process: subprocess.Popen[bytes] = field(init=False)

    def start(self) -> None:
        self.process = self.mosquitto.start()
        self.mosquitto.await_ready(self.process)

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(60)

    @property
    def address(self) -> Broker:
        return self.mosquitto.broker

    @property
    def port(self) -> int:
        return self.mosquitto.port


@contextmanager
def broker() -> Iterator[RunningBroker]:
    """A broker on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place = Path(tempfile.mkdtemp(prefix="onemap-broker-"))
    place.chmod(0o755)  # user mosquitto must get through
    made = RunningBroker(Mosquitto(place / "mosquitto", "127.0.0.1", port))
    made.start()
    try:
        yield made
    finally:
        made.stop()
        shutil.rmtree(place)


class Device(threading.Thread):
    """Publishes with QoS 1, a few at a time, until all are confirmed, whatever becomes of the broker."""

    def __init__(self, port: int, messages: Sequence[Message], *, inflight: int = 50) -> None:
        super().__init__(daemon=True)
        self._port, self._messages, self._inflight = port, messages, inflight
        self.confirmed = 0
        self.held = threading.Event()
        """While it is set, nothing new is published."""

    def run(self) -> None:
        client = paho.Client(
            CallbackAPIVersion.VERSION2, protocol=paho.MQTTv311, client_id=f"d{id(self)}", clean_session=False
        )
        client.max_inflight_messages_set(self._inflight)
        client.reconnect_delay_set(0.2, 1)
        client.on_publish = self._published
        client.connect("127.0.0.1", self._port)
        client.loop_start()
        for place, each in enumerate(self._messages):
            while place - self.confirmed >= self._inflight or self.held.is_set():
                time.sleep(0.001)
            client.publish(*each, qos=1)
        while self.confirmed < len(self._messages):
            time.sleep(0.001)
        client.disconnect()
        client.loop_stop()

    def _published(self, *_told: object) -> None:
        self.confirmed += 1


def publish(port: int, *messages: Message) -> None:
    """All are confirmed when it returns."""
    device = Device(port, messages)
    device.start()
    device.join(60)
    assert device.confirmed == len(messages)


class Listener:
    """A subscriber that notes what comes."""

    def __init__(self, port: int, *topics: str, name: str = "") -> None:
        self.messages: list[tuple[str, bytes]] = []
        self._client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=name, protocol=paho.MQTTv311, clean_session=not name
        )
        subscribed = threading.Event()
        self._client.on_message = lambda _c, _u, each: self.messages.append((each.topic, each.payload))
        self._client.on_subscribe = lambda *told: subscribed.set()
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        self._client.subscribe([(each, 1) for each in topics])
        assert subscribed.wait(60)

    def close(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


def never_reading(port: int, topic: str) -> socket.socket:
    """A subscriber that takes its confirmation and then reads nothing more."""
    silent = socket.create_connection(("127.0.0.1", port))
    silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    name = b"silent"
    connect = b"\x00\x04MQTT\x04\x00\x00\x00" + len(name).to_bytes(2) + name
    subscribe = b"\x00\x01" + len(topic).to_bytes(2) + topic.encode() + b"\x01"
    silent.sendall(b"\x10" + bytes([len(connect)]) + connect)
    time.sleep(0.1)
    silent.sendall(b"\x82" + bytes([len(subscribe)]) + subscribe)
    time.sleep(0.1)
    return silent
