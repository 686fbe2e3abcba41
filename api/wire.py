"""Requests and replies at the wire: what hot routes need and nothing more.

Hot routes are plain ASGI. A request reads its scope when asked, a reply is a
status, headers and bytes; compression, HEAD and conditional answers are done
here once for all of them.
"""

from __future__ import annotations

import asyncio
import hashlib
import zlib
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, MutableMapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

import brotli  # type: ignore[import-untyped]

from spatial.access.model import ANONYMOUS, Origin, Principal

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]
Header = tuple[bytes, bytes]
T = TypeVar("T")

PRINCIPAL = "onemap.principal"
"""Key of the ASGI scope under which the principal stands."""
IN_NAME_OF = "onemap.in-name-of"
"""Key of the ASGI scope under which a principal stands for whom this process asks itself. Nothing that
comes over the network sets it."""
AGAIN = "onemap.again"
"""Key of the ASGI scope under which it stands how to ask once more whose the credential is."""
UNWATCHED_S = 0.05
"""What is done by then is done, whether somebody waits for it or not."""
PIECE_BYTES = 1 << 18
PIECE_DEADLINE_S = 30.0
"""A reader of a stream takes 256 KiB in this time, or its connection is broken off."""
ROWS = "onemap.rows"
"""Key of the ASGI scope under which a door tells how many features it sent."""
TOLD = "onemap.told"
"""Key of the ASGI scope under which headers stand that the answer carries, whoever gives it."""
HEADERS = "onemap.headers"
"""Key of the ASGI scope under which its headers stand by name (:func:`by_name`). Who makes a scope with
other headers leaves it out."""
WHO: tuple[bytes, ...] = (b"Authorization", b"X-API-Key", b"Origin")
"""Headers that decide who asks: what differs by that varies by them."""
COMPRESS_FROM_BYTES = 1400
"""A smaller body fits one packet as it is."""
COMPRESS_IN_THREAD_FROM_BYTES = 65_536
_COMPRESSIBLE = (b"json", b"text/", b"javascript", b"xml", b"vector-tile")
SECURITY_HEADERS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"access-control-allow-origin", b"*"),
    (
        b"access-control-expose-headers",
        b"Accept-Patch, Accept-Post, Allow, Content-Crs, Content-Disposition, ETag, Link, Location,"
        b" Onemap-Asof, Onemap-Away, Onemap-Datetime, Onemap-Generalised, Onemap-Synthetic,"
        b" Preference-Applied, RateLimit, Retry-After, X-Request-Id",
    ),
)
CLOSED_HEADERS = tuple(pair for pair in SECURITY_HEADERS if pair[0] != b"access-control-allow-origin")
"""Of what is answered to the operator: a page of another site is not to read it, not even from a cache."""


def by_name(scope: Scope) -> dict[bytes, bytes]:
    """The headers of a request by name, of those that stand twice the last; read once for all layers."""
    found: dict[bytes, bytes] | None = scope.get(HEADERS)
    if found is None:
        found = scope[HEADERS] = dict(scope["headers"])
    return found


class Request:
    """A view of an ASGI scope."""

    __slots__ = ("_path", "_receive", "_watch", "headers", "path_params", "scope")

    def __init__(self, scope: Scope, receive: Receive | None = None) -> None:
        self._receive = receive
        self._watch: asyncio.Task[None] | None = None
        self._path = ""
        self.scope = scope
        self.headers = by_name(scope)
        self.path_params: dict[str, str] = scope.get("path_params", {})

    @property
    def method(self) -> str:
        """The HTTP method."""
        return str(self.scope["method"])

    @property
    def principal(self) -> Principal:
        """Who asks, as :mod:`api.identity` found out."""
        found: Principal = self.scope.get(PRINCIPAL, ANONYMOUS)
        return found

    async def still(self) -> Principal:
        """Who asks by what the credential is worth now, or ``Unauthenticated``: for long answers."""
        again: Callable[[Scope], Awaitable[Principal]] | None = self.scope.get(AGAIN)
        return self.principal if again is None else await again(self.scope)

    @property
    def path(self) -> str:
        """The path as it is written in links, percent-encoded."""
        if not self._path:
            whole = self.scope.get("root_path", "") + self.scope["path"]
            self._path = quote(whole, safe="/:@!$&'()*+,;=-._~")
        return self._path

    @property
    def query_string(self) -> bytes:
        """The query as it came, percent-encoded."""
        return bytes(self.scope["query_string"])

    @property
    def raw_path(self) -> str:
        """The path as it came, percent-encoded: there an encoded slash is no separator."""
        raw = self.scope.get("raw_path")
        return raw.partition(b"?")[0].decode("latin-1") if raw else quote(self.scope["path"])

    def hung_up(self) -> asyncio.Task[None]:
        """Done when the client has hung up. One watch serves the whole request: a wait that is
        cancelled and begun anew may be told of a client gone that is still there."""
        if self._watch is None:
            self._watch = asyncio.create_task(self._gone())
        return self._watch

    def unwatch(self) -> None:
        """The request is answered."""
        if self._watch is not None:
            self._watch.cancel()

    async def _gone(self) -> None:
        while self._receive is not None:
            if (await self._receive())["type"] == "http.disconnect":
                return
        await asyncio.Future[None]()

    async def body(self) -> bytes:
        """The whole body; the guard bounds its size and its time."""
        parts: list[bytes] = []
        while self._receive is not None:
            message = await self._receive()
            parts.append(message.get("body", b""))
            if not message.get("more_body", False):
                break
        return b"".join(parts)

    def header(self, name: bytes) -> str:
        """A header's text; empty where it is missing."""
        return self.headers.get(name, b"").decode("latin-1")

    def base_url(self, configured: str | None) -> str:
        """Where links point: the configured public address, else the one asked for."""
        if configured:
            return configured
        host = self.header(b"host")
        if not _is_host(host):
            server = self.scope.get("server") or ("127.0.0.1", 80)
            host = f"{server[0]}:{server[1]}"
        return f"{self.scope.get('scheme', 'http')}://{host}"


