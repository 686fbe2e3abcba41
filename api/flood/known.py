"""What was known and decided at an instant 复盘, and what came of it; one door to every part.

Each part is told to who may read the layers that it comes from; the others are named in ``left_out``.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from starlette.routing import Route

from api.catalogue import Catalogue
from api.desk import Desk
from api.door import route
from api.flood import known_document as documents
from api.flood.held import HeldRuns
from api.flood.known_document import RUNS_MOST
from api.pages import Pages
from api.parameters import COMMON, given, instant
from api.problem import BadParameter
from api.rivers.held import Document, RiverDoor, believed, require
from api.rivers.warnings import require_known
from api.wire import Reply, Request
from spatial.access.model import Principal
from spatial.catalogue.contract import STAMP
from spatial.database import Connection
from spatial.datum import format_instant
from spatial.datum.clock import BEIJING
from spatial.errors import Forbidden, NotFound, OneMapError, Unauthenticated
from water.gauges.layers import STATIONS
from water.plans.layers import PLANS
from water.replay import came_true, known
from water.replay.known import FORECASTS_MOST, WARNINGS_MOST, Known

PARTS: Final = ("observations", "forecasts", "warnings", "responses", "runs")
STATION: Final = "[A-Za-z0-9]{1,8}"


class FloodKnown(RiverDoor):
    """The handler of looking back."""

    def __init__(
        self, catalogue: Catalogue, held: HeldRuns, desk: Desk, pages: Pages, base_url: str | None
    ) -> None:
        super().__init__(catalogue, desk, pages, base_url)
        self._held = held

    def routes(self) -> list[Route]:
        """One address."""
        return [route("/flood/known", self.known)]

    async def known(self, request: Request) -> Reply:
        """``/flood/known``: ``at`` is the instant, ``asof`` by when it was on record: at the instant itself.

        ``outcome_asof``: what is believed then of what came of it; now where it is not said.
        """
        parameters = given(request.query_string, (*COMMON, "at", "asof", "outcome_asof", "station"))
        now = datetime.now(BEIJING)
        at = instant("at", parameters.get("at")) or now
        asof = believed("asof", parameters.get("asof")) or min(at, now)
        later = believed("outcome_asof", parameters.get("outcome_asof")) or now
        asked = Known(at, asof, _station(parameters.get("station")))
        may, refusals = self._may(request.principal)
        if refusals and not any(may.values()):
            raise refusals[0]
        base = request.base_url(self._base_url)
        document = await self._desk.run(lambda connection: _read(connection, asked, may, later, base))
        if may["runs"]:
            found = await self._held.all(request.principal, asof)
            kept = documents.runs(found, asked, base)
            document["runs"], document["more"] = kept[:RUNS_MOST], document["more"] or len(kept) > RUNS_MOST
            document["lacking"] = self._held.lacking(request.principal)
        if documents.synthetic(document):
            document["stamp"] = STAMP
        return self._reply(request, parameters, document, "复盘 What was known")

    def _may(self, principal: Principal) -> tuple[dict[str, bool], list[OneMapError]]:
        """Which parts somebody may read, and why not the others."""
        asks: dict[str, Callable[[], None]] = {
            "observations": lambda: require(self._catalogue, principal, STATIONS),
            "forecasts": lambda: require(self._catalogue, principal, STATIONS),
            "warnings": lambda: require_known(self._catalogue, principal),
            "responses": lambda: require(self._catalogue, principal, PLANS),
            "runs": lambda: self._held.require(principal),
        }
        may, refusals = dict.fromkeys(PARTS, True), list[OneMapError]()
        for part, ask in asks.items():
            try:
                ask()
            except (Forbidden, NotFound, Unauthenticated) as refused:
                may[part] = False
                refusals.append(refused)
        return may, refusals


def _read(connection: Connection, asked: Known, may: dict[str, bool], later: datetime, base: str) -> Document:
    """The parts of the rivers; the runs come by a door of their own."""
    document: Document = {
        "at": format_instant(asked.at),
        "asof": format_instant(asked.asof),
        "station": asked.station,
        "left_out": [each for each in PARTS if not may[each]],
        "lacking": None,
        "more": False,
        **dict.fromkeys(PARTS),
        "outcome": {"asof": format_instant(later), "forecasts": None, "warnings": None, **came_true.basis()},
        "stamp": None,
    }
    outcome = document["outcome"]
    if may["observations"]:
        document["observations"] = documents.observations(known.measured(connection, asked), base)
    if may["forecasts"]:
        foretold = known.foretold(connection, asked)
        document["forecasts"] = documents.issued(foretold, base)
        document["more"] |= len(foretold) > FORECASTS_MOST
        outcome["forecasts"] = [
            came_true.outcome(connection, each, later).to_json() for each in foretold[:FORECASTS_MOST]
        ]
    if may["warnings"]:
        warned, stations = known.warned(connection, asked)
        document["warnings"] = documents.standing(warned, stations, asked, base)
        document["more"] |= len(warned) > WARNINGS_MOST
        outcome["warnings"] = [each.to_json() for each in came_true.fates(connection, asked, later)]
    if may["responses"]:
        document["responses"] = documents.responses(known.responding(connection, asked), asked)
    return document


def _station(text: str | None) -> str | None:
    if text is not None and not (text.isascii() and text.isalnum() and len(text) <= 8):
        raise BadParameter("station", f"须形如 {STATION}", f"is of the form {STATION}", value=text)
    return text
