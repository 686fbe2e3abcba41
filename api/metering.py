"""What each request was, took and gave: the outermost ASGI layer.

It names the request, counts it in the metrics and hands one line to the access
log: the route's template, never the address, and neither the query nor who sat
where. A layer is named only where whoever asked may know of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from time import perf_counter_ns
from typing import Any

import orjson
from starlette.routing import BaseRoute, Route

from api.access_log import AccessLog
from api.catalogue import Catalogue
from api.guard import METHODS
from api.load import Load
from api.metrics import Metrics
from api.request_id import REQUEST_ID, request_id
from api.wire import PRINCIPAL, ROWS, Message, Receive, Scope, Send
from spatial.access.model import ANONYMOUS, Origin, Principal
from spatial.datum.clock import BEIJING
from spatial.errors import OneMapError

CLIENT_GONE = 499
"""Nobody was there any more when the answer was ready."""
UNKNOWN = "-"


class Metering:
    """Wraps an ASGI application."""

    def __init__(
        self,
        app: Any,
        *,
        routes: Sequence[BaseRoute],
        catalogue: Catalogue,
        log: AccessLog,
        metrics: Metrics,
        load: Load,
    ) -> None:
        self._app = app
        self._routes = routes
        self._catalogue = catalogue
        self._log = log
        self._metrics = metrics
        self._load = load
        self._templates: dict[object, str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on, and write down what became of it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began_ns = perf_counter_ns()
        name = request_id(scope)
        token = REQUEST_ID.set(name)
        status = sent_bytes = 0

        async def sending(message: Message) -> None:
            nonlocal status, sent_bytes
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", name.encode())]
                if self._load.draining:
                    message["headers"].append((b"connection", b"close"))
            else:
                sent_bytes += len(message.get("body", b""))
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception:
            status = status or 500
            raise
        finally:
            REQUEST_ID.reset(token)
            duration_us = (perf_counter_ns() - began_ns) // 1000
            self._ended(scope, name, status or CLIENT_GONE, sent_bytes, duration_us)

    def _ended(self, scope: Scope, name: str, status: int, sent_bytes: int, duration_us: int) -> None:
        principal: Principal = scope.get(PRINCIPAL, ANONYMOUS)
        route = self._template(scope)
        layer_id, sharing = self._layer(scope, route, principal)
        method = scope["method"] if scope["method"] in METHODS else UNKNOWN
        self._metrics.counted(method, route, sharing, status, duration_us)
        entry = {
            "time": datetime.now(BEIJING).isoformat(timespec="milliseconds"),
            "id": name,
            "department": principal.department or "",
            "credential": _credential(principal),
            "method": method,
            "route": route,
            "collection": layer_id,
            "status": status,
            "rows": 0 if status == 304 else scope.get(ROWS, 0),
            "bytes": sent_bytes,
            "us": duration_us,
        }
        self._log.add(orjson.dumps(entry, option=orjson.OPT_APPEND_NEWLINE))

    def _template(self, scope: Scope) -> str:
        """As the routes are written; they are all there when the first request comes."""
        if not self._templates:
            self._templates = {
                route.endpoint: route.path.replace(":path}", "}")
                for route in self._routes
                if isinstance(route, Route)
            }
        return self._templates.get(scope.get("endpoint"), UNKNOWN)

    def _layer(self, scope: Scope, route: str, principal: Principal) -> tuple[str, str]:
        """The layer and how it is shared; nothing where it is missing or hidden from who asked."""
        if route.startswith("/collections/{id}"):
            with suppress(OneMapError):
                layer = self._catalogue.get(scope["path_params"]["id"], principal)
                return layer.id, layer.contract.sharing.value
        return "", ""


def _credential(principal: Principal) -> str:
    """Which key asked; a token's subject is a person, and a person is not named here."""
    if principal.origin is Origin.KEY and principal.credential:
        return principal.credential
    return principal.origin.value
