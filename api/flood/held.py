"""Kept runs for who may see them: somebody of a department, who may read what they were made from."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from api.catalogue import Catalogue
from api.desk import Desk
from spatial.access.model import Origin, Principal, Right
from spatial.database import Connection
from spatial.errors import Unauthenticated
from water.errors import UnknownRun
from water.flood import store
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
        return [each for each in found if self._reads(principal, each)]

    async def one(self, principal: Principal, run_id: str) -> Run:
        """One run; ``UnknownRun`` where there is none or it is hidden."""
        self.require(principal)

        def read(connection: Connection) -> Run:
            return store.run(connection, run_id)

        found = await self._desk.run(read)
        if not self._reads(principal, found):
            raise UnknownRun(
                f"没有这个推演,或您不能查看其所用图层:{run_id[:60]}",
                f"no such run, or you may not see what it was made from: {run_id[:60]}",
                value=run_id[:60],
            )
        return found

    def _reads(self, principal: Principal, run: Run) -> bool:
        seen = self._catalogue.seen_by(principal)
        return all(
            layer in seen and Right.READ in seen[layer].rights and layer not in self._catalogue.limits
            for layer in run.layers
        )
