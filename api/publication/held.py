"""Publications as the doors hold them: who may see and handle what, and what of a layer is shown now."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date, datetime
from typing import Final

from api.catalogue import Catalogue, Shown
from api.desk import Desk
from api.parameters import whole
from api.touched import TOUCHED
from api.wire import Request
from planning.publication import precision as precisions
from planning.publication import store
from planning.publication.model import Layer, Publication, Standing, unknown
from planning.publication.precision import Precision
from planning.publication.snapshot_store import Source
from spatial.access.model import Origin, Principal, Right
from spatial.datum.clock import BEIJING
from spatial.errors import Forbidden, Unauthenticated, UnknownLayer, shorten

VERSIONS: Final = "plan-versions"
"""Whoever may edit versions of plans handles their publications."""
KEPT_S: Final = 2.0
"""A publication that was read is looked at again after this time."""
KEPT_MOST: Final = 256


class Held:
    """What all doors of publications share."""

    def __init__(self, catalogue: Catalogue, desk: Desk) -> None:
        self.catalogue = catalogue
        self.desk = desk
        self._kept: dict[int, tuple[float, Publication]] = {}

    async def of(self, request: Request, *, fresh: bool = False) -> Publication:
        """The publication of the path; for whoever does not handle it none before it begins.

        A map asks for much at once and is content with one that was read a moment ago.
        """
        number = whole("number", request.path_params["number"]) or 0
        now = time.monotonic()
        kept = self._kept.get(number)
        if fresh or kept is None or now - kept[0] > KEPT_S:
            found = await self.desk.run(lambda connection: store.get(connection, number))
            if len(self._kept) >= KEPT_MOST:
                self._kept.clear()
            kept = self._kept[number] = (now, found)
        if kept[1].standing(today()) is Standing.ANNOUNCED and not self.handles(request.principal):
            raise unknown(number)
        return kept[1]

    def handles(self, principal: Principal) -> bool:
        """Whether somebody handles publications."""
        return Right.EDIT in self._rights(principal)

    def require_handling(self, principal: Principal) -> None:
        """Refuse who does not handle publications: 401 for nobody in particular, else 403."""
        if self.handles(principal):
            return
        kind = Unauthenticated if principal.origin is Origin.ANONYMOUS else Forbidden
        raise kind(
            f"办理公示须有图层 {VERSIONS} 的编辑权,请向主管部门申请:{Right.EDIT}",
            f"handling publications takes the right to edit {VERSIONS}, ask its steward: {Right.EDIT}",
            value=Right.EDIT.value,
        )

    def require_persons(self, principal: Principal) -> None:
        """Refuse who may not read internal fields; what somebody named reads of them is audited."""
        self.require_handling(principal)
        if Right.READ_INTERNAL not in self._rights(principal):
            raise Forbidden(
                f"姓名与联系方式须以有内部字段读取权的身份查看:{Right.READ_INTERNAL}",
                f"names and contacts take the right to read internal fields: {Right.READ_INTERNAL}",
                value=Right.READ_INTERNAL.value,
            )
        touched = TOUCHED.get()
        if touched is not None:
            touched.restricted |= {VERSIONS}

    def _rights(self, principal: Principal) -> frozenset[Right]:
        try:
            return self.catalogue.get(VERSIONS, principal).rights
        except UnknownLayer:
            return frozenset()

    def layer(self, publication: Publication, layer_id: str) -> tuple[Layer, Shown]:
        """A layer of a publication as it is shown now: coarser than published where secrecy grew since."""
        found = publication.layer(layer_id)
        shown = self.catalogue.layers.get(layer_id)
        if found is None or shown is None or publication.standing(today()) is Standing.WITHDRAWN:
            shown_id = shorten(layer_id)
            raise UnknownLayer(
                f"公示 {publication.id} 没有这个图层:{shown_id}",
                f"publication {publication.id} has no such layer: {shown_id}",
                value=shown_id,
            )
        return self.narrowed(found, shown), shown

    def narrowed(self, layer: Layer, shown: Shown) -> Layer:
        """A layer at what its secrecy allows now, of the fields that were published."""
        limited = layer.layer in self.catalogue.limits
        ceiling = precisions.shipped().ceiling(shown.contract, limited=limited).precision
        precision = precisions.coarser(layer.precision, ceiling)
        public = {each.name for each in precisions.fields(shown.contract, precision)}
        fields = tuple(name for name in layer.fields if name in public)
        return replace(layer, precision=precision, fields=fields)

    def source(self, publication: Publication, layer_id: str) -> Source:
        """What the features of a layer are read from; UnknownLayer where only its numbers are shown."""
        layer, shown = self.layer(publication, layer_id)
        if layer.precision is Precision.COUNTED:
            raise UnknownLayer(
                f"此图层仅公开统计,没有要素可读:{layer_id}",
                f"of this layer only numbers are shown, there are no features to read: {layer_id}",
                value=layer_id,
            )
        return Source(
            *(shown.contract, shown.table, publication.version_id, publication.at, layer.asof),
            *(layer.precision, layer.grid_m, layer.fields),
        )


def today() -> date:
    """The day in Beijing."""
    return datetime.now(BEIJING).date()
