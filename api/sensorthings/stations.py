"""What stations say now, for the map 测站现状: newest values, findings of quality control, corrections.

Beside SensorThings, which has no rules and no findings. Whoever watches asks again with ``since``: as long as
nothing was written the answer is the same, and its tag.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Final

from starlette.routing import Route

from api.catalogue import Catalogue
from api.door import route
from api.history import LIMIT_DEFAULT, LIMIT_MAX
from api.parameters import given, instant, language, moment, whole
from api.pool import Pool
from api.problem import BadParameter
from api.sensorthings.asking import scope, tell_of
from api.sensorthings.chart import NUMBER_MAX, visible
from api.sensorthings.shared_reading import SharedReading
from api.wire import Reply, Request, tag_of, unless_gone
from spatial.access.model import Origin, Principal, Right
from spatial.history.read import Span
from spatial.observe import stations
from spatial.observe.finding import State
from spatial.observe.stations import Asker, Findings
from spatial.observe.things.errors import missing

_BEFORE: Final = re.compile(r"(.+)/([0-9]{1,9})")
_EARLIEST, _LATEST = (datetime.fromisoformat(f"{year}-01-01T00:00:00+08:00") for year in (1800, 2200))


class Stations:
    """The handlers of stations, their rules, findings and corrections."""

    def __init__(self, catalogue: Catalogue, heavy: Pool, base_url: str | None) -> None:
        self._catalogue = catalogue
        self._heavy = heavy
        self._base_url = base_url
        self._shared = SharedReading()

    def routes(self) -> list[Route]:
        """All of them read."""
        return [
            route("/stations", self.stations),
            route("/observed-properties", self.properties),
            route("/findings", self.findings),
            route("/datastreams/{number}/corrections", self.corrections),
        ]

    async def stations(self, request: Request) -> Reply:
        """``/stations``: Things with the newest value of each of their datastreams."""
        parameters = _given(request, ("since", "lang"))
        since = instant("since", parameters.get("since"))
        layers, counted = self._layers(request), tuple(sorted(self._catalogue.limits))
        sql, values = stations.stations(layers, since, counted)
        asked = (None if layers is None else frozenset(layers), since, counted)
        work = self._shared.read(asked, lambda: self._row(sql, values))
        reply = _reply(await unless_gone(request, work))
        await tell_of(self._catalogue, self._heavy, request.principal)
        return reply

    async def properties(self, request: Request) -> Reply:
        """``/observed-properties``: with the rules of quality control in force; vocabulary, for everybody."""
        _given(request, ("lang",))
        asked = stations.properties()
        return await self._told(request, asked.sql, {})

    async def findings(self, request: Request) -> Reply:
        """``/findings``: values that are believed and failed a test, the newest first."""
        parameters = _given(request, ("datetime", "datastream", "state", "limit", "before", "lang"))
        start, end = _span(parameters.get("datetime"))
        datastream = whole("datastream", parameters.get("datastream"))
        if datastream is not None and datastream >= NUMBER_MAX:
            raise missing(f"Datastreams({datastream})")
        limit = min(whole("limit", parameters.get("limit")) or LIMIT_DEFAULT, LIMIT_MAX)
        state = _one_of("state", parameters.get("state"), tuple(State))
        asked = Findings(limit, start, end, datastream, _before(parameters.get("before")), state)
        asker = self._asker(request.principal)
        of = None if datastream is None else [datastream]
        await tell_of(self._catalogue, self._heavy, request.principal, "Datastream", of)
        return await self._told(request, *stations.findings(self._layers(request), asked, asker))

    async def corrections(self, request: Request) -> Reply:
        """``/datastreams/{number}/corrections``: what was believed before, and what took its place."""
        parameters = _given(request, ("datetime", "limit", "lang"))
        number = whole("number", request.path_params["number"]) or 0
        start, end = _span(parameters.get("datetime"))
        limit = min(whole("limit", parameters.get("limit")) or LIMIT_DEFAULT, LIMIT_MAX)
        seen = visible(number, self._layers(request)) if number < NUMBER_MAX else None
        async with self._heavy.connection() as connection:
            there = seen is not None and await (
                await connection.execute(seen.sql, seen.params)
            ).fetchone() == (True,)
            if not there:
                raise missing(f"Datastreams({number})")
            sql, values = stations.corrections(number, start or _EARLIEST, end or _LATEST, limit)
            row = await (await connection.execute(sql, values)).fetchone()
        await tell_of(self._catalogue, self._heavy, request.principal, "Datastream", [number])
        return _reply(row)

    def _layers(self, request: Request) -> tuple[str, ...] | None:
        return scope(self._catalogue, request, self._base_url).layers

    def _asker(self, principal: Principal) -> Asker:
        """Whoever belongs to a department is told who answered; who may edit a layer answers."""
        seen = {} if principal.origin is Origin.LOCAL else self._catalogue.seen_by(principal)
        editable = tuple(id for id, layer in seen.items() if Right.EDIT in layer.rights)
        return Asker(editable, principal.origin is Origin.LOCAL or principal.department is not None)

    async def _told(self, request: Request, sql: str, values: dict[str, object]) -> Reply:
        return _reply(await unless_gone(request, self._row(sql, values)))

    async def _row(self, sql: str, values: dict[str, object]) -> Any:
        async with self._heavy.connection() as connection:
            return await (await connection.execute(sql, values)).fetchone()


def _reply(row: Any) -> Reply:
    assert row is not None  # a statement of aggregates gives one row
    body = row[0].encode()
    headers = [(b"content-type", b"application/json"), (b"cache-control", b"no-cache")]
    return Reply(200, headers, body, etag=tag_of(body))


def _given(request: Request, names: tuple[str, ...]) -> dict[str, str]:
    parameters = given(request.query_string, names)
    language(request, parameters)
    return parameters


def _span(text: str | None) -> tuple[datetime | None, datetime | None]:
    """``datetime`` as an interval, open where it says so."""
    span = moment("datetime", text)
    if span is None:
        return None, None
    if not isinstance(span, Span):
        raise BadParameter(
            "datetime", "须为 起/止 时间区间", "must be an interval start/end", value=text or ""
        )
    return span.start, span.end


def _one_of(name: str, text: str | None, known: tuple[str, ...]) -> str | None:
    if text is not None and text not in known:
        raise BadParameter(
            name, f"须为 {'、'.join(known)} 之一", f"must be of {', '.join(known)}", value=text
        )
    return text


def _before(text: str | None) -> tuple[datetime, int] | None:
    """Instant and datastream of the last finding of a page: ``2026-03-01T00:00:00Z/12``."""
    if text is None:
        return None
    found = _BEFORE.fullmatch(text)
    time = instant("before", found[1]) if found else None
    if found is None or time is None:
        raise BadParameter("before", "须为 时刻/数据流", "must be instant/datastream", value=text)
    return time, min(int(found[2]), NUMBER_MAX - 1)