@lru_cache(maxsize=256)
def _is_host(text: str) -> bool:
    """Whether a text may stand as a host in links; the few that are asked for are remembered."""
    return bool(text) and all(mark.isalnum() or mark in ".-:[]_" for mark in text)


class ClientGone(Exception):
    """Nobody is there any more to be answered."""


@dataclass(slots=True)
class Reply:
    """What goes back. ``stream`` follows ``body`` where a page is too large to hold whole."""

    status: int
    headers: list[Header]
    body: bytes = b""
    stream: AsyncGenerator[bytes] | None = None
    etag: str | None = None
    """Without quotation marks and without the suffix of a content coding."""
    vary: list[bytes] = field(default_factory=list)
    patience_s: float = PIECE_DEADLINE_S
    """How long a piece of the stream may wait for its reader before the answer is broken off."""


async def unless_gone(request: Request, work: Coroutine[Any, Any, T]) -> T:
    """The work's result; it is cancelled when the client hangs up, and with it its statement.

    The client is watched only where the work takes longer: a watch costs as much as a small search.
    """
    working = asyncio.ensure_future(work)
    gone = False

    def leave(_: asyncio.Task[None]) -> None:
        nonlocal gone
        gone = working.cancel()

    timer = asyncio.get_running_loop().call_later(
        UNWATCHED_S, lambda: request.hung_up().add_done_callback(leave)
    )
    try:
        return await working
    except asyncio.CancelledError:
        task = asyncio.current_task()
        if gone and task is not None and not task.cancelling():
            raise ClientGone from None
        raise
    finally:
        timer.cancel()


def coding(request: Request) -> str:
    """The content coding to use: ``br``, ``gzip`` or ``""``."""
    accepted = request.headers.get(b"accept-encoding")
    return _coding(accepted) if accepted else ""


@lru_cache(maxsize=256)
def _coding(accepted: bytes) -> str:
    """Of those that ``Accept-Encoding`` names, q=0 refusing one; what browsers send is remembered."""
    offers: dict[str, bool] = {}
    for part in accepted.decode("latin-1").lower().split(","):
        name, _, parameters = part.partition(";")
        quality = parameters.replace(" ", "")
        offers[name.strip()] = quality not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    for name in ("br", "gzip"):
        if offers.get(name, offers.get("*", False)):
            return name
    return ""


def tag_of(content: bytes) -> str:
    """An entity tag of a content: the same for the same bytes. Processors have instructions for SHA-256."""
    return hashlib.sha256(content).hexdigest()[:24]


def known(request: Request, etag: str) -> bool:
    """Whether the client holds this representation already."""
    return held(request.headers.get(b"if-none-match"), etag) is not None


def held(if_none_match: bytes | None, etag: str) -> str | None:
    """The suffix of the coding in which a client holds a representation; ``None`` where it does not.

    By weak comparison (RFC 9110, 13.1.2).

    >>> held(b'W/"a", "b-gz"', "b"), held(b'"b"', "b"), held(b'"c"', "b")
    ('-gz', '', None)
    """
    if if_none_match is None:
        return None
    if if_none_match == b'"%b"' % etag.encode():  # what most clients send
        return ""
    text = if_none_match.decode("latin-1").strip()
    if text == "*":
        return ""
    named = {part.strip().removeprefix("W/") for part in text.split(",")}
    return next((suffix for suffix in ("-br", "-gz", "") if f'"{etag}{suffix}"' in named), None)


