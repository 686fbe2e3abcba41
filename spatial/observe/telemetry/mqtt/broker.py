"""Where a broker is 消息代理地址, and who asks there."""

from __future__ import annotations

from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from spatial.errors import InvalidInput, shorten

PORT, PORT_TLS = 1883, 8883


class BadBroker(InvalidInput):
    """A text that is no address of a broker 消息代理地址有误."""

    code = "bad-broker"


@dataclass(frozen=True, slots=True)
class Broker:
    """A broker by its address; ``password`` is never shown."""

    host: str
    port: int = PORT
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: bool = False

    @property
    def name(self) -> str:
        """For logs, and for the raw messages that came from it."""
        return f"{self.host}:{self.port}"

    @staticmethod
    def read(text: str) -> Broker:
        """From ``mqtt://user:password@host:port``; ``mqtts`` for TLS.

        >>> Broker.read("mqtt://li:secret@broker.example")
        Broker(host='broker.example', port=1883, username='li', tls=False)
        """
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            parts, port = urlsplit(""), None
        if parts.scheme not in ("mqtt", "mqtts") or not parts.hostname or parts.path.strip("/"):
            shown = shorten(text.rpartition("@")[2])  # what stands before may be a password
            raise BadBroker(
                f"消息代理地址须为 mqtt://[用户:口令@]主机[:端口]:{shown}",
                f"the address of a broker is mqtt://[user:password@]host[:port]: {shown}",
                value=shown,
            )
        tls = parts.scheme == "mqtts"
        return Broker(
            parts.hostname,
            port or (PORT_TLS if tls else PORT),
            unquote(parts.username) if parts.username else None,
            unquote(parts.password) if parts.password else None,
            tls,
        )
