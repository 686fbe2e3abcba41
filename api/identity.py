"""Who asks: the ASGI layer that names the principal of every request.

A credential that is shown must hold: a bad one is refused (401), never taken
for nobody. Without one, a program of this machine is the operator where the
installation is open to this machine only; everybody else is anonymous. What
somebody named reads of restricted data, and what is refused to them, is written
to the audit before the answer leaves.
"""

from __future__ import annotations

from collections.abc import Awaitable
from functools import lru_cache
from typing import Protocol

from api import problem
from api.parameters import spoken
from api.touched import HERE, TOUCHED, Touched
from api.wire import (
    AGAIN,
    IN_NAME_OF,
    PRINCIPAL,
    Application,
    Message,
    Receive,
    Request,
    Scope,
    Send,
    by_name,
    deliver,
)
from spatial.access import keys
from spatial.access.model import ANONYMOUS, LOCAL, Origin, Principal
from spatial.errors import OneMapError, Unauthenticated
from spatial.settings import is_loopback

_CREDENTIALS = frozenset((b"authorization", b"x-api-key"))
_PROXIED = frozenset(
    (b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"x-forwarded-port",
     b"x-forwarded-server", b"x-real-ip", b"x-original-host")
)  # fmt: skip


class Holders(Protocol):
    """Who finds the principal of a credential, or raises ``Unauthenticated``."""

    def known(self, key: bytes) -> Principal | None:
        """The holder of an API key that was shown before and stands, by the bytes of its header."""
        ...

    def of_key(self, text: str) -> Principal:
        """The holder of an API key."""
        ...

    async def of_token(self, text: str) -> Principal:
        """The subject of a bearer token."""
        ...


class Journal(Protocol):
    """Where reads and refusals are written down."""

    async def note(self, touched: Touched, method: str, path: str, status: int) -> None:
        """Write down what must be, and return when it is safe in the database."""
        ...


class Identity:
    """Wraps an ASGI application and puts a Principal into the scope."""

    def __init__(self, app: Application, holders: Holders, journal: Journal, *, open_here: bool) -> None:
        self._app = app
        self._holders = holders
        self._journal = journal
        self._open_here = open_here
        self._again = self._asked_again

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Name who asks, and pass on. No coroutine of its own: in what a small answer costs one shows."""
        if scope["type"] != "http":
            return self._app(scope, receive, send)
        if IN_NAME_OF in scope:
            return self._in_name_of(scope, receive, send)
        named = by_name(scope)
        key = named.get(b"x-api-key")
        if key is not None and b"authorization" not in named and len(named) == len(scope["headers"]):
            holder = self._holders.known(key)
            if holder is not None:
                return self._followed(scope, receive, send, holder)
        elif key is None and b"authorization" not in named:
            here = self._open_here and from_here(scope)
            scope[PRINCIPAL] = LOCAL if here else ANONYMOUS
            TOUCHED.set(HERE if here else None)
            return self._app(scope, receive, send)
        try:
            is_token, text = _shown(scope, named)
            if is_token:
                return self._of_token(text, scope, receive, send)
            principal = self._holders.of_key(text)
        except OneMapError as refusal:
            return self._refuse(scope, send, refusal)
        return self._followed(scope, receive, send, principal)

    def _in_name_of(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        principal: Principal = scope[IN_NAME_OF]
        if principal.origin is not Origin.LOCAL:
            return self._followed(scope, receive, send, principal)
        scope[PRINCIPAL] = LOCAL
        TOUCHED.set(HERE)
        return self._app(scope, receive, send)

    async def _of_token(self, text: str, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            principal = await self._holders.of_token(text)
        except OneMapError as refusal:
            await self._refuse(scope, send, refusal)
            return
        await self._followed(scope, receive, send, principal)

    async def _refuse(self, scope: Scope, send: Send, refusal: OneMapError) -> None:
        request = Request(scope)
        await deliver(request, problem.problem(refusal, spoken(request)), send)

    async def _asked_again(self, scope: Scope) -> Principal:
        if IN_NAME_OF in scope:
            principal: Principal = scope[IN_NAME_OF]
            return principal
        is_token, text = _shown(scope, by_name(scope))
        return await self._holders.of_token(text) if is_token else self._holders.of_key(text)

    def _followed(self, scope: Scope, receive: Receive, send: Send, principal: Principal) -> Awaitable[None]:
        """Pass on, and hold the answer back until the audit has what it must have."""
        scope[PRINCIPAL] = principal
        scope[AGAIN] = self._again
        followed = _Followed(principal, self, scope, send)
        TOUCHED.set(followed)
        return self._app(scope, receive, followed)

    async def noted(self, touched: Touched, scope: Scope, send: Send, message: Message) -> None:
        """Send the start of an answer once what must be is written down, or refuse instead."""
        method, path, status = scope["method"], scope["path"], message["status"]
        if touched.concern(path, status):
            try:
                await self._journal.note(touched, method, path, status)
            except Exception as failure:  # what cannot be written down is not answered
                touched.unwritten = True
                await self._refuse(scope, send, problem.from_exception(failure))
                return
        await send(message)


class _Followed(Touched):
    """What the request came upon, and the ``send`` of its answer: one object, of which each has one."""

    def __init__(self, principal: Principal, identity: Identity, scope: Scope, send: Send) -> None:
        self.principal = principal
        self._identity = identity
        self._scope = scope
        self._send = send

    def __call__(self, message: Message) -> Awaitable[None]:
        if message["type"] != "http.response.start":
            return _nothing() if self.unwritten else self._send(message)
        if self.restricted or message["status"] >= 400:
            return self._identity.noted(self, self._scope, self._send, message)
        return self._send(message)


def _shown(scope: Scope, named: dict[bytes, bytes]) -> tuple[bool, str]:
    """Whether it is a token that is shown, else a key; and its text."""
    key = named.get(b"x-api-key")
    if sum(name in _CREDENTIALS for name, _ in scope["headers"]) > 1:
        raise bad_credential("only one credential 只能出示一个凭证")
    if key is not None:
        return False, key.decode("latin-1").strip()
    scheme, _, text = named[b"authorization"].decode("latin-1").strip().partition(" ")
    text = text.strip()
    if scheme.lower() != "bearer":
        raise bad_credential("Authorization: Bearer")
    return not text.startswith(keys.PREFIX), text


async def _nothing() -> None:
    """What is said after an answer that could not be written down is not heard."""


def bad_credential(what: str) -> Unauthenticated:
    """The refusal of a credential; it says nothing about why, nor repeats any of it."""
    return Unauthenticated(
        f"凭证无效、已过期或已撤销,请换新的凭证后重试:{what}",
        f"the credential is not valid, has expired or was revoked; try again with another: {what}",
        value=what,
    )


def from_here(scope: Scope) -> bool:
    """A program of this machine asks, not a proxy, a rebound name or a page of another site for it."""
    peer = scope.get("client")
    if peer is None or not _loopback(peer[0]):
        return False
    named = by_name(scope)
    if not _PROXIED.isdisjoint(named):
        return False
    host, origin = named.get(b"host", b""), named.get(b"origin")
    return _named_here(host) and (
        origin is None or origin == scope.get("scheme", "http").encode() + b"://" + host
    )


_loopback = lru_cache(maxsize=1024)(is_loopback)


@lru_cache(maxsize=64)
def _named_here(host: bytes) -> bool:
    """Whether ``Host`` names this machine; the few names that are used are remembered."""
    text = host.decode("latin-1")
    return is_loopback(text[1:].partition("]")[0] if text.startswith("[") else text.partition(":")[0])
