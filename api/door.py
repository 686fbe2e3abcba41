"""The frame of every route of ours: methods, errors, delivery."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from urllib.parse import unquote

from starlette.routing import Match, Route

from api import problem
from api.parameters import spoken
from api.touched import found_nothing
from api.wire import ClientGone, Header, Receive, Reply, Request, Scope, Send, deliver
from planning.errors import UnknownAlert, UnknownIndicator
from spatial.errors import UnknownChangeset, UnknownLayer, UnknownProposal, shorten
from spatial.inventory.errors import UnknownDocument
from water.errors import (
    UnknownClaim,
    UnknownDefect,
    UnknownForecast,
    UnknownPaper,
    UnknownPlace,
    UnknownRun,
    UnknownStation,
    UnknownWarning,
)

Handler = Callable[[Request], Awaitable[Reply]]
UNKNOWN = (
    *(UnknownLayer, UnknownChangeset, UnknownProposal, UnknownDocument),
    *(UnknownAlert, UnknownIndicator),
    *(UnknownPlace, UnknownClaim, UnknownDefect, UnknownPaper, UnknownStation),
    *(UnknownForecast, UnknownWarning, UnknownRun),
)
"""Raised for what there is not and for what is hidden alike."""
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
ALLOWED_HEADERS = (
    b"Accept, Accept-Language, Authorization, Content-Crs, Content-Type, Idempotency-Key, If-Match,"
    b" If-None-Match, Onemap-Reason, Prefer, X-API-Key"
)


class Door:
    """An ASGI endpoint around handlers that turn a request into a reply, one a method.

    HEAD is GET without its body; OPTIONS tells the methods and what bodies they
    take, and answers the preflight of browsers; another method is 405 with ``Allow``.
    """

    __slots__ = ("_allow", "_handlers", "_methods", "_told")

    def __init__(self, handlers: Mapping[str, Handler], told: Sequence[Header] = ()) -> None:
        self._handlers = dict(handlers)
        self._told = tuple(told)
        if "GET" in handlers:
            self._handlers["HEAD"] = handlers["GET"]
        self._methods = (*sorted(self._handlers, key=METHODS.index), "OPTIONS")
        self._allow = ", ".join(self._methods).encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        try:
            await self._answer(request, send)
        finally:
            request.unwatch()

    async def _answer(self, request: Request, send: Send) -> None:
        method = request.method
        handler = self._handlers.get(method)
        if handler is not None:
            try:
                reply = await handler(request)
            except ClientGone:
                return
            except Exception as failure:  # the one boundary: everything becomes a problem
                if isinstance(failure, UNKNOWN):
                    found_nothing()
                reply = problem.problem(problem.from_exception(failure), spoken(request))
        elif method == "OPTIONS":
            reply = Reply(200, self._options(request))
        else:
            reply = problem.problem(
                problem.MethodNotAllowed(
                    f"此资源只支持 {', '.join(self._methods)}:{shorten(method, 20)}",
                    f"this resource knows {', '.join(self._methods)} only: {shorten(method, 20)}",
                    value=shorten(method, 20),
                ),
                spoken(request),
            )
            reply.headers.append((b"allow", self._allow))
        await deliver(request, reply, send)

    def _options(self, request: Request) -> list[Header]:
        headers: list[Header] = [(b"allow", self._allow), *self._told]
        if b"access-control-request-method" in request.headers:
            headers += [
                (b"access-control-allow-methods", self._allow),
                (b"access-control-allow-headers", ALLOWED_HEADERS),
                (b"access-control-max-age", b"86400"),
            ]
        return headers


def route(path: str, handler: Handler, told: Sequence[Header] = (), **others: Handler) -> Route:
    """A route whose endpoint is the door itself, without the framework's per-request work.

    ``handler`` answers GET; ``others`` answer the methods they are named for: ``POST=…``;
    ``told`` are headers that OPTIONS adds.
    """
    return Route(path, Door({"GET": handler, **others}, told), name=handler.__name__)


def post_route(path: str, handler: Handler) -> Route:
    """A route that knows POST alone."""
    return Route(path, Door({"POST": handler}), name=handler.__name__)


class ItemRoute(Route):
    """A route to one item, matched on the path as it came.

    An identity may hold a slash, or end in ``/versions``: percent-encoded it is
    no separator, and only a path that is not decoded tells the two apart.
    """

    def __init__(self, path: str, handler: Handler, told: Sequence[Header] = (), **others: Handler) -> None:
        super().__init__(path, Door({"GET": handler, **others}, told), name=handler.__name__)

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As any route; the parameters are decoded after the match."""
        if scope["type"] != "http":
            return Match.NONE, {}
        raw: bytes = scope.get("raw_path") or b"%"
        if b"%" not in raw:
            return super().matches(scope)
        match, child = super().matches({**scope, "path": Request(scope).raw_path})
        if match is not Match.NONE:
            child["path_params"] = {name: unquote(text) for name, text in child["path_params"].items()}
        return match, child
