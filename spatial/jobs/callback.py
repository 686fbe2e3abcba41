"""Callbacks 回调: telling a subscriber's address how its job ended, and nobody else.

Only hosts of ``ONEMAP_CALLBACK_HOSTS`` are called. A name is resolved once and
the connection goes to that very address, so that a name cannot be turned round
in between; private, loopback and link-local addresses are refused unless the
setting lists them themselves. No redirect is followed, no answer is kept.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from spatial.errors import CallbackRefused, Unavailable

CONNECT_WITHIN_S = 5.0
ANSWER_WITHIN_S = 10.0
"""From the connection to the answer's headers, however slowly they drip."""
ATTEMPTS = 5
LONGEST_URI = 2000
Address = ipaddress.IPv4Address | ipaddress.IPv6Address


@dataclass(frozen=True, slots=True)
class Target:
    """Where a callback goes."""

    scheme: str
    host: str
    port: int
    path: str


def target(uri: str, hosts: tuple[str, ...]) -> Target:
    """The parts of an address that may be called; CallbackRefused for any other."""
    shown = uri[:80]
    try:
        parts = urlsplit(uri)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        raise _refused("不是网址", "is no address", shown) from None
    host = (parts.hostname or "").lower()
    plain = uri.isascii() and uri.isprintable() and " " not in uri and len(uri) <= LONGEST_URI
    if not plain or not host or not port or parts.username is not None or parts.fragment:
        raise _refused("须为 http 或 https 网址", "must be a plain http or https address", shown)
    if host not in hosts and f"{host}:{port}" not in hosts:
        raise _refused(
            "主机不在 ONEMAP_CALLBACK_HOSTS 之列",
            "is at a host that ONEMAP_CALLBACK_HOSTS does not list",
            shown,
        )
    path = parts.path or "/"
    return Target(parts.scheme, host, port, f"{path}?{parts.query}" if parts.query else path)


def resolve(where: Target, hosts: tuple[str, ...]) -> Address:
    """The one address to connect to; CallbackRefused where any of the name's is not public."""
    try:
        found = socket.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)
    except OSError as failure:
        raise Unavailable(
            f"回调主机无法解析:{where.host}",
            f"the callback's host cannot be resolved: {where.host}",
            value=where.host,
        ) from failure
    addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
    for address in addresses:
        if not _public(address) and not _listed(address, hosts):
            raise _refused("指向内部地址", "leads to an address that is not public", where.host)
    return addresses[0]


def send(uri: str, hosts: tuple[str, ...], body: bytes) -> None:
    """POST a JSON body; Unavailable where it did not arrive, to be tried again."""
    where = target(uri, hosts)
    address = resolve(where, hosts)
    connection = _connection(where, address)
    host = where.host if where.port in (80, 443) else f"{where.host}:{where.port}"
    over = threading.Timer(ANSWER_WITHIN_S, connection.hang_up)
    over.start()
    try:
        connection.request(
            "POST",
            where.path,
            body,
            {"Host": host, "Content-Type": "application/json", "Connection": "close"},
        )
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as failure:
        raise _undelivered(where.host, type(failure).__name__) from failure
    finally:
        over.cancel()
        connection.close()
    if not 200 <= status < 300:
        raise _undelivered(where.host, str(status))


class _Pinned(http.client.HTTPConnection):
    """A connection to an address that was decided before."""

    def __init__(self, where: Target, address: Address, context: ssl.SSLContext | None) -> None:
        super().__init__(where.host, where.port, timeout=CONNECT_WITHIN_S)
        self._address = address
        self._context = context

    def hang_up(self) -> None:
        if self.sock is not None:
            with suppress(OSError):
                self.sock.shutdown(socket.SHUT_RDWR)

    def connect(self) -> None:
        sock = socket.create_connection((str(self._address), self.port), self.timeout)
        self.sock = self._context.wrap_socket(sock, server_hostname=self.host) if self._context else sock


def _connection(where: Target, address: Address) -> _Pinned:
    context = ssl.create_default_context() if where.scheme == "https" else None
    return _Pinned(where, address, context)


def _public(address: Address) -> bool:
    inner = getattr(address, "ipv4_mapped", None) or address
    return inner.is_global and not inner.is_multicast


def _listed(address: Address, hosts: tuple[str, ...]) -> bool:
    for entry in hosts:
        text = entry if "/" in entry or entry.count(":") != 1 else entry.rpartition(":")[0]
        try:
            if address in ipaddress.ip_network(text):
                return True
        except ValueError:
            continue  # a name
    return False


def _refused(zh: str, en: str, value: str) -> CallbackRefused:
    return CallbackRefused(
        f"回调地址{zh}:{value}",
        f"the callback address {en}: {value}",
        value=value,
        details={"pointer": "/subscriber"},
    )


def _undelivered(host: str, why: str) -> Unavailable:
    return Unavailable(f"回调未送达 {host}:{why}", f"the callback did not arrive at {host}: {why}", value=why)
