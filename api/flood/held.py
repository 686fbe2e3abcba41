"""Kept runs for who may see them: somebody of a department, who may read what they were made from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from api.catalogue import Catalogue
from api.desk import Desk
from spatial.access.model import Origin, Principal, Right
from spatial.database import Connection
from spatial.errors import Unauthenticated, shorten
from water.errors import UnknownRun
from water.flood import store
from water.flood.processes.parts import RESTS_ON
from water.flood.run import Run

LISTED_MOST: Final = 1_000


class HeldRuns:
    """Runs past which nobody looks who may not."""

    def __init__(self, catalogue: Catalogue, desk: Desk) -> None:
        self._catalogue = catalogue
        self._desk = desk

    def may(self, principal: Principal) -> bool:
        """Whether somebody may see runs at all: a computed flood is no notice to the public."""
        return principal.origin is Origin.LOCAL or principal.department is not None

    def require(self, principal: Principal) -> None:
        """Unauthenticated for anybody else."""
        if not self.may(principal):
            raise Unauthenticated(
                "洪水推演只对本市各部门开放,请先认证:/flood",
                "runs of floods are for the departments of the city, say who you are: /flood",
                value="/flood",
            )

    async def all(self, principal: Principal, asof: datetime | None = None) -> list[Run]:
        """The newest runs that somebody may see; ``asof``: of those that were kept by then."""
        if not self.may(principal):
            return []
        found = await self._desk.run(lambda connection: store.runs(connection, LISTED_MOST, asof=asof))
        seen = [each for each in found if self._reads(principal, each)]
        self._catalogue.tell_of((layer for each in seen for layer in each.layers), principal)
        return seen

    async def one(self, principal: Principal, run_id: str) -> Run:
        """One run; ``UnknownRun`` where there is none or it is hidden."""
        self.require(principal)

        def read(connection: Connection) -> Run:
            return store.run(connection, run_id)

        found = await self._desk.run(read)
        if not self._reads(principal, found):
            shown = shorten(run_id, 60)
            raise UnknownRun(
                f"没有这个推演,或您不能查看其所用图层:{shown}",
                f"no such run, or you may not see what it was made from: {shown}",
                value=shown,
            )
        self._catalogue.tell_of(found.layers, principal)
        return found

    def lacking(self, principal: Principal) -> dict[str, Any] | None:
        """Why runs may be missing from what somebody is shown: the layers whose reading they lack.

        It hangs on the asker's own rights alone, and so tells of no run whether there is one.
        """
        if principal.origin is Origin.LOCAL or not self.may(principal):
            return None
        missing = self._missing(principal, RESTS_ON)
        if not missing:
            return None
        return {
            "right": Right.READ.value,
            "layers": list(missing),
            "zh": "只列出您能读取其全部所用图层的推演。推演可能用到而您没有读取权限的图层:"
            f"{'、'.join(missing)};如需查看,请向图层的主管部门申请读取权限。",
            "en": "Only runs are listed whose every layer you may read. Runs may rest on layers that you may"
            f" not read: {', '.join(missing)}; ask their stewards for the right to read them.",
        }

    def _reads(self, principal: Principal, run: Run) -> bool:
        return not self._missing(principal, run.layers)

    def _missing(self, principal: Principal, layers: Sequence[str]) -> tuple[str, ...]:
        seen = self._catalogue.seen_by(principal)
        return tuple(
            layer
            for layer in layers
            if layer not in seen or Right.READ not in seen[layer].rights or layer in self._catalogue.limits
        )
