"""What differs between two states of a layer 变化: on either axis of time, or by one changeset.

A page names the two states by numbers that do not move, and its ``next`` link
carries them: all pages of a walk tell one difference.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

import orjson
from starlette.routing import Route

from api.catalogue import Catalogue, Shown
from api.crs import Edges
from api.door import route
from api.history import History
from api.pages import Pages
from api.parameters import COMMON, areas, given, instant, moment, whole
from api.pool import Connection, Pool
from api.problem import BadParameter
from api.release import Releases
from api.wire import Reply, Request, unless_gone
from spatial.catalogue.contract import stamped
from spatial.datum.clock import format_instant, parse_instant
from spatial.errors import BadTime
from spatial.history import read, states
from spatial.history.model import ChangeKind, Changeset
from spatial.history.read import Span, Statement
from spatial.history.states import Comparison, State

Document = dict[str, Any]
LIMIT_DEFAULT, LIMIT_MAX = 100, 1000
CANDIDATES_MOST = 20_000
"""So many versions are compared at once where few of those that may differ do."""
OF_CHANGESET = (*COMMON, "limit", "bbox", "bbox-crs", "after")
BETWEEN = (*OF_CHANGESET, "from", "to", "axis", "datetime", "asof")
BEFORE_ALL = State(0, None)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a walk stands: the two states, and the last change that was told."""

    older: State
    newer: State
    fid: str
    start: datetime | None

    def text(self) -> str:
        """Opaque to clients: URL-safe base64."""
        instants = [_told(each) for each in (self.older.at, self.newer.at, self.start)]
        content = orjson.dumps([self.older.changeset, self.newer.changeset, *instants, self.fid])
        return base64.urlsafe_b64encode(content).rstrip(b"=").decode()

    @staticmethod
    def parse(text: str) -> Place:
        """The place of a next link; anything else is a ``BadParameter``."""
        try:
            padded = text.encode("ascii") + b"=" * (-len(text) % 4)
            older, newer, *told, fid = orjson.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
            first, second, start = (None if each is None else parse_instant(each) for each in told)
            if not (_number(older) and _number(newer) and isinstance(fid, str) and "\0" not in fid):
                raise ValueError(text)
            if (first is None) != (second is None) or (first is None) != (start is not None):
                raise ValueError(text)
            return Place(State(older, first), State(newer, second), fid, start)
        except (ValueError, TypeError, BadTime, AttributeError, binascii.Error):
            raise BadParameter(
                "after",
                "不是本服务给出的续页标记,请使用 next 链接",
                "is no cursor of this server; follow the next link",
                value=text,
            ) from None


