"""Warnings and response plans as they happen 事件推送: server-sent events, for who may read them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from starlette.routing import Route

from api.catalogue import Catalogue
from api.door import route
from api.event_stream import Batch, EventStreams, event
from api.parameters import given
from api.pool import Connection
from api.rivers.held import require
from api.rivers.warnings import require_known
from api.wire import Reply, Request
from spatial.access.model import Principal
from spatial.catalogue.contract import STAMP
from spatial.datum import format_instant, parse_instant
from spatial.datum.clock import BEIJING
from spatial.history.feed import BEGINNING, Cursor, require_held
from spatial.history.read import Statement
from water.events import store
from water.events.store import PLANS, WARNINGS, Event
from water.plans.layers import PLANS as REGISTER
from water.warning.colour import Colour

PAGE = 200
May = Callable[[Catalogue, Principal], None]
Tell = Callable[[Event, str], dict[str, Any]]


class RiverEvents:
    """The handlers of both streams."""

    def __init__(self, catalogue: Catalogue, streams: EventStreams, base_url: str | None) -> None:
        self._catalogue = catalogue
        self._streams = streams
        self._base_url = base_url

    def routes(self) -> list[Route]:
        """Of warnings, and of plans."""
        return [
            route("/warnings/stream", self.warnings),
            route("/response-plans/stream", self.plans),
        ]

    async def warnings(self, request: Request) -> Reply:
        """``/warnings/stream``: issued, raised, lowered, cleared, cancelled, acknowledged, as it happens."""
        return await self._stream(request, WARNINGS, "warning", require_known, _warning)

    async def plans(self, request: Request) -> Reply:
        """``/response-plans/stream``: steps of versions, activations, confirmations, ends, as they happen."""

        def may(catalogue: Catalogue, principal: Principal) -> None:
            require(catalogue, principal, REGISTER)

        return await self._stream(request, PLANS, "response-plan", may, _plan)

    async def _stream(self, request: Request, topic: str, name: str, may: May, tell: Tell) -> Reply:
        parameters = given(request.query_string, ["since"])
        may(self._catalogue, request.principal)
        text = request.header(b"last-event-id") or parameters.get("since") or "now"
        seal, base = self._catalogue.seal, request.base_url(self._base_url)

        async def begin(connection: Connection) -> Cursor:
            if text == "now":
                upto, _ = (await _rows(connection, store.settled()))[0]
                return _first(await _rows(connection, store.newest(topic, upto)))
            named = seal.parse(text)
            if named != BEGINNING:
                require_held(named, _first(await _rows(connection, store.at(topic, named.position))), text)
            return named

        async def read(principal: Principal, connection: Connection, cursor: Cursor) -> Batch:
            may(self._catalogue, principal)
            upto, unsettled = (await _rows(connection, store.settled()))[0]
            rows = await _rows(connection, store.following(topic, cursor.position, upto, PAGE + 1))
            found = [store.event(row) for row in rows[:PAGE]]
            sent = b"".join(event(name, seal.text(each.cursor), _told(each, tell, base)) for each in found)
            last = found[-1].cursor if found else cursor
            return Batch(sent, last, len(rows) > PAGE, unsettled)

        return await self._streams.open(request, begin, read, f"/{topic}")


def _told(found: Event, tell: Tell, base: str) -> dict[str, Any]:
    told = found.told | {"at": format_instant(parse_instant(found.told["at"]))}
    recorded = format_instant(found.recorded_at.astimezone(BEIJING))
    stamp = {"stamp": STAMP} if told.get("synthetic") else {}
    return {"event": found.what, **tell(found, base), **told, **stamp, "recorded_at": recorded} | (
        {"colour": Colour(told["colour"]).id} if "colour" in told else {}
    )


def _warning(found: Event, base: str) -> dict[str, Any]:
    return {"links": [{"href": f"{base}/warnings/{found.told['warning']}", "rel": "related"}]}


def _plan(found: Event, base: str) -> dict[str, Any]:
    address, told = f"{base}/response-plans/{found.told['plan']}", found.told
    below = f"activations/{told['activation']}" if "activation" in told else f"versions/{told['version']}"
    return {"links": [{"href": f"{address}/{below}", "rel": "related"}]}


def _first(rows: list[tuple[Any, ...]]) -> Cursor:
    return store.cursor(next(iter(rows), None))


async def _rows(connection: Connection, statement: Statement) -> list[tuple[Any, ...]]:
    cursor = await connection.execute(statement.sql, statement.params, prepare=True)
    return await cursor.fetchall()
