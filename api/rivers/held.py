"""What the doors of the rivers share: how they answer, and who may read: whole layers, or nothing of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from api.catalogue import Catalogue
from api.desk import Desk
from api.pages import Pages
from api.parameters import COMMON, instant
from api.problem import BadParameter
from api.release import uncounted
from api.wire import Reply, Request
from spatial.access.model import Origin, Principal, Right
from spatial.datum import format_instant
from spatial.datum.clock import BEIJING
from spatial.jobs.rights import require_entire
from water.moment import Moment
from water.works.datum import VerticalDatum
from water.works.offset import MEANINGLESS

Document = dict[str, Any]
AT: Final = (*COMMON, "datetime", "asof")
CLOCKS_APART: Final = timedelta(minutes=5)
"""How far the clock of who asks may be ahead of this one; what it calls now is now."""


class RiverDoor:
    """Handlers over the catalogue and a desk of connections."""

    def __init__(self, catalogue: Catalogue, desk: Desk, pages: Pages, base_url: str | None) -> None:
        self._catalogue = catalogue
        self._desk = desk
        self._pages = pages
        self._base_url = base_url

    def _reply(self, request: Request, parameters: dict[str, str], document: Document, title: str) -> Reply:
        """A document, as a page where one is asked for."""
        base = request.base_url(self._base_url)
        return self._pages.reply(request, parameters, document, "plain.html", base, title=title)


def require(catalogue: Catalogue, principal: Principal, *layers: str) -> None:
    """Refuse who may not read these layers whole; what leaves counted leaves by other doors."""
    for layer_id in layers:
        shown = catalogue.get(layer_id, principal)
        shown.require(Right.READ, principal)
        if principal.origin is not Origin.LOCAL:
            require_entire(layer_id, tuple(shown.fields), [each.name for each in shown.contract.fields])
        if layer_id in catalogue.limits:
            raise uncounted(shown, "/rivers")


def believed(parameter: str, text: str | None) -> datetime | None:
    """An instant of recorded time, refused where it is yet to come: what will be entered is not known."""
    asof, now = instant(parameter, text), datetime.now(BEIJING)
    if asof is not None and asof > now + CLOCKS_APART:
        raise BadParameter(
            parameter,
            f"不得晚于现在({format_instant(now)})",
            f"is not later than now ({format_instant(now)})",
            value=text or "",
        )
    return None if asof is None else min(asof, now)


def moment(parameters: Mapping[str, str]) -> Moment:
    """``datetime`` and ``asof`` of a request; now where they are not said."""
    at = instant("datetime", parameters.get("datetime"))
    return Moment(at or datetime.now(BEIJING), believed("asof", parameters.get("asof")))


def seen(parameters: Mapping[str, str]) -> Moment | None:
    """By when something was measured and on record, of what a request is told; None for the newest.

    ``datetime``, or ``asof`` where it is not said, and no later than ``asof`` and now: what was measured
    afterwards was not known.
    """
    at, asof = instant("datetime", parameters.get("datetime")), believed("asof", parameters.get("asof"))
    if at is None and asof is None:
        return None
    now = datetime.now(BEIJING)
    asof = asof or now
    return Moment(min(at or asof, asof, now), asof)


def wanted_datum(parameters: Mapping[str, str]) -> VerticalDatum | None:
    """``vertical_datum`` of a request: what heights are told in; None for that of each station or work."""
    text = parameters.get("vertical_datum")
    known = {each.value for each in VerticalDatum if each not in MEANINGLESS}
    if text is not None and text not in known:
        listed = sorted(known)
        raise BadParameter(
            "vertical_datum", f"须为 {'、'.join(listed)}", f"is of {', '.join(listed)}", value=text
        )
    return None if text is None else VerticalDatum(text)
