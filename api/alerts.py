"""Alerts over HTTP 预警: what monitoring has raised, with receipts, for who may see what it rests on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Final
from urllib.parse import urlencode

from starlette.routing import Route

from api.catalogue import Catalogue, Shown
from api.desk import Desk
from api.door import route
from api.history import LIMIT_DEFAULT, LIMIT_MAX
from api.pages import Pages
from api.parameters import COMMON, given, whole
from api.problem import BadParameter
from api.wire import Reply, Request
from planning.indicators import formula
from planning.indicators.definition import LEVELS
from planning.indicators.regions import LAYERS, layer_of
from planning.indicators.states import WHOLE
from planning.monitoring import alert_store, store
from planning.monitoring.alert_store import Placed, Wanted
from planning.monitoring.alerts import NOTED, STEPS, Alert, Receipt, State
from planning.monitoring.limits import Limit, shipped
from spatial.access.model import Origin, Principal, Right
from spatial.database import Connection
from spatial.datum import format_instant
from spatial.errors import Unauthenticated

Document = dict[str, Any]
LISTED: Final = (*COMMON, "level", "state", "code", "region", "limit", "before")


class Alerts:
    """The handlers of alerts."""

    def __init__(self, catalogue: Catalogue, desk: Desk, pages: Pages, base_url: str | None) -> None:
        self._catalogue = catalogue
        self._desk = desk
        self._pages = pages
        self._base_url = base_url

    def routes(self) -> list[Route]:
        """The list, and one alert."""
        return [route("/alerts", self.alerts), route("/alerts/{number}", self.alert)]

    async def alerts(self, request: Request) -> Reply:
        """``/alerts``: the newest first, of limits whose layers the asker may read."""
        parameters = given(request.query_string, LISTED)
        seen = self._seen(request.principal)
        limit = min(whole("limit", parameters.get("limit")) or LIMIT_DEFAULT, LIMIT_MAX)
        code = _one_of("code", parameters.get("code"), tuple(shipped()))
        wanted = Wanted(
            codes=[name for name in shipped() if _visible(name, seen) and code in (None, name)],
            level=_one_of("level", parameters.get("level"), LEVELS),
            state=_one_of("state", parameters.get("state"), tuple(State)),
            region=region(parameters.get("region")),
            before=whole("before", parameters.get("before")),
            limit=limit + 1,
        )
        found = await self._desk.run(lambda connection: alert_store.page(connection, wanted))
        base = request.base_url(self._base_url)
        address = f"{base}/alerts"
        own = f"?{urlencode(list(parameters.items()))}" if parameters else ""
        links = [_link(address + own, "self"), _link(f"{base}/", "root")]
        if len(found) > limit:
            kept = [(name, text) for name, text in parameters.items() if name != "before"]
            following = urlencode([*kept, ("before", str(found[limit - 1].alert.id))])
            links.append(_link(f"{address}?{following}", "next"))
        self._tell_of((each.alert.code for each in found[:limit]), request.principal)
        document = {
            "alerts": [self._listed(each, seen, base) for each in found[:limit]],
            "numberReturned": len(found[:limit]),
            "links": links,
        }
        return self._pages.reply(request, parameters, document, "alerts.html", base)

    async def alert(self, request: Request) -> Reply:
        """``/alerts/{number}``: one alert with its receipts, and what changed when it was raised."""
        parameters = given(request.query_string, COMMON)
        seen = self._seen(request.principal)
        number = whole("number", request.path_params["number"]) or 0

        def read(connection: Connection) -> tuple[Alert, Document | None]:
            found = store.alert(connection, number)
            if not _visible(found.code, seen):
                raise store.unknown(number)
            self._tell_of([found.code], request.principal)
            withheld = self._withheld(found.code)
            return found, None if withheld else alert_store.changed(connection, number)

        found, changed = await self._desk.run(read)
        base = request.base_url(self._base_url)
        document = {
            **_document(found, seen, base),
            "receipts": [_receipt(each) for each in found.receipts],
            "changed": changed,
            "limited": self._withheld(found.code),
            "links": [_link(f"{base}/alerts/{found.id}", "self"), _link(f"{base}/alerts", "collection")],
        }
        return self._pages.reply(request, parameters, document, "alert.html", base)

    def _seen(self, principal: Principal) -> Mapping[str, Shown]:
        """The layers somebody knows of; nobody in particular is told of no alerts."""
        if principal.origin is not Origin.LOCAL and principal.department is None:
            raise Unauthenticated(
                "预警须先认证:/alerts", "to see alerts say who you are: /alerts", value="/alerts"
            )
        return self._catalogue.seen_by(principal)

    def _tell_of(self, codes: Iterable[str], principal: Principal) -> None:
        self._catalogue.tell_of((layer for code in codes for layer in layers_of(code)), principal)

    def _withheld(self, code: str) -> bool:
        """Whether of the layer that changed no more than a counted area may leave: shapes are not told."""
        return layers_of(code)[0] in self._catalogue.limits

    def _listed(self, placed: Placed, seen: Mapping[str, Shown], base: str) -> Document:
        extent = None if self._withheld(placed.alert.code) else placed.extent
        return {**_document(placed.alert, seen, base), "extent": extent}


@cache
def layers_of(code: str) -> tuple[str, ...]:
    """What a limit rests on; its steward's layer first."""
    return formula.layers(shipped()[code].tree)


def region(text: str | None) -> str | None:
    """A region as values are kept under: ``city``, or a division by its layer and code."""
    if text is None or text == WHOLE:
        return text
    layer = layer_of(text) if text.isascii() and text.isdecimal() else None
    if layer is None:
        lengths = "、".join(map(str, LAYERS))
        raise BadParameter(
            "region", f"须为 city 或 {lengths} 位行政区代码", "must be city or a division code", value=text
        )
    return f"{layer}/{text}"


def _visible(code: str, seen: Mapping[str, Shown]) -> bool:
    return code in shipped() and all(layer in seen for layer in layers_of(code))


def _one_of(name: str, text: str | None, known: tuple[str, ...]) -> str | None:
    if text is not None and text not in known:
        raise BadParameter(
            name, f"须为 {'、'.join(known)} 之一", f"must be of {', '.join(known)}", value=text
        )
    return text


def _document(alert: Alert, seen: Mapping[str, Shown], base: str) -> Document:
    limit: Limit = shipped()[alert.code]
    steward = seen[layers_of(alert.code)[0]]
    return {
        "id": alert.id,
        "code": alert.code,
        "title": {"zh": limit.title.zh, "en": limit.title.en},
        "region": alert.region.rpartition("/")[2],
        "level": alert.level,
        "state": alert.state.value,
        "value": str(alert.value),
        "limit": str(alert.limit),
        "unit": limit.unit,
        "side": limit.side,
        "from_share": str(limit.steps[alert.level]),
        "document": alert.document,
        "verified": limit.verified,
        "layers": list(layers_of(alert.code)),
        "follows": alert.follows,
        "raised_at": format_instant(alert.raised_at),
        "steps": [*STEPS[alert.state], NOTED] if Right.EDIT in steward.rights else [],
        "href": f"{base}/alerts/{alert.id}",
    }


def _receipt(receipt: Receipt) -> Document:
    return {
        "number": receipt.number,
        "action": receipt.action,
        "subject": receipt.subject,
        "department": receipt.department,
        "note": receipt.note,
        "recorded_at": format_instant(receipt.recorded_at),
    }


def _link(href: str, rel: str) -> dict[str, str]:
    return {"href": href, "rel": rel, "type": "application/json"}
