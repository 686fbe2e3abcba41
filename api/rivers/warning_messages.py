"""CAP 1.2 over HTTP: the message of a warning's step, and the feed of those that stand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from starlette.routing import Route

from api.address.asked import answer
from api.catalogue import Catalogue
from api.desk import Desk
from api.door import route
from api.pages import Pages
from api.parameters import given, whole
from api.rivers.held import RiverDoor
from api.rivers.warnings import require_known, stations_of
from api.wire import Reply, Request
from spatial.catalogue.city import City
from spatial.database import Connection
from spatial.datum.clock import BEIJING
from water.errors import UnknownWarning
from water.gauges.station import Station
from water.warning import cap, feed, store
from water.warning.store import Held, Wanted

STANDING_MOST = 10_000


class WarningMessages(RiverDoor):
    """The handlers of messages."""

    def __init__(
        self, catalogue: Catalogue, desk: Desk, pages: Pages, city: City, base_url: str | None
    ) -> None:
        super().__init__(catalogue, desk, pages, base_url)
        self._city = city.code

    def routes(self) -> list[Route]:
        """The feed and one message."""
        return [route("/warnings/feed", self.feed), route("/warnings/{number}/cap", self.message)]

    async def feed(self, request: Request) -> Reply:
        """``/warnings/feed``: what stands, as Atom."""
        given(request.query_string, ())
        require_known(self._catalogue, request.principal)

        def read(connection: Connection) -> tuple[Sequence[Held], dict[str, Station]]:
            found = store.page(connection, Wanted(open=True, limit=STANDING_MOST))
            return found, stations_of(connection, found)

        found, stations = await self._desk.run(read)
        base = request.base_url(self._base_url)
        body = feed.feed(found, stations, self._city, base, datetime.now(BEIJING))
        return answer(request, body, len(found), b"application/atom+xml; charset=utf-8")

    async def message(self, request: Request) -> Reply:
        """``/warnings/{number}/cap``: the message of its newest step, or of ``step``."""
        parameters = given(request.query_string, ("step",))
        require_known(self._catalogue, request.principal)
        number = whole("number", request.path_params["number"]) or 0
        wanted = whole("step", parameters.get("step"))

        def read(connection: Connection) -> tuple[Held, dict[str, Station]]:
            found = store.one(connection, number)
            return found, stations_of(connection, [found])

        held, stations = await self._desk.run(read)
        steps = held.warning.steps
        if wanted is not None and wanted > len(steps):
            raise UnknownWarning(
                f"预警 {number} 只有 {len(steps)} 步:{wanted}",
                f"warning {number} has {len(steps)} steps: {wanted}",
                value=wanted,
            )
        step = steps[-1] if wanted is None else steps[wanted - 1]
        href = f"{request.base_url(self._base_url)}/warnings/{number}"
        body = cap.message(held, step, stations.get(held.warning.station), self._city, href)
        return answer(request, body, 1, b"application/cap+xml; charset=utf-8")
