"""paho's client 消息客户端, quick where every message passes: it reads ahead and takes them apart itself.

Both are short cuts of methods that paho calls for each packet; whatever is not plain goes paho's own way.
"""

from __future__ import annotations

from collections.abc import Callable

from paho.mqtt.client import Client, MQTTv5
from paho.mqtt.enums import MQTTErrorCode

_PIECE = 1 << 16
_DUP, _QOS, _RETAIN = 0x08, 0x06, 0x01

Taken = Callable[[str, bytes, int, int, bool, bool], None]
"""Topic, payload, number, QoS, whether delivered again, whether retained."""


class QuickClient(Client):
    """Give it ``on_publication`` beside ``on_message``; it acknowledges by hand alone (``manual_ack``)."""

    on_publication: Taken | None = None
    _piece = b""
    _given = 0

    @property
    def ahead(self) -> bool:
        """Whether bytes were taken that no packet has asked for yet: the socket does not tell of them."""
        return self._given < len(self._piece)

    def _sock_recv(self, bufsize: int) -> bytes:
        """What is asked for, of what the socket had: paho asks three times for a packet.

        It reads ahead where a packet begins alone: whoever goes on while it is ``ahead`` comes to an end.
        """
        if not self.ahead:
            begins = self._in_packet["command"] == 0
            self._piece, self._given = super()._sock_recv(_PIECE if begins else bufsize), 0
        found = self._piece[self._given : self._given + bufsize]
        self._given += len(found)
        return found

    def _handle_publish(self) -> MQTTErrorCode:
        """MQTT 5, 3.3: topic, number where QoS is 1, length of properties, payload."""
        header, packet = self._in_packet["command"], self._in_packet["packet"]
        topic_end = 2 + int.from_bytes(packet[:2])
        properties = topic_end + (2 if header & _QOS else 0)
        payload = properties + (self._protocol == MQTTv5)
        plain = header & _QOS <= 0x02 and topic_end > 2 and payload <= len(packet)
        if self.on_publication is None or not plain or any(packet[properties:payload]):
            return super()._handle_publish()
        try:
            topic = packet[2:topic_end].decode("utf-8")
        except UnicodeDecodeError:
            return super()._handle_publish()
        self.on_publication(
            topic,
            bytes(packet[payload:]),
            int.from_bytes(packet[topic_end:properties]),
            (header & _QOS) >> 1,
            bool(header & _DUP),
            bool(header & _RETAIN),
        )
        return MQTTErrorCode.MQTT_ERR_SUCCESS
