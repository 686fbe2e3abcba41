"""Warnings over HTTP 预警: what stands or stood, who took note, what came of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from starlette.routing import Route

from api.body import json_object
from api.catalogue import Catalogue
from api.door import post_route, route
from api.history import LIMIT_DEFAULT, LIMIT_MAX
from api.parameters import COMMON, given, instant, language, whole
from api.problem import BadParameter
from api.rivers import warning_document as documents
from api.rivers.held import Document, RiverDoor, believed, require
from api.wire import Reply, Request
from spatial.access.model import Origin, Principal
from spatial.catalogue.contract import STAMP
from spatial.database import Connection
from spatial.datum.clock import BEIJING
from spatial.errors import Forbidden, InvalidInput, Unauthenticated, shorten
from water.gauges import store as gauges
from water.gauges.layers import STATIONS, THRESHOLDS
from water.gauges.station import Station
from water.moment import Moment
from water.warning import chain, judgement_store, ledger_store, rule_store, store
from water.warning.colour import COLOURS, Colour
from water.warning.evaluate import VERDICTS
from water.warning.rule_document import TIERS
from water.warning.store import Held, Wanted

STATES: Final = ("open", "closed")
ACTIONS: Final = (chain.ACKNOWLEDGED, chain.NOTED)
COMMENT_MOST: Final = 2000
_RULE, _STATION = "[a-z0-9][a-z0-9-]{0,59}", "[A-Za-z0-9]{1,8}"
SHAPES: Final = {"rule": _RULE, "station": _STATION, "after": f"{_RULE}/{_STATION}"}
"""What parameters look like that name something."""
_LISTED: Final = (*COMMON, "state", "colour", "rule", "station", "datetime", "asof", "before", "limit")


class RiverWarnings(RiverDoor):
    """The handlers of warnings."""

    def routes(self) -> list[Route]:
        """Lists, one warning, its chain; rules, what they can say, and the ledger."""
        return [
            route("/warnings", self.warnings),
            route("/warnings/rules", self.rules),
            route("/warnings/judgements", self.judgements),
            route("/warnings/ledger", self.ledger),
            route("/warnings/{number}", self.warning),
            post_route("/warnings/{number}/acknowledgements", self.acknowledge),
            post_route("/warnings/{number}/cancellation", self.cancel),
        ]

    async def warnings(self, request: Request) -> Reply:
        """``/warnings``: the newest first, as they stand or stood."""
        parameters = given(request.query_string, _LISTED)
        require_known(self._catalogue, request.principal)
        limit = _limit(parameters.get("limit"))
        state, colour = parameters.get("state"), parameters.get("colour")
        _one_of("state", state, STATES)
        _one_of("colour", colour, [each.id for each in COLOURS])
        wanted = Wanted(
            open=None if state is None else state == "open",
            colour=None if colour is None else int(Colour.of(colour)),
            rule=_shaped("rule", parameters),
            station=_shaped("station", parameters),
            at=instant("datetime", parameters.get("datetime")),
            asof=believed("asof", parameters.get("asof")),
            before=whole("before", parameters.get("before")),
            limit=limit + 1,
        )

        def read(connection: Connection) -> tuple[Sequence[Held], dict[str, Station]]:
            found = store.page(connection, wanted)
            return found, stations_of(connection, found)

        found, stations = await self._desk.run(read)
        base = request.base_url(self._base_url)
        document: Document = {
            "warnings": [
                documents.listed(each, stations.get(each.warning.station), base) for each in found[:limit]
            ],
            "numberReturned": len(found[:limit]),
            "links": self._links(request, parameters, "before", _last(found, limit)),
        }
        if any(each.warning.synthetic for each in found[:limit]):
            document["stamp"] = STAMP
        return self._reply(request, parameters, document, "预警 Warnings")

    async def warning(self, request: Request) -> Reply:
        """``/warnings/{number}``: one warning with its steps, evidence and chain, now or as of an instant."""
        parameters = given(request.query_string, (*COMMON, "asof"))
        require_known(self._catalogue, request.principal)
        number, asof = _number(request), believed("asof", parameters.get("asof"))

        def read(connection: Connection) -> tuple[Held, dict[str, Station]]:
            found = store.one(connection, number, asof)
            return found, stations_of(connection, [found])

        held, stations = await self._desk.run(read)
        document = self._whole(request, held, stations)
        return self._reply(request, parameters, document, f"预警 Warning {number}")

    async def rules(self, request: Request) -> Reply:
        """``/warnings/rules``: the newest version of each."""
        parameters = given(request.query_string, (*COMMON, "asof"))
        require_known(self._catalogue, request.principal)
        asof = believed("asof", parameters.get("asof"))
        found = await self._desk.run(lambda connection: rule_store.in_force(connection, asof))
        document = {"rules": [documents.rule(each) for each in found]}
        return self._reply(request, parameters, document, "预警规则 Rules of warnings")

    async def judgements(self, request: Request) -> Reply:
        """``/warnings/judgements``: what each rule can say of each station, and what it lacks 无法判定."""
        names = (*COMMON, "rule", "station", "verdict", "asof", "after", "limit")
        parameters = given(request.query_string, names)
        require_known(self._catalogue, request.principal)
        limit, verdict = _limit(parameters.get("limit")), parameters.get("verdict")
        _one_of("verdict", verdict, VERDICTS)
        asof, named = believed("asof", parameters.get("asof")), _shaped("after", parameters)

        rule, station = _shaped("rule", parameters), _shaped("station", parameters)

        def read(connection: Connection) -> Sequence[judgement_store.Said]:
            return judgement_store.said(
                connection,
                rule=rule,
                station=station,
                verdict=verdict,
                asof=asof,
                after=None if named is None else (named.partition("/")[0], named.partition("/")[2]),
                limit=limit + 1,
            )

        found = await self._desk.run(read)
        last = f"{found[limit - 1].rule}/{found[limit - 1].station}" if len(found) > limit else None
        document = {
            "judgements": [documents.said(each) for each in found[:limit]],
            "numberReturned": len(found[:limit]),
            "links": self._links(request, parameters, "after", last),
        }
        return self._reply(request, parameters, document, "判定结论 Judgements")

    async def ledger(self, request: Request) -> Reply:
        """``/warnings/ledger``: verifications, with hits, false and missed alarms and lead times."""
        parameters = given(request.query_string, (*COMMON, "rule", "asof", "before", "limit"))
        require_known(self._catalogue, request.principal)
        limit, asof = _limit(parameters.get("limit")), believed("asof", parameters.get("asof"))
        before, rule = whole("before", parameters.get("before")), _shaped("rule", parameters)

        def read(connection: Connection) -> Sequence[ledger_store.Kept]:
            return ledger_store.page(connection, rule=rule, asof=asof, before=before, limit=limit + 1)

        found = await self._desk.run(read)
        last = str(found[limit - 1].id) if len(found) > limit else None
        document = {
            "verifications": [
                {"id": each.id, "version": each.version, **ledger_store.document(each.verified)}
                for each in found[:limit]
            ],
            "numberReturned": len(found[:limit]),
            "links": self._links(request, parameters, "before", last),
        }
        return self._reply(request, parameters, document, "预警台账 Ledger of warnings")

    async def acknowledge(self, request: Request) -> Reply:
        """POST ``/warnings/{number}/acknowledgements``: ``tier``, ``action`` and ``comment`` of who asks."""
        parameters = given(request.query_string, ("lang",))
        language(request, parameters)
        told = json_object(await request.body())
        tier, comment = _word(told, "tier", TIERS), _comment(told)
        action = _word(told, "action", ACTIONS) if "action" in told else chain.ACKNOWLEDGED
        require_known(self._catalogue, request.principal)
        subject, department, alone = self._who(request.principal, told, tier)
        number = _number(request)

        def write(connection: Connection) -> Held:
            if action == chain.NOTED:
                return store.note(connection, number, tier, subject, department, comment)
            return store.acknowledge(connection, number, tier, subject, department, comment, alone=alone)

        return await self._written(request, parameters, write)

    async def cancel(self, request: Request) -> Reply:
        """POST ``/warnings/{number}/cancellation``: the leader takes a warning back, for a reason."""
        parameters = given(request.query_string, ("lang",))
        language(request, parameters)
        told = json_object(await request.body())
        require_known(self._catalogue, request.principal)
        subject, department, _ = self._who(request.principal, told, "leader")
        number, comment = _number(request), _comment(told)
        return await self._written(
            request,
            parameters,
            lambda connection: store.cancel(connection, number, subject, department, comment),
        )

    async def _written(
        self, request: Request, parameters: dict[str, str], write: Callable[[Connection], Held]
    ) -> Reply:
        def work(connection: Connection) -> tuple[Held, dict[str, Station]]:
            held = write(connection)
            return held, stations_of(connection, [held])

        held, stations = await self._desk.run(work)
        return self._reply(request, parameters, self._whole(request, held, stations), "预警 Warning")

    def _whole(self, request: Request, held: Held, stations: dict[str, Station]) -> Document:
        station, base = stations.get(held.warning.station), request.base_url(self._base_url)
        return documents.whole(held, station, base, datetime.now(BEIJING))

    def _who(self, principal: Principal, told: Document, tier: str) -> tuple[str, str, bool]:
        """Subject and department of who takes a step, from who asks; the operator of this machine says whom
        they act for. Forbidden where the tier is not theirs.
        """
        if principal.origin is Origin.LOCAL:
            department = told.get("department", "本机 this machine")
            if not isinstance(department, str) or len(department) > COMMENT_MOST or "\x00" in department:
                raise _bad("department", "须为文字", "is a text", department)
            return "本机操作员 local", department, True
        if "department" in told:
            raise _bad("department", "由登录身份决定", "is known from who you are", told["department"])
        if tier in chain.NEEDED:
            right, role = chain.NEEDED[tier]
            shown = self._catalogue.get(THRESHOLDS, principal)
            shown.require(right, principal)
            if role not in principal.roles:
                raise Forbidden(
                    f"{chain.TITLES[tier].zh}环节须有 {role.value} 角色:{principal.subject}",
                    f"the tier {tier} takes the role {role.value}: {principal.subject}",
                    value=principal.subject,
                )
        return principal.subject, principal.department or "", False

    def _links(
        self, request: Request, parameters: dict[str, str], cursor: str, last: str | None
    ) -> list[dict[str, str]]:
        address = f"{request.base_url(self._base_url)}{request.path}"
        own = f"?{urlencode(list(parameters.items()))}" if parameters else ""
        links = [{"href": address + own, "rel": "self", "type": "application/json"}]
        if last is not None:
            following = urlencode([*((k, v) for k, v in parameters.items() if k != cursor), (cursor, last)])
            links.append({"href": f"{address}?{following}", "rel": "next", "type": "application/json"})
        return links


def require_known(catalogue: Catalogue, principal: Principal) -> None:
    """Warnings are read by whoever is known and may read the gauges."""
    if principal.origin is not Origin.LOCAL and principal.department is None:
        raise Unauthenticated(
            "预警须先认证:/warnings", "to see warnings say who you are: /warnings", value="/warnings"
        )
    require(catalogue, principal, STATIONS, THRESHOLDS)


def stations_of(connection: Connection, held: Sequence[Held]) -> dict[str, Station]:
    """The stations of warnings, those that still stand."""
    wanted = sorted({each.warning.station for each in held})
    return {each.id: each for each in gauges.stations(connection, Moment(datetime.now(BEIJING)), wanted)}


def _last(found: Sequence[Held], limit: int) -> str | None:
    return str(found[limit - 1].warning.id) if len(found) > limit else None


def _number(request: Request) -> int:
    return whole("number", request.path_params["number"]) or 0


def _limit(text: str | None) -> int:
    return min(whole("limit", text) or LIMIT_DEFAULT, LIMIT_MAX)


def _one_of(name: str, text: str | None, known: Sequence[str]) -> None:
    if text is not None and text not in known:
        raise BadParameter(name, f"须为 {'、'.join(known)} 之一", f"is of {', '.join(known)}", value=text)


def _shaped(name: str, parameters: Mapping[str, str]) -> str | None:
    """A code of a rule, of a station, or both as the last of the page before."""
    text = parameters.get(name)
    if text is not None and not re.fullmatch(SHAPES[name], text, re.ASCII):
        raise BadParameter(name, f"须形如 {SHAPES[name]}", f"is of the form {SHAPES[name]}", value=text)
    return text


def _word(told: Document, name: str, known: Sequence[str]) -> str:
    found = told.get(name)
    if found not in known:
        raise _bad(name, f"须为 {'、'.join(known)} 之一", f"is of {', '.join(known)}", found)
    return str(found)


def _comment(told: Document) -> str:
    found: Any = told.get("comment", "")
    if not isinstance(found, str) or len(found) > COMMENT_MOST or "\x00" in found:
        raise _bad(
            "comment", f"须为至多 {COMMENT_MOST} 字的文字", f"is a text of up to {COMMENT_MOST}", found
        )
    return found


def _bad(name: str, zh: str, en: str, value: object) -> InvalidInput:
    shown = shorten(value, 40)
    return InvalidInput(f"{name} {zh}:{shown}", f"{name} {en}: {shown}", value=shown)
