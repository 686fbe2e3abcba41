"""Inputs by reference: what their addresses hold, put in their place before the request is judged.

An address of this platform itself is asked for without the network, as a request of
the same asker through every door of the application: what they may not see, is kept
from them there, counted and written down as if they had asked for it themselves.
Every other address is fetched where the installation allows its host.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from anyio import CapacityLimiter, to_thread

from api.desk import Desk
from api.inner_request import Answer, ask, getting
from api.places import place
from api.wire import Application, Request, Scope
from spatial.access.model import Origin
from spatial.catalogue.lineage import Source
from spatial.errors import Unauthenticated, Unavailable
from spatial.jobs import reference, referring
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
            reader = request.principal if self.own(request, one) else None
            read[name] = referring.of(name, one, fetched, reader)
        return values, read

    async def _states(self, request: Request, wanted: Mapping[str, Reference]) -> dict[str, Sources]:
        """The states of layers that links to this platform give now, by input."""
        own = {name: address for name, one in wanted.items() if (address := self.own(request, one))}
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

    def own(self, request: Request, one: Reference) -> str | None:
        """The address within this platform, or ``None`` where it is of another host."""
        return referring.within(one.href, request.base_url(self._base_url))

    async def _fetched(
        self, request: Request, one: Reference, most_bytes: int, restricted: set[str]
    ) -> Fetched:
        address = self.own(request, one)
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
        answer = Answer(one, most_bytes)
        restricted |= await ask(self._application, _scope(request.scope, one, address), answer)
        return answer.fetched()


def _scope(asked: Scope, one: Reference, address: str) -> Scope:
    """The same asker's GET of another address."""
    headers = [pair for pair in asked["headers"] if pair[0] not in _OF_THE_BODY]
    kept = ("type", "asgi", "http_version", "scheme", "client", "server", "root_path")
    return {**{name: asked[name] for name in kept if name in asked}, **getting(one, address, headers)}
