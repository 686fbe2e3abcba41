"""Inputs by reference: what their addresses hold, put in their place before the request is judged.

An address of this platform itself is asked for without the network, as a request of
the same asker through every door of the application: what they may not see, is kept
from them there, counted and written down as if they had asked for it themselves.
Every other address is fetched where the installation allows its host.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, MutableMapping
from contextvars import copy_context
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from anyio import CapacityLimiter, to_thread

from api.desk import Desk
from api.places import place
from api.touched import TOUCHED
from api.wire import Application, Message, Request, Scope
from spatial.access.model import Origin
from spatial.catalogue.lineage import Source
from spatial.errors import Unauthenticated, Unavailable
from spatial.jobs import outward, reference, referring
from spatial.jobs.model import Referred
from spatial.jobs.process import Process
from spatial.jobs.reference import Fetched, Reference

AT_ONCE = 8
"""Fetches under way in each server process."""
QUEUE_WAIT_S = 0.25
WITHIN_S = 20.0
"""For finding the host, and for the whole of one request's references."""
_OF_THE_BODY = frozenset(
    (b"accept", b"accept-encoding", b"content-encoding", b"content-length", b"content-type", b"expect",
     b"idempotency-key", b"if-match", b"if-modified-since", b"if-none-match", b"if-range", b"onemap-reason",
     b"prefer", b"range", b"transfer-encoding")
)  # fmt: skip
"""Headers of the execute request that say nothing of who asks."""

Sources = tuple[Source, ...]


@dataclass(frozen=True, slots=True)
class Resolved:
    """An execute request with values in place of links."""

    document: dict[str, Any]
    referred: tuple[Referred, ...] = ()
    """What was read, and where."""
    restricted: frozenset[str] = frozenset()
    """Layers of this platform of which more was read than everybody may see."""


class References:
    """Resolves the references of execute requests."""

    def __init__(
        self, application: Application, desk: Desk, hosts: tuple[str, ...], base_url: str | None
    ) -> None:
        self._application = application
        self._desk = desk
        self._hosts = hosts
        self._base_url = base_url
        self._places = asyncio.Semaphore(AT_ONCE)
        self._threads = CapacityLimiter(AT_ONCE)

    async def resolve(
        self, request: Request, process: Process, document: dict[str, Any], *, kept: bool
    ) -> Resolved:
        """The execute request with values in place of links; what was read is told with its lineage
        where a record of it is ``kept``.
        """
        inputs = document.get("inputs")
        if not isinstance(inputs, dict):
            return Resolved(document)
        wanted = reference.read_all(process, inputs)
        if not wanted:
            return Resolved(document)
        restricted: set[str] = set()
        try:
            async with asyncio.timeout(WITHIN_S):
                before = await self._states(request, wanted) if kept else {}
                values, read = await self._values(request, process, wanted, restricted)
        except TimeoutError:
            raise Unavailable(
                f"引用的内容未能在 {WITHIN_S:g} 秒内取得,请稍后重试",
                f"what the inputs refer to was not there within {WITHIN_S:g} s; try again later",
            ) from None
        referred = await self._traced(request, wanted, read, before) if kept else tuple(read.values())
        # A value that has an ``href`` of its own is not read as a link once more.
        put = {name: {"value": one} for name, one in values.items()}
        whole = {**document, "inputs": {**inputs, **put}}
        return Resolved(whole, referred, frozenset(restricted))

    async def _values(
        self,
        request: Request,
        process: Process,
        wanted: Mapping[str, Reference],
        restricted: set[str],
    ) -> tuple[dict[str, Any], dict[str, Referred]]:
        values, read, left = {}, {}, reference.MOST_BYTES
        for name, one in wanted.items():
            fetched = await self._fetched(request, one, left, restricted)
            left -= len(fetched.content)
            values[name] = reference.value(one, fetched, process.inputs[name].schema)
            read[name] = referring.of(name, one, fetched)
        return values, read

    async def _states(self, request: Request, wanted: Mapping[str, Reference]) -> dict[str, Sources]:
        """The states of layers that links to this platform give now, by input."""
        own = {name: address for name, one in wanted.items() if (address := self._own(request, one))}
        if not own:
            return {}
        return await self._desk.run(
            lambda connection: {name: referring.states(connection, address) for name, address in own.items()}
        )

    async def _traced(
        self,
        request: Request,
        wanted: Mapping[str, Reference],
        read: Mapping[str, Referred],
        before: Mapping[str, Sources],
    ) -> tuple[Referred, ...]:
        after = await self._states(request, wanted)
        return await self._desk.run(
            lambda connection: tuple(
                referring.traced(connection, one, before.get(name, ()), after.get(name, ()))
                for name, one in read.items()
            )
        )

    def _own(self, request: Request, one: Reference) -> str | None:
        """The address within this platform, or ``None`` where it is of another host."""
        own = request.base_url(self._base_url)
        if one.href.startswith(f"{own}/") and "#" not in one.href and outward.is_plain(one.href):
            return one.href.removeprefix(own)
        return None

    async def _fetched(
        self, request: Request, one: Reference, most_bytes: int, restricted: set[str]
    ) -> Fetched:
        address = self._own(request, one)
        if address is not None:
            return await self._asked_here(request, one, address, most_bytes, restricted)
        if request.principal.origin is Origin.ANONYMOUS:
            raise Unauthenticated(
                f"匿名请求不能引用其他主机上的内容,请先认证或直接给出内容:{one.pointer}",
                "nothing is fetched from other hosts for anonymous requests; say who you are, or give the"
                f" content itself: {one.pointer}",
                value=one.pointer,
                details={"pointer": one.pointer},
            )
        busy = (
            "同时取引用内容的请求过多,请稍后重试",
            "too many references are fetched at once; try again later",
        )
        async with place(self._places, QUEUE_WAIT_S, *busy):
            return await to_thread.run_sync(
                reference.fetch, one, self._hosts, most_bytes, limiter=self._threads, abandon_on_cancel=True
            )

    async def _asked_here(
        self, request: Request, one: Reference, address: str, most_bytes: int, restricted: set[str]
    ) -> Fetched:
        """The answer of this application to the same asker; its own audit, quota and ledger see it."""
        answer = _Answer(one, most_bytes)
        scope = _scope(request.scope, one, address)
        context = copy_context()
        asking = asyncio.create_task(self._ask(scope, answer), context=context)
        whole = asyncio.create_task(answer.whole.wait())
        try:
            async with asyncio.timeout(reference.WITHIN_S):
                await asyncio.wait((asking, whole), return_when=asyncio.FIRST_COMPLETED)
        except TimeoutError:
            raise reference.failed(one, "未能取得", "could not be fetched", "TimeoutError") from None
        finally:
            whole.cancel()
            if not answer.whole.is_set() or answer.failure is not None:
                asking.cancel()
            await asyncio.gather(asking, whole, return_exceptions=True)
        fetched = answer.fetched()
        touched = context.get(TOUCHED)
        if touched is not None:
            restricted |= touched.restricted
        return fetched

    async def _ask(self, scope: Scope, answer: _Answer) -> None:
        await self._application(scope, answer.receive, answer.send)


