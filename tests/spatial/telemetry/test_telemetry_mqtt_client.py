"""What the quick client gives of any stream of publications is what paho's own gives."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from spatial.observe.telemetry.mqtt.client import QuickClient

NEWEST, OLDER = MQTTProtocolVersion.MQTTv5, MQTTProtocolVersion.MQTTv311
PROPERTIES = (b"", b"", b"\x01\x01", b"\x26\x00\x01a\x00\x01b", b"\x03\x00\x10application/json")


@dataclass(frozen=True)
class Publication:
    topic: str
    payload: bytes
    number: int
    qos: int
    again: bool
    retained: bool
    properties: bytes

    def packet(self, version: MQTTProtocolVersion) -> bytes:
        topic = self.topic.encode()
        body = len(topic).to_bytes(2) + topic
        body += self.number.to_bytes(2) if self.qos else b""
        body += bytes([len(self.properties)]) + self.properties if version is NEWEST else b""
        body += self.payload
        return bytes([0x30 | self.again << 3 | self.qos << 1 | self.retained]) + length(len(body)) + body


def length(count: int) -> bytes:
    found = bytearray()
    while True:
        count, low = divmod(count, 128)
        found.append(low | (128 if count else 0))
        if not count:
            return bytes(found)


publications = st.builds(
    Publication,
    st.text(st.characters(codec="utf-8", exclude_characters="\0#+"), min_size=1, max_size=20),
    st.binary(max_size=300),
    st.integers(1, 65_535),
    st.sampled_from((0, 1)),
    st.booleans(),
    st.booleans(),
    st.sampled_from(PROPERTIES),
)


def received(client: Client, version: MQTTProtocolVersion, pieces: list[bytes]) -> list[tuple[Any, ...]]:
    """Of a broker that sends its bytes in such pieces."""
    found: list[tuple[Any, ...]] = []
    client.on_message = lambda _c, _d, m: found.append(
        (m.topic, bytes(m.payload), m.mid, m.qos, m.dup, m.retain)
    )
    if isinstance(client, QuickClient):
        client.on_publication = lambda *told: found.append(told)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client.connect("127.0.0.1", listener.getsockname()[1])
        peer, _ = listener.accept()
        with peer:
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            peer.sendall(b"\x20\x03\x00\x00\x00" if version is NEWEST else b"\x20\x02\x00\x00")
            for piece in pieces:
                peer.sendall(piece)
                for _ in range(len(piece) + 3):  # a packet has a byte at least
                    client.loop_read()
        client.loop_read()
    return found


def made(kind: type[Client], version: MQTTProtocolVersion) -> Client:
    return kind(
        CallbackAPIVersion.VERSION2,
        client_id="t",
        protocol=version,
        clean_session=None if version is NEWEST else False,
        manual_ack=True,
        reconnect_on_failure=False,
    )


@pytest.mark.parametrize("version", [NEWEST, OLDER])
@settings(deadline=None, max_examples=60)
@given(sent=st.lists(publications, max_size=8), cuts=st.lists(st.integers(1, 700), max_size=6))
def test_any_stream_is_given_as_paho_gives_it(
    version: MQTTProtocolVersion, sent: list[Publication], cuts: list[int]
) -> None:
    stream = b"".join(each.packet(version) for each in sent)
    ends = sorted({min(cut, len(stream)) for cut in cuts} | {len(stream)})
    pieces = [stream[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    quick = received(made(QuickClient, version), version, pieces)
    assert quick == received(made(Client, version), version, pieces)
    assert quick == [
        (each.topic, each.payload, each.number if each.qos else 0, each.qos, each.again, each.retained)
        for each in sent
    ]


@pytest.mark.parametrize(
    "packet",
    [b"\x32\x01\x00", b"\x32\x04\x00\x09ab", b"\x32\x03\x00\x01a", b"\x36\x06\x00\x01a\x00\x01\x00"],
    ids=["no topic", "topic cut", "no number", "quality 3"],
)
def test_what_is_no_publication_is_refused_as_paho_refuses_it(packet: bytes) -> None:
    assert received(made(QuickClient, NEWEST), NEWEST, [packet]) == []
    assert received(made(Client, NEWEST), NEWEST, [packet]) == []