class Changes:
    """The handlers of differences."""

    def __init__(
        self,
        catalogue: Catalogue,
        heavy: Pool,
        history: History,
        edges: Edges,
        pages: Pages,
        releases: Releases,
        base_url: str | None,
    ) -> None:
        self._catalogue = catalogue
        self._releases = releases
        self._heavy = heavy
        self._history = history
        self._edges = edges
        self._pages = pages
        self._base_url = base_url

    def routes(self) -> list[Route]:
        """Of a layer between two states, and of one changeset."""
        return [
            route("/collections/{id}/changes", self.between),
            route("/changesets/{number}/changes", self.of_changeset),
        ]

    async def between(self, request: Request) -> Reply:
        """``/collections/{id}/changes``: what differs between ``from`` and ``to``."""
        layer = self._catalogue.get(request.path_params["id"], request.principal)
        parameters = given(request.query_string, BETWEEN)
        place = Place.parse(parameters["after"]) if "after" in parameters else None
        return await unless_gone(request, self._reply(request, layer, parameters, place, None))

    async def of_changeset(self, request: Request) -> Reply:
        """``/changesets/{number}/changes``: what one changeset changed, as the map shows it."""
        parameters = given(request.query_string, OF_CHANGESET)
        changeset = await self._history.held(request)
        layer = self._catalogue.get(changeset.layer, request.principal)
        place = Place.parse(parameters["after"]) if "after" in parameters else None
        return await unless_gone(request, self._reply(request, layer, parameters, place, changeset))

    async def _reply(
        self,
        request: Request,
        layer: Shown,
        parameters: dict[str, str],
        place: Place | None,
        changeset: Changeset | None,
    ) -> Reply:
        asked = Comparison(
            table=layer.table,
            columns=tuple(column for _, column in layer.fields.values()),
            older=BEFORE_ALL,
            newer=BEFORE_ALL,
            areas=areas(parameters, self._edges),
            after=(place.fid, place.start) if place else None,
            limit=min(whole("limit", parameters.get("limit")) or LIMIT_DEFAULT, LIMIT_MAX),
        )
        wanted = asked_for(parameters) if changeset is None else None
        async with self._heavy.connection() as connection:
            if place is not None:
                older, newer = place.older, place.newer
            elif wanted is not None:
                older, newer = await ends(connection, layer, wanted)
            else:
                assert changeset is not None
                older, newer = await _around(connection, layer, changeset)
            asked = replace(asked, older=await dated(connection, layer, older))
            asked = replace(asked, newer=await dated(connection, layer, newer))
            rows = await _page(connection, asked)
        await self._releases.take(layer, request.principal, (row[0] for row in rows[: asked.limit]))
        document = self._document(request, layer, asked, parameters, rows)
        base = request.base_url(self._base_url)
        return self._pages.reply(
            request, parameters, document, "changes.html", base, "application/geo+json", layer=layer
        )

    def _document(
        self,
        request: Request,
        layer: Shown,
        asked: Comparison,
        parameters: Mapping[str, str],
        rows: list[tuple[Any, ...]],
    ) -> Document:
        base = request.base_url(self._base_url)
        kept = [(name, text) for name, text in parameters.items() if name != "after"]
        address = f"{base}{request.path}"
        own = urlencode(list(parameters.items()))
        links = [
            _link(address + (f"?{own}" if own else ""), "self"),
            {**_link(f"{base}/collections/{layer.id}", "collection"), "type": "application/json"},
        ]
        shown = rows[: asked.limit]
        if len(rows) > asked.limit:
            last = Place(asked.older, asked.newer, shown[-1][0], shown[-1][1])
            links.append(_link(f"{address}?{urlencode([*kept, ('after', last.text())])}", "next"))
        document: Document = {
            "type": "FeatureCollection",
            "features": [told(layer, *row) for row in shown],
            "numberReturned": len(shown),
            "onemap:older": _state(asked.older),
            "onemap:newer": _state(asked.newer),
        }
        document |= stamped(layer.contract.synthetic)
        return {**document, "links": links}


def told(layer: Shown, fid: str, start: datetime | None, older: str | None, newer: str | None) -> Document:
    """A change as a Feature: the new state, the old one where it is gone; an update with its fields."""
    before, after = (None if text is None else orjson.loads(text) for text in (older, newer))
    if before is None:
        return {**(after or {}), "change": ChangeKind.INSERT}
    if after is None:
        return {**before, "change": ChangeKind.DELETE}
    names = [*layer.fields, *(["valid_to"] if start is not None else [])]
    pairs = [("geometry", before["geometry"], after["geometry"])]
    pairs += [(name, before["properties"].get(name), after["properties"].get(name)) for name in names]
    fields = [{"name": name, "old": old, "new": new} for name, old, new in pairs if old != new]
    return {**after, "change": ChangeKind.UPDATE, "fields": fields}


@dataclass(frozen=True, slots=True)
class Ends:
    """The two ends as they were asked for: a changeset number or an instant each."""

    axis: str
    older: int | datetime | None
    newer: int | datetime | None
    at: datetime | Span | None
    asof: datetime | None


