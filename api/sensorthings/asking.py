"""Who asks for observations, and what of them 观测的读写权限.

A thing names the layer of the catalogue it belongs to (``properties.layer``): whoever may read that layer
reads the thing with all it measures, whoever may edit it writes. A thing that names none is the operator's.
"""

from __future__ import annotations

from collections.abc import Sequence

from api.catalogue import Catalogue
from api.parameters import instant
from api.pool import Pool
from api.wire import Request
from spatial.access.model import Origin, Principal, Right
from spatial.errors import Forbidden, Unauthenticated, shorten
from spatial.observe.things.owners import ANYWHERE, May
from spatial.observe.things.places import of_layers
from spatial.observe.things.reached_sql import Scope

ROOT = "/sensorthings/v1.1"


def scope(catalogue: Catalogue, request: Request, base_url: str | None, asof: str | None = None) -> Scope:
    """What the asker may read, and as of when."""
    principal = request.principal
    layers = None if principal.origin is Origin.LOCAL else tuple(catalogue.seen_by(principal))
    return Scope(request.base_url(base_url) + ROOT, layers, instant("asof", asof))


async def tell_of(
    catalogue: Catalogue,
    heavy: Pool,
    principal: Principal,
    entity: str = "Thing",
    ids: Sequence[int] | None = None,
) -> None:
    """Note for the audit the layers that are not shared to whose Things these entities belong; all that have
    Things where none are named.
    """
    if closed := catalogue.unshared(principal):
        async with heavy.connection() as connection:
            rows = await (await connection.execute(*of_layers(closed, entity, ids))).fetchall()
        catalogue.tell_of((layer for (layer,) in rows), principal)


def may(catalogue: Catalogue, principal: Principal) -> May:
    """Whether the asker may write things of a layer."""
    if principal.origin is Origin.LOCAL:
        return lambda layer: None
    editable = {id for id, layer in catalogue.seen_by(principal).items() if Right.EDIT in layer.rights}

    def decide(layer: str | None) -> None:
        if layer in editable or (layer == ANYWHERE and editable):
            return
        kind = Unauthenticated if principal.origin is Origin.ANONYMOUS else Forbidden
        shown = "observations" if layer in (None, ANYWHERE) else shorten(layer)
        raise kind(
            f"没有写入观测的权限,须有图层的编辑权(properties.layer):{shown}",
            f"no right to write observations; it takes the right to edit the layer"
            f" (properties.layer): {shown}",
            value=shown,
        )

    return decide