def _scope(asked: Scope, one: Reference, address: str) -> MutableMapping[str, Any]:
    """The same asker's GET of another address."""
    path, _, query = address.partition("?")
    headers = [pair for pair in asked["headers"] if pair[0] not in _OF_THE_BODY]
    headers.append(
        (b"accept", (one.media_type or "application/json, */*;q=0.5").encode("latin-1", "replace"))
    )
    kept = ("type", "asgi", "http_version", "scheme", "client", "server", "root_path")
    return {
        **{name: asked[name] for name in kept if name in asked},
        "method": "GET",
        "path": unquote(path),
        "raw_path": path.encode("ascii", "replace"),
        "query_string": query.encode("ascii", "replace"),
        "headers": headers,
    }


@dataclass(slots=True)
class _Answer:
    """What the application sends, kept up to a size."""

    reference: Reference
    most_bytes: int
    status: int = 0
    media_type: str | None = None
    version: str | None = None
    failure: Exception | None = None
    whole: asyncio.Event = field(default_factory=asyncio.Event)
    _parts: list[bytes] = field(default_factory=list)
    _size: int = 0
    _asked: bool = False

    async def receive(self) -> Message:
        """An empty body, and nobody who hangs up."""
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self.whole.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Take one message of the answer."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = dict(message.get("headers", ()))
            named = headers.get(b"content-type")
            self.media_type = None if named is None else named.decode("latin-1")
            version = headers.get(b"etag") or headers.get(b"last-modified")
            self.version = None if version is None else version.decode("latin-1")
            return
        if message["type"] != "http.response.body":
            return
        self._size += len(message.get("body", b""))
        try:
            reference.require_size(self.reference, self._size, self.most_bytes)
        except Exception as failure:
            self.failure = failure
            self.whole.set()
            raise
        self._parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            self.whole.set()

    def fetched(self) -> Fetched:
        """The whole of it, or why there is none."""
        if self.failure is not None:
            raise self.failure
        if self.status != 200 or not self.whole.is_set():
            raise reference.not_given(self.reference, self.status)
        return reference.judged(self.reference, self.media_type, b"".join(self._parts), self.version)
