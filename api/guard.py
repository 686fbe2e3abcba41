"""What a request may cost before anybody reads it: an ASGI guard.

Neither a proxy nor the server in front bounds a dripping body or counts the
request line, so this does, with or without a proxy:

* request line and headers: 16 KiB together (431), target 8 KiB (414);
* body: 1 MiB declared or received, 8 MiB where a file is taken (413), 1 kB/s after a grace and 30 s in
  all (408);
* compressed bodies (415): their size says nothing of what they unpack to;
* methods HTTP does not know: 405;
* more requests at once than a worker can hold: 503, as where the database is away.

Half-sent headers never reach an ASGI application; the server's own limits
(``api.server``) stop those. When the guard has answered, a late answer of the
application is swallowed.
"""

from __future__ import annotations

import time
from asyncio import timeout
from collections.abc import Awaitable, Callable
from itertools import chain
from typing import Any

from api import problem
from api.load import Load
from api.parameters import spoken
from api.wire import Application, Message, Receive, Request, Scope, Send, by_name, deliver
from spatial.errors import OneMapError, TooLarge, Unavailable, shorten
from spatial.exchange.sketch import FILE_BYTES

HEADERS_MAX_BYTES = 16_384
TARGET_MAX_BYTES = 8_192
BODY_MAX_BYTES = 1_048_576
FILE_BODIES = dict.fromkeys(
    (
        *("/sketch/read", "/sketch/write"),
        *("/sensorthings/v1.1/CreateObservations", "/sensorthings/v1.1/$batch"),
        *(
            f"/processes/{each}/execution"
            for each in (
                *("match-batch", "geocode-batch", "dedupe", "assign-grid"),
                *("compliance-check", "plan-review"),
            )
        ),
    ),
    FILE_BYTES,
)
"""Addresses whose bodies are files, and how large these may be."""
BODY_DEADLINE_S = 30.0
BODY_GRACE_S = 5.0
BODY_MIN_BYTES_PER_S = 1_000
IN_FLIGHT_MAX = 512
"""Requests in one worker. The pools turn away far earlier; this bounds what waits for slow clients."""
UNGUARDED = ("/health/", "/metrics")
"""Addresses that answer however busy the worker is and whether there is a database or not."""
METHODS = frozenset(("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"))


