"""Who may read what the doors of the rivers tell: whole layers, or nothing of them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from api.catalogue import Catalogue
from api.parameters import instant
from api.release import uncounted
from spatial.access.model import Origin, Principal, Right
from spatial.datum.clock import BEIJING
from spatial.jobs.rights import require_entire
from water.moment import Moment


def require(catalogue: Catalogue, principal: Principal, *layers: str) -> None:
    """Refuse who may not read these layers whole; what leaves counted leaves by other doors."""
    for layer_id in layers:
        shown = catalogue.get(layer_id, principal)
        shown.require(Right.READ, principal)
        if principal.origin is not Origin.LOCAL:
            require_entire(layer_id, tuple(shown.fields), [each.name for each in shown.contract.fields])
        if layer_id in catalogue.limits:
            raise uncounted(shown, "/rivers")


def moment(parameters: Mapping[str, str]) -> Moment:
    """``datetime`` and ``asof`` of a request; now where they are not said."""
    at = instant("datetime", parameters.get("datetime"))
    return Moment(at or datetime.now(BEIJING), instant("asof", parameters.get("asof")))