def asked_for(parameters: Mapping[str, str]) -> Ends:
    """The ends that ``from``, ``to``, ``axis``, ``datetime`` and ``asof`` name."""
    axis = parameters.get("axis", "recorded")
    if axis not in ("recorded", "valid"):
        raise BadParameter("axis", "须为 recorded 或 valid", "must be recorded or valid", value=axis)
    other = "datetime" if axis == "valid" else "asof"
    if other in parameters:
        raise BadParameter(
            other, f"不能与 axis={axis} 同用", f"does not go with axis={axis}", value=parameters[other]
        )
    at = moment("datetime", parameters.get("datetime"))
    if isinstance(at, Span) and (at.start, at.end) != (None, None):
        raise BadParameter(
            "datetime",
            "须为一个时刻,或 ../..(比较全部版本)",
            "must be one instant, or ../.. to compare all versions",
            value=parameters["datetime"],
        )
    older, newer = (_end(name, parameters.get(name), axis) for name in ("from", "to"))
    return Ends(axis, older, newer, at, instant("asof", parameters.get("asof")))


def _end(name: str, text: str | None, axis: str) -> int | datetime | None:
    if text is None:
        if axis == "valid":
            raise BadParameter(name, "须给出时刻", "must be given: an instant", value="")
        return None
    if axis == "recorded" and text.isascii() and text.isdecimal():
        return whole(name, text) if text.strip("0") else 0
    return instant(name, text)


async def ends(connection: Connection, layer: Shown, asked: Ends) -> tuple[State, State]:
    """Both states pinned: to changesets of this layer and, where "now" was meant, to an instant."""
    head, _, now = (await _rows(connection, read.head(layer.id)))[0]
    if asked.axis == "valid":
        assert isinstance(asked.older, datetime)
        assert isinstance(asked.newer, datetime)
        believed = head or 0 if asked.asof is None else await _changeset(connection, layer, asked.asof)
        return State(believed, asked.older), State(believed, asked.newer)
    at = None if isinstance(asked.at, Span) else asked.at or now
    older = 0 if asked.older is None else await _changeset(connection, layer, asked.older)
    newer = head or 0 if asked.newer is None else await _changeset(connection, layer, asked.newer)
    return State(older, at), State(newer, at)


async def _changeset(connection: Connection, layer: Shown, end: int | datetime) -> int:
    number, recorded = (end, None) if isinstance(end, int) else (None, end)
    rows = await _rows(connection, states.resolve(layer.id, number, recorded))
    return int(rows[0][0]) if rows else 0


async def _around(connection: Connection, layer: Shown, changeset: Changeset) -> tuple[State, State]:
    """Before and after a changeset: as the map of the instant from which its changes hold.

    One whose changes begin at several instants is told by version.
    """
    turns = await _rows(connection, states.turns(layer.table, changeset.id, closed=changeset.closed > 0))
    at = turns[0][0] if len(turns) == 1 else None
    return State(changeset.id - 1, at), State(changeset.id, at)


async def dated(connection: Connection, layer: Shown, state: State) -> State:
    """A state by the last changeset of its layer up to its number, and when that was recorded."""
    rows = await _rows(connection, states.resolve(layer.id, state.changeset, None))
    return State(rows[0][0], state.at, rows[0][1]) if rows else State(0, state.at)


async def _page(connection: Connection, asked: Comparison) -> list[tuple[Any, ...]]:
    """The changes of a page, and one more where more follow.

    Features that may differ are looked at in order of identity until there are enough that do.
    """
    found: list[tuple[Any, ...]] = []
    wanted, count, beyond = asked.limit + 1, asked.limit + 1, None
    while True:
        looked = [fid for (fid,) in await _rows(connection, states.candidates(asked, beyond, count))]
        if looked:
            part = replace(asked, limit=wanted - len(found))
            found += await _rows(connection, states.difference(part, list(dict.fromkeys(looked))))
        if len(found) >= wanted or len(looked) < count:
            return found
        beyond, count = looked[-1], min(4 * count, CANDIDATES_MOST)


async def _rows(connection: Connection, statement: Statement) -> list[tuple[Any, ...]]:
    cursor = await connection.execute(statement.sql, statement.params)
    return await cursor.fetchall()


def _state(state: State) -> Document:
    return {
        "changeset": state.changeset,
        "recorded_at": _told(state.recorded_at),
        "datetime": _told(state.at),
    }


def _told(moment_: datetime | None) -> str | None:
    return None if moment_ is None else format_instant(moment_)


def _number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _link(href: str, rel: str) -> dict[str, str]:
    return {"href": href, "rel": rel, "type": "application/geo+json"}
