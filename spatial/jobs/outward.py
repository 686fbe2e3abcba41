"""Requests that the platform makes itself 对外请求: to hosts that the installation names, and no others.

Only hosts of ``ONEMAP_CALLBACK_HOSTS`` are asked. A name is resolved once and
the connection goes to that very address, so that a name cannot be turned round
in between; private, loopback and link-local addresses are refused unless the
setting lists them themselves. No redirect is followed.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

from spatial.errors import OneMapError, shorten

CONNECT_WITHIN_S = 5.0
LONGEST_URI = 2000
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Refuse = Callable[[str, str, str], OneMapError]
"""Makes the error of an address: what is wrong with it, in Chinese and English, and the value."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a request goes."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def named(self) -> str:
        """The host as the ``Host`` header has it."""
        bare = f"[{self.host}]" if ":" in self.host else self.host
        usual = {"http": 80, "https": 443}[self.scheme]
        return bare if self.port == usual else f"{bare}:{self.port}"


def target(uri: str, hosts: tuple[str, ...], refuse: Refuse) -> Target:
    """The parts of an address that may be asked; raises what ``refuse`` makes for any other."""
    shown = shorten(uri)
    try:
        parts = urlsplit(uri)
        port = parts.port or {"http": 80, "https": 443}.get(parts.scheme, 0)
    except ValueError:
        raise refuse("不是网址", "is no address", shown) from None
    host = (parts.hostname or "").lower()
    known = parts.scheme in ("http", "https") and bool(host) and bool(port)
    if not is_plain(uri) or not known or parts.username is not None or parts.fragment:
        raise refuse("须为 http 或 https 网址", "must be a plain http or https address", shown)
    if host not in hosts and f"{host}:{port}" not in hosts:
        raise refuse(
            "主机不在 ONEMAP_CALLBACK_HOSTS 之列",
            "is at a host that ONEMAP_CALLBACK_HOSTS does not list",
            shown,
        )
    path = parts.path or "/"
    return Target(parts.scheme, host, port, f"{path}?{parts.query}" if parts.query else path)


def is_plain(uri: str) -> bool:
    """Whether a text is written as an address is: what is not ASCII, or a space, stands percent-encoded.

    >>> [is_plain(text) for text in ("http://h/a?b=%20", "http://h/a b", "http://h/市")]
    [True, False, False]
    """
    return uri.isascii() and uri.isprintable() and " " not in uri and len(uri) <= LONGEST_URI


def resolve(where: Target, hosts: tuple[str, ...], refuse: Refuse) -> Address:
    """The one address to connect to; refused where any of the name's is not public, ``OSError`` where
    the name leads nowhere.
    """
    found = socket.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)
    addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
    for address in addresses:
        if not _public(address) and not _listed(address, hosts):
            raise refuse("指向内部地址", "leads to an address that is not public", where.host)
    return addresses[0]


@contextmanager
def connected(where: Target, address: Address, within_s: float) -> Iterator[Pinned]:
    """A connection to that address, hung up when the time is over, however slowly an answer drips."""
    context = ssl.create_default_context() if where.scheme == "https" else None
    connection = Pinned(where, address, context)
    over = threading.Timer(within_s, connection.hang_up)
    over.start()
    try:
        yield connection
    finally:
        over.cancel()
        connection.close()


class Pinned(http.client.HTTPConnection):
    """A connection to an address that was decided before."""

    def __init__(self, where: Target, address: Address, context: ssl.SSLContext | None) -> None:
        super().__init__(where.host, where.port, timeout=CONNECT_WITHIN_S)
        self._address = address
        self._context = context
        self._wire: socket.socket | None = None  # an answer that ends with the connection outlives ``sock``
        self.hung_up = False
        """Whether its time was over before it was closed: what came until then is not whole."""

    def hang_up(self) -> None:
        """End it from another thread."""
        self.hung_up = True
        if self._wire is not None:
            with suppress(OSError):
                self._wire.shutdown(socket.SHUT_RDWR)

    def connect(self) -> None:
        """To the address, under the host's name; TimeoutError where its time is over by then."""
        self.sock = self._wire = socket.create_connection((str(self._address), self.port), self.timeout)
        if self._context is not None:
            secured = self._context.wrap_socket(
                self.sock, server_hostname=self.host, do_handshake_on_connect=False
            )
            self.sock = self._wire = secured  # so that a handshake that drips is hung up, too
            if not self.hung_up:
                secured.do_handshake()
        if self.hung_up:
            raise TimeoutError


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