class Guard:
    """Wraps an ASGI application. ``away`` tells whether the database is known not to answer."""

    def __init__(
        self,
        app: Any,
        *,
        load: Load,
        away: Callable[[], bool],
        body_deadline_s: float = BODY_DEADLINE_S,
        body_grace_s: float = BODY_GRACE_S,
        in_flight_max: int = IN_FLIGHT_MAX,
    ) -> None:
        self._app: Application = app
        self._load = load
        self._away = away
        self._body_deadline_s = body_deadline_s
        self._body_grace_s = body_grace_s
        self._in_flight_max = in_flight_max

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Refuse, or pass on with a watched body. No coroutine of its own where there is no body."""
        if scope["type"] != "http":
            return self._app(scope, receive, send)
        refusal = _refusal(scope)
        if refusal is None and (self._away() or self._load.in_flight > self._in_flight_max):
            refusal = self._overload(scope)
        if refusal is not None:
            return _refuse(scope, send, refusal)
        if scope["method"] in ("GET", "HEAD", "OPTIONS"):
            return self._app(scope, receive, send)
        return self._watched(scope, receive, send)

    def _overload(self, scope: Scope) -> OneMapError | None:
        """Why nobody is served now, at least not this one."""
        if scope["path"].startswith(UNGUARDED):
            return None
        if self._away():
            return Unavailable(
                "数据库暂不可用,请稍后重试", "the database does not answer now; try again later"
            )
        return Unavailable("同时的请求过多,请稍后重试", "too many requests at once; try again later")

    async def _watched(self, scope: Scope, receive: Receive, send: Send) -> None:
        body = _Body(receive, _most_bytes(scope), self._body_deadline_s, self._body_grace_s)
        started = answered = False

        async def sending(message: Message) -> None:
            nonlocal started
            if answered:
                return
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, body.receive, sending)
        except OneMapError as refusal:
            if started or refusal is not body.refusal:
                raise
        if body.refusal is not None and not started:
            answered = True
            await _refuse(scope, send, body.refusal)


class _Body:
    """``receive`` with a deadline, a least rate and a size."""

    def __init__(self, receive: Receive, most_bytes: int, deadline_s: float, grace_s: float) -> None:
        self._receive = receive
        self._most_bytes = most_bytes
        self._deadline_s = deadline_s
        self._grace_s = grace_s
        self._since = time.monotonic()
        self._bytes = 0
        self._whole = False
        self.refusal: OneMapError | None = None

    async def receive(self) -> Message:
        if self._whole:  # what comes now is that the client hangs up, and that may take as long as the answer
            return await self._receive()
        allowed = min(self._deadline_s, self._grace_s + self._bytes / BODY_MIN_BYTES_PER_S)
        left = self._since + allowed - time.monotonic()
        try:
            async with timeout(max(left, 0.0)):
                message = await self._receive()
        except TimeoutError:
            raise self._refused(
                problem.TooSlow(
                    f"请求体到达过慢,已收 {self._bytes} 字节",
                    f"the request body arrives too slowly, bytes so far: {self._bytes}",
                    value=self._bytes,
                )
            ) from None
        self._bytes += len(message.get("body", b""))
        self._whole = not message.get("more_body", False)
        if self._bytes > self._most_bytes:
            raise self._refused(_too_large(self._bytes, self._most_bytes))
        return message

    def _refused(self, refusal: OneMapError) -> OneMapError:
        self.refusal = refusal
        return refusal


def _refusal(scope: Scope) -> OneMapError | None:
    """What is wrong with the request before its body."""
    target = len(scope.get("raw_path") or scope["path"].encode()) + len(scope["query_string"])
    if target > TARGET_MAX_BYTES:
        return problem.AddressTooLong(
            f"地址不得超过 {TARGET_MAX_BYTES} 字节:{target}",
            f"the address may have {TARGET_MAX_BYTES} bytes: {target}",
            value=target,
        )
    headers = scope["headers"]
    size = target + 4 * len(headers) + len(b"".join(chain.from_iterable(headers)))
    if size > HEADERS_MAX_BYTES:
        return problem.HeadersTooLarge(
            f"请求行与请求头不得超过 {HEADERS_MAX_BYTES} 字节:{size}",
            f"request line and headers may have {HEADERS_MAX_BYTES} bytes: {size}",
            value=size,
        )
    if scope["method"] not in METHODS:
        return problem.MethodNotAllowed(
            f"没有这个方法:{shorten(scope['method'], 20)}",
            f"no such method: {shorten(scope['method'], 20)}",
            value=shorten(scope["method"], 20),
        )
    named = by_name(scope)
    if b"content-length" in named or b"content-encoding" in named:
        return _refusal_of_body(scope)
    return None


def _refusal_of_body(scope: Scope) -> OneMapError | None:
    """What is wrong with how a body is announced; of headers that stand twice each counts."""
    for name, value in scope["headers"]:
        if name == b"content-length" and (not value.isdigit() or int(value) > _most_bytes(scope)):
            return _too_large(shorten(value.decode("latin-1"), 20), _most_bytes(scope))
        if name == b"content-encoding" and value.strip().lower() not in (b"", b"identity"):
            coding = shorten(value.decode("latin-1"), 40)
            return problem.UnsupportedCoding(
                f"请求体须不压缩地发送:{coding}",
                f"send the request body without compression: {coding}",
                value=coding,
            )
    return None


def _most_bytes(scope: Scope) -> int:
    return FILE_BODIES.get(scope["path"], BODY_MAX_BYTES)


def _too_large(size: int | str, most_bytes: int) -> TooLarge:
    return TooLarge(
        f"请求体不得超过 {most_bytes} 字节:{size}",
        f"the request body may have {most_bytes} bytes: {size}",
        value=size,
    )


async def _refuse(scope: Scope, send: Send, refusal: OneMapError) -> None:
    request = Request(scope)
    reply = problem.problem(refusal, spoken(request))
    reply.headers.append((b"connection", b"close"))
    if isinstance(refusal, problem.MethodNotAllowed):
        reply.headers.append((b"allow", b"GET, HEAD, OPTIONS"))
    await deliver(request, reply, send)
