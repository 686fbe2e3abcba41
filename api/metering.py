"""What each request was, took and gave: the outermost ASGI layer.

On the request's way only its name is given and its figures are noted. A moment
later they are settled together: counted in the metrics, and written to the
access log as one line each: the route's template, never the address, and neither
the query nor who sat where. A layer is named only where whoever asked may know of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from contextlib import suppress
from datetime import datetime
from time import perf_counter_ns, time_ns
from typing import Any, NamedTuple

import orjson
from starlette.routing import Route

from api.access_log import AccessLog
from api.catalogue import Catalogue
from api.guard import METHODS
from api.load import Load
from api.metrics import Metrics, Tally
from api.request_id import REQUEST_ID, request_id
from api.wire import PRINCIPAL, ROWS, TOLD, Message, Receive, Scope, Send
from spatial.access.model import ANONYMOUS, Origin, Principal
from spatial.datum.clock import BEIJING
from spatial.errors import OneMapError

SETTLE_S = 0.1
CLIENT_GONE = 499
"""Nobody was there any more when the answer was ready."""
UNKNOWN = "-"


class Ended(NamedTuple):
    """The figures of one request."""

    at_ns: int
    id: str
    principal: Principal
    method: str
    endpoint: object
    layer_id: str | None
    status: int
    rows: int
    bytes: int
    duration_us: int


class Meter:
    """Settles what has ended."""

    def __init__(self, *, catalogue: Catalogue, log: AccessLog, metrics: Metrics) -> None:
        self._catalogue = catalogue
        self._log = log
        self._metrics = metrics
        self._ended: list[Ended] = []
        self.note = self._ended.append
        self.templates: dict[object, str] = {}
        """Of every endpoint, its route as it is written."""

    def route(self, routes: list[Any]) -> None:
        """Learn the routes; they are all there when the application starts."""
        for each in routes:
            if isinstance(each, Route):
                self.templates[each.endpoint] = each.path.replace(":path}", "}")

    async def run(self) -> None:
        """Settle for ever, every moment."""
        while True:
            await asyncio.sleep(SETTLE_S)
            self.settle()
            await self._log.flush()

    async def close(self) -> None:
        """Settle the last ones."""
        self.settle()
        await self._log.close()

    def settle(self) -> None:
        """Count and log what has ended since."""
        ended = self._ended[:]
        self._ended.clear()
        kinds: dict[tuple[object, int, str | None, str], tuple[str, Tally]] = {}
        second, shown = 0, ""
        for each in ended:
            # Principals of one batch live until it is settled: their ids tell them apart without a hash.
            key = (each.endpoint, id(each.principal), each.layer_id, each.method)
            kind = kinds.get(key)
            if kind is None:
                kind = kinds[key] = self._kind(each)
            told, tally = kind
            tally.count(each.status, each.duration_us)
            at_s, fraction_ns = divmod(each.at_ns, 1_000_000_000)
            if at_s != second:
                second, shown = at_s, datetime.fromtimestamp(at_s, BEIJING).isoformat()[:19]
            rows = 0 if each.status == 304 else each.rows
            line = (
                f'{{"time":"{shown}.{fraction_ns // 1_000_000:03}+08:00","id":"{each.id}",{told},'
                f'"status":{each.status},"rows":{rows},"bytes":{each.bytes},"us":{each.duration_us}}}\n'
            )
            self._log.add(line.encode())

    def _kind(self, each: Ended) -> tuple[str, Tally]:
        """What requests alike have in common: the middle of their lines, and where they are counted."""
        route = self.templates.get(each.endpoint, UNKNOWN)
        layer_id = sharing = ""
        if each.layer_id is not None and route.startswith("/collections/{id}"):
            layer_id, sharing = self._layer(each.layer_id, each.principal)
        method = each.method if each.method in METHODS else UNKNOWN
        common = {
            "department": each.principal.department or "",
            "credential": _credential(each.principal),
            "method": method,
            "route": route,
            "collection": layer_id,
        }
        return orjson.dumps(common).decode()[1:-1], self._metrics.tally(method, route, sharing)

    def _layer(self, layer_id: str, principal: Principal) -> tuple[str, str]:
        """The layer and how it is shared; nothing where it is missing or hidden from who asked."""
        with suppress(OneMapError):
            layer = self._catalogue.get(layer_id, principal)
            return layer.id, layer.contract.sharing.value
        return "", ""


class Metering:
    """Wraps an ASGI application."""

    def __init__(self, app: Any, *, meter: Meter, load: Load) -> None:
        self._app = app
        self._meter = meter
        self._load = load

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and note what became of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_ns = perf_counter_ns()
        load = self._load
        load.in_flight += 1
        name = request_id(scope)
        token = REQUEST_ID.set(name)
        status = sent_bytes = 0

        def sending(message: Message) -> Awaitable[None]:
            nonlocal status, sent_bytes
            if message["type"] == "http.response.start":
                status = message["status"]
                own = (b"x-request-id", name.encode())
                headers = message["headers"] = [*message["headers"], *scope.get(TOLD, ()), own]
                if load.draining:
                    headers.append((b"connection", b"close"))
            else:
                sent_bytes += len(message.get("body", b""))
            return send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception:
            status = status or 500
            raise
        finally:
            load.in_flight -= 1
            REQUEST_ID.reset(token)
            parameters = scope.get("path_params")
            self._meter.note(
                Ended(
                    time_ns(),
                    name,
                    scope.get(PRINCIPAL, ANONYMOUS),
                    scope["method"],
                    scope.get("endpoint"),
                    parameters.get("id") if parameters else None,
                    status or CLIENT_GONE,
                    scope.get(ROWS, 0),
                    sent_bytes,
                    (perf_counter_ns() - began_ns) // 1000,
                )
            )


def _credential(principal: Principal) -> str:
    """Which key asked; a token's subject is a person, and a person is not named here."""
    if principal.origin is Origin.KEY and principal.credential:
        return principal.credential
    return principal.origin.value
