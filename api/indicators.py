"""Indicators over HTTP 指标: their definitions, and the values that were kept. The process evaluates them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from starlette.routing import Route

from api.alerts import region
from api.catalogue import Catalogue, Shown
from api.desk import Desk
from api.door import route
from api.history import LIMIT_DEFAULT, LIMIT_MAX
from api.pages import Pages
from api.parameters import COMMON, given, whole
from api.wire import Reply, Request
from planning.errors import UnknownIndicator
from planning.indicators import formula, value_store
from planning.indicators.definition import Definition, figures, shipped
from planning.indicators.states import WHOLE
from planning.indicators.value_store import Past
from spatial.datum import format_instant
from spatial.errors import shorten

Document = dict[str, Any]
LISTED: Final = (*COMMON, "region", "limit", "before")


class Indicators:
    """The handlers of indicators."""

    def __init__(self, catalogue: Catalogue, desk: Desk, pages: Pages, base_url: str | None) -> None:
        self._catalogue = catalogue
        self._desk = desk
        self._pages = pages
        self._base_url = base_url

    def routes(self) -> list[Route]:
        """Definitions, and kept values."""
        return [route("/indicators", self.indicators), route("/indicators/{code}/values", self.values)]

    async def indicators(self, request: Request) -> Reply:
        """``/indicators``: all definitions, and which of them the asker may evaluate."""
        parameters = given(request.query_string, COMMON)
        seen = self._catalogue.seen_by(request.principal)
        base = request.base_url(self._base_url)
        document = {
            "indicators": [_definition(each, self._catalogue.layers, seen) for each in shipped().values()],
            "figures": dict(figures()),
            "links": [_link(f"{base}/indicators", "self"), _link(f"{base}/", "root")],
        }
        return self._pages.reply(request, parameters, document, "plain.html", base, title="指标 Indicators")

    async def values(self, request: Request) -> Reply:
        """``/indicators/{code}/values``: what was kept of one in a region, the newest first."""
        parameters = given(request.query_string, LISTED)
        code = request.path_params["code"]
        seen = self._catalogue.seen_by(request.principal)
        if code not in shipped() or not available(shipped()[code], self._catalogue.layers, seen):
            shown = shorten(code)
            raise UnknownIndicator(
                f"没有这个指标,可用的见 /indicators:{shown}",
                f"no such indicator, /indicators lists them: {shown}",
                value=shown,
            )
        limit = min(whole("limit", parameters.get("limit")) or LIMIT_DEFAULT, LIMIT_MAX)
        where = region(parameters.get("region")) or WHOLE
        before = whole("before", parameters.get("before"))
        found = await self._desk.run(
            lambda connection: value_store.past(connection, code, where, before, limit + 1)
        )
        base = request.base_url(self._base_url)
        address = f"{base}/indicators/{code}/values"
        links = [_link(address, "self"), _link(f"{base}/indicators", "up")]
        if len(found) > limit:
            kept = [(name, text) for name, text in parameters.items() if name != "before"]
            following = urlencode([*kept, ("before", str(found[limit - 1].id))])
            links.append(_link(f"{address}?{following}", "next"))
        self._catalogue.tell_of(formula.layers(shipped()[code].tree), request.principal)
        document = {
            "code": code,
            "values": [_past(each, shipped()[code]) for each in found[:limit]],
            "numberReturned": len(found[:limit]),
            "links": links,
        }
        return self._pages.reply(request, parameters, document, "plain.html", base, title=f"指标 {code}")


def available(definition: Definition, layers: Mapping[str, Shown], seen: Mapping[str, Shown]) -> bool:
    """Whether somebody sees every layer and every field that a value rests on."""
    for name in definition.layers:
        if name not in seen:
            return False
        hidden = layers[name].fields.keys() - seen[name].fields.keys()
        if any(re.search(rf"\b{re.escape(field)}\b", definition.formula) for field in hidden):
            return False
    return True


def _definition(one: Definition, layers: Mapping[str, Shown], seen: Mapping[str, Shown]) -> Document:
    return {
        "code": one.code,
        "edition": one.edition,
        "title": {"zh": one.title.zh, "en": one.title.en},
        "unit": one.unit,
        "formula": one.formula,
        "direction": one.direction,
        "binding": one.binding,
        "thresholds": [{"level": each.level, "value": str(each.value)} for each in one.thresholds],
        "standard": one.standard,
        "clause": one.clause,
        "verified": one.verified,
        "layers": list(one.layers),
        "given": list(dict.fromkeys(formula.givens(one.tree))),
        "sha256": one.sha256,
        "available": available(one, layers, seen),
    }


def _past(one: Past, definition: Definition) -> Document:
    rounded = None if one.value is None else str(definition.rounded(one.value))
    lacking = None if one.reason_zh is None else {"zh": one.reason_zh, "en": one.reason_en}
    return {
        "id": one.id,
        "datetime": format_instant(one.at),
        "asof": format_instant(one.asof),
        "value": rounded,
        "exact": None if one.value is None else str(one.value),
        "no_data": lacking,
        "unit": one.unit,
        "edition": one.edition,
        "definition_sha256": one.definition_sha256,
        "same_definition": one.definition_sha256 == definition.sha256,
        "inputs_sha256": one.inputs_sha256,
        "computed_at": format_instant(one.computed_at),
    }


def _link(href: str, rel: str) -> dict[str, str]:
    return {"href": href, "rel": rel, "type": "application/json"}