async def deliver(request: Request, reply: Reply, send: Send) -> None:
    """Send a reply: conditional, compressed where it pays, without body for HEAD."""
    principal: Principal = request.scope.get(PRINCIPAL, ANONYMOUS)
    named, here = principal.credential is not None, principal.origin is Origin.LOCAL
    dressed = _dressed(tuple(reply.headers), tuple(reply.vary), named, here)
    etag = reply.etag
    if etag is not None and reply.status == 200:
        suffix = held(request.headers.get(b"if-none-match"), etag)
        if suffix is not None:
            tag = (b"etag", b'"%b"' % (etag + suffix).encode())
            await _send(send, 304, [*dressed.without_body, tag], b"")
            return
    body, suffix = reply.body, ""
    headers = [*dressed.headers]
    large = reply.stream is None and len(body) >= COMPRESS_FROM_BYTES
    if large and dressed.packable and (chosen := coding(request)):
        body = await _compressed(body, chosen)
        headers.append((b"content-encoding", chosen.encode()))
        suffix = "-br" if chosen == "br" else "-gz"
    if etag is not None:
        headers.append((b"etag", b'"%b"' % (etag + suffix).encode()))
    if reply.stream is not None:
        await _send_stream(request, send, reply, headers)
        return
    headers.append((b"content-length", b"%d" % len(body)))
    await _send(send, reply.status, headers, b"" if request.scope["method"] == "HEAD" else body)


class Dressed(NamedTuple):
    """The headers that an answer goes out with, but for its tag, its coding and its length."""

    headers: tuple[Header, ...]
    without_body: tuple[Header, ...]
    """Of the answer that the client holds it already."""
    packable: bool
    """A text that is not packed yet."""


_OF_A_BODY = (b"content-type", b"content-length")
_OF_SHARED = (b"private", b"public", b"s-maxage")
"""What tells caches that many share how to keep an answer."""


@lru_cache(maxsize=1024)
def _dressed(headers: tuple[Header, ...], vary: tuple[bytes, ...], named: bool, here: bool) -> Dressed:
    """The headers for whoever asks: somebody named, or a program of this machine. Most answers of a
    kind have the same ones: they are worked out once.

    What is the same for everybody (``public``), as a file of the map page, is nobody's own;
    what is somebody's own, no shared cache may hand to another.
    """
    caching = next((value for name, value in headers if name == b"cache-control"), b"")
    media = next((value for name, value in headers if name == b"content-type"), None)
    packed = any(name == b"content-encoding" for name, _ in headers)
    own = named and not caching.startswith(b"public")
    if own:
        rest = (pair for pair in headers if pair[0] != b"cache-control")
        headers = (*rest, (b"cache-control", _own_caching(caching or b"no-cache")))
    headers += CLOSED_HEADERS if here else SECURITY_HEADERS
    varies = [*vary]
    if vary or own:
        varies += [name for name in WHO if name not in vary]
    bare = tuple(pair for pair in headers if pair[0] not in _OF_A_BODY)
    coded = (b"vary", b", ".join([*varies, b"Accept-Encoding"]))
    text = media is not None and any(mark in media for mark in _COMPRESSIBLE)
    if text:
        headers += (coded,)
    elif varies:
        headers += ((b"vary", b", ".join(varies)),)
    return Dressed(headers, (*bare, coded), text and not packed)


def _own_caching(caching: bytes) -> bytes:
    """How one alone may keep it."""
    if caching == b"no-store":
        return caching
    own = (each for each in caching.split(b", ") if not each.startswith(_OF_SHARED))
    return b", ".join((b"private", *own))


async def _send(send: Send, status: int, headers: list[Header], body: bytes) -> None:
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _send_stream(request: Request, send: Send, reply: Reply, headers: list[Header]) -> None:
    """Send piece by piece; a client that hung up ends the stream, and what it was reading."""
    await send({"type": "http.response.start", "status": reply.status, "headers": headers})
    if request.method != "HEAD":
        with suppress(ClientGone):
            await unless_gone(request, _pump(reply, send))
    await send({"type": "http.response.body", "body": b""})


async def _pump(reply: Reply, send: Send) -> None:
    assert reply.stream is not None
    try:
        await _send_slowly(send, reply.body, reply.patience_s)
        async for chunk in reply.stream:
            await _send_slowly(send, chunk, reply.patience_s)
    finally:
        await reply.stream.aclose()


async def _send_slowly(send: Send, chunk: bytes, patience_s: float) -> None:
    """In pieces that even a slow reader takes in time; one that takes nothing is cut off."""
    for start in range(0, len(chunk), PIECE_BYTES):
        async with asyncio.timeout(patience_s):
            piece = chunk[start : start + PIECE_BYTES]
            await send({"type": "http.response.body", "body": piece, "more_body": True})


async def _compressed(body: bytes, chosen: str) -> bytes:
    if len(body) >= COMPRESS_IN_THREAD_FROM_BYTES:
        return await asyncio.to_thread(_compress, body, chosen)
    return _compress(body, chosen)


def _compress(body: bytes, chosen: str) -> bytes:
    """The fast levels: brotli 1 and gzip 1 take a seventh of the time of the defaults."""
    if chosen == "br":
        return bytes(brotli.compress(body, quality=1))
    packer = zlib.compressobj(1, zlib.DEFLATED, 31)
    return packer.compress(body) + packer.flush()
